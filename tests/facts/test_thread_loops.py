"""Which loop code in another thread can hand its work to, and how it is called there."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.thread_loops import is_current, is_surely_loop, loop_for_thread, loop_in_thread
from aiomend.facts.thread_users import Site
from aiomend.facts.view import Module

See = Callable[..., Module]
Marked = Callable[[Module], ast.Call]
NEW = "loop = asyncio.new_event_loop()"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param("mark()", None, id="none"),
        pytest.param(f"{NEW}\ndef f(): mark()", "loop", id="a global"),
        pytest.param(f"def f():\n    {NEW}\n    mark()", "loop", id="one of its own"),
        pytest.param(f"def f():\n    mark()\n    {NEW}", None, id="one of its own, later"),
        pytest.param(f"def f(): mark()\n{NEW}", "loop", id="a global that is made later"),
        pytest.param(f"{NEW}\nloop = None\ndef f(): mark()", "loop", id="a global that is emptied"),
        pytest.param(f"loop: object\n{NEW}\ndef f(): mark()", "loop", id="a global with an annotation"),
        pytest.param(f"{NEW}\nloop = x\ndef f(): mark()", None, id="a global that is something else, too"),
        pytest.param(f"{NEW}\nclass A:\n    loop = 1\n    def f(self): mark()", "loop", id="a class hides nothing"),
        pytest.param(f"class A:\n    {NEW}\n    def f(self): mark()", None, id="a class body gives nothing"),
        pytest.param(f"{NEW}\ndef f():\n    loop = 1\n    mark()", None, id="an inner name hides it"),
        pytest.param("def f():\n    loop = asyncio.get_event_loop()\n    mark()", None, id="the thread's own"),
        pytest.param("loop = asyncio.get_event_loop()\ndef f(): mark()", "loop", id="another's current one"),
        pytest.param("def f(loop): mark()", "loop", id="a parameter called so"),
        pytest.param("def f(main_loop): mark()", "main_loop", id="a parameter that ends so"),
        pytest.param("def f(looper): mark()", None, id="a parameter called otherwise"),
        pytest.param("def f(x: asyncio.AbstractEventLoop): mark()", "x", id="an annotated parameter"),
        pytest.param("def f(loop: int): mark()", None, id="a parameter that is said to be something else"),
        pytest.param("def f(loop): mark(loop)\nf(1)", None, id="a parameter that is given something else"),
        pytest.param(f"{NEW}\ndef f(loop): mark(loop)\nf(loop)", "loop", id="a parameter that is given one"),
        pytest.param("def f():\n    loop = self._loop\n    mark()", "loop", id="a name of one"),
        pytest.param("def f():\n    mark()\n    loop = self._loop", None, id="a name of one, later"),
        pytest.param("def f():\n    loop = self.x\n    mark()", None, id="a name of something"),
        pytest.param(
            "class A:\n    def __init__(self, x): self.loop = x\n    def f(self): mark()", "self.loop", id="called so"
        ),
        pytest.param(
            "class A:\n    def __init__(self, x): self.x = x\n    def f(self): mark()", None, id="called otherwise"
        ),
        pytest.param(
            f"class A:\n    def __init__(self): self.x = {NEW[7:]}\n    def f(self): mark()", "self.x", id="known"
        ),
        pytest.param(
            f"class A:\n    def __init__(self, y): self.a_loop = y; self._loop = {NEW[7:]}\n    def f(self): mark()",
            "self._loop",
            id="the usual name first",
        ),
        pytest.param(
            "class A:\n    def __init__(self): self.loop = None\n    def f(self): mark()", None, id="never set"
        ),
        pytest.param("class A:\n    def __init__(self): self.loop = 1\n    def f(self): mark()", None, id="a number"),
        pytest.param(
            "class B:\n    def __init__(self, x): self.loop = x\nclass A(B):\n    def f(self): mark()",
            "self.loop",
            id="of a base class",
        ),
        pytest.param(
            "class A:\n    def __init__(self, x): self.loop = x\n    def f(self):\n        self = 1\n        mark()",
            None,
            id="the object has another name",
        ),
        pytest.param(
            "class A:\n    def __init__(self, x): self.loop = x\n    def f(self):\n        def g(): mark()",
            "self.loop",
            id="in a function of a method",
        ),
        pytest.param("def f(c):\n    c.loop.call_soon(x)\n    mark()", "c.loop", id="another object's, which it uses"),
        pytest.param("def f(c):\n    c.loop.other(x)\n    mark()", None, id="another object's, used otherwise"),
        pytest.param("def f(c):\n    c.x.call_soon(y)\n    mark()", None, id="another object's something"),
        pytest.param("def f(c):\n    c().loop.call_soon(x)\n    mark()", None, id="of a new object"),
        pytest.param("c.loop.call_soon(x)\nlambda: mark()", None, id="outside of a function"),
    ],
)
def test_how_the_loop_is_called(see: See, marked: Marked, text: str, name: str | None) -> None:
    module = see(f"import asyncio\n{text}")
    assert loop_for_thread(module, marked(module)) == name


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("mark(asyncio.get_event_loop())", True),
        ("mark(asyncio.get_running_loop())", True),
        ("mark(asyncio.new_event_loop())", False),
        ("def f():\n    loop = asyncio.get_event_loop()\n    mark(loop)", True),
        ("loop = asyncio.get_event_loop()\ndef f(): mark(loop)", False),
        ("def f(loop): mark(loop)", False),
        ("mark(self.loop)", False),
    ],
)
def test_the_current_loop_of_a_thread(see: See, marked: Marked, text: str, is_one: bool) -> None:
    module = see(f"import asyncio\n{text}")
    assert is_current(module, marked(module).args[0]) is is_one


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("import asyncio\nmark(asyncio.new_event_loop())", True),
        ("import asyncio\nmark(loop)", True),
        ("import uvloop\nmark(loop)", True),
        ("mark(loop)", False),
        ("import asyncio\nmark(x)", False),
    ],
)
def test_what_is_surely_a_loop(see: See, marked: Marked, text: str, is_one: bool) -> None:
    module = see(text)
    assert is_surely_loop(module, marked(module).args[0]) is is_one


@pytest.mark.parametrize(
    ("text", "others", "place"),
    [
        pytest.param("Thread(target=loop.run_forever)", {}, None, id="the method itself"),
        pytest.param("def f(): loop.run_forever()\nThread(target=f)", {}, "main.py:3", id="a function"),
        pytest.param("def f(): asyncio.run(x())\nThread(target=f)", {}, "main.py:3", id="by run"),
        pytest.param("def f(): app.run(x())\nThread(target=f)", {}, None, id="by another run"),
        pytest.param("def f(): loop.run_until_complete(x)\nf()", {}, None, id="in the main thread"),
        pytest.param(
            "",
            {"other": "from threading import Thread\ndef f(): loop.run_forever()\nThread(target=f)"},
            "other.py:2",
            id="in another file",
        ),
        pytest.param(
            "",
            {"test_x": "from threading import Thread\ndef f(): loop.run_forever()\nThread(target=f)"},
            None,
            id="in a test",
        ),
    ],
)
def test_a_loop_that_a_thread_runs(see: See, text: str, others: dict[str, str], place: str | None) -> None:
    found = loop_in_thread(see(f"import asyncio\nfrom threading import Thread\n{text}", **others))
    assert (f"{found.facts.path}:{found.node.lineno}" if isinstance(found, Site) else found) == place
