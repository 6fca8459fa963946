"""A second opinion: what it is asked, what its answers are worth, and what becomes of contradictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from aiomend import EVERYTHING, Finding, Project, Safety, Settings
from aiomend.api import MemorySources
from aiomend.facts.oracle import Answer, Kind, Question
from aiomend.settings import Selection

COROUTINE = frozenset({Kind("typing.Coroutine", (frozenset(), frozenset(), frozenset({Kind("types.NoneType")})))})
FUTURE = frozenset({Kind("_asyncio.Future")})
NONE_KIND = Kind("types.NoneType")
INT = frozenset({Kind("builtins.int")})
NOBODY_KNOWS: Answer = frozenset()


@dataclass
class Said:
    """An oracle that knows some expressions by their text."""

    known: dict[str, Answer]
    batches: list[list[str]] = field(default_factory=list)
    texts: set[str] = field(default_factory=set)

    def ask(self, questions: Sequence[Question]) -> Sequence[Answer]:
        asked = [_text(question) for question in questions]
        self.batches.append(asked)
        self.texts |= {question.text for question in questions}
        return [self.known.get(text, NOBODY_KNOWS) for text in asked]


def _text(question: Question) -> str:
    lines = question.text.splitlines()
    assert question.line == question.end_line, "the tests ask for expressions of one line"
    return lines[question.line - 1][question.column : question.end_column]


def _findings(oracle: Said, rule: str, **files: str) -> tuple[Finding, ...]:
    settings = Settings(unsafe=EVERYTHING, select=Selection(frozenset({rule})))
    sources = MemorySources({f"{name}.py": text.encode() for name, text in files.items()})
    return Project(sources, lambda _: settings, oracle=oracle).run().findings


STATEMENT = "from lib import client\n\n\nasync def main():\n    client.send()\n"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(NOBODY_KNOWS, id="it does not know either"),
        pytest.param(INT, id="something plain"),
        pytest.param(FUTURE, id="a future runs by itself"),
        pytest.param(frozenset({Kind("typing.Awaitable")}), id="an awaitable that may be anything"),
        pytest.param(COROUTINE | INT, id="perhaps a coroutine"),
        pytest.param(COROUTINE | {Kind("builtins.object")}, id="perhaps a coroutine, perhaps anything"),
        pytest.param(frozenset({Kind("builtins.list", (COROUTINE,))}), id="a list of coroutines"),
    ],
)
def test_no_forgotten_coroutine(answer: Answer) -> None:
    assert _findings(Said({"client.send()": answer}), "AIO601", main=STATEMENT) == ()


def test_what_the_oracle_knows_to_be_a_coroutine_is_one() -> None:
    [found] = _findings(Said({"client.send()": COROUTINE}), "AIO601", main=STATEMENT)
    assert (found.line, found.applied, found.safety) == (5, True, Safety.UNSAFE)
    assert _findings(Said({}), "AIO601", main=STATEMENT) == ()


def test_what_awaiting_gives_is_known_too() -> None:
    text = "from lib import make\n\n\nasync def main():\n    fut = await make()\n    fut.set_result(1)\n"
    kind = frozenset({Kind("typing.Coroutine", (NOBODY_KNOWS, NOBODY_KNOWS, FUTURE))})
    [found] = _findings(Said({"make()": kind, "fut": FUTURE}), "AIO201", main=text)
    assert found.applied


def test_only_what_is_not_known_is_asked_for_and_in_one_batch_for_all_files() -> None:
    oracle = Said({})
    known = "import asyncio\n\n\nasync def job(): pass\n\n\nasync def main():\n    job()\n    asyncio.sleep(1)\n"
    _findings(oracle, "AIO601", known=known, one=STATEMENT, two=STATEMENT.replace("send", "recv"))
    assert oracle.batches == [["client.send()", "client.recv()"]]


def test_a_project_that_is_known_is_not_asked_about() -> None:
    oracle = Said({})
    _findings(oracle, "AIO601", main="async def job(): pass\n\n\nasync def main():\n    job()\n")
    assert oracle.batches == []


def test_columns_are_characters_and_the_text_is_that_of_the_run() -> None:
    text = "from lib import client\n\n\nasync def main():\n    'ä𝄞'; client.send()\n    client.recv()\n"
    oracle = Said({"client.send()": COROUTINE, "client.recv()": COROUTINE})
    assert len(_findings(oracle, "AIO601", main=text)) == 2
    assert text in oracle.texts


def test_old_files_whose_text_no_type_checker_can_parse_are_not_asked_about() -> None:
    oracle = Said({})
    text = "import asyncio\nasync = asyncio.async\n\n\n@asyncio.coroutine\ndef main(client):\n    client.send()\n"
    _findings(oracle, "AIO601", main=text)
    assert oracle.batches == []


PASSED = """\
import asyncio


async def job():
    pass


class Runner:
    async def run(self, job):
        job()


async def main():
    await Runner().run(job)
"""


def test_where_the_two_disagree_a_person_decides() -> None:
    [found] = _findings(Said({"job()": INT}), "AIO601", main=PASSED)
    assert (found.safety, found.applied, found.fix) == (Safety.MANUAL, False, None)
    assert found.reason == "the type checker takes `job()` for builtins.int"


def test_where_the_two_agree_nothing_is_manual() -> None:
    [found] = _findings(Said({"job()": COROUTINE}), "AIO601", main=PASSED)
    assert (found.safety, found.applied) == (Safety.UNSAFE, True)


def test_a_fix_that_would_be_applied_becomes_manual() -> None:
    text = "import asyncio\n\n\ndef done(fut):\n    fut.set_result(1)\n\n\ndone(asyncio.Future())\n"
    [before] = _findings(Said({}), "AIO201", main=text)
    [found] = _findings(Said({"fut": INT}), "AIO201", main=text)
    assert (before.safety, before.applied) == (Safety.UNSAFE, True)
    assert (found.safety, found.applied, found.reason) == (
        Safety.MANUAL,
        False,
        "the type checker takes `fut` for builtins.int",
    )


def test_none_besides_is_no_contradiction() -> None:
    [found] = _findings(Said({"fut": FUTURE | {NONE_KIND}}), "AIO201", main="def f(fut):\n    fut.set_result(1)\n")
    assert found.applied


def test_an_oracle_that_knows_nothing_changes_nothing() -> None:
    settings = Settings(unsafe=EVERYTHING)
    sources = MemorySources({"main.py": PASSED.encode(), "other.py": STATEMENT.encode()})
    without = Project(sources, lambda _: settings).run()
    assert Project(sources, lambda _: settings, oracle=Said({})).run().findings == without.findings
