"""A first look says what the engine would say, or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiomend import EVERYTHING, Project, Selection, Settings, SettingsError, registry
from aiomend.api import MemorySources
from aiomend.glance import glance
from aiomend.listed import LISTED
from aiomend.report import Report

FIXTURES = Path(__file__).parents[2] / "fixtures"
ENOUGH = 1_000_000


def look(files: dict[str, str], settings: Settings | None = None, *, most: int = ENOUGH) -> Report | None:
    sources = MemorySources({path: text.encode() for path, text in files.items()})
    return glance(sources, lambda _: settings or Settings(), [*files], most=most)


@pytest.mark.parametrize(
    "files",
    [
        {"work.py": "async def work(): pass\n"},
        {"work.py": "import m\nm.nap(1)\n", "m.py": "async def rest(): pass\nnap = rest\n"},
        {"work.py": "# aiomend: ignore\n"},
        {"work.py": "# This file is generated. Do not edit.\n"},
        {"work.py": 'print "old"\n'},
    ],
    ids=["a coroutine", "one of another file, by another name", "a comment that silences", "generated", "Python 2"],
)
def test_it_says_nothing_where_only_the_engine_can_tell(files: dict[str, str]) -> None:
    assert look(files) is None


def test_it_says_nothing_of_a_project_that_is_too_large() -> None:
    files = {"work.py": "x = 1\n", "data.py": "y = 2\n"}

    assert look(files, most=12) is not None
    assert look(files, most=11) is None


def test_it_says_nothing_where_a_file_cannot_be_read() -> None:
    assert glance(MemorySources({}), lambda _: Settings(), ["gone.py"], most=ENOUGH) is None


def test_rules_that_undo_each_others_work_cannot_be_selected() -> None:
    settings = Settings(select=Selection(frozenset({"AIO101", "AIO102"})))
    files = MemorySources({"work.py": b"x = 1\n"})

    with pytest.raises(SettingsError) as told:
        glance(files, lambda _: settings, ["work.py"], most=ENOUGH)
    with pytest.raises(SettingsError) as engine:
        Project(files, lambda _: settings).run()

    assert str(told.value) == str(engine.value)


def test_it_says_what_the_engine_says() -> None:
    files = {"work.py": "def work(): pass\n", "other.py": "import work\nwork.work()\n"}
    sources = MemorySources({path: text.encode() for path, text in files.items()})
    report = Project(sources, lambda _: Settings()).run()

    assert look(files) == Report(checked=report.checked, counters={"parsed": report.counters["parsed"]})


def test_no_fixture_with_a_finding_is_passed_over() -> None:
    every = Settings(select=EVERYTHING, unsafe=EVERYTHING)
    fixtures = sorted(FIXTURES.rglob("*.py"))
    silent = [
        path
        for path in fixtures
        if glance(MemorySources({path.name: path.read_bytes()}), lambda _: every, [path.name], most=ENOUGH)
    ]

    assert len(silent) < len(fixtures) / 20, "a fixture has something that a rule looks at"
    for path in silent:
        assert not Project(MemorySources({path.name: path.read_bytes()}), lambda _: every).run().findings, path


@pytest.mark.parametrize("listed", LISTED, ids=lambda one: one.code)
def test_what_is_listed_of_a_rule_is_what_it_says_of_itself(listed: object) -> None:
    rule = registry()[listed.code]
    told = (
        "code",
        "name",
        "triggers",
        "context",
        "whole_words",
        "is_common",
        "wants_coroutines",
        "opt_in",
        "due",
        "opposite",
    )

    assert {name: getattr(listed, name) for name in told} == {name: getattr(rule, name) for name in told}
    assert repr(listed.spots) == repr(rule.spots)


def test_every_rule_is_listed_in_its_order() -> None:
    assert [one.code for one in LISTED] == [*registry()]
