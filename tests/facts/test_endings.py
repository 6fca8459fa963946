"""Does a coroutine provably end? Each thing that keeps it from that, by itself."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.endings import Ending, Endings, Verdict
from aiomend.facts.scopes import FUNCTIONS
from aiomend.facts.values import Function, ProjectClass
from aiomend.facts.view import Module

See = Callable[..., Module]


def _verdict(module: Module, name: str = "job") -> Verdict:
    (node,) = (one for one in module.facts.functions if isinstance(one, FUNCTIONS) and one.name == name)
    owner = module.facts.class_of(node)
    return Endings(module).of(Function(module.facts, node, ProjectClass(module.facts, owner) if owner else None))


def _of(see: See, body: str, rest: str = "") -> Verdict:
    return _verdict(
        see(f"import asyncio, queue, functools, math\nasync def job():\n{textwrap.indent(body, '    ')}\n{rest}")
    )


@pytest.mark.parametrize(
    "body",
    [
        "x = 1",
        "await asyncio.sleep(1)",
        "await asyncio.sleep(3599)",
        "await other()",
        "await asyncio.gather(other(), other())",
        "await asyncio.wait_for(x, 1)",
        "await asyncio.wait_for(x, timeout=1)",
        "await asyncio.wait(x, timeout=1)",
        "await asyncio.create_task(other())",
        "await asyncio.shield(other())",
        "await loop.create_task(other())",
        "await asyncio.to_thread(print)",
        "await asyncio.to_thread(functools.partial(print, 1))",
        "await asyncio.to_thread(work)",
        "await loop.run_in_executor(None, work)",
        "await asyncio.get_event_loop().run_in_executor(None, work)",
        "for _ in range(3): await other()",
        "for _ in x: await other()",
        "for _ in x.items(): pass",
        "[y for y in sorted(x)]",
        "while True:\n    pass\n    break",
        "with x: pass",
        "yield",
    ],
)
def test_it_ends(see: See, body: str) -> None:
    found = _of(see, body, "async def other(): await asyncio.sleep(1)\ndef work(): print()\n")
    if body.startswith("while"):
        assert found == Verdict(Ending.UNKNOWN, "it has a `while` loop")
    else:
        assert found == Verdict(Ending.ENDS)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("while x: pass", "it has a `while` loop"),
        ("async for _ in x: pass", "it has an `async for` loop"),
        ("[y async for y in x]", "it has an `async for` loop"),
        ("async with x: pass", "it enters `async with x`"),
        ("with await x: pass", "it waits for `await x`"),
        ("for _ in x(): pass", "it iterates over `x()`"),
        ("for _ in x.more(): pass", "it iterates over `x.more()`"),
        ("for _ in x()(): pass", "it iterates over `x()()`"),
        ("for _ in await x: pass", "it iterates over `await x`"),
        ("[y for y in iter(x)]", "it iterates over `iter(x)`"),
        ("for _ in (y for y in x): pass", "it iterates over `(y for y in x)`"),
        ("yield 1", "it yields values"),
        ("await x", "it waits for `x`"),
        ("await x()", "it waits for `x()`"),
        ("await asyncio.sleep(3600)", "it waits for `asyncio.sleep(3600)`"),
        ("await asyncio.sleep(math.inf)", "it waits for `asyncio.sleep(math.inf)`"),
        ("await asyncio.sleep(float('inf'))", "it waits for `asyncio.sleep(float('inf'))`"),
        ("await asyncio.wait_for(x, None)", "it waits for `asyncio.wait_for(x, None)`"),
        ("await asyncio.wait_for(x, timeout=None)", "it waits for `asyncio.wait_for(x, timeout=None)`"),
        ("await asyncio.wait_for(x, limit)", "it waits for `asyncio.wait_for(x, limit)`"),
        ("await asyncio.wait(x, 1)", "it waits for `asyncio.wait(x, 1)`"),
        ("await asyncio.wait(x)", "it waits for `asyncio.wait(x)`"),
        ("await asyncio.gather(other(), x)", "it waits for `x`"),
        ("await asyncio.gather(x, other())", "it waits for `x`"),
        ("await asyncio.create_task(x)", "it waits for `x`"),
        ("await x.create_task(other())", "it waits for `x.create_task(other())`"),
        ("await asyncio.to_thread()", "it waits for a thread"),
        ("await loop.run_in_executor(None)", "it waits for a thread"),
        ("await asyncio.to_thread(functools.partial())", "it waits for `functools.partial()` in a thread"),
        ("await asyncio.to_thread(x)", "it waits for `x` in a thread"),
        ("await asyncio.to_thread(input)", "it waits for `input` in a thread"),
        ("await asyncio.to_thread(queue.Queue().get)", "it waits for `queue.Queue().get` in a thread"),
        ("await loop.run_in_executor(None, x)", "it waits for `x` in a thread"),
        ("await job()", "it waits for `job()`"),
        ("await first()", "it waits for `first()`"),
        ("pass", "it is meant to be overridden"),
        ("'text'", "it is meant to be overridden"),
        ("...", "it is meant to be overridden"),
        ("raise NotImplementedError", "it is meant to be overridden"),
    ],
)
def test_nobody_can_say(see: See, body: str, reason: str) -> None:
    rest = "async def other(): await asyncio.sleep(1)\nasync def first(): await x\n"
    assert _of(see, body, rest) == Verdict(Ending.UNKNOWN, reason)


@pytest.mark.parametrize(
    ("body", "ends"),
    [
        pytest.param("return 1", True, id="nothing"),
        pytest.param("while x: pass", False, id="a loop with a test"),
        pytest.param("for _ in x: pass", True, id="a loop over what is there"),
        pytest.param("for _ in x(): pass", False, id="a loop over what comes"),
        pytest.param("print()", True, id="a function outside"),
        pytest.param("input()", False, id="one that waits"),
        pytest.param("queue.Queue()", False, id="of a module of those that wait"),
        pytest.param("x.get()", False, id="a method that may wait"),
        pytest.param("x.join()", False, id="another one"),
        pytest.param("x.strip()", True, id="a method that computes"),
        pytest.param("more()", True, id="another function"),
        pytest.param("waits()", False, id="another function that waits"),
        pytest.param("work()", False, id="itself"),
    ],
)
def test_work_in_a_thread(see: See, body: str, ends: bool) -> None:
    rest = f"def work():\n    {body}\ndef more(): print()\ndef waits(): input()\n"
    found = _of(see, "await asyncio.to_thread(work)", rest)
    assert found.ending is (Ending.ENDS if ends else Ending.UNKNOWN)


@pytest.mark.parametrize(
    ("body", "is_endless"),
    [
        ("while True: await x", True),
        ("while 1: await x", True),
        ("while 0: await x", False),
        ("while x: await x", False),
        ("while True:\n    if x: break", False),
        ("while True:\n    if x: return", False),
        ("while True:\n    if x: raise y", False),
        ("while True: pass\nawait x", True),
        ("await forever()", True),
        ("await x\nawait forever()", True),
    ],
)
def test_some_are_meant_to_run_beside_the_rest(see: See, body: str, is_endless: bool) -> None:
    found = _of(see, body, "async def forever():\n    while True: await x\n")
    assert (found.ending is Ending.ENDLESS) is is_endless


@pytest.mark.parametrize(
    ("name", "is_endless"),
    [("poll", True), ("_run_loop", True), ("keepalive", True), ("pollen", False), ("watchTower", True), ("job", False)],
)
def test_some_are_called_so(see: See, name: str, is_endless: bool) -> None:
    found = _verdict(see(f"async def {name}(): return 1"), name)
    assert found.ending is (Ending.ENDLESS if is_endless else Ending.ENDS)


def test_a_subclass_does_it_in_its_own_way(see: See) -> None:
    text = "class A:\n    async def job(self): return 1\nclass B(A):\n    async def {}(self): return 2\n"
    module = see(text.format("job"))
    first = next(one for one in module.facts.functions if module.facts.scopes[one].qualname == "A.job")
    owner = module.facts.class_of(first)
    assert owner is not None
    function = Function(module.facts, first, ProjectClass(module.facts, owner))
    assert Endings(module).of(function).reason == "a subclass does it in a way of its own"
    assert _verdict(see(text.format("other"))).ending is Ending.ENDS


def test_in_another_file_a_loop_has_to_be_known(see: See) -> None:
    other = "import asyncio\nasync def far(loop): await loop.run_in_executor(None, print)\n"
    known = "import asyncio\nasync def far(): await asyncio.get_event_loop().run_in_executor(None, print)\n"
    text = "from other import far\nasync def job(): await far(1)\n"
    assert _verdict(see(text, other=other)).ending is Ending.UNKNOWN
    assert _verdict(see(text.replace("1", ""), other=known)).ending is Ending.ENDS


@pytest.mark.parametrize(("count", "ends"), [(8, True), (9, False)])
def test_a_few_calls_are_followed(see: See, count: int, ends: bool) -> None:
    chain = "".join(f"async def f{at}(): {f'await f{at - 1}()' if at else 'return 1'}\n" for at in range(count))
    found = _verdict(see(f"{chain}async def job(): await f{count - 1}()\n"))
    assert (found.ending is Ending.ENDS) is ends


def test_what_waits_for_something_endless_says_what_that_is(see: See) -> None:
    module = see(
        "import asyncio\n"
        "async def job():\n    await step()\n"
        "async def step():\n    await serve()\n"
        "async def serve():\n    while True:\n        await asyncio.sleep(1)\n"
        "async def loud():\n    while True:\n        await asyncio.sleep(1)\n"
        "async def direct():\n    await loud()\n"
    )

    assert _verdict(module, "direct").reason == "it waits for `loud()`, whose loop has no end"
    assert _verdict(module).reason == (
        "it waits for `step()`, which leads to `serve()`, whose name is that of background work"
    )
