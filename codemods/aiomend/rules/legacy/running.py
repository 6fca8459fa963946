"""Whether `asyncio.run()` does all that a program does with its loop, and how the program is written then."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiomend.facts.flow import is_simple, loops_around
from aiomend.facts.loop_ties import ties
from aiomend.facts.loops import Loop, method_call, scope_of, touches
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import FUNCTIONS
from aiomend.facts.view import Module
from aiomend.rewriting import removal, syntax
from aiomend.rewriting.edits import Edit, Need, Replace, Wrap
from aiomend.rules.closing.owning import is_main_program
from aiomend.rules.rule import imports_of
from aiomend.source import last_line

if TYPE_CHECKING:
    import libcst as cst

_GETTERS = frozenset({"asyncio.get_event_loop", "asyncio.new_event_loop"})
_SHUTDOWNS = frozenset({"shutdown_asyncgens", "shutdown_default_executor"})


@dataclass(frozen=True, slots=True, eq=False)
class Running:
    """A run that `asyncio.run()` can do. ``gone`` are the statements around it that it does by itself."""

    run: ast.Call
    gone: tuple[ast.stmt, ...]
    debug: ast.expr | None


def running(module: Module, loop: Loop) -> Running | None:
    """Return how `asyncio.run()` does what a program does with a loop that it owns; None where a rule cannot write that."""
    found = replaceable(module, loop)
    return None if found is None or commented(module, found) else found


def replaceable(module: Module, loop: Loop) -> Running | None:
    """Return how `asyncio.run()` does what a program does with a loop that it owns; None where it does not.

    It needs Python 3.7 and a coroutine, makes a loop of its own, and leaves no current loop behind.
    """
    if not module.settings.target.all_at_least((3, 7)) or not is_main_program(module, loop):
        return None
    if "nest_asyncio" in module.facts.imported_roots or module.other_framework or loop.inner:
        return None  # others want the loop, or have a way of their own to run one
    found = _sorted_out(module, loop)
    if found is None or not _is_native(module, found.run) or not _is_straight(module, loop, found):
        return None
    return None if ties(module, loop) else found


def commented(module: Module, found: Running) -> ast.stmt | None:
    """Return the first statement that goes and has a comment behind it, which has no place without it; None where none has."""
    return next((one for one in found.gone if _has_comment_behind(module.facts, one)), None)


def edits(module: Module, found: Running) -> tuple[tuple[Edit, ...], tuple[Need, ...]]:
    """Return what writes a program with `asyncio.run()`, and the imports that it needs."""
    spelling = module.spell("asyncio", "run", found.run)
    debug = None if found.debug is None else module.text(found.debug)
    replace = Replace(found.run, lambda node: _run(node, spelling.text, debug))
    if not found.gone:
        opened = Wrap((module.facts.statement(found.run),), lambda body: body)  # as a loop with a name has it
        return (replace, opened), imports_of(spelling)
    texts = frozenset(module.text(statement) for statement in found.gone)
    statements = _span(module.facts, [*found.gone, module.facts.statement(found.run)])
    indent = module.facts.indent
    return (replace, Wrap(statements, lambda body: removal.without(body, texts, indent))), imports_of(spelling)


def _run(node: cst.BaseExpression, function: str, debug: str | None) -> cst.BaseExpression:
    renamed = syntax.renamed(node, function)
    return renamed if debug is None else syntax.with_keyword(renamed, "debug", debug)


# ---- what the loop is used for ---


def _sorted_out(module: Module, loop: Loop) -> Running | None:
    """Return the one run of a loop and all else that is done with it; None where something is done that has no place."""
    facts = module.facts
    if len(loop.getters) > 1 and loop.name is not None:
        return None  # which one it is depends
    if any(module.name_of(getter.func) not in _GETTERS or getter.args for getter in loop.getters):
        return None  # a loop of a kind of its own
    runs = [run for run in loop.runs if not _is_shutdown(facts, run)]
    gone = [facts.statement(run) for run in loop.runs if _is_shutdown(facts, run)]
    match runs:
        case [ast.Call(func=ast.Attribute(attr="run_until_complete"), args=[_], keywords=[]) as run]:
            pass
        case _:
            return None  # run for ever, or several times with all that it keeps in between
    if any(loops_around(facts, run)) or _is_starred(run) or any(not _is_plain_close(facts, one) for one in loop.closes):
        return None
    gone += loop.closes
    debug: ast.expr | None = None
    for use in loop.uses:
        statement = facts.statement(use)
        if method_call(facts, use) is run or any(one is statement or one in facts.ancestors(use) for one in gone):
            continue  # sorted out above
        call = facts.parents[use]
        match statement, method_call(facts, use):
            case ast.Expr(), ast.Call(func=ast.Attribute(attr="set_debug"), args=[value], keywords=[]) as setter:
                if debug is not None or statement.value is not setter or not is_simple(value):
                    return None  # its value may be another one at the run
                debug = value
            case ast.Expr(value=value), None if isinstance(call, ast.Call) and value is call:
                if module.name_of(call.func) != "asyncio.set_event_loop":
                    return None  # handed to somebody
            case _:
                return None  # used for something else
        if not _dominates(facts, statement, run):
            return None  # on some paths only
        gone.append(statement)
    if loop.name is not None:
        getter = facts.statement(loop.getters[0])
        is_whole = getattr(getter, "value", None) is loop.getters[0]
        if not is_whole or not _dominates(facts, getter, run) or len(loop.scope.bindings[loop.name]) > 1:
            return None  # on some paths only, or something else before
        gone.insert(0, getter)
    return Running(run, (*gone, *_resets(module, loop, run)), debug)


def _resets(module: Module, loop: Loop, run: ast.Call) -> Iterator[ast.stmt]:
    """Yield the statements `asyncio.set_event_loop(None)` that stand behind the run in its block, or in its `finally`."""
    for call in module.calls("asyncio.set_event_loop"):
        statement = module.facts.statement(call)
        if scope_of(module.facts, call) is not loop.scope or call.lineno < run.lineno:
            continue  # another scope's, or in front of it
        match statement:
            case ast.Expr(value=ast.Call(args=[ast.Constant(value=None)], keywords=[])):
                yield statement
            case _:
                pass  # sets one


def _is_shutdown(facts: ModuleFacts, run: ast.Call) -> bool:
    """True for the statement `loop.run_until_complete(loop.shutdown_asyncgens())`."""
    match run:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name)), args=[ast.Call(func=ast.Attribute() as inner)]):
            is_own = isinstance(inner.value, ast.Name) and inner.value.id == name
            return is_own and inner.attr in _SHUTDOWNS and isinstance(facts.parents[run], ast.Expr)
        case _:
            return False


def _is_starred(run: ast.Call) -> bool:
    return isinstance(run.args[0], ast.Starred)


def _is_plain_close(facts: ModuleFacts, close: ast.stmt) -> bool:
    """True for `loop.close()` and for `if not loop.is_closed(): loop.close()`, in a block and not behind an `elif`."""
    match close:
        case ast.Expr(value=ast.Call()):
            return True
        case ast.If(body=[ast.Expr()], orelse=[]):
            return not facts.source.segment(close).startswith("elif")
        case _:
            return False


def _dominates(facts: ModuleFacts, statement: ast.stmt, run: ast.Call) -> bool:
    """True where a statement has run whenever the run begins."""
    block = facts.block(statement)
    later = block[block.index(statement) + 1 :]
    return any(parent in later for parent in facts.ancestors(run))


# ---- what is run, and what happens behind it ---


def _is_native(module: Module, run: ast.Call) -> bool:
    """True for a coroutine object that `asyncio.run()` takes: no future, and from 3.11 on no generator."""
    coroutine = module.coroutine_of(run.args[0])
    if coroutine is None or coroutine.function is None:
        return False
    is_async = isinstance(coroutine.function.node, ast.AsyncFunctionDef)
    return is_async or not module.settings.target.reaches((3, 11))


def _is_straight(module: Module, loop: Loop, found: Running) -> bool:
    """True where nothing that runs behind the run wants its loop."""
    statements = _behind(module.facts, found.run)
    return not any(touches(module, module.facts, one, loop) for one in statements if one not in found.gone)


def _behind(facts: ModuleFacts, run: ast.Call) -> Iterator[ast.stmt]:
    """Yield the statements of a run's scope that may run behind it."""
    here: ast.AST = facts.statement(run)
    for parent in facts.ancestors(here):
        if isinstance(here, FUNCTIONS):
            return  # it is the program: nothing goes on behind its call
        if isinstance(here, ast.stmt):
            block = facts.block(here)
            yield from block[block.index(here) + 1 :]
        if isinstance(parent, (ast.Try, ast.TryStar)):
            blocks = [parent.orelse, parent.finalbody, *(handler.body for handler in parent.handlers)]
            yield from (one for block in blocks for one in block)
        here = parent


def _has_comment_behind(facts: ModuleFacts, statement: ast.stmt) -> bool:
    """True where a comment stands at the end of a line of a statement."""
    source = facts.source
    lines = range(statement.lineno, last_line(statement) + 1)
    if len(lines) > 1:
        return any("#" in source.line(line) for line in lines)
    return "#" in source.rest_of_line(source.span(statement)[1])


# ---- where it is written ---


def _span(facts: ModuleFacts, statements: Sequence[ast.stmt]) -> tuple[ast.stmt, ...]:
    """Return the shortest run of sibling statements that holds all of some statements."""
    chains = [_chain(facts, statement) for statement in statements]
    depth = 0
    while all(len(chain) > depth and chain[depth][0] is chains[0][depth][0] for chain in chains):
        depth += 1
    block = chains[0][depth - 1][0]
    while _is_elif(facts, block):
        depth -= 1
        block = chains[0][depth - 1][0]
    positions = [block.index(chain[depth - 1][1]) for chain in chains]
    return tuple(block[min(positions) : max(positions) + 1])


def _is_elif(facts: ModuleFacts, block: list[ast.stmt]) -> bool:
    match block:
        case [ast.If() as only]:
            return facts.source.segment(only).startswith("elif")
        case _:
            return False


def _chain(facts: ModuleFacts, statement: ast.stmt) -> list[tuple[list[ast.stmt], ast.stmt]]:
    """Return the blocks around a statement up to its scope's, outermost first, each with the statement in it."""
    found = [(facts.block(statement), statement)]
    for parent in facts.ancestors(statement):
        if isinstance(parent, (*FUNCTIONS, ast.Module)):
            break
        if isinstance(parent, ast.stmt):
            found.append((facts.block(parent), parent))
    return found[::-1]
