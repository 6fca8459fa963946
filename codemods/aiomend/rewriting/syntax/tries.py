"""`try` statements: their heads, their handlers, their `finally`."""

from __future__ import annotations

from collections.abc import Sequence, Set

import libcst as cst

from aiomend.rewriting.syntax.blocks import block, deepened, detached, opened, statements
from aiomend.rewriting.syntax.lines import split, written


def try_finally(
    body: Sequence[cst.BaseStatement], final: Sequence[cst.BaseStatement], indent: str, *, takes_comments: bool = False
) -> cst.Try:
    """Return ``try: body finally: final``; comments above the first statement stay above the `try`, or go along with it."""
    leading, body = detached(body)
    own = next((at for at, line in enumerate(leading) if line.comment is not None), len(leading))
    if takes_comments and own < len(leading):
        body = [body[0].with_changes(leading_lines=leading[own:]), *body[1:]]
        leading = leading[:own]
    return cst.Try(body=block(body, indent), finalbody=cst.Finally(body=block(final, indent)), leading_lines=leading)


def handled(body: Sequence[cst.BaseStatement], handler: str, indent: str) -> list[cst.BaseStatement]:
    """Return statements whose first is under a handler, the last of those that it has; it gets a `try` where it is none."""
    shape = statements(f"try:\n    pass\n{handler}", indent)[0]
    assert isinstance(shape, cst.Try)
    first, *rest = body
    if isinstance(first, cst.Try):
        return [first.with_changes(handlers=[*first.handlers, *shape.handlers]), *rest]
    leading, inner = detached([first])
    return [shape.with_changes(body=block(inner, indent), leading_lines=leading), *rest]


def with_head(node: cst.BaseStatement, before: Sequence[cst.BaseStatement], indent: str) -> cst.BaseStatement:
    """Return a `try` with statements put in front of its body; the comments above them are above the `try` then."""
    assert isinstance(node, cst.Try)
    leading, head = detached(before)
    suite = opened(node.body, indent)
    first, *rest = suite.body
    first = first.with_changes(leading_lines=[*node.leading_lines, *getattr(first, "leading_lines", ())])
    return node.with_changes(body=suite.with_changes(body=[*deepened(head), first, *rest]), leading_lines=leading)


def with_finally(node: cst.BaseStatement, final: Sequence[cst.BaseStatement], indent: str) -> cst.BaseStatement:
    """Return a `try` with statements at the end of its `finally`, which it gets where it has none."""
    assert isinstance(node, (cst.Try, cst.TryStar))
    if node.finalbody is None:
        return node.with_changes(finalbody=cst.Finally(body=block(final, indent)))
    suite = opened(node.finalbody.body, indent)
    whole = suite.with_changes(body=[*suite.body, *deepened(final)])
    return node.with_changes(finalbody=node.finalbody.with_changes(body=whole))


def finally_preceded(
    body: Sequence[cst.BaseStatement], texts: Set[str], line: str, indent: str
) -> list[cst.BaseStatement]:
    """Return statements with a line in the `finally` of one of them, in front of the first there that is one of ``texts``.

    The comments above that statement stay above it. Raises ValueError where no `finally` has one.
    """
    out = list(body)
    for place, node in enumerate(body):
        if not isinstance(node, (cst.Try, cst.TryStar)) or node.finalbody is None:
            continue  # it has no `finally`
        suite = opened(node.finalbody.body, indent)
        final = [single for one in suite.body for single in _singles(one)]
        at = next((at for at, one in enumerate(final) if written(one) in texts), None)
        if at is not None:
            whole = suite.with_changes(body=[*final[:at], *statements(f"{line}\n", indent), *final[at:]])
            out[place] = node.with_changes(finalbody=node.finalbody.with_changes(body=whole))
            return out
    raise ValueError("no `finally` has the statement")


def _singles(node: cst.BaseStatement) -> Sequence[cst.BaseStatement]:
    return split(node) if isinstance(node, cst.SimpleStatementLine) and len(node.body) > 1 else [node]


def without_last_of_finally(node: cst.BaseStatement, indent: str) -> tuple[cst.BaseStatement, cst.BaseStatement]:
    """Return a `try` without the last statement of its `finally`, and that statement; an empty `finally` goes too."""
    assert isinstance(node, (cst.Try, cst.TryStar))
    assert node.finalbody is not None
    suite = opened(node.finalbody.body, indent)
    *kept, last = suite.body
    final = node.finalbody.with_changes(body=suite.with_changes(body=kept)) if kept else None
    return node.with_changes(finalbody=final), last
