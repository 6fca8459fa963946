"""The object that a method is called on: `self`, by whatever name, and the class that it is of."""

from __future__ import annotations

import ast

from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import FUNCTIONS, FunctionNode, How, called_name


def self_name(function: FunctionNode) -> str | None:
    """Return what a function calls its first parameter."""
    first = [*function.args.posonlyargs, *function.args.args][:1]
    return first[0].arg if first else None


def is_static(function: FunctionNode) -> bool:
    """True for a function in a class that is given no object of it."""
    return any(called_name(one) == "staticmethod" for one in function.decorator_list)


def own_class(facts: ModuleFacts, node: ast.AST) -> ast.ClassDef | None:
    """Return the class whose object a name is, in a method or in a function inside of one; None for whatever else."""
    if not isinstance(node, ast.Name) or (found := facts.scope_at(node).find(node.id)) is None:
        return None
    method, bindings = found[0].node, found[1]
    if not isinstance(method, FUNCTIONS) or is_static(method) or self_name(method) != node.id:
        return None
    return facts.class_of(method) if [one.how for one in bindings] == [How.PARAMETER] else None
