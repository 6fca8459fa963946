"""Files are written whole, or not at all, and only where they are still what was read."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from aiomend_cli import writer
from aiomend_cli.writer import Outcome, interrupts_held, replace_file, write

Run = Callable[..., Result]


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob(".aiomend-*")]


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"newer")
    assert write(tmp_path, "a.py", b"old", b"new").outcome is Outcome.CHANGED
    assert (tmp_path / "a.py").read_bytes() == b"newer"


def test_a_file_that_changes_while_its_replacement_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    monkeypatch.setattr(writer.os, "fsync", lambda _: path.write_bytes(b"newer"))
    assert write(tmp_path, "a.py", b"old", b"new").outcome is Outcome.CHANGED
    assert path.read_bytes() == b"newer"
    assert leftovers(tmp_path) == []


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    assert write(tmp_path, "a.py", b"old", b"new").outcome is Outcome.GONE
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_became_a_link(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (outside / "a.py").write_bytes(b"old")
    (root / "a.py").symlink_to(outside / "a.py")
    (root / "pkg").symlink_to(outside)
    assert write(root, "a.py", b"old", b"new").outcome is Outcome.OUTSIDE
    assert write(root, "pkg/a.py", b"old", b"new").outcome is Outcome.OUTSIDE
    assert (outside / "a.py").read_bytes() == b"old"


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_an_error_on_the_way_leaves_the_file_and_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    (tmp_path / "a.py").write_bytes(b"old")

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writer.os, step, fail)
    written = write(tmp_path, "a.py", b"old", b"new")
    assert (written.outcome, written.detail) == (Outcome.FAILED, "No space left on device")
    assert (tmp_path / "a.py").read_bytes() == b"old"
    assert leftovers(tmp_path) == []


def test_an_interrupt_on_the_way_leaves_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    (tmp_path / "a.py").write_bytes(b"old")
    monkeypatch.setattr(writer.os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        replace_file(tmp_path / "a.py", b"new")
    assert leftovers(tmp_path) == []


def test_a_signal_waits_until_the_file_is_whole() -> None:
    steps = []

    def interrupted() -> None:
        with interrupts_held():
            signal.raise_signal(signal.SIGINT)
            steps.append("the rest of the block")

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert steps == ["the rest of the block"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_read_only_file_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"old")
    (tmp_path / "a.py").chmod(0o444)
    assert write(tmp_path, "a.py", b"old", b"new").outcome is Outcome.FAILED


@pytest.mark.trust
@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root may give files away")
def test_the_owner_stays(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"old")
    os.chown(tmp_path / "a.py", 12_345, 23_456)
    assert write(tmp_path, "a.py", b"old", b"new").outcome is Outcome.WRITTEN
    found = (tmp_path / "a.py").stat()
    assert (found.st_uid, found.st_gid) == (12_345, 23_456)


@pytest.mark.trust
def test_the_mode_stays(tmp_path: Path) -> None:
    for mode in (0o755, 0o600, 0o664):
        (tmp_path / "a.py").write_bytes(b"old")
        (tmp_path / "a.py").chmod(mode)
        assert write(tmp_path, "a.py", b"old", b"new").outcome is Outcome.WRITTEN
        assert (tmp_path / "a.py").stat().st_mode & 0o7777 == mode


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"future.set_result(1)\r\nx = 1\r\n", b"guarded(1)\r\nx = 1\r\n"),
        (b"\xef\xbb\xbffuture.set_result(1)\n", b"\xef\xbb\xbfguarded(1)\n"),
        (b"future.set_result(1)", b"guarded(1)"),
    ],
    ids=["CRLF", "BOM", "no last line end"],
)
def test_line_ends_and_marks_stay(project: Path, aiomend: Run, before: bytes, after: bytes) -> None:
    Path("a.py").write_bytes(before)
    assert aiomend("fix").exit_code == 0
    assert Path("a.py").read_bytes() == after
