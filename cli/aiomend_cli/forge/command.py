"""``aiomend pr``: branches with one commit a rule, and the pull requests for them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from aiomend_cli import runner
from aiomend_cli.check import outcome
from aiomend_cli.errors import UserError
from aiomend_cli.forge import policy, telling
from aiomend_cli.forge.branch import is_sealed, manner
from aiomend_cli.forge.policy import Head, Known
from aiomend_cli.forge.proposal import Base, Project, merged, project, wanted
from aiomend_cli.forge.remote import Branches, base_of, known_here, remote_of
from aiomend_cli.forge.scratch import check_out, scratch
from aiomend_cli.forge.settings import PREFIX
from aiomend_cli.forge.telling import Account
from aiomend_cli.git import Repository, repository
from aiomend_cli.options import PrOptions, ReportFormat
from aiomend_cli.output import emit
from aiomend_cli.output.text import header, tail
from aiomend_cli.runner import STDIN, Run, Workspace
from aiomend_cli.terminal import say

HELD = 1


def pr(options: PrOptions) -> int:
    """Push the branches and see to their pull requests.

    Return 0 where that is done or nothing is to do, 1 where something is held back until a person has said something, 2
    where the work is not complete.
    """
    if STDIN in options.paths or options.stdin_filename is not None:
        raise UserError("`aiomend pr` looks at a repository, and `-` is stdin")
    if options.output_format not in (ReportFormat.TEXT, ReportFormat.JSON):
        raise UserError(f"--output-format {options.output_format}: `aiomend pr` writes text and json")
    cwd = Path.cwd()
    origin = repository(cwd.resolve())
    if origin is None:
        raise UserError(f"{cwd} is in no git repository, and pull requests are made of branches")
    if not options.dry_run:
        raise UserError("`aiomend pr` does not push yet: --dry-run prints what it would do")
    remote = remote_of(origin, options.remote)
    branches = known_here(origin, remote)
    branch, sha = base_of(branches, options.base)
    base = Base(branch, sha, remote.web if remote else None)
    with scratch(origin) as work:
        check_out(work, sha)
        there = workspace(origin, work, options, cwd)
        run = runner.run((there,), watched=not options.quiet)
        settings = merged(there.settings.pull_requests(), options)
        account = Account(base, f"as of {branches.source}", disabled=not settings.enabled)
        if settings.enabled:
            found = project(there, settings, options, base, run.report)
            account = _account(found, origin, work, _known(work, branches, sha), account)
        _tell(account, run, options)
    code = outcome(run, options, False)
    return code or (HELD if account.held else 0)


def workspace(origin: Repository, work: Repository, options: PrOptions, cwd: Path) -> Workspace:
    """Return the checked-out project, with the same paths in it as the user named in his own."""
    inner = replace(
        options,
        paths=tuple(_inside(origin, path, cwd) for path in options.paths),
        config=cwd / options.config if options.config else None,
        python=cwd / options.python.expanduser() if options.python else None,
    )
    workspaces = runner.prepare(inner, cwd=work.root, origin=origin.root)
    if len(workspaces) != 1:
        raise UserError("`aiomend pr` takes paths of one project")
    return workspaces[0]


def _inside(origin: Repository, path: str, cwd: Path) -> str:
    whole = Path(os.path.normpath(cwd.resolve() / path))
    if not whole.is_relative_to(origin.root):
        raise UserError(f"{path}: is not in the repository {origin.root}")
    return whole.relative_to(origin.root).as_posix()


def _known(work: Repository, branches: Branches, base: str) -> dict[str, Known]:
    """Return what there is of each branch of aiomend's."""
    return {
        name: Known(Head(sha, is_sealed(work, sha), _is_in(work, sha, base)))
        for name, sha in branches.shas.items()
        if name.startswith(PREFIX)
    }


def _is_in(work: Repository, commit: str, base: str) -> bool:
    found = work.git("merge-base", commit, base, accept=(0, 1)).decode().strip()
    return found == commit


def _account(
    found: Project, origin: Repository, work: Repository, known: Mapping[str, Known], account: Account
) -> Account:
    """Return ``account`` with what is to be done about ``found``; the commits for it are made."""
    settings, base = found.settings, found.base
    sorted_out = policy.triage(found.sets, known, base.branch, reopen=found.options.reopen, max_open=settings.max_open)
    operations, held = policy.closings(found.sets, known, found.in_scope)
    if sorted_out.due:
        how = manner(origin, base.sha, settings.author, settings.trailers, settings.sign)
        for fix_set in sorted_out.due:
            if (one := wanted(found, fix_set, work, how)) is not None:
                operations += policy.operations(one, known.get(fix_set.branch, Known()))
    return replace(account, operations=operations, held=[*sorted_out.held, *held], waiting=sorted_out.waiting)


def _tell(account: Account, run: Run, options: PrOptions) -> None:
    if options.output_format is ReportFormat.JSON:
        if not options.quiet:
            say(*header(run), *tail(run))
        emit(telling.to_json(account, dry_run=options.dry_run), options.output)
        return
    lines = [line for one in account.operations for line in telling.in_full(one)]
    around = [] if options.quiet else [*header(run), *telling.header(account)]
    rest = [] if options.quiet else tail(run)
    emit("\n".join([*around, *lines, *telling.left(account), *rest, telling.last_line(account), ""]), options.output)
