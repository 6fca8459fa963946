"""What a type checker's words mean as facts, which of them contradict what is known, and what a witness is asked."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from aiomend.api import MemorySources
from aiomend.facts.module import ModuleFacts
from aiomend.facts.oracle import Answer, Consultation, Kind, Question
from aiomend.facts.project import ProjectFacts
from aiomend.facts.values import (
    NONE,
    OTHER,
    UNKNOWN,
    Container,
    Coroutine,
    Eventual,
    External,
    Fixed,
    Instance,
    ProjectClass,
    ProjectInstance,
    Value,
    Values,
)

SHOP = """
class Client: pass
def make(): pass
class Basket:
    class Item: pass
"""
INT = Kind("builtins.int")
FUTURE = Instance("asyncio.Future")


@dataclass
class Says:
    """A type checker that knows one answer; and what it was asked."""

    answer: Answer
    asked: list[Question] = field(default_factory=list)

    def ask(self, questions: Sequence[Question]) -> Sequence[Answer]:
        self.asked += questions
        return [self.answer for _ in questions]


@dataclass
class Saw(Says):
    """One that saw some runs."""

    witnessed: frozenset[str] = frozenset({"main.py"})

    def ran_in(self, place: Question) -> frozenset[str]:
        return frozenset({f"line {place.line}"})

    def crossed(self, place: Question) -> bool:
        return place.line == 1


def _project(text: str = "x = f(y).z\n") -> tuple[ProjectFacts, ModuleFacts]:
    files = {"main.py": textwrap.dedent(text).encode(), "shop.py": SHOP.encode()}
    project = ProjectFacts(MemorySources(files))
    facts = project.facts("main.py")
    assert facts is not None
    return project, facts


def _told(answer: Answer) -> Values:
    """What an expression is after that answer."""
    project, facts = _project("client\n")
    consultation = Consultation(Says(answer), project)
    (node,) = facts.names["client"]
    consultation.note(facts, node)
    assert consultation.settle() is (consultation.answer(node) != UNKNOWN)
    return consultation.answer(node)


def _one(name: str, *arguments: Answer) -> Answer:
    return frozenset({Kind(name, arguments)})


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(frozenset(), id="it does not know"),
        pytest.param(_one("builtins.object"), id="any object"),
        pytest.param(_one("builtins.function"), id="a function, of whatever result"),
        pytest.param(_one("builtins.type"), id="a class, whichever"),
        pytest.param(frozenset({INT, Kind("builtins.object")}), id="a number or any object"),
        pytest.param(_one("shop.Nothing"), id="no class of that file"),
        pytest.param(_one("shop.make"), id="a function of that file"),
        pytest.param(_one("shop.Item"), id="a class in a class"),
        pytest.param(_one("elsewhere.function"), id="what is written as a function is"),
        pytest.param(_one("elsewhere.LIMIT"), id="what is written as a constant is"),
    ],
)
def test_an_answer_that_tells_nothing(answer: Answer) -> None:
    assert _told(answer) == UNKNOWN


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        (_one("types.NoneType"), NONE),
        (_one("builtins.None"), NONE),
        (_one("builtins.int"), OTHER),
        (_one("builtins.int") | _one("types.NoneType"), OTHER | NONE),
        (_one("_asyncio.Future"), {FUTURE}),
        (_one("asyncio.futures.Future"), {FUTURE}),
        (_one("elsewhere.Client"), {Instance("elsewhere.Client")}),
        (_one("my_asyncio.Future"), {Instance("my_asyncio.Future")}),
        (_one("elsewhere._asyncio.Future"), {Instance("elsewhere._asyncio.Future")}),
        (_one("typing.Coroutine"), {Coroutine(UNKNOWN)}),
        (_one("typing.Coroutine", frozenset(), frozenset(), frozenset({INT})), {Coroutine(OTHER)}),
        (_one("types.CoroutineType", frozenset({INT}), frozenset()), {Coroutine(UNKNOWN)}),
        (_one("typing.Awaitable", frozenset({INT})), {Eventual(OTHER)}),
        (_one("builtins.list", frozenset({INT})), {Container(OTHER)}),
        (_one("builtins.dict", frozenset(), frozenset({INT})), {Container(OTHER)}),
        (_one("collections.deque"), {Container(UNKNOWN)}),
    ],
)
def test_an_answer_as_facts(answer: Answer, value: set[Value]) -> None:
    assert _told(answer) == value


def test_a_class_of_the_project_is_told_from_the_others_of_its_file() -> None:
    (value,) = _told(_one("shop.Basket"))
    assert isinstance(value, ProjectInstance)
    assert value.cls.node.name == "Basket"


def _client() -> ProjectInstance:
    project, _ = _project()
    shop = project.facts("shop.py")
    assert shop is not None
    return ProjectInstance(ProjectClass(shop, shop.classes[0]))


@pytest.mark.parametrize(
    ("known", "said"),
    [
        pytest.param(UNKNOWN, _one("builtins.int"), id="nothing is known"),
        pytest.param(NONE, _one("builtins.int"), id="only that it may be None"),
        pytest.param({FUTURE}, frozenset(), id="it does not know"),
        pytest.param({FUTURE}, _one("types.NoneType"), id="only that it may be None, too"),
        pytest.param({FUTURE}, _one("builtins.int") | _one("asyncio.Task"), id="one of its possibilities"),
        pytest.param({*OTHER, FUTURE}, _one("asyncio.Task"), id="one of ours"),
        pytest.param({FUTURE}, _one("asyncio.Task"), id="a subclass"),
        pytest.param({Instance("asyncio.Task")}, _one("asyncio.Future"), id="a base"),
        pytest.param({Instance("a.Client")}, _one("b.Client"), id="the same name, from elsewhere"),
        pytest.param({Instance("a.Client")}, _one("shop.Client"), id="a class of the project, which may inherit"),
        pytest.param({_client()}, _one("a.Other"), id="a class of another package, which may inherit"),
        pytest.param({Coroutine(OTHER)}, _one("typing.Coroutine"), id="both a coroutine"),
        pytest.param({Coroutine(OTHER)}, _one("typing.Awaitable"), id="a coroutine, something to await"),
        pytest.param({FUTURE}, _one("typing.Awaitable"), id="a future, something to await"),
        pytest.param({_client()}, _one("typing.Awaitable"), id="an object that may be awaited"),
        pytest.param({Eventual(OTHER)}, _one("typing.Awaitable"), id="both something to await"),
        pytest.param({Eventual(OTHER)}, _one("asyncio.Future"), id="something to await, a future"),
        pytest.param({Eventual(OTHER)}, _one("typing.Coroutine"), id="something to await, a coroutine"),
        pytest.param({Container(OTHER)}, _one("builtins.list"), id="both a collection"),
        pytest.param({Container(OTHER)}, _one("builtins.str"), id="a collection, something plain"),
        pytest.param({Container(OTHER)}, _one("a.Rows"), id="a collection, some class"),
        pytest.param({Fixed((OTHER,))}, _one("builtins.tuple"), id="a tuple"),
        pytest.param(OTHER, _one("builtins.int"), id="both something plain"),
        pytest.param(OTHER, _one("a.Number"), id="something plain, some class"),
        pytest.param(OTHER, _one("shop.Client"), id="something plain, some class of the project"),
        pytest.param(OTHER, _one("builtins.list"), id="something plain, a collection"),
        pytest.param({External("a.function")}, _one("builtins.int"), id="a function, of which nobody asks"),
    ],
)
def test_no_contradiction(known: Values, said: Answer) -> None:
    assert _contradiction(known, said) is None


@pytest.mark.parametrize(
    ("known", "said", "told"),
    [
        ({FUTURE}, _one("builtins.int"), "builtins.int"),
        ({FUTURE}, _one("builtins.int") | _one("builtins.str"), "builtins.int or builtins.str"),
        ({FUTURE}, _one("builtins.int") | _one("types.NoneType"), "builtins.int or types.NoneType"),
        ({FUTURE, *NONE}, _one("asyncio.Event"), "asyncio.Event"),
        ({FUTURE}, _one("typing.Coroutine"), "typing.Coroutine"),
        ({FUTURE}, _one("builtins.list"), "builtins.list"),
        ({_client()}, _one("builtins.int"), "builtins.int"),
        ({Coroutine(OTHER)}, _one("builtins.int"), "builtins.int"),
        ({Coroutine(OTHER)}, _one("asyncio.Future"), "asyncio.Future"),
        ({Eventual(OTHER)}, _one("builtins.int"), "builtins.int"),
        ({Container(OTHER)}, _one("typing.Coroutine"), "typing.Coroutine"),
        ({Fixed((OTHER,))}, _one("shop.Client"), "shop.Client"),
        (OTHER, _one("typing.Coroutine"), "typing.Coroutine"),
        (OTHER, _one("typing.Awaitable"), "typing.Awaitable"),
    ],
)
def test_a_contradiction_is_kept_with_what_was_said(known: Values, said: Answer, told: str) -> None:
    assert _contradiction(known, said) == told


def _contradiction(known: Values, said: Answer) -> str | None:
    project, facts = _project("client\n")
    consultation = Consultation(Says(said), project)
    (node,) = facts.names["client"]
    consultation.note(facts, node)
    consultation.settle()
    disputes = consultation.disputes(node, frozenset(known))
    assert disputes is (node in consultation.disputed)
    return consultation.disputed.get(node)


def test_a_place_is_asked_for_once_and_what_is_called_not_at_all() -> None:
    project, facts = _project()
    oracle = Says(_one("builtins.int"))
    consultation = Consultation(oracle, project)
    assert not consultation.settle()
    for _ in range(2):
        for node in (one for one in ast.walk(facts.tree) if isinstance(one, ast.Name) and one.id in "fy"):
            consultation.note(facts, node)
        consultation.settle()
    assert [(one.path, one.line, one.column, one.end_line, one.end_column) for one in oracle.asked] == [
        ("main.py", 1, 6, 1, 7)
    ]


def test_an_expression_of_several_lines_is_asked_for_whole() -> None:
    project, facts = _project("x = [\n  1]\n")
    oracle = Says(frozenset())
    consultation = Consultation(oracle, project)
    (node,) = (one for one in ast.walk(facts.tree) if isinstance(one, ast.List))
    consultation.note(facts, node)
    consultation.settle()
    (asked,) = oracle.asked
    assert (asked.line, asked.column, asked.end_line, asked.end_column) == (1, 4, 2, 4)


DEFINED = "x(1)\nx(2)\n@y\n@z\ndef f(): pass\ndef g(): pass\n"


def test_what_saw_no_run_says_nothing_of_threads() -> None:
    project, facts = _project(DEFINED)
    consultation = Consultation(Says(frozenset()), project)
    assert (consultation.is_partial, consultation.witnessed) == (False, frozenset())
    assert not consultation.crossed(facts, facts.calls[0])
    assert consultation.ran_in(facts, facts.functions[0]) == frozenset()


def test_a_witness_is_asked_for_the_first_line_of_a_function_and_for_a_call() -> None:
    project, facts = _project(DEFINED)
    consultation = Consultation(Saw(frozenset()), project)
    assert (consultation.is_partial, consultation.witnessed) == (True, frozenset({"main.py"}))
    assert [consultation.crossed(facts, call) for call in facts.calls] == [True, False]
    assert [consultation.ran_in(facts, one) for one in facts.functions] == [{"line 3"}, {"line 6"}]


def test_a_witness_is_not_asked_about_text_that_it_cannot_have_seen() -> None:
    project, facts = _project("x(async=1)\ndef f(): pass\n")
    consultation = Consultation(Saw(_one("builtins.int")), project)
    assert not consultation.crossed(facts, facts.calls[0])
    assert consultation.ran_in(facts, facts.functions[0]) == frozenset()
