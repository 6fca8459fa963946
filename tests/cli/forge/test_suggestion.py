"""Suggestions: the lines that a forge shows, and the lines that a click replaces."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiomend_cli import preparing
from aiomend_cli.forge.patches import Hunk, around, hunks
from aiomend_cli.forge.suggestion import _replaced, replaced
from aiomend_cli.options import CheckOptions

pytestmark = pytest.mark.trust

PATCH = """\
@@ -1,4 +1,5 @@ def f():
 one
-two
+@@ -9 +9 @@
+three
 four
.
@@ -20 +21,2 @@
 last
+--- x
\\ No newline at end of file""".replace("\n.\n", "\n \n")


def test_the_hunks_of_a_patch() -> None:
    assert hunks(PATCH) == (Hunk(range(1, 6), frozenset({2, 3})), Hunk(range(21, 23), frozenset({22})))


@pytest.mark.parametrize("patch", ["", "@@ -1,2 +0,0 @@\n-one\n-two", "Binary files differ"])
def test_a_patch_without_lines_to_speak_of(patch: str) -> None:
    assert hunks(patch) == ()


@pytest.mark.parametrize(("first", "last", "found"), [(1, 1, False), (1, 2, True), (4, 20, False), (4, 40, True)])
def test_only_lines_that_are_new_count(first: int, last: int, found: bool) -> None:
    assert (around(hunks(PATCH), first, last) is not None) == found


@given(old=st.lists(st.sampled_from("abc"), min_size=1), new=st.lists(st.sampled_from("abc")), ends=st.booleans())
def test_what_is_replaced_makes_the_new_text(old: list[str], new: list[str], ends: bool) -> None:
    before, after = ("\n".join([*lines, *([""] if ends else [])]) for lines in (old, new))
    if before == after or (not ends and not new):
        return
    found = replaced(before, after)
    lines = before.split("\n")
    assert 1 <= found.first <= found.last <= len(old)
    lines[found.first - 1 : found.last] = found.lines
    assert "\n".join(lines) == after


CODE = '''\
import asyncio


class Room:
    def __init__(self, loop):
        self.opened = loop.create_future()

    def open(self):
        self.opened.set_result(1)

    async def run(self):
        asyncio.sleep(1)
        loop = asyncio.get_event_loop()
        await loop.create_task(self.run())
        import time; time.sleep(1)
'''  # fmt: skip


def test_a_click_makes_what_fix_makes(project: Path) -> None:
    """With the real engine, for each fix by itself."""
    Path("room.py").write_text(CODE)
    [workspace] = preparing.prepare(CheckOptions(unsafe=True, no_cache=True))
    report = workspace.run()
    [file] = report.changed
    lines = CODE.split("\n")
    whole = (Hunk(range(1, len(lines) + 1), frozenset(range(1, len(lines) + 1))),)
    tried = 0
    for finding in report.findings:
        found = _replaced(finding, file, whole) if finding.applied else "no fix"
        if not isinstance(found, str):
            clicked = [*lines[: found.first - 1], *found.lines, *lines[found.last :]]
            [alone] = workspace.run(lambda one, only=finding.id: one.id == only).changed  # type: ignore[misc]
            assert "\n".join(clicked).encode() == alone.new, finding.code
            tried += 1
    assert tried > 2
