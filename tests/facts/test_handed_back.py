"""What plain functions hand back to their callers."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.handed_back import handed_back
from aiomend.facts.view import Module

See = Callable[..., Module]


def _handed_back(see: See, text: str) -> list[str]:
    module = see(f"import asyncio\n{text}\nSOUGHT = f(1)\n")
    (call,) = [one.value for one in module.facts.tree.body if isinstance(one, ast.Assign)][-1:]
    return [ast.unparse(value) for _, value in handed_back(module, call)]


@pytest.mark.parametrize(
    "text",
    [
        "f = 1",
        "f = x",
        "class f: pass",
        "f = lambda x: ()",
        "def f(x): pass",
        "def f(x): return",
        "def f(x): yield; return ()",
        "async def f(x): return ()",
        "@asyncio.coroutine\ndef f(x): return ()",
    ],
)
def test_nothing_is(see: See, text: str) -> None:
    assert _handed_back(see, text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("def f(x): return ()", ["()"]),
        ("def f(x):\n  if x: return g\n  return []", ["g", "[]"]),
        ("def g(x): return 1\ndef f(x): return g(x)", ["g(x)", "1"]),
        ("def g(x): return 1\nf = g", ["1"]),
        ("def f(x): return f(x)", ["f(x)"]),
        ("def h(x): return 2\ndef g(x): return 1\nf = g if y else h", ["2", "1"]),
        ("class C:\n  def g(self): return self.h()\n  def h(self): return 1\ndef f(x): return C().g()", ["C().g()", "self.h()", "1"]),
    ],
)  # fmt: skip
def test_what_is(see: See, text: str, found: list[str]) -> None:
    assert _handed_back(see, text) == found


def test_functions_that_call_each_other_are_read_once_each(see: See) -> None:
    names = ["f", *(f"step_{n}" for n in range(15))]
    calls = "".join(f"    if x == {n}:\n        return {name}(x)\n" for n, name in enumerate(names))
    text = "".join(f"def {name}(x):\n{calls}\n\n" for name in names)
    assert len(_handed_back(see, text)) == len(names) ** 2, "and not the factorial of the functions"


def test_functions_that_callers_pass(see: See) -> None:
    module = see("def none(): return ()\nasync def some(): pass\ndef run(f): f()\nrun(none)\nrun(some)")
    call = next(one for one in module.facts.calls if isinstance(one.func, ast.Name) and one.func.id == "f")
    assert list(handed_back(module, call)) == []
    assert [ast.unparse(value) for _, value in handed_back(module, call, given=True)] == ["()"]
