"""Whether a call that may block is known to find what it waits for: an item, a key that was hit, a process that ended."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from aiomend.facts.flow import Test, assigns, guarded, same
from aiomend.facts.module import suspends
from aiomend.facts.scopes import last_name
from aiomend.facts.view import Module

_KEYS = re.compile(r"msvcrt\.getw?che?")
_PROCESS = re.compile(r"subprocess\.Popen\.(?:wait|communicate)")
_READS = frozenset({"accept", "input", "read", "readline", "recv", "recv_into", "recvfrom", "recvfrom_into"})


def is_at_hand(module: Module, call: ast.Call, name: str) -> bool:
    """True where a test before a call of what the catalogue calls ``name`` says that it does not wait."""
    facts = module.facts
    if _KEYS.fullmatch(name):
        return guarded(facts, call, _is_hit(module))
    if _PROCESS.fullmatch(name) and isinstance(call.func, ast.Attribute):
        process = call.func.value
        # What has ended stays so, as long as the name is its own.
        return guarded(facts, call, _has_ended(process), lambda part: assigns(part, process))
    if last_name(call.func) in _READS:
        return guarded(facts, call, _is_selected(module))
    if isinstance(call.func, ast.Attribute) and call.func.attr == "get":
        return guarded(facts, call, _has_items(call.func.value), suspends)
    return False


def _has_items(queue: ast.expr) -> Test:
    """`queue.empty()` was seen to be false."""

    def settled(test: ast.expr, outcome: bool) -> bool:
        match test:
            case ast.Call(func=ast.Attribute(value=receiver, attr="empty")):
                return not outcome and same(receiver, queue)
            case ast.Call(func=ast.Attribute(value=receiver, attr="qsize")):
                return outcome and same(receiver, queue)
            case _:
                return False

    return settled


def _is_hit(module: Module) -> Test:
    """`msvcrt.kbhit()` was seen to be true."""

    def settled(test: ast.expr, outcome: bool) -> bool:
        return outcome and isinstance(test, ast.Call) and module.name_of(test.func) == "msvcrt.kbhit"

    return settled


def _is_selected(module: Module) -> Test:
    """Something of what `select.select()` gave was seen to be there."""

    def settled(test: ast.expr, outcome: bool) -> bool:
        match test:
            case ast.Compare(ops=[ast.In()], comparators=[given]):
                return outcome and _is_of_select(module, given)
            case _:
                return outcome and _is_of_select(module, test)

    return settled


def _is_of_select(module: Module, given: ast.expr) -> bool:
    match given:
        case ast.Subscript(value=value):
            return _is_of_select(module, value)
        case ast.Call(func=func):
            return module.name_of(func) == "select.select"
        case ast.Name(id=name):
            home = module.facts.scope_at(given).find(name)
            values = [one.value for one in home[1]] if home is not None else []
            return bool(values) and all(_gives_select(module, one) for one in values)
        case _:
            return False


def _gives_select(module: Module, value: ast.expr | None) -> bool:
    return isinstance(value, (ast.Call, ast.Subscript)) and _is_of_select(module, value)


def _has_ended(process: ast.expr) -> Test:
    """`process.poll()` was seen to give something, or a method of what has the process, by the same name."""

    def settled(test: ast.expr, outcome: bool) -> bool:
        match test:
            case ast.Compare(left=left, ops=[ast.Is() | ast.Eq()], comparators=[ast.Constant(value=None)]):
                return not outcome and _asks(left, process)
            case ast.Compare(left=left, ops=[ast.IsNot() | ast.NotEq()], comparators=[ast.Constant(value=None)]):
                return outcome and _asks(left, process)
            case _:
                return outcome and _asks(test, process)

    return settled


def _asks(asked: ast.expr, process: ast.expr) -> bool:
    match asked:
        case ast.NamedExpr(value=value) | ast.Await(value=value):
            return _asks(value, process)
        case ast.Call(func=ast.Attribute(value=receiver, attr="poll")):
            return any(same(receiver, one) for one in _owners(process))
        case ast.Attribute(value=receiver, attr="returncode"):
            return same(receiver, process)
        case _:
            return False


def _owners(process: ast.expr) -> Iterator[ast.expr]:
    """Yield a process as it is written, and what it is an attribute of."""
    yield process
    while isinstance(process, ast.Attribute):
        process = process.value
        yield process
