"""Calls outside the project whose result depends on what they are given, or on what they are called on."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from aiomend.facts.module import ModuleFacts
from aiomend.facts.parts import elements_of
from aiomend.facts.values import (
    EMPTY,
    NONE,
    OTHER,
    UNKNOWN,
    Container,
    Context,
    Coroutine,
    Fixed,
    Instance,
    Plain,
    Returns,
    Values,
)

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference

COPIES = frozenset({"list", "tuple", "set", "frozenset", "sorted", "reversed", "iter", "collections.deque"})
_STARTS = frozenset(
    [
        "asyncio.ensure_future",
        "asyncio.create_task",
        "asyncio.AbstractEventLoop.create_task",
        "asyncio.TaskGroup.create_task",
    ]
)
_ENTER = frozenset({"contextlib.ExitStack.enter_context", "contextlib.AsyncExitStack.enter_context"})
_ENTER_LATER = frozenset(
    {"contextlib.AsyncExitStack.enter_async_context", "unittest.IsolatedAsyncioTestCase.enterAsyncContext"}
)
_HELD = frozenset({"asyncio.Queue.get", "asyncio.Queue.get_nowait", "asyncio.Future.result"})


def by_arguments(inference: Inference, facts: ModuleFacts, name: str, args: list[ast.expr]) -> Values | None:
    """Return what calls give whose result depends on what they are given; None for all others."""

    def given(argument: ast.expr = args[0]) -> Values:
        """What an argument is; UNKNOWN for a star, which may stand for any number of them."""
        return UNKNOWN if isinstance(argument, ast.Starred) else inference.values(facts, argument)

    if name in COPIES:
        return frozenset({Container(elements_of(given()))})
    match name:
        case "enumerate":
            elements = elements_of(given())
            return frozenset({Container(frozenset({Fixed((OTHER, elements))}))})
        case "zip":
            each = tuple(elements_of(given(one)) for one in args)
            return frozenset({Container(frozenset({Fixed(each)}))})
        case "type" if len(args) == 1:
            return inference.calls.classes_of(given())
        case "next" | "max" | "min":
            return elements_of(given())
        case "collections.defaultdict":
            return frozenset({Container(inference.results(given()))})
        case "functools.partial" | "asyncio.coroutine" | "types.coroutine":
            return frozenset({Returns(inference.results(given()))})
        case "typing.cast" if len(args) == 2:
            return inference.annotations.promise(facts, args[0])
        case "asyncio.wait_for":
            return frozenset({Coroutine(inference.awaited(given()))})
        case "asyncio.to_thread":
            return frozenset({Coroutine(inference.results(given()))})
        case _ if name in _STARTS:
            held = inference.awaited(given())
            return frozenset({Instance("asyncio.Task", held if Plain.UNKNOWN not in held else EMPTY)})
        case "weakref.ref":
            return frozenset({Returns(given() | NONE)})
        case _ if name in _ENTER:
            return inference.calls.entered(given(), False)
        case _ if name in _ENTER_LATER:
            return frozenset({Coroutine(inference.calls.entered(given(), True))})
        case "contextlib.closing" | "contextlib.aclosing":
            return frozenset({Context(given())})
        case _:
            return None


def held_by(inference: Inference, facts: ModuleFacts, name: str, func: ast.expr) -> Values:
    """Return what a queue or a future gives that holds something known; empty for all other calls."""
    if name not in _HELD or not isinstance(func, ast.Attribute):
        return EMPTY
    receivers = inference.values(facts, func.value)
    each = [one.holds for one in receivers - NONE if isinstance(one, Instance) and one.holds]
    if not each or len(each) < len(receivers - NONE):
        return EMPTY
    given = EMPTY.union(*each)
    return frozenset({Coroutine(given)}) if name == "asyncio.Queue.get" else given
