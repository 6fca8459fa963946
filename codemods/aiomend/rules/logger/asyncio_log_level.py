"""AIO501: the level of asyncio's logger, set where the program starts."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from aiomend.facts.asyncio_logger import LEVELS, level_calls
from aiomend.facts.logging_tables import names_asyncio
from aiomend.facts.options import is_optional
from aiomend.facts.starts import Start, starts
from aiomend.facts.view import Module
from aiomend.model import Impact, Safety
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Replace
from aiomend.rules.debug.switching import debug_block
from aiomend.rules.lines import put_before
from aiomend.rules.rule import Fix, Rule, imports_of

if TYPE_CHECKING:
    import libcst as cst


class AsyncioLogLevel(Rule):
    """Give asyncio's logger the level that the project wants.

    What asyncio logs at INFO and DEBUG is of its daily work: which selector it uses, which connections begin and end. A
    program that shows its own messages at these levels shows asyncio's too, unless asyncio's logger has a level of its
    own. The level is `asyncio-log-level` in the configuration: `"DEBUG"`, `"INFO"`, `"WARNING"` (the default) or
    `"ERROR"`.

    Before:

    ```python
    import asyncio
    import logging

    async def main():
        logging.info("working")

    if __name__ == "__main__":
        logging.basicConfig(level=logging.INFO)
        asyncio.run(main())
    ```

    After:

    ```python
    import asyncio
    import logging

    async def main():
        logging.info("working")

    if __name__ == "__main__":
        logging.basicConfig(level=logging.INFO)
        logging.getLogger("asyncio").setLevel(logging.WARNING)
        asyncio.run(main())
    ```

    A level that is there already becomes the configured one.

    Fix safety: safe. Fewer or more lines are logged, which is what the rule is selected for; nothing else changes.

    Silent when the level depends on an option or is computed, or a table for `dictConfig()` names the logger; where no
    program starts, as in a library; where one starts in several ways; in tests. The rule runs only when it is selected
    by its code or name.
    """

    code = "AIO501"
    name = "asyncio-log-level"
    safety = Safety.SAFE
    impact = Impact.TIDY
    triggers = frozenset({"setLevel", "run", "run_until_complete", "run_forever"})
    context = frozenset({"asyncio"})
    opt_in = True

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the levels of a file that are other ones, and the start of a program that sets none."""
        wanted = module.settings.asyncio_log_level
        if module.is_test:
            return  # tests want other levels
        calls = list(level_calls(module))
        for one in calls:
            if one.value in (None, LEVELS[wanted]) or is_optional(module.facts, one.call):
                continue  # computed, as it should be, or somebody's choice
            spelling = module.spell("logging", wanted, one.call)
            message = f"`{module.text(one.call)}` gives asyncio's logger another level than {wanted}"
            edit = Replace(one.level, partial(_written, spelling.text))
            yield self.fix(module, one.call, message, edit, needs=imports_of(spelling))
        every = starts(module)
        if calls or len(every) != 1 or _is_set_elsewhere(module):
            return  # it has a level, or there is no one place for it
        yield self._at_start(module, every[0], wanted)

    def _at_start(self, module: Module, start: Start, wanted: str) -> Fix:
        debug = debug_block(module, start)
        place = start.first if debug is None else debug
        getter, level = module.spell("logging", "getLogger", place), module.spell("logging", wanted, place)
        line = f'{getter.text}("asyncio").setLevel({level.text})\n'
        node = (*start.runs, *(start.loop.runs if start.loop else ()))[0]
        message = f"the program starts here, and asyncio's logger has no level of its own: it gets {wanted}"
        return self.fix(module, node, message, put_before(module, place, line), needs=imports_of(getter, level))


def _written(text: str, node: cst.BaseExpression) -> cst.BaseExpression:
    return syntax.expression(text)


def _is_set_elsewhere(module: Module) -> bool:
    """True where another file of the project, or a table, decides about asyncio's logger."""
    if names_asyncio(module):
        return True
    for word in ("setLevel", "dictConfig", "loggers"):
        paths = module.inference.project.files_mentioning(word)
        if paths is None:
            return True  # too many to look at
        others = (module.beside(path) for path in paths if path != module.path)
        for other in others:
            if other is not None and not other.is_test and (names_asyncio(other) or any(level_calls(other))):
                return True
    return False
