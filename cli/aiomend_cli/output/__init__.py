"""One Report -> one format, and where it goes."""

from __future__ import annotations

import sys
from pathlib import Path

from aiomend_cli.errors import UserError


def emit(content: str | bytes, file: Path | None = None) -> None:
    """Write a report to ``file``, or to stdout: bytes as they are, text in the encoding of the stream.

    Raises UserError where ``file`` cannot be written.
    """
    if file is not None:
        data = content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace")
        try:
            file.write_bytes(data)
        except OSError as error:
            raise UserError(f"--output {file}: cannot be written: {error.strerror}") from error
        return
    if isinstance(content, bytes):
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(content.encode(encoding, "backslashreplace").decode(encoding))
    sys.stdout.flush()
