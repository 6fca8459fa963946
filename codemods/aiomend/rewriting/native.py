"""A generator-based coroutine function as a native one: `async def`, `await`, `async with`, and no decorator for it."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from aiomend.facts.module import Colour
from aiomend.rewriting import syntax
from aiomend.rewriting.waits import Native, Wait


def native(body: Sequence[cst.BaseStatement], how: Native) -> Sequence[cst.BaseStatement]:
    """Return a function definition as `async def`; ``how`` says what of it the facts know.

    Only the function's own `yield from` change: nested functions, lambdas and classes keep theirs.
    """
    (node,) = body
    assert isinstance(node, cst.FunctionDef)
    if how.decorator is not None:
        node = _undecorated(node, how.decorator)
    if node.asynchronous is None:
        (node,) = syntax.asynchronous([node])
        assert isinstance(node, cst.FunctionDef)
    if how.result is not None:
        node = _annotated(node, how.result)
    waits = _Waits(how.waits)
    inner = node.body.visit(waits)
    assert isinstance(inner, cst.BaseSuite)
    return [node.with_changes(body=inner)]


def undecorated(body: Sequence[cst.BaseStatement], decorator: int) -> Sequence[cst.BaseStatement]:
    """Return a function definition without one of its decorators, and otherwise as it is."""
    (node,) = body
    return [_undecorated(cst.ensure_type(node, cst.FunctionDef), decorator)]


# ---- the head ---


def _undecorated(node: cst.FunctionDef, index: int) -> cst.FunctionDef:
    """Without one decorator; what stands above it and behind it stays."""
    gone = node.decorators[index]
    kept = [*node.decorators[:index], *node.decorators[index + 1 :]]
    above = list(gone.leading_lines)
    if index < len(kept):
        below = kept[index]
        kept[index] = below.with_changes(leading_lines=[*above, *below.leading_lines])
        node = node.with_changes(decorators=kept)
    else:
        node = node.with_changes(decorators=kept, lines_after_decorators=[*above, *node.lines_after_decorators])
    comment = gone.trailing_whitespace.comment
    return node if comment is None else _with_comment(node, comment)


def _with_comment(node: cst.FunctionDef, comment: cst.Comment) -> cst.FunctionDef:
    """With the comment of the decorator that went: behind the `def` line where that has none, else above it."""
    match node.body:
        case cst.IndentedBlock(header=cst.TrailingWhitespace(comment=None)) as block:
            header = cst.TrailingWhitespace(whitespace=cst.SimpleWhitespace("  "), comment=comment)
            return node.with_changes(body=block.with_changes(header=header))
        case _:
            return node.with_changes(leading_lines=[*node.leading_lines, cst.EmptyLine(comment=comment)])


def _annotated(node: cst.FunctionDef, result: int) -> cst.FunctionDef:
    """With the annotation of what awaiting gives: one of the arguments of `Generator[…]`, `Awaitable[…]`."""
    assert node.returns is not None
    whole = cst.ensure_type(node.returns.annotation, cst.Subscript)
    index = cst.ensure_type(whole.slice[result].slice, cst.Index)
    return node.with_changes(returns=node.returns.with_changes(annotation=index.value))


# ---- the body ---


class _Waits(cst.CSTTransformer):
    """Writes `await` for each `yield from` of one function, in the order of the text."""

    def __init__(self, waits: Sequence[Wait]) -> None:
        super().__init__()
        self._waits = list(waits)
        self._of: dict[cst.CSTNode, Wait] = {}
        self._around: list[cst.CSTNode] = []
        self._entered: set[cst.CSTNode] = set()  #: the `with` statements that become `async with`
        self._empty: set[cst.CSTNode] = set()  #: the statements that do nothing
        self._passes: set[cst.CSTNode] = set()  #: what stands in their place

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.Lambda):
            return False  # its `yield from` make a generator of it
        if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
            return False  # inner definitions are functions of their own; facts refuse waits in their decorators
        if isinstance(node, cst.Yield) and isinstance(node.value, cst.From) and self._waits:
            self._of[node] = self._waits.pop(0)
        self._around.append(node)
        return True

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> cst.CSTNode:  # type: ignore[override]
        if self._around and self._around[-1] is original_node:
            self._around.pop()
        wait = self._of.get(original_node)
        if wait is not None:
            assert isinstance(updated_node, cst.Yield)
            if wait.is_empty:
                self._empty.add(self._around[-1])
                return updated_node
            return self._waited(updated_node, wait)
        if original_node in self._empty:
            nothing = cst.Pass(semicolon=cst.ensure_type(updated_node, cst.Expr).semicolon)
            self._passes.add(nothing)
            return nothing
        if isinstance(updated_node, cst.IndentedBlock):
            return self._without_idle(updated_node)
        if original_node in self._entered:
            (statement,) = syntax.entered_asynchronously([cst.ensure_type(updated_node, cst.With)])
            return statement
        return updated_node

    def _without_idle(self, block: cst.IndentedBlock) -> cst.IndentedBlock:
        """Without the lines that do nothing and say nothing, where others stand beside them."""
        kept = [line for line in block.body if not self._is_idle(line)]
        return block.with_changes(body=kept) if 0 < len(kept) < len(block.body) else block

    def _is_idle(self, line: cst.BaseStatement) -> bool:
        match line:
            case cst.SimpleStatementLine(body=[nothing], trailing_whitespace=cst.TrailingWhitespace(comment=None)):
                return nothing in self._passes and all(above.comment is None for above in line.leading_lines)
            case _:
                return False

    def _waited(self, node: cst.Yield, wait: Wait) -> cst.BaseExpression:
        parent = self._around[-1]
        item = cst.ensure_type(node.value, cst.From).item
        if wait.enters:
            self._entered.add(self._around[-2])
            is_bare = not wait.is_tight and _stands_alone(item)
            return item if is_bare else item.with_changes(lpar=node.lpar, rpar=node.rpar)
        keep = bool(node.lpar) and (wait.is_tight or _needs_parentheses(parent, node))
        made = cst.ensure_type(syntax.awaited(item, Colour.AWAIT), cst.Await)
        spaced = cst.ensure_type(node.value, cst.From).whitespace_after_from
        if not spaced.empty or made.expression.lpar:
            made = made.with_changes(whitespace_after_await=spaced)
        if not node.lpar:
            return made
        whole = made.with_changes(lpar=node.lpar, rpar=node.rpar)
        return made if not keep and _stands_alone(made) else whole


def _needs_parentheses(parent: cst.CSTNode, node: cst.Yield) -> bool:
    """True where `await` needs the parentheses that `yield from` has, or a reader does."""
    if len(node.lpar) > 1:
        return True  # somebody wanted them
    match parent:
        case cst.Attribute() | cst.Subscript() | cst.Call() | cst.Await():
            return True  # its value, the object that is called: elsewhere in them, it is in an `Arg` or an `Index`
        case cst.BinaryOperation(operator=cst.Power()) | cst.WithItem():
            return True  # `await a ** b` is right and misread
        case _:
            return False


def _stands_alone(node: cst.BaseExpression) -> bool:
    """True for an expression that needs no parentheses to run over several lines."""
    try:
        cst.parse_expression(cst.Module(body=[]).code_for_node(node))
    except cst.ParserSyntaxError:
        return False
    return True
