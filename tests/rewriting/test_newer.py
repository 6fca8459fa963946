"""Whether another parser is asked of a file that this Python rejects."""

import pytest

from aiomend.rewriting import newer


@pytest.mark.trust
@pytest.mark.parametrize(
    "deep",
    ["(" * 3000 + "1" + ")" * 3000, "-" * 50_000 + "1", "not " * 5000 + "1", "lambda: " * 5000 + "1"],
    ids=["brackets", "signs", "not", "lambda"],
)
def test_a_text_that_would_crash_the_parser_is_not_shown_to_it(deep: str) -> None:
    assert not newer.parses(f"x = {deep}\n")


def test_new_syntax_is_known() -> None:
    assert newer.parses("type X[T] = list[T]\n")
    assert not newer.parses("def f(:\n")
