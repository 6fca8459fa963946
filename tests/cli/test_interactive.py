"""`fix --interactive`: what a key decides, and what becomes of the decisions."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cli_helpers import commit_all, git
from typer.testing import CliRunner, Result

import aiomend
from aiomend.model import Finding, FixData, Impact, Safety, TextChange, TextEdit
from aiomend.report import FileResult, Report
from aiomend_cli.interactive.question import HELP, KEYS, Screen, answer, changes, named
from aiomend_cli.interactive.review import Review, begin, continued, press
from aiomend_cli.terminal import Painter

Run = Callable[..., Result]
BUG = "future.set_result(1)\n"
SLOW = "time.sleep(1)\n"


def a_fix(name: str, *requires: str, code: str = "AIO201", path: str = "a.py", unsafe: bool = False) -> Finding:
    safety = Safety.UNSAFE if unsafe else Safety.SAFE
    return Finding(
        id=name, code=code, name="a-rule", section=2, impact=Impact.BUG, message="a trap", path=path,
        line=int(name[1:]), column=1, end_line=int(name[1:]), end_column=2, safety=safety, applied=True, reason=None,
        url="", fix=FixData(safety, (TextEdit(path, 0, 0, "x"),), requires),
    )  # fmt: skip


def a_report(*fixes: Finding) -> Report:
    paths = sorted({path for fix in fixes for path in fix.paths})
    return Report(fixes, tuple(FileResult(path, b"", b"x") for path in paths))


def a_review(*fixes: Finding) -> Review:
    return begin(a_report(*fixes))


def pressed(review: Review, keys: str) -> Review:
    for key in keys:
        review = press(review, key)
    return review


def decisions(review: Review) -> str:
    """Return the ids of the fixes that are decided, refused ones behind a minus."""
    return " ".join(
        f"{'' if review.decided[fix.id] else '-'}{fix.id}" for fix in review.fixes if fix.id in review.decided
    )


class TestKeys:
    """What each key makes of the decisions."""

    def test_nothing_is_decided_by_itself(self) -> None:
        review = a_review(a_fix("f1"))
        assert (review.decided, review.accepted, len(review.undecided)) == ({}, (), 1)

    @pytest.mark.parametrize("key", ["", "x", "Y", "?", "q", "\x1b[A", "yes"])
    def test_other_keys_decide_nothing(self, key: str) -> None:
        review = a_review(a_fix("f1"))
        assert press(review, key) is review

    @pytest.mark.parametrize("key", list("ynadADj"))
    def test_at_the_end_there_is_nothing_to_decide(self, key: str) -> None:
        review = pressed(a_review(a_fix("f1")), "y")
        assert press(review, key) is review

    def test_undo_at_the_beginning(self) -> None:
        review = a_review(a_fix("f1"))
        assert press(review, "u") is review

    def test_yes_and_no(self) -> None:
        review = pressed(a_review(a_fix("f1"), a_fix("f2")), "yn")
        assert (decisions(review), review.here) == ("f1 -f2", None)

    def test_what_an_accepted_fix_builds_on_comes_along(self) -> None:
        review = a_review(a_fix("f1"), a_fix("f2", "f1"), a_fix("f3", "f2"))
        assert decisions(pressed(review, "jjy")) == "f1 f2 f3"

    def test_what_builds_on_a_refused_fix_is_refused(self) -> None:
        review = a_review(a_fix("f1"), a_fix("f2", "f1"), a_fix("f3", "f2"))
        assert decisions(pressed(review, "n")) == "-f1 -f2 -f3"

    def test_a_no_afterwards_takes_along_what_was_accepted_on_top(self) -> None:
        review = pressed(a_review(a_fix("f1"), a_fix("f2", "f1")), "yy")
        assert decisions(pressed(review, "kkn")) == "-f1 -f2"

    def test_all_of_a_rule(self) -> None:
        review = a_review(a_fix("f1"), a_fix("f2", code="AIO401"), a_fix("f3", path="b.py"))
        assert decisions(pressed(review, "a")) == "f1 f3"
        assert decisions(pressed(review, "d")) == "-f1 -f3"

    def test_all_of_a_file(self) -> None:
        review = a_review(a_fix("f1"), a_fix("f2", code="AIO401"), a_fix("f3", path="b.py"))
        assert decisions(pressed(review, "A")) == "f1 f2"
        assert decisions(pressed(review, "D")) == "-f1 -f2"

    @pytest.mark.parametrize("key", list("aA"))
    def test_a_yes_to_all_leaves_alone_what_was_decided(self, key: str) -> None:
        assert decisions(pressed(a_review(a_fix("f1"), a_fix("f2"), a_fix("f3")), f"n{key}")) == "-f1 f2 f3"

    @pytest.mark.parametrize("key", list("aA"))
    def test_a_yes_to_all_is_no_yes_to_less_safe_ones(self, key: str) -> None:
        review = a_review(a_fix("f1"), a_fix("f2", unsafe=True), a_fix("f3"))
        assert decisions(pressed(review, key)) == "f1 f3"
        assert decisions(pressed(review, f"j{key}")) == "f1 f2 f3"

    def test_nor_to_safe_ones_that_would_bring_less_safe_ones_along(self) -> None:
        review = a_review(a_fix("f1"), a_fix("f2", code="AIO401", unsafe=True), a_fix("f3", "f2"))
        assert decisions(pressed(review, "a")) == "f1"
        assert decisions(pressed(review, "jya")) == "f1 f2 f3"

    def test_what_is_left_for_later_comes_again(self) -> None:
        review = pressed(a_review(a_fix("f1"), a_fix("f2")), "jy")
        assert review.here is not None
        assert (review.here.id, decisions(review)) == ("f1", "f2")

    def test_a_decision_can_be_made_anew(self) -> None:
        review = pressed(a_review(a_fix("f1"), a_fix("f2")), "ykn")
        assert review.here is not None
        assert (review.here.id, decisions(review)) == ("f2", "-f1")

    def test_undo_takes_back_one_decision_however_many_it_was_about(self) -> None:
        review = pressed(a_review(a_fix("f1"), a_fix("f2", code="AIO401"), a_fix("f3")), "ja")
        assert decisions(pressed(review, "a")) == "f1 f2 f3"
        assert decisions(pressed(review, "au")) == "f2"
        assert decisions(pressed(review, "auu")) == ""

    def test_undo_leads_back_to_the_fix_that_was_decided(self) -> None:
        review = pressed(a_review(a_fix("f1"), a_fix("f2"), a_fix("f3")), "ynu")
        assert review.here is not None
        assert review.here.id == "f2"


class TestOrder:
    def test_a_fix_comes_after_those_that_it_builds_on(self) -> None:
        review = a_review(a_fix("f1", "f2"), a_fix("f2", "f3"), a_fix("f3"), a_fix("f4"))
        assert [fix.id for fix in review.fixes] == ["f3", "f2", "f1", "f4"]

    def test_fixes_that_build_on_each_other(self) -> None:
        assert len(a_review(a_fix("f1", "f2"), a_fix("f2", "f1")).fixes) == 2

    def test_what_comes_up_later_is_asked_at_the_end(self) -> None:
        review = pressed(a_review(a_fix("f1"), a_fix("f2")), "yn")
        more = continued(review, a_report(a_fix("f1"), a_fix("f3")))
        assert more.here is not None
        assert (more.here.id, len(more.fixes)) == ("f3", 3)
        assert decisions(pressed(more, "uu")) == "f1"
        assert continued(review, a_report(a_fix("f1"))) is review


class TestWords:
    """What a person reads."""

    def screen(self, **contents: str) -> Screen:
        return Screen({f"{name}.py": text.encode() for name, text in contents.items()}, Painter(False))

    def test_what_was_decided_along_is_named(self) -> None:
        review = a_review(a_fix("f1"), a_fix("f2", "f1"))
        assert answer(review, press(review, "n"), "n") == "no, nor to AIO201 at a.py:2"
        assert answer(review, press(review, "y"), "y") == "yes"
        later = press(review, "j")
        assert answer(later, press(later, "y"), "y") == "yes, and to AIO201 at a.py:1"

    def test_what_a_yes_to_all_left_open_is_counted(self) -> None:
        review = a_review(a_fix("f1"), a_fix("f2", unsafe=True))
        assert answer(review, press(review, "a"), "a") == "yes; 1 less safe left open"

    def test_what_was_undone_is_named(self) -> None:
        review = a_review(a_fix("f1"))
        done = press(review, "y")
        assert answer(done, press(done, "u"), "u") == "undone: AIO201 at a.py:1"
        assert answer(review, press(review, "u"), "u") == "there is nothing to undo"

    def test_a_few_are_named_and_the_others_counted(self) -> None:
        assert named([a_fix(f"f{n}") for n in range(1, 6)]).endswith("AIO201 at a.py:3 and 2 more")

    def test_a_fix_is_shown_with_its_own_changes_alone(self) -> None:
        text = self.screen(a="one\n").diff(a_fix("f1"))
        assert text.splitlines() == ["--- a/a.py", "+++ b/a.py", "@@ -1 +1 @@", "-one", "+xone"]

    def test_a_fix_on_top_of_others_is_shown_on_top_of_them(self) -> None:
        fix = FixData(Safety.SAFE, (), ("f0",), (TextChange("a.py", "one\n", "two\n"), TextChange("new.py", "", "x\n")))
        first, second = changes(replace(a_fix("f1"), fix=fix), {"a.py": b"zero\n"})
        assert (first.old, first.new, first.created) == (b"one\n", b"two\n", False)
        assert (second.new, second.created) == (b"x\n", True)

    def test_a_new_file_is_shown_once(self) -> None:
        def with_helpers(name: str, helpers: str) -> Finding:
            own = TextChange("a.py", f"{name}\n", "two\n")
            return replace(a_fix(name), fix=FixData(Safety.SAFE, (), (), (own, TextChange("new.py", "", helpers))))

        screen, same = self.screen(a="one\n"), "+keep\n"
        assert same in screen.diff(with_helpers("f1", "keep\n"))
        assert "+keep, more\n" in screen.diff(with_helpers("f2", "keep, more\n")), "another text"
        assert same in screen.diff(with_helpers("f1", "keep\n")), "shown again"
        later = screen.diff(with_helpers("f3", "keep\n"))
        assert "-f3\n" in later
        assert later.endswith("+two\nnew file new.py, as shown with AIO201 at a.py:1\n")

    def test_lines_that_end_otherwise_are_lines(self) -> None:
        assert "\\r" not in self.screen(a="one\rtwo\r").diff(a_fix("f1"))

    def test_nothing_commands_the_terminal(self) -> None:
        fix = a_fix("f1", path="\x1b[2J\n.py")
        screen = Screen({fix.path: b"x\x1b[2J\n"}, Painter(False))
        shown = screen.question(begin(a_report(fix)), fix) + screen.prompt(a_review(fix), fix)
        assert "\x1b" not in shown
        assert r"\x1b[2J\n.py:1:1: a trap" in shown


class TestUsage:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["-"], "name the file instead"),
            (["--output-format", "json"], "`fix --only-fixes` applies what was chosen from it"),
            (["--output-format", "sarif"], "--interactive is for people"),
            (["--only-fixes", "chosen.json"], "use one of them"),
            (["--add-ignores", "later"], "use one of them"),
        ],
    )
    def test_what_makes_no_sense_together(
        self, project: Path, aiomend: Run, arguments: list[str], message: str
    ) -> None:
        Path("a.py").write_text(BUG)
        result = aiomend("fix", "--interactive", *arguments, input="y\n")
        assert (result.exit_code, message in result.stderr) == (2, True)
        assert Path("a.py").read_text() == BUG


class TestLines:
    """Where stdin is no terminal, each line is a key."""

    def test_no_fix_no_question(self, project: Path, aiomend: Run) -> None:
        Path("a.py").write_text("ensure_future(x)\n")
        result = aiomend("fix", "--interactive", input="")
        assert result.exit_code == 0
        assert "No fix to decide on.\n1 finding without a fix: `aiomend check` says why.\n" in result.stdout
        assert "[y,n" not in result.stdout

    @pytest.mark.parametrize("answers", ["", "q\n", "n\nn\ny\n", "\n\nx\n?\ne\np\nq\n", "y\nu\nq\n"])
    def test_without_a_yes_nothing_is_written(self, project: Path, aiomend: Run, answers: str) -> None:
        Path("a.py").write_text(BUG + SLOW)
        result = aiomend("fix", "--interactive", input=answers)
        assert result.exit_code == 0
        assert "0 fixes in 0 files; 2 left: 2 not chosen." in result.stdout
        assert Path("a.py").read_text() == BUG + SLOW

    @pytest.mark.parametrize("answers", ["y\nq\n", "y\n", "y\nn\n", "y\nn\ny\n", "y\nn\nq\n"])
    def test_quitting_keeps_what_was_accepted(self, project: Path, aiomend: Run, answers: str) -> None:
        Path("a.py").write_text(BUG + BUG)
        result = aiomend("fix", "--interactive", input=answers)
        assert "1 fix in 1 file; 1 left: 1 not chosen." in result.stdout
        assert Path("a.py").read_text() == "guarded(1)\n" + BUG

    def test_unsafe_fixes_are_asked_for_and_marked(self, project: Path, aiomend: Run) -> None:
        Path("a.py").write_text(SLOW)
        result = aiomend("fix", "--interactive", input="y\ny\n")
        assert "1 fix to decide on: 1 unsafe." in result.stdout
        assert "(1/1) Apply unsafe AIO401?" in result.stdout
        assert Path("a.py").read_text() == "await asyncio.sleep(1)\n"

    def test_what_stands_above_the_change(self, project: Path, aiomend: Run) -> None:
        Path("a.py").write_text(BUG + "x = 1\n" + SLOW)
        lines = aiomend("fix", "--interactive", input="n\n").stdout.splitlines()
        start = lines.index("2 of 2  slow: AIO401 blocking-sleep (unsafe)")
        assert lines[start + 1 : start + 9] == [
            "a.py:3:1: `time.sleep(1)` is a trap",
            "--- a/a.py",
            "+++ b/a.py",
            "@@ -1,3 +1,3 @@",
            " future.set_result(1)",
            " x = 1",
            "-time.sleep(1)",
            "+await asyncio.sleep(1)",
        ]

    def test_a_fix_of_two_files_is_one_question(self, project: Path, aiomend: Run) -> None:
        Path("a.py").write_text("tie(1)\n")
        Path("tied.py").write_text("old\n")
        result = aiomend("fix", "--interactive", input="y\ny\n")
        assert "1 fix to decide on" in result.stdout
        assert ("+++ b/a.py" in result.stdout, "+++ b/tied.py" in result.stdout) == (True, True)
        assert (Path("a.py").read_text(), Path("tied.py").read_text()) == ("tied(1)\n", "new\n")

    def test_a_file_with_changes_of_its_own_is_not_asked_for(self, repo: Path, aiomend: Run) -> None:
        Path("a.py").write_text("x = 1\n")
        Path("b.py").write_text(BUG)
        commit_all()
        Path("a.py").write_text(BUG)
        result = aiomend("fix", "--interactive", input="y\ny\n")
        assert "1 fix to decide on" in result.stdout
        assert "1 fix in files that differ from git's index: left alone without --allow-dirty." in result.stdout
        assert (Path("a.py").read_text(), Path("b.py").read_text()) == (BUG, "guarded(1)\n")
        assert "1 of 1" in aiomend("fix", "--interactive", "--allow-dirty", input="q\n").stdout

    def test_a_file_that_is_edited_during_the_review_is_left_alone(
        self, repo: Path, aiomend: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Path("a.py").write_text(BUG)
        commit_all()
        from aiomend_cli.interactive import session

        def edited(text: str, end: str = "\n") -> None:
            Path("a.py").write_text(BUG + "# mine\n")

        monkeypatch.setattr(session, "_print", edited)
        result = aiomend("fix", "--interactive", input="y\ny\n")
        assert "1 fix held back" in result.stdout
        assert Path("a.py").read_text() == BUG + "# mine\n"

    def test_what_is_accepted_can_be_committed(self, repo: Path, aiomend: Run) -> None:
        Path("a.py").write_text(BUG + SLOW)
        commit_all()
        result = aiomend("fix", "--interactive", "--commit", input="n\ny\ny\n")
        assert "Commit 1 fix in 1 file?" in result.stdout
        assert git("log", "--format=%s").splitlines()[0] == "AIO401 blocking-sleep: 1 fix in 1 file"
        assert Path("a.py").read_text() == BUG + "await asyncio.sleep(1)\n"

    def test_one_fix_in_two_projects(self, tmp_path: Path, aiomend: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            (tmp_path / name / "a.py").write_text(BUG)
            git("init", "-q", cwd=tmp_path / name)
            git("add", "-A", cwd=tmp_path / name)
        monkeypatch.chdir(tmp_path)
        result = aiomend("fix", "--interactive", "one", "two", input="a\ny\n")
        assert result.exit_code == 2
        assert "AIO201 at one/a.py:1 and AIO201 at two/a.py:1 are one and the same fix" in result.stderr

    def test_the_explanation_of_a_rule(self, project: Path, aiomend: Run) -> None:
        Path("a.py").write_text(BUG)
        assert "# AIO201 guard-future-result" in aiomend("fix", "--interactive", input="e\nq\n").stdout


class TestRealEngine:
    """While `async` is a name, a file is for 3.6, and what follows from renaming it is found in a later round."""

    CODE = "import asyncio\n\n\ndef start():\n    asyncio.async(work())\n\n\nasync def work():\n    pass\n"

    def run(self, *arguments: str, answers: str) -> str:
        from aiomend_cli.app import app

        result = CliRunner().invoke(app, ["fix", "--interactive", *arguments], input=answers)
        assert result.exit_code == 0
        return result.stdout

    @pytest.mark.trust
    def test_what_is_shown_is_what_is_written(self) -> None:
        code = (Path(__file__).parents[2] / "examples" / "chat" / "room.py").read_text("utf-8")
        whole = aiomend.fix_source(code, accept=lambda _: True)
        shown = {fix.id: changes(fix, {fix.path: code.encode()}) for fix in whole.findings if fix.applied}
        assert len(shown) > 2
        for one, files in shown.items():
            alone = aiomend.fix_source(code, accept=lambda fix, one=one: fix.id == one)
            assert [file.new for file in files] == [alone.text.encode()]

    def test_a_fix_is_shown_on_top_of_what_it_builds_on(self, project: Path) -> None:
        Path("a.py").write_text(self.CODE)
        shown = self.run(answers="y\nn\ny\n")
        assert "AIO901 at a.py:5 builds on it" in shown
        assert "  builds on AIO003 at a.py:5\n" in shown
        assert "-    asyncio.ensure_future(work())\n+    _keep_task(asyncio.ensure_future(work()))\n" in shown
        assert Path("a.py").read_text() == self.CODE.replace(".async(", ".ensure_future(")

    def test_what_only_comes_up_once_others_are_refused_is_asked_for(self, project: Path) -> None:
        Path("a.py").write_text(self.CODE)
        shown = self.run(answers="n\ny\ny\ny\n")
        assert "End without a change?" in shown
        assert "1 fix more, now that others are refused." in shown
        assert "    _keep_task(asyncio.async(work()))\n" in Path("a.py").read_text()


def test_the_guide_names_the_keys_that_help_names() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reviewing.md").read_text("utf-8")
    section = page.partition("## Decide fix by fix\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    named = {key for row in rows for key in re.findall(r"`(.+?)`", row)}
    assert named - {"?"} == {line[0] for line in HELP.splitlines() if line[1] == " "}
    assert set(KEYS.split(",")) == named
