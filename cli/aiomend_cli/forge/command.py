"""``aiomend pr``: branches with one commit a rule, and the pull requests for them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from aiomend_cli import preparing, runner
from aiomend_cli.check import outcome
from aiomend_cli.ending import ERROR
from aiomend_cli.errors import UserError
from aiomend_cli.forge import policy, telling
from aiomend_cli.forge.branch import is_sealed
from aiomend_cli.forge.deciding import decided, hand_on
from aiomend_cli.forge.github import GitHub, missing
from aiomend_cli.forge.network import Connection, check_safe
from aiomend_cli.forge.perform import Performer
from aiomend_cli.forge.policy import Head, Known, Operation
from aiomend_cli.forge.proposal import Base, merged, project
from aiomend_cli.forge.pull import Forge
from aiomend_cli.forge.remote import Branches, Remote, base_of, known_here, remote_of
from aiomend_cli.forge.scratch import check_out, scratch
from aiomend_cli.forge.settings import PREFIX
from aiomend_cli.forge.telling import Account
from aiomend_cli.forge.tokens import token_for
from aiomend_cli.git import Repository, repository
from aiomend_cli.options import Options, ReportFormat
from aiomend_cli.other_options import PrOptions
from aiomend_cli.output import emit
from aiomend_cli.output.text import header, tail
from aiomend_cli.runner import Run, Workspace
from aiomend_cli.terminal import say, source

HELD = 1
_TRIES = 3  #: where the base branch moves meanwhile


@dataclass(frozen=True, slots=True)
class Turn:
    """What one run came to."""

    code: int
    account: Account
    failed: Sequence[str]  #: sentences
    forge: Forge | None  #: None where a dry run had none


def pr(options: PrOptions) -> int:
    """Push the branches and see to their pull requests.

    Return 0 where that is done or nothing is to do, 1 where something is held back until a person has said something, 2
    where the work is not complete.
    """
    return turn(options).code


def turn(options: PrOptions) -> Turn:
    """Do it in the repository around the working directory, and return what came of it."""
    origin = check_place(options, "pr")
    remote = remote_of(origin, options.remote)
    with scratch(origin) as work:
        found = reached(work, remote, remote_of(origin, options.push_to) if options.push_to else None)
        if not isinstance(found, Online) and not options.dry_run:
            raise UserError(f"{found}; --dry-run does without")
        online = found if isinstance(found, Online) else None
        for attempt in range(_TRIES):
            branches = online.branches(options.base) if online else known_here(origin, remote)
            base = Base(*base_of(branches, options.base), remote.web if remote else None)
            account, run = _account(origin, work, options, base, branches, online)
            if online is None or attempt == _TRIES - 1 or _stands(online, base):
                break
        if online is not None and not options.dry_run:
            return _do(account, run, options, online)
        _tell(account, run, options)
    code = outcome(run, options, False) or (HELD if account.held else 0)
    return Turn(code, account, (), online.forge if online else None)


def check_place(options: Options, command: str) -> Repository:
    """Return the repository around the working directory; raises UserError for what ``command`` cannot do."""
    if preparing.STDIN in options.paths or options.stdin_filename is not None:
        raise UserError(f"`aiomend {command}` looks at a repository, and `-` is stdin")
    if options.output_format not in (ReportFormat.TEXT, ReportFormat.JSON):
        raise UserError(f"--output-format {options.output_format}: `aiomend {command}` writes text and json")
    cwd = Path.cwd()
    if (origin := repository(cwd.resolve())) is None:
        raise UserError(f"{cwd} is in no git repository, and pull requests are made of branches")
    return origin


@dataclass(frozen=True, slots=True)
class Online:
    """The remote and its forge, and the fork that gets the branches where there is one."""

    connection: Connection
    forge: Forge
    fork: Connection | None = None

    @property
    def pushed(self) -> Connection:
        """What the branches are pushed to."""
        return self.fork or self.connection

    def branches(self, base: str | None) -> Branches:
        """Return the remote's default branch, and where that, ``base`` and aiomend's own stand."""
        found = self.connection.branches(base)
        if self.fork is None:
            return found
        ours = {name: sha for name, sha in self.fork.branches(None).shas.items() if name.startswith(PREFIX)}
        others = {name: sha for name, sha in found.shas.items() if not name.startswith(PREFIX)}
        return replace(found, shas=others | ours)


def reached(work: Repository, remote: Remote | None, fork: Remote | None = None) -> Online | str:
    """Return the way to the forge, or why there is none.

    Raises UserError where a token would go over the network in clear text, or ``fork`` is no place for branches.
    """
    if remote is None or remote.host is None:
        there = f"{remote.name} is at {remote.url}" if remote else "there is no remote"
        return f"pull requests need a forge, and {there}"
    if (lacking := missing(remote)) is not None:
        return lacking
    if (token := token_for(remote, work, os.environ)) is None:
        return (
            f"there is no token for {remote.host}: set GH_TOKEN (GH_ENTERPRISE_TOKEN for an Enterprise server), "
            "run `gh auth login`, or have git's credential helper know one"
        )
    check_safe(remote)
    if fork is None:
        return Online(Connection(work, remote, token), GitHub(remote, token))
    if fork.host != remote.host or fork.slug is None or fork.owner == remote.owner:
        raise UserError(f"--push-to {fork.name}: {fork.url} is no fork of {remote.url} with another owner")
    check_safe(fork)
    return Online(Connection(work, remote, token), GitHub(remote, token, fork=fork.slug), Connection(work, fork, token))


def _stands(online: Online, base: Base) -> bool:
    """Return True where the base branch is still where the commits stand."""
    return online.connection.branches(base.branch).shas.get(base.branch) == base.sha


def _account(
    origin: Repository, work: Repository, options: PrOptions, base: Base, branches: Branches, online: Online | None
) -> tuple[Account, Run]:
    """Return what is to be done, and the run that it comes from; the commits for it are made in ``work``."""
    ours = [name for name in branches.shas if name.startswith(PREFIX)]
    if online is not None:
        online.connection.bring(branches, [base.branch])
        online.pushed.bring(branches, ours)
    check_out(work, base.sha)
    options = replace(options, paths=tuple(inside(origin, path, Path.cwd()) for path in options.paths))
    there = workspace(origin, work, options, Path.cwd())
    run = runner.run((there,), watched=not options.quiet)
    settings = merged(there.settings.pull_requests(), options)
    known_from = branches.source if online else f"{branches.source}; nothing is known of pull requests"
    account = Account(base, known_from, disabled=not settings.enabled)
    if not settings.enabled:
        hand_on(options, base, [])
        return account, run
    found = project(there, settings, options, base, run.report)
    names = sorted({*ours, *(fix_set.branch for fix_set in found.sets)})
    known = {name: _known(work, name, branches, base.sha, online) for name in names}
    return decided(found, origin, work, known, replace(account, branches=names)), run


def workspace(origin: Repository, work: Repository, options: Options, cwd: Path) -> Workspace:
    """Return the checked-out project; the paths in ``options`` are those in it, others are relative to ``cwd``."""
    inner = replace(
        options,
        config=cwd / options.config if options.config else None,
        python=cwd / options.python.expanduser() if options.python else None,
    )
    workspaces = preparing.prepare(inner, cwd=work.root, origin=origin.root)
    if len(workspaces) != 1:
        raise UserError("pull requests are of one project: the paths are of several")
    return workspaces[0]


def inside(origin: Repository, path: str, cwd: Path) -> str:
    """Return a path of the user's as one from the root of the repository; raises UserError where it is outside."""
    whole = Path(os.path.normpath(cwd.resolve() / path))
    if not whole.is_relative_to(origin.root):
        raise UserError(f"{path}: is not in the repository {origin.root}")
    return whole.relative_to(origin.root).as_posix()


def _known(work: Repository, branch: str, branches: Branches, base: str, online: Online | None) -> Known:
    """Return what there is of a branch of aiomend's."""
    sha = branches.shas.get(branch)
    head = Head(sha, is_sealed(work, sha), _is_in(work, sha, base)) if sha else None
    return Known(head, policy.newest(online.forge.find(branch)) if online else None)


def _is_in(work: Repository, commit: str, base: str) -> bool:
    found = work.git("merge-base", commit, base, accept=(0, 1)).decode().strip()
    return found == commit


def _do(account: Account, run: Run, options: PrOptions, online: Online) -> Turn:
    """Do it, and tell each step when it is done."""
    lines: list[str] = []
    live = options.output is None and options.output_format is ReportFormat.TEXT

    def tell(*told: str) -> None:
        lines.extend(told)
        if live:
            emit("".join(f"{line}\n" for line in told))
        elif options.output_format is ReportFormat.JSON and not options.quiet:
            say(*told)

    if not options.quiet:
        tell(*header(run), *telling.header(account))
    done: list[Operation] = []
    failed = Performer(online.forge, online.pushed, lambda line: tell(source(line)), done.append).all(
        account.operations
    )
    say(*(f"aiomend: {source(sentence)}" for sentence in failed))
    tell(*telling.left(account), *([] if options.quiet else tail(run)))
    if options.output_format is ReportFormat.JSON:
        emit(telling.to_json(replace(account, operations=done), dry_run=False, failed=failed), options.output)
    else:
        tell(telling.last_line(account, done, failed))
        if not live:
            emit("".join(f"{line}\n" for line in lines), options.output)
    code = ERROR if failed else outcome(run, options, False) or (HELD if account.held else 0)
    return Turn(code, account, failed, online.forge)


def _tell(account: Account, run: Run, options: PrOptions) -> None:
    """Print what would be done."""
    if options.output_format is ReportFormat.JSON:
        if not options.quiet:
            say(*header(run), *tail(run))
        emit(telling.to_json(account, dry_run=True), options.output)
        return
    lines = [line for one in account.operations for line in telling.in_full(one)]
    around = [] if options.quiet else [*header(run), *telling.header(account)]
    rest = [] if options.quiet else tail(run)
    last = telling.last_line(account, (), (), would=account.operations)
    emit("\n".join([*around, *lines, *telling.left(account), *rest, last, ""]), options.output)
