"""Where helpers go among each other: all the same in which order, and in how many runs, they come."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Sequence
from functools import partial

import pytest

from aiomend.api import MemorySources
from aiomend.facts.inference import Inference
from aiomend.facts.project import ProjectFacts
from aiomend.facts.threads import Threads
from aiomend.facts.view import Home, Module
from aiomend.rewriting import task_helpers
from aiomend.rewriting.edits import Edit, Need, Replace
from aiomend.rewriting.splice import Order, splice
from aiomend.settings import Settings, TargetRange

Want = Callable[[Module], tuple[Need, ...]]

HELPERS: dict[str, Want] = {
    "keep_task": lambda module: task_helpers.task_helpers(module).keep_needs,
    "report_exception": lambda module: task_helpers.task_helpers(module).report_needs,
    "hold_task": lambda module: task_helpers.holding_helper(module).needs,
    "handle_exception": lambda module: task_helpers.handling_helper(module).needs,
    "log_exception": lambda module: task_helpers.logging_helper(module).needs,
    "cancel_tasks": lambda module: task_helpers.cancelling_helper(module).needs,
    "set_result": lambda module: task_helpers.setting_helper(module, "set_result").needs,
    "set_exception": lambda module: task_helpers.setting_helper(module, "set_exception").needs,
}
PAIRS = [pytest.param(*pair, id=" and ".join(pair)) for pair in itertools.combinations(HELPERS, 2)]
OWN = {
    "plain": "import asyncio\n\n\ndef f():\n    call()\n\n\ndef g():\n    pass\n",
    "typed": "import asyncio\nimport typing\n\n\ndef f() -> None:\n    call()\n\n\nclass A:\n    pass\n",
    "lazy": '"""Doc."""\n\nfrom __future__ import annotations\n\nimport asyncio\n\nX = 1\n\n# About f.\n@d\ndef f() -> int:\n    call()\n',
    "close": "import asyncio\nX = 1\n\ndef f():\n    call()\n\ndef g():\n    pass\n\ndef h():\n    pass\n",
    "one definition": "import asyncio\nX = 1\n\ndef f():\n    call()\n",
    "two gaps": "import asyncio\nX = 1\ndef f():\n    call()\n\n\ndef g():\n    pass\n",
    "nothing between": "import asyncio\ndef f():\n    call()\n",
    "used at once": "import asyncio\n\n\n\nx = call()\n\n\ndef f():\n    pass\n",
    "no definition": "import asyncio\nx = call()",
    "a page below the imports": "import asyncio\n\n\f\ndef f():\n    call()\n\n\f\ndef g():\n    pass\n",
    "a heading": "import asyncio\n\n# ---- calls ----\n\n\n# About f.\ndef f():\n    call()\n\n\ndef g():\n    pass\n",
    "a heading below code": "import asyncio\nX = 1\n\n\n#### Calls\n\ndef f():\n    call()\n\ndef g():\n    pass\n",
    "a set of its own": "import asyncio\n\nwatched = set()\n\n\ndef f():\n    watched.add(call())\n\n\ndef g():\n    pass\n",
}
SHARED = {
    "plain": '"""Doc."""\n',
    "typed": '"""Doc."""\n\nfrom typing import Any\n',
    "lazy": '"""Doc."""\n\nfrom __future__ import annotations\n',
    "with its own": '"""Doc."""\n\nimport abc\n\n\ndef helper():\n    call()\n',
}
TARGETS = {"old": TargetRange((3, 6), (3, 13)), "new": TargetRange((3, 9), (3, 13))}


def _with(text: str, wants: Sequence[Want], settings: Settings, *, shared: bool = False) -> str:
    """The text with what some fixes need, each of which edits the call of `call`."""
    project = ProjectFacts(MemorySources({"a.py": text.encode()}))
    facts = project.facts("a.py")
    assert facts is not None
    inference = Inference(project)
    home = (lambda module: Home(module, "")) if shared else (lambda _: None)
    module = Module(facts, inference, Threads(inference), settings, lambda _: None, home)
    calls = [call for call in facts.calls if isinstance(call.func, ast.Name) and call.func.id == "call"]
    edits: tuple[Edit, ...] = () if shared else (Replace(calls[0], lambda node: node),)
    return splice(facts, [Order(edits, want(module)) for want in wants], settings.style).text


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("first", "second"), PAIRS)
@pytest.mark.parametrize(
    ("text", "shared"),
    [
        *(pytest.param(text, False, id=f"own, {name}") for name, text in OWN.items()),
        *(pytest.param(text, True, id=f"shared, {name}") for name, text in SHARED.items()),
    ],
)
def test_two_helpers_are_the_same_in_any_order(text: str, shared: bool, first: str, second: str, target: str) -> None:
    put = partial(_with, settings=Settings(target=TARGETS[target]), shared=shared)
    one, other = HELPERS[first], HELPERS[second]
    at_once = put(text, [one, other])
    compile(at_once, "a.py", "exec")
    assert put(put(text, [one]), [other]) == at_once
    assert put(put(text, [other]), [one]) == at_once
    assert put(at_once, [one, other]) == at_once


KEEP = (
    "_background_tasks = set()\n\n\ndef _keep_task(task):\n    _background_tasks.add(task)\n"
    "    task.add_done_callback(_background_tasks.discard)\n    return task\n"
)
TAIL = "\n\ndef f():\n    call()\n\n\ndef g():\n    pass\n"
HEAD = "import asyncio\n\n\n"


def _added(text: str, want: str) -> str:
    return _with(text, [HELPERS[want]], Settings())


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{HEAD}# Ours hold tasks too.\n{KEEP}{TAIL}", id="a comment above the helper"),
        pytest.param(f"{HEAD}{KEEP}    # it is discarded when it is done\n{TAIL}", id="a comment at its end"),
        pytest.param(f"{HEAD}{KEEP}{TAIL}".replace("_background_tasks", "_tasks"), id="its set renamed"),
        pytest.param(f"{HEAD}{KEEP}{TAIL}".replace("_keep_task", "hold_on_to"), id="the helper renamed"),
        pytest.param(f"{HEAD}{KEEP}\n\nLIMIT = 3\n{TAIL}", id="other code behind it"),
        pytest.param(f"{HEAD}{KEEP.replace('set()', 'set()  # of tasks')}{TAIL}", id="a comment at its set"),
        pytest.param(f"{HEAD}{TAIL.lstrip()}\n\n{KEEP}", id="moved to the end"),
        pytest.param(
            f"{HEAD}{KEEP}\n\n{KEEP.replace('_tasks', '_tasks_2').replace('keep_task', 'keep_task_2')}{TAIL}",
            id="two of them",
        ),
    ],
)
@pytest.mark.parametrize("want", ["cancel_tasks", "log_exception", "set_result"])
def test_a_new_helper_tears_nothing_apart(text: str, want: str) -> None:
    after = _added(text, want)
    name = {"set_result": "_set_result_unless_cancelled"}.get(want, f"_{want}")
    lines = after.split("\n")
    added = next(node for node in ast.parse(after).body if getattr(node, "name", "") == name)
    assert (lines[added.lineno - 2], lines[added.lineno - 3]) == ("", "")
    del lines[added.lineno - 1 : (added.end_lineno or 0) + 2]
    assert "\n".join(lines).replace("import logging\n", "") == text


def test_it_goes_to_its_place_by_name() -> None:
    text = HEAD + KEEP + TAIL
    for want in ("set_result", "cancel_tasks", "log_exception"):
        text = _added(text, want)
    names = [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    assert names == ["_cancel_tasks", "_keep_task", "_log_exception", "_set_result_unless_cancelled", "f", "g"]


def test_an_unsorted_run_keeps_its_order() -> None:
    text = HEAD + KEEP + TAIL
    text = text.replace("def f()", "def _cancel_tasks(loop):\n    loop.cancel(loop.run_until_complete)\n\n\ndef f()")
    names = [node.name for node in ast.parse(_added(text, "log_exception")).body if isinstance(node, ast.FunctionDef)]
    assert names == ["_keep_task", "_cancel_tasks", "_log_exception", "f", "g"]


def test_it_stands_below_the_constants_a_set_among_them() -> None:
    text = "import asyncio\n\nLIMIT = 3\n\nallowed = set()\n\n\ndef f():\n    allowed.add(call())\n\n\ndef g():\n    pass\n"
    assert _added(text, "keep_task").startswith(
        "import asyncio\n\nLIMIT = 3\n\nallowed = set()\n\n\n_background_tasks = set()\n\n\ndef _keep_task(task):\n"
    )


@pytest.mark.parametrize(
    "heading", ["#### Calls", "# ---- calls ----", "# ----\n# calls\n# ----", "# calls ====", "# calls\n#####"]
)
def test_a_heading_stays_with_what_it_heads(heading: str) -> None:
    text = f"import asyncio\n\n{heading}\n\ndef f():\n    call()\n\n\ndef g():\n    pass\n"
    after = _added(text, "set_result")
    assert after.startswith("import asyncio\n\n\ndef _set_result_unless_cancelled(")
    assert after.endswith(text.removeprefix("import asyncio"))


@pytest.mark.parametrize(
    "above",
    [
        pytest.param("import asyncio\n\n# The calls of others.\n\n", id="a sentence"),
        pytest.param("import asyncio\n# ---- end of the imports ----\n\n", id="right below code"),
        pytest.param("import asyncio\nX = 1  # ----\n\n\n", id="behind code"),
    ],
)
def test_another_comment_stays_where_it_is(above: str) -> None:
    text = f"{above}def f():\n    call()\n\n\ndef g():\n    pass\n"
    assert _added(text, "set_result").startswith(f"{above}def _set_result_unless_cancelled(")
