"""What a generator-based coroutine function's own body says of its conversion to `async def`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from aiomend.facts.awaitable_classes import AWAITABLES, COROUTINES, LOCKS, can_be_awaited, is_awaited_otherwise
from aiomend.facts.coroutine_results import read_result
from aiomend.facts.dispatched_generators import perhaps_called
from aiomend.facts.generator_coroutines import (
    Body,
    Delegation,
    calls_generator_lambda,
    is_called_by_language,
    plain_generators,
    special_alias,
)
from aiomend.facts.generator_tests import asked_for_either, asked_for_generators
from aiomend.facts.gone_through import is_collection, is_gone_through
from aiomend.facts.handed_back import handed_back
from aiomend.facts.inference import Inference
from aiomend.facts.iteration_ends import is_stop, runs_out
from aiomend.facts.mocks import Mocking, is_mock_for_callers, mocked_wait
from aiomend.facts.module import own_nodes
from aiomend.facts.offload import hides
from aiomend.facts.parts import display_in
from aiomend.facts.replaced_waits import replaced_wait
from aiomend.facts.scopes import COMPREHENSIONS, FUNCTIONS, FunctionNode, last_name
from aiomend.facts.stubs import beside_stub, twins
from aiomend.facts.values import NONE, Coroutine, Eventual, Instance, Plain, ProjectClass, ProjectInstance
from aiomend.facts.view import Module

_LOCK_NAMES = ("lock", "mutex", "sem", "semaphore", "cond", "condition")
_GENERATORS = frozenset({"typing.Generator", "collections.abc.Generator"})
_FUTURES = frozenset({"asyncio.Future", "asyncio.Task"})
_ITERATORS = frozenset(f"{home}.{name}" for home in ("typing", "collections.abc") for name in ("Iterator", "Iterable"))
#: What a text says that tells what kind of thing is awaited, and not what that gives.
_OF_AWAITABLES = re.compile(r"Generator|Iter|Awaitable|Corout|\bFuture\b|\basyncio\.Task\b")
_TYPE_COMMENT = re.compile(r"#\s*type:\s*\(.*?\)\s*->([^#\r\n]*)")


def body_of(module: Module, function: FunctionNode) -> Body:
    """Return what a function's own body, name and annotation say of its conversion to `async def`."""
    body = Body()
    facts = module.facts
    name = function.name
    if is_called_by_language(name):
        body.breaks("the language itself calls it, and awaits nothing: it has to be a plain function or generator")
    if (alias := special_alias(facts, function)) is not None:
        body.breaks(
            f"line {alias.lineno}: as `{module.phrase(alias)}` the language itself calls it, and awaits nothing"
        )
    start, end = module.source.span(function)
    if module.source.code[start:end] != module.source.text[start:end]:
        body.breaks("`async` is the name of something in it, and no `async def` can hold that")
    _read_annotation(module, function, body)
    _read_stub(module, function, body)
    is_native = isinstance(function, ast.AsyncFunctionDef)
    for node in sorted(facts.yields(function), key=lambda one: _order(module, one)):
        body.breaks(_misplaced(module, function, node))
        match node:
            case _ if is_native:
                body.breaks(f"`{name}()` is an asynchronous generator")
            case ast.YieldFrom():
                body.waits.append(node)
                _read_wait(module, node, body)
            case ast.Yield(value=None | ast.Constant(value=None)):
                body.bare.append(node)
                sleep = module.spell("asyncio", "sleep", node)
                if hides(module, sleep, node):
                    body.breaks(f"line {node.lineno}: `{sleep.text}`, which it would be, means something else here")
                if name == "sleep" and facts.name.partition(".")[0] == "asyncio":
                    body.breaks(f"line {node.lineno}: it is `asyncio.sleep()` itself, which nothing else can stand for")
            case ast.Yield(value=value):
                assert value is not None
                body.breaks(f"`yield {module.text(value)}` hands out a value: whoever runs it gets that, not the loop")
    ends_silently = not module.settings.target.all_at_least(
        (3, 7)
    )  # a generator, where `next()` in it finds nothing (PEP 479)
    for inner in own_nodes(function):
        match inner:
            case ast.Raise(exc=ast.Name() | ast.Call() as raised) if is_stop(module.inference, facts, raised):
                body.breaks("it raises StopIteration, which ends a generator and is an error in a coroutine")
            case ast.Call() if ends_silently and runs_out(module.inference, facts, inner):
                text = module.text(inner)
                body.doubts.append(
                    f"line {inner.lineno}: at its end `{text}` raises StopIteration, which an old generator ends with and a coroutine fails with"
                )
            case _:
                pass  # stays as it is
    if not facts.is_generator(function) and not is_native:
        for returned in facts.returns(function):
            if returned.value is not None:
                read_result(module, function, returned.value, body)
        for result in body.results:
            _read_replaced(module, result, body, is_returned=True)
            mocks = [replace(one, is_plain=False) for one in mocked_wait(module, result)]  # it was not gone through
            _read_mocks(module, result, body, mocks)
    return body


def _order(module: Module, node: ast.expr) -> tuple[int, ...]:
    """By statements first: positions within f-strings are not to be relied on."""
    statement = module.facts.statement(node)
    return statement.lineno, statement.col_offset, node.lineno, node.col_offset


def _misplaced(module: Module, function: FunctionNode, node: ast.expr) -> str | None:
    """Return why a place of a `yield` or `yield from` can take no `await`."""
    scope = module.facts.scope_at(node)
    if isinstance(scope.node, COMPREHENSIONS):
        return f"line {node.lineno}: `yield` in a comprehension makes a generator of the comprehension itself"
    for parent in module.facts.ancestors(node):
        if parent is function:
            break
        if isinstance(parent, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
            return f"line {node.lineno}: it waits in the head of an inner definition"
    return None


# ---- what is waited for ----


def _read_wait(module: Module, node: ast.YieldFrom, body: Body) -> None:
    facts = module.facts
    parent = facts.parents[node]
    if isinstance(parent, ast.Expr) and isinstance(node.value, (ast.List, ast.Tuple)) and not node.value.elts:
        body.empty.add(node)  # it is there to make a generator of the function
        return
    if isinstance(parent, ast.withitem):
        _read_entered(module, node, parent, body)
    values = module.values(node.value) - NONE
    if calls_generator_lambda(module, node.value):
        body.breaks(
            f"line {node.lineno}: `{module.phrase(node.value)}` is the generator of a lambda, which nothing awaits"
        )
    generators = tuple(plain_generators(module, node.value))
    if generators:
        body.delegations.append(Delegation(node, generators))
        return
    text = module.phrase(node.value)
    match node.value:
        case ast.Call(func=ast.Attribute(attr="__await__" | "__iter__")):
            body.breaks(
                f"line {node.lineno}: `{text}` is an iterator: `yield from` goes through it, and nothing awaits it"
            )
        case _:
            pass  # what it is may be known by its value
    if is_gone_through(module, node.value):
        body.breaks(f"line {node.lineno}: `{text}` is no awaitable: `yield from` goes through its elements")
    elif any(map(is_collection, values)):
        if (display := _returned_display(module, node.value)) is not None:
            body.breaks(
                f"line {node.lineno}: `{text}` may be the `{display}` that is returned there, which nothing awaits"
            )
        else:
            body.doubts.append(f"line {node.lineno}: `{text}` may be a list or the like, which nothing awaits")
    for value in values:
        if isinstance(value, ProjectInstance) and can_be_awaited(module, value.cls) is False:
            kind = value.cls.node.name
            body.breaks(f"line {node.lineno}: `{text}` is a `{kind}`, which has no `__await__()`")
        if isinstance(value, ProjectInstance) and is_awaited_otherwise(module, value.cls):
            body.doubts.append(
                f"line {node.lineno}: `{text}` has an `__await__()` that is not what `yield from` goes through"
            )
        if isinstance(value, Instance) and value.cls in LOCKS and node not in body.entered and _ends_locks(module):
            body.breaks(f"line {node.lineno}: `{text}` is a lock, which nothing awaits since Python 3.9")
    if Plain.UNKNOWN in values:
        if (either := asked_for_either(module, node)) is not None:
            body.doubts.append(
                f"line {node.lineno}: up to Python 3.11 `{either}` holds of a plain generator as well, which nothing awaits"
            )
        _read_given(module, node, body)
        if isinstance(node.value, ast.Call) and (plain := perhaps_called(module, node.value)) is not None:
            body.doubts.append(
                f"line {node.lineno}: `{text}` may give the plain generator of `{plain.name}()`, which nothing awaits"
            )
    if (test := asked_for_generators(module, node)) is not None:
        body.breaks(f"line {node.lineno}: it waits for `{text}` only where `{test}`, which no native coroutine is")
    _read_replaced(module, node.value, body)
    mocks = mocked_wait(module, node.value)
    body.mocks += mocks
    _read_mocks(module, node.value, body, mocks)


def _read_replaced(module: Module, node: ast.expr, body: Body, *, is_returned: bool = False) -> None:
    """Other code may put something in the place of what is waited for that nothing awaits."""
    if (placed := replaced_wait(module, node, is_returned=is_returned)) is not None:
        value = placed.facts.source.phrase(placed.value)
        body.doubts.append(
            f"line {node.lineno}: {placed.place} puts `{value}` behind `{module.phrase(node)}`, and nothing awaits what that gives"
        )


def _read_mocks(module: Module, node: ast.expr, body: Body, mocks: Sequence[Mocking]) -> None:
    for mock in sorted(mocks, key=lambda mock: mock.is_plain)[:1]:
        what = "which becomes one that can be awaited" if mock.is_plain else "and nothing awaits what that gives"
        body.doubts.append(f"line {node.lineno}: {mock.place} puts a mock behind `{module.phrase(node)}`, {what}")


def _returned_display(module: Module, node: ast.expr, *, given: bool = False) -> str | None:
    """Return the list or tuple that a plain function of the project returns as it is written, where a call is of one that may.

    `return ()` says to a caller with `yield from` that there is nothing to wait for.
    """
    displays = ((home, display_in(value)) for home, value in handed_back(module, node, given=given))
    return next((home.phrase(display) for home, display in displays if display is not None), None)


def _ends_locks(module: Module) -> bool:
    return module.settings.target.reaches((3, 9))


def _read_given(module: Module, node: ast.YieldFrom, body: Body) -> None:
    """Something may be waited for that callers in the project pass, and nothing awaits."""
    text = module.text(node.value)
    given = module.inference.values_from_callers(module.facts, node.value) - NONE - {Plain.UNKNOWN}
    if (display := _returned_display(module, node.value, given=True)) is not None:
        body.breaks(
            f"line {node.lineno}: for some callers `{text}` is the `{display}` that is returned there, which nothing awaits"
        )
    elif any(map(is_collection, given)):
        body.doubts.append(f"line {node.lineno}: `{text}` is a list or the like for some callers, which nothing awaits")
    bare = [one.cls for one in given if isinstance(one, ProjectInstance) and can_be_awaited(module, one.cls) is False]
    for kind in sorted({cls.node.name for cls in bare}):
        what = f"line {node.lineno}: `{text}` is a `{kind}` for {{}} callers, which has no `__await__()`"
        if len(bare) == len(given):
            body.breaks(what.format("its"))
        else:
            body.doubts.append(what.format("some"))
    match node.value:
        case ast.Call(func=ast.Attribute() as method) if is_mock_for_callers(module, method):
            owner = module.phrase(method.value)
            body.doubts.append(
                f"line {node.lineno}: `{owner}` is a mock for some callers, and nothing awaits what that gives"
            )
        case _:
            pass  # it is called by itself, or on something that no caller passes


def _read_entered(module: Module, node: ast.YieldFrom, item: ast.withitem, body: Body) -> None:
    """`with (yield from lock):` holds the lock until the block ends; other things make the context manager themselves."""
    statement = module.facts.parents[item]
    assert isinstance(statement, ast.With)
    values = module.values(node.value)
    name = last_name(node.value).lower()
    is_lock = any(module.inference.is_instance(values, lock) for lock in LOCKS)
    may_be_lock = any(isinstance(value, Instance) and value.cls in LOCKS for value in values)
    is_bare = Plain.UNKNOWN in values and item.optional_vars is None  # nothing but holding it is wanted
    is_kept = isinstance(node.value, (ast.Attribute, ast.Name, ast.Subscript))
    is_named = name.endswith("lock") or (is_bare and name.rpartition("_")[2] in _LOCK_NAMES)
    if not (is_lock or may_be_lock or is_named or (is_bare and is_kept)):
        if is_kept and Plain.UNKNOWN in values:
            text = module.text(node.value)
            body.doubts.append(f"line {node.lineno}: `{text}` may have an `__iter__()` alone, which nothing awaits")
        return  # what it gives is entered as before: `with (await pool) as connection`
    if len(statement.items) > 1:
        body.breaks(f"line {node.lineno}: `{module.text(node.value)}` is entered together with something else")
    if not is_lock:
        known = {value for value in values - NONE if value is not Plain.UNKNOWN}
        if any(not (isinstance(value, Instance) and value.cls in LOCKS) for value in known):
            return  # something else that is called so
        text = module.text(node.value)
        shows = "what it may be" if may_be_lock else "its name" if is_named else "that it is entered so"
        body.doubts.append(f"line {node.lineno}: only {shows} says that `{text}` is a lock")
    body.entered.add(node)


# ---- its annotation ----


def _read_annotation(module: Module, function: FunctionNode, body: Body) -> None:
    """`-> Generator[Any, None, int]` says of a coroutine function what `-> int` says of a native one."""
    if isinstance(function, ast.AsyncFunctionDef):
        return
    if (comment := _type_comment(module, function)) is not None and _OF_AWAITABLES.search(comment):
        body.breaks(f"its type comment `{comment}` does not say what awaiting gives")
    if function.returns is None:
        return
    match function.returns:
        case ast.Constant(value=str(text)) if _OF_AWAITABLES.search(text):
            body.breaks(f"its annotation {text!r} does not say what awaiting gives")
            return
        case ast.Subscript(value=value, slice=given):
            name = module.name_of(value)
            parts = given.elts if isinstance(given, ast.Tuple) else [given]
        case value:
            name, parts = module.name_of(value), []
    wanted = 3 if name in _GENERATORS | COROUTINES else 1 if name in AWAITABLES | _FUTURES else 0
    is_other = name in _ITERATORS or (not wanted and _promises_awaitable(module, function.returns))
    if is_other or (wanted and len(parts) != wanted):
        body.breaks(f"its annotation `{module.text(function.returns)}` does not say what awaiting gives")
    elif wanted:
        body.result = wanted - 1
        if name in _GENERATORS and (place := _held_to_it(module, function)) is not None:
            body.doubts.append(f"{place} wants a generator by its annotation, and a type checker would refuse this one")


def _held_to_it(module: Module, function: FunctionNode) -> str | None:
    """Return where a base's plain method, or an annotation that is no function's, promises a generator; None where none does."""
    inference, owner = module.inference, module.facts.class_of(function)
    for base in inference.classes.mro(ProjectClass(module.facts, owner))[1:] if owner is not None else ():
        for method in base.node.body:
            match method:
                case ast.FunctionDef(name=function.name, returns=ast.expr()) if (
                    inference.coroutine_decorator(base.facts, method) is None
                ):
                    return f"{base.facts.path}:{method.lineno}"
                case _:
                    pass  # another one, one that changes as well, or one that promises nothing
    return inference.traced(("annotated generators", None), lambda: next(_annotated_generators(inference), None))


def _annotated_generators(inference: Inference) -> Iterator[str]:
    """Yield where code says of anything but what a function returns that it is, or gives, a generator: `Callable[[], Generator[…]]`."""
    returned: set[ast.AST] = set()
    for path in inference.project.files_using("Generator") or ():
        if (facts := inference.project.facts(path)) is None:
            continue  # it cannot be read
        returned |= {part for one in facts.functions if one.returns is not None for part in ast.walk(one.returns)}
        for use in (*facts.names.get("Generator", ()), *facts.attributes.get("Generator", ())):
            if use not in returned and isinstance(facts.parents[use], ast.Subscript):
                yield f"{path}:{use.lineno}"


def _read_stub(module: Module, function: FunctionNode, body: Body) -> None:
    """A `.pyi` file may say that the function is a plain one, and what awaits it would be wrong then."""
    if (home := beside_stub(module)) is None:
        return
    for one in twins(home, module, function):
        if isinstance(one, ast.AsyncFunctionDef):
            continue  # it says so
        if home.inference.coroutine_decorator(home.facts, one) is not None:
            continue  # it goes the same way
        if one.returns is None or not _promises_awaitable(home, one.returns):
            body.breaks(f"{home.path}:{one.lineno} declares it as a plain function, and would have to follow")


def _promises_awaitable(module: Module, annotation: ast.expr) -> bool:
    """True for `Optional[Awaitable[int]]`, and for the name of a future's class in a text."""
    promised = module.inference.annotations.promise(module.facts, annotation)
    return any(
        isinstance(one, (Coroutine, Eventual)) or module.inference.is_instance(frozenset({one}), "asyncio.Future")
        for one in promised
    )


def _type_comment(module: Module, function: FunctionNode) -> str | None:
    """Return what a comment behind the head of a function says that it returns: `# type: (str) -> int`."""
    start, end = module.source.span(function)[0], module.source.span(function.body[0])[0]
    found = _TYPE_COMMENT.search(module.source.text, start, end)
    return found[1].strip() if found is not None else None
