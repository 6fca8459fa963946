"""Searches end where more of them would tell nothing: what they would have parsed is counted."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from aiomend.api import MemorySources
from aiomend.facts.inference import Inference
from aiomend.facts.project import ProjectFacts
from aiomend.facts.searches import Search
from aiomend.facts.values import UNKNOWN, WIDTH, ProjectInstance, Values


def _asked(files: dict[str, str], path: str, text: str) -> tuple[Values, set[str]]:
    """Return what the last expression of a file with that text may be, as callers tell, and the files that were parsed for it."""
    project = ProjectFacts(MemorySources({one: code.encode() for one, code in files.items()}))
    facts = project.facts(path)
    assert facts is not None
    *_, node = (one for one in ast.walk(facts.tree) if isinstance(one, ast.expr) and ast.unparse(one) == text)
    values = Inference(project).values_from_callers(facts, node)
    return values, {one for one in files if project.is_parsed(one)}


HOME = "class Bell: pass\ndef ring(bell):\n    return bell\n"
KNOWN = "from home import Bell, ring\nring(Bell())\n"
UNKNOWN_ONE = "from home import ring\nring(somebody())\n"


def test_all_callers_are_looked_at_where_each_is_known() -> None:
    values, parsed = _asked({"home.py": HOME, "x.py": KNOWN, "y.py": KNOWN, "z.py": KNOWN}, "home.py", "bell")

    assert [type(one) for one in values] == [ProjectInstance]
    assert parsed == {"home.py", "x.py", "y.py", "z.py"}


def test_one_caller_that_is_not_known_ends_the_search() -> None:
    values, parsed = _asked({"home.py": HOME, "x.py": UNKNOWN_ONE, "y.py": KNOWN, "z.py": KNOWN}, "home.py", "bell")

    assert values == UNKNOWN
    assert parsed == {"home.py", "x.py"}


@pytest.mark.parametrize("target", ["made", "self.made", "global made; made"])
def test_another_name_is_looked_for_where_it_can_be_known(target: str) -> None:
    user = f"from home import Bell, ring\nclass User:\n    def use(self):\n        {target} = ring\n"
    other = "def f(other, made):\n    other.made(1)\n    made(1)\n"
    _, parsed = _asked({"home.py": HOME, "user.py": user, "z.py": other}, "home.py", "bell")

    assert ("z.py" in parsed) == (target != "made")


@pytest.mark.parametrize("target", ["made = ring", "def inner(made=ring): pass"])
def test_a_call_by_a_name_that_one_function_knows_counts(target: str) -> None:
    user = f"from home import Bell, ring\ndef use():\n    {target}\n    made(Bell())\n"
    inner = "from home import Bell, ring\ndef use(made=ring):\n    made(Bell())\n"
    values, _ = _asked({"home.py": HOME, "user.py": inner if "inner" in target else user}, "home.py", "bell")

    assert [type(one) for one in values] == [ProjectInstance]


def test_a_table_in_which_something_unknown_lies_ends_the_search() -> None:
    home = "class App:\n    def __init__(self):\n        self.table = {}\n\ndef get(app: App):\n    return app.table['bell']\n"
    put = "from home import App\ndef put(app: App):\n    app.table['bell'] = somebody()\n"
    files = {"home.py": home, "x.py": put, "y.py": put, "z.py": "x = {'bell': 1}\n"}
    values, parsed = _asked(files, "home.py", "app.table['bell']")

    assert values == UNKNOWN
    assert parsed == {"home.py", "x.py"}


def test_a_file_that_does_not_name_the_table_is_not_read_for_its_key() -> None:
    home = "class App:\n    def __init__(self):\n        self.table = {}\n\ndef get(app: App):\n    return app.table['bell']\n"
    put = "from home import App\nclass Bell: pass\ndef put(app: App):\n    app.table['bell'] = Bell()\n"
    files = {"home.py": home, "x.py": put, "y.py": "x = {'bell': 1}\n"}
    values, parsed = _asked(files, "home.py", "app.table['bell']")

    assert [type(one) for one in values] == [ProjectInstance]
    assert parsed == {"home.py", "x.py"}


def test_of_a_search_that_broke_off_nobody_can_say_that_it_is_over() -> None:
    def found() -> Iterator[int]:
        yield 1
        raise RecursionError

    search = Search(Inference(ProjectFacts(MemorySources({}))), found())
    with pytest.raises(RecursionError):
        list(search.each(24))

    assert list(search.each(24)) == [1, None]


def test_a_search_finds_no_more_than_anybody_looks_at() -> None:
    search = Search(Inference(ProjectFacts(MemorySources({}))), iter(range(9)))

    assert list(search.each(2)) == [0, 1, 2, None]
    assert list(search.each(9)) == [*range(9)]


@pytest.mark.parametrize("count", [WIDTH, WIDTH + 1, 10 * WIDTH])
def test_what_more_heirs_give_than_a_rule_could_use_is_not_known(count: int) -> None:
    heirs = "".join(f"class Heir{n}(Base):\n    def give(self): return Heir{n}()\n" for n in range(count))
    code = f"class Base:\n    def give(self): raise NotImplementedError\n{heirs}def use(base: Base):\n    return base.give()\n"
    values, _ = _asked({"home.py": code}, "home.py", "base.give()")

    assert (values == UNKNOWN) == (count > WIDTH)
