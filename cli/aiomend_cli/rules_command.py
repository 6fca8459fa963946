"""``aiomend rules`` and ``aiomend explain``: what the rules say of themselves."""

from __future__ import annotations

import json
import sys
from difflib import get_close_matches
from itertools import groupby

from aiomend.rules import Rule, registry
from aiomend.rules.precision import precision
from aiomend_cli.errors import UserError
from aiomend_cli.options import Format
from aiomend_cli.output import emit
from aiomend_cli.terminal import Painter, wants_colour


def rules(output_format: Format) -> int:
    """Print every rule, by section; return 0."""
    known = list(registry().values())
    emit(_as_json(known) if output_format is Format.JSON else _as_text(known))
    return 0


def _as_text(known: list[type[Rule]]) -> str:
    paint = Painter(wants_colour(sys.stdout))
    wide = max((len(rule.name) for rule in known), default=0)
    lines = []
    for section, members in groupby(known, key=lambda rule: rule.section()):
        lines.append(paint(f"{section.number} {section.title}", "bold"))
        for rule in members:
            level = rule.safety.label + (" opt-in" if rule.opt_in else "")
            what = f"{level:<13}  {rule.impact.label:<4}  {rule.summary()}"
            lines.append(f"  {rule.code:<8}  {rule.name:<{wide}}  {what}")
        lines.append("")
    return "\n".join([*lines, "`aiomend explain CODE` says why, and when a fix is safe.", ""])


def _as_json(known: list[type[Rule]]) -> str:
    data = [
        {
            "code": rule.code,
            "name": rule.name,
            "section": rule.section().number,
            "safety": rule.safety.label,
            "impact": rule.impact.label,
            "opt_in": rule.opt_in,
            "runs": rule.runs(),
            "summary": rule.summary(),
            "url": rule.section().url,
        }
        for rule in known
    ]
    return json.dumps(data, indent=2) + "\n"


def explain(given: str) -> int:
    """Print the documentation of a rule, by code or name.

    Return 0. Raises UserError where there is no such rule.
    """
    known = registry()
    names = {rule.name: rule for rule in known.values()}
    rule = known.get(given.upper()) or names.get(given.lower())
    if rule is None:
        close = get_close_matches(given.upper(), known, n=1) or get_close_matches(given.lower(), names, n=1)
        hint = f"did you mean {close[0]}?" if close else "`aiomend rules` lists them"
        raise UserError(f"explain: no rule {given!r}; {hint}")
    text = (
        f"# {rule.code} {rule.name}\n\n{rule.documentation().strip()}\n\n"
        f"Best fix: {rule.safety.label}. Impact: {rule.impact.label}. Runs {rule.runs()}.\n"
        f"Measured: {precision(rule.code)}\n"
        f"Guide: {rule.section().title}, {rule.section().url}\n"
    )
    if wants_colour(sys.stdout):
        from rich.console import Console
        from rich.markdown import Markdown

        Console().print(Markdown(text))
    else:
        emit(text)
    return 0
