"""What the engine keeps of a project for the next run: what the bytes of its files say by themselves."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from aiomend_cli.cache import state
from aiomend_cli.cache.store import Store, is_off


@dataclass(frozen=True, slots=True)
class Memory:
    """An entry of the cache. The cache is open no longer than it takes to read or write it."""

    key: bytes

    @classmethod
    def of(cls, root: Path) -> Memory | None:
        """Return the memory of a project, for this aiomend alone; None where the cache is turned off."""
        if is_off():
            return None
        parts = ["census", str(root), state.program()]
        return cls(blake2b(json.dumps(parts).encode("ascii"), digest_size=20).digest())

    def recall(self) -> bytes | None:
        """Return what was kept last; None where there is nothing, or no cache."""
        if (store := Store.open()) is None:
            return None
        with store:
            store.use(self.key)
            return store.kept(self.key)

    def keep(self, data: bytes) -> None:
        """Keep data in the place of what was kept last."""
        if (store := Store.open()) is not None:
            with store:
                store.keep(self.key, data)
