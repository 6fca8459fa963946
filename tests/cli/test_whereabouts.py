"""A child notes where it is; its parent looks when it wants to know."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from aiomend_cli.whereabouts import Whereabouts


@pytest.fixture(params=["memory", "file"])
def page(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Whereabouts]:
    if request.param == "file":
        monkeypatch.delattr(os, "memfd_create", raising=False)
    elif not hasattr(os, "memfd_create"):
        pytest.skip("this system has no files in memory")
    whereabouts = Whereabouts.make()
    yield whereabouts
    whereabouts.close()


def test_nothing_was_noted_yet(page: Whereabouts) -> None:
    assert page.read() == (0, None)


def test_the_project_as_a_whole_is_no_file(page: Whereabouts) -> None:
    page.note("work/long_name.py")
    page.note(None)
    assert page.read() == (2, None)


@pytest.mark.parametrize("path", ["a.py", "größe/日本.py", "\udcff.py", "x" * 5000])
def test_the_last_note_counts(page: Whereabouts, path: str) -> None:
    page.note("another/and/longer.py")
    page.note(path)
    assert page.read() == (2, path)


def test_a_second_note_of_one_file_is_another_one(page: Whereabouts) -> None:
    page.note("a.py")
    first = page.read()
    page.note("a.py")
    assert page.read() != first


@pytest.mark.skipif(not hasattr(os, "fork"), reason="wants a copy of this process")
def test_a_copy_of_the_process_writes_and_this_one_reads(page: Whereabouts) -> None:
    if (pid := os.fork()) == 0:
        page.note("child.py")
        os._exit(0)
    os.waitpid(pid, 0)
    assert page.read() == (1, "child.py")
