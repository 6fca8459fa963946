"""AIO305: which locks become asyncio's, and what a person is told about the others."""

from __future__ import annotations

import pytest

from aiomend import Finding, Project, Settings, check_source
from aiomend.api import MemorySources
from aiomend.settings import Selection, TargetRange

DOOR = """
import asyncio
import threading

class Door:
    def __init__(self):
        self.{name} = threading.{kind}()

    async def open(self):
        with self.{name}:
            {body}
{more}
"""


def check(
    name: str = "_bolt",
    kind: str = "Lock",
    body: str = "await asyncio.sleep(1)",
    more: str = "",
    target: str = "3.10-3.13",
) -> list[Finding]:
    settings = Settings(select=Selection(frozenset({"AIO305"})), target=TargetRange.parse(target))
    code = DOOR.format(name=name, kind=kind, body=body, more=more)
    return list(check_source(code, path="app.py", settings=settings))


@pytest.mark.parametrize("body", ["pass", "print(1)", "asyncio.ensure_future(self.open())", "x = lambda: (yield)"])
def test_a_lock_that_is_held_for_a_moment_is_fine(body: str) -> None:
    assert check(body=body) == []


def test_a_lock_of_something_else_is_fine() -> None:
    assert check(kind="local") == []


@pytest.mark.parametrize(
    ("lock", "codes"),
    [
        pytest.param("import asyncio\nguard = asyncio.Lock()\n", [], id="another kind"),
        pytest.param("guard = make()\n", [], id="not known"),
        pytest.param("import threading\nguard = threading.Lock()\n", ["AIO305"], id="one of threading"),
    ],
)
def test_a_lock_is_known_by_the_file_that_makes_it(lock: str, codes: list[str]) -> None:
    user = (
        "import asyncio\nfrom state import guard\n\nasync def add():\n    with guard:\n        await asyncio.sleep(1)\n"
    )
    sources = MemorySources({"state.py": lock.encode(), "app.py": user.encode()})
    settings = Settings(select=Selection(frozenset({"AIO305"})))

    report = Project(sources, lambda _: settings).run()

    assert [finding.code for finding in report.findings] == codes


@pytest.mark.parametrize(
    ("finding", "reason"),
    [
        (check(name="bolt"), "`bolt` is public: code outside the class may take it"),
        (check(kind="RLock"), "asyncio has no lock that works like it: say what it is to keep out"),
        (
            check(target="3.9-3.13"),
            "before Python 3.10 an `asyncio.Lock` belongs to the loop that is current where it is made",
        ),
        (
            check(more="    def shut(self):\n        with self._bolt: pass"),
            "line 13 uses the lock in another way than a plain `with` in a coroutine",
        ),
        (
            check(more="def serve(): asyncio.run(Door().open())\n\nthreading.Thread(target=serve).start()"),
            "another thread runs a loop of its own (app.py:12), whose coroutines may take the lock",
        ),
    ],
)
def test_what_others_may_use_is_for_a_person(finding: list[Finding], reason: str) -> None:
    assert [(one.safety.label, one.reason) for one in finding] == [("manual", reason)]


@pytest.mark.parametrize("target", ["print", "self.ring", "lambda: self.open()"])
def test_threads_without_a_loop_cannot_run_the_coroutines_that_take_it(target: str) -> None:
    more = f"    def ring(self): print(1)\n    def start(self): threading.Thread(target={target}).start()"
    (finding,) = check(more=more)

    assert finding.safety.label == "unsafe"


def test_a_loop_that_another_file_runs_in_a_thread_may_take_it() -> None:
    files = {
        "door.py": DOOR.format(name="_bolt", kind="Lock", body="await asyncio.sleep(1)", more="").encode(),
        "app.py": b"import asyncio, door, threading\n\ndef serve():\n    loop = asyncio.new_event_loop()\n"
        b"    loop.run_until_complete(door.Door().open())\n\nthreading.Thread(target=serve).start()\n",
    }
    settings = Settings(select=Selection(frozenset({"AIO305"})), target=TargetRange.parse("3.10-3.13"))

    (finding,) = Project(MemorySources(files), lambda _: settings).run().findings

    assert (finding.safety.label, finding.path) == ("manual", "door.py")
    assert "(app.py:5)" in (finding.reason or "")


def test_a_private_lock_of_coroutines_is_an_unsafe_fix() -> None:
    (finding,) = check(more="    async def shut(self):\n        with self._bolt: await asyncio.sleep(1)")

    assert finding.safety.label == "unsafe"
    assert finding.message == (
        "`with self._bolt` holds a lock of threading while it waits, and whoever wants it next blocks the event loop; "
        "`async with` on an `asyncio.Lock` lets others run"
    )
