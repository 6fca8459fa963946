"""New code as the project's formatter would write it, where the old code was so; everything else as it is."""

from __future__ import annotations

import pytest

from aiomend.rewriting.style import formatted, kept_in, laid_out
from aiomend.settings import Style

LONG = "        result = yield from asyncio.wait_for(the_answer, self.timeout_in_seconds, loop=loop)\n"
WRAPPED = "        result = await asyncio.wait_for(\n            the_answer, self.timeout_in_seconds, loop=self.loop_of_mine\n        )\n"
SHORT = "        result = await asyncio.wait_for(\n            the_answer, self.timeout_in_seconds\n        )\n"
JOINED = "        result = await asyncio.wait_for(the_answer, self.timeout_in_seconds)\n"
UNTIDY = "        x = 'y'\n"


def test_what_the_formatter_would_change_stays_as_it_is() -> None:
    assert formatted(UNTIDY, "        x = ('y')\n", Style()) == "        x = ('y')\n"


@pytest.mark.parametrize(
    "untidy",
    [
        pytest.param(UNTIDY, id="a statement"),
        pytest.param("        if x : pass\n", id="a suite on one line"),
        pytest.param("        f( ); g()\n", id="two statements on a line"),
        pytest.param("        if (a and\n                b): return 1\n", id="a header of two lines"),
        pytest.param('        x = """\n  a\n"""; y = 1\n', id="a string of several lines"),
        pytest.param("        try:\n            f( )\n        finally: g()\n", id="one line behind a colon"),
    ],
)
def test_one_statement_is_wrapped_though_its_neighbours_are_untidy(untidy: str) -> None:
    assert formatted(untidy + WRAPPED + untidy, untidy + SHORT + untidy, Style()) == untidy + JOINED + untidy


def test_neighbours_make_no_difference() -> None:
    alone = formatted(WRAPPED, SHORT, Style())

    assert formatted(WRAPPED + UNTIDY, SHORT + UNTIDY, Style()) == alone + UNTIDY
    assert formatted(WRAPPED + WRAPPED, SHORT + SHORT, Style()) == alone + alone


def test_a_statement_that_was_not_wrapped_so_before_stays_as_it_was_made() -> None:
    old, new = LONG.replace("(the", "( the"), JOINED.replace("(the", "( the")
    assert formatted(old + UNTIDY, new + UNTIDY, Style()) == new + UNTIDY


def test_where_statements_come_or_go_nobody_knows_which_became_which() -> None:
    new = f"{UNTIDY}{SHORT}{UNTIDY}"
    assert formatted(WRAPPED + UNTIDY, new, Style()) == new


HANGING = "        wait({one() for one in self._handlers},\n             loop=self._loop)\n"
TASKS = "        wait({asyncio.ensure_future(one.closed()) for one in self._handlers})\n"
SHIELD = "    answer, _ = await shield(\n        self.the_question(host, which, tick, and_more, and_yet_more))\n"


@pytest.mark.parametrize(
    ("old", "new", "length"),
    [
        pytest.param(HANGING, TASKS, 88, id="a line that fits"),
        pytest.param(
            f"        wait({{one() for one in self._handlers}}, {'a' * 40})\n", TASKS, 79, id="a line that was longer"
        ),
        pytest.param(HANGING, TASKS.replace(")\n", ")  # all of them\n"), 79, id="a comment"),
        pytest.param(HANGING, TASKS.replace("    ", "\t"), 70, id="tabs"),
        pytest.param(
            "        call([(1, 2),\n              (3, 4),\n              (5, 6),\n              (7, 8),\n              (9, 0)], one)\n",
            f"        call([(1, 2),\n              (3, 4),\n              (5, 6),\n              (7, 8),\n              (9, 0)], {'a' * 80})\n",
            79,
            id="a layout that is worth more than the limit",
        ),
        pytest.param(
            SHIELD, SHIELD.replace("await shield", "yield from shield"), 88, id="lines that others are left of"
        ),
        pytest.param(
            f"    if True:\n{SHIELD}    print( 'x' )\n".replace("and_yet_more", "x"),
            f"    if True:\n        if not done:\n    {SHIELD.replace(chr(10), chr(10) + '    ', 1)}    print( 'x' )\n".replace(
                "and_yet_more", "x"
            ),
            120,
            id="lines that only moved to the right",
        ),
    ],
)
def test_what_was_wrapped_by_hand_stays(old: str, new: str, length: int) -> None:
    assert formatted(old, new, Style(length, preserve_quotes=True)) == new


def test_lines_that_become_one_do_not_make_it_too_long() -> None:
    wrapped = TASKS.replace("wait(", "wait(\n            ").replace("})", "}\n        )")
    assert formatted(HANGING, TASKS, Style(76, preserve_quotes=True)) == wrapped
    assert formatted(HANGING + UNTIDY, TASKS + UNTIDY, Style(76)) == wrapped + UNTIDY


def test_a_new_statement_is_wrapped_though_the_one_that_it_comes_of_was_not_the_formatters() -> None:
    new = f"    task = hold(ensure_future(self.the_question(host, which, tick, and_more, and_yet_more)))\n{SHIELD}"
    new = new.replace("        self.the_question(host, which, tick, and_more, and_yet_more)", "        task")
    assert formatted(SHIELD, new, Style(preserve_quotes=True)) == (
        "    task = hold(\n        ensure_future(self.the_question(host, which, tick, and_more, and_yet_more))\n    )\n"
        "    answer, _ = await shield(task)\n"
    )


CALL = "answer = ask({})\n"
UNSAID = Style(follows_file=True)


@pytest.mark.parametrize(
    ("text", "style", "length"),
    [
        pytest.param("x = 1\n" * 50, Style(), 88, id="somebody says how long a line may be"),
        pytest.param("x = 1\n" * 20, UNSAID, 88, id="too few lines"),
        pytest.param(f"x = 1\n{CALL.format('a' * 70)}" * 50, UNSAID, 88, id="some lines beyond 79"),
        pytest.param(CALL.format("a" * 90) * 2, UNSAID, 88, id="two long lines"),
        pytest.param(f"x = ({'a' * 90!r})\n" * 9, UNSAID, 88, id="long texts, which a formatter leaves"),
        pytest.param(f"x = f(1)  # {'a' * 90}\n" * 9, UNSAID, 88, id="long comments"),
        pytest.param("x = 1\n" * 40, UNSAID, 79, id="many lines up to 79"),
        pytest.param(CALL.format("a" * 90) * 3, UNSAID, 104, id="long lines"),
        pytest.param(CALL.format("a" * 150) * 3, UNSAID, 120, id="lines without end"),
    ],
)
def test_a_file_shows_how_long_its_lines_may_be(text: str, style: Style, length: int) -> None:
    assert kept_in(text, style).line_length == length


@pytest.mark.parametrize(
    ("style", "is_wrapped"),
    [
        pytest.param(Style(follows_file=True, line_length=88), False, id="nobody says how long"),
        pytest.param(Style(line_length=88), True, id="somebody says how long"),
    ],
)
def test_a_line_that_was_too_long_may_grow_where_nobody_says_how_long_one_may_be(
    style: Style, is_wrapped: bool
) -> None:
    old = f"answer = await wait_for(get_event_loop().sock_connect(connection, address), {'t' * 20!r})\n"
    new = old.replace("get_event_loop", "get_running_loop")

    assert len(old) - 1 > style.line_length
    assert (formatted(old, new, style) != new) is is_wrapped


def test_a_helper_that_fits_is_written_as_it_is() -> None:
    code = "x = {}\ndef helper( fut ):\n    pass\n"

    assert laid_out(code, Style(line_length=40)) == code


def test_a_helper_with_a_line_that_is_too_long_is_written_as_black_writes_it() -> None:
    code = "def helper(fut: 'Future[Any]', exception: BaseException) -> None:\n    pass\n"

    assert laid_out(code, Style(line_length=60)) == (
        "def helper(\n    fut: 'Future[Any]', exception: BaseException\n) -> None:\n    pass\n"
    )
