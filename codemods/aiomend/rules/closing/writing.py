"""The ways to write a `try` whose `finally` closes a loop."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import TYPE_CHECKING, cast

from aiomend.rewriting import syntax

if TYPE_CHECKING:
    import libcst as cst

    Body = Sequence[cst.BaseStatement]


def name(text: str) -> cst.BaseExpression:
    """Return a name."""
    return syntax.expression(text)


def enclosed(body: Body, loop: str, indent: str, *, has_close: bool) -> list[cst.BaseStatement]:
    """Return `try: body finally: loop.close()`; with ``has_close`` the last statement of the body is that close."""
    inner = body[:-1] if has_close else body
    close = _close(loop, body[-1] if has_close else None)
    return [syntax.try_finally(inner, [close], indent)]


def parted(body: Body, moved: Sequence[int]) -> tuple[list[cst.BaseStatement], list[cst.BaseStatement]]:
    """Return a body without the statements at some places, and those as a `finally` has them."""
    rest = [one for at, one in enumerate(body) if at not in moved]
    return rest, [_moved(body[at]) for at in moved]


def reused(body: Body, loop: str, indent: str, *, has_close: bool, ends: Set[int]) -> list[cst.BaseStatement]:
    """Return a `try` with the close at the end of its `finally`, and the statements behind it.

    ``ends`` numbers the blocks of the `try` (body, `else`, handlers) whose last statement is a close that goes.
    """
    first, *rest = body
    found = rest.pop() if has_close else None
    if ends:
        first, found = _without_closes(cast("cst.Try", first), indent, ends)
    return [syntax.with_finally(first, [_close(loop, found)], indent), *rest]


def absorbed(body: Body, indent: str) -> list[cst.BaseStatement]:
    """Return the `try` that ends a body with the statements before it at the head of its own."""
    *before, last = body
    return [syntax.with_head(last, before, indent)]


def widened(body: Body, indent: str) -> list[cst.BaseStatement]:
    """Return a `try` around a body that ends with a `try`, whose last statement becomes the outer one's `finally`."""
    *before, last = body
    last, close = syntax.without_last_of_finally(last, indent)
    return [syntax.try_finally([*before, last], [_close("", close)], indent)]


def introduced(body: Body, assignment: str) -> list[cst.BaseStatement]:
    """Return a body behind an assignment, which takes over the comments above it."""
    first, *rest = body
    made = syntax.statements(f"{assignment}\n")[0].with_changes(leading_lines=getattr(first, "leading_lines", ()))
    return [made, first.with_changes(leading_lines=[]), *rest]


def _close(loop: str, found: cst.BaseStatement | None) -> cst.BaseStatement:
    """Return the close: the one that was there, with the comments above it but without the blank lines."""
    if found is None:
        return syntax.statements(f"{loop}.close()\n")[0]
    return _moved(found)


def _moved(found: cst.BaseStatement) -> cst.BaseStatement:
    """Return a statement with the comments above it but without the blank lines."""
    return found.with_changes(leading_lines=_comments(found))


def _comments(node: cst.BaseStatement) -> list[cst.EmptyLine]:
    return [line for line in getattr(node, "leading_lines", ()) if line.comment is not None]


def _without_closes(node: cst.Try, indent: str, ends: Set[int]) -> tuple[cst.Try, cst.BaseStatement]:
    """Return a `try` whose numbered blocks have lost their last statement, and the first that was taken."""
    taken: list[cst.BaseStatement] = []

    def cut(number: int, suite: cst.BaseSuite) -> cst.BaseSuite:
        if number not in ends:
            return suite
        whole = syntax.opened(suite, indent)
        *kept, last = whole.body
        taken.append(last)
        above = _comments(last) if len(taken) > 1 else []  # those of the first move with it
        if kept:
            return whole.with_changes(body=kept, footer=[*above, *whole.footer])
        return whole.with_changes(body=[syntax.statements("pass\n")[0].with_changes(leading_lines=above)])

    body = cut(0, node.body)
    orelse = node.orelse and node.orelse.with_changes(body=cut(1, node.orelse.body))
    handlers = [handler.with_changes(body=cut(at, handler.body)) for at, handler in enumerate(node.handlers, 2)]
    return node.with_changes(body=body, orelse=orelse, handlers=handlers), taken[0]
