"""Imports of the standard library that lose their last use go with it, as a careful person would have them go."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator, Sequence

from aiomend.facts.module import ModuleFacts
from aiomend.model import TextEdit

MayDrop = Callable[[str], bool]
"""Asked of a name that the file itself does not use any more: is it nobody else's business?"""


def dropped_imports(
    facts: ModuleFacts, after: ast.Module, made: Sequence[TextEdit], may_drop: MayDrop
) -> Iterator[TextEdit]:
    """Yield the edits that take out top-level imports whose names ``after``, the edited tree, uses nowhere."""
    gone = _names(facts.tree) - _names(after)
    if not gone:
        return
    for statement in facts.tree.body:
        if not isinstance(statement, (ast.Import, ast.ImportFrom)) or not _is_stdlib(statement):
            continue  # importing other modules may do something
        unused = [alias for alias in statement.names if _bound(alias) in gone and may_drop(_bound(alias))]
        if unused and _stands_alone(facts, statement):
            yield _without(facts, statement, unused, made)


def _names(tree: ast.Module) -> set[str]:
    """Every name that is read, those in annotations that are strings and in `__all__` included."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name):
                found.add(name)
            case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
                found |= {
                    one.value for one in ast.walk(value) if isinstance(one, ast.Constant) and isinstance(one.value, str)
                }
            case (
                ast.arg(annotation=annotation)
                | ast.AnnAssign(annotation=annotation)
                | ast.FunctionDef(returns=annotation)
            ):
                found |= _in_strings(annotation)
            case ast.AsyncFunctionDef(returns=annotation):
                found |= _in_strings(annotation)
            case _:
                pass  # names nothing
    return found


def _in_strings(annotation: ast.expr | None) -> set[str]:
    strings = [one.value for one in ast.walk(annotation) if isinstance(one, ast.Constant)] if annotation else []
    return {word for text in strings if isinstance(text, str) for word in re.findall(r"\w+", text)}


def _bound(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _is_stdlib(statement: ast.Import | ast.ImportFrom) -> bool:
    if isinstance(statement, ast.ImportFrom):
        names = [statement.module or ""] if not statement.level else [""]
    else:
        names = [alias.name for alias in statement.names]
    return all(name.partition(".")[0] in sys.stdlib_module_names - {"__future__"} for name in names)


def _stands_alone(facts: ModuleFacts, statement: ast.stmt) -> bool:
    """True where a statement has its lines for itself: no `;`, no comment that may say why it is there."""
    source = facts.source
    last = statement.end_lineno or statement.lineno
    lines = "\n".join(source.line(number) for number in range(statement.lineno, last + 1))
    start, end = source.span(statement)
    rest = source.text[end:].partition("\n")[0].strip()
    return not rest and "#" not in lines and source.starts[statement.lineno - 1] == start


def _without(
    facts: ModuleFacts, statement: ast.Import | ast.ImportFrom, unused: list[ast.alias], made: Sequence[TextEdit]
) -> TextEdit:
    source = facts.source
    if len(unused) < len(statement.names):
        start, end = source.span(statement)
        kept = [name for name, alias in enumerate(statement.names) if alias not in unused]
        return TextEdit(source.path, start, end, _shortened(source.text[start:end], kept))
    first, last = statement.lineno, statement.end_lineno or statement.lineno
    start, end = source.starts[first - 1], _line_start(facts, last + 1)
    grown = _line_start(facts, last + 2)
    lonely = _is_blank(facts, first - 1) and _is_blank(facts, last + 1)
    if lonely and not any(start <= edit.start <= end for edit in made):
        end = grown  # the blank line that stood below it has nothing to part any more
    return TextEdit(source.path, start, end, "")


def _shortened(text: str, kept: list[int]) -> str:
    import libcst as cst

    line = cst.parse_statement(text)
    assert isinstance(line, cst.SimpleStatementLine)
    node = line.body[0]
    assert isinstance(node, (cst.Import, cst.ImportFrom))
    assert not isinstance(node.names, cst.ImportStar)
    names = [node.names[index] for index in kept]
    names[-1] = names[-1].with_changes(comma=node.names[-1].comma)
    return cst.Module(body=[line.with_changes(body=[node.with_changes(names=names)])]).code.rstrip("\n")


def _line_start(facts: ModuleFacts, number: int) -> int:
    starts = facts.source.starts
    return starts[number - 1] if number <= len(starts) else len(facts.source.text)


def _is_blank(facts: ModuleFacts, number: int) -> bool:
    return number < 1 or number > len(facts.source.starts) or not facts.source.line(number).strip()
