"""What surely ran before a place, and what surrounds it: guards, handlers, held locks, suspension points between."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from aiomend.facts.module import ModuleFacts, own_nodes, suspends
from aiomend.facts.scopes import FUNCTIONS, last_name
from aiomend.facts.tree import walk

Test = Callable[[ast.expr, bool], bool]
"""Asked of a test and its outcome: does this outcome settle the matter?"""


def implies(test: ast.expr, outcome: bool, settled: Test) -> bool:
    """True where a test having come out as ``outcome`` settles the matter, through `not`, `and`, `or` and `bool()`."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return implies(inner, not outcome, settled)
        case ast.BoolOp(op=ast.And(), values=parts):
            return (any if outcome else all)(implies(part, outcome, settled) for part in parts)
        case ast.BoolOp(op=ast.Or(), values=parts):
            return (all if outcome else any)(implies(part, outcome, settled) for part in parts)
        case ast.NamedExpr(value=inner) | ast.Call(func=ast.Name(id="bool"), args=[inner], keywords=[]):
            return implies(inner, outcome, settled)
        case _:
            return settled(test, outcome)


def leaves(block: list[ast.stmt]) -> bool:
    """True where control never runs off the end of a block."""
    if not block:
        return False
    match block[-1]:
        case ast.Return() | ast.Raise() | ast.Continue() | ast.Break():
            return True
        case ast.If(body=body, orelse=orelse):
            return leaves(body) and leaves(orelse)
        case ast.With(body=body) | ast.AsyncWith(body=body):
            return leaves(body)
        case ast.Try(body=body, handlers=handlers, finalbody=final):
            return leaves(final) or (leaves(body) and all(leaves(handler.body) for handler in handlers))
        case _:
            return False


def guarded(facts: ModuleFacts, node: ast.expr, settled: Test, spoils: Callable[[ast.AST], bool] = suspends) -> bool:
    """True where some test that settles the matter dominates ``node``, with nothing that ``spoils`` it in between.

    Follows enclosing `if`, `while`, conditional expressions and `and`/`or`, earlier `if …: return`, and `assert`, up to the
    function's own border.
    """
    here: ast.AST = node
    for parent in facts.ancestors(node):
        match parent:
            case ast.IfExp(test=test, body=body):
                if here is not test and implies(test, here is body, settled):
                    return True
            case ast.BoolOp(op=op, values=parts):
                before = parts[: parts.index(here)] if here in parts else []
                if any(implies(part, isinstance(op, ast.And), settled) for part in before):
                    return True
            case ast.comprehension():
                pass  # its conditions are of the elements, not of the matter
        if isinstance(here, ast.stmt):
            verdict = _before(facts, here, settled, spoils)
            if verdict is not None:
                return verdict
            match parent:
                case ast.If(test=test):
                    if implies(test, here in parent.body, settled):
                        return True
                case ast.match_case(guard=condition) as case:
                    if condition is not None and implies(condition, True, settled):
                        return True
                    if _is_settled_by_case(facts, case, settled):
                        return True
                case ast.While(test=test) if here in parent.body:
                    if implies(test, True, settled):
                        return True
                    if any(spoils(statement) for statement in parent.body):
                        return False  # an earlier round of the loop may have undone it
                case ast.For() | ast.AsyncFor():
                    if any(spoils(statement) for statement in parent.body):
                        return False  # likewise
                case _:
                    pass  # decides nothing
        match parent:
            case ast.Try() | ast.TryStar() if here not in parent.body and any(map(spoils, parent.body)):
                return False  # handlers, `else` and `finally` run after the body
            case ast.AsyncWith() if spoils(parent):
                return False  # entering it suspends
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda() | ast.ClassDef():
                return False
            case _:
                pass  # control passes it undisturbed
        here = parent
    return False


def _is_settled_by_case(facts: ModuleFacts, case: ast.match_case, settled: Test) -> bool:
    """True in `case False:` where that settles the matter, and in `case _:` below a `case True:`."""
    match facts.parents[case]:
        case ast.Match(subject=subject, cases=cases):
            pass
        case _:
            return False
    match case.pattern:
        case ast.MatchSingleton(value=bool(outcome)):
            return implies(subject, outcome, settled)
        case ast.MatchAs(pattern=None):
            above = [one.pattern for one in cases[: cases.index(case)] if one.guard is None]
            gone = [one.value for one in above if isinstance(one, ast.MatchSingleton) and one.value is not None]
            return any(implies(subject, not outcome, settled) for outcome in gone)
        case _:
            return False


def _before(facts: ModuleFacts, statement: ast.stmt, settled: Test, spoils: Callable[[ast.AST], bool]) -> bool | None:
    """Look at the earlier statements of the same block: True settled, False spoiled, None neither."""
    try:
        block = facts.block(statement)
    except KeyError:
        return None
    return _settled_by(facts, block[: block.index(statement)], settled, spoils)


def _settled_by(
    facts: ModuleFacts, block: list[ast.stmt], settled: Test, spoils: Callable[[ast.AST], bool]
) -> bool | None:
    for earlier in reversed(block):
        match earlier:
            case ast.If():
                if _is_settled_past(facts, earlier, settled, spoils):
                    return True
            case ast.Assert(test=test):
                if implies(test, True, settled):
                    return True
            case ast.While(test=test, orelse=[]) if not _breaks(earlier):
                if implies(test, False, settled):
                    return True
            case ast.While() | ast.For():
                if _is_settled_by_breaks(facts, earlier, settled, spoils):
                    return True
            case ast.Try(body=body, orelse=orelse, handlers=handlers, finalbody=[]):
                if all(leaves(one.body) for one in handlers):
                    verdict = _settled_by(facts, [*body, *orelse], settled, spoils)
                    if verdict is not None:
                        return verdict
            case _:
                pass  # tests nothing
        if spoils(earlier):
            return False
    return None


def _is_settled_by_breaks(
    facts: ModuleFacts, loop: ast.While | ast.For, settled: Test, spoils: Callable[[ast.AST], bool]
) -> bool:
    """True where the only way past a loop is a `break` that a test stands before: without end, or with an `else` that leaves."""
    match loop:
        case ast.While(test=ast.Constant(value=value), orelse=[]) if value:
            pass  # it never ends by itself
        case _ if not leaves(loop.orelse):
            return False
        case _:
            pass  # where it ends by itself, that goes elsewhere
    breaks = [one for one in walk(loop) if isinstance(one, ast.Break) and next(loops_around(facts, one)) is loop]
    return bool(breaks) and all(_is_settled_in(facts, one, loop, settled, spoils) for one in breaks)


def _is_settled_in(
    facts: ModuleFacts, leaving: ast.Break, loop: ast.stmt, settled: Test, spoils: Callable[[ast.AST], bool]
) -> bool:
    """True where a test that settles the matter stands before a `break`, in the same round of the loop."""
    here: ast.stmt = leaving
    while here is not loop:
        verdict = _before(facts, here, settled, spoils)
        if verdict is not None:
            return verdict
        parent = facts.parents[here]
        if isinstance(parent, ast.If) and implies(parent.test, here in parent.body, settled):
            return True
        if not isinstance(parent, (ast.If, ast.With, ast.While, ast.For)):
            return False  # a handler, or what suspends
        here = parent
    return False


def _is_settled_past(facts: ModuleFacts, choice: ast.If, settled: Test, spoils: Callable[[ast.AST], bool]) -> bool:
    """True where each way that goes on behind an `if` settles the matter."""
    ways = [(block, outcome) for block, outcome in ((choice.body, True), (choice.orelse, False)) if not leaves(block)]
    for block, outcome in ways:
        verdict = _settled_by(facts, block, settled, spoils)
        if verdict is False or (verdict is None and not implies(choice.test, outcome, settled)):
            return False
    return bool(ways)


def _breaks(loop: ast.While) -> bool:
    return any(isinstance(node, ast.Break) for node in ast.walk(loop))


def handlers_around(facts: ModuleFacts, node: ast.AST) -> Iterator[ast.ExceptHandler]:
    """Yield the handlers that see an exception raised at ``node``, innermost first, within the same function."""
    here = node
    for parent in facts.ancestors(node):
        if isinstance(parent, (ast.Try, ast.TryStar)) and here in parent.body:
            yield from parent.handlers
        if isinstance(parent, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
            return
        here = parent


def contexts_around(facts: ModuleFacts, node: ast.AST) -> Iterator[tuple[ast.With | ast.AsyncWith, ast.withitem]]:
    """Yield the `with` items entered around ``node``, innermost first, within the same function."""
    here = node
    for parent in facts.ancestors(node):
        if isinstance(parent, (ast.With, ast.AsyncWith)) and here in parent.body:
            yield from ((parent, item) for item in reversed(parent.items))
        if isinstance(parent, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
            return
        here = parent


def caught_around(facts: ModuleFacts, node: ast.AST) -> Iterator[ast.expr | None]:
    """Yield what handlers and `suppress()` take of what is raised at ``node``; None for a handler that takes everything."""
    for handler in handlers_around(facts, node):
        yield from caught_by(handler.type)
    for _, item in contexts_around(facts, node):
        match item.context_expr:
            case ast.Call(func=func, args=args) if last_name(func) == "suppress":
                for one in args:
                    yield from caught_by(one)
            case _:
                pass  # lets errors through


def caught_by(types: ast.expr | None) -> list[ast.expr] | list[ast.expr | None]:
    """Return what the head of a handler names, each by itself; one None where it names nothing."""
    return types.elts if isinstance(types, ast.Tuple) else [types]


def loops_around(facts: ModuleFacts, node: ast.AST) -> Iterator[ast.For | ast.AsyncFor | ast.While]:
    """Yield the loops around ``node`` within the same function, innermost first."""
    for parent in facts.ancestors(node):
        if isinstance(parent, (ast.For, ast.AsyncFor, ast.While)):
            yield parent
        if isinstance(parent, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
            return


def between(facts: ModuleFacts, first: ast.stmt, last: ast.stmt) -> list[ast.stmt] | None:
    """Return the statements that run after ``first`` and before ``last`` where both stand in one block, else None."""
    block = facts.block(first)
    here: ast.AST = last
    while here not in block:
        parent = facts.parents.get(here)
        if parent is None or isinstance(parent, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
            return None
        here = parent
    start, end = block.index(first), block.index(here)
    return block[start + 1 : end] if start < end else None


def same(first: ast.expr, second: ast.expr) -> bool:
    """True where two expressions are written alike: the same name, attribute chain or constant item."""
    match first, second:
        case ast.Name(id=name, ctx=ctx), ast.Name(id=other, ctx=other_ctx):
            return name == other and type(ctx) is type(other_ctx)
        case ast.Attribute(attr=attr, ctx=ctx), ast.Attribute(attr=other, ctx=other_ctx):
            return attr == other and type(ctx) is type(other_ctx) and same(first.value, second.value)
        case _:
            return type(first) is type(second) and ast.dump(first) == ast.dump(second)


def is_dropped(facts: ModuleFacts, node: ast.expr) -> bool:
    """True where nobody takes the value of an expression: a statement of its own, also by way of a test or a comprehension."""
    return isinstance(facts.parents[whole(facts, node)], ast.Expr)


def whole(facts: ModuleFacts, node: ast.expr) -> ast.expr:
    """Return the outermost expression whose value is that of ``node``, or a list or set of such values."""
    match facts.parents[node]:
        case (ast.ListComp(elt=element) | ast.SetComp(elt=element)) as around if element is node:
            return whole(facts, around)
        case ast.IfExp(test=test) as around if test is not node:
            return whole(facts, around)
        case ast.BoolOp(values=[*_, last]) as around if last is node:
            return whole(facts, around)
        case _:
            return node


def is_simple(node: ast.expr) -> bool:
    """True where evaluating twice, or not at all, makes no difference: names, attributes of names, constants."""
    match node:
        case ast.Name() | ast.Constant():
            return True
        case ast.Attribute(value=value):
            return is_simple(value)
        case ast.Subscript(value=value, slice=index):
            return is_simple(value) and is_simple(index)
        case ast.UnaryOp(operand=operand):
            return is_simple(operand)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return all(map(is_simple, parts))
        case _:
            return False


def assigns(statement: ast.AST, target: ast.expr) -> bool:
    """True where running ``statement`` may bind ``target`` (a name or attribute chain) anew."""
    kind, wanted = type(target), ast.unparse(target)
    return any(
        type(node) is kind
        and isinstance(node, (ast.Name, ast.Attribute, ast.Subscript))
        and isinstance(node.ctx, (ast.Store, ast.Del))
        and ast.unparse(node) == wanted
        for node in walk(statement)
    )


def returns_in(function: ast.AST) -> list[ast.Return]:
    """Return the `return` statements of a function's own body."""
    return [node for node in own_nodes(function) if isinstance(node, ast.Return)]
