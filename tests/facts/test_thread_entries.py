"""Which calls run a function in another thread, and what they give it."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.thread_entries import entry_at, given_to, is_thread_run
from aiomend.facts.view import Module

See = Callable[[str], Module]
HEAD = (
    "import asyncio, concurrent.futures, contextvars, functools, multiprocessing.pool, threading, _thread\n"
    "from threading import Thread, Timer\ndef work(*a): pass\n"
)


def _reference(module: Module) -> ast.expr:
    *_, use = (one for one in module.facts.names["work"] if isinstance(one.ctx, ast.Load))
    return use


@pytest.mark.parametrize(
    ("text", "is_sure"),
    [
        ("Thread(target=work)", True),
        ("Thread(None, work)", True),
        ("Thread(work)", None),
        ("Thread(name=work)", None),
        ("Timer(1, work)", True),
        ("Timer(1, function=work)", True),
        ("Timer(work, 1)", None),
        ("_thread.start_new_thread(work, ())", True),
        ("asyncio.to_thread(work)", True),
        ("asyncio.to_thread(1, work)", None),
        ("asyncio.get_event_loop().run_in_executor(None, work)", True),
        ("asyncio.get_event_loop().run_in_executor(work, 1)", None),
        ("loop.run_in_executor(None, work)", True),
        ("loop.run_in_executor(pool, work)", False),
        ("loop.run_in_executor(concurrent.futures.ThreadPoolExecutor(), work)", True),
        ("loop.run_in_executor(concurrent.futures.ProcessPoolExecutor(), work)", None),
        ("concurrent.futures.ThreadPoolExecutor().submit(work)", True),
        ("concurrent.futures.ThreadPoolExecutor().map(work, x)", True),
        ("concurrent.futures.ProcessPoolExecutor().submit(work)", None),
        ("multiprocessing.pool.ThreadPool().imap(work, x)", True),
        ("pool.submit(work)", False),
        ("pool.submit(1, work)", None),
        ("hass.async_add_executor_job(work)", False),
        ("pool.other(work)", None),
        ("work()", None),
        ("x = work", None),
        ("print(work)", None),
        ("Thread(target=functools.partial(work, 1))", True),
        ("Thread(target=functools.partial(x, work))", None),
        ("class Mine(Thread): pass\nMine(target=work)", True),
        ("class Mine: pass\nMine(target=work)", None),
        ("def submit(x): pass\nsubmit(work)", None),
    ],
)
def test_where_a_thread_begins(see: See, text: str, is_sure: bool | None) -> None:
    module = see(f"{HEAD}{text}")
    found = entry_at(module.inference, module.facts, _reference(module))
    assert (found.is_sure if found else None) is is_sure


def test_another_process_cannot_be_given_a_function_in_a_function(see: See) -> None:
    module = see(f"{HEAD}def f(pool, loop):\n    def work(): pass\n    loop.run_in_executor(pool, work)")
    found = entry_at(module.inference, module.facts, _reference(module))
    assert found is not None
    assert found.is_sure
    module = see(f"{HEAD}def f(pool, loop):\n    loop.run_in_executor(pool, lambda: 1)")
    (function,) = (one for one in ast.walk(module.tree) if isinstance(one, ast.Lambda))
    found = entry_at(module.inference, module.facts, function)
    assert found is not None
    assert found.is_sure


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("Thread(target=work, args=(1, 2))", "1 2"),
        ("Thread(target=work, args=[1])", "1"),
        ("Thread(target=work, args=x)", ""),
        ("Thread(target=work, args=(*x, 1))", ""),
        ("Thread(target=work)", ""),
        ("Thread(None, work, None, (1,))", "1"),
        ("Thread(None, work, None)", ""),
        ("Timer(1, work, (2,))", "2"),
        ("Timer(1, work, args=(3,))", "3"),
        ("_thread.start_new_thread(work, (1,))", "1"),
        ("loop.run_in_executor(None, work, 1, 2)", "1 2"),
        ("pool.submit(work, 1)", "1"),
        ("pool.submit(work, *x)", ""),
        ("pool.submit(fn=work)", ""),
        ("asyncio.to_thread(work, 1)", "1"),
        ("pool.map(work, 1)", ""),
        ("work(1)", ""),
        ("x = work", ""),
    ],
)
def test_what_it_is_given(see: See, text: str, given: str) -> None:
    module = see(f"{HEAD}{text}")
    assert " ".join(map(ast.unparse, given_to(module.facts, _reference(module)))) == given


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("class A(Thread):\n    def run(self): pass", True),
        ("class A(Timer):\n    def run(self): pass", True),
        ("class B(Thread): pass\nclass A(B):\n    def run(self): pass", True),
        ("class A(Thread):\n    def other(self): pass", False),
        ("class A:\n    def run(self): pass", False),
        ("class A(x):\n    def run(self): pass", False),
        ("def run(): pass", False),
    ],
)
def test_the_body_of_a_thread_class(see: See, text: str, is_one: bool) -> None:
    module = see(f"{HEAD}{text}")
    *_, function = module.facts.functions
    assert is_thread_run(module.inference, module.facts, function) is is_one
