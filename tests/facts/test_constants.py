"""Tests that come out the same on every run, and those that only seem to."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend import check_source
from aiomend.facts.constants import truth
from aiomend.facts.view import Module
from aiomend.settings import Selection, Settings

See = Callable[..., Module]
Marked = Callable[[Module], ast.Call]
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


@pytest.mark.parametrize(
    ("test", "outcome"),
    [
        ("1", True),
        ("''", False),
        ("not 0", True),
        ("not x", None),
        ("x", None),
        ("x()", None),
        ("ON", True),
        ("OFF", False),
        ("OFF and x", False),
        ("ON and x", None),
        ("ON and ON", True),
        ("ON or x", True),
        ("OFF or x", None),
        ("OFF or OFF", False),
        ("TYPED", True),
        ("UNPACKED", None),
        ("THERE", True),
        ("NOT_THERE", None),
        ("FAR", True),
        ("typing.TYPE_CHECKING", False),
        ("STANDARD", None),
    ],
)
def test_how_a_test_comes_out_on_every_run(see: See, marked: Marked, test: str, outcome: bool | None) -> None:
    text = (
        "import typing\nfrom other import THERE, NOT_THERE\nfrom far import FAR\nfrom string import STANDARD\n"
        f"ON = True\nOFF = 0\nTYPED: bool = True\nUNPACKED, = (1,)\nmark({test})\n"
    )
    module = see(text, other="THERE = 1", far="from other import THERE as FAR")
    assert truth(module.inference, module.facts, marked(module).args[0]) is outcome


@pytest.mark.parametrize(("hops", "outcome"), [(3, True), (4, None)])
def test_a_constant_is_followed_through_a_few_modules(
    see: See, marked: Marked, hops: int, outcome: bool | None
) -> None:
    files = {f"m{at}": f"from m{at - 1} import ON" for at in range(1, hops)} | {"m0": "ON = True"}
    module = see(f"from m{hops - 1} import ON\nmark(ON)\n", **files)
    assert truth(module.inference, module.facts, marked(module).args[0]) is outcome
