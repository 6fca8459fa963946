"""A look at files for a run that is elsewhere: by a process that shares nothing with it but the files.

The run says as data how its project stands, and rules are named by their codes: so both sides have to be the same aiomend. This
side reads the files for itself, and looks at nothing where they are not what the run has read. It keeps the project for the next
errand of the same run.
"""

from __future__ import annotations

import contextlib
import functools
import pickle
import sys
import threading
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path

from aiomend.facts.environment import Environment
from aiomend.facts.inference import Inference
from aiomend.facts.project import ProjectFacts, Sources
from aiomend.facts.threads import Threads
from aiomend.homes import Homes
from aiomend.lookout import Lookout
from aiomend.rules import registry
from aiomend.settings import Settings
from aiomend.sharing import Sight
from aiomend.source import Source

#: Files that are parsed before all answers are forgotten, so that a process does not end with the whole project in memory.
_PARSED = 2_000


class _Unlike(Exception):
    """What is here is not what the run has; the text says what."""


@dataclass(frozen=True, slots=True)
class Original:
    """A project as a run found it; its files are known by a digest."""

    program: bytes
    sources: Sources
    digest: bytes
    settings: Mapping[str, Settings]  #: by path
    chosen: tuple[str, ...]
    opaque: frozenset[str]


@dataclass(frozen=True, slots=True)
class Changes:
    """What the rounds of a run made of its project so far."""

    sources: Mapping[str, Source] = field(default_factory=dict)  #: files that they changed, or made
    begun: Mapping[str, tuple[Source, str]] = field(default_factory=dict)  #: see `Homes.begun`
    settings: Mapping[str, Settings] = field(default_factory=dict)  #: of all of these


# ---- the side of the run ---


def project(
    sources: Sources,
    files: Iterable[tuple[str, bytes]],
    settings: Callable[[str], Settings],
    chosen: Iterable[str],
    opaque: frozenset[str],
) -> bytes:
    """Return a project as data; ``files`` are all that are in it, as they were at first."""
    governing = _settings(sources.paths(), settings)
    return _packed(Original(_program(), sources, _digest(files), governing, tuple(chosen), opaque))


def changes(
    sources: Iterable[Source], begun: Mapping[str, tuple[Source, str]], settings: Callable[[str], Settings]
) -> bytes:
    """Return the changes of a project as data."""
    changed = {source.path: _plain(source) for source in sources}
    plain = {path: (_plain(source), indent) for path, (source, indent) in begun.items()}
    return _packed(Changes(changed, plain, _settings([*changed, *plain], settings)))


def _settings(paths: Iterable[str], settings: Callable[[str], Settings]) -> dict[str, Settings]:
    same: dict[Settings, Settings] = {}
    found: dict[str, Settings] = {}
    for path in paths:
        with contextlib.suppress(Exception):  # a configuration that is wrong: whoever needs it will see
            known = settings(path)
            found[path] = same.setdefault(known, known)
    return found


def _plain(source: Source) -> Source:
    """Return a source without its tree, and whatever else it keeps."""
    return replace(source)


def _packed(value: object) -> bytes:
    return zlib.compress(pickle.dumps(value, pickle.HIGHEST_PROTOCOL), 1)


def _digest(files: Iterable[tuple[str, bytes]]) -> bytes:
    digest = blake2b(digest_size=20)
    for path, data in files:
        digest.update(f"{path}\0{len(data)}\0".encode("utf-8", "surrogateescape"))
        digest.update(data)
    return digest.digest()


@functools.cache
def _program() -> bytes:
    """Return what stands for this aiomend and its Python."""
    folder = Path(__file__).parent
    files = sorted(file for file in folder.rglob("*") if file.is_file() and file.suffix != ".pyc")
    named = ((file.relative_to(folder).as_posix(), file.read_bytes()) for file in files)
    return _digest([(sys.version.split()[0], b""), *named])


# ---- the other side ---


def look(project: bytes, changes: bytes, codes: Mapping[str, tuple[str, ...]]) -> dict[str, Sight | None] | str:
    """Return what is seen in each of some files, looked at with the rules of these codes; None where that fails.

    A text where that would not be what the run sees, which says why: errors do not travel as well as data.
    """
    with _LOCK:  # an executor may have several threads, and facts are of one
        try:
            stand = _Stand.of(project, changes)
        except _Unlike as why:
            return str(why)
        rules = registry()
        return {path: stand.lookout.sight(path, [rules[code] for code in named]) for path, named in codes.items()}


_LOCK = threading.Lock()


class _Stand:
    """The project of a run in this process; there is one at a time."""

    held: _Stand | None = None

    def __init__(self, packed: bytes) -> None:
        self.packed = packed
        found = pickle.loads(zlib.decompress(packed))
        assert isinstance(found, Original)
        if found.program != _program():
            raise _Unlike("a process that was asked has another aiomend, or another Python")
        self._facts = ProjectFacts(found.sources, opaque=found.opaque)
        if _digest(zip(self._facts.paths, self._facts.every_bytes(), strict=True)) != found.digest:
            raise _Unlike("a process that was asked reads other files at the same place")
        self._facts.tree_names  # noqa: B018 - as they are at first, in all rounds
        self._settings = dict(found.settings)
        self._homes = Homes(self._facts, self._settings.__getitem__, found.chosen)
        self._environment = Environment(None)
        self._changes: bytes | None = None
        self._changed: Mapping[str, Source] = {}
        self._parsed = 0  #: before everything was forgotten
        self.lookout: Lookout

    @classmethod
    def of(cls, packed: bytes, changes: bytes) -> _Stand:
        """Return the project that was packed, with some changes."""
        known, cls.held = cls.held, None  # whatever goes wrong, nothing half done stays
        if known is None or known.packed != packed or not known._takes(changes):
            known = None  # before the next one takes its room
            known = cls(packed)
            known._takes(changes)
        cls.held = known
        return known

    def _takes(self, packed: bytes) -> bool:
        """Bring the project to where these changes have it; False where others stand in the way, of a later round."""
        is_new = packed != self._changes
        if is_new:
            changes = pickle.loads(zlib.decompress(packed))
            assert isinstance(changes, Changes)
            if not self._changed.keys() <= changes.sources.keys():
                return False
            for path, source in changes.sources.items():
                if self._changed.get(path) != source:
                    if path not in self._facts.known:
                        self._facts.add(path)
                    self._facts.replace(source)
            self._changes, self._changed = packed, changes.sources
            self._settings |= changes.settings
            for path, (source, indent) in changes.begun.items():
                self._homes.begin(path, source, indent)
        is_full = self._facts.parsed - self._parsed > _PARSED
        if is_full:
            self._facts.forget(self._changed)
            self._parsed = self._facts.parsed
        if is_new or is_full:
            inference = Inference(self._facts, self._environment)
            self.lookout = Lookout(
                self._facts, self._homes, self._settings.__getitem__, (inference, Threads(inference))
            )
        return True
