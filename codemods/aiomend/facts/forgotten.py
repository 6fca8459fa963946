"""Statements that only make a coroutine, and where each stands: in a coroutine, in a loop's callback, in a program's own level."""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterator
from dataclasses import dataclass

from aiomend.facts.entries import is_script, main_guard
from aiomend.facts.flow import contexts_around, handlers_around
from aiomend.facts.module import Colour, ModuleFacts, is_generator, own_nodes
from aiomend.facts.scopes import FUNCTIONS, FunctionNode, called_name, last_name
from aiomend.facts.values import Coroutine, Function, Plain, ProjectClass, Values
from aiomend.facts.view import Module

_DEPTH = 4
#: Code that asks one of these before it calls is ready for both kinds of function.
_KINDS = frozenset(
    {"iscoroutinefunction", "iscoroutine", "isawaitable", "isgenerator", "isgeneratorfunction", "iscoroutinefunc"}
)
#: Blocks of tests that expect what happens to a coroutine that nobody runs, or to a call that fails.
_EXPECTS = frozenset(
    {"raises", "warns", "deprecated_call", "catch_warnings", "check_warnings", "recwarn", "assertRaises"}
    | {"assertRaisesRegex", "assertWarns", "assertWarnsRegex", "assertLogs"}
)
_PROTOCOL_CALLBACKS = frozenset(
    {"connection_made", "connection_lost", "data_received", "eof_received", "datagram_received", "error_received"}
    | {"pause_writing", "resume_writing", "pipe_data_received", "pipe_connection_lost", "process_exited"}
    | {"get_buffer", "buffer_updated"}
)
#: Methods of an event loop that call what they are given in the loop, and the position of it.
_LOOP_CALLS = {
    "call_soon": 0,
    "call_soon_threadsafe": 0,
    "call_later": 1,
    "call_at": 1,
    "add_reader": 1,
    "add_writer": 1,
    "add_signal_handler": 1,
    "create_connection": 0,
    "create_unix_connection": 0,
    "create_server": 0,
    "create_unix_server": 0,
    "create_datagram_endpoint": 0,
}


@dataclass(frozen=True, slots=True, eq=False)
class Forgotten:
    """A call whose coroutine nobody has; ``is_certain`` where no caller of the function around had to be asked for it."""

    call: ast.Call
    coroutines: tuple[Coroutine, ...]
    is_certain: bool

    @property
    def functions(self) -> tuple[Function, ...]:
        """The functions of the project that may be the one that is called."""
        return tuple(one.function for one in self.coroutines if one.function is not None)


class Place(enum.Enum):
    """Where a call stands."""

    COROUTINE = "in a coroutine"
    LOOP = "in a plain function that the event loop or coroutines call"
    PROGRAM = "at the level of a program"
    IMPORT = "at the level of a module that others import, or in a class body"
    SYNC = "in a plain function of which nobody knows who calls it"


# ---- which calls ---


def forgotten_coroutines(module: Module) -> Iterator[Forgotten]:
    """Yield the statements of a file that do nothing but make a coroutine, in the order of the file."""
    for call in module.facts.calls:
        if not isinstance(module.facts.parents[call], ast.Expr):
            continue  # somebody has its value
        found = _made(module, call)
        if found is None or _is_expected(module, call) or _asks_for_kind(module, call) or _is_for_types(module, call):
            continue  # no coroutine, or one that is meant to be dropped
        around = set(module.enclosing_functions(call))
        if any(function.node in around for function in found.functions):
            continue  # it calls itself: to wait for that would never end
        yield found


def _made(module: Module, call: ast.Call) -> Forgotten | None:
    """Return the coroutines that a call makes, whatever it reaches; None where it may reach something else."""
    coroutines = _all_coroutines(module, values := module.values(call))
    if coroutines is not None:
        return Forgotten(call, coroutines, is_certain=not _may_be_replaced(module, coroutines))
    if Plain.UNKNOWN not in values or not module.inference.project.tree_names.is_coroutine(last_name(call.func)):
        return None  # something else, or nothing of that name makes a coroutine
    coroutines = _all_coroutines(module, module.inference.values_from_callers(module.facts, call))
    return Forgotten(call, coroutines, is_certain=False) if coroutines is not None else None


def _all_coroutines(module: Module, values: Values) -> tuple[Coroutine, ...] | None:
    found = tuple(value for value in values if isinstance(value, Coroutine))
    if not found or len(found) != len(values):
        return None  # it may be something else
    if any(one.function is not None and _runs_at_once(module, one.function) for one in found):
        return None  # its body has run
    return tuple(sorted(found, key=lambda one: one.function.node.lineno if one.function else 0))


def _runs_at_once(module: Module, function: Function) -> bool:
    """True for a plain function under `@types.coroutine`, which wraps what it returns: its body runs when it is called."""
    node = function.node
    if not isinstance(node, ast.FunctionDef) or is_generator(node):
        return False
    return any(module.inference.external_name(function.facts, one) == "types.coroutine" for one in node.decorator_list)


def _may_be_replaced(module: Module, coroutines: tuple[Coroutine, ...]) -> bool:
    """True where too many files could hold a subclass with a method of its own."""
    files = module.inference.project.files_mentioning
    return any(
        one.function is not None and one.function.owner is not None and files(one.function.owner.node.name) is None
        for one in coroutines
    )


def _is_expected(module: Module, call: ast.Call) -> bool:
    for _, item in contexts_around(module.facts, call):
        if called_name(item.context_expr) in _EXPECTS:
            return True
    return any(
        handler.type is not None and "RuntimeWarning" in ast.dump(handler.type)
        for handler in handlers_around(module.facts, call)
    )


def _asks_for_kind(module: Module, call: ast.Call) -> bool:
    """True where the function around a call, or the module's level, asks whether something is a coroutine (function)."""
    function = module.facts.function_at(call)
    return function is not None and any(last_name(node) in _KINDS for node in own_nodes(function))


def _is_for_types(module: Module, call: ast.Call) -> bool:
    return any(
        isinstance(parent, ast.If) and last_name(parent.test) == "TYPE_CHECKING"
        for parent in module.facts.ancestors(call)
    )


# ---- where they stand ---


def place_of(module: Module, call: ast.Call) -> Place:
    """Return where a call stands."""
    if module.colour_at(call) is not Colour.SYNC:
        return Place.COROUTINE
    function = module.facts.function_at(call)
    match function:
        case ast.FunctionDef():
            return Place.LOOP if _runs_in_loop(module, module.facts, function, 0) else Place.SYNC
        case None if module.facts.scope_at(call) is module.facts.scope:
            is_run = main_guard(module.facts, call) is not None or is_script(module)
            return Place.PROGRAM if is_run else Place.IMPORT
        case _:
            return Place.IMPORT


def _runs_in_loop(module: Module, facts: ModuleFacts, function: FunctionNode, depth: int) -> bool:
    """True where whoever calls a plain function is the event loop or a coroutine, as far as the project shows."""
    if depth > _DEPTH or function.decorator_list or is_generator(function):
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
            return args[at : at + 1] == [node] and _is_loop(module, user, loop)
        case _:
            return False  # handed on, nobody knows to whom


def _is_loop(module: Module, user: ModuleFacts, node: ast.expr) -> bool:
    """True for an event loop: known, or not known and called so."""
    known = module.inference.is_instance(module.inference.values(user, node), "asyncio.AbstractEventLoop")
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
