"""Tests that a runner for coroutines runs."""

from __future__ import annotations

import ast

from aiomend.facts.scopes import FunctionNode
from aiomend.facts.values import ProjectClass
from aiomend.facts.view import Module

#: Classes of tests whose test methods may be coroutine functions.
ASYNC_TEST_CASES = frozenset(
    {"unittest.IsolatedAsyncioTestCase", "asynctest.TestCase", "aiohttp.test_utils.AioHTTPTestCase"}
)
MARKS = frozenset({"pytest.mark.asyncio", "pytest.mark.anyio"})


def is_test_function(module: Module, function: FunctionNode) -> bool:
    """True for what a test runner calls by its name."""
    if not function.name.startswith("test"):
        return False
    owner = module.facts.class_of(function)
    bases = module.inference.classes.external_bases(ProjectClass(module.facts, owner)) if owner is not None else None
    return module.is_test or any(base.endswith("TestCase") for base in bases or ())


def is_run_as_coroutine(module: Module, function: FunctionNode) -> bool:
    """True for a test function whose runner is known to await it where it is a coroutine function."""
    if not is_test_function(module, function):
        return False
    owner = module.facts.class_of(function)
    if owner is not None:
        bases = module.inference.classes.external_bases(ProjectClass(module.facts, owner)) or frozenset()
        if bases & ASYNC_TEST_CASES:
            return True
    marks = [*function.decorator_list, *(owner.decorator_list if owner is not None else ()), *_module_marks(module)]
    return any(_mark(module, one) in MARKS for one in marks)


def _module_marks(module: Module) -> list[ast.expr]:
    for statement in module.tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="pytestmark")], value=ast.List(elts=marks) | ast.Tuple(elts=marks)):
                return marks
            case ast.Assign(targets=[ast.Name(id="pytestmark")], value=mark):
                return [mark]
            case _:
                pass  # marks nothing
    return []


def _mark(module: Module, mark: ast.expr) -> str | None:
    return module.name_of(mark.func if isinstance(mark, ast.Call) else mark)
