"""What surely runs in another thread than the loop's, how it gets there, and who else may run it."""

from __future__ import annotations

import ast
import textwrap
from dataclasses import replace

import pytest

from aiomend.api import MemorySources
from aiomend.facts.inference import Inference
from aiomend.facts.project import ProjectFacts
from aiomend.facts.threads import Threads
from aiomend.facts.view import Module, Threaded
from aiomend.settings import Settings


def _threaded(text: str, path: str = "main.py", **others: str) -> Threaded | None:
    """How does the call `mark()` come to run in another thread?"""
    files = {path: textwrap.dedent(text).encode()} | {f"{name}.py": other.encode() for name, other in others.items()}
    if "/" in path:
        files[f"{path.rpartition('/')[0]}/__init__.py"] = b""
    project = ProjectFacts(MemorySources(files))
    facts = project.facts(path)
    assert facts is not None
    inference = Inference(project)
    module = Module(facts, inference, Threads(inference), Settings())
    (call,) = (one for one in facts.calls if isinstance(one.func, ast.Name) and one.func.id == "mark")
    return module.thread_at(call)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("def work(): mark()", id="nobody runs it"),
        pytest.param("def work(): mark()\nwork()", id="the module runs it"),
        pytest.param("def work(): mark()\nx.submit(work)", id="an executor of which nothing is known"),
        pytest.param("def work(): mark()\nloop.run_in_executor(pool, work)", id="a pool that may be one of processes"),
        pytest.param("def work(): mark()\ndef run(x): x.work()\nThread(target=run)", id="a call that may be another's"),
        pytest.param("def work():\n    loop.call_soon(lambda: mark())\nThread(target=work)", id="handed to the loop"),
        pytest.param("def work():\n    later.append(lambda: mark())\nThread(target=work)", id="kept by somebody"),
        pytest.param("@elsewhere\ndef work(): mark()\nThread(target=work)", id="a decorator may move it"),
        pytest.param("async def work(): mark()\nThread(target=work)", id="a coroutine function"),
        pytest.param("def work():\n    mark()\n    asyncio.run(main())\nThread(target=work)", id="a loop of its own"),
        pytest.param(
            "def work():\n    helper()\n    start()\ndef helper(): mark()\n"
            "def start(): loop.run_forever()\nThread(target=work)",
            id="a loop of its own, two calls away",
        ),
        pytest.param(
            "class A(Thread):\n    def __init__(self): self.loop = asyncio.new_event_loop()\n    def run(self): mark()",
            id="a loop of the thread object's own",
        ),
    ],
)
def test_not_surely_in_another_thread(text: str) -> None:
    assert _threaded(f"import asyncio\nfrom threading import Thread\n{text}") is None


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        pytest.param("def work(): mark()\nThread(target=work)", [4], id="the target of a thread"),
        pytest.param("Thread(target=lambda: mark())", [3], id="a lambda as target"),
        pytest.param("class A(Thread):\n    def run(self): mark()", [4], id="run of a thread class"),
        pytest.param(
            "def work(): mark()\nasync def f(loop): await loop.run_in_executor(None, work)", [4], id="executor"
        ),
        pytest.param("def work(): mark()\nasync def f(): await asyncio.to_thread(work)", [4], id="to_thread"),
        pytest.param(
            "from multiprocessing.pool import ThreadPool\ndef work(_): mark()\nThreadPool().map(work, [1])",
            [5],
            id="a pool of threads",
        ),
        pytest.param(
            "def work(): mark()\ndef first(): second()\ndef second(): work()\nThread(target=first)",
            [6, 4, 5],
            id="through two calls",
        ),
        pytest.param(
            "def main():\n    loop = asyncio.new_event_loop()\n    def work(): mark()\n"
            "    Thread(target=work).start()\n    loop.run_forever()",
            [6],
            id="whoever starts the thread runs the loop",
        ),
    ],
)
def test_surely_in_another_thread_and_how_it_gets_there(text: str, lines: list[int]) -> None:
    threaded = _threaded(f"import asyncio\nfrom threading import Thread\n{text}")

    assert threaded is not None
    assert [evidence.line for evidence in threaded.evidence] == lines
    assert threaded.doubt is None


def test_whoever_else_uses_it_is_named() -> None:
    threaded = _threaded("import threading\ndef work(): mark()\nthreading.Thread(target=work)\nwork()")

    assert threaded is not None
    assert threaded.doubt == "it may run outside that thread as well (main.py:4)"
    assert [(one.line, one.note) for one in threaded.evidence] == [
        (3, "here another thread begins: `threading.Thread(target=work)`"),
        (4, "used here too: `work()`"),
    ]


def test_a_public_function_of_a_package_has_callers_that_nobody_knows() -> None:
    text = "import threading\ndef _run(): {0}()\ndef {0}(): mark()\nthreading.Thread(target=_run)"
    public, private = (_threaded(text.format(name), "radio/wire.py") for name in ("send", "_send"))

    assert public is not None
    assert private is not None
    assert public.doubt == "it is public: code outside the project may call it in the loop's own thread"
    assert private.doubt is None


def test_tests_call_things_where_nobody_else_does() -> None:
    text = "import threading\ndef work(): mark()\nthreading.Thread(target=work)"
    threaded = _threaded(text, test_main="from main import work\nwork()")

    assert threaded is not None
    assert threaded.doubt is None


@pytest.mark.parametrize(
    ("text", "waits"),
    [
        ("Thread(target=work).start()", False),
        ("t = Thread(target=work)\nt.start()\nt.join()", True),
        ("def f():\n    t = Thread(target=work)\n    t.join()", True),
        ("def f(): Thread(target=work)\nx.join()", False),
        ("def f():\n    with ThreadPoolExecutor() as p: p.submit(work)", True),
        ("def f():\n    with x as p: Thread(target=work)", False),
        ("def f():\n    with x, ThreadPoolExecutor() as p: p.submit(work)", True),
        ("p = ThreadPoolExecutor()\np.submit(work)", False),
        ("p = ThreadPoolExecutor()\np.submit(work).result()", True),
        ("p = ThreadPoolExecutor()\np.submit(work)\np.shutdown()", True),
        ("ThreadPool().map(work, [1])", True),
        ("ThreadPool().apply_async(work)", False),
    ],
)
def test_whether_who_begins_it_waits_for_it(text: str, waits: bool) -> None:
    head = "from concurrent.futures import ThreadPoolExecutor\nfrom multiprocessing.pool import ThreadPool\n"
    threaded = _threaded(f"from threading import Thread\n{head}def work(*_): mark()\n{text}")

    assert threaded is not None
    assert threaded.is_waited_for is waits


def test_who_begins_it_may_wait_for_it_where_nobody_knows_who_that_is() -> None:
    threaded = _threaded("from threading import Thread\ndef work(): mark()\nThread(target=work)")

    assert threaded is not None
    assert not threaded.is_waited_for
    assert Threaded(replace(threaded.account, begins=())).is_waited_for


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("class A(Thread):\n    def run(self): mark()", "here another thread begins: `run()` of a Thread"),
        ("Thread(target=lambda: mark())", "here another thread begins: `Thread(target=lambda: mark())`"),
    ],
)
def test_where_a_thread_begins_in_words(text: str, note: str) -> None:
    threaded = _threaded(f"from threading import Thread\n{text}")

    assert threaded is not None
    assert threaded.evidence[0].note == note


def test_three_other_users_are_enough() -> None:
    threaded = _threaded("import threading\ndef work(): mark()\nthreading.Thread(target=work)\n" + "work()\n" * 5)

    assert threaded is not None
    assert len(threaded.evidence) == 4
