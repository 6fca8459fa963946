"""Which functions run in another thread than the event loop's, decided over the whole project."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.scheduling_methods import POSITIONS
from aiomend.facts.scopes import FUNCTIONS, FunctionNode
from aiomend.facts.thread_accounts import Account, Accounts, Where
from aiomend.facts.thread_entries import Entry, entry_at
from aiomend.facts.thread_users import Site
from aiomend.facts.values import Function, ProjectClass, ProjectInstance

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference

_DEPTH = 6
_RUNS_LOOP = frozenset({"run_until_complete", "run_forever", "set_event_loop", "new_event_loop", "run_app"})
_RUNNERS = frozenset(
    {
        "asyncio.run",
        "asyncio.Runner",
        "asyncio.new_event_loop",
        "asyncio.set_event_loop",
        "anyio.run",
        "uvicorn.run",
        "uvloop.run",
    }
)
#: How tornado's loop is written, `self.io_loop` or `IOLoop.current()`: it has methods that others have as well.
_TORNADO = re.compile(r"(?:^|[._])(?:io_?)?loop(?:(?:\.\w+)?\(\))?$", re.I)


class Threads:
    """Answers for one project; memoises by function."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._accounts = Accounts(inference)
        self._own_loops: dict[ast.AST, bool] = {}

    def where(self, facts: ModuleFacts, function: FunctionNode | ast.Lambda | None) -> Where:
        """Return where the body of a function runs; None stands for the module's own level."""
        while isinstance(function, ast.Lambda):
            if self._entry(facts, function) is not None:
                return Where.THREAD
            if _is_scheduled(facts, function):
                return Where.LOOP
            function = facts.function_at(function)  # a lambda runs where it was made, as far as anybody knows
        if function is None or isinstance(function, ast.AsyncFunctionDef):
            return Where.LOOP
        return self.account(facts, function).where

    def account(self, facts: ModuleFacts, function: FunctionNode | ast.Lambda | None) -> Account:
        """Return who runs a function; a lambda counts where a thread begins with it, and nowhere else."""
        match function:
            case ast.FunctionDef():
                return self._accounts.of(facts, function)
            case ast.Lambda() if (entry := self._entry(facts, function)) is not None:
                return Account(
                    (Site(facts, entry.place),), (Function(facts, function),), guesses=int(not entry.is_sure)
                )
            case _:
                return Account()

    def _entry(self, facts: ModuleFacts, reference: ast.expr) -> Entry | None:
        return entry_at(self._inference, facts, reference)

    def is_target(self, facts: ModuleFacts, node: ast.expr) -> bool:
        """True where an expression is what a call runs in another thread: `target=…` of a Thread, and their like."""
        return self._entry(facts, node) is not None

    # ---- threads with a loop of their own ---

    def handles_loop(self, facts: ModuleFacts, function: ast.AST | None) -> bool:
        """True where a function, or one around it, makes, sets or runs an event loop itself."""
        while isinstance(function, (*FUNCTIONS, ast.Lambda)):
            if any(self._runs_loop(facts, node) for node in _nodes(function)):
                return True
            function = facts.function_at(function)
        return False

    def runs_own_loop(self, facts: ModuleFacts, function: FunctionNode | ast.Lambda | None) -> bool:
        """True where a thread that runs a function makes, sets or runs an event loop itself, anywhere in it, or is one."""
        while isinstance(function, ast.Lambda) and self._entry(facts, function) is None:
            function = facts.function_at(function)
        account = self.account(facts, function)
        return any(self._has_loop(begin) for begin in account.begins)

    def _has_loop(self, begin: Function) -> bool:
        if begin.node not in self._own_loops:
            self._own_loops[begin.node] = self._is_loops_own(begin) or any(
                self._runs_loop(one.facts, node) for one in self._reached(begin) for node in _nodes(one.node)
            )
        return self._own_loops[begin.node]

    def _is_loops_own(self, begin: Function) -> bool:
        """True for a method of a class of the project that is an event loop: the thread that begins with it is the loop's."""
        owner = begin.facts.class_of(begin.node)
        me = ProjectInstance(ProjectClass(begin.facts, owner)) if owner is not None else None
        return me is not None and self._inference.is_instance(frozenset({me}), "asyncio.AbstractEventLoop") is True

    def _reached(self, begin: Function) -> Iterator[Function]:
        """Yield what a thread may get to: what its functions call, and all of a thread object's methods."""
        found = {begin.node}
        todo = [(begin, 0)]
        owner = begin.facts.class_of(begin.node)
        if owner is not None and begin.node in owner.body and getattr(begin.node, "name", "") == "run":
            for cls in self._inference.classes.mro(ProjectClass(begin.facts, owner)):
                methods = [node for node in cls.node.body if isinstance(node, FUNCTIONS)]
                todo += [(Function(cls.facts, node), _DEPTH) for node in methods if node is not begin.node]
        while todo:
            one, depth = todo.pop()
            yield one
            if depth >= _DEPTH:
                continue  # far enough
            for node in _nodes(one.node):
                if not isinstance(node, ast.Call):
                    continue  # calls nothing
                for value in self._inference.values(one.facts, node.func):
                    if isinstance(value, Function) and value.node not in found:
                        found.add(value.node)
                        todo.append((value, depth + 1))

    def _runs_loop(self, facts: ModuleFacts, node: ast.AST) -> bool:
        match node:
            case ast.Call(func=ast.Attribute(attr=attr)) if attr in _RUNS_LOOP:
                return True
            case ast.Call(func=ast.Attribute(value=loop, attr="start" | "run_sync" | "make_current")) if (
                _TORNADO.search(ast.unparse(loop))
            ):
                return True
            case ast.Call(func=func):
                return self._inference.external_name(facts, func) in _RUNNERS
            case _:
                return False


def _nodes(function: FunctionNode | ast.Lambda) -> Iterator[ast.AST]:
    return ast.walk(function.body) if isinstance(function, ast.Lambda) else own_nodes(function)


def _is_scheduled(facts: ModuleFacts, function: ast.Lambda) -> bool:
    match facts.parents.get(function):
        case ast.Call(func=ast.Attribute(attr=attr), args=arguments):
            return attr in POSITIONS and function in arguments
        case _:
            return False
