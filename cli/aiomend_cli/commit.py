"""``aiomend fix --commit``: one commit a rule, in the guide's order, on the current branch."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiomend.guide import section_of
from aiomend.model import Finding
from aiomend.report import Report
from aiomend_cli.change_options import FixOptions
from aiomend_cli.errors import UserError
from aiomend_cli.fix import Protected, clean_only, is_clean, run_chosen, tell, with_protected
from aiomend_cli.git import GitError, Repository, names
from aiomend_cli.guarded.asked import after_tests
from aiomend_cli.guarded.bench import Tests
from aiomend_cli.narrowing import in_scope
from aiomend_cli.output.text import count
from aiomend_cli.runner import Accept, Run, Workspace
from aiomend_cli.terminal import escape, say
from aiomend_cli.version import version
from aiomend_cli.writer import Change, Outcome, interrupts_held, write, write_together

_UNFINISHED = {
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One commit: a rule, and the content of each file it changes before and after."""

    code: str
    name: str
    fixes: int
    files: Mapping[str, tuple[bytes | None, bytes]]  #: None: the file is new

    @property
    def subject(self) -> str:
        return f"{self.code} {self.name}: {count(self.fixes, 'fix')} in {count(len(self.files), 'file')}"


def commit(
    workspaces: tuple[Workspace, ...], options: FixOptions, tests: Tests | None = None, before: Sequence[str] = ()
) -> int:
    """Commit the fixes rule by rule, those with which the ``tests`` pass, and tell; ``before`` are lines that go first.

    Return the exit code. Raises UserError where a repository is not ready.
    """
    repositories = [_ready(workspace) for workspace in workspaces]
    whole, protected = run_chosen(workspaces, options, forgive_own=False)
    whole = after_tests(whole, tests, options)
    lines = list(before)
    plans = [plan(workspace, wanted_in(workspace, whole, protected)) for workspace in workspaces]
    try:
        for repository, steps in zip(repositories, plans, strict=True):
            for step in steps:
                lines.append(_commit(repository, step))
    except BaseException:
        say(*map(escape, lines))  # these stay, whatever stopped the rest
        raise
    return tell(with_protected(whole, protected), options, lines)


def _ready(workspace: Workspace) -> Repository:
    """Return the repository to commit to; raises UserError with what has to be done first."""
    repository = workspace.found.tree.repository
    if repository is None:
        raise UserError(f"--commit: {workspace.found.unguarded or f'{workspace.root} is in no git repository'}")
    for name, what in _UNFINISHED.items():
        if (repository.git_dir / name).exists():
            raise UserError(f"--commit: {what} is not finished in {repository.root}; finish or abort it first")
    if not repository.git("rev-parse", "--verify", "--quiet", "HEAD", accept=(0, 1)):
        raise UserError(f"--commit: {repository.root} has no commit yet; make the first one yourself")
    if not repository.git("symbolic-ref", "--quiet", "HEAD", accept=(0, 1)):
        raise UserError(f"--commit: no branch is checked out in {repository.root}; switch to one first")
    if staged := names(repository.git("diff", "--cached", "--name-only", "-z", "--no-ext-diff")):
        raise UserError(
            f"--commit: {count(len(staged), 'file')} staged in {repository.root} ({staged[0]}, ...); "
            "commit or unstage first, so that these commits hold nothing but fixes"
        )
    repository.git("var", "GIT_COMMITTER_IDENT")  # fails now, with git's advice, rather than half-way
    return repository


def wanted_in(workspace: Workspace, run: Run, protected: Protected) -> Accept:
    """Return what admits the fixes that went into ``run``, for further runs of one of its workspaces."""
    chosen = run.tested.kept if run.tested is not None else run.chosen
    if chosen is None:
        return clean_only(workspace, protected, in_scope(run.narrowings))
    return lambda finding: finding.id in chosen and is_clean(workspace, finding, protected)


def plan(workspace: Workspace, wanted: Accept, order: Sequence[str] = (), whole: Report | None = None) -> list[Step]:
    """Return the steps that lead to all ``wanted`` fixes together, a rule each; nothing is written.

    Step k is the difference between two runs on the original files: with the first k rules, and with one less. The
    order is the guide's, unless another one of codes is given. ``whole`` is the run with all of them, where there was one.
    """
    whole = whole or workspace.run(wanted)
    applied = {finding.code for finding in whole.findings if finding.applied}
    codes = [code for code in order or workspace.settings.known if code in applied]
    originals = _originals(whole)
    state = dict(originals)
    steps = []
    for number, code in enumerate(codes, start=1):
        admitted = frozenset(codes[:number])

        def accept(finding: Finding, admitted: frozenset[str] = admitted) -> bool:
            return finding.code in admitted and wanted(finding)

        report = whole if number == len(codes) else workspace.run(accept)
        originals |= _originals(report)
        after = originals | {file.path: file.new for file in report.changed if file.new is not None}
        pairs = {path: (state.get(path, originals[path]), new) for path, new in after.items()}
        files = {path: (old, new) for path, (old, new) in pairs.items() if new is not None and old != new}
        fixes = sum(finding.applied and finding.code == code for finding in report.findings)
        if files:
            steps.append(Step(code, workspace.settings.known[code], fixes, files))
        state = after
    return steps


def _originals(report: Report) -> dict[str, bytes | None]:
    return {file.path: None if file.created else file.old for file in report.changed}


def _commit(repository: Repository, step: Step) -> str:
    """Write and commit one step and return a line that says so; a Ctrl-C waits until that is done.

    On any failure the files of the step are what they were.
    """
    written: list[str] = []
    before = _head(repository)
    with interrupts_held():
        try:
            changes = [Change(path, old, new) for path, (old, new) in sorted(step.files.items())]
            outcomes = write_together(repository.root, changes)
            written += [one.path for one in outcomes if one.outcome is Outcome.WRITTEN]
            for one in outcomes:
                if one.outcome not in (Outcome.WRITTEN, Outcome.TIED):
                    raise UserError(f"{step.subject} is not committed: {one.path}: {one.detail or one.outcome.value}")
            for path in (path for path in written if step.files[path][0] is None):
                repository.git("--literal-pathspecs", "add", "--intent-to-add", "--", path)
            _record(repository, step, written)
        except BaseException:
            if _head(repository) == before:
                _take_back(repository, step, written)
            raise
    return f"committed {_head(repository)[:9]} {step.subject}"


def _take_back(repository: Repository, step: Step, written: list[str]) -> None:
    for path in written:
        old, new = step.files[path]
        if old is not None:
            write(repository.root, path, new, old)
            continue
        (repository.root / path).unlink(missing_ok=True)
        with contextlib.suppress(GitError):  # where git cannot forget it, it was not able to note it either
            repository.git("--literal-pathspecs", "rm", "--cached", "--quiet", "--ignore-unmatch", "--", path)


def _head(repository: Repository) -> str:
    return repository.git("rev-parse", "HEAD").decode().strip()


def _record(repository: Repository, step: Step, paths: list[str]) -> None:
    stdin = b"".join(os.fsencode(path) + b"\0" for path in paths)
    said = names(repository.git("check-attr", "-z", "--stdin", "filter", stdin=stdin))
    for path, value in zip(said[::3], said[2::3], strict=True):
        if value not in ("unspecified", "unset"):
            raise UserError(
                f"{step.subject} is not committed: git would run the filter {value!r} on {path}, and aiomend runs no "
                "programs of a repository; leave out --commit and commit yourself"
            )
    body = f"{section_of(step.code).url}\n\nWritten by aiomend {version()}; `aiomend explain {step.code}` says why."
    message = ("-m", step.subject, "-m", body)
    pathspec = ("--only", "--pathspec-from-file=-", "--pathspec-file-nul")
    repository.git("--literal-pathspecs", "commit", "--quiet", "--no-verify", *message, *pathspec, stdin=stdin)
