"""What becomes of a coroutine: where it is delegated to, stepped by hand, waited for again, returned, or lost sight of.

Everything else (`await`, `yield from` in a decorated function, `ensure_future()`, `gather()`, ...) takes either kind of
coroutine, the generator-based and the native one.
"""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterator
from dataclasses import dataclass

from aiomend.facts.flow import leaves
from aiomend.facts.generator_coroutines import Form, form_of
from aiomend.facts.generator_fates import ASKS, ITERATES, RUNNING_NAMES
from aiomend.facts.inference import Inference
from aiomend.facts.module import ModuleFacts
from aiomend.facts.own_object import is_static
from aiomend.facts.patched import stand_ins
from aiomend.facts.scopes import FUNCTIONS, FunctionNode, How, called_name
from aiomend.facts.values import Function, ProjectClass

DEPTH = 4  #: functions through which a coroutine is handed on
_STEPS = frozenset({"__iter__", "__next__", "send", "gi_code", "gi_frame", "gi_running", "gi_yieldfrom"})
#: Special methods that give what the language goes through.
_GIVES_ITERATORS = frozenset({"__await__", "__iter__"})
_ITERATORS = frozenset(f"{home}.{name}" for home in ("collections.abc", "typing") for name in ("Iterator", "Iterable"))
_COLLECTIONS = (ast.List, ast.Tuple, ast.Set, ast.ListComp, ast.SetComp, ast.GeneratorExp)
_BLOCKS = ("body", "orelse", "finalbody")
_LOOPS = (ast.For, ast.While, ast.AsyncFor)
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


class Kind(enum.Enum):
    """What is done with a coroutine at an end."""

    DELEGATED = "a plain generator delegates to it"
    RETURNED = "a plain function returns it"
    STEPPED = "somebody goes through it by hand"
    AGAIN = "it is waited for a second time"
    ASKED = "somebody asks whether it is an iterator"
    LOST = "it goes where nobody follows it"


@dataclass(frozen=True, slots=True, eq=False)
class End:
    """A place where a coroutine ends up. ``is_sure``: it surely gets there. ``is_shared``: other things may, too."""

    kind: Kind
    facts: ModuleFacts
    node: ast.expr | ast.Return
    is_sure: bool = True
    is_shared: bool = False


class Ends:
    """Follows coroutines for one Inference."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference

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
            case ast.Starred() | ast.Assign(targets=[ast.Tuple() | ast.List()]):
                yield End(Kind.STEPPED, facts, node)
            case ast.Attribute(attr=attr):
                if attr in _STEPS and getattr(facts.function_at(parent), "name", "") != attr:
                    yield End(Kind.STEPPED, facts, node)  # else an object that stands for it hands it on
            case ast.Call() if node is not parent.func:
                yield from self._given(facts, parent, node, depth)
            case ast.keyword():
                call = facts.parents[parent]
                if isinstance(call, ast.Call):
                    yield from self._given(facts, call, node, depth)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.NamedExpr(target=ast.Name(id=name)):
                yield from self._of_variable(facts, parent, name, depth + 1)
            case ast.Assign(targets=[ast.Attribute(attr=name)]):
                yield End(Kind.LOST, facts, node)
                yield from self._of_attribute(facts, name, depth + 1)
            case ast.IfExp() | ast.BoolOp():
                yield from self.of(facts, parent, depth)
            case _ if isinstance(parent, _COLLECTIONS):
                if not self._is_run(facts, parent):
                    yield End(Kind.LOST, facts, node)
            case _ if not isinstance(parent, _HARMLESS):
                yield End(Kind.LOST, facts, node)
            case _:
                pass  # a native coroutine does as well

    def of_calls(self, facts: ModuleFacts, function: FunctionNode, parameter: str, depth: int = 0) -> Iterator[End]:
        """Yield where the coroutines end that a function, or one in it, makes by calling one of its parameters."""
        for use in facts.mentions(parameter).get(facts.scopes[function], ()):
            parent = facts.parents[use]
            if isinstance(parent, ast.Call) and parent.func is use:
                yield from self.of(facts, parent, depth)

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
            for name in parameters(stand_in, call, given, is_bound=_is_method(stand_in)):
                for end in self._of_name(stand_in.facts, stand_in.node, name, depth + 1):
                    yield End(end.kind, end.facts, end.node, is_sure=False, is_shared=True)
        if self.takes_either(facts, call):
            return
        callees = list(self.callees(facts, call))
        names = [(callee, name) for callee in callees for name in parameters(callee, call, given)]
        if not names or len(names) < len(callees):
            yield End(Kind.LOST, facts, given)
            return
        for callee, name in names:
            yield from self._of_name(callee.facts, callee.node, name, depth + 1)

    def _is_run(self, facts: ModuleFacts, collection: ast.AST) -> bool:
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
                return bool(reads) and all(self._is_run(facts, use) for use in reads)
            case _:
                return False

    # ---- variables ---

    def _of_variable(self, facts: ModuleFacts, assignment: ast.AST, name: str, depth: int) -> Iterator[End]:
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
        waits = [use for use in reads if self._waits(facts, use)]
        again = _again(facts, scope, name, waits)
        if again is not None:
            yield End(Kind.AGAIN, facts, again)

    def _of_attribute(self, facts: ModuleFacts, name: str, depth: int) -> Iterator[End]:
        for use in facts.attributes.get(name, ()):
            if not isinstance(use.ctx, ast.Load):
                continue  # it is bound there
            for end in self.of(facts, use, depth + 1):
                yield End(end.kind, end.facts, end.node, end.is_sure, is_shared=True)
            if self._waits(facts, use):
                yield End(Kind.AGAIN, facts, use, is_sure=False)  # once for each call of what is around

    def _waits(self, facts: ModuleFacts, use: ast.expr) -> bool:
        """True where a coroutine is run to its end, or begins to be."""
        match facts.parents[use]:
            case ast.Await() | ast.YieldFrom():
                return True
            case ast.Call() as call if call.func is not use:
                name = self._inference.external_name(facts, call.func) or ""
                return name not in ASKS and self.takes_either(facts, call)
            case _:
                return False


def _again(facts: ModuleFacts, scope: ast.AST, name: str, waits: list[ast.Name]) -> ast.Name | None:
    """Return where a variable is waited for again that may hold the same coroutine as before."""
    bound = [one.node for one in facts.scopes[scope].bindings.get(name, ()) if one.how is not How.PARAMETER]
    lines = sorted(getattr(one, "lineno", 0) for one in bound)
    waits = sorted(waits, key=lambda use: (use.lineno, use.col_offset))
    for at, use in enumerate(waits):
        if any(not any(loop in facts.ancestors(one) for one in bound) for loop in _loops(facts, use, scope)):
            return use
        for earlier in waits[:at]:
            if any(earlier.lineno < line <= use.lineno for line in lines) or _exclude(facts, earlier, use):
                continue  # another one by then, or only one of both happens
            if facts.parents[earlier] is not facts.parents[use]:
                return use  # `gather(c, c)` runs it once
    return None


def _loops(facts: ModuleFacts, node: ast.AST, scope: ast.AST) -> Iterator[ast.AST]:
    """Yield the loops that may come to a place more than once."""
    inner, leaves_loop = node, False
    for parent in facts.ancestors(node):
        if parent is scope or isinstance(parent, FUNCTIONS):
            return
        if isinstance(parent, ast.stmt):
            blocks: list[list[ast.AST]] = [parent.__dict__.get(name) or [] for name in _BLOCKS]
            block = next((one for one in blocks if inner in one), [])
            if isinstance(parent, ast.Try) and parent.handlers and inner in parent.body:
                leaves_loop = False  # a handler may go on
            elif block and isinstance(block[-1], (ast.Return, ast.Raise, ast.Break)):
                leaves_loop = True
        if isinstance(parent, _LOOPS):
            is_head = not isinstance(parent, ast.While) and inner is parent.iter
            if not is_head and inner not in parent.orelse and not leaves_loop:
                yield parent
            leaves_loop = False
        inner = parent


def _exclude(facts: ModuleFacts, first: ast.AST, second: ast.AST) -> bool:
    """True where only one of two places runs: in branches of one `if`, or behind a block that leaves."""
    around = dict(_with_children(facts, second))
    for parent, child in _with_children(facts, first):
        if isinstance(parent, (ast.If, ast.IfExp)):
            if parent in around:
                other = around[parent]
                if isinstance(parent, ast.IfExp):
                    return {child, other} == {parent.body, parent.orelse}
                return (child in parent.body and other in parent.orelse) or (
                    child in parent.orelse and other in parent.body
                )
            if isinstance(parent, ast.If):
                block = parent.body if child in parent.body else parent.orelse if child in parent.orelse else []
                if block and leaves(block):
                    return True
        if parent in around:
            return False
    return False


def _with_children(facts: ModuleFacts, node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    inner = node
    for parent in facts.ancestors(node):
        yield parent, inner
        inner = parent


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


def _is_method(function: Function) -> bool:
    """True for a function whose first parameter is its object."""
    node = function.node
    return function.facts.class_of(node) is not None and not (isinstance(node, FUNCTIONS) and is_static(node))


def parameters(callee: Function, call: ast.Call, given: ast.expr, *, is_bound: bool | None = None) -> Iterator[str]:
    """Yield the parameter of a function that an argument of a call becomes.

    ``is_bound`` says that another one is given its object (default: as the call is written).
    """
    if isinstance(callee.node, ast.Lambda):
        return
    arguments = callee.node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    if is_bound is None:
        is_bound = _is_method(callee) and (isinstance(call.func, ast.Attribute) or callee.node.name == "__init__")
    for keyword in call.keywords:
        if keyword.value is given and keyword.arg in {one.arg for one in (*positional, *arguments.kwonlyargs)}:
            assert keyword.arg is not None
            yield keyword.arg
    if given in call.args and not any(isinstance(one, ast.Starred) for one in call.args[: call.args.index(given)]):
        at = call.args.index(given) + is_bound
        if at < len(positional):
            yield positional[at].arg
