"""Every use of an attribute in the project, and every call of a method that only its own class calls."""

from __future__ import annotations

import ast

from aiomend.facts.module import ModuleFacts
from aiomend.facts.own_object import self_name
from aiomend.facts.text_lookups import looks_up, looks_up_its_own
from aiomend.facts.values import ProjectClass
from aiomend.facts.view import Module


def attribute_uses(module: Module, name: str) -> list[tuple[ModuleFacts, ast.Attribute]] | None:
    """Return every use of an attribute of that name in the project; None where nobody can say."""
    if looks_up(module.facts, name) or _bases_look_up(module, name):
        return None  # `getattr(self, f"_{kind}_task")`
    project = module.inference.project
    paths = project.files_mentioning(name)
    if paths is None:
        return None
    found: list[tuple[ModuleFacts, ast.Attribute]] = []
    for path in {*paths, module.path}:
        facts = module.facts if path == module.path else project.facts(path)
        if facts is None:
            return None  # it cannot be read: it may ask for anything
        if name in facts.texts or name in facts.matched:
            return None  # `getattr(self, "_task")`, `case Job(_task=task)`
        if _is_private(name) and any(one.endswith(name) and one != name for one in facts.attributes):
            return None  # `clock._Clock__task`
        found += [(facts, use) for use in facts.attributes.get(name, ())]
    return found


def _is_private(name: str) -> bool:
    return name.startswith("__") and not name.endswith("__")


def _bases_look_up(module: Module, name: str) -> bool:
    """True where a base class from another file looks an attribute up by a text, of one that uses it here."""
    users = dict.fromkeys(module.class_at(use) for use in module.facts.attributes.get(name, ()))
    bases = (base for cls in users if cls is not None for base in module.inference.classes.mro(cls))
    return any(one.facts is not module.facts and looks_up_its_own(one.facts, one.node, name) for one in bases)


def own_calls(module: Module, method: ast.FunctionDef) -> list[tuple[ModuleFacts, ast.Call]]:
    """Return the calls ``self.method(…)`` where all that the project does with a method is that its own class calls it, or a base.

    Each stands in the body of another method that calls its object by the same name. Empty where anything else may call it.
    """
    facts = module.facts
    owner = facts.class_of(method)
    me = self_name(method)
    if owner is None or me is None or method.decorator_list:
        return []  # no method, or what its decorator makes of it
    if facts.scopes[owner] in facts.mentions(method.name):
        return []  # another name of it in the body of the class
    classes = {one.node for one in module.inference.classes.mro(ProjectClass(facts, owner))}
    calls: list[tuple[ModuleFacts, ast.Call]] = []
    for user, use in attribute_uses(module, method.name) or ():
        call, caller = user.parents[use], user.function_at(use)
        if not isinstance(call, ast.Call) or call.func is not use:
            return []  # handed on
        if not isinstance(caller, (ast.FunctionDef, ast.AsyncFunctionDef)) or user.class_of(caller) not in classes:
            return []  # called later, or by another class
        if not isinstance(use.value, ast.Name) or use.value.id != me or self_name(caller) != me:
            return []  # on another object
        calls.append((user, call))
    return calls
