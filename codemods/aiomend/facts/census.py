"""What the bytes of all files of a tree say of words and names, kept from run to run: each file is read for it once.

What a file says by itself is kept with a digest of its bytes, so that only files that have changed are read for it again.
"""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from itertools import accumulate, pairwise

from aiomend.facts.file_names import FileNames, Pairs, Returned, names_in, returners
from aiomend.facts.names import TreeNames, joined
from aiomend.facts.words import WordIndex

_LEAST = 0.5  #: of what is kept: where less is of files that are still there, all is found out anew
_Names = tuple[FileNames, Returned]


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was found out about files, by number."""

    digests: list[str] = field(default_factory=list)
    names: list[_Names] = field(default_factory=list)
    words: dict[bytes, array[int]] = field(default_factory=dict)


class Census:
    """The words and the names of one tree."""

    def __init__(self, files: Mapping[str, bytes], kept: bytes | None) -> None:
        """``files`` are the bytes of all files by path, ``kept`` is what `packed` gave of this tree or another one."""
        known = _unpacked(kept) if kept is not None else _Kept()
        digests = {path: blake2b(data, digest_size=12).hexdigest() for path, data in files.items()}
        numbers: dict[str, list[int]] = {}
        for number, digest in enumerate(known.digests):
            numbers.setdefault(digest, []).append(number)
        paths: list[str | None] = [None] * len(known.digests)
        for path, digest in digests.items():
            if same := numbers.get(digest):
                paths[same.pop()] = path
        if len(paths) - paths.count(None) < _LEAST * len(paths):
            known, paths = _Kept(), []
        self._files = files
        self._known = known
        self.index = WordIndex.of(paths, known.words)
        self.is_new = False  #: something was found out that was not kept
        of_path = {path: names for path, names in zip(paths, known.names, strict=True) if path is not None}
        for path, data in files.items():
            if path not in of_path:
                self.is_new = True
                of_path[path] = names_in(data), returners(data)
                known.digests.append(digests[path])
                known.names.append(of_path[path])
                self.index.replace(path, b"", data)
        self._names = of_path

    @cached_property
    def names(self) -> TreeNames:
        """The names of the tree."""
        each = [self._names[path] for path in self._files]
        return joined(self._files, (names for names, _ in each), lambda: (returned for _, returned in each))

    def packed(self) -> bytes:
        """Return what was found out as bytes that run no code when they are read; before a run changes anything."""
        table = self.index.table
        data = {
            "digests": self._known.digests,
            "names": [
                [
                    *(_pairs(aliases), _pairs(local), _texts(natives), _texts(plain), list(map(_texts, imports))),
                    *(_pairs(returned), _pairs(own)),
                ]
                for (aliases, local, natives, plain, imports), (returned, own) in self._known.names
            ],
            "words": " ".join(map(_text, table)),
            "lengths": list(map(len, table.values())),
        }
        files = b"".join(numbers.tobytes() for numbers in table.values())
        told = json.dumps(data, separators=(",", ":")).encode("ascii")
        return zlib.compress(len(told).to_bytes(8, "little") + told + files, 1)


def _unpacked(kept: bytes) -> _Kept:
    """Return what `packed` made bytes of; nothing where it did not."""
    try:
        data = zlib.decompress(kept)
        end = 8 + int.from_bytes(data[:8], "little")
        told = json.loads(data[8:end])
        names = [
            (
                (
                    *(
                        _of_pairs(aliases),
                        _of_pairs(local),
                        _of_texts(natives),
                        _of_texts(plain),
                        tuple(map(_of_texts, imports)),
                    ),
                ),
                (_of_pairs(returned), _of_pairs(own)),
            )
            for aliases, local, natives, plain, imports, returned, own in told["names"]
        ]
        files = array("I", data[end:])
        words = map(_bytes, told["words"].split(" ")) if told["words"] else ()
        places = pairwise(accumulate(told["lengths"], initial=0))
        table = {word: files[start:stop] for word, (start, stop) in zip(words, places, strict=True)}
        digests = list(told["digests"])
        is_whole = len(digests) == len(names) > max(files, default=-1) and sum(told["lengths"]) == len(files)
        return _Kept(digests, names, table) if is_whole else _Kept()
    except (zlib.error, ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return _Kept()


def _texts(names: Iterable[bytes]) -> list[str]:
    return list(map(_text, names))


def _of_texts(texts: Iterable[str]) -> tuple[bytes, ...]:
    return tuple(map(_bytes, texts))


def _pairs(pairs: Pairs) -> list[str]:
    return [_text(one) for pair in pairs for one in pair]


def _of_pairs(texts: Sequence[str]) -> Pairs:
    each = list(map(_bytes, texts))
    return tuple(zip(each[::2], each[1::2], strict=True))


def _text(data: bytes) -> str:
    return data.decode("latin-1")


def _bytes(text: str) -> bytes:
    return text.encode("latin-1")
