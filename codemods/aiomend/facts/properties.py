"""Attributes that are code of the project: properties, and whatever else a class binds under their name."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.current_loop import is_getter
from aiomend.facts.flow import is_simple
from aiomend.facts.scopes import Binding, How, last_name
from aiomend.facts.uses import attribute_uses
from aiomend.facts.values import ProjectClass, ProjectInstance, Value
from aiomend.facts.view import Module

#: Properties that return what another one gives are followed this far.
_DEPTH = 4


def runs_code(module: Module, node: ast.expr, depth: int = _DEPTH) -> bool:
    """True where reading a chain of attributes comes to code: a property that does more than return what it refers to, a
    descriptor, or a `__getattr__` that may be asked.
    """
    while isinstance(node, ast.Attribute):
        bindings = list(_bindings(module, node, node.attr))
        if any(_computes(module.beside(path), binding, depth) for path, binding in bindings):
            return True
        if _is_made_up(module, node):
            return True
        node = node.value
    return False


def _is_made_up(module: Module, node: ast.Attribute) -> bool:
    """True where a class of the project makes up attributes, and nothing in it gives this one."""
    classes = module.inference.classes
    for cls in (value.cls for value in module.values(node.value) if isinstance(value, ProjectInstance)):
        names = {name for base in classes.mro(cls) for name in base.facts.scopes[base.node].bindings}
        is_given = bool(classes.givers(cls, node.attr)) or classes.is_set_from_outside(node.attr)
        if "__getattribute__" in names or ("__getattr__" in names and not is_given):
            return True
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
        case ast.FunctionDef(decorator_list=decorators, body=body) as getter if "property" in map(
            last_name, decorators
        ):
            if home is not None and _only_looks_once(home, getter):
                return False
            match body[-1]:
                case ast.Return(value=ast.expr() as value) if is_simple(value):
                    if any(not _is_text(one) for one in body[:-1]) or home is None or not depth:
                        return True
                    return runs_code(home, value, depth - 1)
                case _:
                    return True
        case ast.Assign(value=ast.Call(func=ast.Name(id="property"), args=[ast.Lambda(body=value), *_])):
            return home is None or not depth or not is_simple(value) or runs_code(home, value, depth - 1)
        case ast.Assign(value=ast.Call(func=ast.Name(id="property"))):
            return True
        case ast.Assign(value=ast.Call(func=made)) if home is not None:
            return any(_is_asked(home, value) for value in home.values(made))
        case _:
            return False


def _only_looks_once(home: Module, getter: ast.FunctionDef) -> bool:
    """True for `if self._loop is None: self._loop = get_event_loop()`, then `return self._loop`, where nobody else reads that.

    What is looked for is a loop: what another call makes may be missed where it is not made.
    """
    match [one for one in getter.body if not _is_text(one)]:
        case [
            ast.If(
                test=ast.Compare(left=asked, ops=[ast.Is()], comparators=[ast.Constant(value=None)])
                | ast.UnaryOp(op=ast.Not(), operand=asked),
                body=[ast.Assign(targets=[ast.Attribute() as kept], value=found)],
                orelse=[],
            ),
            ast.Return(value=ast.Attribute() as given),
        ] if ast.unparse(asked) == ast.unparse(kept) == ast.unparse(given) and is_getter(home, found):
            uses = attribute_uses(home, kept.attr)
        case _:
            return False
    return uses is not None and all(
        isinstance(use.ctx, ast.Store) or facts.function_at(use) is getter for facts, use in uses
    )


def _is_asked(home: Module, cls: Value) -> bool:
    """True for a class of the project whose objects answer when they are read as attributes."""
    return isinstance(cls, ProjectClass) and any(
        "__get__" in one.facts.scopes[one.node].bindings for one in home.inference.classes.mro(cls)
    )


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
