"""Statements that go, and blocks that go with them. The comments of what goes stay."""

from __future__ import annotations

from collections.abc import Sequence, Set

import libcst as cst

from aiomend.rewriting import syntax

_Body = Sequence[cst.BaseStatement]
_Lines = list[cst.EmptyLine]
_EMPTY = cst.Module(body=[])


def without(body: _Body, texts: Set[str], indent: str) -> list[cst.BaseStatement]:
    """Return a block's statements without those that are written as one of ``texts``, at any depth but in definitions.

    A `finally` that loses all of its statements goes too, and so does a `try` that is left with nothing but a body. The
    lines above the first statement are no part of it: they stay where they are.
    """
    removal = _Removal(frozenset(" ".join(text.split()) for text in texts), indent)
    (first, *rest), comments = removal.statements(body)
    if first is not body[0]:
        first = first.with_changes(leading_lines=_unspaced(_lines(first)))
    *others, last = first, *rest
    if comments:  # what they stood above has gone: they go above the last statement that is left
        last = last.with_changes(leading_lines=_joined(_lines(last), comments))
    return [*others, last]


class _Removal:
    """One walk through a block; every method returns what is left, and the comments that have to stand behind it."""

    def __init__(self, texts: Set[str], indent: str) -> None:
        self._texts = texts
        self._indent = indent

    def statements(self, body: _Body) -> tuple[list[cst.BaseStatement], _Lines]:
        kept: list[cst.BaseStatement] = []
        above: _Lines = []  #: what stood above statements that have gone
        for node in body:
            left, behind = self._statement(node)
            if left:
                kept += _below(above, left)
                above = behind
            else:
                above = [*_joined(above, _lines(node)), *behind]
        return kept, [line for line in above if line.comment is not None]

    def _statement(self, node: cst.BaseStatement) -> tuple[list[cst.BaseStatement], _Lines]:
        if self._goes(node):
            return [], []
        match node:
            case cst.SimpleStatementLine():
                return self._line(node), []
            case cst.Try():
                return self._try(node)
            case cst.If():
                return [self._if(node)], []
            case cst.With() | cst.For() | cst.While():
                return [node.with_changes(body=self._suite(node.body))], []
            case _:
                return [node], []  # a definition: another scope

    def _goes(self, node: cst.CSTNode) -> bool:
        bare = node.with_changes(leading_lines=[]) if isinstance(node, cst.If) else node
        return " ".join(_EMPTY.code_for_node(bare).split()) in self._texts

    def _line(self, node: cst.SimpleStatementLine) -> list[cst.BaseStatement]:
        smalls = [
            small for small in node.body if not self._goes(small.with_changes(semicolon=cst.MaybeSentinel.DEFAULT))
        ]
        if smalls == [*node.body]:
            return [node]
        if not smalls:
            return []
        *others, last = smalls
        return [node.with_changes(body=[*others, last.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)])]

    def _suite(self, suite: cst.BaseSuite) -> cst.BaseSuite:
        """Return a block that is never empty."""
        whole = syntax.opened(suite, self._indent)
        left, behind = self.statements(whole.body)
        if left == [*whole.body]:
            return suite  # nodes are compared by identity
        if not left:
            left, behind = [syntax.statements("pass\n")[0].with_changes(leading_lines=behind)], []
        return whole.with_changes(body=left, footer=[*behind, *whole.footer])

    def _if(self, node: cst.If) -> cst.If:
        orelse = node.orelse
        if isinstance(orelse, cst.If):
            orelse = self._if(orelse)
        elif orelse is not None:
            orelse = orelse.with_changes(body=self._suite(orelse.body))
        return node.with_changes(body=self._suite(node.body), orelse=orelse)

    def _try(self, node: cst.Try) -> tuple[list[cst.BaseStatement], _Lines]:
        handlers = [handler.with_changes(body=self._suite(handler.body)) for handler in node.handlers]
        orelse = node.orelse and node.orelse.with_changes(body=self._suite(node.orelse.body))
        final, behind = node.finalbody, []
        if final is not None:
            whole = syntax.opened(final.body, self._indent)
            left, comments = self.statements(whole.body)
            if left:
                final = final.with_changes(body=self._suite(final.body))
            else:
                behind = [*_comments(final.leading_lines), *_header(whole), *comments, *_comments(whole.footer)]
                final = None
        if handlers or final is not None:
            body = self._suite(node.body)
            changed = node.with_changes(body=body, handlers=handlers, orelse=orelse, finalbody=final)
            return [changed], behind
        whole = syntax.opened(node.body, self._indent)
        left, comments = self.statements(whole.body)
        return _below([*node.leading_lines, *_header(whole)], left), [*comments, *_comments(whole.footer), *behind]


def _below(above: _Lines, body: _Body) -> list[cst.BaseStatement]:
    """Return statements with lines above them."""
    first, *rest = body
    return [first.with_changes(leading_lines=_joined(above, _lines(first))), *rest] if above else [first, *rest]


def _lines(node: cst.BaseStatement) -> _Lines:
    return list(getattr(node, "leading_lines", ()))


def _comments(lines: Sequence[cst.EmptyLine]) -> _Lines:
    return [line for line in lines if line.comment is not None]


def _header(suite: cst.IndentedBlock) -> _Lines:
    """Return the comment behind a block's colon as a line of its own."""
    return [cst.EmptyLine(comment=suite.header.comment)] if suite.header.comment is not None else []


def _unspaced(lines: _Lines) -> _Lines:
    """Return lines without the blank ones that they begin with."""
    start = next((at for at, line in enumerate(lines) if line.comment is not None), len(lines))
    return lines[start:]


def _joined(above: _Lines, lines: _Lines) -> _Lines:
    return [*above, *_unspaced(lines)] if above else lines
