"""Statements from text, blocks, and the statements that have one: `if`, `with`, `def`."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from aiomend.rewriting.syntax.expressions import both, expression
from aiomend.rewriting.syntax.layout import Blank, Steps
from aiomend.rewriting.syntax.lines import split


def statements(text: str, indent: str = "    ") -> list[cst.BaseStatement]:
    """Return the statements that ``text`` is; written with four spaces, they come back with steps of ``indent``."""
    module = cst.parse_module(text)
    found: list[cst.BaseStatement] = []
    for statement in module.body:
        stepped = statement.visit(Steps(indent))
        assert isinstance(stepped, (cst.SimpleStatementLine, cst.BaseCompoundStatement))
        found.append(stepped)
    return found


def block(body: Sequence[cst.BaseStatement], indent: str) -> cst.IndentedBlock:
    """Return a block of statements with the file's own step of indentation; their blank lines stay empty."""
    return cst.IndentedBlock(body=deepened(body), indent=indent)


def deepened(body: Sequence[cst.BaseStatement]) -> list[cst.BaseStatement]:
    """Return statements for a block that is further inside than where they stood: their blank lines stay empty."""
    found: list[cst.BaseStatement] = []
    for statement in body:
        kept = statement.visit(Blank())
        assert isinstance(kept, (cst.SimpleStatementLine, cst.BaseCompoundStatement))
        found.append(kept)
    return found


def opened(suite: cst.BaseSuite, indent: str) -> cst.IndentedBlock:
    """Return a one-line suite as a block, its statements on lines of their own; a block as it is."""
    if isinstance(suite, cst.IndentedBlock):
        return suite
    assert isinstance(suite, cst.SimpleStatementSuite)
    lines = split(cst.SimpleStatementLine(body=suite.body, trailing_whitespace=suite.trailing_whitespace))
    return cst.IndentedBlock(body=lines, indent=indent)


def with_condition(node: cst.BaseStatement, test: str, indent: str) -> cst.If:
    """Return `if a: b` as `if a and test:` with its suite opened."""
    statement = cst.ensure_type(node, cst.If)
    return statement.with_changes(test=both(statement.test, test), body=opened(statement.body, indent))


def detached(body: Sequence[cst.BaseStatement]) -> tuple[Sequence[cst.EmptyLine], list[cst.BaseStatement]]:
    first = body[0]
    leading = list(getattr(first, "leading_lines", ()))
    return leading, [first.with_changes(leading_lines=[]), *body[1:]]


def apart(body: Sequence[cst.BaseStatement]) -> list[cst.BaseStatement]:
    """Return statements with a blank line above the first one."""
    first, *rest = body
    assert isinstance(first, (cst.SimpleStatementLine, cst.BaseCompoundStatement))
    return [first.with_changes(leading_lines=[cst.EmptyLine(indent=False), *first.leading_lines]), *rest]


def preceded(body: Sequence[cst.BaseStatement], lines: str, indent: str) -> list[cst.BaseStatement]:
    """Return statements behind new ``lines``; blank lines stay above all of them, comments above the old first one."""
    first, *rest = body
    leading = list(getattr(first, "leading_lines", ()))
    blank = next((at for at, line in enumerate(leading) if line.comment is not None), len(leading))
    new, *more = statements(lines, indent)
    new = new.with_changes(leading_lines=leading[:blank])
    return [new, *more, first.with_changes(leading_lines=leading[blank:]), *rest]


def guarded(test: str, body: Sequence[cst.BaseStatement], indent: str) -> cst.If:
    """Return ``if test:`` around statements; comments above the first one stay above the `if`."""
    leading, body = detached(body)
    return cst.If(test=expression(test), body=block(body, indent), leading_lines=leading)


def returning(statement: cst.BaseStatement) -> cst.BaseStatement:
    """Return an `if` whose body ends with `return`."""
    assert isinstance(statement, cst.If)
    match statement.body:
        case cst.SimpleStatementSuite(body=small) as suite:
            return statement.with_changes(body=suite.with_changes(body=[*small, cst.Return()]))
        case suite:
            more = [*suite.body, *statements("return\n")]
            return statement.with_changes(body=suite.with_changes(body=more))


def extended(node: cst.BaseStatement, lines: str, indent: str) -> cst.If:
    """Return an `if` with ``lines`` at the end of its body."""
    assert isinstance(node, cst.If)
    suite = opened(node.body, indent)
    return node.with_changes(body=suite.with_changes(body=[*suite.body, *statements(lines, indent)]))


def else_as_elif(statement: cst.BaseStatement, depth: int, test: str) -> cst.BaseStatement:
    """Return an `if` whose `else`, behind ``depth`` times `elif`, has become `elif test`."""
    assert isinstance(statement, cst.If)
    inner = statement.orelse
    if depth:
        assert isinstance(inner, cst.If)
        return statement.with_changes(orelse=else_as_elif(inner, depth - 1, test))
    assert isinstance(inner, cst.Else)
    return statement.with_changes(
        orelse=cst.If(test=expression(test), body=inner.body, leading_lines=inner.leading_lines)
    )


def returning_last_value(statement: cst.BaseStatement) -> cst.BaseStatement:
    """Return a `with` whose last statement, a plain assignment, returns its value; one in a `with` in it likewise."""
    assert isinstance(statement, cst.With)
    suite = statement.body
    if isinstance(suite, cst.SimpleStatementSuite):
        small = [*suite.body[:-1], _returned(suite.body[-1])]
        return statement.with_changes(body=suite.with_changes(body=small))
    *before, last = suite.body
    if isinstance(last, cst.SimpleStatementLine):
        last = last.with_changes(body=[*last.body[:-1], _returned(last.body[-1])])
    else:
        assert isinstance(last, cst.With)
        last = returning_last_value(last)
    return statement.with_changes(body=suite.with_changes(body=[*before, last]))


def _returned(small: cst.BaseSmallStatement) -> cst.Return:
    assert isinstance(small, cst.Assign)
    return cst.Return(value=small.value, semicolon=small.semicolon)


def local_function(
    name: str, annotation: str | None, body: Sequence[cst.BaseStatement], indent: str, *, apart: bool
) -> cst.FunctionDef:
    """Return ``def name():`` around statements, with a blank line above it where it is to stand ``apart``.

    Comments above the first statement stay above the function.
    """
    leading, body = detached(body)
    returns = cst.Annotation(annotation=expression(annotation)) if annotation is not None else None
    blank = [cst.EmptyLine(indent=False)] if apart else []
    return cst.FunctionDef(
        name=cst.Name(name),
        params=cst.Parameters(),
        body=block(body, indent),
        returns=returns,
        leading_lines=[*blank, *leading],
    )


def asynchronous(body: Sequence[cst.BaseStatement]) -> Sequence[cst.BaseStatement]:
    """Return a function definition as `async def`."""
    return [cst.ensure_type(body[0], cst.FunctionDef).with_changes(asynchronous=cst.Asynchronous())]


def entered_asynchronously(body: Sequence[cst.BaseStatement]) -> Sequence[cst.BaseStatement]:
    """Return a `with` statement as `async with`."""
    return [cst.ensure_type(body[0], cst.With).with_changes(asynchronous=cst.Asynchronous())]


def one_branch(body: Sequence[cst.BaseStatement], *, keeps_first: bool) -> list[cst.BaseStatement]:
    """Return what stands in one branch of `if: … else: …` or `try: … except: …`, below the comments above the whole."""
    (node,) = body
    suite: cst.BaseSuite
    match node:
        case cst.If(orelse=cst.Else() as other):
            suite = node.body if keeps_first else other.body
        case cst.Try(handlers=[handler]):
            suite = node.body if keeps_first else handler.body
        case _:
            raise ValueError("a statement with two branches was expected")
    first, *rest = opened(suite, " ").body  # any step: the block goes
    return [first.with_changes(leading_lines=node.leading_lines), *rest]
