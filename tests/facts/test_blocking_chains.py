"""Which functions block whenever they are called, or now and then, and through which calls."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable
from dataclasses import replace

import pytest

from aiomend.facts.blocking_chains import Chain, chains_of
from aiomend.facts.view import Module
from aiomend.settings import Settings

See = Callable[..., Module]
HEAD = "import abc, asyncio, functools, os, requests, shutil, subprocess, threading, time\n"


def _chain(see: See, text: str, *, always: bool = True, brief: bool = False) -> Chain | None:
    """The chain of the only call of `mark()`, which the text defines, imports or sets."""
    module = see(f"{HEAD}{text}\n")
    module.settings = replace(Settings(), brief_calls=brief)
    calls = [one for one in module.facts.calls if isinstance(one.func, ast.Name) and one.func.id == "mark"]
    (call,) = [one for one in calls if module.facts.function_at(one) is None]
    return chains_of(module, always=always).of_call(module.facts, call)


def _in(body: str, head: str = "def mark(x=1):") -> str:
    return f"{head}\n{textwrap.indent(body, '  ')}\nmark()"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("mark()", id="not known"),
        pytest.param("mark = time.sleep\nmark()", id="it blocks itself"),
        pytest.param("mark = x\nmark()", id="something not known"),
        pytest.param(_in("pass"), id="it does nothing"),
        pytest.param(_in("x()"), id="it calls something not known"),
        pytest.param(_in("len(x)"), id="it calls what does not block"),
        pytest.param(_in("yield time.sleep(1)"), id="a generator"),
        pytest.param(_in("time.sleep(1)", "async def mark():"), id="a coroutine"),
        pytest.param(_in("time.sleep(1)\nyield", "@asyncio.coroutine\ndef mark():"), id="a coroutine of old"),
        pytest.param(_in("time.sleep(1)", "@functools.lru_cache\ndef mark():"), id="a cache"),
        pytest.param(_in("time.sleep(1)", "@functools.cache\ndef mark():"), id="another cache"),
        pytest.param(_in("time.sleep(1)", "@abc.abstractmethod\ndef mark():"), id="abstract"),
        pytest.param(_in("mark()"), id="only itself"),
        pytest.param(_in("if x: time.sleep(1)"), id="on one way only"),
        pytest.param(_in("if x: time.sleep(1)\nelse: pass"), id="in one of two branches"),
        pytest.param(_in("if x: time.sleep(1)\nelse: f()") + "\ndef f(): pass", id="in one of two branches, a function in the other"),
        pytest.param(_in("lambda: time.sleep(1)"), id="a lambda runs later"),
        pytest.param(_in("f()") + "\nasync def f(): time.sleep(1)", id="it makes a coroutine"),
        pytest.param(_in("f()") + "\ndef f(): pass", id="a function that does not block"),
        pytest.param(_in("f = time.sleep if x else y\nf(1)"), id="perhaps something else"),
        pytest.param("if x:\n  def mark(): time.sleep(1)\nelse:\n  def mark(): pass\nmark()", id="one of two functions"),
        pytest.param("if x:\n  def mark(): time.sleep(1)\nelse: mark = y\nmark()", id="a function or something not known"),
        pytest.param(_in("open(x)"), id="brief"),
        pytest.param(_in("open(x).read()"), id="the local disk"),
        pytest.param(_in("asyncio.run(x)"), id="a loop"),
        pytest.param("class mark: pass\nmark()", id="a class without a maker"),
        pytest.param("class mark:\n  def __init__(self): pass\nmark()", id="a maker that does not block"),
        pytest.param("class A: pass\nmark = A()\nmark()", id="an object that cannot be called"),
        pytest.param("class A:\n  def __call__(self): pass\nmark = A()\nmark()", id="an object whose call does not block"),
    ],
)  # fmt: skip
def test_it_does_not_always_block(see: See, text: str) -> None:
    assert _chain(see, text) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(_in("time.sleep(1)"), "mark -> time.sleep", id="it calls what blocks"),
        pytest.param(_in("time.sleep(0.01)"), "mark -> time.sleep", id="for a moment"),
        pytest.param(_in("x = requests.get(x)"), "mark -> requests.get", id="for a result"),
        pytest.param(_in("f(time.sleep(1))"), "mark -> time.sleep", id="as an argument"),
        pytest.param(_in("f()") + "\ndef f(): time.sleep(1)", "mark -> f -> time.sleep", id="through another one"),
        pytest.param(_in("f()") + "\ndef f(): g()\ndef g(): time.sleep(1)", "mark -> f -> g -> time.sleep", id="through two"),
        pytest.param(_in("f()\ng()") + "\ndef f(): g()\ndef g(): time.sleep(1)", "mark -> g -> time.sleep", id="the shortest way"),
        pytest.param(_in("g()\nf()") + "\ndef f(): time.sleep(1)\ndef g(): requests.get(x)", "mark -> g -> requests.get", id="the first of two that are as short"),
        pytest.param(_in("f()\ntime.sleep(1)") + "\ndef f(): requests.get(x)", "mark -> time.sleep", id="its own is shorter"),
        pytest.param(_in("mark()\ntime.sleep(1)"), "mark -> time.sleep", id="besides itself"),
        pytest.param(_in("f()") + "\ndef f():\n  mark()\n  time.sleep(1)", "mark -> f -> time.sleep", id="two that call each other"),
        pytest.param(_in("if x: time.sleep(1)\nelse: requests.get(x)"), "mark -> time.sleep", id="in both branches"),
        pytest.param(_in("if x: f()\nelse: requests.get(x)") + "\ndef f(): time.sleep(1)", "mark -> requests.get", id="the shorter of two branches"),
        pytest.param(_in("if x: requests.get(x)\nelse: f()") + "\ndef f(): time.sleep(1)", "mark -> requests.get", id="the shorter one first"),
        pytest.param(_in("if x: f()\nelse: g()") + "\ndef f(): time.sleep(1)\ndef g(): time.sleep(1)", "mark -> f -> time.sleep", id="a function in each branch"),
        pytest.param("if x:\n  def mark(): time.sleep(1)\nelse:\n  def mark(): requests.get(x)\nmark()", "mark -> requests.get", id="two functions that both block"),
        pytest.param("mark = None\ndef f(): time.sleep(1)\nmark = f\nmark()", "f -> time.sleep", id="or None"),
        pytest.param("class mark:\n  def __init__(self): time.sleep(1)\nmark()", "mark -> time.sleep", id="a maker"),
        pytest.param("class A:\n  def __init__(self): time.sleep(1)\nclass mark(A): pass\nmark()", "A -> time.sleep", id="an inherited maker"),
        pytest.param("class A:\n  def __call__(self): time.sleep(1)\nmark = A()\nmark()", "A.__call__ -> time.sleep", id="an object"),
        pytest.param("class A:\n  def f(self): time.sleep(1)\nmark = A().f\nmark()", "A.f -> time.sleep", id="a method"),
        pytest.param("def deco(f):\n  def w():\n    f()\n    time.sleep(1)\n  return w\n@deco\ndef mark(): pass\nmark()", "time.sleep", id="a wrapper goes without a name"),
        pytest.param(_in("time.sleep(1)", "@staticmethod\ndef mark():"), "mark -> time.sleep", id="a decorator that leaves it"),
        pytest.param(_in("if True: time.sleep(1)"), "mark -> time.sleep", id="a test that always holds"),
    ],
)  # fmt: skip
def test_it_always_blocks(see: See, text: str, words: str) -> None:
    assert str(_chain(see, text)) == words


@pytest.mark.parametrize(("brief", "words"), [(True, "mark -> open"), (False, "None")])
def test_what_is_brief_counts_where_that_is_asked_for(see: See, brief: bool, words: str) -> None:
    assert str(_chain(see, _in("x = open(x)"), brief=brief)) == words


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("pass", id="it does nothing"),
        pytest.param("if x: time.sleep(0.01)", id="for a moment"),
        pytest.param("if x: shutil.rmtree(x)", id="the local disk"),
        pytest.param("if False: time.sleep(1)", id="never"),
        pytest.param("try: f()\nexcept OSError: time.sleep(1)", id="when something failed"),
        pytest.param("try: f()\nexcept: time.sleep(1)", id="whatever failed"),
        pytest.param("try: f()\nexcept (OSError, KeyError): time.sleep(1)", id="one of two failed"),
        pytest.param("asyncio.get_running_loop()\ntime.sleep(1)", id="it asks whether a loop runs"),
        pytest.param("if loop.is_running(): return\ntime.sleep(1)", id="it asks a loop"),
        pytest.param("if threading.current_thread() is x: return\ntime.sleep(1)", id="it asks for its thread"),
        pytest.param("f()\n\ndef g(): time.sleep(1)", id="a function of it runs later"),
    ],
)
def test_it_does_not_block_now_and_then(see: See, body: str) -> None:
    assert _chain(see, _in(body), always=False) is None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param("if x: time.sleep(1)", "mark -> time.sleep", id="on one way"),
        pytest.param("if x: time.sleep(0.1)", "mark -> time.sleep", id="as long as a slow callback"),
        pytest.param("if x: time.sleep(y)", "mark -> time.sleep", id="nobody knows how long"),
        pytest.param("if x: requests.get(0.01)", "mark -> requests.get", id="a number that is no time"),
        pytest.param("if x: subprocess.run(x)", "mark -> subprocess.run", id="a process"),
        pytest.param("try: f()\nexcept KeyError: time.sleep(1)", "mark -> time.sleep", id="a look-up in vain"),
        pytest.param(
            "try: f()\nexcept x.IndexError: time.sleep(1)", "mark -> time.sleep", id="another look-up in vain"
        ),
        pytest.param("try: time.sleep(1)\nexcept OSError: pass", "mark -> time.sleep", id="what may fail"),
        pytest.param("g() if x else y", "mark -> g -> time.sleep", id="through another one"),
        pytest.param("h = g if x else y\nh()", "mark -> g -> time.sleep", id="through one of some"),
    ],
)
def test_it_blocks_now_and_then(see: See, body: str, words: str) -> None:
    text = f"def g(): time.sleep(1)\n{_in(body)}"
    assert str(_chain(see, text, always=False)) == words


@pytest.mark.parametrize(
    ("text", "makes"),
    [
        (_in("time.sleep(1)"), False),
        ("class mark:\n  def __init__(self): time.sleep(1)\nmark()", True),
        (_in("A()") + "\nclass A:\n  def __init__(self): time.sleep(1)", True),
        (_in("A().f()") + "\nclass A:\n  def f(self): time.sleep(1)", False),
    ],
)
def test_whether_it_blocks_while_an_object_is_made(see: See, text: str, makes: bool) -> None:
    chain = _chain(see, text)
    assert chain is not None
    assert chain.makes_object is makes


def test_a_function_that_the_configuration_says_to_block(see: See) -> None:
    module = see("def work(): pass\ndef f(): work()\nwork()\nf()\n")
    module.settings = replace(Settings(), blocking_calls=(("main.work", "executor"),))
    work, f = [one for one in module.facts.calls if module.facts.function_at(one) is None]
    chains = chains_of(module)
    assert chains.of_call(module.facts, work) is None  # it blocks itself
    assert str(chains.of_call(module.facts, f)) == "f -> main.work"
    assert chains_of(module) is chains
    assert chains_of(module, always=False) is not chains
