"""What became of each repository, in a file beside the list: a run that was stopped goes on where it was."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from aiomend_cli.errors import UserError

VERSION = 1


@dataclass(frozen=True, slots=True)
class Standing:
    """One pull request when it was last looked at."""

    branch: str
    number: int
    url: str
    state: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One repository when it last had its turn."""

    state: str
    said: str = ""  #: why, where that is not plain
    pulls: tuple[Standing, ...] = ()
    visited: bool = True  #: in a run that is not over yet


State = Mapping[str, Entry]


def place(file: Path) -> Path:
    """Return where the state of the fleet in ``file`` is kept: ``repos.state.json`` for ``repos.toml``."""
    return file.with_name(f"{file.stem}.state.json")


def load(file: Path) -> dict[str, Entry]:
    """Return the entries in ``file`` by the keys of their repositories, none where there is no such file.

    Raises UserError where it is not what aiomend wrote.
    """
    try:
        data = json.loads(file.read_bytes())
        if data["version"] != VERSION:
            raise UserError(f"{file}: is of another version of aiomend; remove it to begin anew")
        return {key: _entry(value) for key, value in data["repositories"].items()}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UserError(f"{file}: cannot be read: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{file}: is not what aiomend wrote; remove it to begin anew") from error


def _entry(data: dict[str, Any]) -> Entry:
    return Entry(**{**data, "pulls": tuple(Standing(**one) for one in data["pulls"])})


def save(file: Path, state: State) -> None:
    """Put ``state`` in the place of what ``file`` holds, whole or not at all; raises UserError where that fails."""
    data = {"version": VERSION, "repositories": {key: asdict(entry) for key, entry in state.items()}}
    staged: str | None = None
    try:
        descriptor, staged = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(json.dumps(data, indent=2) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(staged, file)  # noqa: PTH105
    except OSError as error:
        if staged is not None:
            with contextlib.suppress(OSError):
                Path(staged).unlink()
        raise UserError(f"{file}: cannot be written: {error.strerror or error}") from error


def over(state: State, keys: Iterable[str]) -> dict[str, Entry]:
    """Return ``state`` where the next run begins anew with the repositories of ``keys``."""
    return dict(state) | {key: replace(state[key], visited=False) for key in keys if key in state}
