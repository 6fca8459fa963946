"""Mocks that the project's tests put in the place of classes, functions and methods.

`yield from` goes through what a `MagicMock` gives, as through any iterable; `await` refuses it.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from aiomend.facts.awaitable_classes import is_waited_for
from aiomend.facts.inference import Inference
from aiomend.facts.module import ModuleFacts
from aiomend.facts.project import ProjectFacts
from aiomend.facts.scopes import called_name, last_name
from aiomend.facts.spelling import is_class
from aiomend.facts.values import NONE, Coroutine, Function, ProjectClass, ProjectInstance, ProjectModule
from aiomend.facts.view import Module

_WORDS = ("MagicMock", "Mock", "patch")
_MAKES = re.compile(r"^(?:Magic|NonCallableMagic)?Mock$")
_ITERABLE = "MagicMock"  #: the mock that `yield from` goes through, and that `patch` makes unless told otherwise
#: What tells `patch` to make something else than a plain `MagicMock`.
_OTHERWISE = frozenset({"new", "new_callable", "autospec"})


@dataclass(frozen=True, slots=True, eq=False)
class Mocking:
    """A call in a test that puts a mock in the place of something."""

    facts: ModuleFacts
    call: ast.Call
    is_plain: bool  #: a `MagicMock`, in the place of what the project certainly defines

    @property
    def place(self) -> str:
        """Return where it stands, as `path:line`."""
        return f"{self.facts.path}:{self.call.lineno}"

    @property
    def is_patch(self) -> bool:
        """True for a call of `patch`, which makes the mock itself."""
        return _MAKES.match(called_name(self.call.func)) is None


_Mocked = Mapping[str, Sequence[Mocking]]


def mocked_wait(module: Module, node: ast.expr) -> Sequence[Mocking]:
    """Return the calls by which tests put a mock behind what a `yield from` waits for."""
    found = module.inference.beside(_mocked)
    mockings = next((found[name] for name in _reached(module, node) if name in found), ()) if found else ()
    called = last_name(node.func) if isinstance(node, ast.Call) else ""
    return [one for one in mockings if not _gives_awaitable(module, one, called)]


def _gives_awaitable(module: Module, mocking: Mocking, called: str) -> bool:
    """True where the test says what the mock gives when it is called, or its method is, and that can be awaited."""
    test, function = module.beside(mocking.facts.path), mocking.facts.function_at(mocking.call)
    given = [
        parent.value
        for use in mocking.facts.attributes.get("return_value", ())
        if isinstance(parent := mocking.facts.parents[use], ast.Assign)
        and last_name(use.value) == called
        and mocking.facts.function_at(use) is function
    ]
    return (
        test is not None
        and bool(given)
        and all(is_waited_for(test, one) for value in given for one in test.values(value))
    )


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


def _mocked(inference: Inference) -> _Mocked:
    """Return what tests replace by a mock, by its last name."""
    found: dict[str, list[Mocking]] = defaultdict(list)
    project = inference.project
    paths = {path for word in _WORDS for path in project.files_mentioning(word) or ()}
    for path in sorted(paths):
        facts = project.facts(path) if b"mock" in project.content(path) else None
        if facts is None:
            continue  # it patches something else
        for name, mocking in _replaced(inference, facts):
            found[name].append(mocking)
    for name, mockings in tuple(found.items()):
        for method in set(_methods(project, name)):
            found[method] += mockings
    return dict(found)


def _methods(project: ProjectFacts, name: str) -> Iterator[str]:
    """Yield the methods of the project's classes of that name, under which others know what a mock of it gives."""
    for path in project.files_spelling(is_class, name) or ():
        facts = project.facts(path)
        for function in facts.functions if facts is not None else ():
            owner = facts.class_of(function) if facts is not None else None
            if owner is not None and owner.name == name and not function.name.startswith("__"):
                yield function.name


def _replaced(inference: Inference, facts: ModuleFacts) -> Iterator[tuple[str, Mocking]]:
    """Yield the calls of a file that put a mock somewhere, with the last name of what they replace."""
    for call in facts.calls:
        told = {keyword.arg for keyword in call.keywords}
        match call:
            case ast.Call(func=func, args=[ast.Constant(value=str(text))]) if called_name(func) == "patch":
                if not told & _OTHERWISE and not _knows_coroutines(inference, facts, func, text):
                    is_plain = _is_unittests(inference, facts, func) and _is_own(inference, facts, text)
                    yield text.rpartition(".")[2], Mocking(facts, call, is_plain)
            case ast.Call(func=ast.Attribute(value=patch, attr="object"), args=[owner, ast.Constant(value=str(name))]):
                if last_name(patch) == "patch" and not told & _OTHERWISE:
                    is_plain = _is_unittests(inference, facts, patch) and _is_defined(inference, facts, owner)
                    yield name, Mocking(facts, call, is_plain)
            case ast.Call(func=func) if _MAKES.match(called_name(func)):
                match facts.parents[call]:
                    case ast.Assign(targets=[ast.Attribute(value=owner, attr=name)]):
                        is_plain = called_name(func) == _ITERABLE and _is_unittests(inference, facts, func)
                        yield name, Mocking(facts, call, is_plain and _is_defined(inference, facts, owner))
                    case _:
                        pass  # a mock of its own
            case _:
                pass  # replaces nothing


def _is_unittests(inference: Inference, facts: ModuleFacts, node: ast.expr) -> bool:
    """False for the mocks of another library, or of the project: what they give, and take, only they know."""
    name = inference.external_name(facts, node)
    if name is not None:
        return name.partition(".")[0] in {"unittest", "mock"}
    return not any(isinstance(one, (Function, ProjectClass, ProjectInstance)) for one in inference.values(facts, node))


def _knows_coroutines(inference: Inference, facts: ModuleFacts, patch: ast.expr, text: str) -> bool:
    """True where asynctest replaces a function: by itself it makes a mock of a coroutine function that can be awaited."""
    if (inference.external_name(facts, patch) or "").partition(".")[0] != "asynctest":
        return False
    home, _, name = text.rpartition(".")
    module = inference.project.module(home, near=facts.path)
    found = inference.bindings.member(module, name) if module is not None else frozenset()
    return not any(isinstance(one, ProjectClass) for one in found)


def _is_own(inference: Inference, facts: ModuleFacts, text: str) -> bool:
    """True for the dotted name of something in a module of the project, or in a class of the project that is there."""
    home = text.rpartition(".")[0]
    if inference.project.module(home, near=facts.path) is not None:
        return True
    above, _, cls = home.rpartition(".")
    module = inference.project.module(above, near=facts.path)
    return module is not None and any(isinstance(one, ProjectClass) for one in inference.bindings.member(module, cls))


def _is_defined(inference: Inference, facts: ModuleFacts, owner: ast.expr) -> bool:
    """True for a class, an object or a module of the project."""
    found = inference.values(facts, owner) - NONE
    return bool(found) and all(isinstance(value, (ProjectClass, ProjectInstance, ProjectModule)) for value in found)
