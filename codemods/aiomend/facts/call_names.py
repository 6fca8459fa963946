"""Names through which a call gets to what gives it its result: who puts something else under one of them changes the result."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from aiomend.facts.handed_back import handed_back
from aiomend.facts.scopes import last_name
from aiomend.facts.values import EMPTY, Coroutine, Values
from aiomend.facts.view import Module


@dataclass(frozen=True, slots=True)
class Reached:
    """A name through which a call gets to its result."""

    name: str
    owner: Values | None  #: the object whose attribute that is; None for a variable that holds no attribute
    called: str  #: the name of what is called then: this one, or a method's of what it stands for

    @property
    def is_called(self) -> bool:
        """True for the name of what is called."""
        return self.name == self.called


def names_of_call(module: Module, node: ast.expr) -> Iterator[Reached]:
    """Yield the names through which a call gets to what gives it its result, plain functions of the project in between."""
    yield from _names(module, node)
    for home, value in handed_back(module, node):
        yield from _names(home, value)


def _names(module: Module, node: ast.expr) -> Iterator[Reached]:
    """Yield the names through which a call gets to what it calls, and those of the function and its class."""
    if not isinstance(node, ast.Call):
        return
    called = last_name(node.func)
    part: ast.expr = node.func
    while isinstance(part, (ast.Attribute, ast.Call)):
        if isinstance(part, ast.Attribute):
            yield Reached(part.attr, module.values(part.value), called)
        part = part.value if isinstance(part, ast.Attribute) else part.func
    if isinstance(part, ast.Name):
        home = module.facts.scope_at(part).find(part.id)
        values = [one.value for one in home[1]] if home is not None else []
        yield Reached(part.id, EMPTY if any(isinstance(one, ast.Attribute) for one in values) else None, called)
    for value in module.values(node):
        if isinstance(value, Coroutine) and value.function is not None:
            owner = value.function.facts.class_of(value.function.node)
            if owner is not None:
                yield Reached(owner.name, EMPTY, called)
