"""``--baseline FILE``: the findings that a project had when it began to use aiomend."""

from __future__ import annotations

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from aiomend.model import Finding
from aiomend_cli import runner
from aiomend_cli.errors import UserError
from aiomend_cli.given import VERSION, Given
from aiomend_cli.output.excerpt import lines_of
from aiomend_cli.runner import Run
from aiomend_cli.writer import replace_file

_SHAPE = "`aiomend check --baseline FILE --write-baseline` makes it"


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A known finding, without its line: code that moves keeps its entry."""

    path: str  #: relative to the folder of the file
    code: str
    id: str
    context: str  #: a digest of its lines and those next to them, by which code is known that moved elsewhere


def load(file: Path) -> tuple[Entry, ...]:
    """Return the entries of ``file``; raises UserError where it holds none that this aiomend can read."""
    given = Given("--baseline", file, _SHAPE)
    match given.read():
        case {"findings": [*rows]} if all(map(_is_entry, rows)):
            return tuple(Entry(row["path"], row["code"], row["id"], row["context"]) for row in rows)
    raise given.unfit()


def _is_entry(row: object) -> bool:
    return isinstance(row, dict) and all(isinstance(row.get(key), str) for key in Entry.__slots__)


def save(file: Path, entries: Iterable[Entry]) -> None:
    """Write ``entries`` to ``file``, one a line so that merges are easy; raises UserError where that fails."""
    rows = ",\n".join(json.dumps({key: getattr(entry, key) for key in Entry.__slots__}) for entry in sorted(entries))
    content = f'{{"version": {VERSION}, "findings": [\n{rows}\n]}}\n'.encode()
    try:
        replace_file(file, content)
    except OSError as error:
        raise UserError(f"--baseline {file}: cannot be written: {error.strerror}") from error


def described(run: Run, file: Path) -> dict[Finding, Entry]:
    """Return the entry that each finding of ``run`` has in ``file``."""
    contents = runner.contents(run)
    home = runner.homes(run)
    result, path, lines = {}, None, [""]
    for finding in run.report.findings:
        if finding.path != path:
            path, lines = finding.path, lines_of(contents.get(finding.path, b""))
        _, own = home(finding)
        result[finding] = Entry(_seen_from(file, finding.path), finding.code, own.id, _context(finding, lines))
    return result


def _seen_from(file: Path, shown: str) -> str:
    return os.path.relpath(Path.cwd() / shown, (Path.cwd() / file).parent).replace(os.sep, "/")


def _context(finding: Finding, lines: list[str]) -> str:
    before = next((line for line in reversed(lines[: finding.line - 1]) if line.strip()), "")
    after = next((line for line in lines[finding.end_line :] if line.strip()), "")
    near = [before, *lines[finding.line - 1 : finding.end_line], after]
    text = "\n".join(" ".join(line.split()) for line in near)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Known:
    """What a baseline says of a run."""

    findings: frozenset[Finding]  #: those that stay quiet
    stale: frozenset[Entry]  #: entries whose finding is gone


def known(entries: Iterable[Entry], found: Mapping[Finding, Entry], judged: Callable[[Entry], bool]) -> Known:
    """Return the findings that ``entries`` hold: the same ones first, then those that moved.

    An entry answers for one finding. Only what a run has ``judged`` can have moved or be stale.
    """
    left = set(entries)
    exact = {(entry.path, entry.code, entry.id): entry for entry in left}
    quiet = set()
    for finding, entry in found.items():
        if (match := exact.get((entry.path, entry.code, entry.id))) in left:
            left.remove(match)
            quiet.add(finding)
    moved: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in sorted(filter(judged, left)):
        moved[entry.code, entry.context].append(entry)
    for finding, entry in found.items():
        if finding not in quiet and (candidates := moved[entry.code, entry.context]):
            left.remove(candidates.pop(0))
            quiet.add(finding)
    return Known(frozenset(quiet), frozenset(filter(judged, left)))


def judge(run: Run, file: Path) -> Callable[[Entry], bool]:
    """Return what tells whether ``run`` would have found the finding of an entry, were it still there."""
    settings = {
        _seen_from(file, workspace.shown(path)): workspace.settings(path)
        for workspace in run.workspaces
        for path in workspace.found.chosen
    }
    folder, rules = (Path.cwd() / file).parent, run.rules

    def judged(entry: Entry) -> bool:
        if entry.path not in settings:
            return not (folder / entry.path).exists()  # else it is another run's business
        rule = rules.get(entry.code)
        return rule is None or rule.is_selected(settings[entry.path])

    return judged
