"""Where a call that makes a coroutine stands, each kind of place by itself."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.coroutine_places import Place, encloses, place_of, runs_a_loop
from aiomend.facts.view import Module

See = Callable[..., Module]
Marked = Callable[[Module], ast.Call]
GUARD = 'if __name__ == "__main__":\n    '


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("def f(): mark()", id="nobody calls it"),
        pytest.param("def f(): mark()\nf()", id="a module calls it"),
        pytest.param("def f(): mark()\nlambda: f()", id="a lambda calls it"),
        pytest.param("def f(): mark()\ndef g(): f()", id="a plain function calls it, which nobody calls"),
        pytest.param("def f(): mark()\nasync def g(): f()\nf()", id="a coroutine calls it and a module"),
        pytest.param("def f(): mark()\nasync def g(): x(f)", id="handed on"),
        pytest.param("@cached\ndef f(): mark()\nasync def g(): f()", id="a decorator runs it"),
        pytest.param("def f():\n    mark()\n    yield\nasync def g(): f()", id="a generator"),
        pytest.param("class A:\n    def __init__(self): mark()\nasync def g(): A()", id="a special method"),
        pytest.param("class A:\n    def f(self): mark()\nasync def g(x): x.f()", id="may be another's"),
        pytest.param("def f(): mark()\nx.call_soon(f)", id="no loop"),
        pytest.param("def f(): mark()\nloop.call_later(f, 1)", id="not the place of the callback"),
        pytest.param("def f(): mark()\nloop.call_later(1, 2, f)", id="an argument of the callback"),
        pytest.param("def f(): mark()\nloop.run_in_executor(f)", id="another method of a loop"),
        pytest.param("def f(): mark()\nx.add_done_callback(f)", id="no future"),
        pytest.param("class A:\n    def data_received(self, x): mark()", id="no protocol"),
        pytest.param("class A(asyncio.Protocol):\n    def other(self, x): mark()", id="another method of a protocol"),
        pytest.param("class A(asyncio.Queue):\n    def data_received(self, x): mark()", id="another base class"),
        pytest.param("class A(x.Protocol):\n    def data_received(self, x): mark()", id="another library's protocol"),
        pytest.param("def data_received(x): mark()", id="no method"),
        pytest.param(
            "def f(): mark()\n@contextmanager\ndef g():\n    f()\n    yield\nasync def h(): g()",
            id="a generator calls it",
        ),
        pytest.param(
            "def maker():\n    mark()\n    yield\nloop.create_connection(maker)", id="a generator as a factory"
        ),
    ],
)
def test_of_a_plain_function_nobody_knows_who_calls_it(see: See, marked: Marked, text: str) -> None:
    module = see(f"import asyncio\n{text}")
    assert place_of(module, marked(module)) is Place.SYNC


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("def f(): mark()\nasync def g(): f()", id="a coroutine calls it"),
        pytest.param("def f(): mark()\nclass A:\n    async def g(self): f()", id="a coroutine method calls it"),
        pytest.param("def f(): mark()\n@asyncio.coroutine\ndef g(): f()", id="a decorated coroutine calls it"),
        pytest.param("def f(x):\n    mark()\n    f(x)\nasync def g(): f(1)", id="it calls itself, too"),
        pytest.param("def f(): mark()\ndef g(): f()\nasync def h(): g()", id="through another one"),
        pytest.param("class A:\n    def f(self): mark()\n    async def g(self): self.f()", id="a method"),
        pytest.param("def f(): mark()\nloop.call_soon(f)", id="call_soon"),
        pytest.param("def f(): mark()\nself._loop.call_soon_threadsafe(f)", id="call_soon_threadsafe"),
        pytest.param("def f(): mark()\nevent_loop.call_later(1, f)", id="call_later"),
        pytest.param("def f(): mark()\nasyncio.get_event_loop().call_at(1, f, 2)", id="call_at"),
        pytest.param("def f(): mark()\nloop.add_reader(fd, f)", id="add_reader"),
        pytest.param("def f(): mark()\nloop.add_writer(fd, f)", id="add_writer"),
        pytest.param("def f(): mark()\nloop.add_signal_handler(2, f)", id="add_signal_handler"),
        pytest.param("def f(): mark()\nloop.create_connection(f)", id="create_connection"),
        pytest.param("def f(): mark()\nloop.create_unix_connection(f)", id="create_unix_connection"),
        pytest.param("def f(): mark()\nloop.create_server(f)", id="create_server"),
        pytest.param("def f(): mark()\nloop.create_unix_server(f)", id="create_unix_server"),
        pytest.param("def f(): mark()\nloop.create_datagram_endpoint(f, x)", id="create_datagram_endpoint"),
        pytest.param("def f(x): mark()\nasyncio.ensure_future(y).add_done_callback(f)", id="a future is done"),
        pytest.param("class A(asyncio.Protocol):\n    def data_received(self, x): mark()", id="a protocol"),
        pytest.param("class A(asyncio.DatagramProtocol):\n    def error_received(self, x): mark()", id="of datagrams"),
        pytest.param(
            "class B(asyncio.Protocol): pass\nclass A(B):\n    def connection_lost(self, x): mark()",
            id="a protocol by another class",
        ),
    ],
)
def test_the_loop_calls_a_plain_function(see: See, marked: Marked, text: str) -> None:
    module = see(f"import asyncio\n{text}")
    assert place_of(module, marked(module)) is Place.LOOP


@pytest.mark.parametrize(
    ("text", "place"),
    [
        pytest.param("async def f(): mark()", Place.COROUTINE, id="a coroutine"),
        pytest.param("@asyncio.coroutine\ndef f():\n    mark()\n    yield", Place.COROUTINE, id="a decorated one"),
        pytest.param("async def f(): return (mark() for _ in x)", Place.NESTED, id="a generator expression of one"),
        pytest.param("x(lambda: mark())", Place.NESTED, id="a lambda"),
        pytest.param("loop.call_soon(lambda: mark())", Place.LOOP, id="a lambda that the loop calls"),
        pytest.param("loop.call_later(1, lambda: mark())", Place.LOOP, id="a lambda that the loop calls later"),
        pytest.param("loop.call_later(lambda: mark(), 1)", Place.NESTED, id="a lambda in the wrong place"),
        pytest.param("loop.create_server(lambda: mark())", Place.NESTED, id="a lambda whose result is used"),
        pytest.param("x.call_soon(lambda: mark())", Place.NESTED, id="a lambda that something calls"),
        pytest.param(
            "asyncio.ensure_future(y).add_done_callback(lambda _: mark())", Place.LOOP, id="a lambda for a future"
        ),
        pytest.param("y.add_done_callback(lambda _: mark())", Place.NESTED, id="a lambda for anything"),
        pytest.param("mark()", Place.PROGRAM, id="a script"),
        pytest.param("[mark() for _ in x]", Place.PROGRAM, id="a comprehension of a script"),
        pytest.param(f"{GUARD}mark()", Place.PROGRAM, id="under a guard"),
        pytest.param("class A:\n    x = mark()", Place.IMPORT, id="a class body"),
    ],
)
def test_other_places(see: See, marked: Marked, text: str, place: Place) -> None:
    module = see(f"import asyncio\n{text}")
    assert place_of(module, marked(module)) is place


def test_a_module_that_others_import_is_no_program(see: See, marked: Marked) -> None:
    module = see("mark()", other="import main")
    assert place_of(module, marked(module)) is Place.IMPORT
    module = see(f"{GUARD}mark()", other="import main")
    assert place_of(module, marked(module)) is Place.PROGRAM


def test_a_function_is_called_from_other_files(see: See, marked: Marked) -> None:
    module = see("def f(): mark()", other="from main import f\nasync def g(): f()")
    assert place_of(module, marked(module)) is Place.LOOP
    module = see("def f(): mark()", other="from main import f\nasync def g(): f()\nf()")
    assert place_of(module, marked(module)) is Place.SYNC


@pytest.mark.parametrize(("callers", "expected"), [(4, Place.LOOP), (5, Place.SYNC)])
def test_a_few_callers_are_followed(see: See, marked: Marked, callers: int, expected: Place) -> None:
    chain = "".join(f"def f{at}(): {f'f{at - 1}' if at else 'mark'}()\n" for at in range(callers + 1))
    module = see(f"{chain}async def main(): f{callers}()")
    assert place_of(module, marked(module)) is expected


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("asyncio.run(main())", True),
        ("asyncio.Runner()", True),
        ("x.run_until_complete(main())", True),
        ("from asyncio import new_event_loop as new_event_loop\nnew_event_loop()", True),
        ("asyncio.sleep(1)", False),
        ("app.run()", False),
    ],
)
def test_who_runs_a_loop(see: See, text: str, runs: bool) -> None:
    assert runs_a_loop(see(f"import asyncio\n{text}")) is runs


def test_the_function_around_a_call(see: See, marked: Marked) -> None:
    module = see("def f(): mark()")
    assert encloses(module, marked(module)) is module.tree.body[0]
    module = see("x = lambda: mark()")
    assert encloses(module, marked(module)) is None
