"""Tables for `logging.config.dictConfig()`: which of them leave asyncio's logger without a voice."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiomend.facts.asyncio_logger import ERROR, LOGGER, level_of
from aiomend.facts.entries import brings, importers, is_test_file
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import How

if TYPE_CHECKING:
    from aiomend.facts.view import Module


@dataclass(frozen=True, slots=True, eq=False)
class Silenced:
    """How a table silences asyncio's logger, and the place that does."""

    node: ast.expr
    how: str


def silenced_by(module: Module, call: ast.Call) -> Silenced | None:
    """Return how `dictConfig(table)` silences asyncio; None where it does not, or the table is not all known."""
    table = _literal(module, call.args[0]) if len(call.args) == 1 and not call.keywords else None
    if table is None or _item(table, "incremental") is not None:
        return None
    loggers = _item(table, "loggers")
    if loggers is not None and not isinstance(loggers, ast.Dict):
        return None  # made elsewhere
    if loggers is not None and None in loggers.keys:
        return None  # `**others` may name it
    own = _item(loggers, LOGGER) if loggers is not None else None
    if own is not None:
        return _own_entry(module, own)
    rest = _item(table, "disable_existing_loggers")
    keeps = rest is not None and not (isinstance(rest, ast.Constant) and rest.value)
    named = loggers is not None and not all(isinstance(key, ast.Constant) for key in loggers.keys)
    if keeps or named or not _knows_asyncio(module, call):
        return None  # existing loggers go on, or asyncio's may be named, or is not there yet
    return Silenced(call, "disables every logger that exists and that it does not name, asyncio's among them")


def names_asyncio(module: Module) -> bool:
    """True where a file has a table with an entry for asyncio's logger."""
    if "dictConfig" not in module.source.text and "loggers" not in module.source.text:
        return False  # no table for it: another file may hand this file's to `dictConfig()`
    tables = (node for node in ast.walk(module.tree) if isinstance(node, ast.Dict))
    return any(isinstance(key, ast.Constant) and key.value == LOGGER for table in tables for key in table.keys)


def _own_entry(module: Module, own: ast.expr) -> Silenced | None:
    if not isinstance(own, ast.Dict) or None in own.keys:
        return None  # made elsewhere
    level, propagates, handlers = (_item(own, key) for key in ("level", "propagate", "handlers"))
    if level is not None and (number := level_of(module, level)) is not None and number > ERROR:
        return Silenced(level, "gives asyncio's logger a level above ERROR")
    is_cut = isinstance(propagates, ast.Constant) and not propagates.value
    is_mute = handlers is None or (isinstance(handlers, (ast.List, ast.Tuple)) and not handlers.elts)
    if is_cut and is_mute and propagates is not None:
        return Silenced(propagates, "cuts asyncio's logger off and gives it no handler of its own")
    return None


def _literal(module: Module, node: ast.expr) -> ast.Dict | None:
    """Return the table that an expression is: written there, or bound once to a name that nothing else touches."""
    if isinstance(node, ast.Dict):
        return node if None not in node.keys else None
    if not isinstance(node, ast.Name) or (home := module.facts.scope_at(node).find(node.id)) is None:
        return None
    match home[1]:
        case [only] if only.how in (How.ASSIGN, How.ANNOTATION) and isinstance(only.value, ast.Dict) and not only.path:
            uses = [one for one in module.facts.names.get(node.id, ()) if isinstance(one.ctx, ast.Load)]
            others = [one for one in uses if not _is_given_to(module, one, "logging.config.dictConfig")]
            return only.value if not others and None not in only.value.keys else None
        case _:
            return None


def _is_given_to(module: Module, node: ast.expr, function: str) -> bool:
    parent = module.facts.parents[node]
    return isinstance(parent, ast.Call) and node in parent.args and module.name_of(parent.func) == function


def _item(table: ast.Dict, name: str) -> ast.expr | None:
    """Return the value that a table has under a text; the last one counts."""
    found: ast.expr | None = None
    for key, value in zip(table.keys, table.values, strict=True):
        if isinstance(key, ast.Constant) and key.value == name:
            found = value
    return found


def _knows_asyncio(module: Module, call: ast.Call) -> bool:
    """True where asyncio has been imported before the table counts: by the file, or by one that imports it behind asyncio."""
    here = _line(module.facts, "asyncio")
    if here is not None and (here < call.lineno or module.facts.function_at(call) is not None):
        return True
    for facts in importers(module, holding="asyncio") or ():
        first, own = _line(facts, "asyncio"), _line(facts, module.facts.name)
        if first is not None and own is not None and first < own and not is_test_file(facts):
            return True
    return False


def _line(facts: ModuleFacts, name: str) -> int | None:
    """Return the first line of a file's own level that imports a module."""
    every = (binding for bindings in facts.scope.bindings.values() for binding in bindings)
    lines = [one.node.lineno for one in every if isinstance(one.node, ast.stmt) and brings(one, name)]
    return min(lines, default=None)
