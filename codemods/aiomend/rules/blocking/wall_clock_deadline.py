"""AIO407: a deadline of the wall's clock, given to an event loop that has a clock of its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.faked_futures import faked
from aiomend.facts.flow import is_simple
from aiomend.facts.handed_back import handed_back
from aiomend.facts.imported_names import Spelling
from aiomend.facts.scopes import How
from aiomend.facts.view import Module
from aiomend.model import Evidence, Impact, Safety
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Replace
from aiomend.rules.rule import Fix, Rule, imports_of

_GETTERS = frozenset({"asyncio.get_event_loop", "asyncio.get_running_loop"})
_CLOCKS = frozenset({"time", "monotonic"})
_CLOCK_NAMES = frozenset({"time.time", "time.monotonic"})
_DEPTH = 4  #: names, attributes and functions on the way to a clock
_TIMEOUT_AT = "asyncio.timeout_at"


class WallClockDeadline(Rule):
    """Tell an event loop when in its own time, not in the time of the wall's clock.

    `loop.call_at()` and `asyncio.timeout_at()` count in `loop.time()`, which begins somewhere (mostly when the machine was
    started) and never jumps. A deadline made of `time.time()` lies decades ahead of that: the callback is never called, the
    time limit never comes.

    Before:

    ```python
    import asyncio
    import time

    def remind(loop, callback):
        return loop.call_at(time.time() + 5, callback)
    ```

    After:

    ```python
    import asyncio

    def remind(loop, callback):
        return loop.call_at(loop.time() + 5, callback)
    ```

    Fix safety: safe where the sum stands in the call: nothing else sees that number; unsafe where only its name says that the
    receiver is an event loop, and where a test of the project has a mock in its place. Where the deadline is made elsewhere the finding is for a person, since others may want it in
    the wall's time.

    Silent when the deadline is not known to come from `time.time()`, when a difference of two such times makes a duration
    of it, when `loop.time()` is a part of it or of what is added (`offset = loop.time() - time.time()`), when the receiver is
    not known to be an event loop and not called one, and in files that import tornado or another async framework, whose
    loops have other clocks.
    """

    code = "AIO407"
    name = "wall-clock-deadline"
    safety = Safety.SAFE
    impact = Impact.BUG
    triggers = frozenset({"call_at", "timeout_at"})

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the deadlines of the wall's clock."""
        if module.other_framework or "tornado" in module.facts.imported_roots:
            return  # a loop of tornado goes by the wall's clock
        for call in module.facts.calls:
            when = _deadline(module, call)
            if when is None:
                continue  # no call that takes a time of the loop
            clock = _wall_clock(module, when)
            if clock is not None:
                yield self._fix(module, call, clock)
                continue
            made = _made_elsewhere(module, when)
            if made is not None:
                yield self._manual(module, call, when, made)

    def _fix(self, module: Module, call: ast.Call, clock: ast.Call) -> Fix:
        written = module.text(clock)
        what = f"`{module.call_phrase(call)}` counts in `loop.time()`, not in `{written}`: that deadline never comes"
        loop = _loop(module, call)
        if loop is None:
            return self.manual(module, clock, what, "the loop is made by an expression: bind it to a name first")
        edit = Replace(clock, lambda _: syntax.expression(f"{loop.text}.time()"))
        doubt = None
        if not _is_known(module, call):
            doubt = f"only its name says that `{loop.text}` is an event loop"
        elif isinstance(call.func, ast.Attribute) and (place := faked(module, call.func.value)):
            doubt = f"{place} puts a mock or another stand-in there, whose `time()` may be no number"
        safety = Safety.UNSAFE if doubt else Safety.SAFE
        what = f"{what}; `{loop.text}.time()` is meant"
        return self.fix(module, clock, what, edit, safety=safety, needs=imports_of(loop), reason=doubt)

    def _manual(self, module: Module, call: ast.Call, when: ast.expr, clock: ast.Call) -> Fix:
        written, name = module.text(clock), module.text(when)
        what = f"`{module.call_phrase(call)}` counts in `loop.time()`, and `{name}` comes from `{written}`: that deadline never comes"
        evidence = (Evidence(module.path, clock.lineno, f"`{name}` is made of `{written}`"),)
        return self.manual(module, call, what, "others may want it in the wall's time", evidence)


def _deadline(module: Module, call: ast.Call) -> ast.expr | None:
    """The argument that is a time of the loop."""
    given = call.args[0] if call.args else next((one.value for one in call.keywords if one.arg == "when"), None)
    if isinstance(call.func, ast.Attribute) and call.func.attr == "call_at":
        return given if module.is_loop(call.func.value) or _gets_loop(module, call.func.value) else None
    return given if module.name_of(call.func) == _TIMEOUT_AT else None


def _gets_loop(module: Module, node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and module.name_of(node.func) in _GETTERS


def _is_known(module: Module, call: ast.Call) -> bool:
    if not isinstance(call.func, ast.Attribute) or call.func.attr != "call_at":
        return True  # asyncio.timeout_at
    return module.is_instance(call.func.value, "asyncio.AbstractEventLoop") is True


def _loop(module: Module, call: ast.Call) -> Spelling | None:
    """How the loop is written that a deadline is for; None where that does something."""
    match call.func:
        case ast.Attribute(value=loop, attr="call_at"):
            return Spelling(module.text(loop)) if is_simple(loop) or _gets_loop(module, loop) else None
        case _:
            getter = module.spell("asyncio", "get_running_loop", call)
            return Spelling(f"{getter.text}()", getter.module, getter.member)


def _wall_clock(module: Module, when: ast.expr) -> ast.Call | None:
    """The one call of the wall's clock that a sum begins from; None where there is none, or where it is taken off again."""
    clocks = [one for one in ast.walk(when) if isinstance(one, ast.Call) and _is_clock(module, one)]
    others = [one for one in ast.walk(when) if isinstance(one, ast.Attribute) and one.attr in _CLOCKS]
    inside = {clock.func for clock in clocks}
    if len(clocks) != 1 or any(one not in inside for one in others):
        return None
    addends = list(_added(when))
    if all(one is not clocks[0] for one in addends):
        return None
    return None if any(_reads_clock(module, one) for one in addends if one is not clocks[0]) else clocks[0]


def _reads_clock(module: Module, addend: ast.expr, depth: int = _DEPTH) -> bool:
    """True for what is made of a clock somewhere: an offset that brings the wall's time to the loop's."""
    for part in ast.walk(addend):
        if not isinstance(part, ast.expr):
            continue  # an operator
        if (isinstance(part, ast.Attribute) and part.attr in _CLOCKS) or module.name_of(part) in _CLOCK_NAMES:
            return True
        if depth and any(_reads_clock(home, value, depth - 1) for home, value in _made_of(module, part)):
            return True
    return False


def _made_of(module: Module, node: ast.expr) -> Iterator[tuple[Module, ast.expr]]:
    """Yield what a name or an attribute is given in the file, and what the functions return that a call reaches."""
    facts = module.facts
    match node:
        case ast.Name(id=name):
            home = facts.scope_at(node).find(name)
            yield from ((module, one.value) for one in (home[1] if home is not None else ()) if one.value is not None)
        case ast.Attribute(attr=name):
            for use in facts.attributes.get(name, ()):
                match facts.parents[use]:
                    case (
                        ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value) | ast.AugAssign(value=value)
                    ) if isinstance(use.ctx, ast.Store):
                        yield module, value
                    case _:
                        pass  # read, or given by a loop or a block
        case ast.Call():
            yield from handed_back(module, node)
        case _:
            pass  # its parts tell


def _added(node: ast.expr) -> Iterator[ast.expr]:
    """Yield what a sum adds up."""
    match node:
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            yield from _added(left)
            yield from _added(right)
        case ast.BinOp(left=left, op=ast.Sub(), right=ast.Constant()):
            yield from _added(left)
        case _:
            yield node


def _is_clock(module: Module, call: ast.Call) -> bool:
    return module.name_of(call.func) == "time.time" and not call.args


def _made_elsewhere(module: Module, when: ast.expr) -> ast.Call | None:
    """The call of the wall's clock that a name's only value begins from."""
    home = module.facts.scope_at(when).find(when.id) if isinstance(when, ast.Name) else None
    match home[1] if home is not None else []:
        case [binding] if binding.how is How.ASSIGN and binding.value is not None and not binding.path:
            return _wall_clock(module, binding.value)
        case _:
            return None
