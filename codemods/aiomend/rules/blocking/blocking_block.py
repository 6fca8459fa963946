"""AIO406: a `with` block of a coroutine that blocks from entering it to leaving it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiomend.facts.blocking_calls import Owner, blocking_calls
from aiomend.facts.catalog.blocking import last_names
from aiomend.facts.driven_by_hand import doubt_of_loop
from aiomend.facts.local_names import name_for
from aiomend.facts.module import Colour
from aiomend.facts.offload import Way, way_to_thread
from aiomend.facts.suspension import is_awaited, is_test_code, obstacle
from aiomend.facts.thread_blocks import ThreadBlock, annotation_of, block_of, last_value
from aiomend.facts.view import Module
from aiomend.model import Impact, Safety
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Wrap
from aiomend.rules.rule import Fix, Rule, imports_of
from aiomend.source import last_line

if TYPE_CHECKING:
    import libcst as cst

_READABLE = 60  #: a longer head is called by its catalogue name in messages


class BlockingBlock(Rule):
    """Run a block that works with a file, a connection or an archive in a thread as a whole.

    `with` around a blocking resource blocks three times: when it is entered, at each use, and when it is left. Moving only
    one of the calls into a thread leaves the others on the event loop, so the block becomes a local function, which runs in
    the executor. What the block binds for later, the function returns.

    Before:

    ```python
    import asyncio
    import zipfile

    async def unpack(path, folder):
        loop = asyncio.get_running_loop()
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            archive.extractall(folder)
        return names
    ```

    After:

    ```python
    import asyncio
    import zipfile

    async def unpack(path, folder):
        loop = asyncio.get_running_loop()

        def extract_names():
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
                archive.extractall(folder)
            return names

        names = await loop.run_in_executor(None, extract_names)
        return names
    ```

    A block that always returns becomes `return await …`. The loop, the executor and `offload` are those of AIO402. Blocks
    around short work on local files (`open()`) are left alone unless `brief-calls = true`.

    Fix safety: unsafe. The block runs in another thread, where thread-local data and context variables of the
    coroutine are not seen (`offload = "to_thread"` carries the variables); a cancellation does not stop it, so that what
    it opened is closed when it has ended by itself; other tasks run meanwhile. The finding is for a person where the block
    changes what others see (an attribute, a global, an item of something that it did not make), uses things of the event
    loop or calls what is not known, waits for other threads, where a threading lock is held, where a name is bound on some
    of its paths only, read in it before it is bound, or read by who catches its exceptions.

    Silent when the block suspends, jumps out of a loop, returns on some paths only or calls `super()` without arguments,
    `locals()` or `next()` without a default, whose StopIteration would never reach who awaits: there AIO402 has its say on
    each of the calls. Silent too in tests, in files of another async framework, and where the block runs in a thread already.
    """

    code = "AIO406"
    name = "blocking-block"
    safety = Safety.UNSAFE
    impact = Impact.SLOW
    triggers = frozenset({"async", "coroutine"})
    context = frozenset({"with"})
    suspends = True

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the blocks of a file that belong into a thread."""
        if module.other_framework or is_test_code(module):
            return  # its own threads are the right ones, and asyncio's executor would fail; in a test nobody else waits
        seen: set[ast.With] = set()
        taken: dict[ast.AST, set[str]] = {}
        for call, colour, _ in blocking_calls(module, last_names(module.settings.blocking_calls), Owner.CALL):
            block = block_of(module, call)
            if block is None or block.statement in seen:
                continue  # no block, or one that has its finding
            if is_awaited(module, call):
                continue  # a plain function would fail here: the name means something else when it runs
            seen.add(block.statement)
            yield self._fix(module, block, colour, taken.setdefault(block.function, set()))

    def _fix(self, module: Module, block: ThreadBlock, colour: Colour, taken: set[str]) -> Fix:
        head = _head(module, block)
        reason = block.reason or _misfit(module, block, colour)
        way = way_to_thread(module, block.statement.items[0].context_expr) if reason is None else reason
        if isinstance(way, str):
            return self.manual(module, block.statement, f"{head} stops the event loop until the block is left", way)
        name = name_for(module, block, taken)
        taken.add(name)
        by = way.by.rpartition(".")[2]
        message = (
            f"{head} stops the event loop until the block is left; `{by}()` runs the block in a thread, as `{name}()`"
        )
        move = _Move(module, block, colour, way, name)
        qualname = f"{module.facts.scopes[block.function].qualname}.{name}"
        return self.fix(
            module,
            block.statement,
            message,
            Wrap((block.statement,), move.applied),
            needs=imports_of(*way.spellings),
            local_functions=(qualname,),
            reason=doubt_of_loop(module),
        )


def _head(module: Module, block: ThreadBlock) -> str:
    written = module.text(block.opening)
    if "\n" in written or len(written) > _READABLE:
        written = f"{block.entry.name.removeprefix('builtins.')}(…)"
    return f"`with` around `{written}`"


def _misfit(module: Module, block: ThreadBlock, colour: Colour) -> str | None:
    """Return why the place takes no suspension point, or the file no function; None where nothing speaks against it."""
    if (reason := obstacle(module, block.opening, colour)) is not None:
        return reason
    if _has_comment_below(module, block.statement):
        return "the comment at its end would stay behind"
    pool = module.settings.executor
    if pool is not None and "process" in pool.lower() and module.settings.offload != "to_thread":
        return f"a function inside of another one cannot be handed to processes, as `{pool}` seems to be"
    return None


def _has_comment_below(module: Module, statement: ast.With) -> bool:
    source = module.source
    line = last_line(statement) + 1
    while line <= len(source.starts) and not source.line(line).strip():
        line += 1
    text = source.line(line) if line <= len(source.starts) else ""
    return text.lstrip().startswith("#") and len(text) - len(text.lstrip()) > statement.col_offset


@dataclass(frozen=True, slots=True)
class _Move:
    """How one block becomes a function, and a line that awaits it."""

    module: Module
    block: ThreadBlock
    colour: Colour
    way: Way
    name: str

    def applied(self, body: Sequence[cst.BaseStatement]) -> Sequence[cst.BaseStatement]:
        """Return the function and the line that take the place of the block."""
        block, indent = self.block, self.module.facts.indent
        annotation = annotation_of(self.module, block)
        inner = list(body)
        if last_value(block) is not None:
            inner = [syntax.returning_last_value(inner[0])]
        elif block.outputs:
            inner += syntax.statements(f"return {', '.join(block.outputs)}\n")
        made = syntax.local_function(
            self.name, annotation, inner, indent, apart=_stands_close(self.module, block.statement)
        )
        return [made, *syntax.apart(syntax.statements(f"{self._line()}\n"))]

    def _line(self) -> str:
        handed = f"{self.way.by}({', '.join([*self.way.first, self.name])})"
        match self.colour, self.block.returns:
            case Colour.YIELD_FROM, True:
                return f"return (yield from {handed})"
            case Colour.YIELD_FROM, False:
                value = f"yield from {handed}"
            case _, True:
                return f"return await {handed}"
            case _:
                value = f"await {handed}"
        return " = ".join([*filter(None, [", ".join(self.block.outputs)]), value])


def _stands_close(module: Module, statement: ast.With) -> bool:
    """True where a definition wants a blank line above it: code stands right there."""
    above = module.source.line(statement.lineno - 1).strip() if statement.lineno > 1 else ""
    is_first = module.facts.block(statement)[0] is statement
    return not is_first and bool(above) and not above.startswith("#")
