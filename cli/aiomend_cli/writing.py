"""Writes what a run changed: what belongs together at once, and with a note for whoever has to finish it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from aiomend.model import Finding
from aiomend.report import FileResult, Report
from aiomend_cli import runner
from aiomend_cli.dirty import remembered
from aiomend_cli.folder import locked
from aiomend_cli.guarded import journal
from aiomend_cli.output.order import worst_first
from aiomend_cli.runner import Run, Workspace
from aiomend_cli.terminal import escape
from aiomend_cli.unfinished import begin, end, finish, note_of
from aiomend_cli.writer import Change, Outcome, Written, clear_leftovers, interrupts_held, write_together


def _without(report: Report, unwritten: Mapping[str, str]) -> Report:
    """Return ``report`` as it is when the changed files in ``unwritten`` (reason by path) stay as they were."""

    def as_is(finding: Finding) -> Finding:
        missing = sorted(finding.paths & unwritten.keys())
        if not finding.applied or not missing:
            return finding
        if finding.path in missing and len(finding.paths) == len(missing):
            return replace(finding, applied=False, reason=unwritten[finding.path])
        return replace(finding, applied=False, reason=f"half written: {missing[0]} is not ({unwritten[missing[0]]})")

    files = tuple(file for file in report.files if file.path not in unwritten)
    return replace(report, findings=tuple(map(as_is, report.findings)), files=files)


def _half_written(report: Report, unwritten: Mapping[str, str]) -> tuple[Finding, ...]:
    """Return the findings whose fix stands in some of its files and could not be written to others."""
    return tuple(f for f in report.findings if f.applied and f.paths & unwritten.keys() and f.paths - unwritten.keys())


def take_back_earlier(workspaces: tuple[Workspace, ...]) -> tuple[list[str], list[str]]:
    """Put files back on which a run that was killed was running tests; return what was done and what could not be."""
    done: list[str] = []
    left: list[str] = []
    for workspace in workspaces:
        back, stuck = journal.recover(workspace)
        done += [escape(sentence) for sentence in back]
        left += stuck
    return done, left


def finish_earlier(
    workspaces: tuple[Workspace, ...], protected: Mapping[Path, frozenset[str]]
) -> tuple[list[str], list[str]]:
    """Clear up after runs that were killed; return what was finished and what was not, in sentences."""
    done: list[str] = []
    left: list[str] = []
    for workspace in workspaces:
        with locked(workspace.root):
            if repository := workspace.found.tree.repository:
                clear_leftovers(repository.git_dir / "aiomend")
            for folder in sorted({path.rpartition("/")[0] for path in ("", *workspace.found.chosen)}):
                clear_leftovers(workspace.root / folder)
            finished, unfinished = finish(workspace, protected[workspace.root])
        done += [escape(sentence) for sentence in finished]
        left += unfinished
    return done, left


def write_run(run: Run) -> Run:
    """Write every changed file and return ``run`` as it turned out."""
    places = runner.places(run)
    left: list[Written] = []
    with contextlib.ExitStack() as stack:
        for workspace in run.workspaces:
            stack.enter_context(locked(workspace.root))
            stack.enter_context(_remembered(workspace, run.report, places))
        for group in _groups(run.report):
            workspace, _ = places[group[0].path]
            shown = {places[file.path][1]: file.path for file in group}
            changes = [_change(places[file.path][1], file) for file in group]
            for written in _write_group(workspace, changes):
                if written.outcome is not Outcome.WRITTEN:
                    left.append(replace(written, path=shown[written.path]))
    reasons = {item.path: item.detail or item.outcome.value for item in left}
    halves = _half_written(run.report, reasons)
    return replace(run, report=_without(run.report, reasons), unwritten=tuple(left), half_written=halves)


def _remembered(
    workspace: Workspace, report: Report, places: Mapping[str, tuple[Workspace, str]]
) -> AbstractContextManager[None]:
    """Note down that what the block writes is aiomend's own work."""
    ours = [(places[file.path], file.new) for file in report.changed]
    planned = {path: new for (owner, path), new in ours if owner is workspace and new is not None}
    return remembered(workspace.found.tree.repository, planned)


def _groups(report: Report) -> list[list[FileResult]]:
    """Return the changed files, those together that a fix ties to one another; in each of them new files first."""
    group = {file.path: {file.path} for file in report.changed}
    for finding in report.findings:
        tied = [path for path in finding.paths if path in group] if finding.applied else []
        for path in tied[1:]:
            if group[path] is not group[tied[0]]:
                group[tied[0]] |= group[path]
                group |= dict.fromkeys(group[path], group[tied[0]])
    files = worst_first(report)
    return [
        [file for file in files if file.path in paths] for paths in {id(one): one for one in group.values()}.values()
    ]


def _change(path: str, file: FileResult) -> Change:
    assert file.new is not None
    return Change(path, None if file.created else file.old, file.new)


def _write_group(workspace: Workspace, changes: list[Change]) -> list[Written]:
    """Write files that belong together; a Ctrl-C waits until that is done."""
    if len(changes) == 1:
        return write_together(workspace.root, changes)
    note = note_of(workspace)
    with interrupts_held():
        outcomes = write_together(workspace.root, changes, begin=lambda: begin(note, changes))
        if sum(one.outcome is Outcome.WRITTEN for one in outcomes) in (0, len(changes)):
            end(note, changes)
    return outcomes
