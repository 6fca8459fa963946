"""What pytest runs for which test, so that a complaint has a test; in strict runs it fails the test."""

import gc

import pytest

from aiomend_recorder import records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List

STRICT = "--aiomend-strict"


class _State:
    seen = 0  # complaints so far
    strict = False


def pytest_addoption(parser: "Any") -> None:
    group = parser.getgroup("aiomend", "asyncio's complaints (aiomend)")
    try:
        group.addoption(
            STRICT, action="store_true", help="fail a test during which asyncio has something to complain of"
        )
    except ValueError:
        pass  # aiomend is installed here, and has it already


def pytest_configure(config: "Any") -> None:
    _State.strict = bool(config.getoption(STRICT, default=False))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: "Any") -> "Any":
    records.set_test(item.nodeid)
    _State.seen = len(records.complaints())
    yield
    records.set_test(None)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: "Any", call: "Any") -> "Any":
    if _State.strict:
        gc.collect()  # what nobody refers to any more has to be heard of now, not in the next test
    outcome = yield
    if not _State.strict:
        return
    found = records.complaints()
    new, _State.seen = found[_State.seen :], len(found)
    report = outcome.get_result()
    if new and report.passed:
        report.outcome = "failed"
        report.longrepr = "\n".join(["asyncio has something to complain of:", *_told(new)])


def _told(complaints: "List[Dict[str, Any]]") -> "List[str]":
    if any(one["kind"] == "blocking-call" for one in complaints):  # that is the line, and this its function
        complaints = [one for one in complaints if one["kind"] != "slow-callback"]
    return ["  %s:%s: %s" % (one.get("file", "?"), one.get("line", "?"), one["kind"]) for one in complaints]
