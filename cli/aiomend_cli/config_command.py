"""``aiomend config``: the settings that govern a file, and where each comes from."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from aiomend.settings import Selection, Settings, Style, TargetRange
from aiomend_cli import discover, runner
from aiomend_cli.effective import Effective, Overrides
from aiomend_cli.options import CheckOptions, Format
from aiomend_cli.output import emit
from aiomend_cli.terminal import escape

NONE = "none; it would be [tool.aiomend] in pyproject.toml, or aiomend.toml"


def config(path: Path, file: Path | None, output_format: Format, rules: Sequence[Path] = ()) -> int:
    """Print what governs ``path``; return 0. Raises UserError for a wrong configuration, or for wrong ``rules``."""
    cwd, known = Path.cwd(), runner.known_rules(runner.rule_files(rules))
    root, inside = discover.project_of(str(path), cwd)
    settings = Effective(root, cwd, Overrides.parse(CheckOptions(config=file), known, cwd), known)
    folder = inside if (root / inside).is_dir() else os.path.dirname(inside)  # noqa: PTH120
    found = settings.config(folder)
    limits = settings.limits([f"{folder}/x.py" if folder else "x.py"])
    values = _values(settings(f"{folder}/x.py" if folder else "x.py")) | {
        "exclude": list(found.exclude) if found else [],
        "python": str(found.python) if found and found.python else None,
        "types": found.types if found else False,
        "file-timeout": limits.seconds,
        "memory-limit": limits.megabytes,
        "pr": {key.replace("_", "-"): value for key, value in asdict(settings.pull_requests()).items()},
    }
    if output_format is Format.JSON:
        emit(
            json.dumps(
                {"project": str(root), "file": str(found.path) if found else None, "settings": values},
                indent=2,
            )
            + "\n"
        )
        return 0
    configured = found.keys if found else frozenset()
    lines = [
        f"project: {escape(str(root))}",
        f"configuration: {escape(str(found.path)) if found else NONE}",
        "",
    ]
    for key, value in values.items():
        mark = "  # configured" if key in configured else ""
        lines.append(f"{key} = {escape(json.dumps(value))}{mark}")
    emit("\n".join([*lines, ""]))
    return 0


def _values(settings: Settings) -> dict[str, Any]:
    """Return the settings by the keys of the configuration file."""
    values: dict[str, Any] = {}
    for field in fields(settings):
        key, value = field.name.replace("_", "-"), getattr(settings, field.name)
        match value:
            case TargetRange():
                values["target-version"] = str(value)
                values["target-origin"] = value.origin
            case Selection():
                values[key] = sorted(value.terms)
            case Style():
                values["line-length"] = value.line_length
                values["quotes"] = (
                    "preserve" if value.preserve_quotes else "single" if value.single_quotes else "double"
                )
                values["magic-trailing-comma"] = value.magic_trailing_comma
            case tuple():
                values[key] = dict(value)
            case _:
                values[key] = value
    return values
