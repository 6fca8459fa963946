"""What holds other values, taken apart: by position, by iterating, by unpacking; and what is put into it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Told = Callable[..., str]
HEAD = "import asyncio, functools, typing\nclass A: pass\nclass B: pass\n"


@pytest.mark.parametrize(
    ("expression", "what"),
    [
        ("x[0]", "unknown"),
        ("None[0]", "unknown"),
        ("(None if x else [A()])[0]", "a A"),
        ("A()[0]", "unknown"),
        ("A[int]", "class A"),
        ("[A()][0]", "a A"),
        ("[A()][x]", "a A"),
        ("[A()][1:]", "[a A]"),
        ("[][0]", "unknown"),
        ("{1: A()}[1]", "a A"),
        ("(A(), B())[0]", "a A"),
        ("(A(), B())[1]", "a B"),
        ("(A(), B())[2]", "unknown"),
        ("(A(), B())[-1]", "unknown"),
        ("(A(), B())[x]", "unknown"),
    ],
)
def test_items(told: Told, expression: str, what: str) -> None:
    assert told(f"{HEAD}mark({expression})") == what


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("for y in x: mark(y)", "unknown"),
        ("for y in A(): mark(y)", "unknown"),
        ("for y in [A(), B()]: mark(y)", "a A | a B"),
        ("for y in (A(), B()): mark(y)", "a A | a B"),
        ("for y in (None if x else [A()]): mark(y)", "a A"),
        ("for y, z in [(A(), B())]: mark(z)", "a B"),
        ("for y, (z, w) in [(A(), (1, B()))]: mark(w)", "a B"),
        ("for y, *z in [(A(), B())]: mark(z)", "unknown"),
        ("y, z = A(), B()\nmark(y)", "a A"),
        ("y, z = x\nmark(y)", "unknown"),
        ("[mark(y) for y in [A()]]", "a A"),
    ],
)
def test_elements(told: Told, text: str, what: str) -> None:
    assert told(HEAD + text) == what


@pytest.mark.parametrize(
    ("use", "what"),
    [
        ("xs.other(A())", "[nothing]"),
        ("xs.append", "[nothing]"),
        ("y.append(xs)", "[nothing]"),
        ("xs.append()", "[nothing]"),
        ("xs[0]", "[nothing]"),
        ("y[xs] = A()", "[nothing]"),
        ("y = xs[0]", "[nothing]"),
        ("xs.extend(A(), B())", "[nothing]"),
        ("xs.append(A())", "[a A]"),
        ("xs.appendleft(A())", "[a A]"),
        ("xs.add(A())", "[a A]"),
        ("xs.put_nowait(A())", "[a A]"),
        ("xs.insert(0, A())", "[a A]"),
        ("xs.setdefault(B(), A())", "[a A]"),
        ("xs[0] = A()", "[a A]"),
        ("y = xs[0] = A()", "[a A]"),
        ("xs.extend([A(), B()])", "[a A | a B]"),
        ("xs.extend(y)", "[unknown]"),
        ("xs.update(y)", "[unknown]"),
        ("xs.append(A())\nxs.append(B())", "[a A | a B]"),
    ],
)
def test_what_is_put_into_a_list(told: Told, use: str, what: str) -> None:
    assert told(f"{HEAD}xs = []\n{use}\nmark(xs)") == what


@pytest.mark.parametrize(
    ("annotation", "what"),
    [
        ("list[A]", "[a A]"),
        ("list", "[unknown]"),
        ("list[Z]", "[unknown]"),
    ],
)
def test_an_annotation_tells_all(told: Told, annotation: str, what: str) -> None:
    assert told(f"{HEAD}xs: {annotation} = []\nxs.append(y)\nmark(xs)") == what


@pytest.mark.parametrize(
    ("annotation", "what"),
    [
        ("typing.Callable", "a A"),
        ("typing.Callable[..., typing.Any]", "a A"),
        ("functools.partial", "a A"),
        ("typing.Callable[..., B]", "a B"),
    ],
)
def test_a_callable_of_which_nothing_is_said(told: Told, annotation: str, what: str) -> None:
    assert told(f"{HEAD}def g() -> {annotation}: return A\nmark(g()())") == what
