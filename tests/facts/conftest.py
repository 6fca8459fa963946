"""What tests of facts ask: for a file as a rule sees it, for a marked call in it, for a known coroutine."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable

import pytest

from aiomend.api import MemorySources
from aiomend.facts.inference import Inference
from aiomend.facts.project import ProjectFacts
from aiomend.facts.threads import Threads
from aiomend.facts.values import (
    NONE,
    OTHER,
    UNKNOWN,
    Container,
    Context,
    Coroutine,
    External,
    Fixed,
    Function,
    Instance,
    ProjectClass,
    ProjectInstance,
    ProjectModule,
    Returns,
    Values,
)
from aiomend.facts.view import Module
from aiomend.settings import Settings

See = Callable[..., Module]


@pytest.fixture
def see() -> See:
    """Return `main.py` of a project as a rule sees it; other files are given by their modules' names."""

    def look(text: str, **others: str) -> Module:
        files = {f"{name}.py": textwrap.dedent(body).encode() for name, body in {"main": text, **others}.items()}
        inference = Inference(ProjectFacts(MemorySources(files)))
        threads, made = Threads(inference), dict[str, Module]()

        def module(path: str) -> Module:
            if path not in made:
                facts = inference.project.facts(path)
                assert facts is not None
                made[path] = Module(facts, inference, threads, Settings(), module)
            return made[path]

        return module("main.py")

    return look


@pytest.fixture
def marked() -> Callable[[Module], ast.Call]:
    """Return the only call of `mark()` in a file."""

    def find(module: Module) -> ast.Call:
        (call,) = (one for one in module.facts.calls if isinstance(one.func, ast.Name) and one.func.id == "mark")
        return call

    return find


@pytest.fixture
def is_known() -> Callable[..., bool]:
    """Is the argument of the call of `probe` certainly a coroutine?"""

    def ask(text: str, by_callers: bool = True) -> bool:
        inference = Inference(ProjectFacts(MemorySources({"main.py": text.encode()})))
        facts = inference.project.facts("main.py")
        assert facts is not None
        call = next(c for c in facts.calls if isinstance(c.func, ast.Name) and c.func.id == "probe")
        values = inference.values_from_callers if by_callers else inference.values
        return all(isinstance(value, Coroutine) for value in values(facts, call.args[0]))

    return ask


@pytest.fixture
def told(see: See, marked: Callable[[Module], ast.Call]) -> Callable[..., str]:
    """Return in words what the argument of the only call of `mark()` may be, sorted and with a bar between."""

    def ask(text: str, **others: str) -> str:
        module = see(text, **others)
        return _words(module.values(marked(module).args[0]))

    return ask


@pytest.fixture
def in_words() -> Callable[[Values], str]:
    """Return the function that puts values into words, sorted and with a bar between."""
    return _words


def _words(values: Values) -> str:
    return " | ".join(sorted(map(_word, values))) or "nothing"


def _word(value: object) -> str:
    match value:
        case External(name=name):
            return name
        case Instance(cls=name):
            return f"a {name}"
        case ProjectModule(facts=facts):
            return f"module {facts.name}"
        case ProjectClass(node=node):
            return f"class {node.name}"
        case ProjectInstance(cls=cls):
            return f"a {cls.node.name}"
        case Function(node=node):
            return f"{getattr(node, 'name', 'lambda')}()"
        case Coroutine(result=result, function=function):
            return f"coroutine of {_word(function)}" if function is not None else f"coroutine of {_words(result)}"
        case Container(elements=elements):
            return f"[{_words(elements)}]"
        case Fixed(items=items):
            return f"({', '.join(map(_words, items))})"
        case Context(result=result):
            return f"with {_words(result)}"
        case Returns(result=result):
            return f"-> {_words(result)}"
        case _:
            plain = {UNKNOWN: "unknown", OTHER: "other", NONE: "None"}
            return next((word for known, word in plain.items() if value in known), type(value).__name__)
