"""Methods with which an event loop is asked to call something later."""

from __future__ import annotations

#: Where a scheduling method takes its callback; the callback's own arguments follow. Nobody hears what it returns.
POSITIONS = {
    "call_soon": 0,
    "call_soon_threadsafe": 0,
    "call_later": 1,
    "call_at": 1,
    "add_reader": 1,
    "add_writer": 1,
    "add_signal_handler": 1,
}
REPEATED = frozenset({"add_reader", "add_writer", "add_signal_handler"})
