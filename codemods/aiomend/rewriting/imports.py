"""Where a new import and a new helper go, as text insertions at the start of a line."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aiomend.facts.module import ModuleFacts
from aiomend.rewriting.edits import Helper, Import
from aiomend.rewriting.slices import first_line

_IMPORTS = (ast.Import, ast.ImportFrom)


@dataclass(frozen=True, slots=True)
class Insertion:
    """Put ``text`` (whole lines, plain newlines) in front of the 1-based ``line``."""

    line: int
    text: str


def missing_imports(facts: ModuleFacts, wanted: Iterable[Import]) -> list[Import]:
    """Return the imports that the top level of the file does not have, each once, sorted."""
    return sorted(
        {one for one in wanted if not _has(facts, one)},
        key=lambda one: (one.member is not None, one.module, one.member or ""),
    )


def _has(facts: ModuleFacts, wanted: Import) -> bool:
    for statement in facts.tree.body:
        match statement:
            case ast.Import(names=names) if wanted.member is None:
                if any(alias.name == wanted.module and alias.asname is None for alias in names):
                    return True
            case ast.ImportFrom(names=names) if _from(statement) == wanted.module:
                if any(alias.name == wanted.member and alias.asname is None for alias in names):
                    return True
            case _:
                pass  # no import
    return False


def import_insertions(facts: ModuleFacts, imports: Iterable[Import]) -> list[Insertion]:
    """Return where each new import goes: in its place among sorted ones, else behind the standard library's.

    What comes from one module comes in one line, and what begins a section of the standard library in one block.
    """
    members: dict[str, list[str]] = {}
    lines: list[tuple[Import, str]] = []
    for one in imports:
        if one.member is None:
            lines.append((one, f"import {one.module}\n"))
        else:
            members.setdefault(one.module, []).append(one.member)
    for module, names in members.items():
        lines.append((Import(module, names[0]), f"from {module} import {', '.join(names)}\n"))
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
    return [Insertion(line, text) for (line, _), text in blocks.items()]


def _place(facts: ModuleFacts, wanted: Import, text: str) -> Insertion:
    run = _import_run(facts)
    future = [node for node in run if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    rest = run[len(future) :]
    if not rest:
        return _first_import(facts, future, text)
    plain = wanted.member is None
    root = _root(wanted.module)
    section = [node for node in rest if (_is_stdlib(node) if _is_stdlib_name(wanted.module) else _of(node) == root)]
    if not section:
        first = rest[0]
        if _is_stdlib_name(wanted.module):
            return Insertion(_above_comments(facts, first), f"{text}\n")
        return Insertion(_after(rest[-1]), f"\n{text}")
    peers = section if _mixed(section) else [n for n in section if isinstance(n, ast.Import) == plain]
    if not peers:
        # `import x` goes before the first `from x import y` of its section, and the other way round.
        return Insertion(first_line(section[0]), text) if plain else Insertion(_after(section[-1]), text)
    for node in peers:
        if _key(node) > _sorted_as(wanted.module):
            return Insertion(first_line(node), text)
    return Insertion(_after(peers[-1]), text)


def _import_run(facts: ModuleFacts) -> list[ast.Import | ast.ImportFrom]:
    """The first imports of the file: those that stand together below the docstring."""
    run: list[ast.Import | ast.ImportFrom] = []
    for statement in facts.tree.body:
        if isinstance(statement, _IMPORTS):
            run.append(statement)
        elif (run and not _is_dunder(statement)) or (
            not run and not (_is_dunder(statement) or _is_docstring(statement))
        ):
            break
    return run


def _is_dunder(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Assign) and all(
        isinstance(target, ast.Name) and target.id.startswith("__") for target in statement.targets
    )


def _is_docstring(statement: ast.stmt) -> bool:
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


def _after(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) + 1


def _first_import(facts: ModuleFacts, future: Sequence[ast.stmt], text: str) -> Insertion:
    if future:
        return Insertion(_after(future[-1]), f"\n{text}")
    body = facts.tree.body
    if body and _is_docstring(body[0]):
        line = _after(body[0])
        follows = body[1] if len(body) > 1 else None
        gap = follows is None or first_line(follows) > line
        return Insertion(line, f"\n{text}" if gap else f"\n{text}\n")
    line = _above_comments(facts, body[0]) if body else 1
    return Insertion(line, f"{text}\n\n" if body and hasattr(body[0], "decorator_list") else f"{text}\n")


def _above_comments(facts: ModuleFacts, statement: ast.stmt) -> int:
    """The line of the first comment that stands right above a statement, a shebang and a coding cookie excepted."""
    line = first_line(statement)
    while line > 1 and facts.source.line(line - 1).lstrip().startswith("#"):
        line -= 1
    start = line
    while line < first_line(statement) and line <= 2 and re.match(r"#!|#.*coding[:=]", facts.source.line(line)):
        line += 1
    # A header comment that starts the file (a license) stays on top of it.
    return first_line(statement) if start == 1 and line < first_line(statement) else line


def helper_insertions(facts: ModuleFacts, helpers: Iterable[Helper], first_use: int | None) -> list[Insertion]:
    """Return where each missing helper goes: above the first definition, below the imports where it is used earlier.

    ``first_use`` is the line of the first top-level statement that calls one of them, at once or from inside.
    """
    wanted = sorted({helper for helper in helpers if not has_helper(facts, helper)}, key=lambda helper: helper.name)
    if not wanted:
        return []
    first = next((node for node in facts.tree.body if hasattr(node, "decorator_list")), None)
    gap = _gap(facts)
    below = "\n" * (gap or 2)
    text = below.join(_indented(facts, helper).replace("\n\n\n", f"\n{below}") for helper in wanted)
    if first is not None and not (first_use is not None and first_use < first_line(first)):
        line = _above_comments(facts, _with_its_set(facts, first))
        return [Insertion(line, f"{_missing_above(facts, line, gap)}{text}{below}")]
    run = _import_run(facts)
    anchor: ast.stmt | None = run[-1] if run else None
    if anchor is None and facts.tree.body and _is_docstring(facts.tree.body[0]):
        anchor = facts.tree.body[0]
    if anchor is None:  # nothing may stand above a shebang, a coding cookie or a license
        line = _above_comments(facts, facts.tree.body[0])
        return [Insertion(line, f"{text}{below}")]
    line = _after(anchor)
    end = line
    while end <= len(facts.source.starts) and not facts.source.line(end).strip():
        end += 1
    above = below[1:] if _is_docstring(anchor) and not text.startswith(("def ", "async ", "class ")) else below
    return [Insertion(line, f"{above}{text}{below[end - line :] if end <= len(facts.source.starts) else ''}")]


def _with_its_set(facts: ModuleFacts, definition: ast.stmt) -> ast.stmt:
    """Return the statement `tasks = set()` right above a definition that uses it, as helpers have it; else the definition."""
    at = facts.tree.body.index(definition)
    match facts.tree.body[at - 1] if at else None:
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id="set")))
            | ast.AnnAssign(target=ast.Name(id=name), value=ast.Call(func=ast.Name(id="set"))) as above
        ) if any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(definition)):
            return above
        case _:
            return definition


def _gap(facts: ModuleFacts) -> int | None:
    """Return how many blank lines most definitions of a file have above them, 1 or 2; None where too few tell."""
    found = [
        _blank_lines_above(facts, _above_comments(facts, node))
        for node in facts.tree.body[1:]
        if hasattr(node, "decorator_list")
    ]
    if len(found) < 2 and 2 not in found:
        return None
    return 2 if sum(count >= 2 for count in found) * 2 >= len(found) else 1


def _missing_above(facts: ModuleFacts, line: int, gap: int | None) -> str:
    """The blank lines that a definition put in front of a line needs above it, beyond those that are there."""
    there = _blank_lines_above(facts, line)
    if gap is None or there == line - 1 or facts.source.line(line - 1 - there).lstrip().startswith("#"):
        return ""  # nothing stands above, or a comment does, which keeps its distance
    return "\n" * max(0, gap - there)


def _blank_lines_above(facts: ModuleFacts, line: int) -> int:
    start = line
    while start > 1 and not facts.source.line(start - 1).strip():
        start -= 1
    return line - start


def _indented(facts: ModuleFacts, helper: Helper) -> str:
    lines = helper.code.strip("\n").split("\n")
    step = facts.indent
    out = []
    for line in lines:
        depth = (len(line) - len(line.lstrip(" "))) // 4
        out.append(step * depth + line[depth * 4 :])
    return "\n".join(out) + "\n"


def has_helper(facts: ModuleFacts, helper: Helper) -> bool:
    """True where the file's top level has a helper's definitions already, to the letter of their trees."""
    wanted = ast.parse(helper.code).body
    keys = {_defined(statement) for statement in wanted}
    present = {ast.dump(statement) for statement in facts.tree.body if _defined(statement) in keys}
    return all(ast.dump(statement) in present for statement in wanted)


def _defined(statement: ast.stmt) -> tuple[type[ast.stmt], str]:
    """What is worth comparing: statements of one kind that define one name."""
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return type(statement), name
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return type(statement), name
        case _:
            return type(statement), ""
