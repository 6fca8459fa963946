"""Operations for people and for tools: what would be done, word for word, and what was done."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from aiomend_cli.forge.policy import Close, Left, Open, Operation, Push, Update
from aiomend_cli.forge.proposal import Base
from aiomend_cli.output.text import count
from aiomend_cli.terminal import source


@dataclass(frozen=True, slots=True)
class Account:
    """One run: what it does, what it leaves, and where it stands."""

    base: Base
    known_from: str  #: in words
    disabled: bool = False  #: the project wants no pull requests
    branches: Sequence[str] = ()  #: of aiomend's, those on the remote and those that are wanted
    operations: Sequence[Operation] = ()
    held: Sequence[Left] = ()
    waiting: Sequence[Left] = ()


def header(account: Account) -> list[str]:
    """Return where the branches begin."""
    return [f"base: {source(account.base.branch)} at {account.base.sha[:9]} ({source(account.known_from)})"]


#: What a sum counts: the word, and what is said of it, when it is done and when it would be.
_WORDS = {
    "Push": ("branch", "pushed", "to push"),
    "Open": ("pull request", "opened", "to open"),
    "Update": ("pull request", "updated", "to update"),
    "Close": ("pull request", "closed", "to close"),
}


def last_line(
    account: Account, done: Sequence[Operation], failed: Sequence[str], would: Sequence[Operation] = ()
) -> str:
    """Return the sum: what was done, or would be, and what was not."""
    if account.disabled:
        return "Nothing to do: the configuration of this project says `enabled = false` for pull requests."
    parts = []
    for operations, tense in ((done, 1), (would, 2)):
        for kind, number in Counter(type(one).__name__ for one in operations).items():
            parts.append(f"{count(number, _WORDS[kind][0])} {_WORDS[kind][tense]}")
    rest = ((failed, "failed"), (account.held, "held back"), (account.waiting, "waiting"))
    parts += [f"{len(ones)} {word}" for ones, word in rest if ones]
    return f"{', '.join(parts) or 'Nothing to do'}."


def in_full(operation: Operation) -> list[str]:
    """Return an operation with its whole text, for ``--dry-run``."""
    match operation:
        case Push(branch, sha, expected, commits):
            over = f", over {expected[:9]}" if expected else ", which is new"
            lines = [f"would push {branch} at {sha[:9]}{over}: {count(len(commits), 'commit')}"]
            for commit in commits:
                lines += [f"    commit {commit.sha}", *_indented(commit.message, 8)]
            return lines
        case Open(draft, labels, reviewers, _):
            kind = "a draft pull request" if draft.draft else "a pull request"
            lines = [f"would open {kind}: {draft.branch} into {draft.base}", f"    title: {source(draft.title)}"]
            lines += _named("labels", labels) + _named("reviewers", reviewers)
            return [*lines, "    body:", *_indented(draft.body, 8)]
        case Update(pull, title, body, labels, reviewers):
            lines = [f"would update {pull.url}", f"    title: {source(title)}"]
            lines += _named("labels", labels) + _named("reviewers", reviewers)
            return [*lines, "    body:", *_indented(body, 8)]
        case Close(pull, comment, _):
            return [f"would close {pull.url} with the comment", *_indented(comment, 8)]


def _named(word: str, names: Iterable[str]) -> list[str]:
    shown = ", ".join(map(source, names))
    return [f"    {word}: {shown}"] if shown else []


def _indented(text: str, width: int) -> list[str]:
    return [f"{' ' * width}{source(line)}".rstrip() for line in text.rstrip("\n").split("\n")]


def left(account: Account) -> list[str]:
    """Return a line for each branch that nothing is done about."""
    return [
        *(f"held back {source(one.branch)}: {source(one.reason)}" for one in account.held),
        *(f"waiting {source(one.branch)}: {source(one.reason)}" for one in account.waiting),
    ]


def to_json(account: Account, *, dry_run: bool, failed: Sequence[str] = ()) -> str:
    """Return the account as one object, for tools."""
    data: dict[str, Any] = {
        "version": 1,
        "dry_run": dry_run,
        "base": {"branch": account.base.branch, "sha": account.base.sha},
        "enabled": not account.disabled,
        "operations": [_as_data(one) for one in account.operations],
        "held": [{"branch": one.branch, "reason": one.reason} for one in account.held],
        "waiting": [{"branch": one.branch, "reason": one.reason} for one in account.waiting],
    }
    if not dry_run:
        data["failed"] = list(failed)
    return json.dumps(data, indent=2) + "\n"


def _as_data(operation: Operation) -> dict[str, Any]:
    match operation:
        case Push(branch, sha, expected, commits):
            made = [{"sha": one.sha, "message": one.message} for one in commits]
            return {"kind": "push", "branch": branch, "sha": sha, "expected": expected or None, "commits": made}
        case Open(draft, labels, reviewers, done):
            return {
                "kind": "open",
                "branch": draft.branch,
                "base": draft.base,
                "title": draft.title,
                "body": done,
                "draft": draft.draft,
                "labels": list(labels),
                "reviewers": list(reviewers),
            }
        case Update(pull, title, body, labels, reviewers):
            return {
                "kind": "update",
                "url": pull.url,
                "title": title,
                "body": body,
                "labels": list(labels),
                "reviewers": list(reviewers),
            }
        case Close(pull, comment, body):
            return {"kind": "close", "url": pull.url, "comment": comment, "body": body}
