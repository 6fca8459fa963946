"""Writes `trace.md`: what the recorder and `-X dev` see of the traps in `tests/trace/traps.py`, and what it costs.

usage: python benchmarks/trace.py [PYTHON...]    (default: the Python that runs it)

The costs are ratios of CPU time, the best of three runs each, plain and recorded in turn.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [
    str(ROOT / "tests" / "trace"),
    str(ROOT / "tests" / "runtime"),
    str(ROOT / "cli"),
    str(ROOT / "codemods"),
]

from interpreters import Interpreter  # noqa: E402
from staging import BAD, of, play, write  # noqa: E402

from aiomend_cli.trace import program  # noqa: E402

RUNS = 3
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


def table(interpreter: Interpreter) -> list[str]:
    """Return a row for each trap: what names its line."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), interpreter)
        recorded = play(Path(folder), interpreter, os.environ, recorded=True)
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), interpreter)
        development = {"PYTHONDEVMODE": "1", "PYTHONASYNCIODEBUG": "1"}
        debug = play(Path(folder), interpreter, os.environ | development, recorded=False)
    rows = []
    for trap in of(interpreter):
        name = f"{trap.name}_{BAD}"
        ours = "line" if trap.expected <= recorded[name].records else "no"
        rows.append(f"| {trap.name.replace('_', ' ')} | {ours} | {_said(debug[name].output, trap.expected)} |")
    return rows


def _said(output: str, expected: set[tuple[str, int]]) -> str:
    """Return whether what Python prints names a line of the trap, or says something at all."""
    if any(f'.py", line {line}' in output or f".py:{line}" in output for _, line in expected):
        return "line"
    return "something" if any(word in output for word in ("Error", "Warning", "Executing", "destroyed")) else "no"


def main(pythons: list[str]) -> None:
    rows, cost_rows = [], []
    for python in pythons:
        asked = [python, "-c", "import sys; print(*sys.version_info[:2])"]
        version = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()
        interpreter = Interpreter((int(version[0]), int(version[1])), python)
        name = ".".join(version)
        for what, text in (("task switching", SWITCHING), ("echo server", SERVING)):
            cost_rows.append(f"| {name} | {what} | {' | '.join(costs(python, text))} |")
        found = table(interpreter)
        counts = [[row.split(" | ")[column].strip(" |") for row in found] for column in (1, 2)]
        summary = " | ".join(f"{column.count('line')} ({column.count('something')})" for column in counts)
        rows.append(f"| {name} | {len(found)} | {summary} |")
    lines = [
        "# What the recorder sees, and what it costs",
        "",
        "Written by `python benchmarks/trace.py PYTHON...`; the programs are those of `tests/trace/traps.py`, each with one trap.",
        "",
        "## What is seen",
        "",
        "Programs of which the line to change is named; in brackets those of which something is said, without that line. The",
        "recorder names no line in a repaired twin; that is a test.",
        "",
        "| Python | programs | `aiomend trace` | `-X dev` |",
        "|---|---|---|---|",
        *rows,
        "",
        f"### One by one, Python {name}",
        "",
        "| program | `aiomend trace` | `-X dev` |",
        "|---|---|---|",
        *found,
        "",
        "## What it costs",
        "",
        f"CPU time as a multiple of the plain program's, the best of {RUNS} runs each, in turn on one machine.",
        "",
        "| Python | program | recorded | with facts | debug mode |",
        "|---|---|---|---|---|",
        *cost_rows,
    ]
    Path(__file__).with_suffix(".md").write_text("\n".join([*lines, ""]), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:] or [sys.executable])
