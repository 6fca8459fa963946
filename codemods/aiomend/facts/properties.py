"""Attributes that are code of the project: properties, and whatever else a class binds under their name."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.flow import is_simple
from aiomend.facts.scopes import Binding, How, last_name
from aiomend.facts.values import ProjectClass, ProjectInstance
from aiomend.facts.view import Module

#: Properties that return what another one gives are followed this far.
_DEPTH = 4


def runs_code(module: Module, node: ast.expr, depth: int = _DEPTH) -> bool:
    """True where reading a chain of attributes comes to a property that does more than return what it refers to."""
    while isinstance(node, ast.Attribute):
        if any(_computes(module.beside(path), binding, depth) for path, binding in _bindings(module, node, node.attr)):
            return True
        node = node.value
    return False


def is_descriptor(module: Module, node: ast.Attribute) -> bool:
    """True where an assignment to the attribute may run code: its class binds the name to more than a constant, or sets all itself."""
    if any(True for _ in _bindings(module, node, "__setattr__")):
        return True
    return any(
        binding.how is How.DEF or not (binding.value is None or isinstance(binding.value, ast.Constant))
        for _, binding in _bindings(module, node, node.attr)
    )


def _bindings(module: Module, node: ast.Attribute, name: str) -> Iterator[tuple[str, Binding]]:
    """Yield what the classes of the project that the receiver may be an instance of bind to a name, with the file."""
    for value in module.values(node.value):
        match value:
            case ProjectInstance(cls=ProjectClass() as cls):
                classes = module.inference.classes
                for base in (base for one in (cls, *classes.subclasses(cls)) for base in classes.mro(one)):
                    for binding in base.facts.scopes[base.node].bindings.get(name, ()):
                        yield base.facts.path, binding  # of what it is mixed with, too
            case _:
                pass  # no class whose body can be read


def _computes(home: Module | None, binding: Binding, depth: int) -> bool:
    match binding.node:
        case ast.FunctionDef(decorator_list=decorators, body=body) if "property" in map(last_name, decorators):
            match body[-1]:
                case ast.Return(value=ast.expr() as value) if is_simple(value):
                    if any(not _is_text(one) for one in body[:-1]) or home is None or not depth:
                        return True
                    return runs_code(home, value, depth - 1)
                case _:
                    return True
        case _:
            return False


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
