"""Which functions run in another thread than the event loop's, decided over the whole project."""

from __future__ import annotations

import ast
import enum
from typing import TYPE_CHECKING

from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.scopes import FUNCTIONS, FunctionNode
from aiomend.facts.values import External, Function, Instance, ProjectClass

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference

_DEPTH = 6

#: The position (or keyword) of the function that a call runs in another thread.
_TARGETS: dict[str, tuple[int, str]] = {
    "threading.Thread": (1, "target"),
    "threading.Timer": (1, "function"),
    "_thread.start_new_thread": (0, "function"),
    "asyncio.to_thread": (0, "func"),
    "asyncio.AbstractEventLoop.run_in_executor": (1, "func"),
    "concurrent.futures.ThreadPoolExecutor.submit": (0, "fn"),
    "concurrent.futures.ThreadPoolExecutor.map": (0, "fn"),
    "multiprocessing.pool.ThreadPool.apply": (0, "func"),
    "multiprocessing.pool.ThreadPool.apply_async": (0, "func"),
    "multiprocessing.pool.ThreadPool.map": (0, "func"),
    "anyio.to_thread.run_sync": (0, "func"),
    "asgiref.sync.sync_to_async": (0, "func"),
}
#: Where the receiver is not known, these method names say enough.
_METHODS: dict[str, tuple[int, str]] = {
    "run_in_executor": (1, "func"),
    "submit": (0, "fn"),
    "async_add_executor_job": (0, "target"),
    "start_new_thread": (0, "function"),
    "to_thread": (0, "func"),
}
_RUNS_LOOP = frozenset({"run_until_complete", "run_forever", "set_event_loop", "new_event_loop"})


class Where(enum.Enum):
    """Where a function's body runs."""

    LOOP = "nothing says that it runs in another thread"
    THREAD = "only in another thread"
    BOTH = "in the loop's thread and in another"
    UNKNOWN = "too many users to say"


class Threads:
    """Answers for one project; memoises by function."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._known: dict[ast.AST, Where] = {}

    def where(self, facts: ModuleFacts, function: FunctionNode | ast.Lambda | None) -> Where:
        """Return where the body of a function runs; None stands for the module's own level."""
        while isinstance(function, ast.Lambda):
            if (verdict := self._handed_over(facts, function)) is not None:
                return verdict
            function = facts.function_at(function)  # a lambda runs where it was made, as far as anybody knows
        if function is None or isinstance(function, ast.AsyncFunctionDef):
            return Where.LOOP
        return self._function(facts, function, 0)

    def _function(self, facts: ModuleFacts, function: FunctionNode, depth: int) -> Where:
        if function in self._known:
            return self._known[function]
        if depth > _DEPTH:
            return Where.UNKNOWN
        self._known[function] = Where.LOOP  # while it is being decided: recursion adds no user
        verdict = self._decide(facts, function, depth)
        if depth == 0 or verdict is not Where.UNKNOWN:
            self._known[function] = verdict
        else:
            del self._known[function]
        return verdict

    def _decide(self, facts: ModuleFacts, function: FunctionNode, depth: int) -> Where:
        if self._is_thread_run(facts, function):
            return Where.THREAD
        if function.name.startswith("__") and function.name.endswith("__"):
            return Where.LOOP  # called by syntax: nobody can list its users
        files = self._inference.project.files_mentioning(function.name)
        if files is None:
            return Where.UNKNOWN
        threads = others = 0
        for path in files:
            user = facts if path == facts.path else self._inference.project.facts(path)
            if user is None:
                continue  # it cannot be read: it may use anything, but it does not run either
            for reference in [*user.names.get(function.name, ()), *user.attributes.get(function.name, ())]:
                verdict = self._reference(facts, function, user, reference, depth)
                threads += verdict in (Where.THREAD, Where.BOTH)
                others += verdict in (Where.LOOP, Where.BOTH, Where.UNKNOWN)
        if threads and others:
            return Where.BOTH
        return Where.THREAD if threads else Where.LOOP

    def _reference(
        self, facts: ModuleFacts, function: FunctionNode, user: ModuleFacts, reference: ast.expr, depth: int
    ) -> Where | None:
        """Return where one use of the name runs the function; None where it is another thing of that name."""
        if isinstance(reference, (ast.Name, ast.Attribute)) and not isinstance(reference.ctx, ast.Load):
            return None  # it binds the name
        values = self._inference.values(user, reference)
        known = {value.node for value in values if isinstance(value, Function)}
        if known and function not in known:
            return None  # another function
        if not known and any(isinstance(value, (External, ProjectClass, Instance)) for value in values):
            return None  # not a function of the project
        if not known and isinstance(reference, ast.Name):
            return None  # a local thing of that name
        parent = user.parents.get(reference)
        if isinstance(parent, ast.Call) and parent.func is reference:
            caller = user.function_at(parent)
            if caller is function:
                return None  # recursion
            match caller:
                case ast.FunctionDef():
                    return self._function(user, caller, depth + 1)
                case ast.Lambda():
                    return self.where(user, caller)
                case _:
                    return Where.LOOP
        return self._handed_over(user, reference) or Where.LOOP

    def _handed_over(self, facts: ModuleFacts, reference: ast.expr) -> Where | None:
        """Where a function that is passed on will run: THREAD as the target of a thread, None where nobody knows."""
        node: ast.AST = reference
        parent = facts.parents.get(node)
        keyword = None
        if isinstance(parent, ast.keyword):
            keyword, node, parent = parent.arg, parent, facts.parents.get(parent)
        if not isinstance(parent, ast.Call) or parent.func is node:
            return None
        if self._inference.external_name(facts, parent.func) in (
            "functools.partial",
            "contextvars.copy_context",
        ):
            return self._handed_over(facts, parent) if parent.args[:1] == [reference] else None
        spot = self._target_of(facts, parent)
        if spot is None:
            return None
        position, name = spot
        is_target = keyword == name or (keyword is None and parent.args[position : position + 1] == [reference])
        return Where.THREAD if is_target else None

    def is_target(self, facts: ModuleFacts, node: ast.expr) -> bool:
        """True where an expression is what a call runs in another thread: `target=…` of a Thread, and their like."""
        return self._handed_over(facts, node) is Where.THREAD

    def _target_of(self, facts: ModuleFacts, call: ast.Call) -> tuple[int, str] | None:
        values = self._inference.values(facts, call.func)
        for value in values:
            match value:
                case External(name=name) if name in _TARGETS:
                    return None if self._in_process(facts, call) else _TARGETS[name]
                case ProjectClass() as cls:
                    bases = self._inference.classes.external_bases(cls) or ()
                    for base in bases:
                        if base in _TARGETS:
                            return _TARGETS[base]
                case External() | Function():
                    return None  # known to be something else
                case _:
                    pass  # the name decides
        if isinstance(call.func, ast.Attribute) and call.func.attr in _METHODS:
            return None if self._in_process(facts, call) else _METHODS[call.func.attr]
        return None

    def _in_process(self, facts: ModuleFacts, call: ast.Call) -> bool:
        """True where the executor is a process pool."""
        match call.func:
            case ast.Attribute(attr="run_in_executor"):
                pool = call.args[0] if call.args else None
            case ast.Attribute(value=value):
                pool = value
            case _:
                pool = None
        if pool is None:
            return False
        values = self._inference.values(facts, pool)
        return self._inference.is_instance(values, "concurrent.futures.ProcessPoolExecutor") is True

    def _is_thread_run(self, facts: ModuleFacts, function: FunctionNode) -> bool:
        """True for `run` of a Thread subclass."""
        owner = facts.class_of(function)
        if owner is None or function.name != "run":
            return False
        bases = self._inference.classes.external_bases(ProjectClass(facts, owner)) or frozenset()
        return bool(bases & {"threading.Thread", "threading.Timer"})

    def runs_own_loop(self, facts: ModuleFacts, function: ast.AST | None) -> bool:
        """True where a function, or one around it, makes, sets or runs an event loop itself."""
        while function is not None:
            for node in own_nodes(function):
                match node:
                    case ast.Call(func=ast.Attribute(attr=attr)) if attr in _RUNS_LOOP:
                        return True
                    case ast.Call(func=func) if self._inference.external_name(facts, func) in (
                        "asyncio.run",
                        "asyncio.new_event_loop",
                        "asyncio.set_event_loop",
                    ):
                        return True
                    case _:
                        pass  # runs no loop
            function = facts.function_at(function) if isinstance(function, (*FUNCTIONS, ast.Lambda)) else None
        return False
