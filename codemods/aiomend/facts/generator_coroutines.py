"""Generator-based coroutine functions: which functions are, and what of one keeps it from being a native one.

The three questions that AIO001, AIO002 and AIO010 share are answered in three files:

* here: what form a function has (`form_of`), and what its own body says of a conversion (`body_of`);
* `coroutine_users`: who delegates to it with `yield from` in a plain generator, and who drives it by hand;
* `coroutine_companies`: which functions have to become native together with one, and what speaks against it.
"""

from __future__ import annotations

import ast
import builtins
import enum
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from aiomend.facts.catalog.interfaces import inherits
from aiomend.facts.inference import Inference
from aiomend.facts.mocks import Mocking, mocked_wait
from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.scopes import COMPREHENSIONS, FUNCTIONS, FunctionNode, How, called_name, last_name
from aiomend.facts.uses import self_name
from aiomend.facts.values import (
    NONE,
    Container,
    Coroutine,
    Eventual,
    Fixed,
    Function,
    Instance,
    Plain,
    ProjectClass,
    ProjectInstance,
    ProjectModule,
    Returns,
    Value,
)
from aiomend.facts.view import Module

_LOCKS = ("asyncio.Lock", "asyncio.Condition", "asyncio.Semaphore", "asyncio.BoundedSemaphore")
_LOCK_NAMES = ("lock", "mutex", "sem", "semaphore", "cond", "condition")
#: Special methods that may be coroutine functions: whoever calls them awaits what they give.
_AWAITED_METHODS = frozenset({"__aenter__", "__aexit__", "__anext__", "__call__"})
_GENERATORS = frozenset({"typing.Generator", "collections.abc.Generator"})
_AWAITABLES = frozenset({"typing.Awaitable", "collections.abc.Awaitable"})
_COROUTINES = frozenset({"typing.Coroutine", "collections.abc.Coroutine"})
#: Abstract and ordinary base classes of the standard library that bring no `__await__`.
_NO_AWAITABLES = frozenset(
    {"abc.ABC", "asyncio.AbstractServer", "asyncio.Protocol", "asyncio.BaseProtocol", "asyncio.DatagramProtocol"}
    | {"asyncio.Transport", "asyncio.StreamReaderProtocol", "enum.Enum", "typing.Generic", "typing.NamedTuple"}
    | {f"collections.abc.{name}" for name in ("Mapping", "MutableMapping", "Sequence", "Set", "Iterator", "Iterable")}
)
#: Modules of the standard library whose functions and objects give data, and never what somebody put into them.
_DATA_MODULES = frozenset(
    {
        "base64",
        "binascii",
        "calendar",
        "codecs",
        "csv",
        "datetime",
        "decimal",
        "email",
        "fnmatch",
        "glob",
        "gzip",
        "hashlib",
    }
    | {"hmac", "html", "io", "json", "locale", "logging", "math", "os", "pathlib", "pickle", "platform", "random", "re"}
    | {"secrets", "shutil", "socket", "sqlite3", "ssl", "string", "struct", "subprocess", "sys", "tempfile", "textwrap"}
    | {"time", "unicodedata", "urllib", "uuid", "xml", "zlib"}
)
_TEXTS = frozenset({"str", "bytes", "repr"})
_ENDLESS = frozenset({"itertools.count", "itertools.cycle"})
_STOPS = frozenset({"StopIteration", "Exception", "BaseException"})
_ITERATORS = frozenset(f"{home}.{name}" for home in ("typing", "collections.abc") for name in ("Iterator", "Iterable"))


class Form(enum.Enum):
    """What a function is, as far as coroutines go."""

    DECORATED = "under @asyncio.coroutine"
    MARKED = "under @types.coroutine, which stays"
    NATIVE = "async def"
    GENERATOR = "a plain generator"
    ORDINARY = "no generator"


def form_of(inference: Inference, facts: ModuleFacts, function: FunctionNode) -> Form:
    """Return what form a function has; under a decorator that may be `asyncio.coroutine` or another one, DECORATED."""
    if isinstance(function, ast.AsyncFunctionDef):
        return Form.NATIVE
    decorator = inference.coroutine_decorator(facts, function)
    if decorator is not None:
        is_marked = inference.external_name(facts, decorator) == "types.coroutine"
        return Form.MARKED if is_marked else Form.DECORATED
    return Form.GENERATOR if facts.is_generator(function) else Form.ORDINARY


@dataclass(frozen=True, slots=True, eq=False)
class Delegation:
    """A place that waits for what plain generators of the project make."""

    node: ast.expr
    functions: tuple[Function, ...]


@dataclass(slots=True, eq=False)
class Body:
    """What a function's own body says of its conversion."""

    reason: str | None = None  #: why it has to stay what it is
    doubts: list[str] = field(default_factory=list)  #: why the conversion may be wrong
    waits: list[ast.YieldFrom] = field(default_factory=list)  #: in the order of the text
    entered: set[ast.YieldFrom] = field(default_factory=set)  #: locks of `with (yield from lock)`
    empty: set[ast.YieldFrom] = field(default_factory=set)  #: `yield from []`, which waits for nothing
    bare: list[ast.Yield] = field(default_factory=list)  #: `yield` and `yield None`
    results: list[ast.expr] = field(default_factory=list)  #: what it returns and the decorator awaited
    delegations: list[Delegation] = field(default_factory=list)
    mocks: list[Mocking] = field(default_factory=list)  #: what tests put behind what it waits for
    result: int | None = None  #: which argument of the return annotation says what awaiting gives

    def breaks(self, reason: str | None) -> None:
        """Note a reason; the first one stays."""
        self.reason = self.reason or reason


def is_called_by_language(name: str) -> bool:
    """True for a method such as `__aiter__()`, which cannot be a coroutine function."""
    return name.startswith("__") and name.endswith("__") and name not in _AWAITED_METHODS


def body_of(module: Module, function: FunctionNode) -> Body:
    """Return what a function's own body, name and annotation say of its conversion to `async def`."""
    body = Body()
    facts = module.facts
    name = function.name
    if is_called_by_language(name):
        body.breaks("the language itself calls it, and awaits nothing: it has to be a plain function or generator")
    start, end = module.source.span(function)
    if module.source.code[start:end] != module.source.text[start:end]:
        body.breaks("`async` is the name of something in it, and no `async def` can hold that")
    _read_annotation(module, function, body)
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
                if name == "sleep" and facts.name.partition(".")[0] == "asyncio":
                    body.breaks(f"line {node.lineno}: it is `asyncio.sleep()` itself, which nothing else can stand for")
            case ast.Yield(value=value):
                assert value is not None
                body.breaks(f"`yield {module.text(value)}` hands out a value: whoever runs it gets that, not the loop")
    for inner in own_nodes(function):
        match inner:
            case ast.Raise(exc=ast.Name() | ast.Call() as raised) if _is_stop(module, raised):
                body.breaks("it raises StopIteration, which ends a generator and is an error in a coroutine")
            case ast.Call(func=ast.Name(id="next"), args=[given], keywords=[]) if _may_end(
                module, function, inner, given
            ):
                text = module.text(inner)
                body.doubts.append(
                    f"line {inner.lineno}: at its end `{text}` raises StopIteration, which an old generator ends with and a coroutine fails with"
                )
            case _:
                pass  # stays as it is
    if not facts.is_generator(function) and not is_native:
        for returned in facts.returns(function):
            if returned.value is not None:
                _read_result(module, function, returned.value, body)
    return body


def _order(module: Module, node: ast.expr) -> tuple[int, ...]:
    """By statements first: positions within f-strings are not to be relied on."""
    statement = module.facts.statement(node)
    return statement.lineno, statement.col_offset, node.lineno, node.col_offset


def _is_stop(module: Module, raised: ast.expr) -> bool:
    return module.name_of(raised.func if isinstance(raised, ast.Call) else raised) == "StopIteration"


def _may_end(module: Module, function: FunctionNode, call: ast.Call, given: ast.expr) -> bool:
    """True where nothing keeps the StopIteration of a `next()` within the function, which generators do so until Python 3.7."""
    if module.settings.target.all_at_least((3, 7)) or module.name_of(call.func) != "next":
        return False
    if _is_endless(module, given):
        return False
    for inner, outer in pairwise((call, *module.facts.ancestors(call))):
        if outer is function:
            break
        if isinstance(outer, ast.Try) and inner in outer.body and any(map(_catches_stop, outer.handlers)):
            return False
    return True


def _is_endless(module: Module, given: ast.expr) -> bool:
    """True for what is bound to an iterator without an end and to nothing else."""
    match given:
        case ast.Name(id=name):
            found = module.facts.scope_at(given).find(name)
            made = [one.value for one in found[1]] if found is not None else []
        case ast.Attribute(attr=name):
            stores = [use for use in module.facts.attributes.get(name, ()) if isinstance(use.ctx, ast.Store)]
            made = [getattr(module.facts.parents[use], "value", None) for use in stores]
        case _:
            made = [given]
    return bool(made) and all(isinstance(one, ast.Call) and module.name_of(one.func) in _ENDLESS for one in made)


def _catches_stop(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(one is None or last_name(one) in _STOPS for one in caught)


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
    if _calls_generator_lambda(module, node.value):
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
    if (values and all(map(_is_gone_through, values))) or _may_be_display(node.value):
        body.breaks(f"line {node.lineno}: `{text}` is no awaitable: `yield from` goes through its elements")
    elif any(map(_is_gone_through, values)):
        body.doubts.append(f"line {node.lineno}: `{text}` may be a list or the like, which nothing awaits")
    for value in values:
        if isinstance(value, ProjectInstance) and can_be_awaited(module, value.cls) is False:
            kind = value.cls.node.name
            body.breaks(f"line {node.lineno}: `{text}` is a `{kind}`, which has no `__await__()`")
        if isinstance(value, ProjectInstance) and _is_awaited_otherwise(module, value.cls):
            body.doubts.append(
                f"line {node.lineno}: `{text}` has an `__await__()` that is not what `yield from` goes through"
            )
        if isinstance(value, Instance) and value.cls in _LOCKS and node not in body.entered and _ends_locks(module):
            body.breaks(f"line {node.lineno}: `{text}` is a lock, which nothing awaits since Python 3.9")
    if Plain.UNKNOWN in values:
        _read_given(module, node, body)
    mocks = mocked_wait(module, node.value)
    body.mocks += mocks
    for mock in sorted(mocks, key=lambda mock: mock.is_plain)[:1]:
        what = "which becomes one that can be awaited" if mock.is_plain else "and nothing awaits what that gives"
        body.doubts.append(f"line {node.lineno}: {mock.place} puts a mock behind `{text}`, {what}")


def _is_gone_through(value: Value) -> bool:
    """True for what `yield from` goes through and `await` refuses: a list, or the generator of a lambda."""
    return isinstance(value, (Container, Fixed))


def _may_be_display(node: ast.expr) -> bool:
    """True for `future or []`: a list is one of what it may be."""
    match node:
        case ast.BoolOp(values=parts):
            return any(isinstance(part, (ast.List, ast.Tuple)) or _may_be_display(part) for part in parts)
        case ast.IfExp(body=first, orelse=second):
            return any(isinstance(part, (ast.List, ast.Tuple)) or _may_be_display(part) for part in (first, second))
        case _:
            return False


def _is_awaited_otherwise(module: Module, cls: ProjectClass) -> bool:
    """True where `__await__()` returns something that is not certainly the iterator of an awaitable."""
    for one in module.inference.classes.mro(cls):
        for binding in one.facts.scopes[one.node].bindings.get("__await__", ()):
            if not isinstance(binding.node, ast.FunctionDef) or one.facts.is_generator(binding.node):
                continue  # a generator, or another name of `__iter__()`
            for returned in one.facts.returns(binding.node):
                match returned.value:
                    case ast.Call(func=ast.Attribute(attr="__await__")) | ast.Name(id="self"):
                        pass  # of what it stands for
                    case _:
                        return True
    return False


def _ends_locks(module: Module) -> bool:
    return module.settings.target.reaches((3, 9))


def _read_given(module: Module, node: ast.YieldFrom, body: Body) -> None:
    """Something may be waited for that callers in the project pass, and nothing awaits."""
    text = module.text(node.value)
    for value in module.inference.values_from_callers(module.facts, node.value):
        if _is_gone_through(value):
            body.doubts.append(
                f"line {node.lineno}: `{text}` is a list or the like for some callers, which nothing awaits"
            )
        if isinstance(value, ProjectInstance) and can_be_awaited(module, value.cls) is False:
            kind = value.cls.node.name
            body.doubts.append(
                f"line {node.lineno}: `{text}` is a `{kind}` for some callers, which has no `__await__()`"
            )


def _read_entered(module: Module, node: ast.YieldFrom, item: ast.withitem, body: Body) -> None:
    """`with (yield from lock):` holds the lock until the block ends; other things make the context manager themselves."""
    statement = module.facts.parents[item]
    assert isinstance(statement, ast.With)
    values = module.values(node.value)
    name = last_name(node.value).lower()
    is_lock = any(module.inference.is_instance(values, lock) for lock in _LOCKS)
    is_bare = Plain.UNKNOWN in values and item.optional_vars is None  # nothing but holding it is wanted
    is_kept = isinstance(node.value, (ast.Attribute, ast.Name, ast.Subscript))
    is_named = name.endswith("lock") or (is_bare and name.rpartition("_")[2] in _LOCK_NAMES)
    if not (is_lock or is_named or (is_bare and is_kept)):
        return  # what it gives is entered as before: `with (await pool) as connection`
    if len(statement.items) > 1:
        body.breaks(f"line {node.lineno}: `{module.text(node.value)}` is entered together with something else")
    if not is_lock:
        if any(value is not Plain.UNKNOWN for value in values - NONE):
            return  # something else that is called so
        text = module.text(node.value)
        shows = "its name" if is_named else "that it is entered so"
        body.doubts.append(f"line {node.lineno}: only {shows} says that `{text}` is a lock")
    body.entered.add(node)


def plain_generators(module: Module, node: ast.expr) -> Iterator[Function]:
    """Yield the plain generators of the project that an expression, a call, may make the generator of."""
    match node:
        case ast.Call(func=func):
            for value in module.values(func):
                match value:
                    case Function(facts=facts, node=ast.FunctionDef() as made) if (
                        form_of(module.inference, facts, made) is Form.GENERATOR
                    ):
                        yield value
                    case _:
                        pass  # makes something else, or nobody knows
        case ast.IfExp(body=first, orelse=second):
            yield from plain_generators(module, first)
            yield from plain_generators(module, second)
        case _:
            pass  # no call


def _calls_generator_lambda(module: Module, node: ast.expr) -> bool:
    """True for a call of a `lambda: (yield from x)`."""
    return isinstance(node, ast.Call) and any(
        isinstance(value, Function) and isinstance(value.node, ast.Lambda) and value.facts.is_generator(value.node)
        for value in module.values(node.func)
    )


def can_be_awaited(module: Module, cls: ProjectClass) -> bool | None:
    """Return whether the instances of a class of the project have `__await__()`; None where nobody knows."""
    classes = module.inference.classes
    bases = classes.external_bases(cls)
    inherited = {None} if bases is None else {_inherits_await(one) for one in bases}
    if True in inherited or any(_has_await(one) for one in classes.mro(cls)):
        return True
    if None in inherited or any(_has_await(one) for sub in classes.subclasses(cls) for one in classes.mro(sub)):
        return None
    return None if _is_given_later(module) else False


def _is_given_later(module: Module) -> bool:
    """True where some code sets `__await__` on a class that is there already."""
    for path in module.inference.project.files_mentioning("__await__") or ():
        facts = module.inference.project.facts(path)
        if facts is None:
            continue  # it cannot be read
        if any(isinstance(one.ctx, ast.Store) for one in facts.attributes.get("__await__", ())):
            return True
        for name in facts.names.get("setattr", ()):
            match facts.parents[name]:
                case ast.Call(args=[_, ast.Constant(value="__await__"), *_]):
                    return True
                case _:
                    pass  # it sets something else
    return False


def _has_await(cls: ProjectClass) -> bool:
    """True where a class has the method in its body, or its file gives it one: `Connect.__await__ = …`."""
    return "__await__" in cls.facts.scopes[cls.node].bindings or any(
        isinstance(use.ctx, ast.Store) and last_name(use.value) == cls.node.name
        for use in cls.facts.attributes.get("__await__", ())
    )


# ---- what it returns ----


def _read_result(module: Module, function: FunctionNode, value: ast.expr, body: Body) -> None:
    """The decorator waited for what a function without `yield` returns, where that can be waited for."""
    if isinstance(value, ast.IfExp):
        _read_result(module, function, value.body, body)
        _read_result(module, function, value.orelse, body)
        return
    if isinstance(value, ast.GeneratorExp) or _calls_generator_lambda(module, value):
        body.breaks(f"line {value.lineno}: the decorator went through the generator `{module.text(value)}`")
    functions = tuple(plain_generators(module, value))
    kinds = {True} if functions else {_is_waited_for(module, one) for one in module.values(value)}
    if kinds == {True} and isinstance(value, ast.Name) and value.id == self_name(function):
        body.breaks(
            f"line {value.lineno}: the decorator awaited `{value.id}` as well; whether that was meant is not known"
        )
    if kinds == {None} and _gives_data(module, value):
        return  # it is returned as it is
    if None in kinds and called_name(value) == "run_in_executor":
        kinds = {True}  # nothing but an event loop has such a method
    if kinds == {None} and names_only_coroutines(module, value, function):
        body.doubts.append(f"line {value.lineno}: only its name says that `{module.text(value)}` gives a coroutine")
        kinds = {True}
    match kinds:
        case _ if kinds == {True}:
            body.results.append(value)
            if functions:
                body.delegations.append(Delegation(value, functions))
        case _ if kinds == {False}:
            pass  # it is returned as it is
        case _ if _is_data_for_callers(module, value):
            text = module.text(value)
            body.doubts.append(f"line {value.lineno}: `{text}` is nothing to be awaited for the callers in the project")
        case _:
            text = module.text(value)
            body.breaks(f"line {value.lineno}: whether `{text}` is to be awaited, as the decorator did, is not known")


def _is_data_for_callers(module: Module, value: ast.expr) -> bool:
    """True where callers in the project are known, and what they pass is nothing that the decorator would have awaited."""
    passed = module.inference.values_from_callers(module.facts, value)
    return bool(passed) and all(_is_waited_for(module, one) is False for one in passed)


def _gives_data(module: Module, value: ast.expr) -> bool:
    """True for a call that gives data: `json.loads(text)`, `self.buffer.read()`, `"{}".format(x)`."""
    match value:
        case ast.Call(func=ast.Attribute(value=owner)) if _is_text(module, owner):
            return True
        case ast.Name(id="NotImplemented"):
            return True
        case ast.Call(func=func):
            return (module.name_of(func) or "").partition(".")[0] in _DATA_MODULES
        case _:
            return False


def _is_text(module: Module, node: ast.expr, *, follow: bool = True) -> bool:
    """True for a `str` or `bytes`, and for what its methods give; variables are followed once."""
    match node:
        case ast.Constant(value=str() | bytes()) | ast.JoinedStr():
            return True
        case ast.BinOp(left=left, op=ast.Add() | ast.Mod()):
            return _is_text(module, left, follow=follow)
        case ast.Call(func=ast.Attribute(value=owner)):
            return _is_text(module, owner, follow=follow)
        case ast.Call(func=func):
            return module.name_of(func) in _TEXTS
        case ast.Name(id=name) if follow and (found := module.facts.scope_at(node).find(name)) is not None:
            made = [one.value if one.how is How.ASSIGN else None for one in found[1]]
            return all(one is not None and _is_text(module, one, follow=False) for one in made)
        case _:
            return False


def names_only_coroutines(module: Module, value: ast.expr, but: FunctionNode | None = None) -> bool:
    """True for a method of an object that is not known where all other classes that have one make coroutines with it."""
    match value:
        case ast.Call(func=ast.Attribute(attr=name)):
            found = [
                (facts.class_of(one), form_of(module.inference, facts, one))
                for path in module.inference.project.files_mentioning(name) or ()
                if (facts := module.inference.project.facts(path)) is not None
                for one in facts.functions
                if one.name == name and one is not but
            ]
            is_method = any(owner is not None for owner, _ in found)
            return is_method and {form for _, form in found} <= {Form.DECORATED, Form.MARKED, Form.NATIVE}
        case _:
            return False


def _is_waited_for(module: Module, value: Value) -> bool | None:
    match value:
        case Coroutine() | Eventual():
            return True
        case Instance(cls=name):
            if module.inference.is_instance(frozenset({value}), "asyncio.Future"):
                return True
            is_known = name.partition(".")[0] in sys.stdlib_module_names or hasattr(builtins, name)
            return False if is_known and name not in _LOCKS else None
        case ProjectInstance(cls=cls):
            return can_be_awaited(module, cls)
        case (
            Plain.NONE | Plain.OTHER | Container() | Fixed() | Function() | ProjectClass() | ProjectModule() | Returns()
        ):
            return False
        case _:
            return None


def _inherits_await(base: str) -> bool | None:
    """Return whether instances of an external base class can be awaited; None where nobody knows."""
    if base in _AWAITABLES | _COROUTINES or inherits(base, "asyncio.Future"):
        return True
    return False if isinstance(getattr(builtins, base, None), type) or base in _NO_AWAITABLES else None


# ---- its annotation ----


def _read_annotation(module: Module, function: FunctionNode, body: Body) -> None:
    """`-> Generator[Any, None, int]` says of a coroutine function what `-> int` says of a native one."""
    if function.returns is None or isinstance(function, ast.AsyncFunctionDef):
        return
    match function.returns:
        case ast.Constant(value=str(text)) if any(
            word in text for word in ("Generator", "Iter", "Awaitable", "Corout")
        ):
            body.breaks(f"its annotation {text!r} does not say what awaiting gives")
            return
        case ast.Subscript(value=value, slice=given):
            name = module.name_of(value)
            parts = given.elts if isinstance(given, ast.Tuple) else [given]
        case value:
            name, parts = module.name_of(value), []
    wanted = 3 if name in _GENERATORS | _COROUTINES else 1 if name in _AWAITABLES else 0
    if name in _ITERATORS or (wanted and len(parts) != wanted):
        body.breaks(f"its annotation `{module.text(function.returns)}` does not say what awaiting gives")
    elif wanted:
        body.result = wanted - 1
