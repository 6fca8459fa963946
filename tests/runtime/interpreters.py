"""Real interpreters: where they are, and what a program does under one of them in asyncio's debug mode."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

Version = tuple[int, int]

OLDEST: Version = (3, 6)  #: runs the programs in `yield from` form
NEWEST_WANTED: Version = (3, 13)  #: what "newest" must reach on CI; elsewhere the newest there is will do
TIME_LIMIT = 10.0  #: seconds for one run of one program

_RELEASE = re.compile(r"3\.(\d+)\.\d+")  # a final release: no alpha, no free-threaded build
_STALL = re.compile(r"Executing <.*> took \d+\.\d+ seconds")


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python that answered when it was asked for its version."""

    version: Version
    path: str

    @property
    def debug_options(self) -> tuple[list[str], dict[str, str]]:
        """Options and variables that make asyncio complain; `-X dev` exists from 3.7."""
        if self.version >= (3, 7):
            return ["-X", "dev"], {}
        return ["-W", "default"], {"PYTHONASYNCIODEBUG": "1"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run of a program left behind."""

    code: int
    out: str
    err: str

    @property
    def complaints(self) -> str:
        """Everything on stderr but reports of slow callbacks."""
        return "".join(line for line in self.err.splitlines(keepends=True) if not _STALL.search(line))

    @property
    def stalls(self) -> bool:
        """True where a callback was slower than the loop's limit."""
        return bool(_STALL.search(self.err))


def candidates(environ: Mapping[str, str]) -> Iterator[tuple[Version, str]]:
    """Yield what claims to be a Python 3, and the version it claims: this one, pyenv's, the PATH's."""
    yield sys.version_info[:2], sys.executable
    for root in _pyenv_roots(environ):
        for folder in sorted((root / "versions").glob("3.*")):
            if match := _RELEASE.fullmatch(folder.name):
                yield (3, int(match[1])), str(folder / "bin" / "python")
    for minor in range(OLDEST[1], 30):
        if path := shutil.which(f"python3.{minor}", path=environ.get("PATH", "")):
            yield (3, minor), path


def _pyenv_roots(environ: Mapping[str, str]) -> Iterator[Path]:
    if root := environ.get("PYENV_ROOT"):
        yield Path(root)
        return  # the variable is what `pyenv root` would print
    if pyenv := shutil.which("pyenv", path=environ.get("PATH", "")):
        asked = _ask([pyenv, "root"], environ)
        if asked:
            yield Path(asked)
    if home := environ.get("HOME"):
        yield Path(home, ".pyenv")


def _ask(command: list[str], environ: Mapping[str, str]) -> str:
    """Return what a command printed, nothing where it failed."""
    try:
        asked = subprocess.run(
            command, capture_output=True, text=True, timeout=TIME_LIMIT, env=dict(environ), check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return asked.stdout.strip() if asked.returncode == 0 else ""


def answers(path: str, version: Version, environ: Mapping[str, str]) -> bool:
    """True where ``path`` starts and is ``version``; a shim may refuse to run the version it names."""
    return _ask([path, "-c", "import sys; print(sys.version_info[:2])"], environ) == str(version)


@cache
def of_version(version: Version) -> Interpreter | None:
    """Return what runs a version here, looked for once."""
    return find(version)


def find(version: Version, environ: Mapping[str, str] = os.environ) -> Interpreter | None:
    """Return the interpreter of exactly that version, or None where there is none."""
    for claimed, path in candidates(environ):
        if claimed == version and answers(path, version, environ):
            return Interpreter(version, path)
    return None


def find_newest(environ: Mapping[str, str] = os.environ) -> Interpreter:
    """Return the newest interpreter; the one that runs the tests is always among the candidates."""
    for claimed in sorted({claimed for claimed, _ in candidates(environ)}, reverse=True):
        if found := find(claimed, environ):
            return found
    raise RuntimeError(f"{sys.executable} does not answer")


@cache
def for_form(form: str) -> Interpreter | None:
    """Return what runs the programs of a form, "generator" or "native"; None where it is missing."""
    return find(OLDEST) if form == "generator" else find_newest()


def missing_on_ci(oldest: Interpreter | None, newest: Interpreter) -> list[str]:
    """Return one sentence for each interpreter without which the proof is not one."""
    sentences = []
    if oldest is None:
        sentences.append("Python 3.6 is missing: `pyenv install 3.6` brings it")
    if newest.version < NEWEST_WANTED:
        wanted, found = (".".join(map(str, version)) for version in (NEWEST_WANTED, newest.version))
        sentences.append(f"Python {wanted} is missing ({found} is the newest): `pyenv install {wanted}` brings it")
    return sentences


def run(interpreter: Interpreter, path: Path, cwd: Path, more: Sequence[str] = ()) -> Outcome:
    """Run a program in asyncio's debug mode with ``more`` options of Python; raises subprocess.TimeoutExpired where it does not end."""
    options, variables = interpreter.debug_options
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT", "LANG") if name in os.environ}
    done = subprocess.run(
        [interpreter.path, *options, *more, str(path)],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT,
        env=kept | variables | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def run_calmly(interpreter: Interpreter, path: Path, cwd: Path, tries: int = 5, options: Sequence[str] = ()) -> Outcome:
    """Run a program until no callback is slow, at most ``tries`` times; return the last run.

    A busy machine stalls a callback now and then; a program that blocks its loop does so every time.
    """
    outcome = run(interpreter, path, cwd, options)
    while outcome.stalls and tries > 1:
        tries -= 1
        outcome = run(interpreter, path, cwd, options)
    return outcome
