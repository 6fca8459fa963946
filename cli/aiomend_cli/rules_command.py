"""``aiomend rules`` and ``aiomend explain``: what the rules say of themselves."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from itertools import groupby
from pathlib import Path

from aiomend.codes import prefix_of, section_term
from aiomend.rules import Rule
from aiomend.rules.precision import precision
from aiomend_cli.errors import UserError
from aiomend_cli.options import Format
from aiomend_cli.output import emit
from aiomend_cli.rule_packages import Known, known
from aiomend_cli.runner import rule_files
from aiomend_cli.terminal import Painter, escape, wants_colour


def rules(output_format: Format, files: Sequence[Path] = ()) -> int:
    """Print every rule, by section; return 0. Raises UserError where those of packages or ``files`` cannot be loaded."""
    every = known(rule_files(files))
    emit(_as_json(every) if output_format is Format.JSON else _as_text(every))
    return 0


def _as_text(every: Known) -> str:
    paint = Painter(wants_colour(sys.stdout))
    listed = sorted(every.rules.values(), key=lambda rule: rule.section().number)
    wide = max(len(rule.name) for rule in listed)
    lines = []
    for section, members in groupby(listed, key=lambda rule: rule.section()):
        lines.append(paint(f"{section.number} {section.title}", "bold"))
        for rule in members:
            level = rule.safety.label + (" opt-in" if rule.opt_in else "")
            what = f"{level:<13}  {rule.impact.label:<4}  {rule.summary()}"
            lines.append(f"  {rule.code:<8}  {rule.name:<{wide}}  {what}")
        lines.append("")
    for package in every.packages:
        lines.append(f"{package.prefix}... are rules of {escape(package.origin)}.")
    return "\n".join([*lines, "`aiomend explain CODE` says why, and when a fix is safe.", ""])


def _as_json(every: Known) -> str:
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
            "origin": every.origin(rule.code),
        }
        for rule in every.rules.values()
    ]
    return json.dumps(data, indent=2) + "\n"


def explain(given: str, files: Sequence[Path] = (), color: str = "auto") -> int:
    """Print the documentation of a rule, by code or name.

    Return 0. Raises UserError where there is no such rule, or where those of packages or ``files`` cannot be loaded.
    """
    every = known(rule_files(files))
    codes = every.rules
    names = {rule.name: rule for rule in codes.values()}
    rule = codes.get(given.upper()) or names.get(given.lower())
    if rule is None and (members := [code for code in codes if given.upper() in (section_term(code), prefix_of(code))]):
        raise UserError(f"explain: {given} is {len(members)} rules; name one of {', '.join(members)}")
    if rule is None:
        close = get_close_matches(given.upper(), codes, n=1) or get_close_matches(given.lower(), names, n=1)
        hint = f"did you mean {close[0]}?" if close else "`aiomend rules` lists them"
        raise UserError(f"explain: no rule {given!r}; {hint}")
    text = (
        f"# {rule.code} {rule.name}\n\n{rule.documentation().strip()}\n\n"
        f"Best fix: {rule.safety.label}. Impact: {rule.impact.label}. Runs {rule.runs()}.\n"
        f"{_worth(rule, every.origin(rule.code))}\n"
        f"Guide: {rule.section().title}, {rule.section().url}\n"
    )
    if wants_colour(sys.stdout, color):
        from rich.console import Console
        from rich.markdown import Markdown

        Console().print(Markdown(text))
    else:
        emit(text)
    return 0


def _worth(rule: type[Rule], origin: str) -> str:
    """How its findings were judged; of a rule from elsewhere that is not known."""
    return f"Measured: {precision(rule.code)}" if origin == "aiomend" else f"From: {escape(origin)}"
