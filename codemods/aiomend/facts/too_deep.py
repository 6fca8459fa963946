"""Expressions that an evaluation came to when it was too deep already: they are asked for by themselves, when it is over."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from aiomend.facts.module import ModuleFacts

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference

_Question = tuple[ast.expr, int]  #: an expression, and how often parameters may be looked up at their callers


class TooDeep:
    """Has each of them evaluated once, and once more where others were too deep for it: when those are known."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._left: dict[_Question, ModuleFacts] = {}
        self._noted: set[_Question] = set()
        self._is_asking = False

    def note(self, facts: ModuleFacts, node: ast.expr, level: int) -> None:
        """Note that an evaluation was broken off at an expression."""
        if (node, level) not in self._noted:
            self._noted.add((node, level))
            self._left[node, level] = facts

    def catch_up(self) -> bool:
        """Have all of them evaluated, the deepest first; False where none was left."""
        if not self._left or self._is_asking:
            return False
        self._is_asking = True
        try:
            todo = [(question, facts, False) for question, facts in self._taken()]
            while todo:
                (node, level), facts, is_second = todo.pop()
                with self._inference.at_level(level):
                    self._inference.forget(node)
                    self._inference.values(facts, node)
                    deeper = self._taken()
                    if deeper and not is_second:
                        self._inference.forget(node)  # nobody is to build on what is not all
                        todo.append(((node, level), facts, True))
                todo += [(question, facts, False) for question, facts in deeper]
        finally:
            self._is_asking = False
        return True

    def _taken(self) -> list[tuple[_Question, ModuleFacts]]:
        """Return those that were noted since the last time."""
        taken = list(self._left.items())
        self._left.clear()
        return taken
