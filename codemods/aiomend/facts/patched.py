"""Functions of other packages that the project replaces: tests that mock one would no longer reach the code that uses another."""

from __future__ import annotations

import re
from weakref import WeakKeyDictionary

from aiomend.facts.inference import Inference
from aiomend.facts.view import Module

_answers: WeakKeyDictionary[Inference, dict[str, bool]] = WeakKeyDictionary()


def is_patched(module: Module, name: str) -> bool:
    """True where some file of the project sets an attribute of that name, or names it in a text as `mock.patch` wants it."""
    project = module.inference.project
    paths = project.files_mentioning(name)
    answers = _answers.setdefault(module.inference, {})
    if name not in answers:
        word = re.escape(name).encode()
        pattern = re.compile(
            rb"""['"][\w.]+\.%b['"]|\b(?:asyncio|Task)\s*,\s*['"]%b['"]|\b(?:asyncio|Task)\.%b\s*=(?!=)"""
            % (word, word, word)
        )
        answers[name] = any(pattern.search(project.data(path)) for path in (project.paths if paths is None else paths))
    return answers[name]
