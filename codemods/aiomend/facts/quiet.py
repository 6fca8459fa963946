"""Which statements run no code but their own: builtins, the standard library, and nothing there that calls others."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from aiomend.facts.scopes import FUNCTIONS, Binding, How
from aiomend.facts.values import Function, Plain, ProjectInstance

if TYPE_CHECKING:
    from aiomend.facts.view import Module

RUNS = frozenset({"run_until_complete", "run_forever"})
#: Functions that look at what they get and forget it.
LOOKS = frozenset({"print", "isinstance", "type", "id", "repr", "str", "hasattr", "bool", "callable", "format"})
_DEPTH = 8
#: What the standard library and the builtins may use to run code of others.
_RUN_OTHERS = frozenset(
    {
        "asyncio", "atexit", "bdb", "cProfile", "code", "concurrent", "doctest", "eval", "exec", "importlib", "pdb",
        "profile", "runpy", "sched", "threading", "_thread", "timeit", "trace", "unittest", "__import__",
    }
)  # fmt: skip


def evaluated(node: ast.AST) -> Iterable[ast.AST]:
    """The nodes that run when a node does: not the bodies of functions that it only defines."""
    yield node
    if isinstance(node, (*FUNCTIONS, ast.Lambda)):
        return
    for child in ast.iter_child_nodes(node):
        yield from evaluated(child)


def is_quiet(module: Module, node: ast.AST) -> bool:
    """True where a statement calls nothing but builtins and the standard library, and nothing there that calls others."""
    return next(noisy(module, node), None) is None


def noisy(module: Module, node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of a statement that keep it from being quiet: imports, calls, functions that are handed on."""
    for inner in evaluated(node):
        match inner:
            case ast.Import(names=names) if not all(is_library(alias.name) for alias in names):
                yield inner
            case ast.ImportFrom(module=source, level=level) if level or not is_library(source or ""):
                yield inner
            case ast.Call(func=ast.Attribute(value=ast.Constant() | ast.JoinedStr())):
                pass  # text
            case ast.Call(func=ast.Attribute(value=receiver)) if is_logger(module, receiver):
                pass  # a line in a log
            case ast.Call(func=func):
                name = module.name_of(func)
                if name is None or not (is_library(name) or name == "asyncio.set_event_loop"):
                    yield inner
            case ast.Lambda():
                yield inner  # for whoever gets it to call
            case ast.Name(ctx=ast.Load()) | ast.Attribute(ctx=ast.Load()):
                if any(isinstance(value, Function) for value in module.values(inner)):
                    yield inner  # a function of the project, called or handed on
            case _:
                pass  # calls nothing


def is_logger(module: Module, receiver: ast.expr) -> bool:
    """True for `logging.getLogger(…)`, and for a name that is bound to nothing else."""
    if isinstance(receiver, ast.Call):
        return module.name_of(receiver.func) == "logging.getLogger"
    home = module.facts.scope_at(receiver).find(receiver.id) if isinstance(receiver, ast.Name) else None
    return home is not None and all(
        binding.how in (How.ASSIGN, How.ANNOTATION)
        and isinstance(binding.value, ast.Call)
        and module.name_of(binding.value.func) == "logging.getLogger"
        for binding in home[1]
    )


def is_library(name: str) -> bool:
    """True for a builtin and for what the standard library has, but for what runs code of others."""
    return name.partition(".")[0] not in _RUN_OTHERS and _is_shipped(name)


def _is_shipped(name: str) -> bool:
    root = name.partition(".")[0]
    return root in sys.stdlib_module_names or hasattr(builtins, root)


# ---- what runs without a call ---


def hides_code(module: Module, node: ast.AST) -> bool:
    """True where a statement enters, goes through, or reads attributes and items of what may be more than data.

    A property, a `__enter__`, a generator run code where no call is written.
    """
    return any(not _is_data(module, one) for inner in evaluated(node) for one in _asked(module, inner))


def _asked(module: Module, node: ast.AST) -> Iterator[ast.expr]:
    """Yield the expressions whose objects a node asks for something."""
    match node:
        case ast.withitem(context_expr=asked) | ast.For(iter=asked) | ast.comprehension(iter=asked):
            yield asked
        case ast.Starred(value=asked, ctx=ast.Load()) | ast.YieldFrom(value=asked):
            yield asked
        case ast.Attribute(value=asked, ctx=ast.Load()) | ast.Subscript(value=asked, ctx=ast.Load()):
            yield asked
        case ast.Call(func=ast.Attribute(value=receiver)) if is_logger(module, receiver):
            pass  # writes its arguments
        case ast.Call(func=func, args=args, keywords=keywords) if module.name_of(func) not in LOOKS:
            yield from (one for one in args if not isinstance(one, ast.Starred))
            yield from (keyword.value for keyword in keywords)
        case _:
            pass  # asks for nothing


def _is_data(module: Module, node: ast.expr, depth: int = _DEPTH) -> bool:
    """True for what comes from literals and from the standard library, and for what a run of a loop gave."""
    found = module.values(node)
    if any(isinstance(value, ProjectInstance) for value in found) or not depth:
        return False
    if found and all(value in (Plain.OTHER, Plain.NONE) for value in found):
        return True
    if (name := module.name_of(node)) is not None:
        return _is_shipped(name)
    match node:
        case ast.Name(id=name):
            home = module.facts.scope_at(node).find(name)
            return home is None or all(_binds_data(module, binding, depth - 1) for binding in home[1])
        case ast.Call(func=ast.Attribute(attr=attr), args=args) if attr in RUNS:
            inside = (inner for one in args for inner in ast.walk(one) if isinstance(inner, ast.expr))
            return not any(module.is_loop(inner) for inner in inside)  # `connect(loop)` gives what may run it
        case ast.Call(func=func, args=args, keywords=keywords):
            name = module.name_of(func)
            if not (
                _is_shipped(name) if name else isinstance(func, ast.Attribute) and _is_data(module, func.value, depth)
            ):
                return False
            return all(_is_data(module, one, depth - 1) for one in (*args, *(keyword.value for keyword in keywords)))
        case ast.Lambda():
            return False
        case _:
            parts = (one for one in ast.iter_child_nodes(node) if isinstance(one, (ast.expr, ast.comprehension)))
            return all(
                _is_data(module, one.iter if isinstance(one, ast.comprehension) else one, depth - 1) for one in parts
            )


def _binds_data(module: Module, binding: Binding, depth: int) -> bool:
    match binding.how:
        case How.ASSIGN | How.ANNOTATION | How.ITERATION | How.CONTEXT:
            return binding.value is None or _is_data(module, binding.value, depth)
        case How.IMPORT:
            return _is_shipped(binding.target)
        case How.DEF | How.CLASS | How.OTHER:
            return True  # a call of it is seen; an exception, a sum
        case _:
            return False  # a parameter, what another file has
