"""What type variables stand for: in the bases of a class, and in one call."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from aiomend.facts.module import ModuleFacts
from aiomend.facts.parts import elements_of
from aiomend.facts.scopes import FUNCTIONS, Binding, FunctionNode, How, last_name
from aiomend.facts.tree import walk
from aiomend.facts.values import EMPTY, UNKNOWN, Function, Pending, Plain, ProjectClass, ProjectInstance, Types, Values

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference

_ITERATED = frozenset({"list", "set", "frozenset", "sequence", "iterable", "iterator", "collection", "tuple"})
_AWAITED = frozenset({"awaitable", "coroutine", "future", "task"})


class Generics:
    """Finds out what type variables stand for, for one Inference. They go by the calls that make them."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._bases: dict[tuple[ast.ClassDef, Types], dict[ast.ClassDef, Types]] = {}
        self._returned: dict[FunctionNode, frozenset[ast.expr]] = {}

    # ---- classes ----

    def of_base(self, seen_from: ProjectClass | ProjectInstance, base: ProjectClass) -> Types:
        """Return what the type variables of a class, or of one of its bases, stand for: `class Entity(Base[Model])`."""
        cls, given = (seen_from.cls, seen_from.types) if isinstance(seen_from, ProjectInstance) else (seen_from, ())
        if cls == base:
            return given
        if (cls.node, given) not in self._bases:
            self._bases[cls.node, given] = {}  # while it is worked out
            found: dict[ast.ClassDef, Types] = {}
            self._follow(cls, given, found)
            self._bases[cls.node, given] = found
        return self._bases[cls.node, given].get(base.node, ())

    def _follow(self, cls: ProjectClass, given: Types, found: dict[ast.ClassDef, Types]) -> None:
        for base in cls.node.bases:
            generic = base.value if isinstance(base, ast.Subscript) else base
            for parent in self._inference.values(cls.facts, generic):
                if not isinstance(parent, ProjectClass) or parent.node in found:
                    continue  # it has no body to look into, or is reached through another base already
                types = (
                    self.given(parent, cls.facts, _parts(base.slice), given) if isinstance(base, ast.Subscript) else ()
                )
                found[parent.node] = types
                self._follow(parent, types, found)

    def given(self, cls: ProjectClass, facts: ModuleFacts, arguments: list[ast.expr], around: Types) -> Types:
        """Return what a class's type variables stand for where ``arguments`` are in its brackets."""
        variables = self._parameters(cls)
        if len(arguments) > len(variables) or any(isinstance(one, ast.Starred) for one in arguments):
            return ()  # a variable stands for several of them
        each = zip(variables, arguments, strict=False)
        promised = ((one, self._inference.annotations.promise_with(around, facts, text)) for one, text in each)
        return tuple(
            (one, values)
            for one, values in promised
            if not any(one is Plain.UNKNOWN or isinstance(one, Pending) for one in values)
        )

    def _parameters(self, cls: ProjectClass) -> list[ast.expr]:
        """The type variables of a class: those of `Generic[...]` or `Protocol[...]`, else in the order of its bases."""
        generic = [base for base in cls.node.bases if isinstance(base, ast.Subscript)]
        listed = [base for base in generic if last_name(base.value) in ("Generic", "Protocol")]
        found: list[ast.expr] = []
        for base in listed or generic:
            for variable in self._variables(cls.facts, base.slice):
                if variable not in found:
                    found.append(variable)
        return found

    def _variables(self, facts: ModuleFacts, annotation: ast.expr) -> Iterator[ast.expr]:
        for node in walk(annotation):
            if isinstance(node, (ast.Name, ast.Attribute)):
                variable = self._inference.annotations.variable(facts, node)
                if variable is not None:
                    yield variable

    def member(self, cls: ProjectClass, binding: Binding, seen_from: ProjectClass | ProjectInstance) -> Values | None:
        """Return what one binding of an attribute gives by the type variables in its annotation; None without any.

        `self.x = x` has the annotation of the parameter.
        """
        types = self.of_base(seen_from, cls)
        annotation = _annotation(cls.facts, binding) if types else None
        if annotation is None or not any(True for _ in self._variables(cls.facts, annotation)):
            return None
        promised = self._inference.annotations.promise_with(types, cls.facts, annotation)
        return promised if Plain.UNKNOWN not in promised else None

    def of_method(self, cls: ProjectClass, method: FunctionNode, seen_from: ProjectClass | ProjectInstance) -> Types:
        """Return what the type variables, and `Self`, stand for in the result of a method of a class or its base."""
        if method.returns is None or seen_from in (cls, ProjectInstance(cls)):
            return ()
        told = self.of_base(seen_from, cls)
        types = tuple(one for one in told if one[0] in self._in_result(cls.facts, method)) if told else ()
        if any("Self" in text for text in _words(method.returns)):
            whole = seen_from if isinstance(seen_from, ProjectInstance) else ProjectInstance(seen_from)
            types = (*types, (cls.node, frozenset({whole})))
        return types

    # ---- calls ----

    def of_call(self, facts: ModuleFacts, call: ast.Call, function: Function) -> Types:
        """Return what the arguments of a call say of the type variables in what a function returns."""
        node = function.node
        if (
            not isinstance(node, FUNCTIONS)
            or node.returns is None
            or not (wanted := self._in_result(function.facts, node))
        ):
            return ()
        found: dict[ast.expr, Values] = {}
        for parameter, given in self.pairs(facts, call, function):
            if parameter.annotation is None or wanted.isdisjoint(self._variables(function.facts, parameter.annotation)):
                continue  # it binds no variable
            values = self._inference.values(facts, given)
            for variable, meant in self._matched(function.facts, parameter.annotation, values):
                if variable in wanted:
                    found[variable] = found.get(variable, EMPTY) | meant
        return tuple((variable, values) for variable, values in found.items() if Plain.UNKNOWN not in values and values)

    def of_wrapper(self, wrapper: Function, parameter: ast.arg, given: Values) -> Function:
        """Return what a decorator gives, with what the function under it says of the type variables in its result."""
        node = wrapper.node
        if parameter.annotation is None or not isinstance(node, FUNCTIONS) or node.returns is None:
            return wrapper
        wanted = self._in_result(wrapper.facts, node)
        if not wanted:
            return wrapper
        matched = self._matched(wrapper.facts, parameter.annotation, given)
        types = tuple((one, meant) for one, meant in matched if one in wanted and Plain.UNKNOWN not in meant and meant)
        return replace(wrapper, types=(*types, *wrapper.types))

    def _in_result(self, facts: ModuleFacts, node: FunctionNode) -> frozenset[ast.expr]:
        if node not in self._returned:
            assert node.returns is not None
            self._returned[node] = frozenset(self._variables(facts, node.returns))
        return self._returned[node]

    def pairs(self, facts: ModuleFacts, call: ast.Call, function: Function) -> Iterator[tuple[ast.arg, ast.expr]]:
        """Yield the parameters of a definition with what a call gives them, as far as stars leave it open."""
        assert isinstance(function.node, FUNCTIONS)
        arguments = function.node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        first = self._inference.callers.bound_first(function.facts, function.node, facts, call)
        for parameter, given in zip(positional[first:], call.args, strict=False):
            if isinstance(given, ast.Starred):
                break
            yield parameter, given
        by_name = {one.arg: one for one in (*positional, *arguments.kwonlyargs)}
        for keyword in call.keywords:
            if keyword.arg in by_name:
                yield by_name[keyword.arg], keyword.value

    def _matched(self, home: ModuleFacts, annotation: ast.expr, given: Values) -> Iterator[tuple[ast.expr, Values]]:
        """What an argument says of the variables in a parameter's annotation: `T`, `type[T]`, `Callable[..., list[T]]`."""
        match annotation:
            case ast.Name() | ast.Attribute() if variable := self._inference.annotations.variable(home, annotation):
                yield variable, given
            case ast.Subscript(value=ast.Name() | ast.Attribute() as generic, slice=inner):
                if (alias := self._inference.annotations.generic_alias(home, generic)) is not None:
                    yield from self._matched_alias(*alias, home, _parts(inner), given)
                elif (held := self._held(last_name(generic).lower(), given)) is not None:
                    yield from self._matched(home, _parts(inner)[-1], held)
                else:
                    yield from ((variable, UNKNOWN) for variable in self._variables(home, inner))
            case _:
                return  # no variable, or one that is not looked for

    def _held(self, generic: str, given: Values) -> Values | None:
        """What the last part in the brackets of an annotation stands for, given a value; None where that is not known."""
        match generic:
            case "type":
                return self._inference.instances(given)
            case "optional":
                return given
            case "callable":
                return self._inference.results(given)
            case _ if generic in _AWAITED:
                return self._inference.awaited(given)
            case _ if generic in _ITERATED:
                return elements_of(given)
            case _:
                return None

    def _matched_alias(
        self, home: ModuleFacts, meant: ast.expr, facts: ModuleFacts, arguments: list[ast.expr], given: Values
    ) -> Iterator[tuple[ast.expr, Values]]:
        """What an argument says of the variables in the brackets of an alias: `Handler = Callable[..., Awaitable[T]]`."""
        inner = list(dict.fromkeys(self._variables(home, meant)))
        for variable, values in self._matched(home, meant, given):
            if len(arguments) == len(inner):
                yield from self._matched(facts, arguments[inner.index(variable)], values)


def _annotation(facts: ModuleFacts, binding: Binding) -> ast.expr | None:
    """The annotation of an attribute, or of the parameter that it is set to."""
    if binding.how is How.ANNOTATION:
        return binding.annotation
    function = facts.function_at(binding.node)
    if binding.how is not How.ASSIGN or binding.path or not isinstance(function, FUNCTIONS):
        return None
    if not isinstance(binding.value, ast.Name):
        return None
    match facts.scopes[function].bindings.get(binding.value.id, ()):
        case [Binding(how=How.PARAMETER, annotation=annotation)]:
            return annotation
        case _:
            return None


def _words(annotation: ast.expr) -> Iterator[str]:
    """The names in an annotation, and the texts of those parts that are strings."""
    for node in walk(annotation):
        match node:
            case ast.Name(id=word) | ast.Attribute(attr=word) | ast.Constant(value=str(word)):
                yield word
            case _:
                pass  # brackets and the like


def _parts(inner: ast.expr) -> list[ast.expr]:
    return inner.elts if isinstance(inner, ast.Tuple) else [inner]
