"""What packages run in threads of their own."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from aiomend.facts.library_threads import may_run_method, runs_argument
from aiomend.facts.thread_entries import entry_at, is_thread_run
from aiomend.facts.view import Module

See = Callable[[str], Module]
PAHO = "import paho.mqtt.client as mqtt\nclient = mqtt.Client()\ndef work(*_): pass\n"
WATCH = "from watchdog.events import FileSystemEventHandler, PatternMatchingEventHandler\n"


def _is_entry(module: Module) -> bool:
    *_, use = (one for one in module.facts.names["work"] if isinstance(one.ctx, ast.Load))
    return entry_at(module.inference, module.facts, use) is not None


@pytest.mark.parametrize(
    ("text", "is_begun"),
    [
        pytest.param("client.on_message = work", False, id="nothing starts its thread"),
        pytest.param("client.on_message = work\nclient.loop_forever()", False, id="it runs where it is called"),
        pytest.param(
            "client.loop_start()\nclient.on_message = work\nclient.loop_misc()", False, id="the loop drives one"
        ),
        pytest.param("client.loop_start()\nother.on_message = work", False, id="of something unknown"),
        pytest.param("client.loop_start()\nclient.user_data = work", False, id="no callback"),
        pytest.param("client.loop_start()\nclient.on_message = x = work", False, id="something else has it, too"),
        pytest.param("client.loop_start()\nclient.on_message = [work]", False, id="a part of a value"),
        pytest.param("client.loop_start()\nclient.on_message = work", True, id="its own thread"),
    ],
)
def test_callbacks_of_a_client_run_in_its_thread_where_it_has_one(see: See, text: str, is_begun: bool) -> None:
    assert _is_entry(see(PAHO + text)) is is_begun


@pytest.mark.parametrize(
    ("text", "is_run"),
    [
        pytest.param("class A:\n    def on_modified(self, e): pass", False, id="of no package"),
        pytest.param("class A(Unknown):\n    def on_modified(self, e): pass", False, id="of an unknown class"),
        pytest.param(f"{WATCH}class A(FileSystemEventHandler):\n    def modified(self, e): pass", False, id="its own"),
        pytest.param(f"{WATCH}class A(FileSystemEventHandler):\n    def run(self): pass", False, id="a thread's"),
        pytest.param(f"{WATCH}class A(FileSystemEventHandler):\n    def on_modified(self, e): pass", True, id="event"),
        pytest.param(f"{WATCH}class B(PatternMatchingEventHandler): pass\nclass A(B):\n    def dispatch(self, e): pass", True, id="heir"),
        pytest.param(f"{PAHO}class A(mqtt.Client):\n    def on_message(self, *_): pass", False, id="without a thread"),
        pytest.param(
            f"{PAHO}class A(mqtt.Client):\n    def on_message(self, *_): self.loop_start()", True, id="with a thread"
        ),
    ],
)  # fmt: skip
def test_methods_of_handlers_run_in_a_thread(see: See, text: str, is_run: bool) -> None:
    module = see(text)
    *_, method = (one for one in module.facts.functions if one.name not in ("work",))

    assert is_thread_run(module.inference, module.facts, method) is is_run


@pytest.mark.parametrize(
    ("name", "keyword", "is_run"),
    [
        (None, "callback", False),
        ("sounddevice.InputStream", "channels", False),
        ("sounddevice.play", "callback", False),
        ("sounddevice.InputStream", "callback", True),
        ("sounddevice.RawOutputStream", "finished_callback", True),
        ("pynput.mouse.Listener", "on_press", False),
        ("pynput.keyboard.Listener", "on_press", True),
        ("RPi.GPIO.add_event_detect", "callback", True),
    ],
)
def test_arguments_that_run_in_a_thread(name: str | None, keyword: str, is_run: bool) -> None:
    assert runs_argument(name, keyword) is is_run


def test_most_methods_are_ruled_out_by_their_names() -> None:
    assert not may_run_method("connect")
    assert not may_run_method("runs")
    assert may_run_method("run")
    assert may_run_method("on_moved")
