"""Where a call that makes a coroutine stands: in a coroutine, in a loop's callback, at a program's own level."""

from __future__ import annotations

import ast
import enum

from aiomend.facts.entries import is_script, main_guard
from aiomend.facts.module import Colour, ModuleFacts
from aiomend.facts.scheduling_methods import POSITIONS
from aiomend.facts.scopes import COMPREHENSIONS, FUNCTIONS, FunctionNode, last_name
from aiomend.facts.values import Function, Plain, ProjectClass
from aiomend.facts.view import Module

_DEPTH = 4
_PROTOCOL_CALLBACKS = frozenset(
    {"connection_made", "connection_lost", "data_received", "eof_received", "datagram_received", "error_received"}
    | {"pause_writing", "resume_writing", "pipe_data_received", "pipe_connection_lost", "process_exited"}
    | {"get_buffer", "buffer_updated"}
)
_LOOP_CALLS = POSITIONS | {
    "create_connection": 0,
    "create_unix_connection": 0,
    "create_server": 0,
    "create_unix_server": 0,
    "create_datagram_endpoint": 0,
}


class Place(enum.Enum):
    """Where a call stands."""

    COROUTINE = "in a coroutine"
    LOOP = "in a plain function that the event loop or coroutines call"
    PROGRAM = "at the level of a program"
    NESTED = "in a lambda or a comprehension that nothing can be awaited in"
    IMPORT = "at the level of a module that others import, or in a class body"
    SYNC = "in a plain function of which nobody knows who calls it"


def place_of(module: Module, call: ast.Call) -> Place:
    """Return where a call stands."""
    if module.colour_at(call) is not Colour.SYNC:
        return Place.COROUTINE
    match module.facts.function_at(call):
        case ast.Lambda() as function:
            return Place.LOOP if is_callback(module, function) else Place.NESTED
        case ast.AsyncFunctionDef():
            return Place.NESTED  # in a generator expression of it
        case ast.FunctionDef() as function if module.is_generator_coroutine(function):
            return Place.NESTED
        case ast.FunctionDef() as function:
            return Place.LOOP if _runs_in_loop(module, module.facts, function, 0) else Place.SYNC
        case None if _is_top_level(module, call):
            is_run = main_guard(module.facts, call) is not None or is_script(module)
            return Place.PROGRAM if is_run else Place.IMPORT
        case _:
            return Place.IMPORT


def _is_top_level(module: Module, call: ast.Call) -> bool:
    scope = module.facts.scope_at(call)
    while isinstance(scope.node, COMPREHENSIONS) and scope.parent is not None:
        scope = scope.parent
    return scope is module.facts.scope


def is_callback(module: Module, function: ast.Lambda) -> bool:
    """True for a lambda that the event loop calls, and whose result it throws away."""
    match module.facts.parents[function]:
        case ast.Call(func=ast.Attribute(attr="add_done_callback", value=future), args=[given, *_]):
            return given is function and module.is_instance(future, "asyncio.Future") is True
        case ast.Call(func=ast.Attribute(attr=method, value=loop), args=args) if method in POSITIONS:
            at = POSITIONS[method]
            return args[at : at + 1] == [function] and is_loop_at(module, module.facts, loop)
        case _:
            return False  # handed on, nobody knows to whom


def _runs_in_loop(module: Module, facts: ModuleFacts, function: FunctionNode, depth: int) -> bool:
    """True where whoever calls a plain function is the event loop or a coroutine, as far as the project shows."""
    if depth > _DEPTH or function.decorator_list or facts.is_generator(function):
        return False  # nobody knows when its body runs
    if function.name in _PROTOCOL_CALLBACKS and _is_protocol(module, facts, function):
        return True
    if function.name.startswith("__") or (files := module.inference.project.files_mentioning(function.name)) is None:
        return False  # nobody can list its users
    found = False
    for path in files:
        user = facts if path == facts.path else module.inference.project.facts(path)
        if user is None:
            return False  # it cannot be read
        for node in [*user.names.get(function.name, ()), *user.attributes.get(function.name, ())]:
            if not isinstance(node.ctx, ast.Load):
                continue  # it binds the name
            values = module.inference.values(user, node)
            if not any(isinstance(value, Function) and value.node is function for value in values):
                if Plain.UNKNOWN in values:
                    return False  # it may be this one
                continue  # something else of that name
            if not _is_use_in_loop(module, user, node, function, depth):
                return False
            found = True
    return found


def _is_protocol(module: Module, facts: ModuleFacts, function: FunctionNode) -> bool:
    owner = facts.class_of(function)
    if owner is None:
        return False
    bases = module.inference.classes.external_bases(ProjectClass(facts, owner)) or frozenset()
    return any(base.startswith("asyncio.") and base.endswith("Protocol") for base in bases)


def _is_use_in_loop(module: Module, user: ModuleFacts, node: ast.expr, function: FunctionNode, depth: int) -> bool:
    parent = user.parents.get(node)
    match parent:
        case ast.Call(func=func) if func is node:
            match user.function_at(parent):
                case ast.AsyncFunctionDef():
                    return True
                case ast.FunctionDef() as caller:
                    if caller is function or module.inference.coroutine_decorator(user, caller) is not None:
                        return True
                    return _runs_in_loop(module, user, caller, depth + 1)
                case _:
                    return False
        case ast.Call(func=ast.Attribute(attr="add_done_callback", value=future), args=[given, *_]) if given is node:
            return module.inference.is_instance(module.inference.values(user, future), "asyncio.Future") is True
        case ast.Call(func=ast.Attribute(attr=method, value=loop), args=args) if method in _LOOP_CALLS:
            at = _LOOP_CALLS[method]
            return args[at : at + 1] == [node] and is_loop_at(module, user, loop)
        case _:
            return False  # handed on, nobody knows to whom


def is_loop_at(module: Module, user: ModuleFacts, node: ast.expr) -> bool:
    """True for an event loop: known, or not known and called so."""
    known = module.inference.is_loop(user, node)
    return known if known is not None else last_name(node).lstrip("_") in ("loop", "event_loop")


def runs_a_loop(module: Module) -> bool:
    """True where the file gets or runs an event loop, at its own level or in a function."""
    names = ("get_event_loop", "new_event_loop", "run_forever", "run_until_complete", "set_event_loop")
    if any(name in module.facts.names or name in module.facts.attributes for name in names):
        return True
    return any(True for _ in module.calls("asyncio.run", "asyncio.Runner"))


def encloses(module: Module, call: ast.Call) -> FunctionNode | None:
    """Return the function around a call, for messages."""
    function = module.facts.function_at(call)
    return function if isinstance(function, FUNCTIONS) else None
