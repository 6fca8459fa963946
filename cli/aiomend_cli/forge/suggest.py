"""``aiomend suggest``: comments at the lines of a pull request, with its fixes as suggestions."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aiomend.model import Finding
from aiomend_cli import runner
from aiomend_cli.check import outcome
from aiomend_cli.ending import ERROR
from aiomend_cli.errors import UserError
from aiomend_cli.forge.command import Online, check_place, inside, reached, workspace
from aiomend_cli.forge.patches import hunks
from aiomend_cli.forge.pull import Forge, ForgeError, RefusedError, Said, State, Subject
from aiomend_cli.forge.remote import remote_of
from aiomend_cli.forge.scratch import check_out, scratch
from aiomend_cli.forge.suggestion import Key, Suggestion, is_untouched, key_of, suggestion
from aiomend_cli.options import ReportFormat
from aiomend_cli.other_options import SuggestOptions
from aiomend_cli.output import emit
from aiomend_cli.output.text import count, header, tail
from aiomend_cli.runner import Run
from aiomend_cli.standing import Standing, standings
from aiomend_cli.terminal import say, source


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be said and taken back, and how much is not said."""

    subject: Subject
    comments: tuple[Suggestion, ...] = ()
    stale: tuple[Said, ...] = ()  #: comments of aiomend's whose findings are gone
    standing: int = 0  #: comments that say it already
    over: int = 0  #: findings beyond the limit
    unshown: int = 0  #: findings in files of which the forge shows no diff


def suggest(options: SuggestOptions) -> int:
    """Comment on a pull request.

    Return 0 where that is done or nothing is to be said, 2 where the work is not complete.
    """
    number = _number(options)
    origin = check_place(options, "suggest")
    remote = remote_of(origin, options.remote)
    with scratch(origin) as work:
        online = reached(work, remote)
        if not isinstance(online, Online):
            raise UserError(online)
        subject = online.forge.subject(number)
        if subject.state is not State.OPEN:
            return _told(Plan(subject), None, options)
        online.connection.bring_one(subject.ref, subject.sha)
        check_out(work, subject.sha)
        placed = replace(options, paths=tuple(inside(origin, path, Path.cwd()) for path in options.paths))
        there = workspace(origin, work, placed, Path.cwd())
        run = runner.run((there,), watched=not options.quiet)
        patches, said = online.forge.patches(number), online.forge.said(number)
        if online.forge.subject(number).sha != subject.sha:
            raise ForgeError(f"{subject.url} got other commits while it was read; run it again")
        plan = _plan(subject, run, patches, said, placed)
        if options.dry_run:
            return _told(plan, run, options)
        return _done(plan, run, options, online.forge)


def _number(options: SuggestOptions) -> int:
    if options.pr is not None:
        return options.pr
    if found := re.fullmatch(r"refs/pull/(\d+)/\w+", os.environ.get("GITHUB_REF", "")):
        return int(found[1])
    raise UserError("which pull request? --pr N says so; only a workflow of one knows by itself")


# ---- what is to be done ---


def _plan(
    subject: Subject, run: Run, patches: Mapping[str, str | None], said: Sequence[Said], options: SuggestOptions
) -> Plan:
    """Return what is to be done about the findings of ``run``."""
    files = {file.path: file for file in run.report.changed}
    shown = {path: hunks(patch) for path, patch in patches.items() if patch is not None}
    why = _why(run)
    found = [
        one
        for finding in sorted(run.report.findings, key=lambda one: (one.impact, one.path, one.line, one.column))
        if (one := suggestion(finding, files.get(finding.path), shown.get(finding.path, ()), why(finding))) is not None
    ]
    keys = {one.key for one in found}
    known = {key_of(one.text) for one in said}
    chosen = found[: options.limit]
    return Plan(
        subject,
        tuple(one for one in chosen if one.key not in known),
        tuple(one for one in said if _is_stale(one, keys)) if _is_whole(run, options) else (),
        sum(one.key in known for one in chosen),
        len(found) - len(chosen),
        sum(finding.path in patches and finding.path not in shown for finding in run.report.findings),
    )


def _is_stale(said: Said, keys: Collection[Key]) -> bool:
    """Return True for a comment that is aiomend's alone and says what does not hold any more; the forge folds those whose
    lines have changed."""
    key = key_of(said.text)
    return (
        key is not None
        and key not in keys
        and not said.is_outdated
        and not said.is_answered
        and is_untouched(said.text)
    )


def _is_whole(run: Run, options: SuggestOptions) -> bool:
    """Return True where the run would have found again what an earlier one has found."""
    narrowed = options.select or options.ignore or options.exclude or options.paths != (".",)
    return not narrowed and not any(map(runner.failed, run.report.files))


def _why(run: Run) -> Callable[[Finding], str]:
    """Return what says why the fix of a finding did not go in."""
    standing = standings(run)

    def why(finding: Finding) -> str:
        reason = f" ({finding.reason})" if finding.reason else ""
        match standing(finding):
            case Standing.FIXED:
                return ""
            case Standing.UNSAFE:
                shown = f"`aiomend diff --unsafe-rules {finding.code}` shows it"
                return f"Its fix is unsafe{reason}; {shown}."
            case Standing.MANUAL:
                return f"It is for a person to change{reason}."
            case _:
                return f"Its fix was not applied{reason}."

    return why


# ---- doing it ---


def _done(plan: Plan, run: Run, options: SuggestOptions, forge: Forge) -> int:
    """Do it, and tell."""
    made: list[Suggestion] = []
    failed: list[str] = []

    def review(comments: Sequence[Suggestion]) -> None:
        try:
            forge.review(plan.subject, _opening(plan, comments), [one.comment for one in comments])
            made.extend(comments)
        except RefusedError as error:  # of one of them: the others are not lost
            if len(comments) == 1:
                failed.append(f"{_place(comments[0])}: {error}")
                return
            half = len(comments) // 2
            review(comments[:half])
            review(comments[half:])

    gone: list[Said] = []
    try:
        if plan.comments:
            review(plan.comments)
        for one in plan.stale:
            forge.take_back(plan.subject.number, one)
            gone.append(one)
    except ForgeError as error:
        failed.append(str(error))
    say(*(f"aiomend: {source(sentence)}" for sentence in failed))
    return _told(replace(plan, comments=tuple(made), stale=tuple(gone)), run, options, failed)


def _opening(plan: Plan, comments: Sequence[Suggestion]) -> str:
    """Return what a review begins with."""
    traps = count(len(comments), "trap")
    lines = [f"aiomend sees {traps} of asyncio in the lines of this pull request."]
    if plan.over:
        lines.append(f"{plan.over} more are not shown here; `aiomend check` lists them.")
    if others := sum(one.finding.applied and not one.is_applicable for one in comments):
        lines.append(f"`aiomend fix` makes the {count(others, 'fix')} that a suggestion cannot.")
    lines.append("`# aiomend: ignore[CODE] why` on a line keeps aiomend quiet about it.")
    return " ".join(lines)


def _place(one: Suggestion) -> str:
    comment = one.comment
    lines = str(comment.first) if comment.first == comment.last else f"{comment.first}-{comment.last}"
    return f"{comment.path}:{lines}: {one.finding.code}"


# ---- telling ---


def _told(plan: Plan, run: Run | None, options: SuggestOptions, failed: Sequence[str] = ()) -> int:
    """Print what was done, or would be, and return the exit code."""
    if options.output_format is ReportFormat.JSON:
        emit(_json(plan, options, failed), options.output)
    else:
        around = [] if options.quiet or run is None else header(run)
        rest = [] if options.quiet or run is None else tail(run)
        emit("\n".join([*around, *_lines(plan, options), *rest, _last(plan, options, failed), ""]), options.output)
    return ERROR if failed or (run is not None and outcome(run, options, False)) else 0


def _lines(plan: Plan, options: SuggestOptions) -> list[str]:
    verb, back = ("would comment on", "would delete") if options.dry_run else ("commented on", "deleted")
    lines = []
    for one in plan.comments:
        lines.append(source(f"{verb} {_place(one)}{' with a suggestion' if one.is_applicable else ''}"))
        if options.dry_run:
            lines += [f"    {source(line)}".rstrip() for line in one.comment.text.split("\n")]
    lines += [f"{back} comment {one.id}: what it says does not hold any more" for one in plan.stale]
    if plan.over:
        lines.append(f"left out: {count(plan.over, 'finding')} beyond --limit {options.limit}")
    if plan.unshown:
        lines.append(f"left out: {count(plan.unshown, 'finding')} in files of which the forge shows no diff")
    return lines


def _last(plan: Plan, options: SuggestOptions, failed: Sequence[str]) -> str:
    if plan.subject.state is not State.OPEN:
        return f"Nothing to do: {plan.subject.url} is {plan.subject.state}."
    tense = "to make" if options.dry_run else "made"
    back = "to delete" if options.dry_run else "deleted"
    parts = [
        *([f"{count(len(plan.comments), 'comment')} {tense}"] if plan.comments else []),
        *([f"{count(len(plan.stale), 'comment')} {back}"] if plan.stale else []),
        *([f"{len(failed)} failed"] if failed else []),
    ]
    return f"{', '.join(parts)}." if parts else "Nothing to do."


def _json(plan: Plan, options: SuggestOptions, failed: Sequence[str]) -> str:
    subject = plan.subject
    data: dict[str, Any] = {
        "version": 1,
        "dry_run": options.dry_run,
        "pull_request": {
            "number": subject.number,
            "url": subject.url,
            "state": str(subject.state),
            "sha": subject.sha,
        },
        "comments": [
            {
                "path": one.comment.path,
                "line": one.comment.first,
                "end_line": one.comment.last,
                "rule": one.finding.code,
                "finding": one.finding.id,
                "suggestion": one.is_applicable,
                "body": one.comment.text,
            }
            for one in plan.comments
        ],
        "deleted": [one.id for one in plan.stale],
        "standing": plan.standing,
        "left_out": {"limit": plan.over, "no_diff": plan.unshown},
    }
    if not options.dry_run:
        data["failed"] = list(failed)
    return json.dumps(data, indent=2) + "\n"
