"""The generated documentation is what its generator writes, and links lead somewhere."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from aiomend import registry

ROOT = Path(__file__).parents[1]
GENERATOR = runpy.run_path(str(ROOT / "docs" / "generate.py"), run_name="generate")
AGAIN = "run `python docs/generate.py`"
PICTURES = runpy.run_path(str(ROOT / "docs" / "pictures.py"), run_name="pictures")
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def test_no_page_of_a_former_rule_is_left() -> None:
    assert list(GENERATOR["stale"](ROOT)) == [], AGAIN


def test_every_generated_page_is_up_to_date() -> None:
    old = [
        path.relative_to(ROOT).as_posix()
        for path, text in GENERATOR["pages"](ROOT).items()
        if not path.is_file() or path.read_text() != text
    ]
    assert old == [], AGAIN


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_link_inside_the_checkout_leads_to_a_file(page: Path) -> None:
    prose = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", prose)
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_a_picture_shows_what_its_command_prints_today() -> None:
    assert list(PICTURES["stale"]()) == [], "run `python docs/pictures.py`"


def test_a_picture_asks_for_nothing_elsewhere() -> None:
    for picture in (ROOT / "docs" / "pictures").glob("*.svg"):
        assert not re.search(r"url\((?!#)|href|@import|<script", picture.read_text()), picture


def test_the_comparison_has_a_row_for_each_rule_with_an_example() -> None:
    rows = re.findall(r"^\| \[(AIO\d+)\]", (ROOT / "docs" / "comparison.md").read_text(), re.MULTILINE)
    assert rows == [code for code, rule in registry().items() if rule.examples()], (
        "run `python benchmarks/comparison.py`"
    )
