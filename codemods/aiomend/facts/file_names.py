"""What the bytes of one file alone say of names, without parsing: other names that it gives to things, and what makes coroutines.

A regular expression that begins with a literal is an order of magnitude faster than one that begins with a line or a word:
these find the literal, and look at what stands around it afterwards.
"""

from __future__ import annotations

import bisect
import keyword
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache

from aiomend.facts.file_imports import Import, imports_in
from aiomend.facts.words import WORDS, line_start, places, words

_NAME = rb"[\w\x80-\xff]+"
#: `origin as name`, as code has it: in prose another word follows.
_AS = re.compile(rb" as +(%s) *(?=[,)\]}#:;|\\\n]|if\b|\Z)" % _NAME)
#: What may stand before `origin as name` on its line: a statement that binds names, or a part of such a list of names.
_BINDS = re.compile(rb"\b(?:import|with|case)\b")
_LISTED = re.compile(rb"(?:[^#\n]*,)?[ (]*[\w.\x80-\xff]*[ (]*")
_GLOBAL = re.compile(rb"global((?:[\w\x80-\xff, ]|\\\n)+)")
#: `name = package.origin` or `name: Kind = origin`, all of its line.
_VALUE = re.compile(rb"= *(?:%s\.)*(%s) *(?=[#\n]|\Z)" % (_NAME, _NAME))
_TARGET = re.compile(rb" *(%s) *(?::[^=]*)?" % _NAME)
_NATIVE = re.compile(rb"async[ \\\n]+def[ \\\n]+(%s)" % _NAME)
_RETURNED = re.compile(rb"return +((?:%s\.)*)(%s) *\(" % (_NAME, _NAME))
_STAR = re.compile(rb"import[ (]*\*")
_DEF = re.compile(rb"def +(%s)" % _NAME)
_CLASS = re.compile(rb"class +()")
_LONG = 60  #: bytes: few names are as long
_DEFINES = len(b"class ")
_KEYWORDS = frozenset(word.encode() for word in keyword.kwlist)


Pairs = tuple[tuple[bytes, bytes], ...]
#: Names with other names for what they stand for; those that only the function around them knows; functions under `async def`;
#: functions under `def`; imports.
FileNames = tuple[Pairs, Pairs, tuple[bytes, ...], tuple[bytes, ...], tuple[Import, ...]]
#: Names with functions that return what calling them gives: names that may mean anything, and a file's own functions.
Returned = tuple[Pairs, Pairs]
#: A definition: where its line begins, how far that is indented, and the name of the function, empty for a class.
_Block = tuple[int, int, bytes]


def names_in(data: bytes) -> FileNames:
    """Return what the bytes of a file say of names, whatever the others say."""
    data = _plain(data)
    found = sorted(set(_aliases(data)))
    aliases = tuple((old, new) for old, new, is_local in found if not is_local)
    local = tuple((old, new) for old, new, is_local in found if is_local)
    natives = _NATIVE.findall(data)
    plain = Counter(_DEF.findall(data))
    plain.subtract(natives)
    return aliases, local, tuple(sorted(set(natives))), tuple(sorted(+plain)), imports_in(data)


def _aliases(data: bytes) -> Iterator[tuple[bytes, bytes, bool]]:
    """Yield (name, other name for it, whether only the function around it knows that one)."""
    found = [
        (match.start(), _name_before(data, match.start()), match[1])
        for match in _AS.finditer(data)
        if _may_bind(data, match.start())
    ]
    for match in _VALUE.finditer(data):
        start = line_start(data, match.start())
        if (target := _TARGET.fullmatch(data, start, match.start())) is not None:
            found.append((start, match[1], target[1]))
    found = [(place, old, new) for place, old, new in found if old and old != new and new not in _KEYWORDS]
    if not found:
        return
    blocks = _blocks(data)
    declared = words(b" ".join(_GLOBAL.findall(data)))
    for place, old, new in found:
        yield old, new, new not in declared and _is_local(data, blocks, line_start(data, place))


def _plain(data: bytes) -> bytes:
    """Return a file with one kind of line ends, and indented by blanks alone."""
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data.expandtabs() if b"\t" in data else data


def _may_bind(data: bytes, place: int) -> bool:
    """True where an `as` may give a name, and does not stand in a sentence, as far as its line tells."""
    start = line_start(data, place)
    before = data[start:place]
    if not before.strip() or _BINDS.search(before) is not None:
        return True
    if _LISTED.fullmatch(before) is None:
        return False
    above = data[line_start(data, start - 1) : start].rstrip() if start else b""
    return b"," in before or above.endswith((b"(", b",", b"\\")) or b"#" in above


def _blocks(data: bytes) -> list[_Block]:
    """Return the functions and classes of a file in its order."""
    found = []
    for match in (*_DEF.finditer(data), *_CLASS.finditer(data)):
        start = line_start(data, match.start())
        if data[start : match.start()].strip() in (b"", b"async"):
            found.append((start, _indent(data, start), match[1]))
    return sorted(found)


def _is_local(data: bytes, blocks: Sequence[_Block], line: int) -> bool:
    """True where the innermost definition around a line is a function's, as the indentation tells."""
    indent = _indent(data, line)
    for start, outer, function in reversed(blocks[: bisect.bisect_left(blocks, (line,))]):
        if not indent:
            break  # at the top of the file
        if outer < indent:
            if _less_indented(outer).search(data, start, line) is None:
                return bool(function)
            indent = outer  # it has ended, and so has what is indented as far
    return False


@cache
def _less_indented(indent: int) -> re.Pattern[bytes]:
    """Return what matches a line that ends what is indented further; a comment may stand anywhere."""
    return re.compile(rb"\n {0,%d}[^ \n#]" % indent)


def _name_before(data: bytes, end: int) -> bytes:
    """Return the name that ends at a place, a line joined by a backslash further up; empty where there is none."""
    before = data[max(end - 200, 0) : end].rstrip(b" \t\\\r\n").translate(WORDS)
    return before[before.rfind(b" ") + 1 :]


def _indent(data: bytes, start: int) -> int:
    """Return how far the line is indented that begins at a place."""
    end = start
    while data[end : end + 1] == b" ":
        end += 1
    return end - start


def returners(data: bytes) -> Returned:
    """Return names in a file, each with a function that returns what calling it gives; the indentation says which belong together.

    The latter pairs are of names that can mean nothing but functions of the file.
    """
    data = _plain(data)
    dotted, bare = set[tuple[bytes, bytes]](), set[tuple[bytes, bytes]]()
    blocks: list[_Block] = []
    for match in _RETURNED.finditer(data):
        start = line_start(data, match.start())
        before = data[start : match.start()].strip()
        if before and not before.endswith((b":", b";")):
            continue  # the line begins with something else
        blocks = blocks or _blocks(data)
        indent, last = _indent(data, start), bisect.bisect_left(blocks, (start,))
        if (defined := _DEF.search(before)) is not None:
            (dotted if match[1] else bare).add((match[2], defined[1]))
        elif inner := next((name for _, outer, name in reversed(blocks[:last]) if name and outer < indent), b""):
            (dotted if match[1] else bare).add((match[2], inner))
    ours = {name for _, _, name in blocks} if bare and _STAR.search(data) is None else set()
    kept = {name for name in {name for name, _ in bare} & ours if _is_own(data, name)}
    others = dotted | {pair for pair in bare if pair[0] not in kept}
    return tuple(sorted(others)), tuple(sorted(pair for pair in bare if pair[0] in kept))


def _is_own(data: bytes, name: bytes) -> bool:
    """True where nothing but `def` gives a name to anything in a file, and the file mentions it nowhere but to call it."""
    for start in places(data, name):
        end = start + len(name)
        before, after = data[max(start - 80, 0) : start].rstrip(b" \t")[-1:], data[end : end + 80].lstrip(b" \t")[:1]
        if before != b"." and after != b"(" and not (before == after and before in (b'"', b"'")):
            return False
    return True


def called_names(data: bytes) -> set[bytes]:
    """Return the names behind which an opening parenthesis stands, but for those that are being defined there."""
    found = set()
    for piece in data.split(b"(")[:-1]:
        before = piece[-_LONG:].rstrip(b" \t")
        start = before.translate(WORDS).rfind(b" ") + 1
        if start <= _DEFINES and len(piece) > _LONG:  # the name is longer, or what defines it stands before that
            before = piece.rstrip(b" \t")
            start = before.translate(WORDS).rfind(b" ") + 1
        if start < len(before) and not before[:start].endswith((b"def ", b"class ")):
            found.add(before[start:])
    return found
