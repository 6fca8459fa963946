"""What an asyncio future is, and which places set the same one."""

from __future__ import annotations

import ast
import enum
import re
from collections.abc import Iterator

from aiomend.facts.catalog.interfaces import inherits
from aiomend.facts.flow import is_simple, leaves, loops_around, returns_in, same
from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.own_object import is_static, self_name
from aiomend.facts.scopes import FUNCTIONS, Binding, FunctionNode, How, last_name
from aiomend.facts.stand_ins import SETTERS
from aiomend.facts.thread_entries import given_to
from aiomend.facts.values import (
    EMPTY,
    UNKNOWN,
    Container,
    Coroutine,
    Fixed,
    Function,
    Instance,
    Plain,
    ProjectInstance,
    Value,
    Values,
)
from aiomend.facts.view import Module

_FUTURE = "asyncio.Future"
_MAKERS = frozenset({"asyncio.Future", "asyncio.AbstractEventLoop.create_future"})
_NAMED = re.compile(r"(?:^|_)(?:fut|futur|future|waiter)(?:_?[a-z0-9])?$|(?:Fut|Future|Waiter)\d?$")
_PLURAL = re.compile(r"(?:^|_)(?:futs|futures|waiters)$|(?:Futs|Futures|Waiters)$")
_DEPTH = 3  #: a future that comes through more calls than that is not followed
#: Functions whose result ends as the futures do that they are given.
_PASSES_ON = frozenset({"gather", "shield", "wait_for"})
_TAKES_OUT = frozenset({"pop", "popleft", "get", "get_nowait", "setdefault"})


class Certainty(enum.Enum):
    """How sure it is that an expression is an asyncio future."""

    KNOWN = "known"
    PARTLY = "only some of the places that it comes from say"
    NAMED = "only its name says"
    PASSED = "only its callers say"
    HANDED = "only a keyword of that name says"


# ---- what is a future ---


def certainty(module: Module, receiver: ast.expr) -> Certainty | None:
    """Return how surely ``receiver`` is an asyncio future whose setter can fail; None where it is something else."""
    if _is_own(module, receiver):
        return None  # `super()` or `self`: a future's own implementation
    values = _values(module, receiver)
    # What has no setter is not what is meant where one is called: a name may stand for several things in turn.
    kinds = {_kind(module, value) for value in values if not _has_no_setter(value)}
    if not kinds:
        return None  # nothing that it may be is a future
    if True in kinds and False not in kinds and module.inference.stand_ins.future_is_another(module.facts, receiver):
        return None  # some caller passes what has a setter of its own
    if kinds == {True}:
        return Certainty.KNOWN
    if False in kinds:
        return None  # another class, or now one and now another
    if True in kinds:
        return Certainty.PARTLY
    values = _from_callers(module, module.facts, receiver, 0)
    if isinstance(receiver, ast.Attribute):
        values = module.inference.values_from_callers(module.facts, receiver) - UNKNOWN  # `self.done = done`
    passed = {_kind(module, value) for value in values if not _has_no_setter(value)}
    if False in passed:
        return None  # some caller passes another class
    if True in passed:
        return Certainty.PASSED
    if _is_handed_on(module, receiver):
        return Certainty.HANDED
    suggested = suggests_future(receiver) and _speaks_asyncio(module) and not _has_other_futures(module)
    return Certainty.NAMED if suggested else None


def _is_handed_on(module: Module, receiver: ast.expr) -> bool:
    """True for an attribute, where the file hands a future on under its name: `Bot(done=fut)`, and then `bot.config.done`."""
    if not isinstance(receiver, ast.Attribute):
        return False
    given = [keyword.value for call in module.facts.calls for keyword in call.keywords if keyword.arg == receiver.attr]
    kinds = {_kind(module, value) for one in given for value in module.values(one)}
    return kinds == {True}


def suggests_future(receiver: ast.expr) -> bool:
    """True where the name of an expression, or of the container that it comes out of, is a future's."""
    match receiver:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return _NAMED.search(name) is not None
        case ast.Call(func=ast.Attribute(value=container, attr=method)) if method in _TAKES_OUT:
            return holder_name(container) is not None
        case ast.Subscript(value=container):
            return holder_name(container) is not None
        case _:
            return False


def holder_name(container: ast.expr) -> str | None:
    """Return what one element of a container of futures is called after it: `waiter` for `self._waiters`."""
    match container:
        case ast.Name(id=name) | ast.Attribute(attr=name) if _PLURAL.search(name):
            return name.removesuffix("s").strip("_")
        case _:
            return None


def _values(module: Module, receiver: ast.expr) -> Values:
    match bindings_of(module, receiver):
        case [Binding(how=How.PARAMETER, value=ast.expr() as default)] if isinstance(
            module.facts.scope_at(receiver).node, ast.Lambda
        ):
            return module.values(default)  # `lambda fut=fut: …` binds early
        case _:
            return module.values(receiver)


def _from_callers(module: Module, facts: ModuleFacts, node: ast.expr, depth: int) -> Values:
    """Return what the project's own calls pass as the parameter that a name is; empty where it is none."""
    home = facts.scope_at(node).find(node.id) if isinstance(node, ast.Name) else None
    if home is None or depth > _DEPTH or not isinstance(home[0].node, FUNCTIONS):
        return EMPTY
    match home[1]:
        case [Binding(how=How.PARAMETER, node=ast.arg() as parameter, annotation=None)]:
            function = home[0].node
        case _:
            return EMPTY
    found: Values = EMPTY
    for path in module.inference.project.files_using(function.name) or ():
        user = facts if path == facts.path else module.inference.project.facts(path)
        if user is None:
            continue  # it cannot be read
        for argument in _arguments(module, user, facts, function, parameter):
            values = module.inference.values(user, argument)
            found |= _from_callers(module, user, argument, depth + 1) if values == UNKNOWN else values
    return found


def _arguments(
    module: Module, user: ModuleFacts, facts: ModuleFacts, function: FunctionNode, parameter: ast.arg
) -> Iterator[ast.expr]:
    """Yield what one file passes as a parameter of a function: in calls, and behind it where it is a callback."""
    parameters = [*function.args.posonlyargs, *function.args.args]
    is_method = facts.class_of(function) is not None
    for reference in [*user.names.get(function.name, ()), *user.attributes.get(function.name, ())]:
        call = user.parents.get(reference)
        known = module.inference.values(user, reference)
        if not any(isinstance(value, Function) and value.node is function for value in known):
            continue  # another function of that name
        if begun := given_to(user, reference):
            given, call = begun, None
        elif not isinstance(call, ast.Call):
            continue  # not called here
        else:
            given = call.args if call.func is reference else call.args[call.args.index(reference) + 1 :]
        shift = 1 if is_method and isinstance(reference, ast.Attribute) else 0
        place = parameters.index(parameter) - shift if parameter in parameters else -1
        if 0 <= place < len(given) and not any(isinstance(one, ast.Starred) for one in given[: place + 1]):
            yield given[place]
        if call is not None:
            yield from (one.value for one in call.keywords if one.arg == parameter.arg)


def _kind(module: Module, value: object) -> bool | None:
    """True for an asyncio future, False for anything else, None for what nobody knows."""
    match value:
        case Plain.UNKNOWN:
            return None
        case Instance(cls=cls):
            return inherits(cls, _FUTURE)
        case ProjectInstance(cls=cls):
            bases = module.inference.classes.external_bases(cls) or frozenset()
            return any(inherits(base, _FUTURE) for base in bases) and not module.inference.stand_ins.sets_itself(cls)
        case _:
            return False


def _has_no_setter(value: object) -> bool:
    match value:
        case Plain.NONE | Plain.OTHER | Coroutine() | Container() | Fixed() | Function():
            return True
        case Instance(cls=cls):
            return inherits(cls, "asyncio.Task")  # it has one that always raises
        case _:
            return False


def _is_own(module: Module, receiver: ast.expr) -> bool:
    match receiver:
        case ast.Call(func=ast.Name(id="super")):
            return True
        case ast.Name(id=name):
            for function in module.enclosing_functions(receiver):
                is_method = module.facts.class_of(function) is not None and not is_static(function)
                if is_method and self_name(function) == name:
                    return True
            return False
        case _:
            return False


def _speaks_asyncio(module: Module) -> bool:
    """True where a file has to do with asyncio at all: without that, a name suggests nothing."""
    facts = module.facts
    return (
        bool(facts.imported_roots & {"asyncio", "uvloop"})
        or any(isinstance(function, ast.AsyncFunctionDef) for function in facts.functions)
        or "create_future" in facts.attributes
    )


def _has_other_futures(module: Module) -> bool:
    """True where the file has futures of another kind, which a name could mean as well."""
    facts = module.facts
    if module.other_framework or any(
        binding.how is How.FROM and binding.member == "Future" and not binding.target.startswith("asyncio")
        for binding in facts.scope.bindings.get("Future", ())
    ):
        return True
    if any(module.name_of(node) == "concurrent.futures.Future" for node in facts.attributes.get("Future", ())):
        return True
    return any(name in facts.scopes[node].bindings for node in facts.classes for name in SETTERS)


def makes_future(module: Module, facts: ModuleFacts, value: ast.expr) -> bool:
    """True for a call in a file that makes a future, or of a function of the project that does nothing else."""
    if not isinstance(value, ast.Call):
        return False
    inference = module.inference
    if inference.external_name(facts, value.func) in _MAKERS:
        return True
    called = inference.values(facts, value.func)
    return bool(called) and all(_only_makes_futures(module, one) for one in called)  # one for each Python, maybe


def _only_makes_futures(module: Module, called: Value) -> bool:
    match called:
        case Function(facts=there, node=ast.FunctionDef() as node):
            returned = [one.value for one in returns_in(node)]
            return bool(returned) and all(
                isinstance(one, ast.Call) and module.inference.external_name(there, one.func) in _MAKERS
                for one in returned
            )
        case _:
            return False


# ---- the same future ---


def bindings_of(module: Module, node: ast.expr) -> list[Binding]:
    """Return what binds a name in the scope that it is read from; nothing for other expressions."""
    if not isinstance(node, ast.Name):
        return []
    home = module.facts.scope_at(node).find(node.id)
    return home[1] if home is not None else []


def origin_of(module: Module, node: ast.expr) -> ast.expr | None:
    """Return the simple expression that a name stands for, where it is bound once and to nothing else."""
    match bindings_of(module, node):
        case [Binding(how=How.ASSIGN, value=ast.expr() as value, path=path)]:
            for position in path:
                if not isinstance(value, ast.Tuple) or position >= len(value.elts):
                    return None
                value = value.elts[position]
            return value if isinstance(value, (ast.Name, ast.Attribute, ast.Subscript)) and is_simple(value) else None
        case _:
            return None


def spellings(module: Module, node: ast.expr) -> set[str]:
    """Return the dumps of the expressions by which the same future goes."""
    origin = origin_of(module, node)
    return {ast.dump(node)} | ({ast.dump(origin)} if origin is not None else set())


def other_setters(module: Module, receiver: ast.expr, own: set[ast.expr]) -> list[ast.Attribute]:
    """Return the other places that set the same future's result or exception and may run as well, in order.

    ``own`` are the setters in question. Only names and attributes are followed: what a container gives is another one each
    time.
    """
    if not isinstance(receiver, (ast.Name, ast.Attribute)) or not is_simple(receiver):
        return []
    found = [
        node
        for method in SETTERS
        for node in module.facts.attributes.get(method, ())
        if node not in own and _is_same_future(module, node.value, receiver)
    ]
    found = [node for node in found if not any(_either(module, node, mine) for mine in own)]
    return sorted(found, key=lambda node: (node.lineno, node.col_offset))


def reads_behind(module: Module, setter: ast.Call, receiver: ast.expr) -> list[ast.expr]:
    """Return what reads the same future, or waits for it, in the same function behind one of its setters.

    `result()`, `exception()` and `await` raise CancelledError where it was cancelled.
    """
    if not isinstance(receiver, (ast.Name, ast.Attribute)) or not is_simple(receiver):
        return []
    facts, function = module.facts, module.function_at(setter)
    again = next((at for at in sorted(map(_place, _bound(facts, receiver))) if at > _place(setter)), None)
    calls = [(call, read.value) for call, read in module.method_calls("result", "exception")]
    own = own_nodes(function) if function is not None else ()
    waits = [(one, two) for one in own if isinstance(one, (ast.Await, ast.YieldFrom)) for two in _waited(one.value)]
    return [
        read
        for read, future in (*calls, *waits)
        if _place(setter) < _place(read)
        and (again is None or _place(read) < again)  # else it is another future by then
        and module.function_at(read) is function
        and same(future, receiver)
        and not _either(module, read, setter)
    ]


def _waited(node: ast.expr) -> Iterator[ast.expr]:
    """Yield what may be waited for where an expression is, and what that waits for."""
    yield node
    match node:
        case ast.Call(keywords=keywords) if any(one.arg == "return_exceptions" for one in keywords):
            pass  # it tells of them, and raises none
        case ast.Call(func=func, args=args) if last_name(func) in _PASSES_ON:
            for one in args:
                yield from _waited(one)
        case _:
            pass  # itself


def _place(node: ast.expr) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _bound(facts: ModuleFacts, receiver: ast.Name | ast.Attribute) -> list[ast.Name] | list[ast.Attribute]:
    """Return where something else is put in the place of a future, by how it is written."""
    if isinstance(receiver, ast.Name):
        return [one for one in facts.mentions_of(receiver) if not isinstance(one.ctx, ast.Load)]
    uses = facts.attributes.get(receiver.attr, ())
    return [one for one in uses if not isinstance(one.ctx, ast.Load) and same(one.value, receiver.value)]


def _is_same_future(module: Module, first: ast.expr, second: ast.expr) -> bool:
    if not same(first, second):
        return False
    root = first
    while isinstance(root, ast.Attribute):
        root = root.value
    facts = module.facts
    if isinstance(first, ast.Attribute) and isinstance(root, ast.Name) and _is_own(module, root):
        return module.class_at(first) == module.class_at(second)
    if not isinstance(root, ast.Name):
        return False
    here, there = (facts.scope_at(node).find(root.id) for node in (first, second))
    if here is None or there is None or here[0] is not there[0]:
        return False
    if isinstance(first, ast.Attribute):
        return True
    # Bound anew between the two it is another future.
    return len(here[1]) == 1 and not _is_renewed_between(module, here[1][0].node, first, second)


def _is_renewed_between(module: Module, binding: ast.AST, first: ast.expr, second: ast.expr) -> bool:
    """True where the only way from one place to the other leads past the binding: to behind a loop without end.

    That is so where one stands in `while True:` below the binding, the other one does not stand in it, and nothing below
    the first breaks out of it.
    """
    facts = module.facts
    loop = next((one for one in loops_around(facts, binding) if isinstance(one, ast.While)), None)
    if loop is None or not isinstance(loop.test, ast.Constant) or not loop.test.value or binding not in loop.body:
        return False
    inside = set(ast.walk(loop))
    if (first in inside) == (second in inside):
        return False
    setter = first if first in inside else second
    if facts.function_at(setter) is not facts.function_at(loop):
        return False  # a function of its own runs at any time
    return not any(isinstance(node, ast.Break) and node.lineno >= setter.lineno for node in inside)


def _either(module: Module, first: ast.expr, second: ast.expr) -> bool:
    """True where only one of two places runs: branches of one statement, or the earlier one leaves."""
    facts = module.facts
    above = [first, *facts.ancestors(first)]
    other = [second, *facts.ancestors(second)]
    shared = next(node for node in above if node in other)
    a, b = above[above.index(shared) - 1], other[other.index(shared) - 1]
    match shared:
        case ast.If(test=test) | ast.IfExp(test=test):
            return test not in (a, b) and _part(shared, a) != _part(shared, b)
        case ast.Try() | ast.TryStar():
            return _part(shared, a) != _part(shared, b) and shared.finalbody[:1] not in ([a], [b])
        case ast.Match():
            return True
        case _:
            pass  # both may run, one after the other
    early, late = sorted((first, second), key=lambda node: (node.lineno, node.col_offset))
    block = facts.block(facts.statement(early))
    loop = next(loops_around(facts, early), None)
    if (
        loop is not None
        and late not in set(ast.walk(loop))
        and any(isinstance(node, ast.Break) for statement in block for node in ast.walk(statement))
    ):
        return False  # it leaves the loop, to where the later one stands
    return leaves(block) and not any(late is node for statement in block for node in ast.walk(statement))


def _part(statement: ast.AST, child: ast.AST) -> str:
    for name, value in ast.iter_fields(statement):
        if value is child or (isinstance(value, list) and child in value):
            return f"handler {value.index(child)}" if name == "handlers" and isinstance(value, list) else name
    return ""
