"""Locks of threads that are held at a place: by a block around it, and by what was called before it."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.held_locks import held_lock
from aiomend.facts.view import Module

See = Callable[..., Module]


def _probe(module: Module) -> ast.Call:
    return next(c for c in module.facts.calls if isinstance(c.func, ast.Name) and c.func.id == "probe")


@pytest.mark.parametrize(
    ("text", "held"),
    [
        pytest.param("async def f():\n    async with lock:\n        probe()", False, id="an asyncio lock"),
        pytest.param(
            "import asyncio\nlock = asyncio.Lock()\nasync def f():\n    with lock:\n        probe()",
            False,
            id="known as asyncio's",
        ),
        pytest.param("async def f():\n    with block:\n        probe()", False, id="a name that only ends like one"),
        pytest.param("async def f():\n    with lock:\n        def g(): probe()", False, id="another function"),
        pytest.param(
            "async def f():\n    with clock.write():\n        probe()", False, id="a receiver that only ends so"
        ),
        pytest.param("async def f():\n    with self._lock:\n        probe()", True, id="called a lock"),
        pytest.param(
            "async def f():\n    with self.files_lock.write():\n        probe()", True, id="one of its methods"
        ),
        pytest.param("async def f():\n    with FileLock('x'):\n        probe()", True, id="a lock of processes"),
        pytest.param(
            "class Turns:\n    def read(self): ...\nasync def f(rwlock: Turns):\n    with rwlock.read():\n        probe()",
            True,
            id="of a class of the project",
        ),
        pytest.param(
            "import threading\nx = threading.RLock()\nasync def f():\n    with x:\n        probe()",
            True,
            id="known as one",
        ),
        pytest.param("async def f():\n    await lock.acquire()\n    probe()", False, id="acquired in a coroutine"),
        pytest.param("async def f():\n    lock.acquire()\n    lock.release()\n    probe()", False, id="released again"),
        pytest.param("async def f():\n    probe()\n    lock.acquire()", False, id="acquired later"),
        pytest.param(
            "async def f():\n    def g(): lock.acquire()\n    probe()", False, id="acquired by another function"
        ),
        pytest.param("async def f():\n    slot.acquire()\n    probe()", False, id="not known, and not called a lock"),
        pytest.param("async def f():\n    self._lock.acquire()\n    probe()", True, id="acquired"),
        pytest.param(
            "from threading import RLock as R\nx = R()\nasync def f():\n    if not x.acquire(timeout=1):\n        return\n    probe()",
            True,
            id="acquired by a test, of a type under another name",
        ),
        pytest.param(
            "async def f():\n    lock.acquire()\n    if x:\n        lock.release()\n        return\n    probe()",
            True,
            id="released where the function ends",
        ),
        pytest.param("async def f(): lock.acquire(); probe(); lock.release()", True, id="in one line"),
        pytest.param(
            "async def f():\n    with ExitStack() as stack:\n        stack.enter_context(page)\n        probe()",
            False,
            id="something else on an exit stack",
        ),
        pytest.param(
            "async def f():\n    with ExitStack() as stack:\n        stack.enter_context(lock)\n    probe()",
            False,
            id="on an exit stack that has ended",
        ),
        pytest.param(
            "async def f():\n    with ExitStack() as stack:\n        stack.enter_context(lock)\n        probe()",
            True,
            id="on an exit stack",
        ),
        pytest.param(
            "async def f():\n    async with AsyncExitStack() as stack:\n        x = stack.enter_context(lock)\n        probe()",
            True,
            id="on an exit stack of a coroutine",
        ),
        pytest.param(
            "import contextlib\n@contextlib.contextmanager\ndef turn():\n    with lock: pass\n    yield\n"
            "async def f():\n    with turn():\n        probe()",
            False,
            id="a context manager that has released it by then",
        ),
        pytest.param(
            "import contextlib\n@contextlib.contextmanager\ndef turn():\n    with lock:\n        yield\n"
            "async def f():\n    with turn():\n        probe()",
            True,
            id="a context manager that holds it",
        ),
        pytest.param(
            "from contextlib import contextmanager\nclass A:\n    @contextmanager\n    def turn(self):\n        with self._lock:\n"
            "            yield\n    async def f(self):\n        with self.turn() as x:\n            probe()",
            True,
            id="a method that is a context manager",
        ),
    ],
)
def test_a_held_lock(see: See, text: str, held: bool) -> None:
    module = see(text)
    assert (held_lock(module, _probe(module)) is not None) is held
