"""Tests that come out the same on every run: constants of a module, and what only type checkers take for true."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from aiomend.facts.flow import guarded
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import Binding, How

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference

_TYPE_CHECKING = frozenset({"typing.TYPE_CHECKING", "typing_extensions.TYPE_CHECKING"})
_HOPS = 4  #: a constant that is handed on through more modules than this is not followed


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
            return _constant(inference, facts, test, name)
        case _:
            return None


def is_dead(inference: Inference, facts: ModuleFacts, node: ast.expr) -> bool:
    """True where a test that always comes out the same keeps control from a node: `if _IS_SYNC:` with `_IS_SYNC = False`."""

    def excluded(test: ast.expr, outcome: bool) -> bool:
        return truth(inference, facts, test) is (not outcome)

    return guarded(facts, node, excluded, lambda _: False)


def _constant(inference: Inference, facts: ModuleFacts, node: ast.Name, name: str) -> bool | None:
    """The truth of a name that a module binds once, at its own level, to a constant, and that nobody sets from outside."""
    home = facts.scope_at(node).find(name)
    for _ in range(_HOPS):
        if home is None or home[0] is not facts.scope or len(home[1]) != 1:
            return None  # a variable
        binding = home[1][0]
        match binding:
            case Binding(how=How.ASSIGN | How.ANNOTATION, value=ast.Constant(value=value), path=()):
                is_plain = facts.parents.get(facts.statement(binding.node)) is facts.tree
                return bool(value) if is_plain and not _is_set(inference, name) else None
            case Binding(how=How.FROM, target=target, member=member):
                inner = inference.project.module(target, facts.path)
                if inner is None:
                    return None  # not the project's
                facts, name = inner, member
                home = (facts.scope, facts.scope.bindings[name]) if name in facts.scope.bindings else None
            case _:
                return None  # computed
    return None


def _is_set(inference: Inference, name: str) -> bool:
    """True where some file may set an attribute of that name: `settings.DEBUG = True`."""
    paths = inference.project.files_mentioning(name)
    if paths is None:
        return True
    users = (inference.project.facts(path) for path in paths)
    return any(
        not isinstance(one.ctx, ast.Load) for user in users if user is not None for one in user.attributes.get(name, ())
    )
