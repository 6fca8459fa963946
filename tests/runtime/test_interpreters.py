"""How the interpreters of the runtime proofs are found, and what a header may say."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from interpreters import Interpreter, Outcome, find, find_newest, missing_on_ci, run, run_calmly
from programs import read

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are shell scripts")

HERE = sys.version_info[:2]


def stand_in(path: Path, script: str) -> Path:
    """Write an executable shell script and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_none_where_neither_pyenv_nor_path_has_the_version(tmp_path: Path) -> None:
    assert find((3, 6), {"HOME": str(tmp_path), "PATH": ""}) is None


def test_a_shim_that_refuses_its_version_is_passed_over(tmp_path: Path) -> None:
    stand_in(tmp_path / "shims" / "python3.6", "echo 'command not found' >&2; exit 127")

    assert find((3, 6), {"PATH": str(tmp_path / "shims")}) is None


def test_a_folder_named_for_another_version_is_passed_over(tmp_path: Path) -> None:
    stand_in(tmp_path / "versions" / "3.6.15" / "bin" / "python", "echo '(3, 7)'")

    assert find((3, 6), {"PYENV_ROOT": str(tmp_path), "PATH": ""}) is None


def test_a_prerelease_is_no_newest(tmp_path: Path) -> None:
    stand_in(tmp_path / "versions" / "3.29.0a1" / "bin" / "python", "echo '(3, 29)'")

    assert find_newest({"PYENV_ROOT": str(tmp_path), "PATH": ""}).version == HERE


def test_found_by_the_root_variable(tmp_path: Path) -> None:
    python = stand_in(tmp_path / "versions" / "3.6.15" / "bin" / "python", "echo '(3, 6)'")

    assert find((3, 6), {"PYENV_ROOT": str(tmp_path), "PATH": ""}) == Interpreter((3, 6), str(python))


def test_found_by_the_command_pyenv(tmp_path: Path) -> None:
    python = stand_in(tmp_path / "elsewhere" / "versions" / "3.6.2" / "bin" / "python", "echo '(3, 6)'")
    stand_in(tmp_path / "bin" / "pyenv", f"echo '{tmp_path / 'elsewhere'}'")

    assert find((3, 6), {"PATH": str(tmp_path / "bin")}) == Interpreter((3, 6), str(python))


def test_found_in_the_home_folder(tmp_path: Path) -> None:
    python = stand_in(tmp_path / ".pyenv" / "versions" / "3.6.2" / "bin" / "python", "echo '(3, 6)'")

    assert find((3, 6), {"HOME": str(tmp_path), "PATH": ""}) == Interpreter((3, 6), str(python))


def test_found_on_the_path(tmp_path: Path) -> None:
    python = stand_in(tmp_path / "python3.6", "echo '(3, 6)'")

    assert find((3, 6), {"PATH": str(tmp_path)}) == Interpreter((3, 6), str(python))


def test_the_newest_is_by_number_and_not_by_spelling(tmp_path: Path) -> None:
    for version in ("3.9.1", "3.28.0"):
        minor = version.split(".")[1]
        stand_in(tmp_path / "versions" / version / "bin" / "python", f"echo '(3, {minor})'")

    assert find_newest({"PYENV_ROOT": str(tmp_path), "PATH": ""}).version == (3, 28)


def test_ci_is_content_with_both() -> None:
    assert missing_on_ci(Interpreter((3, 6), "old"), Interpreter((3, 13), "new")) == []


def test_ci_is_told_what_to_install() -> None:
    sentences = missing_on_ci(None, Interpreter((3, 11), "new"))

    assert sentences == [
        "Python 3.6 is missing: `pyenv install 3.6` brings it",
        "Python 3.13 is missing (3.11 is the newest): `pyenv install 3.13` brings it",
    ]


def test_debug_mode_of_old_and_new() -> None:
    assert Interpreter((3, 6), "old").debug_options == (["-W", "default"], {"PYTHONASYNCIODEBUG": "1"})
    assert Interpreter((3, 7), "new").debug_options == (["-X", "dev"], {})


SLOW = "Executing <Task finished coro=<tea() done> created at tea.py:3> took 0.050 seconds\n"


def test_a_slow_callback_is_seen_among_other_complaints() -> None:
    assert Outcome(0, "", "one\n" + SLOW).stalls
    assert not Outcome(0, "", "Executing a plan\n").stalls


def stalling(tmp_path: Path, times: int) -> Interpreter:
    """A stand-in that stalls in its first ``times`` runs; it counts them in the folder ``runs``."""
    (tmp_path / "runs").mkdir()
    script = f"""touch "runs/$$"
[ $(ls runs | wc -l) -gt {times} ] || echo '{SLOW.strip()}' >&2
echo done"""
    return Interpreter((3, 13), str(stand_in(tmp_path / "python", script)))


def test_a_stall_of_a_busy_machine_is_forgiven(tmp_path: Path) -> None:
    outcome = run_calmly(stalling(tmp_path, times=2), tmp_path / "unread.py", tmp_path)

    assert (outcome.out, outcome.err) == ("done\n", "")


def test_a_stall_in_every_run_is_not(tmp_path: Path) -> None:
    outcome = run_calmly(stalling(tmp_path, times=99), tmp_path / "unread.py", tmp_path, tries=3)

    assert outcome.stalls
    assert len(list((tmp_path / "runs").iterdir())) == 3


def test_a_program_gets_no_debug_settings_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")
    monkeypatch.setenv("PYTHONASYNCIODEBUG", "0")
    program = tmp_path / "program.py"
    names = "'PYTHONWARNINGS', 'PYTHONASYNCIODEBUG'"
    program.write_text(f"import os\nprint(sorted({{{names}}} & set(os.environ)))\n")

    assert run(Interpreter(HERE, sys.executable), program, tmp_path).out == "[]\n"


GOOD = """# A title.
#
# rules: AIO201, AIO401
# options: --target-version 3.6
# complains: one
# prints before:
#     first
#       indented
# prints after:
import asyncio
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "pending" / "native" / "case.py"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def test_a_header_is_read(tmp_path: Path) -> None:
    program = read(written(tmp_path, GOOD))

    assert program.title == "A title."
    assert program.rules == ("AIO201", "AIO401")
    assert program.printed("prints before") == "first\n  indented\n"
    assert program.printed("prints after") == ""
    assert program.exit_before == 0
    assert str(program.settings().target) == "3.6"
    assert not program.settings().unsafe


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("# rules: AIO201, AIO401\n", "", "the header lacks .'rules'."),
        ("# complains", "# complaint", "unknown keys .'complaint'."),
        ("#     first\n", "# first\n", "neither '# key: value' nor a line of the value"),
        ("# complains: one\n", "# complains: one\n# complains: two\n", "case.py:6: neither"),
    ],
)
def test_a_header_that_says_something_else_fails(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = written(tmp_path, GOOD.replace(old, new))

    with pytest.raises(ValueError, match=message):
        read(path)


def test_an_unknown_option_is_an_error(tmp_path: Path) -> None:
    program = read(written(tmp_path, GOOD.replace("--target-version 3.6", "--safe")))

    with pytest.raises(ValueError, match="not '--safe'"):
        program.settings()
