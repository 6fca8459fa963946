"""Does a coroutine provably end? Everything that it waits for must be a sleep, a coroutine that ends, or bounded work.

Whoever chains a coroutine waits for it, so that a wrong "it ends" hangs the program: what is not known does not end.
"""

from __future__ import annotations

import ast
import dataclasses
import enum
import re
from dataclasses import dataclass

from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.partials import out_of_partial
from aiomend.facts.scopes import FUNCTIONS
from aiomend.facts.values import Coroutine, External, Function
from aiomend.facts.view import Module

_DEPTH = 8
_FOR_EVER = 3600  #: seconds

#: Words in the names of functions that are meant to run beside the rest, for as long as the program does.
_BACKGROUND = re.compile(
    r"(?:^|_)(?:loop|forever|daemon|worker|background|server|serve|serving|listen|listener|listening|watch|watcher|"
    r"watchdog|monitor|heartbeat|keep_?alive|poll|poller|polling|ping|pinger|periodic|consumer|ticker)(?:_|$)"
)
#: Modules whose functions wait for something that may never come, and methods that do so on any receiver.
_WAITING_MODULES = frozenset({"queue", "socket", "threading", "multiprocessing", "select", "selectors", "socketserver"})
_WAITING_METHODS = frozenset(
    {"accept", "acquire", "get", "input", "join", "poll", "recv", "recvfrom", "run_forever", "select", "serve_forever",
     "wait"}
)  # fmt: skip
_FINITE = frozenset({"range", "enumerate", "zip", "sorted", "reversed", "list", "tuple", "set", "dict"})
_FINITE_METHODS = frozenset({"items", "keys", "values", "split", "splitlines", "copy"})


class Ending(enum.Enum):
    """What is known of a coroutine's end."""

    ENDS = "it ends"
    ENDLESS = "it is meant to run beside the rest"
    UNKNOWN = "nobody can say"


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer with its reason, a phrase such as "it waits for `queue.get()`"; "" where it ends."""

    ending: Ending
    reason: str = ""
    root: str = ""  #: what does not end, of all that it waits for, and why; "" where it is endless itself


_ENDS = Verdict(Ending.ENDS)


def _unknown(reason: str) -> Verdict:
    return Verdict(Ending.UNKNOWN, reason)


class Endings:
    """Answers for the coroutines that one file starts; memoises by function."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self._known: dict[ast.AST, Verdict] = {}

    def of(self, function: Function) -> Verdict:
        """Return whether a coroutine function's body ends."""
        return self._function(function, 0)

    def _function(self, function: Function, depth: int) -> Verdict:
        node = function.node
        if node in self._known:
            return self._known[node]
        if depth > _DEPTH:
            return _unknown("its calls are nested too deeply")
        self._known[node] = _unknown("it calls itself")  # while it is being decided
        self._known[node] = verdict = self._decide(function, depth)
        return verdict

    def _decide(self, function: Function, depth: int) -> Verdict:
        node = function.node
        if not isinstance(node, FUNCTIONS):
            return _unknown("it is a lambda")
        if _BACKGROUND.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", node.name).lower()):
            return Verdict(Ending.ENDLESS, "its name is that of background work")
        if _is_abstract(node):
            return _unknown("it is meant to be overridden")
        if function.owner is not None and self._module.inference.classes.is_overridden(function.owner, node.name):
            return _unknown("a subclass does it in a way of its own")
        own = list(own_nodes(node))
        for inner in own:
            if isinstance(inner, ast.While) and is_endless(inner):
                return Verdict(Ending.ENDLESS, "its loop has no end")
        worst = _ENDS
        for inner in own:
            verdict = self._node(function.facts, inner, depth)
            if verdict.ending is Ending.ENDLESS:
                return verdict
            if worst is _ENDS:
                worst = verdict
        return worst

    def _node(self, facts: ModuleFacts, node: ast.AST, depth: int) -> Verdict:
        match node:
            case ast.While():
                return _unknown("it has a `while` loop")
            case ast.AsyncFor() | ast.comprehension(is_async=1):
                return _unknown("it has an `async for` loop")
            case ast.AsyncWith(items=[item, *_]):
                return _unknown(f"it enters `async with {facts.source.phrase(item.context_expr)}`")
            case ast.With(items=items):
                for item in items:
                    if isinstance(item.context_expr, (ast.Await, ast.YieldFrom)):
                        return _unknown(f"it waits for `{facts.source.phrase(item.context_expr)}`")
                return _ENDS
            case ast.For(iter=iterable) | ast.comprehension(iter=iterable):
                return (
                    _ENDS if _is_finite(iterable) else _unknown(f"it iterates over `{facts.source.phrase(iterable)}`")
                )
            case ast.Await(value=value) | ast.YieldFrom(value=value):
                return self._wait(facts, value, depth)
            case ast.Yield(value=value) if value is not None:
                return _unknown("it yields values")
            case _:
                return _ENDS

    # ---- waits ---

    def _wait(self, facts: ModuleFacts, value: ast.expr, depth: int) -> Verdict:
        inference = self._module.inference
        if isinstance(value, ast.Call):
            name = inference.external_name(facts, value.func)
            match name:
                case "asyncio.sleep" if is_short(value):
                    return _ENDS
                case "asyncio.gather":
                    return self._all(facts, value.args, depth)
                case "asyncio.wait_for" | "asyncio.wait" if _has_timeout(value, name):
                    return _ENDS
                case "asyncio.to_thread":
                    return self._in_thread(facts, value.args[0] if value.args else None, depth)
                case "asyncio.ensure_future" | "asyncio.create_task" | "asyncio.shield" if value.args:
                    return self._wait(facts, value.args[0], depth)
                case "asyncio.AbstractEventLoop.run_in_executor":
                    return self._in_thread(facts, value.args[1] if len(value.args) > 1 else None, depth)
                case _:
                    pass  # a coroutine of the project, or nothing known
            match value.func:
                case ast.Attribute(attr="run_in_executor", value=receiver) if self._is_loop(facts, receiver):
                    return self._in_thread(facts, value.args[1] if len(value.args) > 1 else None, depth)
                case ast.Attribute(attr="create_task", value=receiver) if self._is_loop(facts, receiver) and value.args:
                    return self._wait(facts, value.args[0], depth)
                case _:
                    pass  # likewise
        match list(inference.values(facts, value)):
            case [Coroutine(function=Function() as function)]:
                inner = self._function(function, depth + 1)
                match inner.ending:
                    case Ending.ENDS:
                        return inner
                    case Ending.ENDLESS:
                        return _endless(facts, value, inner)
                    case Ending.UNKNOWN:
                        return _unknown(_wait_for(facts, value))
            case _:
                return _unknown(_wait_for(facts, value))

    def _is_loop(self, facts: ModuleFacts, receiver: ast.expr) -> bool:
        if facts is self._module.facts:
            return self._module.is_loop(receiver)
        values = self._module.inference.values(facts, receiver)
        return self._module.inference.is_instance(values, "asyncio.AbstractEventLoop") is True

    def _all(self, facts: ModuleFacts, values: list[ast.expr], depth: int) -> Verdict:
        for value in values:
            verdict = self._wait(facts, value, depth)
            if verdict.ending is not Ending.ENDS:
                return verdict
        return _ENDS

    # ---- work in a thread ---

    def _in_thread(self, facts: ModuleFacts, target: ast.expr | None, depth: int) -> Verdict:
        if target is None:
            return _unknown("it waits for a thread")
        inference = self._module.inference
        match list(inference.values(facts, out_of_partial(inference, facts, target))):
            case [External(name=name)] if not _may_wait(name):
                return _ENDS
            case [Function() as function] if self._sync_ends(function, depth + 1):
                return _ENDS
            case _:
                return _unknown(f"it waits for `{facts.source.phrase(target)}` in a thread")

    def _sync_ends(self, function: Function, depth: int) -> bool:
        """True where a plain function has no loop but over what is finite, and calls nothing that may wait."""
        if depth > _DEPTH:
            return False
        for node in own_nodes(function.node):
            match node:
                case ast.While():
                    return False
                case ast.For(iter=iterable) if not _is_finite(iterable):
                    return False
                case ast.Call(func=func):
                    values = list(self._module.inference.values(function.facts, func))
                    match values:
                        case [Function() as inner]:
                            if inner.node is function.node or not self._sync_ends(inner, depth + 1):
                                return False
                        case [External(name=name)]:
                            if _may_wait(name):
                                return False
                        case _ if isinstance(func, ast.Attribute) and func.attr in _WAITING_METHODS:
                            return False
                        case _:
                            pass  # the name of the method says that it only computes
                case _:
                    pass  # ends by itself
        return True


def is_endless(loop: ast.While) -> bool:
    """True for `while True:` that nothing in it leaves."""
    match loop.test:
        case ast.Constant(value=value) if value:
            return not any(isinstance(node, (ast.Break, ast.Return, ast.Raise)) for node in ast.walk(loop))
        case _:
            return False


def is_short(sleep: ast.Call) -> bool:
    """True where a sleep is a pause; `sleep(math.inf)` and hours are how programs say "for ever"."""
    for node in ast.walk(sleep):
        match node:
            case ast.Constant(value="inf") | ast.Name(id="inf") | ast.Attribute(attr="inf"):
                return False
            case ast.Constant(value=int(number) | float(number)) if number >= _FOR_EVER:
                return False
            case _:
                pass  # a pause, as far as can be seen
    return True


def _is_abstract(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """True for the body of a method that others override: a docstring, `pass`, `...`, `raise NotImplementedError`."""
    return all(isinstance(one, (ast.Pass, ast.Raise)) or _is_constant(one) for one in function.body)


def _is_constant(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _has_timeout(call: ast.Call, name: str) -> bool:
    given = call.args[1] if name == "asyncio.wait_for" and len(call.args) > 1 else None
    for keyword in call.keywords:
        if keyword.arg == "timeout":
            given = keyword.value
    return isinstance(given, ast.Constant) and given.value is not None


def _is_finite(iterable: ast.expr) -> bool:
    """True for containers: displays, names, attributes, slices, and calls that make a container of another."""
    match iterable:
        case ast.Call(func=ast.Name(id=name)):
            return name in _FINITE
        case ast.Call(func=ast.Attribute(attr=attr)):
            return attr in _FINITE_METHODS
        case ast.Call() | ast.Await() | ast.YieldFrom() | ast.GeneratorExp():
            return False
        case _:
            return True


def _may_wait(name: str) -> bool:
    """True where a function outside the project may wait for something that never comes."""
    module, _, last = name.rpartition(".")
    if module.partition(".")[0] in _WAITING_MODULES:
        return True
    # `requests.get` and `subprocess.Popen.poll` come back; `get` of what is not known may not.
    return last in (_WAITING_METHODS - {"get", "poll"} if module else _WAITING_METHODS)


def _endless(facts: ModuleFacts, value: ast.expr, inner: Verdict) -> Verdict:
    """Return what is to be said of a coroutine that waits for an endless one: the next and the last of the chain."""
    if inner.root:
        return dataclasses.replace(inner, reason=f"{_wait_for(facts, value)}, which leads to {inner.root}")
    root = f"`{facts.source.phrase(value)}`, {inner.reason.replace('its', 'whose', 1)}"
    return Verdict(Ending.ENDLESS, f"it waits for {root}", root)


def _wait_for(facts: ModuleFacts, value: ast.expr) -> str:
    return f"it waits for `{facts.source.phrase(value)}`"
