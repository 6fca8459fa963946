"""Who uses what a coroutine function makes in a way that a native coroutine does not allow.

`yield from` in a plain generator takes a generator-based coroutine and not a native one; `next()` and `for` take any
generator. Everything else (`await`, `yield from` in a decorated function, `ensure_future()`, `gather()`, ...) takes both.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from aiomend.facts.generator_coroutines import Form, form_of
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import FUNCTIONS, FunctionNode
from aiomend.facts.values import NONE, Function, Plain, ProjectClass
from aiomend.facts.view import Module

_DEPTH = 4  #: functions through which a coroutine is handed on
_ITERATES = frozenset(
    {"all", "any", "dict", "enumerate", "filter", "iter", "list", "map", "max", "min", "next", "set", "sorted", "sum"}
    | {"tuple", "zip"}
)
_STEPS = frozenset({"__iter__", "__next__", "send", "gi_code", "gi_frame", "gi_running", "gi_yieldfrom"})
#: Methods whose `yield from` can say `.__await__()`: they are generators, and stay that.
_PROTOCOL = frozenset({"__await__", "__iter__"})


@dataclass(frozen=True, slots=True, eq=False)
class Delegate:
    """A plain generator that hands on what a coroutine function makes. ``is_sure``: it certainly is that function."""

    facts: ModuleFacts
    function: ast.FunctionDef
    node: ast.YieldFrom
    is_sure: bool

    @property
    def is_protocol(self) -> bool:
        """True for `__await__` and `__iter__`, which are generators by nature."""
        return self.function.name in _PROTOCOL and self.facts.class_of(self.function) is not None


@dataclass(frozen=True, slots=True, eq=False)
class Driven:
    """A place that goes through a coroutine by hand."""

    facts: ModuleFacts
    node: ast.expr
    is_sure: bool


@dataclass(slots=True)
class Users:
    """The uses of a function that a native coroutine would break; ``reason`` says why there may be more."""

    delegates: list[Delegate] = field(default_factory=list)
    driven: list[Driven] = field(default_factory=list)
    reason: str | None = None


def users_of(module: Module, function: FunctionNode) -> Users:
    """Return who could not use a function any more that makes native coroutines."""
    search = _Search(module, module.facts, function)
    search.follow(module.facts, function, 0)
    return search.found


class _Search:
    """One search for the users of what one function makes, also through functions that return it."""

    def __init__(self, module: Module, home: ModuleFacts, function: FunctionNode) -> None:
        self._inference = module.inference
        self._home = home
        self._function = function
        self._seen: set[ast.AST] = set()
        self.found = Users()

    def follow(self, home: ModuleFacts, function: FunctionNode, depth: int) -> None:
        """Look at every use of the name of a function that gives the coroutine."""
        if function in self._seen or depth > _DEPTH:
            return  # looked at, or handed on through too many hands to tell
        self._seen.add(function)
        name = function.name
        paths = self._inference.project.files_mentioning(name)
        if paths is None:
            self.found.reason = f"too many files mention `{name}`: not all that use it can be known"
            return
        for path in paths:
            user = home if path == home.path else self._inference.project.facts(path)
            if user is None:
                continue  # it cannot be read, and is no Python of today
            for use in (*user.names.get(name, ()), *user.attributes.get(name, ())):
                self._use(user, use, home, function, depth)

    def _use(
        self, user: ModuleFacts, use: ast.Name | ast.Attribute, home: ModuleFacts, function: FunctionNode, depth: int
    ) -> None:
        parent = user.parents[use]
        if not isinstance(use.ctx, ast.Load):
            return  # it binds the name
        if isinstance(parent, ast.Call) and parent.func is use:
            ends = list(self._ends(user, parent, depth))
        elif isinstance(parent, ast.Call):
            ends = [end for callee in self._callees(user, parent) for end in self._called(callee, parent, use, depth)]
        else:
            return  # handed on: whoever calls it is asked by the name that it has there
        if ends and (is_sure := self._reaches(user, use, home, function)) is not False:
            for facts, node in ends:
                self._note(facts, node, is_sure is True and not self._is_rebound(facts, node), depth)

    def _note(self, facts: ModuleFacts, node: ast.AST, is_sure: bool, depth: int) -> None:
        match node:
            case ast.YieldFrom():
                function = facts.function_at(node)
                assert isinstance(function, ast.FunctionDef)
                self.found.delegates.append(Delegate(facts, function, node, is_sure))
            case ast.Return():
                function = facts.function_at(node)
                if isinstance(function, ast.FunctionDef):
                    self.follow(facts, function, depth + 1)
            case ast.expr():
                self.found.driven.append(Driven(facts, node, is_sure))

    # ---- what becomes of a coroutine ---

    def _ends(self, facts: ModuleFacts, node: ast.expr, depth: int) -> Iterator[tuple[ModuleFacts, ast.AST]]:
        """Yield the places where an expression that is the coroutine is delegated to, driven by hand or returned."""
        parent = facts.parents[node]
        match parent:
            case ast.YieldFrom():
                function = facts.function_at(parent)
                if (
                    isinstance(function, ast.FunctionDef)
                    and form_of(self._inference, facts, function) is Form.GENERATOR
                ):
                    yield facts, parent
            case ast.Return() if self._hands_on(facts, parent):
                yield facts, parent
            case ast.For(iter=iterable) | ast.comprehension(iter=iterable) if iterable is node:
                yield facts, node
            case ast.Starred():
                yield facts, node
            case ast.Attribute(attr=attr) if attr in _STEPS:
                yield facts, node
            case ast.Call(func=ast.Name(id=name)) if name in _ITERATES and node is not parent.func:
                yield facts, node
            case ast.Call() if node is not parent.func and depth <= _DEPTH:
                for callee in self._callees(facts, parent):
                    for parameter in _parameters(callee, parent, node):
                        yield from self._ends_of_name(callee.facts, callee.node, parameter, depth + 1)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.NamedExpr(target=ast.Name(id=name)):
                function = facts.function_at(parent)
                if isinstance(function, FUNCTIONS):
                    yield from self._ends_of_name(facts, function, name, depth + 1)
            case ast.Assign(targets=[ast.Attribute(attr=name)]) if depth <= _DEPTH:
                for use in facts.attributes.get(name, ()):
                    if isinstance(use.ctx, ast.Load):
                        yield from self._ends(facts, use, depth + 1)
            case ast.IfExp() | ast.BoolOp():
                yield from self._ends(facts, parent, depth)
            case _:
                pass  # a native coroutine does as well

    def _ends_of_name(
        self, facts: ModuleFacts, function: ast.AST, name: str, depth: int
    ) -> Iterator[tuple[ModuleFacts, ast.AST]]:
        """Yield the same for a variable of a function."""
        if depth > _DEPTH:
            return
        for use in facts.names.get(name, ()):
            home = facts.scope_at(use).find(name)
            if isinstance(use.ctx, ast.Load) and home is not None and home[0].node is function:
                yield from self._ends(facts, use, depth)

    @staticmethod
    def _is_rebound(facts: ModuleFacts, node: ast.AST) -> bool:
        """True for a variable that is bound more than once: what it holds at a place may be something else by then."""
        if isinstance(node, ast.YieldFrom):
            node = node.value
        if not isinstance(node, ast.Name) or (home := facts.scope_at(node).find(node.id)) is None:
            return False
        return len(home[1]) > 1

    def _called(
        self, callee: Function, call: ast.Call, given: ast.expr, depth: int
    ) -> Iterator[tuple[ModuleFacts, ast.AST]]:
        """Yield the same for what a function of the project makes by calling a parameter that is the coroutine function."""
        if depth > _DEPTH or isinstance(callee.node, ast.Lambda):
            return
        for parameter in _parameters(callee, call, given):
            yield from self.ends_of_calls(callee.facts, callee.node, parameter, depth + 1)

    def ends_of_calls(
        self, facts: ModuleFacts, function: FunctionNode, parameter: str, depth: int = 0
    ) -> Iterator[tuple[ModuleFacts, ast.AST]]:
        """Yield where the coroutines end that a function, or one in it, makes by calling one of its parameters."""
        for use in facts.names.get(parameter, ()):
            home = facts.scope_at(use).find(parameter)
            parent = facts.parents[use]
            if home is not None and home[0].node is function and isinstance(parent, ast.Call) and parent.func is use:
                yield from self._ends(facts, parent, depth)

    def _hands_on(self, facts: ModuleFacts, node: ast.Return) -> bool:
        """True where whoever calls the function gets what it returns: it is no generator and no coroutine function."""
        function = facts.function_at(node)
        return isinstance(function, FUNCTIONS) and form_of(self._inference, facts, function) is Form.ORDINARY

    def _callees(self, facts: ModuleFacts, call: ast.Call) -> Iterator[Function]:
        for value in self._inference.values(facts, call.func):
            if isinstance(value, Function) and isinstance(value.node, FUNCTIONS):
                yield value

    def _reaches(
        self, user: ModuleFacts, use: ast.Name | ast.Attribute, home: ModuleFacts, function: FunctionNode
    ) -> bool | None:
        """Return whether a name is the function, or a method that it overrides; None where nobody can say."""
        values = self._inference.values(user, use) - NONE
        found = {value.node for value in values if isinstance(value, Function)}
        if function in found:
            return True
        if any(self._is_family(home, function, value) for value in values if isinstance(value, Function)):
            return True
        if isinstance(use, ast.Name):
            bound = user.scope_at(use).find(use.id)
            return bound is not None and any(one.node is function for one in bound[1])
        return None if Plain.UNKNOWN in values and home.class_of(function) is not None else False

    def _is_family(self, home: ModuleFacts, function: FunctionNode, other: Function) -> bool:
        """True for methods of one name of which one may be called where the other is meant."""
        mine, theirs = home.class_of(function), other.facts.class_of(other.node)
        if mine is None or theirs is None or getattr(other.node, "name", "") != function.name:
            return False
        mro = self._inference.classes.mro
        first, second = ProjectClass(home, mine), ProjectClass(other.facts, theirs)
        return first in mro(second) or second in mro(first)


def _parameters(callee: Function, call: ast.Call, given: ast.expr) -> Iterator[str]:
    """Yield the parameter of a function that an argument of a call becomes."""
    if isinstance(callee.node, ast.Lambda):
        return
    arguments = callee.node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    is_method = callee.facts.class_of(callee.node) is not None and isinstance(call.func, ast.Attribute)
    for keyword in call.keywords:
        if keyword.value is given and keyword.arg is not None:
            yield keyword.arg
    if given in call.args:
        at = call.args.index(given) + is_method
        if at < len(positional):
            yield positional[at].arg


def decorator_ends(module: Module, decorator: Function) -> list[tuple[ModuleFacts, ast.AST]]:
    """Return what a decorator of the project does by hand with the coroutines of the function that it is given."""
    if not isinstance(decorator.node, FUNCTIONS):
        return []
    positional = [*decorator.node.args.posonlyargs, *decorator.node.args.args]
    search = _Search(module, decorator.facts, decorator.node)
    return list(search.ends_of_calls(decorator.facts, decorator.node, positional[0].arg)) if positional else []
