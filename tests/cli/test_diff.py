"""The patch, for `git apply` and for people: what is in it, in which order, and in which colours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cli_helpers import commit_all, git
from typer.testing import Result

from aiomend_cli.output.patch import on_terminal
from aiomend_cli.output.words import changed_words
from aiomend_cli.terminal import Painter

Run = Callable[..., Result]
BUG = "future.set_result(1)\n"
SLOW = "time.sleep(1)\n"


def marked(old: str, new: str) -> tuple[str, str]:
    """Return two blocks with brackets around what stands out."""
    both = changed_words(old.split("\n"), new.split("\n"))
    before, after = (
        "\n".join("".join(f"[{text}]" if out else text for text, out in line) for line in block) for block in both
    )
    return before, after


class TestWords:
    def test_lines_that_have_nothing_in_common_stand_out_by_their_colour_alone(self) -> None:
        assert marked("import time", "return None") == ("import time", "return None")

    def test_what_is_only_removed_or_only_added_stands_out_by_its_colour_alone(self) -> None:
        assert changed_words([], ["x = 1"]) == ([], [[("x = 1", False)]])

    def test_a_block_that_would_take_long_to_compare_is_left_plain(self) -> None:
        old, new = ["a, " * 1000], ["b, " * 1000]
        assert changed_words(old, new) == ([[(old[0], False)]], [[(new[0], False)]])

    def test_changed_words_stand_out(self) -> None:
        before, after = marked("    time.sleep(delay)", "    await asyncio.sleep(delay)")
        assert (before, after) == ("    [time].sleep(delay)", "    [await asyncio].sleep(delay)")

    def test_a_line_that_moved_in_is_no_change_of_its_words(self) -> None:
        before, after = marked("f.set_result(x)", "if not f.cancelled():\n    f.set_result(x)")
        assert before == "f.set_result(x)"
        assert after == "if not f.cancelled():\n    f.set_result(x)"

    @pytest.mark.parametrize("line", ["", "\t", "größe = 変数[0]  # x", "\x1b[2J"])
    def test_the_pieces_are_the_line(self, line: str) -> None:
        for block in changed_words([line], [line + "!"]):
            assert "".join(text for text, _ in block[0]).rstrip("!") == line


def test_words_stand_out_on_a_terminal() -> None:
    diff = b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-wait(time.sleep)\n\\ No newline at end of file\n+wait(asyncio.sleep)\n"
    assert on_terminal(diff, Painter(True)).split("\n")[3:] == [
        "\x1b[31m-wait(\x1b[0m\x1b[31;7mtime\x1b[0m\x1b[31m.sleep)\x1b[0m",
        "\\ No newline at end of file",
        "\x1b[32m+wait(\x1b[0m\x1b[32;7masyncio\x1b[0m\x1b[32m.sleep)\x1b[0m",
        "",
    ]


def test_lines_that_look_like_names_of_files_are_lines() -> None:
    diff = b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n--- x\n+++ x\n"
    assert on_terminal(diff, Painter(False)).split("\n") == diff.decode().split("\n")
    assert on_terminal(diff, Painter(True)).split("\n")[3].startswith("\x1b[31m-\x1b[0m\x1b[31;7m--\x1b[0m")


class TestColour:
    """CliRunner's stdout is no terminal."""

    def test_none_in_a_pipe(self, project: Path, aiomend: Run) -> None:
        Path("a.py").write_text(BUG)
        assert "\x1b" not in aiomend("diff").stdout

    @pytest.mark.parametrize("command", ["diff", "check"])
    def test_always_and_never(self, project: Path, aiomend: Run, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
        Path("a.py").write_text(BUG)
        assert "\x1b[" in aiomend(command, "--color", "always").stdout
        monkeypatch.setenv("FORCE_COLOR", "1")
        assert "\x1b" not in aiomend(command, "--color", "never").stdout

    def test_force_color_and_no_color(self, project: Path, aiomend: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        Path("a.py").write_text(BUG)
        monkeypatch.setenv("FORCE_COLOR", "1")
        assert "\x1b[" in aiomend("diff").stdout
        monkeypatch.setenv("NO_COLOR", "1")
        assert "\x1b" not in aiomend("diff").stdout

    def test_none_in_a_file(self, project: Path, aiomend: Run) -> None:
        Path("a.py").write_text(BUG)
        aiomend("diff", "--color", "always", "--output", "a.patch")
        assert b"\x1b" not in Path("a.patch").read_bytes()


class TestOrder:
    def test_the_worst_comes_first(self, project: Path, aiomend: Run) -> None:
        Path("a.py").write_text(SLOW)
        Path("z.py").write_text(BUG)
        patch = aiomend("diff", "--unsafe").stdout
        assert [line for line in patch.splitlines() if line.startswith("---")] == ["--- a/z.py", "--- a/a.py"]

    @pytest.mark.parametrize("grouping", ["file", "rule"])
    def test_git_applies_it(self, repo: Path, aiomend: Run, grouping: str) -> None:
        Path("a.py").write_text(SLOW + BUG)
        Path("z.py").write_text(BUG)
        commit_all()
        whole = aiomend("diff", "--unsafe", "--group-by", grouping)
        Path("../it.patch").write_text(whole.stdout)
        git("apply", "../it.patch")
        applied = Path("a.py").read_text(), Path("z.py").read_text()
        git("checkout", "-q", ".")
        aiomend("fix", "--unsafe")
        assert applied == (Path("a.py").read_text(), Path("z.py").read_text())

    def test_by_rule_each_patch_holds_the_fixes_of_one(self, project: Path, aiomend: Run) -> None:
        Path("a.py").write_text(SLOW + BUG)
        first, second = aiomend("diff", "--unsafe", "--group-by", "rule").stdout.split("--- a/a.py\n")[1:]
        assert "+guarded(1)" in first
        assert "-time.sleep(1)" not in first
        assert "-time.sleep(1)" in second
        assert "\n guarded(1)\n" in second

    def test_people_read_what_mends_what(self, project: Path, aiomend: Run) -> None:
        Path("a.py").write_text(SLOW + BUG)
        lines = aiomend("diff", "--unsafe", "--color", "always").stdout.splitlines()
        assert lines[:2] == [
            "\x1b[1mbug: AIO201 guard-future-result\x1b[0m (safe), line 2",
            "\x1b[1mslow: AIO401 blocking-sleep\x1b[0m (unsafe), line 1",
        ]


def test_statistics_of_a_diff_count_its_fixes(project: Path, aiomend: Run) -> None:
    Path("a.py").write_text(BUG + SLOW + "ensure_future(x)\n")
    result = aiomend("diff", "--statistics")
    assert result.exit_code == 1
    [line] = result.stdout.splitlines()
    assert line.split()[:7] == ["1", "bug", "AIO201", "guard-future-result", "1", "safe", "0"]
    assert "1 fix in 1 file would be applied; 1 more with --unsafe." in result.stderr
