"""What is done about the fixes of a project: which sets have their turn, what is judged of them, and the commits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache

from aiomend_cli import runner
from aiomend_cli.forge import policy
from aiomend_cli.forge.branch import manner
from aiomend_cli.forge.policy import Known, Left, Triage
from aiomend_cli.forge.proposal import Base, Judged, Project, wanted
from aiomend_cli.forge.sets import FixSet
from aiomend_cli.forge.telling import Account
from aiomend_cli.forge.trying import judged, tests_in, watched_in
from aiomend_cli.forge.verdicts import load, save
from aiomend_cli.git import Repository
from aiomend_cli.other_options import PrOptions

Ask = Callable[[FixSet], Judged | str]  #: returns in words why nothing is known of a set, where that is so


def decided(
    found: Project, origin: Repository, work: Repository, known: Mapping[str, Known], account: Account
) -> Account:
    """Return ``account`` with what is to be done about ``found``; the commits for it are made in ``work``."""
    settings, base, options = found.settings, found.base, found.options
    complete = not any(map(runner.failed, found.everything.files))  # else what is missing may only not have been found
    operations, held = policy.closings(found.sets, known, found.in_scope if complete else lambda name: False)
    asked = _asking(found, origin, work)
    committing = cache(lambda: manner(origin, work, base.sha, settings.author, settings.trailers, settings.sign))

    def ask(fix_set: FixSet) -> Judged | str:
        committing()  # what it lacks is said before tests take their time
        return asked(fix_set)

    sorted_out, judgements = _judgements(found, known, ask)
    waiting = list(sorted_out.waiting)
    for fix_set, judgement in judgements.items():
        there = known.get(fix_set.branch, Known())
        if isinstance(judgement, str):
            waiting.append(Left(fix_set.branch, judgement))
        elif _is_barren(judgement):
            held.append(Left(fix_set.branch, "the tests fail with each of its fixes"))
        elif judgement.tested and (reason := _why_held(judgement, there, found)):
            held.append(Left(fix_set.branch, reason))
        elif (one := wanted(found, judgement, work, committing())) is not None:
            operations += policy.operations(one, there)
    hand_on(options, base, [(one, told) for one, told in judgements.items() if isinstance(told, Judged)])
    return replace(account, operations=operations, held=[*sorted_out.held, *held], waiting=waiting)


def _judgements(found: Project, known: Mapping[str, Known], ask: Ask) -> tuple[Triage, Mapping[FixSet, Judged | str]]:
    """Return which sets are due, and what is known of these.

    One of which the tests leave nothing keeps no other one waiting: it would do so for ever.
    """
    options = found.options
    # who is asked elsewhere, where nothing is known of pull requests, is asked about all that may be due
    max_open = len(found.sets) if options.verdicts and _asks(options) else found.settings.max_open
    result: dict[FixSet, Judged | str] = {}
    while True:
        sets = [one for one in found.sets if not _is_barren(result.get(one))]
        sorted_out = policy.triage(sets, known, found.base.branch, reopen=options.reopen, max_open=max_open)
        new = [one for one in sorted_out.due if one not in result]
        if not new:
            return sorted_out, result
        result |= {one: ask(one) for one in new}


def _is_barren(judgement: Judged | str | None) -> bool:
    return isinstance(judgement, Judged) and not judgement.fix_set.ids


def _why_held(judgement: Judged, there: Known, found: Project) -> str | None:
    return policy.why_held(judgement.fix_set, there, found.base.branch, found.options.reopen)


def _asking(found: Project, origin: Repository, work: Repository) -> Ask:
    """Return what tells of a set whether its fixes go in: by the repository's commands, or by what they said elsewhere."""
    options, base = found.options, found.base
    if options.verdicts is not None and not _asks(options):
        told = load(options.verdicts)
        return lambda one: told.why_not(one, base.sha) or told.judged(found, one)
    tests, program = tests_in(work, origin, options), watched_in(work, options)
    return lambda one: judged(found, one, tests, program)


def hand_on(options: PrOptions, base: Base, said: Sequence[tuple[FixSet, Judged]]) -> None:
    """Write what the commands of the repository said, for the run that has the token; also where that is nothing."""
    if options.verdicts is not None and _asks(options):
        save(options.verdicts, base.sha, said)


def _asks(options: PrOptions) -> bool:
    """Return True where commands of the repository are run."""
    return options.test is not None or options.verify is not None
