"""What would have to become a coroutine function so that a plain one can await: it, its callers, theirs, to where all end."""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterator
from dataclasses import dataclass, field

from aiomend.facts.chain_links import why_not, why_unknown_callers
from aiomend.facts.coroutine_places import Place, place_of
from aiomend.facts.endings import Ending, Endings
from aiomend.facts.entries import is_script, main_guard
from aiomend.facts.flow import loops_around
from aiomend.facts.forgotten import Forgotten, waited_for
from aiomend.facts.function_uses import uses_of
from aiomend.facts.module import Colour
from aiomend.facts.scopes import COMPREHENSIONS
from aiomend.facts.shared_state import split_update
from aiomend.facts.suspension import obstacle, part_of_definition
from aiomend.facts.testing_tools import is_run_as_coroutine
from aiomend.facts.thread_accounts import Where
from aiomend.facts.values import NONE, OTHER
from aiomend.facts.view import Module
from aiomend.model import Evidence

_CODE = "AIO604"
_LONGEST = 40  #: functions; nobody reads a longer chain


class Caller(enum.Enum):
    """What stands around a call of a function of the chain."""

    PLAIN = "a plain function, which follows"
    COROUTINE = "a coroutine function"
    WAITS = "a coroutine function that awaits the call already"
    PROGRAM = "the level of a program"


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """A plain function that has to become a coroutine function."""

    module: Module
    function: ast.FunctionDef


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A call of a link's function that has to wait for it."""

    module: Module
    call: ast.Call
    callee: ast.FunctionDef
    caller: Caller


@dataclass(slots=True, eq=False)
class Chain:
    """A whole chain, as far as it is known. ``reason`` says why it cannot be converted, None where it can."""

    links: list[Link] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    reason: str | None = None

    def breaks(self, reason: str | None) -> None:
        """Note a reason; the first one stays."""
        self.reason = self.reason or reason


def owned_chain(module: Module, found: Forgotten) -> Chain | None:
    """Return the chain of a dropped coroutine where AIO604 runs and the place is its own; None where it is AIO601's.

    That is where nobody knows that a loop runs. Where one does, the coroutine can also be a task: there the chain has to
    be complete.
    """
    settings = module.settings
    function = module.facts.function_at(found.call)
    if (
        not settings.select.names_in_full(_CODE)
        or _CODE in settings.ignore
        or not isinstance(function, ast.FunctionDef)
    ):
        return None
    match place_of(module, found.call):
        case Place.SYNC:
            return _chain(module, found, function)
        case Place.LOOP:
            chain = _chain(module, found, function)
            return chain if chain.reason is None else None
        case _:
            return None


def _chain(module: Module, found: Forgotten, function: ast.FunctionDef) -> Chain:
    chain = Chain()
    chain.breaks(_why_not_awaited(module, found))
    todo, seen = [Link(module, function)], {function}
    while todo and len(chain.links) < _LONGEST:
        link = todo.pop(0)
        chain.links.append(link)
        for caller in _follow(chain, link):
            if caller.function not in seen:
                seen.add(caller.function)
                todo.append(caller)
    if todo:
        chain.breaks(f"more than {_LONGEST} functions would have to follow")
    chain.breaks(_why_never_ends(chain, found))
    programs = [step for step in chain.steps if step.caller is Caller.PROGRAM]
    if len(programs) > 1 or any(True for step in programs for _ in loops_around(step.module.facts, step.call)):
        chain.breaks("the program calls it more than once: only a person knows where one event loop begins and ends")
    return chain


def _why_not_awaited(module: Module, found: Forgotten) -> str | None:
    """Return why the dropped coroutine could not be awaited even in a coroutine function."""
    if module.other_framework:
        return "the file is written for another async framework"
    if not found.is_certain:
        return "only its callers in the project say what is called here"
    endings = Endings(module)
    for function in found.functions:
        verdict = endings.of(function)
        if verdict.ending is Ending.ENDLESS:
            return f"{verdict.reason}: what follows would wait for it; a task would run beside it"
    return _why_not_here(module, found.call, Colour.AWAIT)


def _why_never_ends(chain: Chain, found: Forgotten) -> str | None:
    """Return which function of the chain the dropped coroutine calls in turn, so that each would wait for the other."""
    links = {link.function for link in chain.links}
    seen: set[ast.AST] = set()
    todo = list(found.functions)
    while todo:
        function = todo.pop()
        if isinstance(function.node, ast.FunctionDef) and function.node in links:
            return f"it leads back to `{function.node.name}()`: each would wait for the other, which may never end"
        if function.node not in seen:
            seen.add(function.node)
            todo += waited_for(chain.links[0].module, function)
    return None


def _why_not_here(module: Module, call: ast.Call, colour: Colour) -> str | None:
    if (race := split_update(module, call)) is not None:
        return f"{_at(module, call)}: `{module.text(race.written)}` would be read before the wait and written after it"
    if module.where(call) is not Where.LOOP:
        return f"{_at(module, call)} runs in another thread than the event loop"
    if (obstructs := obstacle(module, call, colour)) is not None:
        return f"{_at(module, call)}: {obstructs}"
    return None


def _follow(chain: Chain, link: Link) -> Iterator[Link]:
    """Note the calls of one function in the chain; yield the plain functions that they stand in."""
    module, function = link.module, link.function
    chain.breaks(why_not(module, function))
    uses = uses_of(module, function)
    chain.breaks(uses.reason)
    steps = [step for user, call in uses.calls if (step := _step(chain, user, call, function)) is not None]
    chain.steps += steps
    at_program = any(step.caller is Caller.PROGRAM for step in steps)
    chain.breaks(why_unknown_callers(module, function, is_entry=at_program))
    callers = [step for step in steps if step.module.facts.function_at(step.call) is not function]
    if not callers and not is_run_as_coroutine(module, function):
        chain.breaks(f"nobody in the project calls `{function.name}()`: who does cannot be seen")
    for step in steps:
        caller = step.module.facts.function_at(step.call)
        if step.caller is Caller.PLAIN and isinstance(caller, ast.FunctionDef):
            yield Link(step.module, caller)


def _step(chain: Chain, user: Module, call: ast.Call, callee: ast.FunctionDef) -> Step | None:
    """Return how one call waits for the function; None, with the reason in the chain, where it cannot."""
    colour = user.colour_at(call)
    around = user.facts.function_at(call)
    waits = isinstance(user.facts.parents[call], (ast.Await, ast.YieldFrom))
    if user.other_framework:
        chain.breaks(f"{user.path} is written for another async framework")
    if (part := part_of_definition(user, call)) is not None:
        chain.breaks(f"{_at(user, call)}: `{callee.name}()` is called in {part} of a definition")
        return None
    if isinstance(user.facts.scope_at(call).node, COMPREHENSIONS):
        chain.breaks(f"{_at(user, call)}: `{callee.name}()` is called in a comprehension")
        return None
    if waits and colour is not Colour.SYNC:
        if not _gives_nothing_to_await(user, call):
            chain.breaks(f"{_at(user, call)}: what `{callee.name}()` returns is awaited already")
        return Step(user, call, callee, Caller.WAITS)
    if colour is not Colour.SYNC:
        chain.breaks(_why_not_here(user, call, colour))
        return Step(user, call, callee, Caller.COROUTINE)
    match around:
        case ast.FunctionDef():
            chain.breaks(_why_not_here(user, call, Colour.AWAIT))
            return Step(user, call, callee, Caller.PLAIN)
        case ast.Lambda():
            chain.breaks(f"{_at(user, call)}: `{callee.name}()` is called in a lambda")
        case _ if user.facts.scope_at(call) is not user.facts.scope:
            chain.breaks(f"{_at(user, call)}: `{callee.name}()` is called in the body of a class")
        case _ if main_guard(user.facts, call) is None and not is_script(user):
            chain.breaks(f"{_at(user, call)}: `{callee.name}()` is called when the module is imported")
        case _:
            return Step(user, call, callee, Caller.PROGRAM)
    return None


def _gives_nothing_to_await(user: Module, call: ast.Call) -> bool:
    """True where the value of a call is certainly nothing that could be awaited."""
    return bool(values := user.values(call)) and values <= NONE | OTHER


def _at(module: Module, node: ast.expr) -> str:
    return f"{module.path}:{node.lineno}"


# ---- for people ---


def evidence_of(chain: Chain, found: Forgotten) -> tuple[Evidence, ...]:
    """Return the whole chain as places: the coroutine function, what would have to follow, and where that ends."""
    made = [
        Evidence(one.facts.path, one.node.lineno, f"`{one.node.name}()` is a coroutine function")
        for one in found.functions
        if not isinstance(one.node, ast.Lambda)
    ]
    first = chain.links[0]
    start = Evidence(first.module.path, first.function.lineno, f"`{first.function.name}()` would have to be one too")
    steps = (Evidence(step.module.path, step.call.lineno, _note(step)) for step in chain.steps)
    return tuple(dict.fromkeys((*made, start, *steps)))


def _note(step: Step) -> str:
    callee = step.callee.name
    caller = step.module.facts.function_at(step.call)
    name = getattr(caller, "name", "")
    match step.caller:
        case Caller.PLAIN if caller is step.callee:
            return f"`{callee}()` calls itself"
        case Caller.PLAIN:
            return f"`{name}()` calls `{callee}()`: it would have to follow"
        case Caller.COROUTINE | Caller.WAITS:
            return f"`{name}()` calls `{callee}()`: it is a coroutine function"
        case Caller.PROGRAM:
            return f"the program calls `{callee}()`"
