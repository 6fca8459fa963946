"""What code puts in the place of something by its name: it sets an attribute, and tests patch one.

`client.send = fake`, `setattr(Client, "send", fake)`, `patch("work.Client.send", fake)`, `type("Fake", (Client,), {"send": fake})`.
What the methods of a class give to `self` is known with the class.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aiomend.facts.inference import Inference
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import last_name
from aiomend.facts.spelling import is_quoted, is_set
from aiomend.facts.values import EMPTY, NONE, Plain, ProjectClass, ProjectInstance, ProjectModule, Values

#: What makes a method of a function, and does with it what calling it would.
_METHODS = frozenset({"MethodType", "classmethod", "partial", "partialmethod", "staticmethod"})
_WORDS = (b"patch", b"setattr", b"type", b"__dict__", b"vars")


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """Something in the place of an attribute. ``owners`` is whose: expressions, or a dotted text."""

    facts: ModuleFacts
    node: ast.expr
    owners: Sequence[ast.expr] | str
    value: ast.expr
    is_made: bool = False  #: calling the value gives what is put there

    @property
    def place(self) -> str:
        """Return where it stands, as `path:line`."""
        return f"{self.facts.path}:{self.node.lineno}"

    def owned_by(self, inference: Inference) -> Values:
        """Return whose attribute it is, as far as that is known."""
        if isinstance(self.owners, str):
            return _named(inference, self.facts, self.owners)
        return EMPTY.union(*(inference.values(self.facts, one) for one in self.owners))

    def concerns(self, inference: Inference, owner: Values | None) -> bool:
        """False where it certainly takes the place of what another object has under the name; ``owner`` is None for a variable."""
        theirs = self.owned_by(inference) - NONE
        if not theirs or Plain.UNKNOWN in theirs:
            return True
        classes = {cls for value in theirs if (cls := _class(value)) is not None}
        if owner is None:  # a module's
            return len(classes) < len(theirs)
        mine = owner - NONE
        if not mine or Plain.UNKNOWN in mine:
            return True
        if not theirs.isdisjoint(mine):
            return True
        mro = inference.classes.mro
        own = [cls for value in mine if (cls := _class(value)) is not None]
        return any(first in mro(second) or second in mro(first) for first in classes for second in own)

    def values(self, inference: Inference) -> Values:
        """Return what is put there."""
        found = inference.values(self.facts, _function_in(self.value))
        return inference.results(found) if self.is_made else found


def placed(inference: Inference, name: str) -> Sequence[Placed]:
    """Return what the project puts in the place of attributes of a name, in the order of the files."""
    return inference.traced(("placed", name), lambda: list(_placed(inference, name)))


def _placed(inference: Inference, name: str) -> Iterator[Placed]:
    project = inference.project
    patched = set(project.files_mentioning(name) or ()) & set(project.files_mentioning("multiple") or ())
    quoting = patched | set(project.all_files_spelling(is_quoted, name))
    told = {path for path in quoting if any(word in project.content(path) for word in _WORDS)}
    for path in sorted(told | set(project.files_spelling(is_set, name) or ())):
        if (facts := project.facts(path)) is None:
            continue  # nobody knows what is in it
        yield from _set_in(facts, name)
        if path in told:
            for call in facts.calls:
                yield from _patched_by(facts, call, name)
            yield from _filled_in(facts, name)


def _set_in(facts: ModuleFacts, name: str) -> Iterator[Placed]:
    for use in facts.attributes.get(name, ()):
        if not isinstance(use.ctx, ast.Store) or (isinstance(use.value, ast.Name) and use.value.id == "self"):
            continue  # it is read, or known with its class
        match facts.parents[use]:
            case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                yield Placed(facts, use, (use.value,), value)
            case (ast.Tuple(elts=targets) | ast.List(elts=targets)) as parts:
                match facts.parents[parts]:
                    case ast.Assign(value=ast.Tuple(elts=values) | ast.List(elts=values)) if len(values) == len(
                        targets
                    ):
                        yield Placed(facts, use, (use.value,), values[targets.index(use)])
                    case _:
                        pass  # out of something that is not written there
            case _:
                pass  # bound in another way


def _filled_in(facts: ModuleFacts, name: str) -> Iterator[Placed]:
    """Yield what is put into the table of an object's attributes: `client.__dict__["send"] = fake`."""
    tables: list[tuple[ast.expr, ast.expr]] = [(one, one.value) for one in facts.attributes.get("__dict__", ())]
    for use in facts.names.get("vars", ()):
        match facts.parents[use]:
            case ast.Call(func=func, args=[owner]) as table if func is use:
                tables.append((table, owner))
            case _:
                pass  # of whatever stands around it
    for place, owner in tables:
        match facts.parents[place]:
            case ast.Subscript(slice=ast.Constant(value=text), ctx=ast.Store()) as entry if text == name:
                match facts.parents[entry]:
                    case ast.Assign(value=value):
                        yield Placed(facts, entry, (owner,), value)
                    case _:
                        pass  # it is bound in another way
            case _:
                pass  # another entry, or it is read


def _patched_by(facts: ModuleFacts, call: ast.Call, name: str) -> Iterator[Placed]:
    given = {one.arg: one.value for one in call.keywords if one.arg}
    match facts.original_name(call.func):
        case "setattr":
            match call.args:
                case [ast.Constant(value=str(text)), value] if "." in text and text.rpartition(".")[2] == name:
                    yield Placed(facts, call, _home(text), value)
                case [owner, ast.Constant(value=str(text)), value, *_] if text == name:
                    yield Placed(facts, call, (owner,), value)
                case _:
                    pass  # sets another one
        case "patch":
            target, rest = _taken(call, given, "target")
            match target:
                case ast.Constant(value=str(text)) if "." in text and text.rpartition(".")[2] == name:
                    yield from _new(facts, call, _home(text), rest, given)
                case _:
                    pass  # patches another one
        case "object" if _is_patch(facts, call.func):
            target, rest = _taken(call, given, "target")
            attribute, rest = (
                (rest[0], rest[1:]) if rest and "attribute" not in given else (given.get("attribute"), rest)
            )
            if target is not None and isinstance(attribute, ast.Constant) and attribute.value == name:
                yield from _new(facts, call, (target,), rest, given)
        case "multiple" if name in given and _is_patch(facts, call.func):
            match _taken(call, given, "target")[0]:
                case ast.Constant(value=str(text)):
                    yield Placed(facts, call, text, given[name])
                case ast.expr() as owner:
                    yield Placed(facts, call, (owner,), given[name])
                case _:
                    pass  # of what, nobody sees
        case "type":
            match call.args:
                case [_, ast.Tuple(elts=bases), ast.Dict(keys=keys, values=values)]:
                    for key, value in zip(keys, values, strict=True):
                        if isinstance(key, ast.Constant) and key.value == name:
                            yield Placed(facts, call, tuple(bases), value)
                case _:
                    pass  # makes no class, or one of which nothing is seen
        case _:
            pass  # puts nothing anywhere


def _home(text: str) -> str:
    return text.rpartition(".")[0]


def _is_patch(facts: ModuleFacts, func: ast.expr) -> bool:
    return isinstance(func, ast.Attribute) and facts.original_name(func.value) == "patch"


def _taken(call: ast.Call, given: dict[str, ast.expr], keyword: str) -> tuple[ast.expr | None, Sequence[ast.expr]]:
    """Return the first argument, by its place or its keyword, and those behind it."""
    return (given[keyword], call.args) if keyword in given else (next(iter(call.args), None), call.args[1:])


def _new(
    facts: ModuleFacts,
    call: ast.Call,
    owners: Sequence[ast.expr] | str,
    rest: Sequence[ast.expr],
    given: dict[str, ast.expr],
) -> Iterator[Placed]:
    """Yield what a call of `patch` is told to put there; what it makes by itself is a mock."""
    if rest or "new" in given:
        yield Placed(facts, call, owners, rest[0] if rest else given["new"])
    elif "new_callable" in given:
        yield Placed(facts, call, owners, given["new_callable"], is_made=True)


def _function_in(value: ast.expr) -> ast.expr:
    """Return the function in `staticmethod(fake)`, `types.MethodType(fake, client)`, `fake.__get__(client)`; others as they are."""
    match value:
        case ast.Call(func=func, args=[given, *_]) if last_name(func) in _METHODS:
            return given
        case ast.Call(func=ast.Attribute(value=given, attr="__get__")):
            return given
        case _:
            return value


def _class(value: object) -> ProjectClass | None:
    match value:
        case ProjectClass():
            return value
        case ProjectInstance(cls=cls):
            return cls
        case _:
            return None


def _named(inference: Inference, facts: ModuleFacts, text: str) -> Values:
    """Return what a dotted text stands for: a module, or what is in one."""
    project = inference.project
    parts = text.split(".")
    for count in range(len(parts), 0, -1):
        if (module := project.module(".".join(parts[:count]), near=facts.path)) is not None:
            if count == len(parts):
                return frozenset({ProjectModule(module)})
            found = inference.bindings.member(module, parts[count])
            for name in parts[count + 1 :]:
                found = inference.attribute(found, name)
            return found
    return EMPTY
