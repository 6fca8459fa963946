"""Which functions are done callbacks of futures, and where one asks a cancelled future for its outcome."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.done_callbacks import DoneCallback, done_callbacks, unsafe_reads, wakes_others
from aiomend.facts.view import Module
from aiomend.settings import Settings, TargetRange

See = Callable[..., Module]
HEAD = "import asyncio, concurrent.futures, contextlib, functools\ntask = asyncio.ensure_future(x())\n"


def _callbacks(see: See, text: str) -> list[str]:
    """The parameters that take the future, of all callbacks of a file."""
    return [one.future.arg for one in done_callbacks(see(f"{HEAD}{text}\n"))]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("def f(x): pass", id="it is added to nothing"),
        pytest.param("task.add_done_callback()", id="nothing is added"),
        pytest.param("task.add_done_callback(*x)", id="nobody knows what"),
        pytest.param("task.add_done_callback(x)", id="of another file"),
        pytest.param("task.add_done_callback(print)", id="a builtin"),
        pytest.param("def f(x): pass\ntask.add_done_callback(f(1))", id="whatever it gives"),
        pytest.param("def f(x): pass\ny.add_done_callback(f)", id="to nobody knows what"),
        pytest.param("def f(x): pass\nconcurrent.futures.Future().add_done_callback(f)", id="to a future of threads"),
        pytest.param("def f(x): pass\n(task if y else concurrent.futures.Future()).add_done_callback(f)", id="to either kind"),
        pytest.param("def f(x): yield\ntask.add_done_callback(f)", id="a generator"),
        pytest.param("async def f(x): pass\ntask.add_done_callback(f)", id="a coroutine function"),
        pytest.param("@unknown\ndef f(x): pass\ntask.add_done_callback(f)", id="something else by its decorator"),
        pytest.param("def f(): pass\ntask.add_done_callback(f)", id="it takes none"),
        pytest.param("def f(*x): pass\ntask.add_done_callback(f)", id="it takes any number"),
        pytest.param("def f(x): pass\ntask.add_done_callback(functools.partial(f, 1))", id="the partial has filled it"),
        pytest.param("def f(x, y): pass\ntask.add_done_callback(functools.partial(f, *z))", id="nobody can count what it has filled"),
        pytest.param("def f(x, y): pass\ntask.add_done_callback(functools.partial(f, **z))", id="nobody can name what it has filled"),
        pytest.param("def f(x): pass\ntask.add_done_callback(functools.partial())", id="a partial of nothing"),
        pytest.param("def f(x): pass\ntask.add_done_callback(other(f))", id="nobody knows what becomes of it"),
        pytest.param("def f(x: concurrent.futures.Future): pass\ny.add_done_callback(f)", id="it says that it takes one of threads"),
    ],
)  # fmt: skip
def test_no_callback(see: See, text: str) -> None:
    assert _callbacks(see, text) == []


@pytest.mark.parametrize(
    ("text", "future"),
    [
        pytest.param("def f(x): pass\ntask.add_done_callback(f)", "x", id="a function"),
        pytest.param("def f(x, /, y=1): pass\ntask.add_done_callback(f)", "x", id="its first parameter"),
        pytest.param("task.add_done_callback(lambda x: 1)", "x", id="a lambda"),
        pytest.param("def f(x, y): pass\ntask.add_done_callback(functools.partial(f, 1))", "y", id="behind what a partial has filled"),
        pytest.param("def f(x, y): pass\ntask.add_done_callback(functools.partial(f, y=1))", "x", id="a partial that fills another"),
        pytest.param("class A:\n  def f(self, x): pass\ntask.add_done_callback(A().f)", "x", id="a method"),
        pytest.param("class A:\n  @staticmethod\n  def f(x): pass\ntask.add_done_callback(A().f)", "x", id="a static method"),
        pytest.param("class A:\n  @classmethod\n  def f(cls, x): pass\ntask.add_done_callback(A.f)", "x", id="a class method"),
        pytest.param("class A:\n  def f(self, x, y): pass\ntask.add_done_callback(functools.partial(A().f, 1))", "y", id="a method in a partial"),
        pytest.param("def f(x: asyncio.Future): pass\ny.add_done_callback(f)", "x", id="it says that it takes one"),
        pytest.param("def f(x): pass\n(task if y else z).add_done_callback(f)", "x", id="one of asyncio's, as far as it is known"),
    ],
)  # fmt: skip
def test_a_callback_takes_the_future(see: See, text: str, future: str) -> None:
    assert _callbacks(see, text) == [future]


def test_a_function_that_is_added_twice_is_one_callback(see: See) -> None:
    text = "def f(x): pass\ntask.add_done_callback(f)\ntask.add_done_callback(f)\ntask.add_done_callback(lambda y: 1)"
    assert _callbacks(see, text) == ["x", "y"]


def _callback(see: See, body: str) -> tuple[Module, DoneCallback]:
    module = see(f"{HEAD}def f(fut):\n{textwrap.indent(body, '    ')}\ntask.add_done_callback(f)\n")
    (found,) = done_callbacks(module)
    return module, found


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("pass", id="it asks for nothing"),
        pytest.param("fut.cancelled()", id="it asks whether it was cancelled"),
        pytest.param("fut.result", id="no call"),
        pytest.param("fut.result(1)", id="of another kind: with a timeout"),
        pytest.param("x.result()", id="another future"),
        pytest.param("self.fut.result()", id="an attribute of that name"),
        pytest.param("def g(): fut.result()", id="in a function of its own"),
        pytest.param("fut = x\nfut.result()", id="the name stands for something else"),
        pytest.param("if not fut.cancelled(): fut.result()", id="where it was not cancelled"),
        pytest.param("if fut.cancelled(): return\nfut.result()", id="behind a way out"),
        pytest.param("if fut.cancelled():\n    x()\n    return\nfut.result()", id="behind a way out that does something"),
        pytest.param("if fut.cancelled(): pass\nelse: fut.result()", id="in the other branch"),
        pytest.param("gone = fut.cancelled()\nif not gone: fut.result()", id="by a name"),
        pytest.param("if fut._exception: fut.exception()", id="where it has one"),
        pytest.param("if fut._exception is not None: fut.exception()", id="where it has one, in other words"),
        pytest.param("if fut._exception != None: fut.exception()", id="where it differs from none"),
        pytest.param("try: fut.result()\nexcept asyncio.CancelledError: pass", id="a cancellation is expected"),
        pytest.param("try: fut.result()\nexcept (OSError, asyncio.CancelledError): pass", id="among others"),
        pytest.param("try: fut.result()\nexcept BaseException: pass", id="everything is"),
        pytest.param("try: fut.result()\nexcept: pass", id="everything is, without a word"),
        pytest.param("try: fut.result()\nexcept concurrent.futures.CancelledError: pass", id="by its old name"),
        pytest.param("try: fut.result()\nexcept x.CancelledError: pass", id="by a name from elsewhere"),
        pytest.param("with contextlib.suppress(asyncio.CancelledError): fut.result()", id="suppressed"),
        pytest.param("if x(fut.cancelled()): return\nfut.result()", id="a test that nobody understands"),
        pytest.param("y = fut.cancelled()\nx(y)\nfut.result()", id="a question that goes elsewhere"),
        pytest.param("if fut.cancelled(): x()\nelif y: z()\nfut.result()", id="a branch with another"),
        pytest.param("try: fut.result()\nexcept asyncio.CancelledError: pass\nfut.exception()", id="behind one that has an answer"),
    ],
)  # fmt: skip
def test_a_cancelled_future_is_not_asked(see: See, body: str) -> None:
    assert unsafe_reads(*_callback(see, body)) == []


@pytest.mark.parametrize(
    ("body", "line"),
    [
        pytest.param("fut.result()", 4, id="asked for its result"),
        pytest.param("x = fut.exception()", 4, id="asked for its exception"),
        pytest.param("if fut.cancelled(): fut.result()", 4, id="only where it was cancelled"),
        pytest.param("if fut.cancelled(): x()\nfut.result()", 5, id="behind a branch that goes on"),
        pytest.param("if fut.done(): fut.result()", 4, id="another question"),
        pytest.param("if not x.cancelled(): fut.result()", 4, id="a question to another one"),
        pytest.param("if fut._exception is None: fut.result()", 4, id="where it has no exception"),
        pytest.param("if not fut._exception: fut.result()", 4, id="where it has none, in other words"),
        pytest.param("if x._exception: fut.result()", 4, id="where another one has"),
        pytest.param("try: fut.result()\nexcept OSError: pass", 4, id="another error is expected"),
        pytest.param("try: fut.result()\nexcept Exception: pass", 4, id="a cancellation is none from 3.8 on"),
        pytest.param("try: x()\nexcept asyncio.CancelledError: fut.result()", 5, id="in the handler"),
        pytest.param("with contextlib.suppress(OSError): fut.result()", 4, id="another error is suppressed"),
        pytest.param("with x(asyncio.CancelledError): fut.result()", 4, id="a context of which nothing is known"),
        pytest.param("if not fut.cancelled(): fut.result()\nfut.exception()", 5, id="behind one that is tested"),
        pytest.param("fut.result()\nif fut.cancelled(): return", 4, id="asked too late"),
        pytest.param("x(fut.exception(), fut.result())", 4, id="the first of two"),
    ],
)  # fmt: skip
def test_a_cancelled_future_may_be_asked(see: See, body: str, line: int) -> None:
    found = unsafe_reads(*_callback(see, body))
    assert found[0].lineno == line


def test_an_exception_was_a_cancellation_before_3_8(see: See) -> None:
    module, callback = _callback(see, "try: fut.result()\nexcept Exception: pass")
    for target, is_found in (("3.6-3.7", False), ("3.6-3.8", True), ("3.8", True)):
        module.settings = Settings(target=TargetRange.parse(target))
        assert bool(unsafe_reads(module, callback)) is is_found


@pytest.mark.parametrize(
    ("body", "woken"),
    [
        ("x.cancel()", None),
        ("x.set", None),
        ("set()", None),
        ("def g(): x.set()", None),
        ("x.set()", 4),
        ("y()\nx.set_result(1)", 5),
        ("x.put_nowait(1)\nx.set()", 4),
        ("x.set_exception(y.set())", 4),
    ],
)
def test_what_a_callback_wakes(see: See, body: str, woken: int | None) -> None:
    found = wakes_others(_callback(see, body)[1])
    assert (found.lineno if found is not None else None) == woken
