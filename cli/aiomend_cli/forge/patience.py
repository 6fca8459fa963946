"""Asking GitHub with patience: what may be done twice is tried again, what may not is looked for first, and writes are
apart from one another."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from aiomend_cli.forge.pull import ForgeError, RefusedError
from aiomend_cli.forge.tokens import Token

if TYPE_CHECKING:
    from github import GithubException

T = TypeVar("T")

BETWEEN_WRITES = 1.0  #: seconds, which GitHub asks for
PATIENCE = 300.0  #: seconds to wait for a limit to be lifted; what takes longer is told
_TRIES = 4


@dataclass(frozen=True, slots=True)
class Pace:
    """The time between two writes to one host, whichever repositories they are for."""

    pause: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    written: dict[str, float] = field(default_factory=dict)  #: when each host was last written to

    def keep(self, host: str, do: Callable[[], T]) -> T:
        """Do it once the last write to ``host`` is long enough ago."""
        if (last := self.written.get(host)) is not None and (rest := last + BETWEEN_WRITES - self.clock()) > 0:
            self.pause(rest)
        try:
            return do()
        finally:
            self.written[host] = self.clock()


COMMON = Pace()  #: of everything that this process writes


@dataclass(frozen=True, slots=True)
class Patience:
    """How one repository is asked; every method raises ForgeError where GitHub says no, or nothing for too long."""

    host: str
    slug: str
    token: Token
    pace: Pace

    def read(self, what: str, ask: Callable[[], T]) -> T:
        return self._tried(what, ask, lambda: None)

    def write(self, what: str, do: Callable[[], T], there: Callable[[], T | None] = lambda: None) -> T:
        """Do it, one at a time and not too fast; ``there`` returns what an attempt without an answer has made after all."""
        return self._tried(what, lambda: self.pace.keep(self.host, do), there)

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
                if (wait := limit(error, attempt)) is not None:
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
                wait, failure = 2.0**attempt, self.token.hidden(f"no answer that makes sense ({type(error).__name__})")
            if wait and attempt + 1 < _TRIES:
                self.pace.pause(wait)
        raise ForgeError(f"{what}: {failure}, {_TRIES} times; run it again, it goes on where it stopped")

    def _refused(self, what: str, error: GithubException) -> ForgeError:
        said = self.token.hidden(_message(error))
        hints = {
            401: f"the token from {self.token.source} is not valid there",
            403: f"the token from {self.token.source} may not do that; it needs write access to contents and pull requests",
            404: f"there is no repository {self.slug}, or the token from {self.token.source} may not see it",
        }
        hint = f"; {hints[error.status]}" if error.status in hints else ""
        if "draft" in said.lower():
            hint = "; `draft = false` under [tool.aiomend.pr] opens it ready for review"
        kind = RefusedError if error.status == 422 else ForgeError
        return kind(f"{what}: GitHub answered {error.status}: {said}{hint}")


def _message(error: GithubException) -> str:
    """Return what GitHub says in words, the single errors included."""
    data = error.data if isinstance(error.data, dict) else {}
    details = [
        one if isinstance(one, str) else str(one.get("message") or one.get("code") or "")
        for one in data.get("errors", [])
        if isinstance(one, dict | str)
    ]
    return ", ".join(text for text in [str(data.get("message") or error.message or "no reason"), *details] if text)


def _is_there_already(error: GithubException) -> bool:
    return "already exists" in _message(error)


def limit(error: GithubException, attempt: int) -> float | None:
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
