"""Async generators that were begun and neither ended nor closed."""

import sys
from asyncio import base_events

from aiomend_recorder import places, records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Optional

    from aiomend_recorder.records import Site

#: Where each was begun, by its `id`: weak references are gone when a generator is ended by the collector.
_begun: "Dict[int, Optional[Site]]" = {}


def install() -> None:
    kind: "Any" = base_events.BaseEventLoop
    first, last = kind._asyncgen_firstiter_hook, kind._asyncgen_finalizer_hook

    def _asyncgen_firstiter_hook(self: "Any", generator: "Any") -> None:
        try:
            _begun[id(generator)] = places.site(sys._getframe(1))
        except Exception as error:
            records.failed(error)
        first(self, generator)

    def _asyncgen_finalizer_hook(self: "Any", generator: "Any") -> None:
        try:
            if self.is_closed() or not self.is_running():
                note(generator)
        except Exception as error:
            records.failed(error)
        last(self, generator)

    kind._asyncgen_firstiter_hook, kind._asyncgen_finalizer_hook = _asyncgen_firstiter_hook, _asyncgen_finalizer_hook


def note(generator: "Any") -> None:
    """Note that nobody is left who could close ``generator``, once."""
    if generator.ag_frame is None or id(generator) not in _begun:
        return
    site = _begun.pop(id(generator)) or places.of_code(generator.ag_code)
    records.add("leaked-async-generator", site, generator.__qualname__, generator=generator.__qualname__)
