"""Which value is a future, a task, a loop, a coroutine, a lock: flow-insensitive evaluation to sets of abstract values.

What is not known is the value `UNKNOWN`, a member like any other, so that a set never looks unanimous by accident.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar, cast

from aiomend.facts.annotations import Annotations
from aiomend.facts.beside import Beside
from aiomend.facts.bindings import Bindings
from aiomend.facts.callers import Callers
from aiomend.facts.calls import Calls
from aiomend.facts.catalog.interfaces import inherits
from aiomend.facts.classes import ClassTable
from aiomend.facts.colour_tests import ColourTests
from aiomend.facts.decorators import is_asyncios_own
from aiomend.facts.future_makers import NAME
from aiomend.facts.generics import Generics
from aiomend.facts.keyed_tables import KeyedTables
from aiomend.facts.module import ModuleFacts
from aiomend.facts.narrowing import Narrowing
from aiomend.facts.outside_calls import OutsideCalls
from aiomend.facts.parts import item
from aiomend.facts.project import ProjectFacts, Trail
from aiomend.facts.scopes import Binding, FunctionNode
from aiomend.facts.stand_ins import StandIns
from aiomend.facts.too_deep import TooDeep
from aiomend.facts.values import (
    EMPTY,
    NONE,
    OTHER,
    UNKNOWN,
    Container,
    Coroutine,
    Eventual,
    External,
    Fixed,
    Function,
    Given,
    Instance,
    Itself,
    Pending,
    Plain,
    ProjectInstance,
    Value,
    Values,
    pending_in,
    says_too_much,
    without,
)

if TYPE_CHECKING:
    from aiomend.facts.environment import Environment
    from aiomend.facts.oracle import Consultation

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_DEPTH = 60
_NESTED = 2  #: evaluations that come back to themselves within each other
_RINGS = 200  #: evaluations that come back to themselves in one question; the most seen in real code is 110
_ROUNDS = 3  #: times that a tuple is evaluated once more, until no more follows
_NOTHING = sys.maxsize  #: more than the number of any evaluation
_LEVELS = 6  #: how often what a caller passes may in turn be a parameter of its own
_OPEN = _LEVELS + 1  #: where answers are kept that asked no caller, and of which callers could tell more


class _Answers:
    """What expressions and questions were found to be, by level: for all, and where parameters are known for the time being."""

    def __init__(self) -> None:
        self.own: list[dict[ast.AST, Values]] = [{} for _ in range(_OPEN + 1)]
        self.given: dict[Given, list[dict[ast.AST, Values]]] = {}
        self.kept: list[dict[Hashable, object]] = [{} for _ in range(_OPEN + 1)]


class Inference(Beside):
    """Evaluates expressions of a project. Memoises by node; a fresh one is needed when a file's text changes."""

    def __init__(
        self,
        project: ProjectFacts,
        environment: Environment | None = None,
        consultation: Consultation | None = None,
    ) -> None:
        super().__init__()
        self.project = project
        self.environment = environment  #: what installed packages say, for names outside the project
        self.consultation = consultation  #: what a type checker said of expressions that nothing else is known of
        self.annotations = Annotations(self)
        self.bindings = Bindings(self)
        self.calls = Calls(self)
        self.callers = Callers(self)
        self.colour_tests = ColourTests()
        self.narrowing = Narrowing(self)
        self.classes = ClassTable(self)
        self.generics = Generics(self)
        self.keyed_tables = KeyedTables(self)
        self.stand_ins = StandIns(self)
        self.outside_calls = OutsideCalls(self)
        self.level = 0  #: how often parameters may still be looked up at their callers; 0 believes annotations only
        self._given: Given | None = None
        self._answers = _Answers()
        self._apart = _Answers()  #: what was found out in `apart`
        self.is_apart = False
        self._memo = self._answers.own
        self._traced: dict[Hashable, tuple[object, Trail]] = {}
        self.is_open = False  #: callers could tell more than the answers since then do, which asked none
        #: Answers that rest on an evaluation which is still going on, with its number: less than could be known.
        self._provisional: dict[tuple[object, int, Given | None], tuple[Values, int, bool]] = {}
        self._active: dict[object, int] = {}  #: what is being evaluated, with numbers that grow inwards
        self._begun = 0  #: the number of the last evaluation
        self._lowest = _NOTHING  #: of the evaluations that go on, the outermost that answers since then rest on
        self._assumptions: dict[object, Values] = {}  #: what expressions are taken for that are evaluated once more
        self._pending: dict[Values, frozenset[object]] = {}  #: what sets of values hold that is pending
        self._nesting: dict[Values, int] = {}  #: how many values hold one another in sets of them
        self._solving: list[int] = []
        self._rings = 0, 0  #: the number of an outermost evaluation, and how many within it came back to themselves
        self._too_deep = TooDeep(self)

    # ---- expressions ---

    def values(self, facts: ModuleFacts, node: ast.expr) -> Values:
        """Return what an expression may be."""
        if self._given is not None and not self._given.around(facts, node):
            with self.given(None):
                return self.values(facts, node)
        known = self._known(self._memo, node)
        if known is not None:
            if self.consultation is not None and not self._active and Plain.UNKNOWN in known:
                self.consultation.note(facts, node)  # it was a part of another question before
            return known
        asked = (node, self.level, self._given)
        if (so_far := self._so_far(asked)) is not None:
            return so_far
        if len(self._active) > _DEPTH:
            if self._given is None and self.consultation is None:
                self._too_deep.note(facts, node, self.level)
            return self._cut()
        before, was_open, kept, number = self._lowest, self.is_open, len(self._provisional), self.begin()
        self._lowest, self.is_open = _NOTHING, False
        self._active[asked] = number
        try:
            found = self._evaluate(facts, node) or UNKNOWN
            if self._lowest != _NOTHING and asked in pending_in(found, self._pending):
                found = self._solved(asked, lambda: self._evaluate(facts, node), found, kept)
        finally:
            del self._active[asked]
            rests_on, self._lowest = self._lowest, min(before, self._lowest)
            is_open, self.is_open = self.is_open, was_open or self.is_open
        is_over = not self.bindings.asked and any(isinstance(value, Itself) for value in found)
        if is_over or says_too_much(found, self._nesting):
            found = UNKNOWN
        if self.consultation is not None:
            found = self._consulted(facts, node, found, self.consultation)
        if rests_on >= number or not self._active:
            self._forget_provisional(kept)  # those rest on what is known only now
            self._lowest = before
            self._memo[self._place(is_open)][node] = found
            if not self._active and self._given is None and not self.bindings.asked and self._too_deep.catch_up():
                self.forget(node)
                return self.values(facts, node)
        else:
            self._provisional[asked] = found, rests_on, is_open
        return found

    def _known(self, memo: list[dict[K, V]], key: K) -> V | None:
        """Return an answer that is kept: where no caller could tell more, the one that asked none is good for all."""
        if not self.level:
            known = memo[0].get(key)
            if known is None and (known := memo[_OPEN].get(key)) is not None:
                self.is_open = True
            return known
        known = memo[self.level].get(key)
        return memo[0].get(key) if known is None and self.consultation is None else known

    def _so_far(self, asked: tuple[object, int, Given | None]) -> Values | None:
        """Return what a question is answered with that was worked out as far as can be, or is just being so; else None."""
        if (provisional := self._provisional.get(asked)) is not None:
            found, rests_on, is_open = provisional
            self.rest_on(rests_on)
            self.is_open |= is_open
            return found
        if (begun := self._active.get(asked)) is not None:
            self.rest_on(begun)
            return self._assumptions.get(asked) or frozenset({Pending(asked)})
        return None

    def _place(self, is_open: bool) -> int:
        """Return which of the tables an answer belongs to."""
        return _OPEN if is_open and not self.level else self.level

    def recurring(self, question: object, evaluate: Callable[[], Values]) -> Values:
        """Return what a question that may come back to itself is answered with: an attribute that is computed from itself."""
        asked = (question, self.level, self._given)
        if (so_far := self._so_far(asked)) is not None:
            return so_far
        before, was_open, kept, number = self._lowest, self.is_open, len(self._provisional), self.begin()
        self._lowest, self.is_open = _NOTHING, False
        self._active[asked] = number
        try:
            found = evaluate()
            if self._lowest != _NOTHING and asked in pending_in(found, self._pending):
                found = self._solved(asked, evaluate, found, kept)
        finally:
            del self._active[asked]
            rests_on, self._lowest = self._lowest, min(before, self._lowest)
            is_open, self.is_open = self.is_open, was_open or self.is_open
        if rests_on >= number:
            self._forget_provisional(kept)
            self._lowest = before
        else:
            self._provisional[asked] = found, rests_on, is_open
        return found

    def _solved(self, asked: object, evaluate: Callable[[], Values], found: Values, kept: int) -> Values:
        """Return what is given by an evaluation that came back to itself: what it gives anyway, if no more follows from that.

        ``kept`` is how many provisional answers do not rest on what was assumed.
        """
        first = without(found, asked)
        if not first or Plain.UNKNOWN in first or asked in pending_in(first, self._pending):
            return first | UNKNOWN
        if len(self._solving) >= _NESTED:
            self.rest_on(self._solving[0])
            return first | UNKNOWN
        if self._is_one_ring_too_many():
            return first | self._cut()
        rounds = _ROUNDS if any(isinstance(value, Fixed) for value in first) else 1
        for _ in range(rounds):
            again = self._once_more(asked, evaluate, first, kept)
            if again <= first:
                return again
            first = without(again, asked)
        return UNKNOWN

    def _is_one_ring_too_many(self) -> bool:
        """Count evaluations that come back to themselves: in a net of names that all refer to one another they are without end."""
        outermost = next(iter(self._active.values()))
        begun, count = self._rings
        self._rings = outermost, count + 1 if begun == outermost else 1
        return self._rings[1] > _RINGS

    def _once_more(self, asked: object, evaluate: Callable[[], Values], assumed: Values, kept: int) -> Values:
        """Evaluate anew, with an assumption of what is given where the evaluation comes back to itself."""
        self._forget_provisional(kept)
        self._assumptions[asked] = assumed
        self._solving.append(self._active[asked])
        try:
            return evaluate()
        finally:
            self._solving.pop()
            del self._assumptions[asked]
            self._forget_provisional(kept)

    def forget(self, node: ast.expr) -> None:
        """Forget what an expression is, as far as it is asked now."""
        for place in (self.level, _OPEN):
            self._answers.own[place].pop(node, None)

    def _forget_provisional(self, kept: int) -> None:
        """Forget the provisional answers but the first ``kept``."""
        while len(self._provisional) > kept:
            self._provisional.popitem()

    def _consulted(self, facts: ModuleFacts, node: ast.expr, found: Values, consultation: Consultation) -> Values:
        """Let the oracle fill in what is not known; where it contradicts what is known or passed, nobody is believed."""
        if (said := consultation.answer(node)) == UNKNOWN:
            if Plain.UNKNOWN in found and not self._active:
                consultation.note(facts, node)
            return found
        if consultation.disputes(node, found) or Plain.UNKNOWN not in found:
            return found
        if not self.level and consultation.disputes(node, self.values_from_callers(facts, node)):
            return found
        return (found - UNKNOWN) | said

    def kept(self, key: Hashable, evaluate: Callable[[], T]) -> T:
        """Return the answer to a question in which no place plays a part, worked out once where it rests on nothing passing."""
        if self._given is not None or self.consultation is not None or self.annotations.is_given:
            return evaluate()
        known = self._known(self._answers.kept, key)
        if known is not None:
            return cast("T", known)
        was_open, self.is_open = self.is_open, False
        found, is_final = self.settled(evaluate)
        if is_final:
            self._answers.kept[self._place(self.is_open)][key] = found
        self.is_open |= was_open
        return found

    def traced(self, question: Hashable, find_out: Callable[[], T]) -> T:
        """Return the answer to a large question that rests on no evaluation which goes on, found out once, with the files it rests on."""
        return cast("T", self.project.traced(self._traced, question, find_out))

    # ---- what rests on evaluations that go on ---

    def settled(self, evaluate: Callable[[], T]) -> tuple[T, bool]:
        """Return an answer, and whether it is for keeping: it rests on no evaluation that had begun before."""
        before, begun = self._lowest, self._begun
        self._lowest = _NOTHING
        try:
            found = evaluate()
        finally:
            rests_on, self._lowest = self._lowest, min(before, self._lowest)
        return found, rests_on > begun

    def rest_on(self, number: int) -> None:
        """Note that what is being evaluated rests on an evaluation which is still going on."""
        self._lowest = min(self._lowest, number)

    def _cut(self) -> Values:
        """Return UNKNOWN for an evaluation that is broken off because of all those around it."""
        self._lowest = 0
        return UNKNOWN

    def begin(self) -> int:
        """Return the number of an evaluation that begins."""
        self._begun += 1
        return self._begun

    def enter(self, key: object) -> bool:
        """Note that ``key`` is being evaluated; False where it already is, which is a recursion."""
        entry = (key, self.level, self._given)
        if (number := self._active.get(entry)) is not None:
            self.rest_on(number)
            return False
        self._active[entry] = self.begin()
        return True

    def leave(self, key: object) -> None:
        """The evaluation that `enter` began is over."""
        del self._active[key, self.level, self._given]

    @contextmanager
    def given(self, given: Given | None) -> Iterator[None]:
        """Evaluate with parameters that are known to be something for the time being."""
        before, self._given = (self._given, self._memo), given
        if given is not None:
            self._memo = self._answers.given.setdefault(given, [{} for _ in range(_OPEN + 1)])
        else:
            self._memo = self._answers.own
        try:
            yield
        finally:
            self._given, self._memo = before

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Evaluate for a search that others wait for: without what subclasses say, and with answers that serve nobody else."""
        before = self._answers, self._memo, self._given, self._provisional
        self._answers, self._memo, self._given, self._provisional = self._apart, self._apart.own, None, {}
        self.is_apart = True
        try:
            with self.at_level(0):
                yield
        finally:
            self._answers, self._memo, self._given, self._provisional = before
            self.is_apart = False

    def assumed(self, parameter: ast.AST) -> Values | None:
        """Return what a parameter is known to be for the time being, or None."""
        for node, values in self._given.values if self._given is not None else ():
            if node is parameter:
                return values
        return None

    @contextmanager
    def below(self) -> Iterator[bool]:
        """One level down, where parameters are looked up once less; gives False at the bottom, where they are not.

        Each level has answers of its own: they do not depend on who asked first.
        """
        if not self.asks_callers():
            yield False
            return
        with self.at_level(self.level - 1):
            yield True

    def asks_callers(self) -> bool:
        """Return whether parameters may be looked up at their callers; an answer for which they may not is an open one."""
        self.is_open |= not self.level
        return bool(self.level)

    @contextmanager
    def at_level(self, level: int) -> Iterator[None]:
        """Evaluate with parameters looked up ``level`` times; 0, as everywhere else, believes annotations only."""
        before, self.level = self.level, level
        was_open = self.is_open
        try:
            yield
        finally:
            self.level, self.is_open = before, was_open

    def values_from_callers(self, facts: ModuleFacts, node: ast.expr) -> Values:
        """Return what an expression may be, where parameters are what the callers in the project pass."""
        with self.at_level(_LEVELS):
            return self.values(facts, node)

    def passed(self, facts: ModuleFacts, function: FunctionNode, binding: Binding) -> Values:
        """Return what the callers in the project pass for a parameter, whatever its annotation says."""
        with self.at_level(_LEVELS):
            return self.bindings.parameter(facts, function, binding, None)

    def _evaluate(self, facts: ModuleFacts, node: ast.expr) -> Values:
        match node:
            case ast.Name(id=name):
                return self.narrowing.narrowed(facts, node, self.bindings.name(facts, facts.scope_at(node), name))
            case ast.Attribute(value=ast.Call(func=ast.Name(id="super")) as call, attr=attr) if (
                owner := self.calls.super_of(facts, call)
            ):
                return self.classes.above(owner, attr)
            case ast.Attribute(value=value, attr=attr):
                owners = self.values(facts, value)
                if attr == NAME:
                    owners = self.stand_ins.owners(facts, value, owners)
                return self.narrowing.narrowed(facts, node, self.attribute(owners, attr))
            case ast.Call():
                return self._unless_untold(facts, node, self.calls.call(facts, node))
            case ast.Await(value=value) | ast.YieldFrom(value=value):
                return self.awaited(self.values(facts, value))
            case ast.Constant(value=None):
                return NONE
            case ast.Constant() | ast.JoinedStr() | ast.Compare() | ast.UnaryOp() | ast.BinOp():
                return OTHER
            case ast.BoolOp(values=parts):
                return self._union(facts, parts)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                if self._given is not None and (holds := self.calls.decorators.holds(facts, test)) is not None:
                    return self.values(facts, body if holds else orelse)
                return self._union(facts, [body, orelse])
            case ast.NamedExpr(value=value) | ast.Starred(value=value):
                return self.values(facts, value)
            case ast.Tuple(elts=parts) if not any(isinstance(part, ast.Starred) for part in parts):
                return frozenset({Fixed(tuple(self.values(facts, part) for part in parts))})
            case ast.List(elts=parts) | ast.Set(elts=parts) | ast.Tuple(elts=parts):
                return frozenset({Container(self._union(facts, parts))})
            case ast.Dict(values=parts):
                return frozenset({Container(self._union(facts, parts))})
            case ast.ListComp(elt=part) | ast.SetComp(elt=part) | ast.GeneratorExp(elt=part) | ast.DictComp(value=part):
                return frozenset({Container(self.values(facts, part))})
            case ast.Subscript(value=value, slice=index):
                return self._unless_untold(facts, node, item(self.values(facts, value), index))
            case ast.Lambda():
                return frozenset({Function(facts, node, given=self.given_at(facts, node))})
            case _:
                return UNKNOWN

    def _unless_untold(self, facts: ModuleFacts, node: ast.expr, found: Values) -> Values:
        """What an item of a container is: where that says nothing, what was put into a table under its key."""
        return self.keyed_tables.values(facts, node) if found == UNKNOWN else found

    def _union(self, facts: ModuleFacts, nodes: Iterable[ast.expr]) -> Values:
        return EMPTY.union(*(self.values(facts, node) for node in nodes))

    @property
    def given_now(self) -> Given | None:
        """What is given for the time being."""
        return self._given

    def given_at(self, facts: ModuleFacts, node: ast.AST) -> Given | None:
        """Return what is given for the time being where it reaches a node, so that a closure can take it along."""
        return self._given if self._given is not None and self._given.around(facts, node) else None

    def annotated(self, facts: ModuleFacts, annotation: ast.expr | None, value: ast.expr | None) -> Values:
        """Return the instances that an annotation promises; what was assigned where it says nothing useful."""
        promised = self.annotations.promise(facts, annotation)
        if value is None:
            return promised
        if promised == UNKNOWN:
            return self.values(facts, value)
        return self.stand_ins.besides(promised, lambda: self.values(facts, value))

    def instances(self, values: Values) -> Values:
        """Return the instances of the classes among ``values``."""
        return self.annotations.instances(values)

    def awaited(self, values: Values) -> Values:
        """Return what awaiting gives."""
        found: set[Value] = set()
        for value in values:
            match value:
                case Coroutine(function=Function() as function):
                    found |= self.calls.returned(function)
                case Coroutine(result=result) | Eventual(result=result):
                    found |= result
                case Instance(holds=held) if held:
                    found |= held
                case ProjectInstance():
                    found |= self.calls.awaited_one(value)
                case Instance(cls=cls) if (environment := self.abroad(cls)) is not None:
                    found |= environment.awaited(cls)
                case Plain.NONE:
                    pass  # awaiting it raises: the other values decide
                case Pending():
                    found.add(value)
                case _:
                    found |= UNKNOWN
        return frozenset(found)

    # ---- attributes and calls ---

    def attribute(self, values: Values, attr: str) -> Values:
        """Return what an attribute of ``values`` may be."""
        return self.calls.attribute(values, attr)

    def results(self, callees: Values) -> Values:
        """Return what calling ``callees`` gives."""
        return self.calls.results(callees)

    def is_coroutine_function(self, function: Function) -> bool:
        """True for `async def` and for generators under `@asyncio.coroutine` or `@types.coroutine`."""
        return self.calls.is_coroutine_function(function)

    def coroutine_decorator(self, facts: ModuleFacts, node: FunctionNode) -> ast.expr | None:
        """Return the decorator that makes a generator a coroutine function."""
        return self.calls.coroutine_decorator(facts, node)

    # ---- agreement ---

    def external_name(self, facts: ModuleFacts, node: ast.expr) -> str | None:
        """Return the canonical name that an expression certainly reaches outside the project, or None."""
        values = self.values(facts, node)
        if len(values) != 1 and len(values := values - NONE) != 1:
            return None
        (only,) = values
        match only:
            case External(name=name):
                return name
            case Function() as function if is_asyncios_own(function):
                return "asyncio.coroutine"
            case _:
                return None

    def is_instance(self, values: Values, cls: str) -> bool | None:
        """Return True where every value is an instance of an external class, False where none is, else None."""
        answers = {self._one_is_instance(value, cls) for value in values - NONE}
        return answers.pop() if len(answers) == 1 else None

    def is_loop(self, facts: ModuleFacts, node: ast.expr) -> bool | None:
        """Return whether an expression is an event loop; None where nobody knows, as of what an object of others holds."""
        values = self.values(facts, node) - NONE
        if isinstance(node, ast.Attribute) and all(isinstance(value, External) for value in values):
            return None
        return self.is_instance(values, "asyncio.AbstractEventLoop")

    def is_coroutine(self, value: Value) -> bool:
        """True for a coroutine, and for an object of a package's class that is one by its bases: it waits to be awaited.

        What making an object of the project's own class does, its code says.
        """
        return isinstance(value, Coroutine) or (
            isinstance(value, Instance) and self._inherits(value.cls, "typing.Coroutine") is True
        )

    def _inherits(self, cls: str, ancestor: str) -> bool | None:
        environment = self.abroad(cls)
        return environment.inherits(cls, ancestor) if environment is not None else inherits(cls, ancestor)

    def abroad(self, name: str) -> Environment | None:
        """Return who may know an external name; None where the project has a package of that name itself."""
        return None if name.partition(".")[0] in self.project.top_levels else self.environment

    def _one_is_instance(self, value: object, cls: str) -> bool | None:
        match value:
            case Instance(cls=name):
                return self._inherits(name, cls)
            case ProjectInstance(cls=owner):
                bases = self.classes.external_bases(owner)
                if bases is None:
                    return None
                answers = {self._inherits(base, cls) for base in bases}
                return True if True in answers else None if None in answers else False
            case Plain.UNKNOWN:
                return None
            case _:
                return False
