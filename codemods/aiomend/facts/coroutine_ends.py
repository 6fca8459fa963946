"""What becomes of a coroutine: where it is delegated to, stepped by hand, waited for again, returned, or lost sight of.

Everything else (`await`, `yield from` in a decorated function, `ensure_future()`, `gather()`, ...) takes either kind of
coroutine, the generator-based and the native one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.collected_ends import CollectedEnds
from aiomend.facts.end import DEPTH, End, Kind
from aiomend.facts.generator_coroutines import Form, form_of
from aiomend.facts.generator_fates import ASKS, ITERATES, RUNNING_NAMES
from aiomend.facts.inference import Inference
from aiomend.facts.kept import holder
from aiomend.facts.module import ModuleFacts
from aiomend.facts.parameters import is_method, parameters
from aiomend.facts.patched import stand_ins
from aiomend.facts.scopes import FUNCTIONS, FunctionNode, How, called_name
from aiomend.facts.values import Function, ProjectClass
from aiomend.facts.waited_again import again, is_fresh, outlives

_STEPS = frozenset({"__iter__", "__next__", "send", "gi_code", "gi_frame", "gi_running", "gi_yieldfrom"})
_ITERATES_BY = frozenset({"__iter__", "__next__"})
#: Special methods that give what the language goes through.
_GIVES_ITERATORS = frozenset({"__await__", "__iter__"})
_ITERATORS = frozenset(f"{home}.{name}" for home in ("collections.abc", "typing") for name in ("Iterator", "Iterable"))
_COLLECTIONS = (ast.Dict, ast.List, ast.Tuple, ast.Set, ast.ListComp, ast.SetComp, ast.GeneratorExp)
_HARMLESS = (
    ast.Await,
    ast.Expr,
    ast.Compare,
    ast.UnaryOp,
    ast.Assert,
    ast.If,
    ast.While,
    ast.withitem,
    ast.FormattedValue,
)


class Ends:
    """Follows coroutines for one Inference."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._collected = CollectedEnds(self)

    def of(self, facts: ModuleFacts, node: ast.expr, depth: int = 0) -> Iterator[End]:
        """Yield where an expression ends up that is the coroutine."""
        if depth > DEPTH:
            yield End(Kind.LOST, facts, node)
            return
        parent = facts.parents[node]
        match parent:
            case ast.YieldFrom():
                yield from self._delegated(facts, parent)
            case ast.Return():
                yield from self._returned(facts, parent)
            case ast.For(iter=iterable) | ast.comprehension(iter=iterable, is_async=0) if iterable is node:
                yield End(Kind.STEPPED, facts, node)
            case ast.Starred():
                yield End(Kind.STEPPED, facts, node)
            case ast.Attribute(attr=attr):
                is_handed_on = getattr(facts.function_at(parent), "name", "") == attr  # by what stands for it
                if attr in _STEPS and (attr in _ITERATES_BY or not is_handed_on):
                    is_sure = not is_handed_on or isinstance(node, ast.Call) or not _is_awaited(facts, parent)
                    yield End(Kind.STEPPED, facts, node, is_sure=is_sure)
            case ast.Call() if node is not parent.func:
                yield from self._given(facts, parent, node, depth)
            case ast.keyword():
                call = facts.parents[parent]
                if isinstance(call, ast.Call):
                    yield from self._given(facts, call, node, depth)
            case ast.Assign(targets=targets):
                for target in targets:
                    yield from self._bound(facts, node, target, depth)
            case ast.NamedExpr(target=ast.Name() as target):
                yield from self._bound(facts, node, target, depth)
            case ast.IfExp() | ast.BoolOp():
                yield from self.of(facts, parent, depth)
            case _ if isinstance(parent, _COLLECTIONS):
                if not self.is_run(facts, parent):
                    yield End(Kind.LOST, facts, node)
                    yield from self._collected.of(facts, parent, depth)
            case _ if not isinstance(parent, _HARMLESS):
                yield End(Kind.LOST, facts, node)
            case _:
                pass  # a native coroutine does as well

    def _bound(self, facts: ModuleFacts, node: ast.expr, target: ast.expr, depth: int) -> Iterator[End]:
        """Yield where a coroutine ends up that is assigned to something."""
        match target:
            case ast.Name(id=name):
                yield from self.of_variable(facts, target, name, depth + 1)
            case ast.Tuple() | ast.List():
                yield End(Kind.STEPPED, facts, node)
            case ast.Attribute(attr=name):
                yield End(Kind.LOST, facts, node)
                yield from self._of_attribute(facts, name, depth + 1)
            case ast.Subscript(value=ast.Name() | ast.Attribute() as place):
                yield End(Kind.LOST, facts, node)
                yield from self._collected.kept(facts, place, depth + 1)
            case _:
                yield End(Kind.LOST, facts, node)

    def of_calls(self, facts: ModuleFacts, function: FunctionNode, parameter: str, depth: int = 0) -> Iterator[End]:
        """Yield where the coroutines end that a function, or one in it, makes by calling one of its parameters.

        LOST where it keeps the parameter, or hands it to what nobody can read.
        """
        for use in facts.mentions(parameter).get(facts.scopes[function], ()):
            if not isinstance(use.ctx, ast.Load) or isinstance(facts.parents[use], ast.Return):
                continue  # the caller has it again
            yield from self.of_function(facts, use, depth)
            match facts.parents[use]:
                case ast.Assign(targets=[ast.Attribute(attr=name)]):
                    yield from self._of_attribute_called(facts, name, depth + 1)
                case _:
                    pass  # no attribute keeps it

    def of_function(self, facts: ModuleFacts, use: ast.expr, depth: int = 0) -> Iterator[End]:
        """Yield where the coroutines end of a function that is named in one place; LOST where the function is kept."""
        if depth > DEPTH:
            yield End(Kind.LOST, facts, use)
            return
        parent = facts.parents[use]
        match parent:
            case ast.Call() if parent.func is use:
                yield from self.of(facts, parent, depth)
            case ast.Call():
                yield from self._function_given(facts, parent, use, depth)
            case ast.keyword():
                call = facts.parents[parent]
                if isinstance(call, ast.Call):
                    yield from self._function_given(facts, call, use, depth)
            case ast.Attribute() | ast.Compare() | ast.Expr() | ast.UnaryOp() | ast.If() | ast.Assert():
                pass  # it is looked at
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                pass  # it decorates
            case _:
                yield End(Kind.LOST, facts, use)

    def _function_given(self, facts: ModuleFacts, call: ast.Call, given: ast.expr, depth: int) -> Iterator[End]:
        """Yield the same for what the functions of the project make by calling a parameter that is the function."""
        if self.takes_either(facts, call):
            return
        callees = list(self.callees(facts, call))
        names = [(callee, name) for callee in callees for name in parameters(callee, call, given)]
        if len(names) < len(callees) or not names:
            yield End(Kind.LOST, facts, given)  # given to code that cannot be read
        for callee, name in names:
            if isinstance(callee.node, FUNCTIONS):
                yield from self.of_calls(callee.facts, callee.node, name, depth + 1)
                if any(
                    isinstance(one.value, ast.Name) and one.value.id == name
                    for one in callee.facts.returns(callee.node)
                ):
                    yield from self.of_function(facts, call, depth + 1)

    def _of_attribute_called(self, facts: ModuleFacts, name: str, depth: int) -> Iterator[End]:
        """Yield the same for the calls of an attribute that keeps the function, among others."""
        for use in facts.attributes.get(name, ()):
            call = facts.parents[use]
            if isinstance(call, ast.Call) and call.func is use:
                for end in self.of(facts, call, depth):
                    yield End(end.kind, end.facts, end.node, is_sure=False, is_shared=True)

    def callees(self, facts: ModuleFacts, call: ast.Call) -> Iterator[Function]:
        """Yield the functions of the project that a call may reach; the `__init__` of a class that it begins."""
        for value in self._inference.values(facts, call.func):
            match value:
                case Function(node=node) if isinstance(node, FUNCTIONS):
                    yield value
                case ProjectClass():
                    for made in self._inference.classes.attribute(value, "__init__"):
                        if isinstance(made, Function) and isinstance(made.node, FUNCTIONS):
                            yield made
                case _:
                    pass  # nothing that can be read

    def takes_either(self, facts: ModuleFacts, call: ast.Call) -> bool:
        """True for a call of what runs coroutines of either kind, or only looks at what it is given."""
        name = self._inference.external_name(facts, call.func)
        if name is not None and (name in ASKS or name.startswith("asyncio.")):
            return True
        return name is None and called_name(call.func) in RUNNING_NAMES and not any(self.callees(facts, call))

    def _stand_ins(self, facts: ModuleFacts, call: ast.Call) -> Iterator[Function]:
        """Yield what tests put in the place of the function of asyncio that is called, in asyncio or where this file has it."""
        owner, _, name = (self._inference.external_name(facts, call.func) or "").rpartition(".")
        if owner != "asyncio":
            return
        homes = {(owner, name)}
        match call.func:
            case ast.Name(id=written):
                homes.add((facts.name.rpartition(".")[2], written))
            case ast.Attribute(value=ast.Name(id=alias), attr=written):
                homes.add((alias, written))
            case _:
                pass  # it is reached in another way
        for home in sorted(homes):
            yield from stand_ins(self._inference, *home)

    # ---- one step ---

    def _delegated(self, facts: ModuleFacts, node: ast.YieldFrom) -> Iterator[End]:
        function = facts.function_at(node)
        if isinstance(function, ast.Lambda):
            yield End(Kind.STEPPED, facts, node.value)  # it makes a generator, and stays what it is
        elif isinstance(function, ast.FunctionDef) and form_of(self._inference, facts, function) is Form.GENERATOR:
            yield End(Kind.DELEGATED, facts, node)

    def _returned(self, facts: ModuleFacts, node: ast.Return) -> Iterator[End]:
        function = facts.function_at(node)
        if not isinstance(function, FUNCTIONS) or node.value is None:
            return
        match form_of(self._inference, facts, function):
            case Form.ORDINARY if function.name in _GIVES_ITERATORS and facts.class_of(function) is not None:
                yield End(Kind.STEPPED, facts, node.value)  # the language goes through it
            case Form.ORDINARY:
                yield End(Kind.RETURNED, facts, node)
            case Form.DECORATED if not facts.is_generator(function):
                pass  # the decorator waits for it
            case _:
                yield End(Kind.LOST, facts, node.value)

    def _given(self, facts: ModuleFacts, call: ast.Call, given: ast.expr, depth: int) -> Iterator[End]:
        if self._inference.external_name(facts, call.func) in ITERATES:
            yield End(Kind.STEPPED, facts, given)
            return
        if asks_for_iterators(self._inference, facts, call):
            yield End(Kind.ASKED, facts, call)
        for stand_in in self._stand_ins(facts, call):
            for name in parameters(stand_in, call, given, is_bound=is_method(stand_in)):
                for end in self._of_name(stand_in.facts, stand_in.node, name, depth + 1):
                    yield End(end.kind, end.facts, end.node, is_sure=False, is_shared=True)
        if self.takes_either(facts, call):
            return
        callees = list(self.callees(facts, call))
        names = [(callee, name) for callee in callees for name in parameters(callee, call, given)]
        if not names or len(names) < len(callees):
            yield End(Kind.LOST, facts, given)
            if (place := holder(call, given)) is not None:
                yield from self._collected.kept(facts, place, depth + 1)
            return
        for callee, name in names:
            yield from self._of_name(callee.facts, callee.node, name, depth + 1)

    def is_run(self, facts: ModuleFacts, collection: ast.AST) -> bool:
        """True for a collection that is handed to what runs coroutines, on the spot or by a variable."""
        parent = facts.parents[collection]
        match parent:
            case ast.Call() if parent.func is not collection:
                return self.takes_either(facts, parent)
            case ast.Starred():
                call = facts.parents[parent]
                return isinstance(call, ast.Call) and self.takes_either(facts, call)
            case ast.Assign(targets=[ast.Name() as name]):
                reads = [use for use in facts.mentions_of(name) if isinstance(use.ctx, ast.Load)]
                return bool(reads) and all(self.is_run(facts, use) for use in reads)
            case _:
                return False

    # ---- variables ---

    def of_variable(self, facts: ModuleFacts, assignment: ast.AST, name: str, depth: int) -> Iterator[End]:
        found = facts.scope_at(assignment).find(name)
        if found is not None:
            yield from self._of_name(facts, found[0].node, name, depth)

    def _of_name(self, facts: ModuleFacts, scope: ast.AST, name: str, depth: int) -> Iterator[End]:
        """Yield the same for a variable or a parameter of a function, or of the file itself."""
        reads = []
        for use in facts.mentions(name).get(facts.scopes[scope], ()):
            if isinstance(use.ctx, ast.Load):
                reads.append(use)
                yield from self.of(facts, use, depth)
        waits = [use for use in reads if self.waits(facts, use)]
        taken = [*waits, *(use for use in reads if self.is_handed_back(facts, use))]
        if (twice := again(facts, scope, name, waits)) is not None:
            yield End(Kind.AGAIN, facts, twice)
        stores = [one.node for one in facts.scopes[scope].bindings.get(name, ()) if one.how is not How.PARAMETER]
        for use in taken:
            if outlives(facts, scope, use) and not is_fresh(facts, use, stores):
                yield End(Kind.AGAIN, facts, use, is_sure=False)  # once for each call of what is around

    def _of_attribute(self, facts: ModuleFacts, name: str, depth: int) -> Iterator[End]:
        for use in facts.attributes.get(name, ()):
            if not isinstance(use.ctx, ast.Load):
                continue  # it is bound there
            for end in self.of(facts, use, depth + 1):
                yield End(end.kind, end.facts, end.node, end.is_sure, is_shared=True)
            is_taken = self.is_taken(facts, use) and not self._is_bound_there(facts, use)
            if self.waits(facts, use) or is_taken:
                yield End(Kind.AGAIN, facts, use, is_sure=False)  # once for each call of what is around

    def _is_bound_there(self, facts: ModuleFacts, use: ast.Attribute) -> bool:
        """True where the function around has put another one there before, or puts nothing there: it is waited for once."""
        stores = [one for one in facts.attributes[use.attr] if not isinstance(one.ctx, ast.Load)]
        function = facts.function_at(use)
        return is_fresh(facts, use, stores) or any(
            facts.function_at(one) is function and _is_emptied(facts, one) for one in stores
        )

    def is_taken(self, facts: ModuleFacts, item: ast.expr) -> bool:
        """True where a coroutine that stays where it is kept is waited for or returned, also by a name that it gets first."""
        match facts.parents[item]:
            case ast.Assign(targets=[ast.Name() as name]):
                reads = [use for use in facts.mentions_of(name) if isinstance(use.ctx, ast.Load)]
            case _:
                reads = []
        return any(self.waits(facts, use) or self.is_handed_back(facts, use) for use in (item, *reads))

    def is_handed_back(self, facts: ModuleFacts, use: ast.expr) -> bool:
        """True where a plain function returns a coroutine, which whoever calls it waits for."""
        parent, function = facts.parents[use], facts.function_at(use)
        return (
            isinstance(parent, ast.Return)
            and isinstance(function, ast.FunctionDef)
            and form_of(self._inference, facts, function) is Form.ORDINARY
        )

    def waits(self, facts: ModuleFacts, use: ast.expr) -> bool:
        """True where a coroutine is run to its end, or begins to be."""
        match facts.parents[use]:
            case ast.Await() | ast.YieldFrom():
                return True
            case ast.Call() as call if call.func is not use:
                name = self._inference.external_name(facts, call.func) or ""
                return name not in ASKS and self.takes_either(facts, call)
            case _:
                return False


def asks_for_iterators(inference: Inference, facts: ModuleFacts, call: ast.Call) -> bool:
    """True for `hasattr(x, "__next__")` and `isinstance(x, Iterator)`, which hold of a generator and not of a coroutine."""
    if called_name(call.func) not in ("hasattr", "isinstance"):
        return False
    match call.args:
        case [_, ast.Constant(value=str(name))]:
            return name in ("__iter__", "__next__")
        case [_, ast.Tuple(elts=kinds)]:
            return any(inference.external_name(facts, one) in _ITERATORS for one in kinds)
        case [_, kind]:
            return inference.external_name(facts, kind) in _ITERATORS
        case _:
            return False


def _is_emptied(facts: ModuleFacts, store: ast.Attribute) -> bool:
    match facts.parents[store]:
        case ast.Assign(value=ast.Constant(value=None)) | ast.Delete():
            return True
        case _:
            return False


def _is_awaited(facts: ModuleFacts, use: ast.Attribute) -> bool:
    """True in a class whose objects give an `await` something of their own, and need not be iterated."""
    function = facts.function_at(use)
    owner = facts.class_of(function) if function is not None else None
    return owner is not None and any(
        facts.class_of(one) is owner and one is not function for one in facts.methods.get("__await__", ())
    )
