"""What the project has run when the interpreter exits: `atexit.register()`, as a call and as a decorator, and `weakref.finalize()`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiomend.facts.entries import is_test_file
from aiomend.facts.loops import Loop, touches
from aiomend.facts.module import ModuleFacts
from aiomend.facts.quiet import is_library
from aiomend.facts.values import Function

if TYPE_CHECKING:
    from aiomend.facts.view import Module

#: Which argument is the one that is called.
_REGISTER = {"atexit.register": 0, "weakref.finalize": 1}


@dataclass(frozen=True, slots=True)
class _Handler:
    """What is called at exit; none of the functions is known where there are none. ``rest`` is what they are called with."""

    facts: ModuleFacts
    functions: tuple[Function, ...]
    is_known: bool
    rest: tuple[ast.expr, ...] = ()


def current_is_wanted_at_exit(module: Module) -> bool:
    """True where a clean-up of the project may get the current loop at exit; one that is not known may."""
    handlers = (handler for facts in _files(module) for handler in _handlers(module, facts))
    return any(not handler.is_known or _runs(module, handler, None) for handler in handlers)


def is_wanted_at_exit(module: Module, loop: Loop) -> bool:
    """True where a clean-up of the file uses a loop of its own level, or is called with something that got it."""
    return any(
        _runs(module, handler, loop) or any(touches(module, module.facts, one, loop) for one in handler.rest)
        for handler in _handlers(module, module.facts)
    )


def _files(module: Module) -> Iterator[ModuleFacts]:
    """Yield the file and the others that may register something, tests left out."""
    project = module.inference.project
    names = sorted({name.partition(".")[0] for name in _REGISTER})
    paths = {path for name in names for path in project.files_mentioning(name) or ()} - {module.path}
    yield module.facts
    for path in sorted(paths):
        facts = project.facts(path)
        if facts is not None and not is_test_file(facts):
            yield facts


def _handlers(module: Module, facts: ModuleFacts) -> Iterator[_Handler]:
    inference = module.inference
    for function in facts.functions:
        if any(inference.external_name(facts, one) == "atexit.register" for one in function.decorator_list):
            yield _Handler(facts, (Function(facts, function),), is_known=True)
    for call in inference.outside_calls.calls(facts, tuple(_REGISTER)):
        given = call.args[_REGISTER[inference.external_name(facts, call.func) or ""] :]
        for called in given[:1]:
            found = tuple(value for value in inference.values(facts, called) if isinstance(value, Function))
            is_known = bool(found) or is_library(inference.external_name(facts, called) or "")
            yield _Handler(facts, found, is_known, tuple(given))


def _runs(module: Module, handler: _Handler, loop: Loop | None) -> bool:
    return any(
        touches(module, function.facts, part, loop)
        for function in handler.functions
        for part in ([function.node.body] if isinstance(function.node, ast.Lambda) else function.node.body)
    )
