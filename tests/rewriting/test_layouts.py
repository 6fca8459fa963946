"""What black would write in another way, told without it; nothing that it has written is among that."""

from __future__ import annotations

import black
import pytest

from aiomend.rewriting.layouts import is_foreign

OWN = {
    "one line": 'x = f(a, b)["c"]\n',
    "a line for each argument": "x = f(\n    a,\n    b,\n)\n",
    "arguments on a line of their own": f"x = f(\n    {'a' * 50}, {'b' * 30}\n)\n",
    "brackets that close on one line": "x = f(\n    [\n        1,\n    ]\n)\n",
    "a text of several lines": 'x = f("""\n  a\n""")\n',
    "quotes in quotes": """x = '"a"'\n""",
    "a text with expressions": """x = f'{a["b"]}'\n""",
    "brackets in texts and comments": 'x = "(a,"  # (b,\ny = 1\n',
    "a comment between arguments": "x = f(  # the\n    a,\n    b,\n)\n",
    "lines that are not to be changed": "x = [1, 2,\n     3]  # fmt: skip\n",
    "lines that are not to be changed, as yapf has it": "# yapf: disable\nx = [1, 2,\n     3]\n",
}
FOREIGN = {
    "behind the bracket": "x = f(a,\n      b)\n",
    "in front of the closing bracket": "x = f(\n    a,\n    b)\n",
    "a bracket at the start of the file": "(\na)\n",
    "blanks behind a bracket": "x = f( \n    a,\n)\n",
    "single quotes": "x = 'a'\n",
    "single quotes in an expression": "x = f(a['b'], \"c\")\n",
    "below a comment": "x = 1  # it's\ny = 'a'\n",
}


@pytest.mark.parametrize("code", OWN.values(), ids=OWN.keys())
def test_what_black_leaves_is_not_foreign(code: str) -> None:
    assert black.format_str(code, mode=black.Mode()) == code
    assert not is_foreign(code, normalizes_quotes=True)


@pytest.mark.parametrize("code", ["f(a\n", "f)\n", "x = 'a\n", "x = ('a'\n", "x = [a, \\\n     b]\n"])
def test_of_a_part_of_a_statement_and_of_lines_that_somebody_ends_nobody_can_say(code: str) -> None:
    assert not is_foreign(code, normalizes_quotes=False)


@pytest.mark.parametrize("code", FOREIGN.values(), ids=FOREIGN.keys())
@pytest.mark.parametrize("length", [8, 88])
def test_what_is_foreign_black_changes_and_its_own_work_is_not(code: str, length: int) -> None:
    mode = black.Mode(line_length=length)
    assert is_foreign(code, normalizes_quotes=True)
    assert (laid := black.format_str(code, mode=mode)) != code
    assert not is_foreign(laid, normalizes_quotes=True)


def test_single_quotes_are_foreign_only_where_the_style_has_no_word_in_it() -> None:
    assert not is_foreign("x = 'a'\n", normalizes_quotes=False)
