"""How much time and memory the engine may take before a file is given up."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

SECONDS = 30.0
_MEGABYTES = 8_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may take; 0 is no limit."""

    seconds: float = SECONDS  #: of work on one file, all added up
    megabytes: int = 0  #: of memory, for all that the engine holds


def megabytes() -> int:
    """Return how much memory the engine may take by default: three quarters of the machine's, 8 GB at most.

    0, which is no limit, where the machine does not say.
    """
    try:
        machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") * 3 // 4
    except (AttributeError, ValueError, OSError):
        return 0
    return min(_MEGABYTES, machine // 1_000_000)


def limit_memory(megabytes: int) -> None:
    """Hold this process to that much memory, where the system can; 0 is no limit."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        if megabytes:
            resource.setrlimit(resource.RLIMIT_AS, (megabytes * 1_000_000, hard))


@contextlib.contextmanager
def without_limits() -> Iterator[None]:
    """Let what the block starts have the memory that it wants; it is another program, with other habits."""
    try:
        import resource
    except ImportError:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
