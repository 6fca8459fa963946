"""Whether one plain function can become a coroutine function, all its callers willing."""

from __future__ import annotations

import ast
import builtins

from aiomend.facts.entries import is_console_script
from aiomend.facts.stubs import beside_stub
from aiomend.facts.testing_tools import ASYNC_TEST_CASES, MARKS, is_run_as_coroutine, is_test_function
from aiomend.facts.values import ProjectClass
from aiomend.facts.view import Module

#: Decorators that leave a coroutine function what it is.
_HARMLESS = MARKS | {
    "staticmethod",
    "classmethod",
    "typing.final",
    "typing.override",
    "typing_extensions.final",
    "typing_extensions.override",
}


def why_not(module: Module, function: ast.FunctionDef) -> str | None:
    """Return why a plain function must stay one; None where nothing speaks against a coroutine function."""
    name = f"`{function.name}()`"
    if function.name.startswith("__") and function.name.endswith("__"):
        return f"{name} is called by the language itself, which does not await it"
    if module.facts.is_generator(function):
        return f"{name} is a generator"
    for decorator in function.decorator_list:
        func = decorator.func if isinstance(decorator, ast.Call) else decorator
        if module.name_of(func) not in _HARMLESS:
            return (
                f"{name} is decorated with `{module.text(decorator)}`, which may not know what to do with a coroutine"
            )
    if module.threads.handles_loop(module.facts, function):
        return f"{name} runs an event loop itself"
    if is_test_function(module, function) and not is_run_as_coroutine(module, function):
        return f"{name} is a test, and nothing says that its runner awaits coroutine functions"
    if module.source.placeholders:
        return f"`async` is an ordinary name in {module.path}"
    if beside_stub(module) is not None:
        return f"a stub file says what {name} is"
    return _why_not_a_method(module, function)


def _why_not_a_method(module: Module, function: ast.FunctionDef) -> str | None:
    """Return the class that has a method of that name too, above, below or beside the function's own."""
    owner = module.facts.class_of(function)
    if owner is None:
        return None
    classes = module.inference.classes
    cls = ProjectClass(module.facts, owner)
    if classes.is_overridden(cls, function.name):
        return f"`{function.name}()` is overridden in a subclass of `{owner.name}`, or may be"
    for family in (cls, *classes.subclasses(cls)):
        for one in classes.mro(family):
            if one.node is not owner and function.name in one.facts.scopes[one.node].bindings:
                return f"`{function.name}()` shares its name with a method of `{one.node.name}`"
        bases = classes.external_bases(family)
        if bases is None:
            return (
                f"`{function.name}()` may override a method of a base class of `{family.node.name}` that is not known"
            )
        for base in sorted(bases):
            if not _is_known_without(base, function.name):
                return f"`{function.name}()` may override a method of `{base}`, or be called by it"
    return None


def _is_known_without(base: str, method: str) -> bool:
    """True for an external class that certainly neither has the method nor calls it."""
    if base in ASYNC_TEST_CASES:
        return method.startswith("test")
    known = getattr(builtins, base, None)
    return isinstance(known, type) and not hasattr(known, method)


def why_unknown_callers(module: Module, function: ast.FunctionDef, *, is_entry: bool) -> str | None:
    """Return why code outside of the project may call a function; ``is_entry``: a program calls it at its own level."""
    if module.is_test or _is_inner(module, function):
        return None
    if is_console_script(module, function):
        return f"`{function.name}()` is a command to install, which calls it and does not wait"
    facts = module.facts
    project = module.inference.project
    names = [*facts.name.split("."), *facts.scopes[function].qualname.split(".")]
    package = names[0]
    if "." not in facts.name and not facts.is_package:
        setup = project.data("setup.py") if "setup.py" in project.paths else b""
        if b"py_modules" not in setup or facts.name.encode() not in setup:
            return None  # a module of a program
    elif is_entry:
        return f"`{function.name}()` is where a package begins: a command may be set up to call it"
    if any(name.startswith("_") for name in names):
        return None  # private
    if project.module(f"{package}.__main__") is not None and not _is_exported(
        module, names[len(facts.name.split("."))]
    ):
        return None  # an application's own
    return f"`{function.name}()` is public: code outside of this project may call it"


def _is_inner(module: Module, function: ast.FunctionDef) -> bool:
    return any(True for _ in module.enclosing_functions(function))


def _is_exported(module: Module, name: str) -> bool:
    """True where a package around the module takes the name over, or everything."""
    parts = module.facts.name.split(".")
    for count in range(1, len(parts) + 1):
        package = module.inference.project.module(".".join(parts[:count]), module.path)
        if package is not None and package.is_package and (package.stars or name in package.scope.bindings):
            return True
    return False
