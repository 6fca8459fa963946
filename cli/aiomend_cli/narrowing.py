"""Findings that a run leaves out: old ones of a baseline, and those on lines that nobody changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from aiomend.model import Finding
from aiomend_cli import baseline, runner
from aiomend_cli.errors import UserError
from aiomend_cli.options import CheckOptions
from aiomend_cli.output.text import count
from aiomend_cli.runner import Run
from aiomend_cli.since import Changed, changed_since
from aiomend_cli.terminal import escape, say


def narrowed(run: Run, options: CheckOptions) -> Run:
    """Return ``run`` without what the options leave out, and with notes that say so.

    Raises UserError where there is no such commit, or the baseline cannot be read or written.
    """
    if options.since is not None:
        run = _since(run, options.since)
    if options.baseline is None:
        return run
    return _write(run, options.baseline) if options.write_baseline else _new(run, options.baseline)


def check_options(options: CheckOptions, *, stdin: bool) -> None:
    """Raise UserError for options that make no sense together."""
    if options.write_baseline and options.baseline is None:
        raise UserError("--write-baseline needs --baseline FILE, which says where")
    if options.write_baseline and options.since is not None:
        raise UserError("--write-baseline cannot be used with --since: the baseline would lose what is older")
    if stdin and (options.since is not None or options.baseline is not None):
        raise UserError("--since and --baseline look at files, and `-` is stdin")


def _since(run: Run, reference: str) -> Run:
    changes: dict[Path, Changed] = {}
    for workspace in run.workspaces:
        repository = workspace.found.tree.repository
        if repository is None:
            raise UserError(
                f"--since {reference}: {workspace.found.unguarded or f'{workspace.root} is in no git repository'}"
            )
        changes[workspace.root] = changed_since(repository, reference)
    home = runner.homes(run)

    def is_new(finding: Finding) -> bool:
        workspace, own = home(finding)
        return changes[workspace.root].touches(own.path, own.line, own.end_line)

    return without(run, lambda finding: not is_new(finding), f"on lines that did not change since {reference}")


def _new(run: Run, file: Path) -> Run:
    entries = baseline.load(file)
    known = baseline.known(entries, baseline.described(run, file), baseline.judge(run, file))
    result = without(run, lambda finding: finding in known.findings, f"known to {file}")
    if not known.stale:
        return result
    gone = f"{count(len(known.stale), 'entry')} of {file} without a finding by now; --write-baseline takes out what is gone"
    return replace(result, report=replace(result.report, notes=(*result.report.notes, gone)))


def _write(run: Run, file: Path) -> Run:
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
