"""What tests and other code put in the place of what a coroutine waits for, and nothing awaits: plain generators, what gives a list.

`yield from` goes through what a plain generator function makes, or a `lambda: []` gives; `await` refuses it. What they make by
`patch()` alone are mocks (`mocks.py`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.awaitable_classes import is_waited_for
from aiomend.facts.call_names import Reached, names_of_call
from aiomend.facts.gone_through import is_iterated
from aiomend.facts.inference import Inference
from aiomend.facts.mock_results import hands_out_nothing, told_result
from aiomend.facts.put_in_place import Placed, placed
from aiomend.facts.scopes import How
from aiomend.facts.values import (
    Function,
    Instance,
    ProjectClass,
    ProjectInstance,
    Values,
)
from aiomend.facts.view import Module


def replaced_wait(module: Module, node: ast.expr, *, is_returned: bool = False) -> Placed | None:
    """Return what takes the place of what a `yield from` waits for and that it can go through, and nothing awaits.

    ``is_returned``: the decorator waited for what is returned, where that could be waited for; then all else counts, too.
    """
    inference = module.inference
    for call in _calls(module, node):
        known = module.values(call.func)
        for reached in names_of_call(module, call):
            for one in placed(inference, reached.name):
                if one.concerns(inference, reached.owner) and (
                    any(
                        _is_refused(module, callee, is_returned) for callee in _callees(inference, one, reached) - known
                    )
                    or _is_mock(module, one, reached)
                ):
                    return one
    return None


def _calls(module: Module, node: ast.expr) -> Iterator[ast.Call]:
    """Yield the calls that an expression is, or whose result the variable holds that it is."""
    match node:
        case ast.Call():
            yield node
        case ast.IfExp(body=first, orelse=second):
            yield from _calls(module, first)
            yield from _calls(module, second)
        case ast.BoolOp(values=parts):
            for part in parts:
                yield from _calls(module, part)
        case ast.Name(id=name) if (found := module.facts.scope_at(node).find(name)) is not None:
            yield from (
                one.value
                for one in found[1]
                if one.how is How.ASSIGN and not one.path and isinstance(one.value, ast.Call)
            )
        case _:
            pass  # no call


def _is_mock(module: Module, one: Placed, reached: Reached) -> bool:
    """True for a mock that a test hands over to be put there, and that gives nothing to be awaited: `patch("work.send", MagicMock())`."""
    if isinstance(one.node, ast.Attribute) or one.is_made or (test := module.beside(one.facts.path)) is None:
        return False  # known by its assignment, or made elsewhere
    kinds = {value.cls.rpartition(".")[2] for value in one.values(module.inference) if isinstance(value, Instance)}
    if kinds.isdisjoint({"MagicMock", "Mock"}):
        return False
    for made, variable in _made(one):
        told = told_result(test, made, reached.called, variable, is_called=reached.is_called)
        if told is False or (told is None and "MagicMock" in kinds):
            return True
    return False


def _made(one: Placed) -> Iterator[tuple[ast.expr, str | None]]:
    """Yield what makes what is put there, with the variable that holds it."""
    match one.value:
        case ast.Name(id=name) if (found := one.facts.scope_at(one.value).find(name)) is not None:
            yield from ((binding.value, name) for binding in found[1] if isinstance(binding.value, ast.Call))
        case value:
            yield value, None


def _callees(inference: Inference, one: Placed, reached: Reached) -> Values:
    """Return what is called then: what is put there, or the method of its objects, where the name leads to the object."""
    values = one.values(inference)
    if reached.is_called:
        return values
    functions = frozenset(value for value in values if isinstance(value, (Function, ProjectClass)))
    objects = inference.results(functions) | (values - functions)
    return inference.attribute(
        frozenset(value for value in objects if isinstance(value, ProjectInstance)), reached.called
    )


def _is_refused(module: Module, callee: object, is_returned: bool) -> bool:
    """True for what gives something that a coroutine goes through under the decorator, and nothing awaits."""
    match callee:
        case Function(facts=facts, node=made):
            if facts.is_generator(made) and not module.inference.is_coroutine_function(callee):
                return hands_out_nothing(callee)
            results = module.inference.results(frozenset({callee}))
        case _:
            return False
    if is_returned:
        return any(is_waited_for(module, one) is False for one in results)
    return any(is_iterated(module, one) for one in results)
