"""What a use does with a transport, a writer or a server: nothing that stays, it closes it, or somebody keeps it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.scopes import FUNCTIONS
from aiomend.facts.transport_fates import Fate, fate_of_parameter
from aiomend.facts.view import Module

See = Callable[..., Module]
HEAD = """
import asyncio, logging
log = logging.getLogger()
def look(x): print(x)
def end(x): x.close()
def close_it(x): x.close()
def log_out(x): x.close()
def save(x): box.append(x)
def two(x, y): x.close()
def both(*x): pass
def rebinds(x): x = 1
def steps(x): yield x.is_closing()
async def looks(x): await x.drain()
class A:
    def m(self, x): x.write(1)
"""


def _fate(see: See, body: str) -> Fate:
    module = see(f"{HEAD}async def mark(x, y):\n{textwrap.indent(body, '    ')}\n")
    (function,) = (one for one in module.facts.functions if one.name == "mark")
    assert isinstance(function, FUNCTIONS)
    return fate_of_parameter(module, function, "x")


@pytest.mark.parametrize(
    "body",
    [
        "y.x()",
        "x",
        "x.is_closing()",
        "x.write(1)",
        "await x.drain()",
        "x.peer",
        "x.peer = y",
        "x.transport.write(1)",
        "x.get_extra_info('peername')",
        "x.get_extra_info('socket').getsockname()",
        "if x: pass",
        "while x: pass",
        "assert x",
        "not x",
        "x is None",
        "y if x else 1",
        "if x and y: pass",
        "x and y",
        "not (x or y)",
        "f'{x}'",
        "async for z in x: pass",
        "[z async for z in x]",
        "print(x)",
        "isinstance(x, y)",
        "log.info('%s', x)",
        "y.debug(x)",
        "look(x)",
        "look(x=x)",
        "A().m(x)",
        "await looks(x)",
        "await asyncio.wait_for(looks(x), 1)",
        "for z in steps(x): pass",
        "y.submit(y)",
        "await y.submit(x.read())",
    ],
)
def test_a_use_that_leaves_nothing(see: See, body: str) -> None:
    assert _fate(see, body) is Fate.USED


@pytest.mark.parametrize(
    "body",
    ["x.close()", "x.abort()", "x.transport.close()", "if y: x.close()", "x.write(1)\nx.close()", "close_it(x)", "end(x)", "log_out(x)"],
)  # fmt: skip
def test_a_use_that_closes(see: See, body: str) -> None:
    assert _fate(see, body) is Fate.CLOSED


@pytest.mark.parametrize(
    "body",
    [
        "z = x",
        "return x",
        "yield x",
        "y.z = x",
        "y.append(x)",
        "y(x)",
        "y(z=x)",
        "z = [x]",
        "with x: pass",
        "for z in x: pass",
        "async for z in y(x): pass",
        "[x async for z in y]",
        "x if y else z",
        "z = x or y",
        "y(x and z)",
        "x = y",
        "x()",
        "x.close",
        "y(x.write)",
        "y(x.transport)",
        "z = x.transport",
        "x.set_protocol(y)",
        "x.get_protocol()",
        "x.start_tls(y)",
        "x.serve_forever()",
        "x.get_extra_info('socket')",
        "x.get_extra_info('pipe')",
        "x.get_extra_info(y)",
        "x.get_extra_info()",
        "asyncio.ensure_future(x.drain())",
        "y.submit(x.drain())",
        "y.submit([x.drain()])",
        "y.submit(*[x.drain()])",
        "save(x)",
        "two(x, x)",
        "two(x, y)",
        "both(x)",
        "rebinds(x)",
        "(lambda z: z)(x)",
        "steps(x)",
        "z = steps(x)",
        "looks(x)",
        "asyncio.wait_for(looks(x), 1)",
        "asyncio.ensure_future(looks(x))",
        "y = lambda: x",
        "def z(): x.close()",
        "x.close()\nsave(x)",
        "x.close()\ny.z = x",
    ],
)
def test_a_use_that_somebody_may_go_on_with(see: See, body: str) -> None:
    assert _fate(see, body) is Fate.KEPT


def test_functions_are_followed_three_calls_far(see: See) -> None:
    module = see("def end_0(x): x.close()\n" + "".join(f"def end_{n}(x): end_{n - 1}(x)\n" for n in range(1, 6)))
    fates = [fate_of_parameter(module, one, "x") for one in module.facts.functions]
    assert fates == [Fate.CLOSED] * 4 + [Fate.KEPT] * 2
