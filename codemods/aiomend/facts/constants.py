"""What comes out the same on every run: constants of a module, tests of them, and what only type checkers take for true."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiomend.facts.flow import guarded
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import Binding, How, Scope
from aiomend.facts.values import ProjectModule

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference

_TYPE_CHECKING = frozenset({"typing.TYPE_CHECKING", "typing_extensions.TYPE_CHECKING"})
_HOPS = 4  #: a constant that is handed on through more modules than this is not followed


@dataclass(frozen=True, slots=True)
class Text:
    """A constant text, with the name and the file of the constant where it has a name."""

    value: str
    name: str | None = None
    home: str = ""


def truth(inference: Inference, facts: ModuleFacts, test: ast.expr) -> bool | None:
    """Return how a test comes out on every run; None where that depends on something."""
    match test:
        case ast.Constant(value=value):
            return bool(value)
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            known = truth(inference, facts, inner)
            return None if known is None else not known
        case ast.BoolOp(op=op, values=parts):
            deciding = isinstance(op, ast.Or)
            known_parts = [truth(inference, facts, part) for part in parts]
            if deciding in known_parts:
                return deciding
            return None if None in known_parts else not deciding
        case ast.Name() | ast.Attribute() if inference.external_name(facts, test) in _TYPE_CHECKING:
            return False
        case ast.Name(id=name):
            found = _constant(inference, facts, facts.scope_at(test).find(name), name)
            return bool(found[0]) if found is not None else None
        case _:
            return None


def is_dead(inference: Inference, facts: ModuleFacts, node: ast.expr) -> bool:
    """True where a test that always comes out the same keeps control from a node: `if _IS_SYNC:` with `_IS_SYNC = False`."""

    def excluded(test: ast.expr, outcome: bool) -> bool:
        return truth(inference, facts, test) is (not outcome)

    return guarded(facts, node, excluded, lambda _: False)


def text_of(inference: Inference, facts: ModuleFacts, node: ast.expr) -> Text | None:
    """Return the text that an expression is on every run; None where it is none, or depends on something."""
    match node:
        case ast.Constant(value=str() as text):
            return Text(text)
        case ast.Name(id=name):
            found = _constant(inference, facts, facts.scope_at(node).find(name), name)
        case ast.Attribute(attr=name, value=value):
            match list(inference.values(facts, value)):
                case [ProjectModule(facts=inner)] if name in inner.scope.bindings:
                    found = _constant(inference, inner, (inner.scope, inner.scope.bindings[name]), name)
                case _:
                    return None  # an attribute of something else
        case _:
            return None
    return Text(found[0], found[2], found[1].path) if found is not None and isinstance(found[0], str) else None


def _constant(
    inference: Inference, facts: ModuleFacts, home: tuple[Scope, list[Binding]] | None, name: str
) -> tuple[object, ModuleFacts, str] | None:
    """Return the constant that a module binds a name to, once and at its own level, unless somebody sets it from outside.

    With it goes the module that binds it, and its name there. A text in capitals that too many files mention is taken for one.
    """
    for _ in range(_HOPS):
        if home is None or home[0] is not facts.scope or len(home[1]) != 1:
            return None  # a variable
        binding = home[1][0]
        match binding:
            case Binding(how=How.ASSIGN | How.ANNOTATION, value=ast.Constant(value=value), path=()):
                if facts.parents.get(facts.statement(binding.node)) is not facts.tree:
                    return None  # bound under a condition
                is_set = _is_set(inference, name)
                is_named_so = is_set is None and isinstance(value, str) and name.isupper()
                return (value, facts, name) if is_set is False or is_named_so else None
            case Binding(how=How.FROM, target=target, member=member):
                inner = inference.project.module(target, facts.path)
                if inner is None:
                    return None  # not the project's
                facts, name = inner, member
                home = (facts.scope, facts.scope.bindings[name]) if name in facts.scope.bindings else None
            case _:
                return None  # computed
    return None


def _is_set(inference: Inference, name: str) -> bool | None:
    """Return whether some file sets an attribute of that name: `settings.DEBUG = True`; None where too many could."""
    return inference.traced(("is set", name), lambda: _find_set(inference, name))


def _find_set(inference: Inference, name: str) -> bool | None:
    users = inference.project.uses(name)
    if users is None:
        return None
    uses = (one for _, found in users for one in found)
    return any(isinstance(one, ast.Attribute) and not isinstance(one.ctx, ast.Load) for one in uses)
