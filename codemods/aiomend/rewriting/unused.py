"""Imports of the standard library that lose their last use go with it, as a careful person would have them go."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator, Sequence

from aiomend.facts.module import ModuleFacts
from aiomend.facts.tree import children
from aiomend.model import TextEdit
from aiomend.source import hide_async_names, last_line, show_async_names

MayDrop = Callable[[str], bool]
"""Asked of a name that the file itself does not use any more: is it nobody else's business?"""


def dropped_imports(
    facts: ModuleFacts, edited: Callable[[], ast.Module], made: Sequence[TextEdit], may_drop: MayDrop
) -> Iterator[TextEdit]:
    """Yield the edits that take out top-level imports whose names the ``edited`` tree, made where it is asked, uses nowhere.

    One of them may be of the place of an edit in ``made`` by which an import got names: it has these, too, and takes its place.
    """
    imports = [
        one for one in facts.tree.body if isinstance(one, (ast.Import, ast.ImportFrom)) and _is_stdlib(one)
    ]  # importing other modules may do something
    names = {_bound(alias) for statement in imports for alias in statement.names}
    gone = {name for name in names & facts.names.keys() if not _is_used_elsewhere(facts, name, made)}
    if not gone:
        return
    after = edited()
    gone -= _names(after)
    if not gone or _is_reflective(after):
        return
    gone = {name for name in gone if not _is_quoted(facts, after, name)}
    for statement in imports:
        unused = [alias for alias in statement.names if _bound(alias) in gone and may_drop(_bound(alias))]
        if not unused or not _stands_alone(facts, statement):
            continue  # all of it is used, or nobody knows why it stands there
        start, end = facts.source.span(statement)
        match [edit for edit in made if edit.start < end and start < edit.end]:
            case []:
                yield _without(facts, statement, unused, made)
            # an edit by which the import got names
            case [TextEdit(start=first, end=last, text=text)] if (first, last) == (start, end) and text[:5] == "from ":
                yield _with_fewer(facts, start, end, hide_async_names(text, facts.source.placeholders), unused)
            case _:
                pass  # a rule changes it


def _is_used_elsewhere(facts: ModuleFacts, name: str, made: Sequence[TextEdit]) -> bool:
    """True where a statement that no edit touches uses a name; in an f-string, only the statement's place is sure."""
    spans = (facts.source.span(facts.statement(node)) for node in facts.names[name])
    return any(not any(edit.start < end and start < edit.end for edit in made) for start, end in spans)


def _names(tree: ast.Module) -> set[str]:
    """Every name that is read, those in annotations that are strings included."""
    found: set[str] = set()
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        todo += children(node)
        match node:
            case ast.Name(id=name):
                found.add(name)
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


_REFLECTIVE = frozenset({"eval", "exec", "globals"})


def _is_reflective(tree: ast.Module) -> bool:
    """True where names of the module may be used that nobody can read off the code."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) if name in _REFLECTIVE:
                return True
            case ast.Attribute(value=ast.Name(id="sys"), attr="modules"):
                return True
            case _:
                pass  # says what it uses
    return False


def _is_quoted(facts: ModuleFacts, tree: ast.Module, name: str) -> bool:
    """True where a text in the file uses a name: `cast("time.struct_time", x)`, a doctest, a type comment, `__all__`."""
    word = rf"\b{re.escape(name)}\b"
    prose = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)):
                used = rf">>>.*{word}" if node in prose else rf"{word}\.\w|>>>.*{word}"
                if re.search(used, text):
                    return True
            case _:
                pass  # no text
    if re.search(rf"#\s*type:[^\r\n]*{word}", facts.source.text):
        return True
    exporting = [one for one in tree.body if any(isinstance(n, ast.Name) and n.id == "__all__" for n in ast.walk(one))]
    return any(isinstance(n, ast.Constant) and n.value == name for one in exporting for n in ast.walk(one))


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
    last = last_line(statement)
    lines = "\n".join(source.line(number) for number in range(statement.lineno, last + 1))
    start, end = source.span(statement)
    rest = re.split(r"[\r\n]", source.text[end:], maxsplit=1)[0].strip()
    return not rest and "#" not in lines and source.starts[statement.lineno - 1] == start


def _without(
    facts: ModuleFacts, statement: ast.Import | ast.ImportFrom, unused: list[ast.alias], made: Sequence[TextEdit]
) -> TextEdit:
    source = facts.source
    if len(unused) < len(statement.names):
        start, end = source.span(statement)
        return _with_fewer(facts, start, end, source.code[start:end], unused)
    first, last = statement.lineno, last_line(statement)
    start, end = source.starts[first - 1], _line_start(facts, last + 1)
    spare = min(_blank_lines(facts, first - 1, -1), _blank_lines(facts, last + 1, 1))
    grown = _line_start(facts, last + 1 + spare)
    if not any(start <= edit.start < grown for edit in made):
        end = grown  # the blank lines that stood below it have nothing to part any more
    return TextEdit(source.path, start, end, "")


def _with_fewer(facts: ModuleFacts, start: int, end: int, statement: str, unused: Sequence[ast.alias]) -> TextEdit:
    shorter = _shortened(statement, unused)
    return TextEdit(facts.source.path, start, end, show_async_names(shorter, facts.source.placeholders))


def _shortened(text: str, unused: Sequence[ast.alias]) -> str:
    """Return an import statement without some of its names."""
    import libcst as cst

    line = cst.parse_statement(text)
    assert isinstance(line, cst.SimpleStatementLine)
    node = line.body[0]
    assert isinstance(node, (cst.Import, cst.ImportFrom))
    assert not isinstance(node.names, cst.ImportStar)
    gone = {(alias.name, alias.asname) for alias in unused}
    names = [one for one in node.names if (one.evaluated_name, one.evaluated_alias) not in gone]
    names[-1] = names[-1].with_changes(comma=node.names[-1].comma)
    return cst.Module(body=[line.with_changes(body=[node.with_changes(names=names)])]).code.rstrip("\n")


def _line_start(facts: ModuleFacts, number: int) -> int:
    starts = facts.source.starts
    return starts[number - 1] if number <= len(starts) else len(facts.source.text)


def _blank_lines(facts: ModuleFacts, number: int, step: int) -> int:
    """Return how many blank lines follow upon each other from a line on; no end of them beyond the file's first one."""
    count = 0
    while 1 <= number <= len(facts.source.starts) and not facts.source.line(number).strip():
        count, number = count + 1, number + step
    return count if number >= 1 else len(facts.source.starts)
