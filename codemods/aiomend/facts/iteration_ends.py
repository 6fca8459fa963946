"""StopIteration that comes out of a function: a generator ends with it, no coroutine and no future can raise it (PEP 479)."""

from __future__ import annotations

import ast
from itertools import pairwise

from aiomend.facts.flow import contexts_around
from aiomend.facts.inference import Inference
from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.scopes import last_name

_ENDLESS = frozenset({"itertools.count", "itertools.cycle"})
_STOPS = frozenset({"StopIteration", "Exception", "BaseException"})


def runs_out(inference: Inference, facts: ModuleFacts, call: ast.Call) -> bool:
    """True for `next(it)` where `it` may have nothing left, and nothing in the function keeps the StopIteration of that."""
    match call:
        case ast.Call(func=function, args=[given], keywords=[]) if inference.external_name(facts, function) == "next":
            return not _is_endless(inference, facts, given) and not _is_kept(inference, facts, call)
        case _:
            return False


def is_stop(inference: Inference, facts: ModuleFacts, raised: ast.expr) -> bool:
    """True for StopIteration, as a class or made, where it is raised."""
    return inference.external_name(facts, raised.func if isinstance(raised, ast.Call) else raised) == "StopIteration"


def _is_kept(inference: Inference, facts: ModuleFacts, node: ast.expr) -> bool:
    function = facts.function_at(node)
    for inner, outer in pairwise((node, *facts.ancestors(node))):
        if outer is function:
            break
        if isinstance(outer, ast.Try) and inner in outer.body and any(map(_keeps, outer.handlers)):
            return True
    return any(
        isinstance(context := item.context_expr, ast.Call)
        and inference.external_name(facts, context.func) == "contextlib.suppress"
        and any(last_name(one) in _STOPS for one in context.args)
        for _, item in contexts_around(facts, node)
    )


def _keeps(handler: ast.ExceptHandler) -> bool:
    """True for a handler that takes StopIteration and does not let it go on."""
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    goes_on = any(isinstance(node, ast.Raise) and node.exc is None for node in own_nodes(handler))
    return not goes_on and any(one is None or last_name(one) in _STOPS for one in caught)


def _is_endless(inference: Inference, facts: ModuleFacts, given: ast.expr) -> bool:
    """True for what is bound to an iterator without an end and to nothing else."""
    match given:
        case ast.Name(id=name):
            found = facts.scope_at(given).find(name)
            made = [one.value for one in found[1]] if found is not None else []
        case ast.Attribute(attr=name):
            stores = [use for use in facts.attributes.get(name, ()) if isinstance(use.ctx, ast.Store)]
            made = [getattr(facts.parents[use], "value", None) for use in stores]
        case _:
            made = [given]
    return bool(made) and all(
        isinstance(one, ast.Call) and inference.external_name(facts, one.func) in _ENDLESS for one in made
    )
