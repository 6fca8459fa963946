"""Which calls of a file stop the event loop: the catalogue and the configuration, applied to what names reach."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.catalog import blocking
from aiomend.facts.catalog.blocking import BlockingCall, Blocks, Lookup
from aiomend.facts.flow import guarded, same
from aiomend.facts.module import Colour
from aiomend.facts.threads import Where
from aiomend.facts.values import Function, ProjectModule, Values
from aiomend.facts.view import Module

SLEEP = "time.sleep"


def blocking_calls(module: Module, methods: frozenset[str]) -> Iterator[tuple[ast.Call, Colour, BlockingCall]]:
    """Yield the calls in coroutines that surely block as they are written, with the colour of their place.

    ``methods`` are the names that matter behind a dot: finding out what every receiver is would take too long. Raises SettingsError where `blocking-calls` of the settings is no use.
    """
    lookup = blocking.extended(module.settings.blocking_calls)
    own = _own_functions(module, lookup)
    for call in module.facts.calls:
        if isinstance(call.func, ast.Attribute) and call.func.attr not in methods:
            continue  # not called like anything that blocks
        if isinstance(call.func, ast.Subscript):
            continue  # what a container was given at first need not be what it holds now
        colour = module.colour_at(call)
        if colour is Colour.SYNC:
            continue  # nothing to await with
        name = module.name_of(call.func)
        entry = named(lookup, name) if name is not None else _own(module, call, own)
        if entry is None:
            continue  # not known to block
        if entry.blocks == "brief" and not module.settings.brief_calls:
            continue  # short on a local disk, and asyncio has nothing better
        if blocking.verdict(entry, call, module.name_of) is not Blocks.ALWAYS:
            continue  # it does not block as it is written, or nobody can tell
        if module.where(call) is Where.THREAD:
            continue  # the event loop is in another thread
        if _has_something(module, call):
            continue  # the queue was looked into before
        yield call, colour, entry


def named(lookup: Lookup, name: str) -> BlockingCall | None:
    """Return the entry of what a name reaches: builtins go by their bare names, and by `builtins.name` in the catalogue."""
    return lookup(name) or (lookup(f"builtins.{name}") if "." not in name else None)


def _own_functions(module: Module, lookup: Lookup) -> dict[ast.AST, BlockingCall]:
    """The functions of the project that the configuration names."""
    found: dict[ast.AST, BlockingCall] = {}
    for name, _ in module.settings.blocking_calls:
        entry = lookup(name)
        for value in _reached(module, name.split(".")):
            if entry is not None and isinstance(value, Function) and not module.inference.is_coroutine_function(value):
                found[value.node] = entry
    return found


def _reached(module: Module, parts: list[str]) -> Values:
    """What a dotted name reaches in the project; empty where it names no module of it."""
    for cut in range(len(parts) - 1, 0, -1):
        facts = module.inference.project.module(".".join(parts[:cut]), module.path)
        if facts is None:
            continue  # a class or a function: its module has a shorter name
        values: Values = frozenset({ProjectModule(facts)})
        for part in parts[cut:]:
            values = module.inference.attribute(values, part)
        return values
    return frozenset()


def _own(module: Module, call: ast.Call, own: dict[ast.AST, BlockingCall]) -> BlockingCall | None:
    function = module.function_of(call.func) if own else None
    return own.get(function.node) if function is not None else None


def _has_something(module: Module, call: ast.Call) -> bool:
    """True for `queue.get()` where `queue.empty()` was seen to be false right before."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr != "get":
        return False
    queue = call.func.value

    def settled(test: ast.expr, outcome: bool) -> bool:
        match test:
            case ast.Call(func=ast.Attribute(value=receiver, attr="empty")):
                return not outcome and same(receiver, queue)
            case ast.Call(func=ast.Attribute(value=receiver, attr="qsize")):
                return outcome and same(receiver, queue)
            case _:
                return False

    return guarded(module.facts, call, settled)
