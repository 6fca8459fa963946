"""Watches asyncio from inside a program, and writes down what a person should know of.

It runs in the program's own process, under any CPython from 3.6 on, so its code is of 3.6 and uses nothing but the
standard library. Until the program imports asyncio it imports nothing that Python has not loaded by itself: a module
of the program with such a name must stay the one that is found.
"""

import os

from aiomend_recorder import arrival, records
from aiomend_recorder.settings import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Mapping

__all__ = ["start"]


def start(environ: "Mapping[str, str]" = os.environ) -> None:
    """Begin to watch this process, as the environment says."""
    settings = Settings(environ)
    records.begin(settings.file)
    arrival.when_imported("asyncio", lambda: _watch(settings))
    arrival.when_imported("_pytest.config", _enter_pytest)


def _watch(settings: "Settings") -> None:
    from aiomend_recorder import watching

    watching.install(settings)


def _enter_pytest() -> None:
    """Have pytest load the plugin, which says what runs for which test."""
    import sys

    config = sys.modules["_pytest.config"]
    plugins = getattr(config, "default_plugins", None)
    if isinstance(plugins, tuple):
        config.default_plugins = (*plugins, "aiomend_recorder.pytest_plugin")  # type: ignore[attr-defined]
