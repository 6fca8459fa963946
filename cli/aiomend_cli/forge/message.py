"""What the commit of a rule says: what it does, why, how often, and what of its kind it leaves alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from aiomend.guide import section_of
from aiomend.model import Finding
from aiomend_cli.commit import Step
from aiomend_cli.output.text import count
from aiomend_cli.version import version

DEFAULT = """\
{code} {name}: {fixes} in {files}

{what}
{url}

{left}

Written by aiomend {version}; `aiomend explain {code}` says more.
"""


def message(step: Step, what: str, findings: Iterable[Finding], template: str | None) -> str:
    """Return the message for ``step``; ``what`` says what its rule does, ``findings`` are those of the run with all steps."""
    text = (template or DEFAULT).format(
        code=step.code,
        name=step.name,
        fixes=count(step.fixes, "fix"),
        files=count(len(step.files), "file"),
        what=what,
        url=section_of(step.code).url,
        left=left_alone(finding for finding in findings if finding.code == step.code),
        version=version(),
    )
    lines = [line.rstrip() for line in text.strip().splitlines()]
    return "\n".join(line for number, line in enumerate(lines) if line or lines[number - 1]) + "\n"


def left_alone(findings: Iterable[Finding]) -> str:
    """Return a sentence on the findings that no fix was applied for; empty where there are none."""
    levels = Counter(finding.safety.label for finding in findings if not finding.applied)
    if not levels:
        return ""
    return f"Left alone: {', '.join(f'{number} {level}' for level, number in sorted(levels.items()))}."
