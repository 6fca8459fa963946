"""aiomend: rewrites asyncio code to follow the guide "Develop with asyncio", and proves each edit.

The library is pure: text and facts in, findings and revisions out. `aiomend_cli` is the application around it.
"""

from __future__ import annotations

from aiomend.api import Checked, Fixed, check_source, fix_source
from aiomend.engine import Project
from aiomend.model import Finding, Impact, Report, Safety
from aiomend.rules import Fix, Rule, registry
from aiomend.settings import EVERYTHING, NOTHING, Selection, Settings, SettingsError, Style, TargetRange

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
