"""Writing new code with LibCST. Loading LibCST takes longer than checking a small tree, so it waits for the first edit."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiomend.rewriting import handlers as handlers
    from aiomend.rewriting import native as native
    from aiomend.rewriting import removal as removal
    from aiomend.rewriting import syntax as syntax
else:

    def _lazily(name: str) -> ModuleType:
        """Return the module; its code runs, and imports LibCST, when something in it is first used."""
        if name in sys.modules:
            return sys.modules[name]
        spec = importlib.util.find_spec(name)
        loader = importlib.util.LazyLoader(spec.loader)
        spec.loader = loader
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        loader.exec_module(module)
        return module

    handlers = _lazily("aiomend.rewriting.handlers")
    native = _lazily("aiomend.rewriting.native")
    syntax = _lazily("aiomend.rewriting.syntax")
    removal = _lazily("aiomend.rewriting.removal")
