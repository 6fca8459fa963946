"""What a test before a place says of an expression: `isinstance`, with the branches that it closes."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from aiomend.facts.flow import assigns, guarded
from aiomend.facts.module import ModuleFacts
from aiomend.facts.parts import elements_of
from aiomend.facts.scopes import FUNCTIONS
from aiomend.facts.values import (
    EMPTY,
    UNKNOWN,
    External,
    Fixed,
    Plain,
    ProjectClass,
    ProjectInstance,
    Values,
)

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference

_VAGUE = (
    "typing.",
    "collections.abc.",
    "types.",
)  #: what they name has a method by that name, and nothing is known of it


class Narrowing:
    """Reads `isinstance` tests for one Inference."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._tested: dict[ModuleFacts, dict[ast.AST | None, dict[str, list[ast.Call]]]] = {}

    def narrowed(self, facts: ModuleFacts, node: ast.Name | ast.Attribute, values: Values) -> Values:
        """Return what of ``values`` is left at a place where a test has been passed: instances of the classes it names."""
        if "isinstance" not in facts.names or not self._is_open(values) or not isinstance(node.ctx, ast.Load):
            return values
        noted = self._tests_in(facts).get(facts.function_at(node))
        tests = noted.get(_written(node)) if noted else None
        if not tests:
            return values
        passed: list[ast.expr] = []

        def settled(test: ast.expr, outcome: bool) -> bool:
            if outcome and isinstance(test, ast.Call) and test in tests:
                passed.append(test.args[1])
                return True
            return False

        if not guarded(facts, node, settled, lambda statement: assigns(statement, node)):
            return values
        meant = EMPTY.union(*(self._instances(facts, cls) for cls in passed))
        return values if Plain.UNKNOWN in meant else self._common(values, meant)

    def _is_open(self, values: Values) -> bool:
        return Plain.UNKNOWN in values or len(values) > 1

    def _tests_in(self, facts: ModuleFacts) -> dict[ast.AST | None, dict[str, list[ast.Call]]]:
        """Return the tests in each function of a file, those of functions inside of it too, by what they ask about."""
        if facts not in self._tested:
            noted: dict[ast.AST | None, dict[str, list[ast.Call]]] = {}
            for name in facts.names["isinstance"]:
                match facts.parents[name]:
                    case ast.Call(func=func, args=[ast.Name() | ast.Attribute() as asked, _]) as test if func is name:
                        for function in facts.ancestors(test):
                            if isinstance(function, (*FUNCTIONS, ast.Lambda)):
                                noted.setdefault(function, {}).setdefault(_written(asked), []).append(test)
                    case _:
                        pass  # no such test
            self._tested[facts] = noted
        return self._tested[facts]

    def _instances(self, facts: ModuleFacts, cls: ast.expr) -> Values:
        """The instances of what stands as a test's second argument; UNKNOWN where it names no certain classes."""
        classes = self._inference.values(facts, cls)
        if any(isinstance(one, Fixed) for one in classes):
            classes = elements_of(classes)
        if not all(isinstance(one, ProjectClass) or _is_telling(one) for one in classes):
            return UNKNOWN
        return self._inference.instances(classes)

    def _common(self, values: Values, meant: Values) -> Values:
        """What is both: one of ``values`` and an instance of a class that was asked for, or of a subclass."""
        found = meant if Plain.UNKNOWN in values else EMPTY
        for value in values - {Plain.UNKNOWN, Plain.NONE, Plain.OTHER}:
            if not isinstance(value, ProjectInstance):
                found |= {value}
                continue  # of an external object it is not known what else it is
            for one in meant:
                if isinstance(one, ProjectInstance) and one.cls in self._inference.classes.mro(value.cls):
                    found |= {value}
                elif isinstance(one, ProjectInstance) and value.cls in self._inference.classes.mro(one.cls):
                    found |= {one}
        return found or meant


def _written(node: ast.expr) -> str:
    """Return what is equal for two expressions that are written alike."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            return f"{_written(value)}.{attr}"
        case _:
            return ast.dump(node)


def _is_telling(value: object) -> bool:
    return isinstance(value, External) and not value.name.startswith(_VAGUE)
