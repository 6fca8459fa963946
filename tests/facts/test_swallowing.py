"""Which handlers keep a cancellation that nobody meant them to have, each excuse by itself."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.swallowing import must_run, skipped_cleanup, swallowed
from aiomend.facts.view import Module

See = Callable[..., Module]


def _lines(see: See, body: str, name: str = "f", rest: str = "") -> list[int]:
    module = see(f"import asyncio\nasync def {name}():\n{textwrap.indent(body, '    ')}\n{rest}")
    return sorted(found.handler.lineno - 2 for found in swallowed(module))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("while True:\n    try: await x()\n    except: pass", id="a loop goes on"),
        pytest.param("while y:\n    try: await x()\n    except BaseException: log(1)", id="a loop with a test"),
        pytest.param("for _ in y:\n    try: await x()\n    except: continue", id="the next turn"),
        pytest.param("try: await x()\nexcept: pass\nawait y()", id="another wait follows"),
        pytest.param("try: await x()\nexcept asyncio.CancelledError: pass\nawait y()", id="by its name"),
        pytest.param("while True:\n    try: await x()\n    except asyncio.CancelledError: pass", id="in a loop"),
        pytest.param("for _ in y:\n    try: await x()\n    except asyncio.CancelledError: z = 1", id="in turns"),
        pytest.param("while True:\n    try: await x()\n    except BaseException as e: log(e)", id="it is reported"),
        pytest.param("while True:\n    try: await x()\n    except BaseException as e: log(f'{e}')", id="formatted"),
        pytest.param("while True:\n    try: await x()\n    except BaseException as e: log('%s' % e)", id="by percent"),
        pytest.param("while True:\n    try: await x()\n    except BaseException as e: log('a' + e)", id="by plus"),
        pytest.param("while True:\n    try: await x()\n    except BaseException as e: print(str(e))", id="as a text"),
        pytest.param("while True:\n    try: await x()\n    except BaseException as e: print(e.args[0])", id="a part"),
        pytest.param("while True:\n    try: await x()\n    except BaseException as e: e", id="mentioned"),
        pytest.param("while True:\n    try: await x()\n    except: error(sys.exc_info())", id="by its information"),
        pytest.param(
            "while True:\n    try: await x()\n    except:\n        if y: raise", id="raised for another reason"
        ),
        pytest.param(
            "t.cancel()\nwhile True:\n    try:\n        await t\n        await x()\n    except: pass",
            id="what it has cancelled, and more",
        ),
        pytest.param(
            "try:\n    while True:\n        await x()\n        if y: break\nexcept asyncio.CancelledError: log(1)\nawait y()",
            id="others get there too",
        ),
        pytest.param(
            "if y:\n    try:\n        while True: await x()\n    except asyncio.CancelledError: log(1)\nawait y()",
            id="others get there around it",
        ),
        pytest.param(
            "try: y()\nexcept OSError:\n    while True:\n        try: await x()\n        except: log(1)\n    raise",
            id="it never comes to the raise",
        ),
        pytest.param(
            "try: y()\nexcept OSError:\n    try: await x()\n    except: log(1)\n    await y()\n    if y: raise",
            id="the error may end there",
        ),
    ],
)
def test_it_is_swallowed(see: See, body: str) -> None:
    assert len(_lines(see, body)) == 1


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("try: await x()\nexcept: pass", id="nothing follows"),
        pytest.param("try: await x()\nexcept: raise\nawait y()", id="it lets it through"),
        pytest.param("while True:\n    try: await x()\n    except OSError: pass", id="another exception"),
        pytest.param(
            "while True:\n    try: await x()\n    except BaseException as e:\n        if isinstance(e, OSError): raise",
            id="it decides by what it is",
        ),
        pytest.param(
            "while True:\n    try: await x()\n    except:\n        if self.cancelled: break", id="or was told"
        ),
        pytest.param(
            "while True:\n    try: await x()\n    except asyncio.CancelledError:\n        if y: raise", id="or raises"
        ),
        pytest.param(
            "while True:\n    try: await x()\n    except asyncio.CancelledError: task.uncancel()", id="it takes it back"
        ),
        pytest.param(
            "while True:\n    try: await x()\n    except BaseException as e: y.set_exception(e)", id="hands on"
        ),
        pytest.param("while True:\n    try: await x()\n    except BaseException as e: self.e = e", id="stores it"),
        pytest.param("while True:\n    try: await x()\n    except BaseException as e: return e", id="returns it"),
        pytest.param("while True:\n    try: await x()\n    except: y(sys.exc_info())", id="hands its information on"),
        pytest.param("t.cancel()\nwhile y:\n    try: await t\n    except: pass", id="what it has cancelled itself"),
        pytest.param("while self.on:\n    try: await x()\n    except: self.on = False", id="it ends the loop"),
        pytest.param("try: await t\nexcept asyncio.CancelledError: pass\nawait y()", id="another's cancellation"),
        pytest.param(
            "while True:\n    try: await x()\n    except asyncio.CancelledError: break", id="it leaves the loop"
        ),
        pytest.param("while y:\n    try: await x()\n    except asyncio.CancelledError: pass", id="a loop with an end"),
        pytest.param("try: await x()\nexcept asyncio.CancelledError: z = 1\nawait y()", id="something else instead"),
        pytest.param(
            "try:\n    while True: await x()\nexcept asyncio.CancelledError: log(1)\nawait y()",
            id="nothing else gets there",
        ),
        pytest.param(
            "try: y()\nexcept OSError:\n    for _ in y:\n        try: await x()\n        except: log(1)\n    raise",
            id="the error goes on when all is cleaned up",
        ),
        pytest.param("while True:\n    try: x()\n    except: pass", id="nothing waits"),
        pytest.param("for _ in y:\n    try: await x()\n    except Exception: pass", id="since 3.8 none"),
    ],
)
def test_it_is_not(see: See, body: str) -> None:
    assert _lines(see, body) == []


def test_what_ends_something_goes_on_with_it(see: See) -> None:
    body = "try: await x()\nexcept: pass\nawait y()"
    assert _lines(see, body) == [2]
    assert _lines(see, body, "aclose") == []
    assert _lines(see, "while True:\n    try: await x()\n    except: pass", "aclose") == [3]


@pytest.mark.parametrize(
    ("rest", "is_one"),
    [
        ("", False),
        ("async def g():\n    await f()\n    await y()", True),
        ("async def g():\n    await f()", False),
        ("async def g():\n    f()\n    await y()", False),
        ("async def g():\n    while True: await f()", True),
    ],
)
def test_whoever_waits_for_the_function_goes_on(see: See, rest: str, is_one: bool) -> None:
    for caught in ("", " asyncio.CancelledError"):
        assert bool(_lines(see, f"try: await x()\nexcept{caught}: pass", rest=rest)) is is_one


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("pass", None),
        ("'text'", None),
        ("log(1)", None),
        ("await sleep(1)", None),
        ("yield from sleep(1)", None),
        ("print_exc()", None),
        ("import x", None),
        ("x = 1", None),
        ("x: int = 1", None),
        ("x += 1", None),
        ("self.x += 1", None),
        ("continue", None),
        ("return", None),
        ("raise", None),
        ("self.x = 1", 3),
        ("x[0] = 1", 3),
        ("x[0] += 1", 3),
        ("self.x: int = 1", 3),
        ("close()", 3),
        ("await close()", 3),
        ("yield from close()", 3),
        ("del x", 3),
        ("with x: pass", 3),
        ("log(1)\n    close()", 4),
        ("if x: log(1)\n    close()", 4),
        ("if x: log(1)\n    else: close()", 4),
    ],
)
def test_what_a_handler_does_besides_reporting(body: str, line: int | None) -> None:
    (attempt,) = ast.parse(f"try: x()\nexcept y:\n    {body}\n").body
    assert isinstance(attempt, ast.Try)
    found = must_run(attempt.handlers[0])
    assert (found and found.lineno) == line


@pytest.mark.parametrize(
    ("behind", "text"),
    [
        ("    await y()", None),
        ("    await y()\nself.close()", "self.close()"),
        ("    await y()\nself.on = False", "self.on = False"),
        ("    await y()\nx = False", None),
        ("    await y()\nself.on = x", None),
        ("    await y()\ndisclose()", None),
        ("    self.release()\n    await y()", "self.release()"),
    ],
)
def test_what_letting_it_through_would_skip(see: See, behind: str, text: str | None) -> None:
    for loop in ("while z:", "while True:"):
        body = f"{loop}\n    try: await x()\n    except: pass\n{behind}"
        module = see(f"async def f():\n{textwrap.indent(body, '    ')}\n")
        (found,) = swallowed(module)
        lost = skipped_cleanup(module, found)
        inside = behind.startswith("    self")
        assert (lost and ast.unparse(lost)) == (text if inside or loop == "while z:" else None)
