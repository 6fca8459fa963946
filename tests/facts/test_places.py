"""What a coroutine writes and reads, named as its caller sees it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.places import Place, Touched, touched_by, touched_here
from aiomend.facts.scopes import FUNCTIONS
from aiomend.facts.view import Module

See = Callable[..., Module]


def _words(places: dict[Place, object]) -> str:
    return " ".join(sorted(one.text for one in places))


def _touched(see: See, body: str, call: str = "obj.f()") -> Touched:
    module = see(f"other = 1\nclass A:\n  async def f(self, x):\n{textwrap.indent(body, '    ')}\n{call}\n")
    function = module.facts.methods["f"][0]
    assert isinstance(function, FUNCTIONS)
    return touched_by(module.facts, function, module.facts.calls[-1])


@pytest.mark.parametrize(
    ("body", "reads", "writes", "late"),
    [
        ("pass", "", "", ""),
        ("y = 1", "", "", ""),
        ("x = 1", "", "", ""),
        ("print(x)", "", "", ""),
        ("x.y", "", "", ""),
        ("x.y = 1", "", "", ""),
        ("self.y()", "", "", ""),
        ("other()", "", "", ""),
        ("self.y", "obj.y", "", ""),
        ("self.y = 1", "", "obj.y", ""),
        ("self.y[1]", "obj.y", "", ""),
        ("self.y[1] = 2", "", "obj.y", ""),
        ("z[self.y] = 2", "obj.y", "", ""),
        ("self.y.z = 1", "obj.y", "", ""),
        ("other", "other", "", ""),
        ("other.y", "other other.y", "", ""),
        ("other.y = 1", "other", "other.y", ""),
        ("global other\nother = 1", "", "other", ""),
        ("[z for z in x]", "", "", ""),
        ("[other for z in x]", "other", "", ""),
        ("def g(): self.y = 1", "", "", ""),
        ("await x\nself.y = 1", "", "obj.y", "obj.y"),
        ("self.y = 1\nawait x", "", "obj.y", ""),
        ("self.y = await x", "", "obj.y", "obj.y"),
        ("self.y += await x", "", "obj.y", "obj.y"),
        ("self.y: int = await x", "", "obj.y", "obj.y"),
        ("for z in x:\n  self.y = 1\n  await z", "", "obj.y", "obj.y"),
        ("while x:\n  self.y = 1\n  await z", "", "obj.y", "obj.y"),
        ("if x:\n  self.y = 1\n  await z", "", "obj.y", ""),
        ("async with x: self.y = 1", "", "obj.y", "obj.y"),
        ("async for z in x: self.y = 1", "", "obj.y", "obj.y"),
        ("self.y = 1\nawait x\nself.y = 2", "", "obj.y", "obj.y"),
        ("open('a')", "'a'", "", ""),
        ("open(x)", "x", "", ""),
        ("open('a', 'r')", "'a'", "", ""),
        ("open('a', 'w')", "", "'a'", ""),
        ("open('a', 'ab')", "", "'a'", ""),
        ("open('a', 'x')", "", "'a'", ""),
        ("open('a', 'r+')", "", "'a'", ""),
        ("open('a', x)", "'a'", "", ""),
        ("open('a', 1)", "'a'", "", ""),
        ("open(x.y, 'w')", "", "", ""),
        ("x.open('a', 'w')", "", "", ""),
        ("await x\nopen('a', 'w')", "", "'a'", "'a'"),
    ],
)
def test_what_a_call_touches(see: See, body: str, reads: str, writes: str, late: str) -> None:
    found = _touched(see, body)
    assert (_words(dict(found.reads)), _words(dict(found.writes)), _words(dict(found.late_writes))) == (
        reads,
        writes,
        late,
    )


def test_a_function_has_no_self(see: See) -> None:
    module = see("async def f(self): self.y = 1\nf(x)")
    found = touched_by(module.facts, module.facts.functions[0], module.facts.calls[-1])
    assert _words(dict(found.writes)) == ""


def test_what_a_statement_touches(see: See) -> None:
    module = see("class A:\n  async def f(me):\n    me.x = 1\n    me.y = 2")
    function = module.facts.methods["f"][0]
    found = touched_here(module.facts, function.body[0], function)
    assert _words(dict(found.writes)) == "me.x"
