"""Edits to text: what stands around an edited statement keeps every byte."""

from __future__ import annotations

import ast

import libcst as cst
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
        pytest.param("if f():  # why\n\n        # first\n        pass\n    elif x: pass", "if await f():  # why\n\n        # first\n        pass\n    elif x: pass", id="comments above the body"),
        pytest.param("if x:\n        pass\n    elif ( f()\n  or f() ) :\n      # a\n   # b\n        pass\n    else:\n        f()", "if x:\n        pass\n    elif ( await f()\n  or await f() ) :\n      # a\n   # b\n        pass\n    else:\n        await f()", id="an elif of several lines"),
        pytest.param("if x: pass\n    elif \\\n  f(): \\\n      f(); y\n    else: pass", "if x: pass\n    elif \\\n  await f(): \\\n      await f(); y\n    else: pass", id="continued lines"),
        pytest.param("while f():\n     f()\n    else:\n     f()", "while await f():\n     await f()\n    else:\n     await f()", id="a loop with another step"),
        pytest.param("@g(f())\n    async def h(x=f(), *, y: f() = f()) -> f():\n        'doc'\n        f()", "@g(await f())\n    async def h(x=await f(), *, y: await f() = await f()) -> await f():\n        'doc'\n        await f()", id="a function"),
        pytest.param("class A(g(f()), metaclass=f()):\n        @f()\n        def m(self): pass", "class A(g(await f()), metaclass=await f()):\n        @await f()\n        def m(self): pass", id="a class"),
        pytest.param("async with f() as x, \\\n            f():\n        pass", "async with await f() as x, \\\n            await f():\n        pass", id="a block with two managers"),
        pytest.param("if f():\n        x = '''\n'''", "if await f():\n        x = '''\n'''", id="a text that ends at the margin"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("step", ["    ", "\t"], ids=["blanks", "tabs"])
def test_a_header_is_changed_whatever_its_body_is(before: str, after: str, step: str) -> None:
    head, tail = "async def c():\n    ", "\n\n\nlast  =  1 ;"
    assert _spliced((head + before + tail).replace("    ", step), await_="f") == (head + after + tail).replace(
        "    ", step
    )


def test_an_elif_at_the_top_level_is_changed_alone() -> None:
    before = "if x:\n    pass\nelif f():\n    pass\nelif y: f()\n"
    assert _spliced(before, await_="f") == before.replace("f()", "await f()")


def test_a_long_header_is_wrapped_as_the_formatter_would() -> None:
    before = f"if x:\n    pass\nelif f({'a' * 40}, {'b' * 33}):\n    pass\n"
    after = f"if x:\n    pass\nelif await f(\n    {'a' * 40}, {'b' * 33}\n):\n    pass\n"
    assert _spliced(before, await_="f") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("f()", "if ok:\n        f()", id="a statement"),
        pytest.param(
            "if a: f()\n    elif b: f()\n    elif c: pass",
            "if a:\n        if ok:\n            f()\n    elif b:\n        if ok:\n            f()\n    elif c: pass",
            id="branches on the lines of their tests",
        ),
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
        pytest.param(
            "if f():\n        a; b\n        c()\n        f()",
            "if ok:\n        if f():\n            a; b\n            c()\n            if ok:\n                f()",
            id="one in another, beside a line with semicolons",
        ),
        pytest.param(
            "if f(): a; f()",
            "if ok:\n        if f():\n            a\n            if ok:\n                f()",
            id="one in another on its line",
        ),
        pytest.param("a; f(); f()", "a\n    if ok:\n        f()\n    if ok:\n        f()", id="two of a line"),
        pytest.param("f();", "if ok:\n        f();", id="the last of a line with a semicolon"),
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
    assert _spliced(text, await_="f", style=Style(line_length=88)) == text.replace("= f", "= await f")


def test_what_would_be_read_differently_is_refused() -> None:
    facts = _facts("async def c():\n    f().x\n")
    (call,) = facts.calls

    def careless(node):  # type: ignore[no-untyped-def]
        return syntax.expression("1, 2")  # without the parentheses that an attribute of it needs

    with pytest.raises(SpliceError):
        splice(facts, [Order((Replace(call, careless),))], Style())


def _wrapped_run(text: str, first: int, last: int, *more: Edit) -> str:
    """Put `if ok:` around the statements of a function from one to another, counted from 0."""
    facts = _facts(text)
    (function,) = facts.functions
    run = Wrap(tuple(function.body[first : last + 1]), lambda body: [syntax.guarded("ok", body, facts.indent)])
    return splice(facts, [Order((run, *more))], Style()).text


@pytest.mark.parametrize(
    ("first", "last", "after"),
    [
        (0, 1, "    if ok:\n        a()\n        b()\n    c(); d()\n    e()\n"),
        (1, 2, "    a()\n    if ok:\n        b()\n        c()\n    d()\n    e()\n"),
        (2, 3, "    a()\n    b()\n    if ok:\n        c()\n        d()\n    e()\n"),
        (3, 4, "    a()\n    b()\n    c()\n    if ok:\n        d()\n        e()\n"),
        (0, 4, "    if ok:\n        a()\n        b()\n        c()\n        d()\n        e()\n"),
    ],
)
def test_a_run_of_statements_is_wrapped_whole(first: int, last: int, after: str) -> None:
    text = "def f():\n    a()\n    b()\n    c(); d()\n    e()\n"
    assert _wrapped_run(text, first, last) == f"def f():\n{after}"


def test_a_slice_that_does_not_parse_alone_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = _facts("f()\n")

    def broken(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr("aiomend.rewriting.transform.cst.parse_module", broken)
    with pytest.raises(SpliceError, match="LibCST cannot parse the statement: RecursionError"):
        splice(facts, [Order((Replace(facts.calls[0], lambda node: node),))], Style())


def test_two_fixes_of_one_expression_are_refused() -> None:
    facts = _facts("f()\n")
    edit = Replace(facts.calls[0], lambda node: node)
    with pytest.raises(SpliceError):
        splice(facts, [Order((edit,)), Order((Replace(facts.calls[0], lambda node: node),))], Style())


@pytest.mark.parametrize(
    "careless", ["a, b", "a or b", "a if b else c", "a + b", "-a", "not a", "lambda: a", "await a", "a < b", "a := b"]
)
def test_parentheses_that_a_rule_forgot_are_missed(careless: str) -> None:
    facts = _facts("async def c():\n    f(1)\n")
    func = cst.parse_expression(f"({careless})").with_changes(lpar=[], rpar=[])
    edit = Replace(facts.calls[0], lambda node: node.with_changes(func=func))

    with pytest.raises(SpliceError, match="read differently than it was built"):
        splice(facts, [Order((edit,))], Style())


def test_an_element_that_is_read_as_two_is_missed() -> None:
    facts = _facts("f(1)\n")
    pair = cst.Arg(cst.parse_expression("a, b"))
    edit = Replace(facts.calls[0], lambda node: node.with_changes(args=[pair]))

    with pytest.raises(SpliceError, match="read differently than it was built"):
        splice(facts, [Order((edit,))], Style())
