"""Setters that one test can guard together, and what skipping them would leave undone."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Collection

from aiomend.facts.flow import assigns, guarded, is_simple, same
from aiomend.facts.module import ModuleFacts, suspends
from aiomend.facts.own_object import self_name
from aiomend.facts.properties import runs_code
from aiomend.facts.scopes import FUNCTIONS, called_name
from aiomend.facts.stand_ins import SETTERS
from aiomend.facts.values import External, ProjectClass
from aiomend.facts.view import Module

#: Methods by which an object begins.
_BEGINS = frozenset({"__init__", "__new__", "__post_init__"})
#: Functions and methods that make a text or a container of what they are given.
_MAKES = frozenset(
    {"dict", "format", "get", "isinstance", "join", "len", "list", "repr", "str", "super", "tuple", "type"}
)


def shared_statement(facts: ModuleFacts, call: ast.Call, traps: Collection[ast.Call]) -> ast.stmt | None:
    """Return the largest statement around ``call`` that does nothing but set the same future, at least twice.

    That is an `if` with `else`, a conditional expression or a `try` whose branches are nothing but setters, so that one of
    them always runs, and whose tests may be skipped and are not about the future itself. None where there is no such statement; at least two of the setters must be among ``traps``.
    """
    assert isinstance(call.func, ast.Attribute)
    best: ast.stmt | None = None
    here: ast.AST = facts.statement(call)
    while isinstance(here, (ast.stmt, ast.ExceptHandler)):
        if isinstance(here, ast.stmt) and not _is_elif(facts, here):
            setters = _only_setters([here], call.func.value)
            if setters is None:
                break
            if sum(one in traps for one in setters) > 1:
                best = here
        here = facts.parents[here]
    return best


def _only_setters(block: list[ast.stmt], receiver: ast.expr) -> list[ast.Call] | None:
    """Return the setters of ``receiver`` that a block consists of; None where it holds anything else."""
    found: list[ast.Call] = []
    for statement in block:
        match statement:
            case ast.Expr(value=value):
                inner = _setters_of(value, receiver)
            case ast.If(test=test, body=body, orelse=[_, *_] as orelse) if may_be_skipped(test, receiver):
                inner = _joined(_only_setters(body, receiver), _only_setters(orelse, receiver))
            case ast.Try(body=body, handlers=handlers, orelse=[], finalbody=[]):
                inner = _joined(_only_setters(body, receiver), *(_only_setters(one.body, receiver) for one in handlers))
            case _:
                inner = None
        if inner is None:
            return None
        found += inner
    return found


def _joined(*parts: list[ast.Call] | None) -> list[ast.Call] | None:
    found: list[ast.Call] = []
    for part in parts:
        if part is None:
            return None
        found += part
    return found


def _setters_of(value: ast.expr, receiver: ast.expr) -> list[ast.Call] | None:
    match value:
        case ast.Call(func=ast.Attribute(value=one, attr=attr)) if attr in SETTERS and same(one, receiver):
            return [value]
        case ast.IfExp(test=test, body=body, orelse=orelse) if may_be_skipped(test, receiver):
            return _joined(_setters_of(body, receiver), _setters_of(orelse, receiver))
        case _:
            return None


def chain_of(facts: ModuleFacts, branch: ast.If) -> tuple[ast.If, int]:
    """Return the `if` that a chain of `elif` begins with, and how many of them lead to ``branch``."""
    depth = 0
    while _is_elif(facts, branch):
        parent = facts.parents[branch]
        assert isinstance(parent, ast.If)
        branch, depth = parent, depth + 1
    return branch, depth


def _is_elif(facts: ModuleFacts, statement: ast.stmt) -> bool:
    parent = facts.parents[statement]
    if not (isinstance(statement, ast.If) and isinstance(parent, ast.If) and statement in parent.orelse):
        return False
    return facts.source.code.startswith("elif", facts.source.offset(statement.lineno, statement.col_offset))


def may_be_skipped(test: ast.expr, receiver: ast.expr) -> bool:
    """True for a test of names, attributes and constants, which does nothing but answer, and not about the receiver.

    A test of the receiver, or of what it is an attribute of, may be what makes it safe to touch.
    """
    match test:
        case ast.BoolOp(values=parts) | ast.Tuple(elts=parts):
            return all(may_be_skipped(part, receiver) for part in parts)
        case ast.UnaryOp(operand=operand):
            return may_be_skipped(operand, receiver)
        case ast.Compare(left=left, comparators=others):
            return all(may_be_skipped(part, receiver) for part in [left, *others])
        case ast.Call(func=ast.Name(id="isinstance" | "callable" | "len"), args=args, keywords=[]):
            return all(may_be_skipped(part, receiver) for part in args)
        case ast.Attribute() | ast.Name():
            return is_simple(test) and not _leads_to(test, receiver)
        case _:
            return isinstance(test, ast.Constant)


def _leads_to(test: ast.expr, receiver: ast.expr) -> bool:
    while not same(test, receiver):
        if not isinstance(receiver, (ast.Attribute, ast.Subscript)):
            return False
        receiver = receiver.value
    return True


def is_free_of_effects(module: Module, argument: ast.expr) -> bool:
    """True where not evaluating an argument leaves nothing undone: names, attributes, literals and new exceptions."""
    match argument:
        case ast.Name() | ast.Constant() | ast.Lambda():
            return True
        case ast.Attribute(value=inner):
            return is_free_of_effects(module, inner) and not runs_code(module, argument)
        case ast.Starred(value=inner) | ast.FormattedValue(value=inner):
            return is_free_of_effects(module, inner)
        case ast.UnaryOp(op=ast.USub() | ast.Not(), operand=operand):
            return is_free_of_effects(module, operand)
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts) | ast.JoinedStr(values=parts):
            return all(is_free_of_effects(module, part) for part in parts)
        case ast.Dict(keys=keys, values=values):
            return all(is_free_of_effects(module, part) for part in [*keys, *values] if part is not None)
        case ast.Call(func=ast.Attribute(attr="exception" | "result"), args=[], keywords=[]) if _was_asked(
            module, argument
        ):
            return True
        case ast.Call(func=func) if _makes_exception(module, func):
            given = [*argument.args, *(keyword.value for keyword in argument.keywords)]
            return all(is_free_of_effects(module, part) for part in given)
        case _:
            return False


def _was_asked(module: Module, question: ast.Call) -> bool:
    """True for `task.exception()` where an `if` around it has asked for it, and `task.result()` where that gave None.

    Asking a second time changes nothing: the first time has told the task that its exception is seen.
    """
    assert isinstance(question.func, ast.Attribute)
    task, wants_result = question.func.value, question.func.attr == "result"
    asked = ast.unparse(task) + ".exception()"

    def is_known(test: ast.expr, outcome: bool) -> bool:
        match test:
            case ast.Compare(left=left, ops=[ast.Is() | ast.IsNot() as op], comparators=[ast.Constant(value=None)]):
                gave_none = outcome is isinstance(op, ast.Is)
                return ast.unparse(left) == asked and (gave_none or not wants_result)
            case ast.Call():
                return ast.unparse(test) == asked and not (outcome and wants_result)
            case _:
                return False

    def spoils(part: ast.AST) -> bool:
        return suspends(part) or assigns(part, task)

    return is_simple(task) and guarded(module.facts, question, is_known, spoils)


def _makes_exception(module: Module, function: ast.expr) -> bool:
    values = module.values(function)
    return bool(values) and all(_is_exception_class(module, value) for value in values)


def _is_exception_class(module: Module, value: object) -> bool:
    match value:
        case External(name=name):
            known = getattr(builtins, name, None)
            return (isinstance(known, type) and issubclass(known, BaseException)) or _named_exception(name)
        case ProjectClass() as cls:
            bases = module.inference.classes.external_bases(cls) or frozenset()
            is_exception = any(_is_exception_class(module, External(base)) for base in bases)
            return is_exception and all(_only_keeps(one.node) for one in module.inference.classes.mro(cls))
        case _:
            return False


def _only_keeps(cls: ast.ClassDef) -> bool:
    """True for a class whose objects begin by keeping what they are given, if they do anything."""
    begins = [one for one in cls.body if isinstance(one, FUNCTIONS) and one.name in _BEGINS]
    return all(_is_kept(statement, self_name(one)) for one in begins for statement in one.body)


def _is_kept(statement: ast.stmt, me: str | None) -> bool:
    match statement:
        case ast.Expr(value=ast.Constant()) | ast.Pass():
            return True
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=name), args=args)) if name in _BEGINS:
            return all(map(_is_made_of_texts, args))
        case ast.Assign(targets=[target], value=value) | ast.AnnAssign(target=target, value=value):
            match target:
                case ast.Attribute(value=ast.Name(id=owner)) if owner == me:
                    pass
                case ast.Name():
                    pass
                case _:
                    return False  # of something else
            return value is None or _is_made_of_texts(value)
        case ast.Assert(test=test):
            return _is_made_of_texts(test)
        case ast.If(test=test, body=body, orelse=orelse):
            return _is_made_of_texts(test) and all(_is_kept(one, me) for one in (*body, *orelse))
        case _:
            return False


def _is_made_of_texts(value: ast.expr) -> bool:
    """True for an expression that calls nothing but what makes texts and containers."""
    return all(called_name(node) in _MAKES for node in ast.walk(value) if isinstance(node, ast.Call))


def _named_exception(name: str) -> bool:
    last = name.rpartition(".")[2]
    return last[:1].isupper() and last.endswith(("Error", "Exception", "Interrupt", "Exit"))
