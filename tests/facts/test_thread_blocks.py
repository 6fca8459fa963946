"""Which `with` blocks of coroutines block from end to end, why some have to stay, and what a function of one gives back."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.thread_blocks import ThreadBlock, annotation_of, block_of, last_value, moves_with_block
from aiomend.facts.view import Module

See = Callable[..., Module]
HEAD = "import contextlib, queue, sqlite3, subprocess, zipfile, asyncio\nfrom time import sleep\n"


def _in(body: str, head: str = "async def f(x, y):") -> str:
    return f"{HEAD}{head}\n{textwrap.indent(body, '    ')}\n"


def _seen(see: See, text: str) -> tuple[Module, list[ThreadBlock]]:
    """The file, and the blocks that its calls belong to, each once."""
    module = see(text)
    blocks = {block.statement: block for call in module.facts.calls if (block := block_of(module, call)) is not None}
    return module, list(blocks.values())


OPEN = "with zipfile.ZipFile(x) as z:"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(_in("zipfile.ZipFile(x)"), id="no block"),
        pytest.param(_in(f"{OPEN}\n    z.read(y)", "def f(x, y):"), id="no coroutine"),
        pytest.param(f"{HEAD}{OPEN}\n    z.read(y)\n", id="at the top level"),
        pytest.param(_in("with y(x) as z:\n    z.read(y)"), id="of which nothing is known"),
        pytest.param(_in(f"async {OPEN}\n    z.read(y)"), id="entered by waiting"),
        pytest.param(_in(f"{OPEN}\n    await z.read(y)"), id="it waits"),
        pytest.param(_in(f"{OPEN}\n    async for y in z: pass"), id="it waits in a loop"),
        pytest.param(_in(f"{OPEN}\n    yield z"), id="it gives values"),
        pytest.param(_in(f"for y in x:\n    {OPEN}\n        break"), id="it leaves a loop"),
        pytest.param(_in(f"for y in x:\n    {OPEN}\n        if y: continue"), id="it goes on with a loop"),
        pytest.param(_in(f"for y in x:\n    {OPEN}\n        for a in z: pass\n        else: break"), id="it leaves a loop behind one of its own"),
        pytest.param(_in(f"{OPEN}\n    if y: return z.read(y)"), id="it returns on some ways"),
        pytest.param(_in(f"{OPEN}\n    z.read(y)\n    return"), id="it returns nothing"),
        pytest.param(_in(f"yield 1\n{OPEN}\n    return"), id="an asynchronous generator"),
        pytest.param(_in(f"{OPEN}\n    print(locals())"), id="it sees the names around it"),
        pytest.param(_in(f"{OPEN}\n    z.read(y)\nprint(locals())"), id="code around it sees its names"),
        pytest.param(_in(f"{OPEN}\n    next(y)"), id="it may end an iteration"),
        pytest.param(_in(f"{OPEN}\n    y.__next__()"), id="it may end an iteration, in other words"),
        pytest.param(_in(f"{OPEN}\n    raise StopIteration"), id="it ends an iteration"),
        pytest.param(_in("with queue.Queue().get() as z:\n    z.read(y)"), id="it waits for other threads"),
    ],
)  # fmt: skip
def test_no_block_to_move(see: See, text: str) -> None:
    assert _seen(see, text)[1] == []


@pytest.mark.parametrize(
    ("body", "outputs", "returns"),
    [
        pytest.param(f"{OPEN}\n    z.read(y)", (), False, id="nothing comes out"),
        pytest.param(f"{OPEN}\n    a = z.read(y)\nprint(a)", ("a",), False, id="one name"),
        pytest.param(f"{OPEN}\n    b = z.read(y)\n    a = z.read(b)\nprint(a, b)", ("b", "a"), False, id="two, in their order"),
        pytest.param(f"{OPEN}\n    a = z.read(y)\n    b = 1\nprint(b)", ("b",), False, id="one of two"),
        pytest.param(f"{OPEN}\n    return z.read(y)", (), True, id="it returns"),
        pytest.param(f"{OPEN}\n    if y: return z.read(y)\n    else: return x", (), True, id="it returns on either way"),
        pytest.param(f"{OPEN}\n    if y: raise y\n    return x", (), True, id="it returns or raises"),
        pytest.param("with contextlib.closing(zipfile.ZipFile(x)) as z:\n    z.read(y)", (), False, id="closed at the end"),
        pytest.param(f"{OPEN}\n    for a in z: break", (), False, id="a loop of its own that is left"),
        pytest.param(f"{OPEN}\n    while y:\n        if y: continue", (), False, id="a loop of its own that goes on"),
        pytest.param(f"{OPEN}\n    next(y, None)", (), False, id="an iteration with a default"),
        pytest.param("with zipfile.ZipFile(y), zipfile.ZipFile(x) as z:\n    z.read(y)", (), False, id="two at once"),
        pytest.param(f"a = 1\n{OPEN}\n    a = z.read(y)\nprint(a)", ("a",), False, id="a name that was bound before"),
    ],
)  # fmt: skip
def test_a_block_that_can_move(see: See, body: str, outputs: tuple[str, ...], returns: bool) -> None:
    _, (block,) = _seen(see, _in(body))
    assert (block.reason, block.outputs, block.returns) == (None, outputs, returns)
    assert block.entry.name == "zipfile.ZipFile"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(_in(f"global a\n{OPEN}\n    a = z.read(y)"), "`a`, which it binds, belongs to more than this function", id="a global name"),
        pytest.param(_in(f"a = 1\ndef g():\n    nonlocal a\n    a = 2\n{OPEN}\n    a = z.read(y)"), "`a` is bound by another function too, which could run meanwhile", id="a name that another function binds"),
        pytest.param(_in(f"a = 1\n{OPEN}\n    a = z.read(a)\nprint(a)"), "`a` is read in it before it is bound there", id="read before it is bound"),
        pytest.param(_in(f"{OPEN}\n    a = z.read(y)\ndel a"), "it binds a name that is deleted", id="deleted"),
        pytest.param(_in(f"a = 1\n{OPEN}\n    if y: a = z.read(y)\nprint(a)"), "`a`, which is read later, is bound on some of its paths only", id="bound on some ways"),
        pytest.param(_in(f"{OPEN}\n    a = z.read(y)\nprint(z)"), "`z`, which is read later, is no plain variable in it", id="the file itself is read later"),
        pytest.param(_in(f"{OPEN}\n    import os\nprint(os)"), "`os`, which is read later, is no plain variable in it", id="an import"),
        pytest.param(_in(f"{OPEN}\n    def a(): pass\nprint(a)"), "`a`, which is read later, is no plain variable in it", id="a function"),
        pytest.param(_in(f"{OPEN}\n    a = z.read(y)\n    b = lambda: a\nprint(a, b)"), "`a` is read by a function that it makes", id="read by a function that it makes"),
        pytest.param(_in(f"a = 1\ntry:\n    {OPEN}\n        a = 2\n        z.read(y)\nexcept OSError: pass\nprint(a)"), "`a` would not be bound where an exception in it is caught", id="read where it failed"),
        pytest.param(_in(f"a = 1\ntry:\n    {OPEN}\n        a = 2\n        z.read(y)\nfinally: print(a)"), "`a` would not be bound where an exception in it is caught", id="read at the end"),
        pytest.param(_in(f"a = 1\nwith contextlib.suppress(OSError):\n    {OPEN}\n        a = 2\n        z.read(y)\nprint(a)"), "`a` would not be bound where an exception in it is caught", id="what fails is suppressed"),
    ],
)  # fmt: skip
def test_a_block_for_a_person(see: See, text: str, reason: str) -> None:
    _, (block,) = _seen(see, text)
    assert block.reason == reason


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            f"a = 1\ntry:\n    {OPEN}\n        a = z.read(y)\nexcept OSError: pass\nprint(a)", id="bound last"
        ),
        pytest.param(
            f"a = 1\ntry:\n    {OPEN}\n        a = 2\n        z.read(y)\nexcept OSError: raise\nprint(a)",
            id="the handler leaves",
        ),
        pytest.param(
            f"a = 1\ntry: pass\nexcept OSError:\n    {OPEN}\n        a = 2\n        z.read(y)\nprint(a)",
            id="in a handler",
        ),
        pytest.param(
            f"a = 1\nwith contextlib.suppress(OSError):\n    {OPEN}\n        a = z.read(y)\nprint(a)",
            id="bound last, under a context",
        ),
    ],
)
def test_nothing_is_lost_where_it_fails(see: See, body: str) -> None:
    module, blocks = _seen(see, _in(body))
    assert [block.reason for block in blocks] == [None]
    assert all(moves_with_block(module, call) for call in module.facts.calls if module.text(call) == "z.read(y)")


def test_the_outermost_block_takes_what_is_in_it(see: See) -> None:
    _, (block,) = _seen(see, _in(f"{OPEN}\n    with zipfile.ZipFile(y) as a:\n        a.read(x)"))
    assert block.statement.lineno == 4


def test_to_a_block_for_a_person_belong_its_own_calls_alone(see: See) -> None:
    module, _ = _seen(see, _in(f"global a\n{OPEN}\n    a = z.read(y)\n    sleep(1)"))
    moved = [module.text(call) for call in module.facts.calls if moves_with_block(module, call)]
    assert sorted(moved) == ["z.read(y)", "zipfile.ZipFile(x)"]


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("a = z.read(y)\nprint(a)", "z.read(y)"),
        ("a = z.read(y)", None),
        ("a = z.read(y)\n    y()\nprint(a)", None),
        ("a, b = z.read(y)\nprint(a)", None),
        ("b = 1\n    a = z.read(y)\nprint(a, b)", None),
        ("a: int = z.read(y)\nprint(a)", None),
        ("with zipfile.ZipFile(y) as b:\n        a = z.read(y)\nprint(a)", "z.read(y)"),
    ],
)
def test_the_last_value_can_be_returned(see: See, body: str, value: str | None) -> None:
    module, (block,) = _seen(see, _in(f"{OPEN}\n    {body}"))
    found = last_value(block)
    assert (module.text(found) if found is not None else None) == value


@pytest.mark.parametrize(
    ("head", "body", "annotation"),
    [
        ("async def f(x, y):", "z.read(y)", None),
        ("async def f(x, y) -> None:", "z.read(y)", "None"),
        ("async def f(x, y) -> int:", "a = z.read(y)\nprint(a)", None),
        ("async def f(x, y) -> bytes:", "return z.read(y)", "bytes"),
        ("async def f(x, y) -> zipfile.ZipFile:", "return z.read(y)", "zipfile.ZipFile"),
        ("async def f(x, y) -> 'bytes':", "return z.read(y)", None),
        ("async def f(x, bytes) -> bytes:", "return z.read(x)", None),
        ("class A:\n  T = int\n  async def f(x, y) -> T:", "return z.read(y)", None),
        ("@asyncio.coroutine\ndef f(x, y) -> int:", "return z.read(y)\n    yield", None),
    ],
)
def test_what_the_function_of_a_block_is_annotated_with(see: See, head: str, body: str, annotation: str | None) -> None:
    module, blocks = _seen(see, _in(f"{OPEN}\n    {body}", head))
    for block in blocks:
        assert annotation_of(module, block) == annotation
