"""Which value is a future, a task, a loop, a coroutine, a lock: flow-insensitive evaluation to sets of abstract values.

What is not known is the value `UNKNOWN`, a member like any other, so that a set never looks unanimous by accident.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable
from functools import cached_property

from aiomend.facts.catalog import blocking
from aiomend.facts.catalog.interfaces import canonical, inherits, interfaces, is_class
from aiomend.facts.classes import ClassTable
from aiomend.facts.module import ModuleFacts, is_generator, own_nodes
from aiomend.facts.project import ProjectFacts
from aiomend.facts.scopes import FUNCTIONS, Binding, How, Scope
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
    Instance,
    Plain,
    ProjectClass,
    ProjectInstance,
    ProjectModule,
    Returns,
    Values,
)

_WIDTH = 12  #: a larger set says nothing that a rule could use
_DEPTH = 24

_TRANSPARENT = frozenset(
    {
        "abstractmethod",
        "override",
        "final",
        "wraps",
        "lru_cache",
        "cache",
        "overload",
        "no_type_check",
        "callback",
    }
)
_COROUTINE_DECORATORS = frozenset({"asyncio.coroutine", "types.coroutine"})
_COPIES = frozenset({"list", "tuple", "set", "frozenset", "sorted", "reversed", "iter", "collections.deque"})
_PICKS = frozenset({"pop", "popleft", "get", "setdefault", "popitem", "get_nowait"})
_PLAIN_BUILTINS = frozenset(
    {
        "str",
        "int",
        "bool",
        "bytes",
        "float",
        "len",
        "repr",
        "isinstance",
        "hasattr",
        "id",
        "range",
        "abs",
        "print",
    }
)
_ADDS = frozenset({"append", "appendleft", "add", "put_nowait", "insert", "setdefault"})


class Inference:
    """Evaluates expressions of a project. Memoises by node; a fresh one is needed when a file's text changes."""

    def __init__(self, project: ProjectFacts) -> None:
        self.project = project
        self.classes = ClassTable(self)
        self._memo: dict[ast.AST, Values] = {}
        self._active: set[object] = set()
        self._cuts = 0  #: how often an evaluation ended in itself; such a result is not the last word

    # ---- expressions ---

    def values(self, facts: ModuleFacts, node: ast.expr) -> Values:
        """Return what an expression may be."""
        known = self._memo.get(node)
        if known is not None:
            return known
        if len(self._active) > _DEPTH or not self.enter(node):
            self._cuts += 1
            return UNKNOWN
        before = self._cuts
        try:
            found = self._evaluate(facts, node) or UNKNOWN
        finally:
            self.leave(node)
        if len(found) > _WIDTH:
            found = UNKNOWN
        if before == self._cuts or not self._active:
            self._memo[node] = found
        return found

    def enter(self, key: object) -> bool:
        """Note that ``key`` is being evaluated; False where it already is, which is a recursion."""
        if key in self._active:
            self._cuts += 1
            return False
        self._active.add(key)
        return True

    def leave(self, key: object) -> None:
        """The evaluation that `enter` began is over."""
        self._active.discard(key)

    def _evaluate(self, facts: ModuleFacts, node: ast.expr) -> Values:
        match node:
            case ast.Name(id=name):
                return self.name(facts, facts.scope_at(node), name)
            case ast.Attribute(value=value, attr=attr):
                return self.attribute(self.values(facts, value), attr)
            case ast.Call():
                return self._call(facts, node)
            case ast.Await(value=value) | ast.YieldFrom(value=value):
                return self.awaited(self.values(facts, value))
            case ast.Constant(value=None):
                return NONE
            case ast.Constant() | ast.JoinedStr() | ast.Compare() | ast.UnaryOp() | ast.BinOp():
                return OTHER
            case ast.BoolOp(values=parts):
                return self._union(facts, parts)
            case ast.IfExp(body=body, orelse=orelse):
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
                return frozenset({Function(facts, node)})
            case _:
                return UNKNOWN

    def _union(self, facts: ModuleFacts, nodes: Iterable[ast.expr]) -> Values:
        return EMPTY.union(*(self.values(facts, node) for node in nodes))

    def _item(self, values: Values, index: ast.expr) -> Values:
        found: set[object] = set()
        for value in values:
            match value, index:
                case Fixed(items=items), ast.Constant(value=int(position)) if -len(items) <= position < len(items):
                    found |= items[position]
                case Container(elements=elements), ast.Slice():
                    found.add(Container(elements))
                case Container(elements=elements), _:
                    found |= elements or UNKNOWN
                case _:
                    found |= UNKNOWN
        return frozenset(found)  # type: ignore[arg-type]

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
        found = EMPTY.union(*(self._binding(facts, scope, binding) for binding in bindings))
        if any(isinstance(value, Container) for value in found):
            added = self._added_to_name(facts, scope, name)
            found = frozenset(Container(v.elements | added) if isinstance(v, Container) else v for v in found)
        return found

    def _binding(self, facts: ModuleFacts, scope: Scope, binding: Binding) -> Values:
        match binding.how:
            case How.IMPORT:
                inner = self.project.module(binding.target, facts.path)
                return frozenset({ProjectModule(inner) if inner else External(canonical(binding.target))})
            case How.FROM:
                return self._imported(facts, binding)
            case How.DEF:
                assert isinstance(binding.node, FUNCTIONS)
                return self._decorated(facts, Function(facts, binding.node))
            case How.CLASS:
                assert isinstance(binding.node, ast.ClassDef)
                return frozenset({ProjectClass(facts, binding.node)})
            case How.PARAMETER:
                return self._parameter(facts, scope, binding)
            case How.ANNOTATION:
                return self.annotated(facts, binding.annotation, binding.value)
            case How.ASSIGN if binding.value is not None:
                return self.unpack(self.values(facts, binding.value), binding.path)
            case How.ITERATION if binding.value is not None and not binding.is_async:
                return self.unpack(self._elements(self.values(facts, binding.value)), binding.path)
            case How.CONTEXT if binding.value is not None:
                return self.unpack(self._entered(self.values(facts, binding.value)), binding.path)
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

    def _parameter(self, facts: ModuleFacts, scope: Scope, binding: Binding) -> Values:
        function = scope.node
        if isinstance(function, FUNCTIONS) and (owner := facts.class_of(function)) is not None:
            first = [*function.args.posonlyargs, *function.args.args][:1]
            kinds = {_last(decorator) for decorator in function.decorator_list}
            if first and first[0] is binding.node and "staticmethod" not in kinds:
                cls = ProjectClass(facts, owner)
                is_cls = "classmethod" in kinds or function.name in ("__new__", "__init_subclass__")
                return frozenset({cls if is_cls else ProjectInstance(cls)})
        if binding.annotation is not None:
            return self.annotated(facts, binding.annotation, None)
        return UNKNOWN

    def annotated(self, facts: ModuleFacts, annotation: ast.expr | None, value: ast.expr | None) -> Values:
        """Return the instances that an annotation promises; what was assigned where it says nothing useful."""
        promised = self._promise(facts, annotation)
        if promised == UNKNOWN and value is not None:
            return self.values(facts, value)
        return promised

    def _promise(self, facts: ModuleFacts, annotation: ast.expr | None) -> Values:
        match annotation:
            case None:
                return UNKNOWN
            case ast.Constant(value=None):
                return NONE
            case ast.Constant(value=str(text)):
                try:
                    parsed = ast.parse(text, mode="eval").body
                except SyntaxError:
                    return UNKNOWN
                return self._promise_text(facts, annotation, parsed)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return self._promise(facts, left) | self._promise(facts, right)
            case ast.Subscript(value=generic, slice=inner):
                return self._generic(facts, generic, inner)
            case ast.Name() | ast.Attribute():
                return self.instances(self.values(facts, annotation))
            case _:
                return UNKNOWN

    def _promise_text(self, facts: ModuleFacts, place: ast.expr, parsed: ast.expr) -> Values:
        # A string annotation is read in the scope of the string.
        for node in ast.walk(parsed):
            facts.adopt(node, place)
        return self._promise(facts, parsed)

    def _generic(self, facts: ModuleFacts, generic: ast.expr, inner: ast.expr) -> Values:
        values = self.values(facts, generic)
        names = {value.name for value in values if isinstance(value, External)}
        parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
        if len(names) != 1 or len(values) != 1:
            return self.instances(values)
        last = names.pop().rpartition(".")[2].lower()
        if last in ("optional", "final", "classvar", "annotated"):
            return self._promise(facts, parts[0]) | (NONE if last == "optional" else EMPTY)
        if last == "union":
            return EMPTY.union(*(self._promise(facts, part) for part in parts))
        if last in ("list", "set", "deque", "frozenset", "sequence", "iterable", "iterator", "collection"):
            return frozenset({Container(self._promise(facts, parts[0]))})
        if last in ("dict", "mapping", "defaultdict", "ordereddict", "mutablemapping"):
            return frozenset({Container(self._promise(facts, parts[-1]))})
        if last == "tuple":
            if isinstance(parts[-1], ast.Constant) and parts[-1].value is ...:
                return frozenset({Container(self._promise(facts, parts[0]))})
            return frozenset({Fixed(tuple(self._promise(facts, part) for part in parts))})
        if last == "coroutine":
            return frozenset({Coroutine(self._promise(facts, parts[-1]))})
        if last == "awaitable":
            return frozenset({Eventual(self._promise(facts, parts[-1]))})
        if last == "callable":
            return frozenset({Returns(self._promise(facts, parts[-1]))})
        return self.instances(values)

    def instances(self, values: Values) -> Values:
        """Return the instances of the classes among ``values``."""
        found: set[object] = set()
        for value in values:
            match value:
                case ProjectClass():
                    found.add(ProjectInstance(value))
                case External(name=name) if name in _PLAIN_BUILTINS:
                    found |= OTHER
                case External(name=name) if is_class(name) or blocking.class_of_result(name):
                    found.add(Instance(blocking.class_of_result(name) or name))
                case Plain.NONE:
                    found |= NONE
                case _:
                    found |= UNKNOWN
        return frozenset(found)  # type: ignore[arg-type]

    # ---- taking apart ---

    def _elements(self, values: Values) -> Values:
        found: set[object] = set()
        for value in values:
            match value:
                case Container(elements=elements):
                    found |= elements
                case Fixed(items=items):
                    found |= EMPTY.union(*items)
                case _:
                    found |= UNKNOWN
        return frozenset(found)  # type: ignore[arg-type]

    def unpack(self, values: Values, path: tuple[int, ...]) -> Values:
        for position in path:
            values = self._item(values, ast.Constant(position))
        return values

    def _entered(self, values: Values) -> Values:
        """`with` on an external class gives its instance, as nearly all do; on a project's class what is not known."""
        return frozenset(v if isinstance(v, Instance) else Plain.UNKNOWN for v in values)

    def awaited(self, values: Values) -> Values:
        """Return what awaiting gives."""
        found: set[object] = set()
        for value in values:
            match value:
                case Coroutine(result=result) | Eventual(result=result):
                    found |= result
                case _:
                    found |= UNKNOWN
        return frozenset(found)  # type: ignore[arg-type]

    def _added_to_name(self, facts: ModuleFacts, scope: Scope, name: str) -> Values:
        added: set[object] = set()
        for node in facts.names.get(name, ()):
            home = facts.scope_at(node).find(name)
            if home is not None and home[0] is scope:
                added |= self.added_through(facts, node)
        return frozenset(added)  # type: ignore[arg-type]

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
                return self._elements(self.values(facts, more))
            case ast.Attribute(attr="update"), ast.Call(func=func) if func is parent:
                return UNKNOWN  # whatever that other mapping holds
            case _:
                return EMPTY

    # ---- attributes and calls ---

    def attribute(self, values: Values, attr: str) -> Values:
        """Return what an attribute of ``values`` may be."""
        found: set[object] = set()
        for value in values:
            match value:
                case External(name=name):
                    found.add(External(canonical(f"{name}.{attr}")))
                case Instance(cls=cls):
                    found |= self._external_attribute(cls, attr)
                case ProjectModule(facts=facts):
                    found |= self.member(facts, attr) or UNKNOWN
                case ProjectClass() | ProjectInstance():
                    found |= self.classes.attribute(value, attr)
                case Container(elements=elements) if attr in _PICKS:
                    found.add(Returns(elements or UNKNOWN))
                case Container() if attr in ("values", "copy"):
                    found.add(Returns(frozenset({value})))
                case Container(elements=elements) if attr == "items":
                    found.add(Returns(frozenset({Container(frozenset({Fixed((UNKNOWN, elements or UNKNOWN))}))})))
                case Plain.NONE:
                    pass  # None has no attributes that code asks for: the other values decide
                case Plain.UNKNOWN if attr == "create_future" and not self._makes_own_futures:
                    found.add(External("asyncio.AbstractEventLoop.create_future"))  # nothing else has such a method
                case _:
                    found |= UNKNOWN
        return frozenset(found)  # type: ignore[arg-type]

    @cached_property
    def _makes_own_futures(self) -> bool:
        """True where a class of the project has a `create_future`, which may make anything."""
        return any(re.search(rb"^[ \t]+def create_future\b", data, re.MULTILINE) for data in self.project.every_bytes())

    def _external_attribute(self, cls: str, attr: str) -> Values:
        """A method of a listed class goes by the name of the class that defines it."""
        table = interfaces()
        seen = [cls]
        for one in seen:
            full = f"{one}.{attr}"
            if full in table.returns or full in table.coroutines:
                return frozenset({External(full)})
            seen.extend(table.bases.get(one, ()))
        return frozenset({External(f"{cls}.{attr}")})

    def _call(self, facts: ModuleFacts, node: ast.Call) -> Values:
        callees = self.values(facts, node.func)
        for value in callees:
            match value:
                case External(name=name) if name in _COPIES and node.args and len(callees) == 1:
                    return frozenset({Container(self._elements(self.values(facts, node.args[0])))})
                case External(name="enumerate") if node.args and len(callees) == 1:
                    elements = self._elements(self.values(facts, node.args[0]))
                    return frozenset({Container(frozenset({Fixed((OTHER, elements))}))})
                case External(name="collections.defaultdict") if len(callees) == 1:
                    made = self.results(self.values(facts, node.args[0])) if node.args else EMPTY
                    return frozenset({Container(made)})
                case External(name="super") if not node.args:
                    return self._super(facts, node)
                case External(name="functools.partial") if node.args and len(callees) == 1:
                    return frozenset({Returns(self.results(self.values(facts, node.args[0])))})
                case External(name="typing.cast") if len(node.args) == 2 and len(callees) == 1:
                    return self._promise(facts, node.args[0])
                case _:
                    pass  # an ordinary call
        return self.results(callees)

    def _super(self, facts: ModuleFacts, node: ast.Call) -> Values:
        scope = facts.scope_at(node).function
        owner = facts.class_of(scope.node) if scope is not None else None
        if owner is None:
            return UNKNOWN
        return self.classes.parents_of(ProjectClass(facts, owner))

    def results(self, callees: Values) -> Values:
        """Return what calling ``callees`` gives."""
        found: set[object] = set()
        for value in callees:
            match value:
                case External(name=name):
                    found |= self._external_result(name)
                case ProjectClass():
                    found.add(ProjectInstance(value))
                case ProjectInstance():
                    found |= self.results(self.classes.attribute(value, "__call__"))
                case Function():
                    found |= self._function_result(value)
                case Returns(result=result):
                    found |= result
                case Plain.NONE:
                    pass  # calling None raises: the other values decide
                case _:
                    found |= UNKNOWN
        return frozenset(found)  # type: ignore[arg-type]

    def _external_result(self, name: str) -> Values:
        table = interfaces()
        if name in table.returns:
            return frozenset({Instance(table.returns[name])})
        if name in table.coroutines:
            result = table.coroutines[name]
            parts = [part.strip() for part in result.split(",")] if result else []
            each = [frozenset({Instance(part)}) if part else UNKNOWN for part in parts]
            whole: Values = frozenset({Fixed(tuple(each))}) if len(each) > 1 else each[0] if each else UNKNOWN
            return frozenset({Coroutine(whole)})
        if name in _PLAIN_BUILTINS:
            return OTHER
        if name in _COPIES or name in (
            "dict",
            "collections.OrderedDict",
            "weakref.WeakSet",
            "weakref.WeakValueDictionary",
        ):
            return frozenset({Container(EMPTY)})
        if cls := blocking.class_of_result(name):
            return frozenset({Instance(canonical(cls))})
        if is_class(name):
            return frozenset({Instance(name)})
        return UNKNOWN

    def _function_result(self, function: Function) -> Values:
        node = function.node
        if isinstance(node, ast.Lambda):
            return self.values(function.facts, node.body)
        key = ("result", node)
        if not self.enter(key):
            return UNKNOWN  # recursion
        try:
            if node.returns is not None:
                result = self._promise(function.facts, node.returns)
            else:
                returned = [n.value for n in own_nodes(node) if isinstance(n, ast.Return)]
                result = (
                    EMPTY.union(*(self.values(function.facts, v) if v is not None else NONE for v in returned)) or NONE
                )
            if self.is_coroutine_function(function):
                if isinstance(node, ast.AsyncFunctionDef) and is_generator(node):
                    return UNKNOWN  # an async generator
                return frozenset({Coroutine(result, function)})
            if is_generator(node):
                return OTHER if node.returns is None else UNKNOWN
            return result
        finally:
            self.leave(key)

    def is_coroutine_function(self, function: Function) -> bool:
        """True for `async def` and for generators under `@asyncio.coroutine` or `@types.coroutine`."""
        node = function.node
        if isinstance(node, ast.Lambda):
            return False
        return isinstance(node, ast.AsyncFunctionDef) or self.coroutine_decorator(function.facts, node) is not None

    def coroutine_decorator(self, facts: ModuleFacts, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.expr | None:
        """Return the decorator that makes a generator a coroutine function."""
        for decorator in node.decorator_list:
            values = self.values(facts, decorator)
            if any(isinstance(value, External) and value.name in _COROUTINE_DECORATORS for value in values):
                return decorator
        return None

    def _decorated(self, facts: ModuleFacts, function: Function) -> Values:
        """A function under a decorator that is not known to leave it alone is not known."""
        node = function.node
        assert isinstance(node, FUNCTIONS)
        for decorator in node.decorator_list:
            if _last(decorator) in _TRANSPARENT or _last(decorator) in ("staticmethod", "classmethod"):
                continue  # the function stays what it is
            values = self.values(facts, decorator.func if isinstance(decorator, ast.Call) else decorator)
            if all(isinstance(value, External) and value.name in _COROUTINE_DECORATORS for value in values):
                continue  # a coroutine function, as is_coroutine_function says
            if _last(decorator) in ("property", "cached_property", "reify"):
                continue  # the class table calls it
            return UNKNOWN
        return frozenset({function})

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

    def _one_is_instance(self, value: object, cls: str) -> bool | None:
        match value:
            case Instance(cls=name):
                return inherits(name, cls)
            case ProjectInstance(cls=owner):
                bases = self.classes.external_bases(owner)
                if bases is not None and any(inherits(base, cls) for base in bases):
                    return True
                return None if bases is None else False
            case Plain.UNKNOWN:
                return None
            case _:
                return False


def _last(decorator: ast.expr) -> str:
    """The last component of a decorator's name; "" where it has none."""
    match decorator:
        case ast.Call(func=func):
            return _last(func)
        case ast.Attribute(attr=attr):
            return attr
        case ast.Name(id=name):
            return name
        case _:
            return ""
