"""What installed packages tell about what the project gets from them, and what they leave to the catalogues."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

import pytest

from aiomend import EVERYTHING, Project, Settings
from aiomend.api import MemorySources
from aiomend.facts.environment import Environment
from aiomend.facts.inference import Inference
from aiomend.facts.project import ProjectFacts
from aiomend.facts.values import OTHER, UNKNOWN, Coroutine, External, Instance, Values


@dataclass
class Packages:
    """Installed modules by name; those whose name ends with "i" in ``files`` are stubs."""

    files: dict[str, str]
    asked: list[str] = field(default_factory=list)
    parsed: list[str] = field(default_factory=list)

    def find(self, module: str) -> str | None:
        self.asked.append(module)
        base = module.replace(".", "/")
        names = [f"{base}/__init__.pyi", f"{base}.pyi", f"{base}/__init__.py", f"{base}.py"]
        return next((f"/env/{name}" for name in names if name in self.files), None)

    def read(self, path: str) -> bytes:
        self.parsed.append(path.removeprefix("/env/"))
        return self.files[path.removeprefix("/env/")].encode()


def _probed(text: str, packages: dict[str, str]) -> Values:
    """What may the argument of `probe` be?"""
    project = ProjectFacts(MemorySources({"main.py": text.encode()}))
    inference = Inference(project, Environment(Packages(packages)))
    facts = project.facts("main.py")
    assert facts is not None
    call = next(c for c in facts.calls if isinstance(c.func, ast.Name) and c.func.id == "probe")
    return inference.values(facts, call.args[0])


def _is_coroutine(text: str, packages: dict[str, str]) -> bool:
    return all(isinstance(value, Coroutine) for value in _probed(text, packages))


CLIENT = {
    "lib/__init__.py": "from lib._client import Client as Client, connect as connect",
    "lib/_client.py": (
        "import asyncio\n"
        "class Base:\n"
        "    async def close(self) -> None: ...\n"
        "class Client(Base):\n"
        "    async def send(self) -> 'Reply': return Reply()\n"
        "    def peek(self) -> int: return 1\n"
        "    def later(self) -> asyncio.Future[int]: ...\n"
        "    def clone(self) -> 'Client': return Client()\n"
        "    async def __aenter__(self) -> 'Client': return self\n"
        "    session: 'Session'\n"
        "class Session:\n"
        "    async def get(self): pass\n"
        "class Reply:\n"
        "    async def json(self): pass\n"
        "def connect() -> Client: return Client()\n"
        "def factory():\n"
        "    async def inner(): pass\n"
        "    return inner\n"
        "class Job(asyncio.Future): pass\n"
    ),
}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("from lib import Client\nprobe(Client().peek())", id="a plain method"),
        pytest.param("from lib import Client\nprobe(Client().missing())", id="a method that the class does not have"),
        pytest.param("from lib import nothing\nprobe(nothing())", id="a name that the package does not have"),
        pytest.param("from untyped import Client\nprobe(Client().send())", id="a package of which nothing is known"),
        pytest.param("from lib import Client\nprobe(Client().later())", id="a method that gives a future"),
        pytest.param("from lib import Client\nprobe(Client)", id="the class itself"),
        pytest.param("from lib import Client\nprobe(Client().send)", id="a method that is not called"),
    ],
)
def test_no_coroutine(text: str) -> None:
    assert not _is_coroutine(text, CLIENT)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("from lib import Client\nprobe(Client().send())", id="a method, through a re-export"),
        pytest.param("import lib\nprobe(lib.Client().send())", id="through the module"),
        pytest.param("from lib import Client\nprobe(Client().close())", id="an inherited method"),
        pytest.param("from lib import Client\nprobe(Client().clone().send())", id="on what a method returns"),
        pytest.param("from lib import Client\nprobe(Client().session.get())", id="on an annotated attribute"),
        pytest.param("from lib import connect\nprobe(connect().send())", id="on what a function returns"),
        pytest.param("from lib import Client\ndef f(c: Client): probe(c.send())", id="on an annotated parameter"),
        pytest.param("from lib import Client\nclass Mine(Client): pass\nprobe(Mine().send())", id="on a subclass"),
        pytest.param(
            "from lib import Client\nclass Mine(Client):\n    def f(self): probe(self.send())", id="through self"
        ),
        pytest.param(
            "from lib import Client\nasync def f():\n    async with Client() as c: probe(c.send())", id="entered"
        ),
        pytest.param(
            "from lib import Client\nasync def f():\n    reply = await Client().send()\n    probe(reply.json())",
            id="on what awaiting gives",
        ),
        pytest.param("from lib._client import factory\nprobe(factory()())", id="made by a function without a name"),
    ],
)
def test_a_coroutine(text: str) -> None:
    assert _is_coroutine(text, CLIENT)


def test_a_stub_has_the_word_before_its_source_and_no_body_to_look_into() -> None:
    packages = {
        "lib/__init__.pyi": "class Client:\n    def send(self) -> int: ...\n    def raw(self): ...\n",
        "lib/__init__.py": "class Client:\n    async def send(self): ...\n",
    }
    assert _probed("import lib\nprobe(lib.Client().send())", packages) == OTHER
    assert _probed("import lib\nprobe(lib.Client().raw())", packages) == UNKNOWN


def test_a_stub_may_say_coroutine_or_awaitable_instead_of_async_def() -> None:
    packages = {
        "lib.pyi": (
            "from collections.abc import Awaitable, Coroutine\nfrom typing import Any, overload\n"
            "def one() -> Coroutine[Any, Any, int]: ...\ndef two() -> Awaitable[int]: ...\n"
            "@overload\nasync def three(x: int) -> int: ...\n@overload\nasync def three(x: str) -> str: ...\n"
        )
    }
    assert _is_coroutine("import lib\nprobe(lib.one())", packages)
    assert not _is_coroutine("import lib\nprobe(lib.two())", packages)
    assert _is_coroutine("import lib\nprobe(lib.three(1))", packages)


def test_a_class_keeps_the_name_by_which_the_project_and_the_catalogues_know_it() -> None:
    assert _probed("from lib import Client\nprobe(Client())", CLIENT) == {Instance("lib.Client")}
    assert _probed("from lib import Client\nprobe(Client().send)", CLIENT) == {External("lib.Client.send")}


def test_a_package_may_subclass_a_future() -> None:
    project = ProjectFacts(MemorySources({}))
    inference = Inference(project, Environment(Packages(CLIENT)))
    assert inference.is_instance(frozenset({Instance("lib._client.Job")}), "asyncio.Future") is True
    assert inference.is_instance(frozenset({Instance("lib.Client")}), "asyncio.Future") is False


def test_packages_that_need_each_other_and_broken_ones_end_in_unknown() -> None:
    packages = {
        "a.py": "from b import f as g\ndef f(): return g()\n",
        "b.py": "from a import f as g\ndef f(): return g()\n",
        "c.py": "def f(:\n",
    }
    assert _probed("import a\nprobe(a.f())", packages) == UNKNOWN
    assert _probed("import c\nprobe(c.f())", packages) == UNKNOWN


def test_the_project_comes_before_what_is_installed() -> None:
    project = ProjectFacts(MemorySources({"main.py": b"import lib\nprobe(lib.f())", "lib.py": b"def f(): return 1"}))
    packages = Packages({"lib.py": "async def f(): pass"})
    inference = Inference(project, Environment(packages))
    facts = project.facts("main.py")
    assert facts is not None
    assert inference.values(facts, facts.calls[0].args[0]) == OTHER
    assert packages.asked == []


def test_only_what_a_question_needs_is_read() -> None:
    packages = Packages({**CLIENT, "other.py": "class Other: ..."})
    text = b"import other\nimport lib\n\nasync def main():\n    lib.Client().send()\n"
    settings = Settings(unsafe=EVERYTHING)
    Project(MemorySources({"main.py": text}), lambda _: settings, library=packages).run()
    assert packages.parsed == ["lib/__init__.py", "lib/_client.py"]


def test_a_forgotten_coroutine_of_a_package_is_found_and_the_package_left_alone() -> None:
    packages = Packages({"lib.py": "async def send(): pass\nasync def other():\n    send()\n"})
    text = b"import lib\n\n\nasync def main():\n    lib.send()\n"
    settings = Settings(unsafe=EVERYTHING)
    report = Project(MemorySources({"main.py": text}), lambda _: settings, library=packages).run()
    assert [(finding.code, finding.path) for finding in report.findings] == [("AIO601", "main.py")]
    assert [(file.path, file.new) for file in report.changed] == [
        ("main.py", text.replace(b"lib.send", b"await lib.send"))
    ]
    assert not Project(MemorySources({"main.py": text}), lambda _: settings).run().findings


def test_the_catalogue_of_blocking_calls_keeps_its_word() -> None:
    packages = Packages(
        {"requests/__init__.pyi": "from .api import get as get", "requests/api.pyi": "def get(url: str) -> int: ..."}
    )
    text = b"import requests\n\n\nasync def main():\n    requests.get('x')\n"
    settings = Settings(unsafe=EVERYTHING)
    report = Project(MemorySources({"main.py": text}), lambda _: settings, library=packages).run()
    assert [finding.code for finding in report.findings] == ["AIO402"]
