"""How each helper is written in a module: for its versions, with or without annotations, and whether it is there already."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace

import pytest

from aiomend.api import MemorySources
from aiomend.facts.inference import Inference
from aiomend.facts.project import ProjectFacts
from aiomend.facts.scopes import FUNCTIONS
from aiomend.facts.threads import Threads
from aiomend.facts.view import Home, Module
from aiomend.rewriting import task_helpers
from aiomend.rewriting.edits import Helper, Import
from aiomend.rewriting.helpers import Annotations, Placed, taken_names
from aiomend.settings import Settings, TargetRange


def _module(text: str, target: str = "3.8-3.13", guard: str = "done", home: Home | None = None) -> Module:
    inference = Inference(ProjectFacts(MemorySources({"a.py": text.encode()})))
    facts = inference.project.facts("a.py")
    assert facts is not None
    settings = replace(Settings(), target=TargetRange.parse(target), future_guard=guard)  # type: ignore[arg-type]
    return Module(facts, inference, Threads(inference), settings, find_home=lambda _: home)


def _code(placed: Placed) -> str:
    helpers = [one for one in placed.needs if isinstance(one, Helper)]
    return helpers[0].code


def _imports(placed: Placed) -> set[str]:
    helper = next(one for one in placed.needs if isinstance(one, Helper))
    return {f"{one.module}.{one.member}" if one.member else one.module for one in helper.imports}


TYPED = "from __future__ import annotations\nimport asyncio\nfrom typing import Any\n"


@pytest.mark.parametrize(
    ("text", "target", "lines"),
    [
        ("import asyncio\n", "3.7-3.13", ["tasks = asyncio.all_tasks(loop)"]),
        ("import asyncio\n", "3.6-3.8", ["tasks = [task for task in asyncio.Task.all_tasks(loop) if not task.done()]"]),
        ("import asyncio\n", "3.6-3.9", ['all_tasks = getattr(asyncio, "all_tasks", None) or asyncio.Task.all_tasks', "tasks = [task for task in all_tasks(loop) if not task.done()]"]),
        ("import asyncio as aio\n", "3.6-3.9", ['all_tasks = getattr(aio, "all_tasks", None) or aio.Task.all_tasks']),
        ("from asyncio import all_tasks\n", "3.6-3.9", ['all_tasks = getattr(asyncio, "all_tasks", None) or']),
        ("from asyncio import all_tasks\n", "3.7-3.9", ["tasks = all_tasks(loop)"]),
    ],
)  # fmt: skip
def test_which_tasks_a_stopped_loop_has_left(text: str, target: str, lines: list[str]) -> None:
    code = _code(task_helpers.cancelling_helper(_module(text, target)))
    assert all(line in code for line in lines)


@pytest.mark.parametrize(
    ("target", "getter", "raises"),
    [
        ("3.6-3.13", "get_event_loop", True),
        ("3.7-3.13", "get_running_loop", True),
        ("3.8-3.13", "get_running_loop", False),
    ],
)
def test_the_coroutine_that_handles_exceptions(target: str, getter: str, raises: bool) -> None:
    code = _code(task_helpers.handling_helper(_module("import asyncio\n", target)))
    assert f"asyncio.{getter}().call_exception_handler" in code
    assert ("    except asyncio.CancelledError:\n        raise\n    except Exception" in code) is raises


@pytest.mark.parametrize(
    ("target", "has"),
    [("3.6-3.13", "asyncio.get_event_loop().call"), ("3.7-3.13", "task.get_loop().call")],
)
def test_the_loop_of_a_task(target: str, has: str) -> None:
    helpers = task_helpers.task_helpers(_module("import asyncio\n", target))
    assert has in _code(Placed(helpers.report, helpers.report_needs))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (TYPED, "Task"),
        (f"{TYPED}asyncio.gather(x)\n", "Future"),
        (f"{TYPED}def f() -> None:\n    asyncio.gather(x)\n", "Future"),
    ],
)
def test_what_a_set_holds(text: str, kind: str) -> None:
    helpers = task_helpers.task_helpers(_module(text))
    code = _code(Placed(helpers.keep, helpers.keep_needs))
    assert f"_background_tasks: set[asyncio.{kind}[Any]] = set()" in code
    assert f"def _keep_task(task: asyncio.{kind}[Any]) -> asyncio.{kind}[Any]:" in code
    assert "task.add_done_callback(_report_exception)" in code
    assert "_held_tasks: set[asyncio.Future[Any]]" in _code(task_helpers.holding_helper(_module(text)))


def test_without_annotations() -> None:
    module = _module("import asyncio\ndef f(): pass\n")
    helpers = task_helpers.task_helpers(module)
    assert "_background_tasks = set()" in _code(Placed(helpers.keep, helpers.keep_needs))
    assert "def _report_exception(task):" in _code(Placed(helpers.report, helpers.report_needs))
    assert "def _log_exception(future):" in _code(task_helpers.logging_helper(module))
    assert "def _cancel_tasks(loop):" in _code(task_helpers.cancelling_helper(module))
    assert "async def _handle_exception(coroutine):" in _code(task_helpers.handling_helper(module))
    assert "def _set_result_unless_done(fut, result):" in _code(task_helpers.setting_helper(module, "set_result"))
    assert _imports(task_helpers.logging_helper(module)) == {"logging"}
    assert _imports(task_helpers.cancelling_helper(module)) == set()


def test_with_annotations() -> None:
    module = _module(TYPED)
    helpers = task_helpers.task_helpers(module)
    assert "(task: asyncio.Future[Any]) -> None:" in _code(Placed(helpers.report, helpers.report_needs))
    assert "(future: concurrent.futures.Future[Any]) -> None:" in _code(task_helpers.logging_helper(module))
    assert "(loop: asyncio.AbstractEventLoop) -> None:" in _code(task_helpers.cancelling_helper(module))
    assert "(coroutine: Awaitable[Any]) -> Any:" in _code(task_helpers.handling_helper(module))
    setting = _code(task_helpers.setting_helper(module, "set_exception"))
    assert "(fut: asyncio.Future[Any], exception: type[BaseException] | BaseException) -> None:" in setting
    assert _imports(task_helpers.logging_helper(module)) == {"logging", "concurrent.futures"}


@pytest.mark.parametrize(("setter", "value"), [("set_result", "result"), ("set_exception", "exception")])
@pytest.mark.parametrize("guard", ["done", "cancelled"])
def test_a_result_is_set_with_care(setter: str, value: str, guard: str) -> None:
    placed = task_helpers.setting_helper(_module("", guard=guard), setter)
    assert placed.name == f"_{setter}_unless_{guard}"
    assert f"    if not fut.{guard}():\n        fut.{setter}({value})\n" in _code(placed)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", False),
        ("import typing\n", False),
        ("from typing import List\n", False),
        ("from __future__ import division\n", False),
        ("from __future__ import annotations\n", True),
        ("from typing import Any\n", True),
        ("from typing import Any\ndef f(): pass\n", False),
        ("def f() -> int: pass\n", True),
        ("def f(x: int): pass\n", True),
        ("def f(*, x: int): pass\n", True),
        ("def f(x: int, /): pass\n", True),
        ("def f() -> int: pass\ndef g(): pass\n", True),
        ("def f() -> int: pass\ndef g(): pass\ndef h(): pass\n", False),
        ("class A:\n    def f(self) -> int: pass\n", True),
    ],
)
def test_whether_a_module_is_annotated(text: str, wanted: bool) -> None:
    assert Annotations(_module(text)).wanted is wanted


@pytest.mark.parametrize(
    ("text", "target", "set_"),
    [
        ("from __future__ import annotations\n", "3.7-3.13", "set[X]"),
        ("import asyncio\ndef f() -> int: pass\n", "3.9-3.13", "set[X]"),
        ("import asyncio\ndef f() -> int: pass\n", "3.8-3.13", "Set[X]"),
        ("def f() -> int: pass\nimport asyncio\n", "3.9-3.13", "Set[X]"),
        ("class A: pass\nfrom typing import Set\n", "3.9-3.13", "Set[X]"),
        ("x = 1\nimport asyncio\ndef f() -> int: pass\n", "3.9-3.13", "set[X]"),
        ("from typing import Set as S\ndef f() -> int: pass\n", "3.8-3.13", "S[X]"),
        ("import typing\ndef f() -> int: pass\n", "3.8-3.13", "typing.Set[X]"),
        ("Set = 1\ndef f() -> int: pass\n", "3.8-3.13", "typing.Set[X]"),
    ],
)
def test_the_type_of_a_set(text: str, target: str, set_: str) -> None:
    annotations = Annotations(_module(text, target))
    found, needs = annotations.set_of("X")
    assert found == set_
    assert (annotations.quoted("X") == '"X"') is (set_ != "set[X]")
    assert bool(needs) is (set_ != "set[X]")


@pytest.mark.parametrize(("target", "home"), [("3.9-3.13", "collections.abc"), ("3.8-3.13", "typing")])
def test_where_awaitable_comes_from(target: str, home: str) -> None:
    assert Annotations(_module("", target)).awaitable().module == home


# ---- is it there already? ---

GUARDED = "def {name}({parameters}):\n    if not fut.{guard}():\n        fut.{setter}(result)\n"


@pytest.mark.parametrize(
    ("name", "parameters", "guard", "setter", "is_there"),
    [
        ("_set_result_unless_done", "fut, result", "done", "set_result", True),
        ("set_result_unless_done", "fut, result", "done", "set_result", False),
        ("_other", "fut, result", "done", "set_result", False),
        ("_set_result_unless_done", "fut", "done", "set_result", False),
        ("_set_result_unless_done", "fut, result, more", "done", "set_result", False),
        ("_set_result_unless_done", "fut, result, *, more", "done", "set_result", False),
        ("_set_result_unless_done", "fut, result", "cancelled", "set_result", False),
        ("_set_result_unless_done", "fut, result", "done", "set_exception", False),
    ],
)
def test_a_helper_that_is_there_is_used(name: str, parameters: str, guard: str, setter: str, is_there: bool) -> None:
    text = GUARDED.format(name=name, parameters=parameters, guard=guard, setter=setter)
    placed = task_helpers.setting_helper(_module(text), "set_result")
    assert (placed.needs == ()) is is_there
    is_taken = name == "_set_result_unless_done" and not is_there
    assert placed.name == ("_set_result_unless_done_2" if is_taken else "_set_result_unless_done")


@pytest.mark.parametrize(
    ("text", "is_there"),
    [
        ("async def _handle_exception(c):\n    x.call_exception_handler(c)\n", True),
        ("def _handle_exception(c):\n    x.call_exception_handler(c)\n", False),
        ("async def _handle_exception(c):\n    x.call_exception_handler(c)\n    x.create_task(c)\n", False),
        ("async def _handle_exception(c):\n    x.call_exception_handler(c)\n    asyncio.ensure_future(c)\n", False),
        ("class A:\n    async def _handle_exception(c):\n        x.call_exception_handler(c)\n", False),
        ("_handle_exception = 1\nasync def _handle_exception(c):\n    x.call_exception_handler(c)\n", True),
    ],
)
def test_a_coroutine_function_that_is_there_is_used(text: str, is_there: bool) -> None:
    assert (task_helpers.handling_helper(_module(text)).needs == ()) is is_there


@pytest.mark.parametrize(
    ("text", "holds", "helpers"),
    [
        ("", False, 0),
        ("async def handle_exception(c):\n    x.call_exception_handler(c)\n", True, 1),
        ("async def _handle_exception(c):\n    x.call_exception_handler(c)\n", False, 1),
        ("async def _handle_exception_2(c):\n    x.call_exception_handler(c)\n", False, 1),
        ("async def handle_exception_x(c):\n    x.call_exception_handler(c)\n", False, 0),
        ("async def my_handle_exception(c):\n    x.call_exception_handler(c)\n", False, 0),
        ("def set_result_unless_cancelled(f, r):\n    if not f.cancelled(): f.set_result(r)\n", True, 1),
        ("def cancel_tasks(loop):\n    loop.run_until_complete(x)\n    y.cancel()\n", True, 1),
        ("def cancel_tasks(loop):\n    y.cancel()\n", False, 0),
    ],
)
def test_which_functions_are_helpers(text: str, holds: bool, helpers: int) -> None:
    facts = _module(text).facts
    assert task_helpers.holds_helpers(facts) is holds
    found = [one for one in ast.walk(facts.tree) if isinstance(one, FUNCTIONS) and task_helpers.is_helper(one)]
    assert len(found) == helpers


@pytest.mark.parametrize("text", ["_log_exception = 1\n", "def f(_log_exception): pass\n", "print(_log_exception)\n"])
def test_a_name_that_is_taken_gets_a_number(text: str) -> None:
    module = _module(text)
    assert "_log_exception" in taken_names(module.facts)
    assert task_helpers.logging_helper(module).name == "_log_exception_2"


# ---- modules that several files share ---


def _placed(text: str, shared: str, *, is_open: bool = True, is_private: bool = True) -> Placed:
    there = _module(shared)
    there.facts.name = "p.shared"
    there.path = "p/shared.py"
    home = Home(there, ".shared", is_open, is_private)
    find: Callable[[Module], Placed] = task_helpers.logging_helper
    return find(_module(text, home=home))


LOGGING = "def log_exception(f):\n    if not f.cancelled(): x.error(f.exception())\n"


def test_a_helper_goes_into_the_shared_module() -> None:
    placed = _placed("", "")
    assert placed.name == "_log_exception"
    taken, helper = placed.needs
    assert taken == Import(".shared", "log_exception", "_log_exception")
    assert isinstance(helper, Helper)
    assert (helper.name, helper.home is not None) == ("log_exception", True)


def test_a_public_one_keeps_its_name() -> None:
    assert _placed("", LOGGING, is_private=False) == Placed(
        "log_exception", (Import(".shared", "log_exception", None),)
    )


def test_one_that_is_there_is_imported() -> None:
    assert _placed("", LOGGING).needs == (Import(".shared", "log_exception", "_log_exception"),)
    assert _placed("", LOGGING, is_open=False).needs == (Import(".shared", "log_exception", "_log_exception"),)


def test_one_that_is_imported_needs_nothing() -> None:
    assert _placed("from p.shared import log_exception as log\n", LOGGING) == Placed("log", ())


@pytest.mark.parametrize(
    ("text", "shared", "is_open"),
    [
        pytest.param("", "", False, id="the shared module is not to be changed"),
        pytest.param("_log_exception = 1\n", "", True, id="the name means something else"),
    ],
)
def test_one_of_its_own(text: str, shared: str, is_open: bool) -> None:
    placed = _placed(text, shared, is_open=is_open)
    (helper,) = placed.needs
    assert isinstance(helper, Helper)
    assert helper.home is None


def test_its_own_one_comes_before_a_shared_one() -> None:
    own = LOGGING.replace("def log", "def _log")
    assert _placed(own, LOGGING) == Placed("_log_exception", ())
