"""What bytes alone say of names, without parsing: the other names that a tree gives to one, and those of its coroutines.

A regular expression that begins with a literal is an order of magnitude faster than one that begins with a line or a word:
these find the literal, and look at what stands around it afterwards.
"""

from __future__ import annotations

import bisect
import keyword
import re
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass

from aiomend.facts.words import WORDS, words

_NAME = rb"[\w\x80-\xff]+"
#: `origin as name`, as code has it: in prose another word follows.
_AS = re.compile(rb"[ \t]as[ \t]+(%s)[ \t]*(?=[,)\]}#:;|\\\r\n]|if\b|\Z)" % _NAME)
#: `name = package.origin` or `name: Kind = origin`, all of its line.
_VALUE = re.compile(rb"=[ \t]*(?:%s\.)*(%s)[ \t]*(?=[#\r\n]|\Z)" % (_NAME, _NAME))
_TARGET = re.compile(rb"[ \t]*(%s)[ \t]*(?::[^=]*)?" % _NAME)
_NATIVE = re.compile(rb"async[ \t\\\r\n]+def[ \t\\\r\n]+(%s)" % _NAME)
#: Where a decorator may have parentheses, comments and other decorators between itself and its function.
_DECORATED = rb"@[\w.]*\b(?:%s)\b[\s\S]{0,400}?\bdef[ \t]+([\w\x80-\xff]+)"
_RETURNED = re.compile(rb"return[ \t]+(?:%s\.)*(%s)[ \t]*\(" % (_NAME, _NAME))
_DEF = re.compile(rb"def[ \t]+(%s)" % _NAME)
#: A line that is no blank: how far it is indented, and what it defines, if it does, or its first byte.
_LINE = re.compile(rb"(?:\A|[\r\n])([ \t]*)(?:(def|class|async[ \t]+def)[ \t]|(\S))")
_WORD_BYTES = frozenset(code for code in range(256) if code >= 0x80 or chr(code).isalnum() or code == ord("_"))
_KEYWORDS = frozenset(word.encode() for word in keyword.kwlist)


Pairs = tuple[tuple[bytes, bytes], ...]
#: Names with other names for what they stand for; those that only the function around them knows; functions under `async def`.
FileNames = tuple[Pairs, Pairs, tuple[bytes, ...]]


@dataclass(frozen=True, slots=True)
class TreeNames:
    """The names of one tree. May hold names that stand for something else too, never too few."""

    aliases: dict[bytes, set[bytes]]  #: name -> other names for what it stands for, in files that need not hold it
    coroutines: frozenset[bytes]  #: what calling gives a coroutine: functions, their aliases, functions that return one

    def others(self, texts: Iterable[str]) -> set[bytes]:
        """Return every other name that the tree gives to one of some names."""
        names = {text.encode() for text in texts}
        return _closed(names, self.aliases) - names

    def calls_coroutine(self, data: bytes, held: Set[bytes] | None = None) -> bool:
        """True where a file calls something that goes by the name of a coroutine function; ``held`` are its words."""
        return any(_is_called(data, name) for name in self.coroutines & (words(data) if held is None else held))

    def is_coroutine(self, name: str) -> bool:
        """True where a function of the tree that goes by ``name`` may give a coroutine."""
        return name.encode("utf-8", "replace") in self.coroutines


def names_in(data: bytes) -> FileNames:
    """Return what the bytes of a file say of names, whatever the others say."""
    found = sorted(set(_aliases(data)))
    aliases = tuple((old, new) for old, new, is_local in found if not is_local)
    local = tuple((old, new) for old, new, is_local in found if is_local)
    return aliases, local, tuple(sorted(set(_NATIVE.findall(data))))


def tree_names(tree: Iterable[bytes]) -> TreeNames:
    """Return the names of a tree, given as the bytes of each of its files."""
    files = list(tree)
    return joined(files, map(names_in, files), lambda: map(returners, files))


def joined(tree: Iterable[bytes], names: Iterable[FileNames], returned: Callable[[], Iterable[Pairs]]) -> TreeNames:
    """Return the names of a tree, given what each of its files says; ``returned`` is asked where anything gives a coroutine."""
    exported: dict[bytes, set[bytes]] = {}
    local: dict[bytes, set[bytes]] = {}
    found: set[bytes] = set()
    for aliases, inside, natives in names:
        found.update(natives)
        for table, pairs in ((exported, aliases), (local, inside)):
            for old, new in pairs:
                table.setdefault(old, set()).add(new)
    decorators = _closed([b"coroutine"], exported, local)
    decorated = re.compile(_DECORATED % b"|".join(map(re.escape, sorted(decorators))))
    for data in tree:
        if any(word in data for word in decorators):
            found.update(decorated.findall(data))
    if found:
        by_name: dict[bytes, set[bytes]] = {}
        for each in returned():
            for name, function in each:
                by_name.setdefault(name, set()).add(function)
        found = _closed(found, exported, local, by_name)
    return TreeNames(exported, frozenset(found))


def _aliases(data: bytes) -> Iterator[tuple[bytes, bytes, bool]]:
    """Yield (name, other name for it, whether only the function around it knows that one)."""
    found = [(match.start(), _name_before(data, match.start()), match[1]) for match in _AS.finditer(data)]
    for match in _VALUE.finditer(data):
        start = _line_start(data, match.start())
        if (target := _TARGET.fullmatch(data, start, match.start())) is not None:
            found.append((start, match[1], target[1]))
    found = [(place, old, new) for place, old, new in found if old and old != new and new not in _KEYWORDS]
    local = _local(data, {place for place, _, _ in found}) if found and b"global" not in data else frozenset()
    for place, old, new in found:
        yield old, new, place in local


def _local(data: bytes, places: Set[int]) -> Set[int]:
    """Return those places around which the innermost function or class is a function, as the indentation tells."""
    wanted: dict[int, list[int]] = {}
    for place in places:
        start = _line_start(data, place)
        if data[start : start + 1] in (b" ", b"\t"):
            wanted.setdefault(start, []).append(place)
    last, local = max(wanted, default=-1), set()
    around: list[tuple[int, bool]] = []  # lines that the next one may be in: their indent, whether in a function
    for match in _LINE.finditer(data):
        if (start := match.start(1)) > last:
            break
        indent = len(match[1].expandtabs())
        if match[3] == b"#":  # a comment may stand anywhere: it ends no block
            in_function = next((inside for above, inside in reversed(around) if above < indent), False)
        else:
            while around and around[-1][0] >= indent:
                around.pop()
            in_function = bool(around) and around[-1][1]
            around.append((indent, match[2] != b"class" if match[2] else in_function))
        if in_function and start in wanted:
            local.update(wanted[start])
    return local


def _name_before(data: bytes, end: int) -> bytes:
    """Return the name that ends at a place, a line joined by a backslash further up; empty where there is none."""
    before = data[max(end - 200, 0) : end].rstrip(b" \t\\\r\n").translate(WORDS)
    return before[before.rfind(b" ") + 1 :]


def _line_start(data: bytes, place: int) -> int:
    start = data.rfind(b"\n", 0, place) + 1
    return data.rfind(b"\r", start, place) + 1 or start


def _indent(data: bytes, start: int) -> int:
    """Return how far the line is indented that begins at a place."""
    end = start
    while data[end : end + 1] in (b" ", b"\t"):
        end += 1
    return len(data[start:end].expandtabs())


def returners(data: bytes) -> Pairs:
    """Return names in a file, each with a function that returns what calling it gives; the indentation says which belong together."""
    found: set[tuple[bytes, bytes]] = set()
    functions: list[tuple[int, int, bytes]] = []  # where, how far indented, its name
    for match in _RETURNED.finditer(data):
        start = _line_start(data, match.start())
        if data[start : match.start()].strip():
            continue  # the line begins with something else
        functions = functions or _functions(data)
        indent, last = _indent(data, start), bisect.bisect_left(functions, (start,))
        inner = next((one for one in functions[last - 1 :: -1] if one[1] < indent), None) if last else None
        if inner is not None:
            found.add((match[1], inner[2]))
    return tuple(sorted(found))


def _functions(data: bytes) -> list[tuple[int, int, bytes]]:
    found = []
    for match in _DEF.finditer(data):
        start = _line_start(data, match.start())
        if data[start : match.start()].strip() in (b"", b"async"):
            found.append((start, _indent(data, start), match[1]))
    return found


def _is_called(data: bytes, name: bytes) -> bool:
    """True where an opening parenthesis follows a name that is not being defined."""
    at = data.find(name)
    while at >= 0:
        end = at + len(name)
        if (not at or data[at - 1] not in _WORD_BYTES) and data[end : end + 1] in (b"(", b" ", b"\t"):
            is_call = data[end : end + 80].lstrip(b" \t").startswith(b"(")
            if is_call and not data[max(at - 6, 0) : at].endswith((b"def ", b"class ")):
                return True
        at = data.find(name, end)
    return False


def _closed(names: Iterable[bytes], *others: dict[bytes, set[bytes]]) -> set[bytes]:
    found = set(names)
    todo = list(found)
    while todo:
        name = todo.pop()
        for table in others:
            new = table.get(name, set()) - found
            found |= new
            todo += new
    return found
