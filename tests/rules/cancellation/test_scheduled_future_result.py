"""AIO202: how far each fix may be trusted, what it says, and what it leaves to others."""

from __future__ import annotations

import textwrap

import pytest

import aiomend
from aiomend.model import Finding, Safety
from aiomend.settings import EVERYTHING, Selection, Settings

ONLY = Settings(select=Selection(frozenset({"AIO202"})))
BOTH = Settings(select=Selection(frozenset({"AIO201", "AIO202"})))


def findings(body: str, settings: Settings = ONLY) -> list[Finding]:
    """Return the findings in the body of a function with a known future ``fut`` and unknown other names."""
    text = "import asyncio\n\n\ndef run(loop, fut: asyncio.Future, x, future):\n" + textwrap.indent(body, "    ")
    return list(aiomend.check_source(text, settings=settings))


def only(body: str) -> Finding:
    (finding,) = findings(body)
    return finding


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("loop.call_soon(x.set_result, 1)\n", id="nothing-says-future"),
        pytest.param("loop.call_soon(fut.cancel)\n", id="another-method"),
        pytest.param("loop.call_soon(x, fut.set_result)\n", id="an-argument-of-the-callback"),
        pytest.param("loop.call_later(fut.set_result, x)\n", id="in-the-place-of-the-delay"),
        pytest.param("loop.call_soon(*x, fut.set_result)\n", id="nobody-knows-its-place"),
        pytest.param("loop.run_later(fut.set_result, 1)\n", id="no-method-of-the-loop"),
        pytest.param("loop.call_soon(lambda: fut.done() or fut.set_result(1))\n", id="tested-when-called"),
        pytest.param("x.add_done_callback(fut.set_result)\n", id="a-done-callback"),
    ],
)
def test_it_is_silent(body: str) -> None:
    assert findings(body) == []


def test_a_test_before_scheduling_does_not_help() -> None:
    assert only("if not fut.done():\n    loop.call_soon(fut.set_result, 1)\n").safety is Safety.SAFE


def test_an_argument_that_does_something_is_evaluated_as_before() -> None:
    assert only("loop.call_soon(fut.set_result, x.pop())\n").safety is Safety.SAFE
    assert only("loop.call_soon(lambda: fut.set_result(x.pop()))\n").safety is Safety.SAFE


def test_it_is_unsafe_where_only_the_name_suggests_a_future() -> None:
    finding = only("loop.call_soon(future.set_result, 1)\n")

    assert finding.safety is Safety.UNSAFE
    assert finding.reason == "only its name says that `future` is an asyncio future"


def test_the_message_names_the_method_that_calls_it() -> None:
    assert only("loop.call_soon_threadsafe(loop.call_later, 1, fut.set_result, 1)\n").message == (
        "`fut.set_result` is called later, by `call_later()`, and raises InvalidStateError in the loop if `fut` is "
        "cancelled by then; a helper tests `cancelled()` first"
    )


@pytest.mark.parametrize("method", ["add_reader", "add_writer", "add_signal_handler"])
def test_done_is_offered_where_it_may_be_called_again(method: str) -> None:
    assert (
        'may be called more than once: `future-guard = "done"` covers that too'
        in only(f"loop.{method}(x, fut.set_result, 1)\n").message
    )


def test_another_setter_of_the_same_future_is_named() -> None:
    finding, other = findings("loop.call_later(1, fut.set_exception, x)\nloop.call_soon(fut.set_result, 1)\n")

    assert "line 6 sets it too" in finding.message
    assert [(one.line, one.note) for one in finding.evidence] == [(6, "sets `fut` as well")]
    assert "line 5 sets it too" in other.message


def test_a_lambda_that_is_scheduled_is_found_once() -> None:
    found = findings("loop.call_soon(lambda: fut.set_result(1))\n", BOTH)

    assert [finding.code for finding in found] == ["AIO202"]


def test_the_helper_needs_no_guard() -> None:
    text = "import asyncio\n\n\ndef run(loop, fut: asyncio.Future):\n    loop.call_soon(fut.set_result, 1)\n"
    once = aiomend.fix_source(text, settings=BOTH)
    again = aiomend.fix_source(once.text, settings=BOTH)

    assert once.text != text
    assert again.text == once.text
    assert again.findings == ()


def test_a_module_gets_a_helper_once() -> None:
    text = "import asyncio\n\n\ndef run(loop, fut: asyncio.Future):\n    loop.call_soon(fut.set_result, 1)\n"
    fixed = aiomend.fix_source(text + text.partition("\n\n\n")[2].replace("run", "walk"), settings=BOTH).text

    assert fixed.count("def _set_result_unless_cancelled(") == 1
    assert fixed.count("call_soon(_set_result_unless_cancelled, fut, 1)") == 2


@pytest.mark.parametrize(
    ("head", "parameters", "signature"),
    [
        pytest.param("import asyncio\n", "loop", "(fut, result):", id="nothing-is-annotated"),
        pytest.param(
            "import asyncio\n\n\ndef one(a):\n    pass\n\n\ndef two(a):\n    pass\n",
            "loop, other: int",
            "(fut, result):",
            id="most-are-not",
        ),
        pytest.param(
            "from asyncio import get_event_loop\n",
            "loop, other: int",
            '(fut: "Future[Any]", result: object) -> None:',
            id="with-new-imports",
        ),
        pytest.param(
            "from asyncio import Future\nfrom typing import Any\n",
            "loop, other: int",
            '(fut: "Future[Any]", result: object) -> None:',
            id="nothing-is-evaluated",
        ),
        pytest.param(
            "from __future__ import annotations\nimport asyncio\nfrom typing import Any\n",
            "loop, other: int",
            "(fut: asyncio.Future[Any], result: object) -> None:",
            id="annotations-are-lazy",
        ),
    ],
)
def test_the_helper_is_annotated_as_the_functions_of_the_file_are(head: str, parameters: str, signature: str) -> None:
    text = f"{head}\n\ndef run({parameters}):\n    fut = loop.create_future()\n    loop.call_soon(fut.set_result, 1)\n    return fut\n"
    settings = Settings(select=ONLY.select, unsafe=EVERYTHING)

    assert f"def _set_result_unless_cancelled{signature}\n" in aiomend.fix_source(text, settings=settings).text


def test_a_helper_without_annotations_still_serves_a_file_that_has_them_now() -> None:
    helper = (
        "def _set_result_unless_cancelled(fut, result):\n    if not fut.cancelled():\n        fut.set_result(result)\n"
    )
    text = (
        f"import asyncio\n\n\n{helper}\n\ndef run(loop, fut: asyncio.Future):\n    loop.call_soon(fut.set_result, 1)\n"
    )

    assert aiomend.fix_source(text, settings=ONLY).text == text.replace(
        "call_soon(fut.set_result, 1)", "call_soon(_set_result_unless_cancelled, fut, 1)"
    )
