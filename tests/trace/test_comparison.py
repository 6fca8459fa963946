"""Which lines are which after a change, and what a complaint's absence proves."""

from __future__ import annotations

import pytest

from aiomend_cli.trace.comparison import Executed, Row, Verdict, compared
from aiomend_cli.trace.log import Complaint, Place
from aiomend_cli.trace.texts import became, moved, text_of

OLD = b"a\nb\nc\nd\n"


# ---- lines ---


def test_a_line_that_changed_has_no_line_of_today() -> None:
    assert moved(text_of(OLD), text_of(b"new\na\nB\nc\nd\n")) == {1: 2, 3: 4, 4: 5}


def test_white_space_at_the_end_of_a_line_is_no_change() -> None:
    assert moved(text_of(OLD), text_of(b"a \r\nb\r\nc\nd\n")) == {1: 1, 2: 2, 3: 3, 4: 4}


@pytest.mark.parametrize(
    ("new", "second"),
    [
        (OLD, [2]),
        (b"new\n" + OLD, [3]),
        (b"a\nB\nc\nd\n", [2]),
        (b"a\nB1\nB2\nB3\nc\nd\n", [2, 3, 4]),
        (b"a\nc\nd\n", [1, 2]),
    ],
)
def test_what_a_line_became(new: bytes, second: list[int]) -> None:
    assert list(became(text_of(OLD), text_of(new))[2]) == second


# ---- verdicts ---


def complaint(kind: str = "never-awaited", line: int = 3, file: str | None = "a.py", **more: object) -> Complaint:
    return Complaint(kind, file, line, "main", 1, 0.0, **more)  # type: ignore[arg-type]


def verdicts(
    before: list[Complaint], after: list[Complaint], *executed: int, bodies: dict[Place, Place] | None = None
) -> list[Verdict]:
    rows = compared(
        before,
        after,
        lambda place: [place[1] + 1],  # a line more at the top
        Executed(frozenset(("a.py", line) for line in executed)),
        bodies or {},
        lambda _: (),
    )
    return [row.verdict for row in rows]


def test_silence_of_a_line_that_did_not_run_proves_nothing() -> None:
    assert verdicts([complaint()], [], 3) == [Verdict.NOT_EXECUTED]


def test_silence_of_something_without_a_line_proves_nothing() -> None:
    assert verdicts([complaint(file=None)], [], 4) == [Verdict.NOT_EXECUTED]


def test_a_complaint_at_the_line_that_it_became_is_still_there() -> None:
    assert verdicts([complaint()], [complaint(line=4)], 4) == [Verdict.STILL]


def test_a_complaint_of_another_kind_at_that_line_is_new() -> None:
    assert verdicts([complaint()], [complaint("wrong-thread", line=4)], 4) == [Verdict.GONE, Verdict.NEW]


def test_a_coroutine_whose_body_does_not_run_is_not_mended() -> None:
    bodies = {("a.py", 3): ("a.py", 9)}
    assert verdicts([complaint()], [], 4, bodies=bodies) == [Verdict.BODY]
    assert verdicts([complaint()], [], 4, 9, bodies=bodies) == [Verdict.GONE]


def test_the_body_of_a_function_matters_to_no_other_kind() -> None:
    bodies = {("a.py", 3): ("a.py", 9)}
    assert verdicts([complaint("blocking-call")], [], 4, bodies=bodies) == [Verdict.GONE]


def test_a_row_keeps_the_line_of_the_original() -> None:
    [row] = compared([complaint()], [], lambda _: [8], Executed(frozenset({("a.py", 8)})), {}, lambda _: ("AIO601",))
    assert row == Row("never-awaited", "a.py", 3, "main", complaint(), None, Verdict.GONE, ("AIO601",))
