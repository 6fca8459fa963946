"""What names stand for: what their bindings give them, through imports, parameters and what is put into a container."""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING

from aiomend.facts.catalog.interfaces import canonical, interfaces
from aiomend.facts.module import ModuleFacts
from aiomend.facts.parts import added_through, elements_of, filled, filled_names, is_some_callable, unpack
from aiomend.facts.scopes import FUNCTIONS, Binding, FunctionNode, How, Scope, called_name
from aiomend.facts.values import (
    EMPTY,
    UNKNOWN,
    Container,
    External,
    Function,
    Itself,
    Plain,
    ProjectClass,
    ProjectInstance,
    ProjectModule,
    Value,
    Values,
)

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference


class Bindings:
    """Evaluates names for one Inference."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self.asked: dict[Itself, int] = {}  #: parameters whose callers are being looked at, as evaluations are numbered

    def name(self, facts: ModuleFacts, scope: Scope, name: str) -> Values:
        """Return what a name read in a scope may be."""
        home = scope.find(name)
        if home is not None:
            return self._inference.kept((home[0], name), lambda: self._read(facts, home[0], name, home[1]))
        for star in facts.stars:
            target = self._inference.project.module(star, facts.path)
            if target is None:
                full = canonical(f"{star}.{name}")
                if star.startswith("asyncio") and (full in interfaces().returns or full in interfaces().coroutines):
                    return frozenset({External(full)})
                if star.partition(".")[0] != "asyncio":
                    return self._starred(facts, full)  # it may come from there
            elif found := self.member(target, name):
                return found
        return frozenset({External(name)}) if hasattr(builtins, name) else UNKNOWN

    def _read(self, facts: ModuleFacts, scope: Scope, name: str, bindings: list[Binding]) -> Values:
        """What a name of a scope may be; bound again from itself (`x = f(x)`) it is one question, not one of each binding."""
        if len(bindings) == 1:
            return self.bound(facts, scope, name, bindings)
        return self._inference.recurring((scope, name), lambda: self.bound(facts, scope, name, bindings))

    def _starred(self, facts: ModuleFacts, full: str) -> Values:
        """What comes with the only star of a file, where that package is known to have it."""
        abroad = self._inference.abroad(full)
        is_certain = len(facts.stars) == 1 and abroad is not None and abroad.offers(full)
        return frozenset({External(full)}) if is_certain else UNKNOWN

    def member(self, facts: ModuleFacts, name: str) -> Values:
        """Return what a module's attribute may be; empty where the module has none of that name."""
        key = ("member", facts, name)
        if not self._inference.enter(key):
            return UNKNOWN  # modules that import each other
        try:
            if name in facts.scope.bindings:
                return self.bound(facts, facts.scope, name, facts.scope.bindings[name])
            if facts.is_package and (inner := self._inference.project.module(f"{facts.name}.{name}", facts.path)):
                return frozenset({ProjectModule(inner)})
            for star in facts.stars:
                target = self._inference.project.module(star, facts.path)
                if target is not None and (found := self.member(target, name)):
                    return found
        finally:
            self._inference.leave(key)
        return EMPTY

    def bound(self, facts: ModuleFacts, scope: Scope, name: str, bindings: list[Binding]) -> Values:
        """Return what a name may be: what all its bindings give; an annotation rules out what is not known."""
        if len(bindings) > 1:
            bindings = self._inference.calls.decorators.possible(facts, bindings)
        found = EMPTY.union(*(self.binding(facts, scope, binding) for binding in bindings))
        if len(bindings) > 1:
            found = self._inference.annotations.settled(found, self._inference.annotations.declared(facts, bindings))
        if any(isinstance(value, Container) for value in found):
            added = self._added_to_name(facts, scope, name)
            found = filled(found, added, is_told=any(one.annotation is not None for one in bindings))
        return found

    def binding(self, facts: ModuleFacts, scope: Scope, binding: Binding) -> Values:
        """Return what one binding gives its name, or an attribute of `self`."""
        return self._bound_to(facts, scope, binding) or UNKNOWN

    def _bound_to(self, facts: ModuleFacts, scope: Scope, binding: Binding) -> Values:
        match binding.how:
            case How.IMPORT:
                inner = self._inference.project.module(binding.target, facts.path)
                return frozenset({ProjectModule(inner) if inner else External(canonical(binding.target))})
            case How.FROM:
                return self._imported(facts, binding)
            case How.DEF:
                assert isinstance(binding.node, FUNCTIONS)
                return self._inference.calls.decorators.decorated(
                    Function(facts, binding.node, given=self._inference.given_at(facts, binding.node))
                )
            case How.CLASS:
                assert isinstance(binding.node, ast.ClassDef)
                return frozenset({ProjectClass(facts, binding.node)})
            case How.PARAMETER:
                return self._parameter(facts, scope, binding)
            case How.ANNOTATION:
                return self._inference.annotated(facts, binding.annotation, binding.value)
            case How.ASSIGN if binding.value is not None:
                return unpack(self._inference.values(facts, binding.value), binding.path)
            case How.ITERATION if binding.value is not None:
                return unpack(elements_of(self._inference.values(facts, binding.value)), binding.path)
            case How.CONTEXT if binding.value is not None:
                given = self._inference.calls.entered(self._inference.values(facts, binding.value), binding.is_async)
                return unpack(given, binding.path)
            case _:
                return UNKNOWN

    def _imported(self, facts: ModuleFacts, binding: Binding) -> Values:
        target = self._inference.project.module(binding.target, facts.path)
        if target is not None and target is not facts and (found := self.member(target, binding.member)):
            return found
        inner = self._inference.project.module(f"{binding.target}.{binding.member}", facts.path)
        if inner is not None:
            return frozenset({ProjectModule(inner)})
        if target is not None:
            return UNKNOWN  # set from outside, or by code that is not read
        return frozenset({External(canonical(f"{binding.target}.{binding.member}"))})

    def _parameter(self, facts: ModuleFacts, scope: Scope, binding: Binding) -> Values:
        function = scope.node
        if (assumed := self._inference.assumed(binding.node)) is not None:
            return assumed
        if isinstance(function, FUNCTIONS) and (owner := facts.class_of(function)) is not None:
            first = [*function.args.posonlyargs, *function.args.args][:1]
            kinds = {called_name(decorator) for decorator in function.decorator_list}
            if first and first[0] is binding.node and "staticmethod" not in kinds:
                cls = ProjectClass(facts, owner)
                is_cls = "classmethod" in kinds or function.name in ("__new__", "__init_subclass__")
                return frozenset({cls if is_cls else ProjectInstance(cls)})
        if binding.annotation is not None:
            promised = self._inference.annotations.promise(facts, binding.annotation)
            if Plain.UNKNOWN not in promised:
                return self._told_more(facts, scope, binding, promised)
        if not isinstance(function, FUNCTIONS):
            return UNKNOWN  # a lambda is called by whom it is given to
        return self.parameter(facts, function, binding, None)

    def _told_more(self, facts: ModuleFacts, scope: Scope, binding: Binding, promised: Values) -> Values:
        """What an annotation promises; what callers pass where it only says that a parameter is some callable, or where that is no loop."""
        function = scope.node
        if not isinstance(function, FUNCTIONS):
            return promised
        if not any(is_some_callable(value) for value in promised):
            return self._inference.stand_ins.besides(promised, lambda: self._passed(facts, function, binding))
        passed = self._passed(facts, function, binding)
        return promised if Plain.UNKNOWN in passed else passed

    def _passed(self, facts: ModuleFacts, function: FunctionNode, binding: Binding) -> Values:
        return self.parameter(facts, function, binding, None) if self._inference.asks_callers() else UNKNOWN

    def parameter(
        self, facts: ModuleFacts, function: FunctionNode, binding: Binding, seen_as: ProjectClass | None
    ) -> Values:
        """Return what the callers pass, of an `__init__` those that begin an instance of ``seen_as``."""
        me = Itself(binding.node, seen_as)
        if (number := self.asked.get(me)) is not None:
            self._inference.rest_on(number)
            return frozenset({me})  # handed on to itself
        if not self._inference.level:
            return self._inference.callers.parameter(facts, function, binding, seen_as)
        self.asked[me] = self._inference.begin()
        try:
            return self._inference.callers.parameter(facts, function, binding, seen_as)
        finally:
            del self.asked[me]

    def of_others(self, me: Itself, found: Values) -> Values:
        """Return what callers pass apart from the parameter itself; UNKNOWN for another one, whose question is over."""
        kept = found - {me}
        return kept | UNKNOWN if any(isinstance(one, Itself) and one not in self.asked for one in kept) else kept

    def _added_to_name(self, facts: ModuleFacts, scope: Scope, name: str) -> Values:
        added: set[Value] = set()
        for node in facts.beside(filled_names).get((scope, name), ()):
            added |= added_through(self._inference, facts, node)
        return frozenset(added)
