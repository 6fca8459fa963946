"""AIO901: which level, which words, and what the helper does when it runs."""

from __future__ import annotations

import asyncio
import gc
import textwrap
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from aiomend import Finding, Project, Safety, Settings, check_source, fix_source
from aiomend.api import MemorySources
from aiomend.settings import EVERYTHING, Selection, Style, TargetRange

ONLY = Selection(frozenset({"AIO901"}))

STEP = """
import asyncio
import threading

async def step():
    await asyncio.sleep(1)
"""


def check(code: str, path: str = "app.py", **options: Any) -> tuple[Finding, ...]:
    return check_source(STEP + textwrap.dedent(code), path=path, settings=Settings(select=ONLY, **options))


def fixed(code: str, **options: Any) -> str:
    return fix_source(STEP + textwrap.dedent(code), settings=Settings(select=ONLY, **options)).text


# ---- left alone ---


@pytest.mark.parametrize("path", ["tests/app.py", "test_app.py", "conftest.py"])
def test_tests_drop_tasks_on_purpose(path: str) -> None:
    assert check("def start(): asyncio.ensure_future(step())", path) == ()


def test_a_package_of_the_project_with_the_name_is_not_asyncio() -> None:
    # no fixture on disk: there it would be the asyncio of the whole checkout
    files = {
        "app.py": b"import asyncio\n\n\ndef start(work):\n    asyncio.ensure_future(work)\n",
        "asyncio/__init__.py": b"def ensure_future(work):\n    return work()\n",
    }
    settings = Settings(select=ONLY)
    assert Project(MemorySources(files), lambda _: settings).run().findings == ()
    del files["asyncio/__init__.py"]
    assert Project(MemorySources(files), lambda _: settings).run().findings != ()


def test_a_chain_is_not_kept_even_where_the_rule_for_chains_is_off() -> None:
    code = """
        async def open_door(): await step()
        async def close_door(): await step()
        async def main():
            asyncio.ensure_future(open_door())
            asyncio.ensure_future(close_door())
            await asyncio.sleep(1)
        asyncio.run(main())
        """

    assert check(code) == ()
    assert check(code, ignore=Selection(frozenset({"AIO801"}))) == ()


def test_a_task_in_two_threads_is_for_a_person() -> None:
    (finding,) = check("""
        def work(loop):
            loop.create_task(step())
        def start(loop, pool):
            pool.submit(work, loop)
            work(loop)
        """)

    assert (finding.safety.label, finding.fix) == ("manual", None)
    assert finding.reason == "this code runs in the event loop and in another thread, where no task can be made safely"


# ---- found ---


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("asyncio.ensure_future(step())", "nothing refers to the task of `asyncio.ensure_future()`"),
        ("asyncio.gather(step(), step())", "nothing refers to the future of `asyncio.gather()`"),
        (
            "_ = loop.create_task(step())",
            "`_` keeps nothing, so that nothing refers to the task of `loop.create_task()`",
        ),
        ("job = asyncio.Task(step())", "`job` is never read, so that nothing refers to the task of `asyncio.Task()`"),
    ],
)
def test_the_message_names_what_was_seen_and_what_is_done(statement: str, message: str) -> None:
    (finding,) = check(f"def start(loop): {statement}")

    assert finding.message == (
        f"{message}, which may be destroyed while it is pending; `_keep_task()` holds it until it is done and reports "
        "its exception"
    )
    assert (finding.safety.label, finding.impact.label) == ("safe", "bug")


def test_a_free_name_is_found_for_each_helper() -> None:
    text = fixed("""
        def _keep_task(coroutine):
            return asyncio.ensure_future(coroutine)
        def start():
            asyncio.ensure_future(step())
        """)

    assert "    _keep_task_2(asyncio.ensure_future(step()))\n" in text
    assert "def _keep_task_2(task):" in text


def test_an_edited_helper_is_used_as_it_is() -> None:
    once = fixed("def start(): asyncio.ensure_future(step())\n").replace("exception in background task", "oh no")
    again = fix_source(f"{once}\ndef again(): asyncio.ensure_future(step())\n", settings=Settings(select=ONLY)).text

    assert again == f"{once}\ndef again(): _keep_task(asyncio.ensure_future(step()))\n"


def test_docstrings_keep_their_quotes_in_a_style_of_single_ones() -> None:
    text = fixed("def start(): asyncio.ensure_future(step())", style=Style(single_quotes=True))

    assert '"""Hold a task' in text
    assert "'message': 'exception in background task'," in text


@pytest.mark.parametrize(("target", "loop"), [("3.6-3.15", "asyncio.get_event_loop()"), ("3.7", "task.get_loop()")])
def test_the_loop_is_found_as_every_target_allows(target: str, loop: str) -> None:
    text = fixed("def start(): asyncio.ensure_future(step())", target=TargetRange.parse(target))

    assert f"        {loop}.call_exception_handler(\n" in text


def test_lines_that_are_aligned_with_the_call_move_with_it() -> None:
    text = fixed("""
        def start(loop):
            asyncio.ensure_future(asyncio.wait_for(step(),
                                                   3),
                                  loop=loop)
            loop.create_task(
                step())
        """)

    assert text.endswith(
        """
def start(loop):
    _keep_task(asyncio.ensure_future(asyncio.wait_for(step(),
                                                      3),
                                     loop=loop))
    _keep_task(loop.create_task(
        step()))
"""
    )


# ---- the helper at work ---


def helper(target: str) -> Callable[[asyncio.Task[Any]], asyncio.Task[Any]]:
    """Return the helper that a file gets."""
    settings = Settings(select=ONLY, target=TargetRange.parse(target), unsafe=EVERYTHING)
    names: dict[str, Any] = {}
    exec(fix_source(f"{STEP}\ndef start(): asyncio.ensure_future(step())\n", settings=settings).text, names)
    keep: Callable[[asyncio.Task[Any]], asyncio.Task[Any]] = names["_keep_task"]
    return keep


async def outcome(target: str, start: Callable[[], asyncio.Task[Any]]) -> list[dict[str, Any]]:
    """Return what the loop's exception handler heard of a task that the helper keeps, and nobody else."""
    heard: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: heard.append(context))
    helper(target)(start())
    for _ in range(5):
        gc.collect()
        await asyncio.sleep(0)
    return heard


async def fail() -> None:
    raise LookupError("gone")


async def succeed() -> None:
    await asyncio.sleep(0)


each_target = pytest.mark.parametrize("target", ["3.6", "3.8-3.15"])


@each_target
def test_a_task_that_succeeds_is_not_reported(target: str) -> None:
    assert asyncio.run(outcome(target, lambda: asyncio.ensure_future(succeed()))) == []


@each_target
def test_a_cancelled_task_is_not_reported(target: str) -> None:
    def cancelled() -> asyncio.Task[None]:
        task = asyncio.ensure_future(succeed())
        task.cancel()
        return task

    assert asyncio.run(outcome(target, cancelled)) == []


@each_target
def test_an_exception_is_reported_once_and_at_once(target: str) -> None:
    (context,) = asyncio.run(outcome(target, lambda: asyncio.ensure_future(fail())))

    assert context["message"] == "exception in background task"
    assert repr(context["exception"]) == "LookupError('gone')"
    assert isinstance(context["task"], asyncio.Task)


def test_a_waiting_task_lives_and_is_dropped_when_it_is_done() -> None:
    async def main() -> None:
        sounds: weakref.WeakSet[asyncio.Future[None]] = weakref.WeakSet()

        async def listen() -> None:
            sound = asyncio.get_running_loop().create_future()
            sounds.add(sound)
            await sound

        keep = helper("3.8")
        task = weakref.ref(keep(asyncio.ensure_future(listen())))
        await asyncio.sleep(0)
        gc.collect()
        assert task() is not None
        for sound in list(sounds):
            sound.set_result(None)
        del sound
        for _ in range(3):
            await asyncio.sleep(0)
        gc.collect()
        assert task() is None

    asyncio.run(main())


# ---- task factories ---

DROPPED = """
def make(loop, coro, **options):
    return asyncio.Task(coro, loop=loop)

def wrap(loop, coro):
    return Wrapped(coro)

async def main(loop):
    loop.set_task_factory({factory})
    asyncio.ensure_future(step())
"""


@pytest.mark.parametrize("factory", ["None", "make", "asyncio.eager_task_factory"])
def test_a_factory_that_makes_tasks_of_asyncio_changes_nothing(factory: str) -> None:
    (finding,) = check(DROPPED.format(factory=factory))

    assert finding.safety is Safety.SAFE


@pytest.mark.parametrize("factory", ["wrap", "unknown", "lambda loop, coro: Wrapped(coro)"])
def test_what_another_factory_makes_may_have_no_callbacks(factory: str) -> None:
    (finding,) = check(DROPPED.format(factory=factory))

    assert finding.safety is Safety.UNSAFE
    assert (finding.reason or "").startswith("app.py:15 sets a task factory")


# ---- what tests put in the place of a function ---


@pytest.mark.parametrize("patched", ["create_future", "ensure_futures"])
def test_what_is_put_in_the_place_of_others_changes_nothing(patched: str) -> None:
    text = f'PATCHED = "work.asyncio.{patched}"\n\nasync def main():\n    asyncio.ensure_future(step())\n'
    (finding,) = check(text)

    assert finding.safety is Safety.SAFE


def test_what_stands_in_for_the_function_may_give_no_task() -> None:
    text = 'PATCHED = "work.asyncio.ensure_future"\n\nasync def main():\n    asyncio.ensure_future(step())\n'
    (finding,) = check(text)

    assert finding.safety is Safety.UNSAFE
    assert "in the place of `ensure_future`" in (finding.reason or "")
