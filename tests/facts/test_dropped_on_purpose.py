"""Which coroutines are dropped on purpose: tests that expect a warning, replace what is called, or say so."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.dropped_on_purpose import is_meant
from aiomend.facts.view import Module

See = Callable[..., Module]
Marked = Callable[[Module], ast.Call]
TEST = "import gc, pytest, warnings\n"


def _is_meant(see: See, marked: Marked, text: str) -> bool:
    module = see(textwrap.dedent(text))
    return is_meant(module, marked(module))


@pytest.mark.parametrize(
    "text",
    [
        "mark()",
        "with x: mark()",
        "with raises: pass\nmark()",
        "try: mark()\nexcept OSError: pass",
        "try: mark()\nexcept: pass",
        "try: pass\nexcept RuntimeWarning: mark()",
        "def f():\n  gc.collect()\n  mark()",
        "mark()  # never awaited",
        "@pytest.mark.filterwarnings('ignore:coroutine')\ndef f(): mark()",
        "def f(recwarn): mark()",
    ],
)
def test_outside_of_tests_little_says_so(see: See, marked: Marked, text: str) -> None:
    assert not _is_meant(see, marked, f"import gc\n{text}")


@pytest.mark.parametrize(
    "text",
    [
        "with raises(E): mark()",
        "with pytest.warns(E): mark()",
        "with self.assertRaises(E): mark()",
        "with self.assertLogs(): mark()",
        "with x, warnings.catch_warnings(): mark()",
        "try: mark()\nexcept RuntimeWarning: pass",
        "try: mark()\nexcept (OSError, RuntimeWarning): pass",
    ],
)
def test_blocks_that_expect_it(see: See, marked: Marked, text: str) -> None:
    assert _is_meant(see, marked, text)


@pytest.mark.parametrize(
    "text",
    [
        "mark()",
        "def f(): mark()",
        "def f():\n  x()\n  mark()",
        "def f():\n  x.collect()\n  mark()",
        "def f(x, *recwarn): mark()",
        "def g(): gc.collect()\ndef f(): mark()",
        "def f():\n  with pytest.raises(E): x()\n  mark()",
        "def f():\n  with self.assertLogs(): x()\n  mark()",
        "def f():\n  patch('app.other')\n  mark()",
        "def f():\n  x('app.mark')\n  mark()",
        "def f():\n  patch(x, y, 'mark')\n  mark()",
        "def f():\n  patch(mark)\n  mark()",
        "mark()  # awaited later",
        "# never awaited\n\nmark()",
        "# awaited\nmark()",
        "x = '# never awaited'\nmark()",
        "x(mark(\n  )\n)  # never awaited",
        "@pytest.mark.filterwarnings('error:coroutine')\ndef f(): mark()",
        "@pytest.mark.filterwarnings('ignore:other')\ndef f(): mark()",
        "@pytest.mark.other('ignore:coroutine')\ndef f(): mark()",
        "pytestmark = pytest.mark.filterwarnings('ignore:other')\nmark()",
        "def g(): warnings.simplefilter('ignore', RuntimeWarning)\nmark()",
    ],
)
def test_tests_that_do_not_say_so(see: See, marked: Marked, text: str) -> None:
    assert not _is_meant(see, marked, TEST + text)


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n  mark()\n  gc.collect()",
        "def f():\n  mark()\n  support.gc_collect()",
        "def f(recwarn): mark()",
        "def f(x, recwarn): mark()",
        "def f():\n  with pytest.warns(E): x()\n  mark()",
        "def f():\n  pytest.deprecated_call()\n  mark()",
        "def f():\n  def g(): mark()\n  gc.collect()",
        "@patch('app.mark')\ndef f(x): mark()",
        "@patch('mark')\nclass A:\n  def f(self): mark()",
        "def f():\n  monkeypatch.setattr(app, 'mark', x)\n  mark()",
        "mark()  # never awaited",
        "mark()  # not awaited",
        "mark()  # Unawaited on purpose",
        "mark()  # isn't awaited",
        "mark()  # not being scheduled",
        "mark()  # don't run it",
        "mark()  # without using it",
        "# never awaited\nmark()",
        "x(\n  mark(  # never awaited\n))",
        "x(mark(\n  ))  # never awaited",
        "@pytest.mark.filterwarnings('ignore:coroutine')\ndef f(): mark()",
        "@pytest.mark.filterwarnings('ignore::RuntimeWarning')\nclass A:\n  def f(self): mark()",
        "pytestmark = pytest.mark.filterwarnings('ignore:.*never awaited')\nmark()",
        "pytestmark = [x, pytest.mark.filterwarnings('ignore:.*never awaited')]\nmark()",
        "def f():\n  warnings.filterwarnings('ignore', category=RuntimeWarning)\n  mark()",
        "warnings.simplefilter('ignore', RuntimeWarning)\ndef f(): mark()",
        "class A:\n  warnings.simplefilter('ignore', RuntimeWarning)\n  def f(self): mark()",
    ],
)
def test_tests_that_say_so(see: See, marked: Marked, text: str) -> None:
    assert _is_meant(see, marked, TEST + text)
