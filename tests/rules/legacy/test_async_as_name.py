"""AIO003: what becomes ensure_future, and what needs a new name."""

from __future__ import annotations

import pytest

import aiomend
from aiomend import Safety
from aiomend.api import MemorySources
from aiomend.engine import Project
from aiomend.settings import EVERYTHING, Selection, Settings, TargetRange

IMPORT = "import asyncio\n\n\n"


def run(code: str, target: str = "3.8-3.15") -> aiomend.Fixed:
    only = Selection(frozenset({"AIO003"}))
    return aiomend.fix_source(
        IMPORT + code, settings=Settings(select=only, unsafe=EVERYTHING, target=TargetRange.parse(target))
    )


def fixed(code: str, target: str = "3.8-3.15") -> str:
    return run(code, target).text.removeprefix(IMPORT)


def levels(code: str, target: str = "3.8-3.15") -> list[Safety]:
    return [finding.safety for finding in run(code, target).findings]


# ---- silent ---


@pytest.mark.parametrize(
    "code",
    [
        "async def f(): await x  # async=True, x.async\n",
        "start = getattr(asyncio, 'async', None)\n",
        "start = getattr(print, 'async')\n",
        "def f(asyncio): return getattr(asyncio, 'async')\n",
        "if not hasattr(asyncio, 'ensure_future'):\n    asyncio.ensure_future = getattr(asyncio, 'async')\n",
        "name = 'async'\nstart = getattr(asyncio, name)\n",
    ],
)
def test_silent_where_nothing_is_called_so(code: str) -> None:
    assert levels(code) == []


# ---- for a person ---


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("def f(async=True): pass\n", "a parameter"),
        ("later = lambda *, async: 1\n", "a parameter"),
        ("f(async=True)\n", "a keyword argument"),
        ("x.async\n", "an attribute"),
        ("self.async = 1\n", "an attribute"),
        ("def async(): pass\n", "a function"),
        ("class await: pass\n", "a class"),
        ("import x.async\n", "an imported name"),
        ("import x as async\n", "a variable"),
        ("from .async import y\n", "a module"),
        ("for async in x: pass\n", "a variable"),
    ],
)
def test_other_names_are_for_a_person(code: str, kind: str) -> None:
    (finding,) = run(code).findings
    assert finding.safety is Safety.MANUAL
    assert f"the name of {kind} here" in finding.message
    assert fixed(code) == code


def test_one_thing_is_reported_once_with_its_other_places() -> None:
    (finding,) = run("f(async=1)\n\n\nf(async=2)\nf(async=3)\n").findings
    assert finding.line == 4
    assert [one.line for one in finding.evidence] == [7, 8]


def test_for_a_person_where_the_new_name_is_taken() -> None:
    (finding,) = run("from asyncio import async\nensure_future = 1\nasync(x)\n").findings
    assert (finding.safety, finding.reason) == (Safety.MANUAL, "`ensure_future` means something else in the file")


def test_for_a_person_where_asyncio_is_given_the_new_name() -> None:
    (finding,) = run("if not hasattr(asyncio, 'ensure_future'):\n    asyncio.ensure_future = asyncio.async\n").findings
    assert finding.safety is Safety.MANUAL
    assert finding.reason == "`asyncio.ensure_future` is there by now: take the whole fallback out"


# ---- safe ---


@pytest.mark.parametrize(
    ("code", "after"),
    [
        ("asyncio.async(x, loop=loop)\n", "asyncio.ensure_future(x, loop=loop)\n"),
        ("go = asyncio.async\n", "go = asyncio.ensure_future\n"),
        ("asyncio.tasks.async(x)\n", "asyncio.tasks.ensure_future(x)\n"),
        ("from asyncio import async as go\ngo(x)\n", "from asyncio import ensure_future as go\ngo(x)\n"),
        ("from asyncio import async as ensure_future\n", "from asyncio import ensure_future\n"),
        (
            "from asyncio import async, sleep; async(x)\n",
            "from asyncio import ensure_future, sleep\nensure_future(x)\n",
        ),
        (
            "from asyncio import ensure_future, async\nasync(x)\n",
            "from asyncio import ensure_future\nensure_future(x)\n",
        ),
        ("go = getattr(asyncio, 'async')\n", "go = asyncio.ensure_future\n"),
        ("go = getattr(asyncio, 'ensure_future', getattr(asyncio, 'async'))\n", "go = asyncio.ensure_future\n"),
        ("def f(é): return {'é': asyncio.async(é)}\n", "def f(é): return {'é': asyncio.ensure_future(é)}\n"),
    ],
)
def test_asyncio_has_a_new_name_for_it(code: str, after: str) -> None:
    assert set(levels(code)) == {Safety.SAFE}
    assert fixed(code) == after


@pytest.mark.parametrize(
    "code",
    [
        "try:\n    go = asyncio.ensure_future\nexcept AttributeError:\n    go = asyncio.async\n",
        "try:\n    go = asyncio.async\nexcept AttributeError:\n    go = asyncio.ensure_future\n",
        "try: go = asyncio.ensure_future\nexcept AttributeError: go = asyncio.async\n",
        "try: go = asyncio.async\nexcept AttributeError: go = asyncio.ensure_future\n",
        "if hasattr(asyncio, 'ensure_future'):\n    go = asyncio.ensure_future\nelse:\n    go = asyncio.async\n",
    ],
)
def test_a_choice_that_is_none_any_more_goes(code: str) -> None:
    assert fixed(code) == "go = asyncio.ensure_future\n"


def test_branches_that_differ_stay() -> None:
    code = "try:\n    go = asyncio.ensure_future\nexcept AttributeError:\n    stay = asyncio.async\n"
    assert fixed(code) == code.replace("async\n", "ensure_future\n")


def test_a_file_that_newer_versions_can_read_again_is_for_them() -> None:
    both = Settings(select=Selection(frozenset({"AIO003", "AIO006"})), target=TargetRange.parse("3.8"))
    code = "import asyncio\n\n\nasync def f(x):\n    asyncio.async(x)\n    return asyncio.get_event_loop()\n"
    assert aiomend.fix_source(code, settings=both).text == (
        "import asyncio\n\n\nasync def f(x):\n    asyncio.ensure_future(x)\n    return asyncio.get_running_loop()\n"
    )


# ---- what tests put in its place ---


def project(**files: str) -> tuple[list[Safety], dict[str, str]]:
    only = Settings(select=Selection(frozenset({"AIO003"})), target=TargetRange.parse("3.6"))
    report = Project(MemorySources({f"{name}.py": text.encode() for name, text in files.items()}), lambda _: only).run()
    return [one.safety for one in report.findings], {
        one.path.removesuffix(".py"): (one.new or b"").decode() for one in report.changed
    }


@pytest.mark.parametrize(
    "text",
    [
        "patch('irc.plugins.async')",
        "patch('work.asyncio.async_')",
        "patch.object(work, 'async')",
        "print('asyncio.async')",
    ],
)
def test_another_name_in_a_text_stays(text: str) -> None:
    _, changed = project(work=f"{IMPORT}asyncio.async(x)\n", test_work=f"from unittest.mock import patch\n{text}\n")
    assert changed.keys() == {"work"}


def test_a_text_that_puts_something_in_its_place_follows_with_all_uses() -> None:
    test = """\
import asyncio
from unittest import mock

def test(monkeypatch):
    with mock.patch('work.asyncio.async', print), mock.patch.object(asyncio, r"async"):
        pass
    monkeypatch.setattr(asyncio, "async", print)
"""
    levels, changed = project(
        work=f"{IMPORT}asyncio.async(x)\n", more="import asyncio as aio\naio.async(x)\n", test=test
    )
    assert levels == [Safety.SAFE, Safety.SAFE]
    assert changed == {
        "work": f"{IMPORT}asyncio.ensure_future(x)\n",
        "more": "import asyncio as aio\naio.ensure_future(x)\n",
        "test": test.replace("asyncio.async", "asyncio.ensure_future").replace('"async"', '"ensure_future"'),
    }


def test_messages_have_the_names_of_the_file() -> None:
    text = "import asyncio\n\n@asyncio.coroutine\ndef async(value):\n    yield from {'a': 1}\n"
    report = aiomend.check_source(text, settings=Settings(select=Selection(frozenset({"AIO001"}))))
    assert [one.message.partition(": ")[2] for one in report] == ["`async()` would have to be `async def`"]
