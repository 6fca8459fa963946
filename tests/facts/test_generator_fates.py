"""What becomes of a generator, or of the function that makes one, place by place."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.generator_fates import fates, is_stepped, name_of_callee, reference_fates
from aiomend.facts.view import Module

See = Callable[[str], Module]
Marked = Callable[[Module], ast.Call]
HEAD = "import asyncio, functools, inspect, types, aiohttp.web\n"


def _in_function(body: str, decorator: str = "") -> str:
    return f"{HEAD}{decorator}def around(x, loop):\n{textwrap.indent(body, '    ')}\n"


@pytest.mark.parametrize(
    ("body", "verdicts"),
    [
        ("yield from mark()", "DELEGATED"),
        ("mark()", ""),
        ("mark() is x", ""),
        ("asyncio.ensure_future(mark())", "RUN"),
        ("asyncio.wait_for(fut=mark())", "RUN"),
        ("asyncio.gather(*[mark()])", "RUN"),
        ("asyncio.gather(*(mark() for _ in x))", "RUN"),
        ("asyncio.gather(*mark())", "STEPPED"),
        ("a = [mark()]\nasyncio.gather(*a)", "RUN"),
        ("a = mark()\nasyncio.gather(*a)", "STEPPED"),
        ("asyncio.wait([*[mark()]])", "RUN"),
        ("unknown(*[mark()])", "UNKNOWN"),
        ("asyncio.wait([mark()])", "RUN"),
        ("loop.run_until_complete(mark())", "RUN"),
        ("x.create_task(mark())", "RUN"),
        ("list(mark())", "STEPPED"),
        ("''.join(mark())", "STEPPED"),
        ("isinstance(mark(), x)", "UNKNOWN"),
        ("inspect.iscoroutine(mark())", ""),
        ("print(mark())", ""),
        ("for _ in mark(): pass", "STEPPED"),
        ("[y for y in mark()]", "STEPPED"),
        ("x(*mark())", "STEPPED"),
        ("a, b = mark()", "STEPPED"),
        ("a, b = mark(), 1", "UNKNOWN"),
        ("a = mark()\nlist(a)", "STEPPED"),
        ("a = mark()\nasyncio.ensure_future(a)", "RUN"),
        ("a = [mark()]\nlist(a)", ""),
        ("a = [mark()]\nasyncio.wait(a)", "RUN"),
        ("a = [mark() for _ in x]\nfor b in a: pass", ""),
        ("asyncio.wait({mark() for _ in x})", "RUN"),
        ("asyncio.wait(mark() for _ in x)", "RUN"),
        ("asyncio.wait([mark() if x else None])", "RUN"),
        ("asyncio.ensure_future(x or mark())", "RUN"),
        ("mark().send(None)", ""),
        ("mark().close()", ""),
        ("mark().__next__()", "STEPPED"),
        ("mark().gi_frame", "STEPPED"),
        ("mark().other", "UNKNOWN"),
        ("return mark()", "HANDED_BACK"),
        ("lambda: mark()", "UNKNOWN"),
        ("x(lambda: mark())", "UNKNOWN"),
        ("x.y = mark()", "UNKNOWN"),
        ("x.y = mark()\nlist(x.y)", "STEPPED"),
        ("x[0] = mark()", "UNKNOWN"),
        ("unknown(mark())", "UNKNOWN"),
        ("unknown(y=mark())", "UNKNOWN"),
        ("takes(mark())", "STEPPED"),
        ("takes(y=mark())", "STEPPED"),
        ("takes(other=mark())", "UNKNOWN"),
        ("takes(*x, mark())", "UNKNOWN"),
        ("takes(1, mark())", "UNKNOWN"),
        ("Kind(mark())", "STEPPED"),
        ("Plain(mark())", "UNKNOWN"),
        ("Kind.runs(mark())", "RUN"),
    ],
)
def test_what_becomes_of_a_generator(see: See, marked: Marked, body: str, verdicts: str) -> None:
    rest = (
        "def takes(y): list(y)\nclass Plain: pass\nclass Kind:\n    def __init__(self, y): list(y)\n"
        "    @staticmethod\n    def runs(y): asyncio.ensure_future(y)\n"
    )
    module = see(_in_function(body) + rest)
    found = {use.verdict.name for use in fates(module, marked(module))}
    assert " ".join(sorted(found)) == verdicts


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("async def f(): await mark()", "RUN"),
        ("@asyncio.coroutine\ndef f(): yield from mark()", "RUN"),
        ("@types.coroutine\ndef f(): yield from mark()", "UNKNOWN"),
        ("class A:\n    def __iter__(self): yield from mark()", "STEPPED"),
        ("class A:\n    def __x(self): yield from mark()", "DELEGATED"),
        ("lambda: (yield from mark())", "UNKNOWN"),
    ],
)
def test_who_goes_through_it(see: See, marked: Marked, text: str, verdict: str) -> None:
    module = see(f"{HEAD}{text}")
    assert [use.verdict.name for use in fates(module, marked(module))] == [verdict]


@pytest.mark.parametrize(("hands", "verdict"), [(5, "STEPPED"), (6, "UNKNOWN")])
@pytest.mark.parametrize("form", ["a{at} = a{before}\n", "def f{at}(a{at}): f{after}(a{at})\n"])
def test_a_few_hands_are_followed(see: See, marked: Marked, hands: int, verdict: str, form: str) -> None:
    if form.startswith("a"):
        body = "a1 = mark()\n" + "".join(form.format(at=at, before=at - 1) for at in range(2, hands + 1))
        module = see(f"{body}list(a{hands})\n")
    else:
        body = "".join(form.format(at=at, after=at + 1) for at in range(1, hands))
        module = see(f"{body}def f{hands}(b): list(b)\nf1(mark())\n")
    assert [use.verdict.name for use in fates(module, marked(module))] == [verdict]


@pytest.mark.parametrize(
    ("body", "verdicts"),
    [
        ("list(work())", "STEPPED"),
        ("asyncio.ensure_future(work())", "RUN"),
        ("work.x", ""),
        ("work is x", ""),
        ("if work: pass", ""),
        ("not work", ""),
        ("return work", "SAME"),
        ("y = work\nlist(y())", "STEPPED"),
        ("x.y = work\nlist(x.y())", "STEPPED"),
        ("x.y = work", "UNKNOWN"),
        ("y = [work]", "UNKNOWN"),
        ("unknown(work)", "UNKNOWN"),
        ("unknown(y=work)", "UNKNOWN"),
        ("takes(work)", "STEPPED"),
        ("takes(y=work)", "STEPPED"),
        ("types.coroutine(work)", "STAYS"),
        ("asyncio.coroutine(work)", "RUN"),
        ("if asyncio.iscoroutinefunction(work):\n    asyncio.coroutine(work)", ""),
        ("if not asyncio.iscoroutinefunction(work):\n    asyncio.coroutine(work)", "RUN"),
        ("if asyncio.iscoroutinefunction(work): pass\nelse: asyncio.coroutine(work)", "RUN"),
        ("if x: asyncio.coroutine(work)", "UNKNOWN"),
        ("if x: asyncio.start_server(work)", "RUN"),
        ("if x: list(functools.partial(work, 1)())", "STEPPED"),
        ("asyncio.start_server(work)", "RUN"),
        ("app.router.add_get('/', work)", "RUN"),
        ("app.router.add_thing('/', work)", "UNKNOWN"),
        ("functools.partial(work, 1)", ""),
        ("list(functools.partial(work, 1)())", "STEPPED"),
        ("inspect.isgeneratorfunction(work)", "STEPPED"),
        ("inspect.isgeneratorfunction(work) or inspect.iscoroutinefunction(work)", ""),
        ("functools.wraps(work)", ""),
    ],
)
def test_what_becomes_of_the_function(see: See, body: str, verdicts: str) -> None:
    module = see(_in_function(body) + "def takes(y): list(y())\n")
    uses = [one for one in module.facts.names["work"] if isinstance(one.ctx, ast.Load)]
    found = {use.verdict.name for one in uses for use in reference_fates(module, one)}
    assert " ".join(sorted(found)) == verdicts


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("asyncio.sleep(mark)", "asyncio.sleep"),
        ("helper(mark)", "main.helper"),
        ("Kind(mark)", "main.Kind"),
        ("Kind.work(mark)", "main.Kind.work"),
        ("unknown(mark)", ""),
        ("(helper if x else Kind)(mark)", ""),
    ],
)
def test_the_name_of_what_is_called(see: See, text: str, name: str) -> None:
    module = see(f"{HEAD}def helper(): pass\nclass Kind:\n    def work(self): pass\n{text}")
    (call,) = (one for one in module.facts.calls if ast.unparse(one).endswith("(mark)"))
    assert name_of_callee(module, call.func) == name


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        pytest.param("def __init__(self, y): list(y)", "STEPPED", id="in one way"),
        pytest.param("def __init__(self, x, y): list(y)", "", id="by another parameter"),
        pytest.param("def __init__(self, *y): list(y)", "UNKNOWN", id="by a star"),
        pytest.param("__init__ = unknown", "UNKNOWN", id="in a way that is not known"),
        pytest.param("pass", "UNKNOWN", id="as any object does"),
        pytest.param(
            "if x:\n        def __init__(self, y): list(y)\n    else:\n        def __init__(self, y): list(y)",
            "UNKNOWN",
            id="in one of two ways",
        ),
    ],
)
def test_how_an_instance_begins(see: See, marked: Marked, body: str, verdict: str) -> None:
    module = see(f"{HEAD}class A:\n    {body}\nA(mark())\n")
    assert " ".join(use.verdict.name for use in fates(module, marked(module))) == verdict


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("for _ in x: mark()", False),
        ("for _ in [mark()]: pass", False),
        ("for _ in x(mark()): pass", False),
        ("asyncio.wait(mark())", False),
        ("asyncio.wait({mark() for _ in x})", False),
        ("list = x\nlist(mark())", False),
        ("x.list(mark())", False),
        ("x(list=mark())", False),
        ("yield from mark()", False),
        ("mark()", False),
        ("for _ in mark(): pass", True),
        ("[y for y in mark()]", True),
        ("list(mark())", True),
        ("sorted(mark(), key=x)", True),
        ("zip(x, mark())", True),
    ],
)
def test_what_is_gone_through_at_once(see: See, marked: Marked, body: str, expected: bool) -> None:
    module = see(_in_function(f"def mark(): yield from x\n{body}"))
    call = marked(module)
    assert is_stepped(module, call.func) is expected
    if expected:
        assert {use.verdict.name for use in reference_fates(module, call.func)} == {"STEPPED"}
