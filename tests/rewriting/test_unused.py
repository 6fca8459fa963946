"""Imports that lose their last use go with it, and only those."""

from __future__ import annotations

import pytest

import aiomend
from aiomend import EVERYTHING, Selection, Settings
from aiomend.api import MemorySources
from aiomend.engine import Project

UNSAFE = Settings(unsafe=EVERYTHING, select=Selection(frozenset({"AIO401"})))
REST = "\n\nasync def f():\n    {}(1)\n"


def _imports(before: str, call: str = "time.sleep", extra: str = "") -> str:
    """The lines in front of the first definition, after `call` was replaced."""
    text = before + REST.format(call) + extra
    fixed = aiomend.fix_source(text, settings=UNSAFE).text
    assert "await asyncio.sleep(1)" in fixed
    return fixed.partition("\n\nasync def")[0]


@pytest.mark.parametrize(
    ("before", "extra"),
    [
        pytest.param("import asyncio\nimport time\n", "\n\nx = time.time()\n", id="used elsewhere"),
        pytest.param("import asyncio\nimport time\n__all__ = ['time']\n", "", id="exported"),
        pytest.param("import asyncio\nimport time\n__all__ = []\n__all__ += ['time']\n", "", id="exported later"),
        pytest.param("import asyncio\nimport time\n", "\n\nprint(eval('time .time()'))\n", id="evaluated"),
        pytest.param("import asyncio\nimport time\n", "\n\nprint(globals()['time'])\n", id="looked up by name"),
        pytest.param("import asyncio\nimport time\n", "\n\ndef g():\n    '>>> time.time()'\n", id="in a doctest"),
        pytest.param("import asyncio\nimport time\n", "\n\ncast('time.struct_time', x)\n", id="a type in a string"),
        pytest.param(
            "import asyncio\nimport time\n", "\n\nx = []  # type: List[time.struct_time]\n", id="type comment"
        ),
        pytest.param("import asyncio\nimport time  # for its side effects\n", "", id="a comment says why"),
        pytest.param("import asyncio\nimport time; x = 1\n", "", id="its line holds more"),
        pytest.param(
            "import asyncio\ntry:\n    import time\nexcept ImportError:\n    pass\n", "", id="imported conditionally"
        ),
        pytest.param(
            "import asyncio\nimport time\n", "\n\ndef g(x: 'time.struct_time'): pass\n", id="used in an annotation"
        ),
    ],
)
def test_an_import_that_stays(before: str, extra: str) -> None:
    assert _imports(before, extra=extra) == before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("import asyncio\nimport time\n", "import asyncio\n", id="a line of its own"),
        pytest.param("import time\n", "import asyncio\n", id="the new import takes its place"),
        pytest.param("import asyncio, time\n", "import asyncio\n", id="the last of a line"),
        pytest.param("import time, asyncio\n", "import asyncio\n", id="the first of a line"),
        pytest.param(
            "import asyncio\nimport time\n\nimport requests\n",
            "import asyncio\n\nimport requests\n",
            id="its section has others",
        ),
        pytest.param(
            "import time\n\nimport requests\n",
            "import asyncio\n\nimport requests\n",
            id="the new one joins its section",
        ),
    ],
)
def test_an_import_that_goes(before: str, after: str) -> None:
    assert _imports(before) == after


def test_a_name_in_prose_is_no_use() -> None:
    before = '"""Once used time.sleep()."""\nimport asyncio\nimport time\nKEYS = {\'time\': 1}\n'
    assert _imports(before) == before.replace("import time\n", "")


def test_a_name_that_goes_from_a_longer_import() -> None:
    before = "import asyncio\nfrom time import (\n    monotonic,\n    sleep,\n)\nmonotonic()\n"
    assert _imports(before, "sleep") == before.replace("    sleep,\n", "")


def test_an_unused_import_that_was_unused_before_is_not_ours() -> None:
    assert _imports("import asyncio\nimport os\nimport time\n") == "import asyncio\nimport os\n"


@pytest.mark.parametrize(
    "other",
    [
        pytest.param("from main import time\n", id="imported from there"),
        pytest.param("from pkg.main import (\n    f,\n    time,\n)\n", id="in several lines"),
        pytest.param("import main\nmain.time.sleep(1)\n", id="reached through it"),
        pytest.param("import main as m\nm.time.sleep(1)\n", id="reached through it by another name"),
        pytest.param("import main\nmonkeypatch.setattr(main, 'time', fake)\n", id="replaced in a test"),
        pytest.param("patch('main.time.sleep')\n", id="patched in a test"),
        pytest.param("from main import *\n", id="a star takes all"),
    ],
)
def test_what_another_file_takes_stays(other: str) -> None:
    text = "import asyncio\nimport time\n" + REST.format("time.sleep")
    files = {"main.py": text.encode(), "other.py": other.encode()}
    report = Project(MemorySources(files), lambda _: UNSAFE).run(["main.py"])
    assert b"import time\n" in (report.changed[0].new or b"")


@pytest.mark.parametrize(
    ("exports", "stays"),
    [
        pytest.param("__all__ = ['f']\n", False, id="the file says what a star takes"),
        pytest.param("__all__ = ['f', 'time']\n", True, id="and the name is among it"),
        pytest.param("__all__ = ['f']\n__all__ += more\n", True, id="and more that is not written there"),
        pytest.param("__all__ = names()\n", True, id="in a way that cannot be read"),
    ],
)
def test_a_star_takes_what_the_file_says(exports: str, stays: bool) -> None:
    text = f"import asyncio\nimport time\n{exports}" + REST.format("time.sleep")
    files = {"main.py": text.encode(), "other.py": b"from main import *\n"}
    report = Project(MemorySources(files), lambda _: UNSAFE).run(["main.py"])
    assert (b"import time\n" in (report.changed[0].new or b"")) is stays


def test_a_package_keeps_what_it_may_hand_on() -> None:
    text = "import asyncio\nimport time\n" + REST.format("time.sleep")
    assert "import time" in aiomend.fix_source(text, path="pkg/__init__.py", settings=UNSAFE).text


def test_lines_may_end_in_carriage_returns_alone() -> None:
    text = "import asyncio\rimport time\r\r\rasync def f():\r    time.sleep(1)\r"

    assert aiomend.fix_source(text, settings=UNSAFE).text == (
        "import asyncio\r\r\rasync def f():\r    await asyncio.sleep(1)\r"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("get_event_loop, Lock", "get_running_loop, Lock", id="one of several"),
        pytest.param("get_event_loop", "get_running_loop", id="the only one"),
        pytest.param(
            "(\n    Lock,\n    get_event_loop,\n)", "(\n    Lock,\n    get_running_loop,\n)", id="a line each"
        ),
    ],
)
def test_an_import_loses_a_name_and_gets_another(before: str, after: str) -> None:
    rest = "\n\nasync def f():\n    return {}(), Lock()\n"
    settings = Settings(select=Selection(frozenset({"AIO006"})))
    fixed = aiomend.fix_source(f"from asyncio import {before}\n{rest.format('get_event_loop')}", settings=settings)
    assert fixed.text == f"from asyncio import {after}\n{rest.format('get_running_loop')}"
