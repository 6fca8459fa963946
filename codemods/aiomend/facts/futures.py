"""What an asyncio future is, and which places set the same one."""

from __future__ import annotations

import ast
import enum
import re

from aiomend.facts.catalog.interfaces import inherits
from aiomend.facts.flow import is_simple, leaves
from aiomend.facts.scopes import Binding, How
from aiomend.facts.values import Instance, Plain, ProjectClass, ProjectInstance, Values
from aiomend.facts.view import Module

SETTERS = ("set_result", "set_exception")

_FUTURE = "asyncio.Future"
_NAMED = re.compile(r"(?:^|_)(?:fut|futur|future|waiter)(?:_?[a-z0-9])?$|(?:Fut|Future|Waiter)\d?$")
_PLURAL = re.compile(r"(?:^|_)(?:futs|futures|waiters)$|(?:Futs|Futures|Waiters)$")
_TAKES_OUT = frozenset({"pop", "popleft", "get", "get_nowait", "setdefault"})


class Certainty(enum.Enum):
    """How sure it is that an expression is an asyncio future."""

    KNOWN = "known"
    NAMED = "only its name suggests it"


# ---- what is a future ---


def certainty(module: Module, receiver: ast.expr) -> Certainty | None:
    """Return how surely ``receiver`` is an asyncio future whose setter can fail; None where it is something else."""
    if _is_own(module, receiver):
        return None  # `super()` or `self`: a future's own implementation
    kinds = {_kind(module, value) for value in _values(module, receiver) - {Plain.NONE}}
    if kinds == {True}:
        return Certainty.KNOWN
    if False in kinds:
        return None  # another class, or now one and now another
    if True in kinds:
        return Certainty.NAMED
    suggested = suggests_future(receiver) and _speaks_asyncio(module) and not _has_other_futures(module)
    return Certainty.NAMED if suggested else None


def suggests_future(receiver: ast.expr) -> bool:
    """True where the name of an expression, or of the container that it comes out of, is a future's."""
    match receiver:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return _NAMED.search(name) is not None
        case ast.Call(func=ast.Attribute(value=container, attr=method)) if method in _TAKES_OUT:
            return holder_name(container) is not None
        case ast.Subscript(value=container):
            return holder_name(container) is not None
        case _:
            return False


def holder_name(container: ast.expr) -> str | None:
    """Return what one element of a container of futures is called after it: `waiter` for `self._waiters`."""
    match container:
        case ast.Name(id=name) | ast.Attribute(attr=name) if _PLURAL.search(name):
            return name.removesuffix("s").strip("_")
        case _:
            return None


def _values(module: Module, receiver: ast.expr) -> Values:
    match bindings_of(module, receiver):
        case [Binding(how=How.PARAMETER, value=ast.expr() as default)] if isinstance(
            module.facts.scope_at(receiver).node, ast.Lambda
        ):
            return module.values(default)  # `lambda fut=fut: …` binds early
        case _:
            return module.values(receiver)


def _kind(module: Module, value: object) -> bool | None:
    """True for an asyncio future, False for anything else, None for what nobody knows."""
    match value:
        case Plain.UNKNOWN:
            return None
        case Instance(cls=cls):
            return inherits(cls, _FUTURE) and not inherits(cls, "asyncio.Task")
        case ProjectInstance(cls=cls):
            bases = module.inference.classes.external_bases(cls) or frozenset()
            return any(inherits(base, _FUTURE) for base in bases) and not _defines_setter(module, cls)
        case _:
            return False


def _defines_setter(module: Module, cls: ProjectClass) -> bool:
    return any(
        name in one.facts.scopes[one.node].bindings for one in module.inference.classes.mro(cls) for name in SETTERS
    )


def _is_own(module: Module, receiver: ast.expr) -> bool:
    match receiver:
        case ast.Call(func=ast.Name(id="super")):
            return True
        case ast.Name(id=name):
            for function in module.enclosing_functions(receiver):
                first = [*function.args.posonlyargs, *function.args.args][:1]
                is_static = any(module.name_of(one) == "staticmethod" for one in function.decorator_list)
                if module.facts.class_of(function) is not None and not is_static and first and first[0].arg == name:
                    return True
            return False
        case _:
            return False


def _speaks_asyncio(module: Module) -> bool:
    """True where a file has to do with asyncio at all: without that, a name suggests nothing."""
    facts = module.facts
    return (
        bool(facts.imported_roots & {"asyncio", "uvloop"})
        or any(isinstance(function, ast.AsyncFunctionDef) for function in facts.functions)
        or "create_future" in facts.attributes
    )


def _has_other_futures(module: Module) -> bool:
    """True where the file has futures of another kind, which a name could mean as well."""
    facts = module.facts
    if module.other_framework or any(
        binding.how is How.FROM and binding.member == "Future" and not binding.target.startswith("asyncio")
        for binding in facts.scope.bindings.get("Future", ())
    ):
        return True
    if any(module.name_of(node) == "concurrent.futures.Future" for node in facts.attributes.get("Future", ())):
        return True
    return any(name in facts.scopes[node].bindings for node in facts.classes for name in SETTERS)


# ---- the same future ---


def bindings_of(module: Module, node: ast.expr) -> list[Binding]:
    """Return what binds a name in the scope that it is read from; nothing for other expressions."""
    if not isinstance(node, ast.Name):
        return []
    home = module.facts.scope_at(node).find(node.id)
    return home[1] if home is not None else []


def origin_of(module: Module, node: ast.expr) -> ast.expr | None:
    """Return the simple expression that a name stands for, where it is bound once and to nothing else."""
    match bindings_of(module, node):
        case [Binding(how=How.ASSIGN, value=ast.expr() as value, path=path)]:
            for position in path:
                if not isinstance(value, ast.Tuple) or position >= len(value.elts):
                    return None
                value = value.elts[position]
            return value if isinstance(value, (ast.Name, ast.Attribute, ast.Subscript)) and is_simple(value) else None
        case _:
            return None


def spellings(module: Module, node: ast.expr) -> set[str]:
    """Return the dumps of the expressions by which the same future goes."""
    origin = origin_of(module, node)
    return {ast.dump(node)} | ({ast.dump(origin)} if origin is not None else set())


def other_setters(module: Module, receiver: ast.expr, own: set[ast.expr]) -> list[ast.Attribute]:
    """Return the other places that set the same future's result or exception and may run as well, in order.

    ``own`` are the setters in question. Only names and attributes are followed: what a container gives is another one each
    time.
    """
    if not isinstance(receiver, (ast.Name, ast.Attribute)) or not is_simple(receiver):
        return []
    found = [
        node
        for method in SETTERS
        for node in module.facts.attributes.get(method, ())
        if node not in own and _is_same_future(module, node.value, receiver)
    ]
    found = [node for node in found if not any(_either(module, node, mine) for mine in own)]
    return sorted(found, key=lambda node: (node.lineno, node.col_offset))


def _is_same_future(module: Module, first: ast.expr, second: ast.expr) -> bool:
    if ast.dump(first) != ast.dump(second):
        return False
    root = first
    while isinstance(root, ast.Attribute):
        root = root.value
    facts = module.facts
    if isinstance(first, ast.Attribute) and isinstance(root, ast.Name) and _is_own(module, root):
        return module.class_at(first) == module.class_at(second)
    if not isinstance(root, ast.Name):
        return False
    here, there = (facts.scope_at(node).find(root.id) for node in (first, second))
    if here is None or there is None or here[0] is not there[0]:
        return False
    # Bound anew between the two, or in each round of a loop, it is another future.
    return isinstance(first, ast.Attribute) or len(here[1]) == 1


def _either(module: Module, first: ast.expr, second: ast.expr) -> bool:
    """True where only one of two places runs: branches of one statement, or the earlier one leaves."""
    facts = module.facts
    above = [first, *facts.ancestors(first)]
    other = [second, *facts.ancestors(second)]
    shared = next(node for node in above if node in other)
    a, b = above[above.index(shared) - 1], other[other.index(shared) - 1]
    match shared:
        case ast.If(test=test) | ast.IfExp(test=test):
            return test not in (a, b) and _part(shared, a) != _part(shared, b)
        case ast.Try() | ast.TryStar():
            return _part(shared, a) != _part(shared, b) and shared.finalbody[:1] not in ([a], [b])
        case ast.Match():
            return True
        case _:
            pass  # both may run, one after the other
    early, late = sorted((first, second), key=lambda node: (node.lineno, node.col_offset))
    block = facts.block(facts.statement(early))
    return leaves(block) and not any(late is node for statement in block for node in ast.walk(statement))


def _part(statement: ast.AST, child: ast.AST) -> str:
    for name, value in ast.iter_fields(statement):
        if value is child or (isinstance(value, list) and child in value):
            return f"handler {value.index(child)}" if name == "handlers" and isinstance(value, list) else name
    return ""
