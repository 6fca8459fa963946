"""Where new lines begin: steps of indentation, and lines that are aligned with something."""

from __future__ import annotations

from collections.abc import Set

import libcst as cst


class Steps(cst.CSTTransformer):
    """LibCST takes a new block's indentation from the first block of the module it stands in: say it explicitly."""

    def __init__(self, indent: str) -> None:
        super().__init__()
        self._indent = indent

    def leave_IndentedBlock(
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        return updated_node.with_changes(indent=self._indent)


class Blank(cst.CSTTransformer):
    """Keeps blank lines empty: those of a module's own level would get the indentation of the block that they move to."""

    def leave_EmptyLine(self, original_node: cst.EmptyLine, updated_node: cst.EmptyLine) -> cst.EmptyLine:
        return updated_node if updated_node.comment is not None else updated_node.with_changes(indent=False)


class Shifted(cst.CSTTransformer):
    """Moves the continuation lines that start at a column, counted from the statement, or to the right of it."""

    def __init__(self, column: int, by: int) -> None:
        super().__init__()
        self._column = column
        self._by = by

    def leave_ParenthesizedWhitespace(
        self, original_node: cst.ParenthesizedWhitespace, updated_node: cst.ParenthesizedWhitespace
    ) -> cst.ParenthesizedWhitespace:
        step = updated_node.last_line.value
        if len(step) < self._column or step.strip(" "):
            return updated_node  # not aligned with anything in the call, or with tabs
        return updated_node.with_changes(last_line=cst.SimpleWhitespace(step + " " * self._by))


def realigned(node: cst.BaseExpression, columns: Set[int], by: int) -> cst.BaseExpression:
    """Return an expression whose continuation lines at one of ``columns``, counted from the statement, have moved."""
    moved = node.visit(_Realigned(columns, by)) if columns else node
    assert isinstance(moved, cst.BaseExpression)
    return moved


class _Realigned(cst.CSTTransformer):
    """Moves the continuation lines that begin at one of some columns."""

    def __init__(self, columns: Set[int], by: int) -> None:
        super().__init__()
        self._columns = columns
        self._by = by

    def leave_ParenthesizedWhitespace(
        self, original_node: cst.ParenthesizedWhitespace, updated_node: cst.ParenthesizedWhitespace
    ) -> cst.ParenthesizedWhitespace:
        step = updated_node.last_line.value
        if len(step) not in self._columns or step.strip(" ") or len(step) + self._by < 0:
            return updated_node  # not aligned with anything that moves, or with tabs
        return updated_node.with_changes(last_line=cst.SimpleWhitespace(" " * (len(step) + self._by)))
