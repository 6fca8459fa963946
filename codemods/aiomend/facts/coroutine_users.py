"""Who uses what a coroutine function makes in a way that a native coroutine does not allow.

`yield from` in a plain generator takes a generator-based coroutine and not a native one; `next()` and `for` take any
generator; and a generator that is done gives None where it is waited for again, which for a native coroutine is an error.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from aiomend.facts.coroutine_ends import Ends
from aiomend.facts.decorators import is_property
from aiomend.facts.end import DEPTH, End, Kind
from aiomend.facts.function_uses import may_spell
from aiomend.facts.generator_steps import Delegate, generator_steps
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import FUNCTIONS, FunctionNode
from aiomend.facts.text_lookups import got_with_others, has_text_lookups, is_lookup
from aiomend.facts.values import NONE, Function, Plain, ProjectClass
from aiomend.facts.view import Module


@dataclass(frozen=True, slots=True, eq=False)
class Driven:
    """A place that goes through a coroutine by hand, asks whether one can, or waits for it a second time."""

    facts: ModuleFacts
    node: ast.expr
    is_sure: bool


@dataclass(slots=True)
class Users:
    """The uses of a function that a native coroutine would break; ``reason`` says why there may be more."""

    delegates: list[Delegate] = field(default_factory=list)
    driven: list[Driven] = field(default_factory=list)
    again: list[Driven] = field(default_factory=list)
    asked: list[Driven] = field(default_factory=list)
    lost: list[tuple[ModuleFacts, ast.expr | FunctionNode]] = field(
        default_factory=list
    )  #: where it, or its coroutine, is handed on
    reason: str | None = None


def users_of(module: Module, function: FunctionNode) -> Users:
    """Return who could not use a function any more that makes native coroutines."""
    search = _Search(module, module.facts, function)
    search.follow(module.facts, function, 0)
    known = {one.node for one in search.found.delegates}
    steps = generator_steps(module)
    search.found.delegates += [one for one in steps.delegating_to(function) if one.node not in known]
    search.found.driven += [Driven(*one) for one in steps.stepping(function)]
    if function.name == "__call__":
        search.found.lost.append((module.facts, function))  # whoever has the object calls it, by any name
    for facts in steps.files:
        if (text := _got_by_text(module, facts, function)) is not None:
            search.found.lost.append((facts, text))
    return search.found


def _got_by_text(module: Module, facts: ModuleFacts, function: FunctionNode) -> ast.expr | None:
    """Return where a file gets what bears a name by a text, makes up a name that may be it, or hands it on to who does that."""
    name = function.name
    if module.facts.class_of(function) is not None and (all_of_it := got_with_others(facts)) is not None:
        return all_of_it
    for use in facts.names.get("getattr", ()):
        match facts.parents[use]:
            case ast.Call(args=[_, asked, *_]) if not isinstance(asked, ast.Constant) and may_spell(asked, name):
                return asked
            case _:
                pass  # gets another one
    texts = facts.texts.get(name, [])
    if not has_text_lookups(module.inference):
        texts = [one for one in texts if is_lookup(facts, one)]  # the others are texts and nothing else
    return next((one for one in texts if not isinstance(facts.parents[one], (ast.Compare, ast.Expr))), None)


@dataclass(frozen=True, slots=True, eq=False)
class _Sought:
    """A function whose uses are looked for, and how it was come to."""

    home: ModuleFacts
    function: FunctionNode
    depth: int  #: functions that hand the coroutine on, from the first one to this
    is_sure: bool  #: it gives the coroutine whenever it is called


class _Search:
    """One search for the users of what one function makes, also through functions that return it."""

    def __init__(self, module: Module, home: ModuleFacts, function: FunctionNode) -> None:
        self._inference = module.inference
        self._ends = Ends(module.inference)
        self._seen: set[tuple[ast.AST, bool]] = set()
        self.found = Users()

    def follow(self, home: ModuleFacts, function: FunctionNode, depth: int, *, is_sure: bool = True) -> None:
        """Look at every use of the name of a function that gives the coroutine, or, where not ``is_sure``, may give it."""
        if not self._seen.isdisjoint({(function, True), (function, is_sure)}):
            return  # looked at
        self._seen.add((function, is_sure))
        if depth > DEPTH:
            self.found.lost.append((home, function))
            return  # handed on through too many hands to tell
        name, sought = function.name, _Sought(home, function, depth, is_sure)
        paths = self._inference.project.files_using(name)
        if paths is None:
            self.found.reason = f"too many files mention `{name}`: not all that use it can be known"
            return
        for path in paths:
            user = home if path == home.path else self._inference.project.facts(path)
            if user is None:
                continue  # it cannot be read, and is no Python of today
            for use in (*user.names.get(name, ()), *user.attributes.get(name, ())):
                self._use(user, use, sought)
                self._kept(user, use, sought)

    def _kept(self, user: ModuleFacts, use: ast.Name | ast.Attribute, sought: _Sought) -> None:
        """Look at the uses of an attribute that keeps the function: `Client.connect = connect`."""
        match user.parents[use]:
            case ast.Assign(targets=[ast.Attribute(attr=name)], value=value) if (
                value is use and name != sought.function.name
            ):
                further = replace(sought, depth=sought.depth + 1)
                for path in self._inference.project.files_using(name) or ():
                    facts = self._inference.project.facts(path)
                    for one in facts.attributes.get(name, ()) if facts is not None else ():
                        assert facts is not None
                        self._use(facts, one, further)
            case _:
                pass  # nothing keeps it

    def _use(self, user: ModuleFacts, use: ast.Name | ast.Attribute, sought: _Sought) -> None:
        if not isinstance(use.ctx, ast.Load):
            return  # it binds the name
        ends = list(self._ends_of_use(user, use, sought.function, sought.depth))
        if ends and (reached := self._reaches(user, use, sought.home, sought.function)) is not False:
            for end in ends:
                self._note(end, sought.is_sure and reached is True, sought.depth, user.function_at(use))

    def _ends_of_use(
        self, user: ModuleFacts, use: ast.Name | ast.Attribute, function: FunctionNode, depth: int
    ) -> Iterator[End]:
        if any(is_property(one) for one in function.decorator_list):
            yield from self._ends.of(user, use, depth)  # reading it makes the coroutine
        else:
            yield from self._ends.of_function(user, use, depth)

    def _note(self, end: End, is_sure: bool, depth: int, maker: ast.AST | None) -> None:
        """Record what becomes of a coroutine that ``maker`` makes, a function or nothing."""
        facts, node = end.facts, end.node
        is_sure = is_sure and end.is_sure and not self._is_rebound(facts, node)
        match end.kind, node:
            case Kind.DELEGATED, ast.YieldFrom():
                function = facts.function_at(node)
                assert isinstance(function, ast.FunctionDef)
                self.found.delegates.append(Delegate(facts, function, node, is_sure, end.is_shared))
            case Kind.RETURNED, _:
                function = facts.function_at(node)
                if isinstance(function, ast.FunctionDef):
                    # what returns a parameter returns other things to other callers
                    self.follow(facts, function, depth + 1, is_sure=is_sure and function is maker)
            case Kind.STEPPED, ast.expr():
                self.found.driven.append(Driven(facts, node, is_sure))
            case Kind.AGAIN, ast.expr():
                self.found.again.append(Driven(facts, node, is_sure))
            case Kind.ASKED, ast.expr():
                self.found.asked.append(Driven(facts, node, is_sure))
            case Kind.LOST, ast.expr() if is_sure:
                self.found.lost.append((facts, node))
            case _:
                pass  # by its name alone it may be many things

    @staticmethod
    def _is_rebound(facts: ModuleFacts, node: ast.AST) -> bool:
        """True for a variable that is bound more than once: what it holds at a place may be something else by then."""
        if isinstance(node, ast.YieldFrom):
            node = node.value
        if not isinstance(node, ast.Name) or (home := facts.scope_at(node).find(node.id)) is None:
            return False
        return len(home[1]) > 1

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


def decorator_ends(module: Module, decorator: Function, taken: int = 0) -> list[End]:
    """Return what a decorator of the project does with the function that it is given, and with its coroutines.

    ``taken`` counts its parameters that are filled before.
    """
    ends = Ends(module.inference)
    if not isinstance(decorator.node, FUNCTIONS):
        given = {one.arg for one in (*decorator.node.args.posonlyargs, *decorator.node.args.args)}
        body = decorator.node.body
        is_same = isinstance(body, ast.Name) and body.id in given
        return [] if is_same or not given else [End(Kind.LOST, decorator.facts, body)]
    facts, positional = decorator.facts, [*decorator.node.args.posonlyargs, *decorator.node.args.args][taken:]
    found = list(ends.of_calls(facts, decorator.node, positional[0].arg)) if positional else []
    wrappers = {end.facts.function_at(end.node) for end in found if end.kind is Kind.RETURNED}
    for wrapper in wrappers:
        if not isinstance(wrapper, ast.FunctionDef) or facts.function_at(wrapper) is not decorator.node:
            continue  # no function that the decorator puts in the place of the other one
        for use in facts.mentions(wrapper.name).get(facts.scopes[decorator.node], ()):
            if not isinstance(facts.parents[use], ast.Return):
                found += [end for end in ends.of_function(facts, use) if end.kind is Kind.LOST]
    return found
