"""From `ast` nodes to LibCST nodes of a slice, and the one pass that applies all edits of it."""

from __future__ import annotations

import ast
import dataclasses
import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from aiomend.facts.module import ModuleFacts
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Edit, Replace, Wrap
from aiomend.rewriting.slices import Slice, frame

_WRAPPER = "if 1:\n"
_NEWLINE = re.compile(r"\r\n|\r|\n")


class SpliceError(Exception):
    """The edits cannot be placed; the text says why, for the report."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The lines of a slice before and after, with plain newlines, and with its frame around them."""

    old: str
    new: str


def rewrite(facts: ModuleFacts, piece: Slice, edits: Sequence[Edit]) -> Rewritten:
    """Return the slice with all its edits; raises SpliceError where one finds no place or the slice does not round-trip."""
    above, below = frame(facts, piece)
    old = above + slice_text(facts, piece) + below
    indented = old[:1] in (" ", "\t")
    code = _WRAPPER + old if indented else old
    try:
        module = cst.parse_module(code)
    except Exception as error:  # LibCST raises more than its own ParserSyntaxError on odd input
        raise SpliceError(f"LibCST cannot parse the statement: {type(error).__name__}") from None
    if module.code != code:
        raise SpliceError("LibCST does not give the statement back as it is written")
    wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
    body: Sequence[cst.CSTNode] = module.body
    if indented:
        outer = module.body[0]
        assert isinstance(outer, cst.If)
        body = outer.body.body
    lines_above = above.count("\n") + (_WRAPPER.count("\n") if indented else 0)
    if piece.owner is not None:
        body = _suite(body[0], bool(above)) if piece.statements else []
    rewriter = _Rewriter(
        _align(piece.statements, body),
        _around(facts, edits),
        _expressions(facts, piece, edits, wrapper, lines_above),
        [edit for edit in edits if isinstance(edit, Wrap)],
        facts.indent,
    )
    tree = module.visit(rewriter)
    if rewriter.done != len(edits):
        raise SpliceError("an edit did not find its place")
    new = tree.code
    if not _reads_as_built(tree, new):
        raise SpliceError("the new code would be read differently than it was built")
    return Rewritten(old, new[len(_WRAPPER) :] if indented else new)


def _around(facts: ModuleFacts, edits: Sequence[Edit]) -> set[ast.stmt]:
    """Return the statements that hold a place which an edit changes."""
    inner = [edit.node if isinstance(edit, Replace) else edit.statements[0] for edit in edits]
    return {parent for node in inner for parent in facts.ancestors(node) if isinstance(parent, ast.stmt)}


def _suite(node: cst.CSTNode, is_elif: bool) -> Sequence[cst.CSTNode]:
    """Return the body of a statement, or of the `elif` of the `if` that was put above it."""
    if is_elif:
        assert isinstance(node, cst.If)
        assert isinstance(node.orelse, cst.If)
        node = node.orelse
    assert isinstance(node, cst.BaseCompoundStatement)
    return node.body.body


def _reads_as_built(tree: cst.Module, code: str) -> bool:
    """LibCST adds no parentheses: what it writes may parse as something else. Compare with what the parser sees."""
    try:
        return _same_shape(tree, cst.parse_module(code))
    except cst.ParserSyntaxError:
        return False


def _same_shape(built: cst.CSTNode, read: cst.CSTNode) -> bool:
    """Compare what means something: not white space, comments, parentheses of their own or commas."""
    todo = [(built, read)]
    while todo:
        ours, theirs = todo.pop()
        if type(ours) is not type(theirs):
            return False
        mine, its = _meaning(ours), _meaning(theirs)
        if len(mine) != len(its):
            return False
        for one, other in zip(mine, its, strict=True):
            if isinstance(one, cst.CSTNode) and isinstance(other, cst.CSTNode):
                todo.append((one, other))
            elif one != other:
                return False
    return True


_LAYOUT = (cst.BaseParenthesizableWhitespace, cst.EmptyLine, cst.TrailingWhitespace, cst.Newline, cst.Comment,
           cst.LeftParen, cst.RightParen, cst.Comma, cst.Semicolon)  # fmt: skip
_KINDS = [kind for kind in vars(cst).values() if isinstance(kind, type) and issubclass(kind, _LAYOUT)]
_NOTHING = frozenset(
    {*_KINDS, cst.MaybeSentinel, bool, type(None)}
)  #: looked up, since asking an abstract class takes long
_LAYOUT_FIELDS = frozenset(
    {
        "lpar",
        "rpar",
        "comma",
        "semicolon",
        "trailing_whitespace",
        "indent",
        "header",
        "footer",
        "leading_lines",
        "lines_after_decorators",
        "default_indent",
        "default_newline",
        "encoding",
    }
)


@functools.cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    names = [field.name for field in dataclasses.fields(kind)]
    return tuple(name for name in names if name not in _LAYOUT_FIELDS and not name.startswith("whitespace_"))


def _meaning(node: cst.CSTNode) -> list[object]:
    found: list[object] = []
    for name in _fields(type(node)):
        value = getattr(node, name)
        found += value if isinstance(value, (list, tuple)) else [value]
    return [one for one in found if type(one) not in _NOTHING]


def slice_text(facts: ModuleFacts, piece: Slice) -> str:
    """Return the lines of a slice with plain newlines and with stand-ins for `async` as a name."""
    source = facts.source
    end = source.starts[piece.last] if piece.last < len(source.starts) else len(source.text)
    return _NEWLINE.sub("\n", source.code[source.starts[piece.first - 1] : end])


def _align(statements: Sequence[ast.stmt], body: Sequence[cst.CSTNode]) -> dict[cst.CSTNode, ast.stmt]:
    """Pair the statements of both trees: they stand in the same order, so that no position is needed."""
    pairs: dict[cst.CSTNode, ast.stmt] = {}
    flat: list[cst.CSTNode] = []
    for node in body:
        flat.extend(node.body if isinstance(node, cst.SimpleStatementLine) else [node])
    if len(flat) != len(statements):
        raise SpliceError("the slice holds other statements than expected")
    for statement, node in zip(statements, flat, strict=True):
        pairs[node] = statement
        for inner_statements, inner in _blocks(statement, node):
            pairs.update(_align(inner_statements, inner))
    return pairs


def _blocks(statement: ast.stmt, node: cst.CSTNode) -> list[tuple[list[ast.stmt], Sequence[cst.CSTNode]]]:
    """Return the blocks of a compound statement, as both trees have them."""
    found: list[tuple[list[ast.stmt], Sequence[cst.CSTNode]]] = []

    def add(statements: list[ast.stmt], owner: object) -> None:
        suite = getattr(owner, "body", None)
        if statements and isinstance(suite, (cst.IndentedBlock, cst.SimpleStatementSuite)):
            found.append((statements, suite.body))

    match statement:
        case ast.Match(cases=cases) if isinstance(node, cst.Match):
            for case, case_node in zip(cases, node.cases, strict=True):
                add(case.body, case_node)
        case ast.Try() | ast.TryStar() if isinstance(node, (cst.Try, cst.TryStar)):
            add(statement.body, node)
            for handler, handler_node in zip(statement.handlers, node.handlers, strict=True):
                add(handler.body, handler_node)
            add(statement.orelse, node.orelse)
            add(statement.finalbody, node.finalbody)
        case ast.If(orelse=[ast.If() as inner]) if isinstance(node, cst.If) and isinstance(node.orelse, cst.If):
            add(statement.body, node)
            found.append(([inner], [node.orelse]))
        case _:
            add(getattr(statement, "body", []), node)
            add(getattr(statement, "orelse", []), getattr(node, "orelse", None))
    return found


def _expressions(
    facts: ModuleFacts, piece: Slice, edits: Sequence[Edit], wrapper: MetadataWrapper, shift: int
) -> dict[cst.CSTNode, Replace]:
    """Find the node of each expression edit by its position."""
    wanted: dict[tuple[int, int, int, int], Replace] = {}
    source = facts.source
    for edit in edits:
        if isinstance(edit, Replace):
            start, end = source.span(edit.node)
            first, last = source.line_of(start), source.line_of(end)
            spot = (
                first - piece.first + 1 + shift,
                start - source.starts[first - 1],
                last - piece.first + 1 + shift,
                end - source.starts[last - 1],
            )
            if spot in wanted:
                raise SpliceError("two fixes want to replace one expression")
            wanted[spot] = edit
    found: dict[cst.CSTNode, Replace] = {}
    if not wanted:
        return found
    for node, position in wrapper.resolve(PositionProvider).items():
        if not isinstance(node, cst.BaseExpression):
            continue  # arguments and elements have the positions of their expressions
        spot = (position.start.line, position.start.column, position.end.line, position.end.column)
        match = wanted.get(spot)
        if match is not None and type(node).__name__ == _NAMES.get(type(match.node), type(match.node).__name__):
            found[node] = match
            del wanted[spot]
    if wanted:
        raise SpliceError("an edited expression was not found again")
    return found


#: Where the two trees name one expression differently.
_NAMES: dict[type[ast.expr], str] = {
    ast.YieldFrom: "Yield",
    ast.BoolOp: "BooleanOperation",
    ast.BinOp: "BinaryOperation",
    ast.UnaryOp: "UnaryOperation",
    ast.Compare: "Comparison",
    ast.JoinedStr: "FormattedString",
    ast.Constant: "SimpleString",  # what is replaced is a text
}


class _Rewriter(cst.CSTTransformer):
    """One pass over a slice. Inner edits go first, so that an outer one sees what they made."""

    def __init__(
        self,
        statements: dict[cst.CSTNode, ast.stmt],
        around: set[ast.stmt],
        expressions: dict[cst.CSTNode, Replace],
        wraps: list[Wrap],
        indent: str,
    ) -> None:
        super().__init__()
        self._statements = statements
        self._around = around
        self._expressions = expressions
        self._wraps = sorted(wraps, key=lambda wrap: len(wrap.statements))
        self._targets = {statement for wrap in wraps for statement in wrap.statements}
        self._indent = indent
        self._stack: list[cst.CSTNode] = []
        self.done = 0

    def on_visit(self, node: cst.CSTNode) -> bool:
        self._stack.append(node)
        statement = self._statements.get(node)
        return statement is None or statement in self._around

    def on_leave(  # type: ignore[override]
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> cst.CSTNode:
        self._stack.pop()
        edit = self._expressions.get(original_node)
        if edit is not None:
            assert isinstance(original_node, cst.BaseExpression)
            assert isinstance(updated_node, cst.BaseExpression)
            self.done += 1
            parent = self._stack[-1] if self._stack else None
            return _replaced(original_node, updated_node, parent, edit)
        if isinstance(original_node, (cst.Module, cst.IndentedBlock, cst.SimpleStatementSuite)):
            return self._block(original_node, updated_node)
        return updated_node

    def _block(
        self, original: cst.Module | cst.IndentedBlock | cst.SimpleStatementSuite, updated: cst.CSTNode
    ) -> cst.CSTNode:
        keys = [self._keys(node) for node in original.body]
        if not any(key in self._targets for group in keys for key in group):
            return updated
        if isinstance(updated, cst.SimpleStatementSuite):
            line = cst.SimpleStatementLine(body=updated.body, trailing_whitespace=updated.trailing_whitespace)
            body: Sequence[cst.BaseStatement | cst.BaseSmallStatement] = [line]
            keys = [[key for group in keys for key in group]]
        else:
            assert isinstance(updated, (cst.Module, cst.IndentedBlock))
            body = updated.body
        units: list[tuple[ast.stmt | None, list[cst.BaseStatement]]] = []
        for group, node in zip(keys, body, strict=True):
            assert isinstance(node, (cst.SimpleStatementLine, cst.BaseCompoundStatement))
            if isinstance(node, cst.SimpleStatementLine) and len(group) > 1 and self._targets & set(group):
                units.extend((key, [line]) for key, line in zip(group, syntax.split(node), strict=True))
            else:
                units.append((group[0] if group else None, [node]))
        for wrap in self._wraps:
            units = self._apply(wrap, units)
        statements = [statement for _, group in units for statement in group]
        if isinstance(updated, cst.SimpleStatementSuite):
            return cst.IndentedBlock(body=statements, indent=self._indent)
        return updated.with_changes(body=statements)

    def _keys(self, node: cst.CSTNode) -> list[ast.stmt]:
        inner = node.body if isinstance(node, cst.SimpleStatementLine) else [node]
        return [self._statements[one] for one in inner if one in self._statements]

    def _apply(
        self, wrap: Wrap, units: list[tuple[ast.stmt | None, list[cst.BaseStatement]]]
    ) -> list[tuple[ast.stmt | None, list[cst.BaseStatement]]]:
        order = [key for key, _ in units]
        if wrap.statements[0] not in order:
            return units
        start, end = order.index(wrap.statements[0]), order.index(wrap.statements[-1])
        body = [statement for _, group in units[start : end + 1] for statement in group]
        self.done += 1
        made = list(wrap.transform(body))
        # The first key keeps the place for a larger run; the others are inside it now.
        rest: list[tuple[ast.stmt | None, list[cst.BaseStatement]]] = [(key, []) for key in order[start + 1 : end + 1]]
        return [*units[:start], (order[start], made), *rest, *units[end + 1 :]]


def _replaced(
    original: cst.BaseExpression, updated: cst.BaseExpression, parent: cst.CSTNode | None, edit: Replace
) -> cst.BaseExpression:
    if not original.lpar:
        return syntax.keeps_parentheses(original, parent, edit.transform(updated))
    bare = updated.with_changes(lpar=[], rpar=[])
    return edit.transform(bare).with_changes(lpar=updated.lpar, rpar=updated.rpar)
