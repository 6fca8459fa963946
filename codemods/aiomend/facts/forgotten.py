"""Calls whose coroutine nobody has: which they are, and what says that this is meant."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from aiomend.facts.belied import is_belied
from aiomend.facts.coroutine_places import is_callback
from aiomend.facts.dropped_on_purpose import is_meant
from aiomend.facts.inference import Inference
from aiomend.facts.methods_replaced import is_replaced
from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.scopes import FUNCTIONS, last_name
from aiomend.facts.type_checking import Branch, branch_of
from aiomend.facts.values import UNKNOWN, Coroutine, Eventual, Function, Plain, Returns, Values
from aiomend.facts.view import Module
from aiomend.model import Evidence

Evaluate = Callable[[ModuleFacts, ast.expr], Values]  #: certain values, or those that callers in the project tell

#: Code that asks one of these before it calls is ready for both kinds of function.
_KINDS = frozenset(
    {"iscoroutinefunction", "iscoroutine", "isawaitable", "isgenerator", "isgeneratorfunction", "iscoroutinefunc"}
)


@dataclass(frozen=True, slots=True, eq=False)
class Forgotten:
    """A call whose coroutine nobody has; ``is_certain`` where no caller of the function around had to be asked for it.

    Where it ``is_promise``, an annotation says that it gives something to await, and nothing that it is a coroutine.
    """

    call: ast.Call
    coroutines: tuple[Coroutine, ...]
    is_certain: bool
    is_promise: bool = False
    hearsay: Evidence | None = None  #: where bundled data say that it is one

    @property
    def functions(self) -> tuple[Function, ...]:
        """The functions of the project that may be the one that is called."""
        return tuple(one.function for one in self.coroutines if one.function is not None)


# ---- which calls ---


def may_make_coroutine(module: Module, call: ast.Call) -> bool:
    """True where something of that name gives a coroutine; in a file without a word of asyncio, something near it."""
    project, name = module.inference.project, last_name(call.func)
    if not project.tree_names.is_coroutine(name):
        return False
    return _is_read_whole(module) or project.tree_names.nearby.may_have(module.path, {name.encode("utf-8", "replace")})


def _is_read_whole(module: Module) -> bool:
    """True for a file with a word of asyncio, and where a trace, a type checker or packages say what the project does not."""
    inference = module.inference
    is_told = inference.consultation is not None or inference.environment is not None
    return is_told or inference.project.tells_of_asyncio(module.path)


def forgotten_coroutines(module: Module) -> Iterator[Forgotten]:
    """Yield the calls of a file of which nothing is left but a coroutine, in the order of the file."""
    for call in module.facts.calls:
        if _is_dropped(module, call) and (found := forgotten_by(module, call, is_dropped=True)) is not None:
            yield found


def _is_dropped(module: Module, call: ast.Call) -> bool:
    """True where nobody gets the value of a call: it is a statement, or a part of one that the statement comes out as."""
    facts = module.facts
    here: ast.expr = call
    while True:
        match facts.parents[here]:
            case ast.Expr():
                return True
            case ast.BoolOp(values=[*_, last]) as parent if last is here:
                here = parent
            case ast.IfExp(test=test) as parent if test is not here:
                here = parent
            case ast.ListComp(elt=element) | ast.SetComp(elt=element) as parent if element is here:
                here = parent
            case ast.Tuple() | ast.List() as parent:
                here = parent
            case ast.Lambda() as parent:
                return is_callback(module, parent)
            case _:
                return False  # somebody has its value


def forgotten_by(module: Module, call: ast.Call, *, is_dropped: bool = False) -> Forgotten | None:
    """Return the coroutine of a call that leaves it to nobody; None for other calls, and where that is meant.

    An object that is a coroutine by its class counts where it ``is_dropped``, and so does what an annotation calls
    awaitable; elsewhere it may be what else it is, such as a context manager or a future.
    """
    found = _made(module, call, is_dropped)
    if found is None or is_excused(module, call, found.functions):
        return None  # no coroutine, or one that is meant to be dropped
    around = set(module.enclosing_functions(call))
    if any(function.node in around for function in found.functions):
        return None  # it calls itself: to wait for that would never end
    return found


def comes_back(module: Module, found: Forgotten) -> bool:
    """True where waiting for a coroutine would wait for the function around the call again, as far as the project shows."""
    around: set[ast.AST] = set(module.enclosing_functions(found.call))
    seen: set[ast.AST] = set()
    todo = list(found.functions)
    while todo:
        function = todo.pop()
        if function.node in around:
            return True
        if function.node in seen:
            continue  # looked at already
        seen.add(function.node)
        todo += [inner for inner in waited_for(module, function) if module.inference.is_coroutine_function(inner)]
    return False


def waited_for(module: Module, function: Function) -> Iterator[Function]:
    """Yield the functions whose coroutines a function waits for, or would if they were awaited."""
    for node in own_nodes(function.node):
        if isinstance(node, ast.Call) and isinstance(
            function.facts.parents[node], (ast.Await, ast.YieldFrom, ast.Expr)
        ):
            for value in module.inference.values(function.facts, node.func):
                if isinstance(value, Function):
                    yield value


def _made(module: Module, call: ast.Call, is_dropped: bool) -> Forgotten | None:
    """Return the coroutines that a call makes, whatever it reaches; None where it may reach something else."""
    inference = module.inference
    is_known = may_make_coroutine(module, call)
    if not is_known and not _is_read_whole(module):
        return None  # the file was let through for another call
    values = inference.values(module.facts, call)
    coroutines = _all_coroutines(module, call, inference.values, is_dropped)
    if coroutines is not None:
        if is_belied(module, call.func):
            return None  # the annotation is wrong, or tells half of the truth
        if is_replaced(module, call.func):
            return None  # it may be what was put in its place
        if _is_decoration(module, call) and not any(one.function for one in coroutines):
            return None  # it tells what the function becomes, and nothing runs here
        is_certain = not _may_be_replaced(module, coroutines)
        return Forgotten(call, coroutines, is_certain, _is_promise(values), _hearsay(module, call))
    if Plain.UNKNOWN not in values or not is_known:
        return None  # something else, or nothing of that name makes a coroutine
    values = inference.values_from_callers(module.facts, call)
    coroutines = _all_coroutines(module, call, inference.values_from_callers, is_dropped)
    return Forgotten(call, coroutines, False, _is_promise(values)) if coroutines is not None else None


def _is_decoration(module: Module, call: ast.Call) -> bool:
    """True for `app.get("/")(handler)`: a decorator that is applied by hand."""
    match call:
        case ast.Call(func=ast.Call(), args=[given], keywords=[]):
            return any(isinstance(value, Function) for value in module.values(given))
        case _:
            return False


def _is_promise(values: Values) -> bool:
    return any(isinstance(value, Eventual) for value in values)


def _hearsay(module: Module, call: ast.Call) -> Evidence | None:
    """What the bundled data of a well-known package say of a function that is called."""
    name = module.name_of(call.func)
    abroad = module.inference.abroad(name) if name is not None else None
    versions = abroad.versions(name) if abroad is not None and name is not None else None
    note = f"`{name}()` gives a coroutine in all versions that were looked at: {versions}"
    return Evidence(module.path, call.lineno, note) if versions is not None else None


def waits(inference: Inference, facts: ModuleFacts, call: ast.Call, evaluate: Evaluate) -> bool:
    """Return whether everything that a call may give waits to be awaited, and nothing happens where nobody does.

    What an annotation calls awaitable may be a future, which runs by itself. Of a callback that a coroutine calls it says
    enough: those that others write for it are coroutine functions.
    """
    values = evaluate(facts, call)
    if not values or not all(isinstance(value, Eventual) or inference.is_coroutine(value) for value in values):
        return False
    if not _is_promise(values):
        return True
    function = facts.function_at(call)
    if not isinstance(function, FUNCTIONS) or not inference.is_coroutine_function(Function(facts, function)):
        return False
    others = frozenset(one for one in evaluate(facts, call.func) if not isinstance(one, Returns))
    return all(inference.is_coroutine(value) for value in inference.results(others))


def _all_coroutines(
    module: Module, call: ast.Call, evaluate: Evaluate, is_dropped: bool
) -> tuple[Coroutine, ...] | None:
    values = evaluate(module.facts, call)
    if is_dropped:
        counts = waits(module.inference, module.facts, call, evaluate)
    else:
        counts = bool(values) and all(isinstance(value, Coroutine) for value in values)
    if not counts:
        return None  # it may be something else
    found = tuple(value if isinstance(value, Coroutine) else Coroutine(UNKNOWN) for value in values)
    if any(one.function is not None and _runs_at_once(module, one.function) for one in found):
        return None  # its body has run
    return tuple(sorted(found, key=lambda one: one.function.node.lineno if one.function else 0))


def _runs_at_once(module: Module, function: Function) -> bool:
    """True for a plain function under `@types.coroutine`, which wraps what it returns: its body runs when it is called."""
    node = function.node
    if not isinstance(node, ast.FunctionDef) or function.facts.is_generator(node):
        return False
    return any(module.inference.external_name(function.facts, one) == "types.coroutine" for one in node.decorator_list)


def _may_be_replaced(module: Module, coroutines: tuple[Coroutine, ...]) -> bool:
    """True where too many files could hold a subclass with a method of its own."""
    files = module.inference.project.files_mentioning
    return any(
        one.function is not None and one.function.owner is not None and files(one.function.owner.node.name) is None
        for one in coroutines
    )


def is_excused(module: Module, call: ast.Call, made_by: Iterable[Function] = ()) -> bool:
    """True where the code around a call says that dropping its coroutine is meant, or that it may give something else."""
    return is_meant(module, call, made_by) or _asks_for_kind(module, call) or _is_for_types(module, call)


def _asks_for_kind(module: Module, call: ast.Call) -> bool:
    """True where the function around a call, or the module's level, asks whether something is a coroutine (function)."""
    function = module.facts.function_at(call)
    return function is not None and any(last_name(node) in _KINDS for node in own_nodes(function))


def _is_for_types(module: Module, call: ast.Call) -> bool:
    return branch_of(module.facts, call) is Branch.TYPES
