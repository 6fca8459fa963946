"""One pass over one file: parents, scopes, bindings, calls, and what each place may suspend with."""

from __future__ import annotations

import ast
import bisect
import enum
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import repeat
from operator import attrgetter, itemgetter
from typing import TypeVar

from aiomend.facts.beside import Beside
from aiomend.facts.scopes import (
    BINDERS,
    COMPREHENSIONS,
    FUNCTIONS,
    Binding,
    FunctionNode,
    How,
    Scope,
    absolute,
    bind,
    bind_parameters,
    bind_statement,
    bind_target,
    last_name,
    outer_parts,
    past_comprehensions,
)
from aiomend.facts.tree import children, walk
from aiomend.source import Source, last_line


class Colour(enum.Enum):
    """What a place can suspend with."""

    SYNC = "nothing"
    AWAIT = "await"
    YIELD_FROM = "yield from"


N = TypeVar("N", bound=ast.stmt | ast.expr)  #: what has a place in a file

_DECLARES = re.compile("global|nonlocal")
_SCOPED = frozenset((*FUNCTIONS, ast.Lambda, ast.ClassDef, *COMPREHENSIONS))
_DEFINITIONS = frozenset((*FUNCTIONS, ast.Lambda, ast.ClassDef))
_NOTED = frozenset((ast.Yield, ast.YieldFrom, ast.Return, *BINDERS))


class ModuleFacts(Beside):
    """What one file says by itself. Built once per content, read-only afterwards."""

    def __init__(self, source: Source, name: str, is_package: bool) -> None:
        super().__init__()
        self.source = source
        self.path = source.path
        self.name = name
        self.is_package = is_package
        self.package = name if is_package else name.rpartition(".")[0]
        self.tree = source.tree
        self.parents: dict[ast.AST, ast.AST] = {}
        self.scopes: dict[ast.AST, Scope] = {}
        self.calls: list[ast.Call] = []  #: in the order of the file
        self.attributes: dict[str, list[ast.Attribute]] = {}
        self.names: dict[str, list[ast.Name]] = {}
        self.functions: list[FunctionNode] = []
        self.classes: list[ast.ClassDef] = []
        self.stars: list[str] = []
        self._yields: dict[ast.AST, list[ast.Yield | ast.YieldFrom]] = {}
        self._returns: dict[ast.AST, list[ast.Return]] = {}
        self._members: dict[Scope, list[ast.Attribute]] = {}
        self._mentions: dict[str, dict[Scope, list[ast.Name]]] = {}
        self._scope_of: dict[ast.AST, Scope] = {}
        self.scope = Scope(self.tree, None, "")
        self.scopes[self.tree] = self.scope
        self._walk()
        self.calls.sort(key=attrgetter("lineno", "col_offset"))

    # ---- the pass ---

    def _walk(self) -> None:
        stack: list[tuple[ast.AST, Scope]] = [(self.tree, self.scope)]
        outside: dict[ast.AST, Scope] = {}  # decorators, defaults, first iterables: seen from the enclosing scope
        scope_of, parents = self._scope_of, self.parents
        while stack:
            node, scope = stack.pop()
            if outside and node in outside:
                scope = outside.pop(node)
            scope_of[node] = inner = scope
            if isinstance(node, ast.Name):
                self.names.setdefault(node.id, []).append(node)
                continue  # nothing is below it
            kind = type(node)
            if isinstance(node, ast.Attribute):
                self.attributes.setdefault(node.attr, []).append(node)
                if isinstance(node.value, ast.Name):
                    self._members.setdefault(scope, []).append(node)
            elif isinstance(node, ast.Call):
                self.calls.append(node)
            elif kind in _SCOPED:
                inner = self._open(node, scope)
                outside.update(dict.fromkeys(outer_parts(node), scope))
            elif kind in _NOTED:
                self._note(node, scope)
            below = children(node)
            if len(below) == 1:
                parents[below[0]] = node
                stack.append((below[0], inner))
            elif below:
                parents.update(zip(below, repeat(node)))
                below.reverse()
                stack.extend(zip(below, repeat(inner)))

    def _open(self, node: ast.AST, scope: Scope) -> Scope:
        prefix = f"{scope.qualname}." if scope.qualname else ""
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                bind(scope, name, Binding(How.DEF, node))
                inner = Scope(node, scope, prefix + name)
                self._declare(node, inner)
                bind_parameters(inner, node.args)
                self.functions.append(node)
            case ast.Lambda():
                inner = Scope(node, scope, prefix + "<lambda>")
                bind_parameters(inner, node.args)
            case ast.ClassDef(name=name):
                bind(scope, name, Binding(How.CLASS, node))
                inner = Scope(node, scope, prefix + name)
                self._declare(node, inner)
                self.classes.append(node)
            case _:
                assert isinstance(node, COMPREHENSIONS)
                inner = Scope(node, scope, prefix + "<comprehension>")
                for generator in node.generators:
                    from_each = Binding(How.ITERATION, generator, generator.iter, is_async=bool(generator.is_async))
                    bind_target(inner, generator.target, from_each)
        self.scopes[node] = inner
        return inner

    @cached_property
    def _declaring(self) -> list[int]:
        """The lines on which a `global` or `nonlocal` may stand."""
        code = self.source.code
        if "global" not in code and "nonlocal" not in code:
            return []  # finding that out is much faster
        return [self.source.line_of(match.start()) for match in _DECLARES.finditer(code)]

    def _declare(self, node: FunctionNode | ast.ClassDef, scope: Scope) -> None:
        """Global and nonlocal statements hold for the whole body, wherever they stand."""
        at = bisect.bisect_left(self._declaring, node.lineno)
        if at == len(self._declaring) or self._declaring[at] > last_line(node):
            return
        for statement in own_nodes(node):
            match statement:
                case ast.Global(names=names):
                    scope.elsewhere.update(dict.fromkeys(names, self.scope))
                case ast.Nonlocal(names=names):
                    outer = scope.parent
                    for name in names:
                        home = outer
                        while (
                            home is not None
                            and home.parent is not None
                            and (home.is_class or name not in home.bindings)
                        ):
                            home = home.parent
                        if home is not None:
                            scope.elsewhere[name] = home
                case _:
                    pass  # declares nothing

    def _note(self, node: ast.AST, scope: Scope) -> None:
        match node:
            case ast.Yield() | ast.YieldFrom():
                self._yields.setdefault(past_comprehensions(scope).node, []).append(node)
            case ast.Return():
                self._returns.setdefault(scope.node, []).append(node)
            case ast.ImportFrom(names=[ast.alias(name="*")], module=module, level=level):
                self.stars.append(absolute(module or "", level, self.package))
            case _:
                bind_statement(scope, node, self.package)

    # ---- questions ---

    def scope_at(self, node: ast.AST) -> Scope:
        """Return the scope in which a node is evaluated."""
        return self._scope_of.get(node, self.scope)

    def adopt(self, node: ast.AST, place: ast.AST) -> None:
        """Let a node that is no part of the tree, such as a parsed string annotation, be read in the scope of ``place``."""
        self._scope_of[node] = self._scope_of[place]

    def mentions(self, name: str) -> Mapping[Scope, Sequence[ast.Name]]:
        """Return where a name is read, bound or deleted, by the scope whose variable it is there, in the order of the pass."""
        if name not in self._mentions:
            found = self._mentions[name] = {}
            for node in self.names.get(name, ()):
                if (home := self.scope_at(node).find(name)) is not None:
                    found.setdefault(home[0], []).append(node)
        return self._mentions[name]

    def original_name(self, node: ast.AST) -> str:
        """Return the last component of a name, as the module has it that it is imported from: `patch` for `from mock import patch as p`."""
        found = self.scope_at(node).find(node.id) if isinstance(node, ast.Name) else None
        members = {one.member for one in found[1]} if found is not None else set()
        return (members.pop() if len(members) == 1 else "") or last_name(node)

    def mentions_of(self, node: ast.Name) -> Sequence[ast.Name]:
        """Return where the variable that a name is at one place is read, bound or deleted; none where no scope binds it."""
        home = self.scope_at(node).find(node.id)
        return self.mentions(node.id).get(home[0], ()) if home is not None else ()

    def method_calls(self, *methods: str) -> Iterator[tuple[ast.Call, ast.Attribute]]:
        """Yield the calls ``<receiver>.<method>(…)`` by the method's written name, with the attribute, in the order of the file."""
        found = [one for method in frozenset(methods) for one in self._called_methods.get(method, ())]
        for _, call, attribute in sorted(found, key=itemgetter(0)):
            yield call, attribute

    @cached_property
    def _called_methods(self) -> dict[str, list[tuple[int, ast.Call, ast.Attribute]]]:
        found: dict[str, list[tuple[int, ast.Call, ast.Attribute]]] = {}
        for place, call in enumerate(self.calls):
            if isinstance(call.func, ast.Attribute):
                found.setdefault(call.func.attr, []).append((place, call, call.func))
        return found

    def members(self, function: FunctionNode, name: str) -> list[ast.Attribute]:
        """Return the `name.attribute` in a function's body, those of what is defined in it too, in the order of the file."""
        found: list[ast.Attribute] = []
        todo = [self.scopes[function]]
        while todo:
            scope = todo.pop()
            found += self._members.get(scope, ())
            todo += self._inner_scopes.get(scope, ())
        ours = [one for one in found if isinstance(one.value, ast.Name) and one.value.id == name]
        return sorted(ours, key=attrgetter("lineno", "col_offset"))

    @cached_property
    def _inner_scopes(self) -> dict[Scope, list[Scope]]:
        found: dict[Scope, list[Scope]] = {}
        for scope in self.scopes.values():
            if scope.parent is not None:
                found.setdefault(scope.parent, []).append(scope)
        return found

    def yields(self, function: ast.AST) -> Sequence[ast.Yield | ast.YieldFrom]:
        """Return the `yield` and `yield from` of a function's own body, in the order of the file."""
        return self._yields.get(function, ())

    def returns(self, function: ast.AST) -> Sequence[ast.Return]:
        """Return the `return` statements of a function's own body, in the order of the file."""
        return self._returns.get(function, ())

    def is_generator(self, function: ast.AST) -> bool:
        """True where a function's own body yields."""
        return function in self._yields

    def nodes(self, kind: type[N]) -> list[N]:
        """Return the statements or expressions of one kind, in the order of the file."""
        found = [node for node in self._by_kind.get(kind, ()) if isinstance(node, kind)]
        return sorted(found, key=attrgetter("lineno", "col_offset"))

    @cached_property
    def _by_kind(self) -> dict[type[ast.AST], list[ast.AST]]:
        found: dict[type[ast.AST], list[ast.AST]] = {}
        for node in self.parents:
            found.setdefault(type(node), []).append(node)
        return found

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield the nodes around a node, innermost first, the module last."""
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent

    def statement(self, node: ast.AST) -> ast.stmt:
        """Return the innermost statement that holds a node, or the node itself where it is one."""
        while not isinstance(node, ast.stmt):
            node = self.parents[node]
        return node

    def function_at(self, node: ast.AST) -> FunctionNode | ast.Lambda | None:
        """Return the function or lambda whose body evaluates a node; None at module level and in class bodies there."""
        scope: Scope | None = self.scope_at(node)
        while scope is not None:
            if isinstance(scope.node, (*FUNCTIONS, ast.Lambda)):
                return scope.node
            if isinstance(scope.node, ast.ClassDef):
                return None
            scope = scope.parent
        return None

    def class_of(self, function: ast.AST) -> ast.ClassDef | None:
        """Return the class in whose body a function is defined."""
        scope = self.scope_at(function)
        return scope.node if isinstance(scope.node, ast.ClassDef) else None

    def block(self, statement: ast.stmt) -> list[ast.stmt]:
        """Return the list of sibling statements that a statement stands in."""
        parent = self.parents[statement]
        for _, value in ast.iter_fields(parent):
            if isinstance(value, list) and statement in value:
                return value
        raise KeyError(statement)

    def qualname(self, node: ast.AST) -> str:
        """Return the dotted path of the scope around a node, as `__qualname__` has it but without `<locals>`."""
        return self.scope_at(node).qualname

    @cached_property
    def indent(self) -> str:
        """One step of indentation as this file writes it; four spaces where it has no block."""
        for node in ast.walk(self.tree):
            body = getattr(node, "body", None)
            if not isinstance(body, list) or not body or not isinstance(node, ast.stmt):
                continue  # no block of its own
            inner, outer = self.source.line(body[0].lineno), self.source.line(node.lineno)
            step = inner[: len(inner) - len(inner.lstrip(" \t"))]
            before = outer[: len(outer) - len(outer.lstrip(" \t"))]
            if body[0].lineno > node.lineno and step.startswith(before) and len(step) > len(before):
                return step[len(before) :]
        return "    "

    @cached_property
    def imported_roots(self) -> frozenset[str]:
        """The first components of every module imported anywhere in the file."""
        roots = {star.partition(".")[0] for star in self.stars}
        for scope in self.scopes.values():
            for bindings in scope.bindings.values():
                roots |= {b.target.partition(".")[0] for b in bindings if b.how in (How.IMPORT, How.FROM)}
        return frozenset(roots)

    @cached_property
    def methods(self) -> dict[str, list[FunctionNode]]:
        """The functions that stand in classes, by name, in the order of the pass."""
        found: dict[str, list[FunctionNode]] = {}
        for function in self.functions:
            if self.class_of(function) is not None:
                found.setdefault(function.name, []).append(function)
        return found

    @cached_property
    def texts(self) -> dict[str, list[ast.Constant]]:
        """The texts of the file, with where they stand; not those of `__slots__ = …`, which only say that an attribute exists."""
        found: dict[str, list[ast.Constant]] = {}
        stack: list[ast.AST] = [self.tree]
        while stack:
            match stack.pop():
                case ast.Constant(value=str() as text) as node:
                    found.setdefault(text, []).append(node)
                case ast.Assign(targets=[ast.Name(id="__slots__")]):
                    pass  # names, not uses
                case node:
                    stack += children(node)
        return found

    @cached_property
    def matched(self) -> frozenset[str]:
        """The attributes that the class patterns of the file look at, `task` in `case Job(task=…)`."""
        if b"case" not in self.source.data:
            return frozenset()
        return frozenset(
            name for node in walk(self.tree) if isinstance(node, ast.MatchClass) for name in node.kwd_attrs
        )


def own_nodes(scope_node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a scope's body without those of the functions, lambdas and classes in it.

    Such an inner definition is yielded itself, with what it evaluates outside (decorators, defaults).
    """
    body = getattr(scope_node, "body", [])
    stack: list[ast.AST] = list(reversed(body)) if isinstance(body, list) else [body]
    while stack:
        node = stack.pop()
        yield node
        if type(node) in _DEFINITIONS:
            stack.extend(reversed(list(outer_parts(node))))
        else:
            stack.extend(reversed(children(node)))


def suspends(node: ast.AST) -> bool:
    """True where running a node may suspend the coroutine it stands in: an `await`, a `yield`, `async for` or `async with`."""
    stack = [node]
    while stack:
        inner = stack.pop()
        match inner:
            case ast.Await() | ast.Yield() | ast.YieldFrom() | ast.AsyncFor() | ast.AsyncWith():
                return True
            case ast.comprehension(is_async=1):
                return True
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda() | ast.ClassDef():
                stack.extend(outer_parts(inner))
            case _:
                stack.extend(children(inner))
    return False
