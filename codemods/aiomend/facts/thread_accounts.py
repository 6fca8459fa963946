"""Who runs a function: the way from a thread to it over its callers, decided for the whole call graph above it."""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aiomend.facts.components import components
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import FUNCTIONS, FunctionNode
from aiomend.facts.thread_tests import knows_its_thread
from aiomend.facts.thread_users import Site, User, Users
from aiomend.facts.values import Function

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference

_Way = tuple[int, tuple[Site, ...]]  #: how much of it is guessed, and the steps


class Where(enum.Enum):
    """Where a function's body runs."""

    LOOP = "nothing says that it runs in another thread"
    THREAD = "only in another thread"
    BOTH = "in the loop's thread and in another"
    UNKNOWN = "too many users to say"


@dataclass(frozen=True, slots=True, eq=False)
class Account:
    """Who runs a function, as far as the project shows."""

    chain: tuple[Site, ...] = ()  #: from where a thread begins to the call of the function; one of several
    begins: tuple[Function, ...] = ()  #: the functions that those threads begin with
    others: tuple[Site, ...] = ()  #: what runs it elsewhere, or may; empty where no thread does
    guesses: int = 0  #: how many steps of the chain only share a name, or begin with what may be a process
    is_open: bool = False  #: code outside the project may call it, or a function between it and the thread
    is_known: bool = True  #: every user could be looked at
    seen: frozenset[str] = (
        frozenset()
    )  #: the kinds of thread in which it was seen to run: ``loop``, ``main``, ``pool``, ``thread``

    @property
    def is_sure(self) -> bool:
        """True where each step of the chain is known, and it begins with a thread."""
        return not self.guesses

    @property
    def doubts(self) -> tuple[Site, ...]:
        """Who may run it elsewhere; not who is only handed it, where threads alone were seen to run it."""
        in_threads = self.seen and self.seen <= {"pool", "thread"}
        return tuple(one for one in self.others if not in_threads or isinstance(one.node, ast.Call))

    @property
    def rests_on_runs(self) -> bool:
        """True where it was seen to run in another thread alone, and the code does not say so."""
        return not self.begins or self.doubts != self.others

    @property
    def where(self) -> Where:
        """Where it runs by what the code says, whatever was seen in threads alone: safe fixes rest on it."""
        if not self.is_known:
            return Where.UNKNOWN
        if not self.chain or (self.others and self.guesses > 1):
            return Where.LOOP  # one guess on top of another says nothing beside users that are known
        return Where.BOTH if self.others or "loop" in self.seen else Where.THREAD


class Accounts:
    """Answers for one project; memoises by function."""

    def __init__(self, inference: Inference) -> None:
        self._users = Users(inference)
        self._consultation = inference.consultation
        self._known: dict[ast.AST, Account] = {}

    def of(self, facts: ModuleFacts, function: FunctionNode) -> Account:
        """Return who runs a function: what runs its callers, and theirs, decided from the top of all of them down.

        Functions that call each other in a circle are decided together, so no answer depends on who asked first.
        """
        if function not in self._known:
            users: dict[Function, list[User] | None] = {}

            def callers(one: Function) -> Iterable[Function]:
                if one.node in self._known:
                    return ()
                assert isinstance(one.node, FUNCTIONS)
                users[one] = self._users.of(one.facts, one.node)
                return [user.caller for user in users[one] or () if user.caller is not None]

            for circle in components(Function(facts, function), callers):
                if circle[0] in users:
                    self._decide({one: users[one] for one in sorted(circle, key=_place)})
        return self._known[function]

    def _decide(self, circle: Mapping[Function, list[User] | None]) -> None:
        """Note who runs functions that call each other, or a single one; all other callers are known.

        Where a thread comes to one of them, it comes to all.
        """
        ways = self._ways(circle)
        every = [user for users in circle.values() for user in users or ()] if ways else []
        above = [self._known[user.caller.node] for user in every if user.caller and user.caller not in circle]
        begins = {begin.node: begin for account in above for begin in account.begins}
        begins |= {user.begin.node: user.begin for user in every if user.begin}
        is_open = any(account.chain and account.is_open for account in above)
        is_open |= any(one.node not in begins and _is_public(one) for one in circle)
        elsewhere = {user for user in every if self._is_elsewhere(user, circle)}
        if elsewhere:
            elsewhere |= {user for user in every if user.caller in circle}
        for one, users in circle.items():
            if one in ways:
                guesses, chain = ways[one]
                others = tuple(user.site for user in users or () if user in elsewhere)
                account = Account(chain, tuple(begins.values()), others, guesses, is_open)
            else:
                account = Account(is_known=users is not None)
            self._known[one.node] = self._as_seen(one, account)

    def _as_seen(self, function: Function, account: Account) -> Account:
        """Return an account with what runs showed of the function's threads."""
        if self._consultation is None or not isinstance(function.node, FUNCTIONS):
            return account
        return replace(account, seen=self._consultation.ran_in(function.facts, function.node))

    def _is_elsewhere(self, user: User, circle: Mapping[Function, object]) -> bool:
        """True for a user that runs a function outside of threads, or may, whatever the others of its circle do."""
        if user.chain or user.caller in circle:
            return False
        account = self._known[user.caller.node] if user.caller is not None else None
        return account is None or not account.chain or "loop" in account.seen or bool(account.others)

    def _ways(self, circle: Mapping[Function, list[User] | None]) -> dict[Function, _Way]:
        """Return how a thread comes to each function: of the ways with the fewest guesses, the first that is found."""
        found: dict[Function, _Way] = {}
        while True:
            before = dict(found)
            for one, users in circle.items():
                for user in users or ():
                    way = self._way(user, before)
                    if way is not None and (one not in found or way[0] < found[one][0]):
                        found[one] = way
            if found == before:
                return found

    def _way(self, user: User, found: Mapping[Function, _Way]) -> _Way | None:
        if user.chain:
            return user.guesses, user.chain
        if user.caller is None or knows_its_thread(user.site.facts, user.site.node):
            return None
        account = self._known.get(user.caller.node, _NOBODY)
        guesses, chain = found.get(user.caller, (account.guesses, account.chain))
        return (guesses + user.guesses, (*chain, user.site)) if chain else None


_NOBODY = Account()


def _place(function: Function) -> tuple[str, int, int]:
    return function.facts.path, function.node.lineno, function.node.col_offset


def _is_public(function: Function) -> bool:
    """True where users of a package may call a function: no part of the way to it is private."""
    facts, node = function.facts, function.node
    if not facts.package or facts.scope_at(node).function is not None:
        return False
    return not any(part.startswith("_") for part in (*facts.name.split("."), *facts.scopes[node].qualname.split(".")))
