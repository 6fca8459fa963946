"""What can be awaited: instances of the project's classes, and whatever else a value is."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.awaitable_classes import can_be_awaited, is_awaited_otherwise, is_waited_for
from aiomend.facts.values import ProjectClass
from aiomend.facts.view import Module

See = Callable[..., Module]
Marked = Callable[[Module], ast.Call]
HEAD = "import asyncio, aiohttp.web, collections, concurrent.futures, threading, typing, types, unittest\n"


def _class(module: Module, name: str = "A") -> ProjectClass:
    return next(ProjectClass(module.facts, one) for one in module.facts.classes if one.name == name)


@pytest.mark.parametrize(
    ("text", "can"),
    [
        ("class A: pass", False),
        ("class A(object): pass", False),
        ("class A(Exception): pass", False),
        ("class A(threading.Thread): pass", False),
        ("class A(typing.NamedTuple): pass", False),
        ("class A(unittest.TestCase): pass", False),
        ("class A(asyncio.Protocol): pass", False),
        ("class A(aiohttp.web.Response): pass", False),
        ("class A(aiohttp.web.HTTPFound): pass", False),
        ("class A(aiohttp.web.StreamResponse, threading.Thread): pass", False),
        ("class B: pass\nclass A(B): pass", False),
        ("class A: pass\nclass B(A): pass", False),
        ("class A:\n  def __await__(self): pass", True),
        ("class A:\n  __await__ = x", True),
        ("class B:\n  def __await__(self): pass\nclass A(B): pass", True),
        ("class A: pass\nA.__await__ = x", True),
        ("class A(asyncio.Future): pass", True),
        ("class A(asyncio.Task): pass", True),
        ("class A(typing.Awaitable): pass", True),
        ("class A(collections.abc.Coroutine): pass", True),
        ("class A(x, asyncio.Future): pass", None),
        ("class A(threading.Thread, asyncio.Future): pass", True),
        ("class A(x): pass", None),
        ("class A(x):\n  def __await__(self): pass", True),
        ("class A(aiohttp.web.Application): pass", None),
        ("class A(asyncio.Queue): pass", None),
        ("class A(types.SimpleNamespace): pass", None),
        ("class A(int, x): pass", None),
        ("class A: pass\nclass B(A):\n  def __await__(self): pass", None),
        ("class C:\n  def __await__(self): pass\nclass A: pass\nclass B(A, C): pass", None),
        ("class A: pass\nx.__await__ = y", None),
        ("class A: pass\nsetattr(x, '__await__', y)", None),
        ("class A: pass\nsetattr(x, '__other__', y)", False),
        ("class A: pass\nx.__await__()", False),
    ],
)
def test_instances_of_a_class(see: See, text: str, can: bool | None) -> None:
    module = see(HEAD + text)
    assert can_be_awaited(module, _class(module)) is can


def test_another_file_gives_a_method_later(see: See) -> None:
    module = see("class A: pass", other="import main\nmain.x.__await__ = 1")
    assert can_be_awaited(module, _class(module)) is None


@pytest.mark.parametrize(
    ("body", "otherwise"),
    [
        ("pass", False),
        ("def __await__(self): yield", False),
        ("def __await__(self): return self", False),
        ("def __await__(self): return x().__await__()", False),
        ("__await__ = __iter__ = x", False),
        ("def __await__(self): return x", True),
        ("def __await__(self): return iter(x)", True),
        ("def __await__(self):\n    if x: return self\n    return x", True),
        ("def __await__(self): return x().__iter__()", True),
    ],
)
def test_what_awaiting_goes_through(see: See, body: str, otherwise: bool) -> None:
    module = see(f"class B:\n  {body}\nclass A(B): pass")
    assert is_awaited_otherwise(module, _class(module)) is otherwise


@pytest.mark.parametrize(
    ("value", "is_it"),
    [
        ("x", None),
        ("None", False),
        ("1", False),
        ("[1]", False),
        ("(1, 2)", False),
        ("print", None),
        ("len", None),
        ("plain", False),
        ("asyncio.sleep", None),
        ("A", False),
        ("A()", False),
        ("W()", True),
        ("job()", True),
        ("asyncio.sleep(1)", True),
        ("asyncio.Future()", True),
        ("asyncio.create_task(job())", True),
        ("asyncio.Queue()", False),
        ("asyncio.Lock()", None),
        ("asyncio.Semaphore()", None),
        ("threading.Lock()", False),
        ("concurrent.futures.ThreadPoolExecutor()", False),
        ("aiohttp.web.Response()", False),
    ],
)
def test_values(see: See, marked: Marked, value: str, is_it: bool | None) -> None:
    head = f"{HEAD}def plain(): pass\nasync def job(): pass\nclass A: pass\nclass W:\n  def __await__(self): yield\n"
    module = see(f"{head}mark({value})")
    (found,) = module.values(marked(module).args[0])
    assert is_waited_for(module, found) is is_it
