"""Coroutines that are taken for their results: where they are made, and names that hold one and never its result."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from aiomend.facts.catalog.interfaces import interfaces
from aiomend.facts.coroutine_misuse import Misuse, misuse
from aiomend.facts.forgotten import Forgotten, forgotten_by, may_make_coroutine
from aiomend.facts.scopes import COMPREHENSIONS, FUNCTIONS, How, last_name
from aiomend.facts.suspension import is_test_code
from aiomend.facts.view import Module

_REFLECTS = frozenset({"dir", "eval", "exec", "locals", "vars"})
_BRANCHES = (ast.BoolOp, ast.IfExp, ast.Lambda, *COMPREHENSIONS)


@dataclass(frozen=True, slots=True, eq=False)
class Misused:
    """A call whose coroutine is taken for its result, or not used at all. ``says`` goes on after "a coroutine, "."""

    found: Forgotten
    says: str
    lasts: bool  #: the result goes on being used behind the expression
    name: str = ""  #: what the code calls the coroutine; "" where it is used on the spot
    uses: tuple[ast.expr, ...] = ()  #: what is done with that name
    doubt: str = ""  #: why it may be meant, "" where it is not


def misused_coroutines(module: Module) -> Iterator[Misused]:
    """Yield the calls of a file whose coroutine is taken for its result, in the order of the file."""
    for call in module.facts.calls:
        parent = module.facts.parents[call]
        if isinstance(parent, (ast.Await, ast.YieldFrom, ast.Expr)) or not _may_make_coroutine(module, call):
            continue  # somebody runs it, nobody has it, or nothing of that name is a coroutine function
        name = _bound(parent)
        if name is not None:
            found = _through_name(module, call, name)
        elif misuse(module, call, native=True) is not None and (made := forgotten_by(module, call)) is not None:
            wrong = misuse(module, call, native=_is_native(made))
            found = Misused(made, wrong.says, wrong.lasts, doubt=wrong.doubt) if wrong is not None else None
        else:
            found = None  # in somebody's hands
        if found is not None:
            yield found


def _may_make_coroutine(module: Module, call: ast.Call) -> bool:
    return last_name(call.func) in _of_asyncio() or may_make_coroutine(module, call)


@cache
def _of_asyncio() -> frozenset[str]:
    return frozenset(full.rpartition(".")[2] for full in interfaces().coroutines)


def _bound(parent: ast.AST) -> ast.Name | None:
    match parent:
        case ast.Assign(targets=[ast.Name() as name]) | ast.AnnAssign(target=ast.Name() as name):
            return name
        case _:
            return None


def _is_native(made: Forgotten) -> bool:
    return all(isinstance(one.node, ast.AsyncFunctionDef) for one in made.functions)


# ---- names ---


def _through_name(module: Module, call: ast.Call, name: ast.Name) -> Misused | None:
    """`data = fetch()`, and all that is done with `data` takes it for the result; or nothing is done with it."""
    facts = module.facts
    home = facts.scope_at(name).find(name.id)
    if home is None or not isinstance(home[0].node, FUNCTIONS) or facts.function_at(name) is not home[0].node:
        return None  # others may take it from a module, a class or another function
    if any(isinstance(facts.parents[call], ast.AnnAssign) for _ in home[1]) and _says_awaitable(facts.parents[call]):
        return None  # it is meant to be one
    made_by = [one.value for one in home[1] if one.how in (How.ASSIGN, How.ANNOTATION) and not one.path]
    if len(made_by) < len(home[1]) or not all(isinstance(value, ast.Call) for value in made_by):
        return None  # it may be something else
    mentions = [one for one in facts.mentions(name.id).get(home[0], ()) if not isinstance(one.ctx, ast.Store)]
    if any(isinstance(one.ctx, ast.Del) for one in mentions) or any(word in facts.names for word in _REFLECTS):
        return None  # it is thrown away on purpose, or may be used by its name
    if not mentions and is_test_code(module):
        return None  # tests make what they want to see dropped
    if mentions and not any(misuse(module, one, native=True) for one in mentions):
        return None  # whoever has it may run it
    made = forgotten_by(module, call)
    if made is None or any(forgotten_by(module, one) is None for one in made_by if isinstance(one, ast.Call)):
        return None  # something else, or meant
    if not mentions:
        return Misused(made, f"and nobody uses `{name.id}`", False, name.id)
    return _judged(module, made, name.id, mentions)


def _says_awaitable(statement: ast.AST) -> bool:
    if not isinstance(statement, ast.AnnAssign):
        return False
    words = ast.unparse(statement.annotation)
    return any(word in words for word in ("oroutine", "Awaitable", "Future", "Task", "Generator"))


def _judged(module: Module, made: Forgotten, name: str, mentions: list[ast.Name]) -> Misused | None:
    facts = module.facts
    wrong: list[tuple[ast.Name, Misuse]] = []
    others: list[ast.Name] = []
    for mention in mentions:
        found = misuse(module, mention, native=_is_native(made))
        if found is not None:
            wrong.append((mention, found))
        else:
            others.append(mention)
    if not wrong or any(_runs(facts.parents[one]) for one in others):
        return None  # it is awaited somewhere, closed, or in somebody's hands
    failing = [one for one, found in wrong if found.fails]
    doubt = ""
    if others and not failing:
        return None  # whoever has it may run it
    if others and not _stops_before(module, made.call, failing, others):
        handed = facts.parents[others[0]]
        where = module.text(handed) if isinstance(handed, ast.expr) else module.text(facts.statement(others[0]))
        doubt = f"`{' '.join(where.split())}` may want the coroutine"
    uses = tuple(_whole(facts.parents[mention], mention) for mention, _ in wrong)
    first = next((found for _, found in wrong if found.fails), wrong[0][1])
    return Misused(made, first.says, True, name, uses, doubt)


def _runs(parent: ast.AST) -> bool:
    return isinstance(parent, (ast.Await, ast.YieldFrom, ast.Attribute))


def _whole(parent: ast.AST, mention: ast.Name) -> ast.expr:
    """Return the use of a name as a person would show it."""
    return parent if isinstance(parent, (ast.Attribute, ast.Subscript, ast.Compare, ast.BinOp)) else mention


def _stops_before(module: Module, call: ast.Call, failing: list[ast.Name], others: list[ast.Name]) -> bool:
    """True where a use that fails is certainly reached before any use that hands the coroutine on."""
    facts = module.facts
    block = facts.block(facts.statement(call))
    for use in failing:
        statement = facts.statement(use)
        if statement not in block or _is_in_branch(module, use, statement):
            continue  # it may be passed by
        at = block.index(statement)
        if all(_is_behind(module, block, other, at) for other in others):
            return True
    return False


def _is_behind(module: Module, block: list[ast.stmt], node: ast.Name, at: int) -> bool:
    """True for a place behind the statement ``at`` of a block, or in the body below its head."""
    for parent in module.facts.ancestors(node):
        if parent in block:
            index = block.index(parent)
            return index > at or (index == at and module.facts.statement(node) is not parent)
    return False


def _is_in_branch(module: Module, use: ast.Name, statement: ast.stmt) -> bool:
    for parent in module.facts.ancestors(use):
        if parent is statement:
            return False
        if isinstance(parent, _BRANCHES):
            return True
    return True
