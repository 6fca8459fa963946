"""What bytes say of a name: a file that they leave out is not parsed, so they never leave out too much."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import aiomend.facts
from aiomend.api import MemorySources
from aiomend.facts.base_names import bases_in, is_base
from aiomend.facts.code_words import uses, words_used
from aiomend.facts.project import ProjectFacts
from aiomend.facts.spelling import is_assigned, is_class, is_defined, is_quoted, is_set

OURS = sorted(Path(aiomend.facts.__file__).parent.glob("*.py"))


@pytest.mark.parametrize(
    "text", ["ring()", "undef = ring", "def bell(ring): pass", "def rings(): pass", "class ring: pass"]
)
def test_nothing_of_that_name_is_defined(text: str) -> None:
    assert not is_defined(text.encode(), "ring")


@pytest.mark.parametrize("text", ["def ring(): pass", "async  def\tring(): pass", "def \\\n ring(): pass"])
def test_a_definition(text: str) -> None:
    assert is_defined(text.encode(), "ring")


def test_a_class_and_no_function() -> None:
    assert is_class(b"class \\\n Ring: pass", "Ring")
    assert not is_class(b"def Ring(): pass; Ring()", "Ring")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("bell.ring()", id="called"),
        pytest.param("bell.ring == 1", id="compared"),
        pytest.param("self.ring = 1", id="on self"),
        pytest.param("bell.rings = 1", id="another one"),
        pytest.param("ring = 1", id="a name"),
        pytest.param("f(bell.ring)\nx = 1", id="an argument"),
        pytest.param("f(bell.ring, 1)\nx = 1", id="one of some arguments"),
        pytest.param("if bell.ring:\n    x = 1", id="tested"),
        pytest.param("x[bell.ring]", id="an index"),
        pytest.param("if bell.ring in x: pass", id="looked for"),
        pytest.param("bell.ring[0] = 1", id="an item of it is set"),
        pytest.param("bell.ring.loud = 1", id="an attribute of it is set"),
    ],
)
def test_an_attribute_that_nothing_sets_from_outside(text: str) -> None:
    assert not is_set(text.encode(), "ring")


@pytest.mark.parametrize(
    "text",
    [
        "bell.ring = 1",
        "bell.ring=1",
        "bell . ring \\\n = 1",
        "(bell. # so\n ring # what\n) = 1",
        "bell.ring: int = 1",
        "bell.ring: int",
        "bell.ring += 1",
        "bell.ring **= 1",
        "bell.ring >>= 1",
        "x, bell.ring = f()",
        "bell.ring, x = f()",
        "(bell.ring,\n x) = f()",
        "(bell.ring\n, x) = f()",
        "[bell.ring] = f()",
        "for bell.ring in f(): pass",
        "for bell.ring, x in f(): pass",
        "with f() as bell.ring: pass",
        "with (f() as bell.ring,\n f()): pass",
        "if x: bell.ring: int = 1",
        "self.bell.ring = 1",
        "myself.ring = 1",
        "bell.self.ring = 1",
        "[0 for bell.ring in f()]",
        "bell.ring = x = 1",
    ],
)
def test_an_attribute_that_is_set_from_outside(text: str) -> None:
    assert is_set(text.encode(), "ring")


def test_the_one_target_of_an_assignment() -> None:
    assert is_assigned(b"self.ring = 1", "ring")
    assert is_assigned(b"((bell.ring)) = 1", "ring")
    assert not is_assigned(b"bell.ring == 1; bell.ring += 1; bell.ring, x = f()", "ring")


def test_a_text_that_ends_in_a_name() -> None:
    assert is_quoted(b"patch('bells.ring')", "ring")
    assert not is_quoted(b"bells.ring('ringing')", "ring")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("# ring", id="a comment"),
        pytest.param("'ring'", id="a text"),
        pytest.param('r"a \\" ring"', id="a raw text with its quote in it"),
        pytest.param('"""a\n"" ring"""', id="a long text"),
        pytest.param("b'ring'", id="bytes"),
        pytest.param("def ring(): pass", id="a definition"),
        pytest.param("x = '#'; 'ring' # 'a", id="quotes in comments, hashes in texts"),
        pytest.param("'a\\\nring'", id="a text that goes on"),
    ],
)
def test_a_word_that_stands_for_nothing(text: str) -> None:
    assert not uses(words_used(text.encode()), "ring")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("ring", id="a name"),
        pytest.param("bell.ring", id="an attribute"),
        pytest.param("f'{ring}'", id="in a text with code"),
        pytest.param("Rf'''\n{ring}'''", id="in a long one"),
        pytest.param("def ring(): pass\nring()", id="defined and used"),
        pytest.param('f"{x["a"]} {ring}"', id="behind quotes in such a text"),
        pytest.param('f"{x[" a "] + ring}"', id="between them"),
        pytest.param("x = 'a\nring'", id="nobody knows what is a text"),
        pytest.param("return'a' if ring else'b'", id="texts that touch words"),
        pytest.param("läuten = ring", id="beyond ASCII"),
    ],
)
def test_a_word_that_may_stand_for_something(text: str) -> None:
    assert uses(words_used(text.encode()), "ring")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("class A: pass", id="no bases"),
        pytest.param("class A(b.Base, metaclass=Meta): pass", id="a keyword"),
        pytest.param("class A(Base[T]):\n    x: Base = 1", id="annotations"),
        pytest.param("from b import (\n    Base,\n    Other,\n)\nclass A(Base): pass", id="an import of several lines"),
        pytest.param("import b\nclass A(b.Base):\n    def f(self): return Base(1).x == Base", id="uses"),
        pytest.param("class A(Base): '''Base = 1'''", id="a text"),
        pytest.param("from b import Other as Base\nclass A(Base): pass", id="another name that a table knows"),
        pytest.param("def f():\n    from b import Base\n    class A(Base): pass", id="an import in a function"),
        pytest.param(
            "class A(Base):\n    def __init__(self):\n        Base.__init__(self)", id="the base's own methods"
        ),
    ],
)
def test_bases_that_are_what_they_are_called(text: str) -> None:
    assert not bases_in(text.encode()).is_computed


@pytest.mark.parametrize(
    "text",
    [
        "class A(make(Base)): pass",
        "class A(*bases): pass",
        "Base = make()\nclass A(Base): pass",
        "Base: type = make()\nclass A(Base): pass",
        "try: from b import Base\nexcept: Base = object\nclass A(Base): pass",
        "if x: Base = make()\nclass A(Base): pass",
        "Base, x = make()\nclass A(Base): pass",
        "x.Base = make()\nclass A(x.Base): pass",
        "def f(Base):\n    class A(Base): pass",
        "def f(\n    x,\n    Base,\n):\n    class A(Base): pass",
        "for Base in x:\n    class A(Base): pass",
        "for x, Base in y:\n    class A(Base): pass",
        "with x as Base:\n    class A(Base): pass",
        "class B:\n    @property\n    def Base(self): return 1\nclass A(B().Base): pass",
        "if (Base := make()):\n    class A(Base): pass",
        "f = lambda Base: type('A', (Base,), {})\nclass A(Base): pass",
        "def f():\n    from b import Other as Base\n    class A(Base): pass",
        "def f():\n    import b.Other as Base\n    class A(Base): pass",
    ],
)
def test_bases_that_may_be_anything(text: str) -> None:
    assert bases_in(text.encode()).is_computed


def test_the_names_of_bases_are_their_last_ones() -> None:
    found = bases_in(b"class A[T](b. Base, Other[int, str],\n    Last, metaclass=Meta): pass\nclass B(Base,): pass")
    assert found.names == {b"Base", b"Other", b"Last"}


@pytest.mark.parametrize("text", ["class A(Base): pass", "class A(b.Base[T]): pass", "class A(f(g(h(1))), Base): pass"])
def test_a_base_by_its_name(text: str) -> None:
    assert is_base(text.encode(), "Base")


def test_a_use_of_a_class_is_no_base() -> None:
    assert not is_base(b"class A(Other): x = Base(1)", "Base")


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_nothing_that_a_tree_holds_is_left_out(path: Path) -> None:
    data = path.read_bytes()
    used = words_used(data)
    for node in ast.walk(ast.parse(data)):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                assert is_defined(data, name)
            case ast.ClassDef(name=name, bases=bases):
                assert is_class(data, name)
                assert all(is_base(data, base.id) for base in bases if isinstance(base, ast.Name))
            case ast.Attribute(attr=name, ctx=ctx, value=value):
                assert uses(used, name)
                assert isinstance(ctx, ast.Load) or ast.unparse(value) == "self" or is_set(data, name)
            case ast.Name(id=name):
                assert uses(used, name)
            case _:
                pass  # holds no name that is asked for


def test_bytes_are_not_searched_of_what_is_looked_at_in_any_case() -> None:
    project = ProjectFacts(MemorySources({"a.py": b"x.name\n", "b.py": b"x.name\n", "c.py": b"name\n"}))
    asked: list[bytes] = []

    def form(data: bytes, name: str) -> bool:
        asked.append(data)
        return False

    project.expected = frozenset({"a.py"})
    project.facts("b.py")
    assert project.files_spelling(form, "name") == ("a.py", "b.py")
    assert asked == [b"name\n"]
    assert project.files_using("name") == ("a.py", "b.py", "c.py")


def test_above_the_budget_the_bytes_of_every_file_are_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aiomend.facts.project.MENTION_BUDGET", 1)
    project = ProjectFacts(MemorySources({"a.py": b"'x.name'\n", "b.py": b"name\n", "c.py": b"other\n"}))
    asked: list[bytes] = []

    def form(data: bytes, name: str) -> bool:
        asked.append(data)
        return is_quoted(data, name)

    assert project.files_spelling(form, "name") is None
    assert [project.all_files_spelling(form, "name") for _ in range(2)] == [("a.py",), ("a.py",)]
    assert asked == [b"'x.name'\n", b"name\n"]
    assert project.all_files_spelling(form, "other") == ()
