"""Event loops that a function or a module gets and runs: where they come from, who closes them, what needs them."""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiomend.facts.loop_keepers import keepers
from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.quiet import RUNS, evaluated, is_library
from aiomend.facts.scopes import FUNCTIONS, Binding, FunctionNode, How, Scope, last_name
from aiomend.facts.values import Function

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference
    from aiomend.facts.view import Module

_MAKES = frozenset(
    {"asyncio.new_event_loop", "asyncio.AbstractEventLoop", "asyncio.AbstractEventLoopPolicy.new_event_loop"}
)
_CURRENT = frozenset({"asyncio.get_event_loop", "asyncio.AbstractEventLoopPolicy.get_event_loop"})
#: Methods of transports, servers, clients and futures that need their loop open.
_ACTS = frozenset(
    {
        "close", "aclose", "abort", "cancel", "stop", "shutdown", "disconnect", "terminate", "kill", "write",
        "writelines", "write_eof", "send", "sendto", "send_signal", "set_result", "set_exception", "put_nowait",
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
    keepers: frozenset[str] = frozenset()  #: names of the scope whose objects got it

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
    nameless: dict[Scope, list[tuple[ast.Call, ast.Call]]] = {}
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
                nameless.setdefault(scope, []).append((call, getter))
            case _:
                pass  # an attribute, an item: it is kept where others reach it
    for scope, found_runs in nameless.items():
        runs, getters = zip(*found_runs, strict=True)
        origins = _origins(module, getters)
        yield Loop(scope, None, getters, origins, runs, closes=_other_closes(module, scope, origins, None))


def scope_of(facts: ModuleFacts, node: ast.AST) -> Scope:
    """Return the scope whose code runs a node; a list, set or dict comprehension runs where it stands."""
    scope = facts.scope_at(node)
    while isinstance(scope.node, (ast.ListComp, ast.SetComp, ast.DictComp)) and scope.parent is not None:
        scope = scope.parent
    return scope


def _home(module: Module, node: ast.AST) -> Scope | None:
    scope = scope_of(module.facts, node)
    match scope.node:
        case ast.Module():
            return scope
        case ast.FunctionDef() as function if not module.is_generator_coroutine(function):
            return None if module.facts.is_generator(function) else scope  # a generator lends it to whoever drives it
        case _:
            return None


def _origins(module: Module, getters: Iterable[ast.Call]) -> frozenset[Origin]:
    found = (origin(module.inference, module.facts, getter) for getter in getters)
    return frozenset(one for one in found if one is not None)


def _named(module: Module, scope: Scope, name: str) -> Loop | None:
    """Return the loop that a name of a scope is; None where anything else may be bound to it."""
    facts = module.facts
    getters = _all_getters(module, scope, name)
    if not getters:
        return None  # another scope's, or not known to be a loop
    mentions = facts.mentions(name).get(scope, ())
    if any(isinstance(node.ctx, ast.Del) for node in mentions):
        return None  # taken apart by hand
    uses = [node for node in mentions if isinstance(node.ctx, ast.Load)]
    own = tuple(node for node in uses if scope_of(facts, node) is scope)
    origins = _origins(module, getters)
    closes = [
        closing_statement(facts, facts.statement(call)) for node in own if (call := method_call(facts, node, "close"))
    ]
    return Loop(
        scope,
        name,
        tuple(getters),
        origins,
        tuple(call for node in own if (call := method_call(facts, node)) and last_name(call.func) in RUNS),
        own,
        tuple(node for node in uses if scope_of(facts, node) is not scope),
        (*closes, *_other_closes(module, scope, origins, name)),
        keepers(module, scope, name),
    )


def _all_getters(module: Module, scope: Scope, name: str) -> list[ast.Call]:
    """Return every call whose loop a name is bound to; none where it may be anything else."""
    if name in scope.elsewhere:
        return []  # global or nonlocal: others reach it
    getters: list[ast.Call] = []
    for binding in scope.bindings.get(name, ()):
        if binding.how is How.ANNOTATION and binding.value is None:
            continue  # `loop: AbstractEventLoop` binds nothing
        if is_empty(binding):
            continue  # `loop = None` before it is got
        calls = list(_getters(binding))
        if not calls or any(origin(module.inference, module.facts, call) is None for call in calls):
            return []  # a parameter, an import, a context manager's, or nothing that is known to be a loop
        if module.facts.scope_at(binding.node) is not scope:
            return []  # bound by a function that declares it global
        getters += calls
    return getters


def is_empty(binding: Binding) -> bool:
    """True for `loop = None`."""
    value = binding.value
    return binding.how in (How.ASSIGN, How.ANNOTATION) and isinstance(value, ast.Constant) and value.value is None


def _other_closes(module: Module, scope: Scope, origins: frozenset[Origin], name: str | None) -> tuple[ast.stmt, ...]:
    """Return the statements of a scope that close the current loop, which it has, without its name or by another one."""
    if Origin.CURRENT not in origins:
        return ()
    return tuple(
        module.facts.statement(call)
        for call, attribute in module.method_calls("close")
        if scope_of(module.facts, call) is scope and _is_current(module, scope, attribute.value, name)
    )


def _is_current(module: Module, scope: Scope, node: ast.expr, name: str | None) -> bool:
    """True for a call that gives the current loop, and for another name of a scope that holds nothing else."""
    values = [node]
    if isinstance(node, ast.Name):
        if node.id == name:
            return False
        values = [one.value for one in scope.bindings.get(node.id, ()) if one.value is not None]
    return bool(values) and all(origin(module.inference, module.facts, one) is Origin.CURRENT for one in values)


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


def closing_statement(facts: ModuleFacts, statement: ast.stmt) -> ast.stmt:
    """Return the whole of `if loop …: loop.close()`."""
    match facts.parents.get(statement):
        case ast.If(body=[only], orelse=[]) as around if only is statement:
            names = {node.id for node in ast.walk(around.test) if isinstance(node, ast.Name)}
            closed = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
            return around if names and names <= closed else statement
        case _:
            return statement


# ---- what still needs it ---


def touches(module: Module, facts: ModuleFacts, node: ast.AST, loop: Loop | None, depth: int = _CALL_DEPTH) -> bool:
    """True where running a node may need the loop open: it names it or what got it, runs the current one, or ends a connection."""
    for inner in evaluated(node):
        match inner:
            case ast.Name(id=name, ctx=ast.Load()) if loop is not None and (name == loop.name or name in loop.keepers):
                home = facts.scope_at(inner).find(name)
                if home is not None and home[0] is loop.scope:
                    return True
            case ast.Call(func=func) if _needs_loop(module, facts, func, is_near=depth == _CALL_DEPTH):
                return True
            case ast.Call(func=func) if depth:
                for value in module.inference.values(facts, func):
                    if not isinstance(value, Function) or module.inference.is_coroutine_function(value):
                        continue  # no body that runs here
                    if any(touches(module, value.facts, one, loop, depth - 1) for one in _body(value.node)):
                        return True
            case _:
                pass  # needs no loop
    return False


def _needs_loop(module: Module, facts: ModuleFacts, func: ast.expr, *, is_near: bool) -> bool:
    """True for calls that get or run the current loop and, seen from near, for methods that act on a connection."""
    name = module.inference.external_name(facts, func)
    if name in _CURRENT or last_name(func) in RUNS:
        return True
    if name is not None and (is_library(name) or name.startswith("asyncio.AbstractEventLoop.")):
        return False  # nothing of asyncio's, or a loop that is another's as long as its name is not the one
    return is_near and isinstance(func, ast.Attribute) and func.attr in _ACTS


def _body(node: FunctionNode | ast.Lambda) -> list[ast.stmt] | list[ast.expr]:
    return [node.body] if isinstance(node, ast.Lambda) else node.body


def other_runner(module: Module, loop: Loop) -> str | None:
    """Return the name of another function of the file, or of its level, that gets the current loop and runs it."""
    facts = module.facts
    for call in facts.calls:
        if origin(module.inference, facts, call) is not Origin.CURRENT:
            continue  # gets no loop, or one of its own
        scope = _home(module, call)
        if scope is None or scope is loop.scope or any(one is loop.scope.node for one in facts.ancestors(scope.node)):
            continue  # inside a running loop, or the loop's own function
        inside = [node for node in own_nodes(scope.node) if isinstance(node, ast.Call)]
        if any(module.name_of(one.func) == "asyncio.set_event_loop" for one in inside):
            continue  # it brings its own
        if any(last_name(one.func) in RUNS for one in inside):
            return f"{scope.node.name}()" if isinstance(scope.node, FUNCTIONS) else "the module's own level"
    return None
