"""Which code of a coroutine also runs when the coroutine is destroyed."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.destroyed import runs_when_destroyed
from aiomend.facts.view import Module

See = Callable[..., Module]


def _block(see: See, body: str, head: str = "async def f(x):") -> str | None:
    module = see(f"import asyncio\n{head}\n{textwrap.indent(textwrap.dedent(body), '  ')}\n")
    (call,) = (one for one in module.facts.calls if module.text(one.func) == "mark")
    return runs_when_destroyed(module, call)


@pytest.mark.parametrize(
    "body",
    [
        "mark()",
        "try: mark()\nfinally: x()",
        "try: x()\nfinally: mark()",
        "try:\n  mark()\n  await x\nfinally: x()",
        "try: await x\nexcept Exception: mark()",
        "try: await x\nexcept (OSError, asyncio.CancelledError): mark()",
        "try: await x\nexcept BaseException: x()\nelse: mark()",
        "try: x()\nexcept BaseException: mark()",
        "try: x()\nexcept OSError: await x\nexcept BaseException: mark()",
        "try:\n  async def g(): await x\nfinally: mark()",
        "try: await x\nfinally:\n  async def g(): mark()",
        "try: await x\nfinally: x()\nmark()",
    ],
)
def test_what_runs_in_its_turn_alone(see: See, body: str) -> None:
    assert _block(see, body) is None


@pytest.mark.parametrize(
    ("body", "block"),
    [
        ("try: await x\nfinally: mark()", "`finally`"),
        ("try: await x\nfinally:\n  if x: mark()", "`finally`"),
        ("try:\n  async for y in x: pass\nfinally: mark()", "`finally`"),
        ("try: x()\nexcept OSError: await x\nfinally: mark()", "`finally`"),
        ("try: x()\nexcept OSError: x()\nelse: await x\nfinally: mark()", "`finally`"),
        ("try: await x\nfinally:\n  try: mark()\n  except OSError: pass", "`finally`"),
        ("try: await x\nexcept: mark()", "`except`"),
        ("try: await x\nexcept BaseException: mark()", "`except BaseException`"),
        ("try: await x\nexcept GeneratorExit: mark()", "`except GeneratorExit`"),
        (
            "try: await x\nexcept (OSError, GeneratorExit) as error: mark()",
            "`except (OSError, GeneratorExit)`",
        ),
    ],
)
def test_what_runs_when_it_is_destroyed(see: See, body: str, block: str) -> None:
    assert _block(see, body) == block


def test_what_leaves_an_asynchronous_with(see: See) -> None:
    assert _block(see, "mark()", "async def __aexit__(self, *error):") == "`__aexit__()`"
    assert _block(see, "mark()", "async def __aenter__(self):") is None
