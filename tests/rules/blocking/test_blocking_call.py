"""AIO402: what it is silent about, what it leaves to a person and why, options, and what it says."""

from __future__ import annotations

import dataclasses

import pytest

from aiomend import check_source, fix_source
from aiomend.facts.catalog import blocking
from aiomend.model import Finding, Safety
from aiomend.settings import EVERYTHING, Selection, Settings, SettingsError, TargetRange

SETTINGS = Settings(select=Selection(frozenset({"AIO402"})), unsafe=EVERYTHING)
HEAD = "import asyncio, os, queue, requests, sqlite3, subprocess, threading, zipfile"


def findings(text: str, path: str = "source.py", **options: object) -> tuple[Finding, ...]:
    return check_source(text, path=path, settings=dataclasses.replace(SETTINGS, **options))  # type: ignore[arg-type]


def fixed(text: str, **options: object) -> str:
    return fix_source(text, settings=dataclasses.replace(SETTINGS, **options)).text  # type: ignore[arg-type]


def coroutine(*lines: str, head: str = HEAD) -> str:
    return "\n".join([head, "async def main(self, x):", *(f"    {line}" for line in lines), ""])


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("return lambda: requests.get(x)", id="a-lambda-cannot-wait"),
        pytest.param("return (requests.get(y) for y in x)", id="a-generator-expression-cannot-wait"),
        pytest.param("def inner(): requests.get(x)", id="a-plain-function-cannot-wait"),
        pytest.param("await asyncio.to_thread(requests.get, x)", id="a-reference-does-not-block"),
        pytest.param("await requests.get(x)", id="an-awaited-one-is-not-what-it-seems"),
        pytest.param("async with requests.get(x): pass", id="so-is-one-that-is-entered-so"),
        pytest.param("x.get('url')", id="the-receiver-is-not-known"),
        pytest.param("requests = x; requests.get(x)", id="the-name-is-taken"),
        pytest.param("(requests if x else self).get(x)", id="it-may-be-something-else"),
        pytest.param("os.remove(x)", id="it-is-brief"),
        pytest.param("open(x)", id="it-is-brief-too"),
        pytest.param("queue.Queue().get(timeout=0)", id="it-does-not-wait"),
        pytest.param("threading.Event().wait()", id="waiting-for-threads-has-a-rule-of-its-own"),
        pytest.param("queue.Queue().get()", id="so-has-waiting-for-what-they-make"),
        pytest.param("asyncio.run(x)", id="so-has-a-loop-in-a-loop"),
        pytest.param("subprocess.Popen(x)", id="starting-is-brief"),
    ],
)
def test_it_is_silent_where(line: str) -> None:
    assert findings(coroutine(line)) == ()


def test_sleeping_belongs_to_another_rule() -> None:
    assert findings(coroutine("time.sleep(1)", head="import time")) == ()


def test_no_other_call_of_the_standard_library_has_a_twin_in_asyncio() -> None:
    # A second one would need the same treatment as time.sleep() has: awaited in place, not moved to a thread.
    twins = [e.name for e in blocking.entries().values() if e.drop_in and e.package is None]
    assert twins == ["time.sleep"]


@pytest.mark.parametrize("framework", ["trio", "curio", "gevent", "eventlet"])
def test_it_is_silent_in_a_file_of_another_framework(framework: str) -> None:
    assert findings(coroutine("requests.get(x)", head=f"import requests, {framework}")) == ()


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        pytest.param(["with self.lock: requests.get(x)"], "`self.lock` is held", id="a-thread-lock"),
        pytest.param(["sqlite3.connect(x).execute('')"], "the thread only that made", id="bound-to-its-thread"),
        pytest.param(["requests.Session().get(x)"], "not safe for threads", id="one-thread-at-a-time"),
        pytest.param(["zipfile.ZipFile(x)"], "a context manager", id="a-context-manager"),
        pytest.param(["with requests.get(x): await self.m()"], "a context manager", id="entered"),
        pytest.param(["requests.get(x, stream=True)"], "the body is read later", id="streamed"),
        pytest.param(["requests.get(x, stream=self.s)"], "the body is read later", id="perhaps-streamed"),
        pytest.param(["for y in os.walk(x): pass"], "an iterator", id="an-iterator"),
        pytest.param(["breakpoint()"], "no executor helps", id="a-redesign"),
        pytest.param(["import hashlib", "hashlib.scrypt(x)"], "one of threads does", id="for-the-processor"),
        pytest.param(["import timeit", "timeit.timeit(x)"], "of processes", id="for-another-processor"),
        pytest.param(["self.n += requests.get(x).n"], "`self.n` is read before", id="read-modify-write"),
        pytest.param(["try: input()", "except KeyboardInterrupt: pass"], "KeyboardInterrupt", id="ctrl-c"),
        pytest.param(["asyncio.wait_for(requests.get(x), 1)"], "before `asyncio.wait_for()`", id="no-awaitable"),
        pytest.param(["asyncio.to_thread(requests.get(x))"], "before `asyncio.to_thread()`", id="no-function"),
        pytest.param(["self.loop.run_in_executor(None, input())"], "before `self.loop.run_in", id="no-function-either"),
        pytest.param(["def inner(y=input()): pass"], "default value", id="a-default-value"),
    ],
)
def test_a_person_decides(lines: list[str], reason: str) -> None:
    manual = [finding for finding in findings(coroutine(*lines)) if finding.safety is Safety.MANUAL]
    assert any(reason in (finding.reason or "") for finding in manual)
    assert fixed(coroutine(*lines)) == coroutine(*lines)


def test_next_is_never_moved() -> None:
    (finding,) = findings(coroutine("next(x)"), blocking_calls=(("builtins.next", "executor"),))
    assert finding.safety is Safety.MANUAL
    assert "StopIteration" in (finding.reason or "")


def test_a_test_may_stop_the_loop() -> None:
    assert findings(coroutine("requests.get(x)"), path="tests/test_it.py") == ()


def test_what_is_handed_over_by_mistake_is_a_mistake_in_a_test_too() -> None:
    (finding,) = findings(coroutine("await asyncio.wait_for(requests.get(x), 5)"), path="tests/test_it.py")
    assert finding.safety is Safety.MANUAL


def test_brief_calls_count_where_they_are_asked_for() -> None:
    (finding,) = findings(coroutine("os.remove(x)"), brief_calls=True)
    assert finding.safety is Safety.UNSAFE


@pytest.mark.parametrize(("kind", "safety"), [("executor", Safety.UNSAFE), ("manual", Safety.MANUAL), ("none", None)])
def test_the_configuration_decides(kind: str, safety: Safety | None) -> None:
    found = findings(coroutine("requests.get(x)"), blocking_calls=(("requests.get", kind),))
    assert [finding.safety for finding in found] == ([] if safety is None else [safety])


def test_a_name_of_the_configuration_that_is_none_is_said() -> None:
    with pytest.raises(SettingsError, match="no qualified name"):
        findings(coroutine("requests.get(x)"), blocking_calls=(("fetch", "executor"),))


def test_an_executor_that_names_nothing_is_said() -> None:
    with pytest.raises(SettingsError, match="write package"):
        findings(coroutine("requests.get(x)"), executor="pools.IO")


def test_the_executor_is_imported() -> None:
    text = fixed(coroutine("requests.get(x)"), executor="app.pools:IO")
    assert "import app.pools\n" in text
    assert ".run_in_executor(app.pools.IO, requests.get, x)" in text


def test_the_executor_may_be_an_attribute() -> None:
    text = fixed(coroutine("requests.get(x)"), executor="app.pools:Pools.IO")
    assert "app.pools.Pools.IO, requests.get, x\n" in text


def test_the_executor_of_its_own_module_needs_no_import() -> None:
    text = fixed(coroutine("requests.get(x)", head="import asyncio, requests\nIO = None"), executor="source:IO")
    assert ".run_in_executor(IO, requests.get, x)" in text
    assert "import source" not in text


def test_to_thread_needs_every_target_to_have_it() -> None:
    (finding,) = findings(coroutine("requests.get(x)"), offload="to_thread", target=TargetRange((3, 8), (3, 13)))
    assert finding.safety is Safety.MANUAL
    assert finding.reason is not None
    assert "needs Python 3.9, the target range is 3.8-3.13" in finding.reason


def test_to_thread_takes_the_call_as_it_is() -> None:
    text = fixed(coroutine("requests.get(x, timeout=3)"), offload="to_thread", target=TargetRange((3, 9), (3, 13)))
    assert "await asyncio.to_thread(requests.get, x, timeout=3)" in text
    assert "functools" not in text


@pytest.mark.parametrize(
    ("low", "getter"), [((3, 6), "asyncio.get_event_loop()"), ((3, 7), "asyncio.get_running_loop()")]
)
def test_the_loop_is_asked_for_as_the_oldest_target_can(low: tuple[int, int], getter: str) -> None:
    text = fixed(coroutine("requests.get(x)"), target=TargetRange(low, (3, 13)))
    assert f"await {getter}.run_in_executor(None, requests.get, x)" in text


def test_each_call_of_a_chain_can_be_taken_alone() -> None:
    text = coroutine("requests.get(requests.head(x).url)")
    whole = fix_source(text, settings=SETTINGS).report
    for chosen in whole.findings:
        alone = fix_source(text, settings=SETTINGS, accept=lambda finding, one=chosen: finding.id == one.id)  # type: ignore[misc]
        assert alone.text.count("run_in_executor") == 1
        compile(alone.text, "alone", "exec")


def test_the_message_says_what_happens_and_what_is_awaitable() -> None:
    (finding,) = findings(coroutine("requests.get(x)"))
    assert finding.message == (
        "`requests.get()` stops the event loop until it returns; `run_in_executor()` runs it in a thread;"
        " awaitable: httpx.AsyncClient / aiohttp.ClientSession"
    )


def test_the_message_names_what_an_alias_reaches() -> None:
    (finding,) = findings("from subprocess import call as run\nasync def f(): run('x')\n")
    assert finding.message.startswith("`run()` (subprocess.call) stops the event loop")


def test_a_callee_of_many_lines_is_called_by_its_name() -> None:
    (finding,) = findings(coroutine("subprocess.Popen(", "    x,", ").wait()"))
    assert finding.message.startswith("`subprocess.Popen.wait()` stops the event loop")


def test_the_reason_carries_the_note_of_the_catalogue() -> None:
    (finding,) = [one for one in findings(coroutine("sqlite3.connect(x).execute('')")) if "execute" in one.message]
    assert finding.reason is not None
    assert "aiosqlite" in finding.reason


def test_no_fix_is_safe() -> None:
    text = coroutine("requests.get(x)", "input()")
    assert fixed(text, unsafe=Selection()) == text
