"""Methods of objects in whose place a file puts something else: `client.send = traced(client.send)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.inference import Inference
from aiomend.facts.module import Colour, ModuleFacts
from aiomend.facts.scopes import last_name
from aiomend.facts.spelling import is_set
from aiomend.facts.text_lookups import may_say
from aiomend.facts.values import EMPTY, ProjectClass, ProjectInstance, ProjectModule, Values
from aiomend.facts.view import Module

_ASKS = "iscoroutinefunction"


def is_replaced(module: Module, called: ast.expr) -> bool:
    """True where code gives some object, or the module, something else than a coroutine function under the name of what is called.

    In the file itself the object may be any; in others it is known to be one that the call may be for. What a class's own
    methods give to `self` is known with the class.
    """
    inference = module.inference
    for facts, value in _given(module, called):
        given = inference.results(inference.values(facts, value)) if value is not None else EMPTY
        if not given or not all(inference.is_coroutine(one) for one in given):
            return True
    if not isinstance(called, ast.Attribute) or module.colour_at(called) is not Colour.SYNC:
        return False  # where a loop runs, what is wrapped for code without one is what it was, or fails
    return _may_be_wrapped(module, called)


def _may_be_wrapped(module: Module, called: ast.Attribute) -> bool:
    """True where the project puts something in the place of all coroutine functions of a class, which may be that of a call."""
    for owners in module.inference.traced(("wrapped wholesale", None), lambda: list(_wrapped(module.inference))):
        classes = frozenset(ProjectInstance(one) if isinstance(one, ProjectClass) else one for one in owners)
        if not all(isinstance(one, (ProjectInstance, ProjectModule)) for one in classes):
            return True  # nobody knows which classes get there
        if _may_be_for(module, called, classes):
            return True
    return False


def _wrapped(inference: Inference) -> Iterator[Values]:
    """Yield what gets something else than coroutine functions under names that are made up, in files that ask for such functions.

    `for name in dir(cls): if iscoroutinefunction(getattr(cls, name)): setattr(cls, name, plain)`, perhaps in a function of its own.
    """
    project = inference.project
    for path in sorted(set(project.files_using(_ASKS) or ()) & set(project.files_using("setattr") or ())):
        facts = project.facts(path)
        if facts is None:
            continue  # it cannot be read
        for setter in facts.names.get("setattr", ()):
            match facts.parents[setter]:
                case ast.Call(func=func, args=[owner, text, value]) if func is setter and not isinstance(
                    text, ast.Constant
                ):
                    given = inference.results(inference.values(facts, value))
                    if not given or not all(inference.is_coroutine(one) for one in given):
                        yield inference.values(facts, owner)
                case _:
                    pass  # another one, or one whose name is written there


def _given(module: Module, called: ast.expr) -> Iterator[tuple[ModuleFacts, ast.expr | None]]:
    name = last_name(called)
    if isinstance(called, ast.Attribute):
        yield from ((module.facts, value) for _, value in _assigned(module.facts, name))
    project = module.inference.project
    for path in project.files_spelling(is_set, name) or ():
        facts = project.facts(path)
        if facts is None or facts is module.facts:
            continue  # it cannot be read, or was looked at
        for owner, value in _assigned(facts, name):
            if _may_be_for(module, called, module.inference.values(facts, owner)):
                yield facts, value


def _may_be_for(module: Module, called: ast.expr, owners: Values) -> bool:
    """True where one of the objects that get something else is what a call is for: a module, or an instance of such a class."""
    match called:
        case ast.Attribute(value=receiver):
            wanted = module.values(receiver)
        case _:
            return ProjectModule(module.facts) in owners
    mro = module.inference.classes.mro
    classes = [one.cls for one in wanted if isinstance(one, ProjectInstance)]
    return any(
        one in wanted
        or (isinstance(one, ProjectInstance) and any(one.cls in mro(cls) or cls in mro(one.cls) for cls in classes))
        for one in owners
        if isinstance(one, (ProjectInstance, ProjectModule))
    )


def _assigned(facts: ModuleFacts, name: str) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    """Yield what a file puts under an attribute of which object but `self`; None where that is no plain assignment."""
    for use in facts.attributes.get(name, ()):
        if isinstance(use.ctx, ast.Store) and not (isinstance(use.value, ast.Name) and use.value.id == "self"):
            match facts.parents[use]:
                case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                    yield use.value, value
                case ast.AnnAssign():
                    pass  # says what it is, and gives nothing
                case _:
                    yield use.value, None
    for setter in facts.names.get("setattr", ()):
        match facts.parents[setter]:
            case ast.Call(func=func, args=[owner, text, value]) if func is setter and may_say(text, name):
                yield owner, value
            case _:
                pass  # another one, or one whose name is not written there
