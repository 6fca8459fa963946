"""The shortest way in: one piece of source text, checked or fixed."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass

from aiomend.engine import Accept, Project
from aiomend.model import Finding
from aiomend.report import Report
from aiomend.settings import Settings
from aiomend.source import decode


@dataclass(frozen=True, slots=True)
class MemorySources:
    """Files that exist in memory only, by their project-relative path."""

    files: dict[str, bytes]

    def paths(self) -> Sequence[str]:
        """Every path, sorted."""
        return sorted(self.files)

    def read(self, path: str) -> bytes:
        """The bytes of one file; raises FileNotFoundError."""
        try:
            return self.files[path]
        except KeyError:
            raise FileNotFoundError(path) from None


@dataclass(frozen=True, slots=True)
class Fixed:
    """Source text after its fixes, with the report that tells what was done."""

    text: str
    report: Report

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.report.findings


Checked = tuple[Finding, ...]


def check_source(text: str | bytes, *, path: str = "source.py", settings: Settings | None = None) -> Checked:
    """Return the findings of one file; it knows no other file. Positions are 1-based, columns in characters."""
    return fix_source(text, path=path, settings=settings, accept=lambda _: False).findings


def fix_source(
    text: str | bytes,
    *,
    path: str = "source.py",
    settings: Settings | None = None,
    accept: Accept | None = None,
) -> Fixed:
    """Return one file after its fixes; it knows no other file.

    Safe fixes are applied, and the unsafe ones of the rules in ``settings.unsafe``; ``accept`` decides instead where it
    is given. Text that cannot be parsed comes back as it is, with the reason in ``report.files``.
    """
    data = _encoded(text) if isinstance(text, str) else text
    chosen = settings or Settings()
    report = Project(MemorySources({path: data}), lambda _: chosen).run(accept=accept)
    new = report.changed[0].new if report.changed else None
    if new is None and isinstance(text, str):
        return Fixed(text, report)
    return Fixed(decode(path, data if new is None else new).text, report)


def _encoded(text: str) -> bytes:
    """The text as a file that carries it would hold it: in the encoding of its own cookie (PEP 263)."""
    plain = text.encode("utf-8", "surrogatepass")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(plain).readline)
        return text.encode(encoding)
    except (SyntaxError, UnicodeEncodeError):
        return plain
