"""What the methods of a class assign to `self`."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from aiomend.facts.module import ModuleFacts
from aiomend.facts.own_object import self_name
from aiomend.facts.scopes import FUNCTIONS, Binding, FunctionNode, How


@dataclass(frozen=True, slots=True)
class SelfAttributes:
    """What a class's own methods assign to `self`."""

    assigned: dict[str, list[Binding]] = field(default_factory=dict)
    uses: dict[str, list[ast.Attribute]] = field(default_factory=dict)


def self_attributes(facts: ModuleFacts, cls: ast.ClassDef) -> SelfAttributes:
    """Return what the methods of a class assign to their first parameter, and where they use that."""
    table = SelfAttributes()
    for method in cls.body:
        if isinstance(method, FUNCTIONS) and (me := self_name(method)) is not None:
            _scan_method(facts, method, me, table)
    return table


def _scan_method(facts: ModuleFacts, method: FunctionNode, me: str, table: SelfAttributes) -> None:
    seen: set[ast.AST] = set()
    for use in facts.members(method, me):
        table.uses.setdefault(use.attr, []).append(use)
        if isinstance(use.ctx, ast.Store) and (statement := _binding(facts, use)) not in seen:
            seen.add(statement)
            _note_statement(statement, me, table)


def _binding(facts: ModuleFacts, target: ast.expr) -> ast.AST:
    """Return what gives an attribute its value: an assignment, a loop, a `with`."""
    node = facts.parents[target]
    while isinstance(node, (ast.Tuple, ast.List, ast.Starred, ast.withitem)):
        node = facts.parents[node]
    return node


def _note_statement(node: ast.AST, me: str, table: SelfAttributes) -> None:
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                _note_target(target, me, Binding(How.ASSIGN, node, value), table)
        case ast.AnnAssign(target=target, annotation=annotation, value=value):
            _note_target(target, me, Binding(How.ANNOTATION, node, value, annotation), table)
        case ast.For(target=target, iter=value) | ast.AsyncFor(target=target, iter=value):
            is_async = isinstance(node, ast.AsyncFor)
            _note_target(target, me, Binding(How.ITERATION, node, value, is_async=is_async), table)
        case ast.With(items=items) | ast.AsyncWith(items=items):
            for item in items:
                is_async = isinstance(node, ast.AsyncWith)
                _note_target(
                    item.optional_vars, me, Binding(How.CONTEXT, node, item.context_expr, is_async=is_async), table
                )
        case _:
            pass  # it changes what is there already


def _note_target(target: ast.expr | None, me: str, binding: Binding, table: SelfAttributes) -> None:
    match target:
        case ast.Attribute(value=ast.Name(id=name), attr=attr) if name == me:
            table.assigned.setdefault(attr, []).append(binding)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            starred = any(isinstance(part, ast.Starred) for part in parts)
            for index, part in enumerate(parts):
                how = How.OTHER if starred else binding.how
                path = (*binding.path, index)
                inner = Binding(how, binding.node, binding.value, path=path, is_async=binding.is_async)
                _note_target(part.value if isinstance(part, ast.Starred) else part, me, inner, table)
        case _:
            pass  # not an attribute of self
