"""Whether anything else runs in the loop when a coroutine gets to a place."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.lone_programs import Way, way_to
from aiomend.facts.view import Module

See = Callable[..., Module]
Marked = Callable[[Module], ast.Call]
HEAD = "import asyncio\nasync def job(): pass\n"
RUN = "asyncio.run(f())"


def _way(see: See, marked: Marked, text: str) -> Way:
    module = see(f"{HEAD}{text}\n")
    return way_to(module, marked(module))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("mark()", id="the module"),
        pytest.param("def f(): mark()", id="a plain function"),
        pytest.param(f"async def f(): mark()\n{RUN}", id="run"),
        pytest.param("async def f(): mark()\nasyncio.get_event_loop().run_until_complete(f())", id="run by a loop"),
        pytest.param("async def f(): mark()\ndef g(loop): loop.run_until_complete(f())", id="run in a function"),
        pytest.param("async def g(): mark()\nasync def f(): await g()\nasyncio.run(f())", id="awaited by what is run"),
        pytest.param(f"async def f():\n  mark()\n  asyncio.create_task(job())\n{RUN}", id="something begins behind it"),
        pytest.param(f"async def f():\n  await job()\n  mark()\n{RUN}", id="another coroutine before"),
        pytest.param(f"async def f():\n  await asyncio.gather(job())\n  mark()\n{RUN}", id="a gather that is over"),
        pytest.param(f"async def g(): return asyncio.gather(job())\nasync def f():\n  await g()\n  mark()\n{RUN}", id="a gather that is returned"),
        pytest.param(f"async def f():\n  with x: mark()\n{RUN}", id="a context manager"),
        pytest.param(f"async def f():\n  await asyncio.sleep(1)\n  mark()\n{RUN}", id="a moment before"),
        pytest.param(f"async def f():\n  mark()\n  await x()\n{RUN}", id="something not known behind it"),
        pytest.param(f"async def g(): await job()\nasync def f():\n  await g()\n  mark()\n{RUN}", id="a coroutine that waits for another"),
        pytest.param(f"def g(): pass\nasync def f():\n  g()\n  mark()\n{RUN}", id="a function before"),
        pytest.param(f"async def f():\n  await asyncio.to_thread(print)\n  mark()\n{RUN}", id="a thread that is over"),
        pytest.param(f"async def f():\n  for x in y: mark()\n{RUN}", id="a loop"),
        pytest.param("async def f(): mark()\ndef g(loop):\n  loop.create_task(f())\n  loop.run_forever()", id="the only task"),
        pytest.param("async def f(): mark()\ndef g(loop):\n  asyncio.ensure_future(f())\n  loop.run_forever()", id="the only task, by another name"),
        pytest.param("async def f(): mark()\ndef run(h): asyncio.run(h())\nrun(f)", id="given to a function that runs it"),
    ],
)  # fmt: skip
def test_nothing_else_runs(see: See, marked: Marked, text: str) -> None:
    assert _way(see, marked, text) is Way.ALONE


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("asyncio.ensure_future(job())\nmark()", id="begun at the module's level"),
        pytest.param(f"async def f():\n  asyncio.create_task(job())\n  mark()\n{RUN}", id="a task"),
        pytest.param(f"async def f():\n  await asyncio.create_task(job())\n  mark()\n{RUN}", id="a task that is awaited"),
        pytest.param(f"async def f():\n  x = asyncio.gather(job())\n  mark()\n{RUN}", id="a gather that goes on"),
        pytest.param(f"async def f():\n  await asyncio.start_server(x)\n  mark()\n{RUN}", id="a server"),
        pytest.param(f"async def f():\n  async with x: mark()\n{RUN}", id="around it something is entered"),
        pytest.param(f"async def f():\n  for x in y:\n    mark()\n    asyncio.create_task(job())\n{RUN}", id="in a round before"),
        pytest.param(f"async def f():\n  while y:\n    mark()\n    asyncio.create_task(job())\n{RUN}", id="in a round of another loop"),
        pytest.param(f"def g(): asyncio.create_task(job())\nasync def f():\n  g()\n  mark()\n{RUN}", id="a function begins it"),
        pytest.param(f"def g(): h()\ndef h(): asyncio.create_task(job())\nasync def f():\n  g()\n  mark()\n{RUN}", id="through another one"),
        pytest.param(f"def g(): h()\ndef h(): i()\ndef i(): asyncio.create_task(job())\nasync def f():\n  g()\n  mark()\n{RUN}", id="through two"),
        pytest.param("async def f(): mark()\nasyncio.create_task(f())", id="it is a task itself"),
        pytest.param("async def f(): mark()\nx = asyncio.gather(f())", id="it is gathered"),
        pytest.param("async def g(): mark()\nasync def f():\n  asyncio.create_task(job())\n  await g()\nasyncio.run(f())", id="begun before it is awaited"),
        pytest.param("async def f(): mark()\nasyncio.run(f())\nasyncio.create_task(f())", id="on one of two ways"),
        pytest.param("async def f(): mark()\ndef g(loop):\n  loop.create_task(f())\n  loop.create_task(job())\n  loop.run_forever()", id="one of two tasks"),
        pytest.param("async def f(): mark()\ndef g(loop): loop.create_task(f())", id="a task, and nothing is run"),
        pytest.param("async def f(): mark()\nasync def g(loop):\n  loop.create_task(f())\n  loop.run_forever()", id="a task of a coroutine"),
    ],
)  # fmt: skip
def test_something_goes_on_beside_it(see: See, marked: Marked, text: str) -> None:
    assert _way(see, marked, text) is Way.BESIDE


def test_too_far_to_see(see: See, marked: Marked) -> None:
    text = "def g(): h()\ndef h(): i()\ndef i(): j()\ndef j(): asyncio.create_task(job())\n"
    assert _way(see, marked, f"{text}async def f():\n  g()\n  mark()\n{RUN}") is Way.ALONE


def test_a_function_that_nobody_calls(see: See, marked: Marked) -> None:
    assert _way(see, marked, "async def f(): mark()") is Way.DEAD


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("async def f(): mark()\nx(f())", id="somebody gets it"),
        pytest.param(f"async def f():\n  await asyncio.wait_for(job(), 1)\n  mark()\n{RUN}", id="a wait that is over"),
        pytest.param(f"async def f():\n  async with x: pass\n  mark()\n{RUN}", id="an asynchronous one before"),
        pytest.param(f"async def f():\n  await x()\n  mark()\n{RUN}", id="it waits for something not known"),
        pytest.param(f"async def f():\n  await x\n  mark()\n{RUN}", id="it waits for what is no call"),
        pytest.param(f"async def f():\n  async for y in x: pass\n  mark()\n{RUN}", id="it goes through something not known"),
        pytest.param(f"async def f():\n  await asyncio.gather(x)\n  mark()\n{RUN}", id="it gathers something not known"),
        pytest.param(f"async def g(): await x()\nasync def f():\n  await g()\n  mark()\n{RUN}", id="a function waits for something not known"),
        pytest.param(f"async def f():\n  await (job if x else y)()\n  mark()\n{RUN}", id="one of two is not known"),
        pytest.param("async def f(): mark()\nx = f()", id="it is kept"),
        pytest.param("async def f(): mark()\nasyncio.wait_for(f(), 1)", id="waited for elsewhere"),
        pytest.param("async def f(): mark()\nx(f)", id="the function is handed on"),
        pytest.param("@x\nasync def f(): mark()\nasyncio.run(f())", id="a decorator"),
        pytest.param("async def f():\n  mark()\n  await f()", id="only itself"),
        pytest.param("async def f():\n  g = lambda: mark()", id="a lambda"),
        pytest.param("async def f(): mark()\ndef run(h): x(h)\nrun(f)", id="given to a function that hands it on"),
        pytest.param("async def f(): mark()\ndef run(x): pass\nrun(h=f)", id="given by keyword"),
        pytest.param("async def f(): mark()\ndef run(): pass\nrun(f)", id="given to a function that takes nothing"),
        pytest.param("async def f(): mark()\nclass A:\n  def run(self, h): asyncio.run(h())\nA().run(f)", id="given to a method"),
        pytest.param("async def f(): mark()\nasyncio.run(f())\nx(f())", id="on one of two ways"),
    ],
)  # fmt: skip
def test_nobody_can_say(see: See, marked: Marked, text: str) -> None:
    assert _way(see, marked, text) is Way.UNKNOWN


@pytest.mark.parametrize(("depth", "way"), [(5, Way.ALONE), (6, Way.UNKNOWN)])
def test_a_long_way(see: See, marked: Marked, depth: int, way: Way) -> None:
    chain = "\n".join(f"async def f{n}(): await f{n - 1}()" for n in range(1, depth + 1))
    assert _way(see, marked, f"async def f0(): mark()\n{chain}\nasyncio.run(f{depth}())") is way
