"""The programs under every interpreter that their form supports; left out unless asked for: -m every_interpreter."""

from __future__ import annotations

from pathlib import Path

import pytest
from interpreters import of_version, run, run_calmly
from programs import Program, guide_programs

import aiomend

pytestmark = pytest.mark.every_interpreter

#: `@asyncio.coroutine` ends with 3.10; the `async def` twins begin where their target ranges do.
VERSIONS = {"generator": range(6, 11), "native": range(8, 14)}
#: What versions in between deprecate is no complaint about the program.
QUIET = ("-W", "ignore::DeprecationWarning")

CASES = [
    pytest.param(program, minor, id=f"{program.name}-3.{minor}")
    for program in guide_programs()
    for minor in VERSIONS[program.form]
]


@pytest.mark.parametrize(("program", "minor"), CASES)
def test_it_complains_before_and_not_after(program: Program, minor: int, tmp_path: Path) -> None:
    interpreter = of_version((3, minor))
    if interpreter is None:
        pytest.skip(f"Python 3.{minor} is missing: neither pyenv nor the PATH has one that starts")
    fixed = tmp_path / program.path.name
    fixed.write_text(aiomend.fix_source(program.text, path=fixed.name, settings=program.settings()).text, "utf-8")

    before = run(interpreter, program.path, tmp_path, QUIET)
    after = run_calmly(interpreter, fixed, tmp_path, options=QUIET)

    assert (before.out, before.code) == (program.printed("prints before"), program.exit_before), before.err
    assert [text for text in program.lines("complains") if text not in before.err] == []
    assert (after.out, after.code) == (program.printed("prints after"), 0), after.err
    assert [text for text in program.lines("complains") if text in after.err] == []
    assert [text for text in program.lines("reports after") if text not in after.err] == []
    assert after.err == "" or program.lines("reports after")
