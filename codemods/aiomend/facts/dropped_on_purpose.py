"""What says that a coroutine is dropped on purpose: most of all tests of what becomes of one that nobody runs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Set

from aiomend.facts.flow import contexts_around, handlers_around
from aiomend.facts.module import own_nodes
from aiomend.facts.patched import REPLACING
from aiomend.facts.scopes import FUNCTIONS, called_name, last_name
from aiomend.facts.suspension import is_test_code
from aiomend.facts.values import Function
from aiomend.facts.view import Module
from aiomend.source import last_line

#: Blocks of tests that expect what happens to a coroutine that nobody runs, or to a call that fails.
_EXPECTS = frozenset(
    {"raises", "warns", "deprecated_call", "catch_warnings", "check_warnings", "recwarn", "assertRaises"}
    | {"assertRaisesRegex", "assertWarns", "assertWarnsRegex", "assertLogs"}
)
_WARNINGS = _EXPECTS - {"raises", "assertRaises", "assertRaisesRegex", "assertLogs"}
_FILTERS = frozenset({"filterwarnings", "simplefilter"})
_FILTERED = re.compile(r"""\(\s*["']ignore\b(?s:.)*(?:never awaited|never yielded|coroutine|RuntimeWarning)""")
#: A comment such as `# never awaited`, `# don't run it`, `# unscheduled on purpose`.
_SAYS_SO = re.compile(
    r"#.*(?:\b(?:not|never|un|without)|n't)[\s-]*(?:be(?:ing)?\s+)?(?:await|schedul|yield|(?:run|us(?:e|ing)) it\b)",
    re.IGNORECASE,
)


def is_meant(module: Module, call: ast.Call, made_by: Iterable[Function] = ()) -> bool:
    """True where the code around a call expects that its coroutine is dropped, or that the call makes none.

    ``made_by`` are the coroutine functions that the call comes to, by whatever way.
    """
    names = {last_name(call.func), *(getattr(one.node, "name", "") for one in made_by)}
    for _, item in contexts_around(module.facts, call):
        if called_name(item.context_expr) in _EXPECTS:
            return True
    if is_test_code(module) and (
        _ignores_warning(module, call) or _is_looked_at(module, call, names) or _says_so(module, call)
    ):
        return True
    return any(
        handler.type is not None and "RuntimeWarning" in ast.dump(handler.type)
        for handler in handlers_around(module.facts, call)
    )


def _is_looked_at(module: Module, call: ast.Call, names: Set[str]) -> bool:
    """True where the test around a call asks for warnings, collects garbage, or has put something in the place of what is called."""
    if any(isinstance(use.ctx, ast.Store) for name in names for use in module.facts.attributes.get(name, ())):
        return True
    for function in module.enclosing_functions(call):
        owner = module.facts.class_of(function)
        around = [*function.decorator_list, *(owner.decorator_list if owner is not None else ()), *own_nodes(function)]
        calls = [node for node in around if isinstance(node, ast.Call)]
        if any(one.arg == "recwarn" for one in function.args.args) or any(_looks(module, one) for one in calls):
            return True
        if any(name in names for one in calls for name in _replaced(one)):
            return True
    return False


def _looks(module: Module, call: ast.Call) -> bool:
    """True for what tells of warnings, or collects what nobody refers to."""
    last = last_name(call.func)
    return last in _WARNINGS or last == "gc_collect" or module.name_of(call.func) == "gc.collect"


def _replaced(call: ast.Call) -> Iterator[str]:
    """Yield the last name of what a call puts something in the place of: `patch("app.ring")`, `setattr(app, "ring", fake)`."""
    for given in call.args[:2] if last_name(call.func) in REPLACING else ():
        if isinstance(given, ast.Constant) and isinstance(given.value, str):
            yield given.value.rpartition(".")[2]


def _says_so(module: Module, call: ast.Call) -> bool:
    """True where a comment beside or above a call says that nobody is to run it."""
    first = module.facts.statement(call).lineno
    lines = [module.source.line(line) for line in range(first, last_line(call) + 1)]
    if first > 1 and module.source.line(first - 1).lstrip().startswith("#"):
        lines.append(module.source.line(first - 1))
    return any(_SAYS_SO.search(line) is not None for line in lines)


def _ignores_warning(module: Module, call: ast.Call) -> bool:
    """True where a mark or a filter around a call says that the warning is not wanted."""
    for parent in (call, *module.facts.ancestors(call)):
        if isinstance(parent, (*FUNCTIONS, ast.ClassDef)) and any(
            _filters(module, one) for one in parent.decorator_list
        ):
            return True
        body = parent.body if isinstance(parent, (*FUNCTIONS, ast.ClassDef, ast.Module)) else []
        values = [one.value for one in body if isinstance(one, (ast.Assign, ast.Expr))]
        marks = [
            one for value in values for one in (value.elts if isinstance(value, (ast.List, ast.Tuple)) else [value])
        ]
        if any(_filters(module, one) for one in marks):
            return True
    return False


def _filters(module: Module, node: ast.expr) -> bool:
    """True for `filterwarnings("ignore:coroutine .* was never awaited")` and the like."""
    return called_name(node) in _FILTERS and _FILTERED.search(module.text(node)) is not None
