"""What attributes and calls give: methods, results of functions, decorators, context managers."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from aiomend.facts.annotations import PLAIN_BUILTINS
from aiomend.facts.catalog import blocking
from aiomend.facts.catalog.interfaces import canonical, interfaces, is_class
from aiomend.facts.decorators import COROUTINE_DECORATORS, Decorators, is_asyncios_own
from aiomend.facts.flow import leaves
from aiomend.facts.given_results import COPIES, by_arguments, held_by
from aiomend.facts.module import ModuleFacts
from aiomend.facts.parts import elements_of, is_some_callable
from aiomend.facts.scopes import FUNCTIONS, FunctionNode
from aiomend.facts.values import (
    EMPTY,
    NONE,
    OTHER,
    UNKNOWN,
    WIDTH,
    Container,
    Context,
    Coroutine,
    Eventual,
    External,
    Fixed,
    Function,
    Instance,
    Pending,
    Plain,
    ProjectClass,
    ProjectInstance,
    ProjectModule,
    Returns,
    Types,
    Value,
    Values,
    is_too_wide,
)

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference

_EMPTIES = frozenset({"dict", "collections.OrderedDict", "weakref.WeakSet", "weakref.WeakValueDictionary"})
_ASYNC_STEPS = frozenset(
    {"__anext__", "asend", "athrow", "aclose"}
)  #: no other iterator than an asynchronous one has them
_PICKS = frozenset({"pop", "popleft", "get", "setdefault", "popitem", "get_nowait"})


class Calls:
    """Evaluates attributes and calls for one Inference."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self.decorators = Decorators(inference)

    # ---- attributes ---

    def attribute(self, values: Values, attr: str) -> Values:
        """Return what an attribute of ``values`` may be; those that have none decide nothing where others have it."""
        found: set[Value] = set()
        for value in values:
            match value:
                case ProjectInstance() if len(values) > 1 and self._inference.classes.lacks(value, attr):
                    pass  # asking for it raises: the other values decide
                case External(name=name):
                    found.add(External(canonical(f"{name}.{attr}")))
                case Instance(cls=cls):
                    found |= self._external_attribute(cls, attr)
                case ProjectModule(facts=facts):
                    found |= self._inference.bindings.member(facts, attr) or UNKNOWN
                case ProjectInstance(cls=owner) if attr == "__class__":
                    found.add(owner)
                case ProjectClass() | ProjectInstance():
                    found |= self._inference.classes.attribute(value, attr)
                case Container():
                    found |= _container_attribute(value, attr)
                case Coroutine() | Eventual() if attr == "__await__":
                    found.add(
                        Returns(frozenset({value}))
                    )  # an iterator that gives what awaiting the thing itself gives
                case Plain.NONE:
                    pass  # None has no attributes that code asks for: the other values decide
                case Pending():
                    found.add(value)
                case _:
                    found |= UNKNOWN
        return frozenset(found)

    # ---- calls ---

    def call(self, facts: ModuleFacts, node: ast.Call) -> Values:
        """Return what a call may give."""
        callees = self._inference.values(facts, node.func)
        match list(callees):
            case [*given] if self._inference.given_at(facts, node) and (made := self._redecorated(facts, node, given)):
                return made
            case [External(name="super")]:
                owner = self.super_of(facts, node)
                return self._inference.classes.parents_of(owner) if owner is not None else UNKNOWN
            case [External(name=name)] if (
                node.args and (found := by_arguments(self._inference, facts, name, node.args)) is not None
            ):
                return found
            case [External(name=name)] if held := held_by(self._inference, facts, name, node.func):
                return held
            case _:
                found = self.results(self._with_types(facts, node, callees))
                if any(isinstance(value, Coroutine) for value in found) and self._inference.colour_tests.leave_open(
                    facts, node
                ):
                    return UNKNOWN
                return found

    def _with_types(self, facts: ModuleFacts, node: ast.Call, callees: Values) -> Values:
        """The callees, functions with what the arguments say of the type variables in their results."""
        generics = self._inference.generics
        each = [(one, generics.of_call(facts, node, one) if isinstance(one, Function) else ()) for one in callees]
        if not any(types for _, types in each):
            return callees
        return frozenset(
            replace(one, types=(*one.types, *types)) if isinstance(one, Function) and types else one
            for one, types in each
        )

    def _redecorated(self, facts: ModuleFacts, node: ast.Call, callees: list[Value]) -> Values:
        """What a decorator's body gives that hands its function on to another decorator; empty for all other calls."""
        if len(node.args) != 1 or node.keywords:
            return EMPTY
        if (same := self.decorators.applied_again(callees)) is not None:
            return same
        functions = self._inference.values(facts, node.args[0])
        if not functions or not all(isinstance(one, Function) for one in functions):
            return EMPTY
        match node.func, callees:
            case ast.Call(func=func), _ if self._inference.external_name(facts, func) == "functools.wraps":
                return functions
            case _, [Function() | ProjectInstance(), *_]:
                return self.decorators.applied(frozenset(callees), functions) - UNKNOWN
            case _:
                return EMPTY

    def super_of(self, facts: ModuleFacts, call: ast.Call) -> ProjectClass | None:
        """Return the class that `super()` or `super(Class, self)` starts from, if it is known."""
        if not call.args:
            return self.class_around(facts, call)
        match list(self._inference.values(facts, call.args[0])):
            case [ProjectClass() as named]:
                return named
            case _:
                return None

    def class_around(self, facts: ModuleFacts, node: ast.AST) -> ProjectClass | None:
        """Return the class in one of whose methods a place is, lambdas and comprehensions there included."""
        scope = facts.scope_at(node).function
        owner = facts.class_of(scope.node) if scope is not None else None
        return ProjectClass(facts, owner) if owner is not None else None

    def classes_of(self, values: Values) -> Values:
        """Return the classes of instances, or of one of their subclasses."""
        found: set[Value] = set()
        for value in values:
            match value:
                case ProjectInstance(cls=cls):
                    found.add(cls)
                case Instance(cls=name):
                    found.add(External(name))
                case _:
                    found |= UNKNOWN
        return frozenset(found)

    def _called(self, instance: ProjectInstance) -> Values:
        """Return what calling an instance of the project's gives; unknown where that is one of its own: `A.__call__ = A()`."""
        key = ("called", instance)
        if not self._inference.enter(key):
            return UNKNOWN
        try:
            return self.results(self._inference.classes.attribute(instance, "__call__"))
        finally:
            self._inference.leave(key)

    def results(self, callees: Values) -> Values:
        """Return what calling ``callees`` gives."""
        found: set[Value] = set()
        checked = WIDTH
        for value in callees:
            if len(found) > checked:
                if is_too_wide(found):
                    return UNKNOWN  # as it will be in the end: a class may have hundreds of heirs
                checked = 2 * len(found)
            match value:
                case External(name=name):
                    found |= self._external_result(name)
                case ProjectClass():
                    found |= self._inference.classes.made(value)
                case ProjectInstance():
                    found |= self._called(value)
                case Instance(cls=cls):
                    found |= self.results(self._external_attribute(cls, "__call__"))
                case Function(given=None) if self._inference.given_now is None:
                    found |= self._function_result(value)
                case Function(given=given):
                    with self._inference.given(given):
                        found |= self._function_result(value)
                case Returns(result=result):
                    found |= result
                case Plain.NONE:
                    pass  # calling None raises: the other values decide
                case Pending():
                    found.add(value)
                case _:
                    found |= UNKNOWN
        return frozenset(found)

    def _function_result(self, function: Function) -> Values:
        node = function.node
        if isinstance(node, ast.Lambda):
            return self._inference.values(function.facts, node.body)
        if self.is_coroutine_function(function):
            if isinstance(node, ast.AsyncFunctionDef) and function.facts.is_generator(node):
                return frozenset({Container(self._yielded(function.facts, node, function.types))})
            return frozenset({Coroutine(EMPTY, function)})  # what awaiting it gives is worked out when somebody asks
        if function.facts.is_generator(node):
            return frozenset({Container(self._yielded(function.facts, node, function.types))})
        return self.returned(function)

    def _yielded(self, facts: ModuleFacts, node: FunctionNode, types: Types) -> Values:
        if node.returns is not None:
            return elements_of(self._inference.annotations.promise_with(types, facts, node.returns))
        yields = [one.value for one in facts.yields(node) if isinstance(one, ast.Yield)]
        return EMPTY.union(*(self._inference.values(facts, one) for one in yields if one is not None)) or UNKNOWN

    def returned(self, function: Function) -> Values:
        """Return what the `return` statements of a function give: its annotation where there is a useful one."""
        if function.types or function.given is not None:
            return self._returned(function)
        return self._inference.kept(("returned", function.node), lambda: self._returned(function))

    def _returned(self, function: Function) -> Values:
        node, facts = function.node, function.facts
        assert isinstance(node, FUNCTIONS)
        promised = self._inference.annotations.promise_with(function.types, facts, node.returns)
        if _is_stub(function):
            return promised  # it has no body to look into
        if Plain.UNKNOWN not in promised and not any(_is_vague(value) for value in promised):
            return self._inference.stand_ins.besides(promised, lambda: self._in_body(function))
        found = self._in_body(function)
        tells_less = Plain.UNKNOWN in found or (node.returns is not None and not found - NONE)
        return promised if tells_less and Plain.UNKNOWN not in promised else found

    def _in_body(self, function: Function) -> Values:
        """Return what the `return` statements of a function give, whatever its annotation says."""
        node, facts = function.node, function.facts
        assert isinstance(node, FUNCTIONS)
        key = ("returned", node)
        if not self._inference.enter(key):
            return UNKNOWN  # recursion
        try:
            with self._inference.given(function.given):
                returned = [one.value for one in facts.returns(node)]
                each = (self._inference.values(facts, one) if one is not None else NONE for one in returned)
                return EMPTY.union(*each, EMPTY if leaves(node.body) else NONE)
        finally:
            self._inference.leave(key)

    def awaited_one(self, instance: ProjectInstance) -> Values:
        """Return what awaiting an instance gives: what its `__await__` returns, or what that goes through."""
        key = ("awaited", instance.cls.node)
        if not self._inference.enter(key):
            return UNKNOWN  # it waits for another of its kind
        try:
            return self._awaited_through(instance)
        finally:
            self._inference.leave(key)

    def _awaited_through(self, instance: ProjectInstance) -> Values:
        found: Values = EMPTY
        for method in self._inference.classes.attribute(instance, "__await__"):
            if not isinstance(method, Function) or not isinstance(method.node, ast.FunctionDef):
                return UNKNOWN
            found |= self._given_at_the_end(method, method.node)
        return found or UNKNOWN

    def _given_at_the_end(self, method: Function, node: ast.FunctionDef) -> Values:
        """What `yield from` gives when the iterator that a method returns ends."""
        facts = method.facts
        match node.returns:
            case ast.Subscript(slice=ast.Tuple(elts=[_, _, result])):
                promised = self._inference.annotations.promise_with(method.types, facts, result)
                if Plain.UNKNOWN not in promised:
                    return promised
        if not facts.is_generator(node):
            return self._inference.awaited(self.results(frozenset({method})))
        returned = (self._inference.values(facts, one.value) if one.value else NONE for one in facts.returns(node))
        return EMPTY.union(*returned, EMPTY if leaves(node.body) else NONE)

    def _external_attribute(self, cls: str, attr: str) -> Values:
        """A method of a listed class goes by the name of the class that defines it."""
        table = interfaces()
        seen = [cls]
        for one in seen:
            full = f"{one}.{attr}"
            if full in table.returns or full in table.coroutines:
                return frozenset({External(full)})
            seen.extend(table.bases.get(one, ()))
        if (environment := self._inference.abroad(cls)) is not None:
            found = environment.attribute(cls, attr)
            if Plain.UNKNOWN not in found:
                return found
        return frozenset({External(f"{cls}.{attr}")})

    def _external_result(self, name: str) -> Values:
        return self._inference.kept(name, lambda: self._result_abroad(name))

    def _result_abroad(self, name: str) -> Values:
        if (listed := _listed_result(name)) is not None:
            return listed
        environment = self._inference.abroad(name)
        if environment is not None and (found := environment.result(name)) != UNKNOWN:
            return found
        return frozenset({Instance(name)}) if is_class(name) else UNKNOWN

    def entered(self, values: Values, is_async: bool) -> Values:
        """Return what entering context managers gives."""
        found: set[Value] = set()
        for value in values:
            match value:
                case Context(result=result):
                    found |= result
                case Instance() | ProjectInstance():
                    found |= self._entered_one(value, "__aenter__" if is_async else "__enter__", is_async)
                case Plain.NONE:
                    pass  # entering it raises: the other values decide
                case Pending():
                    found.add(value)
                case _:
                    found |= UNKNOWN
        return frozenset(found)

    def _entered_one(self, value: Instance | ProjectInstance, method: str, is_async: bool) -> Values:
        environment = self._inference.abroad(value.cls) if isinstance(value, Instance) else None
        if isinstance(value, Instance) and not (environment is not None and environment.defines(value.cls, method)):
            return frozenset({value})  # nearly all of them return themselves
        given = self.results(self.attribute(frozenset({value}), method))
        given = self._inference.awaited(given) if is_async else given
        match list(given):
            case [Instance(cls=cls)] if self._inference.is_instance(frozenset({value}), cls):
                return frozenset({value})  # a base says that it gives itself, and means the object at hand
            case _:
                return given

    # ---- coroutine functions and decorators ---

    def is_coroutine_function(self, function: Function) -> bool:
        """True for `async def` and for generators under `@asyncio.coroutine` or `@types.coroutine`."""
        node = function.node
        if isinstance(node, ast.Lambda):
            return False
        return isinstance(node, ast.AsyncFunctionDef) or self.coroutine_decorator(function.facts, node) is not None

    def coroutine_decorator(self, facts: ModuleFacts, node: FunctionNode) -> ast.expr | None:
        """Return the decorator that makes a generator a coroutine function."""
        for decorator in node.decorator_list:
            values = self._inference.values(facts, decorator)
            if any(isinstance(value, External) and value.name in COROUTINE_DECORATORS for value in values):
                return decorator
            if any(isinstance(value, Function) and is_asyncios_own(value) for value in values):
                return decorator
        return None


def _is_stub(function: Function) -> bool:
    return function.facts.path.endswith(".pyi")


def _container_attribute(value: Container, attr: str) -> Values:
    elements = value.elements or UNKNOWN
    if attr in _PICKS:
        return frozenset({Returns(elements)})
    if attr in _ASYNC_STEPS:
        return frozenset({Returns(frozenset({Coroutine(elements)}))})
    if attr in ("values", "copy", "union", "difference"):
        return frozenset({Returns(frozenset({value}))})
    if attr == "items":
        return frozenset({Returns(frozenset({Container(frozenset({Fixed((UNKNOWN, elements))}))}))})
    return UNKNOWN


def _is_vague(value: Value) -> bool:
    """True for what an annotation promises where it tells less than the `return` statements do."""
    return isinstance(value, Eventual) or is_some_callable(value)


def _listed_result(name: str) -> Values | None:
    """What the tables say that a call gives; None where they do not list it."""
    table = interfaces()
    if name in table.returns:
        return _promised(table.returns[name])
    if name in table.coroutines:
        result = table.coroutines[name]
        parts = [part.strip() for part in result.split(",")] if result else []
        each = [frozenset({Instance(part)}) if part else UNKNOWN for part in parts]
        whole: Values = frozenset({Fixed(tuple(each))}) if len(each) > 1 else each[0] if each else UNKNOWN
        return frozenset({Coroutine(whole)})
    if name in PLAIN_BUILTINS:
        return OTHER
    if name in COPIES | _EMPTIES:
        return frozenset({Container(EMPTY)})
    if cls := blocking.class_of_result(name):
        return frozenset({Instance(canonical(cls))})
    return None


def _promised(result: str) -> Values:
    """What the table of results writes for a function."""
    match result:
        case "":
            return UNKNOWN
        case "None":
            return NONE
        case _ if result in PLAIN_BUILTINS:
            return OTHER
        case _ if result.startswith("set["):
            return frozenset({Container(frozenset({Instance(result[4:-1])}))})
        case _:
            return frozenset({Instance(result)})
