"""Which plain generators of the project are coroutines by use, with what says so, and which have to change together.

A group is what delegation and overriding tie together: one of it is a coroutine where all are. They are where something
runs a member as a coroutine, or where a member waits for one, and where nothing goes through a member as one goes through
a true generator.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from aiomend.facts.function_uses import reaches
from aiomend.facts.generator_bodies import (
    Kind,
    Said,
    called_method,
    gives_values,
    is_plain_generator,
    is_special,
    said_by,
)
from aiomend.facts.generator_decorators import Effect, effect_of
from aiomend.facts.generator_decorators import Kind as Decoration
from aiomend.facts.generator_fates import Use, Verdict, is_stepped, reference_fates
from aiomend.facts.inference import Inference
from aiomend.facts.scopes import FUNCTIONS, FunctionNode, How
from aiomend.facts.spelling import is_defined
from aiomend.facts.values import NONE, Function, Plain, ProjectClass
from aiomend.facts.view import Module
from aiomend.model import Evidence

_LARGEST = 200  #: functions of one group
_HANDS = 4  #: functions that hand a generator back, one after the other
_SHOWN = 3  #: places that a finding shows


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """A plain generator with the file that it is in."""

    module: Module
    function: ast.FunctionDef


@dataclass(frozen=True, slots=True)
class Sign:
    """A place that says something of one function."""

    function: ast.AST
    evidence: Evidence


@dataclass(slots=True, eq=False)
class Group:
    """Plain generators that change together, and what is known of them."""

    members: list[Member] = field(default_factory=list)
    signs: list[Sign] = field(default_factory=list)  #: what says that they are coroutines
    against: list[Sign] = field(default_factory=list)  #: what speaks against `async def`
    ties: list[tuple[ast.AST, ast.AST, Evidence]] = field(default_factory=list)  #: from member to member
    is_generator: bool = False  #: one of them gives values, or is called by the language: all are true generators
    doubts: list[Sign] = field(default_factory=list)  #: uses of which nobody knows what becomes of them
    guesses: list[tuple[ast.AST, Use]] = field(default_factory=list)  #: uses by a name on an object that is not known
    waits: list[tuple[Member, Said]] = field(default_factory=list)  #: waits for methods of objects that are not known

    @property
    def is_coroutine(self) -> bool:
        """True where all of them are coroutines by use, and nothing contradicts."""
        return bool(self.signs) and not self.against and not self.is_generator

    def why(self, function: ast.AST) -> tuple[Evidence, ...]:
        """Return the places that say why a member is a coroutine: its own, or the way to a member that has some."""
        own = [one.evidence for one in self.signs if one.function is function]
        if own:
            return tuple(dict.fromkeys(own))[:_SHOWN]
        ways: dict[ast.AST, tuple[Evidence, ...]] = {function: ()}
        todo = [function]
        while todo:
            here = todo.pop(0)
            signs = [one.evidence for one in self.signs if one.function is here]
            if signs:
                return (*ways[here], signs[0])[:_SHOWN]
            for first, second, evidence in self.ties:
                for one, other in ((first, second), (second, first)):
                    if one is here and other not in ways:
                        ways[other] = (*ways[here], evidence)
                        todo.append(other)
        return tuple(one.evidence for one in self.signs[:_SHOWN])


_Tie = tuple[Member, Evidence]


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What becomes of what one generator function makes: for certain, and by its name on objects that are not known."""

    effect: Effect
    uses: tuple[Use, ...]
    guesses: tuple[Use, ...]


class CoroutinesByUse:
    """Answers for one Inference. Memoises by function."""

    def __init__(self, *, is_first: bool = False) -> None:
        """``is_first``: only for whether anything says that there is a coroutine, which spares most uses of common names."""
        self._is_first = is_first
        self._first = CoroutinesByUse(is_first=True) if not is_first else None
        self._certain: dict[ast.AST, Group] = {}
        self._all: dict[ast.AST, Group] = {}
        self._seen: dict[ast.AST, _Seen] = {}
        self._named: dict[ast.AST, _Named] = {}
        self._waited_for: dict[ast.AST, list[Member]] | None = None
        self._methods: dict[str, list[tuple[Module, FunctionNode]]] = {}

    def group(self, module: Module, function: ast.FunctionDef) -> Group:
        """Return the group of a plain generator; names alone count where nothing certain is known."""
        known = self._all.get(function)
        if known is not None:
            return known
        if self._first is not None:
            first = self._first.group(module, function)
            if first.is_generator or not first.signs:
                return first  # what speaks against it says nothing then
        certain = self._group(Member(module, function))
        found = certain if certain.signs or certain.against or certain.is_generator else self._guessed(certain)
        self._all.update((member.function, found) for member in found.members)
        return found

    # ---- what is certain ---

    def _group(self, start: Member) -> Group:
        known = self._certain.get(start.function)
        if known is not None:
            return known
        group = Group()
        todo, seen = [start], {start.function}
        while todo and len(group.members) < _LARGEST:
            member = todo.pop(0)
            group.members.append(member)
            group.is_generator = is_special(member.function) or gives_values(member.module, member.function)
            ties = [] if group.is_generator else [*self._around(group, member), *self._body(group, member)]
            if group.is_generator:
                break  # and so are all that are tied to it, whoever uses them
            for other, evidence in ties:
                group.ties.append((member.function, other.function, evidence))
                if other.function not in seen:
                    seen.add(other.function)
                    todo.append(other)
        if todo and not group.is_generator:
            note = f"`{start.function.name}()` is tied to more than {_LARGEST} other generators"
            group.against.append(_sign(start, start.function, note))
        self._certain.update((member.function, group) for member in group.members)
        return group

    # ---- what names say ---

    def _guessed(self, group: Group) -> Group:
        """Return a group with what uses on unknown objects say, where everything of that name is meant alike."""
        signs: list[Sign] = []
        against = list(group.doubts)
        for function, use in group.guesses:
            sign = Sign(function, Evidence(use.module.path, use.line, use.note))
            match use.verdict:
                case Verdict.RUN if not isinstance(use.node, ast.Await):
                    signs.append(sign)
                case Verdict.DELEGATED if isinstance(use.function, ast.FunctionDef):
                    if self._group(Member(use.module, use.function)).is_coroutine:
                        signs.append(sign)
                case Verdict.STEPPED | Verdict.UNKNOWN:
                    against.append(sign)
                case _:
                    pass  # what an `await` takes is no plain generator
        for member, said in group.waits:
            if self._names_coroutines(member.module, called_method(said.node) or ""):
                signs.append(_sign(member, said.node, said.note))
        if not signs:
            return group
        return Group(group.members, signs, against, group.ties)

    def _names_coroutines(self, module: Module, name: str) -> bool:
        """True where every method of that name in the project is a coroutine by its decorator, or certainly by use."""
        found = self.methods(module, name)
        return bool(found) and all(
            isinstance(function, ast.FunctionDef)
            and (
                home.is_generator_coroutine(function)
                or (is_plain_generator(home, function) and self._group(Member(home, function)).is_coroutine)
            )
            for home, function in found
        )

    # ---- one member ---

    def _body(self, group: Group, member: Member) -> Iterator[_Tie]:
        """Note what the body of a member says; yield the plain generators that it goes through."""
        module, function = member.module, member.function
        for said in said_by(module, function):
            place = Evidence(module.path, said.node.lineno, said.note)
            match said.kind:
                case Kind.WAITS:
                    group.signs.append(Sign(function, place))
                case Kind.UNFIT:
                    group.against.append(Sign(function, place))
                case Kind.THROUGH if said.target is not None and isinstance(said.target.node, ast.FunctionDef):
                    home = module.beside(said.target.facts.path)
                    if home is not None:
                        yield Member(home, said.target.node), place
                case _ if _calls_parameter(module, said.node):
                    for other in self.waited_for(module, said.node):
                        yield other, place
                case _:
                    if called_method(said.node) is not None:
                        group.waits.append((member, said))

    def _around(self, group: Group, member: Member) -> Iterator[_Tie]:
        """Note what decorators, uses and relatives say of a member; yield the plain generators that are tied to it."""
        function = member.function
        seen = self._uses_of(member)
        if seen.effect.kind is Decoration.UNKNOWN and seen.effect.decorator is not None:
            text = member.module.text(seen.effect.decorator)
            note = f"`{function.name}()` is decorated with `{text}`, which may not know what to do with a coroutine"
            group.against.append(_sign(member, seen.effect.decorator, note))
        for use in seen.uses:
            evidence = Evidence(use.module.path, use.line, use.note)
            match use.verdict:
                case Verdict.RUN:
                    group.signs.append(Sign(function, evidence))
                case Verdict.STEPPED:
                    group.against.append(Sign(function, evidence))
                case Verdict.STAYS:
                    group.is_generator = True
                case Verdict.DELEGATED if isinstance(use.function, ast.FunctionDef):
                    yield Member(use.module, use.function), evidence
                case _:
                    group.doubts.append(Sign(function, evidence))
        group.guesses += [(function, use) for use in seen.guesses]
        yield from _relatives(group, member)

    def _uses_of(self, member: Member) -> _Seen:
        known = self._seen.get(member.function)
        if known is None:
            effect = effect_of(member.module, member.function)
            uses, guesses = self._handed_on(member) if effect.kind is Decoration.SAME else ([], [])
            known = self._seen[member.function] = _Seen(effect, (*effect.uses, *uses), tuple(guesses))
        return known

    def _handed_on(self, member: Member) -> tuple[list[Use], list[Use]]:
        """Return what becomes of what a function gives, wherever its name stands in the project, and what may become of it.

        Functions that hand it back are followed, each once: the nearest first, so that none is left out for being far away.
        """
        uses: list[Use] = []
        guesses: list[Use] = []
        todo, seen = deque([_Handed(member.module, member.function, 0)]), {member.function}
        while todo:
            here = todo.popleft()
            if here.function not in self._named:
                self._named[here.function] = _named(here.module, here.function, self._is_first)
            named = self._named[here.function]
            guesses += named.guesses
            for use in named.uses:
                if not isinstance(use.function, ast.FunctionDef) or here.hands >= _HANDS:
                    uses.append(use)
                    continue
                for one in _followed(use, use.function, here.hands + 1):
                    if isinstance(one, Use):
                        uses.append(one)
                    elif one.function not in seen:
                        seen.add(one.function)
                        todo.append(one)
        return uses, guesses

    def waited_for(self, module: Module, node: ast.AST) -> list[Member]:
        """Return the plain generators that a `yield from` may go through, by a parameter or on an object not known.

        The first question has every generator of the project looked at.
        """
        if self._waited_for is None:
            self._waited_for = {}
            for member in self._every_generator(module):
                seen = self._uses_of(member)
                for use in (*seen.uses, *seen.guesses):
                    self._waited_for.setdefault(use.node, []).append(member)
        return self._waited_for.get(node, [])

    def methods(self, module: Module, name: str) -> list[tuple[Module, FunctionNode]]:
        """Return the methods of that name in the project."""
        paths = module.inference.project.files_spelling(is_defined, name) or ()
        if name not in self._methods:
            users = [user for path in paths if (user := module.beside(path)) is not None]
            self._methods[name] = [(user, one) for user in users for one in user.facts.methods.get(name, ())]
        return self._methods[name]

    def _every_generator(self, module: Module) -> Iterator[Member]:
        """Yield the plain generators of the project."""
        project = module.inference.project
        for path, data in zip(project.paths, project.every_bytes(), strict=True):
            home = module.beside(path) if b"yield from" in data else None
            for function in home.facts.functions if home is not None else ():
                if home is None or not isinstance(function, ast.FunctionDef) or is_special(function):
                    continue  # a native one, or one that only the language calls
                if is_plain_generator(home, function):
                    yield Member(home, function)


def _calls_parameter(module: Module, node: ast.Yield | ast.YieldFrom) -> bool:
    """True where a `yield from` calls a parameter of a function around it."""
    match node.value:
        case ast.Call(func=ast.Name(id=name) as func):
            home = module.facts.scope_at(func).find(name)
            return home is not None and any(one.how is How.PARAMETER for one in home[1])
        case _:
            return False


@dataclass(frozen=True, slots=True, eq=False)
class _Named:
    """What becomes of what a function gives, by each place that names it: for certain, and on objects that are not known."""

    uses: tuple[Use, ...]
    guesses: tuple[Use, ...]


def _named(home: Module, function: ast.FunctionDef, is_first: bool) -> _Named:
    paths = home.inference.project.files_using(function.name)
    if paths is None:
        note = f"too many files mention `{function.name}`: not all of its users can be known"
        return _Named((Use(Verdict.UNKNOWN, home, function, note),), ())
    uses: list[Use] = []
    guesses: list[Use] = []
    for path in paths:
        user = home.beside(path)
        if user is None:
            continue  # it cannot be read
        for node in (*user.facts.names.get(function.name, ()), *user.facts.attributes.get(function.name, ())):
            if is_first and is_stepped(user, node):
                continue  # that is no sign of a coroutine, whatever it is that is named
            is_certain = _is_certain(user, node, home, function) if isinstance(node.ctx, ast.Load) else None
            if is_certain is not None:  # else it binds the name, or is something else
                (uses if is_certain else guesses).extend(reference_fates(user, node))
    return _Named(tuple(uses), tuple(guesses))


@dataclass(frozen=True, slots=True, eq=False)
class _Handed:
    """A function of a file, and how many functions handed on what it gives before."""

    module: Module
    function: ast.FunctionDef
    hands: int


def _followed(use: Use, function: ast.FunctionDef, hands: int) -> Iterator[Use | _Handed]:
    """Yield a use, or the functions that give what was handed back: the one that returns it, or those that it decorates."""
    match use.verdict:
        case Verdict.HANDED_BACK if is_special(function):
            note = f"`{function.name}()` is called by the language, which goes through what it returns"
            yield Use(Verdict.STEPPED, use.module, use.node, note)
        case Verdict.HANDED_BACK if not use.module.facts.is_generator(function):
            yield _Handed(use.module, function, hands)
        case Verdict.SAME:
            yield from _decorated_by(use.module, function, hands)
        case _:
            yield use


def _decorated_by(home: Module, decorator: ast.FunctionDef, hands: int) -> Iterator[Use | _Handed]:
    """Yield what becomes of a wrapper that a decorator of the project returns, by the functions that are decorated with it."""
    for path in home.inference.project.files_using(decorator.name) or ():
        user = home.beside(path)
        for node in (
            (*user.facts.names.get(decorator.name, ()), *user.facts.attributes.get(decorator.name, ()))
            if user is not None
            else ()
        ):
            function = user.facts.parents[node] if user is not None else None
            if user is None or not isinstance(function, ast.FunctionDef) or node not in function.decorator_list:
                continue  # no decoration
            if not _is_certain(user, node, home, decorator):
                continue  # another decorator of that name
            effect = effect_of(user, function, above=node)
            yield from effect.uses
            if effect.kind is Decoration.SAME:
                yield _Handed(user, function, hands)


def _is_certain(user: Module, node: ast.Name | ast.Attribute, home: Module, function: FunctionNode) -> bool | None:
    """Return True where a name or attribute is the function, False where only its name says so, None where it is not."""
    values = user.values(node) - NONE
    functions = [value for value in values if isinstance(value, Function)]
    if any(one.node is function for one in functions):
        native = any(isinstance(one.node, ast.AsyncFunctionDef) for one in functions)
        return not native and Plain.UNKNOWN not in values
    reached = reaches(user, node, home, function)
    if reached is None and isinstance(node, ast.Attribute):
        others = [one for _, one in coroutines_by_use(home).methods(home, function.name)]
        return False if all(isinstance(one, ast.FunctionDef) for one in others) else None
    return None if reached is False else True


def _relatives(group: Group, member: Member) -> Iterator[_Tie]:
    """Note the coroutine functions that a method overrides or is overridden by; yield the plain generators among them."""
    module, function = member.module, member.function
    owner = module.facts.class_of(function)
    if owner is None:
        return
    classes = module.inference.classes
    cls = ProjectClass(module.facts, owner)
    for one in dict.fromkeys([*classes.mro(cls), *classes.subclasses(cls)]):
        home = module.beside(one.facts.path)
        for binding in one.facts.scopes[one.node].bindings.get(function.name, ()):
            other = binding.node
            if other is function or not isinstance(other, FUNCTIONS) or home is None:
                continue  # itself, or no function
            name = f"`{one.node.name}.{function.name}()`"
            if is_plain_generator(home, other) and isinstance(other, ast.FunctionDef):
                note = f"{name} is the same method of another class of the family"
                yield Member(home, other), Evidence(home.path, other.lineno, note)
            elif (isinstance(other, ast.FunctionDef) and home.is_generator_coroutine(other)) or (
                isinstance(other, ast.AsyncFunctionDef) and not home.facts.is_generator(other)
            ):
                group.signs.append(Sign(function, Evidence(home.path, other.lineno, f"{name} is a coroutine function")))


def _sign(member: Member, node: ast.AST, note: str) -> Sign:
    return Sign(member.function, Evidence(member.module.path, int(getattr(node, "lineno", 1)), note))


def _unasked(_: Inference) -> CoroutinesByUse:
    return CoroutinesByUse()


def coroutines_by_use(module: Module) -> CoroutinesByUse:
    """Return the answers for the project of a file, kept as long as what is known of it."""
    return module.inference.beside(_unasked)


def waited_for(module: Module, node: ast.YieldFrom) -> list[Member]:
    """Return the plain generators that a `yield from` may go through, by a parameter or on an object not known."""
    if _calls_parameter(module, node) or _is_unknown(module, node):
        return coroutines_by_use(module).waited_for(module, node)
    return []


def _is_unknown(module: Module, node: ast.YieldFrom) -> bool:
    """True where nothing is known of what a `yield from` waits for."""
    return Plain.UNKNOWN in module.values(node.value)
