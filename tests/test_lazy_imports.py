"""A run that finds nothing never loads what it would write with: that is what makes it quick."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

#: Code with the names that the rules look for, and no trap.
CLEAN = """
import asyncio
import subprocess
import time


def nap(fut):
    time.sleep(1)
    return subprocess.check_output(["true"])


async def work(loop):
    fut = loop.create_future()
    answer = await loop.run_in_executor(None, nap, fut)
    if not fut.cancelled():
        fut.set_result(answer)
    await asyncio.sleep(0)
    task = asyncio.ensure_future(work(loop))
    return await task


if __name__ == "__main__":
    asyncio.run(work(None))
"""
TRAP = "import time\n\n\nasync def work():\n    time.sleep(1)\n"

LIBRARY = """
import sys, pathlib, aiomend
findings = aiomend.check_source(pathlib.Path("work.py").read_text())
print(len(findings), *sorted({"libcst", "black"} & sys.modules.keys()))
"""
APPLICATION = """
import sys, pathlib
from aiomend_cli import isolation
from aiomend_cli.entry import main
sys.argv = ["aiomend", "check", "--quiet", "work.py"]
send = isolation._send
def noting(stream, message):  # in the engine's own process
    pathlib.Path("loaded").write_text(" ".join(sorted({"libcst", "black"} & sys.modules.keys())))
    send(stream, message)
isolation._send = noting
try:
    main()
except SystemExit as end:
    print(end.code, *pathlib.Path("loaded").read_text().split(), *sorted({"libcst", "black"} & sys.modules.keys()))
"""


def loaded(folder: Path, text: str, program: str) -> str:
    """Return the last line of a program that checks one file: a number, and which of the heavy modules it loaded."""
    (folder / "work.py").write_text(text)
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize("program", [LIBRARY, APPLICATION], ids=["library", "application"])
def test_code_without_a_finding_loads_no_libcst_and_no_black(tmp_path: Path, program: str) -> None:
    assert loaded(tmp_path, CLEAN, program) == "0"


@pytest.mark.parametrize("program", [LIBRARY, APPLICATION], ids=["library", "application"])
def test_the_test_would_see_them_where_they_are_needed(tmp_path: Path, program: str) -> None:
    assert loaded(tmp_path, TRAP, program).split()[:1] == ["1"]
    assert "libcst" in loaded(tmp_path, TRAP, program)


PLAIN = """
import sys
from aiomend_cli.entry import main
sys.argv = ["aiomend", "check", "--quiet", "work.py"]
heavy = {"typer", "pydantic", "rich", "libcst", "black", "packaging", "subprocess", "multiprocessing", "asyncio", "aiomend.engine"}
try:
    main()
except SystemExit as end:
    print(end.code, *sorted(heavy & sys.modules.keys()))
"""
#: Making a class of data takes half a millisecond, and loading a module a quarter of one: `python -c pass` takes ten.
COUNTS = """
import sys
from aiomend_cli.entry import main
sys.argv = ["aiomend", "check", "--quiet", "work.py"]
try:
    main()
except SystemExit:
    own = {name: vars(module) for name, module in sys.modules.items() if name.partition(".")[0] in ("aiomend", "aiomend_cli")}
    made = [one for name, names in own.items() for one in names.values() if getattr(one, "__module__", None) == name]
    print(len(own), sum("__dataclass_fields__" in vars(one) for one in made if isinstance(one, type)))
"""
VERSION = """
import sys
from aiomend_cli import version
from aiomend_cli.entry import main
version._anywhere = lambda: "1.2.3"  # it is asked in a checkout alone
sys.argv = ["aiomend", "--version"]
try:
    main()
except SystemExit as end:
    print(end.code, *sorted({"typer", "dataclasses", "pathlib", "importlib.metadata"} & sys.modules.keys()))
"""
PLAIN_CODE = "import os\n\n\ndef here():\n    return os.getcwd()\n"


def test_a_plain_command_line_and_a_file_without_a_trap_load_next_to_nothing(tmp_path: Path) -> None:
    assert loaded(tmp_path, PLAIN_CODE, PLAIN) == "0"


def test_such_a_run_loads_few_modules_and_makes_few_classes_of_data(tmp_path: Path) -> None:
    modules, classes = map(int, loaded(tmp_path, PLAIN_CODE, COUNTS).split())
    assert modules <= 39
    assert classes <= 19


def test_the_version_needs_no_data_and_no_command_line(tmp_path: Path) -> None:
    assert loaded(tmp_path, PLAIN_CODE, VERSION) == "0"


def test_the_engine_is_loaded_where_something_may_be_found(tmp_path: Path) -> None:
    assert loaded(tmp_path, TRAP, PLAIN).split()[0] == "1"
