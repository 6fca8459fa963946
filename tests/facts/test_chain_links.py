"""Whether a plain function can become a coroutine function, each reason by itself."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.chain_links import why_not, why_unknown_callers
from aiomend.facts.view import Module

See = Callable[..., Module]


def _function(module: Module, name: str = "work") -> ast.FunctionDef:
    (found,) = (one for one in ast.walk(module.tree) if isinstance(one, ast.FunctionDef) and one.name == name)
    return found


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("def work(): pass", id="a function"),
        pytest.param("class A:\n    def work(self): pass", id="a method"),
        pytest.param("class A:\n    @staticmethod\n    def work(): pass", id="a static method"),
        pytest.param("import typing\nclass A:\n    @typing.final\n    def work(self): pass", id="a final method"),
        pytest.param("class A(object):\n    def work(self): pass", id="a known base class without it"),
        pytest.param("class A(ValueError):\n    def work(self): pass", id="an exception class"),
        pytest.param("class A: pass\nclass B(A):\n    def work(self): pass", id="a base class without it"),
        pytest.param(
            "class A:\n    def work(self): pass\nclass B(A):\n    def other(self): pass", id="a subclass without it"
        ),
        pytest.param(
            "import unittest\nclass A(unittest.IsolatedAsyncioTestCase):\n    def test_work(self): pass\n"
            "def work(): pass",
            id="beside a test",
        ),
    ],
)
def test_nothing_speaks_against_it(see: See, text: str) -> None:
    module = see(text)
    assert why_not(module, _function(module)) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("def work():\n    yield", "is a generator", id="a generator"),
        pytest.param("@cached\ndef work(): pass", "is decorated with `cached`", id="a decorator"),
        pytest.param(
            "@route('/')\ndef work(): pass", "is decorated with `route('/')`", id="a decorator that is called"
        ),
        pytest.param(
            "import asyncio\ndef work(): asyncio.run(main())", "runs an event loop itself", id="it runs a loop"
        ),
        pytest.param(
            "class A:\n    def work(self): pass\nclass B(A):\n    def work(self): pass",
            "`work()` is overridden in a subclass of `A`",
            id="a subclass has it, too",
        ),
        pytest.param(
            "class A(x.B):\n    def work(self): pass", "a base class of `A` that is not known", id="of others"
        ),
        pytest.param("class A(list):\n    def append(self): pass\n    def work(self): pass", None, id="another method"),
        pytest.param(
            "import threading\nclass A(threading.Thread):\n    def work(self): pass",
            "may override a method of `threading.Thread`",
            id="a base class of the library",
        ),
        pytest.param(
            "class A:\n    def work(self): pass\nclass M:\n    work = 1\nclass B(M, A): pass",
            "`work()` shares its name with a method of `M`",
            id="what is mixed in has it",
        ),
    ],
)
def test_what_speaks_against_it(see: See, text: str, reason: str | None) -> None:
    module = see(text)
    functions = [one for one in ast.walk(module.tree) if isinstance(one, ast.FunctionDef) and one.name == "work"]
    assert (reason or "None") in str(why_not(module, functions[0]))


@pytest.mark.parametrize(("name", "is_special"), [("__call__", True), ("__x", False), ("x__", False)])
def test_the_language_calls_special_methods(see: See, name: str, is_special: bool) -> None:
    module = see(f"class A:\n    def {name}(self): pass")
    assert ("by the language itself" in str(why_not(module, _function(module, name)))) is is_special


def test_a_base_class_of_the_project_has_it(see: See) -> None:
    module = see(
        "from other import A\nclass B(A):\n    def work(self): pass", other="class A:\n    def work(self): pass"
    )
    assert "shares its name with a method of `A`" in str(why_not(module, _function(module)))


@pytest.mark.parametrize(
    ("base", "method", "is_known"),
    [
        ("list", "append", False),
        ("list", "work", True),
        ("unittest.IsolatedAsyncioTestCase", "test_x", True),
        ("unittest.IsolatedAsyncioTestCase", "setUp", False),
        ("unittest.TestCase", "work", False),
    ],
)
def test_which_base_classes_are_known_not_to_have_it(see: See, base: str, method: str, is_known: bool) -> None:
    module = see(f"import unittest\nclass A({base}):\n    def {method}(self): pass")
    reason = str(why_not(module, _function(module, method)))
    assert ("may override a method of" in reason) is not is_known


@pytest.mark.parametrize(
    ("path", "others", "is_entry", "reason"),
    [
        pytest.param("main", {}, False, None, id="a module of a program"),
        pytest.param("main", {}, True, None, id="where it begins"),
        pytest.param("main", {"setup": "setup(py_modules=['main'])"}, False, "is public", id="an installed module"),
        pytest.param("main", {"setup": "setup(py_modules=['other'])"}, False, None, id="another one is installed"),
        pytest.param("main", {"setup": "setup(scripts=['main'])"}, False, None, id="an installed script"),
        pytest.param("pack/main", {"pack/__init__": ""}, False, "is public", id="a module of a package"),
        pytest.param("pack/main", {"pack/__init__": ""}, True, "is where a package begins", id="where one begins"),
        pytest.param("pack/_main", {"pack/__init__": ""}, False, None, id="a private module"),
        pytest.param("_pack/main", {"_pack/__init__": ""}, False, None, id="a private package"),
        pytest.param("pack/main", {"pack/__init__": "", "pack/__main__": ""}, False, None, id="an application"),
        pytest.param(
            "pack/main",
            {"pack/__init__": "from pack.main import work", "pack/__main__": ""},
            False,
            "is public",
            id="an application that gives it out",
        ),
        pytest.param(
            "pack/main",
            {"pack/__init__": "from pack.main import *", "pack/__main__": ""},
            False,
            "is public",
            id="an application that gives all out",
        ),
        pytest.param("tests/test_main", {}, False, None, id="a test"),
    ],
)
def test_who_else_may_call_it(see: See, path: str, others: dict[str, str], is_entry: bool, reason: str | None) -> None:
    files = others | {path: "def work(): pass"}
    module = see("", **files).beside(f"{path}.py")
    assert module is not None
    assert (reason or "None") in str(why_unknown_callers(module, _function(module), is_entry=is_entry))


def test_nobody_else_calls_a_function_in_a_function(see: See) -> None:
    text = "def outer():\n    def work(): pass\ndef other(): pass"
    module = see("", **{"pack/main": text, "pack/__init__": ""}).beside("pack/main.py")
    assert module is not None
    assert why_unknown_callers(module, _function(module), is_entry=False) is None
    assert why_unknown_callers(module, _function(module, "other"), is_entry=False) is not None
