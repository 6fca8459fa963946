"""What a rule sees of one file: every question it may ask, in one place."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from aiomend.facts import imported_names
from aiomend.facts.imported_names import Spelling
from aiomend.facts.inference import Inference
from aiomend.facts.loop_threads import loop_thread_beside
from aiomend.facts.module import Colour, ModuleFacts
from aiomend.facts.module_names import is_test_path
from aiomend.facts.scopes import COMPREHENSIONS, FUNCTIONS, LOOP_NAMES, FunctionNode, Scope, called_name
from aiomend.facts.taken_elsewhere import is_taken_elsewhere
from aiomend.facts.thread_accounts import Account, Where
from aiomend.facts.thread_tests import knows_its_thread
from aiomend.facts.thread_users import Site
from aiomend.facts.threads import Threads
from aiomend.facts.values import Coroutine, Function, ProjectClass, Values
from aiomend.model import Evidence
from aiomend.settings import Settings

_OTHER_FRAMEWORKS = frozenset({"trio", "curio", "trollius", "gevent", "eventlet"})
#: What MicroPython alone has: its asyncio lacks most of what new code would call.
_MICROPYTHON = frozenset({"micropython", "uasyncio", "utime"})
_MICROPYTHON_SLEEPS = "sleep_ms"
_BLOCKING_POOL_METHODS = frozenset({"apply", "imap", "imap_unordered", "map", "starmap"})


@dataclass(frozen=True, slots=True)
class Home:
    """The module from which a file takes the helpers that several files share."""

    module: Module  #: as it stands, or as it would begin
    spelling: str  #: how the file's import writes it, such as `._asyncio_helpers`
    is_open: bool = True  #: helpers may be added to it
    is_private: bool = False  #: the file gives its public names to others: what it takes gets a private one there


@dataclass(frozen=True, slots=True)
class Threaded:
    """A place that another thread than the loop's runs."""

    account: Account
    loop_runs: Site | None = None  #: what makes the thread that runs the loop; the place is beside it

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The way from where the thread begins, and where else the function is used."""
        if self.loop_runs is not None:
            made = self.loop_runs
            return (Evidence(made.facts.path, made.node.lineno, f"a thread of its own runs the loop: {_line(made)}"),)
        first, *rest = self.account.chain
        note = "here another thread begins" if self.account.begins else "seen in another thread than the loop's"
        ways = [Evidence(first.facts.path, first.node.lineno, f"{note}: {_line(first)}")]
        ways += [Evidence(one.facts.path, one.node.lineno, f"which calls {_line(one)}") for one in rest]
        users = [
            Evidence(one.facts.path, one.node.lineno, f"used here too: {_line(one)}") for one in self.account.others
        ]
        return (*ways, *users[:3])

    @property
    def doubt(self) -> str | None:
        """Why the loop's own thread may run it as well; None where nothing says so."""
        if self.loop_runs is not None:
            return None
        if "loop" in self.account.seen:
            return "it was seen to run in an event loop's thread as well"
        if not (self.account.begins or self.account.seen):
            return "nobody saw whether the loop's own thread runs it as well: `aiomend trace --facts` looks for that"
        for other in self.account.doubts:
            return f"it may run outside that thread as well ({other.facts.path}:{other.node.lineno})"
        if self.account.is_open:
            return "it is public: code outside the project may call it in the loop's own thread"
        return None

    @property
    def is_waited_for(self) -> bool:
        """True where the code that begins the thread may block until it is done: by `join()`, `result()` or a `with`."""
        if self.loop_runs is not None:
            return False  # nobody waits for this thread
        if not self.account.begins:
            return True  # who begins it is not known
        first = self.account.chain[0]
        function = first.facts.function_at(first.node)
        if isinstance(first.node, ast.Call) and called_name(first.node) in _BLOCKING_POOL_METHODS:
            return True
        around = function if function is not None else first.facts.tree
        return any(
            (isinstance(node, ast.Call) and called_name(node) in ("join", "result", "shutdown"))
            or (isinstance(node, ast.With) and any("Pool" in called_name(item.context_expr) for item in node.items))
            for node in ast.walk(around)
        )


def _line(site: Site) -> str:
    match site.node:
        case ast.FunctionDef(name="run"):
            return "`run()` of a Thread"
        case ast.FunctionDef(name=name):
            return f"`{name}()`, which a library runs"
        case ast.expr() | ast.Assign() as node:
            return f"`{site.facts.source.phrase(node)}`"
        case _:
            return "this"


class Module:
    """One file, seen with the whole project behind it."""

    def __init__(
        self,
        facts: ModuleFacts,
        inference: Inference,
        threads: Threads,
        settings: Settings,
        others: Callable[[str], Module | None] = lambda _: None,
        find_home: Callable[[Module], Home | None] = lambda _: None,
    ) -> None:
        self._others = others
        self._find_home = find_home
        self.facts = facts
        self.inference = inference
        self.threads = threads
        self.settings = settings
        self.source = facts.source
        self.path = facts.path
        self.tree = facts.tree
        self._colours: dict[Scope, Colour] = {}
        self._shared: dict[str, bool] = {}

    @cached_property
    def home(self) -> Home | None:
        """The module that has the file's helpers; None where they stand in the file itself."""
        return self._find_home(self)

    def beside(self, path: str) -> Module | None:
        """Return another file of the project with the settings that govern it; None where it cannot be read."""
        return self if path == self.path else self._others(path)

    # ---- what is written ---

    @property
    def is_test(self) -> bool:
        """True where the file's place or name says that it holds tests."""
        return is_test_path(self.path)

    @property
    def other_framework(self) -> bool:
        """True where the file imports an async framework other than asyncio, MicroPython's, or a cooperative thread library."""
        others = _OTHER_FRAMEWORKS | _MICROPYTHON
        return bool(self.facts.imported_roots & others) or any(
            self.name_of(one) == f"asyncio.{_MICROPYTHON_SLEEPS}"
            for one in self.facts.attributes.get(_MICROPYTHON_SLEEPS, ())
        )

    def text(self, node: ast.expr | ast.stmt) -> str:
        """Return a node as it is written."""
        return self.source.segment(node)

    def phrase(self, node: ast.expr | ast.stmt) -> str:
        """Return a node for people: in one line, cut where it is long."""
        return self.source.phrase(node)

    def call_phrase(self, call: ast.Call) -> str:
        """Return a call for people, whatever it is given: `loop.call_soon()`."""
        called = self.phrase(call.func)
        is_loose = isinstance(call.func, (ast.Lambda, ast.IfExp, ast.BoolOp, ast.Await, ast.NamedExpr))
        return f"({called})()" if is_loose else f"{called}()"

    def calls(self, *names: str) -> Iterator[ast.Call]:
        """Return the calls of functions outside the project that go by one of these canonical names."""
        return iter(self.inference.outside_calls.calls(self.facts, names))

    def method_calls(self, *methods: str) -> Iterator[tuple[ast.Call, ast.Attribute]]:
        """Return the calls ``<receiver>.<method>(…)`` by the method's written name, with the attribute."""
        return self.facts.method_calls(*methods)

    # ---- what is known ---

    def values(self, node: ast.expr) -> Values:
        """Return what an expression may be."""
        return self.inference.values(self.facts, node)

    def name_of(self, node: ast.expr) -> str | None:
        """Return the canonical name that an expression certainly reaches outside the project: imports and aliases followed."""
        return self.inference.external_name(self.facts, node)

    def is_instance(self, node: ast.expr, cls: str) -> bool | None:
        """Return whether an expression is an instance of an external class; None where nobody knows."""
        return self.inference.is_instance(self.values(node), cls)

    def is_loop(self, node: ast.expr) -> bool:
        """True for an event loop: known, or not known and called `loop`, as everybody calls it.

        Not where a caller in the project gives something else for it that has the loop's methods.
        """
        known = self.inference.is_loop(self.facts, node)
        if known is False:
            return False
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) if known or name in LOOP_NAMES:
                return not self.inference.stand_ins.loop_is_another(self.facts, node)
            case _ if known:
                return True
            case _:
                return False

    def coroutine_of(self, call: ast.expr) -> Coroutine | None:
        """Return the coroutine object that an expression certainly makes."""
        match list(self.values(call)):
            case [Coroutine() as coroutine]:
                return coroutine
            case _:
                return None

    def function_of(self, node: ast.expr) -> Function | None:
        """Return the project's function that an expression certainly is."""
        match list(self.values(node)):
            case [Function() as function]:
                return function
            case _:
                return None

    def class_at(self, node: ast.AST) -> ProjectClass | None:
        """Return the class in one of whose methods a node stands."""
        for parent in self.facts.ancestors(node):
            if isinstance(parent, ast.ClassDef):
                return ProjectClass(self.facts, parent)
        return None

    # ---- where it runs ---

    def function_at(self, node: ast.AST) -> FunctionNode | ast.Lambda | None:
        """Return the function or lambda whose body evaluates a node."""
        return self.facts.function_at(node)

    def colour_at(self, node: ast.AST) -> Colour:
        """Return what a place can suspend with.

        Lambdas, class bodies, nested functions and generator expressions suspend with nothing; decorators, defaults and
        the first iterable of a comprehension have the colour of what is around them.
        """
        scope = self.facts.scope_at(node)
        if scope not in self._colours:
            self._colours[scope] = self._colour_of(scope)
        return self._colours[scope]

    def _colour_of(self, inner: Scope) -> Colour:
        scope: Scope | None = inner
        comprehension = False
        while scope is not None and isinstance(scope.node, COMPREHENSIONS):
            if isinstance(scope.node, ast.GeneratorExp):
                return Colour.SYNC
            comprehension = True
            scope = scope.parent
        match scope.node if scope is not None else None:
            case ast.AsyncFunctionDef():
                return Colour.AWAIT
            case ast.FunctionDef() as function if self.is_generator_coroutine(function):
                return Colour.SYNC if comprehension else Colour.YIELD_FROM
            case _:
                return Colour.SYNC

    def is_generator_coroutine(self, function: ast.FunctionDef) -> bool:
        """True where a plain `def` is a coroutine function by its decorator."""
        return self.inference.coroutine_decorator(self.facts, function) is not None

    def where(self, node: ast.AST) -> Where:
        """Return the thread in which a node runs; a thread that runs a loop of its own counts as the loop's."""
        function = self.facts.function_at(node)
        verdict = self.threads.where(self.facts, function)
        if verdict in (Where.THREAD, Where.BOTH) and self.threads.runs_own_loop(self.facts, function):
            return Where.LOOP
        return verdict

    def thread_at(self, node: ast.AST) -> Threaded | None:
        """Return how a node comes to run in another thread than the loop's; None where it does not, as far as is sure.

        A thread that makes, sets or runs a loop of its own is none, nor is what may be a process, nor a coroutine, nor where
        code has asked in which thread it is; but for a call that was seen to use another thread's loop. A call that uses a loop
        which a thread of its own runs is made in another one where it stands beside that thread's start or its end.
        """
        function = self.facts.function_at(node)
        account = self.threads.account(self.facts, function)
        sure = account.chain and account.is_sure and account.is_known and not self._is_decorated(function)
        if sure and not self.threads.runs_own_loop(self.facts, function) and not knows_its_thread(self.facts, node):
            return Threaded(account)
        if isinstance(node, ast.Call):
            beside = loop_thread_beside(self.inference, self.facts, node)
            if beside is not None:
                return Threaded(account, Site(self.facts, beside.made))
        consultation = self.inference.consultation
        if isinstance(node, ast.Call) and consultation is not None and consultation.crossed(self.facts, node):
            return Threaded(Account((Site(self.facts, node),), seen=account.seen))
        return None

    def _is_decorated(self, function: ast.AST | None) -> bool:
        """True where a decorator may run a function in another way than its callers ask for."""
        return isinstance(function, FUNCTIONS) and any(
            called_name(one) not in ("staticmethod", "classmethod", "override", "no_type_check")
            for one in function.decorator_list
        )

    # ---- how to write it ---

    def spell(self, module: str, member: str, node: ast.AST) -> Spelling:
        """Return how ``module.member`` is written at a node: by a name in reach, else with the import that it needs."""
        return imported_names.spell(self.facts, module, member, node)

    def hidden_name(self, module: str, member: str | None, node: ast.AST, alias: str | None = None) -> str | None:
        """Return the name that an import would bring where it means something else at ``node``; None where it does not."""
        return imported_names.hidden_name(self.facts, module, member, node, alias)

    def is_free(self, name: str, node: ast.AST) -> bool:
        """True where no scope from a node outwards binds a name, or declares it, so that a new local of that name hides nothing."""
        return imported_names.is_free(self.facts, name, node)

    def enclosing_functions(self, node: ast.AST) -> Iterator[FunctionNode]:
        """Yield the functions around a node, innermost first."""
        for parent in self.facts.ancestors(node):
            if isinstance(parent, FUNCTIONS):
                yield parent

    def is_shared(self, name: str) -> bool:
        """True where another file may take ``name``, bound at this file's top level, from here; None of them is run."""
        if name not in self._shared:
            self._shared[name] = is_taken_elsewhere(self.inference, self.facts, name)
        return self._shared[name]
