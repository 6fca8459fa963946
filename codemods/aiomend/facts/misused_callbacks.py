"""Coroutines, and coroutine functions, where an event loop, a future or a thread wants a plain function to call."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from aiomend.facts.coroutine_places import is_loop_at
from aiomend.facts.flow import is_dropped
from aiomend.facts.partials import out_of_partial
from aiomend.facts.scheduling_methods import POSITIONS
from aiomend.facts.thread_entries import GIVES_ARGUMENTS, entry_at
from aiomend.facts.values import Function
from aiomend.facts.view import Module

_DONE = "add_done_callback"
#: Loops of others that have such methods, and run the coroutine that a callback returns.
_OTHERS = frozenset({"tornado"})


@dataclass(frozen=True, slots=True, eq=False)
class MisusedCallback:
    """A coroutine function, or a coroutine, where the loop wants a function to call."""

    call: ast.Call  #: the scheduling call
    method: str
    callback: ast.expr  #: as it is given
    named: ast.expr  #: the coroutine function in it, as it is written
    function: Function | None  #: that one; None where a coroutine is given
    is_alone: bool  #: nothing else is handed to it, by the loop or in a partial


def misused_callbacks(module: Module) -> Iterator[MisusedCallback]:
    """Yield the callbacks of a file that are certainly no plain functions, in the order of the file."""
    attributes = module.facts.attributes.keys()
    if attributes.isdisjoint(POSITIONS) and _DONE not in attributes:
        return  # nothing is scheduled
    for call in module.facts.calls:
        match call.func:
            case ast.Attribute(value=receiver, attr=method) if method in POSITIONS or method == _DONE:
                pass
            case _:
                continue  # it schedules nothing
        position = POSITIONS.get(method, 0)
        if any(isinstance(one, ast.Starred) for one in call.args[: position + 1]):
            continue  # nobody can say which one is the callback
        keyword = next((one.value for one in call.keywords if one.arg in ("callback", "fn")), None)
        callback = call.args[position] if position < len(call.args) else keyword
        if callback is None or not _is_asyncio(module, receiver, method) or module.function_of(call.func) is not None:
            continue  # another one's method
        is_alone = method != _DONE and len(call.args) <= position + 1
        if (found := _misused(module, callback)) is not None:
            named, function, has_arguments = found
            yield MisusedCallback(call, method, callback, named, function, is_alone and not has_arguments)


def misused_targets(module: Module) -> Iterator[tuple[ast.Call, ast.expr, Function]]:
    """Yield the calls of a file that have a thread begin with a coroutine function, with that, in the order of the file.

    Not those whose result somebody takes: it is the coroutine.
    """
    for call in module.facts.calls:
        if module.facts.original_name(call.func) not in GIVES_ARGUMENTS:
            continue  # no thread begins here
        for given in (*call.args, *(one.value for one in call.keywords)):
            if not isinstance(given, (ast.Name, ast.Attribute, ast.Call)):
                continue  # no function, or a lambda, which is looked at by what it says
            named = out_of_partial(module.inference, module.facts, given)
            function = module.function_of(named) if isinstance(named, (ast.Name, ast.Attribute)) else None
            if function is None or not makes_coroutine(module, function):
                continue  # a plain function, most of the time
            entry = entry_at(module.inference, module.facts, given)
            if entry is not None and entry.is_sure and _is_result_unused(module, call):
                yield call, named, function


def _is_result_unused(module: Module, call: ast.Call) -> bool:
    """True for the making of a Thread, and for what is only waited for."""
    name = module.name_of(call.func) or ""
    waited = module.facts.parents[call]
    return name.startswith("threading.") or is_dropped(module.facts, waited if isinstance(waited, ast.Await) else call)


def _misused(module: Module, callback: ast.expr) -> tuple[ast.expr, Function | None, bool] | None:
    """Return the coroutine function in a callback, as it is written and as what it is, and whether arguments come with it."""
    inner = out_of_partial(module.inference, module.facts, callback)
    has_arguments = inner is not callback
    match inner:
        case ast.Call(func=func, args=args, keywords=keywords) if module.coroutine_of(inner) is not None:
            values = [*args, *(one.value for one in keywords)]
            return func, None, not all(isinstance(one, ast.Constant) for one in values)
        case _:
            pass  # a function, if anything
    if not isinstance(inner, (ast.Name, ast.Attribute)):
        return None  # a lambda is looked at by what it says
    function = module.function_of(inner)
    return (inner, function, has_arguments) if function is not None and makes_coroutine(module, function) else None


def makes_coroutine(module: Module, function: Function) -> bool:
    """True for a coroutine function, but none that makes an async generator."""
    if not module.inference.is_coroutine_function(function):
        return False
    return not (isinstance(function.node, ast.AsyncFunctionDef) and function.facts.is_generator(function.node))


def _is_asyncio(module: Module, receiver: ast.expr, method: str) -> bool:
    """True for a loop or a future of asyncio; a loop may be known by its name, where no other library's can be meant."""
    if method == _DONE:
        return module.is_instance(receiver, "asyncio.Future") is True
    if module.inference.is_loop(module.facts, receiver) is None and module.facts.imported_roots & _OTHERS:
        return False
    return is_loop_at(module, module.facts, receiver)
