"""AIO604: who owns a dropped coroutine, which chains are whole, and what the words say."""

from __future__ import annotations

import textwrap

import pytest

from aiomend import EVERYTHING, NOTHING, Finding, Report, Safety, Selection, Settings, fix_source
from aiomend.api import MemorySources
from aiomend.engine import Project
from aiomend.settings import TargetRange

RING = """
import asyncio

async def ring():
    await asyncio.sleep(0)

"""
PROGRAM = 'if __name__ == "__main__":\n    main()\n'


def settings(*codes: str, unsafe: bool = True, target: str = "3.8") -> Settings:
    return Settings(
        select=Selection(frozenset(codes or {"AIO604"})),
        unsafe=EVERYTHING if unsafe else NOTHING,
        target=TargetRange.parse(target),
    )


def found(code: str, *codes: str, path: str = "app.py") -> tuple[Finding, ...]:
    return fix_source(RING + textwrap.dedent(code), path=path, settings=settings(*codes)).findings


def project(files: dict[str, str], paths: list[str] | None = None, unsafe: bool = True) -> Report:
    sources = {path: textwrap.dedent(text).lstrip("\n").encode() for path, text in files.items()}
    return Project(MemorySources(sources), lambda _: settings(unsafe=unsafe)).run(paths)


# ---- whose the place is ---


@pytest.mark.parametrize("selected", ["AIO6", "ALL"])
def test_it_runs_only_when_its_own_code_is_selected(selected: str) -> None:
    findings = found(f"def main(): ring()\n{PROGRAM}", selected)

    assert [finding.code for finding in findings] == ["AIO601"]


def test_a_place_that_it_takes_is_not_reported_twice() -> None:
    assert [one.code for one in found(f"def main(): ring()\n{PROGRAM}", "ALL", "AIO604")] == ["AIO604"]
    assert [one.code for one in found("def start(): ring()\n", "ALL", "AIO604")] == ["AIO604"]


def test_where_a_loop_runs_and_the_chain_breaks_the_coroutine_becomes_a_task() -> None:
    code = "def start(): ring()\nasync def main(): asyncio.get_running_loop().call_soon(start)\n"

    assert [(one.code, one.applied) for one in found(code, "ALL", "AIO604")] == [("AIO601", True)]


def test_where_a_loop_runs_and_the_chain_is_whole_it_is_awaited() -> None:
    code = "def start(): ring()\nasync def main(): start()\n"

    assert [(one.code, one.applied) for one in found(code, "ALL", "AIO604")] == [("AIO604", True)]


def test_a_dropped_coroutine_in_a_coroutine_is_none_of_its_business() -> None:
    assert found("async def main(): ring()\n") == ()


def test_it_waits_for_a_yes() -> None:
    text = RING + f"def main(): ring()\n{PROGRAM}"
    fixed = fix_source(text, settings=settings(unsafe=False))

    assert fixed.text == text
    assert [(one.safety, one.fixable) for one in fixed.findings] == [(Safety.UNSAFE, True)]


# ---- what a person learns ---


def test_the_whole_chain_is_shown_place_by_place() -> None:
    (finding,) = found(f"def strike(): ring()\ndef main(): strike()\nasync def toll(): strike()\n{PROGRAM}")

    assert finding.message == (
        "`ring()` only makes a coroutine, which nobody runs; "
        "`strike()` and 1 that leads to it become coroutine functions"
    )
    assert [(one.line, one.note) for one in finding.evidence] == [
        (4, "`ring()` is a coroutine function"),
        (7, "`strike()` would have to be one too"),
        (8, "`main()` calls `strike()`: it would have to follow"),
        (9, "`toll()` calls `strike()`: it is a coroutine function"),
        (11, "the program calls `main()`"),
    ]


def test_a_chain_that_breaks_says_where() -> None:
    (finding,) = found(f"def strike(): ring()\ndef main(): print(map(strike, ()), strike())\n{PROGRAM}")

    assert (finding.safety, finding.fix) == (Safety.MANUAL, None)
    assert finding.reason is not None
    assert finding.reason.startswith("app.py:8: `strike` is handed on as a value")
    assert [one.line for one in finding.evidence] == [4, 7, 8, 10]


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"setup.py": "setup(py_modules=['bell'])"}, "public"),
        ({"lib/__init__.py": "", "lib/use.py": "from bell import strike\nasync def f(): strike()"}, None),
    ],
)
def test_a_module_that_is_installed_may_be_called_by_others(files: dict[str, str], reason: str | None) -> None:
    bell = RING + "def strike(): ring()\nasync def toll(): strike()\n"
    report = project({**files, "bell.py": bell})

    assert [one.applied for one in report.findings] == ([True] if reason is None else [])


def test_a_command_of_a_package_stays_what_a_command_line_calls() -> None:
    files = {
        "bell/__init__.py": "",
        "bell/__main__.py": f"from bell.strike import ring\ndef main(): ring()\n{PROGRAM}",
        "bell/strike.py": RING,
    }
    (finding,) = project(files).findings

    assert finding.reason is not None
    assert "a command may be set up to call it" in finding.reason


def test_a_caller_in_a_file_that_is_not_to_be_changed_keeps_all_as_it_is() -> None:
    files = {"bell.py": RING + "def strike(): ring()\n", "use.py": "import bell\nasync def f(): bell.strike()\n"}
    report = project(files, ["bell.py"])

    assert report.changed == ()
    assert [one.reason for one in report.findings] == [
        "it also needs use.py, which is not among the files that may be changed"
    ]


def test_a_caller_that_cannot_be_read_keeps_all_as_it_is() -> None:
    files = {"bell.py": RING + "def strike(): ring()\nasync def f(): strike()\n", "use.py": "import bell\nbell.strike("}
    report = project(files)

    assert report.changed == ()
    # a loop is not known to run where a caller is not known either
    assert [one.reason for one in report.findings] == ["use.py mentions `strike` and is generated, or cannot be read"]


# ---- what is written ---


def test_calls_keep_their_values_and_get_parentheses_where_they_need_them() -> None:
    code = f"def strike(): ring(); return [1]\ndef main(): return strike()[0] + strike().count(1) ** -len(strike())\n{PROGRAM}"
    fixed = fix_source(RING + code, settings=settings()).text

    assert "return (await strike())[0] + (await strike()).count(1) ** -len(await strike())" in fixed


def test_parameters_stay_aligned() -> None:
    fixed = fix_source(
        RING + "def strike(one,\n           two): ring()\nasync def f(): strike(1, 2)\n", settings=settings()
    ).text

    assert "async def strike(one,\n                 two): await ring()\n" in fixed


def test_a_function_of_another_chain_that_is_shared_is_converted_once() -> None:
    code = f"def strike(): ring()\ndef toll(): ring(); strike()\ndef main(): strike(); toll(); ring()\n{PROGRAM}"
    fixed = fix_source(RING + code, settings=settings())

    assert [one.applied for one in fixed.findings] == [True, True, True]
    assert "async def main(): await strike(); await toll(); await ring()" in fixed.text
    assert fix_source(fixed.text, settings=settings()).findings == ()


def test_what_was_written_half_is_finished_by_the_same_command() -> None:
    whole = {
        "bell.py": RING + "def strike(): ring()\n",
        "use.py": "import bell\ndef f(): bell.strike()\nasync def g(): f()\n",
    }
    after = {one.path: (one.new or b"").decode() for one in project(whole).changed}
    assert set(after) == set(whole)

    for missing in whole:
        (rest,) = project(after | {missing: whole[missing]}).changed
        assert (rest.path, (rest.new or b"").decode()) == (missing, after[missing])
