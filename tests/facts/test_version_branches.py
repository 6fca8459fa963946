"""Which code runs on some versions of Python only."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.version_branches import is_for_python2, is_version_branch
from aiomend.facts.view import Module

See = Callable[..., Module]
Marked = Callable[[Module], ast.Call]


@pytest.mark.parametrize(
    "text",
    [
        "mark()",
        "if x: mark()",
        "if sys.version_info > mark(): pass",
        "mark() if x else y",
        "x if mark() else sys.version_info",
        "x and mark()",
        "mark() and sys.version_info",
        "if hasattr(x, 'y'): mark()",
        "if hasattr(asyncio, y): mark()",
        "if x.hasattr(asyncio, 'y'): mark()",
        "if PY2: mark()",
        "FLAG = x\nif FLAG: mark()",
        "FLAG = version_info\nif FLAG: mark()",
        "while sys.version_info: mark()",
        "if sys.version_info: pass\nmark()",
        "if sys.version_info: return_\ndef f(): mark()",
        "if sys.version_info: raise x\nmark()",
        "def f():\n  if x: return\n  mark()",
        "def f():\n  if sys.version_info: pass\n  mark()",
        "def f():\n  mark()\n  if sys.version_info: return",
        "def f():\n  while sys.version_info: return\n  mark()",
        "def f():\n  if sys.version_info: return\n  def g(): pass\ndef h(): mark()",
        "try: mark()\nexcept OSError: pass",
        "try: mark()\nexcept: pass",
        "try:\n  x\n  mark()\nexcept AttributeError: pass",
        "try:\n  for x in y: mark()\nexcept AttributeError: pass",
        "try:\n  while x: mark()\nexcept AttributeError: pass",
        "try:\n  with x: mark()\nexcept AttributeError: pass",
        "try: x\nexcept AttributeError: pass\nelse: mark()",
        "try: x\nexcept AttributeError: pass\nfinally: mark()",
        "try: mark().context\nexcept AttributeError: pass",
        "try: x\nexcept OSError: mark()",
        "try:\n  def f(): mark()\nexcept AttributeError: pass",
        "try: x = lambda: mark()\nexcept AttributeError: pass",
    ],
)
def test_it_runs_on_every_version(see: See, marked: Marked, text: str) -> None:
    module = see(f"import asyncio, sys\n{text}")
    assert not is_version_branch(module.facts, marked(module).func)


@pytest.mark.parametrize(
    "text",
    [
        "if sys.version_info >= (3, 7): mark()",
        "if sys.version_info >= (3, 7): pass\nelse: mark()",
        "if x and sys.hexversion > 1: mark()",
        "if platform.python_version() > x: mark()",
        "if platform.python_version_tuple() > x: mark()",
        "if version_info > x: mark()",
        "mark() if sys.version_info > x else y",
        "y if sys.version_info > x else mark()",
        "sys.version_info > x and mark()",
        "sys.version_info > x or y or mark()",
        "if hasattr(asyncio, 'run'): mark()",
        "if hasattr(asyncio.Task, 'current_task'): mark()",
        "if hasattr(self.loop, 'create_task'): mark()",
        "if PY35: mark()",
        "if PYTHON3: mark()",
        "if PY_3: mark()",
        "if six.PY3: mark()",
        "FLAG = sys.version_info > x\nif FLAG: mark()",
        "FLAG = y\nFLAG = sys.version_info > x\nif FLAG: mark()",
        "if sys.version_info > x:\n  if y: mark()",
        "if sys.version_info > x:\n  def f(): mark()",
        "def f():\n  if sys.version_info > x: return\n  mark()",
        "def f():\n  if sys.version_info > x: raise y\n  z\n  if w: mark()",
        "if y:\n  if sys.version_info > x: raise z\n  mark()",
        "try: mark()\nexcept AttributeError: pass",
        "try: mark()\nexcept ImportError: pass",
        "try: mark()\nexcept ModuleNotFoundError: pass",
        "try: mark()\nexcept NameError: pass",
        "try: mark()\nexcept TypeError: pass",
        "try: mark()\nexcept (OSError, AttributeError): pass",
        "try: mark()\nexcept OSError: pass\nexcept AttributeError: pass",
        "try: x\nexcept AttributeError: mark()",
        "try: x\nexcept AttributeError:\n  def f(): mark()",
        "try: x(mark())\nexcept AttributeError: pass",
        "try: mark().context\nexcept AttributeError: asyncio.other()",
    ],
)
def test_it_runs_on_some_versions(see: See, marked: Marked, text: str) -> None:
    module = see(f"import asyncio, platform, six, sys\n{text}")
    assert is_version_branch(module.facts, marked(module).func)


@pytest.mark.parametrize(
    ("text", "is_it"),
    [
        ("import asyncio", False),
        ("import trollius", True),
        ("from trollius import From", True),
        ("import trollius\nx = f'{y}'", False),
        ("import trollius\nx: int = 1", False),
        ("import trollius\nasync def f(): pass", False),
        ("import trollius\ndef f(): yield from x", False),
        ("import trollius\ndef f():\n  x = 1\n  def g(): nonlocal x", False),
        ("import trollius\ndef f(): yield x", True),
    ],
)
def test_files_for_python_2(see: See, text: str, is_it: bool) -> None:
    assert is_for_python2(see(text).facts) is is_it
