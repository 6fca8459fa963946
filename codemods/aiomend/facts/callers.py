"""What a parameter may be: what its callers in the project pass, and what a test's fixture gives."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.scopes import Binding, FunctionNode, called_name
from aiomend.facts.values import EMPTY, UNKNOWN, Coroutine, Function, Plain, ProjectClass, Values

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference

_SITES = 8  #: more callers than this are not looked at: the parameter is not known


class Callers:
    """Looks up callers for one Inference."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._sites: dict[ast.AST, list[tuple[ModuleFacts, ast.Call]] | None] = {}

    def parameter(self, facts: ModuleFacts, function: FunctionNode, binding: Binding) -> Values:
        """Return what every known caller passes; UNKNOWN where one passes something unknown, or nobody calls."""
        if (given := self._fixture(facts, function, binding)) is not None:
            return given
        found: Values = EMPTY
        with self._inference.below() as is_possible:
            for user, call in (self.calls_of(facts, function) or ()) if is_possible else ():
                found |= self._passed(facts, function, binding, user, call)
                if Plain.UNKNOWN in found:
                    return UNKNOWN  # one that is not known is enough
        return found or UNKNOWN

    def _passed(
        self, facts: ModuleFacts, function: FunctionNode, binding: Binding, user: ModuleFacts, call: ast.Call
    ) -> Values:
        name = binding.node.arg if isinstance(binding.node, ast.arg) else ""
        if any(isinstance(argument, ast.Starred) for argument in call.args) or any(
            k.arg is None for k in call.keywords
        ):
            return UNKNOWN
        for keyword in call.keywords:
            if keyword.arg == name:
                return self._inference.values(user, keyword.value)
        positional = [*function.args.posonlyargs, *function.args.args]
        index = next((at for at, one in enumerate(positional) if one is binding.node), None)
        if index is not None:
            index -= self._bound_first(facts, function, user, call)
            if 0 <= index < len(call.args):
                return self._inference.values(user, call.args[index])
        return self._inference.values(facts, binding.value) if binding.value is not None else UNKNOWN

    def _bound_first(self, facts: ModuleFacts, function: FunctionNode, user: ModuleFacts, call: ast.Call) -> int:
        """How many parameters the call's own receiver fills: 1 for a method reached through an instance or a class."""
        owner = facts.class_of(function)
        if owner is None or any(called_name(one) == "staticmethod" for one in function.decorator_list):
            return 0
        if function.name == "__init__" or any(called_name(one) == "classmethod" for one in function.decorator_list):
            return 1
        through_class = isinstance(call.func, ast.Attribute) and any(
            isinstance(value, ProjectClass) for value in self._inference.values(user, call.func.value)
        )
        return 0 if through_class else 1

    def calls_of(self, facts: ModuleFacts, function: FunctionNode) -> list[tuple[ModuleFacts, ast.Call]] | None:
        """Return the calls that reach a function; None where there are too many, or some use is no call."""
        if function in self._sites:
            return self._sites[function]
        self._sites[function] = None  # while it is looked for, and where there are too many
        found = []
        with self._inference.at_level(0):
            for user, call in self._candidates(facts, function):
                if self._reaches(facts, function, user, call):
                    found.append((user, call))
                if len(found) > _SITES:
                    return None
        self._sites[function] = found
        return found

    def _candidates(self, facts: ModuleFacts, function: FunctionNode) -> Iterator[tuple[ModuleFacts, ast.Call]]:
        owner = facts.class_of(function)
        if function.name == "__init__" and owner is not None:
            name, more = owner.name, "__init__"
        elif function.name.startswith("__"):
            return  # called by syntax: nobody can list its callers
        else:
            name, more = function.name, None
        for path in self._inference.project.files_mentioning(name) or ():
            user = facts if path == facts.path else self._inference.project.facts(path)
            if user is None:
                continue  # it cannot be read
            uses = [*user.names.get(name, ()), *user.attributes.get(name, ())]
            if more is not None:
                uses += user.attributes.get(more, ())
            for use in uses:
                parent = user.parents.get(use)
                if isinstance(parent, ast.Call) and parent.func is use and user.function_at(parent) is not function:
                    yield user, parent

    def _reaches(self, facts: ModuleFacts, function: FunctionNode, user: ModuleFacts, call: ast.Call) -> bool:
        owner = facts.class_of(function)
        for value in self._inference.values(user, call.func):
            match value:
                case Function(node=node) if node is function:
                    return True
                case ProjectClass(node=node) if node is owner and function.name == "__init__":
                    return True
                case _:
                    pass  # something else of that name
        return False

    # ---- fixtures ---

    def _fixture(self, facts: ModuleFacts, function: FunctionNode, binding: Binding) -> Values | None:
        """Return what the pytest fixture of a test's parameter gives; None where there is none."""
        if not isinstance(binding.node, ast.arg) or not (function.name.startswith("test") or _is_fixture(function)):
            return None
        for home in self._fixture_files(facts):
            for candidate in home.functions:
                if candidate.name == binding.node.arg and candidate is not function and _is_fixture(candidate):
                    return self._given_by(home, candidate)
        return None

    def _fixture_files(self, facts: ModuleFacts) -> Iterator[ModuleFacts]:
        yield facts
        folder = posixpath.dirname(facts.path)
        while True:
            path = posixpath.join(folder, "conftest.py")
            if path in self._inference.project.paths and (home := self._inference.project.facts(path)) is not None:
                yield home
            if not folder:
                return
            folder = posixpath.dirname(folder)

    def _given_by(self, home: ModuleFacts, fixture: FunctionNode) -> Values:
        given: Values = EMPTY
        for node in own_nodes(fixture):
            match node:
                case ast.Yield(value=ast.expr() as value) | ast.Return(value=ast.expr() as value):
                    given |= self._inference.values(home, value)
                case _:
                    pass  # gives nothing
        if any(isinstance(value, Coroutine) for value in given):
            return UNKNOWN
        return given or UNKNOWN


def _is_fixture(function: FunctionNode) -> bool:
    return any(called_name(decorator) == "fixture" for decorator in function.decorator_list)
