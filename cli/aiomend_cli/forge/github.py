"""Pull requests on GitHub and GitHub Enterprise, through PyGithub."""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from aiomend_cli.errors import UserError
from aiomend_cli.forge.network import certificates
from aiomend_cli.forge.pull import Condition, Draft, ForgeError, Pull, State
from aiomend_cli.forge.remote import Remote
from aiomend_cli.forge.tokens import Token
from aiomend_cli.version import version

if TYPE_CHECKING:
    from github import GithubException
    from github.PullRequest import PullRequest

T = TypeVar("T")

BETWEEN_WRITES = 1.0  #: seconds, which GitHub asks for
PATIENCE = 300.0  #: seconds to wait for a limit to be lifted; what takes longer is told
_TRIES = 4
_FAILED = frozenset({"failure", "timed_out", "startup_failure", "action_required"})  #: conclusions of checks
_TIMEOUT = 30  #: seconds for one answer


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
    """The ``Forge`` of one repository. What may be done twice is tried again; what may not is looked for first."""

    def __init__(
        self,
        remote: Remote,
        token: Token,
        *,
        pause: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        import github

        if remote.slug is None:
            raise UserError(f"{remote.url} names no repository as OWNER/NAME")
        self._slug, self._token = remote.slug, token
        self._owner = remote.slug.partition("/")[0]
        self._pause, self._clock = pause, clock
        self._written: float | None = None
        client = github.Github(
            auth=github.Auth.Token(token.value),
            base_url=address(remote, os.environ),
            timeout=_TIMEOUT,
            user_agent=f"aiomend/{version()}",
            per_page=100,
            verify=certificates("REQUESTS_CA_BUNDLE") or True,
            retry=None,  # a POST that is blindly repeated opens twice
            seconds_between_requests=None,
            seconds_between_writes=None,
            lazy=True,
        )
        self._repository = client.get_repo(remote.slug)

    def find(self, branch: str) -> Sequence[Pull]:
        return self._read(f"look for pull requests of {branch}", lambda: self._found(branch))

    def _found(self, branch: str) -> list[Pull]:
        listed = self._repository.get_pulls(
            state="all", head=f"{self._owner}:{branch}", sort="created", direction="desc"
        )
        return [_pull(pull) for pull in listed if pull.head.ref == branch and not _of_a_fork(pull)]

    def condition(self, number: int) -> Condition:
        pull = self._read(f"look at pull request {number}", lambda: self._looked_at(number))
        if pull.mergeable_state == "dirty":
            return Condition.CONFLICTED
        failing = self._read(f"look at the checks of pull request {number}", lambda: self._fails(pull.head.sha))
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
                if error.status not in (403, 404) or _limit(error, 0) is not None:
                    raise
        return False

    def open(self, draft: Draft) -> Pull:
        def there() -> Pull | None:
            return next((pull for pull in self._found(draft.branch) if pull.state is State.OPEN), None)

        def create() -> Pull:
            made = self._repository.create_pull(
                base=draft.base, head=draft.branch, title=draft.title, body=draft.body, draft=draft.draft
            )
            return _pull(made)

        return self._write(f"open a pull request of {draft.branch}", create, there)

    def update(self, number: int, title: str, body: str) -> None:
        pull = self._repository.get_pull(number)
        self._write(f"update pull request {number}", lambda: pull.edit(title=title, body=body))

    def close(self, number: int, body: str) -> None:
        pull = self._repository.get_pull(number)
        self._write(f"close pull request {number}", lambda: pull.edit(body=body, state="closed"))

    def comment(self, number: int, text: str) -> None:
        issue = self._repository.get_issue(number)

        def said() -> bool | None:
            return any((comment.body or "").strip() == text.strip() for comment in issue.get_comments()) or None

        if self._read(f"read the comments of pull request {number}", said) is None:
            self._write(f"comment on pull request {number}", lambda: bool(issue.create_comment(text)), said)

    def label(self, number: int, labels: Sequence[str]) -> None:
        issue = self._repository.get_issue(number)
        self._write(f"label pull request {number}", lambda: issue.add_to_labels(*labels))

    def request_review(self, number: int, reviewers: Sequence[str]) -> None:
        pull = self._repository.get_pull(number)
        users = [name for name in reviewers if "/" not in name]
        teams = [name.partition("/")[2] for name in reviewers if "/" in name]
        self._write(
            f"ask for reviews of pull request {number}",
            lambda: pull.create_review_request(reviewers=users, team_reviewers=teams),
        )

    # ---- patience ---

    def _read(self, what: str, ask: Callable[[], T]) -> T:
        return self._tried(what, ask, lambda: None)

    def _write(self, what: str, do: Callable[[], T], there: Callable[[], T | None] = lambda: None) -> T:
        """Do it, one at a time and not too fast; ``there`` returns what an attempt without an answer has made after all."""

        def paced() -> T:
            if self._written is not None and (rest := self._written + BETWEEN_WRITES - self._clock()) > 0:
                self._pause(rest)
            try:
                return do()
            finally:
                self._written = self._clock()

        return self._tried(what, paced, there)

    def _tried(self, what: str, call: Callable[[], T], there: Callable[[], T | None]) -> T:
        from github import GithubException
        from requests import RequestException

        failure = ""
        for attempt in range(_TRIES):
            try:
                if attempt and (found := there()) is not None:
                    return found
                return call()
            except GithubException as error:
                if (wait := _limit(error, attempt)) is not None:
                    if wait > PATIENCE:
                        raise ForgeError(f"{what}: GitHub's rate limit lasts another {wait / 60:.0f} minutes") from None
                elif error.status == 422 and _is_there_already(error) and not attempt:
                    wait = 0.0  # the next try looks for it first
                elif error.status < 500:
                    raise self._refused(what, error) from None
                else:
                    wait = 2.0**attempt
                failure = f"GitHub answered {error.status}"
            except (RequestException, ValueError, OSError) as error:  # no answer, or half of one
                wait, failure = 2.0**attempt, self._token.hidden(f"no answer that makes sense ({type(error).__name__})")
            if wait and attempt + 1 < _TRIES:
                self._pause(wait)
        raise ForgeError(f"{what}: {failure}, {_TRIES} times; run it again, it goes on where it stopped")

    def _refused(self, what: str, error: GithubException) -> ForgeError:
        said = self._token.hidden(_message(error))
        hints = {
            401: f"the token from {self._token.source} is not valid there",
            403: f"the token from {self._token.source} may not do that; it needs write access to contents and pull requests",
            404: f"there is no repository {self._slug}, or the token from {self._token.source} may not see it",
        }
        hint = f"; {hints[error.status]}" if error.status in hints else ""
        if "draft" in said.lower():
            hint = "; `draft = false` under [tool.aiomend.pr] opens it ready for review"
        return ForgeError(f"{what}: GitHub answered {error.status}: {said}{hint}")


def _of_a_fork(found: PullRequest) -> bool:
    """True where the branch is another repository's; names are those of today, whatever the remote's URL says."""
    return found.head.repo is not None and found.head.repo.full_name != found.base.repo.full_name


def _pull(found: PullRequest) -> Pull:
    state = State.MERGED if found.merged_at else State.OPEN if found.state == "open" else State.CLOSED
    return Pull(found.number, found.html_url, found.head.ref, found.base.ref, state, found.title, found.body or "")


def _message(error: GithubException) -> str:
    """Return what GitHub says in words, the single errors included."""
    data = error.data if isinstance(error.data, dict) else {}
    details = [
        str(one.get("message") or one.get("code") or "") for one in data.get("errors", []) if isinstance(one, dict)
    ]
    return ", ".join(text for text in [str(data.get("message") or error.message or "no reason"), *details] if text)


def _is_there_already(error: GithubException) -> bool:
    return "already exists" in _message(error)


def _limit(error: GithubException, attempt: int) -> float | None:
    """Return the seconds to wait where ``error`` is a rate limit, None where it is another."""
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    if error.status not in (403, 429):
        return None
    if (after := headers.get("retry-after", "")).isdecimal():
        return float(after)
    if headers.get("x-ratelimit-remaining") == "0" and (reset := headers.get("x-ratelimit-reset", "")).isdecimal():
        return max(1.0, int(reset) - time.time() + 1)
    if error.status == 429 or "rate limit" in _message(error).lower():
        return 60.0 * float(2**attempt)
    return None
