"""Code of coroutines that is written for callers without an event loop as well: what it does then may block."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence, Set
from functools import partial

from aiomend.facts.branches import decisions
from aiomend.facts.flow import caught_by, implies
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import last_name

#: What a test is called that tells the two modes apart: `is_async`, `self._sync`, `asynchronous`.
_MODE = re.compile(r"(?:^|_)a?sync(?:_|$)|(?:^|_)a?synchronous", re.I)
_GETS = "get_running_loop"
_MISSING = frozenset({"RuntimeError", "Exception", "BaseException"})
_WAITS = (ast.Await, ast.AsyncFor, ast.AsyncWith, ast.YieldFrom)


def is_for_no_loop(facts: ModuleFacts, node: ast.AST) -> bool:
    """True where code found out that no loop runs, or that its caller waits for nothing, before control gets to a node.

    That is a handler of the RuntimeError of `get_running_loop()`, a test of what that gave or of `loop.is_running()`, and a
    test by whose name the other branch is the one that awaits: `if is_async: await asyncio.sleep(1)`.
    """
    if any(
        isinstance(one, ast.ExceptHandler) and one in _handlers(facts, facts.parents[one])
        for one in facts.ancestors(node)
    ):
        return True
    says_no_loop = partial(_says_no_loop, _names(facts, node))
    return any(
        implies(one.test, one.outcome, says_no_loop) or (_tells_mode(one.test) and _waits(one.otherwise))
        for one in decisions(facts, node)
    )


def _handlers(facts: ModuleFacts, statement: ast.AST) -> Sequence[ast.ExceptHandler]:
    """Return what handles the missing loop in `try: asyncio.get_running_loop()`, whose body does no more than that."""
    match statement:
        case ast.Try(
            body=[ast.Expr(value=ast.Call(func=func)) | ast.Assign(value=ast.Call(func=func))], handlers=handlers
        ) if facts.original_name(func) == _GETS:
            return [one for one in handlers if any(_is_runtime_error(caught) for caught in caught_by(one.type))]
        case _:
            return ()


def _is_runtime_error(caught: ast.expr | None) -> bool:
    return caught is None or last_name(caught) in _MISSING


def _names(facts: ModuleFacts, node: ast.AST) -> Set[str]:
    """Return the names that hold the running loop in the function around a node, and nothing where none runs."""
    function = facts.function_at(node)
    found: set[str] = set()
    for statement in facts.nodes(ast.Try) if function is not None else ():
        match statement.body:
            case [ast.Assign(targets=[ast.Name(id=name)])] if facts.function_at(statement) is function:
                found |= {name} if _handlers(facts, statement) else set()
            case _:
                pass  # keeps nothing of it, or is another function's
    return found


def _says_no_loop(names: Set[str], test: ast.expr, outcome: bool) -> bool:
    """True where a test that comes out so says that no loop runs; what is asked `is_running()` has to be a loop by its name."""
    match test:
        case ast.Call(func=ast.Attribute(value=loop, attr="is_running")):
            return not outcome and "loop" in ast.unparse(loop)
        case ast.Name(id=name):
            return not outcome and name in names
        case ast.Compare(left=ast.Name(id=name), ops=[ast.Is() | ast.IsNot() as op], comparators=[ast.Constant(None)]):
            return outcome is isinstance(op, ast.Is) and name in names
        case _:
            return False


def _tells_mode(test: ast.expr) -> bool:
    return any(isinstance(one, (ast.Name, ast.Attribute)) and _MODE.search(last_name(one)) for one in ast.walk(test))


def _waits(parts: Sequence[ast.AST]) -> bool:
    return any(isinstance(one, _WAITS) for part in parts for one in ast.walk(part))
