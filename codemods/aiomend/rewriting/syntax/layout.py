"""Where new lines begin: steps of indentation, and blank lines."""

from __future__ import annotations

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
