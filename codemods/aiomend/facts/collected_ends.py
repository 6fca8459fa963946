"""What becomes of the coroutines in a list, a table or the like, which are taken out of it again, perhaps more than once."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from aiomend.facts.end import DEPTH, End, Kind
from aiomend.facts.kept import copies, holder, is_emptied, items_of, loops_over
from aiomend.facts.module import ModuleFacts
from aiomend.facts.parameters import parameters
from aiomend.facts.waited_again import again, is_fresh, outlives

if TYPE_CHECKING:
    from aiomend.facts.coroutine_ends import Ends


class CollectedEnds:
    """Follows coroutines through collections."""

    def __init__(self, ends: Ends) -> None:
        self._ends = ends

    def of(self, facts: ModuleFacts, node: ast.expr, depth: int) -> Iterator[End]:
        """Yield where the coroutines end that are in a collection, or in what is made of it."""
        parent = facts.parents[node]
        if isinstance(parent, ast.keyword):
            parent = facts.parents[parent]
        match parent:
            case ast.Assign(targets=[ast.Name() | ast.Attribute() as place]):
                yield from self.kept(facts, place, depth + 1)
            case ast.AugAssign(target=ast.Name() | ast.Attribute() as place):
                yield from self.kept(facts, place, depth + 1)
            case ast.For():
                yield from self._of_elements(facts, node, depth)
            case ast.Call() if copies(parent, node):
                yield from self.of(facts, parent, depth)
            case ast.Call() if parent.func is not node:
                if (held := holder(parent, node, is_all=True)) is not None:
                    yield from self.kept(facts, held, depth + 1)
                for callee in self._ends.callees(facts, parent):
                    for name in parameters(callee, parent, node):
                        scope = callee.facts.scopes[callee.node]
                        uses = callee.facts.mentions(name).get(scope, ())
                        yield from self._kept_by(callee.facts, scope.node, uses, depth + 1)
            case _:
                pass  # nobody follows it

    def kept(self, facts: ModuleFacts, place: ast.Name | ast.Attribute, depth: int) -> Iterator[End]:
        """Yield where the coroutines end that a collection holds, by the name or the attribute that it has in the file."""
        if isinstance(place, ast.Attribute):
            yield from self._kept_by(facts, None, facts.attributes.get(place.attr, ()), depth)
        elif (found := facts.scope_at(place).find(place.id)) is not None:
            yield from self._kept_by(facts, found[0].node, facts.mentions_of(place), depth)

    def _kept_by(
        self, facts: ModuleFacts, scope: ast.AST | None, uses: Sequence[ast.Name | ast.Attribute], depth: int
    ) -> Iterator[End]:
        if depth > DEPTH:
            return  # it is lost from sight already
        waits: list[ast.expr] = []
        for use in uses:
            if not isinstance(use.ctx, ast.Load):
                continue  # it is bound there
            if self._ends.is_run(facts, use) or self._runs_each(facts, use):
                waits.append(use)
            for end in self._of_elements(facts, use, depth):
                yield End(end.kind, end.facts, end.node, is_sure=False, is_shared=True)
            for item, stays in items_of(facts, use):
                for end in self._ends.of(facts, item, depth + 1):
                    yield End(end.kind, end.facts, end.node, is_sure=False, is_shared=True)
                if stays and self._ends.is_taken(facts, item) and not self._is_stored_there(facts, use, uses):
                    yield End(Kind.AGAIN, facts, item, is_sure=False)
        emptied = {facts.function_at(use) for use in uses if is_emptied(facts, use)}
        kept = [use for use in waits if facts.function_at(use) not in emptied]
        for wait in kept:
            if scope is None or outlives(facts, scope, wait):
                yield End(Kind.AGAIN, facts, wait, is_sure=False)
        name = next((one.id for one in uses if isinstance(one, ast.Name)), None)
        if scope is not None and name is not None and (twice := again(facts, scope, name, kept)) is not None:
            yield End(Kind.AGAIN, facts, twice, is_sure=False)

    def _of_elements(self, facts: ModuleFacts, use: ast.expr, depth: int) -> Iterator[End]:
        """Yield where the coroutines end that a loop takes from a collection one by one."""
        for _, name in loops_over(facts, use):
            yield from self._ends.of_variable(facts, name, name.id, depth + 1)

    def _runs_each(self, facts: ModuleFacts, use: ast.expr) -> bool:
        """True where a loop over a collection waits for each of what is in it."""
        return any(
            isinstance(read.ctx, ast.Load) and self._ends.waits(facts, read) and loop in facts.ancestors(read)
            for loop, name in loops_over(facts, use)
            if isinstance(loop, ast.For)
            for read in facts.mentions_of(name)
        )

    def _is_stored_there(self, facts: ModuleFacts, use: ast.expr, uses: Sequence[ast.expr]) -> bool:
        """True where the function around a use has put an item there before, whenever it gets there."""
        stores = [
            item
            for one in uses
            if isinstance(item := facts.parents[one], ast.Subscript) and not isinstance(item.ctx, ast.Load)
        ]
        return is_fresh(facts, use, stores)
