"""Which tasks are made, what becomes of them, and whether anybody can hear of their exceptions."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.consumers import unattended_tasks, unheard_tasks
from aiomend.facts.tasks import made_tasks
from aiomend.facts.view import Module

See = Callable[..., Module]
HEAD = "import asyncio\nasync def job(): await x()\n"
MADE = "asyncio.create_task(job())"


@pytest.mark.parametrize(
    ("call", "is_made"),
    [
        ("asyncio.create_task(job())", True),
        ("asyncio.ensure_future(job())", True),
        ("asyncio.Task(job())", True),
        ("asyncio.get_event_loop().create_task(job())", True),
        ("loop.create_task(job())", True),
        ("x.create_task(job())", False),
        ("asyncio.create_task(coro=job())", True),
        ("asyncio.create_task()", False),
        ("asyncio.create_task(*x)", False),
        ("asyncio.create_task(name='x')", False),
        ("asyncio.ensure_future(loop.run_in_executor(None, x))", False),
        ("asyncio.ensure_future(x.run_in_executor(None, x))", True),
        ("asyncio.ensure_future(loop.create_future())", False),
        ("asyncio.ensure_future(asyncio.Future())", False),
        ("asyncio.gather(job(), job())", True),
        ("asyncio.gather(job(), x)", False),
        ("asyncio.gather()", False),
        ("asyncio.sleep(1)", False),
        ("from asyncio import create_task as go\ngo(job())", True),
        ("go = asyncio.ensure_future\ngo(job())", True),
        ("from other import create_task\ncreate_task(job())", False),
        ("create_task(job())", False),
    ],
)
def test_what_makes_a_task(see: See, call: str, is_made: bool) -> None:
    assert bool(list(made_tasks(see(f"{HEAD}{call}")))) is is_made


@pytest.mark.parametrize(
    ("statement", "fate", "name"),
    [
        (MADE, "NOTHING", ""),
        (f"x and {MADE}", "NOTHING", ""),
        (f"{MADE} if x else None", "NOTHING", ""),
        (f"x if {MADE} else None", "HELD", ""),
        (f"[{MADE} for _ in x]", "NOTHING", ""),
        (f"{{{MADE} for _ in x}}", "NOTHING", ""),
        (f"({MADE} for _ in x)", "HELD", ""),
        (f"[1 for _ in x if {MADE}]", "HELD", ""),
        (f"({MADE}, {MADE})", "NOTHING", ""),
        (f"[{MADE}]", "NOTHING", ""),
        (f"_ = {MADE}", "UNDERSCORE", "_"),
        (f"t = {MADE}", "UNREAD", "t"),
        (f"t: object = {MADE}", "UNREAD", "t"),
        (f"t = {MADE} if x else None", "UNREAD", "t"),
        (f"t = [{MADE}]", "HELD", ""),
        (f"t = u = {MADE}", "HELD", ""),
        (f"t = {MADE}\nprint(t)", "HELD", ""),
        (f"t = {MADE}\ndel t", "HELD", ""),
        (f"t = {MADE}\nlocals()", "HELD", ""),
        (f"t = {MADE}\nx.locals()", "UNREAD", "t"),
        (f"t = {MADE}\ndef g(): print(t)", "HELD", ""),
        (f"t = {MADE}\ndef g(t): print(t)", "UNREAD", "t"),
        (f"self.t = {MADE}", "HELD", ""),
        (f"await {MADE}", "HELD", ""),
        (f"return {MADE}", "HELD", ""),
        (f"x({MADE})", "HELD", ""),
        (f"loop.call_soon(lambda: {MADE})", "NOTHING", ""),
        (f"loop.call_later(1, lambda: {MADE})", "NOTHING", ""),
        (f"loop.call_soon(lambda: [{MADE}])", "HELD", ""),
        (f"loop.run(lambda: {MADE})", "HELD", ""),
        (f"loop.call_soon(x=lambda: {MADE})", "HELD", ""),
        (f"g = lambda: {MADE}", "HELD", ""),
    ],
)
def test_what_becomes_of_a_task(see: See, statement: str, fate: str, name: str) -> None:
    module = see(f"{HEAD}async def f():\n{textwrap.indent(statement, '    ')}\n")
    first = made_tasks(module)[0]
    assert (first.fate.name, first.name) == (fate, name)


def test_at_the_top_of_a_file_others_may_read_the_name(see: See) -> None:
    (made,) = made_tasks(see(f"{HEAD}t = {MADE}\n"))
    assert (made.fate.name, made.name) == ("HELD", "t")


def _holders(see: See, text: str, **others: str) -> list[str]:
    return [one.holder for one in unattended_tasks(see(f"{HEAD}{text}", **others))]


KEEP = f"    t = {MADE}\n    tasks.add(t)\n"


@pytest.mark.parametrize(
    ("text", "holders"),
    [
        pytest.param(f"tasks = set()\ndef f():\n{KEEP}", ["tasks"], id="kept"),
        pytest.param(f"tasks = set()\ndef f():\n{KEEP}    t.add_done_callback(tasks.discard)", ["tasks"], id="until done"),
        pytest.param(f"tasks = set()\ndef f():\n{KEEP}    t.add_done_callback(lambda t: tasks.remove(t))", ["tasks"], id="λ"),
        pytest.param(f"tasks = set()\ndef f():\n{KEEP}    t.add_done_callback(x)", [], id="a callback may ask"),
        pytest.param(f"tasks = set()\ndef f():\n{KEEP}    t.add_done_callback(lambda t: x(t))", [], id="so may a lambda"),
        pytest.param(f"tasks = set()\ndef f():\n{KEEP}    t.set_name('x')", ["tasks"], id="its name is set"),
        pytest.param(f"tasks = set()\ndef f():\n{KEEP}    t.result()", [], id="its result is asked for"),
        pytest.param(f"tasks = set()\ndef f():\n{KEEP}    x(t)", [], id="somebody gets it"),
        pytest.param(f"tasks = more = set()\ndef f():\n{KEEP}    more.add(t)", [], id="two collections"),
        pytest.param(f"tasks = set()\ndef f(t):\n{KEEP}", [], id="another thing by that name"),
        pytest.param(f"tasks = set()\ndef f():\n    t = {MADE}\n    if x: tasks.add(t)", [], id="on some ways"),
        pytest.param(f"def f():\n    tasks = set()\n{KEEP}", [], id="a collection of the function"),
        pytest.param(f"def f():\n{KEEP}", [], id="a collection that nobody knows"),
        pytest.param(f"tasks = set()\ndef f():\n{KEEP}len(tasks)", ["tasks"], id="counted"),
        pytest.param(f"tasks = set()\ndef f():\n{KEEP}if tasks: pass\nnot tasks", ["tasks"], id="tested"),
        pytest.param(f"tasks = set()\ndef f():\n{KEEP}tasks.clear()", ["tasks"], id="emptied"),
        pytest.param(f"tasks = set()\ndef f():\n{KEEP}tasks.pop()", [], id="taken out"),
        pytest.param(f"tasks = set()\ndef f():\n{KEEP}for t in tasks: t.cancel()", ["tasks"], id="cancelled"),
        pytest.param(f"tasks = set()\ndef f():\n{KEEP}for t in list(tasks): t.cancel()", ["tasks"], id="a copy is"),
        pytest.param(f"tasks = set()\ndef f():\n{KEEP}for t in tasks: x(t)", [], id="each is handed on"),
        pytest.param(f"tasks = set()\ndef f():\n{KEEP}for t in x(tasks): t.cancel()", [], id="all are handed on"),
        pytest.param(f"tasks = set()\ndef f():\n{KEEP}await_(*tasks)", [], id="all are given away"),
        pytest.param(f"t = {MADE}", ["t"], id="a global"),
        pytest.param(f"t = {MADE}\nt.cancel()", ["t"], id="a global that is cancelled"),
        pytest.param(f"t = {MADE}\nt.result()", [], id="a global that is asked"),
        pytest.param(f"t = {MADE}\nif t is not None: pass", ["t"], id="a global that is looked for"),
        pytest.param(f"t = {MADE}\nif t is x: pass", [], id="a global that is compared"),
        pytest.param(f"t = {MADE}\nif t and not t.done(): t.cancel()", ["t"], id="a global that is cancelled in time"),
        pytest.param(f"t = {MADE}\nz = x and t", [], id="a global that comes out of a test"),
        pytest.param(f"t = {MADE}\nif x or t: pass", ["t"], id="a global in a test"),
        pytest.param(f"t = {MADE}\ndel t", ["t"], id="a global that is deleted"),
        pytest.param(f"t = {MADE}\nt.cancel", [], id="its method is handed on"),
        pytest.param(f"_ = {MADE}", [], id="an underscore"),
        pytest.param(f"t = {MADE}\nasync def g(): await asyncio.gather(*asyncio.all_tasks())", [], id="all are waited for"),
        pytest.param(f"t = {MADE}\nfor x in asyncio.all_tasks(): await asyncio.wait([x])", [], id="each is waited for"),
        pytest.param(
            f"t = {MADE}\nasync def g():\n    for x in asyncio.all_tasks(): x.cancel()\n    await asyncio.gather(*asyncio.all_tasks())",
            ["t"],
            id="all are waited for after they were cancelled",
        ),
        pytest.param(f"class A:\n    def f(self): self._t = {MADE}", ["self._t"], id="a private attribute"),
        pytest.param(f"class A:\n    def f(self): self.t = {MADE}", [], id="a public attribute"),
        pytest.param(f"class A:\n    def f(self): self.x._t = {MADE}", [], id="an attribute of another"),
        pytest.param(f"class A:\n    _t = Field()\n    def f(self): self._t = {MADE}", [], id="a descriptor"),
        pytest.param(
            f"class A:\n    def f(self): self._t = {MADE}\n    def g(self): self._t.cancel()", ["self._t"], id="cancelled"
        ),
        pytest.param(
            f"class A:\n    def f(self): self._t = {MADE}\n    async def g(self): await self._t", [], id="awaited"
        ),
    ],
)  # fmt: skip
def test_who_keeps_what_nobody_waits_for(see: See, text: str, holders: list[str]) -> None:
    assert _holders(see, text) == holders


@pytest.mark.parametrize(
    ("other", "holders"),
    [
        ("from main import t", []),
        ("import main\nmain.t", []),
        ("from main import *", []),
        ("t = 1", []),
        ("x = 1", ["t"]),
    ],
)
def test_a_global_that_others_may_read(see: See, other: str, holders: list[str]) -> None:
    assert _holders(see, f"t = {MADE}", other=f"{other}  # t") == holders


@pytest.mark.parametrize(("name", "holders"), [("t", []), ("_t", ["_t"])])
def test_a_global_of_a_package(see: See, name: str, holders: list[str]) -> None:
    module = see("", **{"app/__init__": "", "app/jobs": f"{HEAD}{name} = {MADE}\n"}).beside("app/jobs.py")
    assert module is not None
    assert [one.holder for one in unheard_tasks(module)] == holders


@pytest.mark.parametrize(
    ("body", "is_heard"),
    [
        ("await x()", False),
        ("try: await x()\nexcept Exception: pass", True),
        ("try: await x()\nexcept: pass", True),
        ("try: await x()\nexcept (OSError, BaseException): pass", True),
        ("try: await x()\nexcept OSError: pass", False),
        ("try: await x()\nexcept Exception: raise", False),
        ("'text'\ntry: await x()\nexcept Exception: pass", True),
        ("try: await x()\nexcept Exception: pass\nawait y()", False),
        ("while y:\n    try: await x()\n    except Exception: pass", True),
        ("while y: await x()", False),
        ("while True:\n    try: await x()\n    except Exception: pass\n    await asyncio.sleep(1)", True),
        ("while True:\n    try: await x()\n    except Exception: pass\n    await x.wait(1)", False),
        ("if y:\n    try: await x()\n    except Exception: pass\nelse: return", True),
        ("if y: pass\nelse: await x()", False),
        ("for y in z:\n    try: await x()\n    except Exception: pass", True),
        ("for y in z(): pass", False),
        ("for y in range(z): pass", True),
        ("for y in range(z()): pass", False),
        ("for y in z.items(): pass", True),
        ("for y in z().items(): pass", False),
        ("for y in z.more(): pass", False),
        ("for y in itertools.count(): pass", True),
        ("for y in enumerate(list(z)): await x()", False),
        ("y = 1\nz = y\nz = self.y\nimport x\nfrom x import y\nglobal q", True),
        ("y = x()", False),
        ("log.info('x')\nlog.error('y')", True),
        ("log.other('x')", False),
        ("return", True),
        ("return y", True),
        ("return y()", True),
        ("return await x()", False),
        ("return y or await x()", False),
        ("while await x(): pass", False),
        ("if await x(): pass", False),
        ("try: x()\nexcept Exception: await y()", False),
        ("try: x()\nexcept Exception: await asyncio.sleep(1)", True),
        ("try: x()\nexcept Exception: log(y)\nelse: z()", True),
        ("try: x()\nexcept Exception:\n    async with y: pass", False),
        ("try: x()\nexcept Exception:\n    try: await y()\n    except Exception: pass", True),
        ("try: x()\nexcept Exception:\n    async def z(): await y()", True),
        ("try: x()\nexcept Exception: pass\nelse: await y()", False),
        ("try: x()\nexcept Exception: pass\nfinally: await y()", True),
        ("pass", True),
    ],
)
def test_what_handles_its_own_exceptions(see: See, body: str, is_heard: bool) -> None:
    module = see(f"import asyncio\nasync def job():\n{textwrap.indent(body, '    ')}\nt = {MADE}\n")
    assert bool(list(unheard_tasks(module))) is not is_heard
