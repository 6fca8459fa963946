"""Which calls make tasks, and what becomes of each: dropped, bound to a name that nobody reads, or in somebody's hands."""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aiomend.facts.catalog.interfaces import canonical
from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.scheduling_methods import POSITIONS
from aiomend.facts.scopes import FUNCTIONS, last_name, past_comprehensions
from aiomend.facts.values import Container, Coroutine, External, Plain
from aiomend.facts.view import Module

#: A file without any of these words makes no task.
WORDS = frozenset({"ensure_future", "create_task", "Task", "gather", "async(", "async ("})

_MAKERS = frozenset(
    {"asyncio.ensure_future", "asyncio.create_task", "asyncio.AbstractEventLoop.create_task", "asyncio.Task"}
)
_TOLD = _MAKERS | {"asyncio.gather"}
_COROUTINE_KEYWORDS = frozenset({"coro", "coro_or_future", "coroutine"})
#: Scheduling functions that throw away what their callback returns.
_DROPS_RESULT = POSITIONS.keys() | {"add_done_callback"}
READS_EVERY_NAME = frozenset({"locals", "vars", "eval", "exec", "dir"})


class Fate(enum.Enum):
    """What the code does with a new task."""

    NOTHING = "bound to nothing"
    UNDERSCORE = "bound to `_`"
    UNREAD = "bound to a name that is never read"
    HELD = "stored, returned, awaited, gathered, passed on or given a callback"

    @property
    def dangles(self) -> bool:
        """True where nothing refers to the task but the task's own wait."""
        return self is not Fate.HELD


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """One call that makes a task. ``coroutine`` is what it runs; a `gather` runs several and has none."""

    call: ast.Call
    coroutine: ast.expr | None
    fate: Fate
    name: str = ""  #: the name that it is bound to, where it is bound to one

    def callee(self, module: Module) -> Coroutine | None:
        """Return the coroutine object that the task certainly runs."""
        return module.coroutine_of(self.coroutine) if self.coroutine is not None else None


def made_tasks(module: Module) -> Sequence[Made]:
    """Return the calls of a file that make tasks, in the order of the file."""
    return module.inference.traced(("made tasks", module.facts), lambda: list(_made_in(module)))


def _made_in(module: Module) -> Iterator[Made]:
    for call in module.facts.calls:
        if not module.inference.outside_calls.may_be(module.facts, call.func, _TOLD):
            continue  # its name alone says that it makes no task
        if _is_maker(module, call):
            coroutine = _coroutine(call)
            if coroutine is None or _is_future(module, coroutine):
                continue  # given a future, `ensure_future` makes nothing: it hands that one back
            yield Made(call, coroutine, *fate_of(module.facts, call))
        elif module.name_of(call.func) == "asyncio.gather" and _gathers_new_tasks(module, call):
            yield Made(call, None, *fate_of(module.facts, call))


def _is_maker(module: Module, call: ast.Call) -> bool:
    """True where a call makes a task: asyncio's functions by any name, and `create_task` of an event loop."""
    values = module.values(call.func)
    names = {_written(module, value.name) for value in values if isinstance(value, External)}
    if names and names <= _MAKERS and all(isinstance(v, External) or v in (Plain.UNKNOWN, Plain.NONE) for v in values):
        return True  # the unknown ones are other spellings: `getattr(asyncio, "async")` in a fallback
    match call.func:
        case ast.Attribute(value=receiver, attr="create_task"):
            return module.is_loop(receiver)
        case _:
            return False


def _written(module: Module, name: str) -> str:
    """Return a canonical name as the file writes it: `async` as a name has a stand-in while it is parsed."""
    for stand_in, word in module.source.placeholders:
        if name == f"asyncio.{stand_in}":
            return canonical(f"asyncio.{word}")
    return name


def _is_future(module: Module, node: ast.expr) -> bool:
    """True for a future that somebody else made and keeps, such as an executor."""
    match node:
        case ast.Call(func=ast.Attribute(value=receiver, attr="run_in_executor")) if module.is_loop(receiver):
            return True
        case _:
            return module.is_instance(node, "asyncio.Future") is True


def _coroutine(call: ast.Call) -> ast.expr | None:
    if call.args and not isinstance(call.args[0], ast.Starred):
        return call.args[0]
    for keyword in call.keywords:
        if keyword.arg in _COROUTINE_KEYWORDS:
            return keyword.value
    return None


def _gathers_new_tasks(module: Module, call: ast.Call) -> bool:
    """True where every awaitable of a `gather` is a coroutine that is made for it, so that nobody else holds its task."""
    return bool(call.args) and all(
        _holds_only_coroutines(module, argument.value)
        if isinstance(argument, ast.Starred)
        else module.coroutine_of(argument) is not None
        for argument in call.args
    )


def _holds_only_coroutines(module: Module, node: ast.expr) -> bool:
    """True for a list of the function's own to which nothing but coroutines is added."""
    values = module.values(node)
    return bool(values) and all(
        isinstance(value, Container)
        and bool(value.elements)
        and all(isinstance(one, Coroutine) for one in value.elements)
        for value in values
    )


# ---- what becomes of it ---


def held_until_done(function: ast.AST) -> dict[str, str]:
    """Return the names that a function adds to a collection until they are done, each with the last name of that."""
    added: dict[str, str] = {}
    dropped: set[str] = set()
    for node in own_nodes(function):
        match node:
            case ast.Call(func=ast.Attribute(value=kept, attr="add" | "append"), args=[ast.Name(id=name)]):
                added[name] = last_name(kept)
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr="add_done_callback"),
                args=[ast.Attribute(attr="discard" | "remove")],
            ):
                dropped.add(name)
            case _:
                pass  # keeps nothing
    return {name: kept for name, kept in added.items() if name in dropped}


def fate_of(facts: ModuleFacts, call: ast.Call) -> tuple[Fate, str]:
    """Return what becomes of what a call gives, and the name that it is bound to, where it is bound to one."""
    node: ast.AST = call
    collected = False  # it is an element of a list that stands around it
    while True:
        parent = facts.parents[node]
        match parent:
            case ast.Expr():
                return Fate.NOTHING, ""
            case ast.IfExp(test=test) if node is not test:
                pass  # its value is the whole expression's
            case ast.BoolOp():
                pass  # likewise: being tested keeps nothing alive
            case ast.ListComp(elt=element) | ast.SetComp(elt=element) if node is element:
                collected = True
            case ast.Tuple() | ast.List() | ast.Set():
                collected = True
            case ast.Lambda(body=body) if node is body and not collected:
                return (Fate.NOTHING if _result_is_dropped(facts, parent) else Fate.HELD), ""
            case ast.Assign(targets=targets, value=value) if node is value and not collected:
                return _bound(facts, targets)
            case ast.AnnAssign(target=target, value=value) if node is value and not collected:
                return _bound(facts, [target])
            case _:
                return Fate.HELD, ""
        node = parent


def _result_is_dropped(facts: ModuleFacts, function: ast.Lambda) -> bool:
    """True where a lambda is handed to a scheduling function."""
    match facts.parents[function]:
        case ast.Call(func=ast.Attribute(attr=attr), args=arguments):
            return attr in _DROPS_RESULT and function in arguments
        case _:
            return False


def _bound(facts: ModuleFacts, targets: list[ast.expr]) -> tuple[Fate, str]:
    match targets:
        case [ast.Name(id=name) as target] if not is_read(facts, target):
            if name == "_":
                return Fate.UNDERSCORE, name
            home = facts.scope_at(target).find(name)
            is_local = home is not None and isinstance(home[0].node, (*FUNCTIONS, ast.Lambda))
            return (Fate.UNREAD, name) if is_local else (Fate.HELD, name)
        case _:
            return Fate.HELD, ""


def is_read(facts: ModuleFacts, target: ast.Name) -> bool:
    """True where some place may read the variable that ``target`` binds."""
    home = facts.scope_at(target).find(target.id)
    if home is None or any(not isinstance(node.ctx, ast.Store) for node in facts.mentions_of(target)):
        return True
    everything = [one for name in READS_EVERY_NAME for one in facts.names.get(name, ())]
    return any(_is_called_in(facts, one, home[0].node) for one in everything)


def _is_called_in(facts: ModuleFacts, function: ast.Name, scope: ast.AST) -> bool:
    """True for the call of a function that stands in a scope's own body, or in a comprehension there."""
    call = facts.parents[function]
    return (
        isinstance(call, ast.Call) and call.func is function and past_comprehensions(facts.scope_at(call)).node is scope
    )
