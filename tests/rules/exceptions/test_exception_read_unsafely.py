"""AIO704: which callbacks break off for a cancelled future, and what the finding says."""

from __future__ import annotations

import textwrap

import pytest

from aiomend import Finding, Settings, check_source
from aiomend.settings import Selection, TargetRange

ONLY = Selection(frozenset({"AIO704"}))

KITE = """
import asyncio

def fly(wind, other):
    kite = asyncio.ensure_future(wind())
    {added}

def landed(kite):
    print(kite.result())

async def later(kite):
    print(kite.result())

def each(kite):
    yield kite.result()
"""


def check(code: str, path: str = "app.py", target: str = "3.8-3.15") -> tuple[Finding, ...]:
    settings = Settings(select=ONLY, target=TargetRange.parse(target))
    return check_source(textwrap.dedent(code), path=path, settings=settings)


@pytest.mark.parametrize(
    "added",
    [
        "other.add_done_callback(landed)",
        "kite.add_done_callback(other)",
        "kite.add_done_callback(*other)",
        "kite.add_done_callback(other(landed))",
        "kite.add_done_callback(later)",
        "kite.add_done_callback(each)",
        "kite.add_done_callback(lambda kite: other(kite))",
        "kite.add_done_callback(lambda kite: not kite.cancelled() and kite.exception())",
        "kite.add_done_callback(lambda _: kite.result())",
        "kite.add_done_callback(lambda kite: lambda: kite.result())",
    ],
)
def test_what_is_no_callback_or_reads_nothing_keeps_the_rule_silent(added: str) -> None:
    assert check(KITE.format(added=added)) == ()


def test_tests_see_what_is_raised() -> None:
    assert check(KITE.format(added="kite.add_done_callback(landed)"), "tests/test_kite.py") == ()


@pytest.mark.parametrize(("target", "count"), [("3.6-3.7", 0), ("3.6-3.8", 1), ("3.8", 1)])
def test_a_cancellation_is_an_exception_up_to_3_7(target: str, count: int) -> None:
    code = KITE.format(added="kite.add_done_callback(landed)")
    code = code.replace("    print(kite.result())", "    try: print(kite.result())\n    except Exception: pass", 1)

    assert len(check(code, target=target)) == count


def test_a_callback_is_found_once_however_often_it_is_added() -> None:
    (finding,) = check(KITE.format(added="kite.add_done_callback(landed); kite.add_done_callback(landed)"))

    assert (finding.safety.label, finding.line) == ("unsafe", 9)
    assert finding.message == (
        "`kite.result()` raises CancelledError out of the callback where `kite` was cancelled; "
        "`if kite.cancelled(): return` leaves before"
    )


@pytest.mark.parametrize("added", ["lambda k: k.exception()", "silence"])
def test_whether_errors_may_be_hidden_is_for_a_person_to_say(added: str) -> None:
    code = KITE.format(added=f"kite.add_done_callback({added})")
    (finding,) = check(code + '\ndef silence(k):\n    """Hush."""\n    k.exception()\n')

    assert finding.safety.label == "manual"
    assert finding.reason is not None
    assert "only so that nobody reports it" in finding.reason


def test_a_lambda_that_others_may_call_is_for_a_person() -> None:
    code = KITE.format(added="show = lambda k: print(k.result()); kite.add_done_callback(show)")
    (finding,) = check(code)

    assert finding.safety.label == "manual"
    assert finding.reason is not None
    assert "others may call it" in finding.reason


@pytest.mark.parametrize("wakes", ["other.set_result(k.result())", "other.set(k.exception())"])
def test_whoever_waits_for_the_callback_must_hear_of_the_cancellation(wakes: str) -> None:
    (finding,) = check(KITE.format(added=f"kite.add_done_callback(lambda k: {wakes})"))

    assert finding.safety.label == "manual"
    assert finding.reason is not None
    assert "may be what somebody waits for" in finding.reason
