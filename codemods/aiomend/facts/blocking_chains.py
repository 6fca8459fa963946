"""Which plain functions of the project block whenever they are called, and through which calls."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import partial

from aiomend.facts.blocking_calls import Owner, named, own_functions, owner
from aiomend.facts.catalog import blocking
from aiomend.facts.catalog.blocking import BlockingCall, Blocks, last_names
from aiomend.facts.constants import is_dead, truth
from aiomend.facts.inference import Inference
from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.scopes import FUNCTIONS, called_name, last_name
from aiomend.facts.surely import Fork, sure_calls
from aiomend.facts.thread_tests import ASKS
from aiomend.facts.values import NONE, External, Function, Given, ProjectClass, ProjectInstance, Value
from aiomend.facts.view import Module

#: Under these a call need not reach the body.
_NOT_ALWAYS = frozenset(
    {"cache", "lru_cache", "cached", "cachedmethod", "cachedproperty", "overload", "abstractmethod"}
)
#: What a function calls to find out whether an event loop runs around it, or in which thread it is.
_ASKS_WHERE = ASKS | {"get_event_loop", "is_running"}
_LOOKED_UP = frozenset({"AttributeError", "IndexError", "KeyError", "LookupError"})
_LOCAL = frozenset({"file", "fs", "import"})
#: What takes as long as something outside of the program takes: even where it is rare, nothing else runs meanwhile.
_OUTSIDE = frozenset(
    {"browser", "cloud", "configured", "db", "device", "http", "mq", "net", "process", "remote", "socket", "time"}
)

_SLOW = 0.1  #: seconds: `loop.slow_callback_duration`


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


@dataclass(frozen=True, slots=True)
class _Reach:
    """A call that runs one of some functions of the project."""

    call: ast.Call
    functions: tuple[Function, ...]


@dataclass(frozen=True, slots=True)
class _Branches:
    """Two branches of which one runs: it blocks where both do."""

    body: list[_Way]
    orelse: list[_Way]


_Way = Chain | _Reach | _Branches
_Key = tuple[ast.AST, Given | None]


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
        self._known: dict[_Key, Chain | None] = {}
        self._lengths: dict[_Key, int] = {}  #: in steps, of those that there are

    def of_call(self, facts: ModuleFacts, call: ast.Call) -> Chain | None:
        """Return the shortest chain of the functions that a call reaches; None unless each of them blocks, or may where that counts."""
        if self._catalogued(facts, call) is not None:
            return None  # it blocks itself
        chains = [self._of(function) for function in self._reached(facts, call)]
        if self._always and not all(chains):
            return None
        return min(filter(None, chains), key=_order, default=None)

    def _reached(self, facts: ModuleFacts, call: ast.Call) -> tuple[Function, ...]:
        """Return the functions of the project that a call may run; none where it has to be the project's, and need not be."""
        functions = [self._function(value) for value in self._inference.values(facts, call.func) - NONE]
        if self._always and not all(functions):
            return ()
        return tuple(function for function in functions if function is not None)

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
        """Return the chain of one function; None where some way through it may not block."""
        if _key(function) not in self._known:
            self._find_out(function)
        chain = self._known[_key(function)]
        for step in chain.steps if chain is not None else ():
            self._inference.project.facts(step.facts.path)  # whoever asks rests on it
        return chain

    def _find_out(self, function: Function) -> None:
        """Find out about a function and all that it reaches at once: functions that call each other rest on each other."""
        found: dict[_Key, tuple[Function, list[_Way]]] = {}
        todo = [function]
        while todo:
            one = todo.pop()
            if _key(one) not in found and _key(one) not in self._known:
                found[_key(one)] = one, self._ways(one)
                todo += _functions(found[_key(one)][1])
        is_settled = False
        while not is_settled:
            is_settled = True
            for key, (_, ways) in found.items():
                length = self._length(ways)
                if length is not None and length < self._lengths.get(key, length + 1):
                    self._lengths[key], is_settled = length, False
        for key in sorted(found.keys() & self._lengths.keys(), key=self._lengths.__getitem__):
            self._known[key] = self._chain(*found[key])
        self._known |= dict.fromkeys(found.keys() - self._lengths.keys())

    def _length(self, ways: list[_Way]) -> int | None:
        """Return the number of steps of the shortest chain as far as lengths are known, None where none is."""
        return min((one for way in ways if (one := self._steps(way)) is not None), default=None)

    def _steps(self, way: _Way) -> int | None:
        match way:
            case Chain(steps=steps):
                return len(steps)
            case _Reach(functions=functions):
                known = [self._lengths[key] for key in map(_key, functions) if key in self._lengths]
                return min(known) + 1 if known and (not self._always or len(known) == len(functions)) else None
            case _Branches(body=body, orelse=orelse):
                one, other = self._length(body), self._length(orelse)
                return min(one, other) if one is not None and other is not None else None

    def _chain(self, function: Function, ways: list[_Way]) -> Chain:
        """Return the first of the shortest chains; those that are shorter are known already."""
        length = self._length(ways)
        way = next(one for one in ways if self._steps(one) == length)
        match way:
            case Chain():
                return way
            case _Branches(body=body, orelse=orelse):
                side = body if self._length(body) == length else orelse
                return self._chain(function, side)
            case _Reach(call=call, functions=functions):
                chains = [self._known.get(_key(one)) for one in functions]
                inner = min(filter(None, chains), key=_order)
                step = Step(function.facts, call, inner.function, _called(inner.function))
                return Chain(function, (step, *inner.steps), inner.entry)

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

    def _ways(self, function: Function) -> list[_Way]:
        """Return the ways in which a function may block: a call that does is the shortest, and others do not matter then."""
        if not self._runs(function):
            return []
        with self._inference.given(function.given):
            made = self._made(function)
            direct = (self._direct(function, one) for one in made if isinstance(one, ast.Call))
            first = next(filter(None, direct), None)
            return [first] if first is not None else self._indirect(function, made)

    def _indirect(self, function: Function, made: list[ast.Call | Fork]) -> list[_Way]:
        ways: list[_Way] = []
        for one in made:
            if isinstance(one, Fork):
                ways.append(_Branches(*(self._indirect(function, side) for side in (one.body, one.orelse))))
            elif self._catalogued(function.facts, one) is None:
                ways.append(_Reach(one, self._reached(function.facts, one)))
            elif (chain := self._direct(function, one)) is not None:
                ways.append(chain)
        return ways

    def _direct(self, function: Function, call: ast.Call) -> Chain | None:
        """Return the chain of a call that blocks itself."""
        facts, entry = function.facts, self._catalogued(function.facts, call)
        if entry is None or not self._counts(facts, call, entry):
            return None
        return Chain(function, (Step(facts, call, None, entry.name.removeprefix("builtins.")),), entry)

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
        if not self._always and (entry.category not in _OUTSIDE or _is_moment(entry, call)):
            return False  # now and then, it is not worth a word
        resolve = partial(self._inference.external_name, facts)
        return blocking.verdict(entry, call, resolve) is Blocks.ALWAYS


def _key(function: Function) -> _Key:
    return function.node, function.given


def _functions(ways: list[_Way]) -> list[Function]:
    found: list[Function] = []
    for way in ways:
        match way:
            case _Reach(functions=functions):
                found += functions
            case _Branches(body=body, orelse=orelse):
                found += [*_functions(body), *_functions(orelse)]
    return found


def _no_chains(_: Inference) -> dict[tuple[object, bool, bool], Chains]:
    return {}


def chains_of(module: Module, *, always: bool = True) -> Chains:
    """Return the chains of the project as the settings of a file see them: of what always blocks, or of what may."""
    found = module.inference.beside(_no_chains)
    key = (module.settings.blocking_calls, module.settings.brief_calls, always)
    if key not in found:
        found[key] = Chains(module, always=always)
    return found[key]


def _is_moment(entry: BlockingCall, call: ast.Call) -> bool:
    """True for `time.sleep(0.01)`: asyncio's debug mode calls no callback slow for that."""
    match call.args:
        case [ast.Constant(value=int() | float() as seconds)] if entry.category == "time":
            return seconds < _SLOW
        case _:
            return False


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
