"""Which package a file is of, and how it imports a module of that package."""

from __future__ import annotations

import pytest

from aiomend.api import MemorySources
from aiomend.facts.packages import Packages, reaches
from aiomend.facts.project import ProjectFacts


def _project(*files: str, **texts: str) -> ProjectFacts:
    every = dict.fromkeys(files, b"") | {path.replace("__", "/"): text.encode() for path, text in texts.items()}
    return ProjectFacts(MemorySources(every))


def _home(path: str, files: dict[str, str]) -> str | None:
    return Packages(ProjectFacts(MemorySources({name: text.encode() for name, text in files.items()}))).home(path)


@pytest.mark.parametrize(
    ("path", "files", "home"),
    [
        ("a.py", {"a.py": ""}, None),
        ("p/a.py", {"p/a.py": ""}, None),
        ("p/a.py", {"p/a.py": "", "p/__init__.py": ""}, None),
        ("p/a.py", {"p/a.py": "", "p/__init__.py": "from . import a"}, "p"),
        ("p/a.py", {"p/a.py": "", "p/__init__.py": "from .a import x"}, "p"),
        ("p/a.py", {"p/a.py": "from p import b", "p/b.py": "", "p/__init__.py": ""}, "p"),
        ("p/a.py", {"p/a.py": "", "p/__init__.py": "", "main.py": "import p.a"}, "p"),
        ("p/a.py", {"p/a.py": "", "p/__init__.py": "", "main.py": "import p.b"}, None),
        ("p/a.py", {"p/a.py": "", "p/__init__.py": "", "main.py": "x = 1  # import p.a"}, None),
        ("json/a.py", {"json/a.py": "", "json/__init__.py": "", "main.py": "import json"}, None),
        ("p/q/a.py", {"p/q/a.py": "", "p/q/__init__.py": "from . import a", "p/__init__.py": ""}, "p/q"),
        ("p/q/a.py", {"p/q/a.py": "from .. import b", "p/q/__init__.py": "", "p/__init__.py": ""}, "p"),
        ("p/q/a.py", {"p/q/a.py": "", "p/q/__init__.py": "", "p/__init__.py": "", "main.py": "import p.q.a"}, "p"),
        ("p/q/a.py", {"p/q/a.py": "", "p/__init__.py": "from .q import a"}, None),
        ("p/q/r/a.py", {"p/q/r/a.py": "", "p/q/r/__init__.py": "from . import a", "p/__init__.py": "", "main.py": "import p.q.r.a"}, "p"),
        ("p/q/r/a.py", {"p/q/r/a.py": "", "p/q/r/__init__.py": "from . import a", "p/__init__.py": "", "main.py": "import p"}, "p/q/r"),
        ("p/tests/a.py", {"p/tests/a.py": "from .. import b", "p/tests/__init__.py": "from . import a", "p/__init__.py": "from . import b"}, "p/tests"),
        ("src/p/a.py", {"src/p/a.py": "", "src/p/__init__.py": "", "main.py": "import p.a"}, "src/p"),
        ("p/a.py", {"p/a.py": "", "p/__init__.py": "", "main.py": "from .p import a"}, None),
    ],
)  # fmt: skip
def test_its_package(path: str, files: dict[str, str], home: str | None) -> None:
    assert _home(path, files) == home


@pytest.mark.parametrize(
    ("text", "others", "gives"),
    [
        ("", {}, False),
        ("", {"b.py": "from a import x"}, False),
        ("", {"b.py": "from c import *"}, False),
        ("", {"b.py": "from a import *"}, True),
        ("", {"b.py": "from p.a import *"}, True),
        ("__all__ = []", {"b.py": "from a import *"}, False),
    ],
)
def test_whether_a_star_takes_all_of_it(text: str, others: dict[str, str], gives: bool) -> None:
    files = {"a.py": text, **others}
    project = ProjectFacts(MemorySources({name: body.encode() for name, body in files.items()}))
    facts = project.facts("a.py")
    assert facts is not None
    assert Packages(project).gives_all(facts) is gives


def test_a_package_gives_all_it_has() -> None:
    project = _project("p/__init__.py")
    facts = project.facts("p/__init__.py")
    assert facts is not None
    assert Packages(project).gives_all(facts)


@pytest.mark.parametrize(
    ("path", "text", "others", "spelling"),
    [
        ("main.py", "", {}, "p.m"),
        ("p/a.py", "from . import b", {}, ".m"),
        ("p/a.py", "from p import b", {}, "p.m"),
        ("p/a.py", "import p.b", {}, "p.m"),
        ("p/a.py", "import q, p.b", {}, "p.m"),
        ("p/a.py", "from p import b\nfrom . import c", {}, ".m"),
        ("p/a.py", "from q import b", {"p/b.py": "from . import a"}, ".m"),
        ("p/a.py", "", {"p/b.py": "from p import a"}, "p.m"),
        ("p/a.py", "", {"p/b.py": "from p import a", "p/c.py": "from . import a"}, ".m"),
        ("p/a.py", "", {}, ".m"),
        ("p/a.py", "#!/usr/bin/python\n", {}, None),
        ("p/a.py", "if __name__ == '__main__': x", {}, None),
        ("p/a.py", "print(__name__)", {}, ".m"),
        ("p/a.py", "from . import b\nif __name__ == '__main__': x", {}, ".m"),
        ("p/q/a.py", "from . import b", {"p/q/__init__.py": ""}, "..m"),
        ("p/q/a.py", "from . import b", {}, "..m"),
        ("p/q/a.py", "from p import b\nfrom . import c", {"p/q/__init__.py": ""}, "p.m"),
        ("p/q/a.py", "from . import c\nimport p.b", {"p/q/__init__.py": ""}, "p.m"),
        ("p/q/a.py", "from p import b\nfrom .. import c", {"p/q/__init__.py": ""}, "..m"),
        ("p/q/r/a.py", "from . import b", {"p/q/__init__.py": "", "p/q/r/__init__.py": ""}, "...m"),
        ("p/q/r/a.py", "from . import b", {"p/q/r/__init__.py": ""}, "p.m"),
        ("px/a.py", "from . import b", {}, "p.m"),
        ("p/a.py", "def f(): from p import b", {"p/b.py": "from . import a"}, ".m"),
    ],
)
def test_how_it_imports_a_module(path: str, text: str, others: dict[str, str], spelling: str | None) -> None:
    files = {"p/__init__.py": "", "p/m.py": "", path: text, **others}
    project = ProjectFacts(MemorySources({name: body.encode() for name, body in files.items()}))
    facts = project.facts(path)
    assert facts is not None
    assert Packages(project).spelling(facts, "p", "m") == spelling


def test_the_full_name_of_a_package_in_another() -> None:
    project = _project("o/__init__.py", "o/p/__init__.py", "main.py")
    facts = project.facts("main.py")
    assert facts is not None
    assert Packages(project).spelling(facts, "o/p", "m") == "o.p.m"


@pytest.mark.parametrize(
    ("files", "is_reached"),
    [
        ({"a.py": ""}, False),
        ({"a.py": "x = 1", "c.py": "import b"}, False),
        ({"a.py": "import c", "c.py": ""}, False),
        ({"a.py": "import c", "c.py": "import a"}, False),
        ({"a.py": "import b"}, True),
        ({"a.py": "from b import x"}, True),
        ({"a.py": "from b import *"}, True),
        ({"a.py": "def f(): import b"}, True),
        ({"a.py": "import c", "c.py": "import b"}, True),
        ({"a.py": "import c, d", "c.py": "import a", "d.py": "import b"}, True),
    ],
)
def test_whether_loading_one_module_may_load_another(files: dict[str, str], is_reached: bool) -> None:
    project = ProjectFacts(MemorySources({name: body.encode() for name, body in {"b.py": "", **files}.items()}))
    facts = project.facts("a.py")
    assert facts is not None
    assert reaches(project, facts, "b.py") is is_reached
