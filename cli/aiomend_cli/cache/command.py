"""``aiomend cache``: where reports of earlier runs are kept, how much room they take, and an end to them."""

from __future__ import annotations

from aiomend_cli.cache import store
from aiomend_cli.errors import UserError
from aiomend_cli.output import emit
from aiomend_cli.terminal import escape


def cache(*, clear: bool) -> int:
    """Print where the cache is and what it takes, or remove it; return 0. Raises UserError where that cannot be done."""
    place = escape(str(store.file()))
    try:
        taken = store.clear() if clear else store.size()
    except OSError as error:
        raise UserError(f"{place}: {error.strerror}") from error
    emit(f"{place}: {'removed, ' if clear else ''}{taken:,} bytes\n")
    return 0
