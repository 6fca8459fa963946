"""Which `with` blocks of coroutines block from end to end, and what moving one into a thread as a function takes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from aiomend.facts.block_fitness import misfit
from aiomend.facts.block_names import (
    Passage,
    bound_in,
    may_swallow,
    read_in_nested,
    read_later,
    read_on_failure,
)
from aiomend.facts.blocking_calls import named
from aiomend.facts.catalog import blocking
from aiomend.facts.catalog.blocking import BlockingCall, Blocks
from aiomend.facts.flow import leaves
from aiomend.facts.module import Colour, own_nodes, suspends
from aiomend.facts.scopes import FUNCTIONS, FunctionNode, How
from aiomend.facts.thread_bound import of_one_thread
from aiomend.facts.view import Module

_SEES_NAMES = frozenset({"locals", "vars", "dir", "exec", "eval", "super", "__class__"})
_WAITS = frozenset({"futures", "queue", "thread"})


@dataclass(frozen=True, slots=True)
class ThreadBlock:
    """A `with` that blocks from entering it to leaving it."""

    statement: ast.With
    function: FunctionNode
    opening: ast.Call  #: what blocks first: the call that makes the context manager, else one on it
    entry: BlockingCall
    reason: str | None  #: why it cannot be moved as it stands
    outputs: tuple[str, ...]  #: the names that it binds for later, in the order in which they are bound
    returns: bool  #: it always returns from the function


def block_of(module: Module, call: ast.Call) -> ThreadBlock | None:
    """Return the outermost block that a blocking call belongs to: as what opens it, or as work inside of it.

    None where it stands in no such block, and where the block has to stay: it suspends, leaves a loop or returns on some
    of its paths. To a block that has a ``reason`` belong only the calls that open it and those on what they opened.
    """
    for statement in reversed(list(_withs_around(module, call))):
        block = _block(module, statement)
        if block is not None and (
            block.reason is None or _opens(statement, call) or _root(call) in _entered(statement)
        ):
            return block
    return None


def moves_with_block(module: Module, call: ast.Call) -> bool:
    """True for a call that a block takes along into its thread, or whose block is for a person to move."""
    return block_of(module, call) is not None


def _withs_around(module: Module, node: ast.AST) -> Iterator[ast.With]:
    """The `with` statements of the same function around a node, innermost first, their heads included."""
    for parent in module.facts.ancestors(node):
        if isinstance(parent, ast.With):
            yield parent
        if isinstance(parent, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
            return


def _entered(statement: ast.With) -> set[str]:
    targets = (item.optional_vars for item in statement.items)
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _opens(statement: ast.With, call: ast.Call) -> bool:
    return any(call is inner for item in statement.items for inner in ast.walk(item.context_expr))


def _block(module: Module, statement: ast.With) -> ThreadBlock | None:
    function = module.facts.function_at(statement)
    if not isinstance(function, FUNCTIONS) or module.colour_at(statement) is Colour.SYNC:
        return None  # nothing to wait with
    found = _opening(module, statement)
    if found is None:
        return None  # what it enters does not block, or has to stay in the loop's thread
    opening, entry, is_entered = found
    returns = any(isinstance(node, ast.Return) for node in own_nodes(statement))
    if _has_to_stay(module, statement, function, returns):
        return None
    outputs: tuple[str, ...] = ()
    reason = _unreturnable(module, statement, returns)
    if reason is None:
        outputs = () if returns else _outputs(module, statement)
        reason = misfit(module, statement) or _bound_to_thread(module, statement, outputs)
    if reason is not None and not is_entered:
        return None  # the calls inside of it can go to a thread one by one
    return ThreadBlock(statement, function, opening, entry, reason, outputs, returns)


# ---- what blocks ---


def _opening(module: Module, statement: ast.With) -> tuple[ast.Call, BlockingCall, bool] | None:
    """The call that blocks when a block is entered, or one on what it has entered."""
    for item in statement.items:
        for call in _calls_of(module, item.context_expr):
            entry = _blocks(module, call)
            if entry is not None:
                return (call, entry, True) if _can_move(entry, opens=True) else None
    entered = {
        item.optional_vars.id
        for item in statement.items
        if isinstance(item.optional_vars, ast.Name)
        and isinstance(item.context_expr, ast.Call)
        and module.name_of(item.context_expr.func) is not None
    }
    for node in ast.walk(statement) if entered else ():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _root(node.func) in entered:
            entry = _blocks(module, node)
            if entry is not None and _can_move(entry, opens=False):
                return node, entry, False
    return None


def _calls_of(module: Module, expression: ast.expr) -> Iterator[ast.Call]:
    """The call that makes a context manager, in `contextlib.closing()` too; not what its other arguments call."""
    if isinstance(expression, ast.Call):
        yield expression
        if module.name_of(expression.func) == "contextlib.closing":
            yield from (argument for argument in expression.args if isinstance(argument, ast.Call))


def _root(node: ast.expr) -> str | None:
    """The name that a chain of attributes, items and calls starts with."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def _blocks(module: Module, call: ast.Call) -> BlockingCall | None:
    name = module.name_of(call.func)
    lookup = blocking.extended(module.settings.blocking_calls)
    entry = named(lookup, name) if name is not None else None
    if entry is None or (entry.blocks == "brief" and not module.settings.brief_calls):
        return None  # not known to block, or short
    return entry if blocking.verdict(entry, call, module.name_of) is Blocks.ALWAYS else None


def _can_move(entry: BlockingCall, *, opens: bool) -> bool:
    if entry.kind not in ("executor", "async_api") or (entry.kind == "async_api" and entry.fallback != "executor"):
        return False
    if entry.blocks == "cpu" or entry.category in _WAITS:
        return False
    bound = ("main_thread", "owner_thread") if opens else ("main_thread",)
    return entry.affinity not in bound


# ---- what leaves it ---


def _has_to_stay(module: Module, statement: ast.With, function: FunctionNode, returns: bool) -> bool:
    """True where a block can be no function of its own: it suspends, jumps out, or sees the names around it."""
    if suspends(statement) or _jumps_out(statement):
        return True
    if returns and (Passage(module, ()).through([statement], frozenset()) is not None or _falls_off(statement)):
        return True  # it returns on some paths only, or nothing
    if returns and isinstance(function, ast.AsyncFunctionDef) and module.facts.is_generator(function):
        return True  # an async generator returns no value
    if any(isinstance(node, ast.Name) and node.id in _SEES_NAMES for node in ast.walk(function)):
        return True
    return any(_may_stop_iteration(node) for node in ast.walk(statement))


def _falls_off(statement: ast.With) -> bool:
    """True where a block returns nothing: a plain `return` only leaves."""
    found = [node for node in own_nodes(statement) if isinstance(node, ast.Return)]
    return all(node.value is None for node in found)


def _jumps_out(statement: ast.With) -> bool:
    stack: list[tuple[ast.AST, bool]] = [(one, False) for one in statement.body]
    while stack:
        node, in_loop = stack.pop()
        match node:
            case ast.Break() | ast.Continue():
                if not in_loop:
                    return True
            case ast.For() | ast.While():
                stack += [(one, True) for one in node.body]
                stack += [(one, in_loop) for one in node.orelse]
            case ast.FunctionDef() | ast.ClassDef():
                pass  # loops of its own
            case _:
                stack += [(one, in_loop) for one in ast.iter_child_nodes(node)]
    return False


def _may_stop_iteration(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="next"), args=[_]) | ast.Call(func=ast.Attribute(attr="__next__" | "next")):
            return True
        case ast.Name(id="StopIteration"):
            return True
        case _:
            return False


def _unreturnable(module: Module, statement: ast.With, returns: bool) -> str | None:
    """Why the names that a block binds do not reach the code around it through the value of a function."""
    facts = module.facts
    function = facts.function_at(statement)
    assert function is not None
    names = bound_in(module, statement)
    scope = facts.scopes[function]
    for name in sorted(names & {*scope.elsewhere}):
        return f"`{name}`, which it binds, belongs to more than this function"
    for name in sorted(_names_of(statement) & _nonlocals(function)):
        return f"`{name}` is bound by another function too, which could run meanwhile"
    passage = Passage(module, names)
    end = passage.through([statement], frozenset())
    for name in sorted(passage.early):
        return f"`{name}` is read in it before it is bound there"
    if any(isinstance(node, ast.Delete) and _names_of(node) & names for node in ast.walk(function)):
        return "it binds a name that is deleted"
    later = read_later(module, statement, names)
    if returns:
        failing = {name for one in _tries_around(module, statement) for name in read_on_failure(module, *one, names)}
        nested = later & read_in_nested(statement, names) | failing
        return f"`{min(nested)}`, which it binds, is read when it has returned" if nested else None
    for name in sorted(later):
        if end is not None and name not in end:
            return f"`{name}`, which is read later, is bound on some of its paths only"
        if not _is_plain(module, statement, name):
            return f"`{name}`, which is read later, is no plain variable in it"
    if read_in_nested(statement, later):
        return f"`{min(read_in_nested(statement, later))}` is read by a function that it makes"
    return _lost_on_failure(module, statement, later)


def _bound_to_thread(module: Module, statement: ast.With, outputs: tuple[str, ...]) -> str | None:
    """Why what leaves a block is of no use outside of the thread that ran it."""
    for node in ast.walk(statement):
        match node:
            case ast.Return(value=ast.expr() as value):
                given = module.values(value)
            case ast.Name(id=name, ctx=ast.Store()) if name in outputs:
                bindings = module.facts.scope_at(node).bindings.get(name, ())
                given = frozenset(
                    one
                    for binding in bindings
                    if binding.value is not None and module.facts.statement(node) is binding.node
                    for one in module.values(binding.value)
                )
            case _:
                continue  # stays in it
        if (bound := of_one_thread(given)) is not None:
            return f"what leaves it is {bound}"
    return None


def _names_of(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _nonlocals(function: ast.AST) -> set[str]:
    """The names of a function that functions in it bind."""
    return {name for node in ast.walk(function) if isinstance(node, ast.Nonlocal) for name in node.names}


def _is_plain(module: Module, statement: ast.With, name: str) -> bool:
    """True where a name is bound by assignments and loops: no open file, import, definition, or caught exception."""
    here = {*ast.walk(statement)}
    bindings = module.facts.scope_at(statement).bindings.get(name, [])
    inside = [binding for binding in bindings if binding.node in here]
    return all(
        isinstance(one.node, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr)) or one.how is How.ITERATION
        for one in inside
    )


def _tries_around(module: Module, statement: ast.With) -> Iterator[tuple[ast.Try | ast.TryStar, ast.AST]]:
    here: ast.AST = statement
    for parent in module.facts.ancestors(statement):
        if isinstance(parent, (ast.Try, ast.TryStar)):
            yield parent, here
        if isinstance(parent, (*FUNCTIONS, ast.Lambda)):
            return
        here = parent


def _lost_on_failure(module: Module, statement: ast.With, later: frozenset[str]) -> str | None:
    """Why an exception in the middle of a block would lose what it had bound, for those who go on behind it."""
    held = frozenset(name for name in later if not _is_bound_last(module, statement, name))
    if not held:
        return None
    for one, here in _tries_around(module, statement):
        caught = here in one.body and not all(leaves(handler.body) for handler in one.handlers)
        seen = read_on_failure(module, one, here, held)
        if seen or (caught and one.handlers):
            return f"`{min(seen or held)}` would not be bound where an exception in it is caught"
    for around in _withs_around(module, statement):
        if around is not statement and may_swallow(module, around):
            return f"`{min(held)}` would not be bound where an exception in it is caught"
    return None


def _is_bound_last(module: Module, statement: ast.With, name: str) -> bool:
    inner: ast.stmt = statement
    while isinstance(inner, ast.With):
        inner = inner.body[-1]
    stores = [
        node
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)
    ]
    return len(stores) == 1 and module.facts.statement(stores[0]) is inner and not hasattr(inner, "body")


def _outputs(module: Module, statement: ast.With) -> tuple[str, ...]:
    names = read_later(module, statement, bound_in(module, statement))
    stores = [node for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    stores.sort(key=lambda node: (node.lineno, node.col_offset))
    return tuple(dict.fromkeys(node.id for node in stores if node.id in names))


# ---- how it is written ---


def last_value(block: ThreadBlock) -> ast.expr | None:
    """Return the value of the last statement of a block where that binds all that it gives: `x = value` can return it."""
    inner: ast.stmt = block.statement
    while isinstance(inner, ast.With):
        inner = inner.body[-1]
    match inner, block.outputs:
        case ast.Assign(targets=[ast.Name(id=name)], value=value, type_comment=None), [only] if name == only:
            return value
        case _:
            return None


def annotation_of(module: Module, block: ThreadBlock) -> str | None:
    """Return the annotation of what the function of a block returns; None where the module has none to go by."""
    own = block.function.returns
    if own is None or not isinstance(block.function, ast.AsyncFunctionDef):
        return None
    if block.returns:
        names = [node for node in ast.walk(own) if isinstance(node, ast.Name)]
        texts = [node for node in ast.walk(own) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
        is_global = all(_is_of_the_module(module, block, node.id) for node in names)
        return module.text(own) if is_global and not texts else None
    return None if block.outputs else "None"


def _is_of_the_module(module: Module, block: ThreadBlock, name: str) -> bool:
    """True where a name means the same in the function as in its head: nothing between the two scopes has it."""
    home = module.facts.scope_at(block.statement).find(name)
    at_head = module.facts.scope_at(block.function).find(name)
    if home is None:
        return at_head is None
    return at_head is not None and home[0] is at_head[0] is module.facts.scope
