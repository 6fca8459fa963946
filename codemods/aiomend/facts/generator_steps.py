"""Where the project goes through what it is given as one goes through a generator: `yield from` in a plain one, `next()`.

Where such a place is given a coroutine function, or what one makes, by a table, an attribute or a callback, nobody sees
how it got there. A native coroutine would be an error.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from aiomend.facts.coroutine_ends import asks_for_iterators
from aiomend.facts.generator_coroutines import Form, form_of
from aiomend.facts.inference import Inference
from aiomend.facts.kept import is_bound_once, is_made_by_kept
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import last_name
from aiomend.facts.spelling import is_defined
from aiomend.facts.values import NONE, Coroutine, Plain
from aiomend.facts.view import Module

#: Methods whose `yield from` can say `.__await__()`: they are generators, and stay that.
_PROTOCOL = frozenset({"__await__", "__iter__"})
_WORDS = (b"yield from", b"next", b"hasattr", b"isinstance")


@dataclass(frozen=True, slots=True, eq=False)
class Delegate:
    """A plain generator that hands on what a coroutine function makes. ``is_sure``: it certainly is that function.

    ``is_shared``: it hands on what an attribute holds, and that may be something else at other times.
    """

    facts: ModuleFacts
    function: ast.FunctionDef
    node: ast.YieldFrom
    is_sure: bool
    is_shared: bool = False

    @property
    def is_protocol(self) -> bool:
        """True for `__await__` and `__iter__`, which are generators by nature."""
        return self.function.name in _PROTOCOL and self.facts.class_of(self.function) is not None


class GeneratorSteps:
    """The places of one project, found once."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._known: dict[ast.AST, list[Delegate]] = {}
        self._stepped: dict[ast.AST, list[tuple[ModuleFacts, ast.expr, bool]]] = {}
        self._near: dict[ModuleFacts, str | None] = {}
        self._first: str | None = None
        self.files: list[ModuleFacts] = []  #: those that have a place which goes through something unknown
        project = inference.project
        for path, data in zip(project.paths, project.every_bytes(), strict=True):
            if b"asyncio" not in data and b"yield from" not in data:
                continue  # nothing that coroutines get to
            facts = project.facts(path) if any(word in data for word in _WORDS) else None
            if facts is not None:
                self._look_at(facts)

    def delegating_to(self, function: ast.AST) -> list[Delegate]:
        """Return the `yield from` of plain generators that surely or perhaps go through what a function makes."""
        return self._known.get(function, [])

    def stepping(self, function: ast.AST) -> list[tuple[ModuleFacts, ast.expr, bool]]:
        """Return the `next()` and the loops that go through what a function makes, which a table keeps; True where surely."""
        return self._stepped.get(function, [])

    def first(self) -> str | None:
        """Return a sentence about a place that goes through something unknown; None where nothing does."""
        return self._first

    def driving(self, near: ModuleFacts) -> str | None:
        """Return the same, also for a place in a file that keeps functions, whether or not the file knows of asyncio."""
        if near not in self._near:
            self._near[near] = next(self._driven_in(near), None)
        return self._first or self._near[near]

    def _driven_in(self, facts: ModuleFacts) -> Iterator[str]:
        for function in facts.functions:
            if isinstance(function, ast.FunctionDef) and form_of(self._inference, facts, function) is Form.GENERATOR:
                for node in _delegations(facts, function):
                    if Plain.UNKNOWN in self._inference.values(facts, node.value):
                        yield _says(facts, node, "in a plain generator takes no native coroutine")
        # Where nothing is asyncio's, a question whether something can be gone through is about other things.
        for step in (*self._by_hand(facts), *self._of_kept(facts)):
            yield _says(facts, step, "knows no native coroutine")

    def _look_at(self, facts: ModuleFacts) -> None:
        for function in facts.functions:
            if isinstance(function, ast.FunctionDef) and form_of(self._inference, facts, function) is Form.GENERATOR:
                self._delegations(facts, function)
        if "asyncio" in facts.imported_roots:
            for step in self._steps(facts):
                self._note(facts, step, "knows no native coroutine")
            for made in self._of_kept(facts):
                self._is_stepped(facts, made)

    def _note(self, facts: ModuleFacts, node: ast.expr, what: str) -> None:
        self._first = self._first or _says(facts, node, what)
        if facts not in self.files:
            self.files.append(facts)

    def _delegations(self, facts: ModuleFacts, function: ast.FunctionDef) -> None:
        waits = _delegations(facts, function)
        for node in facts.yields(function):
            if not isinstance(node, ast.YieldFrom):
                continue  # it gives a value, or control
            values = self._inference.values(facts, node.value) - NONE
            made = [one.function for one in values if isinstance(one, Coroutine) and one.function is not None]
            for one in made:
                is_sure = len(made) == len(values)
                found = Delegate(facts, function, node, is_sure, is_shared=len(made) > 1)
                self._known.setdefault(one.node, []).append(found)
            if node not in waits or Plain.UNKNOWN not in values:
                continue  # no coroutine gets there, or it is known which
            if self._is_waiting(facts, function, node) and not self._names_method(facts, node.value):
                self._note(facts, node, "in a plain generator takes no native coroutine")

    def _is_waiting(self, facts: ModuleFacts, function: ast.FunctionDef, node: ast.YieldFrom) -> bool:
        """True where a generator has to do with coroutines: its file with asyncio, or somebody wants its result."""
        return (
            "asyncio" in facts.imported_roots
            or not isinstance(facts.parents[node], ast.Expr)
            or any(one.value is not None for one in facts.returns(function))
        )

    def _names_method(self, facts: ModuleFacts, made: ast.expr) -> bool:
        """True for a call by the name of a method of the project: whoever has that name is asked by it."""
        match made:
            case ast.Call(func=ast.Attribute(attr=name)):
                pass
            case _:
                return False
        paths = self._inference.project.files_spelling(is_defined, name)
        if paths is None:
            return True
        found = (self._inference.project.facts(path) for path in paths)
        return any(one.name == name for user in found if user is not None for one in user.functions)

    def _steps(self, facts: ModuleFacts) -> Iterator[ast.expr]:
        """Yield the places of a file that step something unknown, or ask whether it can be gone through."""
        yield from self._by_hand(facts)
        for test in ("hasattr", "isinstance"):
            for use in facts.names.get(test, ()):
                call = facts.parents[use]
                if isinstance(call, ast.Call) and call.func is use and asks_for_iterators(self._inference, facts, call):
                    yield call

    def _by_hand(self, facts: ModuleFacts) -> Iterator[ast.expr]:
        """Yield the places of a file that step something unknown."""
        for read in facts.attributes.get("__next__", ()):
            if isinstance(read.ctx, ast.Load) and self._is_unknown(facts, read.value):
                yield read
        for name in facts.names.get("next", ()):
            parent = facts.parents[name]
            if not isinstance(parent, ast.Call) or self._inference.external_name(facts, name) != "next":
                continue  # another one
            if parent.func is not name:
                yield parent  # `map(next, …)`
            elif len(parent.args) == 1 and self._is_unknown(facts, parent.args[0]) and _is_scheduling(facts, parent):
                yield parent

    def _of_kept(self, facts: ModuleFacts) -> Iterator[ast.expr]:
        """Yield what `next()` steps and loops go through that a function made which was taken from where it is kept."""
        for name in facts.names.get("next", ()):
            match facts.parents[name]:
                case ast.Call(func=func, args=[given, *_]) if func is name and is_made_by_kept(facts, given):
                    yield given
                case _:
                    pass  # steps something else
        for loop in facts.nodes(ast.For):
            if is_made_by_kept(facts, loop.iter):
                yield loop.iter

    def _is_stepped(self, facts: ModuleFacts, node: ast.expr) -> None:
        values = self._inference.values(facts, node) - NONE
        made = [one.function for one in values if isinstance(one, Coroutine) and one.function is not None]
        is_sure = len(made) == len(values) and is_bound_once(facts, node)
        for one in made:
            self._stepped.setdefault(one.node, []).append((facts, node, is_sure))

    def _is_unknown(self, facts: ModuleFacts, node: ast.expr) -> bool:
        return isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)) and Plain.UNKNOWN in self._inference.values(
            facts, node
        )


def _delegations(facts: ModuleFacts, function: ast.FunctionDef) -> list[ast.YieldFrom]:
    """Return the `yield from` of a generator; none where it gives values of its own."""
    yields = facts.yields(function)
    if any(isinstance(one, ast.Yield) and one.value is not None for one in yields):
        return []
    return [one for one in yields if isinstance(one, ast.YieldFrom)]


def _says(facts: ModuleFacts, node: ast.expr, what: str) -> str:
    return f"{facts.path}:{node.lineno}: `{facts.source.phrase(node)}` {what}"


def _is_scheduling(facts: ModuleFacts, call: ast.Call) -> bool:
    """True where somebody wants to know when it ends, or steps something in its place."""
    for parent in facts.ancestors(call):
        match parent:
            case ast.Try(handlers=handlers) if any(
                one.type is not None and last_name(one.type) == "StopIteration" for one in handlers
            ):
                return True
            case ast.FunctionDef(name="__next__" | "send"):
                return True
            case ast.FunctionDef() | ast.Lambda():
                return False
            case _:
                pass  # further out
    return False


def generator_steps(module: Module) -> GeneratorSteps:
    """Return the places of the project of a file, found once."""
    return module.inference.beside(GeneratorSteps)
