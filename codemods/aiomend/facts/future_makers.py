"""Whether `create_future()` is the event loop's where nothing is known of the object that it is asked of."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING

from aiomend.facts.flow import returns_in
from aiomend.facts.module import ModuleFacts
from aiomend.facts.module_names import is_test_path
from aiomend.facts.scopes import LOOP_NAMES, FunctionNode, last_name

if TYPE_CHECKING:
    from aiomend.facts.project import ProjectFacts

NAME = "create_future"
_FUTURES = frozenset({"asyncio.Future", "asyncio.futures.Future"})


class FutureMakers:
    """The methods of a project that share their name with the event loop's."""

    def __init__(self, project: ProjectFacts) -> None:
        self._project = project

    def is_the_loops(self, facts: ModuleFacts, receiver: ast.expr) -> bool:
        """True where `<receiver>.create_future` can only be the event loop's, or makes the same thing.

        A class of the project that makes something else of that name may be meant, unless the receiver is called a loop and
        the class is not. What tests define, tests alone may mean.
        """
        rivals = [cls for path, cls in self._rivals if is_test_path(facts.path) or not is_test_path(path)]
        return not rivals or (
            last_name(receiver) in LOOP_NAMES and not any(cls.lower().endswith("loop") for cls in rivals)
        )

    @cached_property
    def _rivals(self) -> list[tuple[str, str]]:
        """The classes with a `create_future` that makes something else, each with its file."""
        found = []
        for path, data in zip(self._project.paths, self._project.every_bytes(), strict=True):
            if b"def create_future" not in data or (facts := self._project.facts(path)) is None:
                continue  # it has none, or is no Python that anybody could run
            for method in facts.methods.get(NAME, ()):
                owner = facts.class_of(method)
                if owner is not None and not _makes_a_future(method):
                    found.append((path, owner.name))
        return found


def _makes_a_future(method: FunctionNode) -> bool:
    """True where a method hands on what another `create_future` makes, or makes an asyncio future itself."""
    if not isinstance(method, ast.FunctionDef) or method.decorator_list:
        return False
    returned = [one.value for one in returns_in(method)]
    return bool(returned) and all(
        isinstance(one, ast.Call) and (last_name(one.func) == NAME or ast.unparse(one.func) in _FUTURES)
        for one in returned
    )
