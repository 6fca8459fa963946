"""Which functions would have to become coroutine functions with another one, and where that ends or cannot."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.chains import Chain, evidence_of, owned_chain
from aiomend.facts.forgotten import Forgotten, forgotten_coroutines
from aiomend.facts.view import Module
from aiomend.settings import Selection, Settings

See = Callable[..., Module]
HEAD = """
import asyncio, threading
async def job(): await asyncio.sleep(1)
async def forever():
  while True: await asyncio.sleep(1)
"""
PROGRAM = "if __name__ == '__main__': f()"


def _found(see: See, text: str, **others: str) -> tuple[Module, Forgotten]:
    module = see(f"{HEAD}{text}\n", **others)
    module.settings = Settings(select=Selection(frozenset({"AIO604"})))
    return module, next(iter(forgotten_coroutines(module)))


def _chain(see: See, text: str, **others: str) -> Chain:
    module, found = _found(see, text, **others)
    chain = owned_chain(module, found)
    assert chain is not None
    return chain


@pytest.mark.parametrize(
    "settings",
    [
        Settings(),
        Settings(select=Selection(frozenset({"AIO6"}))),
        Settings(select=Selection(frozenset({"AIO604"})), ignore=Selection(frozenset({"AIO604"}))),
    ],
)
def test_it_owns_nothing_where_its_rule_does_not_run(see: See, settings: Settings) -> None:
    module, found = _found(see, f"def f(): job()\n{PROGRAM}")
    module.settings = settings
    assert owned_chain(module, found) is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("job()", id="at the top level"),
        pytest.param("async def f(): job()", id="in a coroutine"),
        pytest.param("class A:\n  job()", id="in the body of a class"),
        pytest.param("def f(): job()\nasync def g():\n  self.x += f()", id="in a running loop, and a caller adds what it gives to an attribute"),
        pytest.param("def f():\n  job()\n  return y\nasync def g(): await f()", id="in a running loop, and what it gives is awaited"),
        pytest.param("async def g(): f()\ndef f(): job()\nasyncio.get_running_loop().call_soon(f)", id="in a running loop, and the chain does not end"),
    ],
)  # fmt: skip
def test_places_that_are_not_its_own(see: See, text: str) -> None:
    module, found = _found(see, text)
    assert owned_chain(module, found) is None


@pytest.mark.parametrize(
    ("text", "links", "callers"),
    [
        pytest.param(f"def f(): job()\n{PROGRAM}", "f", "PROGRAM", id="the program calls it"),
        pytest.param(f"def f(): g()\ndef g(): job()\n{PROGRAM}", "g f", "PLAIN PROGRAM", id="through another one"),
        pytest.param("def g(): job()\nasync def f(): g()\nasync def h(): await f()", "g", "COROUTINE", id="a coroutine calls it"),
        pytest.param("def f():\n  job()\n  if x: f()\nif __name__ == '__main__': f()", "f", "PLAIN PROGRAM", id="it calls itself"),
        pytest.param("def f():\n  g()\n  g()\ndef g(): job()\nif __name__ == '__main__': f()", "g f", "PLAIN PLAIN PROGRAM", id="two calls in one function"),
        pytest.param("def g(): job()\nasync def f(): await g()", "g", "WAITS", id="a coroutine awaits it already"),
        pytest.param("class A:\n  def f(self): job()\nasync def g(): A().f()", "f", "COROUTINE", id="a method"),
        pytest.param("def g(): job()\n@asyncio.coroutine\ndef f(): g(); yield", "g", "COROUTINE", id="a coroutine of old calls it"),
        pytest.param("def f():\n  x = 1\n  x += g()\ndef g(): job()\nif __name__ == '__main__': f()", "g f", "PLAIN PROGRAM", id="added to a variable of its own"),
    ],
)  # fmt: skip
def test_a_whole_chain(see: See, text: str, links: str, callers: str) -> None:
    chain = _chain(see, text)
    assert chain.reason is None
    assert [one.function.name for one in chain.links] == links.split()
    assert [one.caller.name for one in chain.steps] == callers.split()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("import trio\ndef f(): job()\nif __name__ == '__main__': f()", "the file is written for another async framework", id="another framework"),
        pytest.param("def f(): forever()\nif __name__ == '__main__': f()", "what follows would wait for it; a task would run beside it", id="it never ends"),
        pytest.param("def f(): job()", "nobody in the project calls `f()`: who does cannot be seen", id="nobody calls it"),
        pytest.param("def f(): job()\nclass A: f()\nif __name__ == '__main__': f()", "main.py:7: `f()` is called in the body of a class", id="the body of a class"),
        pytest.param("def f(): job()\ng = lambda: f()\nif __name__ == '__main__': f()", "main.py:7: `f()` is called in a lambda", id="a lambda"),
        pytest.param("def f(): job()\nif __name__ == '__main__': [f() for x in y]", "main.py:7: `f()` is called in a comprehension", id="a comprehension"),
        pytest.param("def f(): job()\ndef g(x=f()): pass\nif __name__ == '__main__': f()", "main.py:7: `f()` is called in a default value of a definition", id="a default"),
        pytest.param("def f(): job()\nif __name__ == '__main__':\n  f()\n  f()", "the program calls it more than once: only a person knows where one event loop begins and ends", id="the program calls it twice"),
        pytest.param("def f(): job()\nif __name__ == '__main__':\n  for x in y: f()", "the program calls it more than once: only a person knows where one event loop begins and ends", id="in a loop"),
        pytest.param("def f():\n  job()\n  return y\nasync def g(): await f()\nif __name__ == '__main__': f()", "main.py:9: what `f()` returns is awaited already", id="what it gives is awaited"),
        pytest.param("def f(): job()\nasync def g():\n  self.x += f()\nif __name__ == '__main__': f()", "main.py:8: `self.x` would be read before the wait and written after it", id="added to an attribute"),
        pytest.param("def f(): job()\nasync def g():\n  global x\n  x += f()\nif __name__ == '__main__': f()", "main.py:9: `x` would be read before the wait and written after it", id="added to a global"),
        pytest.param("def f(): job()\nthreading.Thread(target=f).start()\nasync def g(): f()", "main.py:6 runs in another thread than the event loop", id="a thread begins with it"),
        pytest.param("def f(): spin()\nasync def spin(): f()\nif __name__ == '__main__': f()", "it leads back to `f()`: each would wait for the other, which may never end", id="it leads back"),
        pytest.param("def f(): spin()\nasync def spin(): await other()\nasync def other(): f()\nif __name__ == '__main__': f()", "it leads back to `f()`: each would wait for the other, which may never end", id="it leads back by others"),
    ],
)  # fmt: skip
def test_what_breaks_it(see: See, text: str, reason: str) -> None:
    chain = _chain(see, text)
    assert chain.reason is not None
    assert chain.reason.endswith(reason)


def test_the_first_reason_stays() -> None:
    chain = Chain()
    chain.breaks(None)
    assert chain.reason is None
    chain.breaks("one")
    chain.breaks("two")
    assert chain.reason == "one"


@pytest.mark.parametrize(("count", "is_too_long"), [(40, False), (41, True)])
def test_a_chain_that_is_too_long(see: See, count: int, is_too_long: bool) -> None:
    functions = "\n".join(f"def f{n}(): f{n - 1}()" for n in range(1, count))
    chain = _chain(see, f"def f0(): job()\n{functions}\nif __name__ == '__main__': f{count - 1}()")
    assert len(chain.links) == 40
    assert (chain.reason == "more than 40 functions would have to follow") is is_too_long


def test_other_files_follow(see: See) -> None:
    chain = _chain(see, "def f(): job()", other="import main\ndef g(): main.f()\nif __name__ == '__main__': g()")
    assert (chain.reason, [one.module.path for one in chain.links]) == (None, ["main.py", "other.py"])


def test_a_module_that_calls_it_when_it_is_imported(see: See) -> None:
    chain = _chain(see, "def f(): job()\ndef g(): import other", other="import main\nmain.f()")
    assert chain.reason == "other.py:2: `f()` is called when the module is imported"


def test_a_file_of_another_framework_does_not_follow(see: See) -> None:
    chain = _chain(see, "def f(): job()", other="import main, trio\ndef g(): main.f()\nif __name__ == '__main__': g()")
    assert chain.reason == "other.py is written for another async framework"


def test_the_chain_in_words(see: See) -> None:
    text = """
    def f():
      if x: f()
      g()
    def g(): job()
    async def h(): g()
    if __name__ == '__main__': f()
    """
    module, found = _found(see, textwrap.dedent(text))
    chain = owned_chain(module, found)
    assert chain is not None
    assert [(one.line, one.note) for one in evidence_of(chain, found)] == [
        (3, "`job()` is a coroutine function"),
        (10, "`g()` would have to be one too"),
        (9, "`f()` calls `g()`: it would have to follow"),
        (11, "`h()` calls `g()`: it is a coroutine function"),
        (8, "`f()` calls itself"),
        (12, "the program calls `f()`"),
    ]
