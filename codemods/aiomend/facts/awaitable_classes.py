"""What can be awaited: classes of the project, their instances, and whatever else a value is."""

from __future__ import annotations

import ast
import builtins
import re
import sys

from aiomend.facts.catalog.interfaces import inherits
from aiomend.facts.scopes import last_name
from aiomend.facts.values import (
    Container,
    Coroutine,
    Eventual,
    Fixed,
    Function,
    Instance,
    Plain,
    ProjectClass,
    ProjectInstance,
    ProjectModule,
    Returns,
    Value,
)
from aiomend.facts.view import Module

LOCKS = ("asyncio.Lock", "asyncio.Condition", "asyncio.Semaphore", "asyncio.BoundedSemaphore")
AWAITABLES = frozenset({"typing.Awaitable", "collections.abc.Awaitable"})
COROUTINES = frozenset({"typing.Coroutine", "collections.abc.Coroutine"})
#: What `collections` had of these until Python 3.10.
_OLD_AWAITABLES = frozenset({"collections.Awaitable", "collections.Coroutine"})
#: Where the standard library has classes that can be awaited; those of its other modules bring no `__await__`.
_MODULES_OF_AWAITABLES = frozenset({"asyncio", "types", "typing", "unittest"})
#: Base classes of these modules that bring none either.
_NO_AWAITABLES = frozenset(
    {"asyncio.AbstractServer", "asyncio.Protocol", "asyncio.BaseProtocol", "asyncio.DatagramProtocol"}
    | {"asyncio.Transport", "asyncio.StreamReaderProtocol", "typing.Generic", "typing.NamedTuple", "unittest.TestCase"}
)
#: What answers a request: no version of aiohttp has awaited one, and handlers under the decorator return little else.
_ANSWER = re.compile(r"aiohttp\.web\.(HTTP\w+|(Stream|File|WebSocket|)Response)")


def can_be_awaited(module: Module, cls: ProjectClass) -> bool | None:
    """Return whether the instances of a class of the project have `__await__()`; None where nobody knows."""
    classes = module.inference.classes
    bases = classes.external_bases(cls)
    inherited = {None} if bases is None else {_inherits_await(one) for one in bases}
    if True in inherited or any(_has_await(one) for one in classes.mro(cls)):
        return True
    if None in inherited or any(_has_await(one) for sub in classes.subclasses(cls) for one in classes.mro(sub)):
        return None
    return None if _is_given_later(module) else False


def _is_given_later(module: Module) -> bool:
    """True where some code sets `__await__` on a class that is there already."""
    for path in module.inference.project.files_mentioning("__await__") or ():
        facts = module.inference.project.facts(path)
        if facts is None:
            continue  # it cannot be read
        if any(isinstance(one.ctx, ast.Store) for one in facts.attributes.get("__await__", ())):
            return True
        for name in facts.names.get("setattr", ()):
            match facts.parents[name]:
                case ast.Call(args=[_, ast.Constant(value="__await__"), *_]):
                    return True
                case _:
                    pass  # it sets something else
    return False


def _has_await(cls: ProjectClass) -> bool:
    """True where a class has the method in its body, or its file gives it one: `Connect.__await__ = …`."""
    return "__await__" in cls.facts.scopes[cls.node].bindings or any(
        isinstance(use.ctx, ast.Store) and last_name(use.value) == cls.node.name
        for use in cls.facts.attributes.get("__await__", ())
    )


def _inherits_await(base: str) -> bool | None:
    """Return whether instances of an external base class can be awaited; None where nobody knows."""
    if base in AWAITABLES | COROUTINES | _OLD_AWAITABLES or inherits(base, "asyncio.Future"):
        return True
    root = base.partition(".")[0]
    is_plain = root in sys.stdlib_module_names and root not in _MODULES_OF_AWAITABLES
    is_builtin = isinstance(getattr(builtins, base, None), type)
    return False if is_plain or is_builtin or base in _NO_AWAITABLES or _ANSWER.fullmatch(base) else None


def is_awaited_otherwise(module: Module, cls: ProjectClass) -> bool:
    """True where `__await__()` returns something that is not certainly the iterator of an awaitable."""
    for one in module.inference.classes.mro(cls):
        for binding in one.facts.scopes[one.node].bindings.get("__await__", ()):
            if not isinstance(binding.node, ast.FunctionDef) or one.facts.is_generator(binding.node):
                continue  # a generator, or another name of `__iter__()`
            for returned in one.facts.returns(binding.node):
                match returned.value:
                    case ast.Call(func=ast.Attribute(attr="__await__")) | ast.Name(id="self"):
                        pass  # of what it stands for
                    case _:
                        return True
    return False


def is_waited_for(module: Module, value: Value) -> bool | None:
    match value:
        case Coroutine() | Eventual():
            return True
        case Instance(cls=name):
            if module.inference.is_instance(frozenset({value}), "asyncio.Future"):
                return True
            is_known = name.partition(".")[0] in sys.stdlib_module_names or hasattr(builtins, name)
            return False if (is_known and name not in LOCKS) or _ANSWER.fullmatch(name) else None
        case ProjectInstance(cls=cls):
            return can_be_awaited(module, cls)
        case (
            Plain.NONE | Plain.OTHER | Container() | Fixed() | Function() | ProjectClass() | ProjectModule() | Returns()
        ):
            return False
        case _:
            return None
