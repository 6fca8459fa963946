"""AIO304: signal handlers of other threads."""

from __future__ import annotations

import dataclasses

import pytest

from aiomend import Settings, check_source
from aiomend.settings import Selection, TargetRange

ONLY = Settings(select=Selection(frozenset({"AIO304"})))

SERVER = """
import asyncio, signal, threading

def serve(loop):
    loop.add_signal_handler(signal.SIGTERM, loop.stop)

{use}
"""


@pytest.mark.parametrize(
    "use", ["serve(loop)", "pool.submit(serve, loop)", "serve(loop); threading.Thread(target=serve)"]
)
def test_what_the_main_thread_may_do_is_fine(use: str) -> None:
    assert check_source(SERVER.format(use=use), path="app.py", settings=ONLY) == ()


def test_another_thread_cannot_set_a_signal_handler() -> None:
    (finding,) = check_source(SERVER.format(use="threading.Thread(target=serve)"), path="app.py", settings=ONLY)

    assert (finding.safety.label, finding.reason) == ("manual", "the main thread has to set the handler")
    assert finding.message == (
        "`loop.add_signal_handler()` runs in another thread than the main one, where it raises RuntimeError"
    )
    assert [one.line for one in finding.evidence] == [7]


CHILD = """
import asyncio, threading

async def build():
    await asyncio.create_subprocess_exec("make")

def work(loop):
    {run}

{use}
"""
RUN = "loop.run_until_complete(build())"
THREAD = "threading.Thread(target=work)"


@pytest.mark.parametrize(
    ("run", "use", "target"),
    [
        pytest.param(RUN, THREAD, "3.8-3.13", id="the-child-watcher-has-threads-of-its-own-by-then"),
        pytest.param(RUN, "work(loop)", "3.6-3.9", id="the-main-thread-runs-it"),
        pytest.param(RUN, f"{THREAD}; work(loop)", "3.6-3.9", id="the-main-thread-may-run-it"),
        pytest.param(RUN, f"asyncio.get_child_watcher(); {THREAD}", "3.6-3.9", id="there-is-a-child-watcher"),
        pytest.param(RUN, f"asyncio.create_subprocess_shell('ls'); {THREAD}", "3.6-3.9", id="another-child-made-it"),
        pytest.param("loop.run_until_complete(asyncio.sleep(1))", THREAD, "3.6-3.9", id="no-child"),
        pytest.param("loop.run_until_complete(other())", THREAD, "3.6-3.9", id="nobody-knows-what-it-runs"),
        pytest.param("loop.call_soon_threadsafe(build)", THREAD, "3.6-3.9", id="the-loop-runs-elsewhere"),
    ],
)
def test_a_child_that_may_begin_is_fine(run: str, use: str, target: str) -> None:
    settings = dataclasses.replace(ONLY, target=TargetRange.parse(target))

    assert check_source(CHILD.format(run=run, use=use), path="app.py", settings=settings) == ()


@pytest.mark.parametrize(
    ("run", "target"),
    [
        pytest.param(RUN, "3.6-3.9", id="run-until-complete"),
        pytest.param("asyncio.run(build())", "3.7-3.9", id="run"),
        pytest.param("loop.run_until_complete(asyncio.create_subprocess_shell('ls'))", "3.7", id="at-once"),
    ],
)
def test_the_loop_of_another_thread_begins_no_child(run: str, target: str) -> None:
    text = CHILD.format(run=run, use=THREAD)
    if "build" not in run:
        text = text.replace('await asyncio.create_subprocess_exec("make")', "pass")
    settings = dataclasses.replace(ONLY, target=TargetRange.parse(target))

    (finding,) = check_source(text, path="app.py", settings=settings)

    assert finding.safety.label == "manual"
    assert "runs a loop in another thread than the main one" in finding.message
    assert "get_child_watcher" in (finding.reason or "")
    assert finding.evidence[-1].note == "here the child process begins"
