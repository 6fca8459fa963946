"""What the body of an old coroutine says against `async def`, what leaves a doubt, and what is fine."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import replace

import pytest

from aiomend.facts.coroutine_bodies import body_of
from aiomend.facts.generator_coroutines import Body
from aiomend.facts.scopes import FUNCTIONS
from aiomend.facts.view import Module
from aiomend.settings import Settings, TargetRange

See = Callable[..., Module]
HEAD = """
import asyncio, collections.abc, itertools, typing
count = itertools.count()
lock = asyncio.Lock()
class Bare: pass
class Awaited:
    def __await__(self): return iter(())
def plain(): yield 1
async def job(): pass
"""
SLEEP = "yield from asyncio.sleep(1)"


def _body(see: See, body: str, *, head: str = "def f(x):", tail: str = "", target: str = "3.6-3.13") -> Body:
    module = see(f"{HEAD}@asyncio.coroutine\n{head}\n{textwrap.indent(body, '    ')}\n{tail}\n")
    module.settings = replace(Settings(), target=TargetRange.parse(target))
    (function,) = [one for one in module.facts.functions if one.decorator_list]
    assert isinstance(function, FUNCTIONS)
    return body_of(module, function)


@pytest.mark.parametrize(
    "body",
    [
        SLEEP,
        "yield",
        "yield None",
        "yield from job()",
        "return (yield from x)",
        "yield from asyncio.Future()",
        "if False: yield from []",
        "yield from ()",
        f"def g(y=1): yield 2\n{SLEEP}",
        f"next(x, None)\n{SLEEP}",
        f"next(count)\n{SLEEP}",
        f"next(itertools.cycle(x))\n{SLEEP}",
        f"try: next(x)\nexcept StopIteration: pass\n{SLEEP}",
        f"try: next(x)\nexcept (OSError, StopIteration): pass\n{SLEEP}",
        f"try: next(x)\nexcept Exception: pass\n{SLEEP}",
        f"try: next(x)\nexcept: pass\n{SLEEP}",
        f"x.next(x)\n{SLEEP}",
        f"raise ValueError\n{SLEEP}",
        f"raise\n{SLEEP}",
        "with (yield from lock): pass",
        "with (yield from x.get()) as y: pass",
        f"[y for y in (yield from x)]\n{SLEEP}",
    ],
)
def test_nothing_speaks_against_it(see: See, body: str) -> None:
    found = _body(see, body)
    assert (found.reason, found.doubts) == (None, [])


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("yield 1", "`yield 1` hands out a value: whoever runs it gets that, not the loop"),
        ("yield x", "`yield x` hands out a value: whoever runs it gets that, not the loop"),
        (f"raise StopIteration\n{SLEEP}", "it raises StopIteration, which ends a generator and is an error in a coroutine"),
        (f"raise StopIteration(1)\n{SLEEP}", "it raises StopIteration, which ends a generator and is an error in a coroutine"),
        ("yield from [x, x]", "line 12: `[x, x]` is no awaitable: `yield from` goes through its elements"),
        ("yield from (x, x)", "line 12: `(x, x)` is no awaitable: `yield from` goes through its elements"),
        ("yield from x or []", "line 12: `x or []` is no awaitable: `yield from` goes through its elements"),
        ("yield from (x if x else ())", "line 12: `x if x else ()` is no awaitable: `yield from` goes through its elements"),
        ("yield from x.__await__()", "line 12: `x.__await__()` is an iterator: `yield from` goes through it, and nothing awaits it"),
        ("yield from x.__iter__()", "line 12: `x.__iter__()` is an iterator: `yield from` goes through it, and nothing awaits it"),
        ("yield from Bare()", "line 12: `Bare()` is a `Bare`, which has no `__await__()`"),
        ("yield from lock", "line 12: `lock` is a lock, which nothing awaits since Python 3.9"),
        ("with (yield from lock), x: pass", "line 12: `lock` is entered together with something else"),
        (f"def g(y=(yield from x)): pass\n{SLEEP}", "line 12: it waits in the head of an inner definition"),
        (f"class A((yield from x)): pass\n{SLEEP}", "line 12: it waits in the head of an inner definition"),
    ],
)  # fmt: skip
def test_an_obstacle(see: See, body: str, why: str) -> None:
    assert _body(see, body).reason == why


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (f"next(x)\n{SLEEP}", "line 12: at its end `next(x)` raises StopIteration, which an old generator ends with and a coroutine fails with"),
        (f"try: next(x)\nexcept OSError: pass\n{SLEEP}", "line 12: at its end `next(x)` raises StopIteration, which an old generator ends with and a coroutine fails with"),
        (f"try: pass\nexcept StopIteration: next(x)\n{SLEEP}", "line 13: at its end `next(x)` raises StopIteration, which an old generator ends with and a coroutine fails with"),
        ("yield from Awaited()", "line 12: `Awaited()` has an `__await__()` that is not what `yield from` goes through"),
        ("with (yield from x.lock): pass", "line 12: only its name says that `x.lock` is a lock"),
        ("with (yield from sem): pass", "line 12: only its name says that `sem` is a lock"),
        ("with (yield from x) as y: pass", "line 12: `x` may have an `__iter__()` alone, which nothing awaits"),
        ("with (yield from x): pass", "line 12: only that it is entered so says that `x` is a lock"),
    ],
)  # fmt: skip
def test_a_doubt(see: See, body: str, why: str) -> None:
    found = _body(see, body)
    assert (found.reason, found.doubts) == (None, [why])


@pytest.mark.parametrize(
    ("body", "target", "says"),
    [
        (f"next(x)\n{SLEEP}", "3.7-3.13", False),
        (f"next(x)\n{SLEEP}", "3.6-3.13", True),
        ("yield from lock", "3.6-3.8", False),
        ("yield from lock", "3.6-3.9", True),
    ],
)
def test_what_depends_on_the_version(see: See, body: str, target: str, says: bool) -> None:
    found = _body(see, body, target=target)
    assert bool(found.reason or found.doubts) is says


@pytest.mark.parametrize("name", ["__init__", "__iter__", "__next__", "__len__"])
def test_what_the_language_calls_stays(see: See, name: str) -> None:
    why = _body(see, SLEEP, head=f"def {name}(x):").reason
    assert why is not None
    assert why.startswith("the language itself calls it")


@pytest.mark.parametrize("kept", ["Awaited.__wrapped__ = f", "Awaited.go = f", "go = f", "print(f)"])
def test_what_is_only_kept_under_another_name_is_not_called_by_the_language(see: See, kept: str) -> None:
    assert _body(see, SLEEP, tail=kept).reason is None


@pytest.mark.parametrize("kept", ["Awaited.__iter__ = f", "Awaited.__iter__ = go = f", "Awaited.__iter__ = \\\n    f"])
def test_what_the_language_calls_by_another_name_is_said_in_one_line(see: See, kept: str) -> None:
    why = _body(see, SLEEP, tail=kept).reason
    assert why is not None
    assert "the language itself calls it" in why
    assert "\n" not in why


@pytest.mark.parametrize(
    ("annotation", "result"),
    [
        ("int", None),
        ("list[int]", None),
        ("None", None),
        ("'int'", None),
        ("typing.Generator[int, None, str]", 2),
        ("collections.abc.Generator[int, None, str]", 2),
        ("typing.Coroutine[int, None, str]", 2),
        ("typing.Awaitable[str]", 0),
        ("asyncio.Future[str]", 0),
        ("typing.List[asyncio.Future]", None),
        ("'Box'", None),
        ("'FutureDate'", None),
        ("Awaited", None),
    ],
)
def test_its_annotation_says_what_awaiting_gives(see: See, annotation: str, result: int | None) -> None:
    found = _body(see, SLEEP, head=f"def f(x) -> {annotation}:")
    assert (found.reason, found.result) == (None, result)


@pytest.mark.parametrize(
    "annotation",
    [
        "typing.Generator",
        "typing.Generator[int]",
        "typing.Awaitable",
        "typing.Awaitable[int, str]",
        "typing.Iterator[int]",
        "typing.Iterable",
        "collections.abc.Iterator[int]",
        "'Generator[int, None, str]'",
        "'Iterator[int]'",
        "'Awaitable[int]'",
        "'Coroutine'",
        "asyncio.Future",
        "asyncio.Task",
        "'asyncio.Future[int]'",
        "'asyncio.Task'",
        "'Future'",
        "typing.Optional[typing.Awaitable[int]]",
        "'typing.Optional[asyncio.Task]'",
        "typing.Union[None, asyncio.Future]",
    ],
)
def test_its_annotation_does_not_say(see: See, annotation: str) -> None:
    why = _body(see, SLEEP, head=f"def f(x) -> {annotation}:").reason
    assert why is not None
    assert why.endswith("does not say what awaiting gives")


@pytest.mark.parametrize(
    "comment",
    [
        "# type: () -> Generator[Any, None, int]",
        "#type:(int, Callable[[int], str])->Iterator[int]",
        "# type: (...) -> 'Awaitable[int]'  # and more",
        "# type: () -> asyncio.Future",
    ],
)
def test_its_type_comment_does_not_say(see: See, comment: str) -> None:
    why = _body(see, f"{comment}\n{SLEEP}").reason
    assert why is not None
    assert why.startswith("its type comment `")
    assert why.endswith("` does not say what awaiting gives")
    assert _body(see, f"'Text.'\n{SLEEP}", head=f"def f(x):  {comment}").reason == why


@pytest.mark.parametrize("comment", ["# type: () -> int", "# type: ignore", "# -> Generator", "# type: Iterator"])
def test_its_type_comment_says_what_awaiting_gives(see: See, comment: str) -> None:
    assert _body(see, f"{comment}\n{SLEEP}").reason is None
    assert _body(see, f"{SLEEP}  # type: () -> Iterator[int]").reason is None
