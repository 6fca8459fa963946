"""Where a program begins: guards, scripts, functions that are the program."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.api import MemorySources
from aiomend.facts.entries import (
    importers,
    is_console_script,
    is_main_test,
    is_program,
    is_script,
    is_test_file,
    main_guard,
)
from aiomend.facts.inference import Inference
from aiomend.facts.project import ProjectFacts
from aiomend.facts.threads import Threads
from aiomend.facts.view import Module
from aiomend.settings import Settings

See = Callable[..., Module]
Marked = Callable[[Module], ast.Call]
GUARD = "if __name__ == '__main__':"


@pytest.mark.parametrize(
    ("test", "is_one"),
    [
        ("__name__ == '__main__'", True),
        ("'__main__' == __name__", True),
        ("x and __name__ == '__main__'", True),
        ("x or __name__ == '__main__'", False),
        ("__name__ != '__main__'", False),
        ("__name__ == 'other'", False),
        ("__name__ == __name__", False),
        ("'__main__' == '__main__'", False),
        ("name == '__main__'", False),
        ("__name__", False),
        ("__name__ == '__main__' == x", False),
    ],
)
def test_the_test_of_a_guard(test: str, is_one: bool) -> None:
    assert is_main_test(ast.parse(test, mode="eval").body) is is_one


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"{GUARD}\n    mark()", 1),
        (f"{GUARD}\n    if x:\n        mark()", 1),
        (f"if x:\n    {GUARD}\n        mark()", 2),
        (f"{GUARD}\n    {GUARD}\n        mark()", 1),
        (f"{GUARD}\n    pass\nelse:\n    mark()", None),
        ("if x:\n    mark()", None),
        ("mark()", None),
    ],
)
def test_the_guard_around_a_place(see: See, marked: Marked, text: str, line: int | None) -> None:
    module = see(text)
    found = main_guard(module.facts, marked(module))
    assert (found and found.lineno) == line


@pytest.mark.parametrize(
    ("other", "imports"),
    [
        ("import main", True),
        ("import main as x", True),
        ("from main import x", True),
        ("from main import *", True),
        ("def f(): import main", True),
        ("import mainly", False),
        ("from other import main", False),
        ("import x.main", False),
        ("main = 1", False),
    ],
)
def test_who_imports_a_file(see: See, other: str, imports: bool) -> None:
    module = see("x = 1", other=other)
    found = importers(module)
    assert found is not None
    assert [facts.path for facts in found] == (["other.py"] if imports else [])
    assert is_script(module) is not imports


@pytest.mark.parametrize(
    ("path", "is_one"),
    [("run", True), ("pack/run", False), ("pack/__main__", True), ("pack/__init__", False), ("test_run", False)],
)
def test_which_files_are_scripts(see: See, path: str, is_one: bool) -> None:
    module = see("", **{"pack/__init__": "", path: "x = 1"}).beside(f"{path}.py")
    assert module is not None
    assert is_script(module) is is_one


def _is_program(module: Module, *, goes_on: bool = False) -> bool:
    (function,) = (one for one in module.facts.functions if one.name in ("work", "main"))
    return is_program(module, function, lambda *_: goes_on)


@pytest.mark.parametrize(
    ("text", "others", "is_one"),
    [
        pytest.param("def work(): pass", {}, False, id="nobody calls it"),
        pytest.param("def main(): pass", {}, True, id="nobody calls what is called main"),
        pytest.param("def work(): pass\nwork()", {}, True, id="the file calls it"),
        pytest.param("def work(): pass\nwork()\nwork()", {}, False, id="twice"),
        pytest.param("def work(): pass\nx(work)", {}, False, id="handed on"),
        pytest.param("def work(): pass\ndef f(): work()", {}, False, id="a function calls it"),
        pytest.param("def work(): pass\nfor _ in x: work()", {}, False, id="once a round"),
        pytest.param(f"def work(): pass\n{GUARD} work()", {}, True, id="under a guard"),
        pytest.param("def f():\n    def main(): pass", {}, False, id="in a function"),
        pytest.param("class A:\n    def main(self): pass", {}, False, id="a method"),
        pytest.param("def work(): pass", {"other": "from main import work\nwork()"}, True, id="another file calls it"),
        pytest.param("def work(): pass", {"other": "import main\nmain.work()"}, True, id="by its module"),
        pytest.param("def work(): pass\nwork()", {"other": "from main import work\nwork()"}, False, id="both do"),
        pytest.param("def work(): pass\nwork()", {"test_x": "from main import work\nwork()"}, True, id="and a test"),
        pytest.param("import click\n@click.command()\ndef work(): pass", {}, True, id="a command"),
        pytest.param("import typer\n@app.command\ndef work(): pass", {}, True, id="a command without brackets"),
        pytest.param("import click\n@cli.group()\ndef work(): pass", {}, True, id="a group"),
        pytest.param("@app.command()\ndef work(): pass", {}, False, id="of no library of commands"),
        pytest.param("import click\n@click.option('x')\ndef work(): pass", {}, False, id="no command"),
        pytest.param("import click\n@command()\ndef work(): pass", {}, False, id="something called so"),
        pytest.param(
            "def work(): pass", {"setup": "setup(entry_points={'x': ['a=main:work']})"}, True, id="a console script"
        ),
        pytest.param("def work(): pass", {"setup": "setup(entry_points={'x': ['a=x:work']})"}, False, id="another one"),
    ],
)
def test_which_functions_are_the_program(see: See, text: str, others: dict[str, str], is_one: bool) -> None:
    assert _is_program(see(text, **others)) is is_one


def test_a_program_that_goes_on_behind_the_call_is_none(see: See) -> None:
    module = see("def work(): pass\nwork()\nprint()")
    assert _is_program(module)
    assert not _is_program(module, goes_on=True)
    assert _is_program(see("def work(): pass\nwork()"), goes_on=True)
    assert not _is_program(see("def work(): pass\nif x:\n    work()\nprint()"), goes_on=True)
    assert _is_program(see("def work(): pass\nprint()\nif x:\n    print()\n    work()"), goes_on=True)


@pytest.mark.parametrize(
    ("path", "is_one"),
    [("test_x", True), ("a/test_x", True), ("conftest", True), ("tests/x", True), ("latest_x", False)],
)
def test_which_files_hold_tests(see: See, path: str, is_one: bool) -> None:
    module = see("", **{path: "x = 1"}).beside(f"{path}.py")
    assert module is not None
    assert is_test_file(module.facts) is is_one


@pytest.mark.parametrize(
    ("path", "text", "is_command"),
    [
        ("pyproject.toml", '[project.scripts]\ngo = "main:run"\n', True),
        ("pyproject.toml", '[project.scripts]\ngo = "main:runs"\n', False),
        ("pyproject.toml", '[project.scripts]\ngo = "domain:run"\n', False),
        ("setup.cfg", "[options.entry_points]\nconsole_scripts =\n    go = main : run\n", True),
        ("setup.py", "setup(entry_points={'console_scripts': ['go = main:run']})", True),
        ("tools/setup.py", "setup(entry_points={'console_scripts': ['go = main:run']})", True),
        ("notes.txt", "main:run", False),
    ],
)
def test_a_command_to_install(path: str, text: str, is_command: bool) -> None:
    inference = Inference(ProjectFacts(MemorySources({"main.py": b"def run(): pass\n", path: text.encode()})))
    facts = inference.project.facts("main.py")
    assert facts is not None
    module = Module(facts, inference, Threads(inference), Settings(), lambda _: None)
    (function,) = facts.functions
    assert is_console_script(module, function) is is_command
