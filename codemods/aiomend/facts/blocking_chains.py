"""Which plain functions of the project block whenever they are called, and through which calls."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from weakref import WeakKeyDictionary

from aiomend.facts.blocking_calls import Owner, named, own_functions, owner
from aiomend.facts.catalog import blocking
from aiomend.facts.catalog.blocking import BlockingCall, Blocks, last_names
from aiomend.facts.constants import is_dead, truth
from aiomend.facts.inference import Inference
from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.scopes import FUNCTIONS, called_name, last_name
from aiomend.facts.surely import Fork, sure_calls
from aiomend.facts.values import NONE, External, Function, Given, ProjectClass, ProjectInstance, Value
from aiomend.facts.view import Module

#: Under these a call need not reach the body.
_NOT_ALWAYS = frozenset(
    {"cache", "lru_cache", "cached", "cachedmethod", "cachedproperty", "overload", "abstractmethod"}
)
#: What a function calls to find out whether an event loop runs around it, or in which thread it is.
_ASKS_WHERE = frozenset(
    {
        "_get_running_loop",
        "current_thread",
        "get_event_loop",
        "get_ident",
        "get_running_loop",
        "is_running",
        "main_thread",
    }
)
_LOOKED_UP = frozenset({"AttributeError", "IndexError", "KeyError", "LookupError"})
_LOCAL = frozenset({"file", "fs", "import"})
#: What takes as long as something outside of the program takes: even where it is rare, nothing else runs meanwhile.
_OUTSIDE = frozenset(
    {"browser", "cloud", "configured", "db", "device", "http", "mq", "net", "process", "remote", "socket", "time"}
)


@dataclass(frozen=True, slots=True)
class Step:
    """One call on the way to what blocks."""

    facts: ModuleFacts
    call: ast.Call
    function: Function | None  #: of the project
    name: str  #: what it calls; empty for what a decorator puts around that


@dataclass(frozen=True, slots=True)
class Chain:
    """The shortest way from a function to what it blocks in."""

    function: Function
    steps: tuple[Step, ...]
    entry: BlockingCall

    @property
    def makes_object(self) -> bool:
        """True where it blocks in the `__init__` of a class of the project."""
        functions = [self.function, *(step.function for step in self.steps if step.function is not None)]
        return any(isinstance(one.node, FUNCTIONS) and one.node.name == "__init__" for one in functions)

    def __str__(self) -> str:
        names = [_called(self.function), *(step.name for step in self.steps)]
        return " -> ".join(filter(None, names))


def _order(chain: Chain) -> tuple[int, str, list[tuple[str, int, int]]]:
    """Sort key: the shortest first, and among equals always the same one; values come as a set."""
    places = [(step.facts.path, step.call.lineno, step.call.col_offset) for step in chain.steps]
    return len(chain.steps), str(chain), places


class Chains:
    """Looks up chains for one Inference and one set of settings. Memoises by function.

    With ``always`` those of what blocks whichever way through it is taken, else those of what may block.
    """

    def __init__(self, module: Module, *, always: bool) -> None:
        self._always = always
        self._inference = module.inference
        self._lookup = blocking.extended(module.settings.blocking_calls)
        self._own = own_functions(module, self._lookup)
        self._brief = module.settings.brief_calls
        self._methods = last_names(module.settings.blocking_calls)
        self._known: dict[tuple[ast.AST, Given | None], Chain | None] = {}
        self._active: list[tuple[ast.AST, Given | None]] = []
        self._cut = len(self._active)  #: the lowest of the active functions on which what is being found out rests

    def of_call(self, facts: ModuleFacts, call: ast.Call) -> Chain | None:
        """Return the shortest chain of the functions that a call reaches; None unless each of them blocks, or may where that counts."""
        functions = [self._function(value) for value in self._inference.values(facts, call.func) - NONE]
        if not any(functions) or (self._always and not all(functions)):
            return None  # nothing of the project, or not only that
        if self._catalogued(facts, call) is not None:
            return None  # it blocks itself
        chains: list[Chain] = []
        for function in functions:
            chain = self._of(function) if function is not None else None
            if chain is not None:
                chains.append(chain)
            elif self._always:
                return None
        return min(chains, key=_order, default=None)

    def _function(self, value: Value) -> Function | None:
        """Return the function whose body runs when a value is called."""
        match value:
            case Function(node=node) if isinstance(node, FUNCTIONS):
                return value
            case ProjectClass() as cls:
                inits = self._inference.classes.attribute(cls, "__init__")
                found = [one for one in inits if isinstance(one, Function)]
                return found[0] if len(inits) == 1 and found else None
            case ProjectInstance() as instance:
                calls = self._inference.classes.attribute(instance, "__call__")
                found = [one for one in calls if isinstance(one, Function)]
                return found[0] if len(calls) == 1 and found else None
            case _:
                return None

    def _of(self, function: Function) -> Chain | None:
        """Return the chain of one function; None where some way through it may not block, or leads back to itself."""
        key = (function.node, function.given)
        if key in self._known:
            chain = self._known[key]
            for step in chain.steps if chain is not None else ():
                self._inference.project.facts(step.facts.path)  # whoever asks rests on it
            return chain
        if key in self._active:
            self._cut = min(self._cut, self._active.index(key))
            return None  # a recursion adds no way to block
        if not self._runs(function):
            return None
        before, self._cut = self._cut, len(self._active) + 1
        self._active.append(key)
        try:
            with self._inference.given(function.given):
                found = self._shortest(function, self._made(function))
        finally:
            self._active.pop()
            cut, self._cut = self._cut, min(before, self._cut)
        if cut >= len(self._active):
            self._known[key] = found  # rests on nothing that is still being found out
        return found

    def _runs(self, function: Function) -> bool:
        """True where calling a function runs its body, and the configuration leaves the verdict to that."""
        node = function.node
        if not isinstance(node, ast.FunctionDef) or function.facts.path.endswith(".pyi") or node in self._own:
            return False
        if any(called_name(one) in _NOT_ALWAYS for one in node.decorator_list):
            return False
        return not function.facts.is_generator(node) and not self._inference.is_coroutine_function(function)

    def _made(self, function: Function) -> list[ast.Call | Fork]:
        """The calls that a function makes: whichever way through it is taken, or on some way."""
        node, facts = function.node, function.facts
        assert isinstance(node, ast.FunctionDef)
        if self._always:
            return sure_calls(node.body, partial(truth, self._inference, facts))
        calls = [one for one in own_nodes(node) if isinstance(one, ast.Call)]
        if any(called_name(one) in _ASKS_WHERE for one in calls):
            return []  # it does one thing in the loop, and another one elsewhere
        return [one for one in calls if not _is_handling(facts, one) and not is_dead(self._inference, facts, one)]

    def _shortest(self, function: Function, calls: Iterable[ast.Call | Fork]) -> Chain | None:
        best: Chain | None = None
        for one in calls:
            if isinstance(one, Fork):
                sides = [self._shortest(function, side) for side in (one.body, one.orelse)]
                known = [side for side in sides if side is not None]
                found = min(known, key=lambda chain: len(chain.steps)) if len(known) == len(sides) else None
            else:
                found = self._through(function, one)
            if found is not None and (best is None or len(found.steps) < len(best.steps)):
                best = found
            if best is not None and len(best.steps) == 1:
                break  # there is no shorter one
        return best

    def _through(self, function: Function, call: ast.Call) -> Chain | None:
        """Return the chain that a call in a function begins."""
        facts = function.facts
        entry = self._catalogued(facts, call)
        if entry is not None:
            if not self._counts(facts, call, entry):
                return None
            return Chain(function, (Step(facts, call, None, entry.name.removeprefix("builtins.")),), entry)
        inner = self.of_call(facts, call)
        if inner is None:
            return None
        return Chain(function, (Step(facts, call, inner.function, _called(inner.function)), *inner.steps), inner.entry)

    def _catalogued(self, facts: ModuleFacts, call: ast.Call) -> BlockingCall | None:
        if isinstance(call.func, ast.Attribute) and call.func.attr not in self._methods:
            return self._configured(facts, call)
        values = self._inference.values(facts, call.func) - NONE
        match list(values):
            case [External(name=name)]:
                return named(self._lookup, name)
            case _:
                return self._configured(facts, call)

    def _configured(self, facts: ModuleFacts, call: ast.Call) -> BlockingCall | None:
        """The entry of a function of the project that the configuration says to block."""
        if not self._own:
            return None
        match list(self._inference.values(facts, call.func)):
            case [Function(node=node)]:
                return self._own.get(node)
            case _:
                return None

    def _counts(self, facts: ModuleFacts, call: ast.Call, entry: BlockingCall) -> bool:
        """True where a call of an entry blocks here by itself, and not when what it returns is used."""
        if owner(entry) is Owner.LOOP or entry.kind == "redesign" or entry.returns == "iterator":
            return False
        if entry.returns != "value" and entry.category in _LOCAL and not self._brief:
            return False  # it opens a file, if not one in memory
        if entry.executor_unsafe or (entry.blocks == "brief" and not self._brief):
            return False
        if not self._always and entry.category not in _OUTSIDE:
            return False  # now and then, it is not worth a word
        resolve = partial(self._inference.external_name, facts)
        return blocking.verdict(entry, call, resolve) is Blocks.ALWAYS


_known: WeakKeyDictionary[Inference, dict[tuple[object, bool, bool], Chains]] = WeakKeyDictionary()


def chains_of(module: Module, *, always: bool = True) -> Chains:
    """Return the chains of the project as the settings of a file see them: of what always blocks, or of what may."""
    found = _known.setdefault(module.inference, {})
    key = (module.settings.blocking_calls, module.settings.brief_calls, always)
    if key not in found:
        found[key] = Chains(module, always=always)
    return found[key]


def _is_handling(facts: ModuleFacts, node: ast.AST) -> bool:
    """True where a function handles a failure, and not only a look-up in vain."""
    for one in facts.ancestors(node):
        if isinstance(one, ast.ExceptHandler):
            return one.type is None or last_name(one.type) not in _LOOKED_UP
        if isinstance(one, FUNCTIONS):
            return False
    return False


def _called(function: Function) -> str:
    """What a person calls a function: a method by its class, an `__init__` by the class alone, a wrapper not at all."""
    if function.given is not None:
        return ""
    node, owner_class = function.node, function.facts.class_of(function.node)
    assert isinstance(node, FUNCTIONS)
    if owner_class is None:
        return node.name
    return owner_class.name if node.name == "__init__" else f"{owner_class.name}.{node.name}"
