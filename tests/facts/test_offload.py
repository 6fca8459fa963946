"""What a coroutine hands blocking calls to: which loop it can reach by a name, and how executors and threads are written."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable
from typing import Any

import pytest

from aiomend.api import MemorySources
from aiomend.facts.imported_names import Spelling
from aiomend.facts.inference import Inference
from aiomend.facts.offload import Way, executor, hides, loop_in_reach, way_to_thread
from aiomend.facts.project import ProjectFacts
from aiomend.facts.threads import Threads
from aiomend.facts.view import Module
from aiomend.settings import Settings, SettingsError, TargetRange

See = Callable[..., Module]
Marked = Callable[[Module], ast.Call]
HEAD = "import asyncio\n"


def _in_function(body: str, given: str = "") -> str:
    return f"{HEAD}async def f({given}):\n{textwrap.indent(body, '    ')}\n"


@pytest.mark.parametrize(
    ("body", "given"),
    [
        pytest.param("mark()", "", id="none"),
        pytest.param("mark()", "song", id="a parameter of another name"),
        pytest.param("mark()", "loop=None", id="nobody need pass one"),
        pytest.param("mark()", "loop: int", id="something else by its annotation"),
        pytest.param("mark()", "loop: 'asyncio.AbstractEventLoop | None'", id="perhaps None"),
        pytest.param("song.play(loop)\nmark()", "loop", id="to play a song again"),
        pytest.param("loop.close()\nmark()", "loop", id="others can be closed, too"),
        pytest.param("play(loop=loop)\nmark()", "loop", id="handed to something that is not asyncio's"),
        pytest.param("loop = asyncio.new_event_loop()\nmark()", "", id="another loop"),
        pytest.param("loop = get()\nmark()", "", id="nobody knows what"),
        pytest.param("song = get()\nmark()", "", id="of another name, nobody knows what"),
        pytest.param("loop, x = asyncio.get_running_loop(), 1\nmark()", "", id="one of two"),
        pytest.param("mark()\nloop = asyncio.get_running_loop()", "", id="later"),
        pytest.param("if x:\n    loop = asyncio.get_running_loop()\nmark()", "", id="on one way"),
        pytest.param("loop = asyncio.get_running_loop()\nloop = x\nmark()", "", id="something else on another"),
        pytest.param("loop = asyncio.get_running_loop()\ndel loop\nmark()", "", id="it is gone"),
        pytest.param("loop = asyncio.get_running_loop()\ndel loop, x\nmark()", "", id="it is gone with another"),
        pytest.param("loop = asyncio.get_running_loop()\n(lambda loop: mark())(1)", "", id="an inner name hides it"),
        pytest.param("loop = asyncio.get_running_loop\nmark()", "", id="what gets it"),
        pytest.param("loop = asyncio.get_running_loop().time()\nmark()", "", id="what it gives"),
        pytest.param("for loop in loops:\n    mark()", "", id="one of many"),
    ],
)
def test_no_loop_in_reach(see: See, marked: Marked, body: str, given: str) -> None:
    module = see(_in_function(body, given))
    assert loop_in_reach(module, marked(module)) is None


@pytest.mark.parametrize(
    ("body", "given", "name"),
    [
        pytest.param("mark()", "loop", "loop", id="a parameter"),
        pytest.param("mark()", "_loop", "_loop", id="a parameter with a line"),
        pytest.param("mark()", "x: asyncio.AbstractEventLoop", "x", id="a parameter by its annotation"),
        pytest.param("loop.call_soon(x)\nmark()", "loop", "loop", id="used as one"),
        pytest.param("loop.close()\nloop.time()\nmark()", "loop", "loop", id="used as one, and closed"),
        pytest.param("asyncio.ensure_future(x, loop=loop)\nmark()", "loop", "loop", id="handed to asyncio"),
        pytest.param("loop = loop or x\nloop = asyncio.get_event_loop()\nmark()", "", None, id="made of something else first"),
        pytest.param("loop = asyncio.get_running_loop()\nmark()", "", "loop", id="the running one"),
        pytest.param("x = asyncio.get_event_loop()\nmark()", "", "x", id="of any name"),
        pytest.param("x = y = asyncio.get_event_loop()\nmark()", "", "x", id="of two names"),
        pytest.param("x = asyncio.get_event_loop()\nif y:\n    mark()", "", "x", id="in a branch"),
        pytest.param("x = asyncio.get_event_loop()\nz = y if mark() else 1", "", "x", id="in an expression"),
        pytest.param("if y:\n    x = asyncio.get_event_loop()\n    mark()", "", "x", id="both in a branch"),
        pytest.param("try:\n    x = asyncio.get_event_loop()\n    mark()\nfinally: pass", "", "x", id="both in a try"),
        pytest.param("x = asyncio.get_event_loop()\nif y:\n    x = asyncio.get_running_loop()\nmark()", "", "x", id="two of them"),
        pytest.param("x = asyncio.get_event_loop()\ny = x\ndel x\nmark()", "", "y", id="the one that is left"),
        pytest.param("x = asyncio.get_event_loop()\ndel y[x], z.x\nmark()", "", "x", id="something else is gone"),
        pytest.param("x = asyncio.get_event_loop()\nasync def g():\n    mark()", "", "x", id="of the function around"),
        pytest.param("async def g():\n    mark()", "loop", "loop", id="a parameter of the function around"),
    ],
)  # fmt: skip
def test_a_loop_in_reach(see: See, marked: Marked, body: str, given: str, name: str | None) -> None:
    module = see(_in_function(body, given))
    assert loop_in_reach(module, marked(module)) == name


@pytest.mark.parametrize("other", ["asyncio.run(g())", "asyncio.new_event_loop()", "asyncio.Runner"])
def test_what_is_nested_may_run_in_the_other_loop_that_is_made_around_it(see: See, marked: Marked, other: str) -> None:
    nested = see(_in_function(f"x = asyncio.get_event_loop()\nasync def g():\n    mark()\n{other}"))
    assert loop_in_reach(nested, marked(nested)) is None
    beside = see(_in_function(f"x = asyncio.get_event_loop()\nmark()\n{other}"))
    assert loop_in_reach(beside, marked(beside)) == "x"


def _in_class(method: str, *others: str) -> str:
    body = "\n".join([method, *others])
    return f"{HEAD}class A:\n{textwrap.indent(body, '    ')}\n"


INIT = "def __init__(self, loop): self.loop = loop"


@pytest.mark.parametrize(
    ("method", "others"),
    [
        pytest.param("async def f(self): mark()", [], id="the class has none"),
        pytest.param("async def f(self): mark()", [INIT], id="it may be something else"),
        pytest.param("async def f(self): mark()", ["loop = 1"], id="it is something else"),
        pytest.param("async def f(self): mark()", [INIT, "def g(self): self.loop.close()"], id="others are closed, too"),
        pytest.param("async def f(self): mark()", [INIT, "def g(self): self.x.time()"], id="another attribute is used"),
        pytest.param("async def f(self): mark()", [INIT, "def g(self, x): x.loop.time()"], id="somebody else's is used"),
        pytest.param("async def f(self): mark()", ["def __init__(self): self.loop = asyncio.new_event_loop()"], id="it is another one"),
        pytest.param("async def f(self): self.loop.time(); mark()", ["def __init__(self): self.loop = asyncio.new_event_loop()"], id="it is another one, and used"),
        pytest.param("async def f(self): mark()", ["loop = None", "def g(self): self.loop.time()"], id="perhaps None here"),
        pytest.param("@staticmethod\nasync def f(self): mark()", [INIT, "def g(self): self.loop.time()"], id="a static method"),
        pytest.param("@classmethod\nasync def f(self): mark()", [INIT, "def g(self): self.loop.time()"], id="a class method"),
        pytest.param("async def f(*self): mark()", [INIT, "def g(self): self.loop.time()"], id="no instance by its name"),
        pytest.param("async def f(self):\n    self = x\n    mark()", [INIT, "def g(self): self.loop.time()"], id="another instance"),
        pytest.param("async def f(self):\n    (lambda self: mark())(x)", [INIT, "def g(self): self.loop.time()"], id="another instance within"),
        pytest.param("async def f(self): mark()", ["def __init__(self): self.loop = asyncio.get_event_loop()"], id="asked for where none need run yet"),
        pytest.param("async def f(self): mark()", ["def __init__(self, loop=None): self.loop = loop or asyncio.get_event_loop()"], id="asked for as the last resort"),
        pytest.param("async def f(self): mark()", ["def __init__(self): self._loop = self.loop = asyncio.get_event_loop()"], id="asked for under two names"),
    ],
)  # fmt: skip
def test_no_loop_of_the_instance(see: See, marked: Marked, method: str, others: list[str]) -> None:
    module = see(_in_class(method, *others))
    assert loop_in_reach(module, marked(module)) is None


@pytest.mark.parametrize(
    ("method", "others", "name"),
    [
        pytest.param("async def f(self): mark()", ["def __init__(self): self.loop = asyncio.get_running_loop()"], "self.loop", id="asked for"),
        pytest.param("async def f(me): mark()", ["def __init__(self): self._loop = asyncio.get_running_loop()"], "me._loop", id="in other words"),
        pytest.param("async def f(self, /): mark()", ["def __init__(self): self._loop = asyncio.get_running_loop()"], "self._loop", id="a parameter without a name outside"),
        pytest.param("async def f(self): mark()", [INIT, "def g(self): self.loop.time()"], "self.loop", id="used as one"),
        pytest.param("async def f(self): self.loop.time(); mark()", [INIT], "self.loop", id="used as one here"),
        pytest.param("async def f(self): self.loop.time(); mark()", ["loop = None"], "self.loop", id="it cannot be None here"),
        pytest.param("async def f(self):\n    async def g(): mark()", [INIT, "def g(self): self.loop.time()"], "self.loop", id="in a function within"),
        pytest.param("async def f(self, loop): mark()", [INIT, "def g(self): self.loop.time()"], "loop", id="a name comes first"),
        pytest.param("async def f(self): mark()", ["def __init__(self): self._loop = self.loop = asyncio.get_running_loop()"], "self.loop", id="the shorter one"),
        pytest.param("async def f(self): mark()", ["def __init__(self):\n    self.x = asyncio.new_event_loop()\n    self.loop = asyncio.get_running_loop()"], "self.loop", id="another attribute is another one"),
        pytest.param("async def f(self): mark()", ["async def begin(self): self.loop = asyncio.get_event_loop()"], "self.loop", id="asked for in a coroutine"),
        pytest.param("async def f(self): mark()", ["def __init__(self): self.loop = asyncio.get_event_loop()", "async def g(self): self.loop.create_task(x)"], "self.loop", id="asked for and relied upon"),
    ],
)  # fmt: skip
def test_a_loop_of_the_instance(see: See, marked: Marked, method: str, others: list[str], name: str) -> None:
    module = see(_in_class(method, *others))
    assert loop_in_reach(module, marked(module)) == name


# ---- how it is written ---


def _seen(text: str, name: str = "main", **settings: Any) -> tuple[Module, ast.Call]:
    """A file of that module's name under settings, and the call of `mark()` in it."""
    path = f"{name.replace('.', '/')}.py"
    inference = Inference(ProjectFacts(MemorySources({path: text.encode(), "app/__init__.py": b""})))
    facts = inference.project.facts(path)
    assert facts is not None
    module = Module(facts, inference, Threads(inference), Settings(**settings), lambda _: None)
    (call,) = (one for one in facts.calls if isinstance(one.func, ast.Name) and one.func.id == "mark")
    return module, call


@pytest.mark.parametrize(
    ("settings", "body", "by", "first"),
    [
        pytest.param({}, "mark()", "asyncio.get_running_loop().run_in_executor", ("None",), id="the running loop"),
        pytest.param({"target": TargetRange.parse("3.7")}, "mark()", "asyncio.get_running_loop().run_in_executor", ("None",), id="for 3.7"),
        pytest.param({"target": TargetRange.parse("3.6-3.9")}, "mark()", "asyncio.get_event_loop().run_in_executor", ("None",), id="for 3.6, too"),
        pytest.param({}, "loop = asyncio.get_event_loop()\nmark()", "loop.run_in_executor", ("None",), id="a loop in reach"),
        pytest.param({"executor": "shop.pools:slow"}, "mark()", "asyncio.get_running_loop().run_in_executor", ("shop.pools.slow",), id="an executor of the project's"),
        pytest.param({"offload": "to_thread", "target": TargetRange.parse("3.9")}, "mark()", "asyncio.to_thread", (), id="a thread"),
    ],
)  # fmt: skip
def test_how_a_call_is_handed_to_a_thread(settings: dict[str, Any], body: str, by: str, first: tuple[str, ...]) -> None:
    way = way_to_thread(*_seen(_in_function(body), **settings))
    assert isinstance(way, Way)
    assert (way.by, way.first) == (by, first)


@pytest.mark.parametrize(
    ("settings", "text", "reason"),
    [
        pytest.param({"offload": "to_thread"}, _in_function("mark()"), "`asyncio.to_thread()` needs Python 3.9, the target range is 3.8-3.15; `offload = \"run_in_executor\"` does not", id="too old for a thread"),
        pytest.param({"executor": "shop:slow"}, _in_function("slow = shop = 1\nmark()"), "`slow`, which the new code needs, means something else here", id="both names of the executor are taken"),
        pytest.param({}, "async def f(get_running_loop, asyncio): mark()\n", "`get_running_loop`, which the new code needs, means something else here", id="both names of what gets the loop are taken"),
        pytest.param({"offload": "to_thread", "target": TargetRange.parse("3.9")}, "async def f(to_thread, asyncio): mark()\n", "`to_thread`, which the new code needs, means something else here", id="both names of the thread's are taken"),
    ],
)  # fmt: skip
def test_why_a_call_cannot_be_handed_over(settings: dict[str, Any], text: str, reason: str) -> None:
    assert way_to_thread(*_seen(text, **settings)) == reason


@pytest.mark.parametrize(
    ("setting", "text", "module"),
    [
        pytest.param(None, "None", None, id="the loop's own"),
        pytest.param("shop.pools:slow", "shop.pools.slow", "shop.pools", id="a name of another module"),
        pytest.param(
            "shop.pools:Pools.slow.one", "shop.pools.Pools.slow.one", "shop.pools", id="an attribute of such a name"
        ),
        pytest.param("app.main:slow", "slow", None, id="a name of the file itself"),
        pytest.param("app.main:Pools.slow", "Pools.slow", None, id="an attribute in the file itself"),
    ],
)
def test_how_the_executor_is_written(setting: str | None, text: str, module: str | None) -> None:
    spelling = executor(*_seen("mark()\n", "app.main", executor=setting))
    assert (spelling.text, spelling.module) == (text, module)


@pytest.mark.parametrize(
    "setting", ["", "shop", "shop:", ":slow", "shop.:slow", "shop:slow()", "shop:a b", "my-shop:slow"]
)
def test_an_executor_that_names_nothing_is_told(setting: str) -> None:
    with pytest.raises(SettingsError, match=r"names nothing; write package\.module:name"):
        executor(*_seen("mark()\n", executor=setting))


@pytest.mark.parametrize(
    ("head", "spelling", "is_hidden"),
    [
        pytest.param("", Spelling("asyncio.run", "asyncio", None), False, id="the name is free"),
        pytest.param("asyncio = 1", Spelling("run"), False, id="no import is needed"),
        pytest.param("import asyncio", Spelling("asyncio.run", "asyncio", None), False, id="it is that import"),
        pytest.param("import os.path", Spelling("os.sep", "os", None), False, id="an import of a part of it"),
        pytest.param("import os", Spelling("os.path.sep", "os.path", None), False, id="an import of the whole"),
        pytest.param("asyncio = 1", Spelling("asyncio.run", "asyncio", None), True, id="something else"),
        pytest.param("import trio as asyncio", Spelling("asyncio.run", "asyncio", None), True, id="another module"),
        pytest.param("import asyncio\nasyncio = 1", Spelling("asyncio.run", "asyncio", None), True, id="something else on another way"),
        pytest.param("from x import os", Spelling("os.path.sep", "os.path", None), True, id="a name of another module"),
        pytest.param("import run", Spelling("run", "asyncio", "run"), True, id="a module of a member's name"),
        pytest.param("from asyncio import run", Spelling("run", "asyncio", "run"), False, id="an import that spells it already"),
    ],
)  # fmt: skip
def test_an_import_would_take_a_name_that_means_something(head: str, spelling: Spelling, is_hidden: bool) -> None:
    module, call = _seen(f"{head}\nmark()\n")
    assert hides(module, spelling, call) is is_hidden
