"""The proofs: each refuses what it is there for, and nothing else."""

from __future__ import annotations

import pytest

from aiomend.facts.module import ModuleFacts
from aiomend.model import TextEdit
from aiomend.settings import TargetRange
from aiomend.source import read
from aiomend.verify import Refused, prove


def _prove(
    before: str, after: str, *, target: str = "3.8-3.13", new_names: tuple[str, ...] = (), local: tuple[str, ...] = ()
) -> None:
    """Prove one edit: the lines between what both texts share at their ends."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    while old and new and old[0] == new[0]:
        old, new = old[1:], new[1:]
    start = len(before) - len("".join(old))
    while old and new and old[-1] == new[-1]:
        old, new = old[:-1], new[:-1]
    edit = TextEdit("a.py", start, start + len("".join(old)), "".join(new))
    facts = ModuleFacts(read("a.py", before.encode()), "a", False)
    prove(facts, facts.source.with_text(after), [edit], TargetRange.parse(target), new_names, (), local)


@pytest.mark.parametrize(
    ("before", "after", "proof"),
    [
        pytest.param("def f(): x\n", "def f(): await x\n", "compile", id="await in a plain function"),
        pytest.param("async def f(): x\n", "async def f(): yield from x\n", "compile", id="yield from in async def"),
        pytest.param("x\n", "x y\n", "compile", id="no Python at all"),
        pytest.param("return\nx\n", "return\ny\n", "compile", id="it did not compile before"),
        pytest.param("x  # why\n", "y\n", "comments", id="a comment is lost"),
        pytest.param("def f(a): x\n", "def f(a, b): x\n", "signature", id="another signature"),
        pytest.param("def f(): x\n", "async def f(): x\n", "signature", id="another colour"),
        pytest.param("x\n", "def g(): x\n", "signature", id="a function that no helper brings"),
        pytest.param("x()\ndef g(): 1\n", "g(x())\ndef g(): 1\n", "order", id="a function called above its definition"),
        pytest.param(
            "def f(): x()\nf()\ndef g(): 1\n",
            "def f(): g(x())\nf()\ndef g(): 1\n",
            "order",
            id="a function called by what runs above its definition",
        ),
        pytest.param(
            "async def f(): return f'{x}'\n",
            "async def f(): return f'{await x}'\n",
            "target",
            id="newer than the range",
        ),
        pytest.param("import asyncio\nx\n", "import asyncio\nasyncio.run(x)\n", "target", id="a name of 3.7"),
        pytest.param("x\n", "from asyncio import to_thread as t\nx\n", "target", id="a name of 3.9 under another"),
        pytest.param(
            "import asyncio as a\nx\n",
            "import asyncio as a\na.sleep(1, loop=x)\n",
            "target",
            id="a parameter that went",
        ),
    ],
)
def test_refused(before: str, after: str, proof: str) -> None:
    with pytest.raises(Refused) as caught:
        _prove(before, after, target="3.6-3.13")
    assert caught.value.proof == proof
    assert caught.value.reason


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("import asyncio\nasyncio.run(x)\n", "import asyncio\nasyncio.run(y)\n", id="it was there before"),
        pytest.param(
            "import mine as asyncio\nx\n", "import mine as asyncio\nasyncio.sleep(1)\n", id="every version has it"
        ),
        pytest.param("x\n", "x.run(loop=1)\n", id="it is no name of asyncio"),
    ],
)
def test_names_that_the_range_does_not_rule_out(before: str, after: str) -> None:
    _prove(before, after, target="3.6-3.13")


def test_a_change_outside_the_edit_is_refused() -> None:
    before, after = "x = 1\ny = 2\n", "x = 1\ny = 3\n"
    facts = ModuleFacts(read("a.py", before.encode()), "a", False)
    with pytest.raises(Refused) as caught:
        prove(facts, facts.source.with_text(after), [TextEdit("a.py", 0, 6, "x = 1\n")], TargetRange(), ())
    assert caught.value.proof == "containment"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "async def f():\n    x\n    y\n", "async def f():\n    await x\n    y\n", id="await in a coroutine"
        ),
        pytest.param("x\n", "if ok:\n    x\n", id="a guard"),
        pytest.param("x = 1  # why\n", "if ok:\n    x = 1  # why\n", id="a comment that moves along"),
        pytest.param(
            "async def f(): return [x for y in z]\n",
            "async def f(): return [await x for y in z]\n",
            id="in a comprehension",
        ),
    ],
)
def test_accepted(before: str, after: str) -> None:
    _prove(before, after, target="3.6-3.13")


def test_a_helper_may_come() -> None:
    _prove("x\n", "def _keep(t): return t\nx\n", new_names=("_keep",))


def test_an_f_string_may_await_from_3_7() -> None:
    _prove("async def f(): return f'{x}'\n", "async def f(): return f'{await x}'\n", target="3.7-3.13")


_BLOCK = "def f():\n    x\n"
_MOVED = "def f():\n    def g():\n        x\n    g()\n"


def test_a_local_function_may_appear_where_a_fix_declares_it() -> None:
    _prove(_BLOCK, _MOVED, local=("f.g",))


@pytest.mark.parametrize(
    ("after", "local"),
    [
        pytest.param(_MOVED, ("g",), id="in another function"),
        pytest.param(_MOVED.replace("g()", "g(a)", 1), ("f.g",), id="with a parameter"),
        pytest.param(_MOVED.replace("    def", "    async def"), ("f.g",), id="of another colour"),
        pytest.param("def f():\n    def g():\n        x\n    def g():\n        x\n", ("f.g",), id="twice"),
        pytest.param("def f():\n    y\n", ("f.g",), id="or rather it does not appear"),
    ],
)
def test_a_local_function_appears_as_declared_or_not_at_all(after: str, local: tuple[str, ...]) -> None:
    with pytest.raises(Refused) as refused:
        _prove(_BLOCK, after, local=local)

    assert refused.value.proof == "signature"
