"""Diffs that git applies, byte for byte."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, strategies

from aiomend.diff import unified
from aiomend.model import TextEdit
from aiomend.report import FileResult


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


class TestKnownEdits:
    """Where the edits are known, no line is in the diff that none of them touches."""

    OLD = "for one in all:\n    tasks.append(\n        wait(one)\n    )\nif tasks:\n    wait(tasks)\n"
    NEW = "for one in all:\n    tasks.append(wait(one))\nif tasks:\n    wait(\n        map(task, tasks)\n    )\n"

    def file(self, *edits: TextEdit) -> FileResult:
        return FileResult("a.py", self.OLD.encode(), self.NEW.encode(), edits=edits)

    def test_a_bracket_on_its_own_is_no_landmark(self) -> None:
        start, last = self.OLD.index("    tasks"), self.OLD.index("    wait(tasks)")
        end = self.OLD.index("if")
        edits = (
            TextEdit("a.py", start, end, "    tasks.append(wait(one))\n"),
            TextEdit("a.py", last + 9, last + 14, "\n        map(task, tasks)\n    "),
        )
        assert " if tasks:\n" in unified(self.file(*edits), "a.py").decode()
        assert " if tasks:\n" not in unified(self.file(), "a.py").decode(), "difflib alone"

    @pytest.mark.parametrize(
        "edit",
        [
            pytest.param(TextEdit("a.py", 0, 3, "while"), id="of a line that is the same"),
            pytest.param(TextEdit("a.py", 5000, 5000, "\n"), id="behind the end"),
        ],
    )
    def test_edits_that_are_not_those_of_the_file_do_not_count(self, edit: TextEdit) -> None:
        assert unified(self.file(edit), "a.py") == unified(self.file(), "a.py")

    @given(strategies.lists(strategies.sampled_from("ab) \n"), max_size=40).map("".join), strategies.data())
    def test_it_is_the_change_whatever_was_edited(self, text: str, data: strategies.DataObject) -> None:
        places = data.draw(strategies.lists(strategies.integers(0, len(text)), max_size=6).map(sorted))
        pairs = zip(places[::2], places[1::2], strict=False)
        written = strategies.text("ab) \n", max_size=12)
        edits = tuple(TextEdit("a.py", start, end, data.draw(written)) for start, end in pairs)
        new = text
        for edit in reversed(edits):
            new = new[: edit.start] + edit.text + new[edit.end :]
        patch = unified(FileResult("a.py", text.encode(), new.encode(), edits=edits), "a.py").decode()
        assert applied(patch, text) == new


def applied(patch: str, text: str) -> str:
    """Return ``text`` with a patch applied that fits exactly, as it has to."""
    patch = patch.replace("\n\\ No newline at end of file\n", "\0")
    lines = [line.replace("\0\n", "") for line in patch.replace("\0", "\0\n").splitlines(keepends=True)[2:]]
    old, new, at = text.splitlines(keepends=True), [], 0
    for line in lines:
        if found := re.match(r"@@ -(\d+)(?:,(\d+))?", line):
            start = int(found[1]) - (found[2] != "0")
            new += old[at:start]
            at = start
            continue
        if line[0] in " -":
            assert old[at] == line[1:]
            at += 1
        if line[0] in " +":
            new.append(line[1:])
    return "".join(new + old[at:])
