"""Reports of earlier runs on exactly the same files: a run that has nothing to find out anew asks nobody.

A report is a function of the bytes of all files of a project, of what governs them, and of aiomend itself. So the key is a
digest of just that (``state.py``), and what is kept is data that runs no code (``encoding.py``), outside of the project
(``store.py``). Where files have changed, the engine goes by what each of them says by itself (``memory.py``). Whatever goes wrong
with it costs time and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from aiomend.report import Report, Skip
from aiomend_cli.cache import encoding, state
from aiomend_cli.cache.store import Store

if TYPE_CHECKING:
    from aiomend_cli.runner import Workspace


def report(workspace: Workspace, make: Callable[[], Report]) -> Report:
    """Return what ``make`` returns for ``workspace``, or returned for the same state of it."""
    store = Store.open()
    if store is None or not state.is_told_by_files(workspace):
        return make()
    with store:
        before = state.of(workspace, store)
        if (known := encoding.report(store.kept(before.key))) is not None:
            store.remember(before)
            return known
        made = make()
        if _would_be_the_same(made) and before.still_holds():
            store.remember(before, encoding.data(made))
        return made


def _would_be_the_same(made: Report) -> bool:
    """True where nothing in the report is due to the time or the memory that a file took."""
    chance = (Skip.FAILED, Skip.GIVEN_UP)
    return not any(file.skip in chance for file in made.files) and not any(Skip.GIVEN_UP.value in n for n in made.notes)
