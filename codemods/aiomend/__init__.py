"""aiomend: rewrites asyncio code to follow the guide "Develop with asyncio", and proves each edit.

The library is pure: text and facts in, findings and revisions out. `aiomend_cli` is the application around it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiomend.api import Checked, Fixed, check_source, fix_source
    from aiomend.engine import Project
    from aiomend.model import Finding, Impact, Safety
    from aiomend.report import Report
    from aiomend.rules import Fix, Rule, registry
    from aiomend.settings import EVERYTHING, NOTHING, Selection, Settings, SettingsError, Style, TargetRange

#: Where each name is: loaded when somebody asks for it, because a first look needs little of the library.
_HOMES = {
    "api": ("Checked", "Fixed", "check_source", "fix_source"),
    "engine": ("Project",),
    "model": ("Finding", "Impact", "Safety"),
    "report": ("Report",),
    "rules": ("Fix", "Rule", "registry"),
    "settings": ("EVERYTHING", "NOTHING", "Selection", "Settings", "SettingsError", "Style", "TargetRange"),
}

__all__ = [
    "EVERYTHING",
    "NOTHING",
    "Checked",
    "Finding",
    "Fix",
    "Fixed",
    "Impact",
    "Project",
    "Report",
    "Rule",
    "Safety",
    "Selection",
    "Settings",
    "SettingsError",
    "Style",
    "TargetRange",
    "check_source",
    "fix_source",
    "registry",
]


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"aiomend.{module}"), name)
    raise AttributeError(f"module 'aiomend' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
