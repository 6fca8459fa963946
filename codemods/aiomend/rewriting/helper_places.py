"""Where a new helper goes, as a text insertion at the start of a line.

The place of a helper rests on what the file is without any helper. So it is all one which of them comes first, and whether
they come in one run or in several.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import FUNCTIONS
from aiomend.rewriting.edits import Helper
from aiomend.rewriting.imports import Insertion, above_comments, after, import_run, is_docstring
from aiomend.rewriting.slices import first_line
from aiomend.rewriting.task_helpers import is_helper

_Uses = Mapping[Helper, int | None]
_HEADING = re.compile(r"#{2,}|# ?([-=*~_])\1\1|#.*([-=*~_#])\2\2\s*$")  #: the last line of a comment that is drawn


@dataclass(frozen=True, slots=True)
class _Present:
    """A helper that a file has: ``body[start:end]`` of its top level, with the set that it uses."""

    name: str
    start: int
    end: int


def helper_insertions(facts: ModuleFacts, first_uses: _Uses) -> list[Insertion]:
    """Return where each missing helper goes: above the first definition, below the imports where it is used earlier.

    Where helpers stand at that place already, it goes among them by its name. ``first_uses`` says in which line the first
    top-level statement stands that calls a helper, at once or from inside.
    """
    wanted = sorted((one for one in first_uses if not has_helper(facts, one)), key=lambda helper: helper.name)
    if not wanted:
        return []
    present = facts.beside(_present)
    at = _first_definition(facts, present)
    line = first_line(facts.tree.body[at]) if at is not None else None
    early: dict[Helper, int | None] = {}
    late: dict[Helper, int | None] = {}
    for helper in wanted:
        use = first_uses[helper]
        is_early = line is None or (use is not None and use < line)
        (early if is_early else late)[helper] = use
    run = _run_from(present, _below_imports(facts))
    found = [_placed(facts, present, run, *group, above=None) for group in _groups(early, run)]
    if at is not None:
        run = _run_before(present, at)
        above = facts.tree.body[run[0].start if run else at]
        found += [_placed(facts, present, run, *group, above=above) for group in _groups(late, run)]
    return found


def _groups(first_uses: _Uses, run: Sequence[_Present]) -> Iterator[tuple[int, _Uses]]:
    """Yield the helpers that go in front of one of those in a run, by its number, or behind all of them."""
    groups: dict[int, dict[Helper, int | None]] = {}
    for helper, use in first_uses.items():
        number = next((number for number, one in enumerate(run) if one.name > helper.name), len(run))
        groups.setdefault(number, {})[helper] = use
    yield from groups.items()


def _placed(
    facts: ModuleFacts,
    present: Sequence[_Present],
    run: Sequence[_Present],
    number: int,
    group: _Uses,
    above: ast.stmt | None,
) -> Insertion:
    """Return the insertion of helpers in front of one of a run; the first of them stands below the imports or ``above`` something."""
    gap = facts.beside(_gap)
    below = "\n" * (gap or 2)
    text = below.join(_indented(facts, helper).replace("\n\n\n", f"\n{below}") for helper in group)
    if number and number == len(run):
        line, text = _behind(facts, facts.tree.body[run[-1].end - 1], text, below)
    elif number:
        line, text = above_comments(facts, facts.tree.body[run[number].start]), f"{text}{below}"
    elif above is not None and not (_is_set(text) and _stands_below_imports(facts, above, gap)):
        line = _above_heading(facts, above)
        text = f"{_missing_above(facts, line, gap, 1 if _is_set(text) else 2)}{text}{below}"
    else:
        line, text = _first_below_imports(facts, text, below)
    return Insertion(line, text, first_use=min((use for use in group.values() if use is not None), default=None))


def _first_below_imports(facts: ModuleFacts, text: str, below: str) -> tuple[int, str]:
    anchor = _anchor(facts)
    if anchor is None:  # nothing may stand above a shebang, a coding cookie or a license
        body = facts.tree.body
        return (above_comments(facts, body[0]), f"{text}{below}") if body else (len(facts.source.starts), text)
    line = after(anchor)
    above = "\n" if _is_set(text) else below  # a set stands closer to imports than a function, as isort has it
    return line, f"{above}{text}{_missing_below(facts, line, below)}"


def _above_heading(facts: ModuleFacts, statement: ast.stmt) -> int:
    """The line above a statement, its comments, and a comment such as `# ---- events ----` that heads them from a distance."""
    line = above_comments(facts, statement)
    start = line - _blank_lines_above(facts, line)
    if start == line or start < 2 or not _HEADING.match(facts.source.line(start - 1)):
        return line
    while start > 1 and facts.source.line(start - 1).startswith("#"):
        start -= 1
    is_apart = start > 1 and not facts.source.line(start - 1).strip()  # else it belongs to what is above it
    return start if is_apart else line


def _is_set(text: str) -> bool:
    return not text.startswith(("def ", "async ", "class "))


def _stands_below_imports(facts: ModuleFacts, statement: ast.stmt, gap: int | None) -> bool:
    """True for the first statement below the imports at the head of a file, with nothing but two blank lines between: one
    above the set of another helper. Below a heading it is what a helper would have between, that comes above the heading."""
    heading = _above_heading(facts, statement)
    if heading < above_comments(facts, statement):
        blank = _blank_lines_above(facts, heading) + len(_missing_above(facts, heading, gap))
        return blank == 2 and _follows_imports(facts, statement, heading)
    if not _follows_imports(facts, statement):
        return False
    between = first_line(statement) - after(import_run(facts)[-1])
    return between == (2 if isinstance(statement, (*FUNCTIONS, ast.ClassDef)) else 1)


def _follows_imports(facts: ModuleFacts, statement: ast.stmt, line: int | None = None) -> bool:
    """True where nothing but blank lines stands between the imports at the head of a file and a statement, or a line above
    it; a form feed parts them."""
    run = import_run(facts)
    if not run or facts.tree.body.index(statement) != facts.tree.body.index(run[-1]) + 1:
        return False
    return not any(
        facts.source.line(one).strip(" \t\r\n") for one in range(after(run[-1]), line or first_line(statement))
    )


def _behind(facts: ModuleFacts, last: ast.stmt, text: str, below: str) -> tuple[int, str]:
    """What goes behind a function, and the comments that stand in its block below its last statement."""
    end = line = after(last)
    while end <= len(facts.source.starts) and re.match(r"\s+#|\s*$", facts.source.line(end)):
        end += 1
        line = end if facts.source.line(end - 1).strip() else line
    return line, f"{below}{text}{_missing_below(facts, line, below)}"


def _missing_below(facts: ModuleFacts, line: int, below: str) -> str:
    """The blank lines that code in front of a line needs below it, beyond those that are there; none at the end."""
    end = line
    while end <= len(facts.source.starts) and not facts.source.line(end).strip():
        end += 1
    return below[end - line :] if end <= len(facts.source.starts) else ""


def _anchor(facts: ModuleFacts) -> ast.stmt | None:
    """The last import of those at the head of the file, else its docstring."""
    run = import_run(facts)
    if run:
        return run[-1]
    body = facts.tree.body
    return body[0] if body and is_docstring(body[0]) else None


def _below_imports(facts: ModuleFacts) -> int:
    anchor = _anchor(facts)
    return facts.tree.body.index(anchor) + 1 if anchor is not None else 0


# ---- helpers that are there ---


def _present(facts: ModuleFacts) -> list[_Present]:
    found: list[_Present] = []
    for at, statement in enumerate(facts.tree.body):
        if isinstance(statement, FUNCTIONS) and is_helper(statement):
            found.append(_Present(statement.name, _with_its_set(facts, at), at + 1))
    return found


def _first_definition(facts: ModuleFacts, present: Sequence[_Present]) -> int | None:
    """The number of the first function or class that is no helper."""
    helpers = {one.end - 1 for one in present}
    body = enumerate(facts.tree.body)
    return next((at for at, node in body if hasattr(node, "decorator_list") and at not in helpers), None)


def _run_from(present: Sequence[_Present], start: int) -> list[_Present]:
    """Return the helpers that stand one after the other from a statement on."""
    run: list[_Present] = []
    for one in present:
        if one.start == start:
            run.append(one)
            start = one.end
    return run


def _run_before(present: Sequence[_Present], end: int) -> list[_Present]:
    """Return the helpers that stand one after the other up to a statement."""
    run: list[_Present] = []
    for one in reversed(present):
        if one.end == end:
            run.insert(0, one)
            end = one.start
    return run


def _with_its_set(facts: ModuleFacts, at: int) -> int:
    """Return the number of the statement `tasks = set()` right above a definition that uses it, as helpers have it; else its own."""
    definition = facts.tree.body[at]
    match facts.tree.body[at - 1] if at else None:
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id="set")))
            | ast.AnnAssign(target=ast.Name(id=name), value=ast.Call(func=ast.Name(id="set")))
        ) if any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(definition)):
            return at - 1
        case _:
            return at


# ---- blank lines ---


def _gap(facts: ModuleFacts) -> int | None:
    """Return how many blank lines most definitions of a file have above them, 1 or 2; None where too few tell.

    What stands above helpers stood above what they were put in front of.
    """
    present = facts.beside(_present)
    helpers = {one.end - 1 for one in present}
    found: list[int] = []
    for at, node in enumerate(facts.tree.body):
        if not hasattr(node, "decorator_list") or at in helpers:
            continue  # no definition, or not the file's own
        run = _run_before(present, at)
        first = run[0].start if run else at
        if not isinstance(facts.tree.body[first], FUNCTIONS) and _follows_imports(facts, facts.tree.body[first]):
            first = at  # the lines above moved down with it
        if first:
            found.append(_blank_lines_above(facts, _above_heading(facts, facts.tree.body[first])))
    if len(found) < 2 and 2 not in found:
        return None
    return 2 if sum(count >= 2 for count in found) * 2 >= len(found) else 1


def _missing_above(facts: ModuleFacts, line: int, gap: int | None, least: int = 2) -> str:
    """The blank lines that a definition put in front of a line needs above it, beyond those that are there.

    Where the file does not tell, they are ``least`` if there is none.
    """
    there = _blank_lines_above(facts, line)
    if there == line - 1 or facts.source.line(line - 1 - there).lstrip().startswith("#"):
        return ""  # nothing stands above, or a comment does, which keeps its distance
    if gap is None and there:
        return ""  # that may be as many as the file has
    return "\n" * max(0, (gap or least) - there)


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
