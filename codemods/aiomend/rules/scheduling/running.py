"""The ways to run a coroutine at the level of a program."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiomend.facts.coroutine_places import runs_a_loop
from aiomend.facts.flow import loops_around
from aiomend.facts.offload import hides
from aiomend.facts.view import Module
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Edit, Need, Replace, Wrap
from aiomend.rules.closing.writing import enclosed, introduced
from aiomend.rules.rule import imports_of
from aiomend.rules.scheduling.reasons import not_to_run

if TYPE_CHECKING:
    import libcst as cst


@dataclass(frozen=True, slots=True)
class HandedTo:
    """Writes ``function(node)``; equal where the function is."""

    function: str

    def __call__(self, node: cst.BaseExpression) -> cst.BaseExpression:
        return syntax.call(self.function, node)


@dataclass(frozen=True, slots=True)
class _InLoop:
    """Writes a loop around a statement: it is made before and closed after."""

    getter: str
    indent: str

    def __call__(self, body: Sequence[cst.BaseStatement]) -> Sequence[cst.BaseStatement]:
        return introduced(enclosed(body, "loop", self.indent, has_close=False), f"loop = {self.getter}()")


@dataclass(frozen=True, slots=True)
class Running:
    """How a program runs one coroutine: ``how`` for a message, and the edits with what they need."""

    how: str
    edits: tuple[Edit, ...]
    needs: tuple[Need, ...]


def running(module: Module, call: ast.Call, *, is_only: bool) -> Running | str:
    """Return how the program of a file runs the coroutine that ``call`` makes, or why only a person can say.

    ``is_only`` is False where others are run too: before Python 3.7 one loop has to run all of them.
    """
    run = module.spell("asyncio", "run", call)
    is_new = module.settings.target.all_at_least((3, 7))
    if (reason := not_to_run(module, call, run)) is not None and (is_new or runs_a_loop(module)):
        return reason
    if is_new:
        return Running(f"{run.text}()", (Replace(call, HandedTo(run.text)),), imports_of(run))
    if module.settings.target.reaches((3, 14)):
        return "the target range reaches from before `asyncio.run()` to where `get_event_loop()` makes no loop"
    if not is_only or any(loops_around(module.facts, call)):
        return "before Python 3.7 one loop has to run all of them: only a person knows where it begins and ends"
    getter = module.spell("asyncio", "get_event_loop", call)
    if hides(module, getter, call) or not module.is_free("loop", call):
        return f"`{getter.text}` or `loop` means something else here"
    edits = (
        Replace(call, HandedTo("loop.run_until_complete")),
        Wrap((module.facts.statement(call),), _InLoop(getter.text, module.facts.indent)),
    )
    return Running("loop.run_until_complete()", edits, imports_of(getter))
