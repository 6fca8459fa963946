"""Which names a block gives to the code around it: what it surely binds, and what is read of that later."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator

from aiomend.facts.flow import leaves
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import COMPREHENSIONS, FUNCTIONS, past_comprehensions
from aiomend.facts.view import Module

_NESTED = (*FUNCTIONS, ast.Lambda, ast.ClassDef)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
#: External functions whose context managers may swallow an exception of the block in them.
_SWALLOW = frozenset({"contextlib.suppress", "contextlib.ExitStack"})


class Passage:
    """A walk through statements in the order in which they run; collects the names that may be read unbound.

    Of ``names``, those are in ``early`` that some path reads before it surely bound them.
    """

    def __init__(self, module: Module, names: Collection[str]) -> None:
        self._module = module
        self._names = frozenset(names)
        self.early: set[str] = set()

    def through(self, block: Iterable[ast.stmt], have: frozenset[str]) -> frozenset[str] | None:
        """Return what is surely bound behind a block that was entered with ``have``; None where control never gets there."""
        now: frozenset[str] | None = have
        for statement in block:
            if now is None:
                return None
            now = self._statement(statement, now)
        return now

    def read(self, node: ast.AST | None, have: frozenset[str]) -> frozenset[str]:
        """Note what an expression reads; return ``have`` with what its `:=` surely bind."""
        if node is None:
            return have
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Store) and inner.id in self._names - have:
                self.early.add(inner.id)
        return have | {name for name in _walruses(node) if name in self._names}

    def _statement(self, node: ast.stmt, have: frozenset[str]) -> frozenset[str] | None:
        match node:
            case ast.Return() | ast.Raise() | ast.Continue() | ast.Break():
                self.read(node, have)
                return None
            case ast.AugAssign(target=ast.Name(id=name)):
                if name in self._names and name not in have:
                    self.early.add(name)
                return self.read(node.value, have) | {name}
            case ast.AnnAssign(value=None):
                return have
            case ast.If(test=test, body=body, orelse=orelse):
                have = self.read(test, have)
                return _meet([self.through(body, have), self.through(orelse, have)])
            case ast.While(test=test, body=body, orelse=orelse):
                have = self.read(test, have)
                self.through(body, have)
                self.through(orelse, have)
                return have
            case ast.For(target=target, iter=iterable) | ast.AsyncFor(target=target, iter=iterable):
                have = self.read(iterable, have)
                self.through(node.body, self.read(target, have) | _stores(target))
                self.through(node.orelse, have)
                return have
            case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
                for item in items:
                    have = self.read(item.context_expr, have)
                    have = self.read(item.optional_vars, have) | _stores(item.optional_vars)
                inside = self.through(body, have)
                return have if may_swallow(self._module, node) else inside
            case ast.Try() | ast.TryStar():
                return self._try(node, have)
            case ast.Match(subject=subject, cases=cases):
                have = self.read(subject, have)
                ends: list[frozenset[str] | None] = [have]
                for case in cases:
                    captured = {
                        one.name for one in ast.walk(case.pattern) if isinstance(one, (ast.MatchAs, ast.MatchStar))
                    }
                    inner = have | {name for name in captured if name is not None}
                    self.read(case.pattern, inner)
                    self.read(case.guard, inner)
                    ends.append(self.through(case.body, inner))
                return _meet(ends)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                return self.read(node, have) | {name}
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                return have | {alias.asname or alias.name.partition(".")[0] for alias in names}
            case ast.Delete():
                return self.read(node, have) - {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
            case _:
                return self.read(node, have) | _stores(node)

    def _try(self, node: ast.Try | ast.TryStar, have: frozenset[str]) -> frozenset[str] | None:
        body = self.through(node.body, have)
        ends = [self.through(node.orelse, body) if body is not None else None]
        for handler in node.handlers:
            self.read(handler.type, have)
            inner = have | {handler.name} if handler.name else have
            ends.append(self.through(handler.body, inner))
        last = self.through(node.finalbody, have)
        end = _meet(ends)
        return None if last is None or end is None else end | last


def _meet(ends: list[frozenset[str] | None]) -> frozenset[str] | None:
    """What holds behind branches: those that never end do not count."""
    live = [one for one in ends if one is not None]
    return frozenset.intersection(*live) if live else None


def _stores(node: ast.AST | None) -> frozenset[str]:
    """The names that a statement without blocks, or a target, binds, but for those of `:=`."""
    if node is None:
        return frozenset()
    return frozenset(
        one.id for one in _outside_scopes(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
    )


def _walruses(node: ast.AST) -> Iterator[str]:
    """The names that `:=` binds whenever an expression is evaluated, or a statement without the statements in it."""
    stack = [*ast.iter_child_nodes(node)] if isinstance(node, ast.stmt) else [node]
    while stack:
        one = stack.pop()
        match one:
            case ast.NamedExpr(target=target, value=value):
                yield target.id
                stack.append(value)
            case ast.BoolOp(values=[first, *_]):
                stack.append(first)  # the others may be left out
            case ast.IfExp(test=test):
                stack.append(test)
            case ast.Compare(left=left, comparators=[first, *_]):
                stack += [left, first]
            case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp() | ast.stmt():
                pass  # evaluated later, or not at all, or looked at by itself
            case _:
                stack.extend(ast.iter_child_nodes(one))


def _outside_scopes(node: ast.AST) -> Iterator[ast.AST]:
    stack = [node]
    while stack:
        one = stack.pop()
        yield one
        if isinstance(one, ast.NamedExpr):
            stack.append(one.value)
        elif not isinstance(one, (*COMPREHENSIONS, *_NESTED)):
            stack.extend(ast.iter_child_nodes(one))


def may_swallow(module: Module, node: ast.With | ast.AsyncWith) -> bool:
    """True where a `with` may go on behind an exception in its body: not for what the standard library opens and closes."""
    for item in node.items:
        call = item.context_expr
        name = module.name_of(call.func) if isinstance(call, ast.Call) else None
        if name is None or name in _SWALLOW:
            return True
    return False


def bound_in(module: Module, block: ast.With) -> frozenset[str]:
    """Return the names of the function around it that a block binds, however it does, or takes away."""
    facts = module.facts
    home = past_comprehensions(facts.scope_at(block))
    found: set[str] = set()
    for name, bindings in home.bindings.items():
        for binding in bindings:
            if any(parent is block for parent in (binding.node, *facts.ancestors(binding.node))):
                found.add(name)
    inside = {node.id for node in _names(block) if not isinstance(node.ctx, ast.Load)}
    deleted = {node.id for node in _names(block) if isinstance(node.ctx, ast.Del)}
    return frozenset(found | deleted | {name for name in inside if name in home.elsewhere})


def _names(node: ast.AST) -> Iterator[ast.Name]:
    return (one for one in ast.walk(node) if isinstance(one, ast.Name))


def read_later(module: Module, block: ast.With, names: Collection[str]) -> frozenset[str]:
    """Return those of ``names`` that may be read behind a block with what it bound: nested functions read at any time."""
    facts = module.facts
    function = facts.function_at(block)
    assert function is not None
    passage = Passage(module, names)
    here: ast.AST = block
    have: frozenset[str] | None = frozenset()
    for parent in facts.ancestors(block):
        if isinstance(here, ast.stmt) and have is not None:
            have = passage.through(_following(facts, here), have)
            if have is None and not _returns(facts, here):
                have = frozenset()  # it goes on behind a loop
        match parent:
            case ast.For() | ast.AsyncFor():
                passage.through(parent.body, _stores(parent.target) if here in parent.body else frozenset())
                passage.through(parent.orelse, frozenset())
                have = frozenset() if have is None else have
            case ast.While():
                passage.through(parent.body, passage.read(parent.test, frozenset()))
                passage.through(parent.orelse, frozenset())
                have = frozenset() if have is None else have
            case ast.Try() | ast.TryStar():
                passage.early |= read_on_failure(module, parent, here, names)
                have = have if have is None else frozenset()
            case _:
                pass  # runs once
        if parent is function:
            break
        here = parent
    return frozenset(passage.early | _read_by_nested(facts, function, block, names))


def _following(facts: ModuleFacts, statement: ast.stmt) -> list[ast.stmt]:
    try:
        siblings = facts.block(statement)
    except KeyError:
        return []
    return siblings[siblings.index(statement) + 1 :]


def _returns(facts: ModuleFacts, statement: ast.stmt) -> bool:
    """True where the statements behind one leave the function, not only a loop."""
    rest = _following(facts, statement)
    return leaves(rest) and not any(
        isinstance(one, (ast.Break, ast.Continue)) for node in rest for one in ast.walk(node)
    )


def read_on_failure(
    module: Module, statement: ast.Try | ast.TryStar, here: ast.AST, names: Collection[str]
) -> frozenset[str]:
    """Return the names that handlers, `else` and `finally` around a place in a `try` may read."""
    passage = Passage(module, names)
    if here in statement.body:
        for handler in statement.handlers:
            passage.through(handler.body, frozenset())
        passage.through(statement.orelse, frozenset())
    passage.through(statement.finalbody, frozenset())
    return frozenset(passage.early)


def _read_by_nested(facts: ModuleFacts, function: ast.AST, block: ast.With, names: Collection[str]) -> frozenset[str]:
    """The names that functions and lambdas outside of a block take from the function around both."""
    found: set[str] = set()
    inside = set(ast.walk(block))
    for node in ast.walk(function):
        if node is function or node in inside or not isinstance(node, _NESTED):
            continue  # not a nested one, or one that moves along
        found |= {name.id for name in _names(node) if name.id in names and _is_of(facts, name, function)}
    return frozenset(found)


def _is_of(facts: ModuleFacts, name: ast.Name, function: ast.AST) -> bool:
    home = facts.scope_at(name).find(name.id)
    return home is not None and home[0].node is function


def read_in_nested(block: ast.With, names: Collection[str]) -> frozenset[str]:
    """Return the names that functions and lambdas inside of a block read."""
    nested = (node for node in ast.walk(block) if isinstance(node, _NESTED))
    return frozenset(name.id for node in nested for name in _names(node) if name.id in names)
