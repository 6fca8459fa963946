"""What opens a connection, the name that it gets, and what becomes of it, form by form."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.transport_fates import closes, is_kept
from aiomend.facts.transport_lives import is_risky, lives
from aiomend.facts.transports import Opened, dropped, opened, openings
from aiomend.facts.view import Module

See = Callable[..., Module]
OPEN = "r, w = await asyncio.open_connection(h, p)"


def _function(body: str, rest: str = "") -> str:
    return f"import asyncio, logging\nasync def f(h, p):\n{textwrap.indent(body, '    ')}\n{rest}"


def _opened(module: Module) -> list[Opened]:
    return list(opened(module, list(openings(module))))


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (OPEN, ["stream writer w"]),
        ("[r, w] = await asyncio.open_connection(h, p)", ["stream writer w"]),
        ("pair = await asyncio.open_connection(h, p)", ["stream writer pair[1]"]),
        ("pair: tuple = await asyncio.open_connection(h, p)", ["stream writer pair[1]"]),
        ("r, w = await asyncio.wait_for(asyncio.open_connection(h, p), 1)", ["stream writer w"]),
        ("c = asyncio.open_connection(h, p)\nr, w = await c", ["stream writer w"]),
        ("s = await asyncio.start_server(h, p)", ["server s"]),
        ("t, q = await loop.create_connection(h)", ["transport t"]),
        ("s = await asyncio.get_event_loop().create_server(h)", ["server s"]),
        ("w = None\n" + OPEN, ["stream writer w"]),
        (f"w: object\n{OPEN}", ["stream writer w"]),
        (f"{OPEN}\nr, w = await asyncio.open_connection(1, 2)", ["stream writer w"]),
        ("r, w = asyncio.open_connection(h, p)", []),
        ("r, w = await other(asyncio.open_connection(h, p))", []),
        ("c = asyncio.open_connection(h, p)\nr, w = await c\nr, w = await c", []),
        ("c = asyncio.open_connection(h, p)\nc = x\nr, w = await c", []),
        ("t, q = await x.create_connection(h)", []),
        ("r, self.w = await asyncio.open_connection(h, p)", []),
        ("r, w, x = await asyncio.open_connection(h, p)", []),
        ("a = b = await asyncio.open_connection(h, p)", []),
        ("s, t = await asyncio.start_server(h, p)", []),
        ("return await asyncio.open_connection(h, p)", []),
        (f"{OPEN}\nw = x", []),
        (f"{OPEN}\ndel w", []),
        (f"global w\n{OPEN}", []),
        (f"{OPEN}\nw, q = await loop.create_connection(h)", []),
        (f"{OPEN}\nw = await asyncio.open_connection(h, p)", []),
        (f"{OPEN}\nfor w in x: pass", []),
    ],
)
def test_what_is_opened_and_gets_a_name_of_its_own(see: See, body: str, names: list[str]) -> None:
    assert [f"{one.kind.value} {one.text}" for one in _opened(see(_function(body)))] == names


def test_outside_of_coroutine_functions_nobody_opens(see: See) -> None:
    assert _opened(see(f"import asyncio\n{OPEN}")) == []
    assert _opened(see(f"import asyncio\ndef f():\n    {OPEN.replace('await', 'yield from')}\n")) == []
    decorated = f"import asyncio\n@asyncio.coroutine\ndef f():\n    {OPEN.replace('await', 'yield from')}\n"
    assert [one.name for one in _opened(see(decorated))] == ["w"]


@pytest.mark.parametrize(
    ("helper", "is_one"),
    [
        ("async def connect(): return await asyncio.open_connection(1, 2)", True),
        ("def connect(): return asyncio.open_connection(1, 2)", True),
        ("async def connect(): return await asyncio.wait_for(asyncio.open_connection(1, 2), 3)", True),
        ("async def connect(): return asyncio.open_connection(1, 2)", False),
        ("@cached\nasync def connect(): return await asyncio.open_connection(1, 2)", False),
        ("async def connect():\n    if x: return\n    return await asyncio.open_connection(1, 2)", False),
        ("async def connect():\n    c = await asyncio.open_connection(1, 2)\n    return c", False),
        ("connect = lambda: asyncio.open_connection(1, 2)", False),
        ("async def connect(): return await second()\nasync def second(): return await third()\n"
         "async def third(): return await asyncio.open_connection(1, 2)", False),
        ("async def connect(): return await second()\n"
         "async def second(): return await asyncio.open_connection(1, 2)", True),
    ],
)  # fmt: skip
def test_a_function_of_the_project_opens_it(see: See, helper: str, is_one: bool) -> None:
    module = see(_function("r, w = await connect()", helper))
    assert [one.name for one in _opened(module) if one.function.name == "f"] == (["w"] if is_one else [])


def test_what_gets_no_name_is_dropped(see: See) -> None:
    module = see(_function(f"await asyncio.start_server(h, p)\n{OPEN}"))
    assert [one.call.lineno for one in dropped(list(openings(module)))] == [3]


@pytest.mark.parametrize(
    "use",
    [
        "w.write(b'')",
        "await w.drain()",
        "if w: pass",
        "while w: break",
        "assert w",
        "not w",
        "w is None",
        "f'{w}'",
        "w",
        "w.x",
        "x = 1 if w else 2",
        "if w and x: pass",
        "async for _ in r: pass",
        "[x async for x in r]",
        "print(w)",
        "logging.getLogger().info('%s', w)",
        "self.log.debug(w)",
        "w.get_extra_info('peername')",
        "w.get_extra_info('socket').x",
        "w.transport.write(b'')",
        "w.transport.x",
        "use(w)",
        "use(x=w)",
        "await later(w)",
        "await asyncio.wait_for(later(w), 1)",
        "await asyncio.gather(later(w), later(w))",
        "for _ in many(w): pass",
        "[x for x in many(w)]",
        "await asyncio.ensure_future(w.drain())",
        "r.feed_data(b'')",
        "w.close()",
        "w.transport.abort()",
        "if w: w.close()",
    ],
)
def test_nothing_outlives_a_use(see: See, use: str) -> None:
    rest = (
        "def use(x): x.write(b'')\nasync def later(x): x.write(b'')\ndef many(x):\n    yield x.read()\n"
        "async def stream(x):\n    yield await x.read()\n"
    )
    module = see(_function(f"{OPEN}\n{use}", rest))
    (one,) = _opened(module)
    assert not is_kept(module, one)
    assert bool(closes(module, one)) is ("close" in use or "abort" in use)


@pytest.mark.parametrize(
    "use",
    [
        "return w",
        "yield w",
        "self.w = w",
        "x = w",
        "x[0] = w",
        "x = [w]",
        "x = w if y else z",
        "x = w or y",
        "x = y if z else w",
        "with w: pass",
        "for _ in w: pass",
        "lambda: w",
        "def g(): w.close()",
        "x(w.close)",
        "x(w.transport)",
        "x = w.get_extra_info('socket')",
        "x = w.get_extra_info(y)",
        "w.transport.get_protocol()",
        "await w.start_tls(x)",
        "asyncio.ensure_future(w.drain())",
        "asyncio.create_task(w.drain())",
        "loop.call_soon(w.write(b''))",
        "asyncio.gather(*[create_task(w.drain())])",
        "unknown(w)",
        "unknown(x=w)",
        "x.send(w)",
        "keep(w)",
        "stop(w)",
        "later(w)",
        "asyncio.create_task(later(w))",
        "asyncio.wait_for(later(w), 1)",
        "x = many(w)",
        "fine = (lambda y: y)(w)",
        "print(w.close())",
        "x = w.close()",
        "r.close()",
        "r.transport.x",
        "x = r",
    ],
)
def test_something_else_may_use_it_later(see: See, use: str) -> None:
    rest = (
        "def use(x): x.write(b'')\nasync def later(x): x.write(b'')\ndef many(x):\n    yield x.read()\n"
        "def keep(x): self.x = x\ndef stop(x):\n    x = y\n    x.close()\n"
    )
    module = see(_function(f"{OPEN}\n{use}", rest))
    (one,) = _opened(module)
    assert is_kept(module, one)


@pytest.mark.parametrize(
    ("use", "is_kept_", "is_closed"),
    [
        ("pair[1].write(b'')", False, False),
        ("pair[1].close()", False, True),
        ("pair[0].close()", False, False),
        ("r, w = pair", True, False),
        ("use(pair)", True, False),
        ("pair[x].close()", True, False),
    ],
)
def test_the_pair_may_have_the_name(see: See, use: str, is_kept_: bool, is_closed: bool) -> None:
    module = see(_function(f"pair = await asyncio.open_connection(h, p)\n{use}"))
    (one,) = _opened(module)
    assert is_kept(module, one) is is_kept_
    assert bool(closes(module, one)) is is_closed


@pytest.mark.parametrize(
    ("helper", "is_closed"),
    [
        ("def close_it(x): x.close()", True),
        ("async def stop(x): x.close()", None),
        ("def work(x): x.close()", None),
        ("def close_it(x): x.write(b'')", False),
    ],
)
def test_a_function_of_the_project_closes_it(see: See, helper: str, is_closed: bool | None) -> None:
    name = helper.partition("def ")[2].partition("(")[0]
    module = see(_function(f"{OPEN}\n{name}(w)", helper))
    (one,) = _opened(module)
    assert is_kept(module, one) is (is_closed is None)
    assert bool(closes(module, one)) is bool(is_closed)


@pytest.mark.parametrize(
    ("body", "tails"),
    [
        pytest.param(f"{OPEN}\na(w)\nb()", ["a(w); b()"], id="the rest of its block"),
        pytest.param(f"if x:\n    {OPEN}\n    a(w)\nb()", ["a(w)"], id="in a branch"),
        pytest.param(f"if x:\n    {OPEN}\na(w)", [], id="in a branch that may not run"),
        pytest.param(f"if x:\n    {OPEN}\nelse:\n    return\na(w)", ["a(w)"], id="or it returns"),
        pytest.param(f"if x:\n    {OPEN}\nelse:\n    {OPEN}\na(w)", ["a(w)"], id="in either branch, which is one life"),
        pytest.param(f"try:\n    {OPEN}\nexcept OSError:\n    return\na(w)", ["a(w)"], id="tried"),
        pytest.param(f"try:\n    {OPEN}\nexcept OSError:\n    pass\na(w)", [], id="tried in vain"),
        pytest.param(f"try:\n    {OPEN}\nexcept OSError:\n    return\nfinally:\n    b()\na(w)", [], id="with an end"),
        pytest.param(f"with timeout(1):\n    {OPEN}\na(w)", ["a(w)"], id="with a limit"),
        pytest.param(f"with x:\n    {OPEN}\na(w)", [], id="with what may swallow"),
        pytest.param(f"async with asyncio.timeout(1):\n    {OPEN}\na(w)", ["a(w)"], id="with a limit of today"),
        pytest.param(f"for _ in x:\n    {OPEN}\n    a(w)", ["a(w)"], id="each turn"),
        pytest.param(f"for _ in x: {OPEN}; a(w)", ["a(w)"], id="each turn, in one line"),
        pytest.param(f"for _ in x:\n    a(w)\n    {OPEN}", [], id="used in the next turn"),
        pytest.param(f"for _ in x:\n    {OPEN}\na(w)", [], id="behind a loop that may not run"),
        pytest.param(f"while True:\n    {OPEN}\n    break\na(w)", ["a(w)"], id="until it is open"),
        pytest.param(
            f"while True:\n    try:\n        {OPEN}\n        break\n    except OSError: pass\na(w)",
            ["a(w)"],
            id="again",
        ),
        pytest.param(
            f"while True:\n    try:\n        {OPEN}\n    except OSError: continue\n    break\na(w)",
            ["a(w)"],
            id="or more",
        ),
        pytest.param(
            f"while True:\n    try:\n        {OPEN}\n    except OSError: pass\n    else: break\na(w)",
            ["a(w)"],
            id="else",
        ),
        pytest.param(
            f"while True:\n    try:\n        {OPEN}\n    except OSError: pass\n    break\na(w)", [], id="or not at all"
        ),
        pytest.param(f"while True:\n    if x: break\n    {OPEN}\n    break\na(w)", [], id="left before it is open"),
        pytest.param(f"{OPEN}\na(w)\n{OPEN}\nb(w)", ["a(w)", "b(w)"], id="one after the other"),
        pytest.param(f"{OPEN}\na(w)\nw = None\nb()", ["a(w)"], id="until it is let go"),
        pytest.param(f"{OPEN}\na(w)\nif x:\n    {OPEN}\nb(w)", [], id="perhaps another"),
    ],
)
def test_from_where_to_where_it_is_open(see: See, body: str, tails: list[str]) -> None:
    module = see(_function(body))
    (one,) = _opened(module)
    assert ["; ".join(map(ast.unparse, life.tail)) for life in lives(module, one)] == tails


@pytest.mark.parametrize(
    ("statement", "may"),
    [
        ("x = 1", False),
        ("w.write(b'')", False),
        ("r.feed_data(b'')", False),
        ("w.x.y().z()", False),
        ("print(w)", False),
        ("logging.info(x)", False),
        ("'{}'.format(w)", False),
        ("f'{x}'.strip()", False),
        ("def g(): x()", False),
        ("await x", True),
        ("return", True),
        ("if x: raise y", True),
        ("assert x", True),
        ("g()", True),
        ("x.g()", True),
        ("(lambda: 1)()", True),
        ("x = open(y)", True),
    ],
)
def test_what_may_go_wrong_meanwhile(see: See, statement: str, may: bool) -> None:
    module = see(_function(f"{OPEN}\n{statement}\nr.at_eof()"))
    (one,) = _opened(module)
    function = module.tree.body[-1]
    assert isinstance(function, ast.AsyncFunctionDef)
    assert is_risky(module, one, function.body[1]) is may
