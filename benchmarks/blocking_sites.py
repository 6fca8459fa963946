"""Where a blocking call can be put so that a coroutine of a package reaches it through a known number of plain functions.

Which function a call reaches is told by names alone, so that no tool's own idea of it counts: a name that the package defines
once, as a plain function or method without a decorator, that it binds nowhere else, and that no class of the standard library
has, reaches that function wherever it is called.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import inspect
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from aiomend.facts.module import own_nodes
from aiomend.facts.scopes import COMPREHENSIONS, FUNCTIONS

DEEPEST = 4  #: plain functions between the coroutine and the blocking call
#: What is put in, by turns: each is one line, and a local import disturbs nobody.
CALLS = (
    "import time as _put_in; _put_in.sleep(0.5)",
    "import subprocess as _put_in; _put_in.run(['true'])",
    "import urllib.request as _put_in; _put_in.urlopen('http://localhost')",
    "import requests as _put_in; _put_in.get('http://localhost')",
    "import socket as _put_in; _put_in.create_connection(('localhost', 80))",
    "import os as _put_in; _put_in.system('true')",
)
_OTHER_LOOPS = ("trio", "curio")
_FOREIGN_MODULES = (
    "asyncio", "collections", "concurrent.futures", "contextlib", "datetime", "email.message", "http.client", "inspect",
    "io", "json", "logging", "multiprocessing.pool", "os", "pathlib", "queue", "random", "re", "select", "socket",
    "sqlite3", "ssl", "struct", "subprocess", "tempfile", "threading", "traceback", "urllib.parse", "weakref",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Defined:
    """A function of the package."""

    path: str
    node: ast.FunctionDef


@dataclass(frozen=True, slots=True)
class Site:
    """A call in a coroutine, and the plain functions that lead from it to what is put in."""

    path: str
    call: ast.Call
    chain: tuple[Defined, ...]
    always: bool  #: no condition stands between the first function and the blocking call

    @property
    def depth(self) -> int:
        return len(self.chain)


@dataclass(slots=True)
class Package:
    """The trees of a package, and what its names reach."""

    trees: dict[str, ast.Module]
    functions: dict[str, Defined] = field(default_factory=dict)  #: by the names that reach one function only
    _called: dict[ast.AST, list[tuple[ast.Call, Defined]]] = field(default_factory=dict)

    @classmethod
    def of(cls, files: dict[str, bytes]) -> Package:
        """Return what the names of some files reach."""
        trees = {path: ast.parse(data) for path, data in files.items() if path.endswith(".py")}
        bound: Counter[str] = Counter()
        plain: dict[str, Defined] = {}
        for path, tree in trees.items():
            for node in ast.walk(tree):
                bound.update(_bound(node))
                if isinstance(node, ast.FunctionDef) and _is_plain(node):
                    plain[node.name] = Defined(path, node)
        foreign = _foreign()
        known = {name: one for name, one in plain.items() if bound[name] == 1 and name not in foreign}
        return cls(trees, known)

    def reached(self, function: ast.AST) -> list[tuple[ast.Call, Defined]]:
        """Return the calls in a function's own code that reach plain functions of the package."""
        if function not in self._called:
            calls = [node for node in own_nodes(function) if isinstance(node, ast.Call)]
            found = [(call, self.functions.get(_name(call.func))) for call in calls]
            self._called[function] = [(call, one) for call, one in found if one is not None]
        return self._called[function]

    def closure(self, function: Defined) -> set[ast.AST]:
        """Return the functions that one reaches, itself included."""
        seen: set[ast.AST] = set()
        todo = [function]
        while todo:
            one = todo.pop()
            if one.node not in seen:
                seen.add(one.node)
                todo += [inner for _, inner in self.reached(one.node)]
        return seen

    def sites(self) -> Iterator[Site]:
        """Yield every way of up to DEEPEST plain functions that begins in a coroutine."""
        for path, tree in self.trees.items():
            if any(isinstance(node, ast.Import) and node.names[0].name in _OTHER_LOOPS for node in ast.walk(tree)):
                continue  # no code of asyncio
            for coroutine in (node for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)):
                for call, first in self.reached(coroutine):
                    yield from self._ways(path, call, (first,), always=True)

    def _ways(self, path: str, call: ast.Call, chain: tuple[Defined, ...], *, always: bool) -> Iterator[Site]:
        yield Site(path, call, chain, always)
        if len(chain) == DEEPEST:
            return
        for inner, further in self.reached(chain[-1].node):
            if all(further.node is not one.node for one in chain):
                sure = always and _is_sure(chain[-1].node, inner)
                yield from self._ways(path, call, (*chain, further), always=sure)


def chosen(package: Package, each: int, seed: str, rounds: int) -> list[list[Site]]:
    """Return sites picked at random with a fixed seed, up to ``each`` a depth and kind, for some trees to be made of them."""
    left = sorted(package.sites(), key=lambda one: (one.path, one.call.lineno, one.call.col_offset, one.depth))
    random.Random(seed).shuffle(left)
    left.sort(key=lambda one: (-one.depth, not one.always))
    count: Counter[tuple[int, bool]] = Counter()
    trees = []
    for _ in range(rounds):
        trees.append(_apart(package, left, each, count))
        used = {(one.call, one.depth, one.always) for tree in trees for one in tree}
        left = [one for one in left if (one.call, one.depth, one.always) not in used]
    return trees


def _apart(package: Package, sites: list[Site], each: int, count: Counter[tuple[int, bool]]) -> list[Site]:
    """Return some of the sites, of which none reaches what is put in for another one."""
    picked: list[Site] = []
    taken: set[ast.AST] = set()  #: what the picked ones reach, and what is put into
    for one in sites:
        if count[one.depth, one.always] >= each or one.chain[-1].node in taken:
            continue  # enough of these, or another's call would be reported through this one
        closure = package.closure(one.chain[0])
        if closure & {other.chain[-1].node for other in picked}:
            continue  # it reaches another's call
        picked.append(one)
        taken |= closure
        count[one.depth, one.always] += 1
    return picked


def put_in(files: dict[str, bytes], sites: list[Site]) -> tuple[dict[str, bytes], dict[tuple[str, int], int]]:
    """Return the files with a blocking call at the beginning of each site's last function, and for old lines the new ones."""
    after = dict(files)
    places: dict[str, list[tuple[int, str]]] = {}
    for number, site in enumerate(sites):
        last = site.chain[-1]
        first = _first_statement(last.node)
        text = " " * first.col_offset + CALLS[number % len(CALLS)]
        places.setdefault(last.path, []).append((first.lineno, text))
    lines: dict[tuple[str, int], int] = {}
    for path, added in places.items():
        old = files[path].decode().split("\n")
        new: list[str] = []
        texts = dict(added)
        for number, line in enumerate(old, 1):
            if number in texts:
                indent = line[: len(line) - len(line.lstrip())]
                new.append(indent + texts[number].lstrip() + ("\r" if line.endswith("\r") else ""))
            new.append(line)
            lines[path, number] = len(new)
        after[path] = "\n".join(new).encode()
    return after, lines


def _first_statement(function: ast.FunctionDef) -> ast.stmt:
    """The first statement that is no docstring."""
    first = function.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return function.body[1] if documented and len(function.body) > 1 else first


def _is_plain(node: ast.FunctionDef) -> bool:
    first = _first_statement(node)
    if node.decorator_list or node.name.startswith("__") or first.lineno == node.lineno:
        return False  # who calls it may get something else, or it is one line
    if isinstance(first, (*FUNCTIONS, ast.ClassDef)) and first.decorator_list:
        return False  # its first line is a decorator's
    if isinstance(first, ast.Raise) or (isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)):
        return False  # a declaration: something else is called
    return not any(isinstance(one, (ast.Yield, ast.YieldFrom)) for one in own_nodes(node))


def _bound(node: ast.AST) -> Iterator[str]:
    """Yield the names that a node binds, as a variable or as an attribute of something."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()) | ast.arg(arg=name):
            yield name
        case ast.Constant(value=str(text)) if text.isidentifier():
            yield text  # setattr, a patched name
        case _:
            pass  # binds nothing


def _name(func: ast.expr) -> str:
    match func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _is_sure(function: ast.FunctionDef, call: ast.Call) -> bool:
    """True where a call stands under no condition in a function, and no `return` before it."""
    if any(isinstance(one, ast.Return) and one.lineno < call.lineno for one in own_nodes(function)):
        return False
    return _holds(function.body, call)


def _holds(nodes: list[ast.stmt], call: ast.Call) -> bool:
    for node in nodes:
        match node:
            case ast.Expr() | ast.Assign() | ast.AnnAssign() | ast.AugAssign() | ast.Return():
                if call in _evaluated(node):
                    return True
            case ast.With(items=items, body=body):
                if any(call in _evaluated(item.context_expr) for item in items) or _holds(body, call):
                    return True
            case _:
                pass  # a condition, or no call
    return False


def _evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of an expression that are evaluated whatever comes out."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (ast.BoolOp, ast.IfExp, ast.Lambda, *COMPREHENSIONS)):
            yield from _evaluated(child)


def _foreign() -> set[str]:
    """Names of the builtins, and of what classes and modules of the standard library hold."""
    names = {*dir(builtins), *(name for one in vars(builtins).values() for name in dir(one))}
    for module in map(importlib.import_module, _FOREIGN_MODULES):
        names.update(dir(module))
        for one in vars(module).values():
            if inspect.isclass(one):
                names.update(dir(one))
    return names
