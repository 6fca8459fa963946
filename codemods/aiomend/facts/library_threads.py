"""What packages run in threads of their own: methods of their classes, and callbacks that they are given.

Sources: the documentation of watchdog ("Observer thread"), paho-mqtt (`loop_start()`), pynput ("The keyboard listener thread"),
python-sounddevice ("callback"), RPi.GPIO (`add_event_detect()`) and gpiozero (`when_pressed`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aiomend.facts.module import ModuleFacts

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference
    from aiomend.facts.values import Values

_PAHO = "paho.mqtt.client.Client"
_EVENTS = re.compile(r"on_\w+|dispatch")

#: By class: the methods of its subclasses that run in such a thread.
METHODS = {
    "threading.Thread": re.compile("run"),
    "threading.Timer": re.compile("run"),
    "watchdog.events.FileSystemEventHandler": _EVENTS,
    "watchdog.events.LoggingEventHandler": _EVENTS,
    "watchdog.events.PatternMatchingEventHandler": _EVENTS,
    "watchdog.events.RegexMatchingEventHandler": _EVENTS,
    _PAHO: re.compile(r"on_\w+"),
}
_ANY_METHOD = re.compile("|".join(sorted({pattern.pattern for pattern in METHODS.values()})))
#: By class: the attributes of its objects whose value runs in such a thread.
_ATTRIBUTES = {
    _PAHO: re.compile(r"on_\w+"),
    "gpiozero.Button": re.compile(r"when_\w+"),
    "gpiozero.MotionSensor": re.compile(r"when_\w+"),
}
_SOUND = frozenset({"callback", "finished_callback"})
#: By function or class: the keyword arguments that run in such a thread.
_ARGUMENTS = {
    "pynput.keyboard.Listener": frozenset({"on_press", "on_release"}),
    "pynput.mouse.Listener": frozenset({"on_move", "on_click", "on_scroll"}),
    "RPi.GPIO.add_event_detect": frozenset({"callback"}),
    **{f"sounddevice.{raw}{way}Stream": _SOUND for raw in ("", "Raw") for way in ("", "Input", "Output")},
}
_ARGUMENT_NAMES = frozenset().union(*_ARGUMENTS.values())


def runs_method(facts: ModuleFacts, name: str, bases: frozenset[str]) -> bool:
    """True where a class with such bases has its method ``name`` run by a thread of one of them."""
    return any(
        base in METHODS and METHODS[base].fullmatch(name) is not None and _is_threaded(facts, base) for base in bases
    )


def may_run_method(name: str) -> bool:
    """False for a method that nothing here runs, whatever its class is."""
    return _ANY_METHOD.fullmatch(name) is not None


def runs_attribute(inference: Inference, facts: ModuleFacts, owner: Values, attr: str) -> bool:
    """True where what is put into an attribute of an object is run by a thread of the package that the object is of."""
    return any(
        pattern.fullmatch(attr) is not None and inference.is_instance(owner, cls) is True and _is_threaded(facts, cls)
        for cls, pattern in _ATTRIBUTES.items()
    )


def runs_argument(name: str | None, keyword: str) -> bool:
    """True where a function of a package runs what it gets by a keyword in a thread of its own."""
    return keyword in _ARGUMENT_NAMES and name is not None and keyword in _ARGUMENTS.get(name, ())


def _is_threaded(facts: ModuleFacts, cls: str) -> bool:
    """False where a file does not say that a client runs in a thread: it may be driven by the event loop."""
    if cls != _PAHO:
        return True
    return "loop_start" in facts.attributes and facts.attributes.keys().isdisjoint({"loop_misc", "on_socket_open"})
