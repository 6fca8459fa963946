"""What is put into a table under some keys: by every use of an expression that stands for the table."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from aiomend.facts.constants import text_of
from aiomend.facts.module import ModuleFacts
from aiomend.facts.parts import added_through, elements_of, filled
from aiomend.facts.scopes import How, Scope, last_name
from aiomend.facts.values import EMPTY, UNKNOWN, Container, Plain, Values

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference

PICKS = frozenset({"get", "pop", "setdefault"})  #: methods that give what is under a key
_LOOKS = frozenset({"items", "keys", "values", "clear", "copy", "popitem", "__contains__"})
#: Functions that look at a table, and keep nothing of it.
_READERS = frozenset(
    {"len", "bool", "list", "sorted", "tuple", "set", "iter", "str", "isinstance", "cast", "any", "all"}
)
_TABLES = frozenset({"dict", "OrderedDict"})

Key = str | None  #: a constant; None for every other
Keys = tuple[Key, ...]


class Contents:
    """Gathers what is put under the rest of the keys, place by place."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._stored: Values = EMPTY
        self._added: Values = EMPTY
        self._seen: set[ast.AST] = set()
        self.is_lost = False

    @property
    def values(self) -> Values:
        """All that was put there; UNKNOWN where nothing was seen to be."""
        return filled(self._stored, self._added, is_told=False) or UNKNOWN

    def through(self, facts: ModuleFacts, place: ast.expr, keys: Keys) -> None:
        """Note what the use of a place puts there, or through it under more keys."""
        if place in self._seen:
            return
        self._seen.add(place)
        match place:
            case ast.Call(func=ast.Attribute(attr="setdefault"), args=[_, default]):
                self._stores(facts, default, keys)
        if not keys:
            self._added |= added_through(self._inference, facts, place)
        match facts.parents[place]:
            case ast.Assign(targets=targets, value=value):
                self._assigned(facts, place, targets, value, keys)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assigned(facts, place, [target], value, keys)
            case ast.Subscript(value=inner, slice=index) as outer if inner is place and keys:
                if self._fits(facts, index, keys[0]):
                    self.through(facts, outer, keys[1:])
            case ast.Attribute(attr=attr) as method if keys:
                self._called(facts, method, attr, keys)
            case ast.Call(args=args) as taker if keys and place in args:
                self.is_lost |= last_name(taker.func) not in _READERS
            case ast.Return() | ast.Yield() | ast.keyword() | ast.Starred() | ast.NamedExpr() | ast.Lambda() if keys:
                self.is_lost = True  # whoever gets the table may put something into it
            case _:
                pass  # it is read

    def _assigned(
        self, facts: ModuleFacts, place: ast.expr, targets: list[ast.expr], value: ast.expr, keys: Keys
    ) -> None:
        """`place = value` puts something there; `name = place` is another name for the table."""
        if place is not value:
            self._stores(facts, value, keys)
        if not keys:
            return
        for target in targets:
            match target:
                case ast.Name(id=name):
                    self._follow(facts, facts.scope_at(target), name, keys)
                case _ if target not in self._seen:
                    self.is_lost = True  # an attribute, or a place of another table
                case _:
                    pass  # the place itself

    def _follow(self, facts: ModuleFacts, scope: Scope, name: str, keys: Keys) -> None:
        """Go on with the uses of a name for a table."""
        home = scope.find(name)
        if home is None or len(home[1]) != 1:
            self.is_lost = True  # it is bound to other things too
            return
        for use in facts.mentions(name).get(home[0], ()):
            if isinstance(use.ctx, ast.Load):
                self.through(facts, use, keys)

    def _called(self, facts: ModuleFacts, method: ast.Attribute, attr: str, keys: Keys) -> None:
        call = facts.parents[method]
        match attr, call:
            case _, ast.Call(func=func, args=[index, *_]) if attr in PICKS and func is method:
                if self._fits(facts, index, keys[0]):
                    self.through(facts, call, keys[1:])
            case "update", ast.Call(func=func, args=[ast.Dict() as display]) if func is method:
                self._stores(facts, display, keys)
            case _ if attr in _LOOKS:
                pass  # nothing is put there
            case _:
                self.is_lost = True  # a table of another kind, or one that is handed on

    def _stores(self, facts: ModuleFacts, value: ast.expr, keys: Keys) -> None:
        """Note what is under the keys in a value that is put somewhere."""
        if not keys:
            self._stored |= self._inference.values(facts, value)
            is_table = _is_table(bound_once(facts, value) or value)  # its items are asked for with all of their keys
            self.is_lost |= is_table or Plain.UNKNOWN in self._stored
            return
        match value:
            case ast.Dict(keys=names, values=parts):
                for index, part in zip(names, parts, strict=True):
                    if index is None:
                        self.is_lost = True  # what another table holds
                    elif self._fits(facts, index, keys[0]):
                        self._stores(facts, part, keys[1:])
            case ast.BoolOp(values=parts):
                for part in parts:
                    self._stores(facts, part, keys)
            case ast.Call(args=[], keywords=[]) if _is_table(value):
                pass  # nothing is in it
            case ast.Constant(value=None):
                pass  # asking for an item raises
            case ast.Name(id=name) if (first := bound_once(facts, value)) is not None:
                self._stores(facts, first, keys)
                self._follow(facts, facts.scope_at(value), name, keys)
            case _:
                self._held(self._inference.values(facts, value), keys)

    def _held(self, values: Values, keys: Keys) -> None:
        """Note what a container holds of which no keys are known."""
        for _ in keys:
            if not values or not all(isinstance(one, Container) for one in values):
                self.is_lost = True
                return
            values = elements_of(values)
        self._stored |= values
        self.is_lost |= Plain.UNKNOWN in values

    def _fits(self, facts: ModuleFacts, index: ast.expr, key: Key) -> bool:
        """True where an index may be a key."""
        text = text_of(self._inference, facts, index)
        return key is None or text is None or text.value == key


def _is_table(value: ast.expr) -> bool:
    return isinstance(value, ast.Dict) or (isinstance(value, ast.Call) and last_name(value.func) in _TABLES)


def bound_once(facts: ModuleFacts, node: ast.expr) -> ast.expr | None:
    """Return what a name stands for that one assignment binds; None for all else."""
    home = facts.scope_at(node).find(node.id) if isinstance(node, ast.Name) else None
    if home is None or len(home[1]) != 1 or home[1][0].path:
        return None
    binding = home[1][0]
    return binding.value if binding.how in (How.ASSIGN, How.ANNOTATION) else None
