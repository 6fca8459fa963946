"""Whether what a call waits for is known to be over: it was asked, or waited for."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.finished import is_finished
from aiomend.facts.view import Module

See = Callable[..., Module]


def _is_finished(see: See, body: str) -> bool:
    module = see(f"import asyncio, concurrent.futures\nasync def f(fut, futs, x):\n{textwrap.indent(body, '  ')}")
    call = max((one for one, _ in module.method_calls("result")), key=lambda one: (one.lineno, one.col_offset))
    return is_finished(module, call)


@pytest.mark.parametrize(
    "body",
    [
        "fut.result()",
        "fut.done()\nfut.result()",
        "if fut.done(): pass\nfut.result()",
        "if not fut.done(): fut.result()",
        "if fut.running(): fut.result()",
        "if x.done(): fut.result()",
        "if fut.other(): fut.result()",
        "if not fut.other(): fut.result()",
        "if done(fut): fut.result()",
        "fut.result()\nawait asyncio.wait([fut])",
        "await asyncio.wait([x])\nfut.result()",
        "print(fut)\nfut.result()",
        "for one in futs: one.result()",
        "await asyncio.wait(x)\nfor one in futs: one.result()",
        "await asyncio.wait(futs)\nfor one in futs(): one.result()",
        "await asyncio.wait(futs)\none = futs\none.result()",
        "def g(): concurrent.futures.wait([fut])\nfut.result()",
        "if x:\n  await fut\nelse:\n  fut.result()",
        "await fut\nfut = x()\nfut.result()",
        "await asyncio.wait([fut], timeout=1)\nfut.result()",
        "concurrent.futures.wait([fut], return_when=x)\nfut.result()",
        "fut.exception(1)\nfut.result()",
        "x.exception()\nfut.result()",
        "with concurrent.futures.ThreadPoolExecutor() as pool:\n  fut = pool.submit(x)\n  fut.result()",
        "with concurrent.futures.ThreadPoolExecutor() as pool: pass\nfut = x.submit(x)\nfut.result()",
        "fut = x.submit(x)\nx.shutdown(wait=False)\nfut.result()",
        "fut = x.submit(x)\nfut.result()\nx.shutdown()",
        "fut = x.submit(x)\nif x:\n  x.shutdown()\nelse:\n  fut.result()",
    ],
)
def test_nobody_says_so(see: See, body: str) -> None:
    assert not _is_finished(see, body)


@pytest.mark.parametrize(
    "body",
    [
        "if fut.done(): fut.result()",
        "if fut.cancelled(): fut.result()",
        "if fut.ready(): fut.result()",
        "if fut.is_set(): fut.result()",
        "if not fut.running(): fut.result()",
        "if not fut.is_alive(): fut.result()",
        "if not fut.done(): return\nfut.result()",
        "if fut.done():\n  fut = x\n  fut.result()",
        "fut.done() and fut.result()",
        "await fut\nfut.result()",
        "await x(fut)\nfut.result()",
        "await asyncio.wait([fut])\nfut.result()",
        "concurrent.futures.wait([fut])\nfut.result()",
        "x = asyncio.gather(fut)\nfut.result()",
        "await asyncio.wait(futs)\nfor one in futs: one.result()",
        "await asyncio.wait(x.futs)\nfor one in x.futs: one.result()",
        "for one in concurrent.futures.as_completed([fut]): fut.result()",
        "await fut; fut.result()",
        "await asyncio.wait([fut], timeout=None)\nfut.result()",
        "await asyncio.wait_for(fut, 1)\nfut.result()",
        "if fut.exception(): return\nfut.result()",
        "fut.exception()\nx = fut.result()",
        "with concurrent.futures.ThreadPoolExecutor() as pool:\n  fut = pool.submit(x)\nfut.result()",
        "with concurrent.futures.ThreadPoolExecutor() as pool:\n  futs = [pool.submit(y) for y in x]\nfor one in futs: one.result()",
        "futs = []\nwith concurrent.futures.ThreadPoolExecutor() as pool:\n  for y in x: futs.append(pool.submit(y))\n[one.result() for one in futs]",
        "with concurrent.futures.ThreadPoolExecutor() as pool:\n  futs = {y: pool.submit(y) for y in x}\nfuts[1].result()",
        "fut = x.submit(x)\nx.shutdown()\nfut.result()",
        "fut = x.submit(x)\nx.shutdown(cancel_futures=True)\nfut.result()",
    ],
)
def test_it_is_over(see: See, body: str) -> None:
    assert _is_finished(see, body)


def test_a_function_is_asked_for_nothing(see: See) -> None:
    module = see("result()")
    (call,) = module.facts.calls
    assert isinstance(call, ast.Call)
    assert not is_finished(module, call)
