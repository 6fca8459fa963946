"""What the classes of a file inherit from, as its bytes tell, so that only files that can hold a subclass are parsed for it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aiomend.facts.code_words import code_of
from aiomend.facts.words import line_before, places

#: A class with bases: its name, and they, where no brackets are deeper in them than those of a call.
_HEADER = re.compile(
    rb"class[\s\\]+([\w\x80-\xff]+)[\s\\]*(?:\[[^\]]*\])?[\s\\]*\((?:([^()#]*+(?:\([^()#]*+\)[^()#]*+)*)\))?"
)
#: Brackets behind a base, up to three in each other.
_SUBSCRIPT = re.compile(rb"\[[^\[\]]*(?:\[[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*\][^\[\]]*)*\]")
#: A base by its last name, a keyword such as `metaclass=Meta`, or nothing behind the last comma.
_DOTTED = re.compile(
    rb"[\s\\]*(?:(?:[\w\x80-\xff]+[\s\\]*\.[\s\\]*)*([\w\x80-\xff]+)[\s\\]*|\w+[\s\\]*=[^=].*)?", re.DOTALL
)
#: What makes a name, or a list that it stands in, a target or a parameter: behind it, and before it on its line.
_BOUND = re.compile(rb"[ \t]*(?::?=(?!=)|:[^=\r\n]*=(?!=)|[,)\]][^\r\n]*(?:(?<![=!<>])=(?!=)|\bin\b))")
_BINDS = re.compile(
    rb"\bdef[ \t]+(?:[^\r\n]*[(,*][ \t]*)?\Z|\b(?:as|case)\b[^\r\n]*\Z|\bfor\b(?:(?!\bin\b)[^\r\n])*\Z|\blambda\b[^:\r\n]*\Z"
)
#: An argument of a call, which a keyword behind it makes look like a target; but for `:=`.
_GIVEN = re.compile(rb"[\w\x80-\xff\])][ \t]*\([^()]*\Z")
_SET = re.compile(rb"[ \t]*:=")
#: The head of a function, up to its parameters.
_HEAD = re.compile(rb"\bdef[\s\\]+[\w\x80-\xff]+[\s\\]*(?:\[[^()]*)?\Z")
#: A name with a line of its own, and what may follow a parameter.
_ALONE = re.compile(rb"[ \t]+\*{0,2}[ \t]*\Z")
_PARAMETER = re.compile(rb"[ \t]*[,:=)#\r\n]")
#: What stands before an annotation, `else: Base = …` left out.
_ANNOTATED = re.compile(rb"[ \t]*(?!(?:else|try|finally|except)\b)[\w.]+[ \t]*:")


def is_base(data: bytes, name: str) -> bool:
    """True where a class may have a base that is written with that name."""
    word = name.encode("utf-8", "replace")
    return any(
        next(places(header[2] or data[header.start() :], word), None) is not None for header in _HEADER.finditer(data)
    )


@dataclass(frozen=True, slots=True)
class Bases:
    """The last names of the bases of all classes of a file; ``is_computed``: some may stand for any class."""

    names: frozenset[bytes]
    is_computed: bool


def bases_in(data: bytes) -> Bases:
    """Return what the classes of a file inherit from, as it is written."""
    if _HEADER.search(data) is None:
        return Bases(frozenset(), is_computed=False)
    code = code_of(data) or data
    headers = list(_HEADER.finditer(code))
    names: set[bytes] = set()
    for header in headers:
        for base in _SUBSCRIPT.sub(b"", header[2]).split(b",") if header[2] is not None else (b"*",):
            match = _DOTTED.fullmatch(base)
            if match is None:
                return Bases(frozenset(), is_computed=True)  # a call, or more than the names of bases can be
            names.update(name for name in match.groups() if name is not None)
    spans = [header.span(2) for header in headers]
    return Bases(frozenset(names), any(_is_computed(code, name, spans) for name in names))


def _is_computed(data: bytes, name: bytes, spans: list[tuple[int, int]]) -> bool:
    """True where a name may be bound in a file in another way than by an import of its own level or a class."""
    return any(
        not any(start <= at < stop for start, stop in spans) and _binds(data, at, at + len(name))
        for at in places(data, name)
    )


def _binds(data: bytes, at: int, end: int) -> bool:
    """True where a name may be a target or a parameter at a place."""
    before = line_before(data, at)
    if _ANNOTATED.match(before) is not None:
        return False  # it says what something else is
    if _BINDS.search(before) is not None and (b"import" not in before or before[:1].isspace()):
        return True  # the other names that a function alone gives to what it imports are in no table
    if _BOUND.match(data, end) is not None and (_GIVEN.search(before) is None or _SET.match(data, end) is not None):
        return True
    if _ALONE.match(before) is None or _PARAMETER.match(data, end) is None:
        return False
    opened = data.rfind(b"(", 0, at)
    if b")" in data[opened:at]:
        return True  # nobody knows what is open
    return _HEAD.search(data, max(opened - 200, 0), opened) is not None  # a parameter with a line of its own
