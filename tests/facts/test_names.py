"""Names by bytes alone: too many are a waste of time, too few a trap that nobody sees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from aiomend.facts.file_names import names_in
from aiomend.facts.names import TreeNames, tree_names

ROOT = Path(__file__).parents[2]


def _names(*files: bytes) -> TreeNames:
    """The names of some files, of which the first is `0.py`."""
    return tree_names({f"{number}.py": data for number, data in enumerate(files)})


@pytest.mark.parametrize(
    "code",
    [
        "def ring(): pass",
        "@contextmanager\ndef ring(): pass",
        "def toll():\n    return ring()\n",
        "coroutine = None\n" + "\n" * 500 + "def ring(): pass",
    ],
)
def test_a_plain_function_is_no_coroutine(code: str) -> None:
    assert not _names(code.encode()).is_coroutine("ring")


@pytest.mark.parametrize(
    "code",
    [
        "async def ring(): pass",
        "async  def \\\n    strike(): pass\nring = strike",
        "@coroutine\ndef ring(): yield",
        "@asyncio.coroutine  # old\r\n@wraps(\r\n    other,\r\n)\r\ndef ring(): yield",
        "from asyncio import coroutine as coro\n@coro\ndef ring(): yield",
        "async def strike(): pass\ndef ring():\n    # soon\n    return bells.strike(1)",
        "async def strike(): pass\ndef toll():\n    return strike()\ndef ring():\n\treturn toll()",
        "async def strike(): pass\ndef ring(): return strike()",
        "async def strike(): pass\ndef ring():\n    if no: return strike()",
        "async def strike(): pass\ndef ring():\n    x = 1; return strike()",
        "async def strike(): pass\nclass Bell:\n    def ring(self):\n        def no(): pass\n        return strike()",
        "async def strike(): pass\ndef ring():\n    if no: return nothing()\n    return strike()",
        "from bells import strike as ring\nasync def strike(): pass",
        "async def strike(): pass\nring = strike\nx = 1\n",
        "from bells import (\n    strike as ring,\n)\nasync def strike(): pass",
        "from bells import (\n    toll, strike as ring)\nasync def strike(): pass",
        "from bells import (  # old\n    # new\n    strike as ring\n)\nasync def strike(): pass",
        "from bells import toll, \\\n    strike as ring\nasync def strike(): pass",
        "async def strike(): pass\nwith tower(\n    1\n), bells.strike as ring:\n    pass",
        "async def strike(): pass\nwith (\n    bells[0], strike as ring,\n): pass",
        "async def strike(): pass\ndef ring():\n    toll = strike\n    return toll()",
        "async def strike(): pass\ndef toll(): return strike()\ndef ring():\n    return toll()",
        "async def strike(): pass\nfrom bells import toll\ndef toll():\n    return strike()\ndef ring():\n    return toll()",
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=ascii)
def test_what_gives_a_coroutine_when_it_is_called_is_one(code: str, newline: str) -> None:
    data = code.replace("\r\n", "\n").replace("\n", newline).encode()

    assert _names(data).is_coroutine("ring")


@pytest.mark.parametrize(
    ("code", "other"),
    [
        pytest.param(
            "def toll():\n    strike = ring\n", "strike()", id="a name that only a function of another file knows"
        ),
        pytest.param(
            "def toll(): pass\ndef strike():\n    return toll()", "strike()", id="what calls the file's own function"
        ),
        pytest.param('"""You can hear it ring as the\nday begins."""', "the()", id="a sentence"),
        pytest.param('"""They\nring as one, it is said."""', "one()", id="a sentence that begins a line"),
    ],
)
def test_a_name_that_means_something_else_gives_no_coroutine(code: str, other: str) -> None:
    names = _names(b"async def ring(): pass", b"async def toll(): pass", code.encode())

    assert not names.calls_coroutine("2.py", other.encode())


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("def toll():\n    strike = ring\n    strike()", id="in the function"),
        pytest.param("def toll():\n    import ring as strike\n    print(strike(1))", id="by an import"),
        pytest.param("def toll():\n    bell = ring\n    strike = bell\n    strike()", id="by way of another"),
    ],
)
def test_a_file_that_calls_a_coroutine_by_a_name_that_a_function_gives_to_it_does(code: str) -> None:
    names = _names(b"async def ring(): pass", code.encode())

    assert names.calls_coroutine("1.py", code.encode())
    assert not names.calls_coroutine("1.py", b"strike()")


@pytest.mark.parametrize(
    "code",
    [
        "ring = 1",
        "def ring(): pass",
        "f()ring",
        "ring + (1)",
        f"x{'y' * 99}ring()",
        "class ring(Base): pass",
        "print(ring)",
        "string()",
    ],
)
def test_a_file_that_calls_no_coroutine_does_not_call_one(code: str) -> None:
    assert not _names(b"async def ring(): pass").calls_coroutine("1.py", code.encode())


@pytest.mark.parametrize(
    "code", ["ring()", "bell.ring ()", "x = [ring(1)]", "läute(2)", '"def".ring()', "ring\t(1)", "x" * 99 + "(ring(1))"]
)
def test_a_file_that_calls_a_name_of_a_coroutine_does(code: str) -> None:
    names = _names("async def ring(): pass\nasync def läute(x): pass".encode())

    assert names.calls_coroutine("new.py", code.encode())


def test_a_word_comes_with_the_other_names_that_any_file_gives_to_it() -> None:
    names = _names(b"from time import sleep as nap", b"rest = tools.nap  # for a while\n")

    assert names.others({"sleep", "wait"}) == {b"nap", b"rest"}


@pytest.mark.parametrize(
    "code",
    [
        "def f():\n    nap = sleep",
        "async def f():\n\tnap = sleep",
        "def f():\n    if x:\n        nap = sleep",
        "def f():\n    if x:\n        pass\n    nap = sleep",
        "class A:\n    def f(self):\n        nap = sleep",
        "def f():\n    for x in y:\n        pass\n\n    # soon\n    nap = sleep",
        "def f():\n    pass\n# not the end\n    nap = sleep",
        "def f():\n    # nap = sleep\n# as nap: sleep\n    for x in y:\n        nap = sleep",
        "class A:\n    def f(self):\n        nap = sleep\n    b = 1",
        "def f():\n    pass\n    # time.sleep as nap)",
        "def f():\n    global rest\n    nap = sleep",
        "def f():\n    def g(): pass\n    nap = sleep",
        "def f():\r    pass\r    nap = sleep",
        "def f():\r\n    pass\r\n\r\n    nap = sleep",
    ],
)
def test_a_name_that_only_the_function_around_it_knows_is_none_for_others(code: str) -> None:
    assert _names(code.encode()).others({"sleep"}) == set()


@pytest.mark.parametrize(
    "code",
    [
        "nap = sleep",
        "if x:\n    nap = sleep",
        "class A:\n    nap = sleep",
        "class A:\n    if x:\n        nap = sleep",
        "def f():\n    class A:\n        nap = sleep",
        "def f():\n    pass\nnap = sleep",
        "def f():\n    pass\nif x:\n    nap = sleep",
        "def f():\n    pass\nclass A:\n    nap = sleep",
        "def f():\n    pass\nimport sleep as nap",
        "def f():\n    if x: pass\n    import sleep as nap\n    global nap",
        "def f():\r    pass\rnap = sleep",
        "def f():\n    global nap\n    nap = sleep",
    ],
)
def test_a_name_that_others_can_know(code: str) -> None:
    assert _names(code.encode()).others({"sleep"}) == {b"nap"}


def _given(node: ast.AST, *, in_function: bool = False) -> Iterator[tuple[bytes, bytes, bool]]:
    """Yield (name, other name that an import gives to it, whether a function is around it), as the tree of a file has them."""
    for below in ast.iter_child_nodes(node):
        match below:
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                for one in names:
                    if one.asname is not None and one.asname != (last := one.name.rpartition(".")[2]):
                        yield last.encode(), one.asname.encode(), in_function
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from _given(below, in_function=True)
            case ast.ClassDef():
                yield from _given(below)
            case _:
                yield from _given(below, in_function=in_function)


@pytest.mark.parametrize("folder", ["codemods", "cli", "tests"])
def test_bytes_tell_every_name_that_imports_of_this_project_give(folder: str) -> None:
    found = 0
    for path in sorted((ROOT / folder).rglob("*.py")):
        data = path.read_bytes()
        shared, local, *_ = names_in(data)
        for old, new, in_function in _given(ast.parse(data)):
            found += 1
            assert (old, new) in shared or (in_function and (old, new) in local), f"{path}: {old!r} as {new!r}"
    assert found, "nothing was compared"
