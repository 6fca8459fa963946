"""Writes `trace.md`: what the recorder, `-X dev` and others see of the traps in `tests/trace/traps.py`, and what it costs.

usage: python benchmarks/trace.py [VERSION...]    (default: each from 3.6 on that is here)

The costs are ratios of CPU time, the best of some runs each, in turn. The other tools come from the package index, into a
virtual environment under .suites. The last section, `trace_suites.py` writes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [
    str(ROOT / "tests" / "trace"),
    str(ROOT / "tests" / "runtime"),
    str(ROOT / "benchmarks"),
    str(ROOT / "cli"),
    str(ROOT / "codemods"),
]

import migrated_suites  # noqa: E402
import trace_suites  # noqa: E402
from interpreters import OLDEST, Interpreter, Version, of_version  # noqa: E402
from staging import BAD, Played, of, play, write  # noqa: E402
from traps import SLOW, TRAPS, Trap  # noqa: E402

from aiomend_cli.trace import program  # noqa: E402

RUNS = 5
#: Other tools that watch a program, and the Python that they are asked under.
PEERS = {"blockbuster": "1.5.29", "pyleak": "0.2.0", "aiocop": "1.2.1"}
PEERS_PYTHON: Version = (3, 12)
PEERS_START = ROOT / "benchmarks" / "trace_peers"
SWITCHING = """\
import asyncio, time
async def work():
    for _ in range(4000):
        await asyncio.sleep(0)
async def main():
    await asyncio.gather(*[work() for _ in range(10)])
loop = asyncio.new_event_loop()
loop.run_until_complete(main())
loop.close()
print(time.process_time())
"""
SERVING = """\
import asyncio, time
async def serve(reader, writer):
    while True:
        line = await reader.readline()
        if not line:
            break
        writer.write(line)
        await writer.drain()
    writer.close()
async def client(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(300):
        writer.write(b"hello\\n")
        await writer.drain()
        await reader.readline()
    writer.close()
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    await asyncio.gather(*[client(port) for _ in range(10)])
    server.close()
loop = asyncio.new_event_loop()
loop.run_until_complete(main())
loop.close()
print(time.process_time())
"""


def seconds(python: str, file: Path, environ: dict[str, str]) -> float:
    done = subprocess.run([python, str(file)], env=environ, capture_output=True, text=True, check=True, timeout=300)
    return float(done.stdout.split()[-1])


def costs(python: str, text: str) -> list[str]:
    """Return the ratios of the recorder, with facts, and of debug mode to the plain program."""
    with tempfile.TemporaryDirectory() as folder:
        file, trace = Path(folder, "app.py"), Path(folder, "trace.jsonl")
        file.write_text(text)
        program.begin(program.Wish(trace))
        left_out = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE")  # an installed recorder is compiled once
        plain = {name: value for name, value in os.environ.items() if name not in left_out}
        kinds = {
            "plain": plain,
            "recorded": program.environment(program.Wish(trace), plain),
            "facts": program.environment(program.Wish(trace, facts=True), plain),
            "debug": plain | {"PYTHONASYNCIODEBUG": "1"},
        }
        best = dict.fromkeys(kinds, float("inf"))
        for _ in range(RUNS):
            for kind, environ in kinds.items():
                best[kind] = min(best[kind], seconds(python, file, environ))
    return [f"{best[kind] / best['plain']:.2f}" for kind in ("recorded", "facts", "debug")]


def recorded(interpreter: Interpreter) -> dict[str, str]:
    """Return what the recorder says of each trap."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), interpreter)
        played = play(Path(folder), interpreter, os.environ, recorded=True)
    return {
        trap.name: "line" if trap.expected <= played[f"{trap.name}_{BAD}"].records else "no" for trap in of(interpreter)
    }


def printed(interpreter: Interpreter, environ: dict[str, str], path: Path | None = None) -> dict[str, Played]:
    """Return what each program prints in an environment."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), interpreter)
        return play(Path(folder), interpreter, os.environ | environ, recorded=False, path=path)


def developing(interpreter: Interpreter) -> dict[str, str]:
    """Return what `-X dev` says of each trap; debug mode alone where there is no such option."""
    played = printed(interpreter, {"PYTHONDEVMODE": "1", "PYTHONASYNCIODEBUG": "1"})
    return {trap.name: _said(played[f"{trap.name}_{BAD}"].output, trap) for trap in of(interpreter)}


def others() -> dict[str, dict[str, str]]:
    """Return of which traps each of the other tools names a line that Python does not name by itself.

    What else they print is left out: on a busy machine they speak of repaired programs, too.
    """
    needs = tuple(f"{name}=={version}" for name, version in PEERS.items())
    version = "{}.{}".format(*PEERS_PYTHON)
    python = migrated_suites.python_for(migrated_suites.Suite("peers", "", version, "", needs), version)
    if python is None:
        raise SystemExit("the other tools, or the Python for them, cannot be had")
    interpreter = Interpreter(PEERS_PYTHON, str(python.absolute()))
    alone = {name: set(played.output.splitlines()) for name, played in printed(interpreter, {}).items()}
    found = {}
    for peer in PEERS:
        told = printed(interpreter, {"AIOMEND_PEER": peer, "AIOMEND_PEER_SLOW": str(SLOW)}, PEERS_START)
        found[peer] = {
            trap.name: "line"
            if _names(_beyond(told[f"{trap.name}_{BAD}"].output, alone[f"{trap.name}_{BAD}"]), trap)
            else "no"
            for trap in of(interpreter)
        }
    return found


def _beyond(output: str, alone: set[str]) -> str:
    return "\n".join(line for line in output.splitlines() if line not in alone)


def _names(output: str, trap: Trap) -> bool:
    return any(f'.py", line {line}' in output or f".py:{line}" in output for _, line in trap.expected)


def _said(output: str, trap: Trap) -> str:
    """Return whether what is printed names a line of the trap, or says something at all."""
    if _names(output, trap):
        return "line"
    return "something" if any(word in output for word in ("Error", "Warning", "Executing", "destroyed")) else "no"


@dataclass(frozen=True, slots=True)
class Seen:
    """What was said of each trap, by its name: ``line``, ``something`` or ``no``; one that a Python does not know is missing."""

    versions: list[str]
    traced: list[dict[str, str]]  #: by the recorder, for each version
    developing: list[dict[str, str]]  #: by `-X dev`, for each version
    peers: dict[str, dict[str, str]]  #: by each of the other tools


def summary(seen: Seen) -> list[str]:
    """Return the lines on how many programs are seen."""
    return [
        "## What is seen",
        "",
        "Programs of which the line to change is named; in brackets those of which something is said, without that line. The",
        "recorder names kind and line, and no line in a repaired twin; both are tests.",
        "",
        "| Python | programs | `aiomend trace` | `-X dev` |",
        "|---|---|---|---|",
        *(
            f"| {name} | {len(found)} | {_count(found)} | {_count(debug)} |"
            for name, found, debug in zip(seen.versions, seen.traced, seen.developing, strict=True)
        ),
        "",
        "Other tools watch for some of this: for calls that block (blockbuster, aiocop), or for these and for tasks and threads",
        "that are left (pyleak, which turns debug mode on for that). Programs of which they name the line and Python by itself",
        f"does not, under Python {'.'.join(map(str, PEERS_PYTHON))}:",
        "",
        f"| programs | {' | '.join(f'{name} {version}' for name, version in PEERS.items())} |",
        f"|---|{'---|' * len(PEERS)}",
        f"| {len(seen.peers['pyleak'])} | {' | '.join(str(list(found.values()).count('line')) for found in seen.peers.values())} |",
        "",
    ]


def one_by_one(seen: Seen) -> list[str]:
    """Return the table of all programs."""
    columns = {f"traced, {name}": found for name, found in zip(seen.versions, seen.traced, strict=True)}
    columns |= {f"`-X dev`, {seen.versions[-1]}": seen.developing[-1], **seen.peers}
    return [
        "### One by one",
        "",
        f"| program | what it is | {' | '.join(columns)} |",
        f"|---|---|{'---|' * len(columns)}",
        *(
            f"| {trap.name.replace('_', ' ')} | {', '.join(sorted({kind for kind, _ in trap.expected}))} "
            f"| {' | '.join(found.get(trap.name, '-') for found in columns.values())} |"
            for trap in TRAPS
        ),
        "",
    ]


def expenses() -> list[str]:
    """Return the lines on what it costs."""
    watched = of_version(PEERS_PYTHON)
    assert watched is not None, "the other tools have run under it"
    return [
        "## What it costs",
        "",
        f"CPU time as a multiple of the plain program's under Python {'.'.join(map(str, PEERS_PYTHON))}, start included, the best",
        f"of {RUNS} runs each, in turn on one machine.",
        "",
        "| program | recorded | with facts | debug mode |",
        "|---|---|---|---|",
        *(
            f"| {what} | {' | '.join(costs(watched.path, text))} |"
            for what, text in (("task switching", SWITCHING), ("echo server", SERVING))
        ),
        "",
    ]


def main(wanted: list[Version]) -> None:
    interpreters = [found for version in wanted if (found := of_version(version)) is not None]
    seen = Seen(
        ["{}.{}".format(*interpreter.version) for interpreter in interpreters],
        [recorded(interpreter) for interpreter in interpreters],
        [developing(interpreter) for interpreter in interpreters],
        others(),
    )
    lines = [
        "# What the recorder sees, and what it costs",
        "",
        "Written by `python benchmarks/trace.py`; the programs are those of `tests/trace/traps.py`, each with one trap.",
        "",
        *summary(seen),
        *one_by_one(seen),
        *expenses(),
    ]
    report = Path(__file__).with_suffix(".md")
    old = report.read_text("utf-8")
    suites = old[old.index(trace_suites.TITLE) :] if trace_suites.TITLE in old else ""
    report.write_text("\n".join([*lines, suites]), "utf-8")


def _count(found: dict[str, str]) -> str:
    said = list(found.values())
    return f"{said.count('line')} ({said.count('something')})"


if __name__ == "__main__":
    versions = [(int(major), int(minor)) for major, minor in (word.split(".") for word in sys.argv[1:])]
    main(versions or [(3, minor) for minor in range(OLDEST[1], 30)])
