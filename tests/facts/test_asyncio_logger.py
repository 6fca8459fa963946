"""Who is asyncio's logger in a file, which levels it is given, and who writes what it says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aiomend.facts.asyncio_logger import assignments, has_own_handler, is_asyncio_logger, level_calls
from aiomend.facts.view import Module

See = Callable[[str], Module]
Marked = Callable[[Module], object]
HEAD = "import asyncio, logging\nimport asyncio.log\n"
MINE = "logger = logging.getLogger('asyncio')\n"


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("logging.getLogger('asyncio').x", True),
        ("logging.getLogger('other').x", False),
        ("logging.getLogger().x", False),
        ("logging.getLogger(name='other').x", False),
        ("logging.getLogger('asyncio', 1).x", False),
        ("getLogger('asyncio').x", False),
        ("logging.getLogger(asyncio.__name__).x", True),
        ("logging.getLogger(other.__name__).x", False),
        ("logging.getLogger(asyncio.__file__).x", False),
        ("asyncio.log.logger.x", True),
        ("from asyncio.log import logger\nlogger.x", True),
        ("from asyncio.log import logger as mine\nmine.x", True),
        ("from other import logger\nlogger.x", False),
        (f"{MINE}logger.x", True),
        ("logger = asyncio.log.logger\nlogger.x", True),
        (f"{MINE}logger = 1\nlogger.x", False),
        ("logger: object = logging.getLogger('asyncio')\nlogger.x", False),
        ("logger = logger\nlogger.x", False),
        ("name = 'asyncio'\nlogging.getLogger(name).x", True),
        ("name = 'other'\nlogging.getLogger(name).x", False),
        ("name = 'asyncio'\nname = 'other'\nlogging.getLogger(name).x", False),
        ("name = f()\nlogging.getLogger(name).x", False),
        ("for name in ('asyncio', 'other'): logging.getLogger(name).x", True),
        ("for name in ['other', 'asyncio']: logging.getLogger(name).x", True),
        ("for name in {'asyncio'}: logging.getLogger(name).x", True),
        ("for name in ('other',): logging.getLogger(name).x", False),
        ("for name in names: logging.getLogger(name).x", False),
        ("logging.getLogger(nobody).x", False),
    ],
)
def test_who_it_is(see: See, text: str, is_one: bool) -> None:
    module = see(f"{HEAD}{text}")
    (attribute,) = module.facts.attributes["x"]
    assert is_asyncio_logger(module, attribute.value) is is_one


@pytest.mark.parametrize(
    ("call", "values"),
    [
        ("logger.setLevel(logging.CRITICAL)", [50]),
        ("logger.setLevel(logging.FATAL)", [50]),
        ("logger.setLevel(logging.ERROR)", [40]),
        ("logger.setLevel(logging.WARNING)", [30]),
        ("logger.setLevel(logging.WARN)", [30]),
        ("logger.setLevel(logging.INFO)", [20]),
        ("logger.setLevel(logging.DEBUG)", [10]),
        ("logger.setLevel(logging.NOTSET)", [0]),
        ("logger.setLevel(level=45)", [45]),
        ("logger.setLevel('CRITICAL')", [50]),
        ("logger.setLevel('LOUD')", [None]),
        ("logger.setLevel(logging.ERROR + 1)", [41]),
        ("logger.setLevel(logging.ERROR - 1)", [39]),
        ("logger.setLevel(logging.ERROR * 1)", [None]),
        ("logger.setLevel(level + 1)", [None]),
        ("logger.setLevel(1 + level)", [None]),
        ("logger.setLevel(level)", [None]),
        ("logger.setLevel(other.CRITICAL)", [None]),
        ("logger.setLevel(f())", [None]),
        ("logger.setLevel()", []),
        ("logger.setLevel(1, level=2)", []),
        ("logger.setLevel(other=2)", []),
        ("other.setLevel(50)", []),
        ("logger.disabled(50)", []),
    ],
)
def test_the_level_that_it_is_given(see: See, call: str, values: list[int | None]) -> None:
    assert [one.value for one in level_calls(see(f"{HEAD}{MINE}{call}"))] == values


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("logger.disabled = True", 1),
        ("a = logger.disabled = True", 1),
        ("other.disabled = True", 0),
        ("logger.propagate = True", 0),
        ("x = logger.disabled", 0),
        ("logger.disabled += 1", 0),
        ("logger.disabled.x = 1", 0),
    ],
)
def test_what_its_attributes_are_set_to(see: See, text: str, count: int) -> None:
    assert len(list(assignments(see(f"{HEAD}{MINE}{text}"), "disabled"))) == count


@pytest.mark.parametrize(
    ("text", "has_one"),
    [
        ("logger.addHandler(logging.StreamHandler())", True),
        ("logger.addHandler(handler)", True),
        ("logger.addHandler(logging.NullHandler())", False),
        ("logger.addHandler(logging.NullHandler)", True),
        ("other.addHandler(handler)", False),
        ("logger.handlers = [handler]", True),
        ("logger.handlers.append(handler)", True),
        ("logger.handlers[0] = handler", True),
        ("print(logger.handlers)", False),
        ("other.handlers = [handler]", False),
    ],
)
def test_who_writes_what_it_says(see: See, text: str, has_one: bool) -> None:
    assert has_own_handler(see(f"{HEAD}{MINE}{text}")) is has_one
