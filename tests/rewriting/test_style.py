"""New code as the project's formatter would write it, where the old code was so; everything else as it is."""

from __future__ import annotations

import pytest

from aiomend.rewriting.style import formatted
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
