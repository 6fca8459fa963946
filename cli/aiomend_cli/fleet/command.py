"""``aiomend fleet``: what ``aiomend pr`` does, for many repositories, one after the other."""

from __future__ import annotations

import contextlib
import os
import traceback
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

from aiomend.settings import SettingsError
from aiomend_cli.ending import ERROR, complain
from aiomend_cli.errors import OutputError, UserError
from aiomend_cli.fleet import state, table
from aiomend_cli.fleet.clones import refreshed
from aiomend_cli.fleet.listing import Listed, listed
from aiomend_cli.fleet.state import Entry, Standing
from aiomend_cli.forge.command import HELD, Turn, turn
from aiomend_cli.forge.policy import newest
from aiomend_cli.forge.pull import Forge, State
from aiomend_cli.other_options import FleetOptions, PrOptions
from aiomend_cli.output import emit
from aiomend_cli.terminal import source


def fleet(options: FleetOptions) -> int:
    """Give the repositories their turns, and print where they stand.

    Return 0 where all is done, 1 where something is held back until a person has said something, 2 where a repository
    failed.
    """
    file = Path(os.path.abspath(options.file))  # noqa: PTH100
    options = replace(options, config=options.config and Path.cwd() / options.config)
    everything = listed(file)
    chosen = _chosen(everything, options)
    remembered = state.place(file)
    known = state.load(remembered)
    started = [] if options.dry_run else [one for one in chosen if one.key in known and known[one.key].visited]
    due = [one for one in chosen if one not in started]
    if not due:  # these had their turn in a run over more of them
        known, due, started = state.over(known, (one.key for one in chosen)), list(chosen), []
    rows: list[tuple[Listed, Entry]] = []
    codes: set[int] = set()
    for one in due[: options.limit]:
        emit(f"{source(one.name)}:\n")
        code, entry = _visited(one, options, known.get(one.key))
        codes.add(code)
        rows.append((one, entry))
        known[one.key] = entry
        if not options.dry_run:
            state.save(remembered, known)
    if not options.dry_run and len(rows) == len(due):
        state.save(remembered, state.over(known, (one.key for one in chosen)))
    emit(
        "\n".join(
            ["", *table.table(rows), "", table.last_line(rows, _rest(everything, chosen, started, due, rows)), ""]
        )
    )
    return next((code for code in (ERROR, HELD) if code in codes), 0)


def _chosen(everything: Sequence[Listed], options: FleetOptions) -> Sequence[Listed]:
    matching = [one for one in everything if options.filter is None or one.matches(options.filter)]
    if not matching:
        raise UserError(f"--filter {options.filter}: none of the repositories in {options.file} has such a name or URL")
    return matching[: options.subset]


def _rest(
    everything: Sequence[Listed],
    chosen: Sequence[Listed],
    started: Sequence[Listed],
    due: Sequence[Listed],
    rows: Sequence[object],
) -> str:
    """Return what is to be said of the repositories that are not in ``rows``."""
    parts = []
    if started:
        parts.append(f" {len(started)} had their turn in the run before, which was not over.")
    if left := len(due) - len(rows):
        parts.append(f" {left} more have theirs in the next run.")
    if others := len(everything) - len(chosen):
        parts.append(f" {others} were not asked for.")
    return "".join(parts)


def _visited(one: Listed, options: FleetOptions, before: Entry | None) -> tuple[int, Entry]:
    """Return the exit code of one repository, and where it stands; what goes wrong there is said, and costs no other."""
    pulls = before.pulls if before else ()
    try:
        return _turned(one, options, pulls)
    except (BrokenPipeError, OutputError):
        raise  # nobody would hear of the others, either
    except (UserError, SettingsError) as error:
        said = str(error)
    except Exception as error:
        if os.environ.get("AIOMEND_TRACEBACK"):
            traceback.print_exc()
        said = f"internal error: {type(error).__name__}: {error}"
    complain(f"{one.name}: {said}")
    return ERROR, Entry(table.ERROR, said, pulls)


def _turned(one: Listed, options: FleetOptions, before: Sequence[Standing]) -> tuple[int, Entry]:
    folder = one.path or refreshed(str(one.url), one.base)
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder")
    of_pr = {field.name: getattr(options, field.name) for field in fields(PrOptions)}
    with contextlib.chdir(folder):
        done = turn(PrOptions(**{**of_pr, "base": one.base, **(one.options or {})}))
    return done.code, _entry(done, before, options)


def _entry(done: Turn, before: Sequence[Standing], options: FleetOptions) -> Entry:
    account = done.account
    branches = sorted({*account.branches, *(one.branch for one in before)})
    pulls = _standing(done.forge, branches) if done.forge else ()
    said = "; ".join([*done.failed, *(f"{one.branch}: {one.reason}" for one in account.held)])
    if done.code == ERROR:
        return Entry(table.ERROR, said or "aiomend failed on a file", pulls)
    if account.disabled:
        return Entry(table.OFF, said, pulls)
    if options.dry_run and account.operations:
        return Entry(table.WOULD, said, pulls)
    return Entry(table.worst(pulls, account.held), said, pulls)


def _standing(forge: Forge, branches: Sequence[str]) -> tuple[Standing, ...]:
    """Return the pull request that counts of each branch."""
    found = []
    for branch in branches:
        pull = newest(forge.find(branch))
        if pull is not None:
            how = forge.condition(pull.number) if pull.state is State.OPEN else pull.state
            found.append(Standing(branch, pull.number, pull.url, str(how)))
    return tuple(found)
