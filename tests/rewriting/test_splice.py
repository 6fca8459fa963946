"""Edits to text: what stands around an edited statement keeps every byte."""

from __future__ import annotations

import ast

import pytest

from aiomend.facts.module import Colour, ModuleFacts
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Edit, Helper, Import, Replace, Wrap
from aiomend.rewriting.splice import Order, SpliceError, splice
from aiomend.settings import Style
from aiomend.source import read


def _facts(text: str) -> ModuleFacts:
    return ModuleFacts(read("a.py", text.encode()), "a", False)


def _spliced(
    text: str, *, await_: str = "", wrap: str = "", needs: tuple[Import | Helper, ...] = (), style: Style | None = None
) -> str:
    """Put `await` before every call of the function ``await_``, and `if ok:` around every statement that calls ``wrap``."""
    facts = _facts(text)
    edits: list[Edit] = []
    for call in facts.calls:
        match call.func:
            case ast.Name(id=name) if name == await_:
                edits.append(Replace(call, lambda node: syntax.awaited(node, Colour.AWAIT)))
            case ast.Name(id=name) if name == wrap:
                edits.append(Wrap((facts.statement(call),), lambda body: [syntax.guarded("ok", body, facts.indent)]))
            case _:
                pass
    return splice(facts, [Order(tuple(edits), needs)], style or Style()).text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = f()", "x = await f()"),
        ("f().a", "(await f()).a"),
        ("f()[0]", "(await f())[0]"),
        ("f()()", "(await f())()"),
        ("f(f())", "await f(await f())"),
        ("not f()", "not await f()"),
        ("-f()", "-await f()"),
        ("f() ** 2", "await f() ** 2"),
        ("2 ** f()", "2 ** await f()"),
        ("g(*f())", "g(*await f())"),
        ("(f())", "(await f())"),
        ("(f()).a", "(await f()).a"),
        ("await f()", "await (await f())"),
        ("x = 'ä€😀', f()", "x = 'ä€😀', await f()"),
        ("if f(): pass", "if await f(): pass"),
        ("if x: f(); y", "if x: await f(); y"),
        ("a; f(); b  # c", "a; await f(); b  # c"),
        ("x = \\\n        f()", "x = \\\n        await f()"),
        ("lambda: (yield)", "lambda: (yield)"),
        ("f(  # one\n    1,\n    )", "await f(  # one\n    1,\n    )"),
        ('x = f"""\n{y}\n"""; f()', 'x = f"""\n{y}\n"""; await f()'),
        ("assert f(), f()", "assert await f(), await f()"),
        ("return {f(): f()}", "return {await f(): await f()}"),
        ("x[f()] = f()", "x[await f()] = await f()"),
        ("with f() as x, f(): pass", "with await f() as x, await f(): pass"),
        ("for x in f(): f()", "for x in await f(): await f()"),
        ("match f():\n        case 1 if f(): f()", "match await f():\n        case 1 if await f(): await f()"),
        ("try: f()\n    except E: f()\n    else: f()\n    finally: f()", "try: await f()\n    except E: await f()\n    else: await f()\n    finally: await f()"),
        ("if a: pass\n    elif f(): f()\n    else: f()", "if a: pass\n    elif await f(): await f()\n    else: await f()"),
    ],
)  # fmt: skip
def test_replace(before: str, after: str) -> None:
    head, tail = "# first \nasync def c():\n    ", "\n\n\nlast  =  1 ;"
    assert _spliced(head + before + tail, await_="f") == head + after + tail


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("f()", "if ok:\n        f()", id="a statement"),
        pytest.param("f()  # why", "if ok:\n        f()  # why", id="its comment goes with it"),
        pytest.param("# above\n    f()", "# above\n    if ok:\n        f()", id="a comment above stays above"),
        pytest.param("a; f(); b", "a\n    if ok:\n        f()\n    b", id="a line with semicolons"),
        pytest.param("if x: f()", "if x:\n        if ok:\n            f()", id="a one-line suite"),
        pytest.param("if x: a; f()", "if x:\n        a\n        if ok:\n            f()", id="a suite with semicolons"),
        pytest.param(
            "if x: a\n    else: f()", "if x: a\n    else:\n        if ok:\n            f()", id="a one-line else"
        ),
        pytest.param(
            "if x: a\n    elif y: f()", "if x: a\n    elif y:\n        if ok:\n            f()", id="a one-line elif"
        ),
        pytest.param(
            "f(\n        1,\n    )", "if ok:\n        f(\n            1,\n        )", id="continued lines move along"
        ),
        pytest.param('f("""\n  x\n""")', 'if ok:\n        f("""\n  x\n""")', id="a string of several lines does not"),
        pytest.param(
            "try:\n        f()\n    except E: pass",
            "try:\n        if ok:\n            f()\n    except E: pass",
            id="in a try",
        ),
        pytest.param("class A:\n        f()", "class A:\n        if ok:\n            f()", id="in a class"),
    ],
)
def test_wrap(before: str, after: str) -> None:
    head, tail = "def c():\n    ", "\n\nlast = 1\n"
    assert _spliced(head + before + tail, wrap="f") == head + after + tail


def test_inner_edits_go_first() -> None:
    assert (
        _spliced("async def c():\n    f(g())\n", await_="g", wrap="f")
        == "async def c():\n    if ok:\n        f(await g())\n"
    )


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_line_ends_are_kept(newline: str) -> None:
    text = "def c():\n    f()\n    x = 1\n".replace("\n", newline)
    assert _spliced(text, wrap="f") == "def c():\n    if ok:\n        f()\n    x = 1\n".replace("\n", newline)


def test_mixed_line_ends_are_kept_where_nothing_changes() -> None:
    text = "def c():\r\n    if f():\n        a\r\n        b\n    d\r\n"
    assert _spliced(text, await_="f").replace("await ", "") == text


@pytest.mark.parametrize("step", ["\t", "  ", "   ", "        "])
def test_new_blocks_have_the_files_own_step(step: str) -> None:
    text = f"class A:\n{step}def c():\n{step * 2}for x in y:\n{step * 3}f()\n"
    assert _spliced(text, wrap="f") == text.replace(f"{step * 3}f()", f"{step * 3}if ok:\n{step * 4}f()")


def test_no_final_line_end_stays_none() -> None:
    assert _spliced("async def c():\n    f()", await_="f") == "async def c():\n    await f()"


def test_async_as_a_name_comes_back() -> None:
    text = "def c():\n    f(async=1)\n"
    assert _spliced(text, wrap="f") == "def c():\n    if ok:\n        f(async=1)\n"


def test_formatted_code_is_wrapped_as_the_formatter_would() -> None:
    text = "async def c():\n    result = f(argument_number_one, argument_number_two, argument_number_3)\n"
    after = "async def c():\n    result = await f(\n        argument_number_one, argument_number_two, argument_number_3\n    )\n"
    assert _spliced(text, await_="f", style=Style(line_length=78)) == after


def test_unformatted_code_is_not_formatted() -> None:
    text = "async def c():\n    result = f( argument_number_one,argument_number_two, argument_number_3 )\n"
    assert _spliced(text, await_="f", style=Style(line_length=78)) == text.replace("= f", "= await f")


def test_what_would_be_read_differently_is_refused() -> None:
    facts = _facts("async def c():\n    f().x\n")
    (call,) = facts.calls

    def careless(node):  # type: ignore[no-untyped-def]
        return syntax.expression("1, 2")  # without the parentheses that an attribute of it needs

    with pytest.raises(SpliceError):
        splice(facts, [Order((Replace(call, careless),))], Style())


def test_two_fixes_of_one_expression_are_refused() -> None:
    facts = _facts("f()\n")
    edit = Replace(facts.calls[0], lambda node: node)
    with pytest.raises(SpliceError):
        splice(facts, [Order((edit,)), Order((Replace(facts.calls[0], lambda node: node),))], Style())
