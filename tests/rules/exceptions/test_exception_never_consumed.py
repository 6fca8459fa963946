"""AIO701: who may ask for a task's exception, and what the finding says."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from typing import Any

import pytest

from aiomend import Finding, Project, Safety, Settings, check_source, fix_source
from aiomend.api import MemorySources
from aiomend.settings import EVERYTHING, Selection, TargetRange

ONLY = Selection(frozenset({"AIO701"}))

PULSE = """
import asyncio
import threading

class Pulse:
    def start(self):
        self._beating = asyncio.ensure_future(self.beat())

    async def beat(self):
        await asyncio.sleep(1)
        self.pump()

    def other(self):
        {use}
"""


def check(code: str, path: str = "app.py", **options: Any) -> tuple[Finding, ...]:
    return check_source(textwrap.dedent(code), path=path, settings=Settings(select=ONLY, **options))


@pytest.mark.parametrize(
    "use",
    [
        "return self._beating",
        "return [self._beating]",
        "self.wait(self._beating)",
        "self._beating.add_done_callback(self.finished)",
        "print(self._beating.exception())",
        "print(self._beating.result())",
        "task = self._beating",
        "return self._beating or None",
        "return getattr(self, '_beating')",
        "cancel = self._beating.cancel",
        "with self._beating: pass",
    ],
)
def test_whatever_may_ask_for_the_exception_keeps_the_rule_silent(use: str) -> None:
    assert check(PULSE.format(use=use)) == ()


@pytest.mark.parametrize(
    "use",
    [
        "self._beating.cancel()",
        "if self._beating: self._beating.cancel()",
        "if self._beating is not None and not self._beating.done(): self._beating.cancel()",
        "self._beating = None",
        "del self._beating",
        "return 1 if self._beating else 2",
    ],
)
def test_cancelling_and_looking_whether_it_is_there_asks_for_nothing(use: str) -> None:
    (finding,) = check(PULSE.format(use=use))

    assert (finding.safety.label, finding.line) == ("safe", 7)
    assert finding.message == (
        "`self._beating` keeps the task of `asyncio.ensure_future()`, but nothing asks for its exception, which stays "
        "unseen as long as the task is kept; `_report_exception()` reports it when the task is done"
    )


def test_a_file_that_cannot_be_read_may_ask_for_anything() -> None:
    files = {"app.py": PULSE.format(use="pass").encode(), "broken.py": b"self._beating.result(\n"}
    report = Project(MemorySources(files), lambda _: Settings(select=ONLY)).run()

    assert report.findings == ()


def test_tests_look_at_what_they_want_to_see() -> None:
    assert check(PULSE.format(use="pass"), "tests/test_pulse.py") == ()


def test_a_task_of_another_thread_is_a_trap_of_its_own() -> None:
    use = "threading.Thread(target=self.start).start()"

    assert check(PULSE.format(use=use)) == ()


def test_a_task_of_two_threads_is_for_a_person() -> None:
    (finding,) = check(PULSE.format(use="self.pool.submit(self.start); self.start()"))

    assert finding.safety.label == "manual"
    assert finding.reason is not None
    assert "in another thread" in finding.reason


@pytest.mark.parametrize(
    "body",
    [
        "try: self.pump()\n        except Exception: print('stopped')",
        "while True:\n            try: self.pump()\n            except: pass\n            await asyncio.sleep(1)",
        "'''Beat.'''\n        self.on = True\n        try: self.pump()\n        except (OSError, Exception) as e: print(e)",
    ],
)
def test_a_coroutine_that_handles_everything_leaves_nothing_to_report(body: str) -> None:
    code = PULSE.format(use="pass").replace("await asyncio.sleep(1)\n        self.pump()", body)

    assert check(code) == ()


@pytest.mark.parametrize(
    "body",
    [
        "try: self.pump()\n        except OSError: pass",
        "try: self.pump()\n        except Exception: raise",
        "self.pump()\n        try: pass\n        except Exception: pass",
    ],
)
def test_a_coroutine_that_handles_some_errors_may_still_fail(body: str) -> None:
    code = PULSE.format(use="pass").replace("await asyncio.sleep(1)\n        self.pump()", body)

    assert len(check(code)) == 1


# ---- the run of a program ---

ALARM = """
import asyncio

async def ring():
    await asyncio.sleep(0)
    {does}

{gets}
{makes}
loop.run_forever()
loop.close()
"""


def alarm(
    does: str = "raise OSError",
    gets: str = "loop = asyncio.get_event_loop()",
    makes: str = "asyncio.ensure_future(ring())",
) -> str:
    return ALARM.format(does=does, gets=gets, makes=makes)


@pytest.mark.parametrize(
    "does",
    [
        "asyncio.ensure_future(asyncio.sleep(1))",
        "asyncio.get_event_loop().call_soon(print)",
        "await asyncio.gather(asyncio.sleep(1), ring())",
        "await asyncio.start_server(print, port=8080)",
        "loop.stop()",
        "getattr(asyncio, 'create_task')(asyncio.sleep(1))",
        "exec('import this')",
        "print(key=ring)",
        "asyncio.current_task().cancel()",
        "await something.unknown()",
        "asyncio.get_event_loop().run_in_executor(None, print)",
        "await asyncio.get_event_loop().run_in_executor(None, lambda: something.unknown())",
    ],
)
def test_a_loop_that_may_have_more_to_run_for_runs_on(does: str) -> None:
    assert check(alarm(does), consume="run") == ()


@pytest.mark.parametrize(
    ("gets", "makes"),
    [
        ("loop = asyncio.new_event_loop()", "asyncio.ensure_future(ring())"),
        ("loop = asyncio.get_event_loop()", "asyncio.ensure_future(ring(), loop=asyncio.new_event_loop())"),
        ("loop = asyncio.get_event_loop()", "asyncio.set_event_loop(None); asyncio.ensure_future(ring())"),
        ("loop = asyncio.get_event_loop()", "if loop.is_running(): loop.create_task(ring())"),
        ("loop = asyncio.get_event_loop()", "print(loop.create_task(ring()))"),
        ("loop = asyncio.get_event_loop()", "task = loop.create_task(ring()); task.add_done_callback(print)"),
    ],
)
def test_a_task_that_may_be_of_another_loop_or_in_other_hands_is_not_run(gets: str, makes: str) -> None:
    assert check(alarm(gets=gets, makes=makes), consume="run") == ()


def test_the_other_forms_leave_the_run_of_a_program_alone() -> None:
    assert check(alarm()) == check(alarm(), consume="chain") == ()


def test_the_run_of_a_module_that_another_one_imports_is_left_alone() -> None:
    files = {"app.py": alarm().encode(), "other.py": b"import app\n"}
    assert Project(MemorySources(files), lambda _: Settings(select=ONLY, consume="run")).run().findings == ()


@pytest.mark.parametrize(
    "does",
    [
        "raise OSError",
        "print('ding')",
        "[].append(1)",
        "await ring()",
        "await asyncio.to_thread(lambda: print('ding'))",
        "await asyncio.get_event_loop().run_in_executor(None, print, 'ding')",
    ],
)
def test_the_program_runs_until_its_only_task_is_done(does: str) -> None:
    (finding,) = check(alarm(does), consume="run")

    assert (finding.safety.label, finding.code) == ("unsafe", "AIO701")
    assert finding.message == (
        "`loop` only runs for the task of `asyncio.ensure_future()`, whose exception nothing asks for; "
        "`loop.run_until_complete(task)` under `except Exception` reports it"
    )


@pytest.mark.parametrize("end", ["loop.run_forever()", "loop.run_forever()\nloop.close()"])
@pytest.mark.parametrize("target", ["3.6-3.13", "3.9-3.13"])
def test_the_safe_fixes_come_to_the_same_when_the_others_follow(target: str, end: str) -> None:
    text = alarm().replace("loop.run_forever()\nloop.close()", end)
    careful = Settings(consume="run", target=TargetRange.parse(target))
    bold = replace(careful, unsafe=EVERYTHING)
    at_once = fix_source(text, settings=bold)

    assert "loop.run_until_complete(task)" in at_once.text
    assert fix_source(fix_source(text, settings=careful).text, settings=bold).text == at_once.text
    assert fix_source(at_once.text, settings=bold).text == at_once.text
    assert check_source(at_once.text, settings=bold) == ()


def test_only_where_the_run_waits_for_a_task_it_is_not_held_by_a_helper() -> None:
    text = alarm(makes="asyncio.ensure_future(ring()); loop.call_later(1, print)")
    fixed = fix_source(text, settings=Settings(consume="run"))

    assert "_keep_task(asyncio.ensure_future(ring()))" in fixed.text
    assert "_keep_task" not in fix_source(alarm(), settings=Settings(consume="run")).text


# ---- what may give no task ---


@pytest.mark.parametrize(
    "patched",
    [
        pytest.param("patch('work.asyncio.create_future')", id="another-function"),
        pytest.param("monkeypatch.setattr(asyncio, 'ensure_futures', fake)", id="a-longer-name"),
        pytest.param("asyncio.ensure_future == fake", id="it-is-only-compared"),
    ],
)
def test_what_is_put_in_the_place_of_others_changes_nothing(patched: str) -> None:
    (finding,) = check(f"{PULSE.format(use='pass')}\n\ndef test_it(fake, monkeypatch):\n    {patched}\n")

    assert (finding.safety, finding.reason) == (Safety.SAFE, None)


@pytest.mark.parametrize(
    "patched",
    [
        "patch('work.asyncio.ensure_future')",
        "monkeypatch.setattr(asyncio, 'ensure_future', fake)",
        "asyncio.ensure_future = fake",
    ],
)
def test_unsafe_where_what_stands_in_for_the_function_may_give_no_task(patched: str) -> None:
    (finding,) = check(f"{PULSE.format(use='pass')}\n\ndef test_it(fake, monkeypatch):\n    {patched}\n")

    assert finding.safety is Safety.UNSAFE
    assert "in the place of `ensure_future`" in (finding.reason or "")


@pytest.mark.parametrize("patched", ["patch.object(self.loop, 'create_task')", "loop.create_task = fake"])
def test_unsafe_where_a_method_of_the_loop_is_replaced(patched: str) -> None:
    made = PULSE.replace("asyncio.ensure_future", "asyncio.get_event_loop().create_task").format(use="pass")
    (finding,) = check(f"{made}\n\ndef test_it(self, loop, fake):\n    {patched}\n")

    assert finding.safety is Safety.UNSAFE
    assert "in the place of `create_task`" in (finding.reason or "")


def test_unsafe_under_a_task_factory_that_may_make_something_else() -> None:
    (finding,) = check(f"{PULSE.format(use='pass')}\n\ndef main(loop, make):\n    loop.set_task_factory(make)\n")

    assert finding.safety is Safety.UNSAFE
    assert "sets a task factory" in (finding.reason or "")


def test_what_stands_in_for_the_function_gives_no_callback_to_add_to(monkeypatch: pytest.MonkeyPatch) -> None:
    text = fix_source(PULSE.format(use="pass"), settings=Settings(select=ONLY, unsafe=EVERYTHING)).text
    space: dict[str, Any] = {}
    exec(compile(text, "app.py", "exec"), space)
    monkeypatch.setattr(space["asyncio"], "ensure_future", lambda coroutine: coroutine.close())

    with pytest.raises(AttributeError, match="add_done_callback"):
        space["Pulse"]().start()
