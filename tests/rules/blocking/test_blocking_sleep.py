"""AIO401: what it is silent about, what it leaves to a person and why, and what it says."""

from __future__ import annotations

import dataclasses

import pytest

from aiomend import check_source, fix_source
from aiomend.model import Finding, Safety
from aiomend.settings import EVERYTHING, Selection, Settings, SettingsError

SETTINGS = Settings(select=Selection(frozenset({"AIO401"})), unsafe=EVERYTHING)


def findings(text: str, path: str = "source.py", **options: object) -> tuple[Finding, ...]:
    return check_source(text, path=path, settings=dataclasses.replace(SETTINGS, **options))  # type: ignore[arg-type]


def coroutine(*lines: str, head: str = "import asyncio, contextlib, threading, time") -> str:
    return "\n".join([head, "async def main(self, x):", *(f"    {line}" for line in lines), ""])


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("return lambda: time.sleep(1)", id="a-lambda-cannot-wait"),
        pytest.param("return (time.sleep(y) for y in x)", id="a-generator-expression-cannot-wait"),
        pytest.param("def inner(): time.sleep(1)", id="a-plain-function-cannot-wait"),
        pytest.param("class Inner: y = time.sleep(1)", id="a-class-body-cannot-wait"),
        pytest.param("asyncio.to_thread(time.sleep, 1)", id="a-reference-does-not-sleep"),
        pytest.param("await time.sleep(1)", id="an-awaited-one-is-not-what-it-seems"),
        pytest.param("time.sleep(-1)", id="a-negative-number-raises"),
        pytest.param("time.sleep(-0.5)", id="a-negative-fraction-raises"),
        pytest.param("time.sleep()", id="no-argument-raises"),
        pytest.param("time.sleep(1, 2)", id="two-arguments-raise"),
        pytest.param("time.sleep(secs=1)", id="a-keyword-raises"),
        pytest.param("x.sleep(1)", id="something-else-sleeps"),
        pytest.param("time = x; time.sleep(1)", id="the-name-is-taken"),
    ],
)
def test_it_is_silent_where(line: str) -> None:
    assert findings(coroutine(line)) == ()


@pytest.mark.parametrize("framework", ["trio", "curio", "gevent", "eventlet"])
def test_it_is_silent_in_a_file_of_another_framework(framework: str) -> None:
    assert findings(coroutine("time.sleep(1)", head=f"import time, {framework}")) == ()


def test_it_is_silent_where_the_configuration_says_so() -> None:
    assert findings(coroutine("time.sleep(1)"), blocking_calls=(("time.sleep", "none"),)) == ()


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        pytest.param(["with self.lock: time.sleep(1)"], "`self.lock` is held", id="a-thread-lock"),
        pytest.param(
            ["if self.n:", "    time.sleep(1)", "    self.n -= 1"], "`self.n` is read before", id="check-then-act"
        ),
        pytest.param(
            ["n = self.n", "time.sleep(1)", "self.n = n + 1"], "`self.n` is read before", id="read-then-write"
        ),
        pytest.param(["if self.n: time.sleep(1)", "del self.n"], "`self.n` is read before", id="read-then-delete"),
        pytest.param(["if x in self.d: time.sleep(1)", "self.d[x] = 1"], "`self.d` is read before", id="item"),
        pytest.param(["self.n = (self.n, time.sleep(1))"], "`self.n` is read before", id="in-one-statement"),
        pytest.param(["self.n += time.sleep(1) or 1"], "`self.n` is read before", id="in-one-augmented-assignment"),
        pytest.param(["try: time.sleep(1)", "except KeyboardInterrupt: pass"], "KeyboardInterrupt", id="ctrl-c"),
        pytest.param(
            ["with contextlib.suppress(KeyboardInterrupt): time.sleep(1)"], "KeyboardInterrupt", id="suppress"
        ),
        pytest.param(["asyncio.wait_for(time.sleep(1), 2)"], "before `asyncio.wait_for()`", id="no-awaitable"),
        pytest.param(["threading.Thread(target=time.sleep(1))"], "before `threading.Thread()`", id="no-function"),
        pytest.param(["def inner(y=time.sleep(1)): pass"], "default value", id="a-default-value"),
    ],
)
def test_a_person_decides(lines: list[str], reason: str) -> None:
    (finding,) = findings(coroutine(*lines))
    assert finding.safety is Safety.MANUAL
    assert finding.reason is not None
    assert reason in finding.reason


def test_the_race_is_shown_with_its_two_ends() -> None:
    (finding,) = findings(coroutine("if self.n:", "    time.sleep(1)", "    self.n -= 1"))
    assert [(evidence.line, evidence.note) for evidence in finding.evidence] == [
        (3, "`self.n` is read"),
        (5, "`self.n` is written"),
    ]


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["self.n += 1", "time.sleep(1)", "self.n -= 1"], id="counting-checks-nothing"),
        pytest.param(["self.n = 1", "time.sleep(1)", "self.n = 2"], id="nothing-is-read"),
        pytest.param(["self.e.set()", "time.sleep(1)", "self.e.clear()"], id="telling-learns-nothing"),
        pytest.param(["time.sleep(1)", "if self.n: self.n = 2"], id="all-of-it-comes-after"),
        pytest.param(["if self.n: self.n = 2", "time.sleep(1)"], id="all-of-it-comes-before"),
        pytest.param(["n = 1", "if n: time.sleep(1)", "n = 2"], id="a-local-name-is-nobody-elses"),
        pytest.param(["async with self.lock:", "    if self.n: time.sleep(1)", "    self.n = 2"], id="asyncio-lock"),
        pytest.param(["if x: print(self.n)", "else: time.sleep(1)", "self.n = 2"], id="read-in-the-other-branch"),
    ],
)
def test_what_looks_like_a_race_is_none(lines: list[str]) -> None:
    (finding,) = findings(coroutine(*lines))
    assert finding.safety is Safety.UNSAFE


def test_in_a_test_a_person_decides() -> None:
    (finding,) = findings(coroutine("time.sleep(1)"), path="tests/test_it.py")
    assert (finding.safety, finding.reason) == (Safety.MANUAL, "a test may stop the loop on purpose")


def test_the_configuration_leaves_it_to_a_person() -> None:
    (finding,) = findings(coroutine("time.sleep(1)"), blocking_calls=(("time.sleep", "manual"),))
    assert finding.safety is Safety.MANUAL


def test_a_kind_that_does_not_exist_is_said() -> None:
    with pytest.raises(SettingsError, match="is no kind"):
        findings(coroutine("time.sleep(1)"), blocking_calls=(("time.sleep", "sometimes"),))


def test_the_message_names_what_the_code_says() -> None:
    (finding,) = findings("from time import sleep as nap\nasync def f(): nap(1)\n")
    assert finding.message == "`nap()` stops the event loop; `asyncio.sleep()` suspends this coroutine alone"
    assert finding.safety is Safety.UNSAFE


def test_the_message_for_zero_says_who_runs() -> None:
    (finding,) = findings(coroutine("time.sleep(0)"))
    assert finding.message.startswith("`time.sleep(0)` lets no other task run")
    assert finding.safety is Safety.UNSAFE


def test_nothing_is_changed_without_the_unsafe_level() -> None:
    text = coroutine("time.sleep(1)")
    assert fix_source(text, settings=dataclasses.replace(SETTINGS, unsafe=Selection())).text == text


def test_the_import_is_one_that_runs() -> None:
    text = "from typing import TYPE_CHECKING\nimport time\nif TYPE_CHECKING:\n    import asyncio\nasync def f(): time.sleep(1)\n"
    fixed = fix_source(text, settings=SETTINGS).text
    assert "from asyncio import sleep\n" in fixed
    assert "await sleep(1)" in fixed
