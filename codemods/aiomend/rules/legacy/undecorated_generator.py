"""AIO002: a plain generator that is run as a coroutine."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.coroutine_companies import Company, company_of
from aiomend.facts.coroutines_by_use import Group, coroutines_by_use
from aiomend.facts.generator_bodies import is_plain_generator
from aiomend.facts.inference import Inference
from aiomend.facts.view import Module
from aiomend.model import Impact, Safety
from aiomend.rules.legacy.converting import parts_of_company
from aiomend.rules.rule import Fix, Rule


class UndecoratedGenerator(Rule):
    """Make a coroutine function of a plain generator that is run as a coroutine.

    Before Python had `async def`, any generator could be run by the event loop, decorated or not. A native coroutine waits
    for no generator, the loop of Python 3.12 runs none, and a generator in turn cannot wait for a native coroutine. So what
    is a coroutine by use becomes one by its definition. The rule learns that from the project: something runs the generator
    (`run_until_complete()`, `ensure_future()`, `gather()`, a decorator whose body does, a pytest mark), a coroutine function
    waits for it with `yield from`, it overrides or is overridden by a coroutine function, or it waits for a coroutine itself.
    The finding says which, and where.

    Before:

    ```python
    import asyncio

    class Session:
        def __init__(self, reader, writer):
            self.reader = reader
            self.writer = writer

        def ask(self, question):
            self.writer.write(question)
            yield from self.writer.drain()
            return (yield from self.reader.readline()).strip()

        def close(self):
            answer = yield from self.ask(b"QUIT")
            self.writer.close()
            return answer == b"BYE"

    def leave(session):
        return asyncio.ensure_future(session.close())
    ```

    After:

    ```python
    import asyncio

    class Session:
        def __init__(self, reader, writer):
            self.reader = reader
            self.writer = writer

        async def ask(self, question):
            self.writer.write(question)
            await self.writer.drain()
            return (await self.reader.readline()).strip()

        async def close(self):
            answer = await self.ask(b"QUIT")
            self.writer.close()
            return answer == b"BYE"

    def leave(session):
        return asyncio.ensure_future(session.close())
    ```

    Functions that wait for one another, or override one another, change together, in one fix for all files.

    Fix safety: unsafe. Code outside of the project may go through the generator, or delegate to it from one of its own.
    The finding is for a person where something goes through one of the generators by hand (`for`, `next()`, `list()`), or
    where one is decorated with what may not know what to do with a coroutine.

    Silent when one of them yields values or is sent some, goes through a list or another iterable, is called by the language
    itself (`__iter__`, `__await__`), or is handed to `types.coroutine()`; and when nothing says that it is a coroutine.
    """

    code = "AIO002"
    name = "undecorated-generator"
    safety = Safety.UNSAFE
    impact = Impact.BUG
    triggers = frozenset({"yield from"})
    due = (3, 11)
    suspends = True
    recolours = True

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the plain generators of a file that are coroutines by use."""
        if not module.inference.project.tree_names.nearby.is_asyncio_named:
            return  # nothing in the project could run one
        for function in module.facts.functions:
            if not isinstance(function, ast.FunctionDef) or not is_plain_generator(module, function):
                continue  # no plain generator
            group = coroutines_by_use(module).group(module, function)
            if group.is_generator or not group.signs:
                continue  # a true generator, or nothing says what it is
            yield self._fix(module, function, group)

    def _fix(self, module: Module, function: ast.FunctionDef, group: Group) -> Fix:
        name = function.name
        why = group.why(function)
        message = f"`{name}()` is a plain generator, and a coroutine by use: {why[0].note}"
        if group.against:
            contradicts = group.against[0].evidence
            reason = f"{contradicts.path}:{contradicts.line}: {contradicts.note}"
            return self.manual(module, function, message, reason, (*why, contradicts))
        company = _company(module, group)
        if company.reason is not None:
            return self.manual(module, function, message, company.reason, why)
        more = len(company.members) - 1
        others = f", and {more} more that belong{'s' if more == 1 else ''} to it" if more else ""
        return Fix(
            type(self),
            module.path,
            function,
            f"{message}; it becomes `async def`{others}",
            self.safety,
            self.impact,
            parts_of_company(company),
            company.doubts[0] if company.doubts else None,
            why,
        )


def _no_companies(_: Inference) -> dict[Group, Company]:
    return {}


def _company(module: Module, group: Group) -> Company:
    """Return what changes with a group, worked out once."""
    known = module.inference.beside(_no_companies)
    if group not in known:
        first, *others = group.members
        along = [(one.module.facts, one.function) for one in others]
        known[group] = company_of(first.module, first.function, along)
    return known[group]
