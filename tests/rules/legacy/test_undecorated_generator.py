"""AIO002: what is left alone, what is for a person, and what changes together."""

from __future__ import annotations

import pytest

import aiomend
from aiomend import EVERYTHING, Finding, Report, Safety, Selection, Settings, TargetRange
from aiomend.api import MemorySources
from aiomend.engine import Project

MAIN = """\
import asyncio


@asyncio.coroutine
def main(cursor):
    return (yield from rows(cursor))
"""


def run(files: dict[str, str], *codes: str, unsafe: bool = True) -> Report:
    settings = Settings(select=Selection(frozenset(codes or {"AIO002"})), unsafe=EVERYTHING if unsafe else Selection())
    return Project(MemorySources({path: text.encode() for path, text in files.items()}), lambda _: settings).run()


def one(text: str) -> Finding:
    (finding,) = run({"app.py": text}).findings
    return finding


def result(report: Report, path: str) -> str:
    return next(file.new.decode() for file in report.files if file.path == path and file.new is not None)


# ---- left alone ----


def test_a_generator_that_nothing_runs_is_none_of_its_business() -> None:
    assert run({"app.py": "import asyncio\n\n\ndef rows(cursor):\n    yield from cursor.rows()\n"}).findings == ()


@pytest.mark.parametrize(
    "body",
    [
        "    yield from cursor\n    yield 1\n",
        "    sent = yield\n    yield from cursor.send(sent)\n",
        "    yield from [1, 2]\n",
        "    yield from range(3)\n",
        "    yield from (row for row in cursor)\n",
    ],
)
def test_who_gives_values_is_a_true_generator_whoever_waits_for_it(body: str) -> None:
    assert run({"app.py": f"{MAIN}\n\ndef rows(cursor):\n{body}"}).findings == ()


def test_a_true_generator_makes_those_of_whom_that_delegates_to_it() -> None:
    text = f"{MAIN}\n\ndef rows(cursor):\n    yield from each(cursor)\n\n\ndef each(cursor):\n    yield cursor.row\n"
    assert run({"app.py": text}).findings == ()


def test_what_awaits_on_an_unknown_object_says_nothing_of_a_generator() -> None:
    text = (
        "class Store:\n    def keys(self):\n        yield from self.connection.scan()\n\n\n"
        "async def show(store):\n    return await store.keys()\n"
    )
    assert run({"app.py": text}).findings == ()


def test_it_runs_where_the_target_reaches_3_11_or_by_its_code() -> None:
    text = f"{MAIN}\n\ndef rows(cursor):\n    yield from cursor.fetch()\n"
    old = TargetRange((3, 6), (3, 10))
    for target, select, count in [
        (old, Selection(frozenset({"ALL"})), 0),
        (TargetRange((3, 6), (3, 11)), Selection(frozenset({"ALL"})), 1),
        (old, Selection(frozenset({"AIO002"})), 1),
        (old, Selection(frozenset({"AIO0"})), 1),
    ]:
        settings = Settings(select=select, target=target)
        found = aiomend.check_source(text, settings=settings)
        assert [one.code for one in found].count("AIO002") == count


# ---- for a person ----


def test_what_goes_through_it_by_hand_is_named() -> None:
    finding = one(
        f"{MAIN}\n\ndef rows(cursor):\n    yield from cursor.fetch()\n\n\ndef first(cursor):\n    return next(rows(cursor))\n"
    )
    assert finding.safety is Safety.MANUAL
    assert finding.reason == "app.py:14: `next()` goes through it"
    assert (
        finding.message
        == "`rows()` is a plain generator, and a coroutine by use: `main()`, a coroutine function, waits for it"
    )


def test_what_is_unpacked_is_gone_through_by_hand() -> None:
    finding = one(f"{MAIN}\n\ndef rows(cursor):\n    yield from cursor.fetch()\n\n\ndef two(c):\n    a, b = rows(c)\n")
    assert (finding.safety, finding.reason) == (Safety.MANUAL, "app.py:14: it is unpacked")


def test_a_decorator_of_which_nothing_is_known_is_named() -> None:
    finding = one(
        "import asyncio\n\nfrom framework import task\n\n\n@task(retries=3)\ndef poll(queue):\n    yield from asyncio.sleep(1)\n"
    )
    assert finding.safety is Safety.MANUAL
    assert "decorated with `task(retries=3)`" in (finding.reason or "")


def test_a_function_that_await_gets_its_generator_from_is_for_a_person() -> None:
    finding = one(
        f"{MAIN}\n\ndef rows(cursor):\n    yield from cursor.fetch()\n\n\n"
        "class Rows:\n    def __await__(self):\n        return rows(self.cursor)\n"
    )
    assert (finding.safety, "`__await__()` is called by the language" in (finding.reason or "")) == (
        Safety.MANUAL,
        True,
    )


def test_what_waits_for_an_object_without_await_is_for_a_person() -> None:
    finding = one(
        f"{MAIN}\n\nclass Lock:\n    def __iter__(self):\n        yield from self.future\n\n\n"
        "def rows(cursor):\n    yield from Lock()\n    return cursor\n"
    )
    assert finding.safety is Safety.MANUAL
    assert finding.reason == "app.py:15: `rows()` waits for `Lock()`, which has no `__await__()`"


# ---- together ----


def test_functions_that_wait_for_one_another_change_in_one_fix_for_all_files() -> None:
    files = {
        "main.py": "import asyncio\nfrom session import open\n\nasyncio.ensure_future(open())\n",
        "session.py": "from line import send\n\n\ndef open():\n    yield from send('HELLO')\n",
        "line.py": "def send(text):\n    return (yield from write(text))\n",
    }
    report = run(files)
    assert [(one.path, one.line, one.applied) for one in report.findings] == [
        ("line.py", 1, True),
        ("session.py", 4, True),
    ]
    assert [{edit.path for edit in one.fix.edits} for one in report.findings if one.fix] == [
        {"line.py", "session.py"}
    ] * 2
    assert result(report, "line.py") == "async def send(text):\n    return await write(text)\n"
    assert [(place.path, place.line) for place in report.findings[0].evidence] == [("session.py", 5), ("main.py", 4)]


def test_one_that_is_gone_through_by_hand_keeps_the_others_back() -> None:
    files = {
        "main.py": "import asyncio\nfrom session import open\n\nasyncio.ensure_future(open())\n",
        "session.py": "from line import send\n\n\ndef open():\n    yield from send('HELLO')\n",
        "line.py": "def send(text):\n    return (yield from write(text))\n\n\nprint(list(send('x')))\n",
    }
    report = run(files)
    assert [(one.path, one.safety) for one in report.findings] == [
        ("line.py", Safety.MANUAL),
        ("session.py", Safety.MANUAL),
    ]
    assert report.changed == ()


DRIVER = """\
import asyncio


def in_loop(step):
    @asyncio.coroutine
    def started(*args):
        yield from asyncio.sleep(0)
        yield from step(*args)

    def run(*args):
        asyncio.get_event_loop().run_until_complete(started(*args))

    return run


@in_loop
def reset(port):
    yield from port.write(b"R")
"""


def test_the_coroutine_function_in_a_decorator_waits_for_the_generators_under_it() -> None:
    (finding,) = run({"app.py": DRIVER}, "AIO001").findings
    assert (finding.code, finding.safety) == ("AIO001", Safety.MANUAL)
    assert "`reset()` (app.py:17), which is a plain generator yet: AIO002 comes first" in (finding.reason or "")


def test_both_become_native_where_both_rules_run() -> None:
    report = run({"app.py": DRIVER}, "AIO001", "AIO002")
    assert [(one.code, one.applied) for one in report.findings] == [("AIO001", True), ("AIO002", True)]
    assert "await step(*args)" in result(report, "app.py")
    assert "async def reset(port)" in result(report, "app.py")


def test_without_unsafe_fixes_neither_changes() -> None:
    assert run({"app.py": DRIVER}, "AIO001", "AIO002", unsafe=False).changed == ()
