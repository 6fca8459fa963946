"""`__aiter__()` under `@asyncio.coroutine`, as Python 3.5.0 wanted it: since 3.7 nothing awaits what it gives."""

from __future__ import annotations

import ast

from aiomend.facts.own_object import self_name
from aiomend.facts.scopes import FunctionNode
from aiomend.facts.values import ProjectClass
from aiomend.facts.view import Module


def gives_itself(module: Module, function: FunctionNode) -> bool:
    """True for an `__aiter__()` that returns its own object, an asynchronous iterator, and that the language alone calls."""
    facts = module.facts
    owner, itself = facts.class_of(function), self_name(function)
    if function.name != "__aiter__" or owner is None or itself is None or facts.is_generator(function):
        return False
    returned = [one.value for one in facts.returns(function)]
    if not returned or not all(isinstance(one, ast.Name) and one.id == itself for one in returned):
        return False
    if len(facts.scopes[function].bindings[itself]) != 1:
        return False  # it is another object by then
    family = module.inference.classes.mro(ProjectClass(facts, owner))
    if not any("__anext__" in one.facts.scopes[one.node].bindings for one in family):
        return False
    paths = module.inference.project.files_mentioning("__aiter__")
    if paths is None:
        return False
    readers = [module.inference.project.facts(path) for path in paths]
    return not any(one is None or "__aiter__" in one.attributes for one in readers)
