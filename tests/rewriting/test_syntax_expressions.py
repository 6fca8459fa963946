"""Expressions that are built: their parentheses, and the layout of the arguments that they keep."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst
import pytest

from aiomend.facts.module import Colour
from aiomend.rewriting import syntax


def _expression(text: str) -> cst.BaseExpression:
    return cst.parse_expression(text)


def _code(node: cst.CSTNode) -> str:
    return cst.Module(body=[]).code_for_node(node)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("x", "await x"),
        ("x.y", "await x.y"),
        ("f()", "await f()"),
        ("x[0]", "await x[0]"),
        ("[x]", "await [x]"),
        ("{x}", "await {x}"),
        ("{x: y}", "await {x: y}"),
        ("'x'", "await 'x'"),
        ("(x or y)", "await (x or y)"),
        ("x or y", "await (x or y)"),
        ("x + y", "await (x + y)"),
        ("-x", "await (-x)"),
        ("x if y else z", "await (x if y else z)"),
        ("lambda: x", "await (lambda: x)"),
        ("await x", "await (await x)"),
        ("x < y", "await (x < y)"),
        ("[x for x in y]", "await ([x for x in y])"),
    ],
)
def test_awaited(text: str, made: str) -> None:
    assert _code(syntax.awaited(_expression(text), Colour.AWAIT)) == made
    assert _code(syntax.awaited(_expression(text), Colour.YIELD_FROM)) == f"yield from {text}"


def test_nothing_is_awaited_where_nothing_can_be() -> None:
    with pytest.raises(ValueError, match="synchronous"):
        syntax.awaited(_expression("x"), Colour.SYNC)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("x", "x and more"),
        ("x and y", "x and y and more"),
        ("not x", "not x and more"),
        ("x == y", "x == y and more"),
        ("x or y", "(x or y) and more"),
        ("(x or y)", "(x or y) and more"),
        ("x if y else z", "(x if y else z) and more"),
        ("lambda: x", "(lambda: x) and more"),
    ],
)
def test_both(text: str, made: str) -> None:
    assert _code(syntax.both(_expression(text), "more")) == made


@pytest.mark.parametrize(("text", "made"), [("x", "(x)"), ("(x)", "(x)"), ("((x))", "((x))"), ("x + y", "(x + y)")])
def test_parenthesized(text: str, made: str) -> None:
    assert _code(syntax.parenthesized(_expression(text))) == made


@pytest.mark.parametrize(
    ("around", "new", "needs"),
    [
        ("here.y", "await x", True),
        ("here[0]", "await x", True),
        ("y[here]", "await x", False),
        ("here()", "await x", True),
        ("y(here)", "await x", False),
        ("await here", "await x", True),
        ("here + y", "await x", False),
        ("here + y", "x or z", True),
        ("y(here)", "x or z", False),
        ("[here]", "x or z", True),
        ("[here for y in z]", "x or z", False),
        ("{here for y in z}", "x or z", False),
        ("lambda: here", "x or z", False),
        ("here.y", "x if y else z", True),
        ("here.y", "lambda: x", True),
        ("here.y", "x < z", True),
        ("here.y", "-x", True),
        ("here.y", "x + z", True),
        ("here.y", "x.z", False),
        ("here.y", "x()", False),
        ("y(here)", "yield x", True),
        ("y(here)", "x := z", True),
    ],
)
def test_parentheses_that_a_place_demands(around: str, new: str, needs: bool) -> None:
    class Find(cst.CSTVisitor):
        def on_visit(self, node: cst.CSTNode) -> bool:
            for child in node.children:
                if isinstance(child, cst.Name) and child.value == "here":
                    found.append((node, child))
            return True

    found: list[tuple[cst.CSTNode, cst.CSTNode]] = []
    _expression(around).visit(Find())
    ((parent, here),) = found
    bare = _expression(f"({new})").with_changes(lpar=[], rpar=[])
    made = syntax.keeps_parentheses(here, parent, bare)
    assert isinstance(made, cst.BaseExpression)
    assert bool(made.lpar) is needs


@pytest.mark.parametrize(
    ("statement", "new", "needs"),
    [
        ("y = here", "yield x", False),
        ("here", "yield x", False),
        ("y += here", "yield x", False),
        ("return here", "yield x", True),
        ("y = here", "x or z", False),
        ("here", "x or z", False),
        ("y += here", "x or z", False),
        ("return here", "x or z", False),
        ("y: int = here", "x or z", False),
        ("if here: pass", "x or z", False),
        ("while here: pass", "x or z", False),
        ("assert here", "x or z", True),
        ("for y in here: pass", "x or z", True),
    ],
)
def test_parentheses_that_a_statement_demands(statement: str, new: str, needs: bool) -> None:
    (outer,) = cst.parse_module(statement).body
    parent: cst.CSTNode = outer.body[0] if isinstance(outer, cst.SimpleStatementLine) else outer
    bare = _expression(f"({new})").with_changes(lpar=[], rpar=[])
    assert bool(syntax.keeps_parentheses(cst.Name("here"), parent, bare).lpar) is needs


@pytest.mark.parametrize(
    ("text", "name", "made"),
    [
        ("a.b", "a.c", "a.c"),
        ("a . b", "a.c", "a . c"),
        ("a . b", "d.c", "d.c"),
        ("a.b.c", "a.b.d", "a.b.d"),
        ("a", "b.c", "b.c"),
        ("a.b", "c", "c"),
    ],
)
def test_named_like(text: str, name: str, made: str) -> None:
    assert _code(syntax.named_like(_expression(text), name)) == made


@pytest.mark.parametrize(
    ("make", "made"),
    [
        (lambda: syntax.none_if("x", _expression("y if z else w")), "None if x else (y if z else w)"),
        (lambda: syntax.none_if("x", _expression("y")), "None if x else y"),
        (lambda: syntax.method(_expression("x"), "y"), "x.y"),
        (lambda: syntax.with_method(_expression("x . y"), "z"), "x . z"),
        (lambda: syntax.with_last_word(_expression("'a.b'"), "c"), "'a.c'"),
        (lambda: syntax.with_last_word(_expression('r"""b"""'), "c"), 'r"""c"""'),
        (lambda: syntax.call("f"), "f()"),
        (lambda: syntax.call("f", "x"), "f(x)"),
        (lambda: syntax.call("f.g", "x", _expression("y"), syntax.keyword("z", "1")), "f.g(x, y, z=1)"),
        (lambda: syntax.call(_expression("f"), "x"), "f(x)"),
    ],
)
def test_what_is_put_together(make: Callable[[], cst.BaseExpression], made: str) -> None:
    assert _code(make()) == made


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("f()", "g(n, m)"),
        ("f(x)", "g(n, m, x)"),
        ("f(x, y=1)", "g(n, m, x, y=1)"),
        ("f (x)", "g(n, m, x)"),
        ("f(x,)", "g(n, m, x,)"),
        ("f(\n    x,\n    y,\n)", "g(\n    n,\n    m,\n    x,\n    y,\n)"),
        ("f(\n    x, y\n)", "g(\n    n, m,\n    x, y\n)"),
        ("f(\n    x\n)", "g(\n    n,\n    m,\n    x\n)"),
        ("f(\n    # a\n    x,\n)", "g(\n    n,\n    m,\n    # a\n    x,\n)"),
        ("f(  # a\n    x,\n)", "g(  # a\n    n,\n    m,\n    x,\n)"),
        ("f(\n)", "g(\nn, m)"),
    ],
)
def test_arguments_in_front_of_others(text: str, made: str) -> None:
    node = cst.ensure_type(_expression(text), cst.Call)
    assert _code(syntax.with_arguments(node, ["n", "m"], "g")) == made


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("f(x)", "f(x, k=v)"),
        ("f(x,)", "f(x, k=v)"),
        ("f(x, y=1)", "f(x, y=1, k=v)"),
        ("f(x )", "f(x, k=v)"),
        ("f(\n    x,\n)", "f(\n    x,\n    k=v,\n)"),
        ("f(\n    x\n)", "f(\n    x,\n    k=v,\n)"),
        ("f(  # a\n    x\n)", "f(  # a\n    x,\n    k=v,\n)"),
    ],
)
def test_one_more_keyword(text: str, made: str) -> None:
    assert _code(syntax.with_keyword(_expression(text), "k", "v")) == made


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("f(x)", "f(x)"),
        ("f(k=v)", "f()"),
        ("f(x, k=v)", "f(x)"),
        ("f(x, k=v,)", "f(x,)"),
        ("f(k=v, x=1)", "f(x=1)"),
        ("f(x, k=v, y=1)", "f(x, y=1)"),
        ("f(k)", "f(k)"),
        ("f(\n    x,\n    k=v,\n)", "f(\n    x,\n)"),
        ("f(\n    x,\n    k=v\n)", "f(\n    x\n)"),
    ],
)
def test_without_a_keyword(text: str, made: str) -> None:
    assert _code(syntax.without_keyword(_expression(text), "k")) == made


@pytest.mark.parametrize(
    ("text", "made"),
    [("f(x)", "f(x)"), ("f(k=v)", "f(k=w)"), ("f(k, k=v, j=v)", "f(k, k=w, j=v)"), ("f(k = v)", "f(k = w)")],
)
def test_another_value_for_a_keyword(text: str, made: str) -> None:
    assert _code(syntax.with_value(_expression(text), "k", "w")) == made


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("f()", "f()"),
        ("f(x)", "f(x)"),
        ("f((x for x in y))", "f((x for x in y))"),
        ("f(x for x in y)", "f((x for x in y))"),
        ("f([x for x in y])", "f([x for x in y])"),
    ],
)
def test_a_generator_expression_gets_its_parentheses(text: str, made: str) -> None:
    assert _code(syntax.closed_arguments(_expression(text))) == made


@pytest.mark.parametrize(
    ("text", "coroutine"),
    [
        ("f(x)", "x"),
        ("f(x, loop=y)", "x"),
        ("f(loop=y, coro=x)", "x"),
        ("f(loop=y, coro_or_future=x)", "x"),
        ("f(coroutine=x)", "x"),
    ],
)
def test_the_coroutine_of_a_call(text: str, coroutine: str) -> None:
    assert _code(syntax.coroutine_argument(_expression(text))) == coroutine


def test_the_function_becomes_the_first_argument() -> None:
    assert _code(syntax.called_by(_expression("f.g(x, *y)"), "run")) == "run(f.g, x, *y)"
    assert _code(syntax.renamed(_expression("f.g (x)"), "h")) == "h(x)"
