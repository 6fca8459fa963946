"""The ten sections of the guide "Develop with asyncio" (Python 3.6 documentation, library/asyncio-dev)."""

import functools
import re
from dataclasses import dataclass

_PAGE = "https://docs.python.org/3.6/library/asyncio-dev.html"


@dataclass(frozen=True, slots=True)
class Section:
    """One section of the guide; number 0 is not the guide's: it holds what legacy asyncio needs to run today."""

    number: int
    name: str
    title: str
    url: str


SECTIONS: dict[int, Section] = {
    section.number: section
    for section in (
        Section(0, "legacy", "Legacy asyncio", "https://docs.python.org/3/whatsnew/3.11.html#removed"),
        Section(1, "debug", "Debug mode of asyncio", f"{_PAGE}#debug-mode-of-asyncio"),
        Section(2, "cancellation", "Cancellation", f"{_PAGE}#cancellation"),
        Section(3, "threads", "Concurrency and multithreading", f"{_PAGE}#concurrency-and-multithreading"),
        Section(
            4,
            "blocking",
            "Handle blocking functions correctly",
            f"{_PAGE}#handle-blocking-functions-correctly",
        ),
        Section(5, "logger", "Logging", f"{_PAGE}#logging"),
        Section(
            6,
            "scheduling",
            "Detect coroutine objects never scheduled",
            f"{_PAGE}#detect-coroutine-objects-never-scheduled",
        ),
        Section(7, "exceptions", "Detect exceptions never consumed", f"{_PAGE}#detect-exceptions-never-consumed"),
        Section(8, "chaining", "Chain coroutines correctly", f"{_PAGE}#chain-coroutines-correctly"),
        Section(9, "pending", "Pending task destroyed", f"{_PAGE}#pending-task-destroyed"),
        Section(10, "closing", "Close transports and event loops", f"{_PAGE}#close-transports-and-event-loops"),
    )
}


#: A prefix, ``AIO`` or that of a rule package; the section; two digits for the rule.
CODE = re.compile(r"(?P<prefix>[A-Z]{2,10})(?P<section>0|[1-9]\d?)(?P<rule>\d\d)")


@functools.cache
def section_of(code: str) -> Section:
    """Return the section that a code such as ``AIO402`` belongs to.

    The last two digits are the rule, what stands before them is the section: ``AIO1001`` is rule 01 of section 10.
    Raises KeyError where there is no such section.
    """
    if (match := CODE.fullmatch(code)) is None:
        raise KeyError(code)
    return SECTIONS[int(match["section"])]
