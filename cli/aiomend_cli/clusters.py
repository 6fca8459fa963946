"""What `--executor` names where it is an address: who shares the work, beyond this machine."""

from __future__ import annotations

import contextlib
import functools
import importlib
import logging
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import replace
from typing import Any

from aiomend_cli.crews import why_here
from aiomend_cli.errors import UserError
from aiomend_cli.runner import Workspace

_FORM = "the address of a cluster is dask://host:port"
_ADDRESS = re.compile(r"dask://(\[[0-9A-Fa-f:.]+\]|[\w.-]+):(\d+)")
_PATIENCE = 10  #: seconds for a scheduler to answer


def shared(workspaces: Iterable[Workspace], address: str) -> tuple[Workspace, ...]:
    """Return workspaces whose work a cluster shares; raises UserError for an address that is none, and for what cannot be shared."""
    if (match := _ADDRESS.fullmatch(address)) is None:
        raise UserError(f"--executor {address!r}: {_FORM}")
    found = []
    for workspace in workspaces:
        if (why := why_here(workspace)) is not None:
            raise UserError(f"--executor {address}: a run cannot be shared with {why}")
        found.append(replace(workspace, executor=functools.partial(dask, f"{match[1]}:{match[2]}")))
    return tuple(found)


@contextlib.contextmanager
def dask(place: str) -> Iterator[Executor]:
    """Yield the executor of the Dask cluster whose scheduler listens there (``host:port``).

    Raises UserError where Dask is not installed, or nobody answers.
    """
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError:
        raise UserError(
            "--executor dask://... needs Dask, which is not installed: pip install 'aiomend[distributed]'"
        ) from None

    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what goes wrong is told once, by us
    try:
        client = distributed.Client(f"tcp://{place}", timeout=_PATIENCE, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise UserError(
            f"--executor dask://{place}: no Dask scheduler answers there ({error}); `dask scheduler` starts one"
        ) from None
    with client:
        yield client.get_executor(pure=False)
