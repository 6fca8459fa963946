"""The body of a pull request: nothing that comes from the repository does anything in it, and it fits."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from aiomend.model import Finding, FixData, Impact, Safety, TextEdit
from aiomend.report import FileResult, Report
from aiomend_cli.forge.body import LIMIT, Contents, alone, body, fenced, title
from aiomend_cli.forge.sets import FixSet
from aiomend_cli.tested import Traced

pytestmark = pytest.mark.trust

CODE = "import time\n\n\nasync def f(future):\n    future.set_result(1)\n"
START = CODE.index("future.set")


def finding(path: str = "a.py", number: int = 0, **changes: object) -> Finding:
    edit = TextEdit(path, START, START + len("future.set_result(1)"), "guarded(1)")
    one = Finding(
        id=f"{path}{number}",
        code="AIO201",
        name="guard-future-result",
        section=2,
        impact=Impact.BUG,
        message="`future.set_result()` may raise",
        path=path,
        line=5,
        column=5,
        end_line=5,
        end_column=9,
        safety=Safety.SAFE,
        applied=True,
        reason=None,
        url="",
        fix=FixData(Safety.SAFE, (edit,)),
    )
    return replace(one, **changes)  # type: ignore[arg-type]


def contents(*findings: Finding, code: str = CODE, **changes: object) -> Contents:
    paths = sorted({one.path for one in findings})
    files = tuple(
        FileResult(path, code.encode(), code.replace("future.set_result", "guarded").encode()) for path in paths
    )
    report = Report(findings, files)
    fix_set = FixSet("safe", Safety.SAFE, frozenset(one.id for one in findings if one.applied))
    commands = ("git switch -c again 1111", "aiomend fix --commit")
    made = Contents(
        fix_set,
        report,
        {"AIO201": "Test it first."},
        "main",
        "1" * 40,
        "https://forge.example/a/b",
        "3.8-3.15",
        commands,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def outside_code(text: str) -> str:
    """Return what a forge reads as Markdown: no blocks and no spans of code."""
    blocks = re.sub(r"^(`{3,})[^`\n]*\n.*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", blocks)


BAD = "@ada fixes #12 GH-3 <img src=x onerror=alert(1)> <!-- --> [x](http://evil) **b** https://evil/issues/4"


def test_a_message_mentions_nobody_and_no_issue_and_is_no_markup() -> None:
    text = outside_code(body(contents(finding(message=BAD), finding(number=1))))
    assert "@ada" not in text
    assert "#12" not in text
    assert "GH-3" not in text
    assert "https://evil" not in text
    assert re.search(r"(?<!\\)<(?!br)", text) is None
    assert re.search(r"(?<!\\)\*\*b", text) is None


def test_neither_does_the_reason_of_a_finding_for_a_person() -> None:
    manual = finding(number=1, safety=Safety.MANUAL, applied=False, reason=BAD, fix=None)
    text = outside_code(body(contents(finding(), manual=(manual,))))
    assert "@ada" not in text
    assert "\\<img" in text


@pytest.mark.parametrize(
    "path",
    [
        "```.py",
        "a`b``c.py",
        "a|b.py",
        "a\n\n# big\n.py",
        "a](http://evil)[.py",
        "<script>.py",
        "\udcff.py",
        "\x1b[31m.py",
    ],
)
def test_a_file_name_stays_in_its_span_and_its_cell(path: str) -> None:
    text = body(contents(finding(path)))
    shown = outside_code(text)
    assert "<script>" not in shown
    assert "# big" not in shown
    assert "\x1b" not in text
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) == 2
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {8}
    text.encode()  # no lone surrogates


def test_code_does_not_end_its_block() -> None:
    code = CODE.replace("import time", '"""\n````\n```\n"""').replace("\n\n\n", "\n")
    text = body(contents(finding(line=6), code=code))
    assert "`````" not in code
    for fence in re.findall(r"^(`{3,})diff$", text, flags=re.MULTILINE):
        block = text.split(f"{fence}diff\n")[1].split(f"\n{fence}")[0]
        assert fence not in block


@pytest.mark.parametrize(("line", "fence"), [("plain", "```"), ("```", "````"), ("a ````` b", "``````")])
def test_a_fence_is_longer_than_any_run_in_it(line: str, fence: str) -> None:
    assert fenced([line], "diff") == f"{fence}diff\n{line}\n{fence}"


def test_a_body_of_many_long_findings_fits_and_says_what_is_missing() -> None:
    manual = tuple(
        finding(f"{'d/' * 400}{n}.py", safety=Safety.MANUAL, applied=False, message="é" * 900, fix=None)
        for n in range(60)
    )
    text = body(contents(finding(), manual=manual))
    assert len(text.encode()) <= LIMIT
    assert "more that found no room here" in text
    assert text.rstrip().endswith("aiomend leaves it to you.")


def test_no_more_findings_for_a_person_than_somebody_reads() -> None:
    manual = tuple(finding(f"{n}.py", safety=Safety.MANUAL, applied=False, fix=None) for n in range(60))
    assert "- and 35 more, which `aiomend check` lists" in body(contents(finding(), manual=manual))


def test_a_place_is_a_link_to_the_line_in_the_commit() -> None:
    text = body(contents(finding("my dir/ä.py")))
    assert f"[`my dir/ä.py:5`](https://forge.example/a/b/blob/{'1' * 40}/my%20dir/%C3%A4.py#L5)" in text


def test_no_links_where_nothing_says_where_the_repository_is() -> None:
    assert "blob/" not in body(contents(finding(), web=None))


def test_an_example_is_what_the_fix_alone_makes_around_its_line() -> None:
    file = FileResult("a.py", CODE.encode(), b"")
    shown = alone(file, finding())
    assert shown is not None
    assert shown[-2:] == ["-    future.set_result(1)", "+    guarded(1)"]


def test_an_example_in_a_file_with_a_mark_and_other_line_ends() -> None:
    code = "\ufeff" + CODE.replace("\n", "\r\n")
    start = code.index("future.set")
    moved = replace(finding(), fix=FixData(Safety.SAFE, (TextEdit("a.py", start, start + 20, "guarded(1)"),)))
    shown = alone(FileResult("a.py", code.encode(), b"", encoding="utf-8-sig"), moved)
    assert shown is not None
    assert "+    guarded(1)" in [line.rstrip() for line in shown]


def test_no_example_where_the_text_cannot_be_read() -> None:
    assert alone(FileResult("a.py", b"\xff", b"", encoding="utf-8"), finding()) is None


def test_unsafe_fixes_say_so_and_what_follows() -> None:
    unsafe = FixSet("unsafe-aio401", Safety.UNSAFE, frozenset({"a.py0"}), "AIO401", later=3)
    text = body(contents(finding(code="AIO401", section=4, safety=Safety.UNSAFE), fix_set=unsafe))
    assert "**These fixes are unsafe**" in text
    assert "3 files more with fixes of this rule will follow" in text


def test_a_title_mentions_nobody_and_is_short() -> None:
    owned = FixSet("safe-x", Safety.SAFE, frozenset(), None, "@acme/core " * 100)
    shown = title(owned, Report((finding(),)))
    assert "@acme" not in shown
    assert len(shown) <= 240


def test_a_title_says_how_many_fixes_of_which_rules() -> None:
    report = Report((finding(), finding(number=1), finding(code="AIO1001", section=10)))
    assert title(contents().fix_set, report) == "aiomend: 3 safe fixes for asyncio (AIO201, AIO1001)"


class TestComplaints:
    """The table of what a program was seen to do."""

    ROW = ("a|b`c.py:5", "blocking-call", "300 ms in 1 call", "-", "AIO401", "gone")

    def text(self, *rows: tuple[str, ...], said: tuple[str, ...] = ()) -> str:
        return body(contents(finding(), traced=Traced("pytest `@ada`", rows, said)))

    def test_nothing_of_it_ends_its_cell_or_mentions_somebody(self) -> None:
        text = self.text(self.ROW, ("in a library", "@ada", "#1", "-", "-", "new"), said=("not verified: @ada | #2",))
        [first, second] = [line for line in text.splitlines() if "| gone |" in line or "| new |" in line]
        assert first.startswith("| ``a\\|b`c.py:5`` | blocking-call |")
        assert [len(re.findall(r"(?<!\\)\|", line)) for line in (first, second)] == [7, 7]
        assert not re.search(r"@ada|#1|#2", re.sub(r"(`+).+?\1", "", text))

    def test_no_complaint(self) -> None:
        assert "No complaint, before or after." in self.text()

    def test_many_complaints_are_cut(self) -> None:
        text = self.text(*[self.ROW] * 40)
        assert (text.count("| gone |"), "And 10 more." in text) == (30, True)

    def test_it_is_in_the_body_whole_or_not_at_all(self) -> None:
        row = ("x" * 3000, *self.ROW[1:])
        text = self.text(*[row] * 30)
        assert "| gone |" not in text
        assert "And 1 more that found no room here." in text
        assert len(text.encode()) < LIMIT
