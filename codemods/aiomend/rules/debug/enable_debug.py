"""AIO101: a program that cannot be asked for asyncio's debug checks."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from aiomend.facts.loops import Origin
from aiomend.facts.starts import Start, before, starts
from aiomend.facts.view import Module
from aiomend.model import Impact, Safety
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Edit, Replace, Wrap
from aiomend.rules.debug.switching import Switch, debug_block, missing, switch_of
from aiomend.rules.lines import put_before
from aiomend.rules.rule import Fix, Rule, imports_of

if TYPE_CHECKING:
    import libcst as cst


class EnableDebug(Rule):
    """Let a program be run with all of asyncio's debug checks.

    Debug mode takes three switches: the loop's own, which finds calls from the wrong thread, slow callbacks and where a
    coroutine was made; the level DEBUG for the logger `asyncio`; and a filter that shows `ResourceWarning`, which tells of
    transports and loops that nobody closed. The rule puts them behind one switch where the program starts: behind the
    program's own debug option where it has one, else behind `PYTHONASYNCIODEBUG`, for which asyncio turns the loop's debug
    mode on by itself.

    Before:

    ```python
    import asyncio

    async def main():
        print("working")

    if __name__ == "__main__":
        asyncio.run(main())
    ```

    After:

    ```python
    import asyncio
    import logging
    import os
    import warnings

    async def main():
        print("working")

    if __name__ == "__main__":
        if os.environ.get("PYTHONASYNCIODEBUG"):
            logging.basicConfig(level=logging.DEBUG)
            warnings.simplefilter("default", ResourceWarning)
        asyncio.run(main())
    ```

    Before:

    ```python
    import argparse
    import asyncio
    import logging

    async def main():
        print("working")

    def run():
        parser = argparse.ArgumentParser()
        parser.add_argument("--debug", action="store_true")
        args = parser.parse_args()
        logging.basicConfig(level=logging.INFO)
        asyncio.run(main())

    run()
    ```

    After:

    ```python
    import argparse
    import asyncio
    import logging
    import warnings

    async def main():
        print("working")

    def run():
        parser = argparse.ArgumentParser()
        parser.add_argument("--debug", action="store_true")
        args = parser.parse_args()
        logging.basicConfig(level=logging.INFO)
        if args.debug:
            warnings.simplefilter("default", ResourceWarning)
            logging.getLogger("asyncio").setLevel(logging.DEBUG)
        asyncio.run(main(), debug=args.debug or None)

    run()
    ```

    `debug=None` leaves the choice to `PYTHONASYNCIODEBUG`; `debug=False` would overrule it. What a program has of the three
    is kept, and the rest follows the switch that it has. A program that sets up logging itself keeps its handlers: only
    the level of asyncio's logger changes.

    Fix safety: unsafe. With the switch on, calls into the loop from another thread raise, the program is slower, and much
    more is logged; without it nothing changes.

    Silent when all three are there; when debug mode is decided in a way that cannot be asked again; where no program
    starts, as in a library; in tests. A program that starts in several ways is shown to a person. The rule runs only when
    it is selected by its code or name, and never together with AIO102, which takes debug mode out.
    """

    code = "AIO101"
    name = "enable-debug"
    safety = Safety.UNSAFE
    impact = Impact.TIDY
    triggers = frozenset({"run", "run_until_complete", "run_forever"})
    context = frozenset({"asyncio"})
    opt_in = True
    opposite = "AIO102"

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the start of a program that lacks some of the debug checks."""
        every = starts(module)
        if not every:
            return  # no program
        start = every[0]
        switch = switch_of(module, start)
        if switch is None:
            return  # it decides about debug mode in a way of its own
        lacks = missing(module, start, switch)
        has_false = _false_runs(start)
        if switch.is_on and not lacks.lines and not has_false:
            return  # all of it is there
        call = (*start.runs, *(start.loop.runs if start.loop else ()))[0]
        message = _message(switch, len(lacks.lines))
        if len(every) > 1:
            yield self.manual(module, call, message, "the program starts its loop in several places")
            return
        setter = None if switch.is_on or start.loop is None else _setter(module, start)
        if setter == "":
            yield self.manual(module, call, message, "the loop is not certainly there before it runs")
            return
        lines = (*lacks.lines, *([setter] if setter else ()))
        edits = [*_run_edits(start, switch), *_block_edits(module, start, switch, lines)]
        yield self.fix(module, call, message, *edits, needs=imports_of(*lacks.needs))


def _message(switch: Switch, count: int) -> str:
    if switch.test is None:
        return "the program is in debug mode, but not all checks of asyncio can be seen"
    what = "some of asyncio's debug checks" if switch.is_on and count < 2 else "asyncio's debug checks"
    return f"the program starts here, and `{switch.test}` does not turn on {what}"


def _false_runs(start: Start) -> list[ast.Call]:
    """Return the runs with `debug=False`, which overrules the environment."""
    return [
        run
        for run in start.runs
        if any(
            one.arg == "debug" and isinstance(one.value, ast.Constant) and one.value.value is False
            for one in run.keywords
        )
    ]


def _setter(module: Module, start: Start) -> str:
    """Return the line that turns on the loop's debug mode; "" where the loop may not be there yet."""
    loop = start.loop
    assert loop is not None
    getter = loop.getters[0]
    if loop.name is None:
        return f"{module.text(getter)}.set_debug(True)" if loop.origins == {Origin.CURRENT} else ""
    is_there = module.facts.statement(getter) in before(module.facts, start.first)
    return f"{loop.name}.set_debug(True)" if is_there else ""


def _run_edits(start: Start, switch: Switch) -> Iterator[Edit]:
    """Yield what makes the calls of `asyncio.run()` follow the switch."""
    false = _false_runs(start)
    for run in start.runs:
        if switch.is_on:
            if run in false:
                yield Replace(run, lambda node: syntax.without_keyword(node, "debug"))
            continue  # asyncio reads the variable, or the code has the switch
        has_debug = any(one.arg == "debug" for one in run.keywords)
        yield Replace(run, partial(_with_debug, value=f"{switch.test} or None", replace=has_debug))


def _with_debug(node: cst.BaseExpression, *, value: str, replace: bool) -> cst.BaseExpression:
    write = syntax.with_value if replace else syntax.with_keyword
    return write(node, "debug", value)


def _block_edits(module: Module, start: Start, switch: Switch, lines: tuple[str, ...]) -> Iterator[Edit]:
    """Yield what puts lines behind the switch, right before the start."""
    indent = module.facts.indent
    if not lines:
        return
    block = debug_block(module, start)
    if block is not None:
        text = "".join(f"{line}\n" for line in lines)
        yield Wrap((block,), lambda body: [*(syntax.extended(one, text, indent) for one in body)])
        return
    head = "" if switch.test is None else f"if {switch.test}:\n"
    step = "    " if head else ""
    written = head + "".join(f"{step}{line}\n" for line in lines)
    yield put_before(module, start.first, written)
