"""What a function changes of the containers that its caller lends it: `rows.append(row)`, `for row in rows: row["x"] = 1`."""

from __future__ import annotations

import ast

from aiomend.facts.module import ModuleFacts
from aiomend.facts.parameters import parameters
from aiomend.facts.scopes import Binding, How, called_name
from aiomend.facts.shared_state import is_written
from aiomend.facts.values import Function

_DEPTH = 4  #: names for names are followed this far
#: What these give holds what they were given.
HAND_ON = frozenset({"dict", "enumerate", "filter", "iter", "list", "reversed", "set", "sorted", "tuple", "zip"})


def parameters_of(function: Function) -> frozenset[str]:
    """Return the names of all parameters that a function can be given one thing by, its object among them."""
    arguments = function.node.args
    return frozenset(one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs))


def lent_by(callee: Function, call: ast.Call, is_own: frozenset[ast.expr]) -> frozenset[str]:
    """Return the parameters by which a call lends what others may have: all but those that get one of ``is_own``."""
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    lent = {name for one in given if one not in is_own for name in parameters(callee, call, one)}
    if any(isinstance(one, ast.Starred) for one in call.args) or any(one.arg is None for one in call.keywords):
        lent |= parameters_of(callee)  # nobody can say which is which
    return frozenset(lent)


def is_lent_and_changed(facts: ModuleFacts, node: ast.expr, lent: frozenset[str]) -> bool:
    """True for a name of something lent where what it stands for is changed, not where the name is bound anew."""
    if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load) or not is_written(facts, node):
        return False
    parent = facts.parents[node]
    held = isinstance(parent, ast.Subscript) and isinstance(parent.ctx, ast.Load)  # `rows[0].append(…)`
    return _is_lent(facts, node, lent, held, _DEPTH)


def _is_lent(facts: ModuleFacts, node: ast.expr, lent: frozenset[str], held: bool, depth: int) -> bool:
    """True for what may be a part of something lent; ``held`` asks for what it holds, which a copy has in common."""
    match node:
        case ast.Attribute(value=inner) | ast.Subscript(value=inner) | ast.Call(func=ast.Attribute(value=inner)):
            return _is_lent(facts, inner, lent, True, depth)  # `rows[0]`, `rows.values()`
        case ast.Call(args=parts) if held and called_name(node) in HAND_ON:
            pass
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts) | ast.Dict(values=parts) if held:
            held = False
        case ast.BoolOp(values=parts):
            pass
        case ast.IfExp(body=body, orelse=orelse):
            parts = [body, orelse]
        case ast.Name(id=name):
            scope = facts.scope_at(node)
            home = scope.find(name)
            if home is None or home[0].function is not scope.function or not depth:
                return False  # of a module, or of a function around it: told as such
            return any(_is_bound_to_lent(facts, name, one, lent, held, depth - 1) for one in home[1])
        case _:
            return False
    return any(_is_lent(facts, one, lent, held, depth) for one in parts)


def _is_bound_to_lent(
    facts: ModuleFacts, name: str, binding: Binding, lent: frozenset[str], held: bool, depth: int
) -> bool:
    if binding.how is How.PARAMETER:
        return name in lent
    if binding.how is How.CONTEXT or binding.value is None:
        return False  # what entering gives is for this block
    return _is_lent(facts, binding.value, lent, held or binding.how is How.ITERATION or bool(binding.path), depth)
