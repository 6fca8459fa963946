"""What surely ran before a place."""

from __future__ import annotations

import ast

import pytest

from aiomend.facts.flow import assigns, guarded, implies
from aiomend.facts.module import ModuleFacts
from aiomend.source import read


def _guarded(text: str) -> bool:
    facts = ModuleFacts(read("a.py", text.encode()), "a", False)
    (probe,) = (c for c in facts.calls if isinstance(c.func, ast.Name) and c.func.id == "probe")

    def settled(test: ast.expr, outcome: bool) -> bool:
        return isinstance(test, ast.Name) and test.id == "bad" and not outcome

    return guarded(facts, probe, settled)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("probe()", id="nothing"),
        pytest.param("if bad:\n        probe()", id="the wrong branch"),
        pytest.param("if not bad:\n        pass\n    probe()", id="after the if"),
        pytest.param("if bad:\n        log()\n    probe()", id="a branch that goes on"),
        pytest.param("if not bad:\n        await x\n        probe()", id="a suspension in between"),
        pytest.param("if bad: return\n    await x\n    probe()", id="a suspension after the early return"),
        pytest.param("while True:\n        if bad: break\n    probe()", id="a loop left for another reason"),
        pytest.param(
            "if bad or other:\n        pass\n    else:\n        g = lambda: probe()", id="another function runs later"
        ),
        pytest.param(
            "if bad or other:\n        return\n    else:\n        await y\n    probe()", id="the other branch suspends"
        ),
        pytest.param("if bad and other: return\n    probe()", id="only both together leave"),
        pytest.param("for x in y:\n        if not bad:\n            pass\n        probe()", id="not in the branch"),
        pytest.param(
            "if not bad:\n        for x in y:\n            probe()\n            await z", id="a loop that suspends"
        ),
        pytest.param("other or probe()", id="another test"),
    ],
)
def test_not_guarded(body: str) -> None:
    assert not _guarded(f"async def f():\n    {body}\n")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("if not bad:\n        probe()", id="an enclosing if"),
        pytest.param("if bad:\n        pass\n    else:\n        probe()", id="its else"),
        pytest.param("if bad:\n        pass\n    elif other:\n        probe()", id="its elif"),
        pytest.param("if other and not bad:\n        probe()", id="one of several conditions"),
        pytest.param("if bad or other:\n        return\n    probe()", id="an early return"),
        pytest.param("for x in y:\n        if bad: continue\n        probe()", id="an early continue"),
        pytest.param("if bad:\n        raise E\n    log()\n    probe()", id="an early raise"),
        pytest.param("if not bad:\n        pass\n    else:\n        return\n    probe()", id="an else that leaves"),
        pytest.param("assert not bad\n    probe()", id="an assert"),
        pytest.param("while bad:\n        x()\n    probe()", id="a loop that ends with it"),
        pytest.param("while not bad:\n        probe()", id="the loop's own test"),
        pytest.param("match x:\n        case 1 if not bad:\n            probe()", id="the guard of a case"),
        pytest.param("bad or probe()", id="or"),
        pytest.param("not bad and probe()", id="and"),
        pytest.param("x = None if bad else probe()", id="a conditional expression"),
        pytest.param(
            "if not bad:\n        try:\n            probe()\n        finally:\n            pass", id="inside a try"
        ),
        pytest.param("if not bad:\n        with x:\n            probe()", id="inside a with"),
        pytest.param("await x\n    if not bad: probe()", id="a suspension before the test"),
    ],
)
def test_guarded(body: str) -> None:
    assert _guarded(f"async def f():\n    {body}\n")


def test_implies_goes_through_not_and_or() -> None:
    def settled(test: ast.expr, outcome: bool) -> bool:
        return ast.unparse(test) == "a" and outcome

    def parsed(text: str) -> ast.expr:
        return ast.parse(text, mode="eval").body

    assert implies(parsed("not (not a or b)"), True, settled)
    assert not implies(parsed("a or b"), True, settled)
    assert implies(parsed("not a"), False, settled)


@pytest.mark.parametrize(
    ("statement", "is_bound"),
    [
        ("self.fut = make()", True),
        ("self.fut, other = make()", True),
        ("del self.fut", True),
        ("other.fut = self.fut", False),
        ("self.fut.state = 1", False),
        ("self = make()", False),
    ],
)
def test_an_attribute_is_bound_by_an_assignment_to_itself(statement: str, is_bound: bool) -> None:
    target = ast.parse("self.fut", mode="eval").body

    assert assigns(ast.parse(statement).body[0], target) is is_bound
