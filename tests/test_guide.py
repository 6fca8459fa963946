"""The table of the guide leaves out no section and no rule, and names nothing that does not exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aiomend import registry
from aiomend.guide import SECTIONS, section_of
from aiomend_cli.app import app

PAGE = (Path(__file__).parents[1] / "docs" / "guide.md").read_text()
PARTS = re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
NUMBERS = [number for number in SECTIONS if number]


def rows(number: int) -> list[tuple[str, str]]:
    """Return what the guide says in a section, with what serves it."""
    head = f"{number} {SECTIONS[number].title}"
    (part,) = [part for part in PARTS if part.splitlines()[0] == head]
    table = [line.strip("| ").split(" | ") for line in part.splitlines() if line.startswith("| ")]
    return [(said, served) for said, served in table[1:]]


@pytest.mark.parametrize("number", NUMBERS)
def test_no_section_is_without_a_sentence(number: int) -> None:
    assert rows(number)


@pytest.mark.parametrize("number", NUMBERS)
def test_every_sentence_is_served(number: int) -> None:
    assert [said for said, served in rows(number) if not re.search(r"\[[^\]]+\]\([^)]+\)|`aiomend \w+`", served)] == []


@pytest.mark.parametrize("number", NUMBERS)
def test_a_rule_of_the_section_serves_it(number: int) -> None:
    codes = {code for _, served in rows(number) for code in re.findall(r"AIO\d+", served)}
    assert [code for code in codes if section_of(code).number == number]


@pytest.mark.parametrize("code", registry())
def test_no_rule_is_left_out(code: str) -> None:
    assert f"[{code}](rules/{code}.md)" in PAGE


def test_every_rule_that_is_named_exists() -> None:
    assert set(re.findall(r"AIO\d{3,4}", PAGE)) - registry().keys() == set()


def test_every_command_that_is_named_exists() -> None:
    known = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    assert set(re.findall(r"`aiomend (\w+)`", PAGE)) - known == set()
