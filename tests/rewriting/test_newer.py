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


@pytest.mark.parametrize(
    ("text", "is_shown"),
    [
        pytest.param("(" * 100 + "1" + ")" * 100, True, id="a hundred brackets"),
        pytest.param("(" * 101 + "1" + ")" * 101, False, id="one more"),
        pytest.param("[()]\n" * 101, True, id="more of them, side by side"),
        pytest.param("[{(1,): 2}]", True, id="of three kinds"),
        pytest.param("'" + ")" * 200 + "'" + "(" * 100 + "1" + ")" * 100, True, id="closed more often than opened"),
        pytest.param("-" * 500 + "1", True, id="five hundred signs"),
        pytest.param("-" * 501 + "1", False, id="one more sign"),
        pytest.param("-1\n" * 501, True, id="more signs, on lines of their own"),
    ],
)
def test_how_deep_is_too_deep(text: str, is_shown: bool) -> None:
    assert newer.parses(text) is is_shown
