"""The edits that make a company of functions native."""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiomend.facts.coroutine_companies import Company, Member
from aiomend.facts.generator_coroutines import Body
from aiomend.facts.module import Colour
from aiomend.facts.scopes import FunctionNode
from aiomend.facts.view import Module
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Edit, Need, Replace, Wrap
from aiomend.rewriting.mock_helper import awaitable_mock
from aiomend.rewriting.waits import Native, Wait
from aiomend.rules.rule import Part, imports_of

if TYPE_CHECKING:
    import libcst as cst


def parts_of_company(company: Company) -> tuple[Part, ...]:
    """Return what a company changes in each file; the same edits, whichever of its members asked for them."""
    edits: dict[str, list[Edit]] = defaultdict(list)
    needs: dict[str, list[Need]] = defaultdict(list)
    functions: dict[str, list[FunctionNode]] = defaultdict(list)
    modules: dict[str, Module] = {}
    for member in company.members:
        path = member.module.path
        modules[path] = member.module
        functions[path].append(member.function)
        edits[path].append(Wrap((member.function,), _native(member)))
        edits[path] += [Replace(value, _awaited) for value in member.body.results]
        for bare in member.body.bare:
            spelling = member.module.spell("asyncio", "sleep", bare)
            needs[path] += imports_of(spelling)
            edits[path].append(Replace(bare, _Slept(spelling.text)))
        for mock in member.body.mocks:
            test = member.module.beside(mock.facts.path) if mock.is_plain else None
            helper = awaitable_mock(test) if test is not None else None
            if test is None or helper is None:
                continue  # the reason names it, and a person has to change it
            modules[test.path] = test
            needs[test.path].append(helper)
            edits[test.path].append(Replace(mock.node, _Mocked(helper.name, mock.is_patch)))
    for module, delegate in company.protocols:
        modules[module.path] = module
        edits[module.path].append(Replace(delegate.node.value, _iterated))
    return tuple(
        Part(
            modules[path].facts,
            tuple(dict.fromkeys(changes)),
            tuple(dict.fromkeys(needs[path])),
            tuple(functions[path]),
        )
        for path, changes in sorted(edits.items())  # whichever member was found first
    )


def _native(member: Member) -> Native:
    module, function, body = member.module, member.function, member.body
    decorator = next(
        (at for at, one in enumerate(function.decorator_list) if module.name_of(one) == "asyncio.coroutine"), None
    )
    waits = tuple(_wait(module, node, body) for node in body.waits)
    return Native(waits, decorator, body.result)


def _wait(module: Module, node: ast.YieldFrom, body: Body) -> Wait:
    return Wait(node in body.entered, node in body.empty, _is_tight(module, node))


def _is_tight(module: Module, node: ast.YieldFrom) -> bool:
    """True where a word stands right beside the parentheses of a `yield from`: `return(yield from x)`."""
    start, end = module.source.span(node)
    before, behind = module.source.code[:start].rstrip(), module.source.code[end:].lstrip()
    if not before.endswith("(") or not behind.startswith(")"):
        return False  # it has none
    return any(one.isalnum() or one == "_" for one in (before[-2:-1], behind[1:2]))


# Functions with names, and objects that are equal: edits of several fixes that do the same at one place are one edit.


def _awaited(node: cst.BaseExpression) -> cst.BaseExpression:
    return syntax.awaited(node, Colour.AWAIT)


def _iterated(node: cst.BaseExpression) -> cst.BaseExpression:
    return syntax.call(syntax.method(node, "__await__"))


@dataclass(frozen=True, slots=True)
class _Slept:
    """`yield` as the sleep that lets others run once."""

    sleep: str

    def __call__(self, node: cst.BaseExpression) -> cst.BaseExpression:
        return syntax.awaited(syntax.call(self.sleep, "0"), Colour.AWAIT)


@dataclass(frozen=True, slots=True)
class _Mocked:
    """A call that makes a mock, or patches one in, with the class that can be awaited."""

    name: str
    is_patch: bool

    def __call__(self, node: cst.BaseExpression) -> cst.BaseExpression:
        return (
            syntax.with_keyword(node, "new_callable", self.name) if self.is_patch else syntax.renamed(node, self.name)
        )
