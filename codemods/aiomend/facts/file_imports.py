"""Which modules the bytes of a file name in imports, without parsing."""

from __future__ import annotations

import re

#: What is imported: names in parentheses, or the rest of the line and of those that a backslash joins to it.
_IMPORT = re.compile(
    rb"import(?:[ \t\\]*\(([^)#]*+(?:#[^\n]*+[^)#]*+)*)\)|(?=[ \t\\*])([^\n#;\\]*+(?:\\\n[^\n#;\\]*+)*))"
)
_FROM = re.compile(rb"\bfrom(?:[ \t]|\\\n)*([.\w\x80-\xff]+)(?:[ \t]|\\\n)*\Z")
_COMMENT = re.compile(rb"#[^\n]*")
_NAME = re.compile(rb"[.\w\x80-\xff]+|\*")

#: A module as it is written, with the names that are taken from it, which may be modules too, and those that they are given.
Import = tuple[bytes, ...]


def imports_in(data: bytes) -> tuple[Import, ...]:
    """Return what a file imports; what texts and comments say is no worse than that."""
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    found = set[Import]()
    for match in _IMPORT.finditer(data):
        listed = match[1] if match[1] is not None else match[2]
        names = set(_NAME.findall(_COMMENT.sub(b"", listed))) - {b"as"}
        origin = _FROM.search(data, max(match.start() - 200, 0), match.start())
        if origin is not None:
            found.add((origin[1], *sorted(names)))
        elif match[1] is None:
            parts = [name.split(b".") for name in names]
            found.update((b".".join(each[:end]),) for each in parts for end in range(1, len(each) + 1))
    return tuple(sorted(found))
