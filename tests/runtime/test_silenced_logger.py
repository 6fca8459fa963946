"""What AIO502 finds hides what asyncio complains of: programs run as they are, and without the place that was found."""

from __future__ import annotations

from pathlib import Path

import pytest
from interpreters import Interpreter, find_newest, for_form, of_version, run

from aiomend import Settings, check_source
from aiomend.settings import Selection

pytestmark = pytest.mark.runtime

PROGRAM = """\
import asyncio
import logging
import logging.config

logging.basicConfig()
{silence}


async def save():
    raise ValueError("the disk is full")


async def wait():
    await asyncio.get_event_loop().create_future()


async def main():
    asyncio.ensure_future(save())
    asyncio.ensure_future(wait())
    await asyncio.sleep(0.01)


loop = asyncio.new_event_loop()
loop.run_until_complete(main())
loop.close()
print("done")
"""
SILENCES = {
    "level": 'logging.getLogger("asyncio").setLevel(logging.CRITICAL)',
    "disabled": 'logging.getLogger("asyncio").disabled = True',
    "cut off": 'logging.getLogger("asyncio").addHandler(logging.NullHandler())\n'
    'logging.getLogger("asyncio").propagate = False',
    "everything": "logging.disable(logging.ERROR)",
    "table": 'logging.config.dictConfig({"version": 1, "root": {"level": "INFO"}})',
}
#: Twins that leave the complaints alone, and that the rule leaves alone.
TWINS = {
    "level": 'logging.getLogger("asyncio").setLevel(logging.ERROR)',
    "disabled": 'logging.getLogger("asyncio").disabled = False',
    "cut off": 'logging.getLogger("asyncio").addHandler(logging.StreamHandler())\n'
    'logging.getLogger("asyncio").propagate = False',
    "everything": "logging.disable(logging.WARNING)",
    "table": 'logging.config.dictConfig({"version": 1, "disable_existing_loggers": False})',
}
COMPLAINTS = ("the disk is full", "was destroyed but it is pending")


def found(text: str) -> int:
    return len(check_source(text, settings=Settings(select=Selection(frozenset({"AIO502"})))))


def heard(interpreter: Interpreter, silence: str, folder: Path) -> list[str]:
    """Return the complaints that reach stderr."""
    path = folder / "program.py"
    path.write_text(PROGRAM.format(silence=silence), "utf-8")
    outcome = run(interpreter, path, folder)
    assert (outcome.code, outcome.out) == (0, "done\n"), outcome.err
    return [text for text in COMPLAINTS if text in outcome.err]


def check(interpreter: Interpreter, case: str, folder: Path) -> None:
    """Hold the rule to what a program says: it finds the silent one, and not its twin."""
    assert heard(interpreter, SILENCES[case], folder) == []
    assert heard(interpreter, TWINS[case], folder) == list(COMPLAINTS)
    assert found(PROGRAM.format(silence=SILENCES[case])) == 1
    assert found(PROGRAM.format(silence=TWINS[case])) == 0


@pytest.mark.parametrize("case", SILENCES)
def test_what_is_found_hides_the_complaints_on_the_oldest(case: str, tmp_path: Path) -> None:
    interpreter = for_form("generator")
    if interpreter is None:
        pytest.skip("Python 3.6 is missing: neither pyenv nor the PATH has one that starts")
    check(interpreter, case, tmp_path)


@pytest.mark.parametrize("case", SILENCES)
def test_what_is_found_hides_the_complaints_on_the_newest(case: str, tmp_path: Path) -> None:
    check(find_newest(), case, tmp_path)


@pytest.mark.every_interpreter
@pytest.mark.parametrize("minor", range(6, 14))
@pytest.mark.parametrize("case", SILENCES)
def test_what_is_found_hides_the_complaints_everywhere(case: str, minor: int, tmp_path: Path) -> None:
    interpreter = of_version((3, minor))
    if interpreter is None:
        pytest.skip(f"Python 3.{minor} is missing: neither pyenv nor the PATH has one that starts")
    check(interpreter, case, tmp_path)
