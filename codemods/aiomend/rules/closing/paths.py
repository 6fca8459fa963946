"""The paths on which a loop that is closed here and there stays open, as evidence for a person."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.flow import handlers_around
from aiomend.facts.loops import Loop
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import last_name
from aiomend.model import Evidence

_ALL = frozenset({"Exception", "KeyboardInterrupt", "SystemExit"})


def left_open(facts: ModuleFacts, loop: Loop) -> tuple[Evidence, ...]:
    """Return the runs and handlers, in order of their lines, behind which nothing closes the loop."""
    found = {(node.lineno, note) for node, note in _places(facts, loop)}
    return tuple(Evidence(facts.path, line, note) for line, note in sorted(found))


def _places(facts: ModuleFacts, loop: Loop) -> Iterator[tuple[ast.expr | ast.ExceptHandler, str]]:
    for run in loop.runs:
        handlers = _handlers(facts, run)
        for handler in handlers:
            if not _closes(loop, handler):
                yield handler, "this handler does not close the loop"
        if not handlers:
            yield run, "an exception of this run closes nothing"
        elif not _takes_all(handlers):
            yield run, "an exception that no handler here names closes nothing"
    straight = [run for run in loop.runs if not _is_handling(facts, run)]
    last = max(straight, key=lambda run: run.lineno, default=None)
    if last is None:
        return
    behind = (close for close in loop.closes if close.lineno >= last.lineno and not _is_handling(facts, close))
    if not any(True for _ in behind):
        yield last, "nothing closes the loop where this run ends without an exception"


def _handlers(facts: ModuleFacts, run: ast.Call) -> list[ast.ExceptHandler]:
    """Return the handlers of the innermost `try` with some whose body holds a run."""
    handlers = list(handlers_around(facts, run))
    return [one for one in handlers if facts.parents[one] is facts.parents[handlers[0]]]


def _closes(loop: Loop, handler: ast.ExceptHandler) -> bool:
    return any(node is close for node in ast.walk(handler) for close in loop.closes)


def _takes_all(handlers: list[ast.ExceptHandler]) -> bool:
    types = [handler.type for handler in handlers]
    if any(one is None for one in types):
        return True
    names = {last_name(name) for one in types if one for name in (one.elts if isinstance(one, ast.Tuple) else [one])}
    return "BaseException" in names or names >= _ALL


def _is_handling(facts: ModuleFacts, node: ast.AST) -> bool:
    return any(isinstance(parent, ast.ExceptHandler) for parent in facts.ancestors(node))
