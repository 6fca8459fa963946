"""The logger that asyncio reports to: who it is in a file, which levels it is given, and what is undone again."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiomend.facts.scopes import How

if TYPE_CHECKING:
    from aiomend.facts.view import Module

LOGGER = "asyncio"
#: The level at which asyncio reports exceptions that nobody handled.
ERROR = 40
LEVELS = {
    "CRITICAL": 50, "FATAL": 50, "ERROR": ERROR, "WARNING": 30, "WARN": 30, "INFO": 20, "DEBUG": 10, "NOTSET": 0,
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class LevelCall:
    """A call `logger.setLevel(level)` on asyncio's logger; ``value`` is None where the level is not known."""

    call: ast.Call
    level: ast.expr
    value: int | None


def is_asyncio_logger(module: Module, node: ast.expr) -> bool:
    """True for an expression that is certainly asyncio's logger, or one of several that a loop goes through."""
    match node:
        case (
            ast.Call(func=func, args=[name], keywords=[])
            | ast.Call(func=func, args=[], keywords=[ast.keyword(arg="name", value=name)])
        ):
            return module.name_of(func) == "logging.getLogger" and _is_its_name(module, name)
        case ast.Name(id=text) if (home := module.facts.scope_at(node).find(text)) is not None:
            bindings = [binding for binding in home[1] if binding.how is not How.FROM]
            if not bindings:
                return module.name_of(node) == "asyncio.log.logger"
            return len(home[1]) == 1 and bindings[0].how is How.ASSIGN and _is_given(module, bindings[0].value, node)
        case _:
            return module.name_of(node) == "asyncio.log.logger"


def _is_given(module: Module, value: ast.expr | None, node: ast.Name) -> bool:
    is_itself = isinstance(value, ast.Name) and value.id == node.id
    return isinstance(value, (ast.Call, ast.Attribute)) and not is_itself and is_asyncio_logger(module, value)


def _is_its_name(module: Module, node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=value):
            return value == LOGGER
        case ast.Attribute(value=ast.Name() as package, attr="__name__"):
            return module.name_of(package) == "asyncio"
        case ast.Name(id=text) if (home := module.facts.scope_at(node).find(text)) is not None and len(home[1]) == 1:
            match home[1][0].how, home[1][0].value:
                case How.ITERATION, ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
                    return any(isinstance(item, ast.Constant) and item.value == LOGGER for item in items)
                case How.ASSIGN, ast.Constant(value=value):
                    return value == LOGGER
                case _:
                    return False
        case _:
            return False


def level_of(module: Module, node: ast.expr) -> int | None:
    """Return the number of a logging level, from its name, its number or a sum of them; None where it is not known."""
    match node:
        case ast.Constant(value=int(number)):
            return number
        case ast.Constant(value=str(text)):
            return LEVELS.get(text)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as op, right=right):
            first, second = level_of(module, left), level_of(module, right)
            if first is None or second is None:
                return None
            return first + second if isinstance(op, ast.Add) else first - second
        case ast.Name() | ast.Attribute():
            package, _, name = (module.name_of(node) or "").rpartition(".")
            return LEVELS.get(name) if package == "logging" else None
        case _:
            return None


def level_calls(module: Module) -> Iterator[LevelCall]:
    """Yield the calls of a file that give asyncio's logger a level."""
    for call, attribute in module.method_calls("setLevel"):
        given = [*call.args, *(one.value for one in call.keywords if one.arg == "level")]
        if len(given) == 1 and is_asyncio_logger(module, attribute.value):
            yield LevelCall(call, given[0], level_of(module, given[0]))


def assignments(module: Module, attribute: str) -> Iterator[tuple[ast.Assign, ast.expr]]:
    """Yield the assignments to an attribute of asyncio's logger, with their values."""
    for node in module.facts.attributes.get(attribute, ()):
        statement = module.facts.parents[node]
        if isinstance(statement, ast.Assign) and node in statement.targets and is_asyncio_logger(module, node.value):
            yield statement, statement.value


def has_own_handler(module: Module) -> bool:
    """True where the file gives asyncio's logger a handler that writes somewhere, or a list of handlers."""
    for call, attribute in module.method_calls("addHandler"):
        if is_asyncio_logger(module, attribute.value) and not (call.args and _is_null(module, call.args[0])):
            return True
    return any(
        is_asyncio_logger(module, node.value)
        for node in module.facts.attributes.get("handlers", ())
        if not isinstance(node.ctx, ast.Load) or isinstance(module.facts.parents[node], (ast.Attribute, ast.Subscript))
    )


def _is_null(module: Module, node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and module.name_of(node.func) == "logging.NullHandler"
