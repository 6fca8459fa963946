"""``--types``: how the type server is spoken to, what its words mean, and that a run goes on without it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import Result

from aiomend.facts.oracle import Answer, Question
from aiomend.settings import TargetRange
from aiomend_cli import typeserver
from aiomend_cli.typeserver import TypeServer, configuration, roots_of, type_server

Run = Callable[..., Result]

#: A server that plays one part: it answers each question with what stands in `answers.json`.
SERVER = r"""
import json, sys, pathlib
part = sys.argv[1]
log = pathlib.Path("log.txt").open("a")

def read():
    length = 0
    while True:
        line = sys.stdin.buffer.readline().strip()
        if not line:
            break
        length = int(line.split(b":")[1])
    return json.loads(sys.stdin.buffer.read(length)) if length else None

def write(message):
    body = json.dumps(message).encode()
    sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    sys.stdout.buffer.flush()

snapshot = 1
while True:
    message = read()
    if message is None:
        break
    method = message.get("method", "")
    print(method, json.dumps(message.get("params", {}).get("arg", {}).get("range")), file=log, flush=True)
    if method == "textDocument/didOpen" or method == "textDocument/didChange":
        snapshot += 1
        pathlib.Path("seen.txt").write_text(json.dumps(message["params"]))
    if "id" not in message or not method:
        continue
    if method == "initialize":
        if part == "asks":
            write({"id": "q", "method": "workspace/configuration", "params": {"items": [1, 2]}})
        write({"id": message["id"], "result": {}})
    elif method.endswith("ProtocolVersion"):
        write({"id": message["id"], "result": "9.0" if part == "new" else "0.4.1"})
    elif method.endswith("Snapshot"):
        write({"id": message["id"], "result": snapshot})
    else:
        if part == "dies":
            sys.exit(3)
        if part == "silent":
            continue
        if part == "stale" and snapshot < 5:
            snapshot = 5
            write({"id": message["id"], "error": {"code": -32802, "message": "stale"}})
        elif message["params"]["snapshot"] != snapshot:
            write({"id": message["id"], "error": {"code": -32802, "message": "stale"}})
        else:
            write({"id": message["id"], "result": json.loads(pathlib.Path("answers.json").read_text())})
"""


FUTURE = '{"kind": 3, "flags": 2, "declaration": {"name": "Future", "node": {"uri": "file:///x/pyrefly_bundled_typeshed_1/_asyncio.pyi"}}}'
QUESTION = Question("a.py", "x = 'ä𝄞', y\n", 1, 10, 1, 11)


@pytest.fixture
def server(project: Path) -> Iterator[Callable[..., TypeServer]]:
    """Start a server that plays a part, in the project's folder."""
    (project / "server.py").write_text(SERVER)
    (project / "a.py").write_text(QUESTION.text, "utf-8")
    started: list[TypeServer] = []

    def start(part: str, answer: str = FUTURE) -> TypeServer:
        (project / "answers.json").write_text(answer)
        one = TypeServer([sys.executable, "server.py", part], project, "", [project])
        started.append(one)
        return one

    yield start
    for one in started:
        one.close()


def _names(answer: Answer) -> set[str]:
    return {kind.name for kind in answer}


# ---- trouble ---


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("dies", "--types: pyrefly ended with exit code 3; went on without the type checker's answers"),
        ("silent", "--types: pyrefly said nothing for 1 seconds; went on without"),
        ("new", "--types: pyrefly speaks version 9.0 of its protocol, and 0.4.x is known; went on without"),
    ],
)
def test_trouble_is_said_once_and_nothing_is_known_from_then_on(
    server: Callable[..., TypeServer], monkeypatch: pytest.MonkeyPatch, part: str, said: str
) -> None:
    monkeypatch.setattr(typeserver, "PATIENCE", 1.0)
    one = server(part)
    assert one.ask([QUESTION, QUESTION]) == [frozenset(), frozenset()]
    assert one.trouble is not None
    assert one.trouble.startswith(said)
    assert one.ask([QUESTION]) == [frozenset()]


def test_a_server_that_cannot_be_started_is_trouble_too(project: Path) -> None:
    one = TypeServer([str(project / "nowhere")], project, "")
    assert one.ask([QUESTION]) == [frozenset()]
    assert one.trouble is not None


def test_nothing_is_started_for_nothing(project: Path) -> None:
    one = TypeServer([str(project / "nowhere")], project, "")
    assert one.ask([]) == []
    assert one.trouble is None


def test_without_pyrefly_the_command_ends_with_2_and_says_what_to_install(
    project: Path, aiomend: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "a.py").write_text("")
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    result = aiomend("check", "--types")
    assert result.exit_code == 2
    assert "--types needs pyrefly, which is not installed: pip install 'aiomend[types]'" in result.stderr
    (project / "aiomend.toml").write_text("types = true\n")
    assert aiomend("check").exit_code == 2
    assert aiomend("check", "--no-types").exit_code == 0


# ---- words ---


def test_a_question_has_lines_from_0_and_columns_in_utf_16(server: Callable[..., TypeServer], project: Path) -> None:
    assert _names(server("plain").ask([QUESTION])[0]) == {"_asyncio.Future"}
    asked = '"start": {"line": 0, "character": 11}, "end": {"line": 0, "character": 12}'
    assert asked in (project / "log.txt").read_text()


@pytest.mark.parametrize("part", ["asks", "stale"])
def test_the_server_may_ask_in_turn_or_have_moved_on(server: Callable[..., TypeServer], part: str) -> None:
    assert _names(server(part).ask([QUESTION])[0]) == {"_asyncio.Future"}


def test_a_file_is_shown_to_the_server_only_where_the_disk_holds_something_else(
    server: Callable[..., TypeServer], project: Path
) -> None:
    one = server("plain")
    one.ask([QUESTION])
    assert "didOpen" not in (project / "log.txt").read_text()
    for text in ("y\n", "z\n"):
        assert _names(one.ask([Question("a.py", text, 1, 0, 1, 1)])[0]) == {"_asyncio.Future"}
        assert f'"{text[0]}\\n"' in (project / "seen.txt").read_text()
    assert "didChange" in (project / "log.txt").read_text()


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("null", id="no answer"),
        pytest.param('{"kind": 0, "flags": 0, "name": "any", "declaration": null}', id="Any"),
        pytest.param(FUTURE.replace('"flags": 2', '"flags": 1'), id="the class itself"),
        pytest.param(f'{{"kind": 4, "flags": 0, "subTypes": [{FUTURE}, {{"kind": 0, "flags": 0}}]}}', id="partly Any"),
        pytest.param(
            '{"kind": 2, "flags": 4, "declaration": {"name": "f", "node": {"uri": "file:///a.py"}}}', id="def"
        ),
    ],
)
def test_not_known(server: Callable[..., TypeServer], answer: str) -> None:
    one = server("plain", answer)
    assert one.ask([QUESTION]) == [frozenset()]
    assert one.trouble is None


def test_a_union_and_a_class_of_the_project(server: Callable[..., TypeServer], project: Path) -> None:
    mine = FUTURE.replace("Future", "Mine").replace(
        "file:///x/pyrefly_bundled_typeshed_1/_asyncio.pyi", (project / "pkg" / "__init__.py").as_uri()
    )
    one = server("plain", f'{{"kind": 4, "flags": 0, "subTypes": [{FUTURE}, {mine}]}}')
    assert _names(one.ask([QUESTION])[0]) == {"_asyncio.Future", "pkg.Mine"}


# ---- the configuration ---


def test_no_interpreter_is_run_and_only_named_packages_are_looked_up() -> None:
    text = configuration([Path("/p/src")], [Path("/env/site-packages")], TargetRange((3, 8), (3, 15)))
    assert 'search-path = ["/p/src"]\nsite-package-path = ["/env/site-packages"]\npython-version = "3.14"\n' in text
    assert "skip-interpreter-query = true" in text


def test_imports_start_where_packages_and_scripts_are() -> None:
    files = ["src/pkg/__init__.py", "src/pkg/a.py", "src/pkg/sub/__init__.py", "tools/run.py"]
    assert roots_of(Path("/p"), files) == [Path("/p/src"), Path("/p/tools"), Path("/p")]


# ---- the real one ---

real = [
    pytest.mark.types,
    pytest.mark.skipif(
        not (shutil.which("pyrefly", path=str(Path(sys.executable).parent)) or shutil.which("pyrefly")),
        reason="pyrefly is not installed: pip install 'aiomend[types]'",
    ),
]


@pytest.fixture
def sample(project: Path) -> Path:
    (project / "lib.py").write_text(
        "from typing import Generic, TypeVar\nT = TypeVar('T')\nclass Box(Generic[T]):\n"
        "    def __init__(self, value: T) -> None: self.value = value\n    def get(self) -> T: return self.value\n"
        "class Client:\n    async def send(self) -> int: return 1\n"
    )
    (project / "main.py").write_text(
        "from lib import Box, Client\n\n\nasync def main() -> None:\n    box = Box(Client())\n"
        "    'ä𝄞'; box.get().send()\n    await box.get().send()\n",
        "utf-8",
    )
    return project


def _aiomend(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "aiomend_cli", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, timeout=120, check=False, text=True, encoding="utf-8")


class TestReal:
    pytestmark = real

    def test_what_only_the_type_checker_can_tell_is_mended(self, sample: Path) -> None:
        assert _aiomend("diff", "--unsafe", cwd=sample).returncode == 0
        done = _aiomend("fix", "--unsafe", "--types", cwd=sample)
        assert done.returncode == 0, done.stderr
        assert "    'ä𝄞'; await box.get().send()\n    await box.get()" in (sample / "main.py").read_text("utf-8")
        assert _aiomend("check", "--unsafe", "--types", cwd=sample).returncode == 0

    def test_a_text_that_the_disk_does_not_hold(self, sample: Path) -> None:
        text = "from lib import Client\n\n\nx = Client().send()\n"
        with type_server(sample, ["lib.py", "main.py"], [], TargetRange()) as server:
            [answer] = server.ask([Question("main.py", text, 4, 4, 4, 19)])
            assert server.trouble is None
        assert {(kind.name, _names(kind.arguments[-1]) == {"builtins.int"}) for kind in answer} == {
            ("typing.Coroutine", True)
        }

    def test_packages_of_the_environment_are_known_to_it(self, project: Path) -> None:
        packages = project / "env" / "lib" / "python3.12" / "site-packages"
        (packages / "lib").mkdir(parents=True)
        (packages / "lib" / "__init__.py").write_text("async def send() -> None: ...\n")
        (packages / "lib" / "py.typed").write_text("")
        text = "import lib\nx = lib.send()\n"
        with type_server(project, ["main.py"], [packages], TargetRange()) as server:
            [answer] = server.ask([Question("main.py", text, 2, 4, 2, 14)])
        assert _names(answer) == {"typing.Coroutine"}
