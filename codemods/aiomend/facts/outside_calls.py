"""Which calls of a file may be of certain functions outside the project: most tell by how they are written that they are not."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING

from aiomend.facts.catalog.interfaces import interfaces
from aiomend.facts.module import ModuleFacts
from aiomend.facts.wording import ANY, written

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference


class OutsideCalls:
    """Knows by which words the files of a project may call a function."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._words: dict[frozenset[str], frozenset[str]] = {}
        self._given: dict[ModuleFacts, list[int]] = {}  #: where something is called that another file names
        self._calls: dict[tuple[ModuleFacts, frozenset[str]], list[ast.Call]] = {}

    def calls(self, facts: ModuleFacts, names: Iterable[str]) -> list[ast.Call]:
        """Return the calls of a file whose function certainly goes by one of some canonical names, in its order."""
        wanted = frozenset(names)
        found = self._calls.get((facts, wanted))
        if found is None:
            found = self._calls[facts, wanted] = [
                call
                for call in self._candidates(facts, wanted)
                if self._inference.external_name(facts, call.func) in wanted
            ]
        return found

    def may_be(self, facts: ModuleFacts, function: ast.expr, names: frozenset[str]) -> bool:
        """True where what is called may be a function by one of some canonical names, as far as writing tells."""
        return self._is_given(facts, function) or not self._of(names).isdisjoint(written(facts, function))

    def _is_given(self, facts: ModuleFacts, function: ast.expr) -> bool:
        """True where a file of the project gives the name, which may give it to anything: `a, b = asyncio.wait, asyncio.gather`."""
        owner = function.value if isinstance(function, ast.Attribute) else function
        home = facts.scope_at(owner).find(owner.id) if isinstance(owner, ast.Name) else None
        roots = {binding.target.partition(".")[0] for binding in home[1]} if home is not None else set()
        return not roots.isdisjoint(self._inference.project.top_levels)

    def _candidates(self, facts: ModuleFacts, names: frozenset[str]) -> list[ast.Call]:
        if facts not in self._given:
            self._given[facts] = [at for at, call in enumerate(facts.calls) if self._is_given(facts, call.func)]
        by_word = facts.beside(_calls_by_word)
        places = {place for word in self._of(names) for place in by_word.get(word, ())}
        return [facts.calls[place] for place in sorted(places.union(self._given[facts]))]

    def _of(self, names: frozenset[str]) -> frozenset[str]:
        """Return all words by which something with one of some names may be called."""
        found = self._words.get(names)
        if found is None:
            own = {name.rpartition(".")[2] for name in names}
            older = {old.rpartition(".")[2] for old, new in interfaces().same.items() if new in names}
            others = self._inference.project.tree_names.others(own | older)
            said = (other.decode("utf-8", "replace") for other in others)
            found = self._words[names] = frozenset({ANY, *own, *older, *said})
        return found


def _calls_by_word(facts: ModuleFacts) -> dict[str, list[int]]:
    """Return word -> where in ``facts.calls`` something is called by it."""
    found: dict[str, list[int]] = {}
    for place, call in enumerate(facts.calls):
        for word in written(facts, call.func):
            found.setdefault(word, []).append(place)
    return found
