"""Which file of a project an import means, and which imports mean none of them."""

from __future__ import annotations

import pytest

from aiomend import Project, Settings
from aiomend.api import MemorySources
from aiomend.facts.module_names import ModuleNames

#: name -> (files of the project, importing file)
MEANS_NONE = {
    "a folder beside the importing one is not on its path: the standard library is meant": (
        "asyncio",
        ["vendor/asyncio/__init__.py", "src/app.py"],
        "src/app.py",
    ),
    "nor is a script in a folder below": ("time", ["scripts/time.py", "app.py"], "app.py"),
    "what asyncio itself imports is its own: such a folder is a package without a file that says so": (
        "types",
        ["ns/types.py", "ns/sub/__init__.py", "ns/sub/a.py"],
        "ns/sub/a.py",
    ),
    "a module of a package has another name": ("queue", ["pkg/__init__.py", "pkg/queue.py", "pkg/a.py"], "pkg/a.py"),
    "a part of a standard package is as hidden as the package": (
        "concurrent.futures",
        ["stubs/concurrent/__init__.py", "stubs/concurrent/futures.py", "app.py"],
        "app.py",
    ),
    "an installed project comes after the standard library": (
        "asyncio",
        ["src/asyncio/__init__.py", "tests/test_all.py"],
        "tests/test_all.py",
    ),
    "what tests alone can import is not the program's": (
        "redis",
        ["tests/redis/__init__.py", "src/app.py"],
        "src/app.py",
    ),
    "of two that are equally far nobody knows which": (
        "helpers",
        ["a/helpers.py", "b/helpers.py", "c/app.py"],
        "c/app.py",
    ),
    "a folder with a longer name is another folder": ("helpers", ["tests/a/helpers.py"], "tests/ab/test_it.py"),
}
MEANS = {
    "the running script's folder comes before the standard library": (
        "app/time.py",
        "time",
        ["app/time.py"],
        "app/main.py",
    ),
    "and so may any folder above": ("asyncio/__init__.py", "asyncio", ["asyncio/__init__.py"], "pkg/sub/main.py"),
    "the closest folder has the word": (
        "tests/a/helpers.py",
        "helpers",
        ["helpers.py", "tests/a/helpers.py", "tests/b/helpers.py"],
        "tests/a/deep/test_it.py",
    ),
    "a source folder is installed": (
        "src/pkg/a.py",
        "pkg.a",
        ["src/pkg/__init__.py", "src/pkg/a.py"],
        "tests/test_a.py",
    ),
    "of several projects in one tree the own one": (
        "one/src/pkg/a.py",
        "pkg.a",
        ["one/src/pkg/__init__.py", "one/src/pkg/a.py", "two/src/pkg/__init__.py", "two/src/pkg/a.py"],
        "one/tests/test_a.py",
    ),
    "a folder is a package without a file that says so": ("ns/sub/a.py", "ns.sub.a", ["ns/sub/a.py"], "other/b.py"),
    "a package hides a module of its name": ("pkg/__init__.py", "pkg", ["pkg.py", "pkg/__init__.py"], "a.py"),
    "code comes before its stub": ("a.py", "a", ["a.pyi", "a.py"], "b.py"),
}


@pytest.mark.parametrize(("name", "files", "near"), MEANS_NONE.values(), ids=MEANS_NONE)
def test_a_name_that_means_no_file_of_the_project(name: str, files: list[str], near: str) -> None:
    assert ModuleNames(files).find(name, near) is None


@pytest.mark.parametrize(("path", "name", "files", "near"), MEANS.values(), ids=MEANS)
def test_a_name_that_means_a_file(path: str, name: str, files: list[str], near: str) -> None:
    assert ModuleNames(files).find(name, near) == path


APP = "import asyncio\nimport time\n\n\nasync def main():\n    time.sleep(1)\n    asyncio.sleep(1)\n"
NAMESAKE = "def sleep(n): pass\n"


def _found(**files: str) -> list[str]:
    sources = MemorySources({path: text.encode() for path, text in files.items()})
    return [finding.code for finding in Project(sources, lambda _: Settings()).run().findings]


def test_namesakes_of_standard_modules_elsewhere_hide_nothing() -> None:
    files = {"src/app.py": APP, "vendor/asyncio/__init__.py": NAMESAKE, "scripts/time.py": NAMESAKE}
    assert _found(**files) == ["AIO401", "AIO601"]


def test_namesakes_that_are_meant_do() -> None:
    assert _found(**{"app.py": APP, "asyncio.py": NAMESAKE, "time.py": NAMESAKE}) == []
