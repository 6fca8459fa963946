"""What rules out that a future's setter fails: tests before it, handlers around it, or that it was only just made."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.flow import Test, assigns, between, contexts_around, guarded, handlers_around, implies
from aiomend.facts.futures import bindings_of, origin_of, spellings
from aiomend.facts.module import suspends
from aiomend.facts.scopes import COMPREHENSIONS, FUNCTIONS, Binding, How
from aiomend.facts.view import Module

_MAKERS = frozenset({"asyncio.Future", "asyncio.AbstractEventLoop.create_future"})
_PUTS_IN = frozenset({"append", "appendleft", "add", "insert"})
_CATCHES = frozenset(
    {"asyncio.InvalidStateError", "concurrent.futures.InvalidStateError", "Exception", "BaseException"}
)


# ---- a test before it ---


def is_guarded(module: Module, call: ast.Call, receiver: ast.expr) -> bool:
    """True where a test of the future's `cancelled()` or `done()` rules out that the setter ``call`` fails.

    Nothing between the test and the setter may suspend, cancel the future, or put another one in its place.
    """
    if any(map(suspends, call.args)):
        return False  # the future may be cancelled while the argument is waited for
    known_as = spellings(module, receiver)
    has_origin = origin_of(module, receiver) is not None

    def settled(test: ast.expr, outcome: bool) -> bool:
        return _rules_out(module, test, outcome, known_as) and not _suspended_after(module, test)

    def spoils(part: ast.AST) -> bool:
        return suspends(part) or (not has_origin and assigns(part, receiver)) or _cancels(part, known_as)

    return guarded(module.facts, call, settled, spoils) or _is_filtered(module, call, receiver, settled)


def _rules_out(module: Module, test: ast.expr, outcome: bool, known_as: set[str]) -> bool:
    match test:
        case ast.Call(func=ast.Attribute(value=value, attr="cancelled" | "done"), args=[]):
            return not outcome and bool(spellings(module, value) & known_as)
        case ast.Compare(left=left, ops=[ast.Is() | ast.Eq()], comparators=[ast.Constant(value=bool(wanted))]):
            return _rules_out(module, left, outcome is wanted, known_as)
        case ast.Compare(left=ast.Attribute(value=value, attr="_state"), ops=[op]):
            is_pending = outcome if isinstance(op, (ast.Eq, ast.Is)) else not outcome
            return is_pending and bool(spellings(module, value) & known_as)
        case ast.Name():
            # `pending = not fut.done()` and then `if pending:`
            match bindings_of(module, test):
                case [Binding(how=How.ASSIGN, value=ast.UnaryOp(op=ast.Not(), operand=inner), path=())]:
                    return _rules_out(module, inner, not outcome, known_as)
                case _:
                    return False
        case _:
            return False


def _suspended_after(module: Module, test: ast.expr) -> bool:
    """True where the condition that a test is part of suspends after it: `not fut.done() and await ready()`."""
    here: ast.AST = test
    for parent in module.facts.ancestors(test):
        if isinstance(parent, ast.BoolOp) and here in parent.values:
            if any(suspends(part) for part in parent.values[parent.values.index(here) + 1 :]):
                return True
        elif not isinstance(parent, (ast.UnaryOp, ast.NamedExpr, ast.Compare)):
            return False
        here = parent
    return False


def _cancels(part: ast.AST, known_as: set[str]) -> bool:
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "cancel"
        and ast.dump(node.func.value) in known_as
        for node in ast.walk(part)
    )


def _is_filtered(module: Module, node: ast.expr, receiver: ast.expr, settled: Test) -> bool:
    """True where the future is an element that a comprehension's own condition lets through."""
    here: ast.AST = node
    for parent in module.facts.ancestors(node):
        if isinstance(parent, COMPREHENSIONS):
            tests = [test for generator in parent.generators for test in generator.ifs]
            if here not in tests and any(implies(test, True, settled) for test in tests):
                return True
        if isinstance(parent, (ast.stmt, ast.Lambda)):
            break
        here = parent
    match bindings_of(module, receiver):
        case [Binding(how=How.ITERATION, node=ast.For(body=body), value=value, path=())]:
            return _lets_through_pending(value) and not any(suspends(statement) for statement in body)
        case _:
            return False


def _lets_through_pending(iterable: ast.expr | None) -> bool:
    """True for `[fut for fut in futures if not fut.done()]`."""
    match iterable:
        case (
            ast.ListComp(elt=ast.Name(id=name), generators=[one])
            | ast.GeneratorExp(elt=ast.Name(id=name), generators=[one])
        ):
            wanted = (f"not {name}.done()", f"not {name}.cancelled()")
            return any(ast.unparse(test) in wanted for test in one.ifs)
        case _:
            return False


# ---- a handler around it ---


def error_is_expected(module: Module, node: ast.expr) -> bool:
    """True where an InvalidStateError raised at ``node`` is caught in the same function, or a test waits for it."""
    if any(_catches(module, handler.type) for handler in handlers_around(module.facts, node)):
        return True
    for _, item in contexts_around(module.facts, node):
        match item.context_expr:
            case ast.Call(func=func, args=args):
                if module.name_of(func) == "contextlib.suppress" and any(_catches(module, one) for one in args):
                    return True
                name = func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
                if name == "raises" or name.startswith("assertRaises"):
                    return True
            case _:
                pass  # no context that swallows
    return False


def _catches(module: Module, caught: ast.expr | None) -> bool:
    match caught:
        case None:
            return True
        case ast.Tuple(elts=parts):
            return any(_catches(module, part) for part in parts)
        case _:
            name = module.name_of(caught)
            return name in _CATCHES or (name or "").endswith("InvalidStateError")


# ---- only just made ---


def is_just_made(module: Module, call: ast.Call, receiver: ast.expr) -> bool:
    """True where the future that ``call`` sets was made right before, in this function, and nothing can have cancelled it.

    Nobody else has it, or nothing has run since it was handed out: no suspension and no call that could reach it.
    """
    facts = module.facts
    statement = facts.statement(call)
    made = _made_by(module, receiver, statement)
    middle = between(facts, made, statement) if made is not None else None
    if made is None or middle is None:
        return False
    last = next(one for one in facts.block(made) if one is statement or any(n is statement for n in ast.walk(one)))
    is_known_elsewhere = _stores(made)
    for part in [*middle, *_evaluated_before(last, statement, call), *call.args]:
        is_known_elsewhere = is_known_elsewhere or _mentions(part, receiver)
        runs_code = any(isinstance(one, ast.Call) and not _is_harmless(one, receiver) for one in ast.walk(part))
        if is_known_elsewhere and (runs_code or suspends(part)):
            return False
    return True


def _made_by(module: Module, receiver: ast.expr, before: ast.stmt) -> ast.stmt | None:
    """Return the last statement above ``before``, in its block or one around it, that makes the future."""
    facts = module.facts
    here: ast.AST = before
    while isinstance(here, ast.stmt):
        block = facts.block(here)
        for earlier in reversed(block[: block.index(here)]):
            match earlier:
                case ast.Assign(targets=targets, value=value):
                    names = targets
                case ast.AnnAssign(target=target, value=ast.expr() as value):
                    names = [target]
                case _:
                    continue  # makes nothing
            if _targets(names, receiver):
                made = isinstance(value, ast.Call) and module.name_of(value.func) in _MAKERS
                return earlier if made else None
        parent = facts.parents[here]
        if isinstance(parent, (*FUNCTIONS, ast.ClassDef, ast.Module)):
            return None
        here = parent
    return None


def _targets(targets: list[ast.expr], receiver: ast.expr) -> bool:
    wanted = ast.unparse(receiver)
    return any(ast.unparse(target) == wanted for target in targets)


def _stores(made: ast.stmt) -> bool:
    """True where the making statement itself puts the future somewhere that others reach."""
    match made:
        case ast.Assign(targets=targets):
            return not all(isinstance(target, ast.Name) for target in targets)
        case ast.AnnAssign(target=target):
            return not isinstance(target, ast.Name)
        case _:
            return True


def _evaluated_before(last: ast.stmt, statement: ast.stmt, node: ast.expr) -> Iterator[ast.AST]:
    """Yield what of a compound statement may run before the setter in it; all of a loop around it."""
    if last is statement:
        return
    for child in ast.walk(last):
        if isinstance(child, (ast.For, ast.AsyncFor, ast.While)) and any(one is statement for one in ast.walk(child)):
            yield from (one for one in child.body if one is not statement)
        if isinstance(child, ast.AsyncWith) and any(one is statement for one in ast.walk(child)):
            yield ast.copy_location(ast.Await(ast.Constant(None)), child)  # entering it suspends
    spot = (node.lineno, node.col_offset)
    for inner in ast.walk(last):
        if isinstance(inner, (ast.expr, ast.stmt)) and (inner.end_lineno, inner.end_col_offset) <= spot:
            yield inner


def _is_harmless(call: ast.Call, receiver: ast.expr) -> bool:
    """A call of the future's own method, or one that puts it into a container, runs nobody's code."""
    match call.func:
        case ast.Attribute(value=value, attr=attr):
            return attr in _PUTS_IN or (ast.dump(value) == ast.dump(receiver) and attr != "cancel")
        case ast.Name(id=name):
            return name in ("isinstance", "len", "print", "id", "repr", "str", "int")
        case _:
            return False


def _mentions(node: ast.AST, receiver: ast.expr) -> bool:
    wanted = ast.dump(receiver)
    return any(isinstance(one, type(receiver)) and ast.dump(one) == wanted for one in ast.walk(node))
