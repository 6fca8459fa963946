"""Calls that nobody knows of, of what the project awaits at other places: what one of them gives is to be awaited too.

Code that awaits `self.client.send()` knows more of the client than this project's files say. That is evidence of a weaker
kind: what can be awaited may be a future, which runs by itself. So it makes a finding, and never a fix.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from aiomend.facts.inference import Inference
from aiomend.facts.known import package
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import FUNCTIONS, How, called_name, last_name
from aiomend.facts.values import NONE, UNKNOWN, External, Function, ProjectInstance

#: Words in the names of functions that begin something and give its future: to drop that may be meant.
_BEGINS = re.compile(
    "task|future|executor|schedule|submit|spawn|start_soon|call_soon|nowait|job|deferred|background|fire", re.IGNORECASE
)
#: Functions that take something to await, and see to it.
_SEES_TO_IT = frozenset(
    {"create_task", "ensure_future", "gather", "wait_for", "shield", "run", "run_until_complete"}
    | {"run_coroutine_threadsafe"}
)
#: Where a value may stand without anybody looking at what it is: to hand on a coroutine is as common as a future.
_HANDS_ON = (ast.Return, ast.Lambda, ast.Call, ast.keyword, ast.List, ast.Tuple, ast.Set, ast.Starred, ast.Expr)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp)


@dataclass(frozen=True, slots=True)
class _Callee:
    """What is called, as far as two places can be told to call the same."""

    owners: frozenset[object]  #: an external name, the classes that give the attribute, or the scope of the name
    path: tuple[str, ...]  #: the attributes from there, the method last

    def is_same(self, other: _Callee | None) -> bool:
        """True where both are the same function of the same thing."""
        return other is not None and self.path == other.path and not self.owners.isdisjoint(other.owners)


def awaited_elsewhere(inference: Inference, facts: ModuleFacts, call: ast.Call) -> tuple[ModuleFacts, ast.Call] | None:
    """Return a call that is awaited of the function that a statement of a coroutine calls, where nothing is known of it.

    None where something is known, and where some use of the function looks at what it gives otherwise than by awaiting it.
    """
    function = facts.function_at(call)
    if not isinstance(facts.parents[call], ast.Expr) or not isinstance(function, FUNCTIONS):
        return None  # somebody has its value, or nothing can be awaited here
    if _BEGINS.search(last_name(call.func)) or not inference.is_coroutine_function(Function(facts, function)):
        return None
    if inference.values_from_callers(facts, call) != UNKNOWN or (callee := _callee(inference, facts, call)) is None:
        return None
    first: tuple[ModuleFacts, ast.Call] | None = None
    for user, other in _others(inference, facts, call, callee):
        if _is_awaited(user, other):
            first = first or (user, other)
        elif not isinstance(user.parents[other], (*_HANDS_ON, *_COMPREHENSIONS)):
            return None  # it is kept, asked for its result or tested: it may be a future, or a plain value
    return first


def _callee(inference: Inference, facts: ModuleFacts, call: ast.Call) -> _Callee | None:
    """Return what a call reaches outside of what is known; None where that cannot be told from others."""
    names = {one for one in inference.values_from_callers(facts, call.func) if one not in NONE | UNKNOWN}
    match list(names):
        case [External(name=name)]:
            return _Callee(frozenset({name}), (last_name(call.func),)) if _is_unheard_of(name) else None
        case []:
            return _as_written(inference, facts, call.func)
        case _:
            return None  # one of several, or a function of the project


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
    """Yield the other calls of the same function, in the same file first."""
    name = last_name(call.func)
    for user in _users(inference, facts, callee, name):
        for use in (*user.attributes.get(name, ()), *user.names.get(name, ())):
            other = user.parents.get(use)
            if not isinstance(other, ast.Call) or other.func is not use or other is call:
                continue  # it is no call
            if _overrides(facts, call, user, other):
                continue  # one is for objects of a subclass, which may hold something else there
            if callee.is_same(_callee(inference, user, other)):
                yield user, other


def _overrides(facts: ModuleFacts, call: ast.Call, user: ModuleFacts, other: ast.Call) -> bool:
    """True for calls in methods of one name of two classes."""
    one, two = facts.function_at(call), user.function_at(other)
    if one is two or not isinstance(one, FUNCTIONS) or not isinstance(two, FUNCTIONS) or one.name != two.name:
        return False
    return facts.class_of(one) is not None and user.class_of(two) is not None


def _users(inference: Inference, facts: ModuleFacts, callee: _Callee, name: str) -> Iterator[ModuleFacts]:
    """Yield the files that may call a function: this one, and those that name both the function and whose it is."""
    yield facts
    project = inference.project
    [owner, *_] = callee.owners
    if isinstance(owner, str):
        words = [name, owner.partition(".")[0]]
    elif isinstance(owner, ast.ClassDef) and len(callee.path) > 1:
        words = [name, callee.path[0]]
    else:
        return  # a name of this file, or a method that any file may have
    found = [set(paths) for word in words if (paths := project.files_mentioning(word)) is not None]
    for path in sorted(set.intersection(*found)) if found else ():
        if path != facts.path and (user := project.facts(path)) is not None:
            yield user


def _is_awaited(user: ModuleFacts, call: ast.Call) -> bool:
    match user.parents[call]:
        case ast.Await():
            return True
        case ast.YieldFrom():
            function = user.function_at(call)
            return isinstance(function, ast.FunctionDef) and any(
                called_name(one) == "coroutine" for one in function.decorator_list
            )
        case ast.Call(args=args) as taker:
            return call in args and called_name(taker) in _SEES_TO_IT
        case _:
            return False
