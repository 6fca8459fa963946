"""Pull requests on GitHub and GitHub Enterprise, through PyGithub."""

from __future__ import annotations

import contextlib
import importlib.util
import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from aiomend_cli.errors import UserError
from aiomend_cli.forge.network import certificates
from aiomend_cli.forge.patience import COMMON, Pace, Patience, limit
from aiomend_cli.forge.pull import Comment, Condition, Draft, Pull, Said, State, Subject
from aiomend_cli.forge.remote import Remote
from aiomend_cli.forge.tokens import Token
from aiomend_cli.version import version

if TYPE_CHECKING:
    from github.PullRequest import PullRequest, ReviewComment

_FAILED = frozenset({"failure", "timed_out", "startup_failure", "action_required"})  #: conclusions of checks
_TIMEOUT = 30  #: seconds for one answer
_PAGE = 100  #: entries of a list in one answer, the most that there may be


#: Forges that somebody may have a remote on, and that are none of GitHub's.
_OTHERS = frozenset({"gitlab.com", "bitbucket.org", "codeberg.org", "dev.azure.com", "ssh.dev.azure.com", "git.sr.ht"})


def missing(remote: Remote) -> str | None:
    """Return why pull requests of ``remote`` cannot be made from here, None where nothing stands against it."""
    if remote.host in _OTHERS:
        return f"{remote.host} is not GitHub, and aiomend knows no other forge"
    if importlib.util.find_spec("github") is None:
        return "pull requests on GitHub need PyGithub: install aiomend[pr]"
    return None


def address(remote: Remote, environ: Mapping[str, str]) -> str:
    """Return where the API of the remote's host is: GitHub's own, a tenant's, or that of an Enterprise server."""
    scheme, host = "http" if remote.scheme == "http" else "https", remote.host or ""
    named = environ.get("GITHUB_API_URL", "")
    if named and urlsplit(environ.get("GITHUB_SERVER_URL", "")).netloc == host:
        return named.rstrip("/")
    if host == "github.com" or host.endswith(".ghe.com"):
        return f"{scheme}://api.{host}"
    return f"{scheme}://{host}/api/v3"


class GitHub:
    """The ``Forge`` of one repository, at the ``pace`` of all of its host."""

    def __init__(
        self,
        remote: Remote,
        token: Token,
        pace: Pace = COMMON,
        *,
        fork: str | None = None,
    ) -> None:
        import github

        if remote.slug is None:
            raise UserError(f"{remote.url} names no repository as OWNER/NAME")
        self._fork = fork  #: ``owner/name`` of the repository that has the branches, where that is another one
        self._owner = (fork or remote.slug).partition("/")[0]
        self._patience = Patience(str(remote.host), remote.slug, token, pace)
        client = github.Github(
            auth=github.Auth.Token(token.value),
            base_url=address(remote, os.environ),
            timeout=_TIMEOUT,
            user_agent=f"aiomend/{version()}",
            per_page=_PAGE,
            verify=certificates("REQUESTS_CA_BUNDLE") or True,
            retry=None,  # a POST that is blindly repeated opens twice
            seconds_between_requests=None,
            seconds_between_writes=None,
            lazy=True,
        )
        self._repository = client.get_repo(remote.slug)

    def find(self, branch: str) -> Sequence[Pull]:
        return self._patience.read(f"look for pull requests of {branch}", lambda: self._found(branch))

    def _found(self, branch: str) -> list[Pull]:
        listed = self._repository.get_pulls(
            state="all", head=f"{self._owner}:{branch}", sort="created", direction="desc"
        )
        return [_pull(pull) for pull in listed if pull.head.ref == branch and self._is_ours(pull)]

    def _is_ours(self, found: PullRequest) -> bool:
        """True where the branch is not another repository's; names are those of today, whatever the remote's URL says."""
        return found.head.repo is None or found.head.repo.full_name == (self._fork or found.base.repo.full_name)

    def condition(self, number: int) -> Condition:
        pull = self._patience.read(f"look at pull request {number}", lambda: self._looked_at(number))
        if pull.mergeable_state == "dirty":
            return Condition.CONFLICTED
        failing = self._patience.read(
            f"look at the checks of pull request {number}", lambda: self._fails(pull.head.sha)
        )
        return Condition.FAILING if failing else Condition.OPEN

    def _looked_at(self, number: int) -> PullRequest:
        pull = self._repository.get_pull(number)
        pull.complete()
        return pull

    def _fails(self, sha: str) -> bool:
        """Return True where a check or a status of a commit failed; a token that may not see these sees none fail."""
        from github import GithubException

        commit = self._repository.get_commit(sha)
        asked: tuple[Callable[[], bool], ...] = (
            lambda: any(run.conclusion in _FAILED for run in commit.get_check_runs(filter="latest")),
            lambda: commit.get_combined_status().state in ("failure", "error"),
        )
        for ask in asked:
            try:
                if ask():
                    return True
            except GithubException as error:
                if error.status not in (403, 404) or limit(error, 0) is not None:
                    raise
        return False

    def open(self, draft: Draft) -> Pull:
        def there() -> Pull | None:
            return next((pull for pull in self._found(draft.branch) if pull.state is State.OPEN), None)

        def create() -> Pull:
            head = f"{self._owner}:{draft.branch}" if self._fork else draft.branch
            made = self._repository.create_pull(
                base=draft.base, head=head, title=draft.title, body=draft.body, draft=draft.draft
            )
            return _pull(made)

        return self._patience.write(f"open a pull request of {draft.branch}", create, there)

    def update(self, number: int, title: str, body: str) -> None:
        pull = self._repository.get_pull(number)
        self._patience.write(f"update pull request {number}", lambda: pull.edit(title=title, body=body))

    def close(self, number: int, body: str) -> None:
        pull = self._repository.get_pull(number)
        self._patience.write(f"close pull request {number}", lambda: pull.edit(body=body, state="closed"))

    def comment(self, number: int, text: str) -> None:
        issue = self._repository.get_issue(number)

        def said() -> bool | None:
            return any((comment.body or "").strip() == text.strip() for comment in issue.get_comments()) or None

        if self._patience.read(f"read the comments of pull request {number}", said) is None:
            self._patience.write(f"comment on pull request {number}", lambda: bool(issue.create_comment(text)), said)

    def label(self, number: int, labels: Sequence[str]) -> None:
        issue = self._repository.get_issue(number)
        self._patience.write(f"label pull request {number}", lambda: issue.add_to_labels(*labels))

    def request_review(self, number: int, reviewers: Sequence[str]) -> None:
        pull = self._repository.get_pull(number)
        users = [name for name in reviewers if "/" not in name]
        teams = [name.partition("/")[2] for name in reviewers if "/" in name]
        self._patience.write(
            f"ask for reviews of pull request {number}",
            lambda: pull.create_review_request(reviewers=users, team_reviewers=teams),
        )

    # ---- at the lines of pull requests of others ---

    def subject(self, number: int) -> Subject:
        pull = self._patience.read(f"look at pull request {number}", lambda: self._looked_at(number))
        return Subject(number, pull.html_url, _state(pull), pull.head.sha, f"refs/pull/{number}/head")

    def patches(self, number: int) -> Mapping[str, str | None]:
        what = f"read the changes of pull request {number}"
        files = self._patience.read(what, lambda: self._all(f"pulls/{number}/files"))
        return {file["filename"]: file.get("patch") for file in files if file["status"] != "removed"}

    def said(self, number: int) -> Sequence[Said]:
        return self._patience.read(f"read the comments of pull request {number}", lambda: self._said(number))

    def _said(self, number: int) -> list[Said]:
        found = self._all(f"pulls/{number}/comments")
        answered = {one.get("in_reply_to_id") for one in found}
        return [Said(one["id"], one["body"], one.get("line") is None, one["id"] in answered) for one in found]

    def _all(self, path: str) -> list[dict[str, Any]]:
        """Return a whole list of the repository's, as data: objects would ask once more for each key that is missing."""
        found: list[dict[str, Any]] = []
        while len(found) % _PAGE == 0:
            asked = {"per_page": _PAGE, "page": len(found) // _PAGE + 1}
            _, more = self._repository.requester.requestJsonAndCheck("GET", f"{self._repository.url}/{path}", asked)
            found += more
            if not more:
                break
        return found

    def review(self, subject: Subject, text: str, comments: Sequence[Comment]) -> None:
        pull, commit = self._repository.get_pull(subject.number), self._repository.get_commit(subject.sha)
        texts = {comment.text.strip() for comment in comments}

        def there() -> bool | None:
            return texts <= {one.text.replace("\r\n", "\n").strip() for one in self._said(subject.number)} or None

        def make() -> bool:
            given = [_review_comment(comment) for comment in comments]
            return bool(pull.create_review(commit=commit, body=text, event="COMMENT", comments=given))

        self._patience.write(f"review pull request {subject.number}", make, there)

    def take_back(self, number: int, said: Said) -> None:
        from github import UnknownObjectException

        def delete() -> None:
            with contextlib.suppress(UnknownObjectException):  # it is gone
                address = f"{self._repository.url}/pulls/comments/{said.id}"
                self._repository.requester.requestJsonAndCheck("DELETE", address)

        self._patience.write(f"delete a comment of pull request {number}", delete)


def _pull(found: PullRequest) -> Pull:
    state = _state(found)
    return Pull(found.number, found.html_url, found.head.ref, found.base.ref, state, found.title, found.body or "")


def _state(found: PullRequest) -> State:
    return State.MERGED if found.merged_at else State.OPEN if found.state == "open" else State.CLOSED


def _review_comment(comment: Comment) -> ReviewComment:
    made: ReviewComment = {"path": comment.path, "body": comment.text, "line": comment.last, "side": "RIGHT"}
    if comment.first < comment.last:
        made |= {"start_line": comment.first, "start_side": "RIGHT"}
    return made
