"""A project whose work is shared, for tests: what comes of it is the same whoever does it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from aiomend import EVERYTHING, Report, Settings
from aiomend.api import MemorySources
from aiomend.engine import Project
from aiomend.facts.project import Sources
from aiomend.sharing import Crew

FIXTURES = Path(__file__).parents[2] / "fixtures"


def tree() -> dict[str, bytes]:
    """Return the fixtures of a section as one project, so that fixes meet in helpers, in rounds and across files."""
    files = sorted(file for file in (FIXTURES / "pending").rglob("*.py") if "factory" not in file.name)  # it is for all
    return {
        file.relative_to(FIXTURES).as_posix(): re.sub(rb"^# fixture:.*\n", b"", file.read_bytes()) for file in files
    }


def reported(files: dict[str, bytes] | Sources, crew: Crew | None) -> Report:
    """Return what a run tells, all its fixes applied."""
    settings = Settings(unsafe=EVERYTHING)
    sources = MemorySources(files) if isinstance(files, dict) else files
    report = Project(sources, lambda _: settings, crew=crew).run()
    return replace(report, counters={})  # what was parsed is each process's own
