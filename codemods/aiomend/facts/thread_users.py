"""What runs a function: each use of it in the project, with the thread that begins there or the function that calls it."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aiomend.facts.module import ModuleFacts
from aiomend.facts.module_names import is_test_path
from aiomend.facts.scopes import FunctionNode
from aiomend.facts.thread_entries import entry_at, is_thread_run
from aiomend.facts.values import External, Function, Instance, ProjectClass

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """A node in a file."""

    facts: ModuleFacts
    node: ast.expr | ast.stmt


@dataclass(frozen=True, slots=True, eq=False)
class User:
    """What runs a function at one place."""

    site: Site
    chain: tuple[Site, ...] = ()  #: where a thread begins with the function here, or with the lambda that calls it
    begin: Function | None = None  #: what that thread begins with
    caller: Function | None = (
        None  #: the plain function that calls it here; without it, and without a chain, anybody may
    )
    guesses: int = 0  #: how much of that only shares a name, or begins with what may be a process


@dataclass(frozen=True, slots=True, eq=False)
class _Use:
    """A use of a name that functions have."""

    functions: frozenset[ast.AST]  #: those of which it is one; empty where nothing is known
    user: User  #: what runs whichever it is
    is_begin: bool  #: a thread begins with whichever it is


class Users:
    """Looks up the users of functions for one Inference."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._by_name: dict[tuple[str, bool], list[_Use]] = {}

    def of(self, facts: ModuleFacts, function: FunctionNode) -> list[User] | None:
        """Return what runs a function, as far as the project shows; None where too many files use its name."""
        me = Function(facts, function)
        if is_thread_run(self._inference, facts, function):
            return [User(Site(facts, function), (Site(facts, function),), me)]
        if function.name.startswith("__") and function.name.endswith("__"):
            return []  # called by syntax: nobody can list its users
        # a test calls things where nobody else does
        uses = self._uses(function.name, in_tests=is_test_path(facts.path))
        if uses is None:
            return None
        found: list[User] = []
        for use in uses:
            if use.functions and function not in use.functions:
                continue  # another function
            if use.user.caller is not None and use.user.caller.node is function:
                continue  # recursion adds no user
            found.append(replace(use.user, begin=me) if use.is_begin else use.user)
        return found

    def _uses(self, name: str, *, in_tests: bool) -> list[_Use] | None:
        # also where the answer is known: the question is noted there
        by_file = self._inference.project.uses(name, in_tests=in_tests)
        if by_file is None:
            return None
        asked = name, in_tests
        if asked not in self._by_name:
            each = [self._use(facts, node) for facts, nodes in by_file for node in nodes]
            self._by_name[asked] = [use for use in each if use is not None]
        return self._by_name[asked]

    def _use(self, facts: ModuleFacts, node: ast.expr) -> _Use | None:
        """Return what a use of a name is; None where it is certainly no use of a function of the project."""
        if isinstance(node, (ast.Name, ast.Attribute)) and not isinstance(node.ctx, ast.Load):
            return None  # it binds the name
        values = self._inference.values(facts, node)
        functions = frozenset(value.node for value in values if isinstance(value, Function))
        if not functions and any(isinstance(value, (External, ProjectClass, Instance)) for value in values):
            return None  # not a function of the project
        if not functions and isinstance(node, ast.Name):
            return None  # a local thing of that name
        guesses = int(not functions)
        parent = facts.parents.get(node)
        if isinstance(parent, ast.Call) and parent.func is node:
            return _Use(functions, self._called(facts, parent, guesses), is_begin=False)
        if isinstance(parent, ast.Attribute):
            return None  # an attribute of the function: nobody gets it by that
        entry = entry_at(self._inference, facts, node)
        if entry is None:
            return _Use(functions, User(Site(facts, node)), is_begin=False)
        chain = (Site(facts, entry.place),)
        return _Use(functions, User(chain[0], chain, guesses=guesses + int(not entry.is_sure)), is_begin=True)

    def _called(self, facts: ModuleFacts, call: ast.Call, guesses: int) -> User:
        here = Site(facts, call)
        match facts.function_at(call):
            case ast.FunctionDef() as caller:
                return User(here, caller=Function(facts, caller), guesses=guesses)
            case ast.Lambda() as caller if (entry := entry_at(self._inference, facts, caller)) is not None:
                chain = (Site(facts, entry.place), here)
                return User(here, chain, Function(facts, caller), guesses=guesses + int(not entry.is_sure))
            case _:
                return User(here)
