"""What a plain command line says and does is what typer makes of it: the quick way in changes nothing but the time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from aiomend_cli.entry import understood

TRAP = "import asyncio\nimport time\n\n\nasync def work(fut):\n    time.sleep(1)\n    fut.set_result(1)\n"
CLEAN = "import os\n\n\ndef here():\n    return os.getcwd()\n"

QUICK = "import sys; from aiomend_cli.entry import main; main()"
TYPER = "import sys; from aiomend_cli.app import app; app(prog_name='aiomend')"


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--help"],
        ["--version", "check"],
        ["rules"],
        ["checks"],
        ["check", "--help"],
        ["check", "-h"],
        ["check", "--no-such-option"],
        ["check", "--quiet=yes"],
        ["check", "-qx"],
        ["check", "--", "-q"],
        ["check", ""],
        ["check", "--select"],
        ["check", "--select", "--quiet"],
        ["check", "--select="],
        ["check", "--select=\udcff"],
        ["check", "--output-format", "yaml"],
        ["check", "--jobs", "0"],
        ["check", "--jobs", "-1"],
        ["check", "--jobs", "\N{SUPERSCRIPT TWO}"],
        ["check", "--jobs=two"],
        ["check", f"--jobs={'9' * 5000}"],
        ["check", "--color", "never"],
        ["check", "\udcff.py"],
        ["fix", "--commit"],
    ],
    ids=lambda words: repr(words)[:60],
)
def test_typer_reads_what_is_not_plain(words: list[str]) -> None:
    assert understood(words) is None


def test_typer_completes_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_AIOMEND_COMPLETE", "bash_complete")

    assert understood(["check"]) is None


@pytest.mark.parametrize(
    "words",
    [
        ["--version"],
        ["check"],
        ["check", "clean.py"],
        ["check", "-q", "clean.py"],
        ["check", "trap.py", "--quiet"],
        ["check", "--output-format", "json", "clean.py"],
        ["check", "--output-format", "json", "trap.py"],
        ["check", "--select", "AIO401,AIO2", "--ignore", "guard-future-result", "."],
        ["check", "--select", "AIO999", "."],
        ["check", "--select=AIO401", "--ignore=--quiet", "."],
        ["check", "--strict", "broken.py", "clean.py"],
        ["check", "--jobs", "1", "--no-cache", "trap.py"],
        ["check", "--jobs=2", "--jobs=1", "trap.py"],
        ["check", "--exclude", "trap*", "--exclude=broken.py", "."],
        ["check", "--since", "HEAD", "trap.py"],
        ["check", "no such file.py"],
        ["check", "äöü 1.py"],
        ["check", "-"],
        ["diff", "--unsafe", "."],
        ["diff", "clean.py"],
        ["diff", "--unsafe", "--target-version", "3.6-3.13", "trap.py"],
        ["diff", "--target-version=nothing", "trap.py"],
        ["diff", "--unsafe-rules", "AIO401", "trap.py", "clean.py"],
        ["fix", "-"],
        ["fix", "--unsafe", "trap.py"],
    ],
    ids=" ".join,
)
def test_both_ways_in_say_the_same_and_do_the_same(tmp_path: Path, words: list[str]) -> None:
    outcomes = []
    for way in (QUICK, TYPER):
        folder = tmp_path / str(len(outcomes)) / "project"
        folder.mkdir(parents=True)
        (folder / "trap.py").write_text(TRAP)
        (folder / "clean.py").write_text(CLEAN)
        (folder / "äöü 1.py").write_text(CLEAN)
        (folder / "broken.py").write_text("def (:\n    async\n")
        done = subprocess.run(
            [sys.executable, "-c", way, *words], cwd=folder, input=TRAP.encode(), capture_output=True, timeout=60
        )
        files = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
        place = os.fsencode(folder)
        outcomes.append((done.returncode, done.stdout.replace(place, b""), done.stderr.replace(place, b""), files))

    assert understood(words) is not None, "typer would read both"
    assert outcomes[0] == outcomes[1]
