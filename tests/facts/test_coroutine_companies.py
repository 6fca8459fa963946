"""Which functions become native coroutine functions together, and what their users and decorators say against it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aiomend.facts.coroutine_companies import Company, company_of, known_company
from aiomend.facts.view import Module

See = Callable[..., Module]
HEAD = "import asyncio, abc, functools, pytest, types, unittest\n"
WORK = "@asyncio.coroutine\ndef work(): yield from asyncio.sleep(1)\n"


def _company(see: See, text: str, name: str = "work", **others: str) -> Company:
    module = see(f"{HEAD}{text}\n", **others)
    function = next(one for one in module.facts.functions if one.name == name)
    return company_of(module, function)


def _names(company: Company) -> str:
    return " ".join(one.function.name for one in company.members)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param(WORK, "work", id="alone"),
        pytest.param(f"{WORK}async def f(): await work()", "work", id="a native one waits for it"),
        pytest.param(f"{WORK}@asyncio.coroutine\ndef f(): yield from work()", "work", id="another decorated one waits for it"),
        pytest.param(f"{WORK}def f(): return work()", "work", id="it is returned"),
        pytest.param(f"{WORK}def f(): yield from work()", "work f", id="a plain generator delegates to it"),
        pytest.param(f"{WORK}def f(): yield from work()\ndef g(): yield from f()", "work f g", id="another one delegates to that"),
        pytest.param(f"{WORK}def f(): x = yield from work()", "work f", id="for its value"),
        pytest.param(f"{WORK}def f(): yield from asyncio.gather(work())", "work", id="it gives it to somebody"),
        pytest.param("def f(): yield from asyncio.sleep(1)\n@asyncio.coroutine\ndef work(): yield from f()", "work f", id="it waits for a plain generator"),
        pytest.param("def g(): yield from asyncio.sleep(1)\ndef f(): yield from g()\n@asyncio.coroutine\ndef work(): yield from f()", "work f g", id="which waits for another one"),
        pytest.param("def f(): yield from asyncio.sleep(1)\n@asyncio.coroutine\ndef work(): return f()", "work f", id="it returns what a plain generator makes"),
        pytest.param("class A:\n  @asyncio.coroutine\n  def work(self): yield from asyncio.sleep(1)\n  def f(self): yield from self.work()", "work f", id="a method"),
        pytest.param("class A:\n  @asyncio.coroutine\n  def work(self): yield from asyncio.sleep(1)\nclass B(A):\n  def f(self): yield from self.work()", "work f", id="an inherited method"),
        pytest.param(f"{WORK}def f():\n  x = work()\n  yield from x", "work f", id="through a variable"),
        pytest.param(f"{WORK}def g(): return work()\ndef f(): yield from g()", "work f", id="through a function that returns it"),
        pytest.param("class A: pass\nA.run = work = None\n@asyncio.coroutine\ndef job(): yield from asyncio.sleep(1)\nA.go = job\ndef f(): yield from A.go()", "job f", id="through an attribute that keeps it"),
    ],
)  # fmt: skip
def test_who_changes_with_it(see: See, text: str, names: str) -> None:
    company = _company(see, text, names.split()[0])
    assert _names(company) == names
    assert company.reason is None


def test_other_files_change_with_it(see: See) -> None:
    company = _company(see, WORK, other="import main\ndef f(): yield from main.work()")
    assert [(one.module.path, one.function.name) for one in company.members] == [("main.py", "work"), ("other.py", "f")]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param(f"{WORK}next(work())", "main.py:4 goes through `work()` by hand, as one does with generators", id="next"),
        pytest.param(f"{WORK}for x in work(): pass", "main.py:4 goes through `work()` by hand, as one does with generators", id="a loop"),
        pytest.param(f"{WORK}def f():\n  x = work()\n  yield from x\n  yield from x", "main.py:7 waits for `x` a second time: a native coroutine raises RuntimeError", id="waited for twice"),
        pytest.param(f"{WORK}def f():\n  yield 1\n  yield from work()", "`f()` (main.py:4) would have to follow: `yield 1` hands out a value: whoever runs it gets that, not the loop", id="a user that cannot change"),
        pytest.param("def f(): yield 1\n@asyncio.coroutine\ndef work(): yield from f()", "`f()` (main.py:2) would have to follow: `yield 1` hands out a value: whoever runs it gets that, not the loop", id="what it waits for cannot change"),
        pytest.param("def deco(f):\n  def w():\n    yield from f()\n  return w\n@deco\n@asyncio.coroutine\ndef work(): yield", "`@deco` goes through what it makes by hand (main.py:4)", id="a decorator delegates to it"),
        pytest.param("def deco(f):\n  def w(): return next(f())\n  return w\n@deco\n@asyncio.coroutine\ndef work(): yield", "`@deco` goes through what it makes by hand (main.py:3)", id="a decorator goes through it"),
    ],
)  # fmt: skip
def test_what_breaks_it(see: See, text: str, why: str) -> None:
    assert _company(see, text).reason == why


def test_a_file_for_python_2(see: See) -> None:
    company = _company(see, "import trollius\n@asyncio.coroutine\ndef work(): yield")
    assert company.reason == (
        "the file is for Python 2 as well, where it imports trollius: `async def` is a SyntaxError there"
    )


@pytest.mark.parametrize(
    ("text", "doubts"),
    [
        pytest.param(WORK, [], id="none"),
        pytest.param(f"@abc.abstractmethod\n{WORK}", [], id="a decorator that leaves it"),
        pytest.param(f"@pytest.mark.asyncio\n{WORK}", [], id="a mark of pytest"),
        pytest.param(f"@pytest.mark.timeout(1)\n{WORK}", [], id="a mark with an argument"),
        pytest.param(f"@unittest.skipIf(x, 'y')\n{WORK}", [], id="a decorator with arguments"),
        pytest.param(f"def keep(f): return f\n@keep\n{WORK}", [], id="a decorator of the project that leaves it"),
        pytest.param(f"@x\n{WORK}", ["what `@x` does with a native coroutine function is not known"], id="a decorator that is not known"),
        pytest.param(f"@x.y(1)\n{WORK}", ["what `@x.y(1)` does with a native coroutine function is not known"], id="a call that is not known"),
        pytest.param("@asyncio.coroutine\n@x\ndef work(): yield", ["what `@x` does with a native coroutine function is not known"], id="below the other, of a generator"),
        pytest.param("def keep(f): return f\n@asyncio.coroutine\n@keep\ndef work(): return 1", ["`@keep` was given a plain function, and is given a coroutine function then"], id="below the other, of a plain function"),
        pytest.param("def keep(f): return f\n@keep\n@asyncio.coroutine\ndef work(): return 1", [], id="above the other, of a plain function"),
        pytest.param(f"{WORK}class A:\n  def __init__(self): self.w = x\n  def f(self): yield from self.work()", [], id="another thing of that name"),
    ],
)  # fmt: skip
def test_doubts(see: See, text: str, doubts: list[str]) -> None:
    company = _company(see, text)
    assert (company.reason, company.doubts) == (None, doubts)


def test_a_method_of_that_name_may_be_it(see: See) -> None:
    text = "class A:\n  @asyncio.coroutine\n  def work(self): yield\ndef f(x): yield from x.work()"
    assert _company(see, text).doubts == ["main.py:5: `x.work()` in a plain generator may be `work()`"]


def test_a_protocol_method_stays_a_generator(see: See) -> None:
    company = _company(see, f"{WORK}class A:\n  def __await__(self): return (yield from work())")
    assert (company.reason, _names(company)) == (None, "work")
    assert [delegate.node.lineno for _, delegate in company.protocols] == [5]


@pytest.mark.parametrize(("method", "is_doubtful"), [("yield from work()", False), ("yield from self.x", True)])
def test_a_protocol_method_that_waits_for_others_too(see: See, method: str, is_doubtful: bool) -> None:
    text = f"{WORK}@asyncio.coroutine\ndef other(): yield\nclass A:\n  def __init__(self): self.x = work()\n  def set(self): self.x = other()\n  def __await__(self): {method}"
    doubts = _company(see, text).doubts
    says = "main.py:9: `self.x` is asked for `.__await__()`, and may hold others than what `work()` makes"
    assert (says in doubts) is is_doubtful


@pytest.mark.parametrize(("count", "is_too_many"), [(60, False), (61, True)])
def test_a_company_that_is_too_large(see: See, count: int, is_too_many: bool) -> None:
    chain = "\n".join(f"def f{n}(): yield from f{n - 1}()" for n in range(1, count))
    company = _company(see, f"@asyncio.coroutine\ndef f0(): yield\n{chain}", "f0")
    assert (company.reason == "more than 60 functions would have to change together") is is_too_many
    assert len(company.members) == 60


def test_others_go_along(see: See) -> None:
    module = see(f"{HEAD}{WORK}def f(): yield from asyncio.sleep(1)\n")
    work, f = module.facts.functions
    company = company_of(module, work, [(module.facts, f)])
    assert _names(company) == "work f"
    assert known_company(module, work) is known_company(module, work)
