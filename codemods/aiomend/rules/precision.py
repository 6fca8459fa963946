"""What findings in real packages were judged to be worth; the counts are data, written by the project's benchmarks."""

from __future__ import annotations

import functools
import json
from pathlib import Path


@functools.cache
def measured() -> dict[str, dict[str, dict[str, int]]]:
    """Return how many findings of each code and level got each verdict."""
    counts: dict[str, dict[str, dict[str, int]]] = json.loads(
        Path(__file__).with_name("precision.json").read_text("utf-8")
    )
    return counts


def precision(code: str) -> str:
    """Return a sentence on how a rule's sampled findings were judged, by level; for an unknown rule that there is none."""
    judged = {
        level: {verdict: count for verdict, count in verdicts.items() if verdict != "not judged"}
        for level, verdicts in measured().get(code, {}).items()
    }
    parts = [
        f"{level}: {', '.join(f'{count} {verdict}' for verdict, count in verdicts.items())}"
        for level, verdicts in judged.items()
        if verdicts
    ]
    if not parts:
        return "No finding in the packages that aiomend is measured on."
    total = sum(sum(verdicts.values()) for verdicts in judged.values())
    noun = "finding" if total == 1 else "findings"
    return f"{total} {noun} in real packages, judged one by one: {'; '.join(parts)}."
