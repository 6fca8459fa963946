"""The index of words: what it leaves out is never looked at again."""

from __future__ import annotations

import pytest

from aiomend.api import MemorySources
from aiomend.facts.project import MENTION_BUDGET, ProjectFacts
from aiomend.source import decode


def _project(*texts: str) -> ProjectFacts:
    return ProjectFacts(MemorySources({f"m{number}.py": text.encode() for number, text in enumerate(texts)}))


@pytest.mark.parametrize("text", ["", "rings", "bell_ring", "strings = 1", "ring2", "ringé"])
def test_a_part_of_another_word_is_no_mention(text: str) -> None:
    assert _project(text).files_mentioning("ring") == ()


@pytest.mark.parametrize(
    "text", ["ring", "bell.ring()", "[ring]", "# ring", "x = 'ring'", "f'{ring}'", "a-ring", "\tring\r\n", "\ufeffring"]
)
def test_a_word_of_its_own_is_one_wherever_it_stands(text: str) -> None:
    assert "m0.py" in (_project(text).files_mentioning("ring") or ())


def test_names_beyond_ascii_are_words_too() -> None:
    assert _project("glocke_läuten()", "glocke_l = 1").files_mentioning("glocke_läuten") == ("m0.py",)


def test_what_is_no_name_is_where_all_of_its_words_are() -> None:
    assert _project("import my", "# my-script", "# script, my", "script = 1").files_mentioning("my-script") == (
        "m1.py",
        "m2.py",
    )


def test_nobody_can_say_who_uses_a_name_that_is_everywhere() -> None:
    assert _project(*["ring"] * (MENTION_BUDGET + 1)).files_mentioning("ring") is None


def test_new_text_takes_its_words_with_it() -> None:
    project = _project("ring", "toll", "ring")
    assert project.files_mentioning("ring") == ("m0.py", "m2.py")
    project.replace(decode("m0.py", b"toll"))
    project.replace(decode("m1.py", b"ring; peal"))
    assert project.files_mentioning("ring") == ("m1.py", "m2.py")
    assert project.files_mentioning("toll") == ("m0.py",)
    assert project.files_mentioning("peal") == ("m1.py",)


def test_a_new_file_is_found_by_its_words() -> None:
    project = _project("ring")
    assert project.files_mentioning("ring") == ("m0.py",)
    project.add("bells/a.py")
    project.replace(decode("bells/a.py", b"ring"))
    assert project.files_mentioning("ring") == ("bells/a.py", "m0.py")
