"""Places that handle an error by its name, or by any name that the project gives it: handlers, `with` blocks, tests of what was raised."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from aiomend.facts.flow import contexts_around, handlers_around
from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.scopes import FUNCTIONS, Binding, FunctionNode, How, Scope, last_name
from aiomend.facts.spelling import is_defined
from aiomend.facts.values import Container, External, Fixed, Function, Plain, ProjectClass, ProjectInstance, Values

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference

_BROAD = frozenset({"Exception", "BaseException"})
_EXITS = ("__exit__", "__aexit__")
_MAKES_CONTEXT = frozenset({"contextmanager", "asynccontextmanager"})
_DEPTH = 3  #: a context manager in a context manager, a sum of a sum


def names(
    inference: Inference, facts: ModuleFacts, caught: ast.expr | None, errors: frozenset[str], depth: int = 0
) -> bool:
    """True where what a handler takes is, or holds, one of the errors, which are given by their last component."""
    match caught:
        case None:
            return False
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            return any(names(inference, facts, part, errors, depth) for part in parts)
        case ast.Starred(value=inner):
            return names(inference, facts, inner, errors, depth)
        case ast.BinOp(left=left, right=right):
            return names(inference, facts, left, errors, depth) or names(inference, facts, right, errors, depth)
        case ast.Name() | ast.Attribute():
            values = inference.values(facts, caught)
            if _are(values, errors) or (Plain.UNKNOWN in values and last_name(caught) in errors):
                return True
            made = _bound_to(inference, facts, caught) if depth < _DEPTH and Plain.OTHER in values else None
            return made is not None and names(inference, *made, errors, depth + 1)
        case _:
            return False


def _are(values: Values, errors: frozenset[str]) -> bool:
    for value in values:
        match value:
            case External(name=name) if name.rpartition(".")[2] in errors:
                return True
            case Container(elements=inner) if _are(inner, errors):
                return True
            case Fixed(items=items) if any(_are(inner, errors) for inner in items):
                return True
            case _:
                pass  # another error, or none
    return False


def _bound_to(inference: Inference, facts: ModuleFacts, node: ast.expr) -> tuple[ModuleFacts, ast.expr] | None:
    """Return the expression that a name stands for, or a name of a module of the project, where it is bound once."""
    found: tuple[Scope, list[Binding]] | None = None
    match node:
        case ast.Name(id=name):
            found = facts.scope_at(node).find(name)
        case ast.Attribute(value=owner, attr=name) if len(values := inference.values(facts, owner)) == 1:
            (module,) = values
            there = getattr(module, "facts", None)
            if there is not None and not isinstance(module, (Function, ProjectClass)):
                facts, found = there, (there.scope, there.scope.bindings.get(name, []))
        case _:
            pass  # made on the spot
    for _ in range(_DEPTH):
        match found:
            case (_, [Binding(how=How.ASSIGN, value=ast.expr() as value, path=())]):
                return facts, value
            case (_, [Binding(how=How.FROM, target=target, member=member)]):
                home = inference.project.module(target, facts.path)
                if home is None:
                    return None
                facts, found = home, (home.scope, home.scope.bindings.get(member, []))
            case _:
                return None
    return None


def handles(inference: Inference, facts: ModuleFacts, node: ast.expr, errors: frozenset[str], depth: int = 0) -> bool:
    """True where the function around ``node`` deals with one of the errors by name, if it is raised there.

    By a handler or a `with` block around it; by one that takes everything, or a `gather()` that returns exceptions, where the
    function then looks for the error by name; or where the function waits for what is begun there.
    """
    around = list(handlers_around(facts, node))
    if any(names(inference, facts, handler.type, errors) for handler in around):
        return True
    if any(_exits_by_name(inference, facts, context, errors, depth) for context in _contexts(facts, node)):
        return True
    is_value = any(_is_broad(inference, facts, handler) for handler in around) or _is_handed_over(
        inference, facts, node
    )
    if is_value and _speaks_of(inference, facts, node, errors):
        return True
    return depth < _DEPTH and any(handles(inference, facts, use, errors, depth + 1) for use in _waits(facts, node))


def _contexts(facts: ModuleFacts, node: ast.expr) -> Iterator[ast.expr]:
    """Yield the context managers around a node, and those that an `ExitStack` around it has entered above it."""
    for block, item in contexts_around(facts, node):
        yield item.context_expr
        match item.optional_vars:
            case ast.Name() as stack:
                for use in facts.mentions_of(stack):
                    match facts.parents[use]:
                        case ast.Attribute(attr="enter_context" | "enter_async_context" | "push") as method:
                            call = facts.parents[method]
                            is_above = use.lineno < node.lineno and facts.statement(use) in block.body
                            yield from call.args if isinstance(call, ast.Call) and is_above else ()
                        case _:
                            pass  # it is closed, or asked for something else
            case _:
                pass  # no name to enter anything by


def _is_broad(inference: Inference, facts: ModuleFacts, handler: ast.ExceptHandler) -> bool:
    return handler.type is None or inference.external_name(facts, handler.type) in _BROAD


def _is_handed_over(inference: Inference, facts: ModuleFacts, node: ast.expr) -> bool:
    """True for what stands in a call of asyncio, which gives the error back as a value: `gather(…, return_exceptions=True)`."""
    for parent in facts.ancestors(node):
        if isinstance(parent, ast.stmt):
            return False
        if isinstance(parent, ast.Call) and (inference.external_name(facts, parent.func) or "").startswith("asyncio."):
            return True
    return False


def _speaks_of(inference: Inference, facts: ModuleFacts, node: ast.AST, errors: frozenset[str]) -> bool:
    """True where the function around a node has one of the errors in it by name."""
    function = facts.function_at(node)
    for one in own_nodes(function) if function is not None else ():
        if isinstance(one, (ast.Name, ast.Attribute)) and names(inference, facts, one, errors):
            parent = facts.parents[one]
            made = facts.parents[parent] if isinstance(parent, ast.Call) and parent.func is one else parent
            if not isinstance(made, ast.Raise):
                return True
    return False


def _waits(facts: ModuleFacts, node: ast.expr) -> Iterator[ast.expr]:
    """Yield the places that wait for, or ask, what the variable holds that the statement around a node begins with."""
    match facts.statement(node):
        case ast.Assign(targets=[ast.Name() as target]) | ast.AnnAssign(target=ast.Name() as target):
            function = facts.function_at(node)
            for use in facts.mentions_of(target):
                parent = facts.parents.get(use)
                is_asked = isinstance(parent, ast.Await) or (
                    isinstance(parent, ast.Attribute) and parent.attr in ("result", "exception")
                )
                if is_asked and facts.function_at(use) is function:
                    yield use
        case _:
            pass  # it has no name


def _exits_by_name(
    inference: Inference, facts: ModuleFacts, context: ast.expr, errors: frozenset[str], depth: int
) -> bool:
    """True for a context manager that is given one of the errors, or whose own code handles it: `suppress`, `raises`, the project's."""
    if isinstance(context, ast.Call):
        given = [*context.args, *(keyword.value for keyword in context.keywords)]
        if any(names(inference, facts, one, errors) for one in given):
            return True
    if depth >= _DEPTH:
        return False
    maker = context.func if isinstance(context, ast.Call) else context
    for there, function in _generators(inference, maker):
        if any(handles(inference, there, one, errors, depth + 1) for one in there.yields(function)):
            return True
    for value in inference.values(facts, maker):
        match value:
            case ProjectClass() as cls:
                if _leaves_by_name(inference, cls, errors):
                    return True
            case ProjectInstance(cls=cls) if not isinstance(context, ast.Call):
                if _leaves_by_name(inference, cls, errors):
                    return True
            case _:
                pass  # nothing that the project's code says
    return False


def _generators(inference: Inference, maker: ast.expr) -> Iterator[tuple[ModuleFacts, FunctionNode]]:
    """Yield the generators under `@contextmanager` in the project that go by the name of what makes a context manager."""
    name = last_name(maker)
    for path in inference.project.files_spelling(is_defined, name) or () if name else ():
        there = inference.project.facts(path)
        if there is not None:
            for function in there.functions:
                if function.name == name and not _MAKES_CONTEXT.isdisjoint(map(last_name, function.decorator_list)):
                    yield there, function


def _leaves_by_name(inference: Inference, cls: ProjectClass, errors: frozenset[str]) -> bool:
    return any(
        any(
            isinstance(part, (ast.Name, ast.Attribute)) and names(inference, one.facts, part, errors)
            for part in own_nodes(method)
        )
        for one in inference.classes.mro(cls)
        for method in one.node.body
        if isinstance(method, FUNCTIONS) and method.name in _EXITS
    )
