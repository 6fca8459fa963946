"""What a decorated definition is: the bodies of decorators are evaluated with the function that they are given."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from aiomend.facts.catalog.interfaces import canonical
from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.parts import elements_of
from aiomend.facts.scopes import FUNCTIONS, Binding, FunctionNode, How, called_name, last_name
from aiomend.facts.type_checking import telling
from aiomend.facts.values import (
    EMPTY,
    UNKNOWN,
    Context,
    External,
    Function,
    Given,
    Plain,
    ProjectInstance,
    Returns,
    Value,
    Values,
)

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference

#: Decorators that leave a function what it is, as far as calling it goes.
_TRANSPARENT = frozenset(
    [
        "abstractmethod",
        "override",
        "final",
        "wraps",
        "lru_cache",
        "cache",
        "overload",
        "no_type_check",
        "callback",
        "staticmethod",
        "classmethod",
        "reify",
        "setter",
        "getter",
        "deleter",
    ]
)
COROUTINE_DECORATORS = frozenset({"asyncio.coroutine", "types.coroutine"})
_CONTEXT_DECORATORS = frozenset({"contextlib.contextmanager", "contextlib.asynccontextmanager"})
_COROUTINE_TESTS = frozenset({"asyncio.iscoroutinefunction", "inspect.iscoroutinefunction"})


class Decorators:
    """Applies decorators for one Inference."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference

    def decorated(self, function: Function) -> Values:
        """Return what a decorated definition binds; UNKNOWN under a decorator of which nothing is known."""
        node = function.node
        assert isinstance(node, FUNCTIONS)
        current: Values = frozenset({function})
        for decorator in reversed(node.decorator_list):
            if called_name(decorator) in _TRANSPARENT or is_property(decorator):
                continue  # the function stays what it is; the class table calls properties
            current = self.applied(self._inference.values(function.facts, decorator), current)
            if Plain.UNKNOWN in current:
                return UNKNOWN
        return current

    def applied(self, decorators: Values, current: Values) -> Values:
        """Return what calling ``decorators`` with the functions ``current`` gives."""
        found: set[Value] = set()
        for decorator in decorators:
            match decorator:
                case External(name=name) if name in COROUTINE_DECORATORS:
                    found |= current  # a coroutine function, as is_coroutine_function says
                case External(name=name) if name in _CONTEXT_DECORATORS:
                    made = elements_of(self._inference.results(current))
                    found.add(Returns(frozenset({Context(made)})))
                case Plain.SAME:
                    found |= current
                case Returns(result=result):
                    found |= result
                case Function() if is_asyncios_own(decorator):
                    found |= current  # likewise
                case Function(node=ast.FunctionDef()) if not self._inference.is_coroutine_function(decorator):
                    found |= self._wrapped(decorator, current, 0)
                case ProjectInstance():
                    for method in self._inference.classes.attribute(decorator, "__call__"):
                        found |= self._wrapped(method, current, 1) if isinstance(method, Function) else UNKNOWN
                case _:
                    found |= UNKNOWN
        return frozenset(found) or UNKNOWN

    def _wrapped(self, decorator: Function, current: Values, position: int) -> Values:
        """What a decorator of the project returns: its own wrapper, or the function that it was given."""
        node, facts = decorator.node, decorator.facts
        parameters = [*node.args.posonlyargs, *node.args.args]
        if not isinstance(node, ast.FunctionDef) or len(parameters) <= position:
            overloaded = isinstance(node, ast.FunctionDef) and _is_overload(node)
            return EMPTY if overloaded else UNKNOWN  # another overload is meant
        parameter = parameters[position]
        if parameter.annotation is not None and self._inference.annotations.is_same(
            facts, [parameter.annotation], node.returns
        ):
            return current
        before = decorator.given
        given = Given(
            facts,
            before.function if before is not None else node,
            (*(before.values if before is not None else ()), (parameter, current)),
        )
        found: set[Value] = set()
        with self._inference.given(given):
            for statement in (one for one in own_nodes(node) if isinstance(one, ast.Return)):
                if self.is_reached(facts, statement):
                    found |= self._inference.values(facts, statement.value) if statement.value else UNKNOWN
        callables = (Function, Returns, ProjectInstance)
        if found and all(isinstance(one, callables) for one in found):
            told = self._inference.generics.of_wrapper
            return frozenset(told(one, parameter, current) if isinstance(one, Function) else one for one in found)
        promised = self._inference.annotations.promise(facts, node.returns)
        is_told = all(isinstance(one, Returns) and Plain.UNKNOWN not in one.result for one in promised)
        return promised if is_told else UNKNOWN

    def applied_again(self, decorators: list[Value]) -> Values | None:
        """Return the function that is given to the decorator whose body is being read, where that applies itself; else None.

        What it makes of a function it makes of that, too: once more tells nothing new.
        """
        given = self._inference.given_now
        if given is None or len(decorators) != 1:
            return None
        match decorators[0]:
            case Function(node=node):
                applied = frozenset({node})
            case ProjectInstance():
                called = self._inference.classes.attribute(decorators[0], "__call__")
                applied = frozenset(one.node for one in called if isinstance(one, Function))
            case _:
                return None
        return given.values[-1][1] if applied == {given.function} else None

    # ---- which branch ----

    def possible(self, facts: ModuleFacts, bindings: list[Binding]) -> list[Binding]:
        """Return the bindings that count: overloads for the function that they describe, a property without what sets it,
        what stands under `TYPE_CHECKING` for what does not, and none of a dead branch.
        """
        bindings = telling(facts, [one for one in bindings if not _sets(one)] or bindings)
        definitions = [one.node for one in bindings if one.how is How.DEF]
        told = [one for one in definitions if isinstance(one, FUNCTIONS) and _is_overload(one) and one.returns]
        if told and len(told) == len(definitions) - 1:
            return [one for one in bindings if one.node in told or one.how is not How.DEF]
        if self._inference.given_at(facts, bindings[0].node) is not None:
            return [one for one in bindings if self.is_reached(facts, one.node)]
        return bindings

    def is_reached(self, facts: ModuleFacts, node: ast.AST) -> bool:
        """False where a test around a node asks what is given, and the answer is another branch."""
        inner = node
        for outer in facts.ancestors(node):
            if isinstance(outer, ast.If) and inner is not outer.test:
                holds = self.holds(facts, outer.test)
                if holds is not None and holds != (inner in outer.body):
                    return False
            if isinstance(outer, FUNCTIONS):
                return True
            inner = outer
        return True

    def holds(self, facts: ModuleFacts, test: ast.expr) -> bool | None:
        """Return how a test of a given function ends; None for every other test."""
        if self._inference.given_at(facts, test) is None:
            return None
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                holds = self.holds(facts, inner)
                return None if holds is None else not holds
            case ast.Compare(left=ast.Name() as left, ops=[ast.Is() | ast.IsNot() as op], comparators=[other]):
                is_none = isinstance(other, ast.Constant) and other.value is None and self._functions(facts, left)
                return isinstance(op, ast.IsNot) if is_none else None
            case ast.Name() if self._functions(facts, test):
                return True
            case ast.Call(func=func, args=[ast.Name() as asked]) if functions := self._functions(facts, asked):
                name = self._inference.external_name(facts, func)
                if name == "callable":
                    return True
                answers = {self._inference.is_coroutine_function(one) for one in functions}
                return answers.pop() if name in _COROUTINE_TESTS and len(answers) == 1 else None
            case _:
                return None

    def _functions(self, facts: ModuleFacts, name: ast.Name) -> list[Function]:
        """The functions that a name is; empty where it may be something else."""
        values = self._inference.values(facts, name)
        found = [one for one in values if isinstance(one, Function)]
        return found if len(found) == len(values) else []


def is_asyncios_own(function: Function) -> bool:
    """True for `coroutine()` where the project is asyncio, or a copy of it."""
    node = function.node
    return isinstance(node, FUNCTIONS) and canonical(f"{function.facts.name}.{node.name}") == "asyncio.coroutine"


def is_property(decorator: ast.expr) -> bool:
    """True for a decorator that goes by the name of a property: reading the attribute calls the function."""
    name = called_name(decorator)
    return name == "reify" or name.endswith("property")


def _sets(binding: Binding) -> bool:
    """True for the function under `@name.setter` or `@name.deleter`: who reads the name gets what the property gives."""
    return isinstance(binding.node, FUNCTIONS) and any(
        isinstance(one, ast.Attribute)
        and one.attr in ("setter", "deleter")
        and last_name(one.value) == binding.node.name
        for one in binding.node.decorator_list
    )


def _is_overload(function: FunctionNode) -> bool:
    return any(called_name(decorator) == "overload" for decorator in function.decorator_list)
