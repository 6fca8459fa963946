"""Handlers that keep a cancellation although nobody meant them to, and what is lost where they let it through."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aiomend.facts.cancellation import Catch, catch_of, is_awaited_after_cancel, is_of_another, shuts_down, takers
from aiomend.facts.entries import is_test_file
from aiomend.facts.exits import Course, Exit, Goes, exits, goes_on, is_endless
from aiomend.facts.flow import loops_around
from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.scopes import FUNCTIONS, FunctionNode, last_name
from aiomend.facts.view import Module

_REPORTS = frozenset(
    {"critical", "debug", "error", "exception", "fatal", "format_exc", "info", "log", "print", "print_exc", "sleep", "trace",
     "warn", "warning"}
)  # fmt: skip
_SHOWS = frozenset({"format", "getattr", "hasattr", "isinstance", "join", "len", "repr", "str", "type"})
_CLEANS = re.compile(
    r"(?:^|_)(?:abort|cancel|clean|cleanup|clear|close|destroy|disconnect|discard|kill|put|release|remove|restore|rollback|"
    r"set|shutdown|stop|teardown|terminate|unlink|unlock|unregister)(?:_|$)"
)
#: What takes a function to call it in a thread, or later.
_HANDS_OVER = frozenset({"partial", "run_in_executor", "run_sync", "submit", "to_thread"})


@dataclass(frozen=True, slots=True, eq=False)
class Swallowed:
    """A handler that takes a cancellation, and where control goes on then."""

    handler: ast.ExceptHandler
    catch: Catch
    function: FunctionNode
    goes: Goes
    at: tuple[ast.AST, ...]  #: the suspension points at which the cancellation arrives
    caller: tuple[ModuleFacts, ast.Call] | None = None  #: who waits for the function, and goes on

    @property
    def is_endless(self) -> bool:
        """True where nothing but the process's end stops the loop that goes on."""
        return self.goes.course is Course.LOOP and self.goes.at is not None and is_endless(self.goes.at)


def swallowed(module: Module) -> Iterator[Swallowed]:
    """Yield the handlers of a file that swallow cancellations, in no order."""
    for handler, points in takers(module).items():
        found = _judge(module, handler, points)
        if found is not None:
            yield found


def _judge(module: Module, handler: ast.ExceptHandler, points: list[ast.AST]) -> Swallowed | None:
    catch = catch_of(module, handler.type)
    function = module.function_at(handler)
    ways = exits(handler.body)
    if catch is None or not isinstance(function, FUNCTIONS) or ways <= {Exit.RAISE}:
        return None  # it lets the cancellation through
    if _decides(module, handler, catch) or _hands_on(module, handler):
        return None  # somebody thought of it
    meant = [node for node in points if is_awaited_after_cancel(module, node)]
    if len(meant) == len(points):
        return None  # it waits for the end of what it has cancelled
    goes = goes_on(module.facts, module.facts.parents[handler], ways)
    if _sets_the_test(goes, handler):
        return None  # it ends the loop by its condition
    found = Swallowed(handler, catch, function, goes, tuple(points))
    if shuts_down(module, handler) and not found.is_endless:
        return None  # what ends something goes on with it, whatever happens
    if _raises_behind(module, handler) and not found.is_endless:
        return None  # it cleans up after an exception, which ends the task
    match catch:
        case Catch.NAMED:
            return _judge_named(module, found, ways)
        case Catch.EXCEPTION:
            return found if goes.course is Course.LOOP and isinstance(goes.at, ast.While) else None
        case Catch.ALL:
            return found if goes.course is not Course.END else _with_caller(module, found)


def _judge_named(module: Module, found: Swallowed, ways: set[Exit]) -> Swallowed | None:
    """Who names the cancellation means to end something: only where that does not end is it a trap."""
    if all(is_of_another(module, node) for node in found.at):
        return None  # the cancellation of what it waits for
    if ways & {Exit.BREAK, Exit.RETURN}:
        return None  # it ends, at least where it sees a reason to
    if found.goes.course is Course.LOOP:
        return found if found.is_endless or isinstance(found.goes.at, (ast.For, ast.AsyncFor)) else None
    if not all(isinstance(one, (ast.Pass, ast.Expr)) for one in found.handler.body):
        return None  # it goes on with something else instead, a default for example
    if _is_for_handlers(module, found):
        return None  # nothing but the cancellation brings the task to what follows
    return found if found.goes.course is Course.ON else _with_caller(module, found)


def _raises_behind(module: Module, handler: ast.ExceptHandler) -> bool:
    """True inside of another handler that always ends with an exception."""
    for parent in module.facts.ancestors(handler):
        if isinstance(parent, FUNCTIONS):
            return False
        if isinstance(parent, ast.ExceptHandler) and exits(parent.body) == {Exit.RAISE}:
            return True
    return False


def _is_for_handlers(module: Module, found: Swallowed) -> bool:
    """True where what suspends next stands right behind a `try` whose body never runs off its end."""
    statement = module.facts.parents[found.handler]
    assert isinstance(statement, ast.Try)
    body = exits([*statement.body, *statement.orelse])
    return Exit.FALL not in body and found.goes.at in module.facts.block(statement)


def _with_caller(module: Module, found: Swallowed) -> Swallowed | None:
    """Return it with a coroutine that waits for this one and goes on; None where none is seen."""
    for user, call in module.inference.callers.calls_of(module.facts, found.function) or ():
        if isinstance(user.parents[call], (ast.Await, ast.YieldFrom)) and not is_test_file(user):
            course = goes_on(user, user.statement(call), {Exit.FALL}).course
            if course is not Course.END:
                return Swallowed(found.handler, found.catch, found.function, found.goes, found.at, (user, call))
    return None


def _decides(module: Module, handler: ast.ExceptHandler, catch: Catch) -> bool:
    """True where the handler raises on some paths, by what was caught; for one that names the cancellation, on any."""
    inner = [node for node in own_nodes(handler) if isinstance(node, ast.Raise)]
    if catch is Catch.NAMED:
        calls = {last_name(node.func) for node in own_nodes(handler) if isinstance(node, ast.Call)}
        return bool(inner) or "uncancel" in calls or "cancelling" in calls
    words = {"isinstance", "CancelledError", "issubclass", *([handler.name] if handler.name else [])}
    tests = [node.test for node in own_nodes(handler) if isinstance(node, (ast.If, ast.IfExp))]
    return any(
        (isinstance(node, ast.Name) and node.id in words)
        or (isinstance(node, (ast.Name, ast.Attribute)) and "cancel" in last_name(node).lower())
        for test in tests
        for node in ast.walk(test)
    )


def _hands_on(module: Module, handler: ast.ExceptHandler) -> bool:
    """True where the handler keeps the exception for somebody else: stores, returns or passes it."""
    for node in own_nodes(handler):
        is_it = isinstance(node, ast.Name) and node.id == handler.name and isinstance(node.ctx, ast.Load)
        if is_it or (isinstance(node, ast.Call) and last_name(node.func) == "exc_info"):
            assert isinstance(node, ast.expr)
            if not _only_shows(module, node):
                return True
    return False


def _only_shows(module: Module, node: ast.expr) -> bool:
    here: ast.AST = node
    for parent in module.facts.ancestors(node):
        match parent:
            case ast.Call(func=func):
                if last_name(func) in _REPORTS | _SHOWS:
                    return True
                return here is func or last_name(func) in ("_", "gettext")
            case ast.FormattedValue() | ast.BinOp(op=ast.Mod() | ast.Add()) | ast.Compare():
                return True
            case ast.Attribute() | ast.Subscript() | ast.Tuple() | ast.keyword() | ast.Starred():
                pass  # a part of it
            case _:
                return isinstance(parent, (ast.Expr, ast.If))
        here = parent
    return False


def _sets_the_test(goes: Goes, handler: ast.ExceptHandler) -> bool:
    """True where the handler changes what the condition of the loop reads."""
    if not isinstance(goes.at, ast.While) or goes.course is not Course.LOOP:
        return False
    read = {ast.unparse(node) for node in ast.walk(goes.at.test) if isinstance(node, (ast.Name, ast.Attribute))}
    return any(
        isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Store) and ast.unparse(node) in read
        for node in own_nodes(handler)
    )


# ---- what is lost ---


def must_run(handler: ast.ExceptHandler) -> ast.stmt | None:
    """Return the first statement of a handler that does more than to report, to wait, and to leave; None where none does."""
    return next((one for one in _flat(handler.body) if not _is_idle(one)), None)


def _flat(block: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in block:
        match statement:
            case ast.If(body=body, orelse=orelse):
                yield from _flat([*body, *orelse])
            case _:
                yield statement


def _is_idle(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass() | ast.Continue() | ast.Break() | ast.Return() | ast.Raise() | ast.Import() | ast.ImportFrom():
            return True
        case ast.Expr(value=ast.Constant()):
            return True
        case (
            ast.Expr(value=ast.Call() as call)
            | ast.Expr(value=ast.Await(value=ast.Call() as call))
            | ast.Expr(value=ast.YieldFrom(value=ast.Call() as call))
        ):
            return last_name(call.func) in _REPORTS
        case ast.Assign(targets=targets):
            return all(isinstance(target, ast.Name) for target in targets)
        case ast.AugAssign(target=ast.Name() | ast.Attribute()) | ast.AnnAssign(target=ast.Name()):
            return True
        case _:
            return False


def skipped_cleanup(module: Module, found: Swallowed) -> ast.AST | None:
    """Return what a cancellation would skip behind the `try`: a call that ends something, or a state that is put back."""
    facts = module.facts
    here: ast.AST = facts.parents[found.handler]
    match found.handler.body[-1]:
        case ast.Return():
            return None  # the handler passes over what is behind the `try` as well
        case ast.Continue() | ast.Break():
            here = next(loops_around(facts, found.handler), here)  # likewise, in the loop
        case _:
            pass  # it goes on behind the `try`
    while not isinstance(here, (*FUNCTIONS, ast.Module)):
        parent = facts.parents[here]
        if isinstance(here, ast.While) and is_endless(here) and Exit.BREAK not in exits(here.body):
            return None  # what stands behind it never runs
        if isinstance(here, ast.stmt):
            block = facts.block(here)
            behind = (node for statement in block[block.index(here) + 1 :] for node in _unless_raised(statement))
            if (lost := next(filter(_puts_in_order, behind), None)) is not None:
                return lost
        if isinstance(parent, ast.While) and is_endless(parent) and Exit.BREAK not in exits(parent.body):
            return None  # what stands behind it never runs
        here = parent
    return None


def ender(call: ast.Call) -> ast.expr | None:
    """Return the function by which a call ends something: the one that is called, or one that is handed to a thread."""
    handed = call.args if last_name(call.func) in _HANDS_OVER else []
    return next((one for one in (call.func, *handed) if _CLEANS.search(last_name(one))), None)


def _unless_raised(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a statement but those of handlers: another exception brings these, and not the way behind a `try`."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.ExceptHandler):
            yield from _unless_raised(child)


def _puts_in_order(node: ast.AST) -> bool:
    match node:
        case ast.Call() as call:
            return ender(call) is not None
        case ast.Assign(targets=[ast.Attribute()], value=ast.Constant()):
            return True
        case _:
            return False
