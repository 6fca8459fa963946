"""Which functions run in another thread."""

from __future__ import annotations

import ast
import itertools

import pytest

from aiomend.api import MemorySources
from aiomend.facts.inference import Inference
from aiomend.facts.project import ProjectFacts
from aiomend.facts.thread_accounts import Where
from aiomend.facts.threads import Threads


def _where(text: str, **others: str) -> Where:
    """Where does the function `work` of the main file run?"""
    files = {"main.py": text.encode()} | {f"{name}.py": other.encode() for name, other in others.items()}
    project = ProjectFacts(MemorySources(files))
    facts = project.facts("main.py")
    assert facts is not None
    function = next(f for f in facts.functions if f.name == "work")
    return Threads(Inference(project)).where(facts, function)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("def work(): pass", id="nobody uses it"),
        pytest.param("def work(): pass\nwork()", id="called at module level"),
        pytest.param("def work(): pass\nloop.call_soon(work)", id="a callback of the loop"),
        pytest.param("def work(): pass\nhandlers['x'] = work", id="stored: anybody may call it"),
        pytest.param("async def work(): pass\nThread(target=work)", id="a coroutine function never runs in a thread"),
        pytest.param(
            "from concurrent.futures import ProcessPoolExecutor as P\ndef work(): pass\nP().submit(work)",
            id="a process is no thread",
        ),
        pytest.param(
            "import threading\ndef work(): pass\ndef other():\n    def work(): pass\n    threading.Thread(target=work)",
            id="another function of that name",
        ),
        pytest.param(
            "class A:\n    def run(self): self.work()\n    def work(self): pass", id="run of a class that is no thread"
        ),
    ],
)
def test_in_the_loop_as_far_as_anybody_knows(text: str) -> None:
    assert _where(text) is Where.LOOP


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("from threading import Thread as T\ndef work(): pass\nT(target=work).start()", id="Thread"),
        pytest.param("import threading\ndef work(): pass\nthreading.Timer(1, work)", id="Timer"),
        pytest.param(
            "def work(): pass\nasync def f(loop): await loop.run_in_executor(None, work)", id="run_in_executor"
        ),
        pytest.param(
            "import asyncio\ndef work(): pass\nasync def f(): await asyncio.to_thread(work, 1)", id="to_thread"
        ),
        pytest.param(
            "import asyncio, functools\ndef work(): pass\nasync def f(): await asyncio.to_thread(functools.partial(work, 1))",
            id="inside partial",
        ),
        pytest.param("def work(): pass\npool.submit(work)", id="submit of something unknown"),
        pytest.param(
            "import threading\nclass A(threading.Thread):\n    def run(self): self.work()\n    def work(self): pass",
            id="a method that only run of a Thread calls",
        ),
        pytest.param(
            "import threading\ndef work(): pass\ndef entry(): helper()\ndef helper(): work()\nthreading.Thread(target=entry)",
            id="through two calls",
        ),
        pytest.param(
            "import threading\nclass A:\n    def go(self): threading.Thread(target=self.work).start()\n    def work(self): pass",
            id="a bound method",
        ),
    ],
)
def test_only_in_a_thread(text: str) -> None:
    assert _where(text) is Where.THREAD


def test_used_on_both_sides() -> None:
    assert _where("import threading\ndef work(): pass\nthreading.Thread(target=work)\nwork()") is Where.BOTH


def test_two_guesses_say_nothing_beside_a_user_that_is_known() -> None:
    guessed = "class A:\n    def work(self): pass\ndef entry(one): one.work()\npool.submit(entry)"
    known = "import threading\nclass A:\n    def work(self): pass\ndef entry(one): one.work()\nthreading.Thread(target=entry)"

    assert _where(guessed) is Where.THREAD
    assert _where(f"{guessed}\nA().work()") is Where.LOOP
    assert _where(f"{known}\nA().work()") is Where.BOTH


def test_users_in_other_files_count() -> None:
    assert _where("def work(): pass", user="from main import work\npool.submit(work)") is Where.THREAD
    assert _where("def work(): pass\npool.submit(work)", user="import main\nmain.work()") is Where.BOTH


_CIRCLE = "import threading\ndef work(): other()\ndef other(): work()\n"


def test_functions_that_call_each_other_run_where_one_of_them_is_run() -> None:
    assert _where(_CIRCLE) is Where.LOOP
    assert _where(f"{_CIRCLE}other()") is Where.LOOP
    assert _where(f"{_CIRCLE}threading.Thread(target=other)") is Where.THREAD
    assert _where(f"{_CIRCLE}threading.Thread(target=other)\nwork()") is Where.BOTH
    assert _where(f"{_CIRCLE}threading.Thread(target=work)\nother()") is Where.BOTH


def test_what_runs_a_function_does_not_depend_on_who_was_asked_about_first() -> None:
    text = f"{_CIRCLE}def far(): work()\nthreading.Thread(target=far)\nasync def f(): other()"
    project = ProjectFacts(MemorySources({"main.py": text.encode()}))
    facts = project.facts("main.py")
    assert facts is not None
    functions = {one.name: one for one in facts.functions}

    for order in itertools.permutations(["work", "other", "far"]):
        threads = Threads(Inference(project))
        said = {name: threads.account(facts, functions[name]) for name in order}
        assert {name: said[name].where for name in sorted(said)} == {
            "far": Where.THREAD,
            "other": Where.BOTH,
            "work": Where.BOTH,
        }
        assert [site.node.lineno for site in said["other"].chain] == [5, 4, 2]


def test_a_thread_is_found_however_many_calls_away() -> None:
    steps = "".join(f"def step_{n + 1}(): step_{n}()\n" for n in range(40))
    assert _where(f"import threading\ndef work(): pass\ndef step_0(): work()\n{steps}step_40()") is Where.LOOP
    begun = f"import threading\ndef work(): pass\ndef step_0(): work()\n{steps}threading.Thread(target=step_40)"
    assert _where(begun) is Where.THREAD


def test_a_lambda_runs_where_it_is_handed_to() -> None:
    project = ProjectFacts(
        MemorySources({"main.py": b"async def f(loop):\n    loop.run_in_executor(None, lambda: g())\n"})
    )
    facts = project.facts("main.py")
    assert facts is not None
    call = next(c for c in facts.calls if isinstance(c.func, ast.Name))
    assert Threads(Inference(project)).where(facts, facts.function_at(call)) is Where.THREAD
