"""What becomes of a transport, a writer or a server where its name is used: it is used up, closed, or kept by another."""

from __future__ import annotations

import ast
import enum
import re
from typing import TYPE_CHECKING

from aiomend.facts.loop_escapes import SAYS_IT_CLOSES, parameters_given
from aiomend.facts.loops import closing_statement, scope_of
from aiomend.facts.quiet import LOOKS, is_logger
from aiomend.facts.scopes import FUNCTIONS, FunctionNode, last_name
from aiomend.facts.transports import Opened
from aiomend.facts.values import Function

if TYPE_CHECKING:
    from aiomend.facts.view import Module


class Fate(enum.Enum):
    """What a use does, the mildest first."""

    USED = "nothing that outlives it"
    CLOSED = "closes it"
    KEPT = "something else may use it later, or close it"


_CLOSE = frozenset({"close", "abort"})
_LOG = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "log"})
#: What begins something that goes on by itself with what it is given.
_SETS_OFF = frozenset(
    {
        "Task", "async_", "call_at", "call_later", "call_soon", "call_soon_threadsafe", "create_task", "ensure_future",
        "run_coroutine_threadsafe", "start_soon", "submit",
    }
)  # fmt: skip
#: Uncalled, they are handed to whoever calls them.
_METHODS = frozenset(
    {
        "abort", "at_eof", "can_write_eof", "close", "close_clients", "drain", "get_extra_info", "is_closing",
        "is_serving", "kill", "pause_reading", "read", "readexactly", "readline", "readuntil", "resume_reading", "send_signal",
        "sendto", "serve_forever", "start_serving", "start_tls", "terminate", "wait_closed", "write", "write_eof", "writelines",
    }
)  # fmt: skip
#: These hand over what can be used without it, or change what it is.
_GIVE_PARTS = frozenset({"get_pipe_transport", "get_protocol", "serve_forever", "set_protocol", "start_tls"})
_PARTS = frozenset({"socket", "ssl_object", "pipe", "subprocess"})
#: What else a protocol's methods are called that end its connection.
_ENDS = re.compile(
    r"(?:^|_)(?:abort|cancel|disconnect|end|finish|hang_?up|kill|leave|log_?out|quit|stop|terminate)(?:_|$)"
)
_CALL_DEPTH = 3


def is_kept(module: Module, one: Opened) -> bool:
    """True where something outside the function's own body may use what it opened later, or close it."""
    if one.is_captured:
        return True  # by a function, a lambda or a class in it
    if any(_fate_of_use(module, one, use) is Fate.KEPT for use in one.uses):
        return True
    return any(_of_companion(module, use) is Fate.KEPT for use in one.companions)


def closes(module: Module, one: Opened) -> tuple[ast.stmt, ...]:
    """Return the statements of the function's own body that close what it opened, with the test that asks for it alone."""
    facts = module.facts
    found: list[ast.stmt] = []
    for use in one.uses:
        if _fate_of_use(module, one, use) is Fate.CLOSED:
            statement = closing_statement(facts, facts.statement(use))
            if statement not in found:
                found.append(statement)
    return tuple(found)


def _of_companion(module: Module, use: ast.Name) -> Fate:
    """Return what becomes of the reader, or of the protocol, which may close its transport by itself."""
    match module.facts.parents[use]:
        case ast.Attribute(attr=attr) if SAYS_IT_CLOSES.search(attr) or _ENDS.search(attr) or "transport" in attr:
            return Fate.KEPT
        case _:
            fate = _fate(module, use, _CALL_DEPTH)
            return Fate.KEPT if fate is Fate.CLOSED else fate


def _fate_of_use(module: Module, one: Opened, use: ast.Name) -> Fate:
    if one.item is None:
        fate = _fate(module, use, _CALL_DEPTH)
    else:
        match module.facts.parents[use]:
            case ast.Subscript(slice=ast.Constant(value=int(index)), ctx=ast.Load()) as item:
                fate = _fate(module, item, _CALL_DEPTH)
                if index != one.item and fate is Fate.CLOSED:
                    return Fate.USED  # it is the other one that is closed
            case _:
                return Fate.KEPT  # the pair goes somewhere as a whole
    if fate is Fate.CLOSED and not _is_statement(module, use):
        return Fate.KEPT  # closed on the way by what does more
    return fate


def _is_statement(module: Module, use: ast.Name) -> bool:
    """True where a use is a statement that consists of one call, awaited or not, behind a test of its own or not."""
    calls = 0
    for parent in module.facts.ancestors(use):
        match parent:
            case ast.Expr():
                return calls == 1
            case ast.Call():
                calls += 1
            case ast.Attribute() | ast.Subscript() | ast.Await() | ast.YieldFrom() | ast.BoolOp() | ast.keyword():
                pass  # a part of that one
            case _:
                return False
    return False


def _fate(module: Module, node: ast.expr, depth: int) -> Fate:
    facts = module.facts
    parent = facts.parents[node]
    match parent:
        case ast.Attribute(ctx=ast.Load()):
            return _of_attribute(module, parent, depth)
        case (
            ast.Compare() | ast.If() | ast.While() | ast.Assert() | ast.FormattedValue() | ast.Expr() | ast.Attribute()
        ):
            return Fate.USED
        case ast.UnaryOp(op=ast.Not()):
            return Fate.USED
        case ast.IfExp(test=test):
            return Fate.USED if test is node else Fate.KEPT
        case ast.BoolOp():
            around = facts.parents[parent]
            tests = (ast.If, ast.While, ast.Assert, ast.BoolOp, ast.UnaryOp, ast.Expr)
            return Fate.USED if isinstance(around, tests) else Fate.KEPT
        case ast.AsyncFor(iter=iterable) | ast.comprehension(iter=iterable, is_async=1):
            return Fate.USED if iterable is node else Fate.KEPT
        case ast.keyword():
            call = facts.parents[parent]
            return _of_argument(module, call, node, depth) if isinstance(call, ast.Call) else Fate.KEPT
        case ast.Call() if parent.func is not node:
            return _of_argument(module, parent, node, depth)
        case _:
            return Fate.KEPT  # stored, returned, yielded, put into a container, entered as a context


def _of_attribute(module: Module, attribute: ast.Attribute, depth: int) -> Fate:
    facts = module.facts
    parent = facts.parents[attribute]
    attr = attribute.attr
    if not (isinstance(parent, ast.Call) and parent.func is attribute):
        if attr == "transport":
            return _of_attribute(module, parent, depth) if isinstance(parent, ast.Attribute) else Fate.KEPT
        is_method = attr in _METHODS or any(isinstance(value, Function) for value in module.values(attribute))
        return Fate.KEPT if is_method else Fate.USED
    if attr in _CLOSE:
        return Fate.CLOSED
    if attr in _GIVE_PARTS or _is_set_off(module, parent):
        return Fate.KEPT
    if attr == "get_extra_info" and not isinstance(facts.parents[parent], ast.Attribute):
        asked = parent.args[0] if parent.args else None
        is_part = not isinstance(asked, ast.Constant) or asked.value in _PARTS
        return Fate.KEPT if is_part else Fate.USED
    return Fate.USED


def _is_set_off(module: Module, call: ast.expr) -> bool:
    """True where what a call gives is run by somebody else than the coroutine around."""
    facts = module.facts
    around = facts.parents[call]
    if isinstance(around, (ast.List, ast.Tuple, ast.Set, ast.Starred)):
        return _is_set_off(module, around)
    if not isinstance(around, ast.Call) or around.func is call or last_name(around.func) not in _SETS_OFF:
        return False
    return not isinstance(facts.parents[around], (ast.Await, ast.YieldFrom))


def _of_argument(module: Module, call: ast.Call, node: ast.expr, depth: int) -> Fate:
    """Return what a function does with what it is given, as far as it is known: it looks, or it is the project's."""
    name = module.name_of(call.func)
    if name in LOOKS:
        return Fate.USED
    match call.func:
        case ast.Attribute(attr=attr, value=receiver) if is_logger(module, receiver) or (attr in _LOG and name is None):
            return Fate.USED
        case _:
            pass  # a function
    function = module.function_of(call.func)
    if function is None or not depth or not isinstance(function.node, FUNCTIONS):
        return Fate.KEPT  # nobody knows, or a lambda
    if not _is_run_here(module, call, function):
        return Fate.KEPT
    given = parameters_given(function, call, node)
    home = module.beside(function.facts.path)
    if home is None or len(given) != 1:
        return Fate.KEPT
    (parameter,) = given
    fate = fate_of_parameter(home, function.node, parameter, depth - 1)
    does_more = SAYS_IT_CLOSES.search(function.node.name) is None and _ENDS.search(function.node.name) is None
    return Fate.KEPT if fate is Fate.CLOSED and does_more else fate  # it works with it, and ends it by itself


def fate_of_parameter(module: Module, function: FunctionNode, name: str, depth: int = _CALL_DEPTH) -> Fate:
    """Return what a function of ``module`` does with what it gets by a parameter, on some path."""
    facts = module.facts
    scope = facts.scopes[function]
    if len(scope.bindings.get(name, ())) != 1:
        return Fate.KEPT  # it is bound anew there, or taken by a star
    fates = {Fate.USED}
    for load in facts.names.get(name, ()):
        if not any(parent is function for parent in facts.ancestors(load)):
            continue  # another function's
        fates.add(Fate.KEPT if scope_of(facts, load) is not scope else _fate(module, load, depth))
    return next(fate for fate in (Fate.KEPT, Fate.CLOSED, Fate.USED) if fate in fates)


def _is_run_here(module: Module, call: ast.Call, function: Function) -> bool:
    """True where the body of a function that is called has run when the statement around is done."""
    facts = module.facts
    is_coroutine = module.inference.is_coroutine_function(function)
    if function.facts.is_generator(function.node) and not (is_coroutine and isinstance(function.node, ast.FunctionDef)):
        match facts.parents[call]:
            case ast.For(iter=iterable) | ast.AsyncFor(iter=iterable) | ast.comprehension(iter=iterable):
                return iterable is call
            case _:
                return False
    if not is_coroutine:
        return True
    match facts.parents[call]:
        case ast.Await() | ast.YieldFrom():
            return True
        case ast.Call(func=func) as around if module.name_of(func) in ("asyncio.wait_for", "asyncio.gather"):
            return isinstance(facts.parents[around], (ast.Await, ast.YieldFrom))
        case _:
            return False
