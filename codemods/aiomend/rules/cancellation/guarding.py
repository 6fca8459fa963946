"""The test of `cancelled()` in front of a future's setter, by the place that the setter stands in."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING

from aiomend.facts.flow import is_simple, whole
from aiomend.facts.future_guards import is_guarded
from aiomend.facts.futures import Certainty, holder_name, reads_behind
from aiomend.facts.module import suspends
from aiomend.facts.properties import runs_code
from aiomend.facts.scopes import COMPREHENSIONS, FUNCTIONS, called_name, last_name
from aiomend.facts.setter_groups import chain_of
from aiomend.facts.view import Module
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Edit, Replace, Wrap
from aiomend.rewriting.style import kept_in
from aiomend.source import last_line

if TYPE_CHECKING:
    import libcst as cst


@dataclass(frozen=True, slots=True, eq=False)
class Trap:
    """A setter that nothing guards."""

    call: ast.Call
    receiver: ast.expr
    method: str
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class Cure:
    """The edits that guard a setter; ``skips`` are the arguments that are not evaluated any more."""

    edits: tuple[Edit, ...] = ()
    skips: tuple[ast.expr, ...] = ()
    unsafe: str | None = None  #: why it is not safe, for other reasons than the arguments
    manual: str | None = None  #: why there are no edits


def shared_guard(module: Module, group: list[Trap], shared: ast.stmt) -> Cure:
    """Return what puts one test around a statement that consists of several setters."""
    skips = tuple(argument for one in group for argument in _arguments(one.call))
    return Cure((_guard(module, group[0], shared),), skips)


def _guard(module: Module, trap: Trap, statement: ast.stmt) -> Edit:
    """Return the smallest edit that puts a statement under the test: one more condition, an `elif`, or a new `if`."""
    facts, test = module.facts, _test(module, trap.receiver)
    parent = facts.parents[statement]
    if isinstance(parent, ast.If) and _takes_condition(module, parent, statement, test):
        return Replace(parent.test, lambda node: syntax.both(node, test))
    if isinstance(parent, ast.If) and _opens_for_condition(module, parent, statement, test):
        return Wrap((parent,), lambda body: [syntax.with_condition(body[0], test, facts.indent)])
    if isinstance(parent, ast.If) and parent.orelse == [statement] and not isinstance(statement, ast.If):
        top, depth = chain_of(facts, parent)
        return Wrap((top,), lambda body: [syntax.else_as_elif(body[0], depth, test)])
    return Wrap((statement, *_read_with(module, trap, statement)), partial(_under_test, test, facts.indent))


def _read_with(module: Module, trap: Trap, statement: ast.stmt) -> list[ast.stmt]:
    """Return the statements `future.exception()` right behind a setter's: they make the future count as read.

    A `result()` is there to raise what was set, which nobody may skip.
    """
    reads = [read for read in reads_behind(module, trap.call, trap.receiver) if called_name(read) == "exception"]
    block = module.facts.block(statement)
    behind = block[block.index(statement) + 1 :]
    return list(takewhile(lambda one: isinstance(one, ast.Expr) and one.value in reads, behind))


def unguarded_read(module: Module, trap: Trap, cure: Cure) -> ast.expr | None:
    """Return the first place behind a setter that reads the future, and that no test guards then."""
    covered = {
        node for edit in cure.edits if isinstance(edit, Wrap) for one in edit.statements for node in ast.walk(one)
    }
    reads = (read for read in reads_behind(module, trap.call, trap.receiver) if read not in covered)
    return next((read for read in reads if not is_guarded(module, read, trap.receiver)), None)


def cure_of(module: Module, trap: Trap) -> Cure:
    """Return the edits for one setter, by the place that it stands in."""
    match module.facts.statement(trap.call):
        case ast.Expr(value=value) as statement if value is trap.call:
            return _guard_statement(module, trap, statement)
        case ast.Return(value=value) as statement if value is trap.call:
            return _guard_return(module, trap, statement)
        case _:
            return _guard_expression(module, trap)


def _guard_statement(module: Module, trap: Trap, statement: ast.Expr) -> Cure:
    waits = any(map(suspends, _arguments(trap.call)))
    if waits or not can_be_repeated(module, trap.receiver):
        return _bind_and_guard(module, trap, statement, waits)
    return Cure((_guard(module, trap, statement),), tuple(_arguments(trap.call)))


def _takes_condition(module: Module, parent: ast.If, statement: ast.stmt, test: str) -> bool:
    """True where the `if` holds nothing but the setter, and one more condition fits in its line."""
    source = module.facts.source
    if parent.body != [statement] or parent.orelse or parent.test.lineno != parent.test.end_lineno:
        return False
    end = source.line(last_line(parent.test))
    return len(end.rstrip()) + len(f" and {test}") <= kept_in(source.text, module.settings.style).line_length


def _opens_for_condition(module: Module, parent: ast.If, statement: ast.stmt, test: str) -> bool:
    """True for `if fut: fut.set_result(1)`, where one more condition fits once the setter stands in a line of its own."""
    source = module.facts.source
    if parent.body != [statement] or parent.orelse or not parent.lineno == parent.test.end_lineno == statement.lineno:
        return False
    if not module.text(parent).startswith("if"):
        return False  # an `elif`
    head = (
        len(source.line(parent.lineno))
        - len(source.line(parent.lineno).lstrip())
        + len(f"if {module.text(parent.test)}:")
    )
    return head + len(f" and {test}") <= kept_in(source.text, module.settings.style).line_length


def _bind_and_guard(module: Module, trap: Trap, statement: ast.Expr, waits: bool) -> Cure:
    """Bind what must not be evaluated twice, or has to be there before the test, to names."""
    names: list[str | None] = [None, None]
    if not can_be_repeated(module, trap.receiver):
        if waits:
            return Cure(manual="the receiver is computed, and then the argument is waited for")
        names[0] = _free(module, trap, [holder_name(_holder(trap.receiver)) or "fut", "fut", "future", "waiter"])
    if waits:
        if not trap.call.args or isinstance(trap.call.args[0], ast.Starred):
            return Cure(manual="the argument is waited for between the test and the call")
        names[1] = _free(module, trap, ["result", "value"] if trap.method == "set_result" else ["error", "exception"])
    if names == [None, None]:
        return Cure(manual="no name is free to bind the future to")
    receiver, argument = names
    test = f"not {receiver}.{module.settings.future_guard}()" if receiver else _test(module, trap.receiver)
    indent = module.facts.indent

    def transform(body: Sequence[cst.BaseStatement]) -> Sequence[cst.BaseStatement]:
        *bound, last = syntax.bound_first(body[0], receiver=receiver, argument=argument)
        return [*bound, syntax.guarded(test, [last], indent)]

    moved = waits and not isinstance(trap.receiver, ast.Name)
    unsafe = f"`{module.text(trap.receiver)}` is read after the argument was waited for" if moved else None
    return Cure((Wrap((statement,), transform),), () if waits else tuple(_arguments(trap.call)), unsafe)


def _guard_return(module: Module, trap: Trap, statement: ast.Return) -> Cure:
    """The setter's value is None, and so is that of a `return` without a value, or of none at all."""
    if not can_be_repeated(module, trap.receiver) or any(map(suspends, _arguments(trap.call))):
        return Cure(manual="the future or the argument is computed in a `return`")
    test, indent = _test(module, trap.receiver), module.facts.indent
    is_last = _is_at_the_end(module, statement)

    def transform(body: Sequence[cst.BaseStatement]) -> Sequence[cst.BaseStatement]:
        guard = syntax.guarded(test, [syntax.as_expression_line(body[0])], indent)
        return [guard] if is_last else [guard, *syntax.statements("return\n", indent)]

    return Cure((Wrap((statement,), transform),), tuple(_arguments(trap.call)))


def _is_at_the_end(module: Module, statement: ast.stmt) -> bool:
    """True where a function ends behind a statement anyway."""
    here: ast.AST = statement
    while isinstance(here, ast.stmt) and module.facts.block(here)[-1] is here:
        here = module.facts.parents[here]
        if isinstance(here, FUNCTIONS):
            return True
        if not isinstance(here, (ast.If, ast.With, ast.AsyncWith)):
            return False
    return False


def _guard_expression(module: Module, trap: Trap) -> Cure:
    if not can_be_repeated(module, trap.receiver) or any(map(suspends, _arguments(trap.call))):
        return Cure(manual="the future or the argument is computed inside an expression")
    if not _is_value_unused(module, trap.call):
        return Cure(manual="the value of the call is used")
    match module.facts.parents[trap.call]:
        case ast.IfExp(body=body, test=asked, orelse=ast.Constant()) if body is trap.call:
            more = _test(module, trap.receiver)
            return Cure((Replace(asked, lambda node: syntax.both(node, more)),), tuple(_arguments(trap.call)))
        case _:
            pass  # no choice that takes one more condition
    test = f"{_spelled(module, trap.receiver)}.{module.settings.future_guard}()"
    return Cure((Replace(trap.call, lambda node: syntax.none_if(test, node)),), tuple(_arguments(trap.call)))


def _is_value_unused(module: Module, call: ast.Call) -> bool:
    """True where nobody sees what an expression gives: a statement, or a lambda that is a done callback."""
    around = whole(module.facts, call)
    match module.facts.parents[around]:
        case ast.Expr():
            return True
        case ast.Lambda() as function if not any(isinstance(one, COMPREHENSIONS) for one in ast.walk(around)):
            added = module.facts.parents[function]
            return isinstance(added, ast.Call) and last_name(added.func) == "add_done_callback"
        case _:
            return False


def _under_test(test: str, indent: str, body: Sequence[cst.BaseStatement]) -> Sequence[cst.BaseStatement]:
    return [syntax.guarded(test, body, indent)]


def can_be_repeated(module: Module, receiver: ast.expr) -> bool:
    """True where a receiver gives the same future again, and does nothing else."""
    return is_simple(receiver) and not runs_code(module, receiver)


def _test(module: Module, receiver: ast.expr) -> str:
    return f"not {_spelled(module, receiver)}.{module.settings.future_guard}()"


def _spelled(module: Module, receiver: ast.expr) -> str:
    text = module.text(receiver)
    return text if "\n" not in text else ast.unparse(receiver)


def _arguments(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def _holder(receiver: ast.expr) -> ast.expr:
    match receiver:
        case ast.Call(func=ast.Attribute(value=holder)) | ast.Subscript(value=holder):
            return holder
        case _:
            return receiver


def _free(module: Module, trap: Trap, candidates: list[str]) -> str | None:
    if isinstance(module.facts.scope_at(trap.call).node, ast.ClassDef):
        return None  # it would become an attribute of the class
    return next((name for name in candidates if module.is_free(name, trap.call)), None)
