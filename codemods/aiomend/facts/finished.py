"""Whether what a coroutine waits for is known to be over by then: a future that was looked at, a thread that ended."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.flow import guarded, same
from aiomend.facts.module import own_nodes
from aiomend.facts.scopes import How, last_name
from aiomend.facts.shared_state import excludes
from aiomend.facts.view import Module

_DEPTH = 5  #: names and collections are followed this far
_OVER = frozenset({"done", "cancelled", "is_set", "ready"})
_GOES_ON = frozenset({"running", "is_alive"})
#: What comes back only when it is over, or raises.
_ASKS = frozenset({"exception", "join", "result"})
_WAITS = frozenset({"wait", "as_completed", "gather", "wrap_future", "wait_for", "run_in_executor", "to_thread"})


def is_finished(module: Module, call: ast.Call) -> bool:
    """True where a test or an earlier wait in the function says that the receiver of a call is over, or was waited for."""
    if not isinstance(call.func, ast.Attribute):
        return False
    receiver = call.func.value

    def settled(test: ast.expr, outcome: bool) -> bool:
        match test:
            case ast.Call(func=ast.Attribute(value=asked, attr=attr)) if same(asked, receiver):
                return outcome if attr in _OVER else (not outcome and attr in _GOES_ON)
            case _:
                return False

    # What is over stays over: nothing spoils it.
    if guarded(module.facts, call, settled, lambda _: False) or _was_waited_for(module, call, receiver):
        return True
    return any(_has_ended(module, call, pool) for pool in _pools(module, receiver, _DEPTH))


def _was_waited_for(module: Module, call: ast.Call, receiver: ast.expr) -> bool:
    """True where something that waits, before the call, is given the receiver, or the collection that it comes from."""
    function = module.facts.function_at(call)
    wanted = [receiver, *_sources(module, receiver)]
    for node in own_nodes(function) if function is not None else ():
        match node:
            case ast.Await() | ast.YieldFrom():
                pass  # for all that is in it
            case ast.Call(func=ast.Attribute(value=asked, attr=attr), args=[], keywords=[]) if attr in _ASKS:
                if same(asked, receiver) and _is_before(module, node, call, receiver):
                    return True
                continue  # of another one
            case ast.Call() if last_name(node.func) in _WAITS and not _is_limited(node):
                pass  # for what it is given
            case _:
                continue  # waits for nothing, or not to the end
        inside = [one for one in ast.walk(node) if isinstance(one, ast.expr)]
        if any(isinstance(one, ast.Call) and _is_limited(one) for one in inside):
            continue  # only for so long
        if any(same(one, other) and _is_before(module, node, call, other) for one in inside for other in wanted):
            return True
    return False


def _is_limited(call: ast.Call) -> bool:
    """True for a wait that may end before what it waits for: `timeout=…`, `return_when=FIRST_COMPLETED`."""
    name = last_name(call.func)
    if name == "wait_for":
        return False  # it raises then
    return name in _WAITS and any(
        one.arg == "return_when" or (one.arg == "timeout" and not _is_none(one.value)) for one in call.keywords
    )


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_before(module: Module, node: ast.expr, call: ast.Call, receiver: ast.expr) -> bool:
    """True where a place stands before a call, in no branch that keeps control from it, and the name means the same in both."""
    facts = module.facts
    at, until = (node.lineno, node.col_offset), (call.lineno, call.col_offset)
    if at >= until or node in facts.ancestors(call) or excludes(facts, node, call):
        return False
    roots = [one for one in ast.walk(receiver) if isinstance(one, ast.Name)]
    return not any(
        isinstance(one.ctx, ast.Store) and at < (one.lineno, one.col_offset) < until
        for root in roots
        for one in facts.mentions_of(root)
        if not _is_element(module, one)
    )


def _is_element(module: Module, name: ast.Name) -> bool:
    """True for the name that a loop or a comprehension binds: what it goes through counts, not the name."""
    return isinstance(module.facts.parents[name], (ast.For, ast.AsyncFor, ast.comprehension, ast.Tuple))


def _sources(module: Module, receiver: ast.expr) -> list[ast.expr]:
    """The collections whose elements a name stands for."""
    if not isinstance(receiver, ast.Name):
        return []
    home = module.facts.scope_at(receiver).find(receiver.id)
    bindings = home[1] if home is not None else []
    return [
        one.value for one in bindings if one.how is How.ITERATION and isinstance(one.value, (ast.Name, ast.Attribute))
    ]


# ---- pools that have ended ---


def _pools(module: Module, made: ast.expr, depth: int) -> Iterator[ast.expr]:
    """Yield the pools that an expression, or what it is taken from, was handed to: `pool` of `pool.submit(job)`."""
    if not depth:
        return
    match made:
        case ast.Call(func=ast.Attribute(value=pool, attr="submit")):
            yield pool
        case ast.Call(args=parts) | ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Dict(values=parts):
            for part in parts:
                yield from _pools(module, part, depth - 1)
        case ast.ListComp(elt=value) | ast.SetComp(elt=value) | ast.DictComp(value=value) | ast.Subscript(value=value):
            yield from _pools(module, value, depth - 1)
        case ast.Name(id=name):
            home = module.facts.scope_at(made).find(name)
            for one in home[1] if home is not None else ():
                if one.value is not None:
                    yield from _pools(module, one.value, depth - 1)
            for use in module.facts.mentions_of(made):
                match module.facts.parents[use], module.facts.parents.get(module.facts.parents[use]):
                    case ast.Attribute(attr="append" | "add"), ast.Call(args=[part]):
                        yield from _pools(module, part, depth - 1)
                    case _:
                        pass  # puts nothing into it
        case _:
            pass  # from somewhere else


def _has_ended(module: Module, call: ast.Call, pool: ast.expr) -> bool:
    """True where the `with` of a pool, or its `shutdown()`, stands before a call: it has waited for all that it was given."""
    facts = module.facts
    function = facts.function_at(call)
    for node in own_nodes(function) if function is not None else ():
        match node:
            case ast.With(items=items) if node not in facts.ancestors(call) and not excludes(facts, node, call):
                names = [item.optional_vars for item in items]
                if node.lineno < call.lineno and any(isinstance(one, ast.Name) and _is(one, pool) for one in names):
                    return True
            case ast.Call(func=ast.Attribute(value=ended, attr="shutdown"), args=[], keywords=keywords):
                waits = not any(one.arg in ("wait", None) for one in keywords)
                if waits and same(ended, pool) and _is_before(module, node, call, pool):
                    return True
            case _:
                pass  # ends no pool
    return False


def _is(name: ast.Name, pool: ast.expr) -> bool:
    return isinstance(pool, ast.Name) and pool.id == name.id
