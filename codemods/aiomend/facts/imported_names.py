"""How a name of another module is written at a place: by what is imported there, else with the import that it needs."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass

from aiomend.facts.catalog.interfaces import interfaces
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import FUNCTIONS, Binding, How, Scope


@dataclass(frozen=True, slots=True)
class Spelling:
    """How to write a name at a place. Where nothing in reach has it, ``module`` and ``member`` say what to import."""

    text: str
    module: str | None = None
    member: str | None = None


def spell(facts: ModuleFacts, module: str, member: str, node: ast.AST) -> Spelling:
    """Return how ``module.member`` is written at a node: by a name in reach, else with the import that it needs."""
    scope = facts.scope_at(node)
    through_module: str | None = None
    for name, bindings in facts.beside(_imported).items():
        if not _reached(facts, scope, name, node):
            continue  # a local name hides it, or it may not be there
        match bindings[0].how, bindings[0].target, bindings[0].member:
            case How.FROM, target, found if target == module and found == member:
                return Spelling(name)
            case How.FROM, target, found if f"{target}.{found}" == module:
                through_module = through_module or f"{name}.{member}"
            case How.IMPORT, target, _ if target == module:
                through_module = through_module or f"{name}.{member}"
            case How.IMPORT, target, _ if module.startswith(f"{target}."):
                if any(_imports(b.node, module) for b in bindings):
                    through_module = through_module or f"{name}{module[len(target) :]}.{member}"
    if through_module is not None:
        return Spelling(through_module)
    if (local := _imported_around(facts, module, node)) is not None:
        return Spelling(f"{local}.{member}")
    if module == "asyncio" and module in facts.stars and is_free(facts, member, node) and _is_public(member):
        return Spelling(member)
    root = module.partition(".")[0]
    if module == "asyncio" and _takes_names_from(facts, module, node) and _is_new(facts, member, node):
        return Spelling(member, module, member)  # as the file takes others from there
    free = root not in facts.scope.bindings and _free(facts, scope, root)
    if free or member in facts.scope.bindings:
        return Spelling(f"{module}.{member}", module, None)  # where that means something else, nobody may write it
    return Spelling(member, module, member)


def hidden_name(
    facts: ModuleFacts, module: str, member: str | None, node: ast.AST, alias: str | None = None
) -> str | None:
    """Return the name that an import would bring where it means something else at ``node``; None where it does not."""
    name = alias or member or module.partition(".")[0]
    home = facts.scope_at(node).find(name)
    for binding in home[1] if home is not None else ():
        match binding.how, binding.target, binding.member:
            case How.IMPORT, target, _ if member is None and target.partition(".")[0] == module.partition(".")[0]:
                pass  # it is there
            case How.FROM, target, found if (target, found) == (module, member):
                pass  # likewise
            case _:
                return name
    return None


def is_free(facts: ModuleFacts, name: str, node: ast.AST) -> bool:
    """True where no scope from a node outwards binds a name, or declares it, so that a new local of that name hides nothing."""
    scope: Scope | None = facts.scope_at(node)
    if scope is None or scope.find(name) is not None:
        return False
    while scope is not None and name not in scope.elsewhere:
        scope = scope.parent
    return scope is None


def _takes_names_from(facts: ModuleFacts, module: str, node: ast.AST) -> bool:
    """True where the file surely imports a name from a module under that name, and the module itself nowhere."""
    imported = [one for bindings in facts.beside(_imported).values() for one in bindings]
    if any(one.how is How.IMPORT and one.target.partition(".")[0] == module.partition(".")[0] for one in imported):
        return False
    return any(
        isinstance(facts.parents.get(one.node), ast.Module)
        for one in imported
        if (one.how, one.target) == (How.FROM, module) and _runs_before(facts, one.node, node)
    )


def _is_new(facts: ModuleFacts, member: str, node: ast.AST) -> bool:
    """True for a name that nothing in the file means something by, and no star may bring."""
    is_unknown = member not in facts.names and not hasattr(builtins, member)
    return is_unknown and not facts.stars and is_free(facts, member, node)


def _imported_around(facts: ModuleFacts, module: str, node: ast.AST) -> str | None:
    """Return what a function around a node calls a module that it has imported by then."""
    scope = facts.scope_at(node)
    for function in (one for one in facts.ancestors(node) if isinstance(one, FUNCTIONS)):
        home = facts.scopes[function]
        for name, bindings in home.bindings.items():
            match bindings, scope.find(name):
                case [Binding(how=How.IMPORT, target=target, node=ast.stmt() as statement)], (found, _):
                    if target == module and found is home and _stands_behind(facts, node, statement):
                        return name
                case _:
                    pass  # something else, or hidden further inside
    return None


def _stands_behind(facts: ModuleFacts, node: ast.AST, statement: ast.stmt) -> bool:
    """True for a node that stands in a later statement of the same block, or inside of one."""
    block = facts.block(statement)
    behind = block[block.index(statement) + 1 :]
    return any(parent in behind for parent in (node, *facts.ancestors(node)))


def _reached(facts: ModuleFacts, scope: Scope, name: str, node: ast.AST) -> bool:
    home = scope.find(name)
    return (
        home is not None
        and home[0] is facts.scope
        and any(
            facts.scope_at(binding.node) is facts.scope and _runs_before(facts, binding.node, node)
            for binding in home[1]
        )
    )


def _runs_before(facts: ModuleFacts, imported: ast.AST, node: ast.AST) -> bool:
    """False for an import that may not run: under an `if` that the node is not under, or of a name that may be missing."""
    around = {node, *facts.ancestors(node)}
    here = imported
    for parent in facts.ancestors(imported):
        match parent:
            case ast.If(body=body, orelse=orelse):
                branch = body if here in body else orelse
                if parent not in around or around.isdisjoint(branch):
                    return False  # such as `if TYPE_CHECKING:`
            case ast.Try(body=body) if here in body and isinstance(imported, ast.ImportFrom):
                if parent not in around:
                    return False
            case _:
                pass  # it runs where the file runs
        here = parent
    return True


def _free(facts: ModuleFacts, scope: Scope, name: str) -> bool:
    home = scope.find(name)
    return home is None or home[0] is facts.scope


def _imports(node: ast.AST, module: str) -> bool:
    return isinstance(node, ast.Import) and any(alias.name == module for alias in node.names)


def _is_public(member: str) -> bool:
    """True for what `from asyncio import *` brings."""
    full = f"asyncio.{member}"
    return full in interfaces().returns or full in interfaces().coroutines


def _imported(facts: ModuleFacts) -> dict[str, list[Binding]]:
    """Return the bindings of the names that a file's top level imports, and gives to nothing else."""
    return {
        name: bindings
        for name, bindings in facts.scope.bindings.items()
        if bindings[0].how in (How.FROM, How.IMPORT) and len({(b.how, b.target, b.member) for b in bindings}) == 1
    }
