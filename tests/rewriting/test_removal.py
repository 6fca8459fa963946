"""Statements that go from a block: what is left is whole, and no comment goes with them."""

from __future__ import annotations

import textwrap

import libcst as cst
import pytest

from aiomend.rewriting.removal import without


def _left(text: str, *gone: str) -> str:
    """What is left of a block without the statements that are written so."""
    module = cst.parse_module(textwrap.dedent(text))
    return module.with_changes(body=without(module.body, set(gone or ["gone()"]), "    ")).code


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("kept()\n", id="another statement"),
        pytest.param("a = gone()\n", id="a part of another one"),
        pytest.param("gone(1)\n", id="other arguments"),
        pytest.param("kept()  # gone()\n", id="a comment"),
        pytest.param("def f():\n    gone()\n", id="in a function"),
        pytest.param("class A:\n    gone()\n", id="in a class"),
        pytest.param("if a:\n    def f(): gone()\n", id="in a function of a branch"),
        pytest.param("if a: kept()  # why\nelse: kept()\n", id="branches on a line"),
        pytest.param("try: kept()\nfinally: kept()  # why\n", id="a try on lines"),
        pytest.param("while a: kept();\n", id="a loop on a line"),
    ],
)
def test_what_stays_keeps_its_text(text: str) -> None:
    assert _left(text) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        pytest.param("a()\ngone()\nb()\n", "a()\nb()\n", id="a line"),
        pytest.param("a(); gone(); b()\n", "a(); b()\n", id="the middle of a line"),
        pytest.param("gone(); a(); b()\n", "a(); b()\n", id="the first of a line"),
        pytest.param("a(); b(); gone()\n", "a(); b()\n", id="the last of a line"),
        pytest.param("a(); b(); gone();\n", "a(); b()\n", id="the last before a semicolon"),
        pytest.param("gone(); gone()\na()\n", "a()\n", id="all of a line"),
        pytest.param("gone( )\ngone()\na()\n", "gone( )\na()\n", id="one that is written as it is"),
        pytest.param("if a:\n    gone()\n    b()\n", "if a:\n    b()\n", id="in a branch"),
        pytest.param("if a:\n    gone()\nb()\n", "if a:\n    pass\nb()\n", id="all of a branch"),
        pytest.param("if a: gone()\nb()\n", "if a:\n    pass\nb()\n", id="a branch on its line"),
        pytest.param("if a: gone(); b()\n", "if a:\n    b()\n", id="a part of a branch on its line"),
        pytest.param("if a:\n    b()\nelse:\n    gone()\n", "if a:\n    b()\nelse:\n    pass\n", id="an else"),
        pytest.param(
            "if a:\n    b()\nelif c:\n    gone()\n    d()\nelse:\n    gone()\n    e()\n",
            "if a:\n    b()\nelif c:\n    d()\nelse:\n    e()\n",
            id="an elif and its else",
        ),
        pytest.param("for a in b:\n    gone()\n    c()\n", "for a in b:\n    c()\n", id="in a loop"),
        pytest.param("while a:\n    gone()\n", "while a:\n    pass\n", id="all of a loop"),
        pytest.param("with a:\n    with b:\n        gone()\n        c()\n", "with a:\n    with b:\n        c()\n", id="deep"),
    ],
)  # fmt: skip
def test_a_block_is_left_whole(text: str, left: str) -> None:
    assert _left(text) == left


def test_a_text_is_the_same_however_it_is_spaced() -> None:
    assert _left("gone(  1,\n  2)\na()\n", "gone( 1, 2)") == "a()\n"


def test_an_if_goes_whole_with_what_stands_above_it() -> None:
    assert _left("a()\n# why\nif b:\n    c()\nd()\n", "if b:\n    c()\n") == "a()\n# why\nd()\n"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        pytest.param("try:\n    a()\nfinally:\n    gone()\nb()\n", "a()\nb()\n", id="a try that only had that"),
        pytest.param(
            "try:\n    a()\nfinally:\n    gone()\n    b()\n", "try:\n    a()\nfinally:\n    b()\n", id="more to do at the end"
        ),
        pytest.param(
            "try:\n    a()\nexcept B:\n    c()\nfinally:\n    gone()\n",
            "try:\n    a()\nexcept B:\n    c()\n",
            id="a try that handles something",
        ),
        pytest.param(
            "try:\n    gone()\nexcept B:\n    gone()\nelse:\n    gone()\n",
            "try:\n    pass\nexcept B:\n    pass\nelse:\n    pass\n",
            id="everywhere in it",
        ),
        pytest.param(
            "try:\n    gone()\n    a()\nexcept B:\n    gone()\n    b()\nelse:\n    gone()\n    c()\nfinally:\n    d()\n",
            "try:\n    a()\nexcept B:\n    b()\nelse:\n    c()\nfinally:\n    d()\n",
            id="a part of each",
        ),
        pytest.param("try: a(); b()\nfinally: gone()\n", "a()\nb()\n", id="a try on two lines"),
        pytest.param("if x:\n    try:\n        a()\n    finally:\n        gone()\n", "if x:\n    a()\n", id="inside"),
    ],
)  # fmt: skip
def test_a_finally_goes_with_all_of_its_statements(text: str, left: str) -> None:
    assert _left(text) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        pytest.param("a()\n# one\ngone()\n# two\nb()\n", "a()\n# one\n# two\nb()\n", id="above both"),
        pytest.param("a()\n# one\ngone()\n\n# two\nb()\n", "a()\n# one\n# two\nb()\n", id="without the blank line between"),
        pytest.param("a()\n\n# one\ngone()\nb()\n", "a()\n\n# one\nb()\n", id="with the blank line above"),
        pytest.param("a()\ngone()\n\nb()\n", "a()\n\nb()\n", id="a blank line without comments"),
        pytest.param("a()\n\ngone()\n\nb()\n", "a()\n\nb()\n", id="two blank lines become one"),
        pytest.param("# one\na()\n# two\ngone()\n", "# one\n# two\na()\n", id="at the end"),
        pytest.param("a()\n\ngone()\n", "a()\n", id="no blank line at the end"),
        pytest.param("if x:\n    a()\n    # one\n    gone()\n", "if x:\n    a()\n    # one\n", id="at the end of a branch"),
        pytest.param("if x:\n    # one\n    gone()\n", "if x:\n    # one\n    pass\n", id="all of a branch"),
        pytest.param("if x:\n    a()\n    gone()\n    # one\n", "if x:\n    a()\n    # one\n", id="below, in a branch"),
        pytest.param(
            "# one\ntry:  # two\n    # three\n    a()\n    # four\nfinally:  # five\n    # six\n    gone()\n    # seven\nb()\n",
            "# one\n# two\n# three\na()\n# four\n# five\n# six\n# seven\nb()\n",
            id="everywhere in a try",
        ),
        pytest.param(
            "x()\ntry:\n    a()\n    # one\n    gone()\nfinally:\n    gone()\nb()\n", "x()\na()\n# one\nb()\n", id="behind its body"
        ),
        pytest.param(
            "try:\n    a()\nexcept B:\n    c()\n# one\nfinally:\n    gone()\nb()\n",
            "try:\n    a()\nexcept B:\n    c()\n# one\nb()\n",
            id="above a finally",
        ),
    ],
)  # fmt: skip
def test_comments_stay(text: str, left: str) -> None:
    assert _left(text) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        pytest.param("\n    # one\n\n    a()\n    gone()\n", "\n    # one\n\n    a()\n", id="it stays"),
        pytest.param("\n    # one\n    gone()\n    a()\n", "    # one\n    a()\n", id="it goes"),
        pytest.param("    gone()\n\n    # one\n\n    a()\n", "    # one\n\n    a()\n", id="those of the next go up"),
    ],
)
def test_blank_lines_above_the_first_statement_go_with_it(text: str, left: str) -> None:
    module = cst.parse_module(f"def f():\n{text}")
    function = module.body[0]
    assert isinstance(function, cst.FunctionDef)
    assert isinstance(function.body, cst.IndentedBlock)
    body = function.body.with_changes(body=without(function.body.body, {"gone()"}, "    "))
    assert module.with_changes(body=[function.with_changes(body=body)]).code == f"def f():\n{left}"


def test_a_try_without_comments_keeps_none_from_elsewhere() -> None:
    assert _left("# one\na()\n\ntry:\n    b()\n    c()\nfinally:\n    gone()\n") == "# one\na()\n\nb()\nc()\n"
