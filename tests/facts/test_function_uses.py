"""Every use of a function in a project, and which texts may name it."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.function_uses import may_spell, uses_of
from aiomend.facts.view import Module

See = Callable[..., Module]


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("'send_all'", True),
        ("'send'", False),
        ("1", False),
        ("'send_' + x", True),
        ("'get_' + x", False),
        ("x + '_all'", True),
        ("x + '_one'", False),
        ("'send_%s' % x", True),
        ("'get_%s' % x", False),
        ("f'send_{x}'", True),
        ("f'get_{x}'", False),
        ("f'{x}_one'", True),
        ("x", True),
        ("x * 2", True),
    ],
)
def test_which_texts_may_name_a_function(text: str, may: bool) -> None:
    assert may_spell(ast.parse(text, mode="eval").body, "send_all") is may


WORK = "def work(): pass\n"


@pytest.mark.parametrize(
    ("text", "others", "calls", "reason", "is_lost"),
    [
        pytest.param("work()", {}, 1, None, False, id="a call"),
        pytest.param("", {}, 0, None, False, id="none"),
        pytest.param("workers()", {}, 0, None, False, id="a longer word"),
        pytest.param("x(work)", {}, 0, "is handed on as a value", False, id="handed on"),
        pytest.param("work = 1", {}, 0, "is bound more than once", True, id="bound twice"),
        pytest.param("x('work')", {}, 0, "the text 'work' may stand for", True, id="its text"),
        pytest.param("x('main.work')", {}, 0, "the text 'main.work' may stand for", True, id="its full name"),
        pytest.param("x('main:work')", {}, 0, "the text 'main:work' may stand for", True, id="an entry point"),
        pytest.param("x(['work'])", {}, 0, "the text 'work' may stand for", True, id="in a list"),
        pytest.param("x(y={'k': ('work',)})", {}, 0, "the text 'work' may stand for", True, id="in a table"),
        pytest.param("x('workers')", {}, 0, None, False, id="a longer text"),
        pytest.param("x('homework')", {}, 0, None, False, id="the end of a text"),
        pytest.param("", {"other": "from main import work\nwork()"}, 1, None, False, id="another file calls"),
        pytest.param("", {"other": "import main\nmain.work()"}, 1, None, False, id="by its module"),
        pytest.param("", {"other": "from main import work as w\nw()"}, 0, "goes by the name `w`", True, id="renamed"),
        pytest.param("", {"other": "x.work()"}, 0, None, False, id="a method of something"),
        pytest.param("", {"other": "import main as x\nx = y()\nx.work()"}, 0, "may be `work()`", True, id="perhaps"),
        pytest.param(
            "", {"other": "import sys\nsys.modules['x'].work()"}, 0, "may be `work()`", True, id="by all modules"
        ),
        pytest.param("", {"other": "def work(): pass\nwork()"}, 0, None, False, id="another of that name"),
        pytest.param("", {"other": "import main\nmain.work = x"}, 0, "is replaced", True, id="replaced"),
    ],
)
def test_every_use_of_a_function(
    see: See, text: str, others: dict[str, str], calls: int, reason: str | None, is_lost: bool
) -> None:
    module = see(f"{WORK}{text}", **others)
    (function, *_) = module.tree.body
    assert isinstance(function, ast.FunctionDef)
    found = uses_of(module, function)
    assert len(found.calls) == calls
    assert (reason or "None") in str(found.reason)
    assert found.is_lost is is_lost


@pytest.mark.parametrize(
    ("asked", "may"), [("'send'", True), ("'se' + x", True), ("'get_' + x", False), ("'receive'", False)]
)
def test_a_method_may_be_got_by_its_name(see: See, asked: str, may: bool) -> None:
    module = see(f"class A:\n    def send(self): pass\ngetattr(x, {asked})()")
    function = module.facts.functions[0]
    assert isinstance(function, ast.FunctionDef)
    assert uses_of(module, function).is_lost is may
    module = see(f"def send(): pass\ngetattr(x, {asked})()")
    function = module.facts.functions[0]
    assert isinstance(function, ast.FunctionDef)
    assert uses_of(module, function).is_lost is (asked == "'send'")
