"""Exceptions that leave a function, and that a caller in the project waits for by name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from aiomend.facts.function_uses import Uses, uses_of
from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.module_names import is_test_path
from aiomend.facts.named_errors import handles, names
from aiomend.facts.own_object import own_class
from aiomend.facts.partials import out_of_partial
from aiomend.facts.scheduling_methods import POSITIONS
from aiomend.facts.scopes import FUNCTIONS, FunctionNode, How, last_name
from aiomend.facts.values import Function, Plain
from aiomend.facts.view import Module

_DEPTH = 3  #: a handler that lies more calls away is not looked for
_DOWN = 2  #: how many calls below a handler a function of unknown origin is looked for
_NAMES = 6  #: an error that goes by more names is not looked for under the others
#: What is given to these is called by the event loop, which handles all errors alike.
_BY_LOOP = frozenset({*POSITIONS, "add_done_callback"})


def is_named_by_a_caller(module: Module, node: ast.AST, exceptions: frozenset[str]) -> bool:
    """True where a caller of the function around ``node`` handles one of the exceptions, named by their last component.

    A handler of `Exception` names none, unless it looks for the name then: it is there for whatever may happen.
    """
    if not _are_mentioned(module, exceptions):
        return False  # nobody names it
    return _is_named(module, node, exceptions, _DEPTH)


def handed_on(module: Module, node: ast.AST, exceptions: frozenset[str]) -> str | None:
    """Return the function around ``node``, or one that calls it, that is handed on as a value; None if none is.

    Whoever calls it then may handle one of the exceptions out of sight; None, too, where nobody in the project names any.
    """
    if not _are_mentioned(module, exceptions):
        return None  # nobody names it
    return next((function.name for function, uses in _above(module, node, _DEPTH) if uses.handed), None)


def may_be_named(module: Module, node: ast.AST, exceptions: frozenset[str]) -> str | None:
    """Return why the function around ``node``, or one that calls it, may be called where one of the exceptions is handled by name.

    It is handed on as a value, and a handler is around a call of nobody knows what; or one is around a method of its name.
    """
    if not _are_mentioned(module, exceptions):
        return None  # nobody names it
    inference = module.inference
    handled = inference.traced(("handled calls", exceptions), lambda: _handled(module, exceptions))
    if not handled:
        return None
    handled = [one for one in handled if module.is_test or not one.is_test]
    whatever = next((one for one in handled if one.name is None), None)
    for function, uses in _above(module, node, _DEPTH):
        place = next((one.place for one in handled if one.name == function.name), None)
        if place is not None:
            return f"{place} handles {_listed(exceptions)} of a `{function.name}()`, which may be this one"
        if whatever is not None and (function.decorator_list or not all(_goes_to_loop(*one) for one in uses.handed)):
            return (
                f"`{function.name}` is handed on, and {whatever.place} handles {_listed(exceptions)} of what it calls"
            )
    return None


def _listed(exceptions: frozenset[str]) -> str:
    return " or ".join(sorted(exceptions))


def _are_mentioned(module: Module, exceptions: frozenset[str]) -> bool:
    return any(module.inference.project.files_mentioning(name) != () for name in exceptions)


def _goes_to_loop(user: Module, reference: ast.expr) -> bool:
    """True for a callback of the loop's, and for what a thread or a task begins with: nobody around it handles its errors."""
    call = user.facts.parents.get(reference)
    if not isinstance(call, ast.Call):
        return False
    return last_name(call.func) in _BY_LOOP or (user.name_of(call.func) or "").startswith(("asyncio.", "threading."))


# ---- from the function up ---


def _above(module: Module, node: ast.AST, depth: int) -> Iterator[tuple[FunctionNode, Uses]]:
    """Yield the function around a node and those that call it, each with its uses."""
    function = module.facts.function_at(node)
    if depth == 0 or not isinstance(function, FUNCTIONS):
        return
    uses = uses_of(module, function)
    yield function, uses
    for user, call in uses.calls:
        yield from _above(user, call, depth - 1)


def _is_named(module: Module, node: ast.AST, exceptions: frozenset[str], depth: int) -> bool:
    function = module.facts.function_at(node)
    if isinstance(function, ast.Lambda):
        return _is_called_under_a_handler(module, function, exceptions)
    if depth == 0 or not isinstance(function, FUNCTIONS):
        return False
    for facts, call in module.inference.callers.calls_of(module.facts, function) or ():
        if handles(module.inference, facts, call, exceptions):
            return True
        user = module.beside(facts.path)
        if user is not None and _is_named(user, call, exceptions, depth - 1):
            return True
    return any(_is_called_under_a_handler(*one, exceptions) for one in uses_of(module, function).handed)


def _is_called_under_a_handler(user: Module, reference: ast.expr, exceptions: frozenset[str]) -> bool:
    """True where a function is given to a call together with the error, `assertRaises(Error, function)`, or gets a variable
    that is called where the error is handled."""
    facts, inference = user.facts, user.inference
    call = facts.parents.get(reference)
    if isinstance(call, ast.Call) and call.func is not reference:
        if any(names(inference, facts, one, exceptions) for one in call.args):
            return True
        if handles(inference, facts, call, exceptions) and not _goes_to_loop(user, reference):
            return True  # called by what it is given to, maybe
    match facts.statement(reference):
        case ast.Assign(targets=[ast.Name() as target]):
            return any(handles(inference, facts, use, exceptions) for use in facts.mentions_of(target))
        case _:
            return False


# ---- from the handlers down ---


@dataclass(frozen=True, slots=True)
class _Handled:
    """A call that nobody can follow, made where one of the errors is handled: of a method of some object, or of any function."""

    name: str | None  #: the method's
    place: str
    is_test: bool


def _handled(module: Module, exceptions: frozenset[str]) -> list[_Handled]:
    """Return the calls of unknown functions in the project that are made under a handler of one of the errors."""
    inference = module.inference
    found: list[_Handled] = []
    for facts in _files(module, exceptions):
        for call in facts.calls:
            if handles(inference, facts, call, exceptions):
                place = f"{facts.path}:{call.lineno}"
                found += (
                    _Handled(name, place, is_test_path(facts.path)) for name in _unknown(module, facts, call, _DOWN)
                )
    return found


def _files(module: Module, exceptions: frozenset[str]) -> list[ModuleFacts]:
    """Return the files that have one of the errors in them, by a name that the project gives it."""
    inference = module.inference
    todo, seen, found = sorted(exceptions), set[str](), dict[str, ModuleFacts]()
    while todo and len(seen) < _NAMES:
        name = todo.pop(0)
        seen.add(name)
        for path in inference.project.files_mentioning(name) or ():
            facts = found.get(path) or inference.project.facts(path)
            if facts is None:
                continue  # it cannot be read
            found[path] = facts
            todo += (one for one in _other_names(module, facts, name, exceptions) if one not in (*seen, *todo))
    return [*found.values()]


def _other_names(module: Module, facts: ModuleFacts, name: str, exceptions: frozenset[str]) -> Iterator[str]:
    """Yield what a file calls an error that it knows by a name."""
    for bound, bindings in facts.scope.bindings.items():
        for one in bindings:
            if (one.how is How.FROM and one.member == name != bound) or (
                one.how is How.ASSIGN and not one.path and names(module.inference, facts, one.value, exceptions)
            ):
                yield bound


def _unknown(module: Module, facts: ModuleFacts, call: ast.Call, depth: int) -> Iterator[str | None]:
    """Yield what a call may reach that is not known: a method by its name, None for whatever function; also in what it calls."""
    inference = module.inference
    func = out_of_partial(inference, facts, call.func)
    if func is not call.func:
        return  # its function is known
    values = inference.values(facts, func)
    if Plain.UNKNOWN in values:
        is_method = isinstance(func, ast.Attribute) and own_class(facts, func.value) is None
        yield func.attr if is_method and isinstance(func, ast.Attribute) else None
    for value in values if depth else ():
        match value:
            case Function(facts=there, node=node):
                for inner in own_nodes(node):
                    if isinstance(inner, ast.Call):
                        yield from _unknown(module, there, inner, depth - 1)
            case _:
                pass  # another package's, or a class
