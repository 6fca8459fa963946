"""Task factories of the project: what `create_task()` gives under them may be no task of asyncio's."""

from __future__ import annotations

import ast

from aiomend.facts.values import External, Function, Instance
from aiomend.facts.view import Module

_SETTER = "set_task_factory"
_OWN = frozenset({"asyncio.Task", "asyncio.eager_task_factory", "asyncio.create_eager_task_factory"})


def own_factory(module: Module) -> str | None:
    """Return the place that gives a loop a factory whose results are not known to be tasks; None where none does."""
    for path in module.inference.project.files_mentioning(_SETTER) or ():
        user = module.beside(path)
        for use in user.facts.attributes.get(_SETTER, ()) if user is not None else ():
            call = user.facts.parents.get(use) if user is not None else None
            if user is None or not isinstance(call, ast.Call) or call.func is not use or len(call.args) != 1:
                continue  # it is not set here
            if not _makes_tasks(user, call.args[0]):
                return f"{path}:{call.lineno}"
    return None


def _makes_tasks(user: Module, factory: ast.expr) -> bool:
    if isinstance(factory, ast.Constant) and factory.value is None:
        return True  # the loop's own tasks
    if isinstance(factory, ast.Call):
        return user.name_of(factory.func) in _OWN
    values = user.values(factory)
    return bool(values) and all(_is_telling(user, value) for value in values)


def _is_telling(user: Module, value: object) -> bool:
    match value:
        case External(name=name):
            return name in _OWN
        case Function():
            results = user.inference.results(frozenset({value}))
            return bool(results) and all(isinstance(one, Instance) and one.cls == "asyncio.Task" for one in results)
        case _:
            return False
