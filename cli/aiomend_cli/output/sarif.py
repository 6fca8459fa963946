"""The report as SARIF 2.1.0, for code scanning and the editors that read it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from aiomend.model import Finding, FixData, Impact, Safety
from aiomend.rules import Rule
from aiomend_cli import runner
from aiomend_cli.output.excerpt import positions, text_of
from aiomend_cli.runner import Run
from aiomend_cli.terminal import escape
from aiomend_cli.version import version

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
BASE = "SRCROOT"
FINGERPRINT = "aiomendFinding/v1"
LEVELS = {Impact.BUG: "error", Impact.HANG: "error", Impact.SLOW: "warning", Impact.TIDY: "note"}

Json = dict[str, Any]


def to_sarif(run: Run) -> str:
    """Return ``run`` as one SARIF log. URIs are relative to the project's root, or to the root that all projects
    share; columns count characters."""
    uri = _uris(run)
    rules = _rules(run)
    order = {rule["id"]: number for number, rule in enumerate(rules)}
    log = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver(rules)},
                "columnKind": "unicodeCodePoints",
                "newlineSequences": ["\r\n", "\r", "\n"],
                "originalUriBaseIds": {BASE: {"description": {"text": "The root of the project."}}},
                "invocations": [_invocation(run, uri)],
                "results": _Results(uri, order, runner.contents(run)).all(run.report.findings),
            }
        ],
    }
    return json.dumps(log, indent=2) + "\n"


def _message(text: str) -> Json:
    """Return ``text`` as a message; code such as ``calls[0](x)`` would be read as a link in it."""
    return {"text": re.sub(r"([\\\[\]])", r"\\\1", text) if "](" in text else text}


def _uris(run: Run) -> Callable[[str], str]:
    root, cwd = os.path.commonpath([workspace.root for workspace in run.workspaces]), Path.cwd()

    @cache
    def uri(shown: str) -> str:
        if shown == "<stdin>":
            return "stdin.py"
        inside = os.path.relpath(cwd / shown, root).replace(os.sep, "/")
        return quote(os.fsencode(inside), safe="/")

    return uri


def _driver(rules: list[Json]) -> Json:
    number = version()
    semantic = {"semanticVersion": number} if number.count(".") == 2 and number.replace(".", "").isdigit() else {}
    return {"name": "aiomend", "version": number, **semantic, "rules": rules}


def _rules(run: Run) -> list[Json]:
    found = {finding.code for finding in run.report.findings}
    return [_rule(rule) for code, rule in run.rules.items() if code in found]


def _rule(rule: type[Rule]) -> Json:
    summary, documentation = rule.summary().replace("`", ""), rule.documentation().strip()
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": summary},
        "fullDescription": {"text": summary},
        "help": {"text": documentation, "markdown": documentation},
        "helpUri": rule.section().url,
        "defaultConfiguration": {"level": LEVELS[rule.impact]},
        "properties": {"tags": ["asyncio", rule.section().name], "impact": rule.impact.label},
    }


def _invocation(run: Run, uri: Callable[[str], str]) -> Json:
    told = [
        {
            "level": "error" if runner.failed(file) else "note",
            "message": _message(f"{escape(file.path)}: {file.skip.value}{f': {file.detail}' if file.detail else ''}"),
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri(file.path), "uriBaseId": BASE}}}],
        }
        for file in run.report.files
        if file.skip is not None
    ]
    told += [{"level": "note", "message": _message(note)} for note in run.report.notes]
    return {"executionSuccessful": not any(map(runner.failed, run.report.files)), "toolExecutionNotifications": told}


class _Results:
    """The findings of one run as results; each file's lines are counted once."""

    def __init__(self, uri: Callable[[str], str], order: Mapping[str, int], contents: Mapping[str, bytes]) -> None:
        self._uri, self._order = uri, order
        self._position = cache(lambda path: positions(text_of(contents.get(path, b""))))

    def all(self, findings: tuple[Finding, ...]) -> list[Json]:
        return [self._result(finding) for finding in findings]

    def _result(self, finding: Finding) -> Json:
        region = {
            "startLine": finding.line,
            "startColumn": finding.column,
            "endLine": finding.end_line,
            "endColumn": finding.end_column,
        }
        reason = f" ({finding.reason})" if finding.reason else ""
        result: Json = {
            "ruleId": finding.code,
            **({"ruleIndex": self._order[finding.code]} if finding.code in self._order else {}),
            "level": LEVELS[finding.impact],
            "message": _message(f"{finding.message}{reason}"),
            "locations": [self._location(finding.path, region)],
            "partialFingerprints": {FINGERPRINT: finding.id},
            "properties": {"safety": finding.safety.label},
        }
        if finding.evidence:
            result["relatedLocations"] = [
                {"id": number, **self._location(item.path, {"startLine": item.line}), "message": _message(item.note)}
                for number, item in enumerate(finding.evidence)
            ]
        if finding.fix is not None and finding.fixable and not finding.fix.requires:
            result["fixes"] = [self._fix(finding, finding.fix)]  # one that builds on others fits no file as it is
        return result

    def _location(self, path: str, region: Json) -> Json:
        return {"physicalLocation": {"artifactLocation": self._artifact(path), "region": region}}

    def _artifact(self, path: str) -> Json:
        return {"uri": self._uri(path), "uriBaseId": BASE}

    def _fix(self, finding: Finding, fix: FixData) -> Json:
        changes: dict[str, list[Json]] = {}
        for edit in fix.edits:
            position = self._position(edit.path)
            (line, column), (end_line, end_column) = position(edit.start), position(edit.end)
            region = {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}
            content = {"insertedContent": {"text": edit.text}} if edit.text else {}
            changes.setdefault(edit.path, []).append({"deletedRegion": region, **content})
        level = "Safe" if finding.safety is Safety.SAFE else "Unsafe, look at it"
        return {
            "description": _message(f"{level}: {finding.message}"),
            "artifactChanges": [
                {"artifactLocation": self._artifact(path), "replacements": replacements}
                for path, replacements in changes.items()
            ],
        }
