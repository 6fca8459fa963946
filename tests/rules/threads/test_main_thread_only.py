"""AIO304: signal handlers of other threads."""

from __future__ import annotations

import pytest

from aiomend import Settings, check_source
from aiomend.settings import Selection

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
