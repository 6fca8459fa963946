"""What has been found out is not found out again, and does not depend on who asked first."""

from __future__ import annotations

import ast
import itertools
from collections import Counter

import pytest

from aiomend.api import MemorySources
from aiomend.facts.inference import Inference
from aiomend.facts.module import ModuleFacts
from aiomend.facts.project import ProjectFacts
from aiomend.facts.values import Coroutine

RING = """
async def work(): ...

def first(n):
    if n:
        return second(n)
    return work()

def second(n):
    if n:
        return third(n)
    return work()

def third(n):
    if n:
        return first(n)
    return work()
"""


def project(text: str) -> tuple[Inference, ModuleFacts, list[ast.Call]]:
    """Return an inference, a file, and the statements of its `main()` that are calls."""
    inference = Inference(ProjectFacts(MemorySources({"main.py": text.encode()})))
    facts = inference.project.facts("main.py")
    assert facts is not None
    (main,) = (one for one in facts.functions if not isinstance(one, ast.Lambda) and one.name == "main")
    return (
        inference,
        facts,
        [one.value for one in main.body if isinstance(one, ast.Expr) and isinstance(one.value, ast.Call)],
    )


@pytest.fixture
def evaluated(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each expression was evaluated, by its text and line."""
    done: Counter[str] = Counter()
    plain = Inference._evaluate

    def counting(self: Inference, facts: ModuleFacts, node: ast.expr) -> object:
        done[f"{node.lineno}: {ast.unparse(node)}"] += 1
        return plain(self, facts, node)

    monkeypatch.setattr(Inference, "_evaluate", counting)
    return done


def test_a_ring_of_functions_is_worked_out_once_for_all_that_ask(evaluated: Counter[str]) -> None:
    inference, facts, calls = project(RING + "\ndef main():\n" + "    first(1)\n" * 20)

    found = {inference.values(facts, call) for call in calls}

    assert len(found) == 1
    assert any(isinstance(one, Coroutine) for one in found.pop())
    assert max(evaluated.values()) <= 2, "a second time where the first one came back to it"


def test_a_ring_below_another_question_is_kept_when_it_is_over(evaluated: Counter[str]) -> None:
    around = "".join(f"\ndef outer_{n}():\n    return outer_{n + 1}() or first({n})\n" for n in range(10))
    inference, facts, calls = project(
        RING + around + "\ndef outer_10():\n    return first(10)\n\ndef main():\n    outer_0()\n"
    )

    assert inference.values(facts, calls[0])
    assert max(evaluated.values()) <= 2


@pytest.mark.parametrize("order", [*itertools.permutations(range(3))], ids=str)
def test_it_makes_no_difference_which_function_of_a_ring_is_asked_for_first(order: tuple[int, ...]) -> None:
    text = RING + "\ndef main():\n    first(1)\n    second(1)\n    third(1)\n"
    inference, facts, calls = project(text)
    alone = []
    for number in range(3):
        fresh, same, again = project(text)
        alone.append({type(one) for one in fresh.values(same, again[number])})

    assert {n: {type(one) for one in inference.values(facts, calls[n])} for n in order} == dict(enumerate(alone))


CALLED = """
import asyncio

async def work(): ...

def plain():
    return work()

def passes(given):
    return given

def deep(given):
    return passes(given)
"""


def test_what_no_caller_can_change_is_not_worked_out_again_for_them(evaluated: Counter[str]) -> None:
    inference, facts, (call,) = project(CALLED + "\ndef main():\n    plain()\n")

    assert inference.values(facts, call) == inference.values_from_callers(facts, call)
    assert max(evaluated.values()) == 1


def test_what_callers_tell_is_asked_of_them_after_others_were_content_without() -> None:
    inference, facts, (call,) = project(CALLED + "\ndef main():\n    deep(work())\n")

    (passed,) = (one for one in facts.calls if ast.unparse(one) == "passes(given)")
    assert not all(isinstance(one, Coroutine) for one in inference.values(facts, passed)), "a parameter may be anything"
    assert all(isinstance(one, Coroutine) for one in inference.values_from_callers(facts, passed))
    assert not all(isinstance(one, Coroutine) for one in inference.values(facts, passed)), (
        "and stays so for who asks none"
    )
    assert all(isinstance(one, Coroutine) for one in inference.values_from_callers(facts, call))


def test_a_container_under_a_constant_key_is_asked_for_after_others_were_content_without() -> None:
    table = "\ntable = {}\ntable['job'] = work()\n"
    inference, facts, (call,) = project(CALLED + table + "\ndef main():\n    print(table['job'])\n")
    item = call.args[0]

    before = inference.values(facts, item)
    told = inference.values_from_callers(facts, item)

    assert inference.values(facts, item) == before
    assert all(isinstance(one, Coroutine) for one in told)


def test_a_callable_is_what_callers_pass_after_others_believed_its_annotation() -> None:
    text = "from typing import Callable\n\ndef runs(job: Callable):\n    return job()\n"
    inference, facts, _ = project(CALLED + text + "\ndef main():\n    runs(work)\n")
    (called,) = (one for one in facts.calls if ast.unparse(one) == "job()")

    assert not all(isinstance(one, Coroutine) for one in inference.values(facts, called))
    assert all(isinstance(one, Coroutine) for one in inference.values_from_callers(facts, called))


def _tables(count: int) -> str:
    """A function with so many dictionaries, each with the one before in it, the first with the last."""
    ring = "".join(f"    t{n}['other'] = t{n - 1}\n" for n in range(1, count))
    asked = "".join(f"    t{n}.get('other')\n" for n in range(count))
    return (
        "def main():\n"
        + "".join(f"    t{n} = {{}}\n" for n in range(count))
        + f"    t0['other'] = t{count - 1}\n{ring}{asked}"
    )


def test_what_is_too_deep_for_one_question_is_known_to_the_next(evaluated: Counter[str]) -> None:
    done = {}
    for count in (100, 400):
        inference, facts, calls = project(_tables(count))
        evaluated.clear()
        for call in calls:
            inference.values(facts, call)
        done[count] = evaluated.total()

    assert done[400] <= 5 * done[100], "and not the square of it"
