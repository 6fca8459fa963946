"""`fun = asyncio.coroutine(fun)` in a decorator that is given nothing but coroutine functions: it has nothing to do."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import partial

from aiomend.facts.function_uses import uses_of
from aiomend.facts.values import Function
from aiomend.facts.view import Module
from aiomend.rewriting import removal
from aiomend.rewriting.edits import Wrap
from aiomend.source import last_line

_ASKS = frozenset({"asyncio.iscoroutinefunction", "inspect.iscoroutinefunction"})


@dataclass(frozen=True, slots=True)
class IdleWrapping:
    """A statement that does nothing, and how many functions the decorator around it is given."""

    statement: ast.stmt
    decorator: ast.FunctionDef
    given: int


def idle_wrapping(module: Module, call: ast.Call) -> IdleWrapping | None:
    """Return the statement around `asyncio.coroutine(fun)` that does nothing, as far as the project's own uses tell.

    That is the assignment to `fun`, the parameter of a decorator, with the test for coroutine functions around it.
    None where the decorator is given anything else than `async def`, or where not all of its uses are known.
    """
    statement = module.facts.statement(call)
    function = module.facts.function_at(statement)
    match statement, call.args:
        case ast.Assign(targets=[ast.Name(id=name)], value=value), [ast.Name(id=given)] if value is call:
            if name != given or not isinstance(function, ast.FunctionDef) or not _takes(function, name):
                return None
        case _:
            return None
    whole = _tested(module, statement, name)
    if whole is None or _is_commented(module, whole):
        return None  # a comment would have no place
    uses = uses_of(module, function)
    if uses.is_lost or uses.calls or not uses.handed:
        return None  # who else gives it a function cannot be seen
    if not all(_decorates_native(user, node) for user, node in uses.handed):
        return None
    return IdleWrapping(whole, function, len(uses.handed))


def removed(module: Module, found: IdleWrapping) -> Wrap | None:
    """Return the edit that takes the statement out; None where nothing follows that could take its place."""
    block = module.facts.block(found.statement)
    at = block.index(found.statement)
    if len(block) == at + 1:
        return None
    texts = frozenset({module.text(found.statement)})
    return Wrap((found.statement, block[at + 1]), partial(removal.without, texts=texts, indent=module.facts.indent))


def _takes(function: ast.FunctionDef, name: str) -> bool:
    """True for a decorator's parameter, its only one."""
    arguments = function.args
    others = (*arguments.posonlyargs, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg)
    return [one.arg for one in arguments.args] == [name] and not any(others)


def _tested(module: Module, statement: ast.stmt, name: str) -> ast.stmt | None:
    """Return the statement with the `if not iscoroutinefunction(name):` around it; None under any other condition."""
    match module.facts.parents[statement]:
        case ast.FunctionDef():
            return statement
        case (
            ast.If(
                test=ast.UnaryOp(op=ast.Not(), operand=ast.Call(args=[ast.Name(id=asked)], keywords=[]) as test),
                body=[_],
                orelse=[],
            ) as around
        ) if asked == name and module.name_of(test.func) in _ASKS:
            is_outer = isinstance(module.facts.parents[around], ast.FunctionDef)
            return around if is_outer and not module.text(around).startswith("elif") else None
        case _:
            return None


def _is_commented(module: Module, statement: ast.stmt) -> bool:
    lines = range(statement.lineno, last_line(statement) + 1)
    return any("#" in module.source.line(line) for line in lines)


def _decorates_native(user: Module, node: ast.expr) -> bool:
    """True where a name is the decorator next to an `async def`, which gets the function itself."""
    match user.facts.parents[node]:
        case ast.AsyncFunctionDef(decorator_list=[*_, last]) as function if last is node:
            return not user.facts.is_generator(function)
        case _:
            return False


def is_native(module: Module, node: ast.expr) -> bool:
    """True for a name that certainly is an `async def`: `asyncio.coroutine()` gives it back as it is."""
    match list(module.values(node)):
        case [Function(facts=facts, node=ast.AsyncFunctionDef() as function)]:
            return not facts.is_generator(function)
        case _:
            return False
