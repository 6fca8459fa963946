"""Where a program begins: main guards, scripts that nobody imports, functions that are the program."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from aiomend.facts.flow import loops_around
from aiomend.facts.module import ModuleFacts
from aiomend.facts.module_names import is_test_path
from aiomend.facts.scopes import Binding, FunctionNode, How
from aiomend.facts.values import Function

if TYPE_CHECKING:
    from aiomend.facts.view import Module

_COMMAND_LIBRARIES = frozenset({"click", "typer", "cyclopts", "asyncclick", "rich_click"})


def main_guard(facts: ModuleFacts, node: ast.AST) -> ast.If | None:
    """Return the outermost `if __name__ == "__main__"` whose body holds a node."""
    found: ast.If | None = None
    here = node
    for parent in facts.ancestors(node):
        if isinstance(parent, ast.If) and here in parent.body and is_main_test(parent.test):
            found = parent
        here = parent
    return found


def is_main_test(test: ast.expr) -> bool:
    """True for `__name__ == "__main__"`, also as a part of an `and`."""
    match test:
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
            names = [side for side in (left, right) if isinstance(side, ast.Name) and side.id == "__name__"]
            words = [side for side in (left, right) if isinstance(side, ast.Constant) and side.value == "__main__"]
            return len(names) == len(words) == 1
        case ast.BoolOp(op=ast.And(), values=parts):
            return any(map(is_main_test, parts))
        case _:
            return False


def importers(module: Module, holding: str = "") -> list[ModuleFacts] | None:
    """Return the other files of the project that import this one; None where they are too many to look at.

    Where only those that hold a word are wanted, there are fewer to look at; others may be among them all the same.
    """
    name = module.facts.name
    project = module.inference.project
    if name.rpartition(".")[2] == "__main__":
        return []  # run, never imported
    last = name.rpartition(".")[2]
    files = project.files_mentioning(last)
    if files is None and holding:
        files = project.files_mentioning(f"{last} {holding}")
    if files is None:
        return None
    others = (project.facts(path) for path in files if path != module.path)
    return [facts for facts in others if facts is not None and _imports(facts, name)]


def _imports(facts: ModuleFacts, name: str) -> bool:
    if name in facts.stars:
        return True
    every = (binding for scope in facts.scopes.values() for found in scope.bindings.values() for binding in found)
    return any(brings(binding, name) for binding in every)


def brings(binding: Binding, name: str) -> bool:
    """True for a binding by an import that imports the module ``name`` or a part of it."""
    match binding:
        case Binding(how=How.IMPORT, node=ast.Import(names=names)):
            return any(alias.name == name or alias.name.startswith(f"{name}.") for alias in names)
        case Binding(how=How.FROM, target=target, member=member):
            return target == name or f"{target}.{member}" == name
        case _:
            return False


def is_script(module: Module) -> bool:
    """True where a file's own level is a program: outside any package, or `__main__`, and imported by nobody."""
    name = module.facts.name
    if "." in name and not name.endswith(".__main__"):
        return False  # a module of a package
    return not module.is_test and not module.facts.is_package and importers(module) == []


def is_program(module: Module, function: FunctionNode, goes_on: Callable[[ModuleFacts, ast.stmt], bool]) -> bool:
    """True where a function is the program: one call at a module's own level, after which nothing ``goes_on``.

    A command of a command-line library and a console script are programs too, and so is a `main`
    that nobody in the project calls.
    """
    if module.facts.scope_at(function) is not module.facts.scope:
        return False
    if _is_command(module, function):
        return True
    calls: list[tuple[ModuleFacts, ast.Call]] = []
    for user, reference in _references(module, function):
        call = user.parents.get(reference)
        if not isinstance(call, ast.Call) or call.func is not reference or user.function_at(call) is not None:
            return False  # handed on, or called by another function: it may run any number of times
        calls.append((user, call))
    if not calls:
        return function.name == "main" or is_console_script(module, function)
    (user, call), *more = calls
    if any(loops_around(user, call)):
        return False  # it runs once a round
    return not more and not any(goes_on(user, statement) for statement in _after(user, call))


def _is_command(module: Module, function: FunctionNode) -> bool:
    if not module.facts.imported_roots & _COMMAND_LIBRARIES:
        return False
    for decorator in function.decorator_list:
        func = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(func, ast.Attribute) and func.attr in ("command", "group"):
            return True
    return False


def is_console_script(module: Module, function: FunctionNode) -> bool:
    """True for a function that a `setup.py`, or the project's `pyproject.toml` or `setup.cfg`, names as a command to install."""
    project = module.inference.project
    wanted = re.compile(rb"\b%s\s*:\s*%s\b" % (re.escape(module.facts.name.encode()), function.name.encode()))
    setups = [path for path in project.paths if path.rpartition("/")[2] == "setup.py"]
    for path in [*setups, "pyproject.toml", "setup.cfg"]:
        try:
            text = project.data(path)
        except OSError:
            continue  # there is none
        if wanted.search(text) is not None:
            return True
    return False


def _references(module: Module, function: FunctionNode) -> Iterator[tuple[ModuleFacts, ast.expr]]:
    """Yield the uses of a function in the project, tests left out."""
    for user in [module.facts, *(importers(module) or ())]:
        if user is not module.facts and is_test_file(user):
            continue  # a test calls what it wants, in a process of its own
        for node in [*user.names.get(function.name, ()), *user.attributes.get(function.name, ())]:
            if not isinstance(node.ctx, ast.Load):
                continue  # it binds the name
            values = module.inference.values(user, node)
            if any(isinstance(value, Function) and value.node is function for value in values):
                yield user, node


def is_test_file(facts: ModuleFacts) -> bool:
    """True where a file's name or folder says that it holds tests."""
    return facts.path.rpartition("/")[2].startswith(("test_", "conftest")) or "tests/" in facts.path


def _after(facts: ModuleFacts, node: ast.AST) -> Iterator[ast.stmt]:
    """Yield the statements that run after a node, in its block and in those around it."""
    here: ast.AST = facts.statement(node)
    for parent in facts.ancestors(here):
        if isinstance(here, ast.stmt):
            block = facts.block(here)
            yield from block[block.index(here) + 1 :]
        here = parent


#: What runs a file in the process that asks for it.
_RUNS_FILES = re.compile(
    rb"\b(?:run_path|run_module|spec_from_file_location|SourceFileLoader|execfile)\s*\(|\bexec\(\s*compile\("
)


def runs_in_process(module: Module) -> str | None:
    """Return which file of the project may run this one, a script, in its own process: a test, or one that has its name; None if none may."""
    project = module.inference.project
    own = posixpath.basename(module.path).encode()
    words = ("run_path", "run_module", "spec_from_file_location", "SourceFileLoader", "execfile", "exec")
    for path in sorted({path for word in words for path in project.files_mentioning(word) or ()}):
        data = project.content(path)
        if path != module.path and (is_test_path(path) or own in data) and _RUNS_FILES.search(data) is not None:
            return path
    return None
