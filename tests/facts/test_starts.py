"""Where a program first runs its loop, and what has run by then."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable

import pytest

from aiomend.api import MemorySources
from aiomend.facts.inference import Inference
from aiomend.facts.project import ProjectFacts
from aiomend.facts.starts import before, starts
from aiomend.facts.threads import Threads
from aiomend.facts.view import Module
from aiomend.settings import Settings

See = Callable[..., Module]
Marked = Callable[[Module], ast.Call]
HEAD = "import asyncio\nasync def job(): pass\n"
GUARD = "if __name__ == '__main__':\n"
RUN = "asyncio.run(job())"


def _starts(see: See, text: str, **others: str) -> list[tuple[str, int]]:
    module = see(HEAD + text, **others)
    return [(ast.unparse(one.first).splitlines()[0], len(one.runs)) for one in starts(module)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing is run"),
        pytest.param(f"import trio\n{RUN}", id="another framework"),
        pytest.param(f"import nest_asyncio\n{RUN}", id="loops within loops"),
        pytest.param(f"def f(): {RUN}\nx(f)", id="a function that somebody gets"),
        pytest.param(f"def f(): {RUN}\nf()\nf()", id="a function that is called twice"),
        pytest.param(f"async def f(): {RUN}", id="a coroutine"),
        pytest.param(f"f = lambda: {RUN}", id="a lambda"),
        pytest.param(f"class A: {RUN}", id="a class"),
    ],
)
def test_no_program(see: See, text: str) -> None:
    assert _starts(see, text) == []


def test_an_imported_file_is_none(see: See) -> None:
    assert _starts(see, RUN, other="import main") == []


def test_a_test_is_none() -> None:
    inference = Inference(ProjectFacts(MemorySources({"test_it.py": (HEAD + RUN).encode()})))
    facts = inference.project.facts("test_it.py")
    assert facts is not None
    assert starts(Module(facts, inference, Threads(inference), Settings())) == []


@pytest.mark.parametrize(
    ("text", "first", "runs"),
    [
        pytest.param(RUN, RUN, 1, id="a script"),
        pytest.param(f"{GUARD}  {RUN}", RUN, 1, id="behind a guard"),
        pytest.param(f"{GUARD}  x()\n  {RUN}\n  y()", RUN, 1, id="behind something else"),
        pytest.param(f"{GUARD}  {RUN}\n  {RUN}", RUN, 2, id="twice in a row"),
        pytest.param(f"{GUARD}  x = {RUN}", f"x = {RUN}", 1, id="for its value"),
        pytest.param(f"{GUARD}  if x: {RUN}", RUN, 1, id="in a branch"),
        pytest.param(f"{GUARD}  if x: {RUN}\n  else: {RUN}", "if x:", 2, id="in two branches"),
        pytest.param(f"{GUARD}  if x: pass\n  elif {RUN}: pass", "if x:", 1, id="in the test of an elif"),
        pytest.param(f"{GUARD}  if x: pass\n  elif y: {RUN}", RUN, 1, id="in an elif"),
        pytest.param(f"{GUARD}  for x in y: {RUN}", "for x in y:", 1, id="in a loop"),
        pytest.param(f"{GUARD}  while x: {RUN}", "while x:", 1, id="in another loop"),
        pytest.param(f"{GUARD}  for x in y: pass\n  else: {RUN}", RUN, 1, id="behind a loop"),
        pytest.param(f"{GUARD}  try: {RUN}\n  except E: pass", "try:", 1, id="in a try"),
        pytest.param(f"{GUARD}  try:\n    x()\n    {RUN}\n  except E: pass", RUN, 1, id="further down in a try"),
        pytest.param(f"{GUARD}  try: x()\n  except E: {RUN}", RUN, 1, id="in a handler"),
        pytest.param(f"{GUARD}  with x: {RUN}", RUN, 1, id="in a with"),
        pytest.param(f"def main(): {RUN}\nmain()", RUN, 1, id="in the function that is the program"),
        pytest.param("loop = asyncio.get_event_loop()\nloop.run_until_complete(job())", "loop.run_until_complete(job())", 0, id="a loop is run"),
    ],
)  # fmt: skip
def test_where_it_starts(see: See, text: str, first: str, runs: int) -> None:
    assert _starts(see, text) == [(first, runs)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("mark()", ""),
        ("a\nb\nmark()\nc", "b a"),
        ("a\nif x:\n  b\n  mark()", "b a"),
        ("a\nif x: b\nelse: mark()", "a"),
        ("a\ndef f():\n  b\n  mark()", "b"),
        ("a\ndef f():\n  b\n  if c: mark()", "b"),
        ("a\nfor x in y:\n  with b:\n    c\n    mark()\n  d", "c a"),
    ],
)
def test_what_has_run_before(see: See, marked: Marked, text: str, names: str) -> None:
    module = see(textwrap.dedent(text))
    found = before(module.facts, module.facts.statement(marked(module)))
    assert [ast.unparse(one) for one in found] == names.split()
