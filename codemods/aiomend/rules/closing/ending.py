"""What a loop does between its last run and its close: the lines that belong there, and where they go."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from aiomend.facts.loop_reach import is_of_another_loop
from aiomend.facts.loops import Loop, method_call
from aiomend.facts.view import Module
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Edit, Wrap
from aiomend.rules.closing.deciding import Undecided, decide, edits
from aiomend.rules.closing.placing import closing_try, is_closed

if TYPE_CHECKING:
    import libcst as cst

ASYNCGENS = "shutdown_asyncgens"
EXECUTOR = "shutdown_default_executor"


def shut_down(name: str, method: str) -> str:
    """Return the line that runs a shutdown method of a loop."""
    return f"{name}.run_until_complete({name}.{method}())"


def has(module: Module, loop: Loop, method: str) -> bool:
    """True where a file calls a method of that name, or hands it on, and not only for another loop."""
    uses = module.facts.attributes.get(method, ())
    return any(not is_of_another_loop(module, loop, use) for use in uses)


def last_run(loop: Loop) -> ast.Call:
    """Return the last call that runs the program itself, and not one of the loop's shutdown methods."""

    def is_shutdown(run: ast.Call) -> bool:
        match run.args:
            case [ast.Call(func=ast.Attribute(attr=attr))]:
                return attr in (ASYNCGENS, EXECUTOR)
            case _:
                return False

    return next((run for run in reversed(loop.runs) if not is_shutdown(run)), loop.runs[-1])


def ended(module: Module, loop: Loop, *, cancel: str | None = None, methods: Sequence[str]) -> tuple[Edit, ...]:
    """Return what ends a loop between its last run and its close; nothing where there is no such place.

    ``cancel`` is the function that ends its tasks, ``methods`` are the shutdown methods to run; those that the file has
    are left out. The loop gets the `finally` that it needs. Behind a `stop()` nothing can run: the lines go in front of it.
    """
    if any(module.function_of(value) is not None for run in loop.runs for value in run.args):
        return ()  # AIO603 has to call it first: then more is known of what is run
    indent = module.facts.indent
    missing = [method for method in methods if not has(module, loop, method)]
    if is_closed(module.facts, loop):
        statement = _closing_statement(module, loop)
        if statement is None or loop.name is None:
            return ()  # the close stands under a condition or in a `try` of its own, or the loop has no name
        orders = list(_orders(module, loop, loop.name, cancel, missing))
        return (Wrap((statement,), lambda body: _written(body, orders, indent)),)
    closing = decide(module, loop)
    if isinstance(closing, Undecided) or _stops_outside(module, loop, ()):
        return ()  # a person has to close it, or it does not run to an end behind the stop
    orders = list(_orders(module, loop, closing.name, cancel, missing))
    return tuple(edits(module, closing, lambda body: _written(body, orders, indent)))


def _orders(
    module: Module, loop: Loop, name: str, cancel: str | None, missing: Sequence[str]
) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield each line with the statements in front of which it goes: last line first, each in front of those behind it."""
    behind = {
        f"{name}.close()",
        *(_even(module.text(close)) for close in loop.closes),
        *_calls_of(module, loop, "stop"),
    }
    for method in (EXECUTOR, ASYNCGENS):
        line = shut_down(name, method)
        if method in missing:
            yield line, frozenset(behind)
        behind |= {line, *_calls_of(module, loop, method)}
    if cancel is not None:
        yield f"{cancel}({name})", frozenset(behind)


def _written(
    body: Sequence[cst.BaseStatement], orders: Sequence[tuple[str, frozenset[str]]], indent: str
) -> Sequence[cst.BaseStatement]:
    for line, anchors in orders:
        body = syntax.finally_preceded(body, anchors, line, indent)
    return body


def _calls_of(module: Module, loop: Loop, method: str) -> Iterator[str]:
    """Yield the text of the statements in a loop's own scope that call one of its methods."""
    for use in loop.uses:
        match module.facts.parents[use], module.facts.statement(use):
            case ast.Attribute(attr=attr), ast.Expr() as statement if attr == method:
                yield _even(module.text(statement))
            case _:
                pass  # another method, or its value is used


def _even(text: str) -> str:
    """Return a statement's text on one line, as `syntax.written` has it."""
    return " ".join(text.split())


def _closing_statement(module: Module, loop: Loop) -> ast.stmt | None:
    """Return the `try` whose `finally` closes the loop after each run; None where they are several, or it is deep in it."""
    found = {closing_try(module.facts, loop, run) for run in loop.runs}
    if len(loop.closes) != 1 or len(found) != 1:
        return None
    (statement,) = found
    if statement is None or loop.closes[0] not in statement.finalbody:
        return None
    return None if _stops_outside(module, loop, statement.finalbody) else statement


def _stops_outside(module: Module, loop: Loop, final: Sequence[ast.stmt]) -> bool:
    """True where the loop's own scope stops it outside of a `finally`: it would not run to an end behind that."""
    stops = [use for use in loop.uses if method_call(module.facts, use, "stop")]
    return any(module.facts.statement(use) not in final for use in stops)
