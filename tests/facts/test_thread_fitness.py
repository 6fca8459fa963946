"""What keeps a plain function of the project from running in a thread, and what does not."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.scopes import FUNCTIONS
from aiomend.facts.thread_fitness import misfit_of
from aiomend.facts.values import Function
from aiomend.facts.view import Module

See = Callable[..., Module]
HEAD = """
import asyncio, contextvars, contextlib, signal, sqlite3, threading
from settings import current, Config, configure
box = {}
var = contextvars.ContextVar("var")
async def job(): pass
def begins(): job()
def fine(): return 1
@contextlib.contextmanager
def entered(): yield 1
def fill(rows, *, key=None): rows.append(key)
"""
SETTINGS = "import contextvars\nvar = contextvars.ContextVar('x')\nclass Config: pass\ndef configure(): pass\ncurrent = proxy(var)\n"


def _misfit(see: See, body: str, given: str = "x") -> str | None:
    text = f"{HEAD}def f({given}):\n{textwrap.indent(body, '    ')}\n"
    module = see(text, settings=SETTINGS)
    (function,) = (one for one in module.facts.functions if one.name == "f")
    assert isinstance(function, FUNCTIONS)
    return misfit_of(module, Function(module.facts, function))


@pytest.mark.parametrize(
    "body",
    [
        "return x",
        "y = x + 1",
        "y = {}\ny['a'] = 1",
        "y = []\ny.append(1)",
        "y = fine()\ny.z = 1",
        "y = x.copy() if x else {}\nz = y",
        "return box.get(x)",
        "x = {}\nx = x or fine()\nprint(x)",
        "fill([])",
        "y = []\nfill(y, key=x)\nreturn y",
        "y = list(x)\ny.append(1)",
        "y = [x]\ny.append(1)",
        "y = x.copy\nz = {}\nz['a'] = y",
        "with x as y:\n    y.append(1)",
        "for y in [{}, {}]:\n    y['a'] = 1",
        "z = [1]\nz[0] = x",
        "print(box)",
        "fine()",
        "f(x)",
        "unknown(x)",
        "asyncio.run(job)",
        "asyncio.iscoroutinefunction(x)",
        "asyncio.run_coroutine_threadsafe(x, x)",
        "loop = asyncio\nx.call_soon_threadsafe(x)",
        "x.close()",
        "x.get()",
        "Config()",
        "configure()",
        "y = sqlite3.connect(x)\ny.execute(x)",
        "lambda: job()",
        "def g(): job()",
        "return next(x, None)",
        "import itertools\nnumbers = itertools.count()\nreturn next(numbers)",
        "try:\n    return next(x)\nexcept StopIteration:\n    return None",
        "try:\n    return next(x)\nexcept (KeyError, StopIteration):\n    raise LookupError from None",
        "with contextlib.suppress(StopIteration):\n    return next(x)",
    ],
)
def test_it_may_run_in_a_thread(see: See, body: str) -> None:
    assert _misfit(see, body) is None


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("return job()", "it returns something that is awaited"),
        ("return asyncio.sleep(1)", "it returns something that is awaited"),
        ("return asyncio.sleep(1) if x else None", "it returns something that is awaited"),
        ("return entered()", "it returns a context manager"),
        ("x.y = 1", "`x.y` is changed in it (main.py:13): in a thread, the tasks of the loop see it change meanwhile"),
        ("box['a'] = 1", "`box` is changed in it (main.py:13): in a thread, the tasks of the loop see it change meanwhile"),
        ("x['a'] = 1", "`x` is changed in it (main.py:13): in a thread, the tasks of the loop see it change meanwhile"),
        ("x.append(1)", "`x` is changed in it (main.py:13): in a thread, the tasks of the loop see it change meanwhile"),
        ("del x[0]", "`x` is changed in it (main.py:13): in a thread, the tasks of the loop see it change meanwhile"),
        ("y = x\ny.append(1)", "`y` is changed in it (main.py:14): in a thread, the tasks of the loop see it change meanwhile"),
        ("y = x or []\ny.append(1)", "`y` is changed in it (main.py:14): in a thread, the tasks of the loop see it change meanwhile"),
        ("for y in x: y['a'] = 1", "`y` is changed in it (main.py:13): in a thread, the tasks of the loop see it change meanwhile"),
        ("for y, z in sorted(x): z['a'] = 1", "`z` is changed in it (main.py:13): in a thread, the tasks of the loop see it change meanwhile"),
        ("y = list(x)\ny[0].append(1)", "`y` is changed in it (main.py:14): in a thread, the tasks of the loop see it change meanwhile"),
        ("y = x.setdefault(1, [])\ny.append(1)", "`x` is changed in it (main.py:13): in a thread, the tasks of the loop see it change meanwhile"),
        ("y = x.get(1)\ny.append(1)", "`y` is changed in it (main.py:14): in a thread, the tasks of the loop see it change meanwhile"),
        ("fill(x)", "`rows` is changed in it (main.py:11): in a thread, the tasks of the loop see it change meanwhile"),
        ("fill(*x)", "`rows` is changed in it (main.py:11): in a thread, the tasks of the loop see it change meanwhile"),
        ("fill(key=1, rows=x)", "`rows` is changed in it (main.py:11): in a thread, the tasks of the loop see it change meanwhile"),
        ("current.x()", "`current` comes from a module with context variables, which a thread may not see (main.py:13)"),
        ("job()", "it begins a coroutine, `job()` (main.py:13)"),
        ("begins()", "it begins a coroutine, `job()` (main.py:7)"),
        ("x.call_soon(x)", "it uses the event loop, `x.call_soon()` (main.py:13)"),
        ("x.set_result(1)", "it uses the event loop, `x.set_result()` (main.py:13)"),
        ("asyncio.ensure_future(x)", "it uses asyncio, `asyncio.ensure_future()`, which belongs to the loop's thread (main.py:13)"),
        ("asyncio.get_event_loop()", "it uses asyncio, `asyncio.get_event_loop()`, which belongs to the loop's thread (main.py:13)"),
        ("var.get()", "`var.get()` in it would not see the context of the coroutine (main.py:13)"),
        ("contextvars.copy_context()", "`contextvars.copy_context()` in it would not see the context of the coroutine (main.py:13)"),
        ("return next(x)", "`next()` in it may raise StopIteration: up to Python 3.12 awaiting it would never end (main.py:13)"),
        ("take = next\nreturn take(iter(x))", "`next()` in it may raise StopIteration: up to Python 3.12 awaiting it would never end (main.py:14)"),
        ("try:\n    return next(x)\nexcept KeyError:\n    pass", "`next()` in it may raise StopIteration: up to Python 3.12 awaiting it would never end (main.py:14)"),
        ("try:\n    return next(x)\nexcept StopIteration:\n    raise", "`next()` in it may raise StopIteration: up to Python 3.12 awaiting it would never end (main.py:14)"),
        ("raise StopIteration(x)", "it raises StopIteration (main.py:13): up to Python 3.12 awaiting it would never end"),
        ("import tkinter\ntkinter.mainloop()", "`tkinter.mainloop()` in it keeps to one thread (main.py:14)"),
        ("y: sqlite3.Connection = x.y\ny.execute(x)", "`y.execute()` in it keeps to one thread (main.py:14)"),
    ],
)  # fmt: skip
def test_why_it_may_not(see: See, body: str, reason: str) -> None:
    assert _misfit(see, body) == reason


def test_what_an_instance_gets_while_it_is_made_is_its_own(see: See) -> None:
    text = "class A:\n  def __init__(self): self.x = 1\n  def change(self): self.x = 2\n"
    module = see(text)
    made, change = (misfit_of(module, Function(module.facts, one)) for one in module.facts.functions)
    assert made is None
    assert change is not None
    assert change.startswith("`self.x` is changed in it")


@pytest.mark.parametrize("name", ["__enter__", "__call__", "__del__", "set", "aaa"])
def test_other_methods_change_what_others_see(see: See, name: str) -> None:
    module = see(f"class A:\n  def {name}(self): self.x = 1\n")
    assert misfit_of(module, Function(module.facts, module.facts.functions[0])) is not None


def test_functions_that_call_each_other_are_looked_at_once(see: See) -> None:
    module = see("def f(): g()\ndef g(): f()\n")
    assert misfit_of(module, Function(module.facts, module.facts.functions[0])) is None
