"""Lines of small statements: what they bind, and one line from several or several from one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import libcst as cst

from aiomend.rewriting.syntax.expressions import expression


def split(line: cst.SimpleStatementLine) -> list[cst.SimpleStatementLine]:
    """Return the statements of a line with `;` on lines of their own; the comment at its end stays with the last."""
    plain = cst.TrailingWhitespace()
    last = len(line.body) - 1
    return [
        cst.SimpleStatementLine(
            body=[small.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)],
            leading_lines=line.leading_lines if index == 0 else [],
            trailing_whitespace=line.trailing_whitespace if index == last else plain,
        )
        for index, small in enumerate(line.body)
    ]


def bound(line: cst.BaseStatement, name: str) -> cst.BaseStatement:
    """Return a line that is an expression, or binds one, as `name = expression`."""
    assert isinstance(line, cst.SimpleStatementLine)
    small = line.body[0]
    assert isinstance(small, (cst.Expr, cst.Assign))
    assigned = cst.Assign(targets=[cst.AssignTarget(target=cst.Name(name))], value=small.value)
    return line.with_changes(body=[assigned])


def bound_first(
    line: cst.BaseStatement, *, receiver: str | None = None, argument: str | None = None
) -> list[cst.BaseStatement]:
    """Return a line ``receiver.method(argument)`` with parts of it bound to names in lines of their own before it."""
    assert isinstance(line, cst.SimpleStatementLine)
    small = line.body[0]
    assert isinstance(small, cst.Expr)
    node = small.value
    assert isinstance(node, cst.Call)
    assert isinstance(node.func, cst.Attribute)
    lines: list[cst.BaseStatement] = []
    if receiver is not None:
        lines.append(_assignment(receiver, node.func.value))
        node = node.with_changes(func=node.func.with_changes(value=cst.Name(receiver)))
    if argument is not None:
        lines.append(_assignment(argument, node.args[0].value))
        args = [node.args[0].with_changes(value=cst.Name(argument)), *node.args[1:]]
        node = node.with_changes(args=args)
    last = line.with_changes(body=[small.with_changes(value=node)], leading_lines=[])
    lines[0] = lines[0].with_changes(leading_lines=line.leading_lines)
    return [*lines, last]


def argument_bound(
    body: Sequence[cst.BaseStatement],
    function: str,
    name: str,
    make: Callable[[cst.BaseExpression], cst.BaseExpression],
    helper: str,
) -> list[cst.BaseStatement]:
    """Return a line whose one call of ``function`` is given ``name``, behind one that binds it to what ``make`` makes.

    In between, ``helper`` is given it.
    """
    found = _Argument(function, name)
    (line,) = body
    changed = line.visit(found)
    assert isinstance(line, cst.SimpleStatementLine)
    assert isinstance(changed, cst.SimpleStatementLine)
    assert found.value is not None
    bound = _assignment(name, make(found.value)).with_changes(leading_lines=line.leading_lines)
    held = cst.SimpleStatementLine(body=[cst.Expr(expression(f"{helper}({name})"))])
    return [bound, held, changed.with_changes(leading_lines=[])]


class _Argument(cst.CSTTransformer):
    """Puts a name in the place of the first argument of the one call of a function."""

    def __init__(self, function: str, name: str) -> None:
        super().__init__()
        self._function = expression(function)
        self._name = name
        self.value: cst.BaseExpression | None = None

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        if not original_node.func.deep_equals(self._function) or not original_node.args:
            return updated_node
        first, *rest = updated_node.args
        self.value = first.value
        return updated_node.with_changes(args=[first.with_changes(value=cst.Name(self._name)), *rest])


def _assignment(name: str, value: cst.BaseExpression) -> cst.SimpleStatementLine:
    target = cst.AssignTarget(target=cst.Name(name))
    bare = value.with_changes(lpar=[], rpar=[]) if isinstance(value, cst.Yield) else value
    return cst.SimpleStatementLine(body=[cst.Assign(targets=[target], value=bare)])


def as_expression_line(line: cst.BaseStatement) -> cst.BaseStatement:
    """Return a line ``return value`` as a line ``value``."""
    assert isinstance(line, cst.SimpleStatementLine)
    small = line.body[0]
    assert isinstance(small, cst.Return)
    assert small.value is not None
    return line.with_changes(body=[cst.Expr(value=small.value)])


def without_target(
    line: cst.BaseStatement, transform: Callable[[cst.BaseExpression], cst.BaseExpression]
) -> cst.BaseStatement:
    """Return a line ``name = value`` as a line that is only what ``transform`` makes of the value."""
    assert isinstance(line, cst.SimpleStatementLine)
    small = line.body[0]
    assert isinstance(small, (cst.Assign, cst.AnnAssign))
    assert small.value is not None
    return line.with_changes(body=[cst.Expr(value=transform(small.value), semicolon=small.semicolon)])


def written(node: cst.BaseStatement) -> str:
    """Return the text of a statement without the lines above it and the comment behind it, blanks evened out."""
    if isinstance(node, cst.SimpleStatementLine):
        node = node.with_changes(trailing_whitespace=cst.TrailingWhitespace())
    bare = node.with_changes(leading_lines=[])
    return " ".join(cst.Module(body=[]).code_for_node(bare).split())


def with_imported(body: Sequence[cst.BaseStatement], old: str, new: str) -> list[cst.BaseStatement]:
    """Return a line `from module import old` with ``new`` in the place of ``old``, once, and under no needless alias."""
    (line,) = body
    assert isinstance(line, cst.SimpleStatementLine)
    node = cst.ensure_type(line.body[0], cst.ImportFrom)
    assert not isinstance(node.names, cst.ImportStar)
    names: list[cst.ImportAlias] = []
    for alias in node.names:
        if cst.ensure_type(alias.name, cst.Name).value == old:
            alias = alias.with_changes(name=cst.Name(new))
        if alias.evaluated_alias == alias.evaluated_name:
            alias = alias.with_changes(asname=None)
        if all((alias.evaluated_name, alias.evaluated_alias) != (n.evaluated_name, n.evaluated_alias) for n in names):
            names.append(alias)
    names[-1] = names[-1].with_changes(comma=_last_comma(names[-1].comma, node.names[-1].comma))
    return [line.with_changes(body=[node.with_changes(names=names)])]


_Comma = cst.Comma | cst.MaybeSentinel


def _last_comma(own: _Comma, last: _Comma) -> _Comma:
    """Return the comma of a name that is the last one now: as the old last one had it, with the comments behind its own."""
    if not isinstance(own, cst.Comma) or not _has_comment(space := own.whitespace_after):
        return last
    match last:
        case cst.Comma(whitespace_after=cst.ParenthesizedWhitespace() as end):
            return own.with_changes(whitespace_after=space.with_changes(indent=end.indent, last_line=end.last_line))
        case _:
            return own


def _has_comment(space: cst.BaseParenthesizableWhitespace) -> bool:
    return isinstance(space, cst.ParenthesizedWhitespace) and (
        space.first_line.comment is not None or any(line.comment is not None for line in space.empty_lines)
    )


def without_imported(body: Sequence[cst.BaseStatement], name: str) -> list[cst.BaseStatement]:
    """Return a line `from module import …` of several names without one of them."""
    (line,) = body
    assert isinstance(line, cst.SimpleStatementLine)
    node = cst.ensure_type(line.body[0], cst.ImportFrom)
    assert not isinstance(node.names, cst.ImportStar)
    kept = [alias for alias in node.names if cst.ensure_type(alias.name, cst.Name).value != name]
    kept[-1] = kept[-1].with_changes(comma=node.names[-1].comma)
    return [line.with_changes(body=[node.with_changes(names=kept)])]


def imported_from(body: Sequence[cst.BaseStatement], module: str) -> list[cst.BaseStatement]:
    """Return a line `from x import names` that takes the names from ``module``."""
    (line,) = body
    assert isinstance(line, cst.SimpleStatementLine)
    node = cst.ensure_type(line.body[0], cst.ImportFrom)
    name = expression(module)
    assert isinstance(name, (cst.Name, cst.Attribute))
    return [line.with_changes(body=[node.with_changes(module=name)])]
