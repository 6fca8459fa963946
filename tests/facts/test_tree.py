"""The fast walk and the one pass over a file see what the standard library sees."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from aiomend.api import MemorySources
from aiomend.facts.module import own_nodes
from aiomend.facts.project import ProjectFacts
from aiomend.facts.scopes import FUNCTIONS
from aiomend.facts.tree import walk

_MARKS = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)
_HERE = Path(__file__).resolve()

_EVERYTHING = """
import a.b as c, d
from . import e as f
from .g import *
@deco(lambda x=(yield_ := 1), /, *a, k=2, **b: (x, a, b))
async def h[T](self, a: int, /, b: "str" = 1, *rest: object, k: int = 3, **more: dict) -> T:
    global i
    async with p as (q, r), s: await t
    async for u in v: yield w, [x async for x in y if z]
    else: return
class A(B, metaclass=C):
    def i(self): nonlocal_ = {**j, k: [*l], **{m: n for m in o}}; return (yield from f"{p!r:>{q}}")
    r: int = -s if t and not u else v[w:x, ...]
    y += z @ a; del b, c[d], e.f
while a < b <= c: break
else: pass
for (d, *e), f.g in h: continue
with i: raise j from k
try: assert l, m
except* N as o: print(lambda: (yield))
match p:
    case {"q": 1, **r} | [s, *t, _] | U(v, w=None) as x if y: ...
type Z[*Ts, **P] = dict[str, int]
"""


def _sources() -> list[str]:
    code = _EVERYTHING
    try:
        ast.parse(code)
    except SyntaxError:  # before Python 3.12
        code = code.replace("h[T](", "h(").replace("type Z[*Ts, **P] = dict", "Z = dict")
    return [
        code,
        *(path.read_text() for path in sorted((_HERE.parents[2] / "codemods" / "aiomend" / "facts").glob("*.py"))),
    ]


@pytest.mark.parametrize("code", _sources())
def test_walk_leaves_out_nothing_but_marks(code: str) -> None:
    tree = ast.parse(code)
    expected = [node for node in ast.walk(tree) if not isinstance(node, _MARKS)]
    found = list(walk(tree))
    assert set(found) == set(expected)
    assert len(found) == len(expected)


@pytest.mark.parametrize("code", _sources())
def test_yields_and_returns_are_those_of_the_own_body(code: str) -> None:
    facts = ProjectFacts(MemorySources({"m.py": code.encode()})).facts("m.py")
    assert facts is not None
    functions = [node for node in walk(facts.tree) if isinstance(node, (*FUNCTIONS, ast.Lambda))]
    assert functions or "def " not in code
    for function in functions:
        own = list(own_nodes(function))
        assert list(facts.yields(function)) == [n for n in own if isinstance(n, (ast.Yield, ast.YieldFrom))]
        assert list(facts.returns(function)) == [n for n in own if isinstance(n, ast.Return)]
        assert facts.is_generator(function) == bool(facts.yields(function))
