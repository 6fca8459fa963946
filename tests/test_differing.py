"""Where two versions of a file differ: never less than that, and all of the file where nobody can say."""

from __future__ import annotations

import ast

import pytest

from aiomend.differing import differing
from aiomend.model import TextEdit
from aiomend.source import read


def _parts(before: str, after: str, edits: list[TextEdit] | None = None) -> tuple[str, str]:
    """Return the lines in which both versions differ, after one edit between what they share at their ends."""
    start = next((at for at, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), len(before))
    end = len(before)
    while end > start and before[end - 1 :] == after[len(after) - (len(before) - end) - 1 :]:
        end -= 1
    given = [TextEdit("a.py", start, end, "")] if edits is None else edits
    source = read("a.py", before.encode())
    old, new = differing(source, source.with_text(after), given)
    assert ast.dump(old.tree) == ast.dump(ast.parse(old.code))
    assert ast.dump(new.tree) == ast.dump(ast.parse(new.code))
    return old.code, new.code


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("if a:\n    b\nc\n", "if a:\n    b\nelse:\n    c\n", id="a branch grows into what stands below"),
        pytest.param("a; b\n", "a; c\n", id="statements that share a line"),
        pytest.param("a = 1\n", "b = 1\n", id="there is no other statement"),
    ],
)
def test_the_whole_file(before: str, after: str) -> None:
    assert _parts(before, after) == (before, after)


def test_text_that_changed_outside_of_the_edits_makes_it_the_whole_file() -> None:
    before, after = "a\nb\nc\n", "z\nb\nd\n"
    assert _parts(before, after, [TextEdit("a.py", 4, 5, "d")]) == (before, after)


def test_no_edits_make_it_the_whole_file() -> None:
    assert _parts("a\n", "b\n", []) == ("a\n", "b\n")


@pytest.mark.parametrize(
    ("before", "after", "old", "new"),
    [
        pytest.param("a\nb\nc\n", "a\nz\nc\n", "b\n", "z\n", id="a statement"),
        pytest.param("a\nc\n", "a\nb\nc\n", "", "b\n", id="a new one"),
        pytest.param(
            "a\n@b\ndef f(): 1\nc\n", "a\n@z\ndef f(): 1\nc\n", "@b\ndef f(): 1\n", "@z\ndef f(): 1\n", id="a decorator"
        ),
        pytest.param(
            "a\n# why\nb\n", "a\n# how\nb\n", "a\n# why\n", "a\n# how\n", id="a comment goes with what stands above"
        ),
        pytest.param(
            "a\nif b:\n    c\nd\n", "a\nif b:\n    z\nd\n", "if b:\n    c\n", "if b:\n    z\n", id="in a block"
        ),
        pytest.param("'''x\n'''\nb\nc\n", "'''x\n'''\nz\nc\n", "b\n", "z\n", id="below a text of several lines"),
        pytest.param("a\r\nb\r\nc\r\n", "a\r\nz\r\nc\r\n", "b\r\n", "z\r\n", id="carriage returns"),
        pytest.param("ä\nb\nc", "ä\nz\nc", "b\n", "z\n", id="no line end in the end"),
    ],
)
def test_a_part(before: str, after: str, old: str, new: str) -> None:
    assert _parts(before, after) == (old, new)
