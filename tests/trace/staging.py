"""Runs all traps under one interpreter, with the recorder in front or without it."""

from __future__ import annotations

import os
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from interpreters import Interpreter
from traps import PRELUDE, SLOW, TRAPS, Trap

from aiomend_cli.trace import log, program

STAGE = Path(__file__).with_name("stage.py")
BAD, GOOD = "bad", "good"
_ADDRESS = re.compile(r"0x[0-9a-f]+|(?<=took )[\d.]+|task_wakeup|TaskWakeup\w*")

Records = set[tuple[str, int]]  #: kinds with their lines


@dataclass(frozen=True, slots=True)
class Played:
    """What became of one program."""

    records: Records
    status: int  #: as `os.wait()` has it
    output: str  #: stdout and stderr, without what differs from run to run
    elsewhere: frozenset[str] = frozenset()  #: kinds without a line


def of(interpreter: Interpreter) -> Iterator[Trap]:
    """Yield the traps that ``interpreter`` knows."""
    yield from (trap for trap in TRAPS if trap.since <= interpreter.version)


def write(folder: Path, interpreter: Interpreter) -> None:
    for trap in of(interpreter):
        (folder / f"{trap.name}_{BAD}.py").write_text(PRELUDE + trap.bad, "utf-8")
        (folder / f"{trap.name}_{GOOD}.py").write_text(PRELUDE + trap.good, "utf-8")


def play(
    folder: Path,
    interpreter: Interpreter,
    environ: Mapping[str, str],
    *,
    recorded: bool,
    debug: bool = False,
    path: Path | None = None,
) -> dict[str, Played]:
    """Return what became of each program of ``folder``, by its name without the suffix; imports find ``path`` first."""
    file, out = folder / "trace.jsonl", folder / "out"
    out.mkdir()
    environment = {name: value for name, value in environ.items() if name != "PYTHONPATH"}
    if path is not None:
        environment["PYTHONPATH"] = str(path)
    if recorded:
        wish = program.Wish(file, slow=SLOW, debug=debug)
        program.begin(wish)
        environment = program.environment(wish, environment)
    subprocess.run([interpreter.path, str(STAGE), str(folder), str(out)], env=environment, check=True, timeout=300)
    found: dict[str, Records] = defaultdict(set)
    elsewhere: dict[str, set[str]] = defaultdict(set)
    for row in log.last_rows(file) if recorded else ():
        pid = row["process"].split("-")[0]
        if "line" in row and row["kind"] != "loop":
            found[pid].add((row["kind"], row["line"]))
        elif row["kind"] not in ("asyncio", "loop"):
            elsewhere[pid].add(row["kind"])
    played = {}
    for end in sorted(out.glob("0/*.end")):
        pid, status = end.read_text("ascii").split()
        printed = (end.with_suffix(suffix).read_text("utf-8", "replace") for suffix in (".out", ".err"))
        output = "".join(printed).replace(f"{folder}{os.sep}", "")
        played[end.stem] = Played(found[pid], int(status), _ADDRESS.sub("...", output), frozenset(elsewhere[pid]))
    return played
