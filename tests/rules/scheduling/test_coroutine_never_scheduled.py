"""AIO601: which level, which reason, and what the words say."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from aiomend import Finding, Safety, Settings, check_source, fix_source
from aiomend.settings import EVERYTHING, Selection, TargetRange

ONLY = Selection(frozenset({"AIO601"}))

RING = """
import asyncio
import threading

async def ring():
    await asyncio.sleep(1)
"""


def check(code: str, path: str = "app.py", **options: Any) -> tuple[Finding, ...]:
    return check_source(RING + textwrap.dedent(code), path=path, settings=Settings(select=ONLY, **options))


def fixed(code: str, target: str) -> str:
    settings = Settings(select=ONLY, unsafe=EVERYTHING, target=TargetRange.parse(target))
    return fix_source(RING + textwrap.dedent(code), settings=settings).text


# ---- for a person ---


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("def start(): ring()", "`start()` is a plain function"),
        ("class Bell:\n    def __del__(self): ring()", "`__del__()` is a plain function"),
        ("class Bell: ring()", "when the module is imported"),
        ("loop = asyncio.new_event_loop()\nring()", "runs an event loop already"),
        (
            "def work(): ring()\npool.submit(work)",
            "runs in another thread than the event loop",
        ),
        ("lock = threading.Lock()\nasync def main():\n    with lock: ring()", "whoever wants it next"),
        ("async def ticker():\n    while True: await ring()\nasync def main(): ticker()", "run beside it"),
        (
            "class Bell:\n    async def strike(self): await ring()\n"
            "async def toll(bell): bell.strike()\nasync def main(): await toll(Bell())",
            "only its callers in the project",
        ),
    ],
)
def test_what_is_for_a_person_says_why(code: str, reason: str) -> None:
    (finding,) = check(code)

    assert (finding.safety, finding.fix) == (Safety.MANUAL, None)
    assert reason in (finding.reason or "")


def test_a_callback_that_is_called_from_elsewhere_too_is_for_a_person() -> None:
    (finding,) = check("""
        def start(): ring()
        def public(): start()
        async def main(): asyncio.get_running_loop().call_soon(start)
        """)

    assert finding.safety is Safety.MANUAL


# ---- fixed ---


@pytest.mark.parametrize(
    "code",
    [
        "async def main(): ring()",
        "def start(): ring()\nasync def main(): start()",
        "def start(task): ring()\nasync def main(task: asyncio.Task): task.add_done_callback(start)",
        "ring()",
    ],
)
def test_code_that_starts_to_run_is_never_safe(code: str) -> None:
    (finding,) = check(code)

    assert finding.safety is Safety.UNSAFE


def test_the_message_names_what_was_seen_and_what_will_be_done() -> None:
    (finding,) = check("async def main(): ring()")

    assert finding.message == "`ring()` only makes a coroutine, which nobody runs; `await` runs it"
    assert [(one.line, one.note) for one in finding.evidence] == [(5, "`ring()` is a coroutine function")]


@pytest.mark.parametrize(("target", "line"), [("3.7-3.13", "asyncio.run(ring())"), ("3.6-3.13", "    loop.close()")])
def test_a_program_runs_its_coroutine_with_what_every_target_has(target: str, line: str) -> None:
    assert fixed("ring()", target).splitlines()[-1] == line


@pytest.mark.parametrize("code", ["ring()\nring()", "for _ in range(2): ring()", "loop = 1\nring()"])
def test_before_asyncio_run_a_program_can_run_one_coroutine(code: str) -> None:
    assert fixed(code, "3.6-3.13") == RING + code


# ---- dropped on purpose ---

TEST = "import gc\nimport warnings\nfrom unittest import mock\n\nimport pytest\n\n{decorator}async def test_it(fixture):\n    {line}\n    {after}\n"


def in_test(line: str = "ring()", after: str = "pass", decorator: str = "", path: str = "test_app.py") -> int:
    """Return the number of findings in a test that drops a coroutine."""
    return len(check(TEST.format(line=line, after=after, decorator=decorator), path))


@pytest.mark.parametrize(
    "after",
    [
        "gc.collect()",
        "support.gc_collect()",
        "with pytest.warns(RuntimeWarning): gc.freeze()",
        "with warnings.catch_warnings(record=True): gc.freeze()",
        "with self.assertWarns(RuntimeWarning): gc.freeze()",
    ],
)
def test_a_test_may_look_at_what_becomes_of_it(after: str) -> None:
    assert in_test(after=after) == 0


@pytest.mark.parametrize(
    "after", ["self.collect()", "queue.collect()", "with pytest.raises(ValueError): pass", "gc.freeze()"]
)
def test_other_things_that_a_test_does_say_nothing(after: str) -> None:
    assert in_test(after=after) == 1


@pytest.mark.parametrize(
    "line",
    [
        "ring()  # never awaited",
        "ring()  # intentionally not awaited",
        "ring()  # don't await it",
        "ring()  # left unawaited",
        "# make one but don't use it\n    ring()",
        "# it is never scheduled\n    ring()",
    ],
)
def test_a_comment_in_a_test_says_that_it_is_dropped_on_purpose(line: str) -> None:
    assert in_test(line) == 0


@pytest.mark.parametrize(
    "line", ["ring()  # runs it", "ring()  # awaits the bell", "# it is awaited\n    ring()", "ring()"]
)
def test_another_comment_says_nothing(line: str) -> None:
    assert in_test(line) == 1


def test_a_comment_in_a_program_says_nothing() -> None:
    assert len(check("async def main():\n    ring()  # never awaited\n")) == 1


@pytest.mark.parametrize("decorator", ["@mock.patch('app.ring')\n", "@mock.patch.object(app, 'ring')\n"])
def test_what_a_test_has_replaced_makes_no_coroutine(decorator: str) -> None:
    assert in_test(decorator=decorator) == 0


@pytest.mark.parametrize("decorator", ["@mock.patch('app.rings')\n", "@mock.patch.object(app, 'bell')\n"])
def test_what_it_has_replaced_is_something_else(decorator: str) -> None:
    assert in_test(decorator=decorator) == 1
