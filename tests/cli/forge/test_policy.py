"""What is done about a pull request, for everything that can have become of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aiomend.model import Safety
from aiomend_cli.forge.branch import Commit
from aiomend_cli.forge.policy import (
    Close,
    Head,
    Known,
    Open,
    Push,
    Triage,
    Update,
    Wanted,
    closings,
    newest,
    operations,
    triage,
)
from aiomend_cli.forge.pull import Marker, Pull, State, marker
from aiomend_cli.forge.sets import FixSet

SAFE = FixSet("safe", Safety.SAFE, frozenset({"one", "two"}))
UNSAFE = [FixSet(f"unsafe-aio40{n}", Safety.UNSAFE, frozenset({str(n)}), f"AIO40{n}") for n in range(1, 5)]
OURS = Head("1" * 40, "seal", in_base=False)
FOREIGN = Head("2" * 40, None, in_base=False)
WANTED = Wanted(SAFE, "main", (Commit("3" * 40, "seal", "text"),), "title", "body", draft=False)


def pull(fix_set: FixSet = SAFE, state: State = State.OPEN, **changes: object) -> Pull:
    body = f"body\n\n{Marker(fix_set.name, fix_set.digest, WANTED.state)}\n"
    one = Pull(7, "https://forge/7", fix_set.branch, "main", state, "title", body)
    return replace(one, **changes)  # type: ignore[arg-type]


def sorted_out(*sets: FixSet, known: dict[str, Known] | None = None, reopen: bool = False) -> Triage:
    return triage(sets, known or {}, "main", reopen=reopen, max_open=2)


def names(sets: tuple[FixSet, ...]) -> list[str]:
    return [one.name for one in sets]


class TestHeld:
    def reason(self, known: Known, **options: bool) -> str:
        result = sorted_out(SAFE, known={SAFE.branch: known}, **options)
        assert len(result.held) + len(result.due) == 1
        return result.held[0].reason if result.held else ""

    def test_a_branch_that_a_person_has_committed_to(self) -> None:
        assert "222222222" in self.reason(Known(FOREIGN, pull()))
        assert "222222222" in self.reason(Known(FOREIGN), reopen=True)

    def test_a_pull_request_that_somebody_else_opened_for_the_branch(self) -> None:
        assert "aiomend did not write that" in self.reason(Known(OURS, pull(body="Please merge")))

    def test_a_pull_request_for_another_base(self) -> None:
        assert "with stable as its base and not main" in self.reason(Known(OURS, pull(base="stable")))

    def test_a_pull_request_that_somebody_closed(self) -> None:
        assert "was closed" in self.reason(Known(OURS, pull(state=State.CLOSED)))

    def test_a_merge_that_somebody_took_back(self) -> None:
        assert "was merged" in self.reason(Known(OURS, pull(state=State.MERGED)))

    @pytest.mark.parametrize("state", [State.CLOSED, State.MERGED])
    def test_not_with_reopen(self, state: State) -> None:
        assert self.reason(Known(OURS, pull(state=state)), reopen=True) == ""

    def test_not_where_the_closed_one_was_of_other_fixes(self) -> None:
        other = replace(SAFE, ids=frozenset({"three"}))
        assert self.reason(Known(OURS, pull(other, State.CLOSED))) == ""

    def test_not_where_the_base_has_what_is_on_the_branch(self) -> None:
        assert self.reason(Known(Head("4" * 40, None, in_base=True))) == ""


class TestTurns:
    def test_safe_fixes_come_first(self) -> None:
        result = sorted_out(SAFE, *UNSAFE)
        assert names(result.due) == ["safe"]
        assert {one.reason for one in result.waiting} == {"its turn comes when the safe fixes are merged"}

    def test_unsafe_ones_wait_for_safe_ones_that_somebody_closed_too(self) -> None:
        result = sorted_out(SAFE, UNSAFE[0], known={SAFE.branch: Known(OURS, pull(state=State.CLOSED))})
        assert (result.due, len(result.held), len(result.waiting)) == ((), 1, 1)

    def test_two_with_unsafe_fixes_at_once(self) -> None:
        result = sorted_out(*UNSAFE)
        assert names(result.due) == ["unsafe-aio401", "unsafe-aio402"]
        assert len(result.waiting) == 2

    def test_open_ones_are_kept_up_to_date_and_count(self) -> None:
        last = UNSAFE[3]
        result = sorted_out(*UNSAFE, known={last.branch: Known(OURS, pull(last))})
        assert names(result.due) == ["unsafe-aio401", "unsafe-aio404"]

    def test_open_ones_of_rules_that_this_run_leaves_out_count_too(self) -> None:
        known = {one.branch: Known(OURS, pull(one)) for one in UNSAFE[2:]}
        assert names(sorted_out(UNSAFE[0], known=known).due) == []

    def test_what_is_held_takes_no_turn(self) -> None:
        known = {UNSAFE[0].branch: Known(OURS, pull(UNSAFE[0], State.CLOSED))}
        assert names(sorted_out(*UNSAFE, known=known).due) == ["unsafe-aio402", "unsafe-aio403"]


class TestOperations:
    def test_none_where_everything_is_there(self) -> None:
        assert operations(WANTED, Known(OURS, pull())) == []

    def test_none_where_a_person_has_edited_the_text(self) -> None:
        edited = pull(title="mine", body="My words.\r\n" + pull().body.replace("\n", "\r\n"))
        assert operations(WANTED, Known(OURS, edited)) == []

    def test_a_new_branch_must_not_be_there_yet(self) -> None:
        push, opened = operations(WANTED, Known())
        assert isinstance(push, Push)
        assert push.expected == ""
        assert isinstance(opened, Open)
        assert marker(opened.draft.body) == Marker("safe", SAFE.digest, WANTED.state)

    def test_a_branch_that_moves_must_be_where_it_was_seen(self) -> None:
        [push] = operations(WANTED, Known(Head("5" * 40, "other", in_base=False), pull()))
        assert isinstance(push, Push)
        assert push.expected == "5" * 40

    def test_a_branch_that_was_pushed_and_no_more_is_finished(self) -> None:
        [opened] = operations(WANTED, Known(OURS))
        assert isinstance(opened, Open)

    def test_other_words_are_an_update_of_the_text_alone(self) -> None:
        [update] = operations(replace(WANTED, body="other"), Known(OURS, pull()))
        assert isinstance(update, Update)
        assert update.labels == ()

    def test_a_closed_one_is_left_closed_and_another_one_opened(self) -> None:
        [opened] = operations(WANTED, Known(OURS, pull(state=State.CLOSED)))
        assert isinstance(opened, Open)

    def test_until_its_labels_are_there_a_new_one_counts_as_unfinished(self) -> None:
        labelled = replace(WANTED, labels=("asyncio",), reviewers=("ada",))
        [opened] = operations(labelled, Known(OURS))
        assert isinstance(opened, Open)
        unfinished = marker(opened.draft.body)
        assert unfinished is not None
        assert unfinished.state == ""
        [update] = operations(labelled, Known(OURS, pull(body=opened.draft.body)))
        assert isinstance(update, Update)
        assert (update.labels, update.reviewers) == (("asyncio",), ("ada",))
        assert operations(labelled, Known(OURS, pull(body=opened.done))) == []


class TestClosings:
    def test_not_where_the_set_is_still_wanted(self) -> None:
        assert closings([SAFE], {SAFE.branch: Known(OURS, pull())}, lambda _: True) == ([], [])

    def test_not_what_this_run_does_not_look_for(self) -> None:
        done, left = closings([], {SAFE.branch: Known(OURS, pull())}, lambda _: False)
        assert done == []
        assert "this run leaves out" in left[0].reason

    def test_not_what_a_person_has_committed_to(self) -> None:
        done, left = closings([], {SAFE.branch: Known(FOREIGN, pull())}, lambda _: True)
        assert done == []
        assert "222222222" in left[0].reason

    def test_not_what_aiomend_did_not_write(self) -> None:
        assert closings([], {SAFE.branch: Known(OURS, pull(body="mine"))}, lambda _: True) == ([], [])

    def test_what_was_closed_so_is_no_refusal(self) -> None:
        [close], _ = closings([], {SAFE.branch: Known(OURS, pull())}, lambda _: True)
        assert isinstance(close, Close)
        closed = pull(state=State.CLOSED, body=close.body)
        assert names(sorted_out(SAFE, known={SAFE.branch: Known(OURS, closed)}).due) == ["safe"]


class TestNewest:
    def test_an_open_one_counts_whoever_wrote_it(self) -> None:
        mine = pull(number=3, body="mine")
        assert newest([pull(number=9, state=State.CLOSED), mine]) == mine

    def test_closed_ones_that_others_wrote_do_not_count(self) -> None:
        assert newest([pull(state=State.CLOSED, body="mine")]) is None

    def test_of_several_the_last(self) -> None:
        last = pull(number=9, state=State.MERGED)
        assert newest([pull(number=3, state=State.CLOSED), last]) == last


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<!-- aiomend: set=safe -->",
        "+<!-- aiomend: set=safe fixes=12 state=34 -->",
        "`<!-- aiomend: set=safe fixes=12 state=34 -->`",
    ],
)
def test_what_is_no_marker(body: str) -> None:
    assert marker(body) is None


def test_a_marker_survives_words_behind_it_and_other_line_ends() -> None:
    assert marker(f"{Marker('safe', '12', '')}\r\nThanks!") == Marker("safe", "12", "")


def test_what_was_measured_is_no_reason_to_write_again() -> None:
    first, again = (replace(WANTED, body=f"body {number}", lasting="body") for number in range(2))
    done = pull(body=first.with_marker(done=True))
    assert operations(again, Known(OURS, done)) == []
    assert len(operations(replace(again, lasting="other"), Known(OURS, done))) == 1
