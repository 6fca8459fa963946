"""AIO204: a shared future that whoever stops waiting cancels for all others."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial

from aiomend.facts.cancellation import is_awaited_after_cancel, shuts_down
from aiomend.facts.entries import is_test_file
from aiomend.facts.flow import assigns
from aiomend.facts.module import Colour, ModuleFacts
from aiomend.facts.own_object import self_name
from aiomend.facts.properties import runs_code
from aiomend.facts.scopes import called_name
from aiomend.facts.uses import attribute_uses
from aiomend.facts.view import Module
from aiomend.model import Evidence, Impact, Safety
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Replace
from aiomend.rules.rule import Fix, Rule, imports_of


class UnshieldedWait(Rule):
    """Shield a future that others wait for too.

    Whoever waits for a future and is cancelled, by the timeout of `wait_for()` for example, cancels the future. Where
    several wait for one, all the others are cancelled with it, and whoever sets its result fails.

    Before:

    ```python
    import asyncio

    class Connection:
        def __init__(self, loop):
            self.ready = loop.create_future()

        async def send(self, data):
            await asyncio.wait_for(self.ready, 5)
            return data

        async def ping(self):
            await self.ready
    ```

    After:

    ```python
    import asyncio

    class Connection:
        def __init__(self, loop):
            self.ready = loop.create_future()

        async def send(self, data):
            await asyncio.wait_for(asyncio.shield(self.ready), 5)
            return data

        async def ping(self):
            await asyncio.shield(self.ready)
    ```

    Fix safety: unsafe, and only for those who select the rule by its full code. Where the cancellation of one was meant to
    end the work for all, it goes on now.

    Silent when fewer than two functions of the project wait for the attribute; when nothing says that it holds an asyncio
    future or task, or it is a property; when the function made the future itself, has cancelled something before, or shuts something down by its
    name; when the waiting is shielded; in code that cannot wait; in tests.
    """

    code = "AIO204"
    name = "unshielded-wait"
    safety = Safety.UNSAFE
    impact = Impact.BUG
    triggers = frozenset({"await", "yield from"})
    opt_in = True

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the waits for futures that other functions wait for as well."""
        if module.is_test or module.other_framework:
            return  # tests own what they wait for; other frameworks have other futures
        for function in module.facts.functions:
            if module.colour_at(function.body[0]) is Colour.SYNC:
                continue  # it waits for nothing
            me = self_name(function)
            for attribute in _own_attributes(module, function, me):
                waiting = _waiting(module.facts, attribute)
                if waiting is not None and (other := self._other(module, function, attribute, waiting)) is not None:
                    yield self._shielded(module, attribute, other)

    def _other(
        self, module: Module, function: ast.AST, attribute: ast.Attribute, waiting: ast.expr
    ) -> tuple[ModuleFacts, ast.Attribute] | None:
        """Return the place of another function that waits for the same future; None where this one may cancel it."""
        if module.is_instance(attribute, "asyncio.Future") is not True:
            return None  # nothing says that it is a future
        if runs_code(module, attribute):
            return None  # a property may shield it already, or make a new one each time
        if assigns(function, attribute) or shuts_down(module, attribute) or is_awaited_after_cancel(module, waiting):
            return None  # its own future, or one that it ends
        owner = module.class_at(attribute)
        for facts, use in attribute_uses(module, attribute.attr) or ():
            if facts is not module.facts or is_test_file(facts) or facts.function_at(use) is function:
                continue  # the same waiter, or one that nobody can tell to be of this class
            if module.class_at(use) == owner and (_waiting(facts, use) or _is_shielded(module, facts, use)):
                return facts, use
        return None

    def _shielded(self, module: Module, attribute: ast.Attribute, other: tuple[ModuleFacts, ast.Attribute]) -> Fix:
        facts, use = other
        name = module.text(attribute)
        spelled = module.spell("asyncio", "shield", attribute)
        return self.fix(
            module,
            attribute,
            f"whoever is cancelled here cancels `{name}`, which others wait for as well; `{spelled.text}()` keeps it for them",
            Replace(attribute, partial(syntax.call, spelled.text)),
            needs=imports_of(spelled),
            evidence=(Evidence(facts.path, use.lineno, f"waits for `{name}` as well"),),
        )


def _own_attributes(module: Module, function: ast.AST, me: str | None) -> Iterator[ast.Attribute]:
    for node in ast.walk(function):
        match node:
            case ast.Attribute(value=ast.Name(id=name), ctx=ast.Load()) if name == me:
                if module.function_at(node) is function and isinstance(module.facts.class_of(function), ast.ClassDef):
                    yield node
            case _:
                pass  # something else


def _waiting(facts: ModuleFacts, node: ast.expr) -> ast.expr | None:
    """Return the `await` whose cancellation is handed on to a node: its own, or that of the `wait_for()` around it."""
    parent = facts.parents[node]
    match parent:
        case ast.Await() | ast.YieldFrom():
            return parent
        case ast.keyword(arg="fut"):
            parent = facts.parents[parent]
        case ast.Call(args=[first, *_]) if first is node:
            pass
        case _:
            return None
    match parent, facts.parents[parent]:
        case ast.Call(), (ast.Await() | ast.YieldFrom() as around) if called_name(parent) == "wait_for":
            return around
        case _:
            return None


def _is_shielded(module: Module, facts: ModuleFacts, node: ast.expr) -> bool:
    parent = facts.parents[node]
    return isinstance(parent, ast.Call) and module.inference.external_name(facts, parent.func) == "asyncio.shield"
