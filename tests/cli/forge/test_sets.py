"""Which fixes share a pull request."""

from __future__ import annotations

from aiomend.model import Finding, FixData, Impact, Safety, TextEdit
from aiomend_cli.forge.sets import FixSet, fix_sets
from aiomend_cli.forge.settings import SplitBy


def found(
    path: str, code: str = "AIO201", safety: Safety = Safety.SAFE, more: tuple[str, ...] = (), line: int = 1
) -> Finding:
    """Return a finding whose fix is applied and changes ``path``, and ``more`` files."""
    edits = tuple(TextEdit(one, 0, 0, "") for one in (path, *more))
    return Finding(
        id=f"{code}:{path}:{line}",
        code=code,
        name="name",
        section=int(code[3:-2]),
        impact=Impact.BUG,
        message="",
        path=path,
        line=line,
        column=1,
        end_line=line,
        end_column=2,
        safety=safety,
        applied=True,
        reason=None,
        url="",
        fix=FixData(safety, edits),
    )


def sets(
    findings: list[Finding],
    split: SplitBy = SplitBy.NONE,
    requires: dict[str, tuple[str, ...]] | None = None,
    max_files: int = 20,
) -> list[FixSet]:
    return fix_sets(
        findings, requires or {}, split, lambda path: "@acme/core" if path == "a.py" else "nobody", max_files
    )


def names(*arguments: object, **options: object) -> list[str]:
    return [one.name for one in sets(*arguments, **options)]  # type: ignore[arg-type]


def test_nothing_applied_is_no_set() -> None:
    assert sets([]) == []


def test_safe_fixes_of_all_rules_go_together_whatever_their_number() -> None:
    [one] = sets([found(f"{number}.py", code) for number in range(30) for code in ("AIO201", "AIO901")])
    assert (one.branch, one.rule, len(one.ids), one.later) == ("aiomend/safe", None, 60, 0)


def test_unsafe_fixes_go_one_rule_each_behind_the_safe_ones_in_the_guides_order() -> None:
    unsafe = [found("a.py", code, Safety.UNSAFE) for code in ("AIO1001", "AIO401")]
    assert names([*unsafe, found("b.py")]) == ["safe", "unsafe-aio401", "unsafe-aio1001"]


def test_an_unsafe_set_ends_at_its_limit_of_files_and_counts_those_that_follow() -> None:
    [one] = sets([found(f"{number:02}.py", "AIO401", Safety.UNSAFE) for number in range(25)], max_files=20)
    assert (len(one.ids), one.later) == (20, 5)
    assert "AIO401:19.py:1" in one.ids


def test_all_fixes_of_a_file_that_is_in_come_along() -> None:
    findings = [found(f"{number}.py", "AIO401", Safety.UNSAFE, line=line) for number in range(3) for line in (1, 2)]
    [one] = sets(findings, max_files=2)
    assert sorted({name.split(":")[1] for name in one.ids}) == ["0.py", "1.py"]
    assert len(one.ids) == 4


def test_a_fix_that_changes_more_files_than_the_limit_is_not_cut() -> None:
    [one] = sets([found("a.py", "AIO401", Safety.UNSAFE, more=("b.py", "c.py"))], max_files=2)
    assert len(one.ids) == 1


def test_what_a_fix_builds_on_comes_along() -> None:
    first, second = found("a.py", "AIO401", Safety.UNSAFE), found("b.py", "AIO501", Safety.UNSAFE)
    by_name = {one.name: one.ids for one in sets([first, second], requires={second.id: (first.id,)})}
    assert by_name == {"unsafe-aio401": {first.id}, "unsafe-aio501": {first.id, second.id}}


def test_split_by_rule() -> None:
    assert names([found("a.py"), found("a.py", "AIO901")], SplitBy.RULE) == ["safe-aio201", "safe-aio901"]


def test_split_by_directory_looks_into_folders_that_only_hold_others() -> None:
    paths = ["setup.py", "docs/conf.py", "src/chat/a.py", "src/chat/deep/b.py", "src/room/c.py"]
    assert [one.part for one in sets([found(path) for path in paths], SplitBy.DIRECTORY)] == [
        ".", "docs", "src/chat", "src/room",
    ]  # fmt: skip


def test_split_by_owner() -> None:
    assert [one.part for one in sets([found("a.py"), found("b.py")], SplitBy.OWNER)] == ["@acme/core", "nobody"]


def test_two_parts_that_differ_in_what_a_branch_cannot_hold_get_two_branches() -> None:
    branches = names([found("a b/x.py"), found("a?b/x.py"), found("\udcff/x.py")], SplitBy.DIRECTORY)
    assert len(set(branches)) == 3
    assert all(name.replace("-", "").isalnum() and name.isascii() for name in branches)


def test_the_digest_is_of_the_fixes_alone() -> None:
    [one], [moved] = sets([found("a.py")]), sets([found("a.py")], SplitBy.RULE)
    assert one.digest == moved.digest
    assert one.digest != sets([found("a.py"), found("b.py")])[0].digest
