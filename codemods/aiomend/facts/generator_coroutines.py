"""Generator-based coroutine functions: which functions are, and what is found out of one.

The three questions that AIO001, AIO002 and AIO010 share are answered in four files:

* here: what form a function has (`form_of`), and what there is to be said of one (`Body`);
* `coroutine_bodies`: what its own body says of a conversion, with `coroutine_results` for what it returns;
* `coroutine_users`: who delegates to it with `yield from` in a plain generator, and who drives it by hand;
* `coroutine_companies`: which functions have to become native together with one, and what speaks against it.
"""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterator
from dataclasses import dataclass, field

from aiomend.facts.inference import Inference
from aiomend.facts.mocks import Mocking
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import FunctionNode, last_name
from aiomend.facts.spelling import is_defined
from aiomend.facts.values import Function
from aiomend.facts.view import Module

#: Special methods that may be coroutine functions: whoever calls them awaits what they give.
_AWAITED_METHODS = frozenset({"__aenter__", "__aexit__", "__anext__", "__call__"})
#: What a class gives a function to be, and the language calls; others, such as `__wrapped__`, only keep it for somebody.
_CALLED_BY_ANOTHER_NAME = frozenset(
    {"__aiter__", "__await__", "__del__", "__enter__", "__exit__", "__getattr__", "__getitem__", "__iter__", "__next__"}
)


class Form(enum.Enum):
    """What a function is, as far as coroutines go."""

    DECORATED = "under @asyncio.coroutine"
    MARKED = "under @types.coroutine, which stays"
    NATIVE = "async def"
    GENERATOR = "a plain generator"
    ORDINARY = "no generator"


def form_of(inference: Inference, facts: ModuleFacts, function: FunctionNode) -> Form:
    """Return what form a function has; under a decorator that may be `asyncio.coroutine` or another one, DECORATED."""
    if isinstance(function, ast.AsyncFunctionDef):
        return Form.NATIVE
    decorator = inference.coroutine_decorator(facts, function)
    if decorator is not None:
        is_marked = inference.external_name(facts, decorator) == "types.coroutine"
        return Form.MARKED if is_marked else Form.DECORATED
    return Form.GENERATOR if facts.is_generator(function) else Form.ORDINARY


def is_called_by_language(name: str) -> bool:
    """True for a method such as `__aiter__()`, which cannot be a coroutine function."""
    return name.startswith("__") and name.endswith("__") and name not in _AWAITED_METHODS


def special_alias(facts: ModuleFacts, function: FunctionNode) -> ast.Assign | None:
    """Return what makes a function one that the language calls: `__iter__ = run` in its class, or `Job.__await__ = run`."""
    for use in facts.names.get(function.name, ()):
        match facts.parents[use]:
            case ast.Assign(targets=targets, value=value) as statement if value is use:
                found = facts.scope_at(use).find(use.id)
                is_this = found is not None and any(one.node is function for one in found[1])
                names = [last_name(target) for target in targets if isinstance(target, (ast.Name, ast.Attribute))]
                if is_this and not _CALLED_BY_ANOTHER_NAME.isdisjoint(names):
                    return statement
            case _:
                pass  # another use of it
    return None


@dataclass(frozen=True, slots=True, eq=False)
class Delegation:
    """A place that waits for what plain generators of the project make."""

    node: ast.expr
    functions: tuple[Function, ...]


@dataclass(slots=True, eq=False)
class Body:
    """What a function's own body says of its conversion."""

    reason: str | None = None  #: why it has to stay what it is
    doubts: list[str] = field(default_factory=list)  #: why the conversion may be wrong
    waits: list[ast.YieldFrom] = field(default_factory=list)  #: in the order of the text
    entered: set[ast.YieldFrom] = field(default_factory=set)  #: locks of `with (yield from lock)`
    empty: set[ast.YieldFrom] = field(default_factory=set)  #: `yield from []`, which waits for nothing
    bare: list[ast.Yield] = field(default_factory=list)  #: `yield` and `yield None`
    results: list[ast.expr] = field(default_factory=list)  #: what it returns and the decorator awaited
    delegations: list[Delegation] = field(default_factory=list)
    mocks: list[Mocking] = field(default_factory=list)  #: what tests put behind what it waits for
    result: int | None = None  #: which argument of the return annotation says what awaiting gives

    def breaks(self, reason: str | None) -> None:
        """Note a reason; the first one stays."""
        self.reason = self.reason or reason


def plain_generators(module: Module, node: ast.expr) -> Iterator[Function]:
    """Yield the plain generators of the project that an expression, a call, may make the generator of."""
    match node:
        case ast.Call(func=func):
            for value in module.values(func):
                match value:
                    case Function(facts=facts, node=ast.FunctionDef() as made) if (
                        form_of(module.inference, facts, made) is Form.GENERATOR
                    ):
                        yield value
                    case _:
                        pass  # makes something else, or nobody knows
        case ast.IfExp(body=first, orelse=second):
            yield from plain_generators(module, first)
            yield from plain_generators(module, second)
        case _:
            pass  # no call


def calls_generator_lambda(module: Module, node: ast.expr) -> bool:
    """True for a call of a `lambda: (yield from x)`."""
    return isinstance(node, ast.Call) and any(
        isinstance(value, Function) and isinstance(value.node, ast.Lambda) and value.facts.is_generator(value.node)
        for value in module.values(node.func)
    )


def names_only_coroutines(module: Module, value: ast.expr, but: FunctionNode | None = None) -> bool:
    """True for a method of an object that is not known where all other classes that have one make coroutines with it."""
    match value:
        case ast.Call(func=ast.Attribute(attr=name)):
            found = [
                (facts.class_of(one), form_of(module.inference, facts, one))
                for path in module.inference.project.files_spelling(is_defined, name) or ()
                if (facts := module.inference.project.facts(path)) is not None
                for one in facts.functions
                if one.name == name and one is not but
            ]
            is_method = any(owner is not None for owner, _ in found)
            return is_method and {form for _, form in found} <= {Form.DECORATED, Form.MARKED, Form.NATIVE}
        case _:
            return False
