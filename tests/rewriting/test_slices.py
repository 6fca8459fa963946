"""Which lines an edit needs: as few as hold its statements whole."""

from __future__ import annotations

import ast
import textwrap

import pytest

from aiomend.facts.module import ModuleFacts
from aiomend.rewriting.edits import Replace, Wrap
from aiomend.rewriting.slices import Slice, frame, merged, slice_around
from aiomend.source import read


def _facts(text: str) -> ModuleFacts:
    return ModuleFacts(read("a.py", textwrap.dedent(text).encode()), "a", False)


def _calls(facts: ModuleFacts, name: str = "mark") -> list[ast.Call]:
    return [one for one in facts.calls if isinstance(one.func, ast.Name) and one.func.id == name]


def _slice(facts: ModuleFacts, call: ast.Call) -> Slice:
    return slice_around(facts, Replace(call, lambda node: node))


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        pytest.param("a()\nmark()\nb()", (2, 2), id="a line"),
        pytest.param("a()\nx = (\n    mark()\n)\nb()", (2, 4), id="a statement of several lines"),
        pytest.param("a(); mark(); b()\nc()", (1, 1), id="all of a line"),
        pytest.param("a(\n); mark()\nc()", (1, 2), id="what ends on its line"),
        pytest.param("a()\nmark(); b(\n)\nc()", (2, 3), id="what begins on its line"),
        pytest.param("a()\nif x: mark()\nb()", (2, 2), id="a body on the line of its header"),
        pytest.param("a()\nif x: mark(); c()\nb()", (2, 2), id="a body of two on that line"),
        pytest.param("a()\nif x:\n    b()\n    mark()\nc()", (4, 4), id="in a body"),
        pytest.param("if mark():\n    a()\nb()", (1, 1), id="a header"),
        pytest.param("if (x and\n    mark()):\n    a()\nb()", (1, 2), id="a header of two lines"),
        pytest.param("if mark(): a()\nb()", (1, 1), id="a header with its body"),
        pytest.param("if x:\n    a()\nelif mark():\n    b()\nelse:\n    c()", (3, 3), id="the header of an elif"),
        pytest.param("if x:\n    a()\nelif y: mark()\nc()", (3, 3), id="the body of an elif on its line"),
        pytest.param("@mark()\ndef f():\n    a()\nb()", (1, 2), id="a decorator"),
        pytest.param("@x\ndef f(y=mark()):\n    a()\nb()", (1, 2), id="a parameter under a decorator"),
        pytest.param("class A: x = mark()\nb()", (1, 1), id="a class on a line"),
        pytest.param("for x in mark():\n    a()", (1, 1), id="the header of a loop"),
        pytest.param("with mark() as x: a()", (1, 1), id="a context on a line"),
        pytest.param("try: mark()\nexcept x: pass\nb()", (1, 2), id="a try on a line"),
        pytest.param("try:\n    a()\nexcept mark():\n    b()", (1, 4), id="what a handler catches"),
        pytest.param("if x:\n    a()\nelse: mark()\nb()", (1, 3), id="an else on its line"),
        pytest.param("while x:\n    a(); mark()\nb()", (2, 2), id="two on a line of a body"),
    ],
)
def test_the_lines_of_an_edit(text: str, lines: tuple[int, int]) -> None:
    facts = _facts(text)
    (call,) = _calls(facts)
    piece = _slice(facts, call)
    assert (piece.first, piece.last) == lines


def test_statements_that_are_wrapped_are_whole() -> None:
    facts = _facts("a()\nmark()\nb()\nmark()\nc()\n")
    first, second = (facts.statement(call) for call in _calls(facts))
    block = facts.block(first)
    run = tuple(block[block.index(first) : block.index(second) + 1])
    piece = slice_around(facts, Wrap(run, list))
    assert (piece.first, piece.last) == (2, 4)


def test_slices_that_overlap_become_one() -> None:
    facts = _facts("if x:\n    mark()\n    a()\n    mark()\nb()\nmark()\n")
    first, second, third = (_slice(facts, call) for call in _calls(facts))
    whole = slice_around(facts, Wrap((facts.tree.body[0],), list))
    assert [(one.first, one.last) for one in merged(facts, [third, second, whole, first])] == [(1, 4), (6, 6)]
    assert [(one.first, one.last) for one in merged(facts, [second, first])] == [(2, 2), (4, 4)]
    assert [(one.first, one.last) for one in merged(facts, [first, first])] == [(2, 2)]


def test_slices_that_overlap_in_part_become_all_of_both() -> None:
    facts = _facts("a()\nb()\nc()\nd()\n")
    one, two, three, _ = facts.tree.body
    early, late = (slice_around(facts, Wrap(run, list)) for run in ((one, two), (two, three)))
    assert [(piece.first, piece.last) for piece in merged(facts, [late, early])] == [(1, 3)]


@pytest.mark.parametrize(
    ("text", "above", "below"),
    [
        pytest.param("mark()", "", "", id="a statement"),
        pytest.param("if mark():\n    a()", "", "    pass\n", id="a header"),
        pytest.param("if x:\n  a()\nelif mark():\n  b()", "if 1:\n  pass\n", "  pass\n", id="the header of an elif"),
        pytest.param("if x:\n  a()\nelif y: mark()", "if 1:\n  pass\n", "", id="the body of an elif"),
        pytest.param("def f():\n  if mark():\n     a()", "", "     pass\n", id="a header that is indented"),
    ],
)
def test_what_makes_a_piece_a_statement(text: str, above: str, below: str) -> None:
    facts = _facts(text)
    (call,) = _calls(facts)
    assert frame(facts, _slice(facts, call)) == (above, below)
