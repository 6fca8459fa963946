"""Whether an expression is the loop that asyncio would take by itself."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.current_loop import is_own_loop, loop_at
from aiomend.facts.view import Module

See = Callable[[str], Module]
Marked = Callable[[Module], ast.Call]
NEW = "loop = asyncio.new_event_loop()"
SET = "asyncio.set_event_loop(loop)"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("def f(loop): mark(loop)", id="a parameter"),
        pytest.param("mark(loop)", id="nobody binds it"),
        pytest.param("mark(self.loop)", id="an attribute"),
        pytest.param("loop = make()\nmark(loop)", id="made elsewhere"),
        pytest.param("loop, x = asyncio.get_event_loop(), 1\nmark(loop)", id="unpacked"),
        pytest.param("mark(asyncio.get_event_loop(1))", id="an argument that nobody knows"),
        pytest.param("mark(asyncio.get_event_loop(policy=p))", id="a keyword that nobody knows"),
        pytest.param(f"{NEW}\nmark(loop)", id="a new one that is never set"),
        pytest.param(f"{NEW}\nother()\n{SET}\nmark(loop)", id="a new one that is not set at once"),
        pytest.param(f"{SET}\n{NEW}\nmark(loop)", id="a new one that is set before"),
        pytest.param(f"{NEW}\nasyncio.set_event_loop(other)\nmark(loop)", id="another one is set"),
        pytest.param(f"{NEW}\nset_loop(loop)\nmark(loop)", id="something else is called with it"),
        pytest.param(f"x = {NEW}\n{SET}\nmark(loop)", id="a new one with two names"),
        pytest.param("loop = asyncio.get_event_loop()\nloop = make()\nmark(loop)", id="bound to something else, too"),
        pytest.param("loop = asyncio.get_event_loop()\ndef f(): mark(loop)", id="another function's"),
        pytest.param("def f():\n    global loop\n    loop = asyncio.get_event_loop()\n    mark(loop)", id="global"),
        pytest.param(
            "def f():\n    loop = asyncio.get_event_loop()\n    asyncio.set_event_loop(x)\n    mark(loop)",
            id="another one becomes current in between",
        ),
        pytest.param(
            "def f():\n    loop = asyncio.get_event_loop()\n    asyncio.set_event_loop(loop, x)\n    mark(loop)",
            id="something becomes current in between",
        ),
        pytest.param(
            "def f():\n    loop = asyncio.get_event_loop()\n    loop.close()\n    mark(loop)", id="it is closed before"
        ),
    ],
)
def test_not_surely_its_own(see: See, marked: Marked, text: str) -> None:
    module = see(f"import asyncio\n{text}")
    assert not is_own_loop(module, marked(module).args[0])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("mark(None)", id="nothing"),
        pytest.param("mark(asyncio.get_event_loop())", id="asked for at the place"),
        pytest.param("async def f(): mark(asyncio.get_running_loop())", id="the running one"),
        pytest.param("loop = asyncio.get_event_loop()\nmark(loop)", id="a name"),
        pytest.param("loop: object = asyncio.get_event_loop()\nmark(loop)", id="an annotated name"),
        pytest.param("loop = asyncio.get_event_loop()\n[mark(loop) for _ in x]", id="in a comprehension"),
        pytest.param(f"{NEW}\n{SET}\nmark(loop)", id="a new one that is set at once"),
        pytest.param(
            "async def f():\n    loop = asyncio.get_event_loop()\n    asyncio.set_event_loop(x)\n    mark(loop)",
            id="a coroutine keeps its loop",
        ),
        pytest.param(
            "def f():\n    loop = asyncio.get_event_loop()\n    mark(loop)\n    asyncio.set_event_loop(x)",
            id="another one becomes current behind it",
        ),
        pytest.param(
            "def f():\n    loop = asyncio.get_event_loop()\n    mark(loop)\n    loop.close()", id="it is closed behind"
        ),
        pytest.param(
            "def f():\n    loop = asyncio.get_event_loop()\n    mark(loop)\ndef g(loop):\n    loop.close()",
            id="another function's is closed",
        ),
    ],
)
def test_its_own(see: See, marked: Marked, text: str) -> None:
    module = see(f"import asyncio\n{text}")
    assert is_own_loop(module, marked(module).args[0])


@pytest.mark.parametrize(
    ("text", "written"),
    [
        pytest.param("mark()", None, id="none"),
        pytest.param("x.loop.run_until_complete(mark())", "x.loop", id="what runs the statement"),
        pytest.param("loop().run_until_complete(mark())", None, id="what runs it is made for it"),
        pytest.param("x.run_forever(mark())", None, id="another method"),
        pytest.param("loop = asyncio.get_event_loop()\nmark()", "loop", id="a name"),
        pytest.param("if x:\n    mark()\nloop = asyncio.get_event_loop()", None, id="a name that is bound later"),
        pytest.param("loop = asyncio.get_event_loop()\nif x:\n    mark()", "loop", id="a name from around"),
        pytest.param("if x:\n    loop = asyncio.get_event_loop()\nmark()", None, id="a name on some ways only"),
        pytest.param("loop = asyncio.get_event_loop()\nmark()\nloop = make()", None, id="a name that is bound twice"),
        pytest.param("x = 1\nloop = asyncio.get_event_loop()\nmark()", "loop", id="behind another name"),
        pytest.param(
            "def f():\n    global loop\n    loop = asyncio.get_event_loop()\n    mark()", None, id="a global of others"
        ),
        pytest.param(
            "loop = asyncio.get_event_loop()\nasyncio.set_event_loop(x)\nmark()", None, id="another one is current"
        ),
        pytest.param(f"{NEW}\n{SET}\nmark()", "loop", id="a new one that is set"),
    ],
)
def test_how_the_current_loop_is_written(see: See, marked: Marked, text: str, written: str | None) -> None:
    module = see(f"import asyncio\n{text}")
    assert loop_at(module, marked(module)) == written
