"""Cells: what a place of a file becomes under which choice of fixes, from a few runs and without guessing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from aiomend.model import Finding, FixData, Impact, Safety, TextEdit
from aiomend_cli.reviewing.cells import Cell, Observation, cells_of
from aiomend_cli.reviewing.lines import Change, Lines
from aiomend_cli.reviewing.rehearsal import rehearse

TEXT = "import time\na\nb\nc\nd\n"


def edit(old: str, new: str, text: str = TEXT) -> TextEdit:
    """Replace the first ``old`` of the text."""
    return TextEdit("a.py", text.index(old), text.index(old) + len(old), new)


def fix(name: str, *edits: TextEdit) -> Finding:
    return Finding(
        name, "AIO401", "blocking-sleep", 4, Impact.SLOW, "", "a.py", 1, 1, 1, 1, Safety.UNSAFE, True, None, "",
        fix=FixData(Safety.UNSAFE, edits),
    )  # fmt: skip


def observed(chosen: str, *edits: TextEdit) -> Observation:
    return Observation(frozenset(chosen), {"a.py": tuple(sorted(edits, key=lambda one: one.start))})


def values(cell: Cell) -> dict[str, str]:
    return {key: "".join(lines) for key, lines in cell.table.items()}


@pytest.mark.parametrize(
    ("text", "edits", "changes"),
    [
        pytest.param("a\nb\n", [(2, 4, "b\n")], [], id="nothing changes"),
        pytest.param("a\nb\n", [(2, 3, "B")], [Change(1, 2, ("B\n",))], id="within a line"),
        pytest.param("a\nb\n", [(2, 2, "x\n")], [Change(1, 1, ("x\n",))], id="a line between two"),
        pytest.param("a\nb\n", [(2, 2, "x")], [Change(1, 2, ("xb\n",))], id="in front of a line"),
        pytest.param("a\nb\n", [(0, 2, "")], [Change(0, 1, ())], id="a line goes"),
        pytest.param("a\nb\n", [(1, 2, "")], [Change(0, 2, ("ab\n",))], id="a line end goes"),
        pytest.param("a\nb", [(3, 3, "\n")], [Change(1, 2, ("b\n",))], id="a last line end comes"),
        pytest.param("a\nb\n", [(4, 4, "c")], [Change(2, 2, ("c",))], id="behind the last line"),
        pytest.param("", [(0, 0, "a\nb\n")], [Change(0, 0, ("a\n", "b\n"))], id="a new file"),
        pytest.param("ab\nc\n", [(0, 1, "x"), (1, 2, "y")], [Change(0, 1, ("xy\n",))], id="two on a line"),
        pytest.param("a\nb\nc\n", [(0, 2, "A\n"), (4, 6, "C\n")], [Change(0, 1, ("A\n",)), Change(2, 3, ("C\n",))], id="two"),
        pytest.param("a\r\nb\r\n", [(3, 4, "B")], [Change(1, 2, ("B\r\n",))], id="CRLF"),
        pytest.param("a\rb\n", [(2, 3, "B")], [Change(0, 1, ("a\rB\n",))], id="a lone CR ends no line of a patch"),
    ],
)  # fmt: skip
def test_edits_as_changes_of_lines(text: str, edits: Sequence[tuple[int, int, str]], changes: list[Change]) -> None:
    assert Lines(text).changes([TextEdit("a.py", *one) for one in edits]) == changes


def test_what_contradicts_itself_is_not_known() -> None:
    one, other = edit("a\n", "A\n"), edit("d\n", "D\n")
    fixes = [fix("x", one), fix("y", other)]
    seen = [observed(""), observed("xy", one, other), observed("x")]  # x did nothing alone: y mattered to it
    cell, _ = cells_of("a.py", TEXT, fixes, seen)
    assert values(cell) == {"0": "a\n"} or values(cell) == {}
    assert {number: "".join(lines) for number, lines in cell.seen.items()} == {"0": "a\n", "1": "A\n", "2": "a\n"}


def test_a_value_that_nobody_saw_is_missing() -> None:
    one, other = edit("a\n", "x\n"), edit("a\n", "y\n")
    cell, = cells_of("a.py", TEXT, [fix("x", one), fix("y", other)], [observed(""), observed("xy", edit("a\n", "z\n"))])  # fmt: skip
    assert values(cell) == {"00": "a\n", "11": "z\n"}


def test_what_others_brought_about_has_to_be_seen_often() -> None:
    """What a fix says that it builds on may not be all of it, so one run that agrees proves little."""
    late = replace(fix("x", one := edit("a\n", "A\n")), fix=FixData(Safety.UNSAFE, (one,), ("y",)))
    fixes = [late, fix("y", other := edit("d\n", "D\n"))]
    twice = [observed(""), observed("xy", one, other), observed("xyz", one, other)]
    cell, _ = cells_of("a.py", TEXT, fixes, twice)
    assert (values(cell), list(cell.seen)) == ({"0": "a\n"}, ["0", "1", "2"])
    cell, _ = cells_of("a.py", TEXT, fixes, [*twice, observed("wxy", one, other)])
    assert (values(cell), cell.seen) == ({"0": "a\n", "1": "A\n"}, {})


def test_where_async_was_a_name_other_places_may_rest_on_that() -> None:
    text = "asyncio.async(x)\nb\na\n"
    name = edit("asyncio.async(x)\n", "asyncio.ensure_future(x)\n", text)
    old, new = edit("a\n", "for 3.6\n", text), edit("a\n", "for newer ones\n", text)
    fixes = [fix("x", new), fix("y", name)]
    seen = [observed(""), observed("xy", name, new), observed("x", old), observed("y", name)]
    _, cell = cells_of("a.py", text, fixes, seen)
    assert values(cell) == {"00": "a\n", "11": "for newer ones\n", "10": "for 3.6\n", "01": "a\n"}


def test_fixes_at_different_places_do_not_depend_on_one_another() -> None:
    one, other = edit("a\n", "A\n"), edit("c\n", "C\n")
    seen = [observed(""), observed("xy", one, other)]
    assert list(map(values, cells_of("a.py", TEXT, [fix("x", one), fix("y", other)], seen))) == [
        {"0": "a\n", "1": "A\n"},
        {"0": "c\n", "1": "C\n"},
    ]


def test_an_import_that_several_need_comes_with_any_of_them() -> None:
    shared = TextEdit("a.py", 0, 0, "import asyncio\n")
    one, other = edit("a\n", "A\n"), edit("c\n", "C\n")
    fixes = [fix("x", one, shared), fix("y", other, shared)]
    top = cells_of("a.py", TEXT, fixes, [observed(""), observed("xy", shared, one, other)])[0]
    assert values(top) == {"0": "", "1": "import asyncio\n"}
    assert [top.key(chosen) for chosen in ("", "x", "y", "xy")] == ["0", "1", "1", "1"]


def test_an_import_goes_with_all_that_use_it() -> None:
    text = "import time\ntime.a\nb\ntime.c\n"
    one, other = edit("time.a\n", "a\n", text), edit("time.c\n", "c\n", text)
    drop = TextEdit("a.py", 0, len("import time\n"), "")
    seen = [observed(""), observed("xy", drop, one, other), observed("x", one)]
    top = cells_of("a.py", text, [fix("x", one), fix("y", other)], seen)[0]
    assert [top.key(chosen) for chosen in ("", "x", "y", "xy")] == ["0", "0", "0", "1"]
    assert values(top) == {"0": "import time\n", "1": ""}


def test_a_project_is_run_until_everything_was_seen() -> None:
    """Of two fixes at one place each has to be seen alone, of two others their halves; all of that at once."""
    places = {"w": ("a\n", "A"), "x": ("a\n", "+"), "y": ("c\n", "C"), "z": ("d\n", "D")}
    fixes = [fix(name, edit(old, f"{new}\n")) for name, (old, new) in places.items()]

    def apply(ids: frozenset[str]) -> Observation:
        runs.append(ids)
        new: dict[str, str] = {}
        for one in sorted(ids):
            old, letter = places[one]
            new[old] = new.get(old, "") + letter
        return observed("".join(ids), *(edit(old, f"{letters}\n") for old, letters in new.items()))

    runs: list[frozenset[str]] = []
    requires: dict[str, tuple[str, ...]] = dict.fromkeys(places, ()) | {"z": ("y",)}
    rehearsed = rehearse(fixes, requires, {"a.py": TEXT}, apply(frozenset("wxyz")), frozenset("y"), apply, 8)
    assert [values(cell) for cell in rehearsed.cells["a.py"]] == [
        {"00": "a\n", "01": "+\n", "10": "A\n", "11": "A+\n"},
        {"0": "c\n", "1": "C\n"},
        {"0": "d\n", "1": "D\n"},
    ]
    assert runs[1] == {"y"}, "what people begin with is seen in any case"
    assert all("y" in ids for ids in runs if "z" in ids), "no run leaves out what a fix requires"
    assert len(runs) <= 5


def test_without_runs_only_all_or_nothing_is_known() -> None:
    one, other = edit("a\n", "A\n"), edit("c\n", "C\n")
    everything = observed("xy", one, other)
    rehearsed = rehearse(
        [fix("x", one), fix("y", other)], {"x": (), "y": ()}, {"a.py": TEXT}, everything, frozenset(), lambda _: None, 0
    )
    assert [cell.table for cell in rehearsed.cells["a.py"]] == [{}, {}]
    assert [list(cell.seen) for cell in rehearsed.cells["a.py"]] == [["0", "1"], ["0", "1"]]
