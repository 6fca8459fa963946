"""What would miss the current event loop if a program ran in another one: objects that are made before, other entry points.

`asyncio.run()` makes a loop of its own. Futures, tasks and, up to Python 3.9, locks and queues belong to the loop that
is current where they are made, so that a program that makes them before it runs has to keep its loop.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Collection, Iterable, Iterator

from aiomend.facts.catalog import blocking
from aiomend.facts.entries import main_guard
from aiomend.facts.loops import Loop, Origin, origin
from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.scopes import FUNCTIONS, FunctionNode, How
from aiomend.facts.values import External, Function, ProjectClass
from aiomend.facts.view import Module

#: Calls whose result belongs to the current loop, on every version.
_TIES = frozenset(
    {"Future", "Task", "ensure_future", "create_task", "gather", "shield", "as_completed", "wrap_future", "run",
     "get_child_watcher", "set_child_watcher", "Runner", "StreamReader", "StreamReaderProtocol", "timeout"}
)  # fmt: skip
#: Classes whose instances took the current loop when they were made, up to 3.9.
_TIED = ("Queue", "Lock", "Event", "Condition", "Semaphore")
_ASYNC = re.compile(
    r"aio|async|loop|(?:^|\.)(?:discord|telethon|pyrogram|motor|tornado|twisted|qasync|quamash)\b", re.I
)
#: They say which class the loops of `asyncio.run()` have.
_POLICIES = re.compile(r"uvloop\.install|.*EventLoopPolicy")
_MAKERS = ("__init__", "__new__", "__post_init__", "__set_name__")
_DEPTH = 4
_FILES = 60  #: more imported files than this are not looked at


def ties(module: Module, loop: Loop) -> bool:
    """True where something may need the loop that is current in front of a run, or come to it behind that."""
    files = _imported(module)
    return files is None or _Search(module, loop, files).finds()


class _Search:
    """Looks through what a program does outside its coroutines; remembers which functions it has seen."""

    def __init__(self, module: Module, loop: Loop, files: list[ModuleFacts]) -> None:
        self._module = module
        self._loop = loop
        self._files = files
        self._inference = module.inference
        self._seen: set[ast.AST] = set()
        self._early = not module.settings.target.all_at_least((3, 10))

    def finds(self) -> bool:
        if any(self._asks_for_it(facts) for facts in (self._module.facts, *self._files)):
            return True
        if any(self._in_nodes(facts, _import_time(facts), 0) for facts in self._files):
            return True
        own = self._module.facts
        scopes: list[ast.AST] = [own.tree]
        if self._loop.function is not None:
            scopes.append(self._loop.function)
        return any(self._in_nodes(own, _import_time(own, scope), 0) for scope in scopes)

    def _asks_for_it(self, facts: ModuleFacts) -> bool:
        """True where plain code other than the run's own gets or sets the current loop, or catches its interrupt."""
        closes = {node for close in self._loop.closes for node in ast.walk(close)}
        for call in facts.calls:
            if call in self._loop.getters or call in closes or not self._is_plain(facts, call):
                continue  # the run's own, or in a running loop, whichever that is
            name = self._inference.external_name(facts, call.func)
            if origin(self._inference, facts, call) is Origin.CURRENT:
                return True
            if name == "asyncio.set_event_loop" and not any(use in call.args for use in self._loop.uses):
                return not (len(call.args) == 1 and isinstance(call.args[0], ast.Constant))
        # From 3.11 on, an interrupt cancels the main task instead of being raised in it.
        return self._module.settings.target.reaches((3, 11)) and any(
            isinstance(node, ast.ExceptHandler)
            and node.type is not None
            and any(isinstance(one, ast.Name) and one.id == "KeyboardInterrupt" for one in ast.walk(node.type))
            for function in facts.functions
            if not self._is_plain(facts, function.body[0])
            for node in own_nodes(function)
        )

    def _is_plain(self, facts: ModuleFacts, node: ast.AST) -> bool:
        match facts.function_at(node):
            case ast.AsyncFunctionDef():
                return False
            case ast.FunctionDef() as function:
                return self._inference.coroutine_decorator(facts, function) is None
            case _:
                return True

    # ---- what is made before the run ---

    def _in_nodes(self, facts: ModuleFacts, nodes: Iterable[ast.AST], depth: int) -> bool:
        return any(self._is_tied_by(facts, node, depth) for node in nodes)

    def _is_tied_by(self, facts: ModuleFacts, node: ast.AST, depth: int) -> bool:
        match node:
            case ast.Call():
                return self._is_tied(facts, node, depth)
            case ast.ClassDef():
                return self._makes_class(facts, node, depth) or self._decorates(facts, node, depth)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return self._decorates(facts, node, depth)
            case _:
                return False

    def _decorates(self, facts: ModuleFacts, node: FunctionNode | ast.ClassDef, depth: int) -> bool:
        """True where a decorator of the project, which is called without a call that is written, makes something."""
        values = (value for one in node.decorator_list for value in self._inference.values(facts, one))
        return any(self._in_own(value, depth) for value in values)

    def _makes_class(self, facts: ModuleFacts, node: ast.ClassDef, depth: int) -> bool:
        """True where making a class makes something: its metaclass, `__init_subclass__` of a base, `__set_name__` of what is in it."""
        metaclasses = [
            value
            for keyword in node.keywords
            if keyword.arg == "metaclass"
            for value in self._inference.values(facts, keyword.value)
        ]
        if any(self._in_own(value, depth) for value in metaclasses):
            return True
        bases = self._inference.classes.mro(ProjectClass(facts, node))[1:]
        hooks = [(one.facts, method) for one in bases for method in _methods(one, ("__init_subclass__",))]
        return any(self._in_function(home, method, depth) for home, method in hooks)

    def _in_own(self, value: object, depth: int) -> bool:
        """True where calling what is the project's own makes something."""
        match value:
            case Function(facts=home, node=node) if not self._inference.is_coroutine_function(value):
                return self._in_function(home, node, depth)
            case ProjectClass():
                made = ((one.facts, method) for one in self._inference.classes.mro(value) for method in _methods(one))
                return any(self._in_function(home, method, depth) for home, method in made)
            case _:
                return False

    def _is_tied(self, facts: ModuleFacts, call: ast.Call, depth: int) -> bool:
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        made = [value for value in given if isinstance(value, (ast.Name, ast.Attribute)) and self._early]
        if any(self._is_tying_name(self._inference.external_name(facts, value)) for value in made):
            return True  # `field(default_factory=asyncio.Queue)`
        handed = {
            one for value in given for one in self._inference.values(facts, value) if isinstance(one, ProjectClass)
        }
        if any(self._in_own(one, depth) for one in handed):
            return True  # whoever is given a class makes objects of it
        values = self._inference.values(facts, call.func)
        return any(self._is_tying(facts, call, value, depth) for value in values)

    def _is_tying(self, facts: ModuleFacts, call: ast.Call, value: object, depth: int) -> bool:
        match value:
            case External(name=name):
                return self._is_tying_name(name) or (_is_foreign(name) and self._may_keep_it(facts, call, name))
            case ProjectClass():
                return self._in_class(facts, call, value, depth)
            case _:
                return self._in_own(value, depth)

    def _is_tying_name(self, name: str | None) -> bool:
        if name is None or not name.startswith("asyncio."):
            return False
        last = name.rpartition(".")[2]
        return last in _TIES or (self._early and last.endswith(_TIED))

    def _in_function(self, facts: ModuleFacts, node: FunctionNode | ast.Lambda, depth: int) -> bool:
        if node in self._seen:
            return False
        if depth >= _DEPTH:
            return True  # too far away to say
        self._seen.add(node)
        return self._in_nodes(facts, own_nodes(node), depth + 1)

    def _in_class(self, facts: ModuleFacts, call: ast.Call, cls: ProjectClass, depth: int) -> bool:
        bases = self._inference.classes.external_bases(cls)
        if bases is None or any(self._is_tying_name(base) for base in bases):
            return True
        if any(_is_foreign(base) and self._may_keep_it(facts, call, base) for base in bases):
            return True
        return self._in_own(cls, depth)

    def _may_keep_it(self, facts: ModuleFacts, call: ast.Call, name: str) -> bool:
        """True where what another package makes may have taken the current loop, and reaches a coroutine."""
        if _POLICIES.fullmatch(name):
            return False
        if _ASYNC.search(name):
            return True
        if name.partition(".")[0] in _known_roots():
            return False  # a library that blocks has no loop
        statement = facts.statement(call)
        match statement:
            case ast.Expr():
                return any(run in ast.walk(statement) for run in self._loop.runs)
            case ast.Assign(targets=targets):
                names = {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}
                kept = any(not isinstance(target, ast.Name) for target in targets)
            case _:
                return not isinstance(statement, (ast.Import, ast.ImportFrom, *FUNCTIONS, ast.ClassDef))
        is_shared = facts is not self._module.facts
        return kept or is_shared or any(self._reaches_coroutine(facts, one) for one in names)

    def _reaches_coroutine(self, facts: ModuleFacts, name: str) -> bool:
        runs = {node for run in self._loop.runs for node in ast.walk(run)}
        return any(
            node in runs or not self._is_plain(facts, node) or _is_argument(facts, node)
            for node in facts.names.get(name, ())
        )


def _methods(cls: ProjectClass, names: Collection[str] = _MAKERS) -> Iterator[FunctionNode]:
    """Yield the methods of a class that run when an object of it is made, or those of other names."""
    return (node for node in cls.node.body if isinstance(node, FUNCTIONS) and node.name in names)


def _is_argument(facts: ModuleFacts, node: ast.Name) -> bool:
    match facts.parents[node]:
        case ast.keyword() | ast.Starred():
            return True
        case ast.Call(func=func):
            return func is not node
        case _:
            return False


def _is_foreign(name: str) -> bool:
    """True for what neither the standard library nor the builtins have."""
    root = name.partition(".")[0]
    return "." in name and root not in sys.stdlib_module_names


def _known_roots() -> frozenset[str]:
    return frozenset(name.partition(".")[0] for name in blocking.entries())


def _import_time(facts: ModuleFacts, scope: ast.AST | None = None) -> Iterator[ast.AST]:
    """Yield what a scope runs: its own nodes and those of the classes in it; behind a main guard where it is asked for."""
    for node in own_nodes(facts.tree if scope is None else scope):
        if scope is None and main_guard(facts, node) is not None:
            continue  # an imported file is not the program
        yield node
        if isinstance(node, ast.ClassDef):
            yield from own_nodes(node)


def _imported(module: Module) -> list[ModuleFacts] | None:
    """Return the files of the project that a file imports, directly or not; None where they are too many."""
    project = module.inference.project
    found = {module.path: module.facts}
    stack = [module.facts]
    while stack:
        facts = stack.pop()
        for name in _targets(facts):
            other = project.module(name, near=facts.path)
            if other is not None and other.path not in found:
                found[other.path] = other
                stack.append(other)
        if len(found) > _FILES:
            return None
    del found[module.path]
    return list(found.values())


def _targets(facts: ModuleFacts) -> Iterator[str]:
    yield from facts.stars
    for scope in facts.scopes.values():
        for bindings in scope.bindings.values():
            for binding in bindings:
                match binding.how:
                    case How.IMPORT if isinstance(binding.node, ast.Import):
                        yield from (alias.name for alias in binding.node.names)
                    case How.FROM:
                        yield from (binding.target, f"{binding.target}.{binding.member}")
                    case _:
                        pass  # imports nothing
