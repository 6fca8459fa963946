"""Findings that a run leaves out: old ones of a baseline, and those on lines that nobody changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from aiomend.model import Finding
from aiomend_cli import runner
from aiomend_cli.errors import UserError
from aiomend_cli.options import CheckOptions, NarrowedOptions
from aiomend_cli.output.text import count
from aiomend_cli.runner import Run, Scope, Workspace
from aiomend_cli.terminal import escape, say

if TYPE_CHECKING:
    from aiomend_cli.baseline import Known
    from aiomend_cli.since import Changed


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What an option such as ``--since`` leaves in, and in words what it leaves out."""

    keeps: Scope
    leaves_out: str


def narrowings(
    workspaces: tuple[Workspace, ...], options: NarrowedOptions, *, watched: bool = True
) -> tuple[Narrowing, ...]:
    """Return what the options make of a run that has yet to come; for a baseline it takes a run to know what is old.

    Raises UserError where there is no such commit, or the baseline cannot be read.
    """
    found = []
    if options.since is not None:
        found.append(_touched(workspaces, options.since))
    if options.baseline is not None:
        found.append(_unknown(runner.run(workspaces, watched=watched), options.baseline))
    return tuple(found)


def in_scope(narrowings: Sequence[Narrowing]) -> Scope:
    """Return what tells whether all of ``narrowings`` leave a finding in."""
    return lambda workspace, finding: all(one.keeps(workspace, finding) for one in narrowings)


def within(run: Run, narrowings: tuple[Narrowing, ...]) -> Run:
    """Return ``run`` without the findings that ``narrowings`` leave out, and with notes that say so."""
    home = runner.homes(run)
    for one in narrowings:
        run = without(run, lambda finding, one=one: not one.keeps(*home(finding)), one.leaves_out)  # type: ignore[misc]
    return replace(run, narrowings=narrowings)


def narrowed(run: Run, options: CheckOptions) -> Run:
    """Return ``run`` without what the options leave out, and with notes that say so.

    Raises UserError where there is no such commit, or the baseline cannot be read or written.
    """
    if options.since is not None:
        run = within(run, (_touched(run.workspaces, options.since),))
    if options.baseline is None:
        return run
    return _write(run, options.baseline) if options.write_baseline else _new(run, options.baseline)


def _touched(workspaces: tuple[Workspace, ...], reference: str) -> Narrowing:
    from aiomend_cli.since import changed_since

    changes: dict[Path, Changed] = {}
    for workspace in workspaces:
        repository = workspace.found.tree.repository
        if repository is None:
            raise UserError(
                f"--since {reference}: {workspace.found.unguarded or f'{workspace.root} is in no git repository'}"
            )
        changes[workspace.root] = changed_since(repository, reference)

    def keeps(workspace: Workspace, finding: Finding) -> bool:
        return changes[workspace.root].touches(finding.path, finding.line, finding.end_line)

    return Narrowing(keeps, f"on lines that did not change since {reference}")


def _unknown(run: Run, file: Path) -> Narrowing:
    known, home = _known(run, file).findings, runner.homes(run)
    quiet = {(workspace.root, own.id) for workspace, own in map(home, known)}
    return Narrowing(lambda workspace, finding: (workspace.root, finding.id) not in quiet, f"known to {file}")


def _known(run: Run, file: Path) -> Known:
    from aiomend_cli import baseline

    return baseline.known(baseline.load(file), baseline.described(run, file), baseline.judge(run, file))


def _new(run: Run, file: Path) -> Run:
    known = _known(run, file)
    result = without(run, lambda finding: finding in known.findings, f"known to {file}")
    if not known.stale:
        return result
    gone = f"{count(len(known.stale), 'entry')} of {file} without a finding by now; --write-baseline takes out what is gone"
    return replace(result, report=replace(result.report, notes=(*result.report.notes, gone)))


def _write(run: Run, file: Path) -> Run:
    from aiomend_cli import baseline

    found, judged = baseline.described(run, file), baseline.judge(run, file)
    old = baseline.load(file) if file.exists() else ()
    kept = {entry for entry in old if not judged(entry)}
    baseline.save(file, {*kept, *found.values()})
    more = f", {count(len(kept), 'entry')} of other files or rules kept" if kept else ""
    say(f"{count(len(found), 'finding')} written to {escape(str(file))}{more}")
    return without(run, lambda finding: True, f"known to {file}")


def without(run: Run, quiet: Callable[[Finding], bool], why: str) -> Run:
    """Return ``run`` without its ``quiet`` findings, their refusals and the files that change for them alone."""
    report = run.report
    kept = tuple(finding for finding in report.findings if not quiet(finding))
    dropped = len(report.findings) - len(kept)
    if not dropped:
        return run
    ids = {finding.id for finding in kept}
    changing = {path for finding in kept if finding.applied for path in finding.paths}
    report = replace(
        report,
        findings=kept,
        files=tuple(file for file in report.files if not file.changed or file.path in changing),
        refusals=tuple(refusal for refusal in report.refusals if refusal.id in ids),
        notes=(*report.notes, f"{count(dropped, 'finding')} left out: {why}"),
    )
    return replace(run, report=report)
