"""Measure how time and memory of a run grow with the number of files and of processes, and print a table.

    python benchmarks/scale.py [--files N ...] [--jobs N ...] [--keep FOLDER]

The trees are made of the packages in .corpus (`corpus.py fetch`) and of Python's own library, package by package in an order that is
always the same, each in a folder of its own, and again from the beginning where more files are wanted. Seconds are wall time; CPU
is that of all processes; memory is the largest sum of what each of them does not share (PSS; Linux).
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from corpus import CORPUS

_LOOK = 0.5  #: seconds between two looks at the memory


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: how many files and processes, and what it took (seconds, seconds, megabytes)."""

    files: int
    jobs: int
    wall: float
    cpu: float
    memory: float

    def row(self) -> str:
        """Return it as a row of a Markdown table."""
        each = f"{self.cpu / self.files * 1000:.1f} | {self.memory / self.files * 1000:.0f}"
        return f"| {self.files:,} | {self.jobs} | {self.wall:.1f} | {self.cpu:.1f} | {self.memory:,.0f} | {each} |"


def packages() -> list[list[Path]]:
    """Return the files of each package, in an order that is always the same."""
    library = Path(sysconfig.get_path("stdlib"))
    found = [folder for folder in CORPUS.iterdir() if folder.is_dir()]
    found += [folder for folder in library.iterdir() if folder.is_dir() and folder.name != "site-packages"]
    # where asyncio itself is imported from, nothing is looked at
    found = [folder for folder in found if not folder.name.startswith("asyncio")]
    found.sort(key=lambda folder: folder.name)
    random.Random(0).shuffle(found)
    return [files for folder in found if (files := sorted(one for one in folder.rglob("*.py") if one.is_file()))]


def make(folder: Path, number: int) -> None:
    """Write a tree of that many files."""
    made = 0
    turn = 0
    while made < number:
        for files in packages():
            top = Path(os.path.commonpath([str(files[0].parent), *map(str, files)]))
            for file in files[: number - made]:
                copy = folder / f"turn{turn}" / top.name.replace(".", "_").replace("-", "_") / file.relative_to(top)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, copy)
                made += 1
        turn += 1


def run(tree: Path, files: int, jobs: int) -> Measured:
    """Check a tree once, and return what that took."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    words = ["check", "--no-cache", "--quiet", "--file-timeout", "0", "--jobs", str(jobs)]
    child = subprocess.Popen([sys.executable, "-m", "aiomend_cli", *words, str(tree)], stdout=subprocess.DEVNULL)
    memory = 0.0
    while child.poll() is None:
        memory = max(memory, sum(map(_pss, _family(child.pid))))
        time.sleep(_LOOK)
    if child.returncode not in (0, 1):
        raise SystemExit(f"aiomend ended with {child.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Measured(files, jobs, time.monotonic() - began, cpu, memory)


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return  # it has just ended
    for child in children:
        yield from _family(int(child))


def _pss(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1000


def main() -> None:
    """Measure what the command line asks for."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--files", type=int, nargs="+", default=[1000, 10000])
    reader.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    reader.add_argument("--keep", type=Path, help="where the trees are made, and stay")
    given = reader.parse_args()
    print("| files | processes | seconds | CPU | memory, MB | CPU a file, ms | memory a file, KB |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        for number in given.files:
            tree = (given.keep or Path(scratch)) / str(number)
            if not tree.exists():
                make(tree, number)
            for jobs in given.jobs:
                print(run(tree, number, jobs).row(), flush=True)


if __name__ == "__main__":
    main()
