"""Setters that one test can guard together, and what skipping a setter would leave undone."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.setter_groups import chain_of, is_free_of_effects, may_be_skipped, shared_statement
from aiomend.facts.view import Module

See = Callable[..., Module]
SET = "fut.set_result(1)"


def _calls(module: Module) -> list[ast.Call]:
    """The setters of a file, in order."""
    named = (one for one in module.facts.calls if isinstance(one.func, ast.Attribute) and "set_" in one.func.attr)
    return sorted(named, key=lambda one: (one.lineno, one.col_offset))


def _shared(see: See, body: str, *, all_are_traps: bool = True) -> ast.stmt | None:
    module = see(f"def f(fut, x, y):\n{textwrap.indent(body, '    ')}\n")
    calls = _calls(module)
    return shared_statement(module.facts, calls[0], calls if all_are_traps else calls[:1])


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(SET, id="one setter"),
        pytest.param(f"{SET}\n{SET}", id="two statements"),
        pytest.param(f"if x: {SET}", id="a branch without another"),
        pytest.param(f"if x:\n    {SET}\n    y()\nelse: {SET}", id="a branch that does more"),
        pytest.param(f"if x: {SET}\nelse: y()", id="the other branch does something else"),
        pytest.param(f"if x(): {SET}\nelse: {SET}", id="a test that does something"),
        pytest.param(f"if fut.done(): {SET}\nelse: {SET}", id="a test of the future"),
        pytest.param(f"if fut: {SET}\nelse: {SET}", id="a test whether there is one"),
        pytest.param(f"if x: {SET}\nelse: x.set_result(1)", id="another future"),
        pytest.param(f"if x: {SET}\nelse: fut.cancel()", id="another method"),
        pytest.param(f"if x: y = {SET}\nelse: {SET}", id="what it gives is kept"),
        pytest.param(f"try: {SET}\nexcept x: {SET}\nelse: y()", id="a try with more"),
        pytest.param(f"try: {SET}\nexcept x: {SET}\nfinally: y()", id="a try with an end"),
        pytest.param(f"try: {SET}\nexcept x: pass", id="a handler without one"),
        pytest.param(f"for y in x:\n    {SET}\n    {SET}", id="a loop"),
        pytest.param(f"with x:\n    {SET}\n    {SET}", id="a context"),
        pytest.param(f"{SET} if x() else {SET}", id="an expression with a test that does something"),
        pytest.param(f"{SET} if x else y()", id="an expression that does something else"),
    ],
)
def test_no_statement_is_shared(see: See, body: str) -> None:
    assert _shared(see, body) is None


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(f"if x: {SET}\nelse: {SET}", id="two branches"),
        pytest.param(f"if x: {SET}\nelse: fut.set_exception(y)", id="a result or an exception"),
        pytest.param(f"if x: {SET}\nelif y: {SET}\nelse: {SET}", id="three branches"),
        pytest.param(f"if x:\n    if y: {SET}\n    else: {SET}\nelse: {SET}", id="branches in a branch"),
        pytest.param(f"{SET} if x else {SET}", id="an expression"),
        pytest.param(f"try: {SET}\nexcept x: {SET}", id="a try and its handler"),
        pytest.param(f"try: {SET}\nexcept x: {SET}\nexcept y: {SET}", id="two handlers"),
        pytest.param(f"if x and not y or x.y is None or isinstance(x, int): {SET}\nelse: {SET}", id="a test that only answers"),
        pytest.param(f"if x: {SET} if y else {SET}\nelse: {SET}", id="an expression in a branch"),
    ],
)  # fmt: skip
def test_the_largest_statement_is_shared(see: See, body: str) -> None:
    found = _shared(see, body)
    assert found is not None
    assert (found.lineno, found.col_offset) == (2, 4)


def test_nothing_is_shared_where_one_of_them_is_safe_as_it_is(see: See) -> None:
    assert _shared(see, f"if x: {SET}\nelse: {SET}", all_are_traps=False) is None


def test_the_statement_does_not_begin_in_the_middle_of_a_chain(see: See) -> None:
    found = _shared(see, f"if x: y()\nelif x.y: {SET}\nelse: {SET}")
    assert found is None
    found = _shared(see, f"if x: y()\nelse:\n    if x.y: {SET}\n    else: {SET}")
    assert found is not None
    assert found.lineno == 4


@pytest.mark.parametrize(("number", "first", "depth"), [(0, 1, 0), (1, 1, 1), (2, 1, 2), (3, 5, 0)])
def test_where_a_chain_begins(see: See, number: int, first: int, depth: int) -> None:
    module = see("if a: pass\nelif b: pass\nelif c: pass\nelse:\n    if d: pass\n")
    branches = sorted((one for one in ast.walk(module.tree) if isinstance(one, ast.If)), key=lambda one: one.lineno)
    found, deep = chain_of(module.facts, branches[number])
    assert (found.lineno, deep) == (first, depth)


@pytest.mark.parametrize(
    ("test", "may"),
    [
        ("x", True),
        ("x.y", True),
        ("None", True),
        ("x and y", True),
        ("not x", True),
        ("x == 1", True),
        ("x in (1, y)", True),
        ("isinstance(x, y)", True),
        ("callable(x)", True),
        ("len(x) > 1", True),
        ("self", False),
        ("self.fut", False),
        ("self.fut.x", True),
        ("other.fut", True),
        ("fut", True),
        ("x()", False),
        ("x and y()", False),
        ("x() or y", False),
        ("not x()", False),
        ("x() == 1", False),
        ("1 == x()", False),
        ("x is self.fut", False),
        ("(x, y())", False),
        ("len(x, key=y)", False),
        ("len(x())", False),
        ("print(x)", False),
        ("x.len(y)", False),
        ("x().y", False),
        ("[x]", False),
        ("x + y", False),
        ("lambda: x", False),
    ],
)
def test_a_test_that_may_be_skipped(test: str, may: bool) -> None:
    receiver = ast.parse("self.fut", mode="eval").body
    assert may_be_skipped(ast.parse(test, mode="eval").body, receiver) is may


@pytest.mark.parametrize(
    ("argument", "is_free"),
    [
        ("x", True),
        ("1", True),
        ("lambda: y()", True),
        ("x.y", True),
        ("-x", True),
        ("not x", True),
        ("(x, 1)", True),
        ("[x, *y]", True),
        ("{x}", True),
        ("{1: x, **y}", True),
        ("f'{x}'", True),
        ("ValueError(x)", True),
        ("ValueError(x, y=1)", True),
        ("KeyboardInterrupt()", True),
        ("Mine(x)", True),
        ("elsewhere.SomeError(x)", True),
        ("x()", False),
        ("x().y", False),
        ("~x", False),
        ("-x()", False),
        ("(x, y())", False),
        ("[y()]", False),
        ("{y()}", False),
        ("{y(): 1}", False),
        ("{1: y()}", False),
        ("f'{y()}'", False),
        ("ValueError(y())", False),
        ("ValueError(x, y=y())", False),
        ("Other(x)", False),
        ("print(x)", False),
        ("elsewhere.some_error(x)", False),
        ("elsewhere.Thing(x)", False),
        ("x + y", False),
        ("x[0]", False),
        ("await x", False),
        ("x.result()", False),
        ("x.exception()", False),
    ],
)
def test_an_argument_without_effects(see: See, argument: str, is_free: bool) -> None:
    head = "import elsewhere\nclass Mine(OSError): pass\nclass Other: pass\n"
    module = see(f"{head}async def f(fut, x, y): fut.set_result({argument})\n")
    assert is_free_of_effects(module, _calls(module)[0].args[0]) is is_free


@pytest.mark.parametrize(
    ("body", "is_known"),
    [
        pytest.param("if t.exception(): fut.set_exception(t.exception())", True, id="there is one"),
        pytest.param("if t.exception() is not None: fut.set_exception(t.exception())", True, id="there is one, in other words"),
        pytest.param("if not t.exception(): fut.set_result(t.result())", True, id="there is none, so there is a result"),
        pytest.param("if t.exception() is None: fut.set_result(t.result())", True, id="none, in other words"),
        pytest.param("if t.exception(): fut.set_result(t.result())", False, id="there is one: asking for a result raises it"),
        pytest.param("if t.exception() is not None: fut.set_result(t.result())", False, id="likewise"),
        pytest.param("if t.done(): fut.set_exception(t.exception())", False, id="something else was asked"),
        pytest.param("if u.exception(): fut.set_exception(t.exception())", False, id="another one was asked"),
        pytest.param("if t.exception():\n    await x\n    fut.set_exception(t.exception())", False, id="a wait between"),
        pytest.param("if t.exception():\n    t = x\n    fut.set_exception(t.exception())", False, id="another one by then"),
        pytest.param("if t.exception(): fut.set_exception(t.exception(1))", False, id="asked with an argument"),
        pytest.param("if t.exception(): fut.set_exception(t.cancelled())", False, id="another question"),
        pytest.param("if t().exception(): fut.set_exception(t().exception())", False, id="a new one each time"),
    ],
)  # fmt: skip
def test_a_question_that_was_asked_before(see: See, body: str, is_known: bool) -> None:
    module = see(f"async def f(fut, t, u, x):\n{textwrap.indent(body, '    ')}\n")
    assert is_free_of_effects(module, _calls(module)[0].args[0]) is is_known
