"""The few kinds of edit. Each names `ast` nodes and brings a function on LibCST nodes; nothing here loads LibCST."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import libcst as cst

    from aiomend.facts.module import ModuleFacts

    Transform = Callable[[cst.BaseExpression], cst.BaseExpression]
    BlockTransform = Callable[[Sequence[cst.BaseStatement]], Sequence[cst.BaseStatement]]


@dataclass(frozen=True, slots=True)
class Replace:
    """Put what ``transform`` makes of an expression in its place. Parentheses are added where the new form needs them.

    Edits of one place with one and the same ``transform`` are equal: fixes that share them are carried out together.
    """

    node: ast.expr
    transform: Transform


@dataclass(frozen=True, slots=True)
class Wrap:
    """Put what ``transform`` makes of a run of sibling statements in its place; equal as two `Replace` are.

    Several transforms on one run compose when one run holds the other; the inner one goes first. One that is ``alone``
    counts on each of its statements being there: what wants some of them waits for the next round. One-line suites and
    statements that share a line with `;` are opened before.
    """

    statements: tuple[ast.stmt, ...]
    transform: BlockTransform
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Import:
    """`import module`, or `from module import member as alias`. Nothing is added where the file has it at its top level."""

    module: str
    member: str | None = None
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class Helper:
    """A function or a class, with the names that it needs, added once a module.

    ``code`` is complete top-level code whose only free names are builtins and what ``imports`` bring; ``name`` is what the
    edits call. ``kind`` is the name that it has where nothing else bears it: by that, helpers of several files are alike.
    """

    name: str
    code: str
    imports: tuple[Import, ...] = ()
    kind: str = ""
    home: ModuleFacts | None = None  #: the file that it is added to, where that is another one than the edited one


Edit = Replace | Wrap
Need = Import | Helper
