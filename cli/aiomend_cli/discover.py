"""Which files there are: the project around the given paths, and the files in it that were meant."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from aiomend.report import FileResult, Skip
from aiomend_cli.errors import UserError
from aiomend_cli.git import GitError, Repository, names, repository

SUFFIXES = (".py", ".pyi")
NOTEBOOK = ".ipynb"
_MARKERS = ("aiomend.toml", "pyproject.toml", "setup.cfg")
PASSED_OVER = frozenset({"node_modules", "__pycache__", "build", "dist", "venv", "site-packages"})
#: Folders of code that somebody else wrote: read for what it tells, and changed only where it is named.
VENDORED = frozenset(
    [
        "vendor",
        "vendors",
        "vendored",
        "_vendor",
        "_vendored",
        "third_party",
        "third-party",
        "thirdparty",
        "site-packages",
        "dist-packages",
        "node_modules",
        "bower_components",
    ]
)

TOO_MUCH = 64_000_000  #: bytes of one file: no program is so long
_NAMED = 5  #: folders that are named before "and more"
_BINARY = getattr(os, "O_BINARY", 0)

_SHEBANG = re.compile(rb"#!.*\bpython[0-9.]*\b")


@dataclass(frozen=True, slots=True)
class Tree:
    """A project on disk, and the library's ``Sources``: paths relative to ``root``, read when asked for."""

    root: Path
    files: tuple[str, ...]  #: every Python file of the project, sorted
    repository: Repository | None = None
    overlay: Mapping[str, bytes] = field(default_factory=dict)  #: contents that stand in for those on disk
    lost: frozenset[str] = frozenset()  #: files that were tried and cannot be read to an end

    def paths(self) -> Sequence[str]:
        return self.files

    def read(self, path: str) -> bytes:
        """Return the bytes of ``path``; raises OSError where they cannot be read, or are too many."""
        if (content := self.overlay.get(path)) is not None:
            return content
        if path in self.lost:
            raise OSError(errno.EIO, os.strerror(errno.EIO), path)
        return read_regular(self.root / path)


def read_regular(path: Path) -> bytes:
    """Return the bytes of a file; raises OSError for what became a link, a pipe or a device, and for what is too large."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | _BINARY)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        if status.st_size > TOO_MUCH:
            raise OSError(errno.EFBIG, f"{status.st_size:,} bytes", str(path))
        return file.read(TOO_MUCH)


@dataclass(frozen=True, slots=True)
class Found:
    """One project, the files in it that the user meant, and those that were found and cannot be looked at."""

    tree: Tree
    chosen: tuple[str, ...]
    skipped: tuple[FileResult, ...] = ()
    notes: tuple[str, ...] = ()
    explicit: frozenset[str] = frozenset()  #: the files that were named in person
    unguarded: str | None = None  #: why git, which keeps this project, could not be asked


@dataclass(slots=True)
class _Group:
    """The named paths of one project, while its files are listed."""

    root: Path | None  #: None: nothing says where the project begins, so the named paths together are it
    repository: Repository | None = None
    unguarded: str | None = None
    named: list[Path] = field(default_factory=list)


def discover(paths: Iterable[str], cwd: Path) -> list[Found]:
    """Return the projects that hold ``paths``, each with the files that were meant.

    Raises UserError for a path that is not there.
    """
    outside: list[FileResult] = []
    groups: dict[tuple[Path | None, bool], _Group] = {}
    homes: dict[Path, _Group] = {}
    listings: dict[Path, dict[str, None]] = {}
    for given in paths:
        real = _resolved(given, cwd)
        if real is None:
            # the user named a link, and what it points at is not part of the tree
            outside.append(FileResult(given, skip=Skip.OUTSIDE))
            continue
        folder = real if real.is_dir() else real.parent
        if folder not in homes:
            homes[folder] = _home(folder)
        home = homes[folder]
        if (repo := home.repository) is not None:
            if repo.root not in listings:
                listings[repo.root] = _known_to_git(repo)
            if _ignored(repo, listings[repo.root], real):
                home = _Group(_configured(folder, repo.root))
        group = groups.setdefault((home.root, home.repository is not None), replace(home, named=[]))
        group.named.append(real)
    result = [_listed(group, listings.get(group.root) if group.root else None) for group in groups.values()]
    if outside:
        result.append(Found(Tree(cwd, ()), (), tuple(outside)))
    return result


def _home(folder: Path) -> _Group:
    """Return the project that ``folder`` is part of, nothing named in it yet."""
    try:
        repo = repository(folder)
    except GitError as error:
        return _Group(_configured(folder, None), unguarded=str(error))
    return _Group(repo.root, repo) if repo else _Group(_configured(folder, None))


def project_of(given: str, cwd: Path) -> tuple[Path, str]:
    """Return the root of the project that holds ``given``, and ``given`` relative to it.

    Raises UserError where it is not there.
    """
    real = _resolved(given, cwd)
    if real is None:
        raise UserError(f"{given}: {Skip.OUTSIDE.value}")
    folder = real if real.is_dir() else real.parent
    home = _home(folder)
    if (repo := home.repository) is not None and _ignored(repo, _known_to_git(repo), real):
        home = _Group(_configured(folder, repo.root))
    root = home.root or folder
    return root, "" if real == root else real.relative_to(root).as_posix()


def _resolved(given: str, cwd: Path) -> Path | None:
    """Return the real path of ``given``, None where a link on the way leads out of the tree that it stands
    in."""
    lexical = Path(os.path.abspath(cwd / given))  # noqa: PTH100 - Path.absolute() keeps the dots
    if not os.path.lexists(lexical):
        raise UserError(f"{given}: no such file or folder")
    fence = next((parent for parent in lexical.parents if (parent / ".git").exists()), None)
    if fence is None and lexical.is_relative_to(cwd):
        fence = cwd
    real = lexical.resolve()
    return None if fence and not real.is_relative_to(fence.resolve()) else real


def _ignored(repo: Repository, listing: dict[str, None], path: Path) -> bool:
    """Return True where git knows nothing of ``path`` (``listing`` is what it knows) since it is told to ignore it."""
    if path == repo.root:
        return False
    relative = path.relative_to(repo.root).as_posix()
    if relative in listing or any(name.startswith(f"{relative}/") for name in listing):
        return False
    asked = os.fsencode(f"./{relative}") + b"\0"
    return bool(repo.git("check-ignore", "-z", "--stdin", stdin=asked, accept=(0, 1)))


def _configured(folder: Path, fence: Path | None) -> Path | None:
    """Return the nearest folder with project configuration, below ``fence`` and never the home folder or
    the file system's root."""
    home = os.path.expanduser("~")  # noqa: PTH111 - Path.home() raises where there is none
    for place in (folder, *folder.parents):
        if place == fence or place == place.parent or str(place) == home:
            return None
        if any((place / marker).is_file() for marker in _MARKERS) or _is_set_up_from(place):
            return place
    return None


def _is_set_up_from(folder: Path) -> bool:
    """True where ``setup.py`` sets a project up; beside an ``__init__.py`` it is a module like any other."""
    return (folder / "setup.py").is_file() and not (folder / "__init__.py").exists()


def _listed(group: _Group, known: dict[str, None] | None) -> Found:
    """List the project of ``group`` and say what becomes of each file that was meant.

    ``known`` is what git knows of the folder, where it is a repository.
    """
    root = group.root or Path(os.path.commonpath([path if path.is_dir() else path.parent for path in group.named]))
    passed: list[str] = []
    if group.repository and known is not None:
        listing = known
    elif group.root is not None:
        listing = dict.fromkeys(_walk(root, passed))
    else:
        listing = dict.fromkeys(_shared(root, group.named, passed))
    candidates: set[str] = set(listing)
    meant: set[str] = set()
    explicit: set[str] = set()
    own: set[str] = set()
    environments = _environments(root) if group.repository else lambda _: False  # a walk enters none
    for path in group.named:
        relative = path.relative_to(root).as_posix()
        if path.is_dir():
            prefix = "" if path == root else f"{relative}/"
            below = [name for name in listing if name.startswith(prefix)]
            if not below and not group.repository:
                below = [f"{prefix}{name}" for name in _walk(path, [])]  # named, so it is looked at whatever its name
            meant.update(below)
            is_foreign = _foreign(prefix, environments)
            own.update(name for name in below if not is_foreign(name.rpartition("/")[0]))
        else:
            meant.add(relative)
            explicit.add(relative)
            own.add(relative)
    files: set[str] = set()
    skipped: list[FileResult] = []
    for name in sorted(candidates | meant):
        verdict = _verdict(root, name, name in explicit)
        if verdict is True:
            files.add(name)
        elif verdict is None:
            passed.append(name.rstrip("/"))
        elif verdict and name in own:
            skipped.append(verdict)
    chosen = tuple(sorted(files & own))
    skipped += [FileResult(name, skip=Skip.FOREIGN) for name in sorted(files & meant - own)]
    notes = [f"{group.unguarded}; the files were found without it"] if group.unguarded else []
    notes += _not_entered([name for name in passed if _is_below(root / name, group.named)])
    return Found(
        Tree(root, tuple(sorted(files)), group.repository),
        chosen,
        tuple(skipped),
        tuple(notes),
        frozenset(explicit),
        group.unguarded,
    )


def _shared(root: Path, named: Iterable[Path], passed: list[str]) -> Iterator[str]:
    """Yield the files that the named paths are taken for a project with, where nothing says where one begins.

    That is what is below the folders, and what a named file can import: what lies beside it, and packages.
    """
    for path in named:
        top = path if path.is_dir() else path.parent
        prefix = "" if top == root else f"{top.relative_to(root).as_posix()}/"
        below: list[str] = []
        yield from (prefix + name for name in _walk(top, below, only_packages=not path.is_dir()))
        passed += [prefix + name for name in below]


def _environments(root: Path) -> Callable[[str], bool]:
    """Return what tells of a folder whether it is a virtual environment."""
    known: dict[str, bool] = {}

    def is_environment(folder: str) -> bool:
        if folder not in known:
            known[folder] = _has(root, folder, "pyvenv.cfg")
        return known[folder]

    return is_environment


def _foreign(prefix: str, is_environment: Callable[[str], bool]) -> Callable[[str], bool]:
    """Return what tells of a folder below ``prefix``, which was named, whether somebody else's code is in it."""
    known = {prefix.rstrip("/"): False}

    def is_foreign(folder: str) -> bool:
        if folder not in known:
            above, _, name = folder.rpartition("/")
            known[folder] = name in VENDORED or is_environment(folder) or is_foreign(above)
        return known[folder]

    return is_foreign


def _is_below(path: Path, named: list[Path]) -> bool:
    return any(path.is_relative_to(one) for one in named)


def _not_entered(folders: list[str]) -> list[str]:
    """Return a sentence for the folders that were not entered, none where all were."""
    if not folders:
        return []
    more = f" and {len(folders) - _NAMED} more" if len(folders) > _NAMED else ""
    return [
        f"not entered, being installed, built or a repository of its own: {', '.join(sorted(folders)[:_NAMED])}{more}"
    ]


def _verdict(root: Path, name: str, explicit: bool) -> bool | FileResult | None:
    """Return True for a Python file, a FileResult for one that is left alone and counted, False for what is not ours.

    None: a folder, which is another repository.
    """
    python, notebook = name.endswith(SUFFIXES), name.endswith(NOTEBOOK)
    if not (python or notebook or explicit or "." not in name.rpartition("/")[2]):
        return False
    try:
        mode = os.lstat(f"{root}/{name}").st_mode
    except OSError:
        return False  # deleted, and git's index still names it
    if stat.S_ISLNK(mode):
        return _link(root, name, root / name, python)
    if stat.S_ISDIR(mode):
        return None  # a submodule or another repository: entered when it is named
    if notebook:
        return FileResult(name, skip=Skip.NOTEBOOK)
    if not stat.S_ISREG(mode):
        return FileResult(name, skip=Skip.UNREADABLE, detail="not a regular file") if python or explicit else False
    if python:
        return True
    if not explicit:
        return False
    if _has_shebang(root / name):
        return True
    return FileResult(name, skip=Skip.NOT_PYTHON, detail="not named *.py or *.pyi, and no Python in a first line #!")


def _link(root: Path, name: str, whole: Path, python: bool) -> bool | FileResult:
    if not whole.exists():
        broken = python and not whole.name.startswith(".")
        return FileResult(name, skip=Skip.UNREADABLE, detail="a link to nothing") if broken else False
    if whole.resolve().is_relative_to(root):
        return False  # what it points at is found under its own name
    return FileResult(name, skip=Skip.OUTSIDE) if python or whole.is_dir() else False


def _has_shebang(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return _SHEBANG.match(file.readline(200)) is not None
    except OSError:
        return True  # reading it for real will say what is wrong


def _known_to_git(repo: Repository) -> dict[str, None]:
    """Return the names that git knows, in order: tracked, and new ones that it is not told to ignore."""
    listed = repo.git("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    return dict.fromkeys(sorted(names(listed)))


def _walk(root: Path, passed: list[str], *, only_packages: bool = False) -> Iterator[str]:
    """Yield the files below ``root``, without what is hidden, installed, built or a virtual environment; with
    ``only_packages`` those of ``root`` itself and of the packages in it.

    What it passes over is added to ``passed``, but for what is hidden and no environment.
    """
    todo = [""]
    while todo:
        prefix = todo.pop()
        entries = _entries(f"{root}/{prefix}")
        folders = [entry.name for entry in entries if _is_folder(entry)]
        links = {entry.name for entry in entries if entry.is_symlink()}
        files = {entry.name for entry in entries}.difference(folders)
        if prefix and "pyvenv.cfg" in files:
            passed.append(prefix.rstrip("/"))
            continue
        passed += [prefix + name for name in folders if name in PASSED_OVER and name != "__pycache__"]
        passed += [prefix + name for name in folders if name[0] == "." and _has(root, prefix + name, "pyvenv.cfg")]
        todo += [
            f"{prefix}{name}/"
            for name in folders
            if not name.startswith(".")
            and name not in PASSED_OVER
            and not name.endswith(".egg-info")
            and name not in links
            and (not only_packages or _has(root, prefix + name, "__init__.py"))
        ]
        yield from (prefix + name for name in files | links)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    """Return what is in a folder, nothing for one that cannot be read."""
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """True for a folder, and for a link to one."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _has(root: Path, folder: str, file: str) -> bool:
    return os.path.isfile(f"{root}/{folder}/{file}")  # noqa: PTH113 - a Path for each folder takes longer than to look


def with_stdin(found: Found, path: str, content: bytes) -> Found:
    """Return ``found`` with ``content`` in the place of ``path`` (relative to its root), the only file that
    was meant."""
    tree = found.tree
    files = tuple(sorted({*tree.files, path}))
    tree = Tree(tree.root, files, tree.repository, {path: content})
    return replace(found, tree=tree, chosen=(path,), skipped=(), explicit=frozenset({path}))


def without(found: Found, excluded: Callable[[str], bool]) -> Found:
    """Return ``found`` without the chosen files that are ``excluded``, those named in person kept.

    Excluded files are neither reported nor changed; what they define and call is still known.
    """
    kept = found.explicit
    chosen = tuple(path for path in found.chosen if path in kept or not excluded(path))
    skipped = tuple(file for file in found.skipped if file.path in kept or not excluded(file.path))
    foreign = sum(file.skip is Skip.FOREIGN for file in {*found.skipped}.difference(skipped))
    count = len(found.chosen) - len(chosen) + foreign
    notes = (f"{count} {'file' if count == 1 else 'files'} excluded by pattern",) if count else ()
    return replace(found, chosen=chosen, skipped=skipped, notes=(*found.notes, *notes))
