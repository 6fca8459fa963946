"""Who may keep an event loop beyond the scope that runs it: the calls that get it, the places that store it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from aiomend.facts.entries import importers, main_guard
from aiomend.facts.flow import loops_around
from aiomend.facts.loops import Loop, method_call, scope_of
from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.quiet import LOOKS, RUNS
from aiomend.facts.scopes import FUNCTIONS, FunctionNode, How, Scope, last_name
from aiomend.facts.values import Coroutine, Function

if TYPE_CHECKING:
    from aiomend.facts.view import Module


#: What these modules get, they use from elsewhere or later.
_KEEPS = ("threading.", "_thread.", "multiprocessing.", "concurrent.", "contextlib.", "atexit.", "weakref.")
SAYS_IT_CLOSES = re.compile(r"(?:^|_)(?:close|clean_?up|shut_?down|tear_?down|finali[sz]e)", re.IGNORECASE)


def escapes(module: Module, loop: Loop, *, is_last: bool) -> bool:
    """True where something outside the scope may use the loop later, run it, or close it.

    ``is_last`` says that nothing runs after the scope: what merely holds the loop does no harm then.
    """
    keepers: set[str] = set()
    for use in (*loop.uses, *loop.inner):
        if _escapes_at(module, loop, use, is_last, keepers):
            return True
    if _shadowed_by_class(module.facts, loop) or _ends_closed(module.facts, loop) or _reached_back(module, loop):
        return True
    if loop.function is None:
        return _is_taken_elsewhere(module, loop)
    for use in loop.inner:
        inner = _outermost(module.facts, use, loop.scope)
        if isinstance(inner, FUNCTIONS):
            keepers.add(inner.name)
        elif isinstance(module.facts.statement(inner), ast.Return):
            return True  # a lambda that uses the loop is given away
    return not is_last and _given_away(loop.function, keepers)


def _shadowed_by_class(facts: ModuleFacts, loop: Loop) -> bool:
    """True for `class C: loop = loop`, which reads the outer name, whatever its own binding says."""
    return any(scope.is_class for scope in facts.mentions(loop.name or ""))


def _ends_closed(facts: ModuleFacts, loop: Loop) -> bool:
    """True where a `while` around a run, or a test in it, asks whether the loop is closed: another closes it."""
    own = {node for close in loop.closes for node in ast.walk(close)}
    turns = [one for run in loop.runs for one in loops_around(facts, run) if isinstance(one, ast.While)]
    tests = (node.test for turn in turns for node in ast.walk(turn) if isinstance(node, (ast.If, ast.While)))
    return any(_asks_closed(node, loop) for test in tests if test not in own for node in ast.walk(test))


def _asks_closed(node: ast.AST, loop: Loop) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id=name), attr="is_closed"):
            return name == loop.name
        case ast.Attribute(value=ast.Call(), attr="is_closed"):
            return True  # that of the current loop
        case _:
            return False


def _reached_back(module: Module, loop: Loop) -> bool:
    """True where a future or a server that the loop made is asked for it: `future.get_loop()` is one more name."""
    facts = module.facts
    for call, _ in module.method_calls("get_loop"):
        inside = scope_of(facts, call) is loop.scope
        if loop.function is not None:
            inside = any(parent is loop.function for parent in facts.ancestors(call))
        if inside and not isinstance(facts.parents[call], (ast.Attribute, ast.Compare, ast.Expr)):
            return True
    return False


def _escapes_at(module: Module, loop: Loop, use: ast.Name, is_last: bool, keepers: set[str]) -> bool:
    facts = module.facts
    parent = facts.parents[use]
    match parent:
        case ast.Attribute(attr=attr, ctx=ast.Load()) if attr in RUNS or attr == "close":
            # Handed on uncalled (a thread's target, a clean-up), or called by another function.
            return method_call(facts, use) is None or use in loop.inner
        case (
            ast.Attribute() | ast.Compare() | ast.If() | ast.While() | ast.Assert() | ast.FormattedValue() | ast.Expr()
        ):
            return False
        case ast.UnaryOp(op=ast.Not()):
            return False
        case ast.BoolOp():
            around = facts.parents[parent]
            return not isinstance(around, (ast.If, ast.While, ast.Assert, ast.BoolOp, ast.UnaryOp))
        case ast.keyword():
            call = facts.parents[parent]
            return not isinstance(call, ast.Call) or _passed(module, loop, call, use, is_last, keepers)
        case ast.Call() if parent.func is not use:
            return _passed(module, loop, parent, use, is_last, keepers)
        case ast.Tuple() | ast.List() | ast.Dict():
            return not is_last or _put_away(module, parent)
        case _:
            return True  # stored, returned, yielded, put into a container, entered as a context


def _passed(module: Module, loop: Loop, call: ast.Call, use: ast.Name, is_last: bool, keepers: set[str]) -> bool:
    """True where a call that gets the loop as an argument may keep it beyond the scope."""
    facts = module.facts
    if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name) and call.func.value.id == use.id:
        return False  # one of its own methods: what it schedules dies with it
    name = module.name_of(call.func) or ""
    if name.startswith(_KEEPS):
        return True
    if name.startswith("asyncio.") or name in LOOKS:
        return False
    function = module.function_of(call.func)
    if function is not None and _closes_parameter(function, call, use):
        return True
    if function is None and SAYS_IT_CLOSES.search(last_name(call.func)):
        return True  # it is handed to something that says that it closes
    statement = facts.statement(call)
    if isinstance(statement, (ast.Assign, ast.AnnAssign)):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        keepers.update(node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name))
    if is_last or (function is not None and module.inference.is_coroutine_function(function)):
        return False
    if any(isinstance(value, Coroutine) for value in module.values(call)) or _is_run(facts, call):
        return False
    return not isinstance(statement, (ast.Assign, ast.AnnAssign)) or _is_stored(statement) or _on_self(call)


def _put_away(module: Module, display: ast.expr) -> bool:
    """True where a tuple, list or dict with the loop in it goes to a thread, is returned, or is stored."""
    parent = module.facts.parents[display]
    if isinstance(parent, ast.keyword):
        parent = module.facts.parents[parent]
    match parent:
        case ast.Call(func=func):
            return (module.name_of(func) or "").startswith(_KEEPS)
        case ast.Assign(targets=[ast.Name()]):
            return False
        case _:
            return True


def _is_run(facts: ModuleFacts, call: ast.Call) -> bool:
    """True where a call stands in the argument of a run: the loop awaits what it gives."""
    return any(
        isinstance(parent, ast.Call) and isinstance(parent.func, ast.Attribute) and parent.func.attr in RUNS
        for parent in facts.ancestors(call)
    )


def _is_stored(statement: ast.Assign | ast.AnnAssign) -> bool:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return any(isinstance(node, (ast.Attribute, ast.Subscript)) for node in targets)


def _on_self(call: ast.Call) -> bool:
    match call.func:
        case ast.Attribute(value=ast.Name(id="self" | "cls")):
            return True
        case _:
            return False


def parameters_given(function: Function, call: ast.Call, value: ast.expr) -> set[str]:
    """Return the names of the parameters of a function of the project by which it gets an argument of a call."""
    arguments = function.node.args
    names = [one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    given = {keyword.arg for keyword in call.keywords if keyword.value is value and keyword.arg}
    if not given and value in call.args:
        position = call.args.index(value) + (function.owner is not None)
        given = set(names[position : position + 1])
    return given


def _closes_parameter(function: Function, call: ast.Call, use: ast.Name) -> bool:
    """True where a function of the project closes the loop that it gets."""
    given = parameters_given(function, call, use)
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == "close"
        and isinstance(node.value, ast.Name)
        and node.value.id in given
        for node in ast.walk(function.node)
    )


def _given_away(function: FunctionNode, names: set[str]) -> bool:
    """True where a function returns, yields or stores one of its names."""
    for node in own_nodes(function):
        match node:
            case ast.Return(value=ast.expr() as value) | ast.Yield(value=ast.expr() as value):
                pass
            case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value) if _is_stored(node):
                pass
            case _:
                continue  # gives nothing away
        if isinstance(value, ast.Call):
            continue  # what a call makes of it
        if any(isinstance(inner, ast.Name) and inner.id in names for inner in ast.walk(value)):
            return True
    return False


def _outermost(facts: ModuleFacts, node: ast.AST, scope: Scope) -> ast.AST:
    """Return the definition, standing in the scope itself, that a node is inside of."""
    while facts.scope_at(node) is not scope:
        node = facts.parents[node]
    return node


def _is_taken_elsewhere(module: Module, loop: Loop) -> bool:
    """True where another file reads the module's name."""
    if loop.name is None or main_guard(module.facts, loop.getters[0]):
        return False
    users = importers(module)
    if users is None:
        return True  # too many to look at
    return any(
        module.facts.name in user.stars
        or loop.name in user.attributes
        or any(_takes(user, module.facts.name, loop.name))
        for user in users
    )


def _takes(user: ModuleFacts, source: str, name: str) -> Iterator[bool]:
    for scope in user.scopes.values():
        for bindings in scope.bindings.values():
            yield any(b.how is How.FROM and b.target == source and b.member == name for b in bindings)
