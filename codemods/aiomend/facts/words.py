"""Which files of a project hold a word, without looking at their bytes again for each word."""

from __future__ import annotations

import codecs
from array import array
from collections.abc import Iterable, Set

#: Every byte that may stand in a name is itself, all others are blanks.
WORDS = bytes(code if code >= 0x80 or chr(code).isalnum() or code == ord("_") else ord(" ") for code in range(256))


def words(data: bytes) -> set[bytes]:
    """Return the names, keywords and numbers in ``data``, those in comments and texts included."""
    return set(data.removeprefix(codecs.BOM_UTF8).translate(WORDS).split())


class WordIndex:
    """The paths of the files that hold each word."""

    def __init__(self, files: Iterable[tuple[str, bytes]]) -> None:
        self._paths: list[str] = []
        self._numbers: dict[str, int] = {}
        self._files: dict[bytes, array[int]] = {}  #: by word, as numbers: half of what sets of paths take
        for path, data in files:
            self._note(path, words(data))

    def files(self, text: str) -> Set[str]:
        """Return the files that hold every word of ``text``; all of a name is one word."""
        found = [self._files.get(word, ()) for word in words(text.encode("utf-8", "replace"))] or [()]
        first, *others = map(frozenset, found)
        return {self._paths[number] for number in first.intersection(*others)}

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
