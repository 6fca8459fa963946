"""Code of coroutines that is written for callers without an event loop as well: what it does then may block."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from aiomend.facts.branches import decisions
from aiomend.facts.flow import implies
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import called_name, last_name

#: What a test is called that tells the two modes apart: `is_async`, `self._sync`, `asynchronous`.
_MODE = re.compile(r"(?:^|_)a?sync(?:_|$)|(?:^|_)a?synchronous", re.I)
_GETS = "get_running_loop"
_MISSING = frozenset({"RuntimeError", "Exception", "BaseException"})
_WAITS = (ast.Await, ast.AsyncFor, ast.AsyncWith, ast.YieldFrom)


def is_for_no_loop(facts: ModuleFacts, node: ast.AST) -> bool:
    """True where code found out that no loop runs, or that its caller waits for nothing, before control gets to a node.

    That is a handler of the RuntimeError of `get_running_loop()`, a test of `loop.is_running()`, and a test by whose name
    the other branch is the one that awaits: `if is_async: await asyncio.sleep(1)`.
    """
    handlers = (one for one in facts.ancestors(node) if isinstance(one, ast.ExceptHandler))
    return any(_is_of_missing_loop(facts, one) for one in handlers) or any(
        implies(one.test, one.outcome, _says_no_loop) or (_tells_mode(one.test) and _waits(one.otherwise))
        for one in decisions(facts, node)
    )


def _is_of_missing_loop(facts: ModuleFacts, handler: ast.ExceptHandler) -> bool:
    """True for the handler of `try: asyncio.get_running_loop()`, whose body does no more than that."""
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    match facts.parents.get(handler):
        case ast.Try(body=[ast.Expr(value=ast.Call() as call) | ast.Assign(value=ast.Call() as call)]):
            return called_name(call) == _GETS and any(one is None or last_name(one) in _MISSING for one in types)
        case _:
            return False


def _says_no_loop(test: ast.expr, outcome: bool) -> bool:
    """True where a test that comes out so says that no loop runs: `loop.is_running()`, of nothing that is no loop by its name."""
    match test:
        case ast.Call(func=ast.Attribute(value=loop, attr="is_running")):
            return not outcome and "loop" in ast.unparse(loop)
        case _:
            return False


def _tells_mode(test: ast.expr) -> bool:
    return any(isinstance(one, (ast.Name, ast.Attribute)) and _MODE.search(last_name(one)) for one in ast.walk(test))


def _waits(parts: Sequence[ast.AST]) -> bool:
    return any(isinstance(one, _WAITS) for part in parts for one in ast.walk(part))
