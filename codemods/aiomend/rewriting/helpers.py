"""A helper function in the making: what it is called, how it is annotated, and in which module it goes."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass

from aiomend.facts.imported_names import Spelling
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import FunctionNode, How
from aiomend.facts.view import Home, Module
from aiomend.rewriting.edits import Helper, Import, Need


@dataclass(frozen=True, slots=True)
class Form:
    """What is filled into a template in one module, and the imports that it takes there."""

    fields: Mapping[str, str]
    imports: tuple[Import, ...] = ()
    calls: tuple[Need, ...] = ()  #: other helpers that it calls


@dataclass(frozen=True, slots=True)
class Blueprint:
    """One kind of helper: how it is written in any module, and by what it is known there, edited or not."""

    names: tuple[str, ...]  #: of the function as a module would share it, and of what stands beside it
    template: str
    methods: Set[str]  #: what it calls by attribute
    form: Callable[[Module, bool], Form]  #: in a module, whose helpers are public or not
    parameters: int = 1


@dataclass(frozen=True, slots=True)
class Placed:
    """What a helper is called in a file, and what has to be added for it there and elsewhere; nothing where all is there."""

    name: str
    needs: tuple[Need, ...]


def placed(module: Module, blueprint: Blueprint) -> Placed:
    """Return a helper for a file: the one that it has, else from the module that its package shares, else a new one of its own."""
    own = written(module, blueprint, public=False)
    if own.needs and module.home is not None and (shared := _shared(module, module.home, blueprint)) is not None:
        return shared
    return own


def _shared(module: Module, home: Home, blueprint: Blueprint) -> Placed | None:
    """The helper in the home of a file; None where it cannot be had from there."""
    there = written(home.module, blueprint, public=True)
    if there.needs and not home.is_open:
        return None  # it would have to be added to a file that nobody meant
    if home.module.path == module.path:
        return there
    if (known := _imported(module.facts, home.module.facts.name, there.name)) is not None:
        return Placed(known, _elsewhere(there, home.module.facts))
    name = f"_{there.name}" if home.is_private else there.name
    if name in taken_names(module.facts):
        return None  # the file means something else by that name
    taken = Import(home.spelling, there.name, name if home.is_private else None)
    return Placed(name, (taken, *_elsewhere(there, home.module.facts)))


def _elsewhere(there: Placed, home: ModuleFacts) -> tuple[Need, ...]:
    return tuple(dataclasses.replace(need, home=home) for need in there.needs if isinstance(need, Helper))


def _imported(facts: ModuleFacts, module: str, name: str) -> str | None:
    for known, bindings in facts.scope.bindings.items():
        if all((b.how, b.target, b.member) == (How.FROM, module, name) for b in bindings):
            return known
    return None


def written(module: Module, blueprint: Blueprint, *, public: bool) -> Placed:
    """Return a helper that stands in the file itself: the one that it has, else a new one under a name that is free."""
    facts = module.facts
    taken = taken_names(facts)
    first, *beside = blueprint.names
    names = [first if public else f"_{first}", *(f"_{name}" for name in beside)]
    number = 1
    while True:
        suffix = f"_{number}" if number > 1 else ""
        numbered = [name + suffix for name in names]
        if _has(facts, numbered[0], blueprint):
            return Placed(numbered[0], ())
        if taken.isdisjoint(numbered):
            form = blueprint.form(module, public)
            fields = dict(zip(("function", "beside"), numbered, strict=False))
            code = blueprint.template.format_map({**form.fields, **fields})
            return Placed(numbered[0], (Helper(numbered[0], code, form.imports, blueprint.names[0]), *form.calls))
        number += 1


def taken_names(facts: ModuleFacts) -> Set[str]:
    """Return every name that some scope of a file binds or reads."""
    return {bound for scope in facts.scopes.values() for bound in scope.bindings} | facts.names.keys()


def is_there(facts: ModuleFacts, blueprint: Blueprint) -> bool:
    """True where a file has a helper under the name that a shared module gives it."""
    return _has(facts, blueprint.names[0], blueprint)


def _has(facts: ModuleFacts, name: str, blueprint: Blueprint) -> bool:
    functions = (node for node in facts.tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
    first = next((node for node in functions if node.name == name and isinstance(node, _kind(blueprint))), None)
    return first is not None and fits(first, blueprint)


def _kind(blueprint: Blueprint) -> type[FunctionNode]:
    return ast.AsyncFunctionDef if blueprint.template.startswith("async ") else ast.FunctionDef


def fits(function: FunctionNode, blueprint: Blueprint) -> bool:
    """True for a function that takes as much, calls the same methods, with what it is given as it is, and makes no task itself."""
    if not isinstance(function, _kind(blueprint)):
        return False  # it is called in another way
    if len(function.args.args) != blueprint.parameters or function.args.kwonlyargs:
        return False  # it takes something else
    used = {node.attr for node in ast.walk(function) if isinstance(node, ast.Attribute)}
    if not blueprint.methods <= used or not used.isdisjoint({"create_task", "ensure_future"}):
        return False  # it does something else
    return blueprint.parameters == 1 or not any(map(_makes_value, ast.walk(function)))


def _makes_value(node: ast.AST) -> bool:
    """True for a setter that is not given a name: a helper sets what it was given."""
    match node:
        case ast.Call(func=ast.Attribute(attr="set_result" | "set_exception"), args=args):
            return not all(isinstance(one, ast.Name) for one in args)
        case _:
            return False


# ---- annotations ---


@dataclass(frozen=True, slots=True)
class Annotations:
    """How the types of a new function are written in one module; nothing where the module has none."""

    module: Module

    @property
    def wanted(self) -> bool:
        """True where at least half of the functions are annotated; without functions, where the imports promise it."""
        functions = self.module.facts.functions
        if not functions:
            return bool(self._is_lazy or self._bound("typing", "Any"))
        return 2 * sum(map(_is_annotated, functions)) >= len(functions)

    @property
    def some(self) -> bool:
        """True where any function is annotated: a type checker reads the module then, and wants to know what a set holds."""
        return self.wanted or any(map(_is_annotated, self.module.facts.functions))

    @property
    def _is_lazy(self) -> bool:
        return any(
            binding.target == "__future__" for binding in self.module.facts.scope.bindings.get("annotations", ())
        )

    @property
    def _is_quoted(self) -> bool:
        """Subscripts of these classes cannot be evaluated before 3.9, nor names above their imports."""
        return not (self._is_lazy or (self._is_always((3, 9)) and _imports_first(self.module.facts)))

    def _is_always(self, version: tuple[int, int]) -> bool:
        return self.module.settings.target.all_at_least(version)

    def quoted(self, text: str) -> str:
        """Return an annotation as it stands in the code."""
        return f'"{text}"' if self._is_quoted else text

    def either(self, *kinds: str) -> str:
        """Return the union of builtin types as it stands in the code: with `|`, which nothing evaluates before 3.10."""
        text = " | ".join(kinds)
        return text if len(kinds) == 1 or self._is_lazy or self._is_always((3, 10)) else f'"{text}"'

    def name(self, module: str, member: str) -> Spelling:
        """Return how a name is written in an annotation, with the import that it needs."""
        spelled = self.module.spell(module, member, self.module.tree)
        if spelled.module is None:
            return spelled
        known = self._bound(module, member) if self._is_lazy or self._is_quoted else None
        if known is not None:
            return Spelling(known)  # imported for type checkers only, which is all that is needed
        if module in ("typing", "collections.abc") and member not in self.module.facts.scope.bindings:
            return Spelling(member, module, member)  # as people write it
        return spelled

    def set_of(self, item: str) -> tuple[str, tuple[Spelling, ...]]:
        """Return the type of a set, and what it needs: `set[…]` where nothing evaluates it before 3.9."""
        if not self._is_quoted:
            return f"set[{item}]", ()
        name = self.name("typing", "Set")
        return f"{name.text}[{item}]", (name,)

    def awaitable(self) -> Spelling:
        """Return how `Awaitable` is written: that of `collections.abc` takes no subscript before 3.9."""
        return self.name("collections.abc" if self._is_always((3, 9)) else "typing", "Awaitable")

    def _bound(self, module: str, member: str) -> str | None:
        for name, bindings in self.module.facts.scope.bindings.items():
            if all((b.how, b.target, b.member) == (How.FROM, module, member) for b in bindings):
                return name
        return None


def _imports_first(facts: ModuleFacts) -> bool:
    """True where every import of the top level stands above the first definition, where a helper may go."""
    first = next((node.lineno for node in facts.tree.body if hasattr(node, "decorator_list")), None)
    bindings = [binding for found in facts.scope.bindings.values() for binding in found]
    lines = [getattr(one.node, "lineno", 0) for one in bindings if one.how in (How.FROM, How.IMPORT)]
    return first is None or all(line < first for line in lines)


def needed(*spellings: Spelling) -> tuple[Import, ...]:
    """Return the imports that spellings need."""
    return tuple(Import(one.module, one.member) for one in spellings if one.module is not None)


def _is_annotated(function: FunctionNode) -> bool:
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return function.returns is not None or any(one.annotation is not None for one in arguments)
