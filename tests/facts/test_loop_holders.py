"""Who is given the loop, is not waited for, and is never ended."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.loop_holders import unended_holder
from aiomend.facts.loops import loops
from aiomend.facts.view import Module

See = Callable[..., Module]
RUN = "loop.run_until_complete(main())"


def _holder(see: See, body: str, top: str = "", getter: str = "asyncio.get_event_loop()") -> str | None:
    text = f"import asyncio, logging\n{top}\nasync def main(*x): pass\ndef f():\n  loop = {getter}\n{textwrap.indent(body, '  ')}\n"
    module = see(text)
    (loop,) = loops(module)
    found = unended_holder(module, loop)
    return ast.unparse(found) if found is not None else None


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(RUN, id="nobody is given it"),
        pytest.param(f"x = A()\n{RUN}", id="not given"),
        pytest.param(f"print(loop)\n{RUN}", id="it is looked at"),
        pytest.param(f"x = list(loop)\n{RUN}", id="in a list"),
        pytest.param(f"asyncio.set_event_loop(loop)\n{RUN}", id="given to asyncio"),
        pytest.param(f"loop.create_task(A(loop))\n{RUN}", id="given to the loop"),
        pytest.param(f"asyncio.ensure_future(A(loop))\n{RUN}", id="given to asyncio within"),
        pytest.param(f"x = A(loop)\n{RUN}\nloop.close()", id="it is closed"),
        pytest.param(f"x = A(loop)\n{RUN}\nwork()", id="the program goes on"),
        pytest.param(f"x = A(loop)\n{RUN}\nx.close()", id="it is ended"),
        pytest.param("x = A(loop)\nloop.run_until_complete(x.run())", id="it is waited for"),
        pytest.param("x = A(loop)\nloop.run_until_complete(main(x))", id="it is given to what is waited for"),
        pytest.param("x = A(loop)\ny = x.run()\nloop.run_until_complete(y)", id="it is waited for by another name"),
        pytest.param("x = A(loop)\nloop.add_signal_handler(1, x.stop)\nloop.run_forever()", id="a handler ends it"),
        pytest.param(f"x = main(loop)\n{RUN}", id="a coroutine"),
    ],
)
def test_nobody(see: See, body: str) -> None:
    assert _holder(see, body) is None


def test_a_loop_of_its_own_goes_with_its_tasks(see: See) -> None:
    assert _holder(see, f"x = A(loop)\n{RUN}", getter="asyncio.new_event_loop()") is None


@pytest.mark.parametrize(
    ("body", "holder"),
    [
        (f"x = A(loop)\n{RUN}", "A(loop)"),
        (f"A(loop)\n{RUN}", "A(loop)"),
        (f"x = A(1, loop=loop)\n{RUN}", "A(1, loop=loop)"),
        (f"x = A([loop])\n{RUN}", "A([loop])"),
        (f"x = A(loop)\ny = B(x)\n{RUN}", "A(loop)"),
        (f"x = loop\ny = A(x)\n{RUN}", "A(x)"),
        (f"if z:\n  x = A(loop)\n{RUN}", "A(loop)"),
        (f"x = A(loop)\nx.start()\n{RUN}", "A(loop)"),
        (f"x = A(loop)\n{RUN}\nlogging.info('over')", "A(loop)"),
        (f"x = A(loop)\ny.close()\n{RUN}", "A(loop)"),
        ("x = A(loop)\ny = B(loop)\nloop.run_until_complete(x.run())", "B(loop)"),
    ],
)
def test_somebody(see: See, body: str, holder: str) -> None:
    assert _holder(see, body) == holder


def test_a_function_that_reads_it_is_looked_into(see: See) -> None:
    top = "def go(): return x.run()\n"
    assert _holder(see, "x = A(loop)\nloop.run_until_complete(go())", top) is None
