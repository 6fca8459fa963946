"""AIO001: a generator-based coroutine function, which Python 3.11 has no decorator for any more."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.coroutine_companies import Company, known_company
from aiomend.facts.generator_coroutines import is_called_by_language
from aiomend.facts.patched import patched_texts
from aiomend.facts.scopes import FunctionNode, How
from aiomend.facts.stubs import beside_stub, twins
from aiomend.facts.values import External
from aiomend.facts.version_branches import is_version_branch
from aiomend.facts.view import Module
from aiomend.model import Impact, Safety
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Replace, Wrap
from aiomend.rewriting.waits import Undecorated
from aiomend.rules.legacy.async_iterators import gives_itself
from aiomend.rules.legacy.converting import parts_of_company
from aiomend.rules.legacy.decorator_imports import idle_imports
from aiomend.rules.legacy.idle_wrapping import idle_wrapping, is_native, removed
from aiomend.rules.rule import Fix, Part, Rule

_DECORATOR = "asyncio.coroutine"
_GONE = "`asyncio.coroutine` is gone from Python 3.11"


class GeneratorCoroutine(Rule):
    """Write a generator-based coroutine function as a native one.

    `@asyncio.coroutine` made a coroutine function of a generator before Python had `async def`. It was deprecated in 3.8 and
    is gone from 3.11, where the module that says it cannot even be imported. The function becomes `async def`, each of its
    `yield from` becomes `await`, and `with (yield from lock)` becomes `async with lock`. The import of the decorator goes
    with its last use.

    Before:

    ```python
    import asyncio

    class Store:
        def __init__(self):
            self.lock = asyncio.Lock()
            self.items = {}

        @asyncio.coroutine
        def fetch(self, key):
            with (yield from self.lock):
                if key not in self.items:
                    self.items[key] = yield from self.load(key)
            return self.items[key]

        @asyncio.coroutine
        def load(self, key):
            yield from asyncio.sleep(0.1)
            return key.upper()
    ```

    After:

    ```python
    import asyncio

    class Store:
        def __init__(self):
            self.lock = asyncio.Lock()
            self.items = {}

        async def fetch(self, key):
            async with self.lock:
                if key not in self.items:
                    self.items[key] = await self.load(key)
            return self.items[key]

        async def load(self, key):
            await asyncio.sleep(0.1)
            return key.upper()
    ```

    A function without `yield from` that returns what another one makes, `return self.load(key)`, left the waiting to the
    decorator: it becomes `return await self.load(key)`. In a `try` or a `with` that moves the waiting into the block, which
    is unsafe, and for a person where a lock of threads is held there.

    A decorator that makes coroutine functions by `asyncio.coroutine(fun)` of what is none loses that line once each function
    that the project gives to it is `async def`.

    An `__aiter__()` that returns its own object loses the decorator and stays a plain function: only Python 3.5.0 awaited it.

    An import of `coroutine` from asyncio that nothing uses goes, too: the import alone fails from 3.11 on.

    Fix safety: safe where the function can change by itself: callers may await either kind. Unsafe where others have to
    change with it, in one fix for all files: plain generators that delegate to it with `yield from`, and those that it waits
    for. Unsafe too where a lock is only recognised by its name, where a decorator of another package gets the new function,
    where a bare `yield` becomes a sleep (AIO010), where something unknown may delegate to it, and where a decorator loses a line.
    And unsafe where the project knows generators alone: where code asks whether something is one, by
    `asyncio.iscoroutine(x)` for targets before Python 3.12, which holds of a generator until then; where the function, or
    what it makes, is handed on or kept (by a decorator, in a table), and some plain generator or scheduler goes through
    what it is given; where what it makes is kept, and may be waited for again; where callers pass a list, or tests and
    other code put a mock, a plain generator function or what gives a list in the place of what is awaited
    (`patch.object(Client, "send", fake)`); where a base's plain method, or another annotation of the project, promises a
    generator as this function's does (`Callable[[int], Generator[Any, None, str]]`); and where a `next()` ends an old generator, which it did without an error
    before Python 3.7. A `MagicMock` that tests put in the place of something of the project becomes one that can be
    awaited, in the same fix, unless it is told what to give.

    The finding is for a person where the function yields values, waits for something that is no awaitable (a list, a text,
    an iterator such as `itertools.repeat(None, 3)`: it yields their elements), or for what a plain function of the project
    gives that has a `return ()`, raises StopIteration, or is one that the language calls (`__iter__`, by another name too:
    `__iter__ = run`); where somebody goes through it by hand with `next()` or `for`, or waits for one coroutine twice; where
    it waits for something only if a test says that it is a generator; where it returns, without any `yield`, what may or may not have to be awaited; where its annotation or type comment would not
    say any more what awaiting gives (`-> "asyncio.Future[int]"`; `-> Generator[Any, None, int]` becomes `-> int`); and where
    `asyncio.coroutine` is called, or handed on, in other ways.

    Silent when the decorator is `types.coroutine`, which stays a part of Python, and where the name is called or handed on
    under a test of the version.
    """

    code = "AIO001"
    name = "generator-coroutine"
    safety = Safety.SAFE
    impact = Impact.BUG
    triggers = frozenset({"coroutine"})
    due = (3, 11)
    recolours = True

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the functions of a file under `@asyncio.coroutine`, and the other uses of that name."""
        decorators: set[ast.expr] = set()
        for function in module.facts.functions:
            decorator = module.inference.coroutine_decorator(module.facts, function)
            if decorator is None or (name := module.name_of(decorator)) == "types.coroutine":
                continue  # no coroutine function, or one whose decorator stays
            decorators.add(decorator)
            if External("types.coroutine") in module.values(decorator):
                continue  # that one is there where the other is gone
            if is_version_branch(module.facts, function) and _is_native_elsewhere(module, function):
                continue  # meant for old versions
            if name == _DECORATOR:
                yield self._function(module, function, decorator)
            else:
                message = f"{_GONE}, and `@{module.text(decorator)}` may be that"
                yield self.manual(module, decorator, message, "it may be another decorator as well")
        yield from self._calls(module)
        yield from self._others(module, decorators)
        yield from self._imports(module)

    def _function(self, module: Module, function: FunctionNode, decorator: ast.expr) -> Fix:
        if gives_itself(module, function):
            edit = Wrap((function,), Undecorated(function.decorator_list.index(decorator)))
            message = (
                f"{_GONE}, and `async for` awaits no `{function.name}()` since Python 3.7: it becomes a plain function"
            )
            parts = (Part(module.facts, (edit,), recoloured=(function,)),)
            return Fix(type(self), module.path, decorator, message, Safety.SAFE, self.impact, parts)
        company = known_company(module, function)
        name = function.name
        written = _implementation(module, function)
        if company.reason is None and written is not None and written.reason is not None:
            reason = f"the function that this is the stub of stays as it is: {written.reason}"
            return self.manual(module, decorator, f"{_GONE}: `{name}()` would have to be `async def`", reason)
        if company.reason is not None:
            needs = "needs another way" if is_called_by_language(name) else "would have to be `async def`"
            message = f"{_GONE}: `{name}()` {needs}"
            return self.manual(module, decorator, message, company.reason, tuple(company.evidence))
        if isinstance(function, ast.AsyncFunctionDef):
            message = f"{_GONE}, and does nothing for `{name}()`, which is `async def`"
        else:
            message = f"{_GONE}: `{name}()` becomes `async def`{_along(company)}"
        doubt = doubt_of(company) or (doubt_of(written) if written is not None else None)
        return Fix(
            type(self),
            module.path,
            decorator,
            message,
            Safety.SAFE if doubt is None else Safety.UNSAFE,
            self.impact,
            parts_of_company(company),
            doubt,
            tuple(company.evidence),
        )

    def _calls(self, module: Module) -> Iterator[Fix]:
        """Yield the calls `asyncio.coroutine(f)`."""
        for call in module.calls(_DECORATOR):
            if is_version_branch(module.facts, call):
                continue  # meant for old versions
            message = f"{_GONE}: `{module.phrase(call)}` fails there"
            match call.args:
                case [given] if is_native(module, given):
                    yield self.fix(
                        module,
                        call,
                        f"{message}; `{module.text(given)}` is a coroutine function",
                        Replace(call, syntax.first_argument),
                    )
                    continue  # nothing else is to be said of it
                case _:
                    found = idle_wrapping(module, call)
            if found is not None and (edit := removed(module, found)) is not None:
                what = f"what `{found.decorator.name}()` is given is `async def` in all {found.given} places"
                why = "code outside of the project may give it another function"
                yield self.fix(module, call, f"{message}; {what}", edit, safety=Safety.UNSAFE, reason=why)
            else:
                reason = (
                    "make a function with `async def` that calls the other one, and awaits what it gives if it has to"
                )
                yield self.manual(module, call, message, reason)

    def _others(self, module: Module, decorators: set[ast.expr]) -> Iterator[Fix]:
        """Yield the uses of the name that neither call it nor decorate with it."""
        for node in _references(module):
            parent = module.facts.parents[node]
            if node in decorators or (isinstance(parent, ast.Call) and parent.func is node):
                continue  # seen already
            if any(isinstance(one, ast.Try) for one in module.facts.ancestors(node)):
                continue  # the program may know that it can be missing
            if is_version_branch(module.facts, node):
                continue  # meant for old versions
            if module.name_of(node) == _DECORATOR:
                message = f"{_GONE}: `{module.phrase(node)}` fails there"
                yield self.manual(module, node, message, "what is done with it has to be done with `async def`")

    def _imports(self, module: Module) -> Iterator[Fix]:
        """Yield the imports of the name that nothing uses, and where it is got by a text."""
        for found in idle_imports(module):
            line = module.phrase(found.statement)
            message = f"{_GONE}, and `{line}` fails there; nothing here uses it"
            if found.edit is None:
                yield self.manual(module, found.statement, message, found.reason or "")
            else:
                yield self.fix(module, found.statement, message, found.edit)
        for facts, text in patched_texts(module.inference, "asyncio", "coroutine"):
            if facts is module.facts:
                message = f"{_GONE}: what is put in its place by the name {module.text(text)} has no place there"
                yield self.manual(module, text, message, "no decorator is left that it could be")
        for name in module.facts.names.get("getattr", ()):
            match module.facts.parents[name]:
                case ast.Call(func=func, args=[owner, ast.Constant(value="coroutine")]) as call if func is name:
                    if module.name_of(owner) == "asyncio":
                        reason = "what is done with it has to be done with `async def`"
                        yield self.manual(module, call, f"{_GONE}: `{module.phrase(call)}` fails there", reason)
                case _:
                    pass  # gets something else, or has a default


def _implementation(module: Module, function: FunctionNode) -> Company | None:
    """Return what is said of the function under the decorator that one in a `.pyi` file is the stub of; None where there is none."""
    if not module.path.endswith(".pyi") or (home := beside_stub(module)) is None:
        return None
    one = next(twins(home, module, function), None)
    if one is None or home.inference.coroutine_decorator(home.facts, one) is None:
        return None
    return known_company(home, one)


def _references(module: Module) -> Iterator[ast.expr]:
    yield from module.facts.attributes.get("coroutine", ())
    names = {"coroutine"}
    for name, bindings in module.facts.scope.bindings.items():
        if any(one.how is How.FROM and one.member == "coroutine" for one in bindings):
            names.add(name)
    for name in sorted(names):
        for node in module.facts.names.get(name, ()):
            if isinstance(node.ctx, ast.Load):
                yield node


def _is_native_elsewhere(module: Module, function: FunctionNode) -> bool:
    """True where another branch has the function as `async def`."""
    bindings = module.facts.scope_at(function).bindings.get(function.name, ())
    return any(isinstance(one.node, ast.AsyncFunctionDef) and one.node is not function for one in bindings)


def _along(company: Company) -> str:
    others = [f"`{one.function.name}()`" for one in company.others]
    if not others:
        return ""
    if len(others) > 3:
        return f", and {len(others)} plain generators with it"
    return f", and with it {', '.join(others[:-1])}{' and ' if others[:-1] else ''}{others[-1]}"


def doubt_of(company: Company) -> str | None:
    """Return why the conversion of a company may be wrong; None where nothing says so."""
    if company.doubts:
        return company.doubts[0]
    if company.others:
        return (
            f"{len(company.others)} plain generators change with it, and who runs them may be other code"
            if len(company.others) > 1
            else (
                f"`{company.others[0].function.name}()`, a plain generator, changes with it, and who runs it may be other code"
            )
        )
    if company.protocols:
        return f"`{company.protocols[0][1].function.name}()` changes with it"
    if any(member.body.bare for member in company.members):
        return "a bare `yield` becomes a sleep"
    return None
