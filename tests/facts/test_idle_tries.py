"""A `try` that would only raise again: which one that is, and which comments keep it."""

from __future__ import annotations

import ast
import textwrap

import pytest

from aiomend.facts.idle_tries import only_swallows, reason_to_stay
from aiomend.source import Source, read


def _try(text: str) -> tuple[Source, ast.Try]:
    """The last `try` of a file."""
    source = read("a.py", textwrap.dedent(text).encode())
    return source, [node for node in ast.walk(source.tree) if isinstance(node, ast.Try)][-1]


@pytest.mark.parametrize(
    ("handlers", "is_one"),
    [
        pytest.param("except A: x()", False, id="it does something"),
        pytest.param("except A: raise", False, id="it raises"),
        pytest.param("except A: return", False, id="it ends the function"),
        pytest.param("except A: break", False, id="it ends the loop"),
        pytest.param("except A: 'why'", False, id="it says something"),
        pytest.param("except A:\n        pass\n        pass", False, id="two statements"),
        pytest.param("except A: pass\n    except B: pass", False, id="two handlers"),
        pytest.param("except A: ...\n    except B: pass", False, id="two handlers, the first with dots"),
        pytest.param("except A: pass", True, id="pass"),
        pytest.param("except A: continue", True, id="continue"),
        pytest.param("except A: ...", True, id="dots"),
        pytest.param("except: pass", True, id="of everything"),
    ],
)
def test_the_one_handler_that_does_nothing(handlers: str, is_one: bool) -> None:
    _, statement = _try(f"for _ in y:\n    try: x()\n    {handlers}\n")
    assert only_swallows(statement.handlers[0], statement) is is_one


@pytest.mark.parametrize(
    "body",
    ["return x", "raise x", "if y: return\n        else: raise x", "while True: x()", "while y: x()\n        return"],
)
def test_a_try_past_which_nothing_comes(body: str) -> None:
    reason = reason_to_stay(*_try(f"def f():\n    try:\n        {body}\n    except A: pass\n"))
    assert reason is not None
    assert reason.startswith("only a cancelled task gets past the `try`")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("try:\n    x()\nexcept A:\n    pass\n", id="none"),
        pytest.param("# one\ntry:\n    x()\nexcept A:\n    pass\n", id="above"),
        pytest.param("try:\n    # one\n    x()\nexcept A:\n    pass\n", id="above its body"),
        pytest.param("try:\n    # one\n\n    # two\n    x()\nexcept A:\n    pass\n", id="two above its body"),
        pytest.param("try:\n    # one\n    @y\n    def f(): pass\nexcept A:\n    pass\n", id="above a decorator"),
        pytest.param("try:\n    @y  # one\n    @z\n    class B: pass\nexcept A:\n    pass\n", id="behind a decorator"),
        pytest.param("try:\n    x()  # one\n    y()  # two\nexcept A:\n    pass\n", id="in its body"),
        pytest.param("try:\n    x()\nexcept A:\n    pass\n# one\ny()\n", id="below"),
        pytest.param("try:\n    x()\nexcept A:\n    pass\n\n\n# one\ny()\n", id="farther below"),
        pytest.param("try:\n    x()\nexcept A:\n    pass\ny()\n    # one\n", id="below the next statement"),
        pytest.param("try:\n    x()\nexcept A:\n    pass\nelse:\n    # one\n    y()  # two\n", id="in its else"),
        pytest.param("try:\n    x()\nexcept A:\n    pass\nfinally:\n    # one\n    y()  # two\n    # three\n", id="in its finally"),
        pytest.param("try: x()  # one\nexcept A: pass\n", id="behind a body on its line"),
        pytest.param("if y:\n    try:\n        x()\n    except A:\n        pass\n# one\n", id="below the branch"),
        pytest.param("if y:\n\ttry:\n\t\tx()\n\texcept A:\n\t\tpass\n\t# one\n", id="below, behind tabs"),
    ],
)  # fmt: skip
def test_comments_that_are_none_of_its_own(text: str) -> None:
    assert reason_to_stay(*_try(text)) is None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("try:  # one\n    x()\nexcept A:\n    pass\n", 1, id="behind its colon"),
        pytest.param("try:\n    x()\n    # one\nexcept A:\n    pass\n", 3, id="below its body"),
        pytest.param("try:\n    x()\nexcept A:  # one\n    pass\n", 3, id="behind what it handles"),
        pytest.param("try:\n    x()\nexcept A:\n    # one\n    # two\n    pass\n", 4, id="in its handler"),
        pytest.param("try:\n    x()\nexcept A:\n    pass  # one\n", 4, id="behind what its handler does"),
        pytest.param("try:\n    x()\nexcept A:\n    pass\n    # one\n", 5, id="below its handler"),
        pytest.param("try:\n    x()\nexcept A:\n    pass\n\n  # one\n", 6, id="below its handler, less indented"),
        pytest.param("try:\n    x()\nexcept A:\n    pass\n    # one", 5, id="on the last line of the file"),
        pytest.param("try:\n    x()\nexcept A:\n    pass\n    # one\ny()\n", 5, id="between its handler and the next"),
        pytest.param("try: x()\nexcept A: pass  # one\n", 2, id="behind a handler on its line"),
        pytest.param("try:\n    x()\nexcept A:\n    pass\nelse:  # one\n    y()\n", 5, id="behind its else"),
        pytest.param("try:\n    x()\nexcept A:\n    pass\nelse:\n    y()\n    # one\n", 7, id="below its else"),
        pytest.param("try:\n    x()\nexcept A:\n    pass\nfinally:  # one\n    y()\n", 5, id="behind its finally"),
        pytest.param("try:\n    x()\nexcept A:\n    pass\nelse:\n    y()\n# one\nfinally:\n    z()\n", 7, id="above its finally"),
        pytest.param("if y:\n    try:\n        x()\n    except A:\n        pass\n        # one\n", 6, id="in a branch"),
        pytest.param("if y:\n\ttry:\n\t\tx()\n\texcept A:\n\t\tpass\n\t\t# one\n", 6, id="behind tabs"),
        pytest.param("try:\n    x(\n    )\nexcept A:\n    pass  # one\n", 5, id="below a call of two lines"),
    ],
)  # fmt: skip
def test_a_comment_of_its_own_keeps_it(text: str, line: int) -> None:
    reason = reason_to_stay(*_try(text))
    assert reason == f"the `try` would only raise: take it out, and find a place for the comment in line {line}"
