"""Which functions run in another thread than the event loop's, decided over the whole project."""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.module_names import is_test_path
from aiomend.facts.scopes import FUNCTIONS, FunctionNode
from aiomend.facts.thread_entries import Entry, entry_at, is_thread_run
from aiomend.facts.values import External, Function, Instance, ProjectClass

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference

_DEPTH = 6
_RUNS_LOOP = frozenset({"run_until_complete", "run_forever", "set_event_loop", "new_event_loop", "run_app"})
_RUNNERS = frozenset(
    {"asyncio.run", "asyncio.Runner", "asyncio.new_event_loop", "asyncio.set_event_loop", "anyio.run", "uvicorn.run"}
)
#: Methods that let the event loop call a function.
_SCHEDULES = frozenset(
    {
        "call_soon",
        "call_soon_threadsafe",
        "call_later",
        "call_at",
        "add_reader",
        "add_writer",
        "add_signal_handler",
    }
)


class Where(enum.Enum):
    """Where a function's body runs."""

    LOOP = "nothing says that it runs in another thread"
    THREAD = "only in another thread"
    BOTH = "in the loop's thread and in another"
    UNKNOWN = "too many users to say"


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """A node in a file."""

    facts: ModuleFacts
    node: ast.expr | ast.stmt


@dataclass(frozen=True, slots=True, eq=False)
class Account:
    """Who runs a function, as far as the project shows."""

    chain: tuple[Site, ...] = ()  #: from where a thread begins to the call of the function; one of several
    begins: tuple[Function, ...] = ()  #: the functions that those threads begin with
    others: tuple[Site, ...] = ()  #: what runs it elsewhere, or may
    guesses: int = 0  #: how many steps of the chain only share a name, or begin with what may be a process
    is_open: bool = False  #: code outside the project may call it, or a function between it and the thread
    is_known: bool = True  #: every user could be looked at

    @property
    def is_sure(self) -> bool:
        """True where each step of the chain is known, and it begins with a thread."""
        return not self.guesses

    @property
    def where(self) -> Where:
        if not self.is_known:
            return Where.UNKNOWN
        if not self.chain or (self.others and self.guesses > 1):
            return Where.LOOP  # one guess on top of another says nothing beside users that are known
        return Where.BOTH if self.others else Where.THREAD


class Threads:
    """Answers for one project; memoises by function."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._known: dict[ast.AST, Account] = {}
        self._active: set[ast.AST] = set()
        self._cuts = 0  #: how often a question met itself; what rests on that is not the last word
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
                return self._account(facts, function, 0)
            case ast.Lambda() if (entry := self._entry(facts, function)) is not None:
                return Account((Site(facts, entry.call),), (Function(facts, function),), guesses=int(not entry.is_sure))
            case _:
                return Account()

    def _account(self, facts: ModuleFacts, function: FunctionNode, depth: int) -> Account:
        if (known := self._known.get(function)) is not None:
            return known
        if depth > _DEPTH:
            return Account(is_known=False)
        if function in self._active:
            self._cuts += 1
            return Account()  # recursion adds no user
        before = self._cuts
        self._active.add(function)
        try:
            found = self._decide(facts, function, depth)
        finally:
            self._active.discard(function)
        if not self._active or (before == self._cuts and found.is_known):
            self._known[function] = found
        return found

    def _decide(self, facts: ModuleFacts, function: FunctionNode, depth: int) -> Account:
        if is_thread_run(self._inference, facts, function):
            return Account((Site(facts, function),), (Function(facts, function),))
        if function.name.startswith("__") and function.name.endswith("__"):
            return Account()  # called by syntax: nobody can list its users
        uses = self._inference.project.uses(function.name)
        if uses is None:
            return Account(is_known=False)
        found = Account()
        is_begin = False
        for user, references in uses:
            if is_test_path(user.path) and not is_test_path(facts.path):
                continue  # it is a test, which calls things where nobody else does
            for reference in references:
                one = self._reference(facts, function, user, reference, depth)
                if one is not None:
                    is_begin |= any(begin.node is function for begin in one.begins)
                    found = _merged(found, one)
        if found.chain and not is_begin and _is_public(facts, function):
            found = _merged(found, Account(is_open=True))
        return found

    def _reference(
        self, facts: ModuleFacts, function: FunctionNode, user: ModuleFacts, reference: ast.expr, depth: int
    ) -> Account | None:
        """Return who runs the function through one use of its name; None where it is another thing of that name."""
        if isinstance(reference, (ast.Name, ast.Attribute)) and not isinstance(reference.ctx, ast.Load):
            return None  # it binds the name
        values = self._inference.values(user, reference)
        known = {value.node for value in values if isinstance(value, Function)}
        if known and function not in known:
            return None  # another function
        if not known and any(isinstance(value, (External, ProjectClass, Instance)) for value in values):
            return None  # not a function of the project
        if not known and isinstance(reference, ast.Name):
            return None  # a local thing of that name
        parent = user.parents.get(reference)
        if isinstance(parent, ast.Call) and parent.func is reference:
            return self._called(function, user, parent, depth, guesses=int(not known))
        if isinstance(parent, ast.Attribute):
            return None  # an attribute of the function: nobody gets it by that
        if (entry := self._entry(user, reference)) is not None:
            guesses = int(not entry.is_sure) + int(not known)
            return Account((Site(user, entry.call),), (Function(facts, function),), guesses=guesses)
        return Account(others=(Site(user, reference),))

    def _called(
        self, function: FunctionNode, user: ModuleFacts, call: ast.Call, depth: int, *, guesses: int
    ) -> Account | None:
        here = Site(user, call)
        caller = user.function_at(call)
        if caller is function:
            return None  # recursion
        match caller:
            case ast.FunctionDef():
                above = self._account(user, caller, depth + 1)
            case ast.Lambda() if self.where(user, caller) is not Where.THREAD:
                return Account(others=(here,))
            case ast.Lambda():
                above = self.account(user, caller)
            case _:
                return Account(others=(here,))
        if not above.is_known:
            return Account(others=(here,))
        if not above.chain:
            return None if caller in self._active else Account(others=(here,))
        others = (here,) if above.others else ()
        return Account((*above.chain, here), above.begins, others, above.guesses + guesses, above.is_open)

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
        """True where a thread that runs a function makes, sets or runs an event loop itself, anywhere in it."""
        while isinstance(function, ast.Lambda) and self._entry(facts, function) is None:
            function = facts.function_at(function)
        account = self.account(facts, function)
        return any(self._has_loop(begin) for begin in account.begins)

    def _has_loop(self, begin: Function) -> bool:
        if begin.node not in self._own_loops:
            self._own_loops[begin.node] = any(
                self._runs_loop(one.facts, node) for one in self._reached(begin) for node in _nodes(one.node)
            )
        return self._own_loops[begin.node]

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
            case ast.Call(func=func):
                return self._inference.external_name(facts, func) in _RUNNERS
            case _:
                return False


def _nodes(function: FunctionNode | ast.Lambda) -> Iterator[ast.AST]:
    return ast.walk(function.body) if isinstance(function, ast.Lambda) else own_nodes(function)


def _merged(first: Account, second: Account) -> Account:
    better = second if second.chain and (not first.chain or second.guesses < first.guesses) else first
    return Account(
        better.chain,
        (*first.begins, *second.begins),
        (*first.others, *second.others),
        better.guesses,
        first.is_open or second.is_open,
    )


def _is_scheduled(facts: ModuleFacts, function: ast.Lambda) -> bool:
    match facts.parents.get(function):
        case ast.Call(func=ast.Attribute(attr=attr), args=arguments):
            return attr in _SCHEDULES and function in arguments
        case _:
            return False


def _is_public(facts: ModuleFacts, function: FunctionNode) -> bool:
    """True where users of a package may call a function: no part of the way to it is private."""
    scope = facts.scopes[function]
    if not facts.package or facts.scope_at(function).function is not None:
        return False
    return not any(part.startswith("_") for part in (*facts.name.split("."), *scope.qualname.split(".")))
