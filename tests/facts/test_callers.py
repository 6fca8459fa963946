"""What a parameter may be: call by call, fixture by fixture."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.values import ProjectInstance
from aiomend.facts.view import Module

See = Callable[..., Module]
Marked = Callable[[Module], ast.Call]
HEAD = "import pytest, threading\nclass A: pass\nclass B: pass\n"


def _kinds(module: Module, node: ast.expr) -> str:
    values = module.inference.values_from_callers(module.facts, node)
    names = (
        one.cls.node.name if isinstance(one, ProjectInstance) else str(getattr(one, "name", one)) for one in values
    )
    return " ".join(sorted(names))


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        pytest.param("def f(x): mark(x)", "UNKNOWN", id="nobody calls"),
        pytest.param("def f(x): mark(x)\nf(A())", "A", id="one call"),
        pytest.param("def f(x): mark(x)\nf(A())\nf(B())", "A B", id="two calls"),
        pytest.param("def f(x): mark(x)\nf(A())\nf(y)", "UNKNOWN", id="one of them passes anything"),
        pytest.param("def f(x): mark(x)\nf(x=A())", "A", id="by keyword"),
        pytest.param("def f(w, x): mark(x)\nf(A(), B())", "B", id="in its place"),
        pytest.param("def f(w, /, x): mark(x)\nf(A(), B())", "B", id="behind one that is positional only"),
        pytest.param("def f(w, *, x): mark(x)\nf(A(), x=B())", "B", id="keyword only"),
        pytest.param("def f(x=A()): mark(x)\nf()", "A", id="its default"),
        pytest.param("def f(x=A()): mark(x)", "A", id="its default where nobody calls"),
        pytest.param("def f(x=1): mark(x)", "UNKNOWN", id="a default that tells nothing"),
        pytest.param("def f(x=A()): mark(x)\nf(B())", "B", id="another one than its default"),
        pytest.param("def f(w, x): mark(x)\nf(*y, A())", "UNKNOWN", id="behind a star"),
        pytest.param("def f(w, x): mark(w)\nf(A(), *y)", "A", id="before a star"),
        pytest.param("def f(x): mark(x)\nf(**y)", "UNKNOWN", id="by a mapping"),
        pytest.param("def f(x): mark(x)\ndef g(f): f(A())", "UNKNOWN", id="another function of that name"),
        pytest.param("def f(x):\n    mark(x)\n    f(B())\nf(A())", "A", id="its own call"),
        pytest.param("class C:\n    def f(self, x): mark(x)\nC().f(A())", "A", id="a method"),
        pytest.param("class C:\n    def f(self, x): mark(x)\nC.f(C(), A())", "A", id="a method by its class"),
        pytest.param("class C:\n    @staticmethod\n    def f(x): mark(x)\nC.f(A())", "A", id="a static method"),
        pytest.param("class C:\n    @classmethod\n    def f(cls, x): mark(x)\nC.f(A())", "A", id="a class method"),
        pytest.param("class C:\n    def __init__(self, x): mark(x)\nC(A())", "A", id="a new object"),
        pytest.param("class C:\n    def __init__(self, x): mark(x)\nclass D(C): pass\nD(A())", "A", id="of a subclass"),
        pytest.param(
            "class C:\n    def __init__(self, x): mark(x)\nclass D(C):\n    def __init__(self): super().__init__(A())",
            "A",
            id="a subclass passes it",
        ),
        pytest.param(
            "class C:\n    def __init__(self, x): mark(x)\nclass D(C):\n    def __init__(self): C.__init__(self, A())",
            "A",
            id="a subclass passes it by the class",
        ),
        pytest.param("class C:\n    def __new__(cls, x): mark(x)\nC(A())", "A", id="what makes one"),
        pytest.param("class C:\n    def __getitem__(self, x): mark(x)\nC()[A()]", "UNKNOWN", id="called by syntax"),
        pytest.param("def f(x): mark(x)\ng = f\ng(A())", "A", id="by another name"),
        pytest.param("def f(x): mark(x)\n{'a': f}['a'](A())", "A", id="out of a table"),
        pytest.param("def f(x): mark(x)\n(f if y else f)(A())", "A", id="one of two"),
        pytest.param("def f(x): mark(x)\n(f or g)(A())", "A", id="or another"),
        pytest.param("def f(x): mark(x)\ndef g(h=f): h(A())", "A", id="as a default"),
        pytest.param("def f(x): mark(x)\ndef g(*, h=f): h(A())", "A", id="as a keyword's default"),
        pytest.param("def f(x): mark(x)\nthreading.Thread(target=f, args=(A(),))", "A", id="a thread begins with it"),
        pytest.param("def f(w, x): mark(x)\nthreading.Thread(target=f, args=(B(), A()))", "A", id="second in a thread"),
        pytest.param(
            "class C:\n    def f(self, x): mark(x)\n    def g(self): threading.Thread(target=self.f, args=(A(),))",
            "A",
            id="a thread begins with a method",
        ),
        pytest.param(
            "class C:\n    @staticmethod\n    def f(x): mark(x)\n    def g(self): threading.Thread(target=self.f, args=(A(),))",
            "A",
            id="a thread begins with a static method",
        ),
    ],
)
def test_what_callers_pass(see: See, marked: Marked, text: str, kinds: str) -> None:
    module = see(f"{HEAD}{text}")
    assert _kinds(module, marked(module).args[0]) == kinds


def test_what_is_called_by_itself_is_not_known(see: See, marked: Marked) -> None:
    """CPython's tests do that."""
    module = see("class A: pass\nA.__call__ = A()\nmark(A()())\n")
    assert _kinds(module, marked(module).args[0]) == "UNKNOWN"


@pytest.mark.parametrize(("calls", "kinds"), [(24, "A"), (25, "UNKNOWN")])
def test_so_many_callers_are_looked_at(see: See, marked: Marked, calls: int, kinds: str) -> None:
    module = see(f"{HEAD}def f(x): mark(x)\n" + "f(A())\n" * calls)
    assert _kinds(module, marked(module).args[0]) == kinds


@pytest.mark.parametrize(("names", "kinds"), [(6, "A"), (7, "UNKNOWN")])
def test_so_many_names_are_followed(see: See, marked: Marked, names: int, kinds: str) -> None:
    aliases = "".join(f"f{at} = f{at - 1}\n" for at in range(1, names))
    module = see(f"{HEAD}def f0(x): mark(x)\n{aliases}f{names - 1}(A())\n")
    assert _kinds(module, marked(module).args[0]) == kinds


FIXTURE = "@pytest.fixture\ndef x(): {}\n"


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        pytest.param(FIXTURE.format("return A()"), "A", id="what it returns"),
        pytest.param(FIXTURE.format("yield A()"), "A", id="what it yields"),
        pytest.param(FIXTURE.format("return"), "UNKNOWN", id="nothing"),
        pytest.param("@pytest.fixture()\ndef x(): return A()\n", "A", id="with brackets"),
        pytest.param("@fixture\ndef x(): return A()\n", "A", id="by its own name"),
        pytest.param("@other\ndef x(): return A()\n", "UNKNOWN", id="no fixture"),
        pytest.param(FIXTURE.format("return later()") + "async def later(): pass\n", "UNKNOWN", id="a coroutine"),
        pytest.param(FIXTURE.format("return B()").replace("x()", "y()"), "UNKNOWN", id="another one"),
    ],
)
def test_what_a_fixture_gives(see: See, marked: Marked, text: str, kinds: str) -> None:
    module = see(f"{HEAD}{text}def test_it(x): mark(x)\n")
    assert _kinds(module, marked(module).args[0]) == kinds
    module = see(f"{HEAD}{text}def helper(x): mark(x)\n")
    assert _kinds(module, marked(module).args[0]) == "UNKNOWN"


def test_fixtures_of_the_folders_above_count_the_nearest_first(see: See, marked: Marked) -> None:
    far = {"conftest": f"{HEAD}{FIXTURE.format('return A()')}"}
    near = {"tests/conftest": f"{HEAD}{FIXTURE.format('return B()')}"}
    text = {"tests/test_it": "def test_it(x): mark(x)\n"}
    for files, kinds in ((far | text, "A"), (far | near | text, "B"), (text, "UNKNOWN")):
        module = see("", **files).beside("tests/test_it.py")
        assert module is not None
        assert _kinds(module, marked(module).args[0]) == kinds


def test_a_fixture_may_ask_for_the_one_that_it_overrides(see: See, marked: Marked) -> None:
    conftest = f"{HEAD}{FIXTURE.format('return A()')}"
    module = see(f"{HEAD}@pytest.fixture\ndef x(x): mark(x)\n", conftest=conftest)
    assert _kinds(module, marked(module).args[0]) == "A"
