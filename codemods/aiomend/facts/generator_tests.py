"""Code that asks whether something is a generator, and so treats a native coroutine differently from the generator it was."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from aiomend.facts.coroutine_ends import asks_for_iterators
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import FUNCTIONS, How
from aiomend.facts.view import Module

_TESTS = {
    "isgenerator": ("inspect.isgenerator",),
    "isgeneratorfunction": ("inspect.isgeneratorfunction",),
    "GeneratorType": ("types.GeneratorType",),
    "CO_GENERATOR": ("inspect.CO_GENERATOR",),
    "Generator": ("collections.abc.Generator", "typing.Generator"),
}
#: The mark that `asyncio.coroutine` leaves, the flags of a generator's code, and what generators alone have.
_MARKS = ("_is_coroutine", "co_flags", "gi_frame", "gi_running", "gi_code", "gi_yieldfrom")
#: Words of code that knows native coroutines as well.
_KNOWS_COROUTINES = re.compile(r"iscoroutine|isawaitable|CoroutineType|Awaitable|\bCoroutine\b|CO_COROUTINE")


def generator_test(module: Module) -> str | None:
    """Return a place in the project, as `path:line`, where code on asyncio asks for generators alone; None where none does."""
    return module.inference.traced("generator test", lambda: _found(module))


def asked_for_generators(module: Module, node: ast.YieldFrom) -> str | None:
    """Return a test that lets a generator through to a `yield from` of the same name, and no native coroutine."""
    facts, function = module.facts, module.facts.function_at(node)
    if not isinstance(node.value, ast.Name) or function is None or _KNOWS_COROUTINES.search(_around(facts, node)):
        return None
    inner: ast.AST = node
    for parent in facts.ancestors(node):
        if parent is function:
            return None
        if isinstance(parent, ast.If) and inner in parent.body:
            for call in ast.walk(parent.test):
                if isinstance(call, ast.Call) and _asks(module, call, node.value.id):
                    return module.phrase(call)
        inner = parent
    return None


def asked_for_either(module: Module, node: ast.YieldFrom) -> str | None:
    """Return the test `asyncio.iscoroutine(x)` of what a `yield from` waits for, where a Python of the target takes generators for coroutines."""
    if module.settings.target.all_at_least((3, 12)):
        return None
    function, asked = module.facts.function_at(node), ast.dump(node.value)
    for name in ("asyncio.iscoroutine", "asyncio.coroutines.iscoroutine"):
        for call in module.calls(name):
            match call.args:
                case [given] if module.facts.function_at(call) is function and ast.dump(given) == asked:
                    return module.phrase(call)
                case _:
                    pass  # asks for something else
    return None


def _asks(module: Module, call: ast.Call, name: str) -> bool:
    """True for `isgenerator(x)`, `isinstance(x, GeneratorType)` and `hasattr(x, "__next__")`."""
    match call:
        case ast.Call(args=[ast.Name(id=asked), *kinds]) if asked == name:
            names = {module.name_of(call.func), *map(module.name_of, kinds)}
            is_kind = not names.isdisjoint({"inspect.isgenerator", "types.GeneratorType", *_TESTS["Generator"]})
            return is_kind or asks_for_iterators(module.inference, module.facts, call)
        case _:
            return False


def _found(module: Module) -> str | None:
    project = module.inference.project
    for word in (*_TESTS, *_MARKS, "generator", "type"):
        for path in project.files_mentioning(word) or ():
            facts = project.facts(path)
            if facts is None or "asyncio" not in facts.imported_roots:
                continue  # its generators are no coroutines
            for use in _uses(module, facts, word):
                if not _KNOWS_COROUTINES.search(_around(facts, use)):
                    return f"{path}:{use.lineno}"
    return None


def _uses(module: Module, facts: ModuleFacts, word: str) -> Iterator[ast.expr]:
    """Yield the tests of a file that go by a word."""
    match word:
        case "generator":  # `type(x).__name__ == "generator"`
            for use in facts.attributes.get("__name__", ()):
                compared = facts.parents[use]
                if isinstance(compared, ast.Compare) and word in _texts(compared):
                    yield use
        case "type":  # `type(x for x in ())`
            for name in facts.names.get(word, ()):
                match facts.parents[name]:
                    case ast.Call(func=func, args=[ast.GeneratorExp()]) if func is name:
                        yield name
                    case _:
                        pass  # the type of something else
        case _ if word in _MARKS:
            for read in facts.attributes.get(word, ()):
                if isinstance(read.ctx, ast.Load) and getattr(facts.function_at(read), "name", "") != word:
                    yield read  # else it is handed on by an object that stands for another
            for name in facts.names.get("getattr", ()):
                match facts.parents[name]:
                    case ast.Call(args=[_, ast.Constant(value=asked), *_]) if asked == word:
                        yield name
                    case _:
                        pass  # asks for something else
        case _:
            for use in (*_named(facts, word), *facts.attributes.get(word, ())):
                is_annotation = word == "Generator" and not _is_in_test(facts, use)
                if module.inference.external_name(facts, use) in _TESTS[word] and not is_annotation:
                    yield use


def _named(facts: ModuleFacts, word: str) -> Iterator[ast.Name]:
    """Yield the reads of a name and of what it is imported as."""
    names = {word}
    for scope in facts.scopes.values():
        for name, bindings in scope.bindings.items():
            if any(one.how is How.FROM and one.member == word for one in bindings):
                names.add(name)
    for name in sorted(names):
        yield from (one for one in facts.names.get(name, ()) if isinstance(one.ctx, ast.Load))


def _is_in_test(facts: ModuleFacts, use: ast.expr) -> bool:
    for parent in facts.ancestors(use):
        match parent:
            case ast.Call(func=ast.Name(id="isinstance" | "issubclass")):
                return True
            case ast.Tuple():
                pass  # of several classes
            case _:
                return False
    return False


def _texts(compared: ast.Compare) -> set[str]:
    return {one.value for one in ast.walk(compared) if isinstance(one, ast.Constant) and isinstance(one.value, str)}


def _around(facts: ModuleFacts, use: ast.expr) -> str:
    """Return the text of the function around a test, or of its statement."""
    function = next((one for one in facts.ancestors(use) if isinstance(one, FUNCTIONS)), None)
    return facts.source.segment(function if function is not None else facts.statement(use))
