"""What a report looks like: to people, to tools, and to a terminal that must not be commanded."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from aiomend_cli.output.patch import on_terminal
from aiomend_cli.terminal import Painter, escape, source, width

Run = Callable[..., Result]
Start = Callable[..., "subprocess.Popen[bytes]"]
SAFE = "future.set_result(1)\n"


def on_a_terminal(start: Start, *arguments: str, first: str = "") -> tuple[int, str]:
    """Return the exit code and what a person sees who runs ``arguments``; stdout and stderr are one terminal."""
    master, slave = pty.openpty()
    with start(*arguments, first=first, stdout=slave, stderr=slave, stdin=subprocess.DEVNULL) as running:
        os.close(slave)
        seen = b""
        while True:
            try:
                piece = os.read(master, 65536)
            except OSError:
                break  # the other end is closed
            if not piece:
                break
            seen += piece
        code = running.wait(timeout=60)
    os.close(master)
    return code, seen.decode().replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\u202eb", r"a\u202eb"),
        ("tab\tline\n", r"tab\tline\n"),
        ("\udcff", r"\xff"),
        ("\x9b2J", r"\x9b2J"),
        ("\u2028", r"\u2028"),
        ("größe 変数", "größe 変数"),
    ],
)
def test_nothing_commands_the_terminal(text: str, shown: str) -> None:
    assert escape(text) == shown


def test_source_keeps_its_indentation() -> None:
    assert source("\tx\x1b") == r"    x\x1b"
    assert width("変x") == 3


def test_a_diff_on_a_terminal_is_escaped_and_coloured_by_line() -> None:
    diff = b"--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n-old\x1b[2J\n+[bold]new[/bold]\n same\n"
    assert on_terminal(diff, Painter(True)).split("\n") == [
        "\x1b[1m--- a/x\x1b[0m",
        "\x1b[1m+++ b/x\x1b[0m",
        "\x1b[36m@@ -1,2 +1,2 @@\x1b[0m",
        "\x1b[31m-old\\x1b[2J\x1b[0m",
        "\x1b[32m+[bold]new[/bold]\x1b[0m",
        " same",
        "",
    ]


def test_names_and_source_with_escapes(project: Path, aiomend: Run) -> None:
    Path("a\x1b[2J.py").write_text(f"x = '\x1b]0;title\x07'; {SAFE}")
    result = aiomend("check")
    assert "\x1b" not in result.stdout
    assert r"a\x1b[2J.py:1:19: AIO201" in result.stdout
    assert r"1 | x = '\x1b]0;title\x07'; future.set_result(1)" in result.stdout


def test_an_error_with_escapes(project: Path, aiomend: Run) -> None:
    result = aiomend("check", "no\x1b[2J.py")
    assert (result.exit_code, "\x1b" in result.stderr) == (2, False)


def test_the_text_of_a_report(project: Path, aiomend: Run) -> None:
    Path("a.py").write_text("if x:\n\tfuture.set_result(1); time.sleep(1)\nensure_future(x)\nrefuse(x)\n")
    Path("b.py").write_text("print 'x'\n")
    assert aiomend("check").stdout == (
        "target: Python 3.8-3.15 (default, the project names none)\n"
        "\n"
        "a.py:2:2: AIO201 `future.set_result(1)` is a trap\n"
        "  |\n"
        "2 |     future.set_result(1); time.sleep(1)\n"
        "  |     ^^^^^^^^^^^^^^^^^^^^\n"
        "  = safe: `aiomend fix` applies it\n"
        "  = guide: https://docs.python.org/3.6/library/asyncio-dev.html#cancellation\n"
        "\n"
        "a.py:2:24: AIO401 `time.sleep(1)` is a trap\n"
        "  |\n"
        "2 |     future.set_result(1); time.sleep(1)\n"
        "  |                           ^^^^^^^^^^^^^\n"
        "  = unsafe: `aiomend fix --unsafe` applies it\n"
        "  = guide: https://docs.python.org/3.6/library/asyncio-dev.html#handle-blocking-functions-correctly\n"
        "\n"
        "a.py:3:1: AIO801 `ensure_future(x)` is a trap\n"
        "  |\n"
        "3 | ensure_future(x)\n"
        "  | ^^^^^^^^^^^^^^^^\n"
        "  = manual: nothing says that order is meant\n"
        "  = guide: https://docs.python.org/3.6/library/asyncio-dev.html#chain-coroutines-correctly\n"
        "\n"
        "a.py:4:1: AIO301 `refuse(x)` is a trap\n"
        "  |\n"
        "4 | refuse(x)\n"
        "  | ^^^^^^^^^\n"
        "  = safe, not applied: the new call does not parse to what was built\n"
        "  = guide: https://docs.python.org/3.6/library/asyncio-dev.html#concurrency-and-multithreading\n"
        "\n"
        "1 file left alone:\n"
        "  1 Python 2 (convert it to Python 3 first)\n"
        "    b.py\n"
        "4 findings in 1 of 1 file: 1 safe, 1 unsafe, 1 manual, 1 refused.\n"
    )


def test_wide_characters_do_not_shift_the_caret(project: Path, aiomend: Run) -> None:
    Path("a.py").write_text(f"変数 = 1; {SAFE}", encoding="utf-8")
    lines = aiomend("check").stdout.splitlines()
    assert lines[4:6] == ["1 | 変数 = 1; future.set_result(1)", "  | " + " " * 10 + "^" * 20]


def test_an_overlong_line_is_cut_around_its_finding(project: Path, aiomend: Run) -> None:
    Path("a.py").write_text("x = '" + "a" * 5000 + "'; " + SAFE.strip() + " # " + "b" * 5000)
    code, caret = aiomend("check").stdout.splitlines()[4:6]
    assert len(code) < 200
    assert code[caret.index("^") :].startswith("future.set_result(1)")


def test_a_newer_file_says_how_to_run_aiomend_on_a_newer_python(project: Path, aiomend: Run) -> None:
    Path("a.py").write_text("def f[T](): ...\n")
    assert "run aiomend on a newer Python, for example `uvx --python 3.14 aiomend check`" in aiomend("check").stdout


def test_many_skipped_files_are_counted_and_some_named(project: Path, aiomend: Run) -> None:
    for number in range(9):
        Path(f"{number}.py").write_text("print 'x'\n")
    result = aiomend("check")
    assert (result.exit_code, aiomend("check", "--strict").exit_code) == (0, 2)
    assert "9 files left alone:" in result.stdout
    assert "and 4 more" in result.stdout


def test_statistics(project: Path, aiomend: Run) -> None:
    Path("a.py").write_text(SAFE + "time.sleep(1)\ntime.sleep(2)\n")
    lines = aiomend("check", "--statistics", "--quiet").stdout.splitlines()
    assert [line.split() for line in lines] == [
        ["1", "bug", "AIO201", "guard-future-result", "1", "safe", "0", "unsafe", "0", "manual"],
        ["2", "slow", "AIO401", "blocking-sleep", "0", "safe", "2", "unsafe", "0", "manual"],
    ]


def test_quiet_prints_findings_alone(project: Path, aiomend: Run) -> None:
    Path("a.py").write_text("")
    assert (aiomend("check", "-q").stdout, aiomend("check", "-q").stderr) == ("", "")
    Path("a.py").write_text(SAFE)
    assert aiomend("check", "-q").stdout.startswith("a.py:1:1: AIO201")


def test_output_goes_to_a_file(project: Path, aiomend: Run) -> None:
    Path("a.py").write_text(SAFE)
    result = aiomend("check", "--output", "report.txt")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "a.py:1:1: AIO201" in Path("report.txt").read_text()
    failed = aiomend("check", "--output", "no/folder/report.txt")
    assert failed.exit_code == 2
    assert "--output no/folder/report.txt: cannot be written" in failed.stderr


class TestJson:
    def test_the_contract(self, project: Path, aiomend: Run) -> None:
        Path("a.py").write_text("x = 1\n" + SAFE)
        Path("b.py").write_text("print 'x'\n")
        result = aiomend("check", "--output-format", "json")
        data = json.loads(result.stdout)
        assert list(data) == ["version", "tool_version", "target", "findings", "files", "skipped", "summary"]
        assert data["version"] == 1
        assert data["target"]["range"] == "3.8-3.15"
        [finding] = data["findings"]
        assert list(finding) == [
            *("id", "code", "name", "section", "impact", "message", "path", "line", "column", "end_line", "end_column"),
            *("safety", "fixable", "applied", "reason", "url", "evidence", "fix"),
        ]
        assert (finding["path"], finding["line"], finding["column"], finding["end_column"]) == ("a.py", 2, 1, 21)
        assert finding["fix"] == {
            "safety": "safe",
            "edits": [{"path": "a.py", "start": 6, "end": 26, "text": "guarded(1)"}],
            "requires": [],
        }
        assert data["files"] == [
            {"path": "a.py", "changed": True, "created": False, "error": None},
            {"path": "b.py", "changed": False, "created": False, "error": "Python 2"},
        ]
        assert data["skipped"] == [{"path": "b.py", "reason": "Python 2", "kind": "python2", "detail": None}]
        assert "target: Python" in result.stderr

    def test_views_of_one_report(self, project: Path, aiomend: Run) -> None:
        Path("a.py").write_text(SAFE + "time.sleep(1)\nrefuse(x)\n")
        arguments = ("--unsafe", "--output-format", "json")
        check, diff, fix = (aiomend(command, *arguments) for command in ("check", "diff", "fix"))
        assert check.stdout == diff.stdout == fix.stdout
        assert (check.exit_code, diff.exit_code, fix.exit_code) == (1, 1, 0)

    def test_nothing_at_all(self, project: Path, aiomend: Run) -> None:
        data = json.loads(aiomend("check", "--output-format", "json", "-q").stdout)
        assert (data["findings"], data["files"], data["skipped"]) == ([], [], [])

    def test_a_name_that_is_not_utf8(self, project: Path, aiomend: Run) -> None:
        Path("\udcff.py").write_text(SAFE)
        result = aiomend("check", "--output-format", "json")
        assert json.loads(result.stdout)["findings"][0]["path"] == "\udcff.py"


class TestOnATerminal:
    def test_up_to_fifty_findings_are_listed(self, project: Path, process: Start) -> None:
        Path("a.py").write_text(SAFE * 50)
        code, seen = on_a_terminal(process, "check")
        assert (code, seen.count("is a trap")) == (1, 50)

    def test_what_comes_next_is_said(self, project: Path, process: Start) -> None:
        Path("a.py").write_text(f"{SAFE}time.sleep(1)\n")
        no_colour = "import os; os.environ['NO_COLOR'] = '1'"
        seen = on_a_terminal(process, "check", "--exclude", "b c.py", first=no_colour)[1]
        assert "  aiomend diff --exclude 'b c.py'  shows 1 fix as a patch" in seen
        assert "  aiomend fix --exclude 'b c.py'   applies it" in seen
        assert "  aiomend explain AIO201           says why" in seen
        assert "Next:" not in on_a_terminal(process, "check", "--quiet", first=no_colour)[1]
        Path("a.py").write_text("ensure_future(x)\n")
        assert "aiomend diff" not in on_a_terminal(process, "check", first=no_colour)[1]  # it would show nothing
        Path("a.py").write_text("")
        assert "Next:" not in on_a_terminal(process, "check", first=no_colour)[1]

    def test_more_begin_with_one_screen(self, project: Path, process: Start) -> None:
        for folder in "one", "two":
            Path(folder).mkdir()
            Path(folder, "a.py").write_text((SAFE + "time.sleep(1)\nensure_future(x)\n") * 20)
        Path("b.py").write_text("print 'x'\n")
        code, seen = on_a_terminal(
            process, "check", "--ignore", "AIO5", first="import os; os.environ['NO_COLOR'] = '1'"
        )
        assert code == 1
        assert len(seen.splitlines()) <= 30
        assert "120 findings in 2 of 2 files: 40 safe, 40 unsafe, 40 manual." in seen
        assert seen.index("bug: wrong today") < seen.index("slow: stops") < seen.index("tidy: works")
        rows = [line.split() for line in seen.splitlines()]
        assert ["AIO401", "blocking-sleep", "-", "40", "-"] in rows
        assert ["60", "one"] in rows
        assert "1 Python 2" in seen
        assert "aiomend diff --ignore AIO5 " in seen
        assert "aiomend check --all --ignore AIO5 " in seen

    def test_the_next_commands_do_something_where_every_fix_is_unsafe(self, project: Path, process: Start) -> None:
        Path("a.py").write_text("time.sleep(1)\n" * 60)
        seen = on_a_terminal(process, "check", first="import os; os.environ['NO_COLOR'] = '1'")[1]
        assert "aiomend diff --unsafe " in seen
        assert "shows 60 fixes as a patch" in seen

    def test_all_lists_them_all_the_same(self, project: Path, process: Start) -> None:
        Path("a.py").write_text(SAFE * 60)
        assert on_a_terminal(process, "check", "--all")[1].count("is a trap") == 60

    def test_colour(self, project: Path, process: Start, monkeypatch: pytest.MonkeyPatch) -> None:
        Path("a.py").write_text(SAFE)
        assert "\x1b[" in on_a_terminal(process, "check", "--quiet")[1]  # no progress bar, however long it takes
        monkeypatch.setenv("NO_COLOR", "1")
        assert "\x1b[" not in on_a_terminal(process, "check", "--quiet")[1]

    def test_a_long_run_shows_its_progress_and_wipes_it(self, project: Path, process: Start) -> None:
        for number in range(3):
            Path(f"{number}.py").write_text("")
        first = "from aiomend_cli import progress; progress.PATIENCE = 0"
        assert "0/3" in on_a_terminal(process, "check", first=first)[1]
        assert "0/3" not in on_a_terminal(process, "check", "--quiet", first=first)[1]

    def test_a_pipe_gets_neither_progress_nor_colour(self, project: Path, process: Start) -> None:
        Path("a.py").write_text(SAFE)
        with process("check", first="from aiomend_cli import progress; progress.PATIENCE = 0") as running:
            out, err = running.communicate(timeout=60)
        assert b"\x1b" not in out + err
        assert err == b""

    def test_explain_is_set_as_text(self, project: Path, process: Start) -> None:
        code, seen = on_a_terminal(process, "explain", "AIO401")
        assert code == 0
        assert "AIO401 blocking-sleep" in seen
        assert "```" not in seen  # the Markdown is rendered
