"""Protocols of the project: which ones a call opens a transport for, where they keep it, and whether they close it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.scopes import FUNCTIONS
from aiomend.facts.transports import Kind, kind_of
from aiomend.facts.uses import attribute_uses
from aiomend.facts.values import External, Instance, ProjectClass, ProjectInstance, Values
from aiomend.facts.view import Module

_CLOSE = frozenset({"close", "abort"})


@dataclass(frozen=True, slots=True)
class Keeping:
    """A class that keeps its transport in an attribute, the statement that does, and the calls that open it."""

    cls: ProjectClass
    attribute: str
    statement: ast.Assign
    calls: tuple[ast.Call, ...] = ()


def made_by(module: Module, call: ast.Call) -> Values:
    """Return what the protocol factory of a call makes."""
    given = [one.value for one in call.keywords if one.arg == "protocol_factory"]
    factory = call.args[0] if call.args else given[0] if given else None
    return frozenset() if factory is None else module.inference.results(module.values(factory))


def closes_itself(module: Module, call: ast.Call) -> bool:
    """True where the protocol that a call opens a transport for may close it."""
    made = made_by(module, call)
    return not made or not all(_leaves_it_open(module, value) for value in made)


def _leaves_it_open(module: Module, value: object) -> bool:
    match value:
        case Instance(cls=name) | External(name=name):
            return name.startswith("asyncio.")
        case ProjectInstance(cls=cls):
            return not any(_closes(one) for one in _family(module, cls))
        case _:
            return False


def _family(module: Module, cls: ProjectClass) -> list[ProjectClass]:
    classes = module.inference.classes
    return [*classes.mro(cls), *classes.subclasses(cls)]


def _closes(cls: ProjectClass) -> bool:
    """True where a class calls `close()` or `abort()` on a transport, or asks the loop to."""
    kept = {one.attribute for one in _kept(cls)}
    for node in ast.walk(cls.node):
        match node:
            case ast.Attribute(attr=attr, value=ast.Attribute(attr=owner) | ast.Name(id=owner)) if attr in _CLOSE:
                if owner in kept or "transport" in owner:
                    return True
            case _:
                pass  # closes nothing
    return False


def _kept(cls: ProjectClass) -> Iterator[Keeping]:
    """Yield the attributes in which `connection_made()` of a class keeps the transport."""
    for method in cls.node.body:
        if not isinstance(method, ast.FunctionDef) or method.name != "connection_made" or len(method.args.args) != 2:
            continue  # not told of its transport
        me, transport = (one.arg for one in method.args.args)
        for node in own_nodes(method):
            match node:
                case ast.Assign(
                    targets=[ast.Attribute(attr=attribute, value=ast.Name(id=owner))], value=ast.Name(id=name)
                ) if owner == me and name == transport:
                    yield Keeping(cls, attribute, node)
                case _:
                    pass  # keeps nothing


def left_open(module: Module) -> Iterator[Keeping]:
    """Yield the protocols of a file that open a connection, keep its transport, and that nobody closes."""
    for node in module.facts.classes:
        cls = ProjectClass(module.facts, node)
        kept = list(_kept(cls))
        bases = module.inference.classes.external_bases(cls)
        if len(kept) != 1 or bases is None or not any(_is_protocol(name) for name in bases):
            continue  # no protocol, or it hands its transport on
        family = _family(module, cls)
        if any(_closes(one) for one in family) or _is_given_away(kept[0]):
            continue  # it closes it, or another may
        calls = [] if _is_used_outside(module, kept[0], family) else _opened_for(module, cls)
        if not calls:
            continue  # its owner may close it, or its peer does
        yield replace(kept[0], calls=tuple(calls))


def _is_protocol(name: str) -> bool:
    return name.startswith("asyncio.") and name.endswith("Protocol")


def _is_given_away(keeping: Keeping) -> bool:
    """True where the transport goes somewhere else in `connection_made()`."""
    facts = keeping.cls.facts
    function = facts.function_at(keeping.statement)
    assert isinstance(function, FUNCTIONS)
    name = function.args.args[1].arg
    for use in facts.names.get(name, ()):
        if not any(parent is function for parent in facts.ancestors(use)) or use is keeping.statement.value:
            continue  # another function's, or where it is kept
        if not isinstance(facts.parents[use], ast.Attribute):
            return True
    return False


def _is_used_outside(module: Module, keeping: Keeping, family: list[ProjectClass]) -> bool:
    """True where the attribute is more than asked to write, read by another object, or handed on."""
    uses = attribute_uses(module, keeping.attribute)
    if uses is None:
        return True
    bodies = {cls.node for cls in family}
    for facts, use in uses:
        around = next((one for one in facts.ancestors(use) if isinstance(one, ast.ClassDef)), None)
        is_own = isinstance(use.value, ast.Name) and use.value.id in ("self", "cls")
        if is_own and around not in bodies:
            continue  # another class's own
        if not is_own or (isinstance(use.ctx, ast.Load) and not _is_asked(facts, use)):
            return True
    return False


def _is_asked(facts: ModuleFacts, use: ast.Attribute) -> bool:
    """True for `self.transport.write(…)` and for tests."""
    parent = facts.parents[use]
    match parent:
        case ast.Attribute():
            call = facts.parents[parent]
            return isinstance(call, ast.Call) and call.func is parent
        case (
            ast.If() | ast.While() | ast.Compare() | ast.BoolOp() | ast.UnaryOp() | ast.Assert() | ast.FormattedValue()
        ):
            return True
        case _:
            return False


def _opened_for(module: Module, cls: ProjectClass) -> list[ast.Call]:
    """Return the calls of the project that open a connection for a class, where each drops the transport; else nothing."""
    found: list[ast.Call] = []
    for path in module.inference.project.files_mentioning(cls.node.name) or ():
        user = module.beside(path)
        if user is None:
            return []
        for call in user.facts.calls:
            if kind_of(user, call) is None or ProjectInstance(cls) not in made_by(user, call):
                continue  # opens something else
            if kind_of(user, call) is Kind.SERVER or not _is_dropped(user, call):
                return []  # its peers close it, or whoever opens it has it
            found.append(call)
    return found


def _is_dropped(user: Module, call: ast.Call) -> bool:
    facts = user.facts
    node: ast.AST = call
    while not isinstance(node, ast.stmt):
        node = facts.parents[node]
    match node:
        case ast.Expr():
            return True
        case ast.Assign(targets=[ast.Tuple(elts=[ast.Name(id=name), _])]):
            loads = [one for one in facts.names[name] if isinstance(one.ctx, ast.Load)]
            return not any(facts.scope_at(one) is facts.scope_at(node) for one in loads)
        case _:
            return False
