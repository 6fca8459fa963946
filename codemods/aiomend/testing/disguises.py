"""The same case in other clothes: other line ends, encodings and indentation must make no other difference."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Callable

from aiomend.testing.case import Broken, Case, compiled, result, run, same

Disguise = Callable[[bytes], bytes | None]
_DEEP = 16  #: columns that a block or a hanging line never stands further in than the line above


def _windows(data: bytes) -> bytes | None:
    return None if b"\r" in data else data.replace(b"\n", b"\r\n")


def _marked(data: bytes) -> bytes | None:
    return None if data.startswith(b"\xef\xbb\xbf") else b"\xef\xbb\xbf" + data


def _latin(data: bytes) -> bytes | None:
    if re.search(rb"coding[:=]", b"\n".join(data.split(b"\n")[:2])) or data.startswith((b"\xef\xbb\xbf", b"#!")):
        return None
    try:
        return ("# -*- coding: latin-1 -*-\n# caf\u00e9\n" + data.decode()).encode("latin-1")
    except UnicodeError:
        return None


def _tabbed(data: bytes) -> bytes | None:
    depths = [len(line) - len(line.lstrip(b" ")) for line in data.splitlines() if line.strip()]
    if any(below > above + _DEEP for above, below in itertools.pairwise(depths)):
        return None  # a line that is aligned with something above it: there is no saying that in tabs
    return re.sub(rb"^(?: {4})+", lambda match: b"\t" * (len(match[0]) // 4), data, flags=re.MULTILINE)


def _disguised(case: Case, disguise: Disguise) -> Case | None:
    files = [(path, disguise(data)) for path, data in case.files]
    worn = tuple((path, data) for path, data in files if data is not None)
    if len(worn) != len(files):
        return None
    new = dataclasses.replace(case, files=worn)
    try:
        compiled(new, "disguised")
    except Broken:
        return None
    return new


def _looks_alike(case: Case, disguise: Disguise, what: str) -> None:
    """The result of the disguised case is the disguised result; a case that cannot wear it is left alone."""
    worn = _disguised(case, disguise)
    expected = _disguised(result(case, run(case)), disguise)
    if worn is not None and expected is not None:
        same(
            _old(case, expected),
            _old(case, result(worn, run(worn))),
            f"{what}, the result must be the same but for that",
        )


def _old(case: Case, after: Case) -> Case:
    """What became of the files that the case began with: new ones wear nothing."""
    return dataclasses.replace(
        after, files=tuple((path, data) for path, data in after.files if path in dict(case.files))
    )


def keeps_windows_lines(case: Case) -> None:
    """Lines that end with CR LF give the same result, with CR LF."""
    _looks_alike(case, _windows, "with CR LF line ends")


def keeps_byte_order_mark(case: Case) -> None:
    """A byte order mark stays and changes nothing."""
    _looks_alike(case, _marked, "with a byte order mark")


def keeps_encoding(case: Case) -> None:
    """A file in Latin-1 stays in Latin-1."""
    _looks_alike(case, _latin, "in Latin-1")


def keeps_tabs(case: Case) -> None:
    """Code that is indented with tabs gets new code that is indented with tabs."""
    style = dataclasses.replace(case.settings.style, line_length=10_000)  # what is indented with tabs is not wrapped
    wide = dataclasses.replace(case, settings=dataclasses.replace(case.settings, style=style))
    _looks_alike(wide, _tabbed, "with tabs")


def lives_without_last_newline(case: Case) -> None:
    """A file whose last line has no line end is fixed all the same."""
    bare = dataclasses.replace(case, files=tuple((path, data.rstrip(b"\r\n")) for path, data in case.files))
    after = result(bare, run(bare))
    stripped = tuple((path, data.rstrip(b"\r\n")) for path, data in result(case, run(case)).files)
    bared = tuple((path, data.rstrip(b"\r\n")) for path, data in after.files)
    same(
        dataclasses.replace(case, files=stripped),
        dataclasses.replace(case, files=bared),
        "without a line end at the end, the result must be the same",
    )
