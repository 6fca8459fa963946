"""From places in a text that was edited, more than once, to those in the original one."""

from __future__ import annotations

import pytest

from aiomend.model import TextEdit
from aiomend.way_back import PlaceMap


@pytest.mark.parametrize(
    ("old", "new", "asked", "found"),
    [
        pytest.param("", "import x", "import x", "", id="nothing was there"),
        pytest.param("f(x)", "g(y, z)", "z", "x", id="others in the place of one"),
        pytest.param(
            "yield from a()\nyield from b()",
            "await a()\nawait b()",
            "await b()",
            "yield from b()",
            id="the second line",
        ),
        pytest.param("a(1, loop=l)\nb(2)", "a(1)\nb(2)", "b(2)", "b(2)", id="behind what was taken out"),
        pytest.param("a(1)\nb()", "a(1)\nif c:\n    b()", "b()", "b()", id="what got another indent"),
        pytest.param("x = b()", "x = wait(b(), 5)", "wait(b(), 5)", "b()", id="around what is still there"),
    ],
)
def test_what_was_written_anew_leads_back_to_its_words(old: str, new: str, asked: str, found: str) -> None:
    places, head = PlaceMap(), "start\n"
    places.add([TextEdit("a", len(head), len(head) + len(old), new)], f"{head}{old}\nend")
    at = len(head) + new.index(asked)
    start, end = places.original(at), places.original_end(at + len(asked))
    assert f"{head}{old}\nend"[start:end] == found


def test_places_lead_back_through_rounds() -> None:
    places = PlaceMap()
    text = "0123456 f() xyz"
    places.add([TextEdit("a", 0, 0, "import x\n"), TextEdit("a", 8, 11, "LONGER")], text)
    places.add([TextEdit("a", 0, 0, "y\n")], f"import x\n{text[:8]}LONGER{text[11:]}")
    assert places.original(2 + 9 + 5) == 5
    assert (places.original(2 + 9 + 8), places.original_end(2 + 9 + 8 + 6)) == (8, 11)
    assert places.original(2 + 9 + 8 + 6) == 11


def test_rounds_add_up_to_one() -> None:
    places, text = PlaceMap(), "abcdefgh"
    rounds = [
        [TextEdit("a", 0, 0, "XY"), TextEdit("a", 2, 4, "CD!")],
        [TextEdit("a", 1, 5, ""), TextEdit("a", 11, 11, "?")],
        [TextEdit("a", 0, 1, "new"), TextEdit("a", 3, 4, "")],
    ]
    new = text
    for edits in rounds:
        places.add(edits, new)
        for edit in reversed(edits):
            new = new[: edit.start] + edit.text + new[edit.end :]
    done = text
    for edit in reversed(places.edits("a", len(text))):
        done = done[: edit.start] + edit.text + done[edit.end :]
    assert done == new


def test_no_round_no_edit() -> None:
    assert PlaceMap().edits("a", 8) == ()
