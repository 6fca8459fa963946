"""What is known of a value, and what stays unknown."""

from __future__ import annotations

import ast

import pytest

from aiomend.api import MemorySources
from aiomend.facts.inference import Inference
from aiomend.facts.project import ProjectFacts
from aiomend.facts.values import Coroutine, External, Instance


def _linked(**files: str) -> tuple[Inference, ProjectFacts]:
    project = ProjectFacts(MemorySources({f"{name}.py": text.encode() for name, text in files.items()}))
    return Inference(project), project


def _instance(text: str, cls: str, **others: str) -> bool | None:
    """Is the argument of the first call of `probe` an instance of ``cls``?"""
    inference, project = _linked(main=text, **others)
    facts = project.facts("main.py")
    assert facts is not None
    call = next(c for c in facts.calls if isinstance(c.func, ast.Name) and c.func.id == "probe")
    return inference.is_instance(inference.values(facts, call.args[0]), cls)


FUTURE = "asyncio.Future"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("def f(x):\n    probe(x)", id="an unannotated parameter"),
        pytest.param("import asyncio\nx = asyncio.Future() if a else b()\nprobe(x)", id="one branch is unknown"),
        pytest.param(
            "import asyncio\nx = asyncio.Future()\nx = make()\nprobe(x)", id="bound again to something unknown"
        ),
        pytest.param("from lib import *\nx = Future()\nprobe(x)", id="a star import may bring the name"),
        pytest.param("import asyncio\nx = asyncio.Future()\nx = x.next\nprobe(x)", id="bound from itself"),
        pytest.param(
            "import asyncio\ndef deco(f): return g\n@deco\ndef make(): return asyncio.Future()\nprobe(make())",
            id="an unknown decorator may change what is returned",
        ),
        pytest.param("xs = []\nxs.append(make())\nprobe(xs[0])", id="an element of unknown origin"),
        pytest.param("def f(x: tuple[()] | list[()] | y): probe(x)", id="empty brackets"),
        pytest.param("def f(**x):\n    probe(x)", id="keyword arguments"),
        pytest.param("try: pass\nexcept E as x:\n    probe(x)", id="an exception"),
    ],
)
def test_unknown_stays_unknown(text: str) -> None:
    assert _instance(text, FUTURE) is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("from concurrent.futures import Future\nprobe(Future())", id="the other Future"),
        pytest.param("class Future: pass\nprobe(Future())", id="a class of the project with the same name"),
        pytest.param("import asyncio\nprobe(asyncio.Queue())", id="another class of asyncio"),
        pytest.param("probe(1)", id="a literal"),
        pytest.param("import asyncio\nprobe(asyncio.sleep(1))", id="a coroutine"),
    ],
)
def test_known_to_be_something_else(text: str) -> None:
    assert _instance(text, FUTURE) is False


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("import asyncio\nprobe(asyncio.Future())", id="the class"),
        pytest.param("from asyncio import Future as F\nprobe(F())", id="an alias"),
        pytest.param("import asyncio.futures as af\nprobe(af.Future())", id="a submodule of asyncio"),
        pytest.param("import asyncio\nx = asyncio.get_event_loop().create_future()\nprobe(x)", id="create_future"),
        pytest.param("import asyncio\nx = None\nx = asyncio.Future()\nprobe(x)", id="None besides"),
        pytest.param("import asyncio\ndef f(x: asyncio.Future): probe(x)", id="an annotation"),
        pytest.param("import asyncio\ndef f(x: 'asyncio.Future[int]'): probe(x)", id="a string annotation"),
        pytest.param("import asyncio\ndef f(x: asyncio.Future | None): probe(x)", id="a union with None"),
        pytest.param(
            "import asyncio\nfrom typing import Optional\ndef f(x: Optional[asyncio.Future]): probe(x)", id="Optional"
        ),
        pytest.param("import asyncio\ndef make(): return asyncio.Future()\nprobe(make())", id="returned by a function"),
        pytest.param(
            "import asyncio\nclass A:\n    def __init__(self):\n        self.x = asyncio.Future()\n    def g(self):\n        probe(self.x)",
            id="an attribute",
        ),
        pytest.param(
            "import asyncio\nclass A:\n    def __init__(self):\n        self.x = asyncio.Future()\nclass B(A):\n    def g(self):\n        probe(self.x)",
            id="an inherited attribute",
        ),
        pytest.param(
            "import asyncio, collections\nclass A:\n    def __init__(self):\n        self.xs = collections.deque()\n"
            "    def put(self):\n        self.xs.append(asyncio.Future())\n    def g(self):\n        probe(self.xs.popleft())",
            id="an element of a deque",
        ),
        pytest.param(
            "import asyncio\nclass A:\n    def __init__(self):\n        self.xs = {}\n"
            "    def put(self, k):\n        self.xs[k] = asyncio.Future()\n    def g(self, k):\n        probe(self.xs.pop(k))",
            id="an element of a dict",
        ),
        pytest.param("import asyncio\nxs = [asyncio.Future()]\nfor x in xs:\n    probe(x)", id="a loop variable"),
        pytest.param(
            "import asyncio\nxs = []\nxs.append((1, asyncio.Future()))\nfor n, x in xs:\n    probe(x)",
            id="unpacked from a tuple",
        ),
        pytest.param("import asyncio\nclass Mine(asyncio.Future): pass\nprobe(Mine())", id="a subclass"),
        pytest.param("import asyncio\nprobe(asyncio.ensure_future(f()))", id="a task is a future"),
        pytest.param("from typing import cast\nimport asyncio\nprobe(cast(asyncio.Future, x))", id="a cast"),
        pytest.param(
            "import asyncio\nclass A:\n    @property\n    def x(self): return asyncio.Future()\n"
            "def f(a: A): probe(a.x)",
            id="a property",
        ),
        pytest.param(
            "import asyncio\nclass A:\n    x: asyncio.Future\n    def g(self): probe(self.x)",
            id="a class-level annotation",
        ),
    ],
)
def test_known_futures(text: str) -> None:
    assert _instance(text, FUTURE) is True


class TestCreateFutureOfAnUnknownObject:
    """It is the event loop's, unless a class of the project may be meant."""

    POOL = "class Pool:\n    def create_future(self): return Ticket()\n"
    LOOP = "class OtherLoop:\n    def create_future(self): return Ticket()\n"

    @pytest.mark.parametrize(
        ("receiver", "others"),
        [
            pytest.param("pool", {"pools": POOL}, id="a class of the project has one of its own"),
            pytest.param("loop", {"loops": LOOP}, id="a loop of the project has"),
            pytest.param("loop", {"loops": LOOP.replace("    def", "    async def")}, id="one that is awaited"),
        ],
    )
    def test_what_it_makes_is_not_known(self, receiver: str, others: dict[str, str]) -> None:
        assert _instance(f"def f({receiver}): probe({receiver}.create_future())", FUTURE, **others) is None

    @pytest.mark.parametrize(
        ("receiver", "others"),
        [
            pytest.param("x", {}, id="nothing else has such a method"),
            pytest.param("x.loop", {"pools": POOL}, id="a loop is no pool"),
            pytest.param("loop", {"tests/fakes": LOOP}, id="what tests define is not meant by the program"),
            pytest.param(
                "x",
                {"pools": "class Pool:\n    def create_future(self): return self._loop.create_future()\n"},
                id="what the project's own hands on is a future, too",
            ),
            pytest.param("x", {"pools": "def create_future(): return Ticket()\n"}, id="a function is no method"),
        ],
    )
    def test_it_makes_a_future(self, receiver: str, others: dict[str, str]) -> None:
        root = receiver.partition(".")[0]
        assert _instance(f"def f({root}): probe({receiver}.create_future())", FUTURE, **others) is True


@pytest.mark.parametrize(
    "taken",
    [
        "waiter, self.waiter = self.waiter, None",
        "self.waiter, waiter = None, self.waiter",
        "(waiter, self.waiter), other = (self.waiter, None), 1",
        "waiter = self.waiter\n    self.waiter = None",
    ],
)
def test_what_is_taken_out_while_another_is_put_in(taken: str) -> None:
    made = "import asyncio\nclass A:\n  def make(self):\n    self.waiter = asyncio.Future()\n"
    assert _instance(f"{made}  def take(self):\n    {taken}\n    probe(waiter)\n", FUTURE) is True


def test_what_goes_round_is_not_known() -> None:
    ring = "class A:\n  def turn(self):\n    self.one, self.other = self.other, self.one\n    probe(self.one)\n"
    assert _instance(ring, FUTURE) is None


def test_names_are_followed_across_files() -> None:
    text = "from helper import make as m\nprobe(m())"
    assert _instance(
        text, FUTURE, helper="from base import F\ndef make(): return F()", base="from asyncio import Future as F"
    )


def test_files_that_import_each_other_end() -> None:
    assert _instance("from other import x\nprobe(x)", FUTURE, other="from main import x") is None


def test_an_open_connection_is_a_pair() -> None:
    text = "import asyncio\nasync def f():\n    r, w = await asyncio.open_connection()\n    probe(w)"
    assert _instance(text, "asyncio.StreamWriter") is True


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param("import time\nprobe(time.sleep)", "time.sleep", id="a module"),
        pytest.param("from time import sleep as nap\nprobe(nap)", "time.sleep", id="an alias"),
        pytest.param("probe(open)", "open", id="a builtin"),
        pytest.param("import builtins\nprobe(builtins.open)", "open", id="a builtin by its module"),
        pytest.param("def open(): pass\nprobe(open)", None, id="a builtin that the file shadows"),
        pytest.param("from aiofiles import open\nprobe(open)", "aiofiles.open", id="a builtin that an import shadows"),
        pytest.param("import time\ndef f(time):\n    probe(time.sleep)", None, id="a parameter hides the module"),
        pytest.param("nap = __import__('time').sleep\nprobe(nap)", None, id="computed"),
        pytest.param("import time\nnap = time.sleep\nprobe(nap)", "time.sleep", id="assigned"),
        pytest.param("import requests\ns = requests.Session()\nprobe(s.get)", "requests.Session.get", id="a method"),
    ],
)
def test_canonical_names(text: str, name: str | None) -> None:
    inference, project = _linked(main=text)
    facts = project.facts("main.py")
    assert facts is not None
    call = next(c for c in facts.calls if isinstance(c.func, ast.Name) and c.func.id == "probe")
    assert inference.external_name(facts, call.args[0]) == name


@pytest.mark.parametrize(
    ("text", "is_coroutine"),
    [
        pytest.param("def f(): pass", False, id="a plain function"),
        pytest.param("async def f(): yield 1", False, id="an async generator"),
        pytest.param("@contextmanager\nasync def f(): pass", False, id="an unknown decorator"),
        pytest.param("async def f(): pass", True, id="async def"),
        pytest.param("import asyncio\n@asyncio.coroutine\ndef f():\n    yield", True, id="a generator-based coroutine"),
        pytest.param("from asyncio import coroutine\n@coroutine\ndef f(): pass", True, id="its imported decorator"),
        pytest.param("async def g(): pass\ndef f(): return g()", True, id="a function that returns one"),
        pytest.param("from asyncio import sleep as f", True, id="a coroutine function of asyncio"),
    ],
)
def test_coroutine_functions(text: str, is_coroutine: bool) -> None:
    inference, project = _linked(main=f"{text}\nprobe(f())")
    facts = project.facts("main.py")
    assert facts is not None
    call = next(c for c in facts.calls if isinstance(c.func, ast.Name) and c.func.id == "probe")
    values = inference.values(facts, call.args[0])
    assert all(isinstance(value, Coroutine) for value in values) is is_coroutine


def test_a_deep_chain_is_cut_not_followed_for_ever() -> None:
    text = "x0 = 1\n" + "".join(f"x{n + 1} = x{n}.a\n" for n in range(200)) + "probe(x200)"
    assert _instance(text, FUTURE) is None


def test_values_are_plain_data() -> None:
    inference, project = _linked(main="import asyncio\nprobe(asyncio.Future)")
    facts = project.facts("main.py")
    assert facts is not None
    value = inference.values(facts, facts.calls[0].args[0])
    assert value == frozenset({External("asyncio.Future")})
    assert inference.instances(value) == frozenset({Instance("asyncio.Future")})


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("T = TypeVar('T')\ndef f(x: T): probe(x)", id="a type variable without a bound"),
        pytest.param("A = B | int\nB = A | None\ndef f(x: A): probe(x)", id="a type that is made of itself"),
        pytest.param("A = dict[str, 'A']\ndef f(x: 'A'): probe(x['a'])", id="in a text"),
    ],
)
def test_types_that_say_nothing(text: str) -> None:
    assert _instance(f"from typing import TypeVar\n{text}", FUTURE) is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("T = TypeVar('T', bound=asyncio.Future)\ndef f(x: T): probe(x)", id="a bound"),
        pytest.param(
            "T = TypeVar('T', bound='asyncio.Future[int]')\ndef f(x: T): probe(x)", id="a bound that is a text"
        ),
        pytest.param("Maybe = Optional[asyncio.Future]\ndef f(x: Maybe): probe(x)", id="an alias"),
        pytest.param("Maybe = asyncio.Future | None\ndef f(x: 'Maybe'): probe(x)", id="an alias in a text"),
        pytest.param("Fut = asyncio.Future[int]\ndef f(x: Fut): probe(x)", id="an alias with its argument"),
    ],
)
def test_aliases_and_type_variables(text: str) -> None:
    assert _instance(f"import asyncio\nfrom typing import Optional, TypeVar\n{text}", FUTURE) is True


def test_an_alias_from_another_file() -> None:
    other = "import asyncio\nMaybe = asyncio.Future | None"
    assert _instance("from other import Maybe\ndef f(x: Maybe): probe(x)", FUTURE, other=other) is True


@pytest.mark.parametrize(
    ("text", "known"),
    [
        pytest.param(
            "def f(x): probe(x)\nf(asyncio.Future())\nf(make())", None, id="one caller passes something unknown"
        ),
        pytest.param("def f(x): probe(x)\nrun(f)", None, id="handed on, and nobody calls it"),
        pytest.param("def f(x): probe(x)\nf(*args)", None, id="arguments that are not written"),
        pytest.param("def f(x): probe(x)\nf(asyncio.Future())", True, id="the only caller"),
        pytest.param("def f(a, x=None): probe(x)\nf(1, x=asyncio.Future())\nf(1)", True, id="by keyword, and left out"),
        pytest.param("class A:\n    def g(self, x): probe(x)\nA().g(asyncio.Future())", True, id="a method"),
        pytest.param("class A:\n    def __init__(self, x): probe(x)\nA(asyncio.Future())", True, id="a constructor"),
    ],
)
def test_what_callers_pass(text: str, known: bool | None) -> None:
    inference, project = _linked(main=f"import asyncio\n{text}")
    facts = project.facts("main.py")
    assert facts is not None
    call = next(c for c in facts.calls if isinstance(c.func, ast.Name) and c.func.id == "probe")
    assert inference.is_instance(inference.values_from_callers(facts, call.args[0]), FUTURE) is known
    assert inference.is_instance(inference.values(facts, call.args[0]), FUTURE) is None


@pytest.mark.parametrize(
    ("text", "is_coroutine"),
    [
        pytest.param("def deco(f): return g\n@deco\nasync def f(): pass\nprobe(f())", False, id="another thing is returned"),
        pytest.param("def deco(f): return f\n@deco\nasync def f(): pass\nprobe(f())", True, id="a decorator that gives it back"),
        pytest.param(
            "def deco(f):\n    async def inner(): return await f()\n    return inner\n@deco\ndef f(): pass\nprobe(f())",
            True,
            id="a decorator that wraps it in a coroutine function",
        ),
        pytest.param(
            "def deco(f):\n    def inner(): return run(f())\n    return inner\n@deco\nasync def f(): pass\nprobe(f())",
            False,
            id="a decorator that makes it synchronous",
        ),
        pytest.param(
            "class A:\n    async def f(self): pass\nclass B(A):\n    def f(self): pass\ndef g(a: A): probe(a.f())",
            False,
            id="a subclass does it synchronously",
        ),
        pytest.param(
            "class Mixin:\n    def g(self): probe(self.f())\nclass Base:\n    async def f(self): pass\nclass B(Mixin, Base): pass",
            True,
            id="a mixin uses what it is mixed with",
        ),
        pytest.param("def f():\n    if x: return g()\nasync def g(): pass\nprobe(f())", False, id="one way gives None"),
        pytest.param(
            "class A:\n    async def f(self): pass\n    async def __aenter__(self): return self\n"
            "async def g():\n    async with A() as a:\n        probe(a.f())",
            True,
            id="what a context manager gives",
        ),
        pytest.param("def f() -> Awaitable[int]: return g()\nprobe(f())", False, id="awaitable, but maybe a future"),
    ],
)  # fmt: skip
def test_what_makes_a_coroutine(text: str, is_coroutine: bool) -> None:
    inference, project = _linked(main=f"from typing import Awaitable\n{text}")
    facts = project.facts("main.py")
    assert facts is not None
    call = next(c for c in facts.calls if isinstance(c.func, ast.Name) and c.func.id == "probe")
    assert all(isinstance(value, Coroutine) for value in inference.values(facts, call.args[0])) is is_coroutine


WRAPPED = """
import functools
class Client:
    async def close(self): pass
class Plain:
    def close(self): pass
def wrapper(function):
    @functools.wraps(function)
    def inner(*args):
        made = function(*args)
        return made
    return inner
@wrapper
def client(): return Client()
@wrapper
def plain(): return Plain()
"""


@pytest.mark.parametrize("order", [("client", "plain"), ("plain", "client"), ("client", "plain", "client")])
def test_a_wrapper_gives_what_each_function_under_it_gives(order: tuple[str, ...]) -> None:
    inference, project = _linked(main=WRAPPED + "".join(f"probe({name}().close())\n" for name in order))
    facts = project.facts("main.py")
    assert facts is not None
    probes = [one for one in facts.calls if isinstance(one.func, ast.Name) and one.func.id == "probe"]
    known = [all(isinstance(v, Coroutine) for v in inference.values(facts, one.args[0])) for one in probes]
    assert known == [name == "client" for name in order]
