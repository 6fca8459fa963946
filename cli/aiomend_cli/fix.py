"""``aiomend fix``: writes what ``diff`` shows, and tells what became of every finding."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from aiomend.model import Finding
from aiomend.report import FileResult, Skip
from aiomend_cli import preparing, runner
from aiomend_cli.change_options import ChangeOptions, FixOptions
from aiomend_cli.check import announce, outcome
from aiomend_cli.contradictions import refuse_in_changes
from aiomend_cli.dirty import dirty
from aiomend_cli.ending import ERROR
from aiomend_cli.errors import UserError
from aiomend_cli.guarded.asked import after_tests, asked
from aiomend_cli.guarded.asked import told as told_of_tests
from aiomend_cli.narrowing import in_scope, narrowings, within
from aiomend_cli.options import NAMING_LINES, ReportFormat
from aiomend_cli.output import emit, for_tools
from aiomend_cli.output.text import count, header, shared, tail
from aiomend_cli.retyped import command_line
from aiomend_cli.runner import Accept, Run, Scope, Workspace
from aiomend_cli.standing import Standing, standings, why_refused
from aiomend_cli.terminal import escape, say
from aiomend_cli.writer import Outcome
from aiomend_cli.writing import finish_earlier, take_back_earlier, write_run

Protected = Mapping[Path, frozenset[str]]  #: by the root of a workspace: files that have to stay as they are


def fix(options: FixOptions) -> int:
    """Rewrite the chosen files; return 0 where that is done, 2 where something failed."""
    if options.interactive:
        from aiomend_cli.interactive.session import check_interactive

        check_interactive(options)
    if options.output_format in NAMING_LINES:
        raise UserError(
            f"--output-format {options.output_format} names lines, and `fix` moves them: use it with `aiomend check`"
        )
    stdin = preparing.standard_input(options)
    refuse_in_changes(options, stdin=stdin is not None)
    if options.commit and (stdin is not None or options.allow_dirty):
        other = "stdin" if stdin is not None else "--allow-dirty: your own changes would become part of the commits"
        raise UserError(f"--commit cannot be used with {other}")
    tests = asked(options, stdin=stdin is not None)
    workspaces = preparing.prepare(options, stdin)
    back, stuck = take_back_earlier(workspaces) if stdin is None else ([], [])
    if back or stuck:
        workspaces = preparing.prepare(options)  # what is there, and what is dirty, is something else now
    if stuck and (options.commit or options.add_ignores is not None):
        raise UserError("\n".join(stuck))
    if options.add_ignores is not None:
        from aiomend_cli.ignores import add_ignores

        if stdin is not None:
            raise UserError("--add-ignores writes to files, and `-` is stdin")
        return add_ignores(workspaces, options, all_protected(workspaces, options))
    if stdin is not None:
        return _filter(workspaces, stdin, options)
    if options.commit:
        from aiomend_cli.commit import commit

        return commit(workspaces, options, tests, back)
    done, left = finish_earlier(workspaces, all_protected(workspaces, options))
    run, protected = run_chosen(workspaces, options)
    run = write_run(with_protected(after_tests(run, tests, options), protected))
    return tell(replace(run, half_before=(*stuck, *left)), options, [*back, *done])


def run_chosen(
    workspaces: tuple[Workspace, ...], options: FixOptions, *, forgive_own: bool = True
) -> tuple[Run, Protected]:
    """Return the run with the fixes that ``options``, or a person who is asked, want, and the files that it leaves alone."""

    def protect() -> Protected:
        return all_protected(workspaces, options, forgive_own=forgive_own)

    if options.interactive:
        from aiomend_cli.interactive.session import reviewed

        return reviewed(workspaces, options, protect)
    protected = protect()
    return run_wanted(workspaces, options, protected), protected


def run_wanted(workspaces: tuple[Workspace, ...], options: ChangeOptions, protected: Protected) -> Run:
    """Return the run with the fixes that ``options`` ask for, in files that are not ``protected``."""
    watched = not options.quiet
    if options.only_fixes is None:
        narrow = narrowings(workspaces, options, watched=watched)
        if not narrow and not any(protected.values()) and not options.only_evidence:
            return runner.run(workspaces, watched=watched)  # what the settings accept is the engine's own default
        scope = in_scope(narrow)
        run = runner.run(workspaces, lambda workspace: clean_only(workspace, protected, scope), watched=watched)
        return within(run, narrow)
    from aiomend_cli import selection

    return selection.run(
        workspaces,
        selection.read(options.only_fixes),
        lambda workspace, finding: is_clean(workspace, finding, protected),
        watched=watched,
    )


def all_protected(
    workspaces: tuple[Workspace, ...], options: FixOptions, *, forgive_own: bool = True
) -> dict[Path, frozenset[str]]:
    """Return the protected files of each workspace, by its root; raises UserError where git is broken."""
    return {one.root: protected_files(one, options, forgive_own=forgive_own) for one in workspaces}


def protected_files(workspace: Workspace, options: FixOptions, *, forgive_own: bool = True) -> frozenset[str]:
    """Return the files that must stay as they are since git could not bring them back.

    Raises UserError where git is broken.
    """
    if options.allow_dirty:
        return frozenset()
    if workspace.found.unguarded:
        raise UserError(
            f"{workspace.found.unguarded}\nNothing is known of uncommitted changes; --allow-dirty fixes all the same"
        )
    repository = workspace.found.tree.repository
    return dirty(repository, forgive_own=forgive_own) if repository else frozenset()


def is_clean(workspace: Workspace, finding: Finding, protected: Protected) -> bool:
    """Return True where the fix of ``finding`` changes no file that is ``protected``."""
    return not finding.paths & protected.get(workspace.root, frozenset())


def clean_only(workspace: Workspace, protected: Protected, scope: Scope) -> Accept:
    """Return what admits the fixes that the settings accept, in files that are not ``protected``, within ``scope``."""
    return lambda finding: (
        scope(workspace, finding) and is_clean(workspace, finding, protected) and workspace.accepts(finding)
    )


def with_protected(run: Run, protected: Protected) -> Run:
    """Return ``run`` with the files listed as dirty in which fixes were held back."""
    home, wanted = runner.homes(run), runner.wanted(run)

    def holding(finding: Finding) -> list[str]:
        """The files, as shown, for which a fix that is wanted is held back."""
        workspace, own = home(finding)
        if not finding.fixable or not wanted(finding):
            return []
        return sorted(workspace.shown(path) for path in own.paths & protected[workspace.root])

    held = {finding: found for finding in run.report.findings if (found := holding(finding))}
    counts = Counter(path for found in held.values() for path in found)
    left = [
        FileResult(path, skip=Skip.DIRTY, detail=f"{count(fixes, 'fix')} held back") for path, fixes in counts.items()
    ]
    files = sorted([*run.report.files, *left], key=lambda file: file.path)
    findings = tuple(
        replace(finding, applied=False, reason=_why_held(finding, held[finding])) if finding in held else finding
        for finding in run.report.findings
    )
    return replace(run, report=replace(run.report, findings=findings, files=tuple(files)))


def _why_held(finding: Finding, paths: list[str]) -> str:
    if finding.path in paths:
        return "the file differs from git's index"
    return f"it also needs {paths[0]}, which differs from git's index"


def tell(run: Run, options: FixOptions, before: list[str] | None = None) -> int:
    """Print what was done; ``before`` are lines that say how. Return the exit code."""
    if options.output_format is not ReportFormat.TEXT:
        announce(run, options)
        emit(for_tools(run, options.output_format), options.output)
    elif not options.quiet:
        emit("\n".join([*header(run), *(before or ()), *told(run), ""]), options.output)
    for item in run.unwritten:
        said = (
            f"{item.outcome.value}: {item.detail}"
            if item.outcome is Outcome.FAILED
            else item.detail or item.outcome.value
        )
        say(f"aiomend: {escape(item.path)}: {escape(said)}")
    for finding in run.half_written:
        done = ", ".join(sorted(finding.paths - {item.path for item in run.unwritten}))
        say(f"aiomend: {escape(finding.path)}:{finding.line}: {finding.code} is half written: only to {escape(done)}")
    say(*(f"aiomend: {escape(sentence)}" for sentence in run.half_before))
    if run.half_written:
        again = f"fix{command_line(options)}{' --allow-dirty' if options.allow_dirty else ''}"
        again += f" --since {shlex.quote(options.since)}" if options.since else ""
        again += f" --baseline {shlex.quote(str(options.baseline))}" if options.baseline else ""
        again += f" --only-fixes {shlex.quote(str(options.only_fixes))}" if options.only_fixes else ""
        say(f"aiomend: when the rest can be written, `aiomend {escape(again)}` finishes it")
    if (
        run.half_written
        or run.half_before
        or any(item.outcome in (Outcome.FAILED, Outcome.TIED) for item in run.unwritten)
        or (options.strict and run.unwritten)
    ):
        return ERROR
    return outcome(run, options, False)


def told(run: Run) -> list[str]:
    """Return what became of the findings, the truthful sum last."""
    standing = standings(run)
    fixed: dict[str, Counter[str]] = {file.path: Counter() for file in run.report.changed if not file.created}
    refused, dropped = [], []
    counts: Counter[Standing] = Counter()
    for finding in run.report.findings:
        counts[what := standing(finding)] += 1
        if what is Standing.FIXED:
            fixed.setdefault(finding.path, Counter())[finding.code] += 1
            continue
        place = f"{escape(finding.path)}:{finding.line}:{finding.column}"
        if what is Standing.DROPPED:
            dropped.append(f"dropped {place}: {finding.code} {escape(finding.reason or '')}")
        elif what is Standing.REFUSED:
            refused.append(f"not fixed {place}: {finding.code} {escape(why_refused(finding))}")
    lines = [
        f"fixed {escape(path)}: {', '.join(f'{n} {code}' for code, n in sorted(codes.items()))}"
        for path, codes in fixed.items()
    ]
    tests = told_of_tests(run.tested) if run.tested is not None else []
    return [*tests, *shared(run, "made"), *lines, *refused, *dropped, *tail(run), _sum(counts, len(run.report.changed))]


def _sum(counts: Counter[Standing], files: int) -> str:
    done = f"{count(counts[Standing.FIXED], 'fix')} in {count(files, 'file')}"
    words = {
        Standing.UNSAFE: "unsafe (use --unsafe)",
        Standing.MANUAL: "manual",
        Standing.REFUSED: "refused (reasons above)",
        Standing.HELD: "in files left alone",
        Standing.REJECTED: "not chosen",
        Standing.DROPPED: "dropped (reasons above)",
    }
    left = [f"{counts[standing]} {word}" for standing, word in words.items() if counts[standing]]
    rest = f"{counts.total() - counts[Standing.FIXED]} left: {', '.join(left)}" if left else "nothing left"
    return f"{done}; {rest}."


def _filter(workspaces: tuple[Workspace, ...], stdin: bytes, options: FixOptions) -> int:
    """Print the fixed code on stdout; what is to be said goes to stderr, or to ``--output``."""
    if options.output_format is not ReportFormat.TEXT and options.output is None:
        raise UserError(f"stdout is the fixed code: --output-format {options.output_format} needs --output FILE here")
    run = run_wanted(workspaces, options, {})
    file = next(iter(run.report.files), None)
    emit(file.new if file is not None and file.new is not None else stdin)
    if options.output is not None:
        code = tell(run, options)
    else:
        if not options.quiet:
            say(*header(run), *told(run))
        code = outcome(run, options, False)
    broken = file is not None and file.skip is not None and file.skip is not Skip.GENERATED
    return ERROR if broken else code
