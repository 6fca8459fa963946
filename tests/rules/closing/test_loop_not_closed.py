"""AIO1001: how far each fix may be trusted, what is said, and what is left to a person."""

from __future__ import annotations

import pytest

import aiomend
from aiomend import Finding, Safety
from aiomend.api import MemorySources
from aiomend.engine import Project
from aiomend.settings import EVERYTHING, Selection, Settings

ONLY = Settings(select=Selection(frozenset({"AIO1001"})), unsafe=EVERYTHING)
RUN = "loop = asyncio.new_event_loop()\nloop.run_until_complete(job())\n"
GUARDED = 'if __name__ == "__main__":\n    loop = asyncio.new_event_loop()\n    loop.run_until_complete(job())\n'
JOB = "import asyncio\n\n\nasync def job():\n    print('job')\n\n\n"


def findings(code: str, path: str = "script.py", **others: str) -> list[Finding]:
    """Return the findings of one file; ``others`` are further files, by their module's name."""
    files = {path: (JOB + code).encode(), **{f"{name}.py": text.encode() for name, text in others.items()}}
    report = Project(MemorySources(files), lambda _: ONLY).run(accept=lambda _: False)
    return [finding for finding in report.findings if finding.path == path]


def safety(code: str, path: str = "script.py", **others: str) -> Safety:
    (finding,) = findings(code, path, **others)
    return finding.safety


def fixed(code: str) -> str:
    return aiomend.fix_source(JOB + code, settings=ONLY).text.removeprefix(JOB)


# ---- silent ---


def test_silent_in_a_module_whose_loop_another_takes() -> None:
    assert findings(RUN, other="from script import loop\nloop.call_soon(print)\n") == []
    assert findings(RUN, other="import script\nscript.loop.call_soon(print)\n") == []


def test_silent_for_the_current_loop_of_a_module_that_others_import() -> None:
    assert findings("asyncio.get_event_loop().run_until_complete(job())\n", other="import script\n") == []


def test_silent_for_a_function_that_is_handed_on() -> None:
    code = "def main():\n    loop = asyncio.get_event_loop()\n    loop.run_until_complete(job())\n\n\nrepeat(main)\n"

    assert findings(code) == []


def test_silent_for_a_function_that_is_called_in_a_loop() -> None:
    code = (
        "def once():\n    loop = asyncio.get_event_loop()\n    loop.run_until_complete(job())\n\n\n"
        "for _ in range(3):\n    once()\n"
    )

    assert findings(code) == []


def test_silent_for_a_function_where_the_module_runs_the_current_loop_itself() -> None:
    code = (
        "def stop():\n    asyncio.get_event_loop().run_until_complete(job())\n\n\n"
        "loop = asyncio.get_event_loop()\nloop.run_until_complete(job())\nstop()\n"
    )

    assert [finding.line for finding in findings(code)] == [12]


def test_a_run_without_a_name_belongs_to_the_name_that_the_current_loop_has() -> None:
    code = "loop = asyncio.get_event_loop()\nloop.run_until_complete(job())\nasyncio.get_event_loop().run_forever()\n"

    assert len(findings(code)) == 1


def test_silent_where_a_class_keeps_the_loop_under_the_same_name() -> None:
    assert findings("loop = asyncio.new_event_loop()\n\n\nclass Bot:\n    loop = loop\n\n\nloop.run_forever()\n") == []


def test_silent_for_the_current_loop_where_a_notebook_may_run_it() -> None:
    assert findings("import nest_asyncio\n\nasyncio.get_event_loop().run_until_complete(job())\n") == []


# ---- safe or not ---


@pytest.mark.parametrize("code", [RUN, GUARDED, RUN + "print('done')\n", RUN + "asyncio.set_event_loop(None)\n"])
def test_safe_where_a_script_ends_after_its_own_loop(code: str) -> None:
    assert safety(code) is Safety.SAFE


def test_safe_for_the_current_loop_of_a_script() -> None:
    assert safety(RUN.replace("new_event", "get_event")) is Safety.SAFE


def test_unsafe_in_a_function() -> None:
    (finding,) = findings("def start():\n    loop = asyncio.new_event_loop()\n    loop.run_until_complete(job())\n")

    assert finding.safety is Safety.UNSAFE
    assert finding.reason == "callers of start() may want the loop later"


def test_unsafe_at_the_level_of_a_module_that_others_import() -> None:
    assert safety(RUN, other="import script\n") is Safety.UNSAFE


def test_unsafe_at_the_level_of_a_module_of_a_package() -> None:
    assert safety(RUN, "pkg/script.py", **{"pkg/__init__": ""}) is Safety.UNSAFE
    assert safety(GUARDED, "pkg/script.py", **{"pkg/__init__": ""}) is Safety.SAFE
    assert safety(RUN, "pkg/__main__.py", **{"pkg/__init__": ""}) is Safety.SAFE


def test_unsafe_where_unknown_code_runs_behind_it() -> None:
    assert safety(RUN + "report()\n") is Safety.UNSAFE


def test_unsafe_where_a_cleanup_at_exit_runs_the_current_loop() -> None:
    cleanup = (
        "import atexit\n\n@atexit.register\ndef stop():\n    asyncio.get_event_loop().run_until_complete(job())\n\n"
    )
    current = "loop = asyncio.new_event_loop()\nasyncio.set_event_loop(loop)\nloop.run_until_complete(job())\n"
    assert safety(cleanup + current) is Safety.UNSAFE
    assert safety(current) is Safety.SAFE


def test_unsafe_where_a_plain_function_uses_the_loop() -> None:
    wake = "def wake():\n    loop.call_soon_threadsafe(print)\n\n\n"

    assert safety(wake + RUN) is Safety.UNSAFE
    assert safety("async " + wake + RUN) is Safety.SAFE


# ---- for a person ---


def test_manual_where_the_close_is_on_some_paths_only() -> None:
    code = RUN + "if loop.is_running():\n    print('odd')\nelse:\n    loop.close()\n"
    (finding,) = findings(code)

    assert finding.safety is Safety.MANUAL
    assert finding.reason == "an exception goes round its `close()`; one `finally` around all runs should hold it"
    assert fixed(code) == code


def test_manual_where_the_name_is_bound_again() -> None:
    (finding,) = findings(RUN + RUN)

    assert finding.safety is Safety.MANUAL
    assert finding.reason == "`loop` is bound again between its runs"


# ---- what is said, and where the close goes ---


def test_the_message_names_the_loop_and_what_will_be_done() -> None:
    (never,) = findings("worker = asyncio.new_event_loop()\nworker.run_until_complete(job())\n")
    (late,) = findings(RUN + "loop.close()\n")

    assert never.message == (
        "`worker` is run and never closed: `worker.close()` in a `finally` does it whatever happens"
    )
    assert late.message == "`loop` stays open when a run raises: `loop.close()` belongs into a `finally`"


def test_what_needs_the_loop_open_stays_in_front_of_the_close() -> None:
    code = (
        "loop = asyncio.new_event_loop()\n"
        "client = loop.run_until_complete(job())\n"
        "print('leaving')\n"
        "client.disconnect()\n"
        "print('left')\n"
    )

    assert fixed(code) == (
        "loop = asyncio.new_event_loop()\n"
        "try:\n"
        "    client = loop.run_until_complete(job())\n"
        "    print('leaving')\n"
        "    client.disconnect()\n"
        "finally:\n"
        "    loop.close()\n"
        "print('left')\n"
    )


def test_the_condition_of_a_close_moves_with_it() -> None:
    code = RUN + "if not loop.is_closed():\n    loop.close()\n"

    assert "finally:\n    if not loop.is_closed():\n        loop.close()\n" in fixed(code)


def test_another_name_where_loop_is_taken() -> None:
    code = 'loop = 3\n\nif __name__ == "__main__":\n    asyncio.get_event_loop().run_forever()\n'

    assert "    event_loop = asyncio.get_event_loop()\n    try:\n        event_loop.run_forever()\n" in fixed(code)
