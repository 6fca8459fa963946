"""What decorators do with the generator function under them."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.generator_decorators import Kind, effect_of
from aiomend.facts.view import Module

See = Callable[..., Module]
HEAD = "import abc, asyncio, click, functools, pytest, typing, unittest\nfrom aiohttp import web\nfrom aiohttp.test_utils import unittest_run_loop\nroutes = web.RouteTableDef()\n"


@pytest.mark.parametrize(
    ("text", "kind", "uses"),
    [
        ("", Kind.SAME, ""),
        ("@staticmethod", Kind.SAME, ""),
        ("@abc.abstractmethod", Kind.SAME, ""),
        ("@functools.wraps(x)", Kind.SAME, ""),
        ("@click.command()", Kind.SAME, ""),
        ("@typing.no_type_check", Kind.SAME, ""),
        ("@pytest.mark.skip", Kind.SAME, ""),
        ("@unittest.skipIf(x, 'y')", Kind.SAME, ""),
        ("@x", Kind.UNKNOWN, ""),
        ("@property", Kind.UNKNOWN, ""),
        ("@staticmethod\n@x", Kind.UNKNOWN, ""),
        ("@x\n@staticmethod", Kind.UNKNOWN, ""),
        ("@unittest_run_loop", Kind.RUN, "RUN"),
        ("@pytest.mark.asyncio", Kind.RUN, "RUN"),
        ("@routes.get('/')", Kind.RUN, "RUN"),
        ("@x\n@pytest.mark.asyncio", Kind.RUN, "RUN"),
        ("@pytest.mark.asyncio\n@x", Kind.UNKNOWN, ""),
        ("@keep", Kind.SAME, ""),
        ("@run", Kind.RUN, "RUN"),
        ("@keep\n@run", Kind.RUN, "RUN"),
        ("@delegate", Kind.SAME, "DELEGATED"),
        ("@step", Kind.UNKNOWN, "STEPPED"),
        ("@nothing", Kind.UNKNOWN, ""),
        ("@B().keep", Kind.SAME, ""),
        ("@B.still", Kind.SAME, ""),
    ],
)
def test_their_effect(see: See, text: str, kind: Kind, uses: str) -> None:
    deco = (
        "def keep(f): return f\n"
        "def run(f):\n  def w(): asyncio.get_event_loop().run_until_complete(f())\n  return w\n"
        "def delegate(f):\n  def w(): return (yield from f())\n  return w\n"
        "def step(f):\n  def w(): return next(f())\n  return w\n"
        "def nothing(): pass\n"
        "class B:\n  def keep(self, f): return f\n  @staticmethod\n  def still(f): return f\n"
    )
    module = see(f"{HEAD}{deco}{text}\ndef work(): yield\n")
    function = next(one for one in module.facts.functions if one.name == "work")
    assert isinstance(function, ast.FunctionDef)
    effect = effect_of(module, function)
    assert (effect.kind, " ".join(one.verdict.name for one in effect.uses)) == (kind, uses)
    assert (effect.decorator is not None) is (kind is Kind.UNKNOWN)


def test_those_above_one(see: See) -> None:
    module = see(f"{HEAD}@pytest.mark.asyncio\n@asyncio.coroutine\n@x\ndef work(): yield\n")
    (function,) = module.facts.functions
    assert isinstance(function, ast.FunctionDef)
    assert effect_of(module, function, above=function.decorator_list[1]).kind is Kind.RUN
    assert effect_of(module, function, above=function.decorator_list[0]).kind is Kind.SAME
    assert effect_of(module, function).kind is Kind.UNKNOWN


HOOK = "def pytest_pyfunc_call(item):\n  if 'run_loop' in item.keywords: loop.run_until_complete(item())\n"


@pytest.mark.parametrize(
    ("mark", "hook", "kind"),
    [
        ("@pytest.mark.run_loop", HOOK, Kind.RUN),
        ("@pytest.mark.other", HOOK, Kind.SAME),
        ("@pytest.mark.run_loop", HOOK.replace("pytest_pyfunc_call", "pytest_other"), Kind.SAME),
        ("@pytest.mark.run_loop", HOOK.replace("run_until_complete", "other"), Kind.SAME),
        ("@pytest.mark.run_loop", f"# pytest_pyfunc_call\n{HOOK.replace('pytest_pyfunc_call', 'f')}", Kind.SAME),
        ("@pytest.mark.run_loop", f"def other(): pass\n{HOOK}", Kind.RUN),
        ("@pytest.mark.run_loop.x", HOOK, Kind.SAME),
    ],
)
def test_a_mark_that_a_hook_of_the_project_knows(see: See, mark: str, hook: str, kind: Kind) -> None:
    module = see(f"{HEAD}{mark}\ndef work(): yield\n", conftest=hook)
    (function,) = module.facts.functions
    assert isinstance(function, ast.FunctionDef)
    assert effect_of(module, function).kind is kind
