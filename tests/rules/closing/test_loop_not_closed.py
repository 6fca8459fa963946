"""AIO1001: how far each fix may be trusted, what is said, and what is left to a person."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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


def test_silent_where_a_test_in_the_turns_asks_whether_it_is_closed() -> None:
    code = "loop = asyncio.new_event_loop()\nwhile not loop.is_closed():\n    loop.run_forever()\n"

    assert findings(code) == []
    assert len(findings(code.replace("loop.is_closed()", "loop.is_running()"))) == 1


def test_a_question_that_guards_the_own_close_closes_nothing_elsewhere() -> None:
    code = (
        "for _ in range(2):\n    loop = asyncio.new_event_loop()\n    loop.run_until_complete(job())\n"
        "    if not loop.is_closed():\n        loop.close()\n"
    )

    assert len(findings(code)) == 1
    assert len(findings(code.replace("for _ in range(2)", "while input()"))) == 1


@pytest.mark.parametrize(
    "end", ["return fut.get_loop()", "kept = fut.get_loop()\n    return kept", "use(fut.get_loop())"]
)
def test_silent_where_a_future_gives_the_loop_away(end: str) -> None:
    code = "def f():\n    loop = asyncio.new_event_loop()\n    fut = loop.create_future()\n    loop.run_until_complete(job())\n"

    assert findings(f"{code}    {end}\n") == []
    assert len(findings(code + "    print(fut.get_loop() is loop)\n")) == 1


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


FOREVER = "loop = asyncio.new_event_loop()\nloop.create_task(job())\n{}loop.run_forever()\n"


@pytest.mark.parametrize(
    "stop", ["loop.call_later(1, loop.stop)\n", "import signal\nloop.add_signal_handler(signal.SIGTERM, loop.stop)\n"]
)
def test_safe_where_the_script_stops_its_loop(stop: str) -> None:
    assert safety(FOREVER.format(stop)) is Safety.SAFE


def test_safe_where_a_loop_that_nothing_stops_is_closed_today() -> None:
    assert safety(FOREVER.format("") + "loop.close()\n") is Safety.SAFE


@pytest.mark.parametrize("stop", ["", "bot.stop()\n"])
def test_unsafe_where_only_an_exception_ends_the_run(stop: str) -> None:
    (finding,) = findings(FOREVER.format(stop))

    assert finding.safety is Safety.UNSAFE
    assert finding.reason == (
        "only an exception ends `run_forever()`, and a task that waits in a queue then complains of the closed loop"
    )


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


@pytest.mark.parametrize(
    "end",
    [
        "client.report()\n",
        "from client import report\n",
        "__import__('client')\n",
        "import atexit\natexit.register(job)\n",
    ],
)
def test_unsafe_where_code_outside_the_standard_library_runs_behind_it(end: str) -> None:
    assert safety("import client\n\n" + RUN + end) is Safety.UNSAFE


@pytest.mark.parametrize("end", ["log.info('end')\n", "sys.exit(0)\n", "print(len('end'))\n", "import json\n"])
def test_safe_where_only_the_standard_library_runs_behind_it(end: str) -> None:
    assert safety("import logging, sys\n\nlog = logging.getLogger('a')\n" + RUN + end) is Safety.SAFE


def test_unsafe_where_a_function_of_the_project_is_handed_on_behind_it() -> None:
    key = "def key(one):\n    return -one\n\n\n"

    assert safety(key + RUN + "print(sorted([1, 2], key=key))\n") is Safety.UNSAFE
    assert safety(key + RUN + "print(sorted([1, 2], key=lambda one: -one))\n") is Safety.UNSAFE


STRAIGHT = "def start(early):\n    loop = asyncio.new_event_loop()\n    loop.run_until_complete(job())\n"


@pytest.mark.parametrize(
    "end",
    [
        "",
        "    if early:\n        return\n    loop.close()\n",
        "    if early:\n        loop.close()\n",
        "    if not loop.is_closed():\n        loop.close()\n",
    ],
)
def test_unsafe_in_a_function_that_leaves_its_loop_open_on_some_path_without_an_exception(end: str) -> None:
    assert all(finding.safety < Safety.SAFE for finding in findings(STRAIGHT + end))


def test_safe_in_a_function_that_closes_its_loop_unless_a_run_raises() -> None:
    assert safety(STRAIGHT + "    loop.close()\n") is Safety.SAFE
    assert safety(STRAIGHT + "    print('ran')\n    loop.close()\n") is Safety.SAFE


def test_unsafe_where_the_close_would_overtake_a_call_of_the_project() -> None:
    code = (
        "def start():\n    loop = asyncio.new_event_loop()\n    try:\n        loop.run_until_complete(job())\n"
        "    except ValueError:\n        print('odd')\n    report()\n    loop.close()\n"
    )

    assert safety(code) is Safety.UNSAFE
    assert safety(code.replace("report()", "print('ran')")) is Safety.SAFE


# ---- for a person ---


FINALIZER = (
    "class Transport:\n    def close(self):\n        {close}\n\n    def __del__(self):\n        {end}\n\n\n"
    "def ask(loop):\n    return not loop.is_closed()\n"
)


@pytest.mark.parametrize(
    ("close", "end"),
    [
        ("self.socket.close()", "self.close()"),
        ("self.loop.call_soon(print)", "print('gone')"),
        ("self.loop.is_closed() or self.loop.call_soon(print)", "self.close()"),
        ("self.handle.cancel()", "self.close()"),
        ("self.loop.call_soon(print)", "try: self.close()\n        except RuntimeError: pass"),
    ],
)
def test_safe_where_a_finalizer_needs_no_open_loop(close: str, end: str) -> None:
    assert safety(RUN, transport=FINALIZER.format(close=close, end=end)) is Safety.SAFE


def test_safe_where_only_a_test_has_such_a_finalizer() -> None:
    text = FINALIZER.format(close="self.loop.call_soon(print)", end="self.close()")

    assert safety(RUN, **{"tests/test_transport": text}) is Safety.SAFE


@pytest.mark.parametrize(
    ("close", "call"),
    [
        ("self.loop.call_soon(print)", "call_soon"),
        ("self.loop.call_later(1, print)", "call_later"),
        ("self.loop.create_task(job())", "create_task"),
        ("self._task.cancel()", "cancel"),
    ],
)
def test_manual_where_a_finalizer_of_the_project_wants_the_loop(close: str, call: str) -> None:
    (finding,) = findings(RUN, transport=FINALIZER.format(close=close, end="self.close()"))

    assert finding.safety is Safety.MANUAL
    assert finding.reason == (
        f"`Transport.__del__` calls {call}(): run behind `close()`, it prints `Event loop is closed`;"
        " end what it finalizes first"
    )
    assert [(one.path, one.line) for one in finding.evidence] == [("transport.py", 3)]


def test_a_finalizer_changes_nothing_where_the_loop_is_closed_today() -> None:
    text = FINALIZER.format(close="self.loop.call_soon(print)", end="self.close()")

    assert safety(RUN + "loop.close()\n", transport=text) is Safety.SAFE


CURRENT = (
    "def start():\n    loop = asyncio.new_event_loop()\n    asyncio.set_event_loop(loop)\n"
    "    loop.run_until_complete(job())\n\n\n"
)
AGAIN = "asyncio.get_event_loop().run_until_complete(job())\n"


@pytest.mark.parametrize(
    ("again", "who"),
    [(f"def again():\n    {AGAIN}", "again()"), (f"start()\n{AGAIN}", "the module's own level")],
)
def test_manual_where_another_place_of_the_module_runs_the_loop_made_current(again: str, who: str) -> None:
    found = {finding.line: finding for finding in findings(CURRENT + again)}[9]

    assert found.safety is Safety.MANUAL
    assert found.reason == f"{who} runs the current loop, which would be closed"


@pytest.mark.parametrize(
    "code",
    [
        CURRENT.replace("    asyncio.set_event_loop(loop)\n", "") + f"def again():\n    {AGAIN}",
        CURRENT + f"async def again():\n    {AGAIN}",
        CURRENT + f"def again():\n    asyncio.set_event_loop(asyncio.new_event_loop())\n    {AGAIN}",
        CURRENT.rstrip() + "\n    asyncio.set_event_loop(other)\n\n\n" + f"def again():\n    {AGAIN}",
        CURRENT + "import threading\nthreading.Thread(target=start).start()\n\n" + f"def again():\n    {AGAIN}",
    ],
)
def test_not_manual_where_the_other_place_has_a_loop_of_its_own(code: str) -> None:
    assert {finding.line: finding.safety for finding in findings(code)}[9] is Safety.UNSAFE


# ---- what gets the loop and is never ended ---

BOT = """
class Bot:
    def __init__(self, loop):
        self.queue = asyncio.Queue()
        self.sending = loop.create_task(self.send())

    async def send(self):
        while True:
            print(await self.queue.get())

    def stop(self):
        self.sending.cancel()


def main():
    loop = asyncio.get_event_loop()
"""
END = '\n\nif __name__ == "__main__":\n    main()\n'


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("    bot = Bot(loop)\n    loop.run_forever()\n", id="a-name"),
        pytest.param("    Bot(loop=loop)\n    loop.run_until_complete(job())\n", id="no-name"),
        pytest.param("    config = {'loop': loop}\n    bot = Bot(**config)\n    loop.run_forever()\n", id="a-table"),
        pytest.param(
            "    bots = [Bot(loop) for _ in range(3)]\n    loop.run_forever()\n    print('done')\n", id="many"
        ),
        pytest.param("    bot = library.Bot(loop)\n    loop.run_forever()\n", id="what-nobody-can-read"),
    ],
)
def test_manual_where_nothing_ends_what_gets_the_loop(body: str) -> None:
    (finding,) = findings(BOT + body + END)

    assert finding.safety is Safety.MANUAL
    assert finding.reason is not None
    assert finding.reason.startswith("nothing ends what gets the loop: a task of it that waits in a queue")
    assert [one.note.endswith("Bot()` gets the loop") for one in finding.evidence] == [True]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("    bot = Bot(loop)\n    loop.run_until_complete(bot.send())\n", id="waited-for"),
        pytest.param(
            "    bot = Bot(loop)\n    sending = bot.send()\n    loop.run_until_complete(sending)\n", id="by-a-name"
        ),
        pytest.param("    bot = Bot(loop)\n    loop.run_forever()\n    bot.stop()\n", id="ended-behind"),
        pytest.param(
            "    bot = Bot(loop)\n    try:\n        loop.run_forever()\n    finally:\n        tidy(bot)\n",
            id="something-is-done-behind",
        ),
        pytest.param(
            "    bot = Bot(loop)\n    loop.call_later(1, bot.stop)\n    loop.run_forever()\n", id="ended-later"
        ),
        pytest.param("    loop.run_until_complete(job(loop))\n    loop.run_forever()\n", id="a-coroutine-gets-it"),
        pytest.param(
            "    future = asyncio.Future(loop=loop)\n    loop.run_until_complete(future)\n", id="asyncio-gets-it"
        ),
        pytest.param("    print(loop)\n    loop.run_until_complete(job())\n", id="it-is-only-looked-at"),
    ],
)
def test_not_manual_where_it_is_waited_for_or_ended(body: str) -> None:
    (finding,) = findings(BOT + body + END)

    assert finding.safety is Safety.UNSAFE


def test_not_manual_for_a_loop_of_its_own_which_is_dropped_with_its_tasks() -> None:
    code = BOT.replace("get_event_loop", "new_event_loop") + "    bot = Bot(loop)\n    loop.run_forever()\n" + END
    (finding,) = findings(code)

    assert finding.safety is Safety.UNSAFE


@pytest.mark.parametrize("closes", [True, False])
def test_what_waits_in_a_queue_complains_where_the_loop_is_closed(closes: bool, tmp_path: Path) -> None:
    setup = "    asyncio.set_event_loop(loop := asyncio.new_event_loop())\n    bot = Bot(loop)\n"
    run = "    try:\n        loop.run_until_complete(asyncio.sleep(0))\n"
    last = "    finally:\n        loop.close()\n" if closes else "    finally:\n        pass\n"
    quiet = "import logging\nlogging.getLogger('asyncio').disabled = True\n"
    program = tmp_path / "program.py"
    program.write_text(JOB + quiet + BOT.replace("    loop = asyncio.get_event_loop()\n", setup) + run + last + END)

    done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, check=True)

    assert ("Event loop is closed" in done.stderr) is closes


def test_the_paths_that_do_not_close_are_evidence() -> None:
    code = (
        "loop = asyncio.new_event_loop()\n"
        "try:\n    loop.run_until_complete(job())\nexcept BaseException:\n    loop.close()\n    raise\n"
        "try:\n    loop.run_forever()\n"
        "except KeyboardInterrupt:\n    loop.run_until_complete(job())\n    loop.close()\n"
        "except ValueError:\n    print('odd')\n"
    )
    (finding,) = findings(code)

    assert finding.safety is Safety.MANUAL
    assert [(one.line, one.note) for one in finding.evidence] == [
        (15, "an exception that no handler here names closes nothing"),
        (15, "nothing closes the loop where this run ends without an exception"),
        (17, "an exception of this run closes nothing"),
        (19, "this handler does not close the loop"),
    ]


def test_no_evidence_for_paths_where_every_handler_and_the_end_close() -> None:
    code = (
        "loop = asyncio.new_event_loop()\n"
        "try:\n    loop.run_until_complete(job())\nexcept BaseException:\n    loop.close()\n    raise\n"
        "print(loop.close())\n"
    )
    (finding,) = findings(code)

    assert (finding.safety, finding.evidence) == (Safety.MANUAL, ())


# ---- what is said, and where the close goes ---


def test_the_message_names_the_loop_and_what_will_be_done() -> None:
    (never,) = findings("worker = asyncio.new_event_loop()\nworker.run_until_complete(job())\n")
    (late,) = findings(RUN + "loop.close()\n")

    assert never.message == (
        "`worker` is run and never closed: `worker.close()` in a `finally` does it whatever happens"
    )
    assert late.message == "`loop` stays open when a run raises: `loop.close()` belongs into a `finally`"


def test_the_message_promises_no_more_than_the_finally_that_is_there() -> None:
    (finding,) = findings(
        "loop = asyncio.new_event_loop()\ntry:\n    loop.run_forever()\nfinally:\n    loop.run_until_complete(job())\n"
    )

    assert finding.message == (
        "`loop` is run and never closed: `loop.close()` goes to the end of the `finally` that is there"
    )


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
