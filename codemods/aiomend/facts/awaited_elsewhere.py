"""Calls that nobody knows of, of what the project awaits at other places: what one of them gives is to be awaited too.

Code that awaits `self.client.send()` knows more of the client than this project's files say. That is evidence of a weaker
kind: what can be awaited may be a future, which runs by itself. So it makes a finding, and never a fix.
"""

from __future__ import annotations

import ast
import posixpath
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from aiomend.facts.inference import Inference
from aiomend.facts.known import package
from aiomend.facts.module import ModuleFacts
from aiomend.facts.project import ProjectFacts
from aiomend.facts.scopes import FUNCTIONS, How, called_name, last_name
from aiomend.facts.values import (
    NONE,
    UNKNOWN,
    Coroutine,
    Eventual,
    External,
    Function,
    ProjectInstance,
)

#: Functions that take something to await, and see to it.
_SEES_TO_IT = frozenset(
    {"create_task", "ensure_future", "gather", "wait_for", "shield", "run", "run_until_complete"}
    | {"run_coroutine_threadsafe"}
)
#: Functions that take several of them, one by one or in a collection.
_SEES_TO_ALL = frozenset({"gather", "wait", "as_completed"})
_DISPLAYS = (ast.List, ast.Tuple, ast.Set)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp)
#: Where a value may stand without anybody looking at what it is: to hand on a coroutine is as common as a future.
HANDS_ON = (ast.Return, ast.Lambda, ast.Call, ast.keyword, ast.Starred, ast.Expr, *_DISPLAYS, *_COMPREHENSIONS)


@dataclass(frozen=True, slots=True)
class _Callee:
    """What is called, as far as two places can be told to call the same."""

    owners: frozenset[object]  #: an external name, the classes that give the attribute, or the scope of the name
    path: tuple[str, ...]  #: the attributes from there, the method last

    def is_same(self, other: _Callee | None) -> bool:
        """True where both are the same function of the same thing."""
        return other is not None and self.path == other.path and not self.owners.isdisjoint(other.owners)


def awaited_elsewhere(inference: Inference, facts: ModuleFacts, call: ast.Call) -> tuple[ModuleFacts, ast.Call] | None:
    """Return a call that is awaited of the function that a call reaches, of whose value nothing is known.

    None where that cannot be told, and where some use of the function looks at what it gives otherwise than by awaiting it.
    """
    if (callee := _callee(inference, facts, call)) is None:
        return None
    first: tuple[ModuleFacts, ast.Call] | None = None
    for user, other in _others(inference, facts, call, callee):
        if _is_awaited(inference, user, other):
            first = first or (user, other)
        elif not isinstance(user.parents[other], HANDS_ON):
            return None  # it is kept, asked for its result or tested: it may be a future, or a plain value
    return first


def _callee(inference: Inference, facts: ModuleFacts, call: ast.Call) -> _Callee | None:
    """Return what a call reaches outside of what is known; None where that cannot be told from others."""
    found = [one for one in inference.values_from_callers(facts, call.func) if one not in NONE | UNKNOWN]
    if not found:
        return _as_written(inference, facts, call.func)
    names = frozenset(one.name for one in found if isinstance(one, External) and _is_unheard_of(one.name))
    return (
        _Callee(names, (last_name(call.func),)) if len(names) == len(found) else None
    )  # else something is known of it


def _is_unheard_of(name: str) -> bool:
    """True for what is in a package of which nothing is told, neither by Python nor by the bundled data."""
    root, dot, _ = name.partition(".")
    return bool(dot) and root not in sys.stdlib_module_names and package(root) is None


def _as_written(inference: Inference, facts: ModuleFacts, func: ast.expr) -> _Callee | None:
    """Return the attributes that lead to a function: from an object of the project's if there is one, else from a name."""
    path: list[str] = []
    here = func
    while isinstance(here, ast.Attribute):
        path.insert(0, here.attr)
        here = here.value
        owners = inference.values_from_callers(facts, here) - NONE
        if owners and all(isinstance(one, ProjectInstance) for one in owners):
            classes = [one.cls for one in owners if isinstance(one, ProjectInstance)]
            homes = [inference.classes.givers(cls, path[0]) or {cls.node} for cls in classes]
            return _Callee(frozenset[object]().union(*homes), tuple(path))
        if not owners <= UNKNOWN:
            return None  # something is known of what is in between
    if not isinstance(here, ast.Name) or (home := facts.scope_at(here).find(here.id)) is None:
        return None
    scope, bindings = home
    if len(bindings) != 1 or bindings[0].how in (How.DEF, How.CLASS, How.IMPORT, How.FROM):
        return None  # bound twice, or the project's own
    return _Callee(frozenset({scope}), (here.id, *path))


def _others(
    inference: Inference, facts: ModuleFacts, call: ast.Call, callee: _Callee
) -> Iterator[tuple[ModuleFacts, ast.Call]]:
    """Yield the other calls of the same function whose value is used, in the same file first."""
    name = last_name(call.func)
    for user in _users(inference, facts, callee, name):
        for other in _with_value(user, name):
            if other is call:
                continue  # the one that is asked about
            if _overrides(facts, call, user, other):
                continue  # one is for objects of a subclass, which may hold something else there
            if callee.is_same(_callee(inference, user, other)):
                yield user, other


def _no_calls(_: ModuleFacts) -> dict[str, list[ast.Call]]:
    return {}


def _with_value(facts: ModuleFacts, name: str) -> list[ast.Call]:
    """Return the calls of a name in a file but for those that are statements, which say nothing; found out once a file."""
    known = facts.beside(_no_calls)
    if name not in known:
        uses = (*facts.attributes.get(name, ()), *facts.names.get(name, ()))
        calls = [(use, facts.parents.get(use)) for use in uses]
        known[name] = [
            call
            for use, call in calls
            if isinstance(call, ast.Call) and call.func is use and not isinstance(facts.parents[call], ast.Expr)
        ]
    return known[name]


def _overrides(facts: ModuleFacts, call: ast.Call, user: ModuleFacts, other: ast.Call) -> bool:
    """True for calls in methods of one name of two classes."""
    one, two = facts.function_at(call), user.function_at(other)
    if one is two or not isinstance(one, FUNCTIONS) or not isinstance(two, FUNCTIONS) or one.name != two.name:
        return False
    return facts.class_of(one) is not None and user.class_of(two) is not None


def _users(inference: Inference, facts: ModuleFacts, callee: _Callee, name: str) -> Iterator[ModuleFacts]:
    """Yield the files that may call a function: this one, those that name it and whose it is, and those beside this one."""
    yield facts
    project = inference.project
    packages = {owner.partition(".")[0] for owner in callee.owners if isinstance(owner, str)}
    if packages:
        found = _naming_both(project, name, packages)
        folder = posixpath.dirname(
            facts.path
        )  # what lies there may have the object from here, and need not name its package
        found |= {path for path in project.files_using(name) or () if posixpath.dirname(path) == folder}
    elif len(callee.path) > 1 and any(isinstance(owner, ast.ClassDef) for owner in callee.owners):
        found = _naming_both(project, name, {callee.path[0]})
    else:
        return  # a name of this file, or a method that any file may have
    for path in sorted(found):
        if path != facts.path and (user := project.facts(path)) is not None:
            yield user


def _naming_both(project: ProjectFacts, name: str, others: set[str]) -> set[str]:
    """The files that use a name and hold one of some others; those with the one of them alone of which not too many have."""
    with_name = project.files_using(name)
    each = [project.files_mentioning(other) for other in others]
    if any(one is None for one in each):
        return set(with_name or ())
    found = {path for one in each if one is not None for path in one}
    return found if with_name is None else found.intersection(with_name)


def _is_awaited(inference: Inference, user: ModuleFacts, call: ast.Call) -> bool:
    match user.parents[call]:
        case ast.Await():
            return True
        case ast.YieldFrom():
            function = user.function_at(call)
            return isinstance(function, ast.FunctionDef) and any(
                called_name(one) == "coroutine" for one in function.decorator_list
            )
        case ast.Call() | ast.keyword() as taker if _is_asked_for(inference, user, taker, call):
            return True
        case _:
            return _is_one_of_many(user, call)


def _is_asked_for(inference: Inference, user: ModuleFacts, taker: ast.Call | ast.keyword, given: ast.Call) -> bool:
    """True for what is given to a function that sees to it, or whose parameter is annotated as something to await."""
    call = user.parents[taker] if isinstance(taker, ast.keyword) else taker
    if not isinstance(call, ast.Call) or call.func is given:
        return False
    if given in call.args and called_name(call) in _SEES_TO_IT:
        return True
    promised = [
        inference.annotations.promise(callee.facts, parameter.annotation)
        for callee in inference.values_from_callers(user, call.func)
        if isinstance(callee, Function)
        for parameter, value in inference.generics.pairs(user, call, callee)
        if value is given
    ]
    return bool(promised) and all(isinstance(one, (Coroutine, Eventual)) for values in promised for one in values)


def _is_one_of_many(user: ModuleFacts, call: ast.Call) -> bool:
    """True for a call whose value is gathered with others, in a collection that may have a name of its own."""
    here: ast.expr = call
    while isinstance(parent := user.parents[here], (*_DISPLAYS, *_COMPREHENSIONS)):
        here = parent
    match parent:
        case ast.Call(func=ast.Attribute(value=ast.Name() as name, attr="append" | "add")) if here is call:
            return _is_gathered(user, name)
        case ast.Assign(targets=[ast.Name() as name]) if here is not call:
            return _is_gathered(user, name)
        case _:
            return here is not call and _is_given_to_all(user, here)


def _is_gathered(user: ModuleFacts, name: ast.Name) -> bool:
    """True for a name of a function's own whose things are gathered there."""
    function = user.function_at(name)
    return any(user.function_at(use) is function and _is_given_to_all(user, use) for use in user.names[name.id])


def _is_given_to_all(user: ModuleFacts, node: ast.expr) -> bool:
    parent = user.parents[node]
    if isinstance(parent, ast.Starred):
        node, parent = parent, user.parents[parent]
    return isinstance(parent, ast.Call) and node in parent.args and called_name(parent) in _SEES_TO_ALL
