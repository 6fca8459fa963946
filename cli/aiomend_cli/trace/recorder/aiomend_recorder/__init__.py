"""Watches asyncio from inside a program, and writes down what a person should know of.

It runs in the program's own process, under any CPython from 3.6 on, so its code is of 3.6 and uses nothing but the
standard library. Until the program imports asyncio it imports nothing that Python has not loaded by itself: a module
of the program with such a name must stay the one that is found.
"""

import os

from aiomend_recorder import arrival, records
from aiomend_recorder.settings import Settings

__all__ = ["start"]


def start() -> None:
    """Begin to watch this process, as the environment says."""
    settings = Settings(os.environ)
    records.begin(settings.file)
    arrival.when_imported("asyncio", lambda: _watch(settings))


def _watch(settings: "Settings") -> None:
    from aiomend_recorder import watching

    watching.install(settings)
