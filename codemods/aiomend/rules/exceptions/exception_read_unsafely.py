"""AIO704: a done callback that asks a cancelled future for its outcome."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiomend.facts.done_callbacks import DoneCallback, done_callbacks, unsafe_reads, wakes_others
from aiomend.facts.function_uses import uses_of
from aiomend.facts.promises import may_return_none
from aiomend.facts.scopes import last_name
from aiomend.facts.view import Module
from aiomend.model import Impact, Safety
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Edit, Replace, Wrap
from aiomend.rules.lines import put_before
from aiomend.rules.rule import Fix, Rule

if TYPE_CHECKING:
    import libcst as cst

_HAS_BEGUN = "what stands before it on the line has been done by then: say what becomes of it"
_LOOKS = frozenset({"bool", "getattr", "hasattr", "id", "isinstance", "len", "repr", "str", "type"})


class ExceptionReadUnsafely(Rule):
    """Ask a future whether it was cancelled before asking for its outcome.

    `exception()` and `result()` of a cancelled future raise CancelledError. In a done callback nobody catches that: the
    rest of the callback does not run, and the loop's exception handler logs "Exception in callback" for what was no error.
    Tasks are cancelled at the end of nearly every program.

    Before:

    ```python
    import asyncio

    def report(task):
        if task.exception() is not None:
            print("failed:", task.exception())

    async def main():
        task = asyncio.ensure_future(serve())
        task.add_done_callback(report)
        await asyncio.sleep(1)
        task.cancel()
    ```

    After:

    ```python
    import asyncio

    def report(task):
        if task.cancelled():
            return
        if task.exception() is not None:
            print("failed:", task.exception())

    async def main():
        task = asyncio.ensure_future(serve())
        task.add_done_callback(report)
        await asyncio.sleep(1)
        task.cancel()
    ```

    Fix safety: unsafe. The callback ends where it was broken off; what should be done for a cancelled future, if anything,
    only a person knows, and what relied on the log entry misses it. There is no fix where the callback completes another
    future or sets an event, since whoever waits for that has to hear of the cancellation too; nor where the exception is
    read only so that asyncio does not report it, as `lambda task: task.exception()` does: that hides every error; nor where
    other code calls the callback too, nor where `result()` is asked for on a line that has done something else by then.

    Silent when the callback asks `cancelled()` first or catches the CancelledError; when nothing says that the future is
    asyncio's; in tests.
    """

    code = "AIO704"
    name = "exception-read-unsafely"
    safety = Safety.UNSAFE
    impact = Impact.BUG
    triggers = frozenset({"add_done_callback"})
    context = frozenset({"exception", "result"})

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the callbacks of a file that raise CancelledError for a cancelled future."""
        if module.is_test:
            return  # tests see what is raised
        for callback in done_callbacks(module):
            reads = unsafe_reads(module, callback)
            if reads:
                yield self._tested(module, callback, reads)

    def _tested(self, module: Module, callback: DoneCallback, reads: list[ast.Call]) -> Fix:
        read, name = reads[0], callback.future.arg
        asked = f"`{module.text(read)}` raises CancelledError out of the callback where `{name}` was cancelled"
        if _only_silences(callback, read):
            return self.manual(
                module,
                read,
                f"{asked}, and otherwise hides the exception",
                "the exception is read only so that nobody reports it: report it, or say which ones may be ignored",
            )
        if (wakes := wakes_others(callback)) is not None:
            return self.manual(
                module,
                read,
                asked,
                f"`{module.call_phrase(wakes)}` may be what somebody waits for, in vain where `{name}` was cancelled: say what "
                "becomes of them then",
            )
        test = f"{name}.cancelled()"
        if isinstance(callback.function, ast.Lambda):
            if callback.function not in callback.added.args:
                return self.manual(
                    module, read, asked, "the lambda is not written where it is added, and others may call it"
                )
            if _does_something_before(module, read, name):
                return self.manual(module, read, asked, _HAS_BEGUN)
            return self.fix(
                module,
                read,
                f"{asked}; `None if {test} else …` asks before",
                Replace(callback.function.body, functools.partial(_none_if, test=test)),
            )
        if (caller := _caller(module, callback.function)) is not None:
            return self.manual(
                module, read, asked, f"it is called by {caller} as well, which would see no CancelledError"
            )
        edits = _guards(module, reads, name)
        if isinstance(edits, _Unclear):
            return self.manual(module, edits.read, asked, edits.reason)
        promised = callback.function.returns
        if promised is not None and not may_return_none(promised) and any(isinstance(one, Wrap) for one in edits):
            reason = f"it says that it returns `{module.text(promised)}`: say which one it is for a cancelled future"
            return self.manual(module, read, asked, reason)
        match edits[0]:
            case Replace():
                cure = f"`None if {test} else …` asks before, and what follows still runs"
            case Wrap(transform=transform) if transform is _leaving:
                cure = f"a `return` in the branch of `if {test}:` leaves before"
            case _:
                cure = f"`if {test}: return` leaves before"
        return self.fix(module, read, f"{asked}; {cure}", *edits)


@dataclass(frozen=True, slots=True, eq=False)
class _Unclear:
    """A place that only a person can guard."""

    read: ast.Call
    reason: str


def _guards(module: Module, reads: list[ast.Call], name: str) -> list[Edit] | _Unclear:
    """Return the edits that ask before each read of a callback that is no lambda."""
    test = f"{name}.cancelled()"
    edits: list[Edit] = []
    places: list[ast.stmt] = []
    for read in reads:
        if any(_is_behind(module, read, place) for place in places):
            continue  # the guard of an earlier one leaves before
        has_begun = _does_something_before(module, read, name)
        if has_begun and last_name(read.func) == "result":
            return _Unclear(read, _HAS_BEGUN)
        if has_begun or _has_more_to_do(module, read):
            edits.append(Replace(read, functools.partial(_none_if, test=test)))
            continue
        place = _place(module, read)
        if place is None:
            return _Unclear(read, "it stands in an `elif`, in front of which no line can be put")
        places.append(place)
        branch = _branch_before(module, place, test)
        guard = f"if {test}:\n    return\n"
        edits.append(put_before(module, place, guard) if branch is None else Wrap((branch,), _leaving))
    return edits


def _caller(module: Module, function: ast.FunctionDef) -> str | None:
    """Return where the callback is called by its name, by code that is not the event loop."""
    for user, call in uses_of(module, function).calls:
        return f"{user.path}:{call.lineno}"
    return None


def _is_behind(module: Module, read: ast.Call, place: ast.stmt) -> bool:
    """True for what control reaches through a statement, or through those before it in the same block."""
    facts = module.facts
    block = facts.block(place)
    around = [one for one in facts.ancestors(read) if one in block]
    return any(block.index(one) >= block.index(place) for one in around if isinstance(one, ast.stmt))


def _does_something_before(module: Module, read: ast.Call, name: str) -> bool:
    """True where the statement that reads has done more by then than ask the future: that must not be left out."""
    facts = module.facts
    around = set(facts.ancestors(read))
    at = (read.lineno, read.col_offset)
    for one in ast.walk(facts.statement(read)):
        if not isinstance(one, (ast.Call, ast.NamedExpr)) or one in around or (one.lineno, one.col_offset) >= at:
            continue  # not before it
        if facts.function_at(one) is facts.function_at(read) and not _asks(one, name):
            return True
    return False


def _asks(node: ast.expr, name: str) -> bool:
    """True for a question to the future itself, and for functions that only look."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=asked))):
            return asked == name
        case ast.Call(func=ast.Name(id=called)):
            return called in _LOOKS
        case _:
            return False


def _only_silences(callback: DoneCallback, read: ast.Call) -> bool:
    """True where all that a callback does is to read the exception."""
    assert isinstance(read.func, ast.Attribute)
    if read.func.attr != "exception":
        return False  # `result()` raises it, and the loop reports that
    match callback.function:
        case ast.Lambda(body=body):
            return body is read
        case ast.FunctionDef(body=[ast.Expr(value=ast.Constant()), ast.Expr(value=value) | ast.Return(value=value)]):
            return value is read
        case ast.FunctionDef(body=[ast.Expr(value=value) | ast.Return(value=value)]):
            return value is read
        case _:
            return False


def _has_more_to_do(module: Module, read: ast.Call) -> bool:
    """True for `error = fut.exception()` where what follows tests `error`, and does more than that."""
    statement = module.facts.parents[read]
    match read.func, statement:
        case ast.Attribute(attr="exception"), ast.Assign(targets=[ast.Name(id=name)]) as bound:
            block = module.facts.block(bound)
        case _:
            return False
    behind = block[block.index(bound) + 1 :]
    reading = [one for one in behind if any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(one))]
    return len(reading) < len(behind) and all(isinstance(one, ast.If) and _tests(one.test, name) for one in reading)


def _tests(test: ast.expr, name: str) -> bool:
    """True for `error`, `error is not None`, and either of them with more behind `and`."""
    match test:
        case ast.Name(id=tested):
            return tested == name
        case ast.Compare(left=ast.Name(id=tested), ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]):
            return tested == name
        case ast.BoolOp(op=ast.And(), values=[first, *_]):
            return _tests(first, name)
        case _:
            return False


def _place(module: Module, read: ast.Call) -> ast.stmt | None:
    """Return the statement before which the callback can leave: the one that reads, or the `try` that it begins."""
    facts = module.facts
    statement = facts.statement(read)
    parent = facts.parents[statement]
    if isinstance(statement, ast.If) and isinstance(parent, ast.If) and parent.orelse == [statement]:
        before = module.source.segment(statement)
        if before.startswith("elif"):
            return None
    while isinstance(parent, ast.Try) and parent.body[0] is statement and not parent.finalbody:
        statement, parent = parent, facts.parents[parent]
    return statement


def _branch_before(module: Module, place: ast.stmt, test: str) -> ast.If | None:
    """Return the `if fut.cancelled():` right before a statement that goes on to it."""
    block = module.facts.block(place)
    at = block.index(place)
    match block[at - 1] if at else None:
        case ast.If(test=asked, orelse=[]) as branch if ast.unparse(asked) == test:
            return branch
        case _:
            return None


# ---- how it is written ---


def _leaving(body: Sequence[cst.BaseStatement]) -> Sequence[cst.BaseStatement]:
    return [syntax.returning(body[0])]


def _none_if(node: cst.BaseExpression, test: str) -> cst.BaseExpression:
    return syntax.none_if(test, node)
