"""Where an error of a function is handled by name: in its callers, and where it is handed on to."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.handled_by_callers import is_named_by_a_caller, may_be_named
from aiomend.facts.view import Module

See = Callable[..., Module]
ERRORS = frozenset({"InvalidStateError"})
HEAD = """import asyncio, contextlib, functools
from asyncio import InvalidStateError as Gone
Late = asyncio.InvalidStateError
SOME = (Late, KeyError)
MORE = SOME + (OSError,)
def work(): one()
"""


def _one(module: Module) -> ast.Call:
    return next(call for call in module.facts.calls if ast.unparse(call) == "one()")


@pytest.mark.parametrize(
    ("text", "is_named"),
    [
        ("try: work()\nexcept asyncio.InvalidStateError: pass", True),
        ("try: work()\nexcept Gone: pass", True),
        ("try: work()\nexcept Late: pass", True),
        ("try: work()\nexcept SOME: pass", True),
        ("try: work()\nexcept MORE: pass", True),
        ("try: work()\nexcept (OSError, *SOME): pass", True),
        ("with contextlib.suppress(Gone): work()", True),
        ("with t.assertRaises(Gone): work()", True),
        ("with pytest.raises(SOME): work()", True),
        ("t.assertRaises(Gone, work)", True),
        ("call = functools.partial(work)\ntry: call()\nexcept Gone: pass", True),
        ("call = lambda: work()\ntry: call()\nexcept Gone: pass", True),
        ("x = None\ntry: work()\nexcept Exception as e: x = e\nif isinstance(x, Gone): pass", True),
        ("x = asyncio.gather(work(), return_exceptions=True)\nif isinstance(x, Gone): pass", True),
        ("t = asyncio.ensure_future(work())\ntry: t.result()\nexcept Gone: pass", True),
        ("try: work()\nexcept Exception: pass", False),
        ("try: work()\nexcept Exception: raise Gone", False),
        ("try: work()\nexcept (KeyError, OSError): pass", False),
        ("work()\ntry: other()\nexcept Gone: pass", False),
        ("with contextlib.suppress(KeyError): work()", False),
        ("loop.call_soon(work)", False),
        ("@contextlib.contextmanager\ndef late():\n  try: yield\n  except Gone: pass\nwith late(): work()", True),
        ("@contextlib.contextmanager\ndef late():\n  try: yield\n  except OSError: pass\nwith late(): work()", False),
        ("class Late:\n  def __exit__(self, t, e, b): return t is Gone\nwith Late(): work()", True),
        ("class Late:\n  def __exit__(self, t, e, b): return t is OSError\nwith Late(): work()", False),
    ],
)
def test_a_caller_handles_the_error(see: See, text: str, is_named: bool) -> None:
    indented = "".join(f"  {line}\n" for line in text.split("\n"))
    module = see(f"{HEAD}def caller():\n{indented}")
    assert is_named_by_a_caller(module, _one(module), ERRORS) is is_named


def test_nobody_is_asked_where_nobody_names_it(see: See) -> None:
    module = see("def work(): one()\ntry: work()\nexcept Exception: pass")
    assert not is_named_by_a_caller(module, _one(module), ERRORS)
    assert may_be_named(module, _one(module), ERRORS) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("def feed(f):\n  try: f()\n  except Gone: pass\nregister(work)", "`work` is handed on"),
        ("def feed(fs):\n  try: fs['x']()\n  except Late: pass\nregister(work)", "`work` is handed on"),
        (
            "def emit(fs):\n  for f in fs: f()\ndef feed(fs):\n  try: emit(fs)\n  except Late: pass\nregister(work)",
            "is handed on",
        ),
        ("def feed(x):\n  try: x.work()\n  except Gone: pass", "of a `work()`, which may be this one"),
        ("def feed(f):\n  try: f()\n  except Gone: pass\nloop.call_soon(work)", None),
        ("def feed(f):\n  try: f()\n  except Gone: pass\nwork()", None),
        ("def feed(f):\n  try: f()\n  except OSError: pass\nregister(work)", None),
        ("def feed(x):\n  try: x.play()\n  except Gone: pass\nregister(work)", None),
    ],
)
def test_it_may_be_handled_where_nobody_can_follow(see: See, text: str, reason: str | None) -> None:
    module = see(HEAD + text)
    found = may_be_named(module, _one(module), ERRORS)
    assert (reason or "None") in str(found)
