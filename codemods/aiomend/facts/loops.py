"""Event loops that a function or a module gets and runs: where they come from, who uses them, who may keep them."""

from __future__ import annotations

import ast
import enum
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiomend.facts.module import Colour, ModuleFacts, is_generator, own_nodes
from aiomend.facts.scopes import FUNCTIONS, Binding, FunctionNode, How, Scope
from aiomend.facts.values import Coroutine, Function

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference
    from aiomend.facts.view import Module

RUNS = frozenset({"run_until_complete", "run_forever"})
_MAKES = frozenset(
    {"asyncio.new_event_loop", "asyncio.AbstractEventLoop", "asyncio.AbstractEventLoopPolicy.new_event_loop"}
)
_CURRENT = frozenset({"asyncio.get_event_loop", "asyncio.AbstractEventLoopPolicy.get_event_loop"})
#: Functions that look at what they get and forget it.
_LOOKS = frozenset({"print", "isinstance", "type", "id", "repr", "str", "hasattr", "bool", "callable", "format"})
#: What these modules get, they use from elsewhere or later.
_KEEPS = ("threading.", "_thread.", "multiprocessing.", "concurrent.", "contextlib.", "atexit.", "weakref.")
_CLOSES_IT = re.compile(r"(?:^|_)(?:close|clean_?up|shut_?down|tear_?down|finali[sz]e)", re.IGNORECASE)
#: Methods of transports, servers, clients and futures that need their loop open.
_ACTS = frozenset(
    {
        "close", "aclose", "abort", "cancel", "stop", "shutdown", "disconnect", "terminate", "kill", "write",
        "writelines", "write_eof", "send", "sendto", "send_signal", "set_result", "set_exception", "put_nowait",
        "run_until_complete", "run_forever",
    }
)  # fmt: skip
_CALL_DEPTH = 3


class Origin(enum.Enum):
    """Whose loop it is."""

    MADE = "made here"
    CURRENT = "the thread's current one, which others may share"


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """A loop in one scope. Without a name it is run where it is got: `asyncio.get_event_loop().run_forever()`."""

    scope: Scope
    name: str | None
    getters: tuple[ast.Call, ...]
    origins: frozenset[Origin]
    runs: tuple[ast.Call, ...]  #: in the scope's own body
    uses: tuple[ast.Name, ...] = ()  #: in the scope's own body
    inner: tuple[ast.Name, ...] = ()  #: in functions, lambdas and classes inside
    closes: tuple[ast.stmt, ...] = ()  #: statements of the scope's own body that close it

    @property
    def function(self) -> FunctionNode | None:
        """The function that has the loop; None for a module."""
        return self.scope.node if isinstance(self.scope.node, FUNCTIONS) else None


def origin(inference: Inference, facts: ModuleFacts, node: ast.expr | None) -> Origin | None:
    """Return whose loop a call gives; None where it gives none that is known."""
    if not isinstance(node, ast.Call):
        return None
    name = inference.external_name(facts, node.func)
    return Origin.MADE if name in _MAKES else Origin.CURRENT if name in _CURRENT else None


def loops(module: Module) -> Iterator[Loop]:
    """Yield the loops that functions and the module get and run themselves."""
    seen: set[tuple[Scope, str]] = set()
    nameless: dict[Scope, list[ast.Call]] = {}
    for call, attribute in module.method_calls(*RUNS):
        scope = _home(module, call)
        if scope is None:
            continue  # a lambda, a class body or a coroutine: no place that owns a loop
        match attribute.value:
            case ast.Name(id=name) if (scope, name) not in seen:
                seen.add((scope, name))
                found = _named(module, scope, name)
                if found is not None:
                    yield found
            case ast.Call() as getter if origin(module.inference, module.facts, getter):
                nameless.setdefault(scope, []).append(call)
            case _:
                pass  # an attribute, an item: it is kept where others reach it
    for scope, runs in nameless.items():
        getters = [run.func.value for run in runs if isinstance(run.func, ast.Attribute)]
        calls = tuple(getter for getter in getters if isinstance(getter, ast.Call))
        origins = {origin(module.inference, module.facts, getter) for getter in calls}
        yield Loop(scope, None, calls, frozenset(one for one in origins if one is not None), tuple(runs))


def _home(module: Module, node: ast.AST) -> Scope | None:
    scope = module.facts.scope_at(node)
    match scope.node:
        case ast.Module():
            return scope
        case ast.FunctionDef() as function if module.colour_at(node) is Colour.SYNC and not is_generator(function):
            return scope
        case _:
            return None


def _named(module: Module, scope: Scope, name: str) -> Loop | None:
    """Return the loop that a name of a scope is; None where anything else may be bound to it."""
    facts = module.facts
    if name in scope.elsewhere:
        return None  # global or nonlocal: others reach it
    getters: list[ast.Call] = []
    for binding in scope.bindings.get(name, ()):
        if isinstance(binding.value, ast.Constant) and binding.value.value is None:
            continue  # `loop = None` before it is got
        calls = list(_getters(binding))
        if not calls or any(origin(module.inference, facts, call) is None for call in calls):
            return None  # a parameter, an import, a context manager's, or nothing that is known to be a loop
        if facts.scope_at(binding.node) is not scope:
            return None  # bound by a function that declares it global
        getters += calls
    if not getters:
        return None  # another scope's
    mentions = [node for node in facts.names.get(name, ()) if (home := facts.scope_at(node).find(name)) and home[0] is scope]
    if any(isinstance(node.ctx, ast.Del) for node in mentions):
        return None  # taken apart by hand
    uses = [node for node in mentions if isinstance(node.ctx, ast.Load)]
    own = tuple(node for node in uses if facts.scope_at(node) is scope)
    return Loop(
        scope,
        name,
        tuple(getters),
        frozenset(one for call in getters if (one := origin(module.inference, facts, call))),
        tuple(call for node in own if (call := method_call(facts, node)) and _runs(module, call, node)),
        own,
        tuple(node for node in uses if facts.scope_at(node) is not scope),
        tuple(_closing(facts, facts.statement(call)) for node in own if (call := method_call(facts, node, "close"))),
    )


def _getters(binding: Binding) -> Iterator[ast.Call]:
    match binding.how, binding.node, binding.value:
        case How.ASSIGN, ast.Assign(targets=[ast.Name()]), ast.expr() as value:
            yield from _leaves(value)
        case How.ANNOTATION, ast.AnnAssign(), ast.expr() as value:
            yield from _leaves(value)
        case _:
            pass  # unpacked, stored in a second place, or not assigned at all


def _leaves(value: ast.expr) -> Iterator[ast.Call]:
    match value:
        case ast.Call():
            yield value
        case ast.IfExp(body=ast.Call() as body, orelse=ast.Call() as orelse):
            yield from (body, orelse)
        case _:
            pass  # no plain choice between loops


def method_call(facts: ModuleFacts, receiver: ast.expr, name: str | None = None) -> ast.Call | None:
    """Return the call ``receiver.<method>(…)`` that a receiver is part of; of one method where ``name`` is given."""
    attribute = facts.parents.get(receiver)
    call = facts.parents.get(attribute) if attribute is not None else None
    match attribute, call:
        case ast.Attribute(attr=attr), ast.Call(func=func) if func is attribute and name in (None, attr):
            return call
        case _:
            return None


def _runs(module: Module, call: ast.Call, receiver: ast.Name) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr in RUNS and call.func.value is receiver


def _closing(facts: ModuleFacts, statement: ast.stmt) -> ast.stmt:
    """Return the whole of `if loop …: loop.close()`."""
    match facts.parents.get(statement):
        case ast.If(body=[only], orelse=[]) as around if only is statement and not any(map(_is_main, ast.walk(around.test))):
            names = {node.id for node in ast.walk(around.test) if isinstance(node, ast.Name)}
            closed = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
            return around if names and names <= closed else statement
        case _:
            return statement


def _is_main(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "__name__"


# ---- who may keep it ---


def escapes(module: Module, loop: Loop, *, is_last: bool) -> bool:
    """True where something outside the scope may use the loop later, run it, or close it.

    ``is_last`` says that nothing runs after the scope: what merely holds the loop does no harm then.
    """
    keepers: set[str] = set()
    for use in (*loop.uses, *loop.inner):
        if _escapes_at(module, loop, use, is_last, keepers):
            return True
    if loop.function is None:
        return _is_taken_elsewhere(module, loop)
    for use in loop.inner:
        inner = _outermost(module.facts, use, loop.scope)
        if isinstance(inner, FUNCTIONS):
            keepers.add(inner.name)
        elif isinstance(module.facts.statement(inner), ast.Return):
            return True  # a lambda that uses the loop is given away
    return not is_last and _given_away(loop.function, keepers)


def _escapes_at(module: Module, loop: Loop, use: ast.Name, is_last: bool, keepers: set[str]) -> bool:
    facts = module.facts
    parent = facts.parents[use]
    match parent:
        case ast.Attribute(attr=attr, ctx=ast.Load()) if attr in RUNS or attr == "close":
            # Handed on uncalled (a thread's target, a clean-up), or called by another function.
            return method_call(facts, use) is None or use in loop.inner
        case ast.Attribute() | ast.Compare() | ast.If() | ast.While() | ast.Assert() | ast.FormattedValue() | ast.Expr():
            return False
        case ast.UnaryOp(op=ast.Not()):
            return False
        case ast.BoolOp():
            around = facts.parents[parent]
            return not isinstance(around, (ast.If, ast.While, ast.Assert, ast.BoolOp, ast.UnaryOp))
        case ast.keyword():
            call = facts.parents[parent]
            return not isinstance(call, ast.Call) or _passed(module, loop, call, use, is_last, keepers)
        case ast.Call() if parent.func is not use:
            return _passed(module, loop, parent, use, is_last, keepers)
        case _:
            return True  # stored, returned, yielded, put into a container, entered as a context


def _passed(module: Module, loop: Loop, call: ast.Call, use: ast.Name, is_last: bool, keepers: set[str]) -> bool:
    """True where a call that gets the loop as an argument may keep it beyond the scope."""
    facts = module.facts
    if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name) and call.func.value.id == use.id:
        return False  # one of its own methods: what it schedules dies with it
    name = module.name_of(call.func) or ""
    if name.startswith(_KEEPS):
        return True
    if name.startswith("asyncio.") or name in _LOOKS:
        return False
    function = module.function_of(call.func)
    if function is not None and _closes_parameter(function, call, use):
        return True
    if function is None and _CLOSES_IT.search(_last_name(call.func)):
        return True  # it is handed to something that says that it closes
    statement = facts.statement(call)
    if isinstance(statement, (ast.Assign, ast.AnnAssign)):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        keepers.update(node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name))
    if is_last or (function is not None and module.inference.is_coroutine_function(function)):
        return False
    if any(isinstance(value, Coroutine) for value in module.values(call)) or _is_run(facts, call):
        return False
    return not isinstance(statement, (ast.Assign, ast.AnnAssign)) or _is_stored(statement) or _on_self(call)


def _last_name(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""


def _is_run(facts: ModuleFacts, call: ast.Call) -> bool:
    """True where a call stands in the argument of a run: the loop awaits what it gives."""
    return any(
        isinstance(parent, ast.Call) and isinstance(parent.func, ast.Attribute) and parent.func.attr in RUNS
        for parent in facts.ancestors(call)
    )


def _is_stored(statement: ast.Assign | ast.AnnAssign) -> bool:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return any(isinstance(node, (ast.Attribute, ast.Subscript)) for node in targets)


def _on_self(call: ast.Call) -> bool:
    match call.func:
        case ast.Attribute(value=ast.Name(id="self" | "cls")):
            return True
        case _:
            return False


def _closes_parameter(function: Function, call: ast.Call, use: ast.Name) -> bool:
    """True where a function of the project closes the loop that it gets."""
    arguments = function.node.args
    names = [one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    given = {keyword.arg for keyword in call.keywords if keyword.value is use} - {None}
    if not given and use in call.args:
        position = call.args.index(use) + (function.owner is not None)
        given = set(names[position : position + 1])
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == "close"
        and isinstance(node.value, ast.Name)
        and node.value.id in given
        for node in ast.walk(function.node)
    )


def _given_away(function: FunctionNode, names: set[str]) -> bool:
    """True where a function returns, yields or stores one of its names."""
    for node in own_nodes(function):
        match node:
            case ast.Return(value=ast.expr() as value) | ast.Yield(value=ast.expr() as value):
                pass
            case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value) if _is_stored(node):
                pass
            case _:
                continue  # gives nothing away
        if isinstance(value, ast.Call):
            continue  # what a call makes of it
        if any(isinstance(inner, ast.Name) and inner.id in names for inner in ast.walk(value)):
            return True
    return False


def _outermost(facts: ModuleFacts, node: ast.AST, scope: Scope) -> ast.AST:
    """Return the definition, standing in the scope itself, that a node is inside of."""
    while facts.scope_at(node) is not scope:
        node = facts.parents[node]
    return node


def _is_taken_elsewhere(module: Module, loop: Loop) -> bool:
    """True where another file reads the module's name."""
    from aiomend.facts.entries import importers, main_guard

    if loop.name is None or main_guard(module.facts, loop.getters[0]):
        return False
    users = importers(module)
    if users is None:
        return True  # too many to look at
    return any(
        module.facts.name in user.stars or loop.name in user.attributes or any(_takes(user, module.facts.name, loop.name))
        for user in users
    )


def _takes(user: ModuleFacts, source: str, name: str) -> Iterator[bool]:
    for scope in user.scopes.values():
        for bindings in scope.bindings.values():
            yield any(b.how is How.FROM and b.target == source and b.member == name for b in bindings)


# ---- what still needs it ---


def touches(module: Module, facts: ModuleFacts, node: ast.AST, name: str | None, depth: int = _CALL_DEPTH) -> bool:
    """True where running a statement may need the loop open: it names it, runs the current one, or ends a connection."""
    for inner in _evaluated(node):
        match inner:
            case ast.Name(id=found, ctx=ast.Load()) if found == name:
                return True
            case ast.Call(func=func) if module.inference.external_name(facts, func) in _CURRENT:
                return True
            case ast.Call(func=ast.Attribute(attr=attr) as func) if attr in _ACTS:
                if module.inference.external_name(facts, func) is None or attr in RUNS:
                    return True
            case ast.Call(func=func) if depth:
                for value in module.inference.values(facts, func):
                    if not isinstance(value, Function) or module.inference.is_coroutine_function(value):
                        continue  # no body that runs here
                    if any(touches(module, value.facts, one, name, depth - 1) for one in _body(value.node)):
                        return True
            case _:
                pass  # needs no loop
    return False


def _body(node: FunctionNode | ast.Lambda) -> list[ast.stmt] | list[ast.expr]:
    return [node.body] if isinstance(node, ast.Lambda) else node.body


def _evaluated(node: ast.AST) -> Iterable[ast.AST]:
    """The nodes that run when a node does: not the bodies of functions that it only defines."""
    yield node
    if isinstance(node, (*FUNCTIONS, ast.Lambda)):
        return
    for child in ast.iter_child_nodes(node):
        yield from _evaluated(child)


def is_quiet(module: Module, node: ast.AST) -> bool:
    """True where a statement calls nothing but functions outside the project that have no business with asyncio."""
    for inner in _evaluated(node):
        match inner:
            case ast.Call(func=ast.Attribute(value=ast.Constant() | ast.JoinedStr())):
                pass  # text
            case ast.Call(func=func):
                name = module.name_of(func)
                if name is None or (name.startswith("asyncio.") and name != "asyncio.set_event_loop"):
                    return False
            case _:
                pass  # calls nothing
    return True
