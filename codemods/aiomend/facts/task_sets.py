"""What becomes of the tasks that `Task.all_tasks()` gives: can it matter that finished ones are among them?"""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterable

from aiomend.facts.module import Colour
from aiomend.facts.scopes import How
from aiomend.facts.view import Module

_DEPTH = 5
_COPIES = frozenset({"frozenset", "iter", "list", "set", "sorted", "tuple"})


class Matter(enum.IntEnum):
    """What is known of the finished tasks among others; the larger one counts."""

    NOT = 0  #: what happens to them has no effect
    UNKNOWN = 1
    INSPECTED = 2  #: somebody asks for what became of them, or counts them


def finished_matter(module: Module, tasks: ast.expr, depth: int = _DEPTH) -> Matter:
    """Return whether finished tasks in a set of tasks matter to the code that gets it."""
    parent = module.facts.parents[tasks]
    match parent:
        case ast.For(iter=iterable, target=ast.Name(id=name), body=body, orelse=[]) if iterable is tasks:
            return _worst(_in_loop(statement, name) for statement in body)
        case ast.comprehension(iter=iterable) if iterable is tasks:
            return _of_comprehension(module, parent, depth)
        case ast.Starred():
            return _gathered(module, parent)
        case ast.Call(func=ast.Name(id=name), args=[argument]) if argument is tasks and name in _COPIES:
            return finished_matter(module, parent, depth)
        case ast.Call(func=ast.Name(id="len"), args=[argument]) if argument is tasks:
            return Matter.INSPECTED
        case ast.BinOp(left=left, op=ast.Sub()) if left is tasks:
            return finished_matter(module, parent, depth)
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is tasks and depth:
            return _of_name(module, parent, name, depth - 1)
        case ast.Attribute(attr="discard" | "remove"):
            return Matter.NOT
        case ast.Expr():
            return Matter.NOT
        case _:
            return Matter.UNKNOWN


def _worst(matters: Iterable[Matter]) -> Matter:
    return max(matters, default=Matter.NOT)


def _of_name(module: Module, bound: ast.Assign, name: str, depth: int) -> Matter:
    found = module.facts.scope_at(bound).find(name)
    if found is None or len(found[1]) != 1 or found[1][0].how is not How.ASSIGN or found[0].parent is None:
        return Matter.UNKNOWN  # bound again, or others may use it
    uses = [one for one in module.facts.mentions(name).get(found[0], ()) if isinstance(one.ctx, ast.Load)]
    return _worst(finished_matter(module, one, depth) for one in uses)


# ---- one task after the other ---


def _in_loop(statement: ast.stmt, name: str) -> Matter:
    """Return whether a finished task matters to a statement of a loop's body, in which it is called ``name``."""
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=found), attr="cancel"))) if found == name:
            return Matter.NOT
        case ast.Pass() | ast.Continue():
            return Matter.NOT
        case ast.If(test=test, body=[ast.Continue()], orelse=[]) if _asks_done(test, name):
            return Matter.NOT
        case ast.If(test=test, body=body, orelse=orelse):
            if _asks_pending(test, name) and not orelse:
                return Matter.NOT  # nothing happens to finished ones
            return _worst([_in_test(test, name), *(_in_loop(one, name) for one in [*body, *orelse])])
        case _:
            return Matter.INSPECTED if _inspects(statement, name) else Matter.UNKNOWN


def _in_test(test: ast.expr, name: str) -> Matter:
    """A test may tell tasks apart by which they are; asking what became of one is another matter."""
    match test:
        case ast.Compare(left=left, comparators=[right], ops=[ast.Is() | ast.IsNot() | ast.Eq() | ast.NotEq()]):
            is_plain = not _inspects(test, name) and any(isinstance(one, ast.Name) for one in (left, right))
            return Matter.NOT if is_plain else Matter.UNKNOWN
        case _:
            return Matter.INSPECTED if _inspects(test, name) else Matter.UNKNOWN


def _asks_done(test: ast.expr, name: str) -> bool:
    match test:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=found), attr="done"), args=[]):
            return found == name
        case _:
            return False


def _asks_pending(test: ast.expr, name: str) -> bool:
    """True for `not task.done()`, and for more that holds besides."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _asks_done(operand, name)
        case ast.BoolOp(op=ast.And(), values=values):
            return any(_asks_pending(one, name) for one in values)
        case _:
            return False


def _inspects(node: ast.AST, name: str) -> bool:
    return any(
        isinstance(inner, ast.Attribute)
        and inner.attr in ("cancelled", "done", "exception", "result")
        and isinstance(inner.value, ast.Name)
        and inner.value.id == name
        for inner in ast.walk(node)
    )


# ---- all at once ---


def _of_comprehension(module: Module, clause: ast.comprehension, depth: int) -> Matter:
    around = module.facts.parents[clause]
    if not isinstance(around, (ast.ListComp, ast.SetComp, ast.GeneratorExp)) or not isinstance(clause.target, ast.Name):
        return Matter.UNKNOWN  # a dict, or taken apart
    name = clause.target.id
    if len(around.generators) > 1:
        return Matter.UNKNOWN  # combined with something else
    if any(_asks_pending(test, name) for test in clause.ifs):
        return Matter.NOT
    tests = _worst(_in_test(test, name) for test in clause.ifs)
    match around.elt:
        case ast.Name(id=found) if found == name:
            return max(tests, finished_matter(module, around, depth))
        case ast.Call(func=ast.Attribute(value=ast.Name(id=found), attr="cancel")) if found == name:
            is_alone = isinstance(module.facts.parents[around], ast.Expr)
            return max(tests, Matter.NOT if is_alone else Matter.UNKNOWN)
        case elt:
            return Matter.INSPECTED if _inspects(elt, name) else Matter.UNKNOWN


def _gathered(module: Module, starred: ast.Starred) -> Matter:
    """Where a coroutine waits for all of them, whatever became of each, finished ones make no difference."""
    call = module.facts.parents[starred]
    if not isinstance(call, ast.Call) or module.name_of(call.func) != "asyncio.gather":
        return Matter.UNKNOWN
    keeps_going = any(
        one.arg == "return_exceptions" and isinstance(one.value, ast.Constant) and one.value.value is True
        for one in call.keywords
    )
    wait = module.facts.parents[call]
    is_dropped = isinstance(wait, (ast.Await, ast.YieldFrom)) and isinstance(module.facts.parents[wait], ast.Expr)
    in_coroutine = module.colour_at(call) is not Colour.SYNC
    return Matter.NOT if keeps_going and is_dropped and in_coroutine else Matter.UNKNOWN
