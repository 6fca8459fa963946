"""Classes of the project: attributes, methods and what they inherit, across files."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from aiomend.facts.decorators import is_property
from aiomend.facts.hierarchy import Hierarchy
from aiomend.facts.module import ModuleFacts
from aiomend.facts.parts import added_through, filled
from aiomend.facts.scopes import FUNCTIONS, Binding, How
from aiomend.facts.self_attributes import SelfAttributes, self_attributes
from aiomend.facts.spelling import is_assigned, is_set
from aiomend.facts.values import (
    EMPTY,
    NONE,
    UNKNOWN,
    Container,
    External,
    Function,
    Given,
    Plain,
    ProjectClass,
    ProjectInstance,
    Value,
    Values,
)

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference

_GIVEN = frozenset({"__dict__", "__module__", "__slots__", "__weakref__"})  #: what every instance has
_MADE_UP = frozenset({"__getattr__", "__getattribute__", "__new__"})  #: what gives attributes that nobody wrote


class ClassTable(Hierarchy):
    """Answers for the classes of one project; part of its Inference."""

    def __init__(self, inference: Inference) -> None:
        super().__init__(inference)
        self._attributes: dict[ast.ClassDef, SelfAttributes] = {}
        self._lacking: dict[tuple[ast.ClassDef, str], bool] = {}
        self._set_outside: dict[str, bool] = {}
        self._set_by: dict[str, list[tuple[ModuleFacts, ast.expr, ast.expr]]] = {}

    def made(self, cls: ProjectClass) -> Values:
        """Return what calling a class gives: an instance of it, or what its `__new__` makes in place of one."""
        for one in self.mro(cls):
            for binding in one.facts.scopes[one.node].bindings.get("__new__", ()):
                if isinstance(binding.node, FUNCTIONS):
                    found = self._inference.calls.returned(Function(one.facts, binding.node, one))
                    others = all(
                        isinstance(value, ProjectInstance) and one not in self.mro(value.cls) for value in found
                    )
                    return found if others else frozenset({ProjectInstance(cls)})
        return frozenset({ProjectInstance(cls)})

    def parents_of(self, cls: ProjectClass) -> Values:
        """Return what `super()` gives in a class: an instance of its first base."""
        bases = self.bases(cls)
        return self._inference.instances(bases[0]) if bases else UNKNOWN

    def attribute(self, value: ProjectClass | ProjectInstance, attr: str) -> Values:
        """Return what an attribute of a class or an instance may be; an instance may be one of a subclass."""
        return self._inference.kept((value, attr), lambda: self._attribute(value, attr))

    def _attribute(self, value: ProjectClass | ProjectInstance, attr: str) -> Values:
        cls = value.cls if isinstance(value, ProjectInstance) else value
        key = ("attribute", cls.node, attr, isinstance(value, ProjectInstance))
        return self._inference.recurring(key, lambda: self._bound(cls, attr, value))

    def _bound(self, cls: ProjectClass, attr: str, value: ProjectClass | ProjectInstance) -> Values:
        found = self._inherited(cls, attr, value)
        if isinstance(value, ProjectInstance) and not attr.startswith("__"):
            found |= self._below(cls, attr, found - NONE)
        return found or self._set_later(cls, attr) or self._made_up(value, attr)

    def _inherited(self, cls: ProjectClass, attr: str, value: ProjectClass | ProjectInstance) -> Values:
        found, declared = EMPTY, EMPTY
        for one in self.mro(cls):
            found |= self._own(one, attr, value)
            declared |= self._declared(one, attr, value)
            if attr in one.facts.scopes[one.node].bindings or self._redeclares(one, attr):
                break
        return self._inference.annotations.settled(found, declared)

    def givers(self, cls: ProjectClass, attr: str) -> set[ast.ClassDef]:
        """Return those of a class and its bases that give instances an attribute, in their bodies or by their methods."""
        return {
            one.node
            for one in self.mro(cls)
            if attr in one.facts.scopes[one.node].bindings or attr in self._scan(one).assigned
        }

    def assigned(self, cls: ProjectClass, attr: str) -> Iterator[tuple[ModuleFacts, Binding]]:
        """Yield what binds an attribute of a class, of its bases and of its subclasses, in their bodies and by their methods."""
        for one in dict.fromkeys((*self.mro(cls), *self.subclasses(cls))):
            bindings = one.facts.scopes[one.node].bindings.get(attr, [])
            yield from ((one.facts, binding) for binding in (*bindings, *self._scan(one).assigned.get(attr, ())))

    def _redeclares(self, cls: ProjectClass, attr: str) -> bool:
        """True where a class's own methods annotate an attribute: what a base says of it is said more closely."""
        return any(one.how is How.ANNOTATION for one in self._scan(cls).assigned.get(attr, ()))

    def lacks(self, instance: ProjectInstance, attr: str) -> bool:
        """True where a class is read whole, with its subclasses, and nothing in the project gives it the attribute."""
        key = (instance.cls.node, attr)
        if (known := self._lacking.get(key)) is not None:
            return known
        found = self._is_lacking(instance.cls, attr)
        if not self._inference.is_apart:
            self._lacking[key] = found
        return found

    def _is_lacking(self, cls: ProjectClass, attr: str) -> bool:
        if hasattr(object, attr) or attr in _GIVEN or self._inference.is_apart:
            return False  # nobody asks subclasses apart
        # the class itself first: its subclasses may be anywhere
        return (
            not self._may_give(cls, attr)
            and not self.is_set_from_outside(attr)
            and not any(self._may_give(sub, attr) for sub in self.subclasses(cls))
        )

    def _may_give(self, cls: ProjectClass, attr: str) -> bool:
        """False for a class that is read whole, with its bases, and gives its instances no such attribute."""
        if not self._in_project(cls):
            return True
        for one in self.mro(cls):
            names = one.facts.scopes[one.node].bindings
            if attr in names or attr in self._scan(one).assigned or any(made in names for made in _MADE_UP):
                return True
            if one.node.keywords or one.node.decorator_list or "setattr" in one.facts.names or _is_open(one.facts):
                return True  # a metaclass, a decorator or a loop over names may give it
        return False

    def is_set_from_outside(self, attr: str) -> bool:
        """True where some code sets an attribute of that name on anything but `self`, or too many files could."""
        if attr not in self._set_outside:
            files = self._inference.project.files_spelling(is_set, attr)
            self._set_outside[attr] = files is None or any(
                isinstance(use.ctx, ast.Store) and not (isinstance(use.value, ast.Name) and use.value.id == "self")
                for path in files
                if (facts := self._inference.project.facts(path)) is not None
                for use in facts.attributes.get(attr, ())
            )
        return self._set_outside[attr]

    def _declared(self, cls: ProjectClass, attr: str, seen_from: ProjectClass | ProjectInstance) -> Values:
        """What the annotations of an attribute promise, in the class's body and in its methods."""
        bindings = cls.facts.scopes[cls.node].bindings.get(attr, []) + self._scan(cls).assigned.get(attr, [])
        types = self._inference.generics.of_base(seen_from, cls) if bindings else ()
        return self._inference.annotations.declared(cls.facts, bindings, types)

    def _below(self, cls: ProjectClass, attr: str, above: Values) -> Values:
        """What subclasses say: overrides, and for a mixin what the class that mixes it in has from elsewhere."""
        found = EMPTY
        is_method = any(isinstance(one, Function) for one in above)
        for sub in self.subclasses(cls):
            is_bound = attr in sub.facts.scopes[sub.node].bindings
            if is_bound or (is_method and attr in self._scan(sub).assigned):
                own = self._own(sub, attr, ProjectInstance(sub))
                found |= EMPTY if own == UNKNOWN and self._keeps_colour(sub, attr, above) else own
            elif not above:
                found |= self._inherited(sub, attr, ProjectInstance(sub))
        return found

    def _keeps_colour(self, sub: ProjectClass, attr: str, above: Values) -> bool:
        """True for an override of a coroutine function under a decorator of which nothing is known: it can be awaited too."""
        is_coroutine = self._inference.is_coroutine_function
        bindings = sub.facts.scopes[sub.node].bindings.get(attr, ())
        definitions = bool(bindings) and all(one.how is How.DEF for one in bindings)
        return definitions and bool(above) and all(isinstance(one, Function) and is_coroutine(one) for one in above)

    def above(self, cls: ProjectClass, attr: str) -> Values:
        """Return what `super().attr` may be in a class: what its bases have, else what comes after it where it is mixed in."""
        key = ("above", cls.node, attr)
        if not self._inference.enter(key):
            return UNKNOWN  # an attribute that is computed from itself
        try:
            found = self._after(cls, cls, attr)
            if not found and self._in_project(cls):
                found = EMPTY.union(*(self._after(sub, cls, attr) for sub in self.subclasses(cls)))
            return found or self._from_outside(cls, attr)
        finally:
            self._inference.leave(key)

    def _after(self, start: ProjectClass, cls: ProjectClass, attr: str) -> Values:
        order = self.mro(start)
        found = EMPTY
        for one in order[order.index(cls) + 1 :] if cls in order else ():
            found |= self._own(one, attr, ProjectInstance(cls))
            if attr in one.facts.scopes[one.node].bindings:
                break
        return found

    def _in_project(self, cls: ProjectClass) -> bool:
        """True where all bases are read, so that nothing else can bring an attribute."""
        return self.external_bases(cls) == frozenset()

    def _set_later(self, cls: ProjectClass, attr: str) -> Values:
        """What code outside of a class sets on it by its name, `Client.connect = connect`, and whatever else does so."""
        found: Values = EMPTY
        if not self.is_set_from_outside(attr):
            return found
        for facts, owner, value in self._settings(attr):
            owners = self._inference.values(facts, owner)
            if any(isinstance(one, ProjectClass) and one in self.mro(cls) for one in owners):
                found |= self._inference.values(facts, value) | UNKNOWN
        return found

    def _settings(self, attr: str) -> list[tuple[ModuleFacts, ast.expr, ast.expr]]:
        """Return where the project assigns an attribute of that name: the file, whose attribute it is, and the value."""
        paths = self._inference.project.files_spelling(is_assigned, attr) or ()
        if attr not in self._set_by:
            found = self._set_by[attr] = []
            for path in paths:
                if (facts := self._inference.project.facts(path)) is None:
                    continue  # it cannot be read
                for use in facts.attributes.get(attr, ()):
                    match facts.parents[use]:
                        case ast.Assign(targets=[target], value=value) if target is use:
                            found.append((facts, use.value, value))
                        case _:
                            pass  # reads it
        return self._set_by[attr]

    def _made_up(self, value: ProjectClass | ProjectInstance, attr: str) -> Values:
        """What `__getattr__` gives for an attribute that nothing else has: nothing, where it always raises."""
        cls = value.cls if isinstance(value, ProjectInstance) else value
        if not isinstance(value, ProjectInstance) or attr.startswith("__") or not self._in_project(cls):
            return self._from_outside(cls, attr)
        for one in self.mro(cls):
            if "__getattr__" in one.facts.scopes[one.node].bindings:
                return self._inference.results(self._own(one, "__getattr__", value))
        return self._from_outside(cls, attr)

    def _from_outside(self, cls: ProjectClass, attr: str) -> Values:
        external = self.external_bases(cls)
        if external is None or len(external) != 1:
            return UNKNOWN
        (base,) = external
        return self._inference.attribute(self._inference.instances(frozenset({External(base)})), attr)

    def _own(self, cls: ProjectClass, attr: str, seen_from: ProjectClass | ProjectInstance) -> Values:
        inference, facts = self._inference, cls.facts
        scope = facts.scopes[cls.node]
        found: Values = EMPTY
        if attr in scope.bindings:
            declared = self._declared_as(cls, attr, seen_from)
            for value in declared or inference.bindings.bound(facts, scope, attr, scope.bindings[attr]):
                found |= self._through(value, cls, seen_from)
        attributes = self._scan(cls)
        for binding in attributes.assigned.get(attr, ()):
            passed = self._given_to(cls, binding, seen_from)
            found |= inference.bindings.binding(facts, scope, binding) if passed is None else passed
        if any(isinstance(value, Container) for value in found):
            added = EMPTY.union(*(added_through(inference, facts, use) for use in attributes.uses.get(attr, ())))
            bindings = [*scope.bindings.get(attr, ()), *attributes.assigned.get(attr, ())]
            found = filled(found, added, is_told=any(one.annotation is not None for one in bindings))
        return found

    def _declared_as(self, cls: ProjectClass, attr: str, seen_from: ProjectClass | ProjectInstance) -> Values | None:
        """What the one annotation of an attribute in a class's body says, where a type variable is in it."""
        match cls.facts.scopes[cls.node].bindings[attr]:
            case [Binding(how=How.ANNOTATION) as only]:
                return self._inference.generics.member(cls, only, seen_from)
            case _:
                return None

    def _given_to(
        self, cls: ProjectClass, binding: Binding, seen_from: ProjectClass | ProjectInstance
    ) -> Values | None:
        """What an assignment to an attribute gives those instances in particular through which it is seen."""
        seen_as = seen_from.cls if isinstance(seen_from, ProjectInstance) else seen_from
        told = self._inference.generics.member(cls, binding, seen_from) or self._computed_for(cls, binding, seen_from)
        if told is not None or seen_as == cls:
            return told
        return self._inference.callers.passed_on(cls.facts, binding, seen_as)

    def _computed_for(
        self, cls: ProjectClass, binding: Binding, seen_from: ProjectClass | ProjectInstance
    ) -> Values | None:
        """What an attribute that is computed from others gives, where `self` says what its type variables stand for."""
        method = cls.facts.function_at(binding.node)
        if (
            binding.how is not How.ASSIGN
            or not isinstance(method, FUNCTIONS)
            or not isinstance(seen_from, ProjectInstance)
        ):
            return None
        if cls.facts.class_of(method) is not cls.node or not self._inference.generics.of_base(seen_from, cls):
            return None  # set in a function of a method, or nothing is said of a type variable
        me = [*method.args.posonlyargs, *method.args.args][0]
        with self._inference.given(Given(cls.facts, method, ((me, frozenset({seen_from})),))):
            found = self._inference.bindings.binding(cls.facts, cls.facts.scopes[cls.node], binding)
        return None if Plain.UNKNOWN in found else found

    def _through(self, value: Value, cls: ProjectClass, seen_from: ProjectClass | ProjectInstance) -> Values:
        """A function found in a class is a method; a property is what it returns."""
        match value:
            case Function(node=ast.FunctionDef() | ast.AsyncFunctionDef() as node):
                told = self._inference.generics.of_method(cls, node, seen_from)
                method = replace(value, owner=cls, types=(*value.types, *told))
                if isinstance(seen_from, ProjectInstance) and any(is_property(one) for one in node.decorator_list):
                    if node.returns is None and (got := _getter(node)) is not None:
                        return self._inference.attribute(frozenset({seen_from}), got)
                    return self._inference.results(frozenset({method}))
                return frozenset({method})
            case _:
                return frozenset({value})

    def _scan(self, cls: ProjectClass) -> SelfAttributes:
        if cls.node not in self._attributes:
            self._attributes[cls.node] = self_attributes(cls.facts, cls.node)
        return self._attributes[cls.node]


def _is_open(facts: ModuleFacts) -> bool:
    """True where a module reaches into the attributes of objects by other ways than their names."""
    return bool(facts.attributes.get("__dict__") or facts.names.get("vars"))


def _getter(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str | None:
    """The attribute of `self` that a method does nothing but return."""
    match node.args.args, [one for one in node.body if not isinstance(one, ast.Expr)]:
        case [ast.arg(arg=me)], [ast.Return(value=ast.Attribute(value=ast.Name(id=name), attr=attr))] if name == me:
            return attr
        case _:
            return None
