"""Nothing is lost: every byte that no fix is about stays, and the patch says exactly what `fix` does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from odd_files import EDITED, FILE_NAMES, LEFT_ALONE, Odd

import aiomend
from aiomend import Project, Settings
from aiomend.api import MemorySources
from aiomend.settings import EVERYTHING

pytestmark = pytest.mark.trust

_UNSAFE = Settings(unsafe=EVERYTHING)
_TRAP = EDITED[0]
_GIT = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_{what}": "x@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


@pytest.mark.parametrize("odd", LEFT_ALONE, ids=lambda odd: odd.name)
def test_a_file_that_cannot_be_worked_on_keeps_its_bytes(odd: Odd) -> None:
    report = Project(MemorySources({"a.py": odd.before}), lambda _: _UNSAFE).run()

    assert not report.changed
    assert not [finding for finding in report.findings if finding.applied]


@pytest.mark.parametrize("odd", EDITED, ids=lambda odd: odd.name)
def test_a_fix_changes_its_statement_and_no_other_byte(odd: Odd) -> None:
    report = Project(MemorySources({"a.py": odd.before}), lambda _: _UNSAFE).run()

    assert [file.new for file in report.changed] == [odd.after]


@dataclass(frozen=True, slots=True)
class Taken:
    """One project on its three ways: as it was, as `fix` leaves it, and as the patch of `diff` leaves it."""

    before: Mapping[str, bytes]
    fixed: Mapping[str, bytes]
    patched: Mapping[str, bytes]
    check: str  #: what `git apply --check` has to say


def _take(folder: Path, files: Mapping[str, bytes]) -> Taken:
    """Return what `diff` and `fix` make of the same files."""
    project, copy = folder / "project", folder / "copy"
    for name, data in files.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    _run(["git", "init", "-q"], project)
    _run(["git", "config", "core.autocrlf", "false"], project)
    _run(["git", "add", "-A"], project)
    _run(["git", "commit", "-q", "-m", "start"], project)
    shutil.copytree(project, copy)
    before = _contents(project)
    patch = _aiomend(project, "diff", "--unsafe", allowed={1})
    assert _contents(project) == before, "diff writes nothing"
    check = _run(
        ["git", "apply", "--check", "--whitespace=nowarn", "-"], copy, patch, allowed={0, 1, 128}
    ).stderr.decode("utf-8", "replace")
    _run(["git", "apply", "--whitespace=nowarn", "-"], copy, patch, allowed={0, 1, 128})
    _aiomend(project, "fix", "--unsafe", allowed={0})
    return Taken(before, _contents(project), _contents(copy), check)


def _contents(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def _aiomend(folder: Path, *arguments: str, allowed: set[int]) -> bytes:
    return _run([sys.executable, "-m", "aiomend_cli", *arguments], folder, allowed=allowed).stdout


def _run(
    command: list[str], folder: Path, stdin: bytes = b"", allowed: frozenset[int] | set[int] = frozenset({0})
) -> subprocess.CompletedProcess[bytes]:
    environment = os.environ | _GIT
    done = subprocess.run(
        command, cwd=folder, input=stdin, capture_output=True, timeout=300, check=False, env=environment
    )
    assert done.returncode in allowed, (command, done.returncode, done.stderr[-2000:])
    return done


@pytest.fixture(scope="module")
def odd_contents(tmp_path_factory: pytest.TempPathFactory) -> Taken:
    """All odd files in one repository."""
    files = {odd.file: odd.before for odd in (*EDITED, *LEFT_ALONE)}
    return _take(tmp_path_factory.mktemp("contents"), files)


@pytest.fixture(scope="module")
def odd_names(tmp_path_factory: pytest.TempPathFactory) -> Taken:
    """The same trap under all odd names."""
    return _take(tmp_path_factory.mktemp("names"), dict.fromkeys(FILE_NAMES, _TRAP.before))


def test_git_takes_the_patch_of_odd_contents(odd_contents: Taken) -> None:
    assert odd_contents.check == ""


def test_git_takes_the_patch_of_odd_names(odd_names: Taken) -> None:
    assert odd_names.check == ""


@pytest.mark.parametrize("odd", [*EDITED, *LEFT_ALONE], ids=lambda odd: odd.name)
def test_fix_and_the_applied_patch_agree_on_odd_contents(odd: Odd, odd_contents: Taken) -> None:
    name = odd.file

    assert odd_contents.fixed[name] == odd.after
    assert odd_contents.patched[name] == odd.after


@pytest.mark.parametrize("name", FILE_NAMES, ids=ascii)
def test_fix_and_the_applied_patch_agree_on_odd_names(name: str, odd_names: Taken) -> None:
    assert odd_names.fixed[name] == _TRAP.after
    assert odd_names.patched[name] == _TRAP.after


def test_nothing_but_the_files_is_there_afterwards(odd_contents: Taken, odd_names: Taken) -> None:
    for taken in (odd_contents, odd_names):
        assert taken.before.keys() == taken.fixed.keys() == taken.patched.keys()


def test_comments_survive_wherever_a_comment_can_stand() -> None:
    lines = [
        "import asyncio",
        "import time",
        "async def wait(x):",
        "    time.sleep(",
        "        1",
        "    )",
        "    return x",
    ]
    before = "".join(f"{line}  # comment {at}\n# own line {at}\n" for at, line in enumerate(lines))

    after = aiomend.fix_source(before, settings=_UNSAFE).text

    assert "await asyncio.sleep(" in after
    # the import of time goes with its last use, and what stood behind it is all that may go with it
    missing = [f"# comment {at}" for at in range(len(lines)) if f"# comment {at}" not in after]
    assert missing == []
    assert [at for at in range(len(lines)) if f"# own line {at}" not in after] == []
