"""All files of a project: read when they are needed, kept until they change, and who asked for what."""

from __future__ import annotations

import pytest

from aiomend.api import MemorySources
from aiomend.facts.project import MENTION_BUDGET, ProjectFacts, Trail
from aiomend.report import Skip
from aiomend.source import Unreadable, read


class Unread(MemorySources):
    """Sources of which some files cannot be read."""

    def read(self, path: str) -> bytes:
        if path == "locked.py":
            raise PermissionError(path)
        if path == "gone.py":
            raise FileNotFoundError(path)
        return super().read(path)


def _project(**texts: str) -> ProjectFacts:
    return ProjectFacts(Unread({f"{name}.py": text.encode() for name, text in texts.items()}))


@pytest.mark.parametrize(("path", "exists"), [("a.py", True), ("b.py", False), ("gone.py", False), ("locked.py", True)])
def test_whether_there_is_a_file(path: str, exists: bool) -> None:
    assert _project(a="").exists(path) is exists


def test_what_cannot_be_read_has_no_facts_and_no_bytes() -> None:
    project = _project(a="x", broken="x (", locked="", gone="")
    assert project.facts("a.py") is not None
    assert [project.facts(f"{name}.py") for name in ("broken", "locked", "gone", "other")] == [None] * 4
    assert [project.content(path) for path in ("a.py", "locked.py")] == [b"x", b""]
    assert sorted(project.every_bytes()) == [b"", b"", b"x", b"x ("]


def test_of_an_opaque_file_nothing_is_known() -> None:
    project = ProjectFacts(MemorySources({"a.py": b"x"}), opaque=["a.py"])
    assert project.facts("a.py") is None
    with pytest.raises(Unreadable) as raised:
        project.source("a.py")
    assert raised.value.skip is Skip.GIVEN_UP


def test_what_cannot_be_parsed_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    project = _project(a="x (")
    tried = list[str]()
    monkeypatch.setattr("aiomend.facts.project.read", lambda path, data: (tried.append(path), read(path, data))[1])
    for _ in range(2):
        with pytest.raises(Unreadable, match="line 1"):
            project.source("a.py")
    assert tried == ["a.py"]
    project.replace(read("a.py", b"x"))
    assert project.source("a.py").text == "x"


def test_facts_are_built_once() -> None:
    project = _project(a="x")
    assert project.facts("a.py") is project.facts("a.py")
    assert project.parsed == 1
    project.forget([])
    project.facts("a.py")
    assert project.parsed == 2


def test_forgetting_keeps_the_text_of_some() -> None:
    project = _project(a="x", b="x")
    first, other = project.source("a.py"), project.source("b.py")
    project.forget(["a.py"])
    assert project.source("a.py") is first
    assert project.source("b.py") is not other


@pytest.mark.parametrize(
    ("path", "is_package", "name"),
    [("a.py", False, "a"), ("p/__init__.py", True, "p"), ("p/__init__.pyi", True, "p"), ("p/a.py", False, "p.a")],
)
def test_modules_and_packages(path: str, is_package: bool, name: str) -> None:
    facts = ProjectFacts(MemorySources({path: b"", "p/__init__.py": b""})).facts(path)
    assert facts is not None
    assert (facts.is_package, facts.name) == (is_package, name)


# ---- names ---


def test_files_that_mention_a_name() -> None:
    project = _project(a="work", b="worker", c="x.work()", d="# work")
    assert project.files_mentioning("work") == ("a.py", "c.py", "d.py")
    assert project.files_mentioning("nothing") == ()


@pytest.mark.parametrize(("count", "is_known"), [(MENTION_BUDGET, True), (MENTION_BUDGET + 1, False)])
def test_too_many_files_that_mention_a_name(count: int, is_known: bool) -> None:
    project = _project(**{f"m{n}": "work" for n in range(count)})
    assert (project.files_mentioning("work") is not None) is is_known
    assert (project.uses("work") is not None) is is_known


def test_uses_of_a_name() -> None:
    project = _project(a="work; x.work", b="# work", broken="work (")
    uses = project.uses("work")
    assert uses is not None
    assert [(facts.path, len(nodes)) for facts, nodes in uses] == [("a.py", 2)]
    assert project.uses("work") is uses


# ---- who asked ---


def test_what_is_looked_at_is_noted_for_who_asks() -> None:
    project = _project(a="work", b="work")
    project.facts("b.py")
    assert project.consulted == {}
    project.asked_by = "a.py"
    project.facts("b.py")
    project.files_mentioning("work")
    project.asked_by = None
    project.facts("a.py")
    project.files_mentioning("other")
    assert project.consulted == {"a.py": {"b.py"}}
    assert project.queried == {"a.py": {"work"}}


def test_uses_are_noted_also_where_there_are_none() -> None:
    project = _project(a="", b="# work")
    project.asked_by = "a.py"
    project.uses("work")
    assert project.consulted == {"a.py": {"b.py"}}


def test_notes_of_somebody_else() -> None:
    project = _project(a="")
    project.note("a.py", ["b.py"], [])
    assert (project.consulted, project.queried) == ({"a.py": {"b.py"}}, {})
    project.note("a.py", ["c.py"], ["work"])
    assert (project.consulted, project.queried) == ({"a.py": {"b.py", "c.py"}}, {"a.py": {"work"}})


@pytest.mark.parametrize(
    ("old", "new", "touched"),
    [
        ("x", "y", {"b.py", "seer.py"}),
        ("work", "y", {"b.py", "seer.py", "asker.py"}),
        ("x", "work", {"b.py", "seer.py", "asker.py"}),
        ("x", "worker", {"b.py", "seer.py"}),
        ("two_words", "y", {"b.py", "seer.py"}),
    ],
)
def test_a_new_text_touches_who_rests_on_it(old: str, new: str, touched: set[str]) -> None:
    project = _project(a="", b=old)
    before = project.facts("b.py")
    project.note("seer.py", ["b.py"], [])
    project.note("other.py", ["a.py"], ["else_where"])
    project.note("asker.py", ["a.py"], ["work"])
    assert project.replace(read("b.py", new.encode())) == touched
    assert project.facts("b.py") is not before
    assert project.data("b.py") == new.encode()
    assert project.edition == 1


def test_the_index_follows_a_new_text() -> None:
    project = _project(a="work", b="x")
    assert project.files_mentioning("work") == ("a.py",)
    project.replace(read("b.py", b"work"))
    assert project.files_mentioning("work") == ("a.py", "b.py")
    assert project.uses("work") is not None
    project.replace(read("a.py", b"x"))
    assert project.files_mentioning("work") == ("b.py",)


def test_a_new_file() -> None:
    project = _project(a="import new")
    assert project.module("new") is None
    project.add("new.py")
    project.replace(read("new.py", b"x = 1"))
    assert project.paths == ("a.py", "new.py")
    assert "new.py" in project.known
    assert project.module("new") is not None
    assert project.draft(read("other.py", b"x")).name == "other"


# ---- who is told ---


def test_the_watch_is_told_what_is_worked_on() -> None:
    told: list[str | None] = []
    project = ProjectFacts(MemorySources({"a.py": b"x", "b.py": b"y"}), told.append)
    with project.working_on("b.py"):
        project.data("a.py")
        project.data("a.py")
    assert told == ["b.py", "a.py", "b.py", None]


def test_the_watch_is_told_where_a_file_fails() -> None:
    told: list[str | None] = []
    project = ProjectFacts(Unread({"locked.py": b""}), told.append)
    project.facts("locked.py")
    assert told[-1] is None


def test_who_asks_again_rests_on_what_the_first_answer_rests_on() -> None:
    project = _project(a="bell", b="bell", c="other")
    table: dict[str, tuple[int, Trail]] = {}

    def count() -> int:
        project.facts("c.py")
        return len(project.files_mentioning("bell") or ())

    for asker in ("a.py", "b.py"):
        project.asked_by = asker
        assert project.traced(table, "bells", count) == 2

    assert {path: set(seen) for path, seen in project.consulted.items()} == {"a.py": {"c.py"}, "b.py": {"c.py"}}
    assert {path: set(names) for path, names in project.queried.items()} == {"a.py": {"bell"}, "b.py": {"bell"}}
    assert project.replace(read("c.py", b"bell = 1")) == {"a.py", "b.py", "c.py"}


def test_who_finds_out_with_a_kept_answer_rests_on_its_files_too() -> None:
    project = _project(a="", c="other")
    inner: dict[str, tuple[bool, Trail]] = {}
    outer: dict[str, tuple[bool, Trail]] = {}
    project.asked_by = "a.py"

    def ask() -> bool:
        return project.traced(inner, "c", lambda: project.facts("c.py") is not None)

    assert ask()
    assert project.traced(outer, "c", ask)
    assert outer["c"][1].consulted == {"c.py"}


def test_nothing_is_kept_of_a_question_that_fails() -> None:
    project = _project(a="", b="")
    table: dict[str, tuple[None, Trail]] = {}
    project.asked_by = "a.py"

    def fail() -> None:
        project.facts("b.py")
        raise RecursionError

    with pytest.raises(RecursionError):
        project.traced(table, "b", fail)
    project.files_mentioning("bell")
    assert not table
    assert project.queried["a.py"] == {"bell"}
