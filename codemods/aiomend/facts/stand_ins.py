"""Objects of the project's own classes that stand for the event loop or a future: clocks of simulations, futures with setters of their own."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from aiomend.facts.catalog.interfaces import inherits
from aiomend.facts.future_makers import FutureMakers
from aiomend.facts.module import ModuleFacts
from aiomend.facts.spelling import is_defined
from aiomend.facts.values import UNKNOWN, Instance, Plain, ProjectClass, ProjectInstance, Value, Values

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference

SETTERS = ("set_result", "set_exception")

_LOOP = "asyncio.AbstractEventLoop"
_FUTURE = "asyncio.Future"
_OF_LOOP = ("call_soon", "call_soon_threadsafe", "call_later", "call_at", "create_future")


class StandIns:
    """Looks up, for one Inference, where the project gives something of its own for what looks like asyncio's."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._makers = FutureMakers(inference.project)

    def loop_is_another(self, facts: ModuleFacts, loop: ast.expr) -> bool:
        """True where some caller in the project, or the project itself, gives an object with the loop's methods that is no loop."""
        return self._has_loops and any(map(self._is_loop, self._inference.values_from_callers(facts, loop)))

    def future_is_another(self, facts: ModuleFacts, future: ast.expr) -> bool:
        """True where it gives an object of a class with setters of its own."""
        return self._has_futures and any(map(self._is_future, self._inference.values_from_callers(facts, future)))

    def owners(self, facts: ModuleFacts, receiver: ast.expr, owners: Values) -> Values:
        """Return whose method `<receiver>.create_future` may be: the loop's where nothing is known, and not surely where it is given another."""
        if Plain.UNKNOWN not in owners and Instance(_LOOP) not in owners:
            return owners
        if self.loop_is_another(facts, receiver):
            return owners | UNKNOWN
        if Plain.UNKNOWN in owners and self._makers.is_the_loops(facts, receiver):
            return owners - UNKNOWN | {Instance(_LOOP)}
        return owners

    def besides(self, promised: Values, given: Callable[[], Values]) -> Values:
        """Return what an annotation promises, and what is given of the project's own in place of the loop or future in it."""
        found = promised
        if self._has_loops and _holds(promised, _LOOP):
            found |= frozenset(filter(self._is_loop, given()))
        if self._has_futures and _holds(promised, _FUTURE):
            found |= frozenset(filter(self._is_future, given()))
        return found

    def sets_itself(self, cls: ProjectClass) -> bool:
        """True for a class with a `set_result` or `set_exception` of its own, or of a base in the project."""
        return self._defines(cls, SETTERS)

    def _is_loop(self, value: Value) -> bool:
        return (
            isinstance(value, ProjectInstance)
            and self._defines(value.cls, _OF_LOOP)
            and self._inference.is_instance(frozenset({value}), _LOOP) is False
        )

    def _is_future(self, value: Value) -> bool:
        return isinstance(value, ProjectInstance) and self.sets_itself(value.cls)

    def _defines(self, cls: ProjectClass, methods: tuple[str, ...]) -> bool:
        return any(
            name in one.facts.scopes[one.node].bindings for one in self._inference.classes.mro(cls) for name in methods
        )

    @cached_property
    def _has_loops(self) -> bool:
        """Whether any file of the project may define a method of the loop's."""
        return self._is_defined(_OF_LOOP)

    @cached_property
    def _has_futures(self) -> bool:
        """Whether any file of the project may define a setter."""
        return self._is_defined(SETTERS)

    def _is_defined(self, methods: tuple[str, ...]) -> bool:
        return any(self._inference.project.files_spelling(is_defined, name) != () for name in methods)


def _holds(promised: Values, cls: str) -> bool:
    return any(isinstance(value, Instance) and inherits(value.cls, cls) for value in promised)
