"""Which value is a future, a task, a loop, a coroutine, a lock: flow-insensitive evaluation to sets of abstract values.

What is not known is the value `UNKNOWN`, a member like any other, so that a set never looks unanimous by accident.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aiomend.facts.annotations import Annotations
from aiomend.facts.callers import Callers
from aiomend.facts.calls import Calls
from aiomend.facts.catalog.interfaces import canonical, inherits, interfaces
from aiomend.facts.classes import ClassTable
from aiomend.facts.colour_tests import ColourTests
from aiomend.facts.module import ModuleFacts
from aiomend.facts.narrowing import Narrowing
from aiomend.facts.project import ProjectFacts
from aiomend.facts.scopes import FUNCTIONS, Binding, FunctionNode, How, Scope, called_name
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
    Plain,
    ProjectClass,
    ProjectInstance,
    ProjectModule,
    Value,
    Values,
)

if TYPE_CHECKING:
    from aiomend.facts.environment import Environment
    from aiomend.facts.oracle import Consultation

_WIDTH = 24  #: a larger set says nothing that a rule could use
_DEPTH = 60
_LEVELS = 4  #: how often what a caller passes may in turn be a parameter of its own
_ADDS = frozenset({"append", "appendleft", "add", "put_nowait", "insert", "setdefault"})


class Inference:
    """Evaluates expressions of a project. Memoises by node; a fresh one is needed when a file's text changes."""

    def __init__(
        self,
        project: ProjectFacts,
        environment: Environment | None = None,
        consultation: Consultation | None = None,
    ) -> None:
        self.project = project
        self.environment = environment  #: what installed packages say, for names outside the project
        self.consultation = consultation  #: what a type checker said of expressions that nothing else is known of
        self.annotations = Annotations(self)
        self.calls = Calls(self)
        self.callers = Callers(self)
        self.colour_tests = ColourTests()
        self.narrowing = Narrowing(self)
        self.classes = ClassTable(self)
        self._level = 0
        self._given: Given | None = None
        self._own_memo: list[dict[ast.AST, Values]] = [{} for _ in range(_LEVELS + 1)]
        self._memo = self._own_memo
        self._memos: dict[Given, list[dict[ast.AST, Values]]] = {}
        #: Answers that rest on an evaluation which is still going on: less than could be known, and good for this question.
        self._provisional: dict[tuple[ast.AST, int, Given | None], Values] = {}
        self._active: set[object] = set()
        self._asked: set[Itself] = set()  #: parameters whose callers are being looked at
        self._cuts = 0  #: how often an evaluation ended in itself; such a result is not the last word

    # ---- expressions ---

    def values(self, facts: ModuleFacts, node: ast.expr) -> Values:
        """Return what an expression may be."""
        if self._given is not None and not self._given.around(facts, node):
            with self.given(None):
                return self.values(facts, node)
        memo = self._memo[self._level]
        known = memo.get(node)
        if known is not None:
            if self.consultation is not None and not self._active and Plain.UNKNOWN in known:
                self.consultation.note(facts, node)  # it was a part of another question before
            return known
        if (known := self._provisional.get((node, self._level, self._given))) is not None:
            self._cuts += 1
            return known
        if len(self._active) > _DEPTH or not self.enter(node):
            return self.cut()
        before = self._cuts
        try:
            found = self._evaluate(facts, node) or UNKNOWN
        finally:
            self.leave(node)
        if len(found) > _WIDTH or (not self._asked and any(isinstance(value, Itself) for value in found)):
            found = UNKNOWN
        if self.consultation is not None:
            found = self._consulted(facts, node, found, self.consultation)
        if not self._active:
            self._provisional.clear()
        if before == self._cuts or not self._active:
            memo[node] = found
        else:
            self._provisional[node, self._level, self._given] = found
        return found

    def _consulted(self, facts: ModuleFacts, node: ast.expr, found: Values, consultation: Consultation) -> Values:
        """Let the oracle fill in what is not known; where it contradicts what is known or passed, nobody is believed."""
        if (said := consultation.answer(node)) == UNKNOWN:
            if Plain.UNKNOWN in found and not self._active:
                consultation.note(facts, node)
            return found
        if consultation.disputes(node, found) or Plain.UNKNOWN not in found:
            return found
        if not self._level and consultation.disputes(node, self.values_from_callers(facts, node)):
            return found
        return (found - UNKNOWN) | said

    def cut(self) -> Values:
        """Return UNKNOWN for an evaluation that is broken off, so that nothing that rests on it is kept."""
        self._cuts += 1
        return UNKNOWN

    def enter(self, key: object) -> bool:
        """Note that ``key`` is being evaluated; False where it already is, which is a recursion."""
        entry = (key, self._level, self._given)
        if entry in self._active:
            self._cuts += 1
            return False
        self._active.add(entry)
        return True

    def leave(self, key: object) -> None:
        """The evaluation that `enter` began is over."""
        self._active.discard((key, self._level, self._given))

    @contextmanager
    def given(self, given: Given | None) -> Iterator[None]:
        """Evaluate with parameters that are known to be something for the time being."""
        before, self._given = (self._given, self._memo), given
        if given is not None:
            self._memo = self._memos.setdefault(given, [{} for _ in range(_LEVELS + 1)])
        else:
            self._memo = self._own_memo
        try:
            yield
        finally:
            self._given, self._memo = before

    @contextmanager
    def below(self) -> Iterator[bool]:
        """One level down, where parameters are looked up once less; gives False at the bottom, where they are not.

        Each level has answers of its own: they do not depend on who asked first.
        """
        if not self._level:
            yield False
            return
        self._level -= 1
        try:
            yield True
        finally:
            self._level += 1

    @contextmanager
    def at_level(self, level: int) -> Iterator[None]:
        """Evaluate with parameters looked up ``level`` times; 0, as everywhere else, believes annotations only."""
        before, self._level = self._level, level
        try:
            yield
        finally:
            self._level = before

    def values_from_callers(self, facts: ModuleFacts, node: ast.expr) -> Values:
        """Return what an expression may be, where parameters are what the callers in the project pass."""
        with self.at_level(_LEVELS):
            return self.values(facts, node)

    def _evaluate(self, facts: ModuleFacts, node: ast.expr) -> Values:
        match node:
            case ast.Name(id=name):
                return self.narrowing.narrowed(facts, node, self.name(facts, facts.scope_at(node), name))
            case ast.Attribute(value=ast.Call(func=ast.Name(id="super")) as call, attr=attr) if (
                owner := self.calls.super_of(facts, call)
            ):
                return self.classes.above(owner, attr)
            case ast.Attribute(value=value, attr=attr):
                return self.narrowing.narrowed(facts, node, self.attribute(self.values(facts, value), attr))
            case ast.Call():
                return self.calls.call(facts, node)
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
                return self._item(self.values(facts, value), index)
            case ast.Lambda():
                return frozenset({Function(facts, node, given=self.given_at(facts, node))})
            case _:
                return UNKNOWN

    def _union(self, facts: ModuleFacts, nodes: Iterable[ast.expr]) -> Values:
        return EMPTY.union(*(self.values(facts, node) for node in nodes))

    def _item(self, values: Values, index: ast.expr) -> Values:
        found: set[Value] = set()
        for value in values:
            match value, index:
                case Fixed(items=items), ast.Constant(value=int(position)) if -len(items) <= position < len(items):
                    found |= items[position]
                case ProjectClass(), _:
                    found.add(value)  # a generic class, with its type argument
                case Container(elements=elements), ast.Slice():
                    found.add(Container(elements))
                case Container(elements=elements), _:
                    found |= elements or UNKNOWN
                case Plain.NONE, _:
                    pass  # it has no items: the other values decide
                case _:
                    found |= UNKNOWN
        return frozenset(found)

    # ---- names ---

    def name(self, facts: ModuleFacts, scope: Scope, name: str) -> Values:
        """Return what a name read in a scope may be."""
        home = scope.find(name)
        if home is not None:
            return self.bound(facts, home[0], name, home[1])
        for star in facts.stars:
            target = self.project.module(star, facts.path)
            if target is None:
                full = canonical(f"{star}.{name}")
                if star.startswith("asyncio") and (full in interfaces().returns or full in interfaces().coroutines):
                    return frozenset({External(full)})
                if star.partition(".")[0] != "asyncio":
                    return UNKNOWN  # it may come from there
            elif found := self.member(target, name):
                return found
        return frozenset({External(name)}) if hasattr(builtins, name) else UNKNOWN

    def member(self, facts: ModuleFacts, name: str) -> Values:
        """Return what a module's attribute may be; empty where the module has none of that name."""
        key = ("member", facts, name)
        if not self.enter(key):
            return UNKNOWN  # modules that import each other
        try:
            if name in facts.scope.bindings:
                return self.bound(facts, facts.scope, name, facts.scope.bindings[name])
            if facts.is_package and (inner := self.project.module(f"{facts.name}.{name}", facts.path)):
                return frozenset({ProjectModule(inner)})
            for star in facts.stars:
                target = self.project.module(star, facts.path)
                if target is not None and (found := self.member(target, name)):
                    return found
        finally:
            self.leave(key)
        return EMPTY

    def bound(self, facts: ModuleFacts, scope: Scope, name: str, bindings: list[Binding]) -> Values:
        """Return what a name may be: what all its bindings give; an annotation rules out what is not known."""
        if len(bindings) > 1:
            bindings = self.calls.decorators.possible(facts, bindings)
        found = EMPTY.union(*(self.binding(facts, scope, binding) for binding in bindings))
        if len(bindings) > 1 and Plain.UNKNOWN in found:
            found = self.annotations.settled(found, self.annotations.declared(facts, bindings))
        if any(isinstance(value, Container) for value in found):
            added = self._added_to_name(facts, scope, name)
            found = frozenset(Container(v.elements | added) if isinstance(v, Container) else v for v in found)
        return found

    def binding(self, facts: ModuleFacts, scope: Scope, binding: Binding) -> Values:
        """Return what one binding gives its name, or an attribute of `self`."""
        return self._bound_to(facts, scope, binding) or UNKNOWN

    def _bound_to(self, facts: ModuleFacts, scope: Scope, binding: Binding) -> Values:
        match binding.how:
            case How.IMPORT:
                inner = self.project.module(binding.target, facts.path)
                return frozenset({ProjectModule(inner) if inner else External(canonical(binding.target))})
            case How.FROM:
                return self._imported(facts, binding)
            case How.DEF:
                assert isinstance(binding.node, FUNCTIONS)
                return self.calls.decorators.decorated(
                    Function(facts, binding.node, given=self.given_at(facts, binding.node))
                )
            case How.CLASS:
                assert isinstance(binding.node, ast.ClassDef)
                return frozenset({ProjectClass(facts, binding.node)})
            case How.PARAMETER:
                return self._parameter(facts, scope, binding)
            case How.ANNOTATION:
                return self.annotated(facts, binding.annotation, binding.value)
            case How.ASSIGN if binding.value is not None:
                return self.unpack(self.values(facts, binding.value), binding.path)
            case How.ITERATION if binding.value is not None:
                return self.unpack(self.elements(self.values(facts, binding.value)), binding.path)
            case How.CONTEXT if binding.value is not None:
                given = self.calls.entered(self.values(facts, binding.value), binding.is_async)
                return self.unpack(given, binding.path)
            case _:
                return UNKNOWN

    def _imported(self, facts: ModuleFacts, binding: Binding) -> Values:
        target = self.project.module(binding.target, facts.path)
        if target is not None and target is not facts and (found := self.member(target, binding.member)):
            return found
        inner = self.project.module(f"{binding.target}.{binding.member}", facts.path)
        if inner is not None:
            return frozenset({ProjectModule(inner)})
        if target is not None:
            return UNKNOWN  # set from outside, or by code that is not read
        return frozenset({External(canonical(f"{binding.target}.{binding.member}"))})

    def given_at(self, facts: ModuleFacts, node: ast.AST) -> Given | None:
        """Return what is given for the time being where it reaches a node, so that a closure can take it along."""
        return self._given if self._given is not None and self._given.around(facts, node) else None

    def _parameter(self, facts: ModuleFacts, scope: Scope, binding: Binding) -> Values:
        function = scope.node
        if self._given is not None:
            for node, values in self._given.values:
                if node is binding.node:
                    return values
        if isinstance(function, FUNCTIONS) and (owner := facts.class_of(function)) is not None:
            first = [*function.args.posonlyargs, *function.args.args][:1]
            kinds = {called_name(decorator) for decorator in function.decorator_list}
            if first and first[0] is binding.node and "staticmethod" not in kinds:
                cls = ProjectClass(facts, owner)
                is_cls = "classmethod" in kinds or function.name in ("__new__", "__init_subclass__")
                return frozenset({cls if is_cls else ProjectInstance(cls)})
        if binding.annotation is not None:
            promised = self.annotations.promise(facts, binding.annotation)
            if Plain.UNKNOWN not in promised:
                return promised
        if not isinstance(function, FUNCTIONS):
            return UNKNOWN  # a lambda is called by whom it is given to
        return self.parameter(facts, function, binding, None)

    def parameter(
        self, facts: ModuleFacts, function: FunctionNode, binding: Binding, seen_as: ProjectClass | None
    ) -> Values:
        """Return what the callers pass, of an `__init__` those that begin an instance of ``seen_as``."""
        me = Itself(binding.node, seen_as)
        if me in self._asked:
            self._cuts += 1
            return frozenset({me})  # handed on to itself
        if not self._level:
            return self.callers.parameter(facts, function, binding, seen_as)
        self._asked.add(me)
        try:
            return self.callers.parameter(facts, function, binding, seen_as)
        finally:
            self._asked.discard(me)

    def of_others(self, me: Itself, found: Values) -> Values:
        """Return what callers pass apart from the parameter itself; UNKNOWN for another one, whose question is over."""
        kept = found - {me}
        return kept | UNKNOWN if any(isinstance(one, Itself) and one not in self._asked for one in kept) else kept

    def annotated(self, facts: ModuleFacts, annotation: ast.expr | None, value: ast.expr | None) -> Values:
        """Return the instances that an annotation promises; what was assigned where it says nothing useful."""
        promised = self.annotations.promise(facts, annotation)
        if promised == UNKNOWN and value is not None:
            return self.values(facts, value)
        return promised

    def instances(self, values: Values) -> Values:
        """Return the instances of the classes among ``values``."""
        return self.annotations.instances(values)

    # ---- taking apart ---

    def elements(self, values: Values) -> Values:
        """Return what iterating over ``values`` gives."""
        found: set[Value] = set()
        for value in values:
            match value:
                case Container(elements=elements):
                    found |= elements
                case Fixed(items=items):
                    found |= EMPTY.union(*items)
                case Plain.NONE:
                    pass  # iterating over it raises: the other values decide
                case _:
                    found |= UNKNOWN
        return frozenset(found)

    def unpack(self, values: Values, path: tuple[int, ...]) -> Values:
        for position in path:
            values = self._item(values, ast.Constant(position))
        return values

    def awaited(self, values: Values) -> Values:
        """Return what awaiting gives."""
        found: set[Value] = set()
        for value in values:
            match value:
                case Coroutine(function=Function() as function):
                    found |= self.calls.returned(function)
                case Coroutine(result=result) | Eventual(result=result):
                    found |= result
                case ProjectInstance():
                    found |= self.calls.awaited_one(value)
                case Plain.NONE:
                    pass  # awaiting it raises: the other values decide
                case _:
                    found |= UNKNOWN
        return frozenset(found)

    def _added_to_name(self, facts: ModuleFacts, scope: Scope, name: str) -> Values:
        added: set[Value] = set()
        for node in facts.names.get(name, ()):
            home = facts.scope_at(node).find(name)
            if home is not None and home[0] is scope:
                added |= self.added_through(facts, node)
        return frozenset(added)

    def added_through(self, facts: ModuleFacts, container: ast.expr) -> Values:
        """Return what the use of a container at one place puts into it: `.append(x)`, `[k] = x`, `.setdefault(k, x)`."""
        parent = facts.parents.get(container)
        around = facts.parents.get(parent) if parent is not None else None
        match parent, around:
            case ast.Attribute(attr=method), ast.Call(func=func, args=[*_, last]) if method in _ADDS and func is parent:
                return self.values(facts, last)
            case ast.Subscript(value=value), ast.Assign(targets=targets, value=assigned) if (
                parent in targets and value is container
            ):
                return self.values(facts, assigned)
            case ast.Attribute(attr="extend"), ast.Call(func=func, args=[more]) if func is parent:
                return self.elements(self.values(facts, more))
            case ast.Attribute(attr="update"), ast.Call(func=func) if func is parent:
                return UNKNOWN  # whatever that other mapping holds
            case _:
                return EMPTY

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
        values = self.values(facts, node) - NONE
        match list(values):
            case [External(name=name)]:
                return name
            case _:
                return None

    def is_instance(self, values: Values, cls: str) -> bool | None:
        """Return True where every value is an instance of an external class, False where none is, else None."""
        answers = {self._one_is_instance(value, cls) for value in values - NONE}
        return answers.pop() if len(answers) == 1 else None

    def _inherits(self, cls: str, ancestor: str) -> bool | None:
        return self.environment.inherits(cls, ancestor) if self.environment is not None else inherits(cls, ancestor)

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
