"""Where a new import goes, as a text insertion at the start of a line."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import FUNCTIONS
from aiomend.rewriting.edits import Import
from aiomend.rewriting.longer_imports import by_type, longer_import, one_name_each
from aiomend.rewriting.slices import first_line
from aiomend.source import last_line

_IMPORTS = (ast.Import, ast.ImportFrom)


@dataclass(frozen=True, slots=True)
class Insertion:
    """Put ``text`` (whole lines, plain newlines) in front of the 1-based ``line``."""

    line: int
    text: str
    replaces: int = 0  #: so many characters of the line, from its start, have the text in their place
    first_use: int | None = None  #: the line that has to stay below what is put in


def missing_imports(facts: ModuleFacts, wanted: Iterable[Import]) -> list[Import]:
    """Return the imports that the top level of the file does not have, each once, sorted."""
    return sorted(
        {one for one in wanted if not _has(facts, one)},
        key=lambda one: (one.member is not None, one.module, one.member or "", one.alias or ""),
    )


def _has(facts: ModuleFacts, wanted: Import) -> bool:
    for statement in facts.tree.body:
        match statement:
            case ast.Import(names=names) if wanted.member is None:
                if any(alias.name == wanted.module and alias.asname is None for alias in names):
                    return True
            case ast.ImportFrom(names=names) if _from(statement) == wanted.module:
                if any((alias.name, alias.asname) == (wanted.member, wanted.alias) for alias in names):
                    return True
            case _:
                pass  # no import
    return False


def import_insertions(facts: ModuleFacts, imports: Iterable[Import], line_length: int) -> list[Insertion]:
    """Return where each new import goes: in its place among sorted ones, else behind the standard library's.

    What comes from one module comes in one statement, one that is there where it takes more; what begins a section of the
    standard library comes in one block.
    """
    members: dict[str, list[str]] = {}
    lines: list[tuple[Import, str]] = []
    for one in imports:
        if one.member is None:
            lines.append((one, f"import {one.module}\n"))
        elif one.alias is not None:  # isort and ruff leave it a statement of its own
            lines.append((one, f"from {one.module} import {one.member} as {one.alias}\n"))
        else:
            members.setdefault(one.module, []).append(one.member)
    found: list[Insertion] = []
    run = import_run(facts)
    for module, names in members.items():
        there = [node for node in _above_all_use(facts) if _from(node) == module]
        if one_name_each(run):
            lines += [(Import(module, name), f"from {module} import {name}\n") for name in sorted(names, key=by_type)]
            continue
        longer = longer_import(facts, there, names, line_length)
        if longer is not None:
            found.append(Insertion(longer.node.lineno, longer.text, longer.length))
            continue  # it has a statement that takes them
        line = f"from {module} import {', '.join(names)}\n"
        if len(line) > line_length + 1:
            each = "".join(f"{facts.indent}{name},\n" for name in names)
            line = f"from {module} import (\n{each})\n"
        lines.append((Import(module, names[0]), line))
    blocks: dict[tuple[int, bool], str] = {}
    for wanted, line in lines:
        place = _place(facts, wanted, line)
        key = place.line, _is_stdlib_name(wanted.module)
        before = blocks.get(key)
        if before is None or not key[1]:
            blocks[key] = (before or "") + place.text
        else:
            above = before.rstrip("\n")
            blocks[key] = f"{above}\n{line}{before[len(above) + 1 :]}"
    return [*found, *(Insertion(line, text) for (line, _), text in blocks.items())]


def _place(facts: ModuleFacts, wanted: Import, text: str) -> Insertion:
    run = import_run(facts)
    future = [node for node in run if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    rest = run[len(future) :]
    if not rest:
        return _first_import(facts, future, text)
    plain = wanted.member is None
    root = _root(wanted.module)
    section = [node for node in rest if (_is_stdlib(node) if _is_stdlib_name(wanted.module) else _of(node) == root)]
    if not section and _is_stdlib_name(wanted.module):
        return Insertion(above_comments(facts, rest[0]), f"{text}\n")
    if not section:
        below = _behind_set_up(facts, root)
        if below is None:
            return Insertion(after(rest[-1]), f"\n{text}")
        section = _section_at(facts, below, root)
        if not section:
            return Insertion(after(below), text)
    mixed = _mixed(section)
    peers = section if mixed else [n for n in section if isinstance(n, ast.Import) == plain]
    if not peers:
        # `import x` goes before the first `from x import y` of its section, and the other way round.
        return Insertion(first_line(section[0]), text) if plain else Insertion(after(section[-1]), text)
    key = _sorted_as(wanted.module)
    is_single = one_name_each(run) and wanted.member is not None and wanted.alias is None
    for node in peers:
        if is_single and _key(node) == key and by_type(node.names[0].name) > by_type(wanted.member or ""):
            return Insertion(first_line(node), text)
        # Among mixed ones `import x` goes before every `from x import y`, whichever of the two is added first.
        if _key(node) > key or (mixed and plain and _key(node) == key and isinstance(node, ast.ImportFrom)):
            return Insertion(first_line(node), text)
        if wanted.alias is not None and _key(node) == key and _is_renamed_behind(node, wanted.member or ""):
            return Insertion(first_line(node), text)
    return Insertion(after(peers[-1]), text)


def _behind_set_up(facts: ModuleFacts, root: str) -> ast.stmt | None:
    """Return behind what a module of the project can be imported: its first import that stands further down, or where the
    file says from where modules come; None where it does neither.

    An import below a function may run code that calls it: it stands there for a circle of imports, and not for its own sake.
    """
    body = facts.tree.body
    is_late = False
    for statement in body:
        if isinstance(statement, _IMPORTS) and _of(statement) == root and not is_late:
            return statement
        is_late = is_late or isinstance(statement, (*FUNCTIONS, ast.ClassDef))
    return next((statement for statement in reversed(body) if _says_where_from(statement)), None)


def _section_at(facts: ModuleFacts, first: ast.stmt, root: str) -> list[ast.Import | ast.ImportFrom]:
    """Return the imports of the project that begin at a statement; none where that is no import."""
    body = facts.tree.body
    found: list[ast.Import | ast.ImportFrom] = []
    for statement in body[body.index(first) :]:
        if not isinstance(statement, _IMPORTS) or _of(statement) != root:
            break
        found.append(statement)
    return found


def _says_where_from(statement: ast.stmt) -> bool:
    """True for a statement of the top level that changes `sys.path` or the working directory."""
    if isinstance(statement, (*_IMPORTS, *FUNCTIONS, ast.ClassDef)):
        return False
    return any(
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in (("sys", "path"), ("os", "chdir"), ("site", "addsitedir"))
        for node in ast.walk(statement)
    )


def _is_renamed_behind(node: ast.Import | ast.ImportFrom, member: str) -> bool:
    """True for an import of one name under another, which comes behind ``member`` in the order of names."""
    return isinstance(node, ast.ImportFrom) and node.names[0].asname is not None and node.names[0].name > member


def import_run(facts: ModuleFacts) -> list[ast.Import | ast.ImportFrom]:
    """The first imports of the file: those that stand together below the docstring."""
    run: list[ast.Import | ast.ImportFrom] = []
    for statement in facts.tree.body:
        if isinstance(statement, _IMPORTS):
            run.append(statement)
        elif (run and not _is_dunder(statement)) or (
            not run and not (_is_dunder(statement) or is_docstring(statement))
        ):
            break
    return run


def _above_all_use(facts: ModuleFacts) -> Iterator[ast.ImportFrom]:
    """Yield the imports by name that stand above whatever could use one: behind `try: import x` and `if` of a version, too."""
    for statement in facts.tree.body:
        if isinstance(statement, ast.ImportFrom):
            yield statement
        elif not (is_docstring(statement) or _only_imports(statement)):
            return


def _only_imports(statement: ast.stmt) -> bool:
    """True for imports, choices between some, and names of constants."""
    match statement:
        case ast.Import() | ast.ImportFrom() | ast.Pass() | ast.Assign(value=ast.Constant()):
            return True
        case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=final):
            return all(map(_only_imports, (*body, *orelse, *final, *(one for each in handlers for one in each.body))))
        case ast.If(test=test, body=body, orelse=orelse):
            calls = any(isinstance(one, ast.Call) for one in ast.walk(test))
            return not calls and all(map(_only_imports, (*body, *orelse)))
        case _:
            return _is_dunder(statement)


def _is_dunder(statement: ast.stmt) -> bool:
    match statement:
        case ast.Assign(targets=targets):
            pass
        case ast.AnnAssign(target=target):
            targets = [target]
        case _:
            return False
    return all(isinstance(target, ast.Name) and target.id.startswith("__") for target in targets)


def is_docstring(statement: ast.stmt) -> bool:
    """True for an expression that is a constant; the first statement of a file is its docstring then."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_stdlib(node: ast.Import | ast.ImportFrom) -> bool:
    if isinstance(node, ast.ImportFrom):
        return not node.level and _is_stdlib_name(node.module or "")
    return _is_stdlib_name(node.names[0].name)


def _is_stdlib_name(name: str) -> bool:
    return name.partition(".")[0] in sys.stdlib_module_names


def _from(node: ast.ImportFrom) -> str:
    """The module as it is written, with the dots of a relative one."""
    return "." * node.level + (node.module or "")


def _of(node: ast.Import | ast.ImportFrom) -> str:
    return _root(_from(node) if isinstance(node, ast.ImportFrom) else node.names[0].name)


def _root(module: str) -> str:
    """What imports of one section share: the first component; a dot for all relative ones."""
    return "." if module.startswith(".") else module.partition(".")[0]


def _key(node: ast.Import | ast.ImportFrom) -> str:
    return _sorted_as(_from(node) if isinstance(node, ast.ImportFrom) else node.names[0].name)


def _sorted_as(module: str) -> str:
    """By name; among relative ones those from further away come first."""
    name = module.lstrip(".")
    return "\0" * (len(module) - len(name)) + name.lower()


def _mixed(section: list[ast.Import | ast.ImportFrom]) -> bool:
    """True where `import` and `from` lines are sorted together by module, as isort's force_sort_within_sections does."""
    kinds = [isinstance(node, ast.Import) for node in section]
    keys = [_key(node) for node in section]
    return keys == sorted(keys) and kinds != sorted(kinds, reverse=True)


def after(node: ast.stmt) -> int:
    """Return the line behind a statement."""
    return last_line(node) + 1


def _first_import(facts: ModuleFacts, future: Sequence[ast.stmt], text: str) -> Insertion:
    if future:
        return Insertion(after(future[-1]), f"\n{text}")
    body = facts.tree.body
    if body and is_docstring(body[0]):
        line = after(body[0])
        follows = body[1] if len(body) > 1 else None
        gap = follows is None or first_line(follows) > line
        return Insertion(line, f"\n{text}" if gap else f"\n{text}\n")
    line = above_comments(facts, body[0]) if body else 1
    return Insertion(line, f"{text}\n\n" if body and hasattr(body[0], "decorator_list") else f"{text}\n")


def above_comments(facts: ModuleFacts, statement: ast.stmt) -> int:
    """The line of the first comment that stands right above a statement, a shebang and a coding cookie excepted."""
    line = first_line(statement)
    while line > 1 and facts.source.line(line - 1).lstrip("\f").startswith("#"):  # others belong to the block above
        line -= 1
    start = line
    while line < first_line(statement) and line <= 2 and re.match(r"#!|#.*coding[:=]", facts.source.line(line)):
        line += 1
    # A header comment that starts the file (a license) stays on top of it.
    return first_line(statement) if start == 1 and line < first_line(statement) else line
