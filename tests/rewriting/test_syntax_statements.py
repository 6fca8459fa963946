"""Statements that are built: comments stay where they belong, one-line suites open, other lines keep their layout."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst
import pytest

from aiomend.rewriting import handlers, native, syntax
from aiomend.rewriting.waits import Native, Wait

STEP = "  "


def _body(text: str) -> Sequence[cst.BaseStatement]:
    """The statements of a text, with the comments above the first one."""
    module = cst.parse_module(text)
    first, *rest = module.body
    assert isinstance(first, (cst.SimpleStatementLine, cst.BaseCompoundStatement))
    whole: list[cst.BaseStatement] = [first.with_changes(leading_lines=[*module.header, *first.leading_lines])]
    return [*whole, *(one for one in rest if isinstance(one, cst.BaseStatement))]


def _code(body: Sequence[cst.BaseStatement] | cst.BaseStatement) -> str:
    whole = [body] if isinstance(body, cst.CSTNode) else list(body)
    return cst.Module(body=whole, default_indent=STEP).code


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("a\n", "a\n"),
        ("a; b\n", "a\nb\n"),
        ("a; b;\n", "a\nb\n"),
        ("# x\na; b  # y\n", "# x\na\nb  # y\n"),
    ],
)
def test_split(text: str, made: str) -> None:
    (line,) = _body(text)
    assert isinstance(line, cst.SimpleStatementLine)
    assert _code(syntax.split(line)) == made


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("if x: a\n", "if x:\n  a\n"),
        ("if x: a; b  # c\n", "if x:\n  a\n  b  # c\n"),
        ("if x:\n  a\n", "if x:\n  a\n"),
    ],
)
def test_opened(text: str, made: str) -> None:
    (node,) = _body(text)
    assert isinstance(node, cst.If)
    assert _code(node.with_changes(body=syntax.opened(node.body, STEP))) == made


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("a\n", "if ok:\n  a\n"),
        ("a\nb\n", "if ok:\n  a\n  b\n"),
        ("# x\na\n# y\nb\n", "# x\nif ok:\n  a\n  # y\n  b\n"),
    ],
)
def test_guarded(text: str, made: str) -> None:
    assert _code(syntax.guarded("ok", _body(text), STEP)) == made


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("a\n", "new\na\n"),
        ("a\nb\n", "new\na\nb\n"),
        ("\na\n", "\nnew\na\n"),
        ("# x\na\n", "new\n# x\na\n"),
        ("\n# x\n\n# y\na\n", "\nnew\n# x\n\n# y\na\n"),
    ],
)
def test_preceded(text: str, made: str) -> None:
    assert _code(syntax.preceded(_body(text), "new\n", STEP)) == made


def test_apart() -> None:
    assert _code(syntax.apart(_body("a\nb\n"))) == "\na\nb\n"


@pytest.mark.parametrize(
    ("text", "returning", "extended"),
    [
        ("if x: a\n", "if x: a; return\n", "if x:\n  a\n  more\n"),
        ("if x: a; b\n", "if x: a; b; return\n", "if x:\n  a\n  b\n  more\n"),
        ("if x:\n  a\n", "if x:\n  a\n  return\n", "if x:\n  a\n  more\n"),
    ],
)
def test_an_if_goes_on(text: str, returning: str, extended: str) -> None:
    (node,) = _body(text)
    assert _code(syntax.returning(node)) == returning
    assert _code(syntax.extended(node, "more\n", STEP)) == extended


@pytest.mark.parametrize(
    ("text", "depth", "made"),
    [
        ("if a: b\nelse: c\n", 0, "if a: b\nelif t: c\n"),
        ("if a: b\n# x\nelse:\n  c\n", 0, "if a: b\n# x\nelif t:\n  c\n"),
        ("if a: b\nelif d: e\nelse: c\n", 1, "if a: b\nelif d: e\nelif t: c\n"),
        ("if a: b\nelif d: e\nelif f: g\nelse: c\n", 2, "if a: b\nelif d: e\nelif f: g\nelif t: c\n"),
    ],
)
def test_an_else_becomes_an_elif(text: str, depth: int, made: str) -> None:
    (node,) = _body(text)
    assert _code(syntax.else_as_elif(node, depth, "t")) == made


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("with a: x = b\n", "with a: return b\n"),
        ("with a: c; x = b\n", "with a: c; return b\n"),
        ("with a:\n  x = b\n", "with a:\n  return b\n"),
        ("with a:\n  c\n  x = b  # d\n", "with a:\n  c\n  return b  # d\n"),
        ("with a:\n  c; x = b\n", "with a:\n  c; return b\n"),
        ("with a:\n  with d:\n    x = b\n", "with a:\n  with d:\n    return b\n"),
    ],
)
def test_a_with_returns_its_last_value(text: str, made: str) -> None:
    (node,) = _body(text)
    assert _code(syntax.returning_last_value(node)) == made


@pytest.mark.parametrize(
    ("annotation", "apart", "made"),
    [
        (None, False, "# x\ndef f():\n  a\n  b\n"),
        ("int", True, "\n# x\ndef f() -> int:\n  a\n  b\n"),
    ],
)
def test_a_local_function(annotation: str | None, apart: bool, made: str) -> None:
    found = syntax.local_function("f", annotation, _body("# x\na\nb\n"), STEP, apart=apart)
    assert _code(found) == made


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("def f(a): pass\n", "async def f(a): pass\n"),
        ("def f(a,\n     b): pass\n", "async def f(a,\n     b): pass\n"),
        ("def f(\n    a): pass\n", "async def f(\n    a): pass\n"),
    ],
)
def test_a_function_becomes_asynchronous(text: str, made: str) -> None:
    assert _code(syntax.asynchronous(_body(text))) == made


def test_a_with_becomes_asynchronous() -> None:
    assert _code(syntax.entered_asynchronously(_body("with a as b: c\n"))) == "async with a as b: c\n"


@pytest.mark.parametrize(
    ("text", "first", "other"),
    [
        ("if x: a\nelse: b\n", "a\n", "b\n"),
        ("if x:\n  a\n  c\nelse:\n  b\n", "a\nc\n", "b\n"),
        ("try: a\nexcept E: b\n", "a\n", "b\n"),
    ],
)
def test_one_branch(text: str, first: str, other: str) -> None:
    assert _code(syntax.one_branch(_body(text), keeps_first=True)) == first
    assert _code(syntax.one_branch(_body(text), keeps_first=False)) == other


@pytest.mark.parametrize("text", ["a\n", "if x: a\n", "if x: a\nelif y: b\n", "try: a\nexcept E: b\nexcept F: c\n"])
def test_one_branch_of_something_else(text: str) -> None:
    with pytest.raises(ValueError, match="two branches"):
        syntax.one_branch(_body(text), keeps_first=True)


# ---- try ---


@pytest.mark.parametrize(
    ("takes", "made"),
    [
        (False, "\n# x\ntry:\n  a\n  b\nfinally:\n  end\n"),
        (True, "\ntry:\n  # x\n  a\n  b\nfinally:\n  end\n"),
    ],
)
def test_try_finally(takes: bool, made: str) -> None:
    found = syntax.try_finally(_body("\n# x\na\nb\n"), _body("end\n"), STEP, takes_comments=takes)
    assert _code(found) == made


def test_try_finally_without_comments() -> None:
    found = syntax.try_finally(_body("a\n"), _body("end\n"), STEP, takes_comments=True)
    assert _code(found) == "try:\n  a\nfinally:\n  end\n"


def test_blank_lines_stay_empty() -> None:
    body = _body("a\n\nb(1,\n\n  2)\n\nif c:\n\n  d\n\n# e\n\nelse:\n\n  f\n")
    made = "try:\n  a\n\n  b(1,\n\n    2)\n\n  if c:\n\n    d\n\n  # e\n\n  else:\n\n    f\nfinally:\n  end\n"
    assert _code(syntax.try_finally(body, _body("end\n"), STEP)) == made
    (node,) = _body("try:\n  g\nfinally:\n  h\n")
    assert _code(syntax.with_head(node, _body("a\n\nb\n"), STEP)) == "try:\n  a\n\n  b\n  g\nfinally:\n  h\n"
    assert _code(syntax.with_finally(node, _body("a\n\nb\n"), STEP)) == "try:\n  g\nfinally:\n  h\n  a\n\n  b\n"


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("a\nb\n", "try:\n  a\nexcept E:\n  pass\nb\n"),
        ("# x\na\n", "# x\ntry:\n  a\nexcept E:\n  pass\n"),
        ("try: a\nexcept F: b\nc\n", "try: a\nexcept F: b\nexcept E:\n  pass\nc\n"),
    ],
)
def test_handled(text: str, made: str) -> None:
    assert _code(syntax.handled(_body(text), "except E:\n    pass\n", STEP)) == made


def test_a_try_gets_a_head() -> None:
    (node,) = _body("# y\ntry:\n  a\nfinally:\n  b\n")
    made = "# x\ntry:\n  c\n  # y\n  a\nfinally:\n  b\n"
    assert _code(syntax.with_head(node, _body("# x\nc\n"), STEP)) == made


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("try: a\nexcept E: b\n", "try: a\nexcept E: b\nfinally:\n  end\n"),
        ("try: a\nfinally: b\n", "try: a\nfinally:\n  b\n  end\n"),
        ("try: a\nfinally:\n  b\n", "try: a\nfinally:\n  b\n  end\n"),
    ],
)
def test_a_try_gets_a_finally(text: str, made: str) -> None:
    (node,) = _body(text)
    assert _code(syntax.with_finally(node, _body("end\n"), STEP)) == made


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("try: a\nfinally: b\n", "try: a\nfinally:\n  new\n  b\n"),
        ("try: a\nfinally:\n  c; b; d\n", "try: a\nfinally:\n  c\n  new\n  b\n  d\n"),
        ("try: a\nfinally:\n  c\n  b  # x\n", "try: a\nfinally:\n  c\n  new\n  b  # x\n"),
        ("b\ntry: a\nfinally: b\n", "b\ntry: a\nfinally:\n  new\n  b\n"),
        ("try: a\nexcept E: b\ntry: a\nfinally: b\n", "try: a\nexcept E: b\ntry: a\nfinally:\n  new\n  b\n"),
        ("try: a\nfinally: c\ntry: a\nfinally: b\n", "try: a\nfinally: c\ntry: a\nfinally:\n  new\n  b\n"),
        ("try: a\nfinally: b\ntry: a\nfinally: b\n", "try: a\nfinally:\n  new\n  b\ntry: a\nfinally: b\n"),
    ],
)
def test_a_line_in_a_finally(text: str, made: str) -> None:
    assert _code(syntax.finally_preceded(_body(text), {"b"}, "new", STEP)) == made


def test_no_finally_has_it() -> None:
    with pytest.raises(ValueError, match="no `finally`"):
        syntax.finally_preceded(_body("try: a\nfinally: c\n"), {"b"}, "new", STEP)


@pytest.mark.parametrize(
    ("text", "made", "last"),
    [
        ("try: a\nfinally: b; c\n", "try: a\nfinally:\n  b\n", "c\n"),
        ("try: a\nexcept E: d\nfinally:\n  b\n", "try: a\nexcept E: d\n", "b\n"),
    ],
)
def test_a_finally_without_its_last_statement(text: str, made: str, last: str) -> None:
    (node,) = _body(text)
    found, gone = syntax.without_last_of_finally(node, STEP)
    assert _code(gone) == last
    assert _code(found) == made


# ---- handlers ---

TRY = "try:\n  a\nexcept E:\n  b\nexcept (F, G, H):\n  c\n"


@pytest.mark.parametrize(
    ("index", "made"),
    [
        (0, "try:\n  a\nexcept C:\n  raise\nexcept E:\n  b\nexcept (F, G, H):\n  c\n"),
        (1, "try:\n  a\nexcept E:\n  b\nexcept C:\n  raise\nexcept (F, G, H):\n  c\n"),
    ],
)
def test_a_handler_before_another(index: int, made: str) -> None:
    assert _code(handlers.with_raising(_body(TRY), index, "C", STEP)) == made


@pytest.mark.parametrize(
    ("text", "positions", "kept"),
    [
        ("(F, G, H)", {0}, "(G, H)"),
        ("(F, G, H)", {1}, "(F, H)"),
        ("(F, G, H)", {2}, "(F, G)"),
        ("(F, G, H,)", {2}, "(F, G,)"),
        ("(F, G, H)", {0, 2}, "G"),
    ],
)
def test_a_handler_is_split(text: str, positions: set[int], kept: str) -> None:
    body = _body(f"try:\n  a\nexcept{text}:\n  c\n")
    made = f"try:\n  a\nexcept C:\n  raise\nexcept {kept}:\n  c\n"
    assert _code(handlers.split(body, 0, frozenset(positions), "C", STEP)) == made


@pytest.mark.parametrize(
    ("suite", "replaced", "added"),
    [
        (" b\n", " raise\n", "\n  b\n  raise\n"),
        (" b; c\n", " b; raise\n", "\n  b\n  c\n  raise\n"),
        ("\n  b\n  c\n", "\n  b\n  raise\n", "\n  b\n  c\n  raise\n"),
        ("\n  b; c  # x\n", "\n  b; raise  # x\n", "\n  b; c  # x\n  raise\n"),
    ],
)
def test_a_handler_raises_again(suite: str, replaced: str, added: str) -> None:
    body = _body(f"try: a\nexcept E:{suite}")
    assert _code(handlers.reraising(body, 0, STEP, replace=True)) == f"try: a\nexcept E:{replaced}"
    assert _code(handlers.reraising(body, 0, STEP, replace=False)) == f"try: a\nexcept E:{added}"


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("try: a\nexcept E: b\n", "a\n"),
        ("try: a; c\nexcept E: b\n", "a\nc\n"),
        ("try: a\nexcept E: b\nelse: c\n", "a\nc\n"),
        ("try: a\nexcept E: b\nelse: c\nfinally: d\n", "try:\n  a\n  c\nfinally: d\n"),
        ("try: a\nexcept E: b\nfinally: d\n", "try:\n  a\nfinally: d\n"),
    ],
)
def test_a_try_without_its_handlers(text: str, made: str) -> None:
    assert _code(handlers.without_handlers(_body(text), STEP)) == made


# ---- lines ---


@pytest.mark.parametrize(
    ("text", "made"), [("f()\n", "n = f()\n"), ("x = f()  # a\n", "n = f()  # a\n"), ("# b\nf()\n", "# b\nn = f()\n")]
)
def test_a_line_is_bound(text: str, made: str) -> None:
    (line,) = _body(text)
    assert _code(syntax.bound(line, "n")) == made


@pytest.mark.parametrize(
    ("receiver", "argument", "made"),
    [
        ("r", None, "# b\nr = x.y\nr.m(z)  # a\n"),
        (None, "g", "# b\ng = z\nx.y.m(g)  # a\n"),
        ("r", "g", "# b\nr = x.y\ng = z\nr.m(g)  # a\n"),
    ],
)
def test_parts_of_a_line_are_bound_before_it(receiver: str | None, argument: str | None, made: str) -> None:
    (line,) = _body("# b\nx.y.m(z)  # a\n")
    assert _code(syntax.bound_first(line, receiver=receiver, argument=argument)) == made


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("f(x)\n", "n = (x)\nh(n)\nf(n)\n"),
        ("g(f(x, y))\n", "n = (x)\nh(n)\ng(f(n, y))\n"),
        ("h(x, f(z), f())\n", "n = (z)\nh(n)\nh(x, f(n), f())\n"),
    ],
)
def test_an_argument_is_bound(text: str, made: str) -> None:
    assert _code(syntax.argument_bound(_body(text), "f", "n", syntax.parenthesized, "h")) == made


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("from m import old\n", "from m import new\n"),
        ("from m import a, old, b\n", "from m import a, new, b\n"),
        ("from m import old as o\n", "from m import new as o\n"),
        ("from m import old as new\n", "from m import new\n"),
        ("from m import new, old\n", "from m import new\n"),
        ("from m import old, new\n", "from m import new\n"),
        ("from m import new as o, old\n", "from m import new as o, new\n"),
        ("from m import a\n", "from m import a\n"),
        ("from m import (\n  new,\n  old,\n)\n", "from m import (\n  new,\n)\n"),
        ("from m import (\n  new,\n  old\n)\n", "from m import (\n  new\n)\n"),
        ("from m import (\n  new,  # x\n  old,\n)\n", "from m import (\n  new,  # x\n)\n"),
        ("from m import (\n  new,\n  # x\n  old,\n)\n", "from m import (\n  new,\n  # x\n)\n"),
        ("from m import (\n  new,\n  old,  # x\n)\n", "from m import (\n  new,  # x\n)\n"),
        ("from m import (\n  old,\n  a,\n)\n", "from m import (\n  new,\n  a,\n)\n"),
        ("from m import (new,\n               old)\n", "from m import (new)\n"),
        ("from m import (new, old)\n", "from m import (new)\n"),
    ],
)
def test_an_imported_name_is_another(text: str, made: str) -> None:
    assert _code(syntax.with_imported(_body(text), "old", "new")) == made


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("from m import old, a\n", "from m import a\n"),
        ("from m import a, old\n", "from m import a\n"),
        ("from m import a, old, b  # x\n", "from m import a, b  # x\n"),
        ("from m import (a, old,)\n", "from m import (a,)\n"),
    ],
)
def test_an_imported_name_goes(text: str, made: str) -> None:
    assert _code(syntax.without_imported(_body(text), "old")) == made


def test_names_come_from_another_module() -> None:
    assert _code(syntax.imported_from(_body("from m import a, b\n"), "n.o")) == "from n.o import a, b\n"


@pytest.mark.parametrize(
    ("text", "written"), [("a  # x\n", "a"), ("f(1,\n   2)\n", "f(1, 2)"), ("if x:\n   a\n", "if x: a")]
)
def test_the_text_of_a_statement(text: str, written: str) -> None:
    assert syntax.written(_body(f"pass\n# y\n{text}")[1]) == written


def test_a_return_is_an_expression() -> None:
    (line,) = _body("return f()  # a\n")
    assert _code(syntax.as_expression_line(line)) == "f()  # a\n"


@pytest.mark.parametrize("text", ["n = f()  # a\n", "n: int = f()  # a\n"])
def test_a_line_without_its_target(text: str) -> None:
    (line,) = _body(text)
    assert _code(syntax.without_target(line, syntax.parenthesized)) == "(f())  # a\n"


# ---- native coroutine functions ---


@pytest.mark.parametrize(
    ("text", "decorator", "made"),
    [
        ("@a\ndef f(): pass\n", 0, "async def f(): pass\n"),
        ("@a\n@b\ndef f(): pass\n", 0, "@b\nasync def f(): pass\n"),
        ("@a\n@b\ndef f(): pass\n", 1, "@a\nasync def f(): pass\n"),
        ("@a  # x\ndef f():\n  pass\n", 0, "async def f():  # x\n  pass\n"),
        ("@a  # x\ndef f():  # y\n  pass\n", 0, "# x\nasync def f():  # y\n  pass\n"),
        ("@a\n# x\n@b\ndef f(): pass\n", 1, "@a\n# x\nasync def f(): pass\n"),
        ("@a\n# x\n@b\n# y\n@c\ndef f(): pass\n", 1, "@a\n# x\n# y\n@c\nasync def f(): pass\n"),
        ("@a\n# x\ndef f(): pass\n", 0, "# x\nasync def f(): pass\n"),
    ],
)
def test_a_decorator_goes(text: str, decorator: int, made: str) -> None:
    assert _code(native.native(_body(text), Native((), decorator))) == made
    assert _code(native.undecorated(_body(text), decorator)) == made.replace("async def", "def")


@pytest.mark.parametrize(
    ("result", "made"), [(0, "async def f() -> A: pass\n"), (2, "async def f() -> C: pass\n"), (None, None)]
)
def test_its_annotation(result: int | None, made: str | None) -> None:
    text = "def f() -> Generator[A, B, C]: pass\n"
    assert _code(native.native(_body(text), Native((), result=result))) == (made or f"async {text}")


@pytest.mark.parametrize(
    ("body", "waits", "made"),
    [
        ("yield from x", [Wait()], "await x"),
        ("y = yield from x", [Wait()], "y = await x"),
        ("y = (yield from x)", [Wait()], "y = await x"),
        ("y = ((yield from x))", [Wait()], "y = ((await x))"),
        ("(yield from x).y", [Wait()], "(await x).y"),
        ("(yield from x)[0]", [Wait()], "(await x)[0]"),
        ("(yield from x)()", [Wait()], "(await x)()"),
        ("f((yield from x))", [Wait()], "f(await x)"),
        ("y[(yield from x)]", [Wait()], "y[await x]"),
        ("(yield from x) ** 2", [Wait()], "(await x) ** 2"),
        ("(yield from x) + 2", [Wait()], "await x + 2"),
        ("yield from x or y", [Wait()], "await (x or y)"),
        ("yield from (yield from x)", [Wait(), Wait()], "await (await x)"),
        ("yield from x; yield from y", [Wait(), Wait()], "await x; await y"),
        ("return(yield from x)", [Wait(is_tight=True)], "return(await x)"),
        ("y = (yield from x(\n  1))", [Wait()], "y = await x(\n  1)"),
        ("y = (yield from\n  x)", [Wait()], "y = (await\n  x)"),
        ("with (yield from x): pass", [Wait(enters=True)], "async with x: pass"),
        ("with (yield from x) as y: pass", [Wait(enters=True)], "async with x as y: pass"),
        ("with(yield from x): pass", [Wait(enters=True, is_tight=True)], "async with(x): pass"),
        ("with y as z: yield from x", [Wait()], "with y as z: await x"),
        ("yield from []\n  yield from x", [Wait(is_empty=True), Wait()], "await x"),
        ("yield from []", [Wait(is_empty=True)], "pass"),
        ("yield from []  # y\n  x", [Wait(is_empty=True)], "pass  # y\n  x"),
        ("# y\n  yield from []\n  x", [Wait(is_empty=True)], "# y\n  pass\n  x"),
        ("pass\n  yield from x", [Wait()], "pass\n  await x"),
        ("def g(): yield from x\n  yield from y", [Wait()], "def g(): yield from x\n  await y"),
        ("lambda: (yield from x)\n  yield from y", [Wait()], "lambda: (yield from x)\n  await y"),
        ("class A:\n    y = 1\n  yield from y", [Wait()], "class A:\n    y = 1\n  await y"),
        ("yield x\n  yield from y", [Wait()], "yield x\n  await y"),
        ("yield from  x", [Wait()], "await  x"),
        ("yield from(x)", [Wait()], "await(x)"),
    ],
)
def test_its_waits(body: str, waits: list[Wait], made: str) -> None:
    text = f"def f():\n  {body}\n"
    assert _code(native.native(_body(text), Native(tuple(waits)))) == f"async def f():\n  {made}\n"
