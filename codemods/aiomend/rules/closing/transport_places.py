"""Where the close of a transport, a writer or a server belongs, or why that is for a person to say."""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aiomend.facts.exits import Course, Exit, exits, goes_on
from aiomend.facts.flow import loops_around
from aiomend.facts.module import ModuleFacts, suspends
from aiomend.facts.program_ends import ends_with
from aiomend.facts.protocols import closes_itself
from aiomend.facts.scopes import FUNCTIONS, called_name, last_name
from aiomend.facts.transport_fates import closes
from aiomend.facts.transport_lives import Life, is_risky, lives, within
from aiomend.facts.transports import Kind, Opened, Opening
from aiomend.facts.view import Module
from aiomend.rules.closing.placing import Try


class Form(enum.Enum):
    """How the close is written."""

    ENCLOSED = "a `try` around what runs while it is open"
    REUSED = "the `try` that is there gets it"
    ABSORBED = "the `try` that closes it takes in what stands before it"
    INSERTED = "nothing can go round it: it is one more line"


@dataclass(frozen=True, slots=True, eq=False)
class Ending:
    """Close what was opened; ``moved`` are the places, among the statements, of those that go into the `finally`.

    Those of ``behind`` go behind the `try`.
    """

    one: Opened
    opening: Opening
    form: Form
    statements: tuple[ast.stmt, ...]
    moved: tuple[int, ...] = ()
    inner: tuple[ast.stmt, ...] = ()  #: closes in front of a `return`, for which the `finally` does it
    behind: tuple[int, ...] = ()

    @property
    def is_closed(self) -> bool:
        """True where some way through the function closes it today."""
        return bool(self.moved or self.inner) or self.form is Form.ABSORBED


@dataclass(frozen=True, slots=True)
class Unclear:
    """It is not closed on every path, and a person has to say where it belongs."""

    one: Opened
    opening: Opening
    reason: str
    closes: tuple[ast.stmt, ...] = ()


def endings(module: Module, one: Opened) -> Iterator[Ending | Unclear]:
    """Yield how to close what a name refers to, once for each time that it is opened and left open on some path."""
    every = closes(module, one)
    if (passed := _passed_by(module, one, every)) is not None:
        yield passed
    for life in lives(module, one):
        own = tuple(close for close in every if any(within(module.facts, close, each) for each in life.tail))
        found = _ending(module, one, life, own)
        if found is not None:
            yield found


def _passed_by(module: Module, one: Opened, every: tuple[ast.stmt, ...]) -> Unclear | None:
    """It is opened and used in a `try`, and closed behind that: what its handlers take goes round the close."""
    facts = module.facts
    if one.kind is not Kind.STREAM or len(one.openings) != 1 or len(every) != 1 or module.is_test:
        return None  # more than one way that would have to be told apart
    (opening,), (close,) = one.openings, every
    attempt = facts.parents[opening.statement]
    if not isinstance(attempt, Try) or attempt.finalbody or opening.statement not in attempt.body:
        return None
    block = facts.block(attempt)
    behind = attempt.body[attempt.body.index(opening.statement) + 1 :]
    leaving = [handler for handler in attempt.handlers if Exit.FALL not in exits(handler.body)]
    if close not in block or block.index(close) < block.index(attempt) or not leaving:
        return None
    if not any(is_risky(module, one, each) for each in behind):
        return None  # where a handler runs, nothing is open
    reason = "a handler that leaves goes round its `close()`; a `try` inside can close it in its `finally`"
    return Unclear(one, opening, reason, every)


def _ending(module: Module, one: Opened, life: Life, own: tuple[ast.stmt, ...]) -> Ending | Unclear | None:
    facts = module.facts
    finals = [(close, found) for close in own if (found := _final_of(facts, close, life)) is not None]
    if finals:
        return _absorbed(module, one, life, finals[0][1], own)
    if any(_is_handling(facts, close, life) for close in own):
        return _scattered(module, one, life, own)
    if own:
        return _moved(module, one, life, own)
    return _never_closed(module, one, life)


# ---- closed here and there ---


def _final_of(facts: ModuleFacts, close: ast.stmt, life: Life) -> Try | None:
    """Return the `try` in whose `finally` a close stands."""
    here: ast.AST = close
    for parent in facts.ancestors(close):
        if isinstance(parent, Try) and here in parent.finalbody:
            return parent
        if here in life.tail:
            return None
        here = parent
    return None


def _is_handling(facts: ModuleFacts, close: ast.stmt, life: Life) -> bool:
    for parent in facts.ancestors(close):
        if isinstance(parent, ast.ExceptHandler):
            return True
        if parent in life.tail:
            return False
    return False


def _absorbed(module: Module, one: Opened, life: Life, closing: Try, own: tuple[ast.stmt, ...]) -> Ending | None:
    """A `finally` closes it: what suspends or leaves before that `try` belongs into it."""
    if closing not in life.tail:
        return None  # under a condition, or in a block of its own: it may be right
    at = life.tail.index(closing)
    before = life.tail[:at]
    if not any(suspends(each) or exits([each]) - {Exit.FALL} for each in before):
        return None  # closed whatever happens
    only = all(_ends_it(module, one, each) for each in closing.finalbody)
    if closing.handlers or closing.orelse or not only or isinstance(closing, ast.TryStar):
        return None  # what its handlers take is for a person to decide
    return Ending(one, life.opening, Form.ABSORBED, (*before, closing))


def _scattered(module: Module, one: Opened, life: Life, own: tuple[ast.stmt, ...]) -> Unclear | None:
    """Handlers close it."""
    facts = module.facts
    closing = {parent for close in own for parent in facts.ancestors(close) if isinstance(parent, ast.ExceptHandler)}
    handlers = [
        one for each in life.tail for one in ast.walk(each) if isinstance(one, ast.ExceptHandler) and one in closing
    ]
    taken = _taken(handlers)
    wide = "BaseException" in taken or "Exception" in taken
    cancelled = "Exception" in taken and not _is_taken(module, taken)
    straight = any(not _is_handling(facts, close, life) for close in own)
    if one.kind is not Kind.STREAM or (wide and straight and not cancelled) or module.is_test:
        return None  # closed when something goes wrong, left open or closed else: as it is meant
    if wide and any(suspends(each) for each in life.tail) and not straight:
        return Unclear(
            one, life.opening, "it is closed when something goes wrong, and left open when nothing does", own
        )
    return Unclear(one, life.opening, _CANCELLED if cancelled and straight else _under_conditions(own), own)


_CANCELLED = "a cancellation is no `Exception`, and goes round its `close()`; a `finally` can hold it"


def _taken(handlers: Sequence[ast.ExceptHandler]) -> set[str]:
    """Return the names of what some handlers take."""
    names: set[str] = set()
    for handler in handlers:
        match handler.type:
            case None:
                names.add("BaseException")
            case ast.Tuple(elts=parts):
                names |= {last_name(part) for part in parts}
            case one:
                names.add(last_name(one))
    return names


def _is_taken(module: Module, names: set[str]) -> bool:
    """True where handlers of some exceptions take a cancellation: since Python 3.8 it is no `Exception`."""
    return not names.isdisjoint({"BaseException", "CancelledError"}) or not module.settings.target.reaches((3, 8))


def _moved(module: Module, one: Opened, life: Life, own: tuple[ast.stmt, ...]) -> Ending | Unclear | None:
    """It is closed where nothing goes wrong."""
    if module.is_test:
        return None  # a test that fails may leave it open
    tail = life.tail
    units = [_unit(module, one, close) for close in own]
    here = [tail.index(unit) for unit in units if unit in tail]
    deeper = [unit for unit in units if unit not in tail]
    end = here[-1] if here else len(tail)
    inner = tuple(each for unit in deeper for each in _goes_out(module, one, unit, tail[:end]))
    if not all(_goes_out(module, one, unit, tail[:end]) for unit in deeper):
        return _undecided(one, life, own)
    if not here:  # each way that it is closed on ends there
        region = tail[: _last_use(module, life, tail) + 1]
        if (found := _reusable(module, one, region)) is not None:
            return Ending(one, life.opening, Form.REUSED, region[found:], inner=inner)
        return Ending(one, life.opening, Form.ENCLOSED, region, inner=inner)
    at = here[-1]
    if any(place < at for place in here[:-1]):
        return None  # closed twice on one way: it is no plain end
    if not any(is_risky(module, one, each) for each in tail[:at]):
        return None  # nothing can go round it
    last = at + 1
    if one.kind is Kind.STREAM and last < len(tail) and _ends_it(module, one, tail[last]):
        last += 1  # `await writer.wait_closed()`
    moved = tuple(range(at, last))
    inside, waits = _closes_of_inner(module, one, tail, at)
    if inside:
        statements = tail[: max((*inside, *waits)) + 1]
        if one.kind is Kind.STREAM:
            return Ending(one, life.opening, Form.ENCLOSED, statements, (at, *waits), inner)
        return Ending(one, life.opening, Form.ENCLOSED, statements, (at,), inner, waits)
    if (found := _reusable(module, one, tail[:at])) is not None:
        return Ending(one, life.opening, Form.REUSED, tail[found:last], tuple(place - found for place in moved), inner)
    return Ending(one, life.opening, Form.ENCLOSED, tail[:last], moved, inner)


def _undecided(one: Opened, life: Life, own: tuple[ast.stmt, ...]) -> Unclear | None:
    if one.kind is not Kind.STREAM:
        return None  # it may be meant to stay open on the other ways
    return Unclear(one, life.opening, _under_conditions(own), own)


def _under_conditions(own: Sequence[ast.stmt]) -> str:
    where = "in several branches" if len(own) > 1 else "in one branch"
    return f"its `close()` stands {where}; a `finally` around all of them can hold it"


def _unit(module: Module, one: Opened, close: ast.stmt) -> ast.stmt:
    """Return the statement around a close that does nothing else than to ask for the thing, or to suppress; or the close."""
    parent = module.facts.parents[close]
    while isinstance(parent, (ast.If, ast.With, ast.Try)) and _ends_it(module, one, parent):
        close, parent = parent, module.facts.parents[parent]
    return close


def _ends_it(module: Module, one: Opened, statement: ast.stmt) -> bool:
    """True for `writer.close()` and `await writer.wait_closed()`, also if it is there, and with what they raise suppressed."""
    match statement:
        case ast.If(test=test, body=body, orelse=[]):
            names = {node.id for node in ast.walk(test) if isinstance(node, ast.Name)}
            return names == {one.name} and all(_ends_it(module, one, each) for each in body)
        case ast.With(items=items, body=body):
            suppressed = all(called_name(item.context_expr) == "suppress" for item in items)
            return suppressed and all(_ends_it(module, one, each) for each in body)
        case ast.Try(body=body, handlers=handlers, orelse=[], finalbody=[]):
            quiet = not any(is_risky(module, one, each) for handler in handlers for each in handler.body)
            return quiet and all(_ends_it(module, one, each) for each in body)
        case ast.Expr(value=ast.Await(value=ast.Call() as call) | ast.YieldFrom(value=ast.Call() as call)):
            pass
        case ast.Expr(value=ast.Call() as call):
            pass
        case _:
            return False
    match call.func:
        case ast.Attribute(attr="close" | "abort" | "wait_closed", value=receiver):
            return module.text(receiver) in (one.text, f"{one.text}.transport")
        case _:
            return False


def _goes_out(module: Module, one: Opened, unit: ast.stmt, tail: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Return a close with the wait behind it, where nothing but a way out of ``tail`` follows them; else nothing."""
    facts = module.facts
    block = facts.block(unit)
    *ending, last = block[block.index(unit) :]
    if not all(_ends_it(module, one, each) for each in ending):
        return []
    match last:
        case ast.Return() | ast.Raise():
            return ending
        case ast.Break():
            turn = next(loops_around(facts, last))
            behind = tail[tail.index(turn) + 1 :] if turn in tail else None
            is_out = behind is not None and not any(is_risky(module, one, each) for each in behind)
            return ending if is_out else []
        case _:
            return []


def _last_use(module: Module, life: Life, tail: Sequence[ast.stmt]) -> int:
    touching = [at for at, each in enumerate(tail) if any(within(module.facts, use, each) for use in life.uses)]
    return touching[-1] if touching else -1


def _closes_of_inner(
    module: Module, one: Opened, tail: tuple[ast.stmt, ...], at: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return where, behind the close that moves, that is closed which is opened while this one is open: it stays inside.

    The other places are those of the waits for the one itself, which stand in between.
    """
    names = {
        node.id
        for each in tail[:at]
        for node in ast.walk(each)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    } - {one.name}
    inside: list[int] = []
    waits: list[int] = []
    for place, each in enumerate(tail[at + 1 :], at + 1):
        if _ends_it(module, one, each):
            waits.append(place)
        elif _ended_by(each) in names:
            inside.append(place)
        else:
            break
    return tuple(inside), tuple(waits)


def _ended_by(statement: ast.stmt) -> str | None:
    """Return the name `x` of `x.close()` and `await x.wait_closed()`."""
    match statement:
        case ast.Expr(value=ast.Call(func=func)):
            pass
        case ast.Expr(value=ast.Await(value=ast.Call(func=func)) | ast.YieldFrom(value=ast.Call(func=func))):
            pass
        case _:
            return None
    match func:
        case ast.Attribute(attr="close" | "wait_closed", value=ast.Name(id=name)):
            return name
        case _:
            return None


def _reusable(module: Module, one: Opened, region: Sequence[ast.stmt]) -> int | None:
    """Return the place of the only statement of a region that something can go wrong in, where it is a `try`."""
    risky = [at for at, each in enumerate(region) if is_risky(module, one, each)]
    if len(risky) != 1:
        return None
    (at,) = risky
    statement = region[at]
    if not isinstance(statement, Try) or at + 1 < len(region):
        return None
    if any(suspends(each) or exits([each]) - {Exit.FALL} for each in statement.finalbody):
        return None  # its own `finally` may be left before the end
    return at


# ---- closed nowhere ---


def _never_closed(module: Module, one: Opened, life: Life) -> Ending | None:
    tail = life.tail
    if one.kind is not Kind.STREAM and not _ends_here(module, one, life):
        return None  # the loop keeps it: it may be meant to go on
    waiting = [at for at, each in enumerate(tail) if suspends(each)]
    last = _last_use(module, life, tail)
    if one.kind is not Kind.STREAM or last < 0 or last not in waiting:
        last = max([last, *waiting])  # it is open for others, or somebody waits while it is open
    region = tail[: last + 1]
    if not any(is_risky(module, one, each) for each in region):
        if module.is_test:
            return None  # nothing comes of it there
        return Ending(one, life.opening, Form.INSERTED, (region[-1] if region else life.statement,))
    found = _reusable(module, one, region)
    if found is not None:
        return Ending(one, life.opening, Form.REUSED, region[found:])
    return Ending(one, life.opening, Form.ENCLOSED, region)


def _ends_here(module: Module, one: Opened, life: Life) -> bool:
    """True where a server or a transport has to end with the function: the program does, and nothing else closes it."""
    facts = module.facts
    here = life.tail[-1] if life.tail else life.statement
    if goes_on(facts, here, {Exit.FALL}).course is not Course.END or _in_loop(facts, life.statement):
        return False
    if one.kind is Kind.TRANSPORT and closes_itself(module, life.opening.call):
        return False
    return ends_with(module, one.function)


def _in_loop(facts: ModuleFacts, statement: ast.stmt) -> bool:
    for parent in facts.ancestors(statement):
        if isinstance(parent, (ast.For, ast.AsyncFor, ast.While)):
            return True
        if isinstance(parent, FUNCTIONS):
            return False
    return False
