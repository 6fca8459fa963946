"""Continuation lines that are aligned with what follows a bracket go where it goes; all others stay."""

from __future__ import annotations

import pytest

from aiomend.rewriting.alignment import realigned

#: What was there, what edits made of it, and why no line moves.
LEFT = {
    "there is one line": ("f(x)\n", "function(x)\n"),
    "the lines hang from the statement": ("f(\n    x,\n    y)\n", "function(\n    x,\n    y)\n"),
    "a line stands elsewhere than the bracket's content": ("f(x,\n    y)\n", "function(x,\n    y)\n"),
    "a line stands one column off": ("f(x,\n   y)\n", "function(x,\n   y)\n"),
    "the bracket stays where it is": ("f(x,\n  y).g()\n", "f(x,\n  y).h()\n"),
    "a comment follows the bracket": ("f(  # why\n  y)\n", "function(  # why\n  y)\n"),
    "there are tabs": ("if x:\n\tf(x,\n\t  y)\n", "if x:\n\tfunction(x,\n\t  y)\n"),
    "the text goes on": ('f("""x\n  y""")\n', 'function("""x\n  y""")\n'),
    "the f-string goes on": ('f(f"""x {1 +\n  2}\n  y""")\n', 'function(f"""x {1 +\n  2}\n  y""")\n'),
    "the line is in something else now": ("f(x,\n  y)\n", "g(h(x),\n  y)\n"),
    "the line hangs in the new one": ("f(x,\n  y)\n", "function(\n    x,\n    y)\n"),
    "a line goes on without a bracket": ("f = x + \\\n    y\n", "function = x + \\\n    y\n"),
    "the block is what it was": ("if f(x):\n     y = 1\n", "if function(x):\n     y = 1\n"),
    "it is no whole statement": ("f(x,\n  y\n", "function(x,\n  y\n"),
}
#: What was there, what edits made of it, and what it becomes.
MOVED = {
    "a longer name": ("f(x,\n  y)\n", "function(x,\n  y)\n", "function(x,\n         y)\n"),
    "a shorter name": ("function(x,\n         y)\n", "f(x,\n         y)\n", "f(x,\n  y)\n"),
    "a call around it": ("f(x,\n  y)\n", "g(f(x,\n  y))\n", "g(f(x,\n    y))\n"),
    "a word in front": ("z = yield from f(x,\n                 y)\n", "z = await f(x,\n                 y)\n", "z = await f(x,\n            y)\n"),
    "parameters": ("def f(x,\n      y):\n    pass\n", "async def f(x,\n      y):\n    pass\n", "async def f(x,\n            y):\n    pass\n"),
    "brackets within each other": (
        "f(x, g(y,\n       z),\n  last)\n",
        "function(x, g(y,\n       z),\n  last)\n",
        "function(x, g(y,\n              z),\n         last)\n",
    ),
    "the end of a bracket": ("f(x,\n  y\n )\n", "function(x,\n  y\n )\n", "function(x,\n         y\n        )\n"),
    "what hangs from a line that moves": (
        "f(x,\n  y=[\n      1,\n  ],\n  z=2)\n",
        "function(x,\n  y=[\n      1,\n  ],\n  z=2)\n",
        "function(x,\n         y=[\n             1,\n         ],\n         z=2)\n",
    ),
    "what is aligned within a line that moves": (
        "f(x,\n  g(y,\n    z))\n",
        "function(x,\n  g(y,\n    z))\n",
        "function(x,\n         g(y,\n           z))\n",
    ),
    "a comment": ("f(x,\n  # why\n  y)\n", "function(x,\n  # why\n  y)\n", "function(x,\n         # why\n         y)\n"),
    "text that is wider in bytes": ('f("é", g(x,\n         y))\n', 'fn("é", g(x,\n         y))\n', 'fn("é", g(x,\n          y))\n'),
    "a block that moved by itself": (
        "f(x,\n  y)\n",
        "if z:\n    f(x,\n      y)\n",
        "if z:\n    f(x,\n      y)\n",
    ),
    "a block that was moved, and a call in it": (
        "f(x,\n  y)\n",
        "if z:\n    function(x,\n      y)\n",
        "if z:\n    function(x,\n             y)\n",
    ),
    "a frame of its own depth": (
        "    f(x,\n      y)\n",
        "    function(x,\n      y)\n",
        "    function(x,\n             y)\n",
    ),
    "a line less": (
        "z = yield from f(x,\n                 y=0.5,\n                 loop=loop)\n",
        "z = await f(x,\n                 y=0.5)\n",
        "z = await f(x,\n            y=0.5)\n",
    ),
    "a decorator less": (
        "@coroutine\ndef f(x,\n      y):\n    pass\n",
        "async def f(x,\n      y):\n    pass\n",
        "async def f(x,\n            y):\n    pass\n",
    ),
    "two statements, of which one changes": (
        "f(x,\n  y)\nf(x,\n  z)\n",
        "f(x,\n  y)\nfunction(x,\n  z)\n",
        "f(x,\n  y)\nfunction(x,\n         z)\n",
    ),
    "behind an f-string": ('f(f"{x}",\n  y)\n', 'function(f"{x}",\n  y)\n', 'function(f"{x}",\n         y)\n'),
}  # fmt: skip


@pytest.mark.parametrize("why", LEFT)
def test_lines_stay_where_they_are(why: str) -> None:
    old, new = LEFT[why]

    assert realigned(old, new) == new


@pytest.mark.parametrize("what", MOVED)
def test_lines_go_with_what_they_are_aligned_with(what: str) -> None:
    old, new, made = MOVED[what]

    assert realigned(old, new) == made
    assert realigned(old, made) == made, "once is enough"
