"""Loops that a thread of their own runs, and which calls are certainly made beside that thread."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.loop_threads import loop_thread_beside
from aiomend.facts.view import Module

See = Callable[..., Module]
HEAD = "import asyncio, threading\nloop = asyncio.new_event_loop()\n"
MADE = "thread = threading.Thread(target=loop.run_forever)\n"
CLASS = """
class Runner:
    def __init__(self, wait):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.wait = wait

    def f(self):
"""


def _is_beside(see: See, text: str) -> bool:
    module = see(text)
    (call,) = (
        one for one in module.facts.calls if isinstance(one.func, ast.Attribute) and one.func.attr == "call_soon"
    )
    return loop_thread_beside(module.inference, module.facts, call) is not None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("loop.call_soon(print)\nthread.start()", id="the thread has yet to begin"),
        pytest.param("thread.start()\nthread.join()\nloop.call_soon(print)", id="it has ended"),
        pytest.param("def f():\n  loop.call_soon(print)", id="anybody may call it"),
        pytest.param(
            "thread.start()\ndef f():\n  loop.call_soon(print)\nloop.call_soon_threadsafe(f)", id="the loop does"
        ),
        pytest.param("thread.start()\nasync def f():\n  loop.call_soon(print)", id="a coroutine runs in the loop"),
        pytest.param("thread.start()\nx = lambda: loop.call_soon(print)", id="called later, nobody knows where"),
        pytest.param("thread.start()\nother.call_soon(print)", id="another loop"),
        pytest.param(
            "def run():\n  loop.run_forever()\nt = threading.Thread(target=run)\nt.start()\nrun()\nloop.call_soon(print)",
            id="its function is called as well",
        ),
        pytest.param(
            "from concurrent.futures import ProcessPoolExecutor as P\nP().submit(loop.run_forever)\nloop.call_soon(print)",
            id="another process has a loop of its own",
        ),
        pytest.param("Thread(target=loop.run_forever).start()\nloop.call_soon(print)", id="nobody knows what that is"),
        pytest.param("if x:\n  thread.start()\nloop.call_soon(print)", id="perhaps not started"),
        pytest.param("thread.start()\nloop.run_until_complete(x())\nloop.call_soon(print)", id="run elsewhere, too"),
        pytest.param("def f():\n  thread.start()\n  yield\n  loop.call_soon(print)", id="a generator goes on anywhere"),
        pytest.param(
            "def f():\n  if threading.current_thread() is not thread:\n    loop.call_soon(print)\n    thread.join()",
            id="it asks where it is",
        ),
    ],
)
def test_nobody_can_say(see: See, text: str) -> None:
    assert not _is_beside(see, HEAD + MADE + text)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("self.loop.call_soon(print)", id="anybody may call the method"),
        pytest.param("self.loop.call_soon(print)\nif self.wait: self.thread.join()", id="perhaps nobody waits"),
        pytest.param(
            "self.loop.call_soon(print)\nif not self.wait: return\nself.thread.join()", id="perhaps it returns"
        ),
        pytest.param("if self.wait:\n  self.thread.join()\nelse:\n  self.loop.call_soon(print)", id="one or the other"),
        pytest.param("self.loop.call_soon(print)\nself.other.join()", id="another thread's end"),
    ],
)
def test_nobody_can_say_of_a_method(see: See, body: str) -> None:
    assert not _is_beside(see, HEAD + CLASS + textwrap.indent(body, "        "))


@pytest.mark.parametrize(
    "text",
    [
        f"{MADE}thread.start()\nloop.call_soon(print)",
        f"{MADE}def f():\n  thread.start()\n  if x:\n    loop.call_soon(print)\n  thread.join()",
        f"{MADE}def f():\n  loop.call_soon(print)\n  thread.join()",
        f"{MADE}def f():\n  loop.call_soon(print)\nthread.start()\nf()",
        f"{MADE}def f():\n  loop.call_soon(print)\ndef g():\n  f()\n  thread.join()",
        "threading.Thread(target=loop.run_forever).start()\nloop.call_soon(print)",
        "t = threading.Thread(target=lambda: loop.run_forever())\nt.start()\nloop.call_soon(print)",
        "def run():\n  loop.run_forever()\nt = threading.Thread(target=run)\nt.start()\nloop.call_soon(print)",
        "def run(x, l):\n  l.run_forever()\nt = threading.Thread(None, run, args=(1, loop))\nt.start()\nloop.call_soon(print)",
        "def run():\n  loop.run_until_complete(x())\nt = threading.Thread(target=run)\nt.start()\nx(loop.call_soon(print))",
        "from threading import Thread as T\nt = T(target=loop.run_forever)\nt.start()\nloop.call_soon(print)",
        "import threading as th\nt = th.Timer(1, loop.run_forever)\nt.start()\nloop.call_soon(print)",
        "from functools import partial\ndef run(l):\n  l.run_forever()\nt = threading.Thread(target=run, args=[loop])\nt.start()\nloop.call_soon(print)",
        "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor()\nf = pool.submit(loop.run_forever)\nloop.call_soon(print)",
        "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor()\ndef g():\n  f = pool.submit(loop.run_forever)\n  loop.call_soon(print)\n  f.result()",
        "from functools import partial\nt = threading.Thread(target=partial(loop.run_until_complete, x()))\nt.start()\nloop.call_soon(print)",
        "(t := threading.Thread(target=loop.run_forever)).start()\nloop.call_soon(print)",
        "class B(threading.Thread):\n  pass\nclass T(B):\n  def run(this):\n    this.l.run_forever()\n  def f(this):\n    this.l.call_soon(print)\n    this.join()",
        "class T(threading.Thread):\n  def run(self):\n    self.l.run_forever()\n  def f(self):\n    self.l.call_soon(print)\n    self.join()",
    ],
)
def test_it_is_made_beside_the_thread(see: See, text: str) -> None:
    assert _is_beside(see, HEAD + text)


@pytest.mark.parametrize(
    "body",
    [
        "self.loop.call_soon(print)\nself.thread.join()",
        "self.loop.call_soon(print)\nif self.thread.is_alive():\n  self.thread.join()",
        "self.loop.call_soon(print)\nif self.thread is not None and self.thread.is_alive(): self.thread.join(1)",
        "if self.wait:\n  self.loop.call_soon(print)\nself.thread.join()",
        "self.thread.start()\nself.loop.call_soon(print)",
    ],
)
def test_a_method_is_beside_the_thread(see: See, body: str) -> None:
    assert _is_beside(see, HEAD + CLASS + textwrap.indent(body, "        "))
