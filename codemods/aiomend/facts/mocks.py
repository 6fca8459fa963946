"""Mocks that the project's tests put in the place of classes, functions and methods.

`yield from` goes through what a `MagicMock` gives, as through any iterable; `await` refuses it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from weakref import WeakKeyDictionary

from aiomend.facts.inference import Inference
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import called_name, last_name
from aiomend.facts.values import Coroutine
from aiomend.facts.view import Module

_WORDS = ("MagicMock", "Mock", "patch")
_MAKES = re.compile(r"^(?:Magic|NonCallableMagic)?Mock$")
_known: WeakKeyDictionary[Inference, dict[str, str]] = WeakKeyDictionary()


def mocked_wait(module: Module, node: ast.expr) -> str | None:
    """Return the place, as `path:line`, where a test puts a mock behind what a `yield from` waits for; None where none does."""
    found = _mocked(module)
    return next((found[name] for name in _reached(module, node) if name in found), None) if found else None


def _reached(module: Module, node: ast.expr) -> Iterator[str]:
    """Yield the names through which a call gets to what it calls, and those of the function and its class."""
    if not isinstance(node, ast.Call):
        return
    part: ast.expr = node.func
    while isinstance(part, (ast.Attribute, ast.Call)):
        if isinstance(part, ast.Attribute):
            yield part.attr
        part = part.value if isinstance(part, ast.Attribute) else part.func
    if isinstance(part, ast.Name):
        yield part.id
    for value in module.values(node):
        if isinstance(value, Coroutine) and value.function is not None:
            owner = value.function.facts.class_of(value.function.node)
            if owner is not None:
                yield owner.name


def _mocked(module: Module) -> dict[str, str]:
    """Return what tests replace by a mock, by its last name, with the place."""
    if module.inference not in _known:
        found: dict[str, str] = {}
        project = module.inference.project
        paths = {path for word in _WORDS for path in project.files_mentioning(word) or ()}
        for path in sorted(paths):
            facts = project.facts(path)
            if facts is None or "mock" not in facts.source.text:
                continue  # it patches something else
            for name, line in _replaced(facts):
                found.setdefault(name, f"{path}:{line}")
        for name, place in tuple(found.items()):
            for method in _methods(module, name):
                found.setdefault(method, place)
        _known[module.inference] = found
    return _known[module.inference]


def _methods(module: Module, name: str) -> Iterator[str]:
    """Yield the methods of the project's classes of that name, under which others know what a mock of it gives."""
    for path in module.inference.project.files_mentioning(name) or ():
        facts = module.inference.project.facts(path)
        for function in facts.functions if facts is not None else ():
            owner = facts.class_of(function) if facts is not None else None
            if owner is not None and owner.name == name and not function.name.startswith("__"):
                yield function.name


def _replaced(facts: ModuleFacts) -> Iterator[tuple[str, int]]:
    for call in facts.calls:
        match call:
            case ast.Call(func=func, args=[ast.Constant(value=str(text))]) if called_name(func) == "patch":
                if not _says_how(call):
                    yield text.rpartition(".")[2], call.lineno
            case ast.Call(func=ast.Attribute(value=patch, attr="object"), args=[_, ast.Constant(value=str(name))]):
                if last_name(patch) == "patch" and not _says_how(call):
                    yield name, call.lineno
            case ast.Call(func=func) if _MAKES.match(called_name(func)):
                match facts.parents[call]:
                    case ast.Assign(targets=[ast.Attribute(attr=name)]):
                        yield name, call.lineno
                    case _:
                        pass  # a mock of its own
            case _:
                pass  # replaces nothing


def _says_how(call: ast.Call) -> bool:
    """True where a test says itself what takes the place."""
    return any(keyword.arg in ("new", "new_callable") for keyword in call.keywords)
