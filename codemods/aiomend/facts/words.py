"""Words in bytes: where one stands, on which line, and which files of a project hold it."""

from __future__ import annotations

import codecs
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

#: Every byte that may stand in a name is itself, all others are blanks.
WORDS = bytes(code if code >= 0x80 or chr(code).isalnum() or code == ord("_") else ord(" ") for code in range(256))

#: What stands in every file that has coroutine functions, or names asyncio.
_TELLING = (b"async", b"coroutine")


def words(data: bytes) -> set[bytes]:
    """Return the names, keywords and numbers in ``data``, those in comments and texts included."""
    return set(data.removeprefix(codecs.BOM_UTF8).translate(WORDS).split())


def tells_of_asyncio(data: bytes) -> bool:
    """True for a file that has to do with asyncio by its own words, whatever it imports."""
    return any(word in data for word in _TELLING)


def places(data: bytes, name: bytes) -> Iterator[int]:
    """Yield where a name begins that is no part of a longer one."""
    at, size = data.find(name), len(name)
    while at >= 0:
        end = at + size
        if not (data[max(at - 1, 0) : at] + data[end : end + 1]).translate(WORDS).strip():
            yield at
        at = data.find(name, end)


def line_before(data: bytes, at: int) -> bytes:
    """Return what stands on its line before a place."""
    return data[line_start(data, at) : at]


def line_start(data: bytes, place: int) -> int:
    """Return where the line begins that holds a place, whichever line ends the file has."""
    start = data.rfind(b"\n", 0, place) + 1
    return data.rfind(b"\r", start, place) + 1 or start


class WordIndex:
    """The paths of the files that hold each word."""

    def __init__(self, files: Iterable[tuple[str, bytes]]) -> None:
        self._paths: list[str | None] = []  #: None where the file is another one by now
        self._numbers: dict[str, int] = {}
        self._files: dict[bytes, array[int]] = {}  #: by word, as numbers: half of what sets of paths take
        for path, data in files:
            self._note(path, words(data))

    @classmethod
    def of(cls, paths: Sequence[str | None], table: dict[bytes, array[int]]) -> WordIndex:
        """Return an index by its table: the numbers of the files that hold each word; None stands for a file that is no more."""
        index = cls(())
        index._paths = list(paths)
        index._numbers = {path: number for number, path in enumerate(paths) if path is not None}
        index._files = table
        return index

    @property
    def table(self) -> Mapping[bytes, array[int]]:
        """The numbers of the files that hold each word."""
        return self._files

    def files(self, text: str) -> Set[str]:
        """Return the files that hold every word of ``text``; all of a name is one word."""
        found = [self._files.get(word, ()) for word in words(text.encode("utf-8", "replace"))] or [()]
        first, *others = map(frozenset, found)
        paths = (self._paths[number] for number in first.intersection(*others))
        return {path for path in paths if path is not None}

    def replace(self, path: str, old: bytes, new: bytes) -> None:
        """Note that a file holds ``new`` where it held ``old``, which is empty for a new file."""
        before, after = words(old), words(new)
        for word in before - after:
            self._files[word].remove(self._numbers[path])
        self._note(path, after - before)

    def _note(self, path: str, new: Set[bytes]) -> None:
        if path not in self._numbers:
            self._numbers[path] = len(self._paths)
            self._paths.append(path)
        number = self._numbers[path]
        for word in new:
            try:
                self._files[word].append(number)
            except KeyError:
                self._files[word] = array("I", (number,))
