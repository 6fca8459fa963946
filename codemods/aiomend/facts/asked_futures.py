"""Code of the project that asks for others whether a future is cancelled or done: functions, properties, decorators, generators."""

from __future__ import annotations

import ast

from aiomend.facts.flow import assigns, guarded, implies, returns_in
from aiomend.facts.module import ModuleFacts, suspends
from aiomend.facts.own_object import is_static, self_name
from aiomend.facts.parameters import parameters
from aiomend.facts.scopes import FUNCTIONS, last_name
from aiomend.facts.values import Function, ProjectInstance
from aiomend.facts.view import Module

ASKS = frozenset({"cancelled", "done"})
_COPIES = frozenset({"deque", "iter", "list", "reversed", "set", "sorted", "tuple"})


def asks_another(module: Module, test: ast.Call | ast.Attribute, outcome: bool, known_as: set[str]) -> bool:
    """True for a function or a property of the project that only returns such a test, of what it is given or of its own object."""
    found = _asked(module, test)
    if found is None or (answer := _answer(found[1])) is None:
        return False
    facts, function = found
    given: dict[str, ast.expr] = {}
    if isinstance(test, ast.Call) and (known := module.function_of(test.func)) is not None:
        values = [*test.args, *(keyword.value for keyword in test.keywords)]
        given = {name: one for one in values for name in parameters(known, test, one)}
    asked, me = test.func if isinstance(test, ast.Call) else test, self_name(function)
    is_method = facts.class_of(function) is not None and not is_static(function)
    if me is not None and isinstance(asked, ast.Attribute) and is_method:
        given[me] = asked.value
    return implies(answer, outcome, lambda part, is_so: not is_so and _future_in(part, given) in known_as)


def _future_in(test: ast.expr, given: dict[str, ast.expr]) -> str | None:
    """Return the dump of the future that a test of `cancelled()` or `done()` asks, with what stands for its first name."""
    match test:
        case ast.Call(func=ast.Attribute(value=asked, attr=attr), args=[]) if attr in ASKS:
            root = asked
            while isinstance(root, ast.Attribute):
                root = root.value
            if isinstance(root, ast.Name) and root.id in given:
                return ast.dump(asked).replace(ast.dump(root), ast.dump(given[root.id]))
            return None
        case _:
            return None


def _answer(function: ast.FunctionDef) -> ast.expr | None:
    """Return what a function gives that does nothing else."""
    match function.body:
        case [ast.Return(value=answer)] | [ast.Expr(value=ast.Constant()), ast.Return(value=answer)]:
            return answer
        case _:
            return None


def _asked(module: Module, test: ast.Call | ast.Attribute) -> tuple[ModuleFacts, ast.FunctionDef] | None:
    """Return the function of the project that a test calls, or the property that it reads of an object of the project."""
    if isinstance(test, ast.Call):
        match module.function_of(test.func):
            case Function(facts=facts, node=ast.FunctionDef() as node):
                return facts, node
            case _:
                return None
    classes = module.inference.classes
    match list(module.values(test.value)):
        case [ProjectInstance(cls=cls)]:
            pass
        case _:
            return None
    if any(
        test.attr in one.facts.scopes[one.node].bindings for one in classes.subclasses(cls) if one.node is not cls.node
    ):
        return None  # it may be another one's
    for one in classes.mro(cls):
        match [each for each in one.node.body if isinstance(each, FUNCTIONS) and each.name == test.attr]:
            case []:
                continue  # inherited
            case [ast.FunctionDef(decorator_list=[ast.Name(id="property")]) as getter]:
                return one.facts, getter
            case _:
                return None
    return None


# ---- decorators ---


def tests_first(
    module: Module, method: ast.FunctionDef, decorator: ast.expr, receiver_root: ast.expr, known_as: set[str]
) -> bool:
    """True for a decorator of the project whose wrapper calls the method behind such a test of the object's own future."""
    match module.function_of(decorator):
        case Function(facts=there, node=ast.FunctionDef() as node) if node.args.args:
            decorated = node.args.args[0].arg
        case _:
            return False
    uses = there.mentions(decorated).get(there.scopes[node], ())
    calls = [there.parents[use] for use in uses if isinstance(use.ctx, ast.Load) and not _is_wrapped(there, use)]
    return bool(calls) and all(
        isinstance(call, ast.Call)
        and call.func in uses
        and _is_behind_a_test(there, node, call, receiver_root, known_as)
        for call in calls
    )


def _is_wrapped(facts: ModuleFacts, use: ast.Name) -> bool:
    """True for the argument of `functools.wraps()`."""
    match facts.parents[use]:
        case ast.Call(func=func) as call:
            return use in call.args and last_name(func) in ("wraps", "update_wrapper")
        case _:
            return False


def _is_behind_a_test(
    facts: ModuleFacts, decorator: ast.FunctionDef, call: ast.Call, root: ast.expr, known_as: set[str]
) -> bool:
    wrapper = facts.function_at(call)
    if not isinstance(wrapper, ast.FunctionDef) or facts.function_at(wrapper) is not decorator:
        return False
    first = [*wrapper.args.posonlyargs, *wrapper.args.args][:1]
    match call.args:
        case [ast.Name(id=name), *_] if first and first[0].arg == name:
            given = {name: root}
        case _:
            return False  # on another object
    return guarded(facts, call, lambda test, is_so: not is_so and _future_in(test, given) in known_as)


# ---- what lets pending futures through ---


def lets_through_pending(module: Module, iterable: ast.expr | None, path: tuple[int, ...]) -> bool:
    """True for `[fut for fut in futures if not fut.done()]`, and where that is the part at ``path`` of each element.

    So are `filter()` with such a test, and functions of the project that yield or return nothing else.
    """
    match iterable:
        case ast.ListComp(elt=element, generators=generators) | ast.GeneratorExp(elt=element, generators=generators):
            return is_let_through(module, element, generators, path)
        case ast.Call(func=ast.Name(id=made) | ast.Attribute(attr="deque" as made), args=[inner]) if made in _COPIES:
            return lets_through_pending(module, inner, path)
        case ast.Call(
            func=ast.Name(id="filter"), args=[ast.Lambda(args=ast.arguments(args=[ast.arg(arg=name)]), body=test), _]
        ) if path == ():
            return _is_pending(module, test, name)
        case ast.Call(func=ast.Name(id="filter"), args=[test, _]) if path == ():
            match module.function_of(test):
                case Function(node=ast.FunctionDef(args=ast.arguments(args=[ast.arg(arg=name)])) as node):
                    answer, given = _answer(node), ast.Name(name, ast.Load())
                    known_as = {ast.dump(given)}
                    return answer is not None and implies(
                        answer, True, lambda part, is_so: not is_so and _future_in(part, {name: given}) in known_as
                    )
                case _:
                    return False
        case ast.Call(func=func):
            match module.function_of(func):
                case Function(facts=facts, node=ast.FunctionDef() as node):
                    return _gives_pending(module, facts, node, path)
                case _:
                    return False
        case _:
            return False


def is_let_through(
    module: Module, element: ast.expr, generators: list[ast.comprehension], path: tuple[int, ...]
) -> bool:
    """True where the condition of a comprehension says that its element, or the part of it at ``path``, is pending."""
    future = _at(element, path)
    return len(generators) == 1 and any(_is_pending(module, test, future) for test in generators[0].ifs)


def _is_pending(module: Module, test: ast.expr, future: str | None) -> bool:
    """True where a test that comes out true says that a future, as it is written, is pending."""
    if future is None:
        return False
    known_as = {ast.dump(ast.parse(future, mode="eval").body)}

    def settled(part: ast.expr, is_so: bool) -> bool:
        if not is_so and ast.unparse(part) in {f"{future}.{asked}()" for asked in ASKS}:
            return True
        return isinstance(part, (ast.Call, ast.Attribute)) and asks_another(module, part, is_so, known_as)

    return implies(test, True, settled)


def _gives_pending(module: Module, facts: ModuleFacts, function: ast.FunctionDef, path: tuple[int, ...]) -> bool:
    """True for a generator that yields a future only right behind such a test, and for a function that returns such a list."""
    if function.decorator_list:
        return False  # what it gives is what the decorator makes of it
    if not facts.is_generator(function):
        answer, home = _answer(function), module.beside(facts.path)
        return isinstance(answer, (ast.ListComp, ast.GeneratorExp)) and (
            home is not None and lets_through_pending(home, answer, path)
        )
    return all(
        isinstance(one, ast.Yield) and one.value is not None and is_given_pending(facts, one, one.value, path)
        for one in facts.yields(function)
    )


def is_given_pending(facts: ModuleFacts, given: ast.expr, value: ast.expr, path: tuple[int, ...]) -> bool:
    """True where a function gives a value, at ``given``, only right behind such a test of the future at ``path`` in it."""
    future = _at(value, path)
    wanted = {f"{future}.{asked}()" for asked in ASKS} if future is not None else set()

    def spoils(part: ast.AST) -> bool:
        # Whoever goes through it does something at each `yield`.
        return assigns(part, value) or suspends(part) or any(map(_may_cancel, ast.walk(part)))

    return guarded(facts, given, lambda test, is_so: not is_so and ast.unparse(test) in wanted, spoils)


def _may_cancel(part: ast.AST) -> bool:
    match part:
        case ast.Yield() | ast.YieldFrom() | ast.Call(func=ast.Attribute(attr="cancel")):
            return True
        case _:
            return False


def hands_out_pending(module: Module, call: ast.Call) -> bool:
    """True for a plain function of the project that returns a future only right behind such a test, or None."""
    match module.function_of(call.func):
        case Function(facts=facts, node=ast.FunctionDef(decorator_list=[]) as node) if not facts.is_generator(node):
            given = [one.value for one in returns_in(node)]
        case _:
            return False
    futures = [one for one in given if one is not None and not (isinstance(one, ast.Constant) and one.value is None)]
    return bool(futures) and all(is_given_pending(facts, one, one, ()) for one in futures)


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
