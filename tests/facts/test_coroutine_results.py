"""What a coroutine function without `yield` returns: awaited as its decorator did, returned as it is, or not known."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.coroutine_bodies import body_of
from aiomend.facts.generator_coroutines import Body
from aiomend.facts.scopes import FUNCTIONS
from aiomend.facts.view import Module

See = Callable[..., Module]
HEAD = """
import asyncio, json, os
async def job(): pass
def plain(): yield 1
def give(): return x
class Box: pass
class Odd(x): pass
"""


def _body(see: See, body: str, head: str = "def f(x):", more: str = "") -> Body:
    module = see(f"{HEAD}@asyncio.coroutine\n{head}\n{textwrap.indent(body, '  ')}\n{more}\n")
    (function,) = [one for one in module.facts.functions if one.decorator_list]
    assert isinstance(function, FUNCTIONS)
    return body_of(module, function)


@pytest.mark.parametrize(
    "body",
    [
        "pass",
        "return",
        "return 1",
        "return None",
        "return [x]",
        "return Box()",
        "return job",
        "return asyncio.Queue()",
        "return json.loads(x)",
        "return os.getcwd()",
        "return 'a'.format(x)",
        "return ','.join(x).strip()",
        "return ('a' + x).upper()",
        "return ('a' % x).upper()",
        "return str(x).upper()",
        "return bytes(x).hex()",
        "return repr(x).upper()",
        "return f'{x}'.upper()",
        "y = 'a'\nreturn y.format(x)",
        "y = 'a'\ny = 'b'\nreturn y.format(x)",
        "return x + 1",
        "return NotImplemented",
        "return 1 if x else 2",
    ],
)
def test_it_is_returned_as_it_is(see: See, body: str) -> None:
    found = _body(see, body)
    assert (found.reason, found.doubts, found.results) == (None, [], [])


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("return job()", 1),
        ("return asyncio.sleep(1)", 1),
        ("return asyncio.Future()", 1),
        ("return asyncio.ensure_future(job())", 1),
        ("return x.run_in_executor(None, f)", 1),
        ("return job() if x else asyncio.sleep(1)", 2),
        ("return job() if x else 1", 1),
        ("return plain()", 1),
        ("if x: return job()\nreturn 1", 1),
        ("try: y = x()\nexcept KeyError: return job()", 1),
        ("try: y = x()\nexcept KeyError: y = 1\nelse: return job()", 1),
        ("try: y = x()\nfinally: return job()", 1),
        ("with x: y = 1\nreturn job()", 1),
        ("x.lock.acquire()\nreturn job()", 1),
    ],
)
def test_it_is_awaited(see: See, body: str, count: int) -> None:
    found = _body(see, body)
    assert (found.reason, found.doubts, len(found.results)) == (None, [], count)
    assert len(found.delegations) == body.count("plain()")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("return x", "line 10: whether `x` is to be awaited, as the decorator did, is not known"),
        ("return give()", "line 10: whether `give()` is to be awaited, as the decorator did, is not known"),
        ("return Odd()", "line 10: whether `Odd()` is to be awaited, as the decorator did, is not known"),
        ("return x.format(1)", "line 10: whether `x.format(1)` is to be awaited, as the decorator did, is not known"),
        ("y = 'a'\nz = y.upper()\nreturn z.format(x)", "line 12: whether `z.format(x)` is to be awaited, as the decorator did, is not known"),
        ("return (x - 'a').upper()", "line 10: whether `(x - 'a').upper()` is to be awaited, as the decorator did, is not known"),
        ("return other.loads(x)", "line 10: whether `other.loads(x)` is to be awaited, as the decorator did, is not known"),
        ("return str.format(x)", "line 10: whether `str.format(x)` is to be awaited, as the decorator did, is not known"),
        ("y = 'a'\ny = x\nreturn y.format(x)", "line 12: whether `y.format(x)` is to be awaited, as the decorator did, is not known"),
        ("for y in 'a': return y.format(x)", "line 10: whether `y.format(x)` is to be awaited, as the decorator did, is not known"),
        ("y = z = 'a'.upper\nreturn z()", "line 11: whether `z()` is to be awaited, as the decorator did, is not known"),
        ("y = job() if x else 1\nreturn y", "line 11: whether `y` is to be awaited, as the decorator did, is not known"),
        ("y = job() if x else z\nreturn y", "line 11: whether `y` is to be awaited, as the decorator did, is not known"),
        ("return (y for y in x)", "line 10: the decorator went through the generator `(y for y in x)`"),
        ("return (lambda: (yield))()", "line 10: the decorator went through the generator `(lambda: (yield))()`"),
        ("return 1 if x else y", "line 10: whether `y` is to be awaited, as the decorator did, is not known"),
        ("return y if x else 1", "line 10: whether `y` is to be awaited, as the decorator did, is not known"),
    ],
)  # fmt: skip
def test_nobody_knows(see: See, body: str, why: str) -> None:
    assert _body(see, body).reason == why


@pytest.mark.parametrize(
    ("body", "more", "why"),
    [
        ("return x.work()", "class A:\n  async def work(self): pass", "only its name says that `x.work()` gives a coroutine"),
        ("return x", "f(1)", "`x` is nothing to be awaited for the callers in the project"),
        ("return x", "f(1)\nf(Box())", "`x` is nothing to be awaited for the callers in the project"),
    ],
)  # fmt: skip
def test_a_doubt(see: See, body: str, more: str, why: str) -> None:
    found = _body(see, body, more=more)
    assert (found.reason, found.doubts) == (None, [f"line 10: {why}"])


@pytest.mark.parametrize(
    ("body", "more"),
    [
        ("return x", "f(1)\nf(y)"),
        ("return x", "f(1)\nf(job())"),
        ("return x.work()", "class A:\n  async def work(self): pass\nclass B:\n  def work(self): pass"),
        ("return x.work()", "async def work(): pass"),
    ],
)
def test_no_doubt_where_it_may_be_both(see: See, body: str, more: str) -> None:
    assert _body(see, body, more=more).reason is not None


def test_an_object_that_returns_itself(see: See) -> None:
    module = see("import asyncio\nclass A(asyncio.Future):\n  @asyncio.coroutine\n  def f(self): return self")
    (function,) = module.facts.functions
    assert body_of(module, function).reason == (
        "line 4: the decorator awaited `self` as well; whether that was meant is not known"
    )


_WAITED = "line 11: the decorator waited for `job()`"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("try:\n  return job()\nexcept KeyError: pass", "outside of the `try`; in `async def` its handlers see what that raises"),
        ("try:\n  return 1 if x else job()\nexcept KeyError: pass", "outside of the `try`; in `async def` its handlers see what that raises"),
        ("try:\n  return job()\nfinally: x.busy = False", "when the `finally` had run already; `async def` waits before it"),
        ("try: x()\nexcept KeyError: return 1\nelse: return job()\nfinally: x.busy = False", "when the `finally` had run already; `async def` waits before it"),
        ("try: x()\nexcept KeyError: return job()\nfinally: x.busy = False", "when the `finally` had run already; `async def` waits before it"),
        ("with open(x) as y:\n  return job()", "when `open(x)` was left already; `async def` waits inside"),
        ("with x.limit:\n  return job()", "when `x.limit` was left already; `async def` waits inside"),
    ],
)  # fmt: skip
def test_what_it_waited_for_outside_of_a_block(see: See, body: str, why: str) -> None:
    found = _body(see, body)
    doubts = [doubt.replace("line 12", "line 11") for doubt in found.doubts]
    assert (found.reason, doubts, len(found.results)) == (None, [f"{_WAITED} {why}"], 1)


@pytest.mark.parametrize(
    "body", ["with x.lock:\n  return job()", "x.lock.acquire()\ntry: return job()\nfinally: x.lock.release()"]
)
def test_what_it_waited_for_without_a_lock(see: See, body: str) -> None:
    lock = "without `x.lock`; `async def` would hold it until that is done"
    assert _body(see, body).reason == f"{_WAITED} {lock}"
