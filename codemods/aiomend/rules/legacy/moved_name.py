"""AIO009: names of asyncio that moved or died."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial
from itertools import pairwise

from aiomend.facts.catalog import versions
from aiomend.facts.flow import caught_around
from aiomend.facts.imported_names import Spelling
from aiomend.facts.moved_names import Use, is_public, names_of, uses
from aiomend.facts.patched import patched_texts
from aiomend.facts.scopes import FUNCTIONS
from aiomend.facts.version_branches import is_version_branch
from aiomend.facts.view import Module
from aiomend.model import Impact, Safety
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Edit, Replace, Wrap
from aiomend.rules.closing.owning import owned_loops
from aiomend.rules.legacy.running import running
from aiomend.rules.rule import Fix, Rule, imports_of
from aiomend.settings import Version

_DEPRECATED: Version = (3, 14)
_OTHERS = frozenset({"asyncio.async", "asyncio.coroutine", "asyncio.Task.all_tasks", "asyncio.Task.current_task"})
_RUNTIME_ERRORS = frozenset({"BaseException", "Exception", "RuntimeError"})
_POLICIES = frozenset(
    {
        "asyncio.AbstractEventLoopPolicy",
        "asyncio.DefaultEventLoopPolicy",
        "asyncio.WindowsProactorEventLoopPolicy",
        "asyncio.WindowsSelectorEventLoopPolicy",
        "asyncio.get_event_loop_policy",
        "asyncio.set_event_loop_policy",
    }
)


class MovedName(Rule):
    """Take names from where asyncio has them.

    Some names were reachable in modules of asyncio that are no part of its interface, and went with a rearrangement:
    `asyncio.futures.CancelledError` is only `asyncio.CancelledError` since Python 3.8. Others died: child watchers in 3.14,
    `asyncio.test_utils` in 3.7. And since 3.14 `asyncio.get_event_loop()` raises where no loop runs and none was set.

    Before:

    ```python
    import asyncio

    async def fetch(read):
        try:
            return await read()
        except asyncio.futures.CancelledError:
            return None
    ```

    After:

    ```python
    import asyncio

    async def fetch(read):
        try:
            return await read()
        except asyncio.CancelledError:
            return None
    ```

    Fix safety: safe where another name of the same thing is written. Where all targets are 3.14 or newer,
    `asyncio.iscoroutinefunction` becomes `inspect.iscoroutinefunction`, which is unsafe: it does not know the mark that
    asyncio's took for one. What has no other name is for a person.

    Silent when the target range ends before the name does, under a test of the version or a handler that falls back, and
    for the names of other rules. Event loop policies are reported only where every target is 3.14 or newer.
    """

    code = "AIO009"
    name = "moved-name"
    safety = Safety.SAFE
    impact = Impact.BUG
    triggers = frozenset({"asyncio"})

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the uses of names that some target does not have."""
        target = module.settings.target
        moved = {name: one for name, one in versions.moved().items() if target.reaches(one.gone)}
        for use in uses(module, moved):
            if not is_version_branch(module.facts, use.node):
                yield self._moved(module, use, moved[use.name])
        gone = {name: at for name, at in versions.gone().items() if target.reaches(at) and name not in _OTHERS}
        for use in uses(module, {name: at for name, at in gone.items() if name.count(".") == 1}):
            if not is_version_branch(module.facts, use.node):
                yield self._gone(module, use, gone[use.name])
        if target.all_at_least(_DEPRECATED):
            yield from self._deprecated(module)
        if target.reaches(_DEPRECATED):
            yield from self._without_loop(module)

    def _moved(self, module: Module, use: Use, moved: versions.Moved) -> Fix:
        message = f"`{use.name}` is gone in Python {_shown(moved.gone)}"
        if not moved.successor:
            return self.manual(module, use.node, message, moved.advice)
        message = f"{message}; `{moved.successor}` is the same"
        for facts, text in patched_texts(module.inference, *use.name.rsplit(".", 1)):
            reason = (
                f"{facts.path}:{text.lineno} puts something in its place by that name: give it the new one there, too"
            )
            return self.manual(module, use.node, message, reason)
        if isinstance(use.node, ast.Attribute):
            spelling = _spelled(module, moved.successor, use.node)
            if spelling is None:
                return self.manual(module, use.node, message, f"`{moved.successor}` means something else here")
            edit = Replace(use.node, lambda _: syntax.expression(spelling.text))
            return self.fix(module, use.node, message, edit, needs=imports_of(spelling))
        edits = _import_edits(module, use.node, use.name, moved.successor)
        if edits is None:
            return self.manual(
                module, use.node, message, f"take it from where `{moved.successor}` is, in an import of its own"
            )
        return self.fix(module, use.node, message, *edits)

    def _gone(self, module: Module, use: Use, gone: Version) -> Fix:
        message = f"`{use.name}` is gone in Python {_shown(gone)}"
        reason = "the event loop watches child processes itself since Python 3.8: leave the watcher out there"
        return self.manual(module, use.node, message, reason)

    def _deprecated(self, module: Module) -> Iterator[Fix]:
        for node in (
            *module.facts.attributes.get("iscoroutinefunction", ()),
            *module.facts.names.get("iscoroutinefunction", ()),
        ):
            if module.name_of(node) != "asyncio.iscoroutinefunction" or is_version_branch(module.facts, node):
                continue  # another one, or meant for old versions
            spelling = module.spell("inspect", "iscoroutinefunction", node)
            message = f"`{module.text(node)}` goes in Python 3.16; `{spelling.text}` takes its place"
            edit = Replace(node, lambda _, text=spelling.text: syntax.expression(text))  # type: ignore[misc]
            reason = "functions that are only marked as coroutine functions are none for it"
            yield self.fix(module, node, message, edit, safety=Safety.UNSAFE, needs=imports_of(spelling), reason=reason)
        for use in uses(module, dict.fromkeys(_POLICIES)):
            if not is_version_branch(module.facts, use.node):
                message = f"`{use.name}` goes in Python 3.16 with all event loop policies"
                reason = "give `asyncio.run()` or `asyncio.Runner` a `loop_factory`"
                yield self.manual(module, use.node, message, reason)

    def _without_loop(self, module: Module) -> Iterator[Fix]:
        calls = [call for call in module.calls("asyncio.get_event_loop") if not _is_in_a_function(module, call)]
        sets = [
            call.lineno
            for call in (*module.calls("asyncio.set_event_loop"), *_own_policies(module))
            if module.facts.function_at(call) is None
        ]
        owned = (
            {getter for loop in owned_loops(module) if running(module, loop) for getter in loop.getters}
            if calls
            else ()
        )
        for call in calls:
            if call in owned or any(line < call.lineno for line in sets) or is_version_branch(module.facts, call):
                continue  # AIO007 takes it away, or there is a loop
            caught = caught_around(module.facts, call)
            if any(kind is None or module.name_of(kind) in _RUNTIME_ERRORS for kind in caught):
                continue  # it falls back on something
            message = (
                "`asyncio.get_event_loop()` raises RuntimeError since Python 3.14 where no loop runs and none was set"
            )
            reason = "get the loop in a coroutine, or make one with `asyncio.new_event_loop()`"
            yield self.manual(module, call, message, reason)


def _is_in_a_function(module: Module, node: ast.AST) -> bool:
    """True for what runs when a function is called, the body of a class in it, too: a loop may be running then."""
    above = [node, *module.facts.ancestors(node)]
    return any(
        (isinstance(outer, ast.Lambda) and inner is outer.body)
        or (isinstance(outer, FUNCTIONS) and inner in outer.body)
        for inner, outer in pairwise(above)
    )


def _own_policies(module: Module) -> Iterator[ast.Call]:
    """Yield the calls that set a policy which is none of asyncio's own, nor one of its heirs: it may make a loop whenever one is asked for."""
    for call in module.calls("asyncio.set_event_loop_policy"):
        given = call.args[0] if call.args else None
        name = module.name_of(given.func) if isinstance(given, ast.Call) else None
        if name is None or not name.startswith(("asyncio.", "uvloop.")):
            yield call


def _shown(version: Version) -> str:
    return ".".join(map(str, version))


def _spelled(module: Module, successor: str, node: ast.Attribute) -> Spelling | None:
    """Return how the other name is written; None where the name of a module is taken there."""
    owner, _, last = successor.rpartition(".")
    if owner:
        return module.spell(owner, last, node)
    found = module.facts.scope_at(node).find(last)
    return Spelling(last, last) if found is None else None


def _import_edits(module: Module, node: ast.ImportFrom | ast.Import, name: str, successor: str) -> list[Edit] | None:
    """Return what takes a name from where it is now; None where the import brings more than can be told."""
    owner, _, last = successor.rpartition(".")
    old = name.rpartition(".")[2]
    if not isinstance(node, ast.ImportFrom) or not owner:
        return None
    if old == last:
        moved = versions.moved()
        full = [f"{node.module}.{alias.name}" for alias in node.names]
        if not all(
            is_public(one) or (one in moved and moved[one].successor == f"{owner}.{one.rpartition('.')[2]}")
            for one in full
        ):
            return None
        return [Wrap((node,), partial(syntax.imported_from, module=owner))]
    renamed = Wrap((node,), partial(syntax.with_imported, old=old, new=last))
    found = module.facts.scope_at(node).find(last)
    if any(alias.name == old and alias.asname is None for alias in node.names):
        if found is not None and all(one.node is not node for one in found[1]):
            return None
        return [renamed, *(Replace(one, lambda _: syntax.expression(last)) for one in names_of(module, node, name))]
    return [renamed]
