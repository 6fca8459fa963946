"""AIO602: which level, which reason, and what the words say."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from aiomend import Finding, Safety, Settings, check_source, fix_source
from aiomend.settings import EVERYTHING, Selection, TargetRange

ONLY = Selection(frozenset({"AIO602"}))

COUNT = """
import asyncio
import threading

async def count():
    await asyncio.sleep(1)
    return 1
"""


def check(code: str, path: str = "app.py", **options: Any) -> tuple[Finding, ...]:
    return check_source(COUNT + textwrap.dedent(code), path=path, settings=Settings(select=ONLY, **options))


def fixed(code: str, target: str = "3.8-3.13") -> str:
    settings = Settings(select=ONLY, unsafe=EVERYTHING, target=TargetRange.parse(target))
    return fix_source(COUNT + textwrap.dedent(code), settings=settings).text.removeprefix(COUNT)


# ---- nothing to say ---


@pytest.mark.parametrize(
    "code",
    [
        "return [count()]",
        "return x and count()",
        "return count() is x",
        "x[count()] = 1",
        "x(count())",
        "x.add(count())",
        "x |= count()",
        "made = count()\n    return made",
        "made = count()\n    made.close()",
        "made: 'asyncio.Future' = count()",
        "made = count()\n    print(made)\n    await made",
        "made = count()\n    print(locals())",
        "made = None\n    if x: made = count()\n    if made: await made",
    ],
)
def test_a_coroutine_that_somebody_may_run_is_left_alone(code: str) -> None:
    assert check(f"async def main(x):\n    {code}") == ()


def test_a_name_that_nobody_uses_is_left_alone_in_tests() -> None:
    assert check("async def test(): made = count()", path="tests/test_count.py") == ()


# ---- for a person ---


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("def loud(): return count() > 1", "`loud()` is a plain function"),
        ("class Tower:\n    def __len__(self): return count()", "`__len__()` is a plain function"),
        ("class Tower:\n    size = len(count())", "when the module is imported"),
        ("async def main(x): return any(count() for _ in x)", "write a list"),
        ("async def main(x): return lambda: count() + 1", "a lambda cannot wait"),
        ("lock = threading.Lock()\nasync def main():\n    with lock: print(count())", "whoever wants it next"),
        ("async def main(x): x.total += count()", "`x.total` would be read before the wait"),
        ("async def main(): task = count()", "the name `task` says"),
        ("async def main(x):\n    made = count()\n    x(made)\n    made.real", "`x(made)` may want the coroutine"),
        ("async def first():\n    if second(): pass\nasync def second(): await first()", "leads back to `first()`"),
        ("loop = asyncio.new_event_loop()\nprint(count())", "runs an event loop already"),
        ("print(count().real)", "the loop of `asyncio.run()` is closed"),
        ("def work(): print(count())\npool.submit(work)", "another thread than the event loop"),
        (
            "class Bell:\n    async def rings(self): return 1\n"
            "async def toll(bell): return bell.rings() > 1\nasync def main(): await toll(Bell())",
            "only its callers in the project",
        ),
    ],
)
def test_what_is_for_a_person_says_why(code: str, reason: str) -> None:
    (finding,) = check(code)

    assert (finding.safety, finding.fix) == (Safety.MANUAL, None)
    assert reason in (finding.reason or "")


def test_yield_from_cannot_stand_in_a_comprehension() -> None:
    (finding,) = check(
        "@asyncio.coroutine\ndef main(x):\n    yield from count()\n    return [one for one in x if count()]",
        target=TargetRange.parse("3.6"),
    )

    assert finding.reason == "`yield from` cannot stand in a comprehension: write a loop"


@pytest.mark.parametrize(
    ("code", "target"),
    [
        ("async def main(): print(f'{count()}')", "3.6-3.13"),
        ("async def main(x): return [[a for a in x if count()] for _ in x]", "3.8-3.13"),
        ("print(count())", "3.6-3.13"),
    ],
)
def test_what_a_target_does_not_have_is_not_written(code: str, target: str) -> None:
    assert fixed(code, target) == code


# ---- fixed ---


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("return count() ** 2", "return await count() ** 2"),
        ("return -count()", "return -await count()"),
        ("return count().real", "return (await count()).real"),
        ("return count()[0](count() % 2)", "return (await count())[0](await count() % 2)"),
        ("return f'{count():>{count()}}'", "return f'{await count():>{await count()}}'"),
        ("return [a for a in x if count()]", "return [a for a in x if await count()]"),
        ("return (a for a in count())", "return (a for a in await count())"),
        ("return x if count() else 0", "return x if await count() else 0"),
        ("assert(count()), x", "assert(await count()), x"),
        ("made = count(); return made == {} or made != x", "made = count(); return made == {} or made != x"),
        ("made = count(); return made == {} or made[0]", "made = await count(); return made == {} or made[0]"),
        ("läute = 'ä'; print(läute, count())", "läute = 'ä'; print(läute, await count())"),
        ("(a, b) = count()", "(a, b) = await count()"),
        ("made = count(); made.real; x(made)", "made = await count(); made.real; x(made)"),
    ],
)
def test_await_stands_where_its_parentheses_keep_the_meaning(before: str, after: str) -> None:
    assert fixed(f"async def main(x): {before}") == f"async def main(x): {after}"


def test_a_use_that_fails_first_leaves_nothing_to_those_who_get_the_name_later() -> None:
    code = "async def main(save):\n    made = count()\n    if made > 1:\n        save(made)\n"

    assert "made = await count()" in fixed(code)


def test_code_that_starts_to_run_is_never_safe() -> None:
    (finding,) = check("async def main(): return count() + 1")

    assert finding.safety is Safety.UNSAFE


def test_the_message_names_what_was_seen_and_what_will_be_done() -> None:
    (on_the_spot,) = check("async def main():\n    if count(): pass")
    (by_name,) = check("async def main():\n    made = count()\n    return made.real")
    (unused,) = check("async def main():\n    made = count()")

    assert on_the_spot.message == "`count()` gives a coroutine, which is always true; `await` gives its result"
    assert (
        by_name.message
        == "`count()` gives a coroutine, `made`, which has no attribute `real`; `await` gives its result"
    )
    assert unused.message == "`count()` gives a coroutine, and nobody uses `made`; `await` gives its result"
    assert [(one.line, one.note) for one in by_name.evidence] == [
        (5, "`count()` is a coroutine function"),
        (10, "`made` is taken for the result here"),
    ]
