"""Done callbacks of asyncio futures, and the places in them that ask a cancelled future for its outcome."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from aiomend.facts.flow import contexts_around, guarded, handlers_around, leaves
from aiomend.facts.module import own_nodes
from aiomend.facts.own_object import is_static
from aiomend.facts.partials import partials_in
from aiomend.facts.scopes import How
from aiomend.facts.values import Function
from aiomend.facts.view import Module

_FUTURE = "asyncio.Future"
_READERS = frozenset({"exception", "result"})
_WAKES = frozenset({"set", "set_result", "set_exception", "put_nowait", "release", "notify", "notify_all"})
_CANCELLED = frozenset({"asyncio.CancelledError", "concurrent.futures.CancelledError", "BaseException"})


@dataclass(frozen=True, slots=True, eq=False)
class DoneCallback:
    """A function of the file that is called with a finished future. ``future`` is the parameter that takes it."""

    function: ast.FunctionDef | ast.Lambda
    future: ast.arg
    added: ast.Call


def done_callbacks(module: Module) -> Iterator[DoneCallback]:
    """Yield the functions of a file that it adds to asyncio's futures as done callbacks, each once."""
    seen: set[ast.AST] = set()
    for call, method in module.method_calls("add_done_callback"):
        if not call.args or isinstance(call.args[0], ast.Starred):
            continue  # nothing to look at
        found = _callback(module, call.args[0])
        if found is None or found[0] in seen:
            continue  # another file's, or known
        function, future = found
        if not _is_future(module, method.value, future):
            continue  # another kind of future, or nobody knows
        seen.add(function)
        yield DoneCallback(function, future, call)


def _is_future(module: Module, watched: ast.expr, parameter: ast.arg) -> bool:
    """True where a watched future is one of asyncio's, as far as it is known, or where the callback says so."""
    kinds = {module.inference.is_instance(frozenset({value}), _FUTURE) for value in module.values(watched)}
    if False in kinds or True in kinds:
        return False not in kinds
    return parameter.annotation is not None and _is_annotated_as_future(module, parameter)


def _callback(module: Module, given: ast.expr) -> tuple[ast.FunctionDef | ast.Lambda, ast.arg] | None:
    """Return the function that a callback is and the parameter that takes the future; None where that is not certain."""
    partials = partials_in(module.inference, module.facts, given)
    for one in partials:
        if any(isinstance(part, ast.Starred) for part in one.args) or any(part.arg is None for part in one.keywords):
            return None  # nobody can count its arguments
    filled = sum(len(one.args) - 1 for one in partials)
    if partials:
        given = partials[-1].args[0]
    match module.function_of(given):
        case Function(facts=facts, node=ast.FunctionDef() | ast.Lambda() as node, owner=owner) if facts is module.facts:
            if isinstance(node, ast.FunctionDef) and (facts.is_generator(node) or _is_decorated(node)):
                return None  # it does not run when it is called, or something else does
            bound = owner is not None and not (isinstance(node, ast.FunctionDef) and is_static(node))
            parameters = [*node.args.posonlyargs, *node.args.args][filled + bound :]
            return (node, parameters[0]) if parameters else None
        case _:
            return None


def _is_decorated(node: ast.FunctionDef) -> bool:
    plain = {"staticmethod", "classmethod"}
    return any(not (isinstance(one, ast.Name) and one.id in plain) for one in node.decorator_list)


def _is_annotated_as_future(module: Module, parameter: ast.arg) -> bool:
    values = module.inference.annotated(module.facts, parameter.annotation, None)
    return module.inference.is_instance(values, _FUTURE) is True


# ---- what it asks ---


def unsafe_reads(module: Module, callback: DoneCallback) -> list[ast.Call]:
    """Return the calls of a callback that raise CancelledError where the future was cancelled, and out of it, in their order.

    None of those behind one that is handled: they are not reached, as far as anybody can see.
    """
    facts = module.facts
    name = callback.future.arg
    bindings = facts.scopes[callback.function].bindings.get(name, ())
    if [one.how for one in bindings] != [How.PARAMETER]:
        return []  # the name may stand for something else
    reads = [
        node
        for node in own_nodes(callback.function)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _READERS
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == name
        and not node.args
    ]
    found: list[ast.Call] = []
    for read in sorted(reads, key=lambda node: (node.lineno, node.col_offset)):
        if _is_tested(module, read, name):
            continue  # a cancelled future does not come here
        if _is_caught(module, read) or _asks_before(module, read, name):
            break  # the callback has an answer to it
        found.append(read)
    return found


def wakes_others(callback: DoneCallback) -> ast.Call | None:
    """Return the first call of a callback that completes another future, or sets an event, for which somebody may wait."""
    found = [
        node
        for node in own_nodes(callback.function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _WAKES
    ]
    return min(found, key=lambda node: (node.lineno, node.col_offset), default=None)


def _is_tested(module: Module, read: ast.Call, name: str) -> bool:
    def settled(test: ast.expr, outcome: bool) -> bool:
        match test:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=asked), attr="cancelled"), args=[]):
                return asked == name and not outcome
            case ast.Attribute(value=ast.Name(id=asked), attr="_exception"):
                return asked == name and outcome  # a cancelled future has none
            case ast.Compare(
                left=ast.Attribute(attr="_exception") as left, ops=[op], comparators=[ast.Constant(value=None)]
            ):
                return settled(left, outcome if isinstance(op, (ast.IsNot, ast.NotEq)) else not outcome)
            case ast.Name():
                home = module.facts.scope_at(test).find(test.id)
                match home[1] if home is not None else []:
                    case [one] if one.how is How.ASSIGN and one.path == () and one.value is not None:
                        return not isinstance(one.value, ast.Name) and settled(one.value, outcome)
                    case _:
                        return False
            case _:
                return False

    # The future is finished: nothing that happens after the test makes it cancelled.
    return guarded(module.facts, read, settled, spoils=lambda _: False)


def _asks_before(module: Module, read: ast.Call, name: str) -> bool:
    """True where some test of `cancelled()` stands above it that nobody here understands, or is left out of hand."""
    return any(
        isinstance(node.value, ast.Name) and node.value.id == name and node.lineno <= read.lineno
        for node in module.facts.attributes.get("cancelled", ())
        if module.facts.function_at(node) is module.facts.function_at(read)
        and not any(_is_branch_without_end(module, node, parent) for parent in module.facts.ancestors(node))
    )


def _is_branch_without_end(module: Module, node: ast.AST, parent: ast.AST) -> bool:
    """True for `if fut.cancelled(): log()`, behind which a cancelled future goes on to the read."""
    if not isinstance(parent, ast.If) or leaves(parent.body) or parent.orelse:
        return False
    return any(node is inner for inner in ast.walk(parent.test))


def _is_caught(module: Module, read: ast.Call) -> bool:
    if any(catches_cancellation(module, handler.type) for handler in handlers_around(module.facts, read)):
        return True
    for _, item in contexts_around(module.facts, read):
        match item.context_expr:
            case ast.Call(func=func, args=args) if module.name_of(func) == "contextlib.suppress":
                if any(catches_cancellation(module, one) for one in args):
                    return True
            case _:
                pass  # it swallows nothing that is known
    return False


def catches_cancellation(module: Module, caught: ast.expr | None) -> bool:
    """True where a handler of that type sees a cancellation, which is an Exception up to 3.7; what is unknown may."""
    match caught:
        case None:
            return True
        case ast.Tuple(elts=parts):
            return any(catches_cancellation(module, part) for part in parts)
        case _:
            name = module.name_of(caught)
            if name == "Exception":
                return not module.settings.target.reaches((3, 8))
            return (
                name in _CANCELLED or (name or "").endswith("CancelledError") or "CancelledError" in module.text(caught)
            )
