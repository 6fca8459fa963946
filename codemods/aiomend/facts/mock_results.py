"""What tests say that a mock gives when it is called: `return_value`, `side_effect` and `wraps`, as arguments or as attributes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.awaitable_classes import is_waited_for
from aiomend.facts.gone_through import is_iterated
from aiomend.facts.inference import Inference
from aiomend.facts.module import ModuleFacts
from aiomend.facts.parts import display_in, elements_of
from aiomend.facts.scopes import FUNCTIONS, last_name
from aiomend.facts.values import EMPTY, NONE, UNKNOWN, Container, External, Fixed, Function, Instance, Plain, Values
from aiomend.facts.view import Module

_RESULT = "return_value"
_EFFECTS = frozenset({"side_effect", "wraps"})  #: what is called in its place
TOLD = _EFFECTS | {_RESULT}  #: how a mock is told what calling it gives
_ERRORS = ("Error", "Exception", "Interrupt", "Exit", "Iteration")


def told_result(test: Module, node: ast.expr, called: str, variable: str | None, *, is_called: bool) -> bool | None:
    """Return whether what a mock is told to give can be awaited; None where it is told nothing, or what nobody could wait for before.

    ``node`` makes the mock. It is what is called, or a method of it is, by the name of ``called``. ``variable`` holds it.
    """
    facts = test.facts
    given: list[Values] = []
    if isinstance(node, ast.Call) and any(one.arg in TOLD for one in node.keywords):
        if not is_called:
            return False  # what it gives is another object
        given += [_results(test, one.arg, one.value) for one in node.keywords if one.arg in TOLD]
    given += [_results(test, *one) for one in _assigned(facts, node, {called, variable})]
    if given and all(found and all(is_waited_for(test, one) for one in found) for found in given):
        return True
    if is_called:
        given += [_results(test, *one) for one in _assigned(facts, node, _names(facts, node))]
    is_refused = any(one is Plain.UNKNOWN or is_iterated(test, one) for found in given for one in found)
    return False if is_refused else None


def _assigned(facts: ModuleFacts, node: ast.expr, names: set[str | None]) -> Iterator[tuple[str, ast.expr]]:
    """Yield what the test in which a mock is made assigns to `return_value` and the like of what has one of the names."""
    test = _test_of(facts, node)
    for told in sorted(TOLD):
        for use in facts.attributes.get(told, ()):
            match facts.parents[use]:
                case ast.Assign(value=value) if last_name(use.value) in names and facts.function_at(use) is test:
                    yield told, value
                case _:
                    pass  # it is read, of another mock, or another test's


def _test_of(facts: ModuleFacts, node: ast.expr) -> ast.AST | None:
    """Return the function in which a mock is, or the one that a decorator hands it to."""
    above: ast.AST = node
    for parent in facts.ancestors(node):
        if isinstance(parent, FUNCTIONS):
            return parent if above in parent.decorator_list or above in parent.body else facts.function_at(parent)
        above = parent
    return None


def _names(facts: ModuleFacts, node: ast.expr) -> set[str | None]:
    """Return the names by which a test may have a mock: `with patch(…) as send`, a variable, a parameter under a decorator."""
    match facts.parents[node]:
        case ast.withitem(optional_vars=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
            return {name}
        case ast.FunctionDef(args=args) | ast.AsyncFunctionDef(args=args):
            return {one.arg for one in args.args}
        case _:
            return set()


def _results(test: Module, told: str | None, value: ast.expr) -> Values:
    """Return what calling a mock gives that is told so; nothing where that raises."""
    inference = test.inference
    values = test.values(value) - NONE
    if told not in _EFFECTS:
        return values
    found = EMPTY
    for one in values:
        match one:
            case Container() | Fixed():
                found |= elements_of(frozenset({one}))
            case External(name=name) | Instance(cls=name) if name.endswith(_ERRORS):
                pass  # it is raised
            case Instance():
                found |= UNKNOWN
            case _:
                found |= inference.results(frozenset({one}))
    return found


def is_list(inference: Inference, facts: ModuleFacts, given: ast.expr) -> bool:
    """True for the list or tuple that `yield from` goes through, which may be empty: `drain.return_value = ()`."""
    values = inference.values(facts, given)
    return bool(values) and all(isinstance(value, (Container, Fixed)) for value in values)


def gives_list(inference: Inference, facts: ModuleFacts, given: ast.expr) -> bool:
    """True for a function that returns a list or tuple as it is written, `def write(chunk): return ()`, and for a plain generator
    function that hands out no values.
    """
    return any(
        isinstance(value, Function) and _is_gone_through(inference, value) for value in inference.values(facts, given)
    )


def _is_gone_through(inference: Inference, function: Function) -> bool:
    facts, node = function.facts, function.node
    if inference.is_coroutine_function(function):
        return False
    if isinstance(node, ast.Lambda):
        return display_in(node.body) is not None
    if facts.is_generator(node):
        return hands_out_nothing(function)
    if node.decorator_list or isinstance(node, ast.AsyncFunctionDef):
        return False
    return any(one.value is not None and display_in(one.value) for one in facts.returns(node))


def hands_out_nothing(generator: Function) -> bool:
    """True for a generator function without values: whoever goes through what it makes waits for it."""
    yields = generator.facts.yields(generator.node)
    return all(isinstance(one, ast.YieldFrom) or one.value is None for one in yields)
