"""Which names a block surely binds on its way, which it reads too early, and which are read when it is over."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable

import pytest

from aiomend.facts.block_names import (
    Passage,
    bound_in,
    may_swallow,
    read_in_nested,
    read_later,
    read_on_failure,
)
from aiomend.facts.scopes import FUNCTIONS
from aiomend.facts.view import Module

See = Callable[..., Module]
HEAD = "import contextlib, zipfile\n"


def _passage(see: See, body: str) -> tuple[str, str | None]:
    """Of `a`, `b` and `c`: what a body reads too early, and what it surely binds; None where it never ends."""
    module = see(f"{HEAD}async def f(x, y):\n{textwrap.indent(body, '    ')}\n")
    (function,) = (one for one in module.facts.functions if one.name == "f")
    assert isinstance(function, FUNCTIONS)
    passage = Passage(module, "abc")
    end = passage.through(function.body, frozenset())
    return "".join(sorted(passage.early)), None if end is None else "".join(sorted(end & set("abc")))


@pytest.mark.parametrize(
    ("body", "early", "bound"),
    [
        ("pass", "", ""),
        ("x(a)", "a", ""),
        ("x(z)", "", ""),
        ("a = 1", "", "a"),
        ("a = 1\nx(a)", "", "a"),
        ("a = a", "a", "a"),
        ("a = b = 1", "", "ab"),
        ("a, (b, *c) = x", "", "abc"),
        ("a.b = 1", "a", ""),
        ("a[b] = 1", "ab", ""),
        ("a: int = 1", "", "a"),
        ("a: int", "", ""),
        ("a += 1", "a", "a"),
        ("a = 1\na += b", "b", "a"),
        ("x += a", "a", ""),
        ("del a", "a", ""),
        ("a = 1\ndel a", "", ""),
        ("a = b = 1\ndel a", "", "b"),
        ("import a, b.c", "", "ab"),
        ("import x as a", "", "a"),
        ("from x import y as a, b", "", "ab"),
        ("def a(): pass", "", "a"),
        ("async def a(): pass", "", "a"),
        ("class a: pass", "", "a"),
        ("def a(): b", "b", "a"),
        ("return a", "a", None),
        ("raise a", "a", None),
        ("return\na = 1", "", None),
        ("if x: a = 1", "", ""),
        ("if a: pass", "a", ""),
        ("if x: a = 1\nelse: a = b = 1", "", "a"),
        ("if x: a = 1\nelse: return", "", "a"),
        ("if x: return\nelse: raise y", "", None),
        ("if x: a = 1\nx(a)", "a", ""),
        ("while x: a = 1", "", ""),
        ("while a: pass", "a", ""),
        ("while (a := x): x(a)", "", "a"),
        ("while x: pass\nelse: x(a)", "a", ""),
        ("for a in x: x(a)", "", ""),
        ("for a in a: pass", "a", ""),
        ("for a.b in x: pass", "a", ""),
        ("for z in x: a = 1\nelse: x(a)", "a", ""),
        ("async for a in x: x(a)", "", ""),
        ("with zipfile.ZipFile(x) as a: b = 1", "", "ab"),
        ("with zipfile.ZipFile(a): pass", "a", ""),
        ("with zipfile.ZipFile(x) as a, zipfile.ZipFile(a): pass", "", "a"),
        ("with x() as a: b = 1", "", "a"),
        ("with contextlib.suppress(x): a = 1", "", ""),
        ("async with x as a: b = 1", "", "a"),
        ("with zipfile.ZipFile(x): return", "", None),
        ("with x(): return", "", ""),
        ("try: a = 1\nexcept x: pass", "", ""),
        ("try: a = 1\nexcept x: a = 2", "", "a"),
        ("try: a = 1\nexcept x: return", "", "a"),
        ("try: a = 1\nexcept x as b: x(b)\nx(b)", "b", ""),
        ("try: a = 1\nexcept x as b: a = b", "", "a"),
        ("try: a = 1\nexcept x: x(a)", "a", ""),
        ("try: a = 1\nexcept b: pass", "b", ""),
        ("try: a = 1\nexcept x: a = 1\nelse: b = a", "", "a"),
        ("try: a = 1\nexcept x: return\nelse: b = a", "", "ab"),
        ("try: return\nexcept x: a = 1", "", "a"),
        ("try: return\nexcept x: return", "", None),
        ("try: a = 1\nfinally: x(a)", "a", "a"),
        ("try: a = 1\nfinally: b = 1", "", "ab"),
        ("try: a = 1\nfinally: return", "", None),
        ("try: a = 1\nexcept* x: pass", "", ""),
        ("match x:\n    case 1: a = 1\n    case _: a = 2", "", ""),
        ("match x:\n    case [a, *b]: x(a, b)", "", ""),
        ("match x:\n    case {'k': a, **b}: x(a)", "", ""),
        ("match x:\n    case 1 if a: pass", "a", ""),
        ("match x:\n    case a if a: pass", "", ""),
        ("match a:\n    case 1: pass", "a", ""),
        ("a = 1\nmatch x:\n    case 1: return", "", "a"),
        ("x((a := 1), a)", "a", "a"),
        ("x(a := 1)\nx(a)", "", "a"),
        ("y and (a := 1)", "", ""),
        ("(a := 1) and y", "", "a"),
        ("(a := 1) if (b := 1) else (c := 1)", "", "b"),
        ("(a := 1) < (b := 1) < (c := 1)", "", "ab"),
        ("z = y or (a := 1)", "", ""),
        ("z = (a := 1) or y", "", "a"),
        ("return (a := 1)", "", None),
        ("def z(p=(a := 1)): (b := 1)", "", "a"),
        ("lambda: (a := 1)", "", ""),
        ("[(a := 1) for z in x]", "", ""),
        ("[a for a in x]", "a", ""),
        ("x(lambda: a)", "a", ""),
    ],
)
def test_what_is_bound_and_what_is_read_too_early(see: See, body: str, early: str, bound: str | None) -> None:
    assert _passage(see, body) == (early, bound)


def _block(see: See, body: str, *, around: str = "{}", head: str = "") -> tuple[Module, ast.With]:
    """The only `with` of a function whose target is `z`, with a body, where ``around`` says."""
    block = f"with zipfile.ZipFile(x) as z:\n{textwrap.indent(body, '    ')}"
    at = next((line for line in around.splitlines() if "{}" in line), "{}")
    indent = at[: len(at) - len(at.lstrip())]
    text = around.replace(at, textwrap.indent(block, indent))
    module = see(f"{HEAD}async def f(x, y):\n{textwrap.indent(head + text, '    ')}\n")
    (found,) = (
        one
        for one in ast.walk(module.tree)
        if isinstance(one, ast.With) and ast.unparse(one.items[0]) == "zipfile.ZipFile(x) as z"
    )
    return module, found


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("x()", "z"),
        ("a = 1", "az"),
        ("a.b = 1", "z"),
        ("for a, b in x: pass", "abz"),
        ("def a(): b = 1", "az"),
        ("import a", "az"),
        ("[a for a in x]", "z"),
        ("x(a := 1)", "az"),
        ("try: pass\nexcept x as a: pass", "az"),
        ("del a", "az"),
    ],
)
def test_the_names_that_a_block_binds(see: See, body: str, names: str) -> None:
    assert bound_in(*_block(see, body)) == set(names)


def test_names_of_more_than_the_function_count_too(see: See) -> None:
    assert bound_in(*_block(see, "a = 1", head="global a\n")) == {"a", "z"}
    assert bound_in(*_block(see, "x(a)", head="global a\n")) == {"z"}


@pytest.mark.parametrize(
    ("around", "later"),
    [
        pytest.param("{}", "", id="nothing follows"),
        pytest.param("{}\nx(a)", "a", id="read behind it"),
        pytest.param("{}\na = 1\nx(a)", "", id="bound again first"),
        pytest.param("{}\nif x: a = 1\nx(a)", "a", id="bound again on some ways"),
        pytest.param("x(a)\n{}", "", id="read before it"),
        pytest.param("if x:\n    {}\nx(a)", "a", id="read behind a branch"),
        pytest.param("if x:\n    {}\nelse: x(a)", "", id="read in the other branch"),
        pytest.param("if x:\n    {}\n    return\nx(a)", "", id="behind a way out"),
        pytest.param("while x:\n    x(a)\n    {}", "a", id="read on the next turn"),
        pytest.param("while x(a):\n    {}", "a", id="read by the test of the next turn"),
        pytest.param("while x:\n    a = 1\n    x(a)\n    {}", "", id="bound again on the next turn"),
        pytest.param("while x:\n    {}\nelse: x(a)", "a", id="read when the loop ends"),
        pytest.param("while x:\n    {}\n    break\nx(a)", "a", id="behind a loop that is left"),
        pytest.param("for y in x:\n    x(a)\n    {}", "a", id="read on the next turn of a loop"),
        pytest.param("for a in x:\n    x(a)\n    {}", "", id="bound by the next turn"),
        pytest.param("for a in x:\n    {}\nelse: x(a)", "a", id="read when that loop ends"),
        pytest.param("for y in x:\n    {}\n    return\nx(a)", "a", id="behind a loop that may not run"),
        pytest.param("try:\n    {}\nexcept x: x(a)", "a", id="read in a handler"),
        pytest.param("try:\n    {}\nfinally: x(a)", "a", id="read at the end"),
        pytest.param("try:\n    {}\nexcept x: pass\nelse: x(a)", "a", id="read in the else"),
        pytest.param("try: pass\nexcept x:\n    {}\nelse: x(a)", "", id="from a handler, read in the else"),
        pytest.param("try:\n    {}\nexcept x: a = 1\nx(a)", "a", id="behind a try"),
        pytest.param("{}\ndef g(): x(a)", "a", id="read by a function"),
        pytest.param("def g(): x(a)\n{}", "a", id="read by a function before it"),
        pytest.param("{}\nlambda: a", "a", id="read by a lambda"),
        pytest.param("{}\nreturn\nx(a)", "", id="never reached"),
    ],
)
def test_what_is_read_when_it_is_over(see: See, around: str, later: str) -> None:
    assert read_later(*_block(see, "a = 1", around=around), names="a") == set(later)


def test_what_is_read_inside_is_not_read_later(see: See) -> None:
    module, block = _block(see, "a = 1\nx(a)\nlambda: a\ndef g(): b\n[c for c in x]")
    assert read_later(module, block, "abc") == set()
    assert read_in_nested(block, "abc") == {"a", "b"}
    assert read_in_nested(block, "a") == {"a"}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("try: {}\nexcept x: x(a)", "a"),
        ("try: {}\nexcept x: x(a)\nexcept y: x(b)", "ab"),
        ("try: {}\nexcept x: pass\nelse: x(a)", "a"),
        ("try: {}\nfinally: x(a)", "a"),
        ("try: {}\nexcept x:\n    a = 1\n    x(a)", ""),
        ("try: pass\nexcept x: {}\nexcept y: x(a)", ""),
        ("try: pass\nexcept x: {}\nelse: x(a)", ""),
        ("try: pass\nexcept x: {}\nfinally: x(a)", "a"),
    ],
)
def test_what_is_read_where_it_failed(see: See, text: str, names: str) -> None:
    module = see(text.replace("{}", "mark()"))
    (statement,) = module.tree.body
    assert isinstance(statement, ast.Try)
    here: ast.AST = next(one for one in module.facts.calls if ast.unparse(one) == "mark()")
    while module.facts.parents[here] is not statement:
        here = module.facts.parents[here]
    assert read_on_failure(module, statement, here, "ab") == set(names)


@pytest.mark.parametrize(
    ("items", "may"),
    [
        ("zipfile.ZipFile(x)", False),
        ("open(x)", False),
        ("zipfile.ZipFile(x), open(x)", False),
        ("contextlib.closing(x)", False),
        ("contextlib.suppress(OSError)", True),
        ("contextlib.ExitStack()", True),
        ("zipfile.ZipFile(x), contextlib.suppress(OSError)", True),
        ("x", True),
        ("x()", True),
        ("zipfile.ZipFile", True),
    ],
)
def test_a_context_that_may_go_on_behind_an_exception(see: See, items: str, may: bool) -> None:
    module = see(f"{HEAD}def f(x):\n    with {items}: pass\n")
    (block,) = (one for one in ast.walk(module.tree) if isinstance(one, ast.With))
    assert may_swallow(module, block) is may
