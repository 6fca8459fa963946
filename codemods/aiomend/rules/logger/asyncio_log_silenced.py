"""AIO502: asyncio's logger is silenced, and with it every complaint that asyncio has."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.asyncio_logger import ERROR, assignments, has_own_handler, level_calls, level_of
from aiomend.facts.logging_tables import silenced_by
from aiomend.facts.options import is_debug_flag, is_in_function_about, is_optional
from aiomend.facts.view import Module
from aiomend.model import Impact, Safety
from aiomend.rules.rule import Fix, Rule

_HIDES = "nobody hears of exceptions that no task handled, nor of tasks that were destroyed"
_LOWER = "what it complained of is for a person to find; WARNING is the level that keeps it"


class AsyncioLogSilenced(Rule):
    """Let asyncio's logger speak.

    Exceptions that nobody asks for, tasks that are destroyed while they wait, coroutines that block the loop: asyncio tells
    of all of them through the logger `asyncio`, mostly at the level ERROR, and in no other way. A program that disables
    that logger, raises its level above ERROR or cuts it off from every handler loses work without a word. Often a table
    for `dictConfig()` does it unasked: without `"disable_existing_loggers": False` it disables every logger that exists
    and that it does not name. The finding leaves the code as it is.

    Before:

    ```python
    import asyncio
    import logging

    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    ```

    After:

    ```python
    import asyncio
    import logging

    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    ```

    Fix safety: there is no fix. Whoever silenced the logger had a complaint in front of them, and what hides behind it is
    for a person to find; the level WARNING takes away what asyncio says of its daily work and keeps its complaints.

    Silent when the code runs only behind an option, or takes it back in the same file; when the logger has a handler of
    its own; when the level is ERROR or below; when a table for `dictConfig()` is not all written in the file, or asyncio
    may be imported later; in tests.
    """

    code = "AIO502"
    name = "asyncio-log-silenced"
    safety = Safety.MANUAL
    impact = Impact.BUG
    triggers = frozenset({"asyncio", "dictConfig"})
    context = frozenset({"getLogger", "dictConfig", "disable", "asyncio.log"})

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the places of a file that keep asyncio's complaints from everybody."""
        if module.is_test:
            return  # tests make errors on purpose
        for node, message, reason in [*_logger(module), *_everything(module), *_tables(module)]:
            if is_optional(module.facts, node) and not _is_without_debug(module, node):
                continue  # somebody has to ask for it
            if is_in_function_about(module.facts, node, "test"):
                continue  # a test's own preparation
            yield self.manual(module, node, message, reason)


_Seen = tuple[ast.expr, str, str]


def _logger(module: Module) -> Iterator[_Seen]:
    """What is done to asyncio's logger itself."""
    for attribute, value, effect in (
        ("disabled", True, "disables asyncio's logger"),
        ("propagate", False, "cuts asyncio's logger off from every handler"),
    ):
        found = list(assignments(module, attribute))
        wanted = [(node, given) for node, given in found if _is_constant(given, value)]
        if len(wanted) < len(found) or (attribute == "propagate" and has_own_handler(module)):
            continue  # taken back, decided elsewhere, or its messages go to its own handler
        for statement, _ in wanted:
            target = statement.targets[0]
            message = f"`{module.text(statement)}` {effect}: {_HIDES}"
            yield target, message, _LOWER
    levels = list(level_calls(module))
    if any(one.value is None or one.value <= ERROR for one in levels):
        return  # another level is set too: it is taken back, or decided elsewhere
    for one in levels:
        message = f"`{module.text(one.call)}` is above ERROR, at which asyncio reports: {_HIDES}"
        yield one.call, message, _LOWER


def _is_constant(node: ast.expr, value: bool) -> bool:
    return isinstance(node, ast.Constant) and node.value in (value, int(value))


def _everything(module: Module) -> Iterator[_Seen]:
    """Calls of `logging.disable()` that hold for asyncio, too."""
    calls = list(module.calls("logging.disable"))
    found = []
    for call in calls:
        given = [*call.args, *(one.value for one in call.keywords if one.arg == "level")]
        level = level_of(module, given[0]) if given else 50  # CRITICAL is the default since Python 3.7
        if level is None or level < ERROR:
            continue  # taken back, lets errors through, or decided elsewhere
        found.append(call)
    if len(found) < len(calls) or "asyncio" not in module.facts.imported_roots:
        return  # for a while only, or in a file that has nothing to do with asyncio
    for call in found:
        message = f"`{module.text(call)}` silences every logger, asyncio's too: {_HIDES}"
        yield call, message, "which loggers to silence instead is for a person to say"


def _tables(module: Module) -> Iterator[_Seen]:
    """Tables for `dictConfig()` that silence asyncio."""
    for call in module.calls("logging.config.dictConfig"):
        silenced = silenced_by(module, call)
        if silenced is None:
            continue  # asyncio's logger goes on, or nobody knows
        message = f"`{module.call_phrase(call)}` {silenced.how}: {_HIDES}"
        keeps = '`"disable_existing_loggers": False` keeps all of them; whether that is wanted is for a person to say'
        yield silenced.node, message, keeps if silenced.node is call else _LOWER


def _is_without_debug(module: Module, node: ast.expr) -> bool:
    """True under `if not debug:` and in the `else` of `if debug:`, which is how the program runs every day."""
    here: ast.AST = node
    for parent in module.facts.ancestors(node):
        match parent:
            case ast.If(test=ast.UnaryOp(op=ast.Not(), operand=flag), body=body) if here in body:
                return is_debug_flag(flag)
            case ast.If(test=flag, orelse=orelse) if here in orelse:
                return is_debug_flag(flag)
            case _:
                pass  # decides nothing
        here = parent
    return False
