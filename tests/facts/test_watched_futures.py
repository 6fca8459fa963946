"""Whether nobody can cancel a future, use by use."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.view import Module
from aiomend.facts.watched_futures import is_only_watched

See = Callable[..., Module]
MADE = "fut = asyncio.get_event_loop().create_future()"


def _is_watched(module: Module) -> bool:
    (call,) = (
        one for one in module.facts.calls if isinstance(one.func, ast.Attribute) and one.func.attr == "set_result"
    )
    assert isinstance(call.func, ast.Attribute)
    return is_only_watched(module, call.func.value)


def _variable(body: str, made: str = MADE) -> str:
    return f"import asyncio\nasync def f(x, y):\n    {made}\n    fut.set_result(1)\n{textwrap.indent(body, '    ')}\n"


@pytest.mark.parametrize(
    ("use", "is_watched"),
    [
        ("pass", True),
        ("fut.done()", True),
        ("fut.result()", True),
        ("fut.add_done_callback(x)", True),
        ("fut.cancel()", False),
        ("fut.cancel", False),
        ("x(fut.done)", False),
        ("x(fut.set_exception)", True),
        ("fut.other()", False),
        ("fut = None", True),
        ("fut: object = None", True),
        ("fut: object", True),
        ("del fut", True),
        ("fut", True),
        ("fut = x", False),
        (MADE, True),
        ("fut in x", True),
        ("x in fut", False),
        ("fut not in x", True),
        ("fut is None", True),
        ("None is not fut", True),
        ("fut == x", True),
        ("fut < x", False),
        ("if fut: pass", True),
        ("while fut: pass", True),
        ("z = 1 if fut else 2", True),
        ("z = fut if y else 2", False),
        ("not fut", True),
        ("z = fut and y", True),
        ("z = y and fut", False),
        ("z = fut or y", False),
        ("await fut", False),
        ("await asyncio.shield(fut)", True),
        ("await asyncio.wait_for(fut, 1)", False),
        ("await asyncio.gather(fut)", False),
        ("loop.run_until_complete(fut)", True),
        ("loop.run_until_complete(x, fut)", False),
        ("await asyncio.wait([fut])", True),
        ("await asyncio.wait({fut, y})", True),
        ("await asyncio.wait(list((fut, y)))", True),
        ("await asyncio.wait([*[fut], y])", True),
        ("await asyncio.wait(x(fut))", False),
        ("asyncio.wait([fut])", False),
        ("done, pending = await asyncio.wait([fut])", True),
        ("done, pending = await asyncio.wait([fut])\nif pending: pass\nlen(pending)", True),
        ("done, pending = await asyncio.wait([fut])\nwhile x in pending: pass", True),
        ("done, pending = await asyncio.wait([fut])\npending in x", False),
        ("done, pending = await asyncio.wait([fut])\nfor p in pending: p.cancel()", False),
        ("done, pending = await asyncio.wait([fut])\nx(pending)", False),
        ("pair = await asyncio.wait([fut])", False),
        ("several = [fut]\nawait asyncio.wait(several)", True),
        ("several = [fut]\nx(several)", False),
        ("several = []\nseveral.append(fut)\nawait asyncio.wait(several)", True),
        ("several = set()\nseveral.add(fut)\nawait asyncio.wait(several)", True),
        ("several = list(x)\nseveral.append(fut)\nlen(several)", True),
        ("several = x\nseveral.append(fut)\nawait asyncio.wait(several)", False),
        ("several = []\nseveral.append(fut)\nseveral.pop()", False),
        ("several = []\nz = several.append(fut)", False),
        ("several = []\nseveral += [x]\nseveral.append(fut)", True),
        ("x.append(fut)", False),
        ("x(fut)", False),
        ("z = [fut]", True),
        ("return fut", False),
        ("yield fut", False),
        ("self.fut = fut", False),
        ("alias = fut\nalias.done()", True),
        ("alias = fut\nalias.cancel()", False),
        ("alias = fut\nother = alias\nother.cancel()", False),
        ("a = b = fut", False),
        ("global alias\nalias = fut", False),
        ("def g(): fut.cancel()", False),
        ("def g(): fut.done()", True),
        ("def g(fut): fut.cancel()", True),
    ],
)
def test_a_variable(see: See, use: str, is_watched: bool) -> None:
    assert _is_watched(see(_variable(use))) is is_watched


def test_what_is_not_made_here_may_be_anybodys(see: See) -> None:
    assert not _is_watched(see(_variable("pass", "fut = x")))
    assert not _is_watched(see("def f(fut): fut.set_result(1)"))
    assert not _is_watched(see(f"import asyncio\n{MADE}\nfut.set_result(1)"))
    assert not _is_watched(see("def f(x): x().set_result(1)"))


CLASS = """\
import asyncio
class A:
    def __init__(self): self.{name} = asyncio.get_event_loop().create_future()
    def end(self): self.{name}.set_result(1)
{rest}
"""


@pytest.mark.parametrize(
    ("rest", "is_watched"),
    [
        ("", True),
        ("    def g(self): self.{name}.done()", True),
        ("    def g(self): self.{name}.cancel()", False),
        ("    def g(self): x(self.{name})", False),
        ("    async def g(self): await self.{name}", False),
        ("    async def g(self): await self.{name}\n    async def h(self): await asyncio.shield(self.g())", True),
        ("    async def g(self): await self.{name}\n    async def h(self): await self.g()", False),
        ("    def g(self): return self.{name}\n    def h(self): self.g().done()", True),
        ("    def g(self): return self.{name}\n    def h(self): self.g().cancel()", False),
        ("    def g(self): return self.{name}\n    def h(self): x(self.g)", False),
        ("    def g(self): return self.{name}", False),
        ("    @property\n    def g(self): return self.{name}\n    def h(self): self.g.done()", True),
        ("    @property\n    def g(self): return self.{name}\n    def h(self): self.g.cancel()", False),
        ("    @cached\n    def g(self): return self.{name}\n    def h(self): self.g().done()", False),
        ("    def g(self): return self.{name}\n    h = g\n    def i(self): self.g().done()", False),
        ("    def __call__(self): return self.{name}\n    def h(self): self()", False),
        ("    def g(self):\n        yield\n        return self.{name}\n    def h(self): self.g().done()", False),
        ("def f(a): a.{name}.cancel()", False),
        ("def f(a): a.{name}.done()", True),
    ],
)
def test_a_private_attribute(see: See, rest: str, is_watched: bool) -> None:
    assert _is_watched(see(CLASS.format(name="_fut", rest=rest.replace("{name}", "_fut")))) is is_watched


@pytest.mark.parametrize(
    ("rest", "is_watched"),
    [
        ("", False),
        ("    def g(self): self.fut.done()", False),
        ("    async def g(self): await asyncio.shield(self.fut)", True),
        ("    async def g(self): await asyncio.wait([self.fut])", True),
        ("    def g(self, loop): loop.run_until_complete(self.fut)", True),
        ("    async def g(self): await asyncio.shield(self.fut)\n    def h(self): self.fut.cancel()", False),
    ],
)
def test_a_public_attribute_has_to_be_waited_for_inside(see: See, rest: str, is_watched: bool) -> None:
    assert _is_watched(see(CLASS.format(name="fut", rest=rest))) is is_watched
