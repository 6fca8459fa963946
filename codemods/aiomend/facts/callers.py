"""What a parameter may be: what its callers in the project pass, and what a test's fixture gives."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeGuard

from aiomend.facts.handed_on import HandedOn
from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.own_object import is_static
from aiomend.facts.scopes import Binding, FunctionNode, How, Scope, called_name
from aiomend.facts.searches import Search
from aiomend.facts.thread_entries import given_to
from aiomend.facts.values import (
    EMPTY,
    UNKNOWN,
    Coroutine,
    Function,
    Instance,
    Itself,
    Plain,
    ProjectClass,
    ProjectInstance,
    Values,
)

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference

_NAMES = 6  #: a function or class that goes by more names than this is not looked for under the others
_SITES = 24  #: more callers than this are not looked at: the parameter is not known
_SERVERS = ("start_server", "start_unix_server")
_STREAMS = ("asyncio.StreamReader", "asyncio.StreamWriter")  #: what a server gives its callback for a client


Site = tuple[ModuleFacts, ast.Call]


@dataclass(frozen=True, slots=True)
class _Variable:
    """A variable that only the function around it knows."""

    facts: ModuleFacts
    scope: Scope
    name: str


class Callers:
    """Looks up callers for one Inference."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._handed_on = HandedOn(inference)
        self._searches: dict[ast.AST, Search[Site]] = {}
        self._fixtures_of: dict[ModuleFacts, dict[str, list[FunctionNode]]] = {}
        self._given_to: dict[str, list[tuple[ModuleFacts, ast.expr]]] = {}  #: by name: what a thread begins with

    def passed_on(self, facts: ModuleFacts, binding: Binding, seen_as: ProjectClass) -> Values | None:
        """Return what `self.x = x` in the `__init__` of a base class gives instances of ``seen_as``; None for all else.

        What other subclasses hand to that `__init__` is no business of theirs.
        """
        function = facts.function_at(binding.node)
        if (
            not isinstance(function, ast.FunctionDef)
            or function.name != "__init__"
            or binding.path
            or not isinstance(binding.value, ast.Name)
        ):
            return None
        match facts.scopes[function].bindings.get(binding.value.id, ()):
            case [Binding(how=How.PARAMETER, annotation=None) as given]:
                return self._inference.bindings.parameter(facts, function, given, seen_as)
            case _:
                return None

    def parameter(
        self, facts: ModuleFacts, function: FunctionNode, binding: Binding, seen_as: ProjectClass | None = None
    ) -> Values:
        """Return what every known caller passes; UNKNOWN where one passes something unknown, or nobody calls.

        Of the callers of an `__init__`, those count that can begin an instance of ``seen_as``.
        """
        if (fixture := self._fixture(facts, function, binding)) is not None:
            given = EMPTY.union(*(self._inference.values(*one) for one in _given_by(*fixture)))
            return UNKNOWN if any(isinstance(value, Coroutine) for value in given) else given or UNKNOWN
        if isinstance(binding.node, ast.arg) and self._inference.colour_tests.asks(facts, function, binding.node.arg):
            return UNKNOWN  # the function itself expects coroutine functions and others
        found: Values = EMPTY
        me = Itself(binding.node, seen_as)
        with self._inference.below() as is_possible:
            for site in self._each_call(facts, function) if is_possible else ():
                if site is None:
                    return UNKNOWN  # too many to look at
                user, call = site
                if seen_as is not None and not self._begins(seen_as, user, call):
                    continue  # an instance of some other class
                found |= self._inference.bindings.of_others(me, self._passed(facts, function, binding, user, call))
                if Plain.UNKNOWN in found:
                    return UNKNOWN  # one that is not known is enough, and the others are not looked for
            for user, reference in self._begun(function) if is_possible else ():
                found |= self._inference.bindings.of_others(me, self._handed(facts, function, binding, user, reference))
            found |= self._served(facts, function, binding)
        return found or self._default(facts, binding)

    def _begins(self, cls: ProjectClass, user: ModuleFacts, call: ast.Call) -> bool:
        """True where a call that reaches an inherited `__init__` may be for an instance of ``cls``."""
        mro = self._inference.classes.mro
        owner = self._inference.calls.class_around(user, call)
        if isinstance(call.func, ast.Attribute) and call.func.attr == "__init__" and owner is not None:
            return owner in mro(cls) or cls in mro(owner)
        made = [one for one in self._inference.values(user, call.func) if isinstance(one, ProjectClass)]
        return not made or any(cls in mro(one) for one in made)

    def _default(self, facts: ModuleFacts, binding: Binding) -> Values:
        """What nobody in the project passes is of its default's class, if that tells one; a function may be any other as well."""
        given = self._inference.values(facts, binding.value) if binding.value is not None else UNKNOWN
        if not all(isinstance(value, (ProjectClass, ProjectInstance, Function)) for value in given):
            return UNKNOWN
        return given | UNKNOWN if any(isinstance(value, Function) for value in given) else given

    def given(
        self, facts: ModuleFacts, function: FunctionNode, binding: Binding
    ) -> Iterator[tuple[ModuleFacts, ast.expr]]:
        """Yield the expressions that callers in the project pass for a parameter, or that the fixture of a test's gives."""
        if (fixture := self._fixture(facts, function, binding)) is not None:
            yield from _given_by(*fixture)
            return
        for site in self._each_call(facts, function):
            if site is not None and (argument := self._argument(facts, function, binding, *site)) is not None:
                yield site[0], argument

    def _argument(
        self, facts: ModuleFacts, function: FunctionNode, binding: Binding, user: ModuleFacts, call: ast.Call
    ) -> ast.expr | None:
        """Return what a call passes for a parameter as it is written; None where that is the default, or out of sight."""
        name = binding.node.arg if isinstance(binding.node, ast.arg) else ""
        for keyword in call.keywords:
            if keyword.arg == name:
                return keyword.value
        index = self._index(facts, function, binding, user, call)
        seen = next((at for at, one in enumerate(call.args) if isinstance(one, ast.Starred)), len(call.args))
        return call.args[index] if index is not None and 0 <= index < seen else None

    def _index(
        self, facts: ModuleFacts, function: FunctionNode, binding: Binding, user: ModuleFacts, call: ast.Call
    ) -> int | None:
        """Return which argument of a call is a parameter's, from 0; None for one that has to be named."""
        positional = [*function.args.posonlyargs, *function.args.args]
        index = next((at for at, one in enumerate(positional) if one is binding.node), None)
        return None if index is None else index - self.bound_first(facts, function, user, call)

    def _passed(
        self, facts: ModuleFacts, function: FunctionNode, binding: Binding, user: ModuleFacts, call: ast.Call
    ) -> Values:
        if (given := self._argument(facts, function, binding, user, call)) is not None:
            return self._inference.values(user, given)
        default = self._inference.values(facts, binding.value) if binding.value is not None else UNKNOWN
        stars = [at for at, one in enumerate(call.args) if isinstance(one, ast.Starred)]
        if stars or any(keyword.arg is None for keyword in call.keywords):
            name = binding.node.arg if isinstance(binding.node, ast.arg) else ""
            index = self._index(facts, function, binding, user, call)
            handed = self._handed_on.values(user, call, name, index - stars[0] if stars and index is not None else None)
            return UNKNOWN if handed is None else handed or default
        return default

    def _begun(self, function: FunctionNode) -> Iterator[tuple[ModuleFacts, ast.expr]]:
        """Yield the places that give a function to a thread with its arguments."""
        uses = self._inference.project.uses(function.name) or ()
        if function.name not in self._given_to:
            self._given_to[function.name] = [(user, use) for user, each in uses for use in each if given_to(user, use)]
        for user, use in self._given_to[function.name]:
            values = self._inference.values(user, use)
            if any(isinstance(value, Function) and value.node is function for value in values):
                yield user, use

    def _handed(
        self, facts: ModuleFacts, function: FunctionNode, binding: Binding, user: ModuleFacts, reference: ast.expr
    ) -> Values:
        index = position_behind(facts, function, binding, reference)
        given = given_to(user, reference)
        return self._inference.values(user, given[index]) if index is not None and index < len(given) else EMPTY

    def _served(self, facts: ModuleFacts, function: FunctionNode, binding: Binding) -> Values:
        """Return what the servers of the function's own file give it for a client, if it is their callback."""
        uses = [one for name in _SERVERS for one in (*facts.names.get(name, ()), *facts.attributes.get(name, ()))]
        positional = [*function.args.posonlyargs, *function.args.args][facts.class_of(function) is not None :]
        if not uses or binding.node not in positional[:2]:
            return EMPTY
        for use in uses:
            match facts.parents[use]:
                case ast.Call(func=func) as call if func is use and self._starts_server(facts, func):
                    given = [*call.args[:1], *(one.value for one in call.keywords if one.arg == "client_connected_cb")]
                    reached = EMPTY.union(*(self._inference.values(facts, one) for one in given))
                    if any(isinstance(one, Function) and one.node is function for one in reached):
                        return frozenset({Instance(_STREAMS[positional.index(binding.node)])})
                case _:
                    pass  # starts no server
        return EMPTY

    def _starts_server(self, facts: ModuleFacts, func: ast.expr) -> bool:
        return self._inference.external_name(facts, func) in {f"asyncio.{name}" for name in _SERVERS}

    def bound_first(self, facts: ModuleFacts, function: FunctionNode, user: ModuleFacts, call: ast.Call) -> int:
        """Return how many parameters the call's own receiver fills: 1 for a method reached through an instance or a class."""
        owner = facts.class_of(function)
        if owner is None or is_static(function):
            return 0
        if any(called_name(one) == "classmethod" for one in function.decorator_list):
            return 1
        through_class = isinstance(call.func, ast.Attribute) and any(
            isinstance(value, ProjectClass) for value in self._inference.values(user, call.func.value)
        )
        makes_one = function.name in ("__init__", "__new__") and not (
            isinstance(call.func, ast.Attribute) and call.func.attr == function.name
        )
        return 0 if through_class and not makes_one else 1

    def calls_of(self, facts: ModuleFacts, function: FunctionNode) -> list[tuple[ModuleFacts, ast.Call]] | None:
        """Return the calls that reach a function; None where there are too many, or some use is no call."""
        found = list(self._each_call(facts, function))
        return None if None in found else [site for site in found if site is not None]

    def _each_call(self, facts: ModuleFacts, function: FunctionNode) -> Iterator[Site | None]:
        """Yield the calls that reach a function as they are found; None at the end where there are too many."""
        if function not in self._searches:
            calls = (one for one in self._candidates(facts, function) if self._reaches(facts, function, *one))
            self._searches[function] = Search(self._inference, calls)
        return self._searches[function].each(_SITES)

    def _candidates(self, facts: ModuleFacts, function: FunctionNode) -> Iterator[tuple[ModuleFacts, ast.Call]]:
        """Yield the calls by any name that the function, or the class that it initialises, goes by."""
        owner = facts.class_of(function)
        if function.name == "__init__" and owner is not None:
            heirs = [one for one in self._inference.classes.subclasses(ProjectClass(facts, owner)) if not _has_own(one)]
            names = [owner.name, *(one.node.name for one in heirs)]
        elif function.name == "__new__" and owner is not None:
            names = [owner.name]
        elif function.name.startswith("__"):
            return  # called by syntax: nobody can list its callers
        else:
            owner, names = None, [function.name]
        todo: list[str | _Variable] = list(names)
        seen: list[str | _Variable] = []
        while todo and len(seen) < _NAMES:
            name = todo.pop(0)
            seen.append(name)
            for user, uses in self._uses(name, with_init=owner is not None and name == owner.name):
                for use in uses:
                    whole = _chosen(user, use)
                    parent = user.parents.get(whole)
                    if (
                        isinstance(parent, ast.Call)
                        and parent.func is whole
                        and user.function_at(parent) is not function
                    ):
                        yield user, parent
                    todo += [alias for alias in _aliases(user, whole, parent) if alias not in (*seen, *todo)]

    def _uses(self, name: str | _Variable, *, with_init: bool) -> Iterator[tuple[ModuleFacts, Sequence[ast.expr]]]:
        """Yield the uses of a name by file, with those of `__init__` in every file that mentions it."""
        project = self._inference.project
        if isinstance(name, _Variable):
            yield name.facts, name.facts.mentions(name.name).get(name.scope, ())
            return
        if not with_init:
            yield from project.each_use(name)
            return
        for path in project.files_mentioning(name) or ():
            user = project.facts(path)
            if user is not None:
                yield (
                    user,
                    [*user.names.get(name, ()), *user.attributes.get(name, ()), *user.attributes.get("__init__", ())],
                )

    def _reaches(self, facts: ModuleFacts, function: FunctionNode, user: ModuleFacts, call: ast.Call) -> bool:
        for value in self._inference.values(user, call.func):
            match value:
                case Function(node=node) if node is function:
                    return True
                case ProjectClass() if function.name in ("__init__", "__new__"):
                    classes = self._inference.classes.mro(value)
                    first = next((one for one in classes if _has_own(one, function.name)), None)
                    if first is not None and first.node is facts.class_of(function):
                        return True
                case _:
                    pass  # something else of that name
        return False

    # ---- fixtures ---

    def _fixture(
        self, facts: ModuleFacts, function: FunctionNode, binding: Binding
    ) -> tuple[ModuleFacts, FunctionNode] | None:
        """Return the pytest fixture of a test's parameter, with its file; None where there is none."""
        if not isinstance(binding.node, ast.arg) or not (function.name.startswith("test") or _is_fixture(function)):
            return None
        for home in self._fixture_files(facts):
            for candidate in self._fixtures(home).get(binding.node.arg, ()):
                if candidate is not function:
                    return home, candidate
        return None

    def _fixtures(self, home: ModuleFacts) -> dict[str, list[FunctionNode]]:
        """Return the fixtures of a file by name."""
        if home not in self._fixtures_of:
            found = self._fixtures_of[home] = {}
            for function in filter(_is_fixture, home.functions):
                found.setdefault(function.name, []).append(function)
        return self._fixtures_of[home]

    def _fixture_files(self, facts: ModuleFacts) -> Iterator[ModuleFacts]:
        yield facts
        folder = posixpath.dirname(facts.path)
        while True:
            path = posixpath.join(folder, "conftest.py")
            if path in self._inference.project.known and (home := self._inference.project.facts(path)) is not None:
                yield home
            if not folder:
                return
            folder = posixpath.dirname(folder)


def position_behind(facts: ModuleFacts, function: FunctionNode, binding: Binding, reference: ast.expr) -> int | None:
    """Return which of the arguments behind a function that is handed on goes to a parameter, from 0; None where none does."""
    positional = [*function.args.posonlyargs, *function.args.args]
    index = next((at for at, one in enumerate(positional) if one is binding.node), -1)
    is_method = facts.class_of(function) is not None and isinstance(reference, ast.Attribute)
    index -= is_method and not is_static(function)
    return index if index >= 0 else None


def _has_own(cls: ProjectClass, name: str = "__init__") -> bool:
    """True where a class says itself how its instances begin."""
    return name in cls.facts.scopes[cls.node].bindings


def _chosen(facts: ModuleFacts, use: ast.expr) -> ast.expr:
    """Return the display, choice or item around a function or class that is one of several: `{"a": A, "b": B}["a"]`."""
    while True:
        match facts.parents.get(use):
            case ast.Dict(values=parts) | ast.BoolOp(values=parts) as outer if use in parts:
                use = outer
            case ast.List() | ast.Tuple() | ast.Set() as outer:
                use = outer
            case ast.IfExp(test=test) as outer if use is not test:
                use = outer
            case ast.Subscript(value=value) as outer if use is value:
                use = outer
            case _:
                return use


def _aliases(user: ModuleFacts, use: ast.expr, parent: ast.AST | None) -> Iterator[str | _Variable]:
    """Yield the names that a place gives to a function or class: `send = self._send`, `factory_class = Factory`."""
    match parent:
        case ast.Assign(targets=targets, value=value) if value is use:
            yield from (_named(user, one) for one in targets if _is_name(one))
        case ast.AnnAssign(target=ast.Name() | ast.Attribute() as target, value=value) if value is use:
            yield _named(user, target)
        case ast.arguments(args=args, posonlyargs=first, defaults=defaults) if use in defaults:
            yield _parameter(user, parent, [*first, *args][defaults.index(use) - len(defaults)])
        case ast.arguments(kwonlyargs=args, kw_defaults=defaults) if use in defaults:
            yield _parameter(user, parent, args[defaults.index(use)])
        case _:
            pass  # gives none


def _named(user: ModuleFacts, target: ast.Name | ast.Attribute) -> str | _Variable:
    """Return what a target is: a variable, where only the function around it knows it."""
    if isinstance(target, ast.Attribute):
        return target.attr
    home = user.scope_at(target).find(target.id)
    if home is None or isinstance(home[0].node, (ast.Module, ast.ClassDef)):
        return target.id
    return _Variable(user, home[0], target.id)


def _parameter(user: ModuleFacts, arguments: ast.arguments, parameter: ast.arg) -> _Variable:
    return _Variable(user, user.scopes[user.parents[arguments]], parameter.arg)


def _is_name(node: ast.expr) -> TypeGuard[ast.Name | ast.Attribute]:
    return isinstance(node, (ast.Name, ast.Attribute))


def _given_by(home: ModuleFacts, fixture: FunctionNode) -> Iterator[tuple[ModuleFacts, ast.expr]]:
    """Yield what a fixture returns or yields."""
    for node in own_nodes(fixture):
        match node:
            case ast.Yield(value=ast.expr() as value) | ast.Return(value=ast.expr() as value):
                yield home, value
            case _:
                pass  # gives nothing


def _is_fixture(function: FunctionNode) -> bool:
    return any(called_name(decorator) == "fixture" for decorator in function.decorator_list)
