"""What a commit says, and templates that would make it say something else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aiomend.model import Finding, Impact, Safety
from aiomend_cli.commit import Step
from aiomend_cli.forge.message import left_alone, message
from aiomend_cli.forge.settings import is_author, is_template, is_trailer

STEP = Step("AIO201", "guard-future-result", 2, {"a.py": (b"", b"x")})
WHAT = "Test whether a future was cancelled."
FINDING = Finding(
    "id", "AIO201", "guard-future-result", 2, Impact.BUG, "", "a.py", 1, 1, 1, 2, Safety.SAFE, True, None, ""
)


def test_what_why_and_how_many() -> None:
    first, blank, what, why, *_ = message(STEP, WHAT, [FINDING], None).splitlines()
    assert first == "AIO201 guard-future-result: 2 fixes in 1 file"
    assert blank == ""
    assert what == WHAT
    assert why == "https://docs.python.org/3.6/library/asyncio-dev.html#cancellation"


def test_what_of_its_kind_is_left_alone_and_nothing_of_others() -> None:
    others = [
        replace(FINDING, applied=False, safety=safety) for safety in (Safety.MANUAL, Safety.UNSAFE, Safety.MANUAL)
    ]
    foreign = replace(others[0], code="AIO401")
    assert "\nLeft alone: 2 manual, 1 unsafe.\n" in message(STEP, WHAT, [FINDING, foreign, *others], None)


def test_no_line_where_nothing_is_left_alone() -> None:
    assert left_alone([FINDING]) == ""
    assert "\n\n\n" not in message(STEP, WHAT, [FINDING], None)


@pytest.mark.parametrize("text", ["", " \n", "{", "{}", "{0}", "{token}", "{code!r}", "{code:>9}", "{code.real}"])
def test_what_is_no_template(text: str) -> None:
    assert not is_template(text)


def test_a_template() -> None:
    assert is_template("fix({code}): {{x}}")
    assert message(STEP, WHAT, [], "fix({code}): {{x}} {files}") == "fix(AIO201): {x} 1 file\n"


@pytest.mark.parametrize("text", ["me", "<me@example.com>", "me <>", "a <b> <c>", "a\nb <c@d>", "me <a b>"])
def test_what_is_no_author(text: str) -> None:
    assert not is_author(text)


@pytest.mark.parametrize("text", ["", "Signed-off-by:", "no trailer", "A: b\nC: d", ": x", "Two words: x"])
def test_what_is_no_trailer(text: str) -> None:
    assert not is_trailer(text)


def test_authors_and_trailers() -> None:
    assert is_author("aiomend[bot] <1+aiomend[bot]@users.noreply.github.com>")
    assert is_trailer("Signed-off-by: A Bot <bot@example.com>")
