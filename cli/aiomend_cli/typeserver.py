"""pyrefly's type server as the library's ``Oracle``: one process a run, spoken to in JSON-RPC over its pipes.

The protocol is that of ``pyrefly tsp``: ``typeServer/getComputedType`` with lines from 0 and columns in UTF-16 units.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from aiomend.facts.oracle import Answer, Kind, Question
from aiomend.settings import TargetRange
from aiomend_cli.errors import UserError
from aiomend_cli.limits import without_limits

PROTOCOL = "0.4."  #: the versions that were tried
PATIENCE = 60.0  #: seconds without a word, after which the server counts as gone
_WINDOW = 64  #: questions that are under way at a time
_STALE = -32802  #: the server's code for a question about a project that has changed since
_NEWEST = (3, 14)  #: of the versions that the server may be told
_ROOTS = 30  #: folders that imports are looked up in
_NESTING = 4
_BUNDLED = "pyrefly_bundled_typeshed"  #: the folder of the stubs that the server brings begins so
_CLASS, _UNION = 3, 4  #: kinds of types
_INSTANCE = 2  #: flag of a type: an instance, and not the class itself
UNKNOWN: Answer = frozenset()


class ServerError(Exception):
    """The server cannot be used, or not any more; the text says why."""


def executable() -> str:
    """Return the path of pyrefly: beside this Python, else on the PATH. Raises UserError where it is not installed."""
    beside = Path(sys.executable).parent
    found = shutil.which("pyrefly", path=str(beside)) or shutil.which("pyrefly")
    if found is None:
        raise UserError("--types needs pyrefly, which is not installed: pip install 'aiomend[types]'")
    return found


class TypeServer:
    """Asks pyrefly what expressions are. Where it fails it says so once, in ``trouble``, and knows nothing more."""

    def __init__(self, command: Sequence[str], root: Path, configuration: str, folders: Sequence[Path] = ()) -> None:
        """``folders`` are those that modules are named from, the innermost first."""
        self.trouble: str | None = None
        self._command = command
        self._root = root
        self._configuration = configuration
        self._folders = folders
        self._numbers = itertools.count(1)
        self._replies: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._process: subprocess.Popen[bytes] | None = None
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        self._snapshot: object = None
        self._opened: dict[str, str] = {}  #: files whose text in this run is not the disk's

    def __enter__(self) -> TypeServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- the library's Oracle ---

    def ask(self, questions: Sequence[Question]) -> Sequence[Answer]:
        """Return what each expression may be; from the first trouble on, nothing."""
        answers: list[Answer] = [UNKNOWN] * len(questions)
        if self.trouble is not None or not questions:
            return answers
        try:
            if self._process is None:
                self._start()
            for one in {question.path: question for question in questions}.values():
                self._show(one)
            for first in range(0, len(questions), _WINDOW):
                chunk = questions[first : first + _WINDOW]
                for index, answer in enumerate(self._answers(chunk), first):
                    answers[index] = answer
        except (ServerError, OSError) as error:
            self.trouble = f"--types: {error}; went on without the type checker's answers"
            self.close()
        return answers

    def _answers(self, questions: Sequence[Question]) -> Iterator[Answer]:
        uris = [(self._root / one.path).as_uri() for one in questions]
        for _ in range(3):  # a file that was just opened may change the project under the questions
            asked = [(uri, _range(one)) for uri, one in zip(uris, questions, strict=True)]
            sent = [
                self._send("typeServer/getComputedType", {"arg": {"uri": u, "range": r}, "snapshot": self._snapshot})
                for u, r in asked
            ]
            replies = self._collect(sent)
            if not any(reply.get("error", {}).get("code") == _STALE for reply in replies):
                break
            self._snapshot = self._call("typeServer/getSnapshot", {})
        return (self._answer(reply.get("result")) for reply in replies)

    # ---- what a type says ---

    def _answer(self, described: Any, nesting: int = 0) -> Answer:
        match described:
            case {"kind": kind, "subTypes": [*parts]} if kind == _UNION:
                each = [self._answer(part, nesting) for part in parts]
                return frozenset().union(*each) if all(each) else UNKNOWN
            case {"kind": kind, "flags": flags, "declaration": {"name": str(name), "node": {"uri": str(uri)}}} if (
                kind == _CLASS and flags & _INSTANCE
            ):
                given = described.get("typeArgs") or () if nesting < _NESTING else ()
                arguments = tuple(self._answer(argument, nesting + 1) for argument in given)
                return frozenset({Kind(f"{self._module(uri)}.{name}", arguments)})
            case _:
                return UNKNOWN

    def _module(self, uri: str) -> str:
        """The dotted name of the module in a file: of the bundled stubs, of the project or of an installed package."""
        path = Path(url2pathname(unquote(urlsplit(uri).path)))
        folder = next((one for one in path.parents if one.name.startswith(_BUNDLED)), None)
        if folder is None:
            folder = next((one for one in self._folders if path.is_relative_to(one)), None)
        parts = list(path.with_suffix("").parts if folder is None else path.relative_to(folder).with_suffix("").parts)
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    # ---- the process ---

    def _start(self) -> None:
        self._scratch = tempfile.TemporaryDirectory(prefix="aiomend-", ignore_cleanup_errors=True)
        configuration = Path(self._scratch.name) / "pyrefly.toml"
        configuration.write_text(self._configuration, "utf-8")
        command = [*self._command, "--config", str(configuration)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        with without_limits():
            self._process = subprocess.Popen(command, cwd=self._root, **pipes)  # type: ignore[call-overload]
        assert self._process.stdout is not None
        threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True).start()
        uri = self._root.as_uri()
        capabilities = {"general": {"positionEncodings": ["utf-16"]}}
        folders = [{"uri": uri, "name": "root"}]
        self._call(
            "initialize",
            {"processId": None, "rootUri": uri, "workspaceFolders": folders, "capabilities": capabilities},
        )
        self._write({"method": "initialized", "params": {}})
        version = self._call("typeServer/getSupportedProtocolVersion", {})
        if not isinstance(version, str) or not version.startswith(PROTOCOL):
            raise ServerError(f"pyrefly speaks version {version} of its protocol, and {PROTOCOL}x is known")
        self._snapshot = self._call("typeServer/getSnapshot", {})

    def _show(self, question: Question) -> None:
        """Let the server see a file as it is in this run, where the disk holds something else."""
        path = self._root / question.path
        if question.path not in self._opened:
            try:
                if path.read_bytes().decode("utf-8-sig") == question.text:
                    return
            except (OSError, UnicodeDecodeError):
                pass  # it is not there, or not as the server would read it
        if self._opened.get(question.path) == question.text:
            return
        version = next(self._numbers)
        if question.path in self._opened:
            document = {"uri": path.as_uri(), "version": version}
            changes = {"textDocument": document, "contentChanges": [{"text": question.text}]}
            self._write({"method": "textDocument/didChange", "params": changes})
        else:
            opened = {"uri": path.as_uri(), "languageId": "python", "version": version, "text": question.text}
            self._write({"method": "textDocument/didOpen", "params": {"textDocument": opened}})
        self._opened[question.path] = question.text
        self._snapshot = self._call("typeServer/getSnapshot", {})

    def close(self) -> None:
        """End the server."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()  # it holds nothing that would have to be saved
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    if pipe is not None:
                        pipe.close()
        if self._scratch is not None:
            self._scratch.cleanup()
            self._scratch = None

    # ---- messages ---

    def _send(self, method: str, params: object) -> int:
        number = next(self._numbers)
        self._write({"id": number, "method": method, "params": params})
        return number

    def _write(self, message: dict[str, Any]) -> None:
        if self._process is None or self._process.stdin is None:
            raise ServerError("pyrefly was ended")
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        try:
            self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError):
            raise ServerError(f"pyrefly ended with exit code {self._process.wait()}") from None

    def _call(self, method: str, params: object) -> Any:
        [reply] = self._collect([self._send(method, params)])
        if "error" in reply:
            raise ServerError(f"pyrefly answers {method} with: {reply['error'].get('message', 'an error')}")
        return reply.get("result")

    def _collect(self, numbers: list[int]) -> list[dict[str, Any]]:
        """Return the replies to some messages, in their order."""
        found: dict[int, dict[str, Any]] = {}
        wanted = set(numbers)
        while wanted - found.keys():
            try:
                message = self._replies.get(timeout=PATIENCE)
            except queue.Empty:
                raise ServerError(f"pyrefly said nothing for {PATIENCE:.0f} seconds") from None
            if message is None:
                code = self._process.wait() if self._process is not None else None
                raise ServerError(f"pyrefly ended with exit code {code}")
            if "method" in message:
                self._reply(message)
            elif message.get("id") in wanted:
                found[message["id"]] = message
        return [found[number] for number in numbers]

    def _reply(self, message: dict[str, Any]) -> None:
        """Answer what the server asks in turn: it has its configuration already."""
        if "id" in message:
            items = (
                message.get("params", {}).get("items", []) if message["method"] == "workspace/configuration" else None
            )
            self._write({"id": message["id"], "result": None if items is None else [{}] * len(items)})

    def _read(self, stream: IO[bytes]) -> None:
        with contextlib.suppress(OSError, ValueError):
            while (message := _message(stream)) is not None:
                self._replies.put(message)
        self._replies.put(None)


def _message(stream: IO[bytes]) -> dict[str, Any] | None:
    """Read one message; None at the end, or where what comes is none."""
    length = 0
    while (line := stream.readline()) not in (b"\r\n", b""):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    body = stream.read(length) if length else b""
    found = json.loads(body) if body else None
    return found if isinstance(found, dict) else None


def _range(question: Question) -> dict[str, dict[str, int]]:
    return {
        "start": _position(question, question.line, question.column),
        "end": _position(question, question.end_line, question.end_column),
    }


def _position(question: Question, line: int, column: int) -> dict[str, int]:
    if not question.text.isascii():
        text = _lines(question.text)[line - 1][:column]
        column = len(text.encode("utf-16-le")) // 2
    return {"line": line - 1, "character": column}


def _lines(text: str) -> list[str]:
    """The lines as Python and the protocol count them."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def configuration(roots: Sequence[Path], packages: Sequence[Path], target: TargetRange) -> str:
    """Return a configuration with which pyrefly runs no interpreter and reads no configuration of the project's own."""
    version = ".".join(map(str, min(target.high, _NEWEST)))
    lines = [
        f"search-path = {json.dumps([str(one) for one in roots])}",
        f"site-package-path = {json.dumps([str(one) for one in packages])}",
        f'python-version = "{version}"',
        "skip-interpreter-query = true",
        "use-ignore-files = false",
        "project-excludes = []",
        "check-unannotated-defs = true",
        'infer-return-types = "checked"',
    ]
    return "\n".join([*lines, ""])


def roots_of(root: Path, files: Sequence[str]) -> list[Path]:
    """Return the folders that the imports of a project start from: where its packages and scripts are, most files first."""
    packages = {name.rpartition("/")[0] for name in files if name.rpartition("/")[2].startswith("__init__.py")}
    counts: dict[str, int] = {"": 0}
    for name in files:
        folder = name.rpartition("/")[0]
        while folder in packages and folder:
            folder = folder.rpartition("/")[0]
        counts[folder] = counts.get(folder, 0) + 1
    return [root / folder for folder in sorted(counts, key=lambda one: (-counts[one], one))[:_ROOTS]]


def type_server(root: Path, files: Sequence[str], packages: Sequence[Path], target: TargetRange) -> TypeServer:
    """Return a server for a project; it is started by the first question. Raises UserError where pyrefly is missing."""
    roots = roots_of(root, files)
    command = [executable(), "tsp", "--indexing-mode", "none"]
    folders = sorted([*roots, *packages], key=lambda one: -len(one.parts))
    return TypeServer(command, root, configuration(roots, packages, target), folders)
