"""Objects of libraries that only the thread may use in which they were made."""

from __future__ import annotations

from aiomend.facts.catalog import blocking
from aiomend.facts.values import Instance, Values


def of_one_thread(values: Values) -> str | None:
    """Return what an object is called that only the thread of its maker may use, `a sqlite3.Cursor`; None where no value is one."""
    bound = sorted(one.cls for one in values if isinstance(one, Instance) and blocking.keeps_to_its_thread(one.cls))
    return f"a `{bound[0]}`, which only the thread may use that made it" if bound else None
