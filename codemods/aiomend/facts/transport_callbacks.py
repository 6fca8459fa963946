"""Functions that serve the clients of `asyncio.start_server()`, and what they do with the writer that they are given."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from aiomend.facts.scopes import FUNCTIONS, FunctionNode
from aiomend.facts.transport_fates import Fate, fate_of_parameter
from aiomend.facts.view import Module

_SERVERS = ("asyncio.start_server", "asyncio.start_unix_server")


@dataclass(frozen=True, slots=True)
class Callback:
    """A function that a server calls with a reader and a writer, and the call that starts the server."""

    function: FunctionNode
    writer: str
    call: ast.Call


def unclosed_callbacks(module: Module) -> Iterator[Callback]:
    """Yield the callbacks of a file's servers that use their writer themselves and never close it."""
    seen: set[ast.AST] = set()
    for call in module.calls(*_SERVERS):
        given = [one.value for one in call.keywords if one.arg == "client_connected_cb"]
        if not call.args and not given:
            continue  # nothing that is known
        function = module.function_of(call.args[0] if call.args else given[0])
        if function is None or function.facts is not module.facts or function.node in seen:
            continue  # handed on by others, another file's, or said already
        node = function.node
        if not isinstance(node, FUNCTIONS) or (node.decorator_list and not _is_coroutine(module, node)):
            continue  # a lambda, or a decorator may close it
        seen.add(node)
        writer = _writer(node, is_bound=function.owner is not None)
        if writer is not None and fate_of_parameter(module, node, writer) is Fate.USED:
            yield Callback(node, writer, call)


def _is_coroutine(module: Module, function: FunctionNode) -> bool:
    """True where a function's only decorator makes a coroutine function of it."""
    is_one = isinstance(function, ast.FunctionDef) and module.is_generator_coroutine(function)
    return is_one and len(function.decorator_list) == 1


def _writer(function: FunctionNode, *, is_bound: bool) -> str | None:
    """Return the name of the parameter that gets the writer."""
    names = [one.arg for one in (*function.args.posonlyargs, *function.args.args)][is_bound:]
    return names[1] if len(names) == 2 else None
