"""Where a cancellation ends, handler by handler."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.cancellation import is_awaited_after_cancel, is_of_another, shuts_down, takers
from aiomend.facts.view import Module

See = Callable[..., Module]
Marked = Callable[[Module], ast.Call]


def _lines(see: See, body: str, head: str = "async def f():") -> list[int]:
    """Return the lines of the handlers that take it, counted in the body."""
    module = see(f"import asyncio, contextlib\n{head}\n{textwrap.indent(body, '    ')}\n")
    return sorted(handler.lineno - 2 for handler in takers(module))


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        pytest.param("try: await x\nexcept ValueError: pass", [], id="another exception"),
        pytest.param("try: await x\nexcept: pass", [2], id="everything"),
        pytest.param("try: await x\nexcept BaseException: pass", [2], id="everything by its name"),
        pytest.param("try: await x\nexcept asyncio.CancelledError: pass", [2], id="its name"),
        pytest.param("try: await x\nexcept other.CancelledError: pass", [2], id="its name, from elsewhere"),
        pytest.param("try: await x\nexcept (ValueError, asyncio.CancelledError): pass", [2], id="among others"),
        pytest.param("try: await x\nexcept (ValueError, OSError): pass", [], id="not among others"),
        pytest.param("try: x()\nexcept: pass", [], id="nothing waits"),
        pytest.param("try: x()\nexcept: pass\nelse: await y", [], id="only behind it"),
        pytest.param("try: x()\nexcept: await y", [], id="only in it"),
        pytest.param("try: x()\nexcept: pass\nfinally: await y", [], id="only at the end"),
        pytest.param("try: await x\nexcept ValueError: pass\nexcept: pass", [3], id="the first that takes it"),
        pytest.param("try: await x\nexcept: pass\nexcept BaseException: pass", [2], id="nothing is left for the next"),
        pytest.param("try:\n    try: await x\n    except: pass\nexcept: pass", [3], id="the inner one keeps it"),
        pytest.param("try:\n    try: await x\n    except: raise\nexcept: pass", [3, 4], id="the inner one lets it go"),
        pytest.param(
            "try:\n    try: await x\n    except:\n        if y: raise\nexcept: pass", [3, 5], id="on some ways"
        ),
        pytest.param("try:\n    try: await x\n    finally: return\nexcept: pass", [], id="`finally` takes its place"),
        pytest.param("try:\n    try: await x\n    finally: y()\nexcept: pass", [4], id="`finally` lets it go"),
        pytest.param("try:\n    try: await x\n    except* ValueError: pass\nexcept: pass", [], id="handlers of groups"),
        pytest.param(
            "try:\n    with contextlib.suppress(asyncio.CancelledError): await x\nexcept: pass", [], id="suppressed"
        ),
        pytest.param(
            "try:\n    with contextlib.suppress(ValueError): await x\nexcept: pass", [3], id="another is suppressed"
        ),
        pytest.param("try:\n    with y, contextlib.suppress(BaseException): await x\nexcept: pass", [], id="all are"),
        pytest.param("try:\n    with y: await x\nexcept: pass", [3], id="a context"),
        pytest.param("try:\n    with contextlib.suppress(await x): y()\nexcept: pass", [3], id="in the header of one"),
        pytest.param("try:\n    async def g(): await x\nexcept: pass", [], id="another function waits"),
        pytest.param("try:\n    class A:\n        y = await x\nexcept: pass", [], id="a class body"),
        pytest.param("try:\n    async with x: pass\nexcept: pass", [3], id="`async with`"),
        pytest.param("try:\n    async for _ in x: pass\nexcept: pass", [3], id="`async for`"),
        pytest.param("try: yield\nexcept: pass", [], id="a consumer's turn"),
    ],
)
def test_who_takes_it(see: See, body: str, lines: list[int]) -> None:
    assert _lines(see, body) == lines


def test_a_decorated_generator_waits_where_it_yields(see: See) -> None:
    head = "@asyncio.coroutine\ndef f():"
    assert _lines(see, "try: yield\nexcept: pass", head) == [3]
    assert _lines(see, "try: yield from x\nexcept: pass", head) == [3]
    assert _lines(see, "try: yield\nexcept: pass", "def f():") == []


@pytest.mark.parametrize(
    ("waited", "is_one"),
    [
        ("task", True),
        ("self.task", True),
        ("tasks[0]", True),
        ("main()", False),
        ("x.main()", False),
        ("asyncio.ensure_future(main())", False),
        ("asyncio.gather(main(), main())", False),
        ("asyncio.gather(main(), task)", True),
        ("asyncio.gather(*tasks)", True),
        ("asyncio.gather(*[main() for _ in x])", False),
        ("asyncio.gather(*[task for task in x])", True),
        ("asyncio.gather(*(main() for _ in x))", False),
        ("asyncio.wait([task])", True),
        ("asyncio.wait((main(), main()))", False),
        ("asyncio.wait({task, main()})", True),
        ("asyncio.wait_for(main(), limit)", False),
        ("asyncio.wait_for(task, 1)", True),
        ("asyncio.shield(task)", True),
        ("asyncio.shield(main())", False),
        ("asyncio.sleep(delay)", False),
        ("(yield)", False),
        ("1 + 1", False),
    ],
)
def test_whose_cancellation_it_may_be(see: See, waited: str, is_one: bool) -> None:
    head = "import asyncio\nasync def main(): pass\n"
    module = see(f"{head}@asyncio.coroutine\ndef f():\n    x = yield from {waited}\n")
    (wait,) = (node for node in ast.walk(module.tree) if isinstance(node, ast.YieldFrom))
    assert is_of_another(module, wait) is is_one
    assert not is_of_another(module, wait.value)


@pytest.mark.parametrize(
    ("body", "is_meant"),
    [
        pytest.param("task.cancel()\nawait task", True, id="it cancels and waits"),
        pytest.param("await task\ntask.cancel()", False, id="it cancels later"),
        pytest.param("await task", False, id="it never cancels"),
        pytest.param("x.close()\nawait task", True, id="it closes"),
        pytest.param("close_all()\nawait task", True, id="it closes all"),
        pytest.param("x.closed()\nawait task", False, id="it only asks"),
        pytest.param("task.cancel()\nawait main()", False, id="it waits for something else"),
        pytest.param("task.cancel()\nawait finish(task)", True, id="a call is given it"),
        pytest.param("task.cancel()\nawait finish(x=task)", True, id="by keyword"),
        pytest.param("task.cancel()\nawait finish(1)", False, id="a call is given something else"),
        pytest.param("def g(): task.cancel()\nawait task", False, id="another function cancels"),
    ],
)
def test_it_waits_for_what_it_has_cancelled(see: See, body: str, is_meant: bool) -> None:
    module = see(f"async def main(): pass\nasync def f():\n{textwrap.indent(body, '    ')}\n")
    (wait,) = (node for node in ast.walk(module.tree) if isinstance(node, ast.Await))
    assert is_awaited_after_cancel(module, wait) is is_meant


@pytest.mark.parametrize(
    ("name", "ends"),
    [("close", True), ("aclose", True), ("_shutdown", True), ("cancel_all", True), ("disclose", False), ("run", False)],
)
def test_what_ends_something_by_its_name(see: See, marked: Marked, name: str, ends: bool) -> None:
    module = see(f"async def {name}(): mark()")
    assert shuts_down(module, marked(module)) is ends
    module = see(f"async def {name}():\n    def inner(): mark()")
    assert shuts_down(module, marked(module)) is ends
