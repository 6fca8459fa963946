"""Whether an expression is the loop that asyncio itself would take at its place: the running one, else the current one."""

from __future__ import annotations

import ast

from aiomend.facts.flow import is_simple
from aiomend.facts.loops import method_call
from aiomend.facts.module import Colour
from aiomend.facts.scopes import COMPREHENSIONS, Binding, How, Scope
from aiomend.facts.values import NONE
from aiomend.facts.view import Module

GETTERS = frozenset({"asyncio.get_running_loop", "asyncio.get_event_loop"})


def is_own_loop(module: Module, node: ast.expr) -> bool:
    """True where ``node`` is certainly the loop that a function of asyncio takes there without being told.

    In a coroutine that is the running loop, elsewhere the current one of the thread. None stands for it, too.
    """
    if module.values(node) == NONE:
        return True
    match node:
        case ast.Call():
            return is_getter(module, node)
        case ast.Name(id=name):
            scope = _frame(module.facts.scope_at(node))
            found = module.facts.scope_at(node).find(name)
            if found is None or found[0] is not scope or name in scope.elsewhere:
                return False  # another function's, which may have run elsewhere
            bindings = found[1]
            return all(_binds(module, binding) for binding in bindings) and not _is_set_anew(module, scope, name, node)
        case _:
            return False


def _frame(scope: Scope) -> Scope:
    while isinstance(scope.node, COMPREHENSIONS) and scope.parent is not None:
        scope = scope.parent
    return scope


def is_getter(module: Module, node: ast.expr) -> bool:
    """True for a call that asks for the running loop, or for the current one."""
    if not isinstance(node, ast.Call) or node.args or node.keywords:
        return False
    return module.name_of(node.func) in GETTERS


def _binds(module: Module, binding: Binding) -> bool:
    if binding.how not in (How.ASSIGN, How.ANNOTATION) or binding.path or binding.value is None:
        return False  # a parameter, an element, an import
    is_made = isinstance(binding.value, ast.Call) and module.name_of(binding.value.func) == "asyncio.new_event_loop"
    if is_made and isinstance(binding.node, ast.Assign):
        return _is_set_behind(module, binding.node)
    return is_getter(module, binding.value)


def _is_set_behind(module: Module, made: ast.Assign) -> bool:
    """True where `loop = asyncio.new_event_loop()` is followed by `asyncio.set_event_loop(loop)`."""
    block = module.facts.block(made)
    match made.targets, block[block.index(made) + 1 :]:
        case [ast.Name(id=name)], [ast.Expr(value=ast.Call(func=func, args=[ast.Name(id=given)])), *_]:
            return name == given and module.name_of(func) == "asyncio.set_event_loop"
        case _:
            return False


def _is_set_anew(module: Module, scope: Scope, name: str, node: ast.expr) -> bool:
    """True where a plain function may make another loop the current one between getting this one and using it."""
    if module.colour_at(node) is not Colour.SYNC:
        return False  # the running loop stays the running loop
    for call in module.calls("asyncio.set_event_loop"):
        is_same = len(call.args) == 1 and isinstance(call.args[0], ast.Name) and call.args[0].id == name
        if _frame(module.facts.scope_at(call)) is scope and not is_same and call.lineno < node.lineno:
            return True
    return any(
        method_call(module.facts, use, "close") is not None and use.lineno < node.lineno
        for use in module.facts.names.get(name, ())
        if _frame(module.facts.scope_at(use)) is scope
    )


def loop_at(module: Module, node: ast.expr) -> str | None:
    """Return how a plain function or a module writes the current loop at a place: a local name, or what runs the statement.

    None where nothing there has it.
    """
    statement = module.facts.statement(node)
    for parent in module.facts.ancestors(node):
        match parent:
            case ast.Call(func=ast.Attribute(value=receiver, attr="run_until_complete")) if is_simple(receiver):
                return module.text(receiver)
            case ast.stmt():
                break
            case _:
                pass  # further out
    scope = _frame(module.facts.scope_at(node))
    for name, bindings in scope.bindings.items():
        if len(bindings) != 1 or name in scope.elsewhere or not _binds(module, bindings[0]):
            continue  # no loop, or only on some ways
        made = bindings[0].node
        runs_before = isinstance(made, ast.stmt) and _runs_before(module, made, statement)
        if runs_before and not _is_set_anew(module, scope, name, node):
            return name
    return None


def _runs_before(module: Module, first: ast.stmt, later: ast.stmt) -> bool:
    """True where a statement has run whenever a later one of its scope runs."""
    block = module.facts.block(first)
    behind = block[block.index(first) + 1 :]
    return later in behind or any(parent in behind for parent in module.facts.ancestors(later))
