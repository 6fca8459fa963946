"""By which words a file names something: a name, an attribute or a call of it tells most often what it is not."""

from __future__ import annotations

import ast
from collections.abc import Collection

from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import How

ANY = ""  #: stands for a use of what may be anything, whatever is written there
#: What binds a name to something that goes by that name elsewhere.
_NAMED = frozenset({How.IMPORT, How.FROM, How.DEF, How.CLASS})


def written(facts: ModuleFacts, node: ast.expr) -> Collection[str]:
    """Return the words by which a file names something, the one that its import gives included; `ANY` where no word tells."""
    match node:
        case ast.Name(id=name):
            home = facts.scope_at(node).find(name)
            if home is None:
                return (_told(facts, name),)
            if any(binding.how not in _NAMED for binding in home[1]):
                return (ANY,)
            return {_told(facts, one) for one in (name, *(binding.member for binding in home[1] if binding.member))}
        case ast.Attribute(attr=attr):
            return (ANY,) if attr in facts.beside(_stored) else (_told(facts, attr),)
        case _:
            return (ANY,)


def _told(facts: ModuleFacts, name: str) -> str:
    """Return a name as a word that tells: `async` as a name has a stand-in while the file is parsed."""
    return ANY if any(name == stand_in for stand_in, _ in facts.source.placeholders) else name


def _stored(facts: ModuleFacts) -> frozenset[str]:
    """Return the names of the attributes that the file sets, on an object or in the body of a class."""
    on_objects = (
        name for name, uses in facts.attributes.items() if any(isinstance(use.ctx, ast.Store) for use in uses)
    )
    in_classes = (
        name
        for scope in facts.scopes.values()
        if scope.is_class
        for name, bindings in scope.bindings.items()
        if any(binding.how not in (How.DEF, How.CLASS, How.ANNOTATION) for binding in bindings)
    )
    return frozenset((*on_objects, *in_classes))
