"""AIO305: a lock of threading that a coroutine holds while it waits."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import partial

from aiomend.facts.held_locks import is_thread_lock
from aiomend.facts.module import Colour, suspends
from aiomend.facts.scopes import FUNCTIONS
from aiomend.facts.thread_loops import loop_in_thread
from aiomend.facts.thread_users import Site
from aiomend.facts.values import ProjectClass, ProjectInstance
from aiomend.facts.view import Module
from aiomend.model import Impact, Safety
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Edit, Replace, Wrap
from aiomend.rules.rule import Fix, Rule, imports_of

_TYPE_COMMENT = re.compile(r"#\s*type:")


class ThreadLockAcrossAwait(Rule):
    """Hold an `asyncio.Lock`, not one of `threading`, across a suspension point.

    While a coroutine waits inside `with lock:`, another one that wants the lock blocks the whole event loop: the first can
    never go on to release it, and the program stands still for ever. An `RLock` excludes nobody there, since all coroutines
    of a loop run in one thread. `async with` on an `asyncio.Lock` lets the others run.

    Before:

    ```python
    import asyncio
    import threading


    class Account:
        async def open(self):
            self._lock = threading.Lock()
            self.balance = 0

        async def add(self, amount):
            with self._lock:
                before = self.balance
                await asyncio.sleep(1)
                self.balance = before + amount
    ```

    After:

    ```python
    import asyncio


    class Account:
        async def open(self):
            self._lock = asyncio.Lock()
            self.balance = 0

        async def add(self, amount):
            async with self._lock:
                before = self.balance
                await asyncio.sleep(1)
                self.balance = before + amount
    ```

    Fix safety: unsafe. Taking the lock becomes a suspension point, and the lock is one of a single event loop. A private
    attribute of an object is changed where every user of it is a plain `with` in a coroutine of its class. The finding is for a
    person where anything else uses the lock or may, where it is another kind of lock, where a thread of the project runs an
    event loop of its own, and where the target range reaches below Python 3.10: there a lock that is made outside a coroutine may belong to another loop.

    Silent when the lock is not known to be one of `threading`, and when nothing inside the `with` waits.
    """

    code = "AIO305"
    name = "thread-lock-across-await"
    safety = Safety.UNSAFE
    impact = Impact.HANG
    triggers = frozenset({"with"})
    context = frozenset({"await", "yield from"})
    is_common = True
    suspends = True

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the `with` blocks of a file that hold a lock of threading while they wait."""
        if module.other_framework:
            return  # its threads are not what they seem
        done: set[ast.With] = set()
        for statement in module.facts.nodes(ast.With):
            if module.colour_at(statement) is Colour.SYNC:
                continue  # nothing waits here, or a plain generator does, in whichever thread it is gone through
            if statement in done or not any(map(suspends, statement.body)):
                continue  # an earlier one of its lock brings the edits, or nothing waits
            for item in statement.items:
                if is_thread_lock(module, item.context_expr):
                    yield self._fix(module, item.context_expr, done)

    def _fix(self, module: Module, lock: ast.expr, done: set[ast.With]) -> Fix:
        text = module.text(lock)
        if module.inference.is_instance(module.values(lock), "threading.RLock") is True:
            what = "other coroutines of this thread enter it, too, and other threads wait for all of them"
            return self.manual(
                module,
                lock,
                f"`with {text}` holds a reentrant lock of threading while it waits: {what}",
                "asyncio has no lock that works like it: say what it is to keep out",
            )
        message = (
            f"`with {text}` holds a lock of threading while it waits, and whoever wants it next blocks the event loop"
        )
        new = module.spell("asyncio", "Lock", module.tree)
        users = _users(module, lock)
        if isinstance(users, str):
            return self.manual(module, lock, message, users)
        making, annotations, blocks = users
        edits: list[Edit] = [Replace(making, partial(syntax.renamed, function=new.text))]
        edits += [Replace(one, partial(syntax.named_like, name=new.text)) for one in annotations]
        edits += [Wrap((block,), syntax.entered_asynchronously) for block in blocks]
        done |= set(blocks)
        message += f"; `async with` on an `{new.text}` lets others run"
        return self.fix(module, lock, message, *edits, needs=imports_of(new))


def _users(module: Module, lock: ast.expr) -> tuple[ast.Call, list[ast.expr], list[ast.With]] | str:
    """Return where a lock is made, as what it is annotated, and every block that takes it; or why it has to stay."""
    facts = module.facts
    owner = module.class_at(lock)
    if not isinstance(lock, ast.Attribute) or not isinstance(lock.value, ast.Name) or owner is None:
        return "others may take the lock: that it is one of asyncio has to be decided for all of them"
    if not lock.attr.startswith("_"):
        return f"`{lock.attr}` is public: code outside the class may take it"
    if module.is_instance(lock, "threading.Lock") is not True:
        return "it is no plain `Lock`: asyncio has no lock that works like it"
    if module.inference.project.files_mentioning(lock.attr) != (module.path,):
        return f"other files mention `{lock.attr}`"
    other = loop_in_thread(module)
    if other is not None:
        return other if isinstance(other, str) else _another_loop(other)
    making: ast.Call | None = None
    annotations = [
        one.annotation
        for cls in module.inference.classes.mro(owner)
        for one in cls.node.body
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name) and one.target.id == lock.attr
    ]
    blocks: list[ast.With] = []
    for use in facts.attributes.get(lock.attr, ()):
        if _is_of_another(module, use, owner):
            continue  # a lock of the same name
        parent = facts.parents[use]
        around = facts.parents.get(parent)
        match parent, around:
            case ast.Assign(targets=[_], value=ast.Call() as call), _ if making is None and parent.targets == [use]:
                making = call
            case ast.AnnAssign(value=ast.Call() as call), _ if making is None and parent.target is use:
                making = call
                annotations.append(parent.annotation)
            case ast.withitem(optional_vars=None), ast.With(items=[_]) if (
                isinstance(module.function_at(use), ast.AsyncFunctionDef) and module.class_at(use) == owner
            ):
                blocks.append(around)
            case _:
                return f"line {use.lineno} uses the lock in another way than a plain `with` in a coroutine"
    if making is None or module.name_of(making.func) != "threading.Lock" or module.class_at(making) != owner:
        return "where the lock is made cannot be seen"
    for one in annotations:
        if module.name_of(one) != "threading.Lock":
            return f"it is annotated as `{module.text(one)}`"
    if _TYPE_COMMENT.search(module.source.rest_of_line(module.source.span(making)[1])):
        return "a comment says what type it has"
    maker = module.function_at(making)
    if not isinstance(maker, FUNCTIONS):
        return "all objects of the class share the lock, perhaps in several loops"
    if not isinstance(maker, ast.AsyncFunctionDef) and not module.settings.target.all_at_least((3, 10)):
        return "before Python 3.10 an `asyncio.Lock` belongs to the loop that is current where it is made"
    return making, annotations, blocks


def _is_of_another(module: Module, use: ast.Attribute, owner: ProjectClass) -> bool:
    """True for an attribute of objects that are certainly no instances of a class, nor of what derives from it."""
    classes = module.inference.classes
    values = module.values(use.value)
    return bool(values) and all(
        isinstance(value, ProjectInstance)
        and not any(owner in classes.mro(one) for one in (value.cls, *classes.subclasses(value.cls)))
        for value in values
    )


def _another_loop(place: Site) -> str:
    return f"another thread runs a loop of its own ({place.facts.path}:{place.node.lineno}), whose coroutines may take the lock"
