"""Who may keep an event loop beyond the scope that runs it, each way by itself."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.loop_escapes import escapes
from aiomend.facts.loops import Loop, loops
from aiomend.facts.view import Module

See = Callable[..., Module]
RUN = "loop.run_until_complete(x)"


def _loop(module: Module) -> Loop:
    (loop,) = loops(module)
    return loop


def _function(body: str) -> str:
    return (
        f"import asyncio\ndef f():\n    loop = asyncio.new_event_loop()\n{textwrap.indent(body, '    ')}\n    {RUN}\n"
    )


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("", id="it is run only"),
        pytest.param("loop.call_soon(x)", id="its own method"),
        pytest.param("loop.create_task(loop)", id="its own method gets it"),
        pytest.param("if loop: pass", id="tested"),
        pytest.param("while loop: break", id="tested in a loop"),
        pytest.param("assert loop", id="asserted"),
        pytest.param("not loop", id="negated"),
        pytest.param("loop is x", id="compared"),
        pytest.param("f'{loop}'", id="formatted"),
        pytest.param("if loop and x: pass", id="tested with another"),
        pytest.param("print(loop)", id="shown"),
        pytest.param("asyncio.set_event_loop(loop)", id="asyncio's own"),
        pytest.param("asyncio.ensure_future(x, loop=loop)", id="asyncio's own, by keyword"),
        pytest.param("loop.run_until_complete(main(loop))", id="what it runs itself"),
        pytest.param(
            "future = loop.create_future()\nfuture.get_loop().time()", id="asked for by a future, for a moment"
        ),
        pytest.param("future.get_loop() is x", id="compared with that of a future"),
        pytest.param("close = loop.time()\nreturn close", id="what it says is returned"),
        pytest.param("def g(): loop.call_soon(x)\ng()", id="a function in it"),
        pytest.param("y = g(loop)", id="what is made of it stays here"),
        pytest.param("while True:\n    if x: break", id="a test of something else"),
    ],
)
@pytest.mark.parametrize("is_last", [False, True])
def test_nobody_keeps_it(see: See, body: str, is_last: bool) -> None:
    module = see(_function(body))
    assert not escapes(module, _loop(module), is_last=is_last)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("return loop", id="returned"),
        pytest.param("self.loop = loop", id="stored in an attribute"),
        pytest.param("y[0] = loop", id="stored in an item"),
        pytest.param("with loop: pass", id="entered"),
        pytest.param("y = loop or x", id="one of two"),
        pytest.param("g(loop.close)", id="its end is handed on"),
        pytest.param("g(loop.run_forever)", id="its run is handed on"),
        pytest.param("def g(): loop.close()", id="a function in it closes it"),
        pytest.param("def g(): loop.run_forever()", id="a function in it runs it"),
        pytest.param("return lambda: loop.time()", id="a lambda is returned"),
        pytest.param("class A:\n    loop = loop", id="a class body reads the outer name"),
        pytest.param("y = future.get_loop()", id="a future hands it out"),
        pytest.param("g(future.get_loop())", id="a future gives it to somebody"),
        pytest.param("def g():\n    return future.get_loop()", id="a future hands it out in a function in it"),
        pytest.param("if loop.is_closed(): pass\nwhile loop.is_closed():\n    loop.run_forever()", id="a run asks"),
        pytest.param("while x:\n    loop.run_forever()\n    if loop.is_closed(): break", id="a test in a loop of runs"),
        pytest.param(
            "while x:\n    loop.run_forever()\n    if asyncio.get_event_loop().is_closed(): break",
            id="a test of the current one",
        ),
        pytest.param("close_all(loop)", id="handed to what says that it closes"),
        pytest.param("x.shutdown(loop=loop)", id="to what says that it shuts down"),
    ],
)
@pytest.mark.parametrize("is_last", [False, True])
def test_somebody_may_use_it_later(see: See, body: str, is_last: bool) -> None:
    module = see(_function(body))
    assert escapes(module, _loop(module), is_last=is_last)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("g(loop)", id="handed on"),
        pytest.param("g(x=loop)", id="handed on by keyword"),
        pytest.param("self.y = g(loop)", id="what is made of it is stored"),
        pytest.param("y = self.g(loop)", id="its object may keep it"),
        pytest.param("y = g(loop)\nreturn y", id="what is made of it is returned"),
        pytest.param("y = g(loop)\nself.y = y", id="what is made of it is stored later"),
        pytest.param("y = g(loop)\nyield_(x)\nreturn [y]", id="it is returned in a list"),
        pytest.param("y = (loop, 1)", id="in a tuple"),
        pytest.param("y = [loop]", id="in a list"),
        pytest.param("def g(): loop.time()\nreturn g", id="a function in it is returned"),
        pytest.param("def g(): loop.time()\nself.g = g", id="a function in it is stored"),
    ],
)
def test_what_only_holds_it_does_no_harm_at_the_end(see: See, body: str) -> None:
    module = see(_function(body))
    assert escapes(module, _loop(module), is_last=False)
    assert not escapes(module, _loop(module), is_last=True)


@pytest.mark.parametrize(
    ("body", "is_kept"),
    [
        ("threading.Thread(target=g, args=(loop,))", True),
        ("threading.Thread(target=g, args=[loop])", True),
        ("threading.Timer(1, g, loop)", True),
        ("atexit.register(g, loop)", True),
        ("g(args=(loop,))", False),
        ("y.append([loop])", False),
        ("self.y = [loop]", True),
        ("return [loop]", True),
    ],
)
def test_a_thread_keeps_it_even_at_the_end(see: See, body: str, is_kept: bool) -> None:
    module = see(f"import atexit\nimport threading\n{_function(body)}")
    assert escapes(module, _loop(module), is_last=True) is is_kept


@pytest.mark.parametrize(
    ("text", "is_closed"),
    [
        ("def g(y): y.close()", True),
        ("def g(y): y.time()", False),
        ("def g(y): x.close()", False),
        ("def g(y, z=1): z.close()", False),
    ],
)
def test_a_function_of_the_project_closes_what_it_gets(see: See, text: str, is_closed: bool) -> None:
    module = see(f"{text}\n{_function('g(loop)')}")
    assert escapes(module, _loop(module), is_last=True) is is_closed


def test_by_keyword_it_is_that_parameter(see: See) -> None:
    module = see(f"def g(y, z): z.close()\n{_function('g(x, z=loop)')}")
    assert escapes(module, _loop(module), is_last=True)
    module = see(f"def g(y, z): y.close()\n{_function('g(x, z=loop)')}")
    assert not escapes(module, _loop(module), is_last=True)


def test_a_method_has_its_object_first(see: See) -> None:
    text = "class A:\n    def g(self, y, z): {}.close()\n"
    for closed, expected in (("y", True), ("z", False), ("self", False)):
        module = see(text.format(closed) + _function("A().g(loop, x)"))
        assert escapes(module, _loop(module), is_last=True) is expected


def test_a_coroutine_function_that_gets_it_is_run_by_it(see: See) -> None:
    module = see(f"async def g(loop): pass\n{_function('y = g(loop)')}")
    assert not escapes(module, _loop(module), is_last=False)


@pytest.mark.parametrize(
    ("other", "is_taken"),
    [
        ("from main import loop", True),
        ("from main import *", True),
        ("import main\nmain.loop", True),
        ("import main\nmain.other", False),
        ("from main import other", False),
        ("loop = 1", False),
    ],
)
def test_another_file_takes_a_modules_loop(see: See, other: str, is_taken: bool) -> None:
    text = f"import asyncio\nloop = asyncio.new_event_loop()\n{RUN}\n"
    module = see(text, other=other)
    assert escapes(module, _loop(module), is_last=True) is is_taken


def test_under_a_guard_nobody_takes_it(see: See) -> None:
    text = f"import asyncio\nif __name__ == '__main__':\n    loop = asyncio.new_event_loop()\n    {RUN}\n"
    module = see(text, other="from main import loop")
    assert not escapes(module, _loop(module), is_last=True)
