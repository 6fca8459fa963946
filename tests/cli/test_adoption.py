"""How a project begins with aiomend: old findings stay quiet, new ones are seen."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest
from cli_helpers import commit_all, git
from typer.testing import CliRunner, Result

from aiomend.model import Finding
from aiomend.source import read
from aiomend_cli.app import app
from aiomend_cli.ignores import commented
from aiomend_cli.since import changed_lines

Run = Callable[..., Result]
SAFE = "future.set_result(1)\n"
SLEEP = "time.sleep(1)\n"


def codes(result: Result) -> list[tuple[str, int]]:
    """Return the path and line of each finding that a JSON report lists."""
    return [(finding["path"], finding["line"]) for finding in json.loads(result.stdout)["findings"]]


class TestSince:
    def test_only_changed_lines(self, repo: Path, aiomend: Run) -> None:
        Path("a.py").write_text(SAFE * 3)
        Path("b.py").write_text(SAFE)
        commit_all()
        git("switch", "-q", "-c", "work")
        Path("a.py").write_text(f"{SAFE}x = 1\n{SAFE}{SLEEP}{SAFE}")
        commit_all()
        Path("a.py").write_text(f"{SAFE}x = 1\n{SAFE}{SLEEP}{SAFE}{SLEEP}")
        Path("new.py").write_text(SAFE)
        done = aiomend("check", "--since", "main", "--output-format", "json")
        assert codes(done) == [("a.py", 4), ("a.py", 6), ("new.py", 1)]
        assert done.exit_code == 1

    def test_nothing_new_is_nothing_to_complain_about(self, repo: Path, aiomend: Run) -> None:
        Path("a.py").write_text(SAFE)
        commit_all()
        done = aiomend("check", "--since", "HEAD")
        assert done.exit_code == 0
        assert "note: 1 finding left out: on lines that did not change since HEAD" in done.stdout

    def test_what_others_did_on_the_branch_meanwhile_does_not_count(self, repo: Path, aiomend: Run) -> None:
        Path("a.py").write_text(SAFE + "x\n" * 9)
        commit_all()
        git("switch", "-q", "-c", "work")
        Path("a.py").write_text(SAFE + "x\n" * 9 + SLEEP)
        commit_all()
        git("switch", "-q", "main")
        Path("a.py").write_text("x\n" * 9)
        commit_all()
        git("switch", "-q", "work")
        assert codes(aiomend("check", "--since", "main", "--output-format", "json")) == [("a.py", 11)]

    def test_a_renamed_file_is_not_new(self, repo: Path, aiomend: Run) -> None:
        Path("a.py").write_text(SAFE * 9)
        commit_all()
        git("mv", "a.py", "größe 1\t.py")
        with Path("größe 1\t.py").open("a") as file:
            file.write(SLEEP)
        git("add", "-A")
        assert codes(aiomend("check", "--since", "HEAD", "--output-format", "json")) == [("größe 1\t.py", 10)]

    def test_code_that_looks_like_a_diff(self) -> None:
        diff = b"\n".join(
            [
                b"diff --git a/a b.py b/a b.py", b"--- a/a b.py\t", b"+++ b/a b.py\t", b"@@ -1 +1,2 @@", b"-++ b/x",
                b"\\ No newline at end of file", b"+++ b/other.py", b"+@@ -1 +7 @@", b"@@ -9,2 +10,0 @@", b"---", b"-x", b"",
            ]
        )  # fmt: skip
        assert changed_lines(diff) == {"a b.py": (range(1, 3), range(10, 10))}

    @pytest.mark.parametrize("reference", ["nowhere", "--output=x", "HEAD:a.py"])
    def test_no_such_commit(self, repo: Path, aiomend: Run, reference: str) -> None:
        Path("a.py").write_text(SAFE)
        commit_all()
        done = aiomend("check", f"--since={reference}")
        assert (done.exit_code, "no such commit" in done.stderr) == (2, True)
        assert not Path("x").exists()

    def test_no_common_history(self, repo: Path, aiomend: Run) -> None:
        Path("a.py").write_text(SAFE)
        commit_all()
        git("switch", "-q", "--orphan", "other")
        Path("a.py").write_text(SLEEP)
        commit_all()
        done = aiomend("check", "--since", "main")
        assert (done.exit_code, "fetch more of the history" in done.stderr) == (2, True)

    def test_no_repository(self, project: Path, aiomend: Run) -> None:
        Path("a.py").write_text(SAFE)
        done = aiomend("check", "--since", "main")
        assert (done.exit_code, "in no git repository" in done.stderr) == (2, True)


def write(aiomend: Run, *arguments: str) -> Result:
    return aiomend("check", "--baseline", "known.json", "--write-baseline", *arguments)


def new(aiomend: Run, *arguments: str) -> list[tuple[str, int]]:
    return codes(aiomend("check", "--baseline", "known.json", "--output-format", "json", *arguments))


class TestBaseline:
    def test_old_findings_are_quiet_and_new_ones_fail(self, project: Path, aiomend: Run) -> None:
        Path("a.py").write_text(f"def f():\n    {SAFE}")
        first = write(aiomend)
        assert (first.exit_code, "1 finding written to known.json" in first.stderr) == (0, True)
        quiet = aiomend("check", "--baseline", "known.json")
        assert (quiet.exit_code, "1 finding left out: known to known.json" in quiet.stdout) == (0, True)
        Path("a.py").write_text(f"def f():\n    {SAFE}    {SLEEP}")
        assert new(aiomend) == [("a.py", 3)]
        assert aiomend("check", "--baseline", "known.json").exit_code == 1

    def test_a_function_that_moves_to_another_file_keeps_its_entry(self, project: Path, aiomend: Run) -> None:
        Path("a.py").write_text(f"def f():\n    {SAFE}    return\n\ndef g():\n    {SLEEP}    return 2\n")
        write(aiomend)
        Path("a.py").write_text("x = 1\n")
        Path("b.py").write_text(f"y = 1\ndef g():\n    {SLEEP}    return 2\n\ndef f():\n    {SAFE}    return\n")
        assert new(aiomend) == []

    def test_lines_around_may_change_and_move(self, project: Path) -> None:
        command_line, sleeper = CliRunner(), "import time\n\n\nasync def f():\n    time.sleep(1)\n"
        Path("a.py").write_text(sleeper)
        command_line.invoke(app, ["check", "--baseline", "known.json", "--write-baseline"])
        Path("a.py").write_text(sleeper.replace("    time", "    a()\n    time") + "    b()\n")
        done = command_line.invoke(app, ["check", "--baseline", "known.json"])
        assert (done.exit_code, "1 finding left out" in done.stdout) == (0, True)

    def test_a_copy_is_new(self, project: Path, aiomend: Run) -> None:
        Path("a.py").write_text(f"def f():\n    {SAFE}    return\n")
        write(aiomend)
        Path("b.py").write_text(Path("a.py").read_text())
        assert new(aiomend) == [("b.py", 2)]

    def test_a_fixed_finding_does_not_pay_for_another_one(self, project: Path, aiomend: Run) -> None:
        Path("a.py").write_text(f"def f():\n    {SAFE}    return\n")
        write(aiomend)
        Path("a.py").write_text(f"def f():\n    return\n\ndef g():\n    x = 1\n    {SAFE}    return x\n")
        assert new(aiomend) == [("a.py", 6)]
        assert "without a finding by now" in aiomend("check", "--baseline", "known.json").stdout

    def test_the_folder_it_is_run_in_does_not_matter(
        self, project: Path, aiomend: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (project / "pyproject.toml").write_text("")
        (project / "sub").mkdir()
        (project / "sub" / "a.py").write_text(SAFE)
        write(aiomend)
        monkeypatch.chdir(project / "sub")
        assert aiomend("check", "--baseline", "../known.json").exit_code == 0

    def test_entries_of_files_and_rules_outside_of_a_run_are_kept(self, project: Path, aiomend: Run) -> None:
        Path("a.py").write_text(SAFE + SLEEP)
        Path("b.py").write_text(SAFE)
        write(aiomend)
        for arguments in ("a.py",), ("--select", "AIO4"):
            write(aiomend, *arguments)
            assert new(aiomend) == []
        assert "without a finding" not in aiomend("check", "a.py", "--baseline", "known.json").stdout
        Path("b.py").unlink()
        write(aiomend)
        assert [row["path"] for row in json.loads(Path("known.json").read_text())["findings"]] == ["a.py", "a.py"]

    def test_writing_it_twice_gives_the_same_bytes(self, project: Path, aiomend: Run) -> None:
        Path("a.py").write_text(SAFE + SLEEP)
        write(aiomend)
        first = Path("known.json").read_bytes()
        Path("a.py").write_text(SAFE + SLEEP)
        write(aiomend)
        assert Path("known.json").read_bytes() == first

    @pytest.mark.parametrize(
        ("content", "word"),
        [
            (
                None,
                "cannot be read: No such file or directory\n  `aiomend check --baseline FILE --write-baseline` makes it",
            ),
            ("{", "is no JSON"),
            ("[]", "does not hold what it should"),
            ('{"version": 2, "findings": []}', "version 2"),
            ('{"version": 1, "findings": [{"path": 1}]}', "does not hold what it should"),
        ],
    )
    def test_what_is_no_baseline(self, project: Path, aiomend: Run, content: str | None, word: str) -> None:
        if content is not None:
            Path("known.json").write_text(content)
        done = aiomend("check", "--baseline", "known.json")
        assert (done.exit_code, word in done.stderr) == (2, True)

    @pytest.mark.parametrize(
        "arguments",
        [
            ("--write-baseline",),
            ("--write-baseline", "--baseline", "k.json", "--since", "HEAD"),
            ("-", "--since", "HEAD"),
        ],
    )
    def test_options_that_make_no_sense_together(self, project: Path, aiomend: Run, arguments: tuple[str, ...]) -> None:
        assert aiomend("check", *arguments, input="").exit_code == 2


class TestFixes:
    """`diff` and `fix` leave out what `check` leaves out."""

    @pytest.fixture(params=["--since", "--baseline"])
    def new_alone(self, repo: Path, aiomend: Run, request: pytest.FixtureRequest) -> tuple[str, str]:
        """An option that leaves out the first trap of a file that has two of them, and an old one of another file."""
        Path("a.py").write_text(SAFE)
        Path("b.py").write_text(SAFE)
        aiomend("check", "--baseline", ".known.json", "--write-baseline")
        commit_all()
        Path("a.py").write_text(SAFE + "x = 1\n" + SAFE)
        commit_all("more")
        return (request.param, "HEAD~1" if request.param == "--since" else ".known.json")

    NEW = SAFE + "x = 1\nguarded(1)\n"

    @pytest.mark.parametrize("command", ["diff", "fix"])
    @pytest.mark.parametrize(
        ("arguments", "word"),
        [
            (("-", "--since", "HEAD"), "`-` is stdin"),
            (("-", "--baseline", "k.json"), "`-` is stdin"),
            (("--since", "HEAD", "--only-fixes", "f.json"), "--only-fixes names the fixes"),
            (("--baseline", "k.json", "--only-fixes", "f.json"), "--only-fixes names the fixes"),
            (("--baseline", "none.json"), "No such file or directory"),
            (("--since", "none"), "no such commit"),
        ],
    )
    def test_what_makes_no_sense(
        self, repo: Path, aiomend: Run, command: str, arguments: tuple[str, ...], word: str
    ) -> None:
        Path("a.py").write_text(SAFE)
        done = aiomend(command, *arguments, input=SAFE)
        assert (done.exit_code, word in done.stderr) == (2, True)
        assert Path("a.py").read_text() == SAFE

    def test_nothing_new_nothing_changed(self, new_alone: tuple[str, str], aiomend: Run) -> None:
        Path("a.py").write_text(SAFE)
        assert aiomend("diff", *new_alone).exit_code == 0
        assert aiomend("fix", "--allow-dirty", *new_alone).exit_code == 0
        assert Path("a.py").read_text() == Path("b.py").read_text() == SAFE

    @pytest.mark.parametrize("grouping", ["file", "rule"])
    def test_the_patch(self, new_alone: tuple[str, str], aiomend: Run, grouping: str) -> None:
        done = aiomend("diff", "--group-by", grouping, *new_alone)
        assert done.exit_code == 1
        Path(".it.patch").write_text(done.stdout)
        git("apply", ".it.patch")
        assert (Path("a.py").read_text(), Path("b.py").read_text()) == (self.NEW, SAFE)

    @pytest.mark.parametrize("how", [(), ("--commit",), ("--interactive",)])
    def test_what_is_written(self, new_alone: tuple[str, str], aiomend: Run, how: tuple[str, ...]) -> None:
        done = aiomend("fix", *how, *new_alone, input="a\ny\n")
        assert "1 fix in 1 file; nothing left." in done.stdout
        assert "note: 2 findings left out: " in done.stdout
        assert (Path("a.py").read_text(), Path("b.py").read_text()) == (self.NEW, SAFE)

    def test_what_tests_drop_brings_back_nothing_that_is_left_out(
        self, new_alone: tuple[str, str], aiomend: Run
    ) -> None:
        script = "import pathlib, sys; sys.exit('guarded' in pathlib.Path('a.py').read_text())"
        done = aiomend("fix", "--test", shlex.join([sys.executable, "-c", script]), *new_alone)
        assert "0 fixes in 0 files; 1 left: " in done.stdout
        assert "a.py:1" not in done.stdout + done.stderr
        assert (Path("a.py").read_text(), Path("b.py").read_text()) == (SAFE + "x = 1\n" + SAFE, SAFE)

    def test_comments_at_what_is_new(self, new_alone: tuple[str, str], aiomend: Run) -> None:
        done = aiomend("fix", "--add-ignores", "later", *new_alone)
        assert "1 finding silenced in 1 file; 0 left." in done.stdout
        assert (
            Path("a.py").read_text().startswith(SAFE + "x = 1\nfuture.set_result(1)  # aiomend: ignore[AIO201] later")
        )
        assert Path("b.py").read_text() == SAFE


def findings(*places: tuple[int, str]) -> list[Finding]:
    """Return findings of rules at lines; nothing else of them matters to a comment."""
    blank = {field.name: "" for field in fields(Finding)}
    return [Finding(**(blank | {"line": line, "column": 1, "code": code})) for line, code in places]  # type: ignore[arg-type]


def silenced(text: str, *places: tuple[int, str], reason: str = "old", length: int = 60) -> str:
    """Return ``text`` with comments for all findings at ``places``."""
    result, left = commented(read("a.py", text.encode()), findings(*places), reason, length)
    assert left == ()
    return result


IGNORE = "# aiomend: ignore[AIO401] old"
LONG = "f('" + "x" * 50 + "')"


class TestAddIgnores:
    @pytest.mark.parametrize(
        ("before", "line", "after"),
        [
            pytest.param("f()\n", 1, f"f()  {IGNORE}\n", id="behind the line"),
            pytest.param("f()", 1, f"f()  {IGNORE}", id="no last line end"),
            pytest.param("f()  \n", 1, f"f()  {IGNORE}\n", id="blanks at the end"),
            pytest.param("f()\r\ng()\r\n", 1, f"f()  {IGNORE}\r\ng()\r\n", id="CR LF"),
            pytest.param(f"if x:\n\t{LONG}\n", 2, f"if x:\n\t{IGNORE}\n\t{LONG}\n", id="too long, tabs"),
            pytest.param(f"{LONG}\r\n", 1, f"{IGNORE}\r\n{LONG}\r\n", id="too long, CR LF"),
            pytest.param(LONG, 1, f"{IGNORE}\n{LONG}", id="too long, no line end"),
            pytest.param("f()  # why\n", 1, f"f()  # why  {IGNORE}\n", id="a comment that stays"),
            pytest.param("f()  # type: ignore\n", 1, f"f()  # type: ignore  {IGNORE}\n", id="a comment of mypy"),
            pytest.param(
                "f()  # aiomend: ignore[AIO402] known\n",
                1,
                "f()  # aiomend: ignore[AIO401, AIO402] known\n",
                id="one of ours for another rule",
            ),
            pytest.param(
                "f('# aiomend: ignore[AIO402]')\n",
                1,
                f"{IGNORE}\nf('# aiomend: ignore[AIO402]')\n",
                id="a text like it",
            ),
            pytest.param("f() + \\\n    g()\n", 1, f"{IGNORE}\nf() + \\\n    g()\n", id="a backslash at the end"),
            pytest.param("f() + \\\n    g()\n", 2, f"f() + \\\n    g()  {IGNORE}\n", id="a backslash above"),
            pytest.param('f("""\n""")\n', 1, f'{IGNORE}\nf("""\n""")\n', id="a text goes on below"),
            pytest.param('"""\n"""; f()\n', 2, f'"""\n"""; f()  {IGNORE}\n', id="a text ends in front"),
            pytest.param(
                f'f"""\n{{x}}"""; {LONG}\n', 2, f'f"""\n{{x}}"""; {LONG}  {IGNORE}\n', id="too long and no way above"
            ),
            pytest.param("x = [\n    f(),\n]\n", 2, f"x = [\n    f(),  {IGNORE}\n]\n", id="in brackets"),
            pytest.param("@d\ndef f(): g()\n", 2, f"@d\ndef f(): g()  {IGNORE}\n", id="a one-line function"),
            pytest.param("a; f()\n", 1, f"a; f()  {IGNORE}\n", id="several statements"),
            pytest.param("\x0cf()\n", 1, f"\x0cf()  {IGNORE}\n", id="a form feed"),
            pytest.param(
                "f()  # a \\\ng()\n", 1, f"f()  # a \\  {IGNORE}\ng()\n", id="a comment that ends in a backslash"
            ),
        ],
    )
    def test_where_the_comment_goes(self, before: str, line: int, after: str) -> None:
        assert silenced(before, (line, "AIO401")) == after

    def test_one_comment_for_several_rules(self) -> None:
        assert silenced("f()\n", (1, "AIO402"), (1, "AIO401")) == "f()  # aiomend: ignore[AIO401, AIO402] old\n"

    def test_lines_that_move_do_not_mix_up_those_below(self) -> None:
        text = f"{LONG}\n{LONG}\nf()\n"
        assert silenced(text, (3, "AIO401"), (1, "AIO401"), (2, "AIO401")) == (
            f"{IGNORE}\n{LONG}\n{IGNORE}\n{LONG}\nf()  {IGNORE}\n"
        )

    def test_the_comment_where_a_statement_begins_is_for_all_of_it(self) -> None:
        text = "f(\n  g())\n"
        assert silenced(text, (1, "AIO401"), (2, "AIO401")) == f"f(  {IGNORE}\n  g())\n"
        assert "AIO402" in silenced(text, (1, "AIO401"), (2, "AIO402")).splitlines()[1]

    def test_no_place(self) -> None:
        text = '"""\n"""; f("""\n""")\n'
        result, left = commented(read("a.py", text.encode()), findings((2, "AIO401")), "old", 88)
        assert (result, len(left)) == (text, 1)

    @pytest.mark.parametrize("reason", ["", "  ", "two\nlines", "\x1b[31m"])
    def test_a_reason_is_one_line(self, project: Path, aiomend: Run, reason: str) -> None:
        Path("a.py").write_text(SAFE)
        assert aiomend("fix", "--add-ignores", reason).exit_code == 2
        assert Path("a.py").read_text() == SAFE

    def test_a_reason_that_the_file_cannot_hold(self, project: Path, aiomend: Run) -> None:
        Path("a.py").write_bytes(f"# coding: latin-1\n{SAFE}".encode())
        done = aiomend("fix", "--add-ignores", "ありがとう")
        assert (done.exit_code, "iso-8859-1 cannot write the reason" in done.stdout) == (2, True)

    def test_a_file_that_git_could_not_bring_back(self, repo: Path, aiomend: Run) -> None:
        Path("a.py").write_text(SAFE)
        done = aiomend("fix", "--add-ignores", "old")
        assert (Path("a.py").read_text(), "0 findings silenced" in done.stdout) == (SAFE, True)
        aiomend("fix", "--add-ignores", "old", "--allow-dirty")
        assert "ignore[AIO201] old" in Path("a.py").read_text()

    def test_then_nothing_is_found_and_no_comment_is_in_vain(self, repo: Path) -> None:
        command_line = CliRunner()
        before = (
            "import asyncio, time\n\n\nasync def f(a):\n    time.sleep(\n        1)\n    if a: time.sleep(2); a()\n"
            "    x = [time.sleep(3), '''\n''']\n    return x\n\n\ndef g():\n    time.sleep(1)\n\n\n"
            "async def h():\n    return g(), asyncio.gather(\n        f(1),\n        g())\n"
        )
        Path("a.py").write_text(before)
        commit_all()
        assert command_line.invoke(app, ["check"]).exit_code == 1
        done = command_line.invoke(app, ["fix", "--add-ignores", "from before"])
        assert (done.exit_code, done.stdout.splitlines()[-1].endswith("; 0 left.")) == (0, True)
        again = command_line.invoke(app, ["check"])
        assert (again.exit_code, "No findings" in again.stdout) == (0, True)
        assert Path("a.py").read_text() != before
