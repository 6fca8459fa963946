"""Tests that rule out that a future's setter fails: before it, around it, at its callers."""

from __future__ import annotations

import ast
from collections.abc import Callable

from aiomend.facts.flow import Test, assigns, between, guarded, implies, loops_around
from aiomend.facts.futures import bindings_of, origin_of, spellings
from aiomend.facts.module import own_nodes, suspends
from aiomend.facts.new_futures import makes_anew
from aiomend.facts.own_object import is_static, own_class, self_name
from aiomend.facts.parameters import parameters
from aiomend.facts.scopes import COMPREHENSIONS, FUNCTIONS, Binding, How
from aiomend.facts.uses import own_calls
from aiomend.facts.view import Module
from aiomend.source import last_line

_DEPTH = 3  #: a test that lies more calls away than that is not looked for


def is_guarded(module: Module, call: ast.expr, receiver: ast.expr) -> bool:
    """True where a test of the future's `cancelled()` or `done()` rules out that the setter ``call``, or what reads it, fails.

    Nothing between the test and the setter may suspend, cancel the future, or put another one in its place.
    """
    if isinstance(call, ast.Call) and any(map(suspends, call.args)):
        return False  # the future may be cancelled while the argument is waited for
    known_as = spellings(module, receiver)
    has_origin = origin_of(module, receiver) is not None

    def settled(test: ast.expr, outcome: bool) -> bool:
        return _rules_out(module, test, outcome, known_as) and not _suspended_after(module, test)

    def spoils(part: ast.AST) -> bool:
        return suspends(part) or (not has_origin and assigns(part, receiver)) or _cancels(part, known_as)

    return (
        guarded(module.facts, call, settled, spoils)
        or _callers_test(module, call, receiver, settled, spoils)
        or _is_renewed(module, call, receiver, settled)
        or _is_filtered(module, call, receiver, settled)
    )


def _callers_test(
    module: Module, node: ast.expr, receiver: ast.expr, settled: Test, spoils: Callable[[ast.AST], bool], depth: int = 0
) -> bool:
    """True where every call of the method that ``node`` stands in is made behind such a test of the object's own future."""
    facts = module.facts
    method = facts.function_at(node)
    root = receiver
    while isinstance(root, ast.Attribute):
        root = root.value
    if not isinstance(method, ast.FunctionDef) or root is receiver or facts.is_generator(method) or depth > _DEPTH:
        return False  # a coroutine function may start much later
    if not isinstance(root, ast.Name) or root.id != self_name(method) or any(map(spoils, method.body)):
        return False
    calls = own_calls(module, method)
    return bool(calls) and all(
        not any(map(suspends, [*call.args, *call.keywords]))
        and (guarded(facts, call, settled, spoils) or _callers_test(module, call, receiver, settled, spoils, depth + 1))
        for call in calls
    )


def _rules_out(module: Module, test: ast.expr, outcome: bool, known_as: set[str]) -> bool:
    match test:
        case ast.Call(func=ast.Attribute(value=value, attr="cancelled" | "done"), args=[]):
            return not outcome and bool(_spelled(module, value) & known_as)
        case ast.Compare(left=left, ops=[ast.Is() | ast.Eq()], comparators=[ast.Constant(value=bool(wanted))]):
            return _rules_out(module, left, outcome is wanted, known_as)
        case ast.Compare(left=ast.Attribute(value=value, attr="_state"), ops=[op]):
            is_pending = outcome if isinstance(op, (ast.Eq, ast.Is)) else not outcome
            return is_pending and bool(_spelled(module, value) & known_as)
        case ast.Call(func=ast.Name() | ast.Attribute()):
            return _asks_another(module, test, outcome, known_as)
        case ast.Name():
            # `pending = not fut.done()` and then `if pending:`
            match bindings_of(module, test):
                case [Binding(how=How.ASSIGN, node=ast.stmt() as made, value=ast.expr() as value, path=())]:
                    return _still_holds(module, made, test, known_as) and implies(
                        value, outcome, lambda part, is_so: _rules_out(module, part, is_so, known_as)
                    )
                case _:
                    return False
        case ast.Attribute():
            return _asks_another(module, test, outcome, known_as)
        case _:
            return False


def _still_holds(module: Module, made: ast.stmt, test: ast.expr, known_as: set[str]) -> bool:
    """True where what a name was bound to is so where it is asked: no suspension, no cancel and no other future in between."""
    middle = between(module.facts, made, module.facts.statement(test))
    return middle is not None and not any(
        suspends(part) or _cancels(part, known_as) or _binds_anew(part, known_as) for part in (made, *middle)
    )


def _binds_anew(part: ast.AST, known_as: set[str]) -> bool:
    stored = (one for one in ast.walk(part) if isinstance(getattr(one, "ctx", None), ast.Store))
    return any(ast.dump(one).replace("ctx=Store()", "ctx=Load()") in known_as for one in stored)


def _asks_another(module: Module, test: ast.Call | ast.Attribute, outcome: bool, known_as: set[str]) -> bool:
    """True for a function or a property of the file that only returns such a test, of what it is given or of its own object."""
    function = _asked(module, test)
    if function is None:
        return False
    match function.body:
        case [ast.Return(value=ast.expr() as answer)] | [
            ast.Expr(value=ast.Constant()),
            ast.Return(value=ast.expr() as answer),
        ]:
            pass
        case _:
            return False  # it does more
    given: dict[str, ast.expr] = {}
    if isinstance(test, ast.Call) and (known := module.function_of(test.func)) is not None:
        values = [*test.args, *(keyword.value for keyword in test.keywords)]
        given = {name: one for one in values for name in parameters(known, test, one)}
    asked, me = test.func if isinstance(test, ast.Call) else test, self_name(function)
    is_method = module.facts.class_of(function) is not None and not is_static(function)
    if me is not None and isinstance(asked, ast.Attribute) and is_method:
        given[me] = asked.value

    def settled(test: ast.expr, is_so: bool) -> bool:
        match test:
            case ast.Call(func=ast.Attribute(value=asked, attr="cancelled" | "done"), args=[]):
                root = asked
                while isinstance(root, ast.Attribute):
                    root = root.value
                if is_so or not isinstance(root, ast.Name) or root.id not in given:
                    return False
                return ast.dump(asked).replace(ast.dump(root), ast.dump(given[root.id])) in known_as
            case _:
                return False

    return implies(answer, outcome, settled)


def _asked(module: Module, test: ast.Call | ast.Attribute) -> ast.FunctionDef | None:
    """Return the function of the file that a test calls, or the property of its own class that it reads."""
    if isinstance(test, ast.Call):
        function = module.function_of(test.func)
        is_here = function is not None and function.facts is module.facts
        return (
            function.node if function is not None and is_here and isinstance(function.node, ast.FunctionDef) else None
        )
    cls = own_class(module.facts, test.value)
    found = [one for one in cls.body if isinstance(one, FUNCTIONS) and one.name == test.attr] if cls is not None else []
    match found:
        case [ast.FunctionDef(decorator_list=[ast.Name(id="property")]) as getter]:
            return getter
        case _:
            return None


def _spelled(module: Module, value: ast.expr) -> set[str]:
    """Return what the future that a test asks goes by, the name that the test itself gives it included."""
    match value:
        case ast.NamedExpr(target=target, value=inner):
            return spellings(module, target) | _spelled(module, inner)
        case _:
            return spellings(module, value)


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


def _is_renewed(module: Module, call: ast.expr, receiver: ast.expr, settled: Test) -> bool:
    """True behind `if fut.done(): fut = loop.create_future()`, with nothing in between that suspends."""
    facts = module.facts
    here: ast.AST = facts.statement(call)
    while isinstance(here, ast.stmt):
        block = facts.block(here)
        for earlier in reversed(block[: block.index(here)]):
            match earlier:
                case ast.If(test=test, body=body) if implies(test, False, settled):
                    if any(makes_anew(module, statement, receiver) for statement in body):
                        return not suspends(earlier)
                case _:
                    pass  # renews nothing
            if suspends(earlier) or assigns(earlier, receiver):
                return False
        parent = facts.parents[here]
        if isinstance(parent, (*FUNCTIONS, ast.ClassDef)) or suspends(parent):
            return False
        here = parent
    return False


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
    if _is_first_pending(module, node, receiver):
        return True
    around = list(loops_around(module.facts, node))
    match [one for one in bindings_of(module, receiver) if one.node in around]:
        case [Binding(how=How.ITERATION, node=ast.For(body=body) as loop, value=ast.expr() as value, path=path)]:
            if any(suspends(statement) or assigns(statement, receiver) for statement in body):
                return False  # an earlier round may have undone it; or it is another one now
            return _lets_through_pending(_made_right_before(module, loop, value), path)
        case _:
            return False


def _is_first_pending(module: Module, node: ast.expr, receiver: ast.expr) -> bool:
    """True behind `fut = next(one for one in futures if not one.done())`, with nothing in between that suspends."""
    facts = module.facts
    match bindings_of(module, receiver):
        case [
            Binding(how=How.ASSIGN, node=ast.stmt() as made, value=ast.Call(func=ast.Name(id="next"), args=[first, *_]))
        ]:
            middle = between(facts, made, facts.statement(node))
            is_here = middle is not None and facts.function_at(made) is facts.function_at(node)
            return is_here and not any(map(suspends, middle or ())) and _lets_through_pending(first, ())
        case _:
            return False


def _made_right_before(module: Module, loop: ast.For, iterable: ast.expr) -> ast.expr | None:
    """Return what a loop goes through, also where a name was bound to it before, with nothing in between that suspends."""
    if not isinstance(iterable, ast.Name):
        return iterable
    facts = module.facts
    match bindings_of(module, iterable):
        case [Binding(how=How.ASSIGN, node=ast.stmt() as made, value=value, path=())]:
            pass
        case _:
            return None
    if between(facts, made, loop) is None or list(loops_around(facts, made)) != list(loops_around(facts, loop)):
        return None  # it may be a round ago that the futures were looked at
    own = own_nodes(facts.function_at(loop) or facts.tree)
    middle = (one for one in own if last_line(made) < getattr(one, "lineno", 0) < loop.lineno)
    return None if any(map(suspends, middle)) else value


def _lets_through_pending(iterable: ast.expr | None, path: tuple[int, ...]) -> bool:
    """True for `[fut for fut in futures if not fut.done()]`, and where that is the part at ``path`` of each element."""
    match iterable:
        case ast.ListComp(elt=element, generators=[one]) | ast.GeneratorExp(elt=element, generators=[one]):
            future = _at(element, path)
            wanted = (f"{future}.done()", f"{future}.cancelled()")
            return any(
                implies(test, True, lambda part, is_so: not is_so and ast.unparse(part) in wanted) for test in one.ifs
            )
        case ast.Call(
            func=ast.Name(id="filter"), args=[ast.Lambda(args=ast.arguments(args=[ast.arg(arg=name)]), body=test), _]
        ) if path == ():
            wanted = (f"{name}.done()", f"{name}.cancelled()")
            return implies(test, True, lambda part, is_so: not is_so and ast.unparse(part) in wanted)
        case _:
            return False


def _at(element: ast.expr, path: tuple[int, ...]) -> str | None:
    """Return how the part of an element is written: `fut` of `name, fut`, `item[1]` of `item`."""
    match element, path:
        case _, ():
            return ast.unparse(element)
        case ast.Tuple(elts=parts), (int(at),) if at < len(parts):
            return ast.unparse(parts[at])
        case ast.Name(id=name), (int(at),):
            return f"{name}[{at}]"
        case _:
            return None
