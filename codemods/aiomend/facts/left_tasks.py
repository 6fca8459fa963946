"""Tasks that may still be pending when a program's loop is closed: nobody waits for them, and nobody cancels them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from aiomend.facts.consumers import unattended_tasks
from aiomend.facts.endings import Ending, Endings, is_endless
from aiomend.facts.inference import Inference
from aiomend.facts.loop_reach import is_of_another_loop
from aiomend.facts.loop_threads import has_its_own_thread
from aiomend.facts.loops import Loop
from aiomend.facts.module import ModuleFacts, own_nodes, suspends
from aiomend.facts.order import chains
from aiomend.facts.scopes import FUNCTIONS, FunctionNode, last_name
from aiomend.facts.tasks import WORDS, Made, held_until_done, made_tasks
from aiomend.facts.thread_accounts import Where
from aiomend.facts.values import Function, ProjectClass
from aiomend.facts.view import Module

_SHOWS = frozenset({"print", "len", "debug", "info", "warning", "error", "exception", "critical", "log", "format"})
_Definition = FunctionNode | ast.ClassDef
_FUNCTIONS_BUDGET = 300  #: a program that calls more of them is not followed further


@dataclass(frozen=True, slots=True, eq=False)
class Left:
    """A task that may be pending, and the file that makes it."""

    module: Module
    made: Made


def left_tasks(module: Module, loop: Loop) -> list[Left]:
    """Return the tasks that may be pending behind the runs of a loop, in the order of the file.

    Those of other files come last: what the program calls there and never ends by itself.
    """
    elsewhere = called_elsewhere(module, loop)
    others = [one for path in sorted(elsewhere) if (one := module.beside(path)) is not None]
    if any(one.inference.traced(("cleans up", one.facts), partial(_cleans_up, one)) for one in (module, *others)):
        return []  # somebody takes care of all that are left
    runs_on = any(last_name(run.func) == "run_forever" for run in loop.runs)
    is_stopped = any(module.is_loop(attribute.value) for attribute in module.facts.attributes.get("stop", ()))
    endings = Endings(module)
    idle = module.inference.traced(("idle tasks", module.facts), lambda: _idle(module))
    own = {_outermost(module.facts, run) for run in loop.runs}
    found = [
        Left(module, made)
        for made in _unguarded(module)
        if not is_of_another_loop(module, loop, made.call)
        and (made.call not in idle or idle[made.call] in own)
        and _may_be_left(module, made, endings, runs_on=runs_on and not is_stopped)
    ]
    for other in others:
        called = elsewhere[other.path]
        found += [
            Left(other, made)
            for made in _unguarded(other)
            if other.function_at(made.call) in called and _never_ends(other, made)
        ]
    return found


def _unguarded(module: Module) -> Sequence[Made]:
    """Return the tasks of a file that nobody waits for, chains or cancels."""
    return module.inference.traced(("unguarded tasks", module), lambda: list(_unguarded_in(module)))


def _unguarded_in(module: Module) -> Iterator[Made]:
    if not any(word in module.source.text for word in WORDS):
        return  # it makes none
    chained = {task.call for chain in chains(module) if not chain.doubt for task in chain.tasks}
    kept = {one.made.call: one.holder for one in unattended_tasks(module)}
    for made in made_tasks(module):
        holder = kept.get(made.call) or _kept_in(module, made)
        if not made.fate.dangles and holder is None:
            continue  # in somebody's hands
        if made.call in chained or module.where(made.call) is not Where.LOOP:
            continue  # it will be waited for, or another thread's
        if has_its_own_thread(module.inference, module.facts, made.call):
            continue  # of another loop
        if holder is not None and _is_cancelled(module, holder):
            continue  # somebody takes care of it
        yield made


def _idle(module: Module) -> dict[ast.Call, _Definition]:
    """Return the tasks that a class or a function of the top level makes which nothing in the project asks for, with that."""
    homes = {made.call: _outermost(module.facts, made.call) for made in _unguarded(module)}
    asked = {home for home in set(homes.values()) if home is None or _is_asked_for(module, home)}
    return {call: home for call, home in homes.items() if home is not None and home not in asked}


def _is_asked_for(module: Module, whole: _Definition) -> bool:
    facts, inside = module.facts, set(ast.walk(whole))
    uses: list[ast.expr] = [*facts.names.get(whole.name, ()), *facts.attributes.get(whole.name, ())]
    if whole.decorator_list or whole.name in facts.texts or any(use not in inside for use in uses):
        return True
    paths = module.inference.project.files_mentioning(whole.name)
    return paths is None or bool(set(paths) - {facts.path})


def _outermost(facts: ModuleFacts, node: ast.AST) -> _Definition | None:
    """Return the class or function of the top level that holds a node."""
    around = [one for one in facts.ancestors(node) if isinstance(one, (*FUNCTIONS, ast.ClassDef))]
    return around[-1] if around else None


def called_elsewhere(module: Module, loop: Loop) -> dict[str, set[ast.AST]]:
    """Return the functions of other files that a program certainly calls, by their file: from its scope on, step by step."""
    inference = module.inference
    todo: list[tuple[ModuleFacts, ast.AST]] = [(module.facts, loop.scope.node), (module.facts, module.tree)]
    seen = {node for _, node in todo}
    found: dict[str, set[ast.AST]] = {}
    while todo and len(seen) < _FUNCTIONS_BUDGET:
        facts, node = todo.pop()
        for function in inference.traced(
            ("certainly called", node), partial(_certainly_called, inference, facts, node)
        ):
            if function.node in seen:
                continue  # followed already
            seen.add(function.node)
            todo.append((function.facts, function.node))
            if function.facts is not module.facts:
                found.setdefault(function.facts.path, set()).add(function.node)
    return found


def _certainly_called(inference: Inference, facts: ModuleFacts, node: ast.AST) -> list[Function]:
    """Return the functions of the project that a scope's own code certainly calls, in its order."""
    found: list[Function] = []
    for call in own_nodes(node):
        if not isinstance(call, ast.Call):
            continue  # calls nothing
        match list(inference.values(facts, call.func)):
            case [Function() as function]:
                found.append(function)
            case [ProjectClass() as cls]:
                made = inference.classes.attribute(cls, "__init__")
                found += [one for one in made if isinstance(one, Function)]
            case _:
                pass  # nobody can say which
    return found


def _never_ends(module: Module, made: Made) -> bool:
    """True where a task runs a coroutine of the project whose body is a loop without end that suspends."""
    callee = made.callee(module)
    function = callee.function if callee is not None else None
    return function is not None and any(
        isinstance(node, ast.While) and is_endless(node) and suspends(node) for node in own_nodes(function.node)
    )


def _cleans_up(module: Module) -> bool:
    """True where the file, or a function of another that it calls, asks for all tasks for more than to show them."""
    facts = module.facts
    if any(_is_asked_elsewhere(module, call) for call in facts.calls):
        return True
    uses: list[ast.expr] = [*facts.names.get("all_tasks", ()), *facts.attributes.get("all_tasks", ())]
    return any(
        not any(isinstance(one, ast.Call) and last_name(one.func) in _SHOWS for one in facts.ancestors(use))
        for use in uses
    )


def _is_asked_elsewhere(module: Module, call: ast.Call) -> bool:
    function = module.function_of(call.func)
    return (
        function is not None
        and function.facts is not module.facts
        and any(
            isinstance(node, (ast.Name, ast.Attribute)) and last_name(node) == "all_tasks"
            for node in own_nodes(function.node)
        )
    )


def _may_be_left(module: Module, made: Made, endings: Endings, *, runs_on: bool) -> bool:
    """True where a task may be pending when the loop stops; ``runs_on`` says that only an exception stops it."""
    callee = made.callee(module)
    if callee is None or callee.function is None or not isinstance(callee.function.node, FUNCTIONS):
        return True  # nothing is known of it
    node = callee.function.node
    if not any(suspends(statement) for statement in node.body):
        return False  # it is done as soon as it has begun
    if _stops_the_loop(module, callee.function):
        return False  # the loop stops when it is done
    return not runs_on or endings.of(callee.function).ending is not Ending.ENDS


def _stops_the_loop(module: Module, function: Function) -> bool:
    """True for a coroutine function whose last act, with no suspension behind it, is to stop a loop."""
    stops = [
        node
        for node in own_nodes(function.node)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "stop"
        and (function.facts is not module.facts or module.is_loop(node.func.value))
    ]
    last = max((node.lineno for node in stops), default=None)
    return last is not None and not any(
        isinstance(node, (ast.Await, ast.YieldFrom)) and node.lineno > last for node in own_nodes(function.node)
    )


# ---- who keeps them ---


def _kept_in(module: Module, made: Made) -> str | None:
    """Return the collection in which a helper holds a new task until it is done; None where there is no such helper."""
    match module.facts.parents[made.call]:
        case ast.Call(func=func, args=[given]) if given is made.call:
            helper = module.function_of(func)
            return _collection(helper.node) if helper is not None else None
        case _:
            return None


def _collection(helper: ast.AST) -> str | None:
    """Return the name of the collection to which a function adds its only parameter until that is done."""
    match helper:
        case ast.FunctionDef(args=ast.arguments(args=[ast.arg(arg=task)])):
            return held_until_done(helper).get(task)
        case _:
            return None


def _is_cancelled(module: Module, holder: str) -> bool:
    """True where the file cancels what ``holder`` refers to, or goes through it."""
    facts = module.facts
    name = holder.rpartition(".")[2]
    if any(last_name(attribute.value) == name for attribute in facts.attributes.get("cancel", ())):
        return True
    uses: list[ast.expr] = [*facts.names.get(name, ()), *facts.attributes.get(name, ())]
    return any(
        isinstance(parent, (ast.For, ast.AsyncFor, ast.comprehension, ast.Starred))
        for use in uses
        for parent in [facts.parents[use], facts.parents.get(facts.parents[use])]
    )
