"""What form a function has, which generators a call may make, and which names are of coroutine functions alone."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.generator_coroutines import (
    Body,
    Form,
    calls_generator_lambda,
    form_of,
    is_called_by_language,
    names_only_coroutines,
    plain_generators,
)
from aiomend.facts.view import Module

See = Callable[..., Module]
Marked = Callable[[Module], ast.Call]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("def f(): pass", Form.ORDINARY),
        ("def f():\n  def g(): yield", Form.ORDINARY),
        ("@x\ndef f(): pass", Form.ORDINARY),
        ("def f(): yield", Form.GENERATOR),
        ("@x\ndef f(): yield", Form.GENERATOR),
        ("async def f(): pass", Form.NATIVE),
        ("async def f(): yield", Form.NATIVE),
        ("@asyncio.coroutine\ndef f(): yield", Form.DECORATED),
        ("@asyncio.coroutine\ndef f(): pass", Form.DECORATED),
        ("@x\n@asyncio.coroutine\ndef f(): yield", Form.DECORATED),
        ("@types.coroutine\ndef f(): yield", Form.MARKED),
        ("from asyncio import coroutine as c\n@c\ndef f(): yield", Form.DECORATED),
    ],
)
def test_the_form_of_a_function(see: See, text: str, form: Form) -> None:
    module = see(f"import asyncio, types\n{text}")
    assert form_of(module.inference, module.facts, module.facts.functions[0]) is form


@pytest.mark.parametrize(
    ("name", "is_called"),
    [
        ("work", False),
        ("__work", False),
        ("work__", False),
        ("__aenter__", False),
        ("__anext__", False),
        ("__call__", False),
        ("__iter__", True),
        ("__aiter__", True),
    ],
)
def test_what_the_language_calls(name: str, is_called: bool) -> None:
    assert is_called_by_language(name) is is_called


def test_the_first_reason_stays() -> None:
    body = Body()
    for reason in (None, "one", "two"):
        body.breaks(reason)
    assert body.reason == "one"


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ("x", ""),
        ("x()", ""),
        ("gen", ""),
        ("plain()", ""),
        ("old()", ""),
        ("native()", ""),
        ("gen()", "gen"),
        ("gen() if x else other()", "gen other"),
        ("gen() if x else y", "gen"),
        ("(gen if x else other)()", "gen other"),
        ("(gen if x else y)()", "gen"),
        ("[gen()]", ""),
    ],
)
def test_plain_generators(see: See, marked: Marked, given: str, names: str) -> None:
    head = "import asyncio\ndef gen(): yield\ndef other(): yield\ndef plain(): pass\n@asyncio.coroutine\ndef old(): yield\nasync def native(): yield\n"
    module = see(f"{head}mark({given})")
    found = plain_generators(module, marked(module).args[0])
    assert sorted(getattr(one.node, "name", "") for one in found) == names.split()


@pytest.mark.parametrize(
    ("given", "is_one"),
    [
        ("x()", False),
        ("(lambda: 1)()", False),
        ("(lambda: (yield))", False),
        ("(lambda: (yield))()", True),
        ("(lambda: (yield from x))()", True),
    ],
)
def test_calls_of_lambdas_that_yield(see: See, marked: Marked, given: str, is_one: bool) -> None:
    module = see(f"mark({given})")
    assert calls_generator_lambda(module, marked(module).args[0]) is is_one


@pytest.mark.parametrize(
    ("text", "given", "only"),
    [
        ("", "x.work()", False),
        ("async def work(): pass", "x.work()", False),
        ("class A:\n  def work(self): pass", "x.work()", False),
        ("class A:\n  async def work(self): pass\nclass B:\n  def work(self): pass", "x.work()", False),
        ("class A:\n  async def work(self): pass\ndef work(): pass", "x.work()", False),
        ("class A:\n  def work(self): yield", "x.work()", False),
        ("class A:\n  async def work(self): pass", "work()", False),
        ("class A:\n  async def work(self): pass", "x.work", False),
        ("class A:\n  async def work(self): pass", "x.work()", True),
        ("class A:\n  @asyncio.coroutine\n  def work(self): pass", "x.work()", True),
        ("class A:\n  @types.coroutine\n  def work(self): yield", "x.work()", True),
        ("class A:\n  async def work(self): pass\nasync def work(): pass", "x.work()", True),
    ],
)
def test_a_name_of_coroutine_functions_alone(see: See, marked: Marked, text: str, given: str, only: bool) -> None:
    module = see(f"import asyncio, types\n{text}\nmark({given})")
    assert names_only_coroutines(module, marked(module).args[0]) is only


def test_one_of_them_may_be_left_out(see: See, marked: Marked) -> None:
    module = see("class A:\n  async def work(self): pass\nclass B:\n  def work(self): pass\nmark(x.work())")
    plain = next(one for one in module.facts.functions if isinstance(one, ast.FunctionDef))
    assert names_only_coroutines(module, marked(module).args[0], plain)
