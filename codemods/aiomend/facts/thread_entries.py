"""Where threads begin: the calls that run a function in another thread, and what they give it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiomend.facts.library_threads import may_run_method, runs_argument, runs_attribute, runs_method
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import FUNCTIONS, FunctionNode, last_name
from aiomend.facts.values import NONE, External, Function, ProjectClass

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference

_POOL_METHODS = ("apply", "apply_async", "imap", "imap_unordered", "map", "map_async", "starmap", "starmap_async")
#: The position (or keyword) of the function that a call runs in another thread.
_TARGETS: dict[str, tuple[int, str]] = {
    "threading.Thread": (1, "target"),
    "threading.Timer": (1, "function"),
    "_thread.start_new_thread": (0, "function"),
    "asyncio.to_thread": (0, "func"),
    "asyncio.AbstractEventLoop.run_in_executor": (1, "func"),
    "concurrent.futures.ThreadPoolExecutor.submit": (0, "fn"),
    "concurrent.futures.ThreadPoolExecutor.map": (0, "fn"),
    **{f"multiprocessing.pool.ThreadPool.{method}": (0, "func") for method in _POOL_METHODS},
    "anyio.to_thread.run_sync": (0, "func"),
    "asgiref.sync.sync_to_async": (0, "func"),
}
#: Where the receiver is not known, these method names say enough.
_METHODS: dict[str, tuple[int, str]] = {
    "run_in_executor": (1, "func"),
    "submit": (0, "fn"),
    "async_add_executor_job": (0, "target"),
    "start_new_thread": (0, "function"),
    "to_thread": (0, "func"),
}
#: Calls that give the function whatever stands behind it, or what `args` holds.
GIVES_ARGUMENTS = frozenset({"Thread", "Timer", "run_in_executor", "start_new_thread", "submit", "to_thread"})
_IN_ARGS = frozenset({"Thread", "Timer", "start_new_thread"})
_PROCESSES = "concurrent.futures.ProcessPoolExecutor"
_THREADS = "concurrent.futures.ThreadPoolExecutor"


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """What has a function run in another thread, or, where nobody can tell, in another process: a call, or an assignment."""

    place: ast.Call | ast.Assign
    is_sure: bool  #: it is a thread, and the thing that runs the function is known


def entry_at(inference: Inference, facts: ModuleFacts, reference: ast.expr) -> Entry | None:
    """Return what has ``reference`` run in another thread; None where nobody says so."""
    node: ast.AST = reference
    parent = facts.parents.get(node)
    keyword = None
    if isinstance(parent, ast.keyword):
        keyword, node, parent = parent.arg, parent, facts.parents.get(parent)
    match parent:
        case ast.Assign(targets=[ast.Attribute(value=owner, attr=attr)]) if attr.startswith(("on_", "when_")):
            is_run = runs_attribute(inference, facts, inference.values(facts, owner), attr)
            return Entry(parent, is_sure=True) if is_run else None
        case ast.Call(func=func) if keyword is not None and runs_argument(
            inference.external_name(facts, func), keyword
        ):
            return Entry(parent, is_sure=True)
        case _:
            pass  # no library is given it
    if not isinstance(parent, ast.Call) or parent.func is node:
        return None
    if inference.external_name(facts, parent.func) in ("functools.partial", "contextvars.copy_context"):
        return entry_at(inference, facts, parent) if parent.args[:1] == [reference] else None
    found = _target_of(inference, facts, parent)
    if found is None:
        return None
    (position, name), is_known = found
    if keyword != name and (keyword is not None or parent.args[position : position + 1] != [reference]):
        return None  # something else that the call is given
    pool = _pool(parent)
    values = inference.values(facts, pool) if pool is not None else NONE
    if inference.is_instance(values, _PROCESSES) is True:
        return None  # a process is no thread
    is_thread = not values - NONE or inference.is_instance(values, _THREADS) is True or _stays_here(facts, reference)
    return Entry(parent, is_thread and (is_known or last_name(parent.func) == "run_in_executor"))


def _target_of(inference: Inference, facts: ModuleFacts, call: ast.Call) -> tuple[tuple[int, str], bool] | None:
    """Return where a call takes a thread's function, and whether that rests on more than a method's name."""
    for value in inference.values(facts, call.func):
        match value:
            case External(name=name) if name in _TARGETS:
                return _TARGETS[name], True
            case ProjectClass() as cls:
                for base in inference.classes.external_bases(cls) or ():
                    if base in _TARGETS:
                        return _TARGETS[base], True
            case External() | Function():
                return None  # known to be something else
            case _:
                pass  # the name decides
    if isinstance(call.func, ast.Attribute) and call.func.attr in _METHODS:
        return _METHODS[call.func.attr], False
    return None


def _pool(call: ast.Call) -> ast.expr | None:
    match call.func:
        case ast.Attribute(attr="run_in_executor"):
            return call.args[0] if call.args else None
        case ast.Attribute(value=value, attr="submit"):
            return value
        case _:
            return None


def _stays_here(facts: ModuleFacts, reference: ast.expr) -> bool:
    """True for what no other process can be given: a lambda, a function that is defined in another one."""
    if isinstance(reference, ast.Lambda):
        return True
    home = facts.scope_at(reference).find(reference.id) if isinstance(reference, ast.Name) else None
    return home is not None and isinstance(home[0].node, FUNCTIONS)


def is_thread_run(inference: Inference, facts: ModuleFacts, function: FunctionNode) -> bool:
    """True for `run` of a Thread subclass, and for methods that a library runs in a thread of its own."""
    owner = facts.class_of(function)
    if owner is None or not may_run_method(function.name):
        return False
    return runs_method(
        facts, function.name, inference.classes.external_bases(ProjectClass(facts, owner)) or frozenset()
    )


def given_to(facts: ModuleFacts, reference: ast.expr) -> list[ast.expr]:
    """Return what a thread gives the function that ``reference`` is, by position; nothing where that cannot be seen."""
    parent = facts.parents.get(reference)
    call = facts.parents.get(parent) if isinstance(parent, ast.keyword) else parent
    if not isinstance(call, ast.Call) or last_name(call.func) not in GIVES_ARGUMENTS or call.func is reference:
        return []
    if last_name(call.func) not in _IN_ARGS:
        given = call.args[call.args.index(reference) + 1 :] if reference in call.args else []
    else:
        at = {"Thread": 3, "Timer": 2}.get(last_name(call.func), 1)
        held = next((one.value for one in call.keywords if one.arg == "args"), None)
        held = call.args[at] if held is None and len(call.args) > at else held
        given = held.elts if isinstance(held, (ast.Tuple, ast.List)) else []
    return [] if any(isinstance(one, ast.Starred) for one in given) else given
