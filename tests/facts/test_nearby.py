"""What files that say nothing of asyncio have to do with it: by names that only coroutine functions bear, and by imports."""

from __future__ import annotations

import pytest

from aiomend.api import MemorySources
from aiomend.engine import Project
from aiomend.facts.names import tree_names
from aiomend.facts.nearby import Nearby
from aiomend.listed import LISTED
from aiomend.screen import Screen
from aiomend.settings import Settings

CLIENT = "class Client:\n    async def get(self): pass\n    async def fetch_all(self): pass\n"
PLAIN = "class Table:\n    def get(self): pass\n"


def _nearby(files: dict[str, str]) -> Nearby:
    return tree_names({path: text.encode() for path, text in files.items()}).nearby


@pytest.mark.parametrize(
    ("files", "path"),
    [
        pytest.param({"a.py": CLIENT, "b.py": PLAIN, "c.py": "x.get()"}, "c.py", id="no import"),
        pytest.param({"a.py": CLIENT, "b.py": "x.get()"}, "b.py", id="a name of Python's own objects"),
        pytest.param(
            {"a.py": CLIENT, "b.py": f"import a\n{PLAIN}", "c.py": "import b", "d.py": "import c\nx.get()"},
            "d.py",
            id="three imports away",
        ),
        pytest.param(
            {"a.py": CLIENT, "p/__init__.py": "from a import Client\nfrom p.q import Table", "p/q.py": PLAIN,
             "c.py": "from d import x", "d.py": "from p import Table"},
            "c.py",
            id="the package hands on something else",
        ),
    ],
)  # fmt: skip
def test_a_name_that_others_bear_tells_nothing_where_no_import_leads_there(files: dict[str, str], path: str) -> None:
    assert not _nearby(files).may_have(path, {b"get"})


@pytest.mark.parametrize(
    ("files", "path"),
    [
        pytest.param({"a.py": CLIENT, "b.py": "from a import Client"}, "b.py", id="from a module"),
        pytest.param({"a.py": CLIENT, "b.py": "import a"}, "b.py", id="of a module"),
        pytest.param({"a.py": CLIENT, "b.py": "def f():\n    from a import *"}, "b.py", id="of all, in a function"),
        pytest.param({"p/a.py": CLIENT, "p/b.py": "from .a import Client"}, "p/b.py", id="relative, outside of a package"),
        pytest.param(
            {"p/__init__.py": "", "p/a.py": CLIENT, "p/q/__init__.py": "", "p/q/b.py": "from ..a import Client"},
            "p/q/b.py",
            id="relative, from the package above",
        ),
        pytest.param({"p/__init__.py": "", "p/a.py": CLIENT, "p/b.py": "from . import a"}, "p/b.py", id="the package's module"),
        pytest.param({"a.py": CLIENT, "b.py": "from a import Client", "c.py": "import b"}, "c.py", id="over a module"),
        pytest.param(
            {
                "p/__init__.py": "from .q import Client",
                "p/q/__init__.py": "from .low import C as Client",
                "p/q/low.py": "from p.base import Base",
                "p/base.py": CLIENT,
                "c.py": "from p import Client",
            },
            "c.py",
            id="a base class of what packages hand on",
        ),
        pytest.param(
            {
                "p/__init__.py": "from .a import Client\nfrom .b import Table",
                "p/a.py": CLIENT,
                "p/b.py": PLAIN,
                "c.py": "from p import Table\nfrom p import Client",
            },
            "c.py",
            id="the second name of a package",
        ),
        pytest.param(
            {"a.py": CLIENT, "b.py": "from a import c\ndef items(): return c.get()\nget = items", "c.py": "import b"},
            "c.py",
            id="what gives it under the name",
        ),
    ],
)  # fmt: skip
def test_a_name_that_others_bear_tells_of_a_coroutine_where_imports_lead_to_one(
    files: dict[str, str], path: str
) -> None:
    assert _nearby({"z.py": PLAIN, **files}).may_have(path, {b"get"})


def test_a_name_that_only_coroutine_functions_bear_tells_everywhere() -> None:
    files = {"a.py": CLIENT, "b.py": "x.fetch_all()"}

    assert _nearby(files).may_have("b.py", {b"fetch_all"})
    assert not _nearby({**files, "c.py": "def fetch_all(): pass"}).may_have("b.py", {b"fetch_all"})


def test_of_a_file_that_is_new_nobody_can_say() -> None:
    nearby = _nearby({"a.py": CLIENT})

    assert nearby.may_have("new.py", {b"get"})
    assert nearby.hears_of_asyncio("new.py")


def test_who_hears_of_asyncio() -> None:
    nearby = _nearby(
        {
            "main.py": "import asyncio, worker",
            "worker.py": "from tools import job",  # main.py hands it what it works on
            "tools.py": "",
            "user.py": "import main",
            "far.py": "import user",
            "farther.py": "import far",
            "other.py": "import os",
        }
    )

    hearing = {
        path
        for path in ("main", "worker", "tools", "user", "far", "farther", "other")
        if nearby.hears_of_asyncio(f"{path}.py")
    }
    assert hearing == {"main", "worker", "user", "far"}


@pytest.mark.parametrize("importing", ["", "import worker\n"])
def test_a_thread_is_looked_at_where_its_queue_may_be_asyncios(importing: str) -> None:
    worker = "def work(queue):\n    queue.put_nowait(1)\n"
    main = (
        f"import asyncio, threading\n{importing}\n\nasync def main():\n    queue = asyncio.Queue()\n"
        "    threading.Thread(target=worker.work, args=(queue,)).start()\n    await queue.get()\n\n\nasyncio.run(main())\n"
    )
    files = {"main.py": main.encode(), "worker.py": worker.encode()}
    report = Project(MemorySources(files), lambda _: Settings()).run()

    assert [one.path for one in report.findings if one.code == "AIO302"] == ["worker.py"] * bool(importing)


def test_a_coroutine_that_a_plain_script_forgets_is_found() -> None:
    files = {
        "bells/__init__.py": b"from .client import Client\n",
        "bells/client.py": b"class Client:\n    async def get(self): pass\n",
        "table.py": b"class Table:\n    def get(self): pass\n",
        "script.py": b"from bells import Client\n\nClient().get()\n",
        "other.py": b"from table import Table\n\nTable().get()\n",
    }
    report = Project(MemorySources(files), lambda _: Settings()).run()

    assert [(one.path, one.code) for one in report.findings] == [("script.py", "AIO601")]


def _candidates(files: dict[str, str], path: str) -> set[str]:
    data = {one: text.encode() for one, text in files.items()}
    return {rule.code for rule in Screen(LISTED, tree_names(data)).candidates(path, data[path])}


@pytest.mark.parametrize(
    ("text", "is_looked_at"),
    [
        ("x = 1", False),
        ("from table import x\nx(1)", False),
        ("from spawning import x\nx(1)", True),
        ("import low\nlow.x(1)", True),
        ("create_task(1)", True),
    ],
)
def test_another_name_for_a_word_is_everybodys(text: str, is_looked_at: bool) -> None:
    files = {
        "spawning.py": "from asyncio import create_task as x",
        "low.py": "from spawning import x",
        "table.py": "x = 1",
        "user.py": text,
    }

    assert ("AIO901" in _candidates(files, "user.py")) is is_looked_at
