"""Reviews of the fake GitHub: the files that a pull request changes, and the comments at their lines."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from described import example

if TYPE_CHECKING:
    from fake_github import FakeGitHub

PLAIN = ("--no-ext-diff", "--no-color", "--find-renames", "--unified=3")


@dataclass
class Comment:
    """One comment, and the lines that it was made at."""

    id: int
    number: int
    given: dict[str, Any]
    lines: list[str]
    reply_to: int | None = None


@dataclass
class ReviewSide:
    """Everything that was said at lines."""

    forge: FakeGitHub
    opened: list[str] = field(default_factory=list)  #: what reviews begin with
    comments: list[Comment] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)  #: files of which no diff is shown

    def texts(self) -> list[str]:
        return [comment.given["body"] for comment in self.comments]

    def reply(self, to: int, text: str) -> None:
        first = next(one for one in self.comments if one.id == to)
        made = Comment(len(self.comments) + 1000, first.number, {**first.given, "body": text}, first.lines, to)
        self.comments.append(made)

    def files(self, number: int) -> list[dict[str, Any]]:
        """Return the changed files as the API has them."""
        made = []
        for line in self.forge.git("diff", *PLAIN, "--name-status", self._range(number)).splitlines():
            status, *names = line.split("\t")
            words = {"A": "added", "D": "removed", "M": "modified", "R": "renamed"}
            entry = example("diff-entry", filename=names[-1], status=words[status[0]])
            patch = self.patch(number, names)
            made.append(entry | ({} if names[-1] in self.hidden or not patch else {"patch": patch}))
        return made

    def patch(self, number: int, names: list[str]) -> str:
        text = self.forge.git("diff", *PLAIN, self._range(number), "--", *names)
        return text[text.index("\n@@ ") + 1 :] if "\n@@ " in text else ""

    def _range(self, number: int) -> str:
        return f"{self.forge.pulls[number - 1]['base']['ref']}...refs/pull/{number}/head"

    def review(self, number: int, body: dict[str, Any]) -> tuple[int, Any]:
        """Take a review as a whole or not at all."""
        comments = body.get("comments", [])
        wrong = [reason for one in comments if (reason := self._wrong(number, one))]
        if wrong:
            return 422, {
                "message": "Unprocessable Entity",
                "errors": wrong,
                "documentation_url": "https://docs.github.com",
            }
        self.opened.append(body["body"])
        for one in comments:
            first = one.get("start_line", one["line"])
            lines = self._content(number, one["path"])[first - 1 : one["line"]]
            self.comments.append(Comment(len(self.comments) + 1, number, one, lines))
        return 200, example("pull-request-review", body=body["body"], state="COMMENTED")

    def _wrong(self, number: int, comment: dict[str, Any]) -> str | None:
        first, last = comment.get("start_line", comment["line"]), comment["line"]
        hunks = re.finditer(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", self.patch(number, [comment["path"]]), re.MULTILINE)
        spans = [(int(one[1]), int(one[1]) + int(one[2] or 1) - 1) for one in hunks]
        if comment["path"] in self.hidden or not any(a <= first <= last <= b for a, b in spans):
            return "Pull request review thread line must be part of the diff"
        if "start_line" in comment and first >= last:
            return "Pull request review thread start line must precede the end line."
        return None

    def _content(self, number: int, path: str) -> list[str]:
        return self.forge.git("show", f"refs/pull/{number}/head:{path}").split("\n")

    def listed(self, number: int) -> list[dict[str, Any]]:
        made = []
        for one in self.comments:
            if one.number == number:
                shown = example(
                    "pull-request-review-comment", id=one.id, body=one.given["body"], path=one.given["path"]
                )
                reply = {"in_reply_to_id": one.reply_to} if one.reply_to else {}
                made.append(shown | reply | ({"line": one.given["line"]} if self._stands(one) else {}))
        return made

    def _stands(self, comment: Comment) -> bool:
        """Return True where the lines are still there, else the comment is outdated."""
        return "\n".join(comment.lines) in "\n".join(self._content(comment.number, comment.given["path"]))

    def delete(self, identity: int) -> bool:
        kept = [one for one in self.comments if one.id != identity]
        found = len(kept) < len(self.comments)
        self.comments = kept
        return found

    def apply(self, index: int) -> str:
        """Return the file as it is after a click on a suggestion."""
        comment = self.comments[index]
        lines = self._content(comment.number, comment.given["path"])
        block = re.search(r"^(`{3,})suggestion\n(.*?)^\1$", comment.given["body"], re.MULTILINE | re.DOTALL)
        assert block is not None, comment.given["body"]
        first = comment.given.get("start_line", comment.given["line"])
        lines[first - 1 : comment.given["line"]] = block[2].split("\n")[:-1]
        return "\n".join(lines)
