"""Which projects are asyncio itself, and that nothing of them is changed."""

from __future__ import annotations

import pytest

import aiomend
from aiomend.api import MemorySources
from aiomend.engine import Project
from aiomend.facts.own_asyncio import own_asyncio
from aiomend.facts.project import ProjectFacts
from aiomend.report import Skip
from aiomend.settings import Settings, TargetRange

TASK = "class Task:\n    pass\n"
USER = "import asyncio\n\n\n@asyncio.coroutine\ndef work():\n    yield from asyncio.sleep(0)\n"
LEGACY = Settings(target=TargetRange.parse("3.6-3.13"))


def own(*paths: str, text: str = TASK) -> frozenset[str]:
    return own_asyncio(ProjectFacts(MemorySources({path: text.encode() for path in paths})))


@pytest.mark.parametrize(
    "paths",
    [
        pytest.param(
            ("redis/__init__.py", "redis/asyncio/__init__.py", "redis/asyncio/client.py"), id="part-of-a-package"
        ),
        pytest.param(("app/__init__.py", "app/asyncio.py"), id="module-of-a-package"),
        pytest.param(("tests/asyncio/__init__.py", "tests/asyncio/test_it.py"), id="tests"),
        pytest.param(("docs/asyncio/tasks.py",), id="no-package"),
        pytest.param(("asyncio_tools/__init__.py", "asyncio_tools/tasks.py"), id="a-longer-name"),
        pytest.param(("myasyncio.py", "asyncio.pyi"), id="another-file"),
    ],
)
def test_it_is_another_project(paths: tuple[str, ...]) -> None:
    assert own(*paths) == frozenset()


def test_a_package_that_makes_no_futures_is_another_thing() -> None:
    assert own("asyncio/__init__.py", "asyncio/it.py", text="class Tasks:\n    class Task: ...\n") == frozenset()


@pytest.mark.parametrize(
    ("paths", "others"),
    [
        pytest.param(
            ("asyncio/__init__.py", "asyncio/tasks.py", "tests/test_tasks.py", "setup.py"), (), id="at-the-root"
        ),
        pytest.param(("src/asyncio/__init__.py", "src/asyncio/tasks.py", "setup.py"), (), id="in-src"),
        pytest.param(
            ("Lib/asyncio/__init__.py", "Lib/asyncio/tasks.py", "Lib/test/a.py"), ("Tools/a.py",), id="in-Lib"
        ),
        pytest.param(("trollius/__init__.py", "trollius/tasks.py"), (), id="a-backport"),
        pytest.param(("asyncio.py", "app.py"), (), id="one-module"),
    ],
)
def test_it_is_asyncio(paths: tuple[str, ...], others: tuple[str, ...]) -> None:
    assert own(*paths, *others) == {*paths}


def test_nothing_of_it_is_changed_and_the_report_says_why() -> None:
    files = {
        "asyncio/__init__.py": "",
        "asyncio/tasks.py": TASK + USER,
        "examples/work.py": USER,
        "notes.py": "x = 1\n",
    }
    report = Project(MemorySources({path: text.encode() for path, text in files.items()}), lambda _: LEGACY).run()

    assert report.findings == ()
    assert [(one.path, one.skip) for one in report.files] == [
        ("asyncio/tasks.py", Skip.ASYNCIO),
        ("examples/work.py", Skip.ASYNCIO),
    ]
    assert report.checked == 2
    assert aiomend.check_source(USER, settings=LEGACY) != ()
