"""A GitHub on this machine: its API with a memory, and real git behind it.

Every request and every answer is held against GitHub's own description of its API; what it does not allow is in
``problems``. ``fail`` makes it answer as GitHub does on a bad day.
"""

from __future__ import annotations

import base64
import json
import re
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from described import Operation, example, operation
from review_side import ReviewSide

API = "/api/v3"
TOKEN = "ghs_c4n4ryC4N4RYc4n4ryC4N4RYc4n4ry123456"


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class Fault:
    """Goes wrong for requests like these: an answer in the place of the right one, half of it (``half``), or none."""

    verb: str
    path: str
    answer: Answer | None = None
    half: bool = False
    after: bool = False  #: after the work was done
    skip: int = 0
    times: int = 1

    def strikes(self, verb: str, path: str) -> bool:
        if verb != self.verb or not re.search(self.path, path) or not self.times:
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


@dataclass(frozen=True)
class Request:
    verb: str
    path: str
    body: Any
    status: int | None


@dataclass
class FakeGitHub:
    """The forge as a whole: one repository."""

    bare: Path  #: the folder with the bare repositories
    tls: ssl.SSLContext | None = None
    slug: str = "acme/chat"
    checks: list[dict[str, Any]] = field(default_factory=list)  #: the runs of checks on every commit
    pulls: list[dict[str, Any]] = field(default_factory=list)
    comments: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    log: list[Request] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    before: Callable[[str, str], None] = lambda verb, path: None  #: called with each request
    heads: dict[int, str] = field(default_factory=dict)  #: of closed pull requests when they were closed
    lock: threading.RLock = field(default_factory=threading.RLock)
    graphql: Callable[[dict[str, Any]], dict[str, Any]] | None = None  #: the other API, where a test has it
    url: str = ""

    def __post_init__(self) -> None:
        self.reviews = ReviewSide(self)

    @property
    def writes(self) -> list[str]:
        """The requests that change something, pushes among them, in short."""
        return [
            f"{one.verb} {one.path.removeprefix(f'{API}/repos/{self.slug}')}"
            for one in self.log
            if one.verb not in ("GET", "HEAD") and "git-upload-pack" not in one.path
        ]

    def fail(self, verb: str, path: str, status: int | None = None, message: str = "", **more: Any) -> None:
        """Let a request like that go wrong; without a status there is no answer."""
        headers = tuple(more.pop("headers", {}).items())
        answer = Answer(status, {"message": message or "Server Error"}, headers) if status else None
        self.faults.append(Fault(verb, path, answer, **more))

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.bare / f"{self.slug}.git",
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        return done.stdout.strip()

    def sha(self, branch: str) -> str | None:
        """Return where a branch stands, that of a fork by ``owner:branch``."""
        owner, _, name = branch.rpartition(":")
        place = [f"--git-dir={self.bare / owner / 'chat.git'}"] if owner else []
        return self.git(*place, "for-each-ref", "--format=%(objectname)", f"refs/heads/{name}") or None

    @contextmanager
    def serving(self) -> Iterator[FakeGitHub]:
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (_Handler,), {"forge": self}))
        if self.tls is not None:
            server.socket = self.tls.wrap_socket(server.socket, server_side=True)
        self.url = f"{'https' if self.tls else 'http'}://localhost:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()

    # ---- what it answers ---

    def answer(self, what: Operation, query: dict[str, str], body: Any) -> Answer:
        match what.pattern.removeprefix("/repos/{owner}/{repo}"), what.verb:
            case "/meta", "get":
                return Answer(200, example("api-overview", installed_version="3.17.0"))
            case "", "get":
                return Answer(
                    200, example("full-repository", full_name=self.slug, url=f"{self.url}{API}/repos/{self.slug}")
                )
            case "/pulls", "get":
                return self._list(query)
            case "/pulls", "post":
                return self.open(body)
            case "/commits/{ref}/check-runs", "get":
                return Answer(200, {"total_count": len(self.checks), "check_runs": self.checks})
            case "/commits/{ref}/status", "get":
                return Answer(200, example("combined-commit-status", state="pending", statuses=[], total_count=0))
        if "comment_id" in what.arguments:
            found = self.reviews.delete(int(what.arguments["comment_id"]))
            return Answer(204, None) if found else Answer(404, {"message": "Not Found"})
        number = int(what.arguments.get("pull_number") or what.arguments["issue_number"])
        pull = next((one for one in self.pulls if one["number"] == number), None)
        if pull is None:
            return Answer(404, {"message": "Not Found"})
        self._look(pull)
        match what.pattern.rpartition("}")[2], what.verb:
            case "/files", "get":
                return self._page(self.reviews.files(number), what, query)
            case "/comments", "get" if "pulls" in what.pattern:
                return self._page(self.reviews.listed(number), what, query)
            case "/reviews", "post":
                return Answer(*self.reviews.review(number, body))
            case "", "get" if "issues" in what.pattern:
                said = {key: pull[key] for key in ("number", "title", "state", "html_url")} | {"url": pull["issue_url"]}
                return Answer(200, example("issue", **said))
            case "", "get":
                return Answer(200, pull)
            case "", "patch":
                return self._edit(pull, body)
            case "/merge", "put":
                return self._merge(pull, body or {})
            case "/comments", "get":
                return Answer(200, self.comments.get(number, []))
            case "/comments", "post":
                made = example("issue-comment", body=body["body"])
                self.comments.setdefault(number, []).append(made)
                return Answer(201, made)
            case "/labels", "post":
                names = body["labels"] if isinstance(body, dict) else body
                pull["labels"] = [
                    _listed_label(name) for name in sorted({*names, *(one["name"] for one in pull["labels"])})
                ]
                return Answer(200, [_label(one["name"]) for one in pull["labels"]])
            case "/requested_reviewers", "post":
                pull["requested_reviewers"] = [_user(name) for name in body.get("reviewers", [])]
                pull["requested_teams"] = [example("team", slug=name) for name in body.get("team_reviewers", [])]
                return Answer(201, _simple(pull))
        raise AssertionError(what)

    def _list(self, query: dict[str, str]) -> Answer:
        state, head = query.get("state", "open"), query.get("head")
        found = [one for one in self.pulls if state in ("all", one["state"])]
        if head and ":" in head:  # GitHub takes no notice of any other
            found = [one for one in found if f"{_owner(one)}:{one['head']['ref']}" == head]
        found.sort(key=lambda one: -one["number"] if query.get("direction", "desc") == "desc" else one["number"])
        return Answer(200, [_simple(one) for one in found[: int(query.get("per_page", 30))]])

    def open(self, body: dict[str, Any]) -> Answer:
        head, base = body["head"], body["base"]
        reasons = []
        if self.sha(head) is None:
            reasons.append({"resource": "PullRequest", "field": "head", "code": "invalid"})
        elif self.sha(base) is None:
            reasons.append({"resource": "PullRequest", "field": "base", "code": "invalid"})
        elif not self.git("rev-list", f"{base}..{self._brought(head)}"):
            reasons.append(_custom(f"No commits between {base} and {head}"))
        elif any(
            one["state"] == "open" and head in (one["head"]["ref"], f"{_owner(one)}:{one['head']['ref']}")
            for one in self.pulls
        ):
            reasons.append(_custom(f"A pull request already exists for acme:{head}."))
        elif len(body.get("body") or "") > 65536:
            reasons.append(_custom("body is too long (maximum is 65536 characters)"))
        if reasons:
            documented = "https://docs.github.com/rest/pulls/pulls#create-a-pull-request"
            return Answer(422, {"message": "Validation Failed", "errors": reasons, "documentation_url": documented})
        number = len(self.pulls) + 1
        pull = example(
            "pull-request",
            number=number,
            state="open",
            title=body["title"],
            body=body.get("body"),
            draft=body.get("draft", False),
            html_url=f"{self.url}/{self.slug}/pull/{number}",
            url=f"{self.url}{API}/repos/{self.slug}/pulls/{number}",
            issue_url=f"{self.url}{API}/repos/{self.slug}/issues/{number}",
            merged_at=None,
            labels=[],
            requested_reviewers=[],
            requested_teams=[],
        )
        owner, _, ref = head.rpartition(":")
        of = example("repository", full_name=f"{owner}/chat" if owner else self.slug)
        pull["head"] |= {"ref": ref, "sha": self.sha(head), "repo": of}
        pull["base"] |= {"ref": base, "sha": self.sha(base), "repo": example("repository", full_name=self.slug)}
        self.pulls.append(pull)
        self._look(pull)
        return Answer(201, pull)

    def _look(self, pull: dict[str, Any]) -> None:
        """See where the branch of a pull request stands; that of a fork is not here."""
        head = pull["head"]["ref"] if _owner(pull) == "acme" else f"{_owner(pull)}:{pull['head']['ref']}"
        if (self.bare / _owner(pull)).exists() and (sha := self.sha(head)) is not None and pull["state"] == "open":
            pull["head"]["sha"] = self._brought(head)
            self.git("update-ref", f"refs/pull/{pull['number']}/head", sha)

    def _page(self, found: list[Any], what: Operation, query: dict[str, str]) -> Answer:
        size, page = int(query.get("per_page", 30)), int(query.get("page", 1))
        path = what.pattern.format(**what.arguments)
        more = f'<{self.url}{API}{path}?per_page={size}&page={page + 1}>; rel="next"'
        headers = (("Link", more),) if len(found) > size * page else ()
        return Answer(200, found[size * (page - 1) : size * page], headers)

    def _brought(self, head: str) -> str:
        """Return the commit of a branch, which is here then, also where the branch is a fork's."""
        owner, _, name = head.rpartition(":")
        if owner:
            self.git("fetch", "-q", str(self.bare / owner / "chat.git"), name)
        return str(self.sha(head))

    def propose(self, branch: str, *, fork: bool = False) -> int:
        """Open a pull request as a person, and return its number."""
        made = self.open({"head": branch, "base": "main", "title": branch, "body": "please"})
        assert made.status == 201, made
        pull = self.pulls[-1]
        if fork:
            self.git("update-ref", "-d", f"refs/heads/{branch}")
            pull["head"]["repo"] = example("repository", full_name="eve/chat")
        return int(pull["number"])

    def _edit(self, pull: dict[str, Any], body: dict[str, Any]) -> Answer:
        if (
            body.get("state") == "open"
            and pull["state"] == "closed"
            and self.sha(pull["head"]["ref"]) != self.heads[pull["number"]]
        ):
            said = _custom("state cannot be changed. The branch was force-pushed or recreated.")
            return Answer(
                422, {"message": "Validation Failed", "errors": [said], "documentation_url": "https://docs.github.com"}
            )
        pull |= {key: body[key] for key in ("title", "body", "state") if key in body}
        if body.get("state") == "closed":
            self.heads[pull["number"]] = self.sha(pull["head"]["ref"]) or ""
        return Answer(200, pull)

    def _merge(self, pull: dict[str, Any], body: dict[str, Any]) -> Answer:
        if pull["state"] != "open" or pull["draft"]:
            return Answer(
                405, {"message": "Pull Request is not mergeable", "documentation_url": "https://docs.github.com"}
            )
        made = self.merge(pull["number"])
        return Answer(200, {"sha": made, "merged": True, "message": "Pull Request successfully merged"})

    def merge(self, number: int) -> str:
        """Merge a pull request as a maintainer does."""
        pull = self.pulls[number - 1]
        self._look(pull)
        base, head = pull["base"]["ref"], f"refs/pull/{number}/head"
        tree = self.git("merge-tree", "--write-tree", base, head)
        made = self.git("commit-tree", tree, "-p", base, "-p", head, "-m", f"Merge {pull['head']['ref']}")
        self.git("update-ref", f"refs/heads/{base}", made)
        pull |= {"state": "closed", "merged": True, "merged_at": "2024-01-02T00:00:00Z", "merge_commit_sha": made}
        return made

    def close(self, number: int) -> None:
        """Close a pull request as a maintainer does who does not want it."""
        self._edit(self.pulls[number - 1], {"state": "closed"})


def _owner(pull: dict[str, Any]) -> str:
    """Return whose repository the branch is in."""
    return str(pull["head"]["repo"]["full_name"]).partition("/")[0]


def _custom(message: str) -> dict[str, str]:
    return {"resource": "PullRequest", "code": "custom", "message": message}


def _label(name: str) -> dict[str, Any]:
    return example("label", name=name, color="ededed")


def _user(name: str) -> dict[str, Any]:
    return example("simple-user", login=name)


def _simple(pull: dict[str, Any]) -> dict[str, Any]:
    """Return a pull request as lists have it."""
    simple = example("pull-request-simple")
    return simple | {key: value for key, value in pull.items() if key in simple or key == "draft"}


def _listed_label(name: str) -> dict[str, Any]:
    return {"id": 1, "node_id": "x", "url": "x", "name": name, "description": "x", "color": "ededed", "default": False}


class _Handler(BaseHTTPRequestHandler):
    """One request: to git, or to the API."""

    forge: FakeGitHub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def _serve(self) -> None:
        data = self._body()
        path = unquote(urlsplit(self.path).path)
        self.forge.before(self.command, path)
        with self.forge.lock:
            fault = next((one for one in self.forge.faults if one.strikes(self.command, path)), None)
            if fault is not None and not fault.after:
                self._go_wrong(fault, None, data)
                return
            try:
                send = self._git(path, data) if ".git/" in path else self._api(path, data)
            except Exception as error:
                self.forge.problems.append(f"{self.command} {path}: {error!r}")
                raise
            if fault is not None:
                self._go_wrong(fault, send, data)
            else:
                self._send(*send)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _send(self, status: int, headers: list[tuple[str, str]], data: bytes, length: int | None = None) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data) if length is None else length))
        self.end_headers()
        self.wfile.write(data)

    def _go_wrong(self, fault: Fault, send: tuple[int, list[tuple[str, str]], bytes] | None, data: bytes) -> None:
        if fault.answer is not None and send is None:
            self._note(fault.answer.status, data)
            headers = [("Content-Type", "application/json"), *fault.answer.headers]
            self._send(fault.answer.status, headers, json.dumps(fault.answer.body).encode())
            return
        if send is None:
            self._note(None, data)
        status, headers, content = send or (200, [("Content-Type", "application/json")], b'[{"number": 1, ')
        if fault.half:
            self._send(status, headers, content[: len(content) // 2], max(2, len(content)))
        elif fault.answer is not None:
            self._send(
                fault.answer.status, [("Content-Type", "application/json")], json.dumps(fault.answer.body).encode()
            )
        self.close_connection = True

    def _note(self, status: int | None, data: bytes) -> None:
        path = unquote(self.path)
        try:
            body = json.loads(data) if data and ".git/" not in path else None
        except ValueError:
            body = data
        self.forge.log.append(Request(self.command, path, body, status))

    # ---- the API ---

    def _api(self, path: str, data: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        answer = self._answered(path, data)
        self._note(answer.status, data)
        headers = [("Content-Type", "application/json; charset=utf-8"), *answer.headers]
        return answer.status, headers, b"" if answer.status == 204 else json.dumps(answer.body).encode()

    def _answered(self, path: str, data: bytes) -> Answer:
        forge, query = self.forge, urlsplit(self.path).query
        scheme, _, given = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() not in ("bearer", "token") or given != TOKEN:
            return Answer(401, {"message": "Bad credentials"})
        if forge.graphql is not None and path == "/api/graphql":
            return Answer(200, forge.graphql(json.loads(data)))
        what = operation(self.command, path.removeprefix(API))
        if what is None or not path.startswith(API):
            forge.problems.append(f"{self.command} {path}: there is no such operation")
            return Answer(404, {"message": "Not Found"})
        if what.arguments and f"{what.arguments['owner']}/{what.arguments['repo']}" != forge.slug:
            return Answer(404, {"message": "Not Found"})
        body = json.loads(data) if data else None
        problems = list(what.wrong_request(query, body))
        answer = forge.answer(what, dict(parse_qsl(query)), body)
        problems += what.wrong_answer(answer.status, answer.body)
        forge.problems += [f"{self.command} {path}: {problem}" for problem in problems]
        return answer

    # ---- git ---

    def _git(self, path: str, data: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        wanted = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
        if self.headers.get("Authorization", "") != f"Basic {wanted}":
            self._note(401, data)
            return 401, [("WWW-Authenticate", 'Basic realm="GitHub"')], b""
        self._note(200, data)
        environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "GIT_PROJECT_ROOT": str(self.forge.bare),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REMOTE_USER": "somebody",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": urlsplit(self.path).query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(data)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run(["git", "http-backend"], input=data, capture_output=True, env=environment, check=False)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        pairs = [line.split(": ", 1) for line in head.decode("latin-1").split("\r\n") if ": " in line]
        status = next((int(value.split()[0]) for name, value in pairs if name == "Status"), 200)
        return status, [(name, value) for name, value in pairs if name != "Status"], content
