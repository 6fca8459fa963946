"""Futures that nobody can cancel: all that is ever done with them is to set them, to read them, and to watch them."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

from aiomend.facts.decorators import COROUTINE_DECORATORS, is_property
from aiomend.facts.future_collections import Slot, futures_at, put_into, slot_of
from aiomend.facts.futures import bindings_of, makes_future, origin_of
from aiomend.facts.module import ModuleFacts
from aiomend.facts.module_names import is_test_path
from aiomend.facts.scopes import FUNCTIONS, FunctionNode
from aiomend.facts.stand_ins import SETTERS
from aiomend.facts.uses import attribute_uses
from aiomend.facts.view import Module

READERS = frozenset({"result", "exception", "done", "cancelled", "get_loop"})
_CALLBACKS = frozenset({"add_done_callback", "remove_done_callback"})
_FILLS = frozenset({"add", "append", "extend", "insert", "update"})
_COPIES = frozenset({"itertools.chain", "list", "set", "tuple", "frozenset"})

_Use = tuple[ModuleFacts, ast.expr]


def is_only_watched(module: Module, receiver: ast.expr) -> bool:
    """True where every use of a future in the project is seen, and none of them can cancel it.

    That is said of a variable of a function that holds new futures alone, of an attribute that holds nothing else, and of
    what comes out of a collection on a private attribute that nothing else is put into. A public attribute may be used outside
    of the project: it has to be waited for inside, as others are expected to do it. Watching is to ask for its state, to
    compare it, to run the loop until it is complete, to shield it, and to wait for it with `asyncio.wait()`, which cancels
    nothing, where nobody cancels what is still pending. A method that awaits or returns the future is followed to those who
    call it.
    """
    watched = _Watched(module)
    if (slot := slot_of(module, receiver)) is not None:
        return watched.are_made_and_kept(slot)
    match origin_of(module, receiver) or receiver:
        case ast.Name() as name:
            return watched.is_made_and_kept(_variable_uses(module, name))
        case ast.Attribute(value=ast.Name(), attr=name) if not name.endswith("__"):
            uses = attribute_uses(module, name)
            is_private = name.startswith("_")
            # what tests alone wait for is there for those who use the project
            inside = [use for use in uses or () if module.is_test or not is_test_path(use[0].path)]
            return watched.is_made_and_kept(uses) and (is_private or any(watched.is_awaited(*use) for use in inside))
        case _:
            return False  # it comes out of something else


def _variable_uses(module: Module, name: ast.Name) -> Sequence[_Use] | None:
    facts = module.facts
    home = facts.scope_at(name).find(name.id)
    if home is None or not isinstance(home[0].node, FUNCTIONS):
        return None
    if not all(isinstance(b.node, (ast.Assign, ast.AnnAssign)) for b in bindings_of(module, name)):
        return None  # it comes from somewhere
    return [(facts, use) for use in facts.mentions_of(name)]


def _is_a_tests_own(facts: ModuleFacts, wait: ast.expr) -> bool:
    """True for what a test itself waits for: nobody but who ends the test cancels that."""
    function = facts.function_at(wait)
    return is_test_path(facts.path) and isinstance(function, FUNCTIONS) and function.name.startswith("test")


def _reads(facts: ModuleFacts, name: ast.Name) -> list[ast.Name]:
    return [use for use in facts.mentions_of(name) if isinstance(use.ctx, ast.Load)]


@dataclass(frozen=True, slots=True)
class _Watched:
    """The uses of a future, followed to wherever it goes."""

    module: Module
    asked: set[object] = field(default_factory=set)  #: functions, names and collections that are being followed

    def is_made_and_kept(self, uses: Sequence[_Use] | None) -> bool:
        """True where a future is made by one of its uses, and none can cancel it or put another one in its place."""
        if uses is None or not any(self._is_made_at(facts, use) for facts, use in uses):
            return False  # others may use it, or make it
        return all(self._is_kept(facts, use) for facts, use in uses)

    def _is_made_at(self, facts: ModuleFacts, use: ast.expr) -> bool:
        match facts.parents[use]:
            case ast.Assign(targets=targets, value=value) if use in targets:
                others = (one for one in targets if one is not use)
                return self._is_new(facts, value) and all(self._is_kept_as(facts, one) for one in others)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                return target is use and makes_future(self.module, facts, value)
            case _:
                return False

    def _is_new(self, facts: ModuleFacts, value: ast.expr) -> bool:
        """True for a call that makes a future, and for a variable of a function that holds such ones alone."""
        if not isinstance(value, ast.Name):
            return makes_future(self.module, facts, value)
        home = facts.scope_at(value).find(value.id)
        if home is None or not isinstance(home[0].node, FUNCTIONS):
            return False
        made = (one.value if isinstance(one.node, ast.Assign) and not one.path else None for one in home[1])
        return all(one is not None and makes_future(self.module, facts, one) for one in made)

    def _is_kept_as(self, facts: ModuleFacts, other: ast.expr) -> bool:
        """True where a future is kept by another name that it is given where it is made: `self._found = found = Future()`."""
        match other:
            case ast.Name():
                return self._has_kept_reads(facts, other)
            case ast.Attribute(value=ast.Name(), attr=name) if name.startswith("_"):
                uses = attribute_uses(self.module, name)
                return uses is not None and (self._once(name) or all(self._is_kept(*use) for use in uses))
            case _:
                return False  # others may have it

    def are_made_and_kept(self, slot: Slot) -> bool:
        """True where all futures that a private collection ever holds are new ones that nobody can cancel."""
        uses = attribute_uses(self.module, slot.attribute) if slot.attribute.startswith("_") else None
        return uses is not None and (self._once(slot) or all(self._holds_kept(*use, slot) for use in uses))

    def _holds_kept(self, facts: ModuleFacts, use: ast.expr, slot: Slot) -> bool:
        futures = futures_at(self.module, facts, use, slot)
        return futures is not None and all(self._is_kept_entry(facts, future) for future in futures)

    def _is_kept_entry(self, facts: ModuleFacts, future: ast.expr) -> bool:
        match future:
            case ast.Name(ctx=ast.Store()):
                return self._has_kept_reads(facts, future)
            case ast.Name():
                is_here = facts is self.module.facts
                return is_here and self.is_made_and_kept(_variable_uses(self.module, future))
            case _:
                return self._is_kept(facts, future)

    def _is_kept(self, facts: ModuleFacts, use: ast.expr) -> bool:
        """True where one use of a future can neither cancel it nor hand it to somebody who could."""
        if self._is_looked_at(facts, use) or self.is_awaited(facts, use):
            return True
        slot = put_into(facts, use)
        return slot is not None and self.are_made_and_kept(slot)

    def _is_looked_at(self, facts: ModuleFacts, use: ast.expr) -> bool:
        parent = facts.parents[use]
        match parent:
            case ast.Assign(targets=[target], value=ast.Constant(value=None)):
                return target is use
            case ast.AnnAssign(target=target, value=ast.Constant(value=None)):
                return target is use
            case ast.Assign(targets=[ast.Name() | ast.Attribute() as alias], value=value) if value is use:
                return self._is_kept_as(facts, alias)
            case ast.Assign() | ast.AnnAssign(value=ast.expr()):
                return self._is_made_at(facts, use)
            case ast.AnnAssign(value=None) | ast.Delete() | ast.Expr():
                return True
            case ast.Attribute(attr=attr):
                around = facts.parents[parent]
                is_called = isinstance(around, ast.Call) and around.func is parent
                return attr in SETTERS or (attr in READERS | _CALLBACKS and is_called)
            case ast.Compare(left=left, ops=[ast.In() | ast.NotIn()]):
                return left is use
            case ast.Compare(ops=[ast.Is() | ast.IsNot() | ast.Eq() | ast.NotEq()]):
                return True
            case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
                return test is use
            case ast.UnaryOp(op=ast.Not()):
                return True
            case ast.BoolOp(op=ast.And(), values=[*others, _]):
                return use in others  # a future is true, so that it is never what comes out
            case _:
                return False

    def is_awaited(self, facts: ModuleFacts, use: ast.expr) -> bool:
        """True where one use waits for a future in a way that does not cancel it."""
        parent = facts.parents[use]
        match parent:
            case ast.Call(func=ast.Attribute(attr="run_until_complete"), args=[first, *_]) if first is use:
                return True
            case ast.Return():
                return self._is_kept_by_callers(facts, facts.function_at(use))
            case ast.Await() | ast.YieldFrom() if _is_a_tests_own(facts, use):
                return True
            case _:
                return self._is_shielded(facts, use)

    def _is_shielded(self, facts: ModuleFacts, use: ast.expr) -> bool:
        """True where a future, or the coroutine that awaits it, is shielded or waited for by `asyncio.wait()`."""
        parent = facts.parents[use]
        match parent:
            case ast.Call(func=func, args=[first, *_]) if first is use and self._name(facts, func) == "asyncio.shield":
                return True
            case ast.Call(func=ast.Attribute(value=ast.Name() as several, attr="append" | "add"), args=[_]):
                return isinstance(facts.parents[parent], ast.Expr) and self._are_left_alone(facts, several)
            case ast.List() | ast.Set() | ast.Tuple():
                return self._are_waited_for(facts, parent)
            case ast.Await() | ast.YieldFrom():
                return self._is_shielded_by_callers(facts, facts.function_at(use))
            case _:
                return False

    # ---- where it goes ---

    def _has_kept_reads(self, facts: ModuleFacts, alias: ast.Name) -> bool:
        """True where a future that a variable of a function is bound to as well is kept there."""
        home = facts.scope_at(alias).find(alias.id)
        if home is None or not isinstance(home[0].node, FUNCTIONS):
            return False  # others may read the name
        return self._once(alias) or all(self._is_kept(facts, use) for use in _reads(facts, alias))

    def _is_kept_by_callers(self, facts: ModuleFacts, function: ast.AST | None) -> bool:
        """True where everybody in the project who gets a future from a method or property keeps it."""
        if not isinstance(function, ast.FunctionDef) or facts.is_generator(function):
            return False  # what is awaited of it is a future again
        if any(map(is_property, function.decorator_list)):
            uses = self._asked_for(facts, function)
            return bool(uses) and (self._once(function) or all(self._is_kept(*use) for use in uses))
        calls = self._calls(facts, function)
        return bool(calls) and (self._once(function) or all(self._is_kept(*call) for call in calls))

    def _is_shielded_by_callers(self, facts: ModuleFacts, function: ast.AST | None) -> bool:
        """True where a coroutine method that awaits a future is shielded wherever the project calls it."""
        if not isinstance(function, FUNCTIONS):
            return False  # an `await` at the top, or a generator of sorts
        calls = self._calls(facts, function)
        return bool(calls) and (self._once(function) or all(self._is_shielded(*call) for call in calls))

    def _calls(self, facts: ModuleFacts, function: FunctionNode) -> list[_Use]:
        """Return every call of a method in the project; empty where something else is done with it."""
        if any(self._name(facts, one) not in COROUTINE_DECORATORS for one in function.decorator_list):
            return []  # who calls it gets what the decorator makes of it
        uses = self._asked_for(facts, function)
        calls = [(there, there.parents[use]) for there, use in uses]
        found: list[_Use] = [
            (there, call)
            for (there, call), (_, use) in zip(calls, uses, strict=True)
            if isinstance(call, ast.Call) and call.func is use
        ]
        return found if len(found) == len(uses) else []

    def _asked_for(self, facts: ModuleFacts, function: FunctionNode) -> list[tuple[ModuleFacts, ast.Attribute]]:
        """Return every use of a method or property; empty where nobody can say, or nobody uses it in the project."""
        owner = facts.class_of(function)
        if owner is None or function.name.endswith("__"):
            return []  # no method, or one that Python calls
        if facts.scopes[owner] in facts.mentions(function.name):
            return []  # another name of it in the body of the class
        return attribute_uses(self.module, function.name) or []

    def _are_waited_for(self, facts: ModuleFacts, several: ast.expr) -> bool:
        """True where a collection goes to `asyncio.wait()`, and what is pending afterwards is left alone."""
        parent = facts.parents[several]
        match parent:
            case ast.Call(func=func, args=[first, *_]) if (
                first is several and self._name(facts, func) == "asyncio.wait"
            ):
                return self._ends_in_peace(facts, parent)
            case ast.Call(func=func, args=args) if several in args and self._name(facts, func) in _COPIES:
                return self._are_waited_for(facts, parent)
            case ast.Starred():
                display = facts.parents[parent]
                return isinstance(display, (ast.List, ast.Set, ast.Tuple)) and self._are_waited_for(facts, display)
            case ast.Assign(targets=[ast.Name() as name], value=value) if value is several:
                return self._are_left_alone(facts, name)
            case _:
                return False

    def _are_left_alone(self, facts: ModuleFacts, name: ast.Name) -> bool:
        """True where a variable of a function holds a collection of its own, which is filled, looked at and waited for."""
        home = facts.scope_at(name).find(name.id)
        if home is None or not isinstance(home[0].node, FUNCTIONS):
            return False  # others may read the name
        for binding in home[1]:
            match binding.node:
                case ast.Assign(targets=[ast.Name()], value=ast.List() | ast.Set() | ast.Tuple() | ast.ListComp()):
                    pass  # a new one
                case ast.Assign(targets=[ast.Name()], value=ast.Call(func=func)) if self._name(facts, func) in _COPIES:
                    pass  # likewise
                case ast.AugAssign():
                    pass  # it gets more of them
                case _:
                    return False  # others may hold it
        return self._once(name) or all(self._is_filled_or_read(facts, use) for use in _reads(facts, name))

    def _is_filled_or_read(self, facts: ModuleFacts, use: ast.Name) -> bool:
        parent = facts.parents[use]
        match parent:
            case ast.Attribute(attr=attr):
                call = facts.parents[parent]
                return attr in _FILLS and isinstance(call, ast.Call) and isinstance(facts.parents[call], ast.Expr)
            case _:
                return _leaves_alone(facts, use) or self._are_waited_for(facts, use)

    def _ends_in_peace(self, facts: ModuleFacts, call: ast.Call) -> bool:
        """True where a call of `asyncio.wait()`, or of a method that gives what it gives, is waited for there, and nobody
        cancels what is pending afterwards."""
        waits = facts.parents[call]
        match waits:
            case ast.Await() | ast.YieldFrom() | ast.Call(func=ast.Attribute(attr="run_until_complete")):
                pass  # here it is waited for
            case ast.Return():
                return self._end_in_peace(facts, facts.function_at(call))
            case _:
                return False  # what it gives may go anywhere
        match facts.parents[waits]:
            case ast.Expr():
                return True
            case ast.Assign(targets=[ast.Tuple(elts=[ast.Name(), ast.Name() as pending])]):
                return all(_leaves_alone(facts, use) for use in _reads(facts, pending))
            case ast.Return():
                return self._end_in_peace(facts, facts.function_at(call))
            case _:
                return False  # both sets may go anywhere

    def _end_in_peace(self, facts: ModuleFacts, function: ast.AST | None) -> bool:
        """True where all that the project calls a method for ends in peace."""
        calls = self._calls(facts, function) if isinstance(function, FUNCTIONS) else []
        return bool(calls) and all(
            isinstance(call, ast.Call) and self._ends_in_peace(there, call) for there, call in calls
        )

    def _name(self, facts: ModuleFacts, func: ast.expr) -> str | None:
        return self.module.inference.external_name(facts, func)

    def _once(self, one: object) -> bool:
        """True where something is being followed already: its uses decide once."""
        is_known = one in self.asked
        self.asked.add(one)
        return is_known


def _leaves_alone(facts: ModuleFacts, use: ast.expr) -> bool:
    """True where one use of the set of the pending ones only looks at it."""
    match facts.parents[use]:
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[last]):
            return last is use
        case ast.If(test=test) | ast.While(test=test):
            return test is use
        case ast.UnaryOp(op=ast.Not()) | ast.Call(func=ast.Name(id="len" | "bool")):
            return True
        case _:
            return False
