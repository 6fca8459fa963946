"""AIO304: what begins a child process in another thread's loop fails up to Python 3.7, as the finding says, and not later."""

from __future__ import annotations

from pathlib import Path

import pytest
from interpreters import of_version, run

import aiomend
from aiomend import Selection, Settings, TargetRange

PROGRAM = """\
import asyncio
import sys
import threading


async def build():
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    print(await process.wait())


def work():
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(build())
    except RuntimeError as error:
        print("RuntimeError", "child watcher" in str(error))
    finally:
        loop.close()


threading.Thread(target=work).start()
"""


pytestmark = pytest.mark.runtime


@pytest.mark.parametrize("minor", [6, 7, 8, 13])
def test_the_finding_is_there_where_it_fails(minor: int, tmp_path: Path) -> None:
    interpreter = of_version((3, minor))
    if interpreter is None:
        pytest.skip(f"Python 3.{minor} is missing: neither pyenv nor the PATH has one that starts")
    path = tmp_path / "app.py"
    path.write_text(PROGRAM, "utf-8")
    settings = Settings(target=TargetRange.parse(f"3.{minor}"), select=Selection(frozenset({"AIO304"})))

    fails = run(interpreter, path, tmp_path).out == "RuntimeError True\n"

    assert fails is (minor < 8)
    assert len(aiomend.check_source(PROGRAM, path="app.py", settings=settings)) == int(fails)
