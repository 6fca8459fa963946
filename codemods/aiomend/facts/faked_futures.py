"""Where tests, and other code, put something else in the place of a future or an event loop: a mock, an object with setters of its own.

A mock's `cancelled()` is true, whatever was set; what has nothing but a setter has no `cancelled()`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from aiomend.facts.call_names import Reached
from aiomend.facts.flow import is_simple
from aiomend.facts.mocks import mocks_of
from aiomend.facts.module import ModuleFacts
from aiomend.facts.module_names import is_test_path
from aiomend.facts.put_in_place import placed
from aiomend.facts.scopes import FUNCTIONS, Binding, How, last_name
from aiomend.facts.values import Instance, ProjectInstance, Value
from aiomend.facts.view import Module

_DEPTH = 8  #: names, attributes and calls on the way to what makes a mock
_MOCK = re.compile(r"(?:^|\.)(?:Magic|Async|NonCallable|NonCallableMagic)?Mock$")
_BARE = frozenset({"types.SimpleNamespace", "argparse.Namespace"})
_TAKES_OUT = frozenset({"get", "get_nowait", "pop", "popleft", "setdefault"})
_GOES_THROUGH = frozenset({"copy", "values"})
_COPIES = frozenset({"deque", "dict", "iter", "list", "next", "reversed", "set", "sorted", "tuple"})
_FILLS = frozenset({"add", "append", "appendleft", "insert", "put_nowait", "setdefault"})
#: What tests ask a mock that was called.
_ASKED = re.compile(r"^(?:assert_\w+|call_args(?:_list)?|call_count|called|(?:mock|method)_calls|await_\w+)$")


def stand_in_doubt(module: Module, node: ast.AST, receiver: ast.expr, *methods: str) -> str | None:
    """Return why a test that is put before the call of a future's setter may fail: the project's tests use no real future."""
    if place := faked(module, receiver):
        return f"{place} puts a mock or another stand-in there, which a test of the future may find cancelled"
    if place := asserted(module, node, receiver, *methods):
        return f"{place} asks a mock what was set, and a mock counts as cancelled"
    return None


def faked(module: Module, node: ast.expr) -> str | None:
    """Return where the project puts something else in the place of a future or a loop, as `path:line`; None where it does nowhere.

    Followed are names, parameters, attributes, what comes out of a collection, and the loop that makes a future.
    """
    return next(_Followed(module).sources(module.facts, node), None)


def asserted(module: Module, node: ast.AST, receiver: ast.expr, *methods: str) -> str | None:
    """Return where a test asks a mock whether a method was called, or given to somebody, as `path:line`; None where none does.

    Those are tests whose file speaks of the function, the class or the module around ``node``. Where they say of which attribute the
    mock is, only that one counts.
    """
    owner = module.class_at(node)
    around = [module.function_at(node), owner.node if owner is not None else None]
    words = {
        one.name for one in around if isinstance(one, (*FUNCTIONS, ast.ClassDef)) and not one.name.startswith("__")
    }
    words.add(module.facts.name.rpartition(".")[2])
    project = module.inference.project
    tests = {path for word in words for path in project.files_mentioning(word) or ()}
    for method in methods:
        for path in project.files_mentioning(method) or ():
            if path in tests and is_test_path(path) and (facts := project.facts(path)) is not None:
                for use in facts.attributes.get(method, ()):
                    if _is_asked(facts, use) and _may_be(use.value, receiver):
                        return f"{path}:{use.lineno}"
    return None


def _is_asked(facts: ModuleFacts, use: ast.Attribute) -> bool:
    """True for `fut.set_result.assert_called_once()`, and `call_later.assert_called_with(3, fut.set_result)`."""
    parent = facts.parents[use]
    while isinstance(parent, (ast.Tuple, ast.List, ast.keyword)):
        parent = facts.parents[parent]
    match parent:
        case ast.Attribute(attr=asked):
            return _ASKED.match(asked) is not None
        case ast.Call(func=ast.Attribute(value=value, attr=attr) as func) if func is not use:
            return attr == "call" or attr.startswith("assert_") or last_name(value) == "call"
        case ast.Call(func=ast.Name(id="call")):
            return True
        case _:
            return False


def _may_be(asked: ast.expr, receiver: ast.expr) -> bool:
    """False where a test asks the mock of one attribute, and another attribute is meant."""
    if not isinstance(asked, ast.Attribute) or not isinstance(receiver, ast.Attribute):
        return True
    return asked.attr in (receiver.attr, "return_value")


@dataclass(frozen=True, slots=True)
class _Followed:
    """What is put where an expression comes from, followed through the project."""

    module: Module
    seen: set[tuple[ast.expr, bool]] = field(default_factory=set)

    def sources(self, facts: ModuleFacts, node: ast.expr, depth: int = 0, *, is_inside: bool = False) -> Iterator[str]:
        """Yield where something else comes from than asyncio's, as an expression, or ``is_inside`` as a part of what that holds."""
        if (node, is_inside) in self.seen or depth > _DEPTH:
            return
        self.seen.add((node, is_inside))
        if self._is_made(facts, node):
            yield f"{facts.path}:{node.lineno}"
            return
        match node:
            case ast.Name():
                yield from self._of_name(facts, node, depth + 1, is_inside)
            case ast.Attribute():
                yield from self._of_attribute(facts, node, depth + 1, is_inside)
            case ast.BoolOp(values=parts):
                yield from self._of_each(facts, parts, depth, is_inside)
            case ast.IfExp(body=first, orelse=second):
                yield from self._of_each(facts, (first, second), depth, is_inside)
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts) | ast.Dict(values=parts) if (
                is_inside
            ):
                yield from self._of_each(facts, parts, depth, False)
            case ast.Subscript(value=table) | ast.NamedExpr(value=table):
                yield from self.sources(facts, table, depth + 1, is_inside=isinstance(node, ast.Subscript))
            case ast.Call(func=ast.Attribute(value=table, attr=method)) if method in _TAKES_OUT | _GOES_THROUGH:
                yield from self.sources(facts, table, depth + 1, is_inside=True)
            case ast.Call(func=ast.Name(id=name), args=[table, *_]) if name in _COPIES:
                yield from self.sources(facts, table, depth + 1, is_inside=True)
            case ast.Call(func=ast.Attribute(value=loop, attr="create_future")) if is_simple(loop):
                yield from self.sources(facts, loop, depth + 1)  # a mock's futures are mocks
            case _:
                pass  # made by what is known, or by nobody knows what

    def _of_each(self, facts: ModuleFacts, parts: Sequence[ast.expr], depth: int, is_inside: bool) -> Iterator[str]:
        for part in parts:
            yield from self.sources(facts, part, depth + 1, is_inside=is_inside)

    def _of_name(self, facts: ModuleFacts, name: ast.Name, depth: int, is_inside: bool) -> Iterator[str]:
        home = facts.scope_at(name).find(name.id)
        for binding in home[1] if home is not None else ():
            match binding:
                case Binding(how=How.PARAMETER) if home is not None and isinstance(function := home[0].node, FUNCTIONS):
                    for user, given in self.module.inference.callers.given(facts, function, binding):
                        yield from self.sources(user, given, depth, is_inside=is_inside)
                case Binding(how=How.ASSIGN | How.ANNOTATION, value=ast.expr() as value, path=()):
                    yield from self.sources(facts, value, depth, is_inside=is_inside)
                case Binding(how=How.ITERATION, value=ast.expr() as value):
                    yield from self.sources(facts, value, depth, is_inside=True)
                case _:
                    pass  # bound in another way
        if is_inside:
            yield from self._filled(facts, facts.mentions_of(name), depth)

    def _of_attribute(self, facts: ModuleFacts, use: ast.Attribute, depth: int, is_inside: bool) -> Iterator[str]:
        inference, owner = self.module.inference, self.module.inference.values(facts, use.value)
        for one in placed(inference, use.attr):
            if one.concerns(inference, owner):
                if one.is_made and any(map(self._is_fake, one.values(inference))):
                    yield one.place
                yield from self.sources(one.facts, one.value, depth, is_inside=is_inside)
        yield from (one.place for one in mocks_of(self.module, Reached(use.attr, owner, use.attr)))
        for cls in (one.cls for one in owner if isinstance(one, ProjectInstance)):
            for home, binding in inference.classes.assigned(cls, use.attr):
                if binding.value is not None and not binding.path:
                    yield from self.sources(home, binding.value, depth, is_inside=is_inside)
        if is_inside:
            project = inference.project
            for path in project.files_mentioning(use.attr) or ():
                if is_test_path(path) and (test := project.facts(path)) is not None:
                    yield from self._filled(test, test.attributes.get(use.attr, ()), depth)

    def _filled(self, facts: ModuleFacts, tables: Iterable[ast.expr], depth: int) -> Iterator[str]:
        """Yield what is put into a collection: `link.replies[1] = mock.Mock()`, `link.waiters.append(fake)`."""
        for table in tables:
            match facts.parents[table]:
                case ast.Subscript(ctx=ast.Store()) as entry if entry.value is table:
                    match facts.parents[entry]:
                        case ast.Assign(value=value):
                            yield from self.sources(facts, value, depth)
                        case _:
                            pass  # bound in another way
                case ast.Attribute(attr=method) as filled if method in _FILLS:
                    match facts.parents[filled]:
                        case ast.Call(func=func, args=[*_, given]) if func is filled:
                            yield from self.sources(facts, given, depth)
                        case _:
                            pass  # it is handed on
                case _:
                    pass  # it is read, or is another one then

    def _is_made(self, facts: ModuleFacts, node: ast.expr) -> bool:
        """True for what makes a mock, or another object with a setter of its own."""
        if isinstance(node, ast.Call) and _MOCK.search(last_name(node.func)):
            return True  # also that of a library which nobody knows
        return any(map(self._is_fake, self.module.inference.values(facts, node)))

    def _is_fake(self, value: Value) -> bool:
        match value:
            case Instance(cls=cls):
                return cls in _BARE or _MOCK.search(cls) is not None
            case ProjectInstance(cls=own):
                return self.module.inference.stand_ins.sets_itself(own)
            case _:
                return False
