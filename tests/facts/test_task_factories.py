"""What makes tasks in a project and may give none of asyncio's."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aiomend.facts.task_factories import doubt_of_task, factory_keeps_tasks
from aiomend.facts.tasks import made_tasks
from aiomend.facts.view import Module

See = Callable[..., Module]
HEAD = "import asyncio\nasync def job(): pass\n"


def _doubt(see: See, text: str, **others: str) -> str | None:
    module = see(f"{HEAD}{text}\nasyncio.create_task(job())\n", **others)
    *_, made = made_tasks(module)
    return doubt_of_task(module, made)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "loop.set_task_factory",
        "loop.set_task_factory()",
        "loop.set_task_factory(x, y)",
        "x(loop.set_task_factory)",
        "loop.set_task_factory(None)",
        "loop.set_task_factory(asyncio.eager_task_factory)",
        "loop.set_task_factory(asyncio.create_eager_task_factory(x))",
        "loop.set_task_factory(asyncio.Task)",
        "def make(loop, coro): return asyncio.Task(coro)\nloop.set_task_factory(make)",
        "loop.set_task_factory(lambda loop, coro: asyncio.Task(coro))",
    ],
)
def test_they_are_tasks(see: See, text: str) -> None:
    assert _doubt(see, text) is None


@pytest.mark.parametrize(
    "text",
    [
        "loop.set_task_factory(x)",
        "loop.set_task_factory(1)",
        "loop.set_task_factory(x())",
        "loop.set_task_factory(asyncio.Future)",
        "def make(loop, coro): return x(coro)\nloop.set_task_factory(make)",
        "def make(loop, coro): return asyncio.Future()\nloop.set_task_factory(make)",
        "def make(loop, coro): return asyncio.Task(coro) if x else y\nloop.set_task_factory(make)",
        "loop.set_task_factory(None)\nloop.set_task_factory(x)",
    ],
)
def test_they_may_be_something_else(see: See, text: str) -> None:
    doubt = _doubt(see, text)
    assert doubt is not None
    assert doubt.endswith("sets a task factory, and what it makes may have no `add_done_callback`")


def test_another_file_sets_it(see: See) -> None:
    doubt = _doubt(see, "", other="loop.set_task_factory(x)")
    assert doubt == "other.py:1 sets a task factory, and what it makes may have no `add_done_callback`"


def test_a_test_puts_something_in_its_place(see: See) -> None:
    doubt = _doubt(see, "", test_main="patch('asyncio.create_task')")
    assert doubt is not None
    assert doubt.startswith("something in the project is put in the place of `create_task`")


@pytest.mark.parametrize(
    ("text", "is_doubtful"),
    [
        ("def f(coro): asyncio.create_task(coro)", False),
        ("from asyncio import create_task as spawn\ndef f(coro): spawn(coro)", False),
        ("coro = job()\nasyncio.ensure_future(coro)", False),
        ("def f(coro): asyncio.ensure_future(coro)\nf(job())", False),
        ("asyncio.ensure_future(job())", False),
        ("asyncio.Task(x.read())", False),
        ("asyncio.ensure_future(x.read())", True),
        ("def f(coro): asyncio.ensure_future(coro)", True),
        ("from asyncio import ensure_future as later\ndef f(some): later(some[0])", True),
        ("class A:\n  def f(self): asyncio.ensure_future(self.client.closed)", True),
        ("def f(coro): asyncio.ensure_future(coro)\nf(job())\nf(asyncio.Future())", True),
    ],
)
def test_a_future_that_others_have(see: See, text: str, is_doubtful: bool) -> None:
    module = see(HEAD + text)
    *_, made = made_tasks(module)
    assert (doubt_of_task(module, made) is not None) is is_doubtful


KEEPS = "def make(loop, coro):\n  t = asyncio.Task(coro)\n  ts.add(t)\n  t.add_done_callback(ts.discard)\n  return t\n"


@pytest.mark.parametrize(
    ("text", "others", "keeps"),
    [
        ("", {}, False),
        (KEEPS, {}, False),
        ("loop.set_task_factory(x)", {}, False),
        ("def make(loop, coro): return asyncio.Task(coro)\nloop.set_task_factory(make)", {}, False),
        ("", {"test_it": f"import asyncio\n{KEEPS}loop.set_task_factory(make)"}, False),
        (f"{KEEPS}loop.set_task_factory(make)", {}, True),
        ("", {"other": f"import asyncio\n{KEEPS}loop.set_task_factory(make)"}, True),
    ],
)
def test_a_factory_that_keeps_its_tasks(see: See, text: str, others: dict[str, str], keeps: bool) -> None:
    assert factory_keeps_tasks(see(HEAD + text, **others)) is keeps
