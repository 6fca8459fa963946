"""JSON files of aiomend's own that an option names: ``--baseline``, ``--only-fixes``, ``--verdicts``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiomend_cli.errors import UserError

VERSION = 1  #: of all of them
_MOST = 20_000_000  #: bytes of a file that is read


@dataclass(frozen=True, slots=True)
class Given:
    """A file, the option that names it, and a sentence that says where such files come from or what they hold."""

    option: str
    file: Path
    shape: str

    @property
    def origin(self) -> str:
        return f"{self.option} {self.file}"

    def read(self) -> dict[str, Any]:
        """Return what the file holds, an object of this version; raises UserError where it does not."""
        try:
            if self.file.stat().st_size > _MOST:
                raise UserError(f"{self.origin}: is too large")
            data = json.loads(self.file.read_bytes())
        except OSError as error:
            raise UserError(f"{self.origin}: cannot be read: {error.strerror or error}\n{self.shape}") from error
        except (ValueError, RecursionError) as error:
            raise UserError(f"{self.origin}: is no JSON: {error}\n{self.shape}") from error
        match data:
            case {"version": int(version)} if version != VERSION:
                raise UserError(f"{self.origin}: is of version {version}; this aiomend reads version {VERSION}")
            case {"version": int()}:
                return dict(data)
        raise self.unfit()

    def unfit(self) -> UserError:
        """Return the error of a file that is JSON, and holds something else."""
        return UserError(f"{self.origin}: does not hold what it should\n{self.shape}")
