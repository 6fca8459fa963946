"""What keeps a plain function of the project from running in a thread of a pool."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import partial

from aiomend.facts.catalog import blocking
from aiomend.facts.catalog.interfaces import canonical
from aiomend.facts.iteration_ends import is_stop, runs_out
from aiomend.facts.lent import is_lent_and_changed, lent_by, parameters_of
from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.scopes import FUNCTIONS, How, last_name
from aiomend.facts.shared_state import is_shared, is_written
from aiomend.facts.thread_bound import of_one_thread
from aiomend.facts.values import (
    NONE,
    Context,
    Coroutine,
    Eventual,
    External,
    Function,
    Plain,
    ProjectClass,
    ProjectModule,
    Value,
    Values,
)
from aiomend.facts.view import Module

_DEPTH = 4  #: calls from the function; what is further away is not looked at
#: Names of asyncio that any thread may use.
_FOR_ANY_THREAD = frozenset(
    {
        "asyncio.iscoroutine", "asyncio.iscoroutinefunction", "asyncio.isfuture", "asyncio.run",
        "asyncio.run_coroutine_threadsafe", "asyncio.AbstractEventLoop.call_soon_threadsafe",
    }
)  # fmt: skip
#: What runs code of others, which may ask for the loop that runs, or hand itself to one.
_RUNS_CODE = frozenset(
    {"__import__", "exec", "importlib.import_module", "importlib.reload", "runpy.run_module", "runpy.run_path"}
)
#: What functions of others are called where they are kept or handed over: `self.on_data`, `listener.on_done`, `progress_cb`.
_CALLED_BACK = re.compile(r"^_?on_[a-z]|call_?back$|(?:^|_)(?:cb|hook|handler|listener|observer)$", re.I)
_LOCALS = frozenset({"threading.local", "_thread._local"})
_OF_THE_MAIN_THREAD = frozenset({"signal.signal", "signal.set_wakeup_fd"})
#: Methods that only things of an event loop have.
_OF_THE_LOOP = frozenset(
    {
        "add_reader", "add_writer", "call_at", "call_later", "call_soon", "create_future", "create_task", "ensure_future",
        "put_nowait", "remove_reader", "remove_writer", "run_forever", "run_in_executor", "run_until_complete",
        "set_exception", "set_result",
    }
)  # fmt: skip


def misfit_of(module: Module, function: Function, call: ast.Call | None = None) -> str | None:
    """Return what a function, or one that it calls, does that belongs into the thread of the loop; None where nothing does.

    ``call`` is the one of ``module`` that it is asked for: what that makes on the spot for the function is nobody else's.
    """
    returned = module.inference.calls.returned(function) - NONE
    if any(isinstance(value, (Coroutine, Eventual)) for value in returned):
        return "it returns something that is awaited"
    if any(isinstance(value, Context) for value in returned):
        return "it returns a context manager"
    if (bound := of_one_thread(returned)) is not None:
        return f"it returns {bound}"
    lent = parameters_of(function) if call is None else _lent(module.facts, function, call)
    return _misfit(module, function, lent, _DEPTH, set())


def handed_misfit(module: Module, call: ast.Call) -> str | None:
    """Return what a function that a call is given does that belongs into the thread of the loop; None where none does."""
    for given in (*call.args, *(keyword.value for keyword in call.keywords)):
        for one in _functions_in(given):
            if (reason := _handed(module, one)) is not None:
                return f"it is given `{module.phrase(one)}`, which may be called there: {reason}"
    return None


def _functions_in(given: ast.expr) -> Iterator[ast.expr]:
    """Yield what may be a function in an argument: itself, or what a display holds."""
    match given:
        case ast.Lambda() | ast.Name() | ast.Attribute():
            yield given
        case ast.Dict(values=parts) | ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Call(args=parts):
            for part in parts:
                yield from _functions_in(part)
        case _:
            pass  # a value


def _handed(module: Module, given: ast.expr) -> str | None:
    facts = module.facts
    if isinstance(given, ast.Lambda):
        return _misfit(module, Function(facts, given), frozenset(), _DEPTH, set())
    if isinstance(given, ast.Attribute) and (reason := _reached(module, facts, given)) is not None:
        return f"{reason} ({facts.path}:{given.lineno})"
    functions = [value for value in module.values(given) if isinstance(value, Function)]
    reasons = (_misfit(module, one, parameters_of(one), _DEPTH, set()) for one in functions)
    return next((reason for reason in reasons if reason is not None), None)


def _lent(facts: ModuleFacts, function: Function, call: ast.Call) -> frozenset[str]:
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    return lent_by(function, call, frozenset(one for one in given if _is_own(facts, one)))


def _misfit(
    module: Module, function: Function, lent: frozenset[str], depth: int, seen: set[tuple[ast.AST, frozenset[str]]]
) -> str | None:
    node, facts = function.node, function.facts
    seen.add((node, lent))
    is_init = isinstance(node, FUNCTIONS) and node.name == "__init__"
    for one in own_nodes(node):
        if isinstance(one, ast.Raise) and one.exc is not None and is_stop(module.inference, facts, one.exc):
            return f"it raises StopIteration ({facts.path}:{one.lineno}): up to Python 3.12 awaiting it would never end"
        if not isinstance(one, ast.expr):
            continue  # what it holds comes by itself
        is_others = is_shared(facts, one) and is_written(facts, one) and not is_init and not _is_own(facts, one)
        if is_others or is_lent_and_changed(facts, one, lent):
            text = facts.source.segment(one)
            return f"`{text}` is changed in it ({facts.path}:{one.lineno}): in a thread, the tasks of the loop see it change meanwhile"
        if isinstance(one, ast.Name) and _rests_on_context(module, facts, one):
            return f"`{one.id}` comes from a module with context variables, which a thread may not see ({facts.path}:{one.lineno})"
        if isinstance(one, (ast.Name, ast.Attribute)) and _is_of_the_thread(module, facts, one):
            return f"`{facts.source.segment(one)}` is another one in each thread ({facts.path}:{one.lineno})"
        if isinstance(one, ast.Call) and (reason := _call(module, facts, one)) is not None:
            return f"{reason} ({facts.path}:{one.lineno})"
        if isinstance(one, ast.Call) and depth:
            for value in module.inference.values(facts, one.func):
                if not isinstance(value, Function) or (value.node, given := _lent(facts, value, one)) in seen:
                    continue  # no body, or one that was looked at
                if module.inference.is_coroutine_function(value):
                    return f"it begins a coroutine, `{facts.source.segment(one.func)}()` ({facts.path}:{one.lineno})"
                if (reason := _misfit(module, value, given, depth - 1, seen)) is not None:
                    return reason
    return None


def _rests_on_context(module: Module, facts: ModuleFacts, node: ast.Name) -> bool:
    """True for an object that is imported from a module of the project that has context variables: it may stand for one."""
    home = facts.scope_at(node).find(node.id)
    if home is None or home[0] is not facts.scope or not isinstance(node.ctx, ast.Load):
        return False
    for one in home[1]:
        inner = module.inference.project.module(one.target, facts.path) if one.how is How.FROM else None
        if inner is not None and b"ContextVar" in inner.source.data:
            known = module.inference.values(facts, node)
            return not any(isinstance(value, (Function, ProjectClass, ProjectModule)) for value in known)
    return False


def _is_of_the_thread(module: Module, facts: ModuleFacts, node: ast.Name | ast.Attribute) -> bool:
    """True for a `threading.local()`, in which a thread of the pool finds nothing that the loop's thread put there."""
    if isinstance(node, ast.Attribute):
        stored = [facts.parents[one] for one in facts.attributes[node.attr] if isinstance(one.ctx, ast.Store)]
        return any(isinstance(one, ast.Assign) and _makes_local(module, facts, one.value) for one in stored)
    home = facts.scope_at(node).find(node.id)
    if home is None or home[0] is not facts.scope:
        return False  # a builtin, or of a function
    for one in home[1]:
        inner = module.inference.project.module(one.target, facts.path) if one.how is How.FROM else None
        bound = [(facts, one)] if inner is None else [(inner, it) for it in inner.scope.bindings.get(one.member, ())]
        if any(it.value is not None and _makes_local(module, where, it.value) for where, it in bound):
            return True
    return False


def _makes_local(module: Module, facts: ModuleFacts, value: ast.expr) -> bool:
    match value:
        case ast.Call(func=func) if module.inference.project.files_mentioning("local") != ():
            return any(map(partial(_is_local, module), module.inference.values(facts, func)))
        case _:
            return False


def _is_local(module: Module, cls: Value) -> bool:
    """True for `threading.local` by any name, and for a class of the project that inherits from it."""
    match cls:
        case External(name=name):
            return name in _LOCALS
        case ProjectClass():
            return bool(_LOCALS & set(module.inference.classes.external_bases(cls) or ()))
        case _:
            return False


def _call(module: Module, facts: ModuleFacts, call: ast.Call) -> str | None:
    if runs_out(module.inference, facts, call):
        return "`next()` in it may raise StopIteration: up to Python 3.12 awaiting it would never end"
    return _reached(module, facts, call.func)


def _reached(module: Module, facts: ModuleFacts, func: ast.expr) -> str | None:
    """Return why what is called by an expression belongs elsewhere."""
    written = facts.source.segment(func)
    name = module.inference.external_name(facts, func)
    is_callback = _CALLED_BACK.search(last_name(func)) is not None or _comes_out_of_a_table(facts, func)
    if name is None and is_callback and not _are_known(module.inference.values(facts, func)):
        return f"what `{written}()` in it runs is not known, and may belong into the loop's thread"
    if name is None:
        loop_like = isinstance(func, ast.Attribute) and func.attr in _OF_THE_LOOP
        return f"it uses the event loop, `{written}()`" if loop_like else None
    if name.startswith("asyncio.") and canonical(name) not in _FOR_ANY_THREAD:
        return f"it uses asyncio, `{written}()`, which belongs to the loop's thread"
    if name in _OF_THE_MAIN_THREAD:
        return f"`{written}()` in it works in the main thread alone"
    if name in _RUNS_CODE:
        return f"`{written}()` in it runs code that may belong into the loop's thread"
    if name.startswith(("contextvars.ContextVar.", "contextvars.copy_context")):
        return f"`{written}()` in it would not see the context of the coroutine"
    entry = blocking.lookup(name)
    if entry is None or entry.affinity is None:
        return None
    is_bound = entry.affinity == "main_thread" or not _is_own(facts, func)
    return f"`{written}()` in it keeps to one thread" if is_bound else None


def _are_known(callees: Values) -> bool:
    """True where all that may be called is known; what is only known to be None at first is set by somebody else."""
    return callees != NONE and all(
        isinstance(value, (Function, External, ProjectClass)) or value is Plain.NONE for value in callees
    )


def _comes_out_of_a_table(facts: ModuleFacts, func: ast.expr) -> bool:
    """True for what is called where a callback is: an item of something, by itself or by a name."""
    match func:
        case ast.Subscript():
            return True
        case ast.Call(func=ast.Attribute(attr="get" | "pop" | "popleft")):
            return True
        case ast.Name(id=name):
            home = facts.scope_at(func).find(name)
            return home is not None and any(
                one.how is How.ITERATION
                or (
                    one.how is How.ASSIGN
                    and isinstance(one.value, (ast.Subscript, ast.Call))
                    and _comes_out_of_a_table(facts, one.value)
                )
                for one in home[1]
            )
        case _:
            return False


def _is_own(facts: ModuleFacts, node: ast.expr, depth: int = _DEPTH) -> bool:
    """True for a part of something that the function made itself, which nobody else has, and of an imported module."""
    root = node
    while isinstance(root, (ast.Attribute, ast.Subscript, ast.Call)):
        root = root.func if isinstance(root, ast.Call) else root.value
    if not isinstance(root, ast.Name):
        return not isinstance(root, ast.Await)
    scope = facts.scope_at(root)
    home = scope.find(root.id)
    if home is None or all(one.how in (How.IMPORT, How.FROM) for one in home[1]):
        return True
    if home[0].function is None or home[0].function is not scope.function:
        return False
    made = (How.ASSIGN, How.ANNOTATION, How.CONTEXT, How.ITERATION)
    return all(
        one.how in made and (one.value is None or (depth > 0 and _is_made(facts, one.value, depth - 1)))
        for one in home[1]
    )


def _is_made(facts: ModuleFacts, value: ast.expr, depth: int) -> bool:
    """True for a new object: what a function returns, a display, a comprehension."""
    match value:
        case ast.Call(func=ast.Name()):
            return True
        case ast.Call() | ast.Attribute() | ast.Subscript() | ast.Name():
            return _is_own(facts, value, depth)
        case _:
            return True
