"""Mocks that the project's tests put in the place of classes, functions and methods.

`yield from` goes through what a `MagicMock` gives, as through any iterable; `await` refuses it.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from aiomend.facts.call_names import Reached, names_of_call
from aiomend.facts.inference import Inference
from aiomend.facts.mock_results import gives_list, is_list, told_result
from aiomend.facts.module import ModuleFacts
from aiomend.facts.project import ProjectFacts
from aiomend.facts.spelling import is_class
from aiomend.facts.values import (
    NONE,
    Function,
    Instance,
    ProjectClass,
    ProjectInstance,
    ProjectModule,
    Values,
)
from aiomend.facts.view import Module

_WORDS = ("MagicMock", "Mock", "patch", "return_value", "side_effect")
_MAKES = re.compile(r"^(?:Magic|NonCallableMagic)?Mock$")
_ITERABLES = frozenset({"unittest.mock.MagicMock", "mock.MagicMock"})
_ITERABLE = "MagicMock"  #: the mock that `yield from` goes through, and that `patch` makes unless told otherwise
#: What tells `patch` to make something else than a plain `MagicMock`.
_OTHERWISE = frozenset({"new", "new_callable", "autospec"})


@dataclass(frozen=True, slots=True, eq=False)
class Mocking:
    """What puts a mock in the place of something in a test: the call that makes it, or what says what calling it gives."""

    facts: ModuleFacts
    node: ast.expr
    is_plain: bool  #: a call that makes a `MagicMock`, in the place of what the project certainly defines
    variable: str | None = None  #: that holds the mock before it is put there
    name: str = ""  #: the attribute that is replaced, where it is one of ``owners`` alone
    owners: frozenset[ProjectClass] = frozenset()  #: empty where nobody knows

    @property
    def place(self) -> str:
        """Return where it stands, as `path:line`."""
        return f"{self.facts.path}:{self.node.lineno}"

    @property
    def is_patch(self) -> bool:
        """True for a call of `patch`, which makes the mock itself."""
        return isinstance(self.node, ast.Call) and _MAKES.match(self.facts.original_name(self.node.func)) is None


_Mocked = Mapping[str, Sequence[Mocking]]


def mocked_wait(module: Module, node: ast.expr) -> Sequence[Mocking]:
    """Return the calls by which tests put a mock behind what a `yield from` waits for."""
    reached = names_of_call(module, node) if module.inference.beside(_mocked) else ()
    for one in reached:
        if mockings := mocks_of(module, one):
            each = (_as_told(module, mocking, one) for mocking in mockings)
            return [mocking for mocking in each if mocking is not None]
    return ()


def mocks_of(module: Module, reached: Reached) -> Sequence[Mocking]:
    """Return what puts a mock in the place of what a name leads to."""
    found = module.inference.beside(_mocked)
    return [mocking for mocking in found.get(reached.name, ()) if _concerns(module, mocking, reached)]


def _as_told(module: Module, mocking: Mocking, reached: Reached) -> Mocking | None:
    """Return a mock as what the test says that it gives leaves it: None where that can be awaited, and no plain one where it cannot."""
    if (test := module.beside(mocking.facts.path)) is None:
        return mocking
    match told_result(test, mocking.node, reached.called, mocking.variable, is_called=reached.is_called):
        case True:
            return None
        case False:
            return replace(mocking, is_plain=False)
        case None:
            return mocking


def _concerns(module: Module, mocking: Mocking, reached: Reached) -> bool:
    """False where a mock takes the place of an attribute of one class, and that of another one, or a variable, is asked for."""
    if not mocking.owners or mocking.name != reached.name:
        return True  # of whatever it is
    if reached.owner is None:
        return False
    mro, classes = module.inference.classes.mro, _classes(reached.owner)
    # where nobody knows whose attribute it is, it may be that one
    return not classes or any(mine in mro(one) or one in mro(mine) for mine in mocking.owners for one in classes)


def is_mock_for_callers(module: Module, method: ast.Attribute) -> bool:
    """True where callers pass a `MagicMock` for the object of a method, and no file says what that method gives."""
    project = module.inference.project
    values = module.inference.values_from_callers(module.facts, method.value)
    if not any(isinstance(value, Instance) and value.cls in _ITERABLES for value in values):
        return False
    paths = project.files_mentioning(method.attr)
    each = [facts for path in paths or () if (facts := project.facts(path)) is not None]
    return paths is not None and not any(
        _is_told(facts, use) for facts in each for use in facts.attributes.get(method.attr, ())
    )


def _is_told(facts: ModuleFacts, use: ast.Attribute) -> bool:
    """True for `store.get = fake`, `store.get.return_value = future` and their like."""
    match facts.parents[use]:
        case ast.Attribute(ctx=ast.Store()):
            return True
        case _:
            return isinstance(use.ctx, ast.Store)


def _mocked(inference: Inference) -> _Mocked:
    """Return what tests replace by a mock, by its last name."""
    found: dict[str, list[Mocking]] = defaultdict(list)
    project = inference.project
    paths = {path for word in _WORDS for path in project.files_mentioning(word) or ()}
    for path in sorted(paths):
        facts = project.facts(path) if b"mock" in project.content(path) else None
        if facts is None:
            continue  # it patches something else
        for name, mocking in _replaced(inference, facts):
            found[name].append(mocking)
    for name, mockings in tuple(found.items()):
        for method in set(_methods(project, name)):
            found[method] += mockings
    return dict(found)


def _methods(project: ProjectFacts, name: str) -> Iterator[str]:
    """Yield the methods of the project's classes of that name, under which others know what a mock of it gives."""
    for path in project.files_spelling(is_class, name) or ():
        facts = project.facts(path)
        for function in facts.functions if facts is not None else ():
            owner = facts.class_of(function) if facts is not None else None
            if owner is not None and owner.name == name and not function.name.startswith("__"):
                yield function.name


def _replaced(inference: Inference, facts: ModuleFacts) -> Iterator[tuple[str, Mocking]]:
    """Yield what puts a mock somewhere in a file, with the last name of what it replaces."""
    for told, is_refused in (("return_value", is_list), ("side_effect", gives_list)):
        for use in facts.attributes.get(told, ()):
            match facts.parents[use], use.value:
                case ast.Assign(value=given), ast.Attribute(attr=name) if is_refused(inference, facts, given):
                    yield name, Mocking(facts, use, is_plain=False)
                case _:
                    pass  # what is called, or what it gives, is not told here
    for call in facts.calls:
        keywords = {keyword.arg for keyword in call.keywords}
        match call:
            case ast.Call(func=func, args=[ast.Constant(value=str(text))]) if facts.original_name(func) == "patch":
                if not keywords & _OTHERWISE and not _knows_coroutines(inference, facts, func, text):
                    is_plain = _is_unittests(inference, facts, func) and _is_own(inference, facts, text)
                    yield text.rpartition(".")[2], Mocking(facts, call, is_plain)
            case ast.Call(func=ast.Attribute(value=patch, attr="object"), args=[owner, ast.Constant(value=str(name))]):
                if facts.original_name(patch) == "patch" and not keywords & _OTHERWISE:
                    is_plain = _is_unittests(inference, facts, patch) and _is_defined(inference, facts, owner)
                    owners = _classes(inference.values(facts, owner))
                    yield name, Mocking(facts, call, is_plain, name=name, owners=owners)
            case ast.Call(func=func) if _MAKES.match(facts.original_name(func)):
                match facts.parents[call]:
                    case ast.Assign(targets=[ast.Attribute(value=owner, attr=name)]):
                        is_plain = facts.original_name(func) == _ITERABLE and _is_unittests(inference, facts, func)
                        is_plain = is_plain and _is_defined(inference, facts, owner)
                        owners = _classes(inference.values(facts, owner))
                        yield name, Mocking(facts, call, is_plain, name=name, owners=owners)
                    case ast.Assign(targets=[ast.Name() as variable]) if facts.original_name(func) == _ITERABLE:
                        for read in facts.mentions_of(variable):
                            match facts.parents[read]:
                                case ast.Assign(targets=[ast.Attribute(attr=name)], value=given) if given is read:
                                    yield name, Mocking(facts, call, is_plain=False, variable=variable.id)
                                case _:
                                    pass  # it is used in another way
                    case _:
                        pass  # a mock of its own
            case _:
                pass  # replaces nothing


def _is_unittests(inference: Inference, facts: ModuleFacts, node: ast.expr) -> bool:
    """False for the mocks of another library, or of the project: what they give, and take, only they know."""
    name = inference.external_name(facts, node)
    if name is not None:
        return name.partition(".")[0] in {"unittest", "mock"}
    return not any(isinstance(one, (Function, ProjectClass, ProjectInstance)) for one in inference.values(facts, node))


def _knows_coroutines(inference: Inference, facts: ModuleFacts, patch: ast.expr, text: str) -> bool:
    """True where asynctest replaces a function: by itself it makes a mock of a coroutine function that can be awaited."""
    if (inference.external_name(facts, patch) or "").partition(".")[0] != "asynctest":
        return False
    home, _, name = text.rpartition(".")
    module = inference.project.module(home, near=facts.path)
    found = inference.bindings.member(module, name) if module is not None else frozenset()
    return not any(isinstance(one, ProjectClass) for one in found)


def _is_own(inference: Inference, facts: ModuleFacts, text: str) -> bool:
    """True for the dotted name of something in a module of the project, or in a class of the project that is there."""
    home = text.rpartition(".")[0]
    if inference.project.module(home, near=facts.path) is not None:
        return True
    above, _, cls = home.rpartition(".")
    module = inference.project.module(above, near=facts.path)
    return module is not None and any(isinstance(one, ProjectClass) for one in inference.bindings.member(module, cls))


def _classes(owner: Values) -> frozenset[ProjectClass]:
    """Return the classes of the project one of which something certainly is, or is an object of; none where that is not known."""
    classes = [one.cls if isinstance(one, ProjectInstance) else one for one in owner - NONE]
    known = frozenset(one for one in classes if isinstance(one, ProjectClass))
    return known if len(known) == len(classes) else frozenset()


def _is_defined(inference: Inference, facts: ModuleFacts, owner: ast.expr) -> bool:
    """True for a class, an object or a module of the project."""
    found = inference.values(facts, owner) - NONE
    return bool(found) and all(isinstance(value, (ProjectClass, ProjectInstance, ProjectModule)) for value in found)
