"""Tests that come out the same on every run, and those that only seem to."""

from __future__ import annotations

import pytest

from aiomend import check_source
from aiomend.settings import Selection, Settings

SETTINGS = Settings(select=Selection(frozenset({"AIO401"})))


def found(test: str, *head: str) -> bool:
    """Whether the sleep under a test is taken for one that can happen."""
    text = "\n".join(
        ["import time, typing", *head, "async def main(x):", f"    if {test}:", "        time.sleep(1)", ""]
    )
    return check_source(text, settings=SETTINGS) != ()


@pytest.mark.parametrize(
    ("test", "head"),
    [
        pytest.param("x", (), id="a-parameter"),
        pytest.param("SYNC", ("SYNC = True",), id="always-true"),
        pytest.param("not SYNC", ("SYNC = False",), id="not-false"),
        pytest.param("SYNC", ("SYNC = False", "SYNC = True"), id="bound-twice"),
        pytest.param("SYNC", ("if time: SYNC = False",), id="bound-in-a-branch"),
        pytest.param("SYNC", ("SYNC = bool(0)",), id="computed"),
        pytest.param(
            "SYNC", ("SYNC = False", "def f():", "    global SYNC", "    SYNC = True"), id="changed-by-a-function"
        ),
        pytest.param("SYNC", ("SYNC = False", "import settings", "settings.SYNC = True"), id="set-from-outside"),
        pytest.param("SYNC or x", ("SYNC = False",), id="or-something-else"),
    ],
)
def test_what_may_be_true_is_not_dead(test: str, head: tuple[str, ...]) -> None:
    assert found(test, *head)


@pytest.mark.parametrize(
    ("test", "head"),
    [
        pytest.param("False", (), id="written-out"),
        pytest.param("typing.TYPE_CHECKING", (), id="for-type-checkers"),
        pytest.param("SYNC", ("SYNC = False",), id="a-constant"),
        pytest.param("SYNC", ("SYNC: bool = False",), id="an-annotated-constant"),
        pytest.param("SYNC and x", ("SYNC = False",), id="and-something-else"),
        pytest.param("not SYNC", ("SYNC = 1",), id="not-true"),
    ],
)
def test_what_is_never_true_is_dead(test: str, head: tuple[str, ...]) -> None:
    assert not found(test, *head)
