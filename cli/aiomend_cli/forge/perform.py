"""Does what was decided, and tells each step when it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby

from aiomend_cli.forge.network import Connection
from aiomend_cli.forge.policy import Close, Open, Operation, Push, Update, branch_of
from aiomend_cli.forge.pull import Forge, ForgeError, marker
from aiomend_cli.output.text import count


@dataclass(frozen=True, slots=True)
class Performer:
    """The forge and the remote of one repository; ``tell`` gets a line for each thing that has happened, ``note`` what
    was done."""

    forge: Forge
    connection: Connection
    tell: Callable[[str], None]
    note: Callable[[Operation], None]

    def all(self, operations: Iterable[Operation]) -> list[str]:
        """Do the operations in order; where one fails, the rest of its branch is left out.

        Return what failed, in sentences.
        """
        failed = []
        for branch, steps in groupby(operations, branch_of):
            try:
                for step in steps:
                    self.one(step)
                    self.note(step)
            except ForgeError as error:
                failed.append(f"{branch}: {error}")
        return failed

    def one(self, operation: Operation) -> None:
        """Do one of them; raises ForgeError where it cannot be done."""
        match operation:
            case Push(branch, sha, expected, commits):
                self.connection.push(branch, sha, expected)
                self.tell(f"pushed {branch}: {count(len(commits), 'commit')}, now at {sha[:9]}")
            case Open(draft, labels, reviewers, done):
                pull = self.forge.open(draft)
                if pull.marker is None:
                    raise ForgeError(f"{pull.url} was opened for it meanwhile, and aiomend did not write that")
                self.tell(f"opened {pull.url}{' as a draft' if draft.draft else ''}")
                if pull.marker != marker(done):
                    self._finish(pull.number, labels, reviewers)
                    self.forge.update(pull.number, draft.title, done)
            case Update(pull, title, body, labels, reviewers):
                self._finish(pull.number, labels, reviewers)
                self.forge.update(pull.number, title, body)
                self.tell(f"updated {pull.url}")
            case Close(pull, comment, body):
                self.forge.comment(pull.number, comment)
                self.forge.close(pull.number, body)
                self.tell(f"closed {pull.url}: nothing is left to fix")

    def _finish(self, number: int, labels: tuple[str, ...], reviewers: tuple[str, ...]) -> None:
        if labels:
            self.forge.label(number, labels)
        if reviewers:
            self.forge.request_review(number, reviewers)
