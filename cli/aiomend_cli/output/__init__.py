"""One Report -> one format, and where it goes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from aiomend_cli.errors import OutputError, UserError
from aiomend_cli.terminal import within

if TYPE_CHECKING:
    from pathlib import Path

    from aiomend_cli.options import ReportFormat
    from aiomend_cli.runner import Run


def for_tools(run: Run, output_format: ReportFormat) -> str:
    """Return ``run`` in a format that tools read; each is imported where it is wanted, since most runs want none."""
    from aiomend_cli.options import ReportFormat

    match output_format:
        case ReportFormat.JSON:
            from aiomend_cli.output.json import to_json as write
        case ReportFormat.SARIF:
            from aiomend_cli.output.sarif import to_sarif as write
        case ReportFormat.GITHUB:
            from aiomend_cli.output.github import to_github as write
        case ReportFormat.MARKDOWN:
            from aiomend_cli.output.markdown import to_markdown as write
        case ReportFormat.TEXT:
            raise AssertionError("text differs from command to command")
    return write(run)


def emit(content: str | bytes, file: Path | None = None) -> None:
    """Write a report to ``file``, or to stdout: bytes as they are, text in the encoding of the stream.

    Raises UserError where ``file`` cannot be written, OutputError where stdout cannot.
    """
    if file is not None:
        data = content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace")
        try:
            file.write_bytes(data)
        except OSError as error:
            raise UserError(f"--output {file}: cannot be written: {error.strerror}") from error
        return
    try:
        _print(content)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(error.strerror or str(error)) from error


def _print(content: str | bytes) -> None:
    if isinstance(content, bytes):
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    sys.stdout.write(within(content, sys.stdout))
    sys.stdout.flush()
