"""The file that a child is working on, in a page that it shares with its parent: a note costs one system call and wakes nobody."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass, field

_HEAD = struct.Struct("=QI")  #: how many notes there were, and the bytes of the path; none is the project as a whole
_MOST = 1 << 16  #: bytes of a path


@dataclass(slots=True)
class Whereabouts:
    """Where a child is; it alone writes, and its parent looks when it wants to know."""

    page: int  #: the descriptor of a file without a name, which children inherit
    _notes: int = field(default=0, init=False)

    @classmethod
    def make(cls) -> Whereabouts:
        """Return an empty page; raises OSError where there can be none."""
        if hasattr(os, "memfd_create"):
            return cls(os.memfd_create("aiomend"))
        import tempfile

        with tempfile.TemporaryFile() as file:
            return cls(os.dup(file.fileno()))

    def note(self, path: str | None) -> None:
        """Say that work on a file begins or goes on; None: on the project as a whole."""
        self._notes += 1
        text = (path or "").encode("utf-8", "surrogatepass")
        os.pwrite(self.page, _HEAD.pack(self._notes, len(text)) + text, 0)

    def read(self) -> tuple[int, str | None]:
        """Return the number of the last note, and what it says."""
        data = os.pread(self.page, _HEAD.size + _MOST, 0)
        if len(data) < _HEAD.size:
            return 0, None  # nothing was noted yet
        number, size = _HEAD.unpack_from(data)
        text = data[_HEAD.size : _HEAD.size + size]
        return number, text.decode("utf-8", "surrogatepass") or None

    def close(self) -> None:
        """Give the page up; the child's own end lives on."""
        os.close(self.page)
