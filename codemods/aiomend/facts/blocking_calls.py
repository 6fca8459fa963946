"""Which calls of a file stop the event loop: the catalogue and the configuration, applied to what names reach."""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterator
from dataclasses import replace

from aiomend.facts.at_hand import is_at_hand
from aiomend.facts.both_modes import is_for_no_loop
from aiomend.facts.catalog import blocking
from aiomend.facts.catalog.blocking import BlockingCall, Blocks, Lookup
from aiomend.facts.constants import is_dead, truth
from aiomend.facts.module import Colour
from aiomend.facts.thread_accounts import Where
from aiomend.facts.values import Function, ProjectModule, Values
from aiomend.facts.view import Module

_SLEEP = "time.sleep"
_FOR_OTHERS = frozenset({"futures", "queue", "thread"})
_LIVES = frozenset(
    {"multiprocessing.Process", "multiprocessing.process.BaseProcess", "multiprocessing.pool.AsyncResult"}
)


class Owner(enum.Enum):
    """Which rule a blocking call belongs to."""

    SLEEP = "the call has an awaitable twin"
    LOOP = "it runs an event loop in the running one"
    WAIT = "it waits for another thread or process of the program"
    CALL = "anything else"


def owner(entry: BlockingCall) -> Owner:
    """Return which rule an entry of the catalogue belongs to."""
    if entry.name == _SLEEP:
        return Owner.SLEEP
    if entry.kind == "await":
        return Owner.LOOP
    home = entry.name.rpartition(".")[0]
    if entry.category in _FOR_OTHERS or home in _LIVES or home.startswith("multiprocessing.queues."):
        return Owner.WAIT
    return Owner.CALL


def blocking_calls(
    module: Module, methods: frozenset[str], wanted: Owner
) -> Iterator[tuple[ast.Call, Colour, BlockingCall]]:
    """Yield the calls in coroutines that surely block as they are written, with the colour of their place.

    ``methods`` are the names that matter behind a dot: finding out what every receiver is would take too long. Raises
    SettingsError where `blocking-calls` of the settings is no use.
    """
    lookup = blocking.extended(module.settings.blocking_calls)
    own = own_functions(module, lookup)
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
        if entry is None or owner(entry) is not wanted:
            continue  # not known to block, or another rule's
        if entry.blocks == "brief" and not module.settings.brief_calls:
            continue  # short on a local disk, and asyncio has nothing better
        if blocking.verdict(_as_wait(module, call, entry), call, module.name_of) is not Blocks.ALWAYS:
            continue  # it does not block as it is written, or nobody can tell
        if module.where(call) is Where.THREAD:
            continue  # the event loop is in another thread
        if is_dead(module.inference, module.facts, call):
            continue  # a constant keeps control from it
        if is_for_no_loop(module.facts, call):
            continue  # no loop runs by then, or the caller waits for nothing
        if is_at_hand(module, call, entry.name):
            continue  # what it waits for was seen to be there
        yield call, colour, entry


def _as_wait(module: Module, call: ast.Call, entry: BlockingCall) -> BlockingCall:
    """A wait for what may be over is one, unless the code has looked: its rule finds out. So is one with a limit that has a name."""
    if owner(entry) is not Owner.WAIT:
        return entry
    left = tuple(one for one in entry.conditions if one.value != "already-done")
    limit = limit_of(call, entry)
    if limit is not None and not _may_be_nothing(module, limit):
        left = tuple(one for one in left if one.arg != "timeout")
    return entry if left == entry.conditions else replace(entry, blocks="always", conditions=left)


def limit_of(call: ast.Call, entry: BlockingCall) -> ast.expr | None:
    """Return the time limit that a wait is given, where it can be seen."""
    at = next((one.position for one in entry.conditions if one.arg == "timeout"), None)
    if any(isinstance(one, ast.Starred) for one in call.args):
        return None
    for keyword in call.keywords:
        if keyword.arg == "timeout":
            return keyword.value
    return call.args[at] if at is not None and at < len(call.args) else None


def _may_be_nothing(module: Module, limit: ast.expr) -> bool:
    """True for a limit that is 0, or may well be: a literal, a constant, a parameter that is 0 unless the caller says otherwise."""
    if not isinstance(limit, (ast.Name, ast.Attribute)):
        return True  # the conditions judge what is written; what is computed may come out as 0
    if truth(module.inference, module.facts, limit) is False:
        return True
    home = module.facts.scope_at(limit).find(limit.id) if isinstance(limit, ast.Name) else None
    return any(isinstance(one.value, ast.Constant) and one.value.value == 0 for one in (home[1] if home else ()))


def named(lookup: Lookup, name: str) -> BlockingCall | None:
    """Return the entry of what a name reaches: builtins go by their bare names, and by `builtins.name` in the catalogue."""
    return lookup(name) or (lookup(f"builtins.{name}") if "." not in name else None)


def own_functions(module: Module, lookup: Lookup) -> dict[ast.AST, BlockingCall | None]:
    """Return the functions of the project that the configuration names, with None for those that it calls harmless."""
    found: dict[ast.AST, BlockingCall | None] = {}
    for name, _ in module.settings.blocking_calls:
        entry = lookup(name)
        for value in _reached(module, name.split(".")):
            if isinstance(value, Function) and not module.inference.is_coroutine_function(value):
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


def _own(module: Module, call: ast.Call, own: dict[ast.AST, BlockingCall | None]) -> BlockingCall | None:
    function = module.function_of(call.func) if own else None
    return own.get(function.node) if function is not None else None
