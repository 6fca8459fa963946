"""Calls that hand a loop to what has not taken one since Python 3.10."""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterator
from dataclasses import dataclass

from aiomend.facts.catalog import versions
from aiomend.facts.catalog.interfaces import interfaces
from aiomend.facts.module import own_nodes
from aiomend.facts.scopes import FUNCTIONS
from aiomend.facts.values import External, ProjectClass
from aiomend.facts.view import Module

_GONE = (3, 10)
_SHELL = "asyncio.create_subprocess_shell"
_SHELL_PLACE = 4  #: where its loop stands among positional arguments


class Taker(enum.Enum):
    """When what is called looks for its loop."""

    COROUTINE = "when it runs, which is in its loop"
    FUTURE = "when it is called"
    OBJECT = "when it is made, from 3.10 on when it is used"


@dataclass(frozen=True, slots=True, eq=False)
class LoopArgument:
    """A call with a loop among its arguments. ``value`` is the loop; None where it is in a mapping, or in its position."""

    call: ast.Call
    name: str  #: canonical
    taker: Taker
    value: ast.expr | None
    subclass: ProjectClass | None = None  #: the class of the project whose base class is called


def loop_arguments(module: Module) -> Iterator[LoopArgument]:
    """Yield the calls of a file that hand over a loop, in the order of the file."""
    for call in module.facts.calls:
        given = next((keyword.value for keyword in call.keywords if keyword.arg == "loop"), None)
        has_mapping = any(keyword.arg is None for keyword in call.keywords)
        if given is None and not has_mapping and len(call.args) <= _SHELL_PLACE:
            continue  # hands over no loop
        for name, subclass in _called(module, call):
            if not takes_no_loop(name):
                continue  # keeps the parameter, or has never had it
            found = LoopArgument(call, name, _taker(name), given, subclass)
            if given is not None or (has_mapping and _maps_loop(module, call)) or _is_positional(name, call):
                yield found


def takes_no_loop(name: str) -> bool:
    """True for what lost its parameter `loop` in Python 3.10."""
    had = versions.accepts(name, "loop")
    return had is not None and had.gone == _GONE


def _taker(name: str) -> Taker:
    if name in interfaces().coroutines:
        return Taker.COROUTINE
    return Taker.OBJECT if name in interfaces().bases else Taker.FUTURE


def _called(module: Module, call: ast.Call) -> Iterator[tuple[str, ProjectClass | None]]:
    """Yield the name of what gets the keyword arguments of a call; with the class of the project through which it does."""
    match call.func:
        case ast.Attribute(attr="__init__", value=receiver):
            owner = module.facts.class_of(module.facts.function_at(call) or call)
            if owner is not None:
                cls = ProjectClass(module.facts, owner)
                yield from ((name, cls) for name in _base(module, receiver, cls))
            return
        case _:
            pass  # a plain call
    match list(module.values(call.func)), call.args:
        case [External(name="functools.partial")], [first, *_]:
            if (name := module.name_of(first)) is not None:
                yield name, None
        case [External(name=name)], _:
            yield name, None
        case [ProjectClass() as cls], _:
            yield from ((name, cls) for name in _external_bases(module, cls, above=False))
        case _:
            pass  # not known, or code of the project


def _base(module: Module, receiver: ast.expr, owner: ProjectClass) -> Iterator[str]:
    """Yield the class of asyncio whose `__init__` is reached by `super().__init__` or `Base.__init__`."""
    match receiver:
        case ast.Call(func=ast.Name(id="super")):
            yield from _external_bases(module, owner, above=True)
        case _:
            name = module.name_of(receiver)
            if name is not None and name in (module.inference.classes.external_bases(owner) or ()):
                yield name


def _external_bases(module: Module, cls: ProjectClass, *, above: bool) -> frozenset[str]:
    """Return the one class outside the project that makes instances of a class; none where the project's code does.

    With ``above`` it is asked what `super()` of the class reaches.
    """
    classes = module.inference.classes
    for one in classes.mro(cls)[above:]:
        if any(name in one.facts.scopes[one.node].bindings for name in ("__init__", "__new__")):
            return frozenset()
    bases = classes.external_bases(cls) or frozenset()
    return bases if len(bases) == 1 else frozenset()


def _maps_loop(module: Module, call: ast.Call) -> bool:
    """True where `**options` of a call holds a loop: it is put in here, kept in an attribute, or passed by a caller."""
    return any(one.arg is None and _holds_loop(module, call, one.value) for one in call.keywords)


def _holds_loop(module: Module, call: ast.Call, options: ast.expr) -> bool:
    match options:
        case ast.Name(id=name):
            function = module.facts.function_at(call)
            scope = function if isinstance(function, FUNCTIONS) else module.tree
            return any(_puts_loop(node, options) for node in own_nodes(scope)) or _is_passed_loop(module, call, name)
        case ast.Attribute(attr=name):
            stores = module.facts.attributes.get(name, ())
            return any(_puts_loop(module.facts.statement(use), use) for use in stores)
        case _:
            return _is_dict_with_loop(options)


def _is_passed_loop(module: Module, call: ast.Call, name: str) -> bool:
    """True where ``name`` is the `**options` of the function around, and a caller in the project passes a loop."""
    function = module.facts.function_at(call)
    if not isinstance(function, FUNCTIONS) or function.args.kwarg is None or function.args.kwarg.arg != name:
        return False
    every = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    if any(one.arg == "loop" for one in every):
        return False  # it is a parameter of its own
    calls = module.inference.callers.calls_of(module.facts, function) or ()
    return any(keyword.arg == "loop" for _, one in calls for keyword in one.keywords)


def _puts_loop(node: ast.AST, options: ast.expr) -> bool:
    """True for a statement or an expression that puts a loop into a mapping, or makes the mapping with one."""
    match node:
        case ast.Expr(value=ast.Call() as call):
            return _puts_loop(call, options)
        case ast.Assign(targets=[ast.Subscript(value=found, slice=ast.Constant(value="loop"))]):
            return ast.unparse(found) == ast.unparse(options)
        case ast.Call(func=ast.Attribute(value=found, attr="setdefault"), args=[ast.Constant(value="loop"), *_]):
            return ast.unparse(found) == ast.unparse(options)
        case ast.Assign(targets=[found], value=value):
            return ast.unparse(found) == ast.unparse(options) and _is_dict_with_loop(value)
        case _:
            return False


def _is_dict_with_loop(node: ast.expr) -> bool:
    match node:
        case ast.Dict(keys=keys):
            return any(isinstance(key, ast.Constant) and key.value == "loop" for key in keys)
        case ast.Call(func=ast.Name(id="dict"), keywords=keywords):
            return any(keyword.arg == "loop" for keyword in keywords)
        case _:
            return False


def _is_positional(name: str, call: ast.Call) -> bool:
    has_star = any(isinstance(one, ast.Starred) for one in call.args)
    return name == _SHELL and len(call.args) > _SHELL_PLACE and not has_star
