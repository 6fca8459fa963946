"""Choices between an old name and a new one that become no choice at all."""

from __future__ import annotations

import ast
import re

from aiomend.facts.scopes import last_name
from aiomend.facts.version_branches import asks_version, is_version_branch
from aiomend.facts.view import Module
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Edit, Replace, Wrap


def collapsed(module: Module, node: ast.expr | ast.stmt, old: str, new: str) -> Edit | None:
    """Return the edit that leaves one of two branches that are alike once ``old`` is called ``new``; None elsewhere.

    The branches are those of a `try` that falls back, or of an `if` or a conditional expression that asks for the version; one
    holds ``node``.
    """
    if (choice := _conditional(module, node)) is not None:
        return _one_side(module, choice, old, new)
    statement = module.facts.statement(node)
    around: ast.AST = module.facts.parents[statement]
    if isinstance(around, ast.ExceptHandler):
        around = module.facts.parents[around]
    match around:
        case ast.Try(body=[first], handlers=[ast.ExceptHandler(body=[second]) as handler], orelse=[], finalbody=[]):
            is_choice = is_version_branch(module.facts, first) or (_takes_all(handler) and not _calls(first))
        case ast.If(test=test, body=[first], orelse=[second]):
            is_choice = asks_version(module.facts, test)
        case _:
            return None
    if not is_choice or not isinstance(around, ast.stmt) or module.text(around).startswith("elif"):
        return None
    if "#" in module.text(around) or _written(module, first, old, new) != _written(module, second, old, new):
        return None  # a comment would have no place, or the branches differ
    keeps_first = not _has(module, first, old)
    return Wrap((around,), lambda body: syntax.one_branch(body, keeps_first=keeps_first))


def _conditional(module: Module, node: ast.expr | ast.stmt) -> ast.IfExp | None:
    """Return the conditional expression one of whose sides holds a node."""
    here: ast.AST = node
    for parent in module.facts.ancestors(node):
        match parent:
            case ast.IfExp(test=test) if here is not test:
                return parent
            case ast.expr() | ast.keyword():
                here = parent
            case _:
                return None
    return None


def _one_side(module: Module, choice: ast.IfExp, old: str, new: str) -> Replace | None:
    if not asks_version(module.facts, choice.test) or "#" in module.text(choice):
        return None  # the test does something else, or a comment would have no place
    if _written(module, choice.body, old, new) != _written(module, choice.orelse, old, new):
        return None
    return Replace(choice, syntax.else_side if _has(module, choice.body, old) else syntax.if_side)


def _has(module: Module, node: ast.AST, old: str) -> bool:
    """True where something in a node is called by the old name."""
    stand_ins = [word for word, name in module.source.placeholders if name == old]
    return any(re.search(rf"\b{re.escape(one)}\b", ast.unparse(node)) for one in (old, *stand_ins))


def _takes_all(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or last_name(handler.type) in ("Exception", "BaseException")


def _calls(statement: ast.stmt) -> bool:
    """True where an error may come from something else than a name that is missing."""
    return any(isinstance(node, ast.Call) for node in ast.walk(statement))


def _written(module: Module, node: ast.AST, old: str, new: str) -> str:
    text = ast.unparse(node)
    for stand_in, word in module.source.placeholders:
        text = re.sub(rf"\b{stand_in}\b", word, text)
    text = re.sub(rf"getattr\((\w+), '{old}'\)", rf"\1.{new}", text)
    text = re.sub(rf"\b{old}\b", new, text)
    text = re.sub(r"\b(\w+) as \1\b", r"\1", text)
    # an import of one name binds it as an assignment does
    text = re.sub(r"^from ([\w.]+) import (\w+)$", r"\2 = \1.\2", text)
    return re.sub(r"^from ([\w.]+) import (\w+) as (\w+)$", r"\3 = \1.\2", text)
