"""Local names that hold a loop, or what else takes no effort to get, for calls that do without."""

from __future__ import annotations

import ast

from aiomend.facts.current_loop import is_getter
from aiomend.facts.properties import runs_code
from aiomend.facts.scopes import FUNCTIONS, How, Scope
from aiomend.facts.tasks import READS_EVERY_NAME
from aiomend.facts.view import Module


def dead_without(module: Module, uses: frozenset[ast.Name], node: ast.Name) -> ast.stmt | None:
    """Return the statement that gets a loop for a local name which is read nowhere but in ``uses``; None where it is, or
    where getting it may do something.

    That may be an `if` around an assignment: `if loop is None: loop = asyncio.get_event_loop()`. A parameter stays.
    """
    found = module.facts.scope_at(node).find(node.id)
    if found is None or not isinstance(found[0].node, FUNCTIONS) or node.id in found[0].elsewhere:
        return None  # another scope's, too
    scope, bindings = found
    assigned = [one for one in bindings if one.how is not How.PARAMETER]
    match [one.node for one in assigned]:
        case [
            ast.Assign(targets=[ast.Name()], value=value) | ast.AnnAssign(target=ast.Name(), value=ast.expr() as value)
        ] if _is_got(module, value):
            pass
        case _:
            return None  # a parameter alone, or bound twice, or made
    statement = assigned[0].node
    assert isinstance(statement, ast.stmt)
    parent = module.facts.parents[statement]
    if isinstance(parent, ast.If) and parent.body == [statement] and not parent.orelse and _is_test(parent.test):
        statement = parent
    mentions = {one for one in module.facts.names[node.id] if _is_of(module, one, scope)}
    inside = {one for one in ast.walk(statement) if isinstance(one, ast.Name)}
    if mentions - inside != uses or _reads_every_name(module, scope):
        return None
    return statement


def _is_of(module: Module, name: ast.Name, scope: Scope) -> bool:
    home = module.facts.scope_at(name).find(name.id)
    return home is not None and home[0] is scope


def _is_got(module: Module, value: ast.expr) -> bool:
    """True for what asks for a loop, and for names and attributes, one of which may stand in for another."""
    match value:
        case ast.Call():
            return is_getter(module, value)
        case ast.BoolOp(op=ast.Or(), values=values):
            return all(_is_got(module, one) for one in values)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return _is_test(test) and _is_got(module, body) and _is_got(module, orelse)
        case _:
            return _is_dotted(value) and not runs_code(module, value)


def _is_test(test: ast.expr) -> bool:
    """True for a test whether there is a loop."""
    match test:
        case ast.Compare(left=left, ops=[ast.Is() | ast.IsNot()], comparators=[ast.Constant(value=None)]):
            return _is_dotted(left)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _is_dotted(operand)
        case _:
            return _is_dotted(test)


def _is_dotted(value: ast.expr) -> bool:
    match value:
        case ast.Attribute(value=inner):
            return _is_dotted(inner)
        case ast.Name() | ast.Constant(value=None):
            return True
        case _:
            return False


def _reads_every_name(module: Module, scope: Scope) -> bool:
    return any(
        scope.node in module.facts.ancestors(one)
        for name in READS_EVERY_NAME
        for one in module.facts.names.get(name, ())
    )
