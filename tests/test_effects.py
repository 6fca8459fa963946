"""What a change of one file means to the others: less than that would leave findings out, more is work for nothing."""

from __future__ import annotations

import pytest

from aiomend.effects import Effect, effect
from aiomend.model import TextEdit
from aiomend.source import read


def _effect(before: str, after: str) -> Effect:
    """Return what it means that a file is another one, after one edit between what both versions share."""
    source = read("a.py", before.encode())
    start = _shared(before, after)
    shared = _shared(before[start:][::-1], after[start:][::-1])
    end = len(before) - shared
    return effect(source, source.with_text(after), [TextEdit("a.py", start, end, after[start : len(after) - shared])])


def _shared(one: str, other: str) -> int:
    """Return how many characters two texts have in common at their beginning."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (here, there) in enumerate(pairs) if here != there), min(len(one), len(other)))


def _words(before: str, after: str) -> set[str]:
    return {word.decode() for word in _effect(before, after).words}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("def f(x):\n    x.a()\n", "def f(x):\n    if x:\n        x.a()\n", id="a call under a test"),
        pytest.param(
            "async def f():\n    g()\n    await h()\n",
            "async def f():\n    await g()\n    await h()\n",
            id="a call that is awaited now, as another one was",
        ),
        pytest.param("def f():\n    g()\n", "def f():\n    x = g()\n", id="a name of the function's own"),
        pytest.param("def f():\n    g()\n", "def f():\n    import g\n    g()\n", id="an import of the function's own"),
        pytest.param(
            "def f():\n    return g()\n",
            "def f():\n    try:\n        return g()\n    finally:\n        h()\n",
            id="the same result in another block",
        ),
        pytest.param("f()\n", "try:\n    f()\nfinally:\n    g()\n", id="what a module does"),
        pytest.param("if a:\n    f()\n", "if b:\n    f()\n", id="a test"),
        pytest.param("x = 1\n", "import new\nx = 1\n", id="a module that nobody knew here"),
        pytest.param("x = 1\n", "_kept = set()\nx = 1\n", id="a variable that nobody knew"),
        pytest.param("x = 1\n", "x = 1\ndef new(): pass\n", id="a function that nobody knew"),
        pytest.param("f([x for x in a])\n", "f([x for x in b])\n", id="a variable of a comprehension"),
        pytest.param("def f(s):\n    s.g()\n", "def f(s):\n    s.new = s.g()\n", id="an attribute that nobody knew"),
        pytest.param(
            "match a:\n    case 1:\n        f()\n",
            "match a:\n    case 1:\n        g()\n",
            id="what a module does in a case",
        ),
    ],
)
def test_it_is_not_seen_from_outside(before: str, after: str) -> None:
    assert not _effect(before, after).is_visible


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("def f(): g()\n", "async def f(): g()\n", id="what a function is"),
        pytest.param("def f(a): g()\n", "def f(a, b): g()\n", id="what a function takes"),
        pytest.param("def f():\n    g()\n", "@d\ndef f():\n    g()\n", id="a decorator"),
        pytest.param("async def f():\n    g()\n", "async def f():\n    await g()\n", id="its first suspension point"),
        pytest.param(
            "async def f():\n    with a: g()\n", "async def f():\n    async with a: g()\n", id="one of a block"
        ),
        pytest.param("class A: x = 1\n", "class A(B): x = 1\n", id="a base"),
        pytest.param("def f(): g()\n", "def f(): h()\n", id="the body is on the line of the header"),
        pytest.param("def f():\n    return g()\n", "def f():\n    return h()\n", id="a result"),
        pytest.param("def f():\n    g()\n", "def f():\n    yield g()\n", id="a generator"),
        pytest.param("def f():\n    x = yield a\n", "def f():\n    x = yield b\n", id="what a generator gives"),
        pytest.param("x = f()\n", "x = g()\n", id="a variable of the module"),
        pytest.param("x: int\n", "x: str\n", id="an annotation"),
        pytest.param("x = f()\n", "x = f()\nx = g()\n", id="another value of a variable"),
        pytest.param("x = f()\ny = 1\n", "y = 1\n", id="a variable that is gone"),
        pytest.param("import a\nx = 1\n", "x = 1\n", id="an import that is gone"),
        pytest.param("from a import b\n", "from c import b\n", id="an import from elsewhere"),
        pytest.param("x = 1\n", "from a import *\nx = 1\n", id="names that nobody can tell"),
        pytest.param("for x in a: f()\n", "for x in b: f()\n", id="a variable of a loop"),
        pytest.param("match a:\n    case [x]: f()\n", "match a:\n    case [x, _]: f()\n", id="a variable of a case"),
        pytest.param("f(x := a)\n", "f(x := b)\n", id="a variable in an expression"),
        pytest.param("x = a\ndel x\n", "x = a\nf()\n", id="a variable that is deleted no more"),
        pytest.param("with a as x: f()\n", "with b as x: f()\n", id="a variable of a block"),
        pytest.param("def f(s):\n    s.x = g()\n", "def f(s):\n    s.x = h()\n", id="an attribute"),
        pytest.param("def f():\n    T[1] = g()\n", "def f():\n    T[1] = h()\n", id="an item of a table"),
        pytest.param("def f():\n    global x\n    x = 1\n", "def f():\n    global x\n    x = 2\n", id="a global"),
        pytest.param(
            "def f():\n    def g():\n        h()\n",
            "def f():\n    async def g():\n        h()\n",
            id="a function inside",
        ),
        pytest.param(
            "try:\n    a()\nexcept E:\n    x = 1\n",
            "try:\n    a()\nexcept E:\n    x = 2\n",
            id="a variable of a handler",
        ),
    ],
)
def test_it_is_seen_from_outside(before: str, after: str) -> None:
    assert _effect(before, after).is_visible


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        pytest.param("def f(x):\n    y()\n    x.a()\n", "def f(x):\n    y()\n    x.b()\n", "x a b", id="both versions"),
        pytest.param(
            "def f():\n    a(1)\n", "def f():\n    if c:\n        a(1)\n", "if c a 1", id="what is under a test now"
        ),
        pytest.param("a(\n    b,\n    c,\n)\n", "a(\n    b,\n    d,\n)\n", "a b c d", id="all lines of a statement"),
        pytest.param(
            "if a:\n    b\n    c\n", "if z:\n    b\n    c\n", "if a z b c", id="what is in the block of a test"
        ),
        pytest.param("def f():\n    a\n    b\n", "def g():\n    a\n    b\n", "def f g a b", id="what is in a function"),
        pytest.param(
            "if a:\n    b\nelif c:\n    d\n", "if a:\n    b\nelif c:\n    e\n", "d e", id="the branch of an elif alone"
        ),
        pytest.param(
            "match a:\n    case 1 if b:\n        c\n",
            "match a:\n    case 1 if d:\n        c\n",
            "case 1 if b d c",
            id="a guard",
        ),
        pytest.param(
            "try:\n    a\nexcept E as e:\n    b\n",
            "try:\n    a\nexcept F as e:\n    b\n",
            "except E F as e b",
            id="a handler",
        ),
        pytest.param("@a\ndef f(): 1\n", "@b\ndef f(): 1\n", "a b def f 1", id="a decorator above one line"),
        pytest.param("a(1)\nb\n", "a(  1)\nb\n", "a 1", id="a layout"),
    ],
)
def test_the_words_of_what_changed(before: str, after: str, found: str) -> None:
    assert _words(before, after) == set(found.split())


def test_a_name_is_known_whatever_the_encoding_of_its_file() -> None:
    before, after = "# coding: latin-1\nx = größe\n", "# coding: latin-1\nx = größe\ndef größe(): pass\n"
    source = read("a.py", before.encode("latin-1"))
    found = effect(source, source.with_text(after), [TextEdit("a.py", len(before), len(before), after[len(before) :])])
    assert found.is_visible
    assert "größe".encode() in found.words


def test_the_end_of_a_long_chain_is_no_deeper_than_its_beginning() -> None:
    chain = "if a:\n    b\n" + "elif c:\n    d\n" * 1_000
    assert _words(chain + "else:\n    e\n", chain + "else:\n    f\n") == {"e", "f"}
