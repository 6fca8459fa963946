"""Handlers of a `try` that let a cancellation through."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from aiomend.rewriting.syntax import block, expression, opened, statements


def with_raising(body: Sequence[cst.BaseStatement], index: int, caught: str, indent: str) -> list[cst.BaseStatement]:
    """Return a `try` with `except caught: raise` before its handler number ``index``."""
    node = _try(body)
    new = cst.ExceptHandler(type=expression(caught), body=block(statements("raise\n"), indent))
    return [node.with_changes(handlers=[*node.handlers[:index], new, *node.handlers[index:]])]


def split(
    body: Sequence[cst.BaseStatement], index: int, positions: frozenset[int], caught: str, indent: str
) -> list[cst.BaseStatement]:
    """Return a `try` whose handler of several lacks those at ``positions``, which are raised in one before it."""
    node = _try(body)
    handler = node.handlers[index]
    assert isinstance(handler.type, cst.Tuple)
    kept = [element for at, element in enumerate(handler.type.elements) if at not in positions]
    if len(kept) == 1:
        rest: cst.BaseExpression = kept[0].value
    else:
        kept[-1] = kept[-1].with_changes(comma=handler.type.elements[-1].comma)
        rest = handler.type.with_changes(elements=kept)
    changed = list(node.handlers)
    changed[index] = handler.with_changes(type=rest, whitespace_after_except=cst.SimpleWhitespace(" "))
    return with_raising([node.with_changes(handlers=changed)], index, caught, indent)


def reraising(body: Sequence[cst.BaseStatement], index: int, indent: str, *, replace: bool) -> list[cst.BaseStatement]:
    """Return a `try` whose handler ends with `raise`, in the place of its last statement or behind it."""
    node = _try(body)
    handler = node.handlers[index]
    suite = handler.body
    if isinstance(suite, cst.SimpleStatementSuite) and replace:
        changed: cst.BaseSuite = suite.with_changes(body=[*suite.body[:-1], cst.Raise()])
    else:
        inner = opened(suite, indent)
        if replace:
            last = inner.body[-1]
            assert isinstance(last, cst.SimpleStatementLine)
            changed = inner.with_changes(
                body=[*inner.body[:-1], last.with_changes(body=[*last.body[:-1], cst.Raise()])]
            )
        else:
            changed = inner.with_changes(body=[*inner.body, *statements("raise\n")])
    handlers = list(node.handlers)
    handlers[index] = handler.with_changes(body=changed)
    return [node.with_changes(handlers=handlers)]


def without_handlers(body: Sequence[cst.BaseStatement], indent: str) -> list[cst.BaseStatement]:
    """Return what a `try` guards, its `else` behind it: under its `finally` where it has one, else instead of it.

    Comments at `try`, at its handlers and at `else` go with them.
    """
    node = _try(body)
    first, *rest = opened(node.body, indent).body
    assert isinstance(first, (cst.SimpleStatementLine, cst.BaseCompoundStatement))
    more = opened(node.orelse.body, indent).body if node.orelse is not None else ()
    if node.finalbody is not None:
        return [node.with_changes(body=block([first, *rest, *more], indent), handlers=[], orelse=None)]
    return [first.with_changes(leading_lines=[*node.leading_lines, *first.leading_lines]), *rest, *more]


def _try(body: Sequence[cst.BaseStatement]) -> cst.Try:
    (node,) = body
    assert isinstance(node, cst.Try)
    return node
