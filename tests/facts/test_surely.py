"""Which calls a function makes whichever way through it is taken."""

from __future__ import annotations

import ast
import textwrap

import pytest

from aiomend.facts.surely import Fork, sure_calls


def _truth(test: ast.expr) -> bool | None:
    return test.value if isinstance(test, ast.Constant) and isinstance(test.value, bool) else None


def _words(calls: list[ast.Call | Fork]) -> str:
    return " ".join(
        f"({_words(one.body)} | {_words(one.orelse)})" if isinstance(one, Fork) else ast.unparse(one.func)
        for one in calls
    )


@pytest.mark.parametrize(
    ("body", "calls"),
    [
        ("pass", ""),
        ("x", ""),
        ("a()", "a"),
        ("a(); b()", "a b"),
        ("x = a()", "a"),
        ("x: int = a()", "a"),
        ("x: int", ""),
        ("x += a()", "a"),
        ("a(b())", "b a"),
        ("a(x=b())", "b a"),
        ("a(*b())", "b a"),
        ("a(**b())", "b a"),
        ("a().b()", "a a().b"),
        ("[a(), {1: b()}]", "a b"),
        ("f'{a()}'", "a"),
        ("del x[a()]", ""),
        ("assert a()", ""),
        ("import x", ""),
        ("def g(): a()", ""),
        ("lambda: a()", ""),
        # parts of expressions
        ("a() and b()", "a"),
        ("a() or b()", "a"),
        ("a() if b() else c()", "b"),
        ("a() < b() < c()", "a b"),
        ("[a() for x in b()]", "b"),
        ("{a() for x in b() for y in c()}", "b"),
        ("(a() for x in b())", "b"),
        # ways out
        ("return a()", "a"),
        ("return\na()", ""),
        ("return a()\nb()", "a"),
        ("raise a(b())", "b a"),
        ("raise a() from b()", "a b"),
        ("raise x\na()", ""),
        # branches
        ("if a(): b()", "a"),
        ("if a(): b()\nelse: c()", "a (b | c)"),
        ("if x: a()\nelse: pass", ""),
        ("if x: pass\nelse: a()", ""),
        ("if x: a()\nelif y: b()\nelse: c()", "(a | (b | c))"),
        ("if x: a()\nb()", "b"),
        ("if x: return\na()", ""),
        ("if x: pass\nelse: return\na()", ""),
        ("if x: raise y\na()", "a"),
        ("if x: raise y\nelse: a()\nb()", "a b"),
        ("if x: a()\nelse: raise y\nb()", "a b"),
        ("if x: raise y\nelse: return\na()", ""),
        ("if x: raise y\nelse: raise z\na()", ""),
        ("if x:\n  a()\n  raise y\nb()", "b"),
        ("if True: a()\nelse: b()", "a"),
        ("if False: a()\nelse: b()", "b"),
        ("if True: return\na()", ""),
        ("if False: return\na()", "a"),
        ("if True: raise x\na()", ""),
        # loops
        ("for x in a(): b()", "a"),
        ("for x in y: return\na()", ""),
        ("for x in y: break\na()", "a"),
        ("for x in range(3): a()", "range a"),
        ("for x in range(1): a()\nb()", "range a b"),
        ("for x in range(0): a()", "range"),
        ("for x in range(y): a()", "range"),
        ("for x in range(1, 3): a()", "range"),
        ("for x in (1, 2): a()", "a"),
        ("for x in [1]: a()", "a"),
        ("for x in []: a()", ""),
        ("for x in [*y]: a()", ""),
        ("for x in {1}: a()", ""),
        ("for x in (1, 2):\n  if x: break\n  a()", ""),
        ("for x in (1, 2):\n  a()\n  continue\nb()", "a b"),
        ("for x in (1, 2): return a()\nb()", "a"),
        ("while a(): b()", "a"),
        ("while True: a()", "a"),
        ("while False: a()", ""),
        ("while x: a()\nb()", "b"),
        ("while True:\n  if x: break\n  a()", ""),
        ("while True:\n  a()\n  if x: break\nb()", "a b"),
        ("while True:\n  a()\n  if x: return\nb()", "a"),
        # context managers
        ("with a(): b()", "a b"),
        ("with a() as x, b(): c()\nd()", "a b c d"),
        ("with x: return\na()", ""),
        ("with x: raise y\na()", ""),
        ("with x:\n  a()\n  raise y\nb()", "a"),
        # attempts
        ("try: a()\nexcept E: b()", "a"),
        ("try: a()\nexcept E: b()\nc()", "a c"),
        ("try: a()\nexcept E: return\nb()", "a"),
        ("try: a()\nexcept E: raise\nb()", "a b"),
        ("try: return a()\nexcept E: pass\nb()", "a"),
        ("try: raise x\nexcept E: pass\na()", ""),
        ("try: a()\nexcept E: pass\nelse: b()\nc()", "a b c"),
        ("try: a()\nexcept E: pass\nelse: return\nc()", "a"),
        ("try: a()\nexcept E: pass\nelse: raise x\nc()", "a"),
        ("try: return\nexcept E: pass\nelse: a()", ""),
        ("try: a()\nfinally: b()\nc()", "a b c"),
        ("try: return\nfinally: a()\nb()", "a"),
        ("try: a()\nfinally: return\nb()", "a"),
        ("try: a()\nfinally: raise x\nb()", "a"),
        ("try: a()\nexcept E:\n  for x in y: break\nb()", "a"),
        ("try: a()\nexcept E:\n  def g(): return\nb()", "a b"),
        # match
        ("match a():\n  case 1: b()", "a"),
        ("match x:\n  case 1: a()\nb()", "b"),
        ("match x:\n  case 1: return\na()", ""),
        ("match x:\n  case 1: pass\n  case 2: return\na()", ""),
    ],
)
def test_what_it_calls_for_sure(body: str, calls: str) -> None:
    (function,) = ast.parse(f"def f():\n{textwrap.indent(body, '  ')}").body
    assert isinstance(function, ast.FunctionDef)
    assert _words(sure_calls(function.body, _truth)) == calls
