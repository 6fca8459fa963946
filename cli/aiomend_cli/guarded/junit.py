"""JUnit's XML: which tests a run had, and how each of them ended."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from xml.etree import ElementTree


class End(enum.IntEnum):
    """How a test ended, the better first."""

    PASSED = 0
    SKIPPED = 1
    FAILED = 2


_ENDS = {"failure": End.FAILED, "error": End.FAILED, "skipped": End.SKIPPED}


def read(data: bytes) -> Mapping[str, End]:
    """Return the end of each test by its name, the worst where several have that name.

    Raises ValueError for what is no such file.
    """
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise ValueError(f"is no XML: {error}") from None
    if _tag(root) not in ("testsuites", "testsuite"):
        raise ValueError(f"begins with <{_tag(root)}>, and a JUnit file with <testsuites> or <testsuite>")
    found: dict[str, End] = {}
    for case in root.iter():
        if _tag(case) == "testcase":
            name = _name(case)
            end = max((_ENDS.get(_tag(child), End.PASSED) for child in case), default=End.PASSED)
            found[name] = max(end, found.get(name, End.PASSED))
    return found


def _name(case: ElementTree.Element) -> str:
    """Return what tells a test from others; the file where it is given, since classes may have the same name."""
    parts = (case.get(key, "") for key in ("file", "classname", "name"))
    return "::".join(part for part in parts if part) or "a test without a name"


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
