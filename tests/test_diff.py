"""Diffs that git applies, byte for byte."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from aiomend.diff import PlaceMap, unified
from aiomend.model import FileResult, TextEdit


def test_an_unchanged_file_has_no_diff() -> None:
    assert unified(FileResult("a.py", b"x\n"), "a.py") == b""
    assert unified(FileResult("a.py", b"x\n", b"x\n"), "a.py") == b""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(b"a\nb\nc\n", b"a\nB\nc\n", id="a changed line"),
        pytest.param(b"a\nb", b"a\nB", id="no final line end"),
        pytest.param(b"a\nb", b"a\nb\n", id="a final line end comes"),
        pytest.param(b"a\nb\n", b"a\nb", id="a final line end goes"),
        pytest.param(b"a\r\nb\r\n", b"a\r\nB\r\n", id="CRLF"),
        pytest.param(b"a\rb\rc\n", b"a\rB\rc\n", id="a lone CR"),
        pytest.param(b"\xef\xbb\xbfa\nb\n", b"\xef\xbb\xbfimport x\na\nb\n", id="a BOM"),
        pytest.param(b"\xe4\nb\n", b"\xe4\nc\n", id="latin-1"),
        pytest.param(b"", b"x\n", id="from nothing"),
        pytest.param(b"a\n" * 40, b"b\n" + b"a\n" * 38 + b"c\n", id="two hunks"),
        pytest.param(b"a\x0c\nb\n", b"a\x0c\nc\n", id="a form feed"),
    ],
)
@pytest.mark.parametrize(
    "name", ["a.py", "sp ace.py", 'quo"te.py', "tab\t.py", "new\nline.py", "ümlaut.py", "raw\udcff.py"]
)
def test_git_applies_it(tmp_path: Path, old: bytes, new: bytes, name: str) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    file = tmp_path / name
    file.write_bytes(old)
    patch = unified(FileResult(name, old, new), name)
    subprocess.run(["git", "apply", "-p1", "-"], cwd=tmp_path, input=patch, check=True)
    assert file.read_bytes() == new


def test_places_lead_back_through_rounds() -> None:
    places = PlaceMap()
    places.add([TextEdit("a", 0, 0, "import x\n"), TextEdit("a", 10, 12, "LONGER")])
    places.add([TextEdit("a", 0, 0, "y\n")])
    assert places.original(2 + 9 + 5) == 5
    assert places.original(2 + 9 + 10 + 3) == 10
    assert places.original(2 + 9 + 10 + 6) == 12


def test_rounds_add_up_to_one() -> None:
    places, text = PlaceMap(), "abcdefgh"
    rounds = [
        [TextEdit("a", 0, 0, "XY"), TextEdit("a", 2, 4, "CD!")],
        [TextEdit("a", 1, 5, ""), TextEdit("a", 11, 11, "?")],
        [TextEdit("a", 0, 1, "new"), TextEdit("a", 3, 4, "")],
    ]
    for edits in rounds:
        places.add(edits)
    new = text
    for edits in rounds:
        for edit in reversed(edits):
            new = new[: edit.start] + edit.text + new[edit.end :]
    done = text
    for edit in reversed(places.edits("a", len(text))):
        done = done[: edit.start] + edit.text + done[edit.end :]
    assert done == new


def test_no_round_no_edit() -> None:
    assert PlaceMap().edits("a", 8) == ()
