"""``aiomend fix --add-ignores REASON``: comments that silence what is there today, and no change of code."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from aiomend.model import Finding
from aiomend.source import Source, Unreadable, parse, read
from aiomend.suppressions import Suppressions
from aiomend_cli import runner
from aiomend_cli.change_options import FixOptions
from aiomend_cli.check import outcome
from aiomend_cli.dirty import remembered
from aiomend_cli.ending import ERROR
from aiomend_cli.errors import UserError
from aiomend_cli.folder import locked
from aiomend_cli.narrowing import narrowings, within
from aiomend_cli.options import ReportFormat
from aiomend_cli.output import emit
from aiomend_cli.output.text import count, header, tail
from aiomend_cli.runner import Workspace
from aiomend_cli.terminal import escape
from aiomend_cli.writer import Outcome, Written, write

UNUSED = "AIO000"  #: what it reports is a comment itself
_CODES = re.compile(r"(?<=\[)[^\]]*(?=\])")
_STRINGS = {"STRING", "FSTRING_START", "TSTRING_START"}
_ENDS = {"FSTRING_END", "TSTRING_END"}


def add_ignores(
    workspaces: tuple[Workspace, ...], options: FixOptions, protected: Mapping[Path, frozenset[str]]
) -> int:
    """Write a comment at each finding, in files that are not ``protected``; return the exit code."""
    reason = _checked(options)
    narrow = narrowings(workspaces, options, watched=not options.quiet)
    run = within(runner.run(workspaces, lambda _: lambda finding: False, watched=not options.quiet), narrow)
    found: dict[tuple[Path, str], list[Finding]] = defaultdict(list)
    home = runner.homes(run)
    by_root = {workspace.root: workspace for workspace in workspaces}
    for finding in run.report.findings:
        workspace, own = home(finding)
        if finding.code != UNUSED:
            found[workspace.root, own.path].append(own)
    lines, silenced, failed = [], 0, False
    for (root, path), findings in found.items():
        if path in protected[root]:
            lines.append(f"left alone {_shown(by_root[root], path)}: it differs from git's index (--allow-dirty)")
            continue
        left, written = _silence(by_root[root], path, findings, reason)
        failed |= written.outcome is Outcome.FAILED
        if written.outcome is not Outcome.WRITTEN:
            lines.append(f"left alone {_shown(by_root[root], path)}: {written.detail or written.outcome.value}")
            continue
        silenced += len(findings) - len(left)
        lines += [f"no place for a comment at {_shown(by_root[root], path)}:{one.line}: {one.code}" for one in left]
    if not options.quiet:
        total = sum(map(len, found.values()))
        end = f"{count(silenced, 'finding')} silenced in {count(len(found), 'file')}; {total - silenced} left."
        emit("\n".join([*header(run), *lines, *tail(run), end, ""]), options.output)
    return ERROR if failed else outcome(run, options, False)


def _checked(options: FixOptions) -> str:
    reason = (options.add_ignores or "").strip()
    if not reason or not reason.isprintable():
        raise UserError("--add-ignores: give a reason, in one line: it is what people will read")
    if options.commit or options.output_format is not ReportFormat.TEXT:
        other = "--commit" if options.commit else f"--output-format {options.output_format}"
        raise UserError(f"--add-ignores cannot be used with {other}")
    return reason


def _shown(workspace: Workspace, path: str) -> str:
    return escape(workspace.shown(path))


def _silence(
    workspace: Workspace, path: str, findings: list[Finding], reason: str
) -> tuple[tuple[Finding, ...], Written]:
    """Write the comments into one file; return the findings that none could be written for, and what became of it."""
    data = workspace.found.tree.read(path)
    try:
        source = read(path, data)
        text, left = commented(source, findings, reason, workspace.settings(path).style.line_length)
        new = source.encode(text)
    except (Unreadable, SyntaxError) as error:
        return tuple(findings), Written(path, Outcome.FAILED, str(error))
    except UnicodeEncodeError:
        return tuple(findings), Written(path, Outcome.FAILED, f"{source.encoding} cannot write the reason")
    if new == data:
        return left, Written(path, Outcome.WRITTEN)
    with locked(workspace.root), remembered(workspace.found.tree.repository, {path: new}):
        return left, write(workspace.root, path, data, new)


def commented(
    source: Source, findings: Iterable[Finding], reason: str, line_length: int
) -> tuple[str, tuple[Finding, ...]]:
    """Return the text with a comment for each finding, and the findings at which none can stand.

    A comment goes behind its line where it fits in there, else on a line of its own above. Raises SyntaxError where the
    result would not be the same program.
    """
    first = {one: _first_line(source, one) for one in findings}
    places = {(one.line, one.code) for one in findings}
    wanted: dict[int, set[str]] = defaultdict(set)
    for one, line in first.items():
        if line == one.line or (line, one.code) not in places:
            wanted[one.line].add(one.code)  # else the comment where the statement begins is for this one, too
    lines = _Lines(source, line_length)
    for line in sorted(wanted, reverse=True):
        lines.comment(line, wanted[line], reason)
    text = "".join(lines.texts)
    if ast.dump(parse(source.with_text(text).code)) != ast.dump(source.tree):
        raise SyntaxError("the comments would change the program")
    there = Suppressions(text)
    left = [one for one, line in first.items() if not there.match(one.code, one.name, lines.now({one.line, line}))]
    return text, tuple(left)


def _first_line(source: Source, finding: Finding) -> int:
    """Return where the statement around a finding begins: a comment there silences all of it."""
    offset = source.starts[finding.line - 1] + finding.column - 1
    around = [
        node.lineno
        for node in ast.walk(source.tree)
        if isinstance(node, ast.stmt) and (span := source.span(node))[0] <= offset < span[1]
    ]
    return max(around, default=finding.line)


class _Lines:
    """The lines of one file while comments are put into them, from the last one to the first."""

    def __init__(self, source: Source, line_length: int) -> None:
        self.texts = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", source.text)
        self._newline, self._length = source.newline, line_length
        self._comments: dict[int, int] = {}  #: the column of the comment of a line
        self._open: set[int] = set()  #: lines that end inside of a text
        self._added: list[int] = []  #: the lines that got one above
        starts: list[int] = []
        for token in tokenize.generate_tokens(io.StringIO(source.code, newline="").readline):
            kind = tokenize.tok_name[token.type]
            if kind == "COMMENT":
                self._comments[token.start[0]] = token.start[1]
            elif kind in _STRINGS:
                starts.append(token.start[0])
            if kind == "STRING" or kind in _ENDS:
                self._open.update(range(starts.pop(), token.end[0]))

    def comment(self, line: int, codes: set[str], reason: str) -> None:
        """Put a comment at ``line``; where none can stand, leave the line as it is."""
        whole = self.texts[line - 1]
        text = whole.rstrip("\r\n")
        end = whole[len(text) :]
        column = self._comments.get(line)
        ours = Suppressions(f"{text}\n").own if column is not None else ()
        if column is not None and ours and (listed := _CODES.search(text, column)):
            both = sorted({code.strip() for code in listed[0].split(",") if code.strip()} | codes)
            self.texts[line - 1] = f"{text[: listed.start()]}{', '.join(both)}{text[listed.end() :]}{end}"
            return
        words = f"# aiomend: ignore[{', '.join(sorted(codes))}] {reason}"
        behind = f"{text.rstrip()}  {words}"
        above = not self._is_open(line - 1)
        if not self._is_open(line) and (len(behind) <= self._length or not above):
            self.texts[line - 1] = behind + end
        elif above:
            indentation = re.match(r"[ \t\f]*", text)
            blank = indentation[0] if indentation else ""
            self.texts.insert(line - 1, f"{blank}{words}{end or self._newline}")
            self._added.append(line)

    def _is_open(self, line: int) -> bool:
        """True where nothing but more of the same can follow behind ``line``: a text goes on, or a backslash."""
        if line < 1:
            return False
        ends_in_backslash = self.texts[line - 1].rstrip("\r\n").endswith("\\")
        return line in self._open or (ends_in_backslash and line not in self._comments)

    def now(self, lines: set[int]) -> set[int]:
        """Return where the original ``lines`` are by now."""
        return {line + sum(added <= line for added in self._added) for line in lines}
