"""What decorators do with the generator function under them: leave it, run what it makes, or nobody knows."""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterator
from dataclasses import dataclass

from aiomend.facts.decorators import is_property
from aiomend.facts.generator_fates import Use, Verdict, parameter_fates
from aiomend.facts.scopes import FUNCTIONS, called_name
from aiomend.facts.values import NONE, Function
from aiomend.facts.view import Module

#: Decorators that leave a function what it is, or hand on what it makes.
_TRANSPARENT = frozenset({"staticmethod", "classmethod", "abc.abstractmethod", "functools.wraps"})
_TRANSPARENT_PACKAGES = ("click.", "pytest.mark.", "typing.", "unittest.skip", "unittest.expectedFailure", "mock.patch")
#: Decorators that run what the function makes in an event loop.
_RUNNERS = frozenset(
    {
        "aiohttp.test_utils.unittest_run_loop",
        *(
            f"aiohttp.web.RouteTableDef.{method}"
            for method in ("get", "post", "put", "patch", "delete", "head", "route")
        ),
        "pytest.mark.asyncio",
    }
)


class Kind(enum.Enum):
    """What the name of a decorated function stands for."""

    SAME = "the function, or what gives the same"
    RUN = "something that runs the function in an event loop"
    UNKNOWN = "nobody knows"


@dataclass(frozen=True, slots=True, eq=False)
class Effect:
    """The effect of all decorators together, and what they do with the generator on the way."""

    kind: Kind
    uses: tuple[Use, ...] = ()
    decorator: ast.expr | None = None  #: the one of which nothing is known


def effect_of(module: Module, function: ast.FunctionDef, *, above: ast.expr | None = None) -> Effect:
    """Return what the decorators of a function do with the generator that it makes: all of them, or those above one."""
    uses: list[Use] = []
    index = function.decorator_list.index(above) if above is not None else len(function.decorator_list)
    for decorator in reversed(function.decorator_list[:index]):
        name = module.name_of(decorator.func if isinstance(decorator, ast.Call) else decorator) or ""
        if name in _RUNNERS or (mark := _learned_mark(module, name)) is not None:
            used = (
                Use(Verdict.RUN, module, decorator, f"`{module.text(decorator)}` runs it") if name in _RUNNERS else mark
            )
            assert used is not None
            return Effect(Kind.RUN, (*uses, used))
        if name in _TRANSPARENT or name.startswith(_TRANSPARENT_PACKAGES):
            continue  # it is called as before
        found = list(_applied(module, decorator))
        uses += [one for one in found if one.verdict in (Verdict.RUN, Verdict.STEPPED, Verdict.DELEGATED)]
        verdicts = {one.verdict for one in found}
        if Verdict.RUN in verdicts:
            return Effect(Kind.RUN, tuple(uses))
        if not verdicts & {Verdict.SAME, Verdict.HANDED_BACK, Verdict.DELEGATED} or is_property(decorator):
            return Effect(Kind.UNKNOWN, tuple(uses), decorator)
    return Effect(Kind.SAME, tuple(uses))


def _applied(module: Module, decorator: ast.expr) -> Iterator[Use]:
    """Yield what the functions of the project that a decorator is do with what they are given."""
    for value in module.values(decorator) - NONE:
        if not isinstance(value, Function) or not isinstance(value.node, FUNCTIONS):
            yield Use(Verdict.UNKNOWN, module, decorator, "nothing is known of the decorator")
            continue  # another value may tell more
        home, node = module.beside(value.facts.path), value.node
        index = bound_first(value, decorator)
        positional = [*node.args.posonlyargs, *node.args.args]
        if home is None or index >= len(positional):
            yield Use(Verdict.UNKNOWN, module, decorator, "nothing is known of the decorator")
            continue  # likewise
        yield from parameter_fates(home, node, positional[index], is_reference=True)


def bound_first(function: Function, decorator: ast.expr) -> int:
    """How many parameters are filled before the decorated function: the object or class through which it is reached."""
    node = function.node
    if not isinstance(node, FUNCTIONS):
        return 0
    kinds = {called_name(one) for one in node.decorator_list}
    if function.owner is None or "staticmethod" in kinds or isinstance(decorator, ast.Name):
        return 0
    return 1


def _learned_mark(module: Module, name: str) -> Use | None:
    """Return where the project's own pytest hook runs the tests with a mark; None where there is none, or no such hook."""
    mark = name.removeprefix("pytest.mark.")
    if mark == name or "." in mark:
        return None
    project = module.inference.project
    for path in project.files_mentioning("pytest_pyfunc_call") or ():
        facts = project.facts(path)
        for hook in facts.functions if facts is not None else ():
            if hook.name != "pytest_pyfunc_call":
                continue  # another function
            texts = {one.value for one in ast.walk(hook) if isinstance(one, ast.Constant)}
            runs = [
                one
                for one in ast.walk(hook)
                if isinstance(one, ast.Call) and called_name(one.func) in ("run_until_complete", "ensure_future", "run")
            ]
            user = module.beside(path)
            if mark in texts and runs and user is not None:
                return Use(Verdict.RUN, user, runs[0], f"`pytest_pyfunc_call()` runs the tests marked `{mark}`")
    return None
