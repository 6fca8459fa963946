"""Releases of well-known packages: which ones are sampled, and their files; nothing of them is imported or run."""

from __future__ import annotations

import datetime
import functools
import tarfile
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

HERE = Path(__file__).resolve().parent
LIST = HERE / "known.txt"
CACHE = HERE.parent / ".facts" / "known"

SINCE = datetime.datetime(2016, 1, 1, tzinfo=datetime.UTC)  #: before that, asyncio had few libraries
SAMPLES = 6
_GAP = datetime.timedelta(days=270)  #: a sample this far from all others is taken though there are enough
INDEX = "https://pypi.org/simple/"
_SUFFIXES = (".whl", ".tar.gz", ".zip", ".tar.bz2")
#: Folders that are no part of what a package offers.
_ASIDE = frozenset({"test", "tests", "testing", "docs", "doc", "examples", "example", "benchmarks", "scripts", "vendor"}
                   | {"profiling", "twisted"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Distribution:
    """One line of `known.txt`: a name, the versions, and the modules that count or do not."""

    name: str
    versions: tuple[str, ...]
    only: tuple[str, ...] = ()  #: the modules whose names are told; all of them where there is none
    without: tuple[str, ...] = ()  #: modules that are not even read

    def tells(self, module: str) -> bool:
        """Return whether the names of a module are told."""
        return not self.only or _is_below(module, self.only)

    def __str__(self) -> str:
        options = [f"{key}={','.join(values)}" for key, values in self._options if values]
        return " ".join([self.name, *options, *self.versions])

    @property
    def _options(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        return ("only", self.only), ("without", self.without)


def distributions() -> list[Distribution]:
    """Return the lines of `known.txt`."""
    found = []
    for raw in LIST.read_text().splitlines():
        words = raw.partition("#")[0].split()
        if words:
            options = dict(word.split("=", 1) for word in words[1:] if "=" in word)
            chosen = {key: tuple(value.split(",")) for key, value in options.items()}
            versions = tuple(word for word in words[1:] if "=" not in word)
            found.append(
                Distribution(words[0], versions, only=chosen.get("only", ()), without=chosen.get("without", ()))
            )
    return found


# ---- which versions ---


def pin(names: frozenset[str]) -> None:
    """Write into `known.txt` the versions to sample of each of its packages, or of those that are named."""
    lines = []
    for raw in LIST.read_text().splitlines():
        if raw.startswith("#") or not raw.strip():
            lines.append(raw)
            continue  # a comment
        [one] = [line for line in distributions() if line.name == raw.split()[0]]
        if names and one.name not in names:
            lines.append(raw)
            continue  # stays as it is
        lines.append(str(Distribution(one.name, tuple(_chosen(one.name)), one.only, one.without)))
    LIST.write_text("\n".join(lines) + "\n")


def _chosen(name: str) -> list[str]:
    """The last patch of the oldest minor, of the newest three majors, and of some minors between them, evenly in time.

    Majors that follow each other quickly leave no gap before them: what came and went between two samples is not seen.
    """
    from unearth import PackageFinder

    finder = PackageFinder(index_urls=[INDEX], ignore_compatibility=True)
    dates: dict[Version, datetime.datetime] = {}
    for package in finder.find_all_packages(name, allow_yanked=False):
        version = Version(package.version or "0")
        if not version.is_prerelease and package.link.upload_time is not None:
            dates[version] = min(package.link.upload_time, dates.get(version, package.link.upload_time))
    recent = [version for version in sorted(dates) if dates[version] >= SINCE] or sorted(dates)[-1:]
    minors = {version.release[:2]: version for version in recent}
    majors = {version.release[0]: version for version in minors.values()}
    chosen = {min(minors.values()), max(minors.values()), *sorted(majors.values())[-3:]}
    first, last = dates[min(minors.values())], dates[max(minors.values())]
    for step in range(1, SAMPLES - 1):
        wanted = first + (last - first) * step / (SAMPLES - 1)
        near = min(minors.values(), key=lambda version: abs(dates[version] - wanted))
        if len(chosen) < SAMPLES or all(abs(dates[near] - dates[version]) > _GAP for version in chosen):
            chosen.add(near)
    return [str(version) for version in sorted(chosen)]


# ---- their files ---


def files(one: Distribution, version: str) -> dict[str, bytes]:
    """Return the modules of a release by their path from the folder that `sys.path` would hold.

    Every folder of a package has an `__init__.py`, an empty one where the release has none.
    """
    members = dict(_members(archive(one.name, version)))
    wanted = roots(one)
    found: dict[str, bytes] = {}
    for path in sorted(members, key=lambda path: (path.count("/"), path)):
        *folders, name = path.split("/")
        start = next((at for at, folder in enumerate(folders) if folder in wanted), None)
        if start is None and len(folders) < 2 and name.removesuffix(".py") in wanted:
            start = len(folders)  # a package that was one file then
        if start is None or not _ASIDE.isdisjoint(folders):
            continue  # setup.py, tests and the like
        parts = [*folders[start:], name.partition(".")[0]]
        module = ".".join(parts)
        if all(part.isidentifier() for part in parts) and not _is_below(module, one.without):
            found.setdefault("/".join([*folders[start:], name]), members[path])
    homes = {path.rpartition("/")[0] for path in found} - {""}
    homes |= {home[:at] for home in homes for at, letter in enumerate(home) if letter == "/"}
    return found | {path: b"" for home in homes if (path := f"{home}/__init__.py") not in found}


@functools.cache
def roots(one: Distribution) -> frozenset[str]:
    """Return the top-level packages of a distribution, as its newest release has them."""
    brought = archive(one.name, one.versions[-1])
    tops = {path.partition("/")[0] for path, _ in _members(brought) if "/" in path}
    if brought.suffix != ".whl":
        homes = {path.rpartition("/")[0] for path, _ in _members(brought) if path.endswith("/__init__.py")}
        tops = {home.rpartition("/")[2] for home in homes if home.rpartition("/")[0] not in homes}
    return frozenset(top for top in tops - _ASIDE if top.isidentifier())


def _is_below(module: str, others: tuple[str, ...]) -> bool:
    return any(module == other or module.startswith(f"{other}.") for other in others)


def _members(brought: Path) -> Iterator[tuple[str, bytes]]:
    if brought.suffix in {".whl", ".zip", ".egg"}:
        with zipfile.ZipFile(brought) as zipped:
            for name in sorted(zipped.namelist()):
                if name.endswith((".py", ".pyi")):
                    yield name, zipped.read(name)
        return
    with tarfile.open(brought) as tarred:
        for member in sorted(tarred.getmembers(), key=lambda one: one.name):
            if member.isfile() and member.name.endswith((".py", ".pyi")) and (opened := tarred.extractfile(member)):
                yield member.name, opened.read()


def archive(name: str, version: str) -> Path:
    """Return a wheel of a release, else its source archive; brought from the package index where it is not there yet."""
    folder = CACHE / f"{name}-{version}"
    if not folder.is_dir():
        url = min(_links(name)[version], key=_preference)
        partial = CACHE / f"{name}-{version}.partial"
        partial.mkdir(parents=True, exist_ok=True)
        urllib.request.urlretrieve(url, partial / url.rpartition("/")[2])
        partial.rename(folder)
    return next(path for path in folder.iterdir() if path.name.endswith(_SUFFIXES))


@functools.cache
def _links(name: str) -> dict[str, list[str]]:
    """The archives of each version."""
    from unearth import PackageFinder

    found: dict[str, list[str]] = {}
    finder = PackageFinder(index_urls=[INDEX], ignore_compatibility=True)
    for package in finder.find_all_packages(name, allow_yanked=False):
        url = package.link.normalized.partition("#")[0]
        if url.endswith(_SUFFIXES):
            found.setdefault(str(Version(package.version or "0")), []).append(url)
    return found


def _preference(url: str) -> tuple[bool, bool, str]:
    """Wheels before source archives, those of no platform before others: all have the same modules."""
    return not url.endswith(".whl"), not url.endswith("-none-any.whl") and "manylinux" not in url, url
