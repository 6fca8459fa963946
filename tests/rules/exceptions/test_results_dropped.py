"""AIO702: whose exceptions are collected and thrown away, and what the finding says."""

from __future__ import annotations

import textwrap

import pytest

from aiomend import Finding, Settings, check_source
from aiomend.settings import Selection

ONLY = Selection(frozenset({"AIO702"}))

POST = """
import asyncio

async def send(letter):
    print(10 / letter)

async def post(letters, other):
    {use}
"""


def check(code: str, path: str = "app.py") -> tuple[Finding, ...]:
    return check_source(textwrap.dedent(code), path=path, settings=Settings(select=ONLY))


@pytest.mark.parametrize(
    "use",
    [
        "return await asyncio.gather(send(1), return_exceptions=True)",
        "results = await asyncio.gather(send(1), return_exceptions=True); print(results)",
        "other.results = await asyncio.gather(send(1), return_exceptions=True)",
        "task = asyncio.gather(send(1), return_exceptions=True)",
        "tasks = [send(1), other]; await asyncio.wait(tasks)",
        "tasks = [asyncio.ensure_future(send(1))]; other(tasks); await asyncio.wait(tasks)",
        "tasks = other.tasks; await asyncio.wait(tasks)",
        "tasks, _ = [send(1)], 2; await asyncio.wait(tasks)",
        "await asyncio.gather(*letters, send(1), return_exceptions=True)",
        "await asyncio.wait([*letters, send(1)])",
        "await asyncio.gather(return_exceptions=True)",
        "await other.gather(send(1), return_exceptions=True)",
    ],
)
def test_whoever_may_look_at_the_exceptions_keeps_the_rule_silent(use: str) -> None:
    assert check(POST.format(use=use)) == ()


@pytest.mark.parametrize("name", ["close", "_shutdown", "on_stop", "aclose", "stop_all"])
def test_the_errors_of_the_end_are_not_wanted(name: str) -> None:
    code = POST.format(use="await asyncio.gather(send(1), return_exceptions=True)")

    assert check(code.replace("def post", f"def {name}")) == ()


def test_tests_see_what_they_want_to_see() -> None:
    assert check(POST.format(use="await asyncio.gather(send(1), return_exceptions=True)"), "tests/test_post.py") == ()


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (
            "await asyncio.gather(send(1), return_exceptions=True)",
            "`asyncio.gather()` puts exceptions among results that nobody reads, so that work that failed looks like work "
            "that is done",
        ),
        (
            "await asyncio.wait([asyncio.create_task(send(letter)) for letter in letters])",
            "`asyncio.wait()` leaves exceptions in its tasks, so that work that failed looks like work that is done",
        ),
    ],
)
def test_what_becomes_of_the_exceptions_is_for_a_person_to_say(use: str, message: str) -> None:
    (finding,) = check(POST.format(use=use))

    assert (finding.safety.label, finding.line, finding.message) == ("manual", 8, message)
    assert finding.reason == "whether an exception ends the work, is logged or is ignored is for a person to say"
