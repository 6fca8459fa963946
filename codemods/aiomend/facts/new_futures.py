"""Futures that nobody can have cancelled: just made, with nobody's code run since, or only watched for good."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Sequence

from aiomend.facts.flow import assigns, between, leaves
from aiomend.facts.futures import makes_future
from aiomend.facts.module import ModuleFacts, suspends
from aiomend.facts.scopes import FUNCTIONS, outer_parts
from aiomend.facts.stand_ins import SETTERS
from aiomend.facts.tree import children
from aiomend.facts.view import Module
from aiomend.facts.watched_futures import READERS, is_only_watched

_RUNS_NOTHING = frozenset({"append", "appendleft", "add", "insert", "add_done_callback"})
_RUN_NOTHING = frozenset(
    {
        *("asyncio.ensure_future", "asyncio.create_task", "asyncio.Task", "asyncio.AbstractEventLoop.create_task"),
        *("asyncio.AbstractEventLoop.call_soon", "asyncio.AbstractEventLoop.call_later"),
        *("functools.partial", "weakref.ref"),
    }
)
_KEEPS_TO_ITSELF = READERS | frozenset(SETTERS)


def cannot_be_cancelled(module: Module, call: ast.Call, receiver: ast.expr) -> bool:
    """True where the future that ``call`` sets was just made and nothing can have cancelled it yet, or nothing ever can."""
    return _is_just_made(module, call, receiver) or is_out_of_reach(module, receiver)


def is_out_of_reach(module: Module, receiver: ast.expr) -> bool:
    """True where a future is only watched, and a test of `done()`, which a second setter would need, is not asked for."""
    return module.settings.future_guard == "cancelled" and is_only_watched(module, receiver)


def _is_just_made(module: Module, call: ast.Call, receiver: ast.expr) -> bool:
    """True where it was made right before, and nothing has run since anybody else could reach it."""
    facts = module.facts
    statement = facts.statement(call)
    if isinstance(facts.function_at(call), ast.Lambda):
        return False  # it runs later
    made = _made_by(module, receiver, statement)
    middle = between(facts, made, statement) if made is not None else None
    if made is None or middle is None:
        return False
    is_known_elsewhere = _stores(made)
    for part in [*_that_go_on(middle), *_before(facts, made, call), *call.args]:
        is_known_elsewhere = is_known_elsewhere or _exposes(facts, part, receiver)
        calls = (one for one in _that_runs(part) if isinstance(one, ast.Call))
        if is_known_elsewhere and (suspends(part) or any(not _is_harmless(module, one, receiver) for one in calls)):
            return False
    return True


def _that_runs(part: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and what runs with it: no body of a function or lambda that it only makes."""
    stack = [part]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(outer_parts(node) if isinstance(node, (*FUNCTIONS, ast.Lambda)) else children(node))


def _made_by(module: Module, receiver: ast.expr, before: ast.stmt) -> ast.stmt | None:
    """Return the last statement above ``before``, in its block or one around it, that makes the future."""
    facts = module.facts
    here: ast.AST = before
    while isinstance(here, ast.stmt):
        block = facts.block(here)
        for earlier in reversed(block[: block.index(here)]):
            if makes_anew(module, earlier, receiver):
                return earlier
            if assigns(earlier, receiver):
                return None  # it is another one now
        parent = facts.parents[here]
        if isinstance(parent, (ast.ExceptHandler, ast.match_case)):
            parent = facts.parents[parent]
        if isinstance(parent, (*FUNCTIONS, ast.ClassDef)):
            return None
        here = parent
    return None


def makes_anew(module: Module, statement: ast.stmt, receiver: ast.expr) -> bool:
    """True where a statement binds the receiver to a new future."""
    match statement:
        case ast.Assign(targets=targets, value=value):
            pass
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            targets = [target]
        case _:
            return False
    wanted = ast.unparse(receiver)
    return any(ast.unparse(target) == wanted for target in targets) and makes_future(module, module.facts, value)


def _stores(made: ast.stmt) -> bool:
    """True where the making statement itself puts the future somewhere that others reach."""
    match made:
        case ast.Assign(targets=targets):
            return not all(isinstance(target, ast.Name) for target in targets)
        case ast.AnnAssign(target=target):
            return not isinstance(target, ast.Name)
        case _:
            return True


def _that_go_on(statements: Sequence[ast.stmt]) -> Iterator[ast.AST]:
    """Yield what ran of earlier statements when control came past them."""
    for one in statements:
        yield one.test if isinstance(one, ast.If) and leaves(one.body) and not one.orelse else one


def _before(facts: ModuleFacts, made: ast.stmt, call: ast.Call) -> Iterator[ast.AST]:
    """Yield what may run between ``made`` and ``call`` inside the statements around the call, innermost first."""
    own_block = facts.block(made)
    statement = here = facts.statement(call)
    yield from (
        one
        for one in ast.walk(statement)
        if isinstance(one, ast.expr) and (one.end_lineno, one.end_col_offset) <= (call.lineno, call.col_offset)
    )
    while here not in own_block:
        block = facts.block(here)
        yield from _that_go_on(block[: block.index(here)])
        parent = facts.parents[here]
        match parent:
            case ast.If(test=test):
                yield test
            case ast.For() | ast.AsyncFor() | ast.While():
                yield parent  # the body may have run before
            case ast.With(items=items):
                yield from items
            case ast.AsyncWith():
                yield parent  # entering it suspends
            case ast.ExceptHandler():
                parent = facts.parents[parent]
                yield from _that_may_raise(parent.body) if isinstance(parent, (ast.Try, ast.TryStar)) else ()
            case ast.Try(body=body) | ast.TryStar(body=body) if here not in body:
                yield parent
            case ast.match_case():
                parent = facts.parents[parent]
                yield from [parent.subject] if isinstance(parent, ast.Match) else ()
            case _:
                pass  # a `try` whose body it stands in
        assert isinstance(parent, ast.stmt)
        here = parent


def _that_may_raise(block: Sequence[ast.stmt]) -> Iterator[ast.AST]:
    """Yield what may have run when a handler of a block begins: not what hands the future on as the last that is done."""
    *before, last = block
    yield from before
    match last:
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()], value=ast.Name()):
            pass  # where it fails, it has stored nothing
        case ast.If(test=test, body=body, orelse=orelse):
            yield test
            yield from _that_may_raise(body)
            yield from _that_may_raise(orelse) if orelse else ()
        case _:
            yield last


def _is_harmless(module: Module, call: ast.Call, receiver: ast.expr) -> bool:
    """True for a call that runs nobody's code: it looks at the future, keeps it, or schedules something."""
    match call.func:
        case ast.Attribute(value=value, attr=attr) if ast.dump(value) == ast.dump(receiver):
            return attr != "cancel"
        case ast.Attribute(attr=attr) if attr in _RUNS_NOTHING:
            return True
        case func:
            name = module.name_of(func) or ""
            is_builtin = hasattr(builtins, name) and name not in ("eval", "exec", "next")
            return is_builtin or name in _RUN_NOTHING or module.coroutine_of(call) is not None


def _exposes(facts: ModuleFacts, node: ast.AST, receiver: ast.expr) -> bool:
    """True where a node does more with the future than to set and read it."""
    wanted = ast.dump(receiver)
    for one in ast.walk(node):
        if isinstance(one, type(receiver)) and ast.dump(one) == wanted:
            parent = facts.parents[one]
            if isinstance(parent, ast.Return) and facts.function_at(parent) is facts.function_at(node):
                continue  # whoever gets it there, nothing goes on here
            if not (isinstance(parent, ast.Attribute) and parent.attr in _KEEPS_TO_ITSELF):
                return True
    return False
