"""Why a call is not known to give a coroutine: the first thing, seen from the call inwards, that nothing is known of."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from aiomend.facts.inference import Inference
from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.scopes import FUNCTIONS, Binding, How, Scope
from aiomend.facts.values import (
    Coroutine,
    External,
    Function,
    Instance,
    Plain,
    ProjectClass,
    ProjectInstance,
    ProjectModule,
    Returns,
    Value,
    Values,
)

_DEPTH = 16


@dataclass(frozen=True, slots=True)
class Reason:
    """A kind of ignorance, and which one it is."""

    kind: str
    detail: str = ""


@dataclass(slots=True)
class Search:
    """The way from one call to what is not known."""

    inference: Inference
    seen: set[ast.AST] = field(default_factory=set)

    def call(self, facts: ModuleFacts, node: ast.Call) -> Reason:
        """Return why a call's value is not (only) a coroutine."""
        if node in self.seen or len(self.seen) > _DEPTH:
            return Reason("depends on itself")
        self.seen.add(node)
        mixed = self.inference.values_from_callers(facts, node)
        if any(isinstance(value, Coroutine) for value in mixed) and Plain.UNKNOWN not in mixed:
            others = sorted(_shown(value) for value in mixed if not isinstance(value, Coroutine))
            return Reason("a coroutine or something else", ", ".join(others))
        for callee in _least_known_first(self.inference.values_from_callers(facts, node.func)):
            match callee:
                case Plain.UNKNOWN:
                    return self.expression(facts, node.func)
                case External(name=name):
                    if self.inference.results(frozenset({callee})) <= _known(mixed):
                        continue  # another callee is to blame
                    return Reason("external function or class", name)
                case Function():
                    if self.inference.results(frozenset({callee})) <= _known(mixed):
                        continue  # another callee is to blame
                    return self._function(callee)
                case Plain.NONE | Coroutine():
                    continue  # calling it raises: another callee is to blame
                case ProjectInstance(cls=cls):
                    return self._attribute(cls, "__call__")
                case Returns(result=result) if Plain.UNKNOWN in result:
                    return Reason("callable with an unknown result", _origin(facts, node.func))
                case _:
                    continue  # nothing unknown here
        if Plain.UNKNOWN in mixed:
            return self._unknown_result(facts, node)
        return Reason("known, and no coroutine", ", ".join(sorted(_shown(value) for value in mixed)))

    def _unknown_result(self, facts: ModuleFacts, node: ast.Call) -> Reason:
        """Nothing is known of what calling known values gives."""
        shown = ", ".join(sorted(_shown(value) for value in self.inference.values_from_callers(facts, node.func)))
        return Reason("calling it gives what is not known", f"{shown}: {_origin(facts, node.func)}")

    def _function(self, function: Function) -> Reason:
        node, facts = function.node, function.facts
        if isinstance(node, ast.Lambda):
            return self.expression(facts, node.body)
        if node.returns is not None:
            return self._annotation(facts, node.returns, "returns")
        for inner in own_nodes(node):
            value = inner.value if isinstance(inner, ast.Return) else None
            if value is not None and Plain.UNKNOWN in self.inference.values_from_callers(facts, value):
                return self.expression(facts, value)
        return Reason("function of the project with an unknown result", f"def {node.name}")

    def expression(self, facts: ModuleFacts, node: ast.expr) -> Reason:
        """Return why nothing is known of an expression."""
        if isinstance(node, ast.Call):
            return self.call(facts, node)
        if node in self.seen or len(self.seen) > _DEPTH:
            return Reason("depends on itself")
        self.seen.add(node)
        match node:
            case ast.Name(id=name):
                return self._name(facts, facts.scope_at(node), name)
            case ast.Attribute(value=value, attr=attr):
                for receiver in _least_known_first(self.inference.values_from_callers(facts, value)):
                    if Plain.UNKNOWN in self.inference.attribute(frozenset({receiver}), attr):
                        return self._member(facts, value, receiver, attr)
                return Reason("attribute with an unknown value", f".{attr}")
            case ast.Await(value=value) | ast.YieldFrom(value=value):
                inner = self.inference.values_from_callers(facts, value)
                if Plain.UNKNOWN in inner:
                    return self.expression(facts, value)
                return Reason("result of awaiting", ", ".join(sorted(_shown(one) for one in inner)))
            case ast.Subscript(value=value):
                if Plain.UNKNOWN in self.inference.values_from_callers(facts, value):
                    return self.expression(facts, value)
                return Reason("item of a container", _text(node))
            case ast.BoolOp(values=parts):
                return self._first_unknown(facts, parts)
            case ast.IfExp(body=body, orelse=orelse):
                return self._first_unknown(facts, [body, orelse])
            case ast.Constant() | ast.Dict() | ast.List() | ast.Set() | ast.Tuple():
                return Reason("element of a literal", type(node).__name__)
            case _:
                return Reason("expression that is not evaluated", type(node).__name__)

    def _first_unknown(self, facts: ModuleFacts, parts: list[ast.expr]) -> Reason:
        for part in parts:
            if Plain.UNKNOWN in self.inference.values_from_callers(facts, part):
                return self.expression(facts, part)
        return Reason("depends on itself")

    def _member(self, facts: ModuleFacts, node: ast.expr, receiver: Value, attr: str) -> Reason:
        match receiver:
            case Plain.UNKNOWN:
                return self.expression(facts, node)
            case Instance(cls=cls):
                return Reason("attribute of an external instance", f"{cls}.{attr}")
            case ProjectClass():
                return self._attribute(receiver, attr)
            case ProjectInstance(cls=cls):
                return self._attribute(cls, attr)
            case ProjectModule(facts=module) if attr in module.scope.bindings:
                return self._name(module, module.scope, attr)
            case _:
                return Reason("attribute of another value", f"{_shown(receiver)}.{attr}")

    def _name(self, facts: ModuleFacts, scope: Scope, name: str) -> Reason:
        home = scope.find(name)
        if home is None:
            return Reason("name that nothing binds", f"star imports: {', '.join(facts.stars) or 'none'}")
        for binding in home[1]:
            if Plain.UNKNOWN in self.inference.bindings.bound(facts, home[0], name, [binding]):
                return self._binding(facts, home[0], name, binding)
        return Reason("name bound in several ways", name)

    def _binding(self, facts: ModuleFacts, scope: Scope, name: str, binding: Binding) -> Reason:
        match binding.how:
            case How.PARAMETER if binding.annotation is not None:
                return self._annotation(facts, binding.annotation, "parameter")
            case How.PARAMETER:
                inside = "lambda" if isinstance(scope.node, ast.Lambda) else "function"
                return Reason(f"parameter of a {inside} without annotation", name)
            case How.FROM if (inner := self._in_project(facts, binding)) is not None:
                return self._name(inner, inner.scope, binding.member)
            case How.FROM | How.IMPORT:
                return Reason("import that is not found", f"{binding.target}.{binding.member}".strip("."))
            case How.DEF if isinstance(binding.node, FUNCTIONS):
                return _decorators(binding.node)
            case How.ANNOTATION if binding.annotation is not None:
                return self._annotation(facts, binding.annotation, "variable")
            case How.ASSIGN if binding.value is not None:
                return self._assigned(facts, binding.value)
            case How.ITERATION if binding.value is not None:
                return self._through(facts, binding, "element of")
            case How.CONTEXT if binding.value is not None:
                return self._through(facts, binding, "entered")
            case _:
                return Reason("name bound otherwise", type(binding.node).__name__)

    def _in_project(self, facts: ModuleFacts, binding: Binding) -> ModuleFacts | None:
        """The module of the project that binds an imported name, if it is not being looked at already."""
        target = self.inference.project.module(binding.target, facts.path)
        if target is None or binding.node in self.seen or binding.member not in target.scope.bindings:
            return None
        self.seen.add(binding.node)
        return target

    def _assigned(self, facts: ModuleFacts, value: ast.expr) -> Reason:
        if Plain.UNKNOWN in self.inference.values_from_callers(facts, value):
            return self.expression(facts, value)
        return Reason("unpacked from", _text(value))

    def _through(self, facts: ModuleFacts, binding: Binding, how: str) -> Reason:
        assert binding.value is not None
        kind = f"{how} an asynchronous one" if binding.is_async else how
        values = self.inference.values_from_callers(facts, binding.value)
        if Plain.UNKNOWN in values:
            return self.expression(facts, binding.value)
        shown = ", ".join(sorted(_shown(value) for value in values))
        return Reason(kind, f"{shown}: {_text(binding.value)}")

    def _annotation(self, facts: ModuleFacts, annotation: ast.expr, of: str) -> Reason:
        values = self.inference.values_from_callers(facts, annotation)
        names = sorted(value.name for value in values if isinstance(value, External))
        text = _text(annotation).strip("'\"")
        if names:
            return Reason(f"annotation of a {of} is external", f"{text} = {', '.join(names)}")
        return Reason(f"annotation of a {of} is not understood", text)

    def _attribute(self, cls: ProjectClass, attr: str) -> Reason:
        for one in self.inference.classes.mro(cls):
            bindings = one.facts.scopes[one.node].bindings.get(attr, [])
            for binding in bindings:
                if Plain.UNKNOWN in self.inference.bindings.bound(
                    one.facts, one.facts.scopes[one.node], attr, [binding]
                ):
                    return self._binding(one.facts, one.facts.scopes[one.node], attr, binding)
                if isinstance(binding.node, ast.FunctionDef):
                    return self._function(Function(one.facts, binding.node, one))
            for annotation, value in _assigned_to_self(one.node, attr):
                if annotation is not None:
                    return self._annotation(one.facts, annotation, "attribute")
                if value is not None and Plain.UNKNOWN in self.inference.values(one.facts, value):
                    return self.expression(one.facts, value)
                if value is None:
                    return Reason("attribute set by unpacking, a loop or `with`", attr)
        return self._from_outside(cls, attr)

    def _from_outside(self, cls: ProjectClass, attr: str) -> Reason:
        for one in self.inference.classes.mro(cls):
            for base, values in zip(one.node.bases, self.inference.classes.bases(one), strict=True):
                if Plain.UNKNOWN in values:
                    return Reason("attribute of an unknown base class", f"{_text(base)}")
        external = self.inference.classes.external_bases(cls)
        if external:
            return Reason("attribute of an external base class", f"{', '.join(sorted(external))}: .{attr}")
        return Reason("attribute that its class does not have", f".{attr}")


def _known(mixed: Values) -> Values:
    return frozenset(value for value in mixed if isinstance(value, Coroutine))


def _least_known_first(values: Values) -> list[Value]:
    return sorted(values, key=lambda value: (value is not Plain.UNKNOWN, _shown(value)))


def _assigned_to_self(cls: ast.ClassDef, attr: str) -> list[tuple[ast.expr | None, ast.expr | None]]:
    """Annotation and value of each assignment to an attribute of that name in a class's methods."""
    found: list[tuple[ast.expr | None, ast.expr | None]] = []
    for node in ast.walk(cls):
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    if isinstance(target, ast.Attribute) and target.attr == attr:
                        found.append((None, value))
                    elif any(isinstance(one, ast.Attribute) and one.attr == attr for one in ast.walk(target)):
                        found.append((None, None))
            case ast.AnnAssign(target=ast.Attribute(attr=name), annotation=annotation, value=value) if name == attr:
                found.append((annotation, value))
            case _:
                pass  # assigns no attribute
    return found


def _decorators(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Reason:
    shown = [_text(one.func if isinstance(one, ast.Call) else one) for one in node.decorator_list]
    return Reason("decorated function", ", ".join(f"@{name}" for name in shown) or f"def {node.name}")


def _origin(facts: ModuleFacts, callee: ast.expr) -> str:
    """The annotation or value that a callable came from, where its name tells; else how it is written."""
    if isinstance(callee, ast.Name) and (home := facts.scope_at(callee).find(callee.id)) is not None:
        for binding in home[1]:
            if origin := binding.annotation or binding.value:
                return f"{binding.how.value} {_text(origin)}"
    return f".{callee.attr}" if isinstance(callee, ast.Attribute) else _text(callee)


def _text(node: ast.expr) -> str:
    return ast.unparse(node)[:80]


def _shown(value: Value) -> str:
    match value:
        case External(name=name):
            return name
        case Instance(cls=name):
            return f"instance of {name}"
        case ProjectClass(node=node):
            return f"class {node.name}"
        case ProjectInstance(cls=cls):
            return f"instance of the project's {cls.node.name}"
        case Plain():
            return value.name.lower()
        case _:
            return type(value).__name__.lower()
