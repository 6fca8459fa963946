"""From where to where a transport, a writer or a server is open, and what may go wrong in between."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass

from aiomend.facts.exits import Exit, exits, is_endless
from aiomend.facts.flow import loops_around
from aiomend.facts.module import ModuleFacts, own_nodes, suspends
from aiomend.facts.quiet import is_logger
from aiomend.facts.scopes import called_name
from aiomend.facts.transports import Opened, Opening
from aiomend.facts.values import Container
from aiomend.facts.view import Module
from aiomend.source import last_line

#: Contexts that let everything through that is raised in them, but for the time limit.
_LIMITS = frozenset({"timeout", "timeout_at", "fail_after", "move_on_after"})
_HARMLESS = frozenset({"print", "len", "str", "repr", "isinstance", "bytes", "bool", "type", "id", "format"})
#: Methods that put something into a collection.
_COLLECTS = frozenset({"add", "append", "appendleft", "extend"})


@dataclass(frozen=True, slots=True, eq=False)
class Life:
    """One time that something is opened: ``statement`` is done with the name bound, and ``tail`` runs then."""

    opening: Opening
    statement: ast.stmt
    tail: tuple[ast.stmt, ...]  #: the rest of its block, up to where the name is bound again
    uses: tuple[ast.Name, ...]  #: of the name, and of what came with it


def lives(module: Module, one: Opened) -> Iterator[Life]:
    """Yield the stretches in which a name refers to something open; none where they cannot be told apart."""
    facts = module.facts
    uses = [*one.uses, *one.companions]
    seen: set[ast.stmt] = set()
    for opening in one.openings:
        if _is_carried(facts, opening, uses):
            return  # what the last turn of a loop opened is used in the next one
        statement = _settled(facts, one, opening, uses)
        if statement is None:
            return  # used where it may not be open, or by another branch
        if statement in seen:
            continue  # the other branch of one `if`
        seen.add(statement)
        block = facts.block(statement)
        tail = block[block.index(statement) + 1 :]
        ends = [at for at, each in enumerate(tail) if _binds(one, each)]
        if ends:
            if not _is_binding(one, tail[ends[0]]):
                return  # bound again under a condition
            tail = tail[: ends[0]]
        own = tuple(use for use in uses if any(within(facts, use, each) for each in tail))
        yield Life(opening, statement, tuple(tail), own)


def within(facts: ModuleFacts, node: ast.AST, statement: ast.stmt) -> bool:
    """True where a node is a statement or stands in it."""
    return node is statement or any(parent is statement for parent in facts.ancestors(node))


def _is_carried(facts: ModuleFacts, opening: Opening, uses: list[ast.Name]) -> bool:
    turns = list(loops_around(facts, opening.statement))
    before = (use for use in uses if use.lineno < opening.statement.lineno)
    return any(parent in turns for use in before for parent in facts.ancestors(use))


def _settled(facts: ModuleFacts, one: Opened, opening: Opening, uses: list[ast.Name]) -> ast.stmt | None:
    """Return the statement behind which the name is bound for sure, and behind which all of its uses stand."""
    statement = opening.statement
    end = last_line(statement)
    later = [use for use in uses if use.lineno > end or (use.lineno == end and use.col_offset > statement.col_offset)]
    while True:
        block = facts.block(statement)
        tail = block[block.index(statement) + 1 :]
        if all(any(within(facts, use, each) for each in tail) for use in later):
            return statement
        parent = facts.parents[statement]
        if _retries(facts, parent, opening):
            turn = next(loops_around(facts, opening.statement))
            statement = turn
        elif isinstance(parent, ast.stmt) and not tail and _gives(one, parent, statement):
            statement = parent
        else:
            return None


def _gives(one: Opened, parent: ast.stmt, statement: ast.stmt) -> bool:
    """True where a compound statement ends with the name bound, given that one of its blocks ends so."""
    match parent:
        case ast.Try(body=body, handlers=handlers, orelse=[], finalbody=final):
            return statement in body and not final and all(Exit.FALL not in exits(each.body) for each in handlers)
        case ast.If(body=body, orelse=orelse):
            other = orelse if statement in body else body
            return bool(other) and (Exit.FALL not in exits(other) or _is_open(one, other[-1]))
        case ast.With(items=items) | ast.AsyncWith(items=items):
            return all(called_name(item.context_expr) in _LIMITS for item in items)
        case _:
            return False


def _is_open(one: Opened, statement: ast.stmt) -> bool:
    """True where a statement opens it, or all of its branches do."""
    match statement:
        case ast.If(body=[*_, first], orelse=[*_, second]):
            return _is_open(one, first) and _is_open(one, second)
        case _:
            return any(statement is opening.statement for opening in one.openings)


def _retries(facts: ModuleFacts, parent: ast.AST, opening: Opening) -> bool:
    """True in `while True: try: open; break`: the loop ends when it is open, and no sooner."""
    turn = next(loops_around(facts, opening.statement), None)
    if turn is None or not is_endless(turn) or not (parent is turn or facts.parents[parent] is turn):
        return False
    breaks = [node for each in turn.body for node in ast.walk(each) if isinstance(node, ast.Break)]
    return len(breaks) == 1 and _follows(facts, breaks[0], opening.statement)


def _follows(facts: ModuleFacts, end: ast.Break, statement: ast.stmt) -> bool:
    """True where a `break` is what runs next when a statement is done."""
    block = facts.block(end)
    at = block.index(end)
    if at:
        before = block[at - 1]
        if before is statement:
            return True
        return isinstance(before, ast.Try) and before.body[-1] is statement and _all_leave(before) and not before.orelse
    attempt = facts.parents[end]
    return isinstance(attempt, ast.Try) and block is attempt.orelse and attempt.body[-1] is statement


def _all_leave(attempt: ast.Try) -> bool:
    return all(Exit.FALL not in exits(handler.body) for handler in attempt.handlers)


def _binds(one: Opened, statement: ast.stmt) -> bool:
    return any(
        isinstance(node, ast.Name) and node.id == one.name and isinstance(node.ctx, ast.Store)
        for node in ast.walk(statement)
    )


def _is_binding(one: Opened, statement: ast.stmt) -> bool:
    if any(statement is opening.statement for opening in one.openings):
        return True
    match statement:
        case ast.Assign(value=ast.Constant(value=None)):
            return True
        case _:
            return False


# ---- what may go wrong ---


def is_risky(module: Module, one: Opened, statement: ast.stmt) -> bool:
    """True where running a statement may end otherwise than at its end: it suspends, leaves, or calls what may raise."""
    if suspends(statement) or exits([statement]) - {Exit.FALL}:
        return True
    return any(_may_raise(module, one, node) for node in own_nodes(ast.Module([statement], [])))


def _may_raise(module: Module, one: Opened, node: ast.AST) -> bool:
    match node:
        case ast.Assert() | ast.Raise():
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name not in _HARMLESS or not hasattr(builtins, name)
        case ast.Call(func=ast.Attribute(value=receiver, attr=attr)):
            if attr in _COLLECTS and _is_collection(module, receiver):
                return False
            names = {one.name, "logging", *(use.id for use in one.companions)}
            return not (_root(receiver) in names or _is_text(receiver) or is_logger(module, receiver))
        case ast.Call():
            return True
        case _:
            return False


def _is_collection(module: Module, node: ast.expr) -> bool:
    """True for a list, set or deque, as far as it is known."""
    values = module.values(node)
    return bool(values) and all(isinstance(value, Container) for value in values)


def _root(node: ast.expr) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, (ast.Constant, ast.JoinedStr))
