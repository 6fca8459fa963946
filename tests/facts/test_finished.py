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
    call = next(one for one, _ in module.method_calls("result"))
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
    ],
)
def test_it_is_over(see: See, body: str) -> None:
    assert _is_finished(see, body)


def test_a_function_is_asked_for_nothing(see: See) -> None:
    module = see("result()")
    (call,) = module.facts.calls
    assert isinstance(call, ast.Call)
    assert not is_finished(module, call)
