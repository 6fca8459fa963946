"""AIO101, AIO102 and AIO501 on programs that run: what is switched on, what is taken out, and what is logged then."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from interpreters import TIME_LIMIT, Interpreter, find_newest, for_form, of_version

from aiomend import Settings, fix_source
from aiomend.settings import EVERYTHING, Selection, TargetRange

pytestmark = pytest.mark.runtime

HEAD = """\
import argparse
import asyncio
import logging
import socket

DEBUG_OPTION = "--debug"


async def main():
    left_open = socket.socket()
    del left_open
    logging.info("at work")
    print("debug" if asyncio.get_event_loop().get_debug() else "calm")


def parsed():
    parser = argparse.ArgumentParser()
    parser.add_argument("--debug", action="store_true")
    return parser.parse_args()


"""
#: Programs without a complete debug mode, each with how it is asked for it.
PROGRAMS = {
    "the variable": (
        "loop = asyncio.new_event_loop()\nloop.run_until_complete(main())\nloop.close()\n",
        [],
        {"PYTHONASYNCIODEBUG": "1"},
    ),
    "an option": (
        "args = parsed()\nloop = asyncio.new_event_loop()\nloop.run_until_complete(main())\nloop.close()\n",
        ["--debug"],
        {},
    ),
    "an option and a log": (
        "args = parsed()\nlogging.basicConfig(level=logging.INFO)\nloop = asyncio.new_event_loop()\n"
        "if args.debug:\n    loop.set_debug(True)\nloop.run_until_complete(main())\nloop.close()\n",
        ["--debug"],
        {},
    ),
    "asyncio.run": ("args = parsed()\nasyncio.run(main(), debug=False)\n", ["--debug"], {}),
}
CHECKS = ("ResourceWarning", "DEBUG:asyncio:")


def fixed(text: str, code: str, **more: str) -> str:
    chosen = Selection(frozenset({code}))
    settings = Settings(target=TargetRange((3, 6), (3, 13)), select=chosen, unsafe=EVERYTHING, **more)  # type: ignore[arg-type]
    return fix_source(text, path="program.py", settings=settings).text


def run(
    interpreter: Interpreter, text: str, folder: Path, words: list[str], variables: Mapping[str, str]
) -> tuple[str, str]:
    """Return what a program prints and what it says on stderr, outside of any debug mode but the one it is asked for."""
    path = folder / "program.py"
    path.write_text(text, "utf-8")
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT", "LANG") if name in os.environ}
    done = subprocess.run(
        [interpreter.path, str(path), *words],
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT,
        env={**kept, **variables},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip(), done.stderr


def check_switch(interpreter: Interpreter, case: str, folder: Path) -> None:
    """AIO101: all checks are there where they are asked for, and only there."""
    body, words, variables = PROGRAMS[case]
    after = fixed(HEAD + body, "AIO101")

    _, before_err = run(interpreter, HEAD + body, folder, words, variables)
    calm_out, calm_err = run(interpreter, after, folder, [], {})
    out, err = run(interpreter, after, folder, words, variables)

    assert [text for text in CHECKS if text in before_err] == []
    assert calm_out == "calm"
    assert [text for text in CHECKS if text in calm_err] == []
    assert out == "debug"
    assert [text for text in CHECKS if text not in err] == []


def check_left_on(interpreter: Interpreter, folder: Path) -> None:
    """AIO102: the program is calm afterwards, and does what it did."""
    for switch in (
        "loop.set_debug(True)\n",
        'os.environ["PYTHONASYNCIODEBUG"] = "0"\nloop = asyncio.new_event_loop()\n',
    ):
        text = (
            f"import os\n{HEAD}loop = asyncio.new_event_loop()\n{switch}loop.run_until_complete(main())\nloop.close()\n"
        )
        is_late = "environ" in switch and interpreter.version < (3, 7)

        assert run(interpreter, text, folder, [], {})[0] == "debug" or is_late
        assert run(interpreter, fixed(text, "AIO102"), folder, [], {})[0] == "calm"


def check_level(interpreter: Interpreter, level: str, folder: Path) -> None:
    """AIO501: asyncio's daily work goes out of the log, or into it, and the program's own messages stay."""
    text = f"{HEAD}logging.basicConfig(level=logging.DEBUG)\nloop = asyncio.new_event_loop()\nloop.run_until_complete(main())\nloop.close()\n"
    # The selector is named when the loop is made, before the program starts it: a debug loop says more while it runs.
    text = text.replace("loop.run", 'logging.getLogger("asyncio").debug("daily work")\nloop.run', 1)
    after = fixed(text, "AIO501", asyncio_log_level=level).replace(
        "loop.run", 'logging.getLogger("asyncio").debug("daily work, again")\nloop.run', 1
    )

    assert "DEBUG:asyncio:daily work" in run(interpreter, text, folder, [], {})[1]
    err = run(interpreter, after, folder, [], {})[1]
    assert ("daily work, again" in err) == (level == "DEBUG")
    assert "INFO:root:at work" in err


def oldest() -> Interpreter:
    found = for_form("generator")
    if found is None:
        pytest.skip("Python 3.6 is missing: neither pyenv nor the PATH has one that starts")
    return found


@pytest.mark.parametrize("case", [case for case in PROGRAMS if case != "asyncio.run"])
def test_debug_mode_is_complete_on_the_oldest(case: str, tmp_path: Path) -> None:
    check_switch(oldest(), case, tmp_path)


@pytest.mark.parametrize("case", PROGRAMS)
def test_debug_mode_is_complete_on_the_newest(case: str, tmp_path: Path) -> None:
    check_switch(find_newest(), case, tmp_path)


def test_debug_mode_is_taken_out(tmp_path: Path) -> None:
    check_left_on(find_newest(), tmp_path)
    check_left_on(oldest(), tmp_path)


@pytest.mark.parametrize("level", ["DEBUG", "WARNING", "ERROR"])
def test_the_level_is_what_is_configured(level: str, tmp_path: Path) -> None:
    check_level(find_newest(), level, tmp_path)
    check_level(oldest(), level, tmp_path)


@pytest.mark.every_interpreter
@pytest.mark.parametrize("minor", range(6, 14))
def test_all_of_it_holds_everywhere(minor: int, tmp_path: Path) -> None:
    interpreter = of_version((3, minor))
    if interpreter is None:
        pytest.skip(f"Python 3.{minor} is missing: neither pyenv nor the PATH has one that starts")
    for case in PROGRAMS:
        if case != "asyncio.run" or minor >= 7:
            check_switch(interpreter, case, tmp_path)
    check_left_on(interpreter, tmp_path)
    check_level(interpreter, "WARNING", tmp_path)
