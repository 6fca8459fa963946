"""AIO502: what silences asyncio's logger, what does not, and what the words say."""

from __future__ import annotations

import pytest

from aiomend import Finding, Safety, Settings, check_source
from aiomend.settings import Selection

SETTINGS = Settings(select=Selection(frozenset({"AIO502"})))


def check(code: str, path: str = "app.py") -> tuple[Finding, ...]:
    return check_source(f"import asyncio, logging, logging.config\n{code}\n", path=path, settings=SETTINGS)


@pytest.mark.parametrize(
    "code",
    [
        "logging.getLogger('asyncio').setLevel('ERROR')",
        "logging.getLogger('asyncio').setLevel(40)",
        "logging.getLogger('asyncio').setLevel(LEVEL)",
        "logging.getLogger().setLevel(logging.CRITICAL)",
        "logging.getLogger('asyncio').disabled = False",
        "logging.getLogger('asyncio').propagate = True",
        "logging.disable(logging.INFO)",
        "if debug: logging.getLogger('asyncio').disabled = True",
        "def test_it():\n    logging.disable(50)",
        "logging.config.dictConfig(table)",
        "logging.config.dictConfig({'version': 1, **more})",
        "logging.config.dictConfig({'version': 1, 'loggers': {name: {}}})",
        "logging.config.dictConfig({'version': 1, 'loggers': {'asyncio': entry}})",
    ],
)
def test_it_is_silent(code: str) -> None:
    assert check(code) == ()


def test_it_is_silent_in_tests() -> None:
    assert check("logging.disable(50)", path="tests/conftest.py") == ()


@pytest.mark.parametrize(
    "code",
    [
        "logging.getLogger('asyncio').setLevel('CRITICAL')",
        "logging.getLogger('asyncio').setLevel(level=logging.ERROR + 5)",
        "logging.getLogger(asyncio.__name__).setLevel(100)",
        "import asyncio.log\nasyncio.log.logger.disabled = 1",
        "from asyncio.log import logger\nlogger.propagate = 0",
        "logging.disable(logging.ERROR)",
        "if __name__ == '__main__': logging.disable()",
        "if debug:\n    pass\nelse:\n    logging.getLogger('asyncio').disabled = True",
        "logging.config.dictConfig({'version': 1, 'loggers': {'asyncio': {'level': 'CRITICAL'}}})",
        "logging.config.dictConfig({'version': 1, 'disable_existing_loggers': True})",
    ],
)
def test_it_asks_a_person(code: str) -> None:
    (finding,) = check(code)

    assert finding.safety is Safety.MANUAL
    assert finding.reason


def test_the_message_names_the_code() -> None:
    (finding,) = check("logging.getLogger('asyncio').setLevel(50)")

    assert finding.message == (
        "`logging.getLogger('asyncio').setLevel(50)` is above ERROR, at which asyncio reports: "
        "nobody hears of exceptions that no task handled, nor of tasks that were destroyed"
    )
    assert finding.reason == "what it complained of is for a person to find; WARNING is the level that keeps it"
