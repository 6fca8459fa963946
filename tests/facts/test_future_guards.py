"""What rules out that a future's setter fails, each way by itself; and what only seems to."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.expected_errors import error_is_expected, is_side_effect
from aiomend.facts.future_guards import is_guarded
from aiomend.facts.new_futures import cannot_be_cancelled
from aiomend.facts.view import Module

See = Callable[..., Module]
HEAD = "import asyncio, contextlib\n"
MADE = "fut = loop.create_future()"
SET = "fut.set_result(1)"


def _setter(module: Module) -> tuple[ast.Call, ast.expr]:
    (call,) = (
        one for one in module.facts.calls if isinstance(one.func, ast.Attribute) and one.func.attr == "set_result"
    )
    assert isinstance(call.func, ast.Attribute)
    return call, call.func.value


def _in_function(body: str) -> str:
    return f"{HEAD}async def f(loop, fut, futs):\n{textwrap.indent(body, '    ')}\n"


@pytest.mark.parametrize(
    "body",
    [
        f"if not fut.done(): {SET}",
        f"if not fut.cancelled(): {SET}",
        f"if fut.done() is False: {SET}",
        f"if fut.done() == False: {SET}",
        f"if fut._state == 'PENDING': {SET}",
        f"if fut._state is PENDING: {SET}",
        f"if fut._state != 'PENDING': return\n{SET}",
        f"if fut.done(): return\n{SET}",
        f"if x and not fut.done(): {SET}",
        f"if x or fut.done(): return\n{SET}",
        f"pending = not fut.done()\nif pending: {SET}",
        f"if not fut.done() and x(): {SET}",
        f"fut.done() or {SET}",
        f"while not fut.done(): {SET}",
        "[x.set_result(1) for x in futs if not x.done()]",
        "for x in [y for y in futs if not y.done()]: x.set_result(1)",
        "for x in (y for y in futs if not y.cancelled()): x.set_result(1)",
        "for x in filter(lambda y: not y.done(), futs): x.set_result(1)",
        "x = next(y for y in futs if not y.done())\nx.set_result(1)",
        "x = next((y for y in futs if not y.done()), z)\nif x: x.set_result(1)",
        f"def pending(x): return x is not None and not x.done()\nif pending(fut): {SET}",
        f"def over(x): return x.done()\nif over(fut): return\n{SET}",
        f"def pending(a, *, b):\n  'text'\n  return not b.done()\nif pending(1, b=fut): {SET}",
        f"if fut.done(): {MADE}\n{SET}",
        f"if fut.cancelled():\n    x()\n    {MADE}\nif y:\n    {SET}",
    ],
)
def test_a_test_rules_it_out(see: See, body: str) -> None:
    module = see(_in_function(body))
    assert is_guarded(module, *_setter(module))


@pytest.mark.parametrize(
    "body",
    [
        SET,
        f"if fut.done(): {SET}",
        f"if not other.done(): {SET}",
        f"if not fut.done(1): {SET}",
        f"if not fut.running(): {SET}",
        f"if fut.done() is True: {SET}",
        f"if fut.done() is not False: {SET}",
        f"if fut._state != 'PENDING': {SET}",
        f"if other._state == 'PENDING': {SET}",
        f"if x or not fut.done(): {SET}",
        f"if x and fut.done(): return\n{SET}",
        f"pending = fut.done()\nif pending: {SET}",
        f"pending, x = not fut.done(), 1\nif pending: {SET}",
        f"if not fut.done() and await x(): {SET}",
        f"if not fut.done():\n    await x\n    {SET}",
        f"if not fut.done():\n    fut.cancel()\n    {SET}",
        f"if not fut.done():\n    fut = other\n    {SET}",
        "if not fut.done(): fut.set_result(await x)",
        f"if not fut.done(): x(lambda: {SET})",
        "[x.set_result(1) for x in futs if not fut.done()]",
        "[x.set_result(1) for x in futs if x.done()]",
        "for x in [y for y in futs if y.done()]: x.set_result(1)",
        "for x in [y for y in futs if not z.done()]: x.set_result(1)",
        "for x in [z for y in futs if not y.done()]: x.set_result(1)",
        "for x in [y for y in futs if not y.done()]:\n    await y\n    x.set_result(1)",
        "x = next(y for y in futs if y.done())\nx.set_result(1)",
        "x = next(y for y in futs if not y.done())\nawait z\nx.set_result(1)",
        "x = next(y for y in futs if not y.done())\nx = futs[0]\nx.set_result(1)",
        f"def pending(x): return not x.done()\nif pending(other): {SET}",
        f"def pending(x): return x.done()\nif pending(fut): {SET}",
        f"def pending(x): return not other.done()\nif pending(fut): {SET}",
        f"def pending(x):\n  if y: return True\n  return not x.done()\nif pending(fut): {SET}",
        f"def pending(x): return not x.done()\nif pending(*fut): {SET}",
        f"if fut.done(): {MADE}\nawait x\n{SET}",
        f"if fut.done():\n    {MADE}\n    await x\n{SET}",
        f"if fut.done(): fut = x\n{SET}",
        f"if not fut.done(): {MADE}\n{SET}",
        f"if fut.done(): {MADE}\nfut = x\n{SET}",
    ],
)
def test_a_test_does_not(see: See, body: str) -> None:
    module = see(_in_function(body))
    assert not is_guarded(module, *_setter(module))


@pytest.mark.parametrize(
    ("call", "is_ruled_out"),
    [
        ("if not self.fut.done(): self.work()", True),
        ("self.work()", False),
        ("if not self.fut.done(): self.work(await x)", False),
        ("if not self.fut.done():\n            await x\n            self.work()", False),
        ("if not self.other.done(): self.work()", False),
        ("if not self.fut.done(): self.work()\n        self.work()", False),
        ("if not self.fut.done(): other.work()", False),
    ],
)
def test_whoever_calls_the_method_has_tested(see: See, call: str, is_ruled_out: bool) -> None:
    text = f"class A:\n    def work(self): self.fut.set_result(1)\n    async def run(self, other):\n        {call}\n"
    module = see(f"{HEAD}{text}")
    assert is_guarded(module, *_setter(module)) is is_ruled_out


@pytest.mark.parametrize(
    ("asks", "call", "is_ruled_out"),
    [
        ("return not self.fut.done()", "self.asks()", True),
        ("return self.fut is not None and not self.fut.done()", "self.asks()", True),
        ("return not self.other.done()", "self.asks()", False),
        ("return not self.fut.done()", "other.asks()", False),
        ("return self.fut.done()", "self.asks()", False),
    ],
)
def test_a_method_asks_for_it(see: See, asks: str, call: str, is_ruled_out: bool) -> None:
    text = f"class A:\n    def asks(self): {asks}\n    async def run(self, other):\n        if {call}: self.fut.set_result(1)\n"
    module = see(f"{HEAD}{text}")
    assert is_guarded(module, *_setter(module)) is is_ruled_out


@pytest.mark.parametrize(
    ("body", "is_expected"),
    [
        (f"try: {SET}\nexcept asyncio.InvalidStateError: pass", True),
        (f"try: {SET}\nexcept: pass", True),
        (f"try: {SET}\nexcept Exception: pass", True),
        (f"try: {SET}\nexcept (OSError, asyncio.InvalidStateError): pass", True),
        (f"try: {SET}\nexcept OSError: pass", False),
        (f"try: x()\nexcept Exception: {SET}", False),
        (f"try: x()\nexcept Exception: pass\nelse: {SET}", False),
        (f"with contextlib.suppress(Exception): {SET}", True),
        (f"with contextlib.suppress(OSError): {SET}", False),
        (f"with pytest.raises(ValueError): {SET}", True),
        (f"with self.assertRaisesRegex(ValueError, 'x'): {SET}", True),
        (f"with raising(): {SET}", False),
        (f"with x: {SET}", False),
        (SET, False),
    ],
)
def test_the_error_is_expected(see: See, body: str, is_expected: bool) -> None:
    module = see(_in_function(body))
    assert error_is_expected(module, _setter(module)[0]) is is_expected


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (f"def g(*_): {SET}\nx.side_effect = g", True),
        (f"mock(side_effect=lambda: {SET})", True),
        (f"x.side_effect = lambda: {SET}", True),
        (f"x.other = lambda: {SET}", False),
        (f"mock(other=lambda: {SET})", False),
        (f"def g(*_): {SET}\ng()", False),
        (f"def g(*_): {SET}\ndef h(g): x.side_effect = g", False),
        (SET, False),
    ],
)
def test_a_mock_calls_it(see: See, text: str, is_one: bool) -> None:
    module = see(f"{HEAD}{text}")
    assert is_side_effect(module, _setter(module)[0]) is is_one


@pytest.mark.parametrize(
    ("body", "is_new"),
    [
        pytest.param(f"{MADE}\n{SET}", True, id="just made"),
        pytest.param(f"fut: object = loop.create_future()\n{SET}", True, id="just made, annotated"),
        pytest.param(f"{MADE}\nx()\n{SET}", True, id="nobody has it"),
        pytest.param(f"{MADE}\nawait x\n{SET}", True, id="nobody has it meanwhile"),
        pytest.param(f"{MADE}\ny.append(fut)\n{SET}", True, id="kept, and nothing has run"),
        pytest.param(f"{MADE}\nprint(fut)\n{SET}", True, id="shown"),
        pytest.param(f"{MADE}\ny(fut)\n{SET}", False, id="somebody has it"),
        pytest.param(f"{MADE}\ny.append(fut)\nx()\n{SET}", False, id="kept, and something runs"),
        pytest.param(f"{MADE}\ny.append(fut)\nawait x\n{SET}", False, id="kept, and something is awaited"),
        pytest.param(f"{MADE}\ny.append(fut)\neval(x)\n{SET}", False, id="kept, and code of a text runs"),
        pytest.param(f"{MADE}\ny.append(fut)\nasyncio.ensure_future(fut)\n{SET}", True, id="kept, and a task is made"),
        pytest.param(f"{MADE}\ny.append(fut)\nfut.done()\n{SET}", True, id="kept, and looked at"),
        pytest.param(f"{MADE}\nfut.cancel()\n{SET}", False, id="cancelled"),
        pytest.param(f"{MADE}\nfut = x\n{SET}", False, id="another one by then"),
        pytest.param(f"self.fut = loop.create_future()\nself.{SET}", True, id="stored, and nothing has run"),
        pytest.param(f"self.fut = loop.create_future()\nx()\nself.{SET}", False, id="stored, and something runs"),
        pytest.param(f"y[0] = fut = loop.create_future()\nx()\n{SET}", False, id="stored, too"),
        pytest.param(f"{MADE}\nif x: {SET}", True, id="in a branch"),
        pytest.param(f"{MADE}\ny.append(fut)\nif x(): {SET}", False, id="behind a test that runs something"),
        pytest.param(f"{MADE}\ny.append(fut)\nfor _ in z: {SET}", True, id="in a loop"),
        pytest.param(
            f"{MADE}\ny.append(fut)\nfor _ in z:\n    {SET}\n    x()", False, id="in a loop that runs something"
        ),
        pytest.param(f"{MADE}\ny.append(fut)\nwith x(): {SET}", False, id="in a context that runs something"),
        pytest.param(f"{MADE}\ny.append(fut)\nwith x: {SET}", True, id="in a context"),
        pytest.param(f"{MADE}\ny.append(fut)\nasync with x: {SET}", False, id="entering suspends"),
        pytest.param(f"{MADE}\ny.append(fut)\ntry: x()\nexcept OSError: {SET}", False, id="in a handler of something"),
        pytest.param(f"{MADE}\ny.append(fut)\ntry: z = 1\nexcept OSError: {SET}", True, id="in a handler of nothing"),
        pytest.param(f"{MADE}\ny.append(fut)\ntry: x()\nfinally: {SET}", False, id="at the end of something"),
        pytest.param(f"{MADE}\ny.append(fut)\ntry: {SET}\nfinally: x()", True, id="before the end"),
        pytest.param(f"{MADE}\ny.append(fut)\nmatch x():\n    case 1: {SET}", False, id="in a case of something"),
        pytest.param(f"{MADE}\ny.append(fut)\nmatch x:\n    case 1: {SET}", True, id="in a case"),
        pytest.param(f"{MADE}\ny.append(fut)\nif x(): return\n{SET}", False, id="behind a way out that runs something"),
        pytest.param(f"{MADE}\ny.append(fut)\nif x:\n    z()\n    return\n{SET}", True, id="behind a way out"),
        pytest.param(f"{MADE}\ny.append(fut)\nfut.set_result(x())", False, id="the result runs something"),
        pytest.param(f"if x:\n    {MADE}\n    y.append(fut)\n{SET}", False, id="made on some ways"),
        pytest.param(f"{MADE}\ny.append(fut)\ndef g(): {SET}", False, id="another function sets it"),
    ],
)
def test_it_was_just_made(see: See, body: str, is_new: bool) -> None:
    module = see(_in_function(body).replace("loop, fut, futs", "loop"))
    assert cannot_be_cancelled(module, *_setter(module)) is is_new
