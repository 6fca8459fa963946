"""AIO005: a loop handed to what has not taken one since Python 3.10."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import partial

from aiomend.facts.current_loop import GETTERS, is_own_loop
from aiomend.facts.loop_arguments import LoopArgument, Taker, loop_arguments
from aiomend.facts.loop_locals import dead_without
from aiomend.facts.module import Colour
from aiomend.facts.own_object import own_class
from aiomend.facts.patched import is_looked_at
from aiomend.facts.properties import runs_code
from aiomend.facts.scopes import Binding
from aiomend.facts.self_attributes import self_attributes
from aiomend.facts.values import ProjectClass
from aiomend.facts.version_branches import is_version_branch
from aiomend.facts.view import Module
from aiomend.model import Impact, Safety
from aiomend.rewriting import removal, syntax
from aiomend.rewriting.edits import Edit, Replace, Wrap
from aiomend.rules.rule import Fix, Rule
from aiomend.source import last_line

_GONE = (3, 10)
_NEW = "asyncio.new_event_loop"


class LoopParameter(Rule):
    """Leave out the `loop` that Python 3.10 took from asyncio's functions and classes.

    `asyncio.sleep()`, `wait()`, `wait_for()`, `gather()`, `shield()`, `as_completed()`, the locks, queues, streams and
    subprocesses took a parameter `loop` up to Python 3.9; since 3.10 handing one over is a TypeError. They work in the
    running loop, which is what the argument said in nearly all code. What still takes a loop keeps it: `ensure_future()`,
    `run_coroutine_threadsafe()`, `wrap_future()`, `Future`, `Task`, `StreamReader`.

    Before:

    ```python
    import asyncio

    async def worker(queue, loop):
        await asyncio.sleep(1, loop=loop)
        return await asyncio.wait_for(queue.get(), 5, loop=loop)
    ```

    After:

    ```python
    import asyncio

    async def worker(queue, loop):
        await asyncio.sleep(1)
        return await asyncio.wait_for(queue.get(), 5)
    ```

    A local name that got the loop for these calls alone goes with the last of them. Parameters stay, used or not: they
    belong to those who call the function.

    Fix safety: safe where the loop cannot be another one: the call gives a coroutine, which runs in its loop; it is awaited
    on the spot; the loop was got right there; the argument is None; or all targets are 3.10 or newer and the call makes a
    lock or a queue, which belongs to the loop that uses it first. Unsafe elsewhere: up to 3.9, locks and queues belong to
    the loop that is current where they are made, and `gather()`, `shield()` and `as_completed()` start coroutines there; where the
    loop is a property that does something, and where a test puts something in the place of the function and may look at the loop.
    For a person where that surely is another loop: a new one, in a file that sets none; or where a test takes the current loop
    away (`set_event_loop(None)`) and sets none.

    Silent when the target range ends below 3.10, where the argument does no harm, under a test of the version, and for
    functions and classes of the project that take a loop themselves.
    """

    code = "AIO005"
    name = "loop-argument"
    safety = Safety.SAFE
    impact = Impact.BUG
    triggers = frozenset({"loop"})
    context = frozenset({"asyncio"})

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the calls that hand over a loop."""
        if not module.settings.target.reaches(_GONE):
            return  # every version takes it
        given = [one for one in loop_arguments(module) if not is_version_branch(module.facts, one.call)]
        reasons = {one: _why_manual(module, one) for one in given}
        free = [one for one in given if reasons[one] is None]
        drops = {one.call: Replace(one.call, partial(syntax.without_keyword, name="loop")) for one in free}
        removals: dict[ast.stmt, Wrap | None] = {}  # fixes that share an edit share the very same one
        for one in given:
            message = _message(module, one)
            if (reason := reasons[one]) is not None:
                yield self.manual(module, one.call, message, reason)
                continue
            doubt = _doubt(module, one)
            level = Safety.SAFE if doubt is None else Safety.UNSAFE
            edits: list[Edit] = [drops[one.call]]
            # a safe fix takes along no unsafe one; an unsafe one may come alone, or when the safe ones are done
            together = [other for other in _alike(module, one, free) if doubt or _doubt(module, other) is None]
            if (statement := _dead(module, one, together)) is not None:
                gone = removals.setdefault(statement, _removal(module, statement))
                edits = [*(drops[other.call] for other in together), gone] if gone is not None else edits
            yield self.fix(module, one.call, message, *edits, safety=level, reason=doubt)


def _alike(module: Module, one: LoopArgument, others: Sequence[LoopArgument]) -> list[LoopArgument]:
    """Return the calls that are handed the same local name, ``one`` among them."""
    match one.value:
        case ast.Name(id=name):
            scope = module.facts.scope_at(one.value).find(name)
            alike = [other for other in others if isinstance(other.value, ast.Name) and other.value.id == name]
            return [other for other in alike if module.facts.scope_at(other.call).find(name) == scope]
        case _:
            return []


def _dead(module: Module, one: LoopArgument, together: Sequence[LoopArgument]) -> ast.stmt | None:
    """Return the statement that gets a loop for some calls alone; None where there is none, or others need it."""
    uses = frozenset(other.value for other in together if isinstance(other.value, ast.Name))
    return dead_without(module, uses, one.value) if isinstance(one.value, ast.Name) else None


def _message(module: Module, one: LoopArgument) -> str:
    short = one.name.removeprefix("asyncio.")
    if one.subclass is not None:
        short = f"{short}.__init__" if isinstance(one.call.func, ast.Attribute) else one.subclass.node.name
    what = f"`loop={module.text(one.value)}`" if one.value is not None else "a loop"
    where = {
        Taker.COROUTINE: "it runs in the loop that runs it",
        Taker.FUTURE: "it works in the running loop",
        Taker.OBJECT: "it belongs to the loop that uses it",
    }
    return f"`{short}()` takes no loop since Python 3.10, and {what} is a TypeError: {where[one.taker]}"


def _why_manual(module: Module, one: LoopArgument) -> str | None:
    """Return why nobody but a person can take the loop out; None where it can be done."""
    if one.value is None and any(keyword.arg is None for keyword in one.call.keywords):
        return "the loop is in the mapping that is handed over with `**`: leave it out there"
    if one.value is None:
        return "the loop stands by its position, and other arguments may stand behind it"
    if one.subclass is not None and _uses_private_loop(one.subclass):
        return (
            f"`{one.subclass.node.name}` uses `self._loop`, which its base class does not set any more when it is made"
        )
    if any(isinstance(node, (ast.Await, ast.YieldFrom, ast.NamedExpr)) for node in ast.walk(one.value)):
        return f"`{module.text(one.value)}` does something when it is evaluated"
    needs_it = one.taker is Taker.FUTURE or (
        one.taker is Taker.OBJECT and not module.settings.target.all_at_least(_GONE)
    )
    is_awaited = isinstance(module.facts.parents[one.call], (ast.Await, ast.YieldFrom))
    if needs_it and not is_awaited and _is_never_current(module, one.value):
        return f"`{module.text(one.value)}` is a new loop that is never set: without the argument another one is taken"
    is_alone = needs_it and not is_awaited and module.colour_at(one.call) is Colour.SYNC
    if is_alone and (place := _taken_away(module)) is not None:
        return f"{place} takes the current loop away, and up to Python 3.9 none would be found without the argument"
    if _has_comment(module, one.call, one.value):
        return "the comment behind it would have no place"
    return None


def _is_never_current(module: Module, value: ast.expr) -> bool:
    """True for a name that holds a loop of `new_event_loop()` in a file that makes no loop the current one.

    So it is for `self.loop` of a plain method in a file that says so with `set_event_loop(None)`.
    """
    sets = list(module.calls("asyncio.set_event_loop"))
    if any(not _takes_away(call) for call in sets):
        return False
    bindings: Sequence[Binding] = ()
    match value:
        case ast.Name(id=name) if (found := module.facts.scope_at(value).find(name)) is not None:
            bindings = found[1]
        case ast.Attribute(value=owner, attr=attr) if sets and module.colour_at(value) is Colour.SYNC:
            cls = own_class(module.facts, owner)
            bindings = self_attributes(module.facts, cls).assigned.get(attr, ()) if cls is not None else ()
        case _:
            pass  # nobody knows which loop it is
    makes = [isinstance(one.value, ast.Call) and module.name_of(one.value.func) == _NEW for one in bindings]
    return bool(makes) and all(makes)


def _taken_away(module: Module) -> str | None:
    """Return where a file of the project takes the current loop away and sets none, as tests do that hand theirs over."""
    return module.inference.traced(("loop taken away", None), lambda: next(_taking_away(module), None))


def _taking_away(module: Module) -> Iterator[str]:
    for path in module.inference.project.files_using("set_event_loop") or ():
        user = module.beside(path)
        calls = list(user.calls("asyncio.set_event_loop")) if user is not None else []
        if calls and all(map(_takes_away, calls)):
            yield f"{path}:{calls[0].lineno}"


def _takes_away(call: ast.Call) -> bool:
    """True for `set_event_loop(None)`, after which there is no current loop."""
    match call:
        case ast.Call(args=[ast.Constant(value=None)], keywords=[]):
            return True
        case _:
            return False


def _has_comment(module: Module, call: ast.Call, value: ast.expr) -> bool:
    """True where a comment stands behind an argument, in the call."""
    end = module.source.span(value)[1]
    return "#" in module.source.rest_of_line(end)[: module.source.span(call)[1] - end]


def _uses_private_loop(cls: ProjectClass) -> bool:
    uses = cls.facts.attributes.get("_loop", ())
    return any(cls.node in cls.facts.ancestors(use) for use in uses)


def _doubt(module: Module, one: LoopArgument) -> str | None:
    """Return why the loop may be another one than what is taken without it; None where that cannot matter."""
    assert one.value is not None
    if (called := _called_in(module, one.value)) is not None:
        return f"`{called}` is not called any more"
    if runs_code(module, one.value):
        return f"`{module.text(one.value)}` does something when it is read, and nothing reads it any more"
    short = one.name.rpartition(".")[2]
    if is_looked_at(module, short):
        return f"a test puts something in the place of `{short}`, and may look at the loop that it is given"
    if one.taker is Taker.COROUTINE or is_own_loop(module, one.value):
        return None
    if one.taker is Taker.OBJECT and module.settings.target.all_at_least(_GONE):
        return None
    parent = module.facts.parents[one.call]
    if isinstance(parent, (ast.Await, ast.YieldFrom)) and module.colour_at(one.call) is not Colour.SYNC:
        return None  # awaiting a future of another loop is an error
    loop = module.text(one.value)
    if one.taker is Taker.OBJECT:
        return f"up to Python 3.9 it belongs to the loop that is current here, which may be another one than `{loop}`"
    return f"its coroutines start in the loop that is current here, which may be another one than `{loop}`"


def _called_in(module: Module, value: ast.expr) -> str | None:
    """Return a call in the argument that may do more than look for a loop."""
    for node in ast.walk(value):
        if isinstance(node, ast.Call) and module.name_of(node.func) not in GETTERS:
            return module.text(node)
    return None


def _removal(module: Module, statement: ast.stmt) -> Wrap | None:
    """Return the edit that takes out the statement that got the loop; None where a comment would have no place."""
    block = module.facts.block(statement)
    at = block.index(statement)
    lines = range(statement.lineno, last_line(statement) + 1)
    if any("#" in module.source.line(number) for number in lines) or len(block) == at + 1:
        return None
    written = module.text(statement)
    text = frozenset({written, written.replace("get_event_loop()", "get_running_loop()")})  # AIO006 may have been there
    indent = module.facts.indent
    return Wrap((statement, block[at + 1]), partial(removal.without, texts=text, indent=indent))
