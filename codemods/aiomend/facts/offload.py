"""What a coroutine hands blocking calls to: the loop that it can reach by a name, and the executor of the settings."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from aiomend.facts.imported_names import Spelling
from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.own_object import self_name
from aiomend.facts.scopes import FUNCTIONS, Binding, How, Scope, last_name
from aiomend.facts.self_attributes import self_attributes
from aiomend.facts.suspension import other_loop
from aiomend.facts.values import NONE, UNKNOWN, ProjectClass, ProjectInstance
from aiomend.facts.view import Module
from aiomend.settings import SettingsError

_LOOP = "asyncio.AbstractEventLoop"
_NAMES = ("loop", "_loop")
#: What only an event loop has; others that are called a loop can `start`, `stop` and `close` too.
_OF_A_LOOP = frozenset(
    {
        "add_reader",
        "add_signal_handler",
        "add_writer",
        "call_at",
        "call_exception_handler",
        "call_later",
        "call_soon",
        "call_soon_threadsafe",
        "create_connection",
        "create_datagram_endpoint",
        "create_future",
        "create_server",
        "create_task",
        "get_debug",
        "getaddrinfo",
        "remove_reader",
        "remove_writer",
        "run_forever",
        "run_in_executor",
        "run_until_complete",
        "set_debug",
        "set_default_executor",
        "set_exception_handler",
        "sock_accept",
        "sock_connect",
        "sock_recv",
        "sock_sendall",
        "subprocess_exec",
        "subprocess_shell",
        "time",
    }
)
_OTHER_LOOPS = frozenset({"asyncio.run", "asyncio.Runner", "asyncio.new_event_loop"})
NEW = ".new_event_loop"
_CURRENT = ".get_event_loop"  #: outside of coroutines, a loop that `asyncio.run()` does not take
_FROM_OUTSIDE = "run_coroutine_threadsafe"
_GETTERS = frozenset({"asyncio.get_running_loop", "asyncio.get_event_loop"})


def loop_in_reach(module: Module, node: ast.expr) -> str | None:
    """Return how the running loop is called at a place: a name of the function or of one around it, or `self.loop`.

    A name counts where it is surely bound, never to None, and to nothing but a loop: one that was asked for, or one
    that is called so. A loop that was made here need not be the one that runs.
    """
    for name in _local_names(module, node):
        return name
    return _attribute(module, node)


def _local_names(module: Module, node: ast.expr) -> Iterator[str]:
    facts = module.facts
    scope = facts.scope_at(node)
    here = scope.function
    while here is not None:
        for name, bindings in here.bindings.items():
            home = scope.find(name)
            if home is None or home[0] is not here:
                continue  # an inner name hides it
            if not any(_is_bound_before(module, binding, node) for binding in bindings):
                continue  # control may come here without it
            if not all(_is_running_loop(module, here, name, binding) for binding in bindings):
                continue  # something else
            if _is_deleted(facts, here, name):
                continue  # it may be gone by then
            if _is_called_from_outside(facts, here, name):
                continue  # it may be the loop of another thread
            if here is not scope.function and _brings_another_loop(module, here):
                continue  # what is nested there may run in that one
            yield name
        here = here.parent.function if here.parent is not None else None


def _is_deleted(facts: ModuleFacts, function: Scope, name: str) -> bool:
    deleted = (one for one in facts.names.get(name, ()) if isinstance(one.ctx, ast.Del))
    return any(function.node in facts.ancestors(one) for one in deleted)


def _is_called_from_outside(facts: ModuleFacts, function: Scope, name: str) -> bool:
    """True where a function hands something to a loop as one does from another thread."""
    for use in facts.mentions(name).get(function, ()):
        match facts.parents[use]:
            case ast.Attribute(attr="call_soon_threadsafe"):
                return True
            case ast.Call(func=func) as call if call.func is not use and last_name(func) == _FROM_OUTSIDE:
                return True
            case _:
                pass  # whoever runs in it may do that
    return False


def _brings_another_loop(module: Module, function: Scope) -> bool:
    used = (one for one in ast.walk(function.node) if isinstance(one, (ast.Name, ast.Attribute)))
    return any(module.name_of(one) in _OTHER_LOOPS for one in used)


def _passes_for_loop(module: Module, function: Scope, name: str) -> bool:
    """True for a parameter called `loop` that is used as an event loop is, or not at all: not to play a song again."""
    loads = [node for node in ast.walk(function.node) if isinstance(node, ast.Name) and node.id == name]
    if not loads or any(_takes_a_loop(module, load) for load in loads):
        return True
    return any(
        isinstance(one.value, ast.Call) and module.name_of(one.value.func) in _GETTERS
        for one in function.bindings[name]
    )  # `if loop is None: loop = asyncio.get_event_loop()`


def _takes_a_loop(module: Module, load: ast.Name) -> bool:
    match module.facts.parents.get(load):
        case ast.Attribute(attr=attr):
            return attr in _OF_A_LOOP
        case ast.keyword() as keyword:
            taker = module.facts.parents.get(keyword)
            known = module.name_of(taker.func) if isinstance(taker, ast.Call) else None
            return known is not None and known.startswith("asyncio.")
        case _:
            return False


def _is_running_loop(module: Module, function: Scope, name: str, binding: Binding) -> bool:
    match binding.how, binding.value:
        case How.PARAMETER, default:
            if isinstance(default, ast.Constant):
                return False  # nobody passed one: None
            if binding.annotation is None:
                return name in _NAMES and _passes_for_loop(module, function, name)
            promised = module.inference.annotated(module.facts, binding.annotation, None)
            return NONE.isdisjoint(promised) and module.inference.is_instance(promised, _LOOP) is True
        case How.ASSIGN, ast.Call(func=func) as value if not binding.path:
            known = module.name_of(func)
            if known is not None:
                return known in _GETTERS
            return name in _NAMES and module.is_instance(value, _LOOP) is True
        case How.ASSIGN, (ast.Name() | ast.Attribute()) as value if not binding.path:
            return NONE.isdisjoint(module.values(value)) and module.is_loop(value)
        case _:
            return False


def _is_bound_before(module: Module, binding: Binding, node: ast.expr) -> bool:
    """True where control cannot reach ``node`` without having passed the binding."""
    facts = module.facts
    if binding.how is How.PARAMETER:
        return True
    statement = facts.statement(binding.node)
    block = facts.block(statement)
    here: ast.AST = facts.statement(node)
    while here not in block:
        parent = facts.parents.get(here)
        if parent is None:
            return False
        here = parent
    assert isinstance(here, ast.stmt)
    return block.index(statement) < block.index(here)


def _attribute(module: Module, node: ast.expr) -> str | None:
    """Return `self.loop` or `self._loop` where the class around has it and it is a loop."""
    facts = module.facts
    for method in module.enclosing_functions(node):
        owner = facts.class_of(method)
        me = self_name(method)
        if owner is None:
            continue  # a function in a method
        if me is None or any(
            getattr(one, "id", "") in ("staticmethod", "classmethod") for one in method.decorator_list
        ):
            return None
        home = facts.scope_at(node).find(me)
        if home is None or home[0].node is not method or len(home[1]) != 1:
            return None  # the name means something else here
        for attr in _NAMES:
            if _is_loop_attribute(module, ProjectClass(facts, owner), attr, me, method):
                return f"{me}.{attr}"
        return None
    return None


def _is_loop_attribute(module: Module, cls: ProjectClass, attr: str, me: str, method: ast.AST) -> bool:
    values = module.inference.classes.attribute(ProjectInstance(cls), attr)
    if module.inference.is_instance(values, _LOOP) is False or is_bound_to(module, cls, attr, NEW):
        return False  # another loop than that may run this object's coroutines
    if _is_property(module, cls, attr):
        return False  # it may give any loop
    used_here = any(_uses(module, one, attr, me) for one in own_nodes(method))
    if not NONE.isdisjoint(values):
        return used_here  # it may be None elsewhere, but this method relies on it
    if values.isdisjoint(UNKNOWN) and not is_bound_to(module, cls, attr, _CURRENT):
        return True
    return used_here or any(
        _uses(module, one, attr, me)
        for other in cls.node.body
        if isinstance(other, FUNCTIONS)
        for one in own_nodes(other)
    )


def _is_property(module: Module, cls: ProjectClass, attr: str) -> bool:
    return any(
        binding.how is How.DEF
        for one in module.inference.classes.mro(cls)
        for binding in one.facts.scopes[one.node].bindings.get(attr, ())
    )


def is_bound_to(module: Module, cls: ProjectClass, attr: str, maker: str) -> bool:
    """True where a plain method binds the attribute to what ``maker`` gives: `self.loop = asyncio.new_event_loop()`."""
    for owner in module.inference.classes.mro(cls):
        facts = owner.facts
        for binding in self_attributes(facts, owner.node).assigned.get(attr, ()):
            if not isinstance(facts.function_at(binding.node), ast.FunctionDef) or binding.value is None:
                continue  # in a coroutine it is the loop that runs
            calls = (one for one in ast.walk(binding.value) if isinstance(one, ast.Call))
            if any((module.inference.external_name(facts, one.func) or "").endswith(maker) for one in calls):
                return True
    return False


def _uses(module: Module, one: ast.AST, attr: str, me: str) -> bool:
    """True for `self.loop.<something>`, which fails where the attribute is None."""
    match one:
        case ast.Attribute(value=ast.Attribute(value=ast.Name(id=name), attr=inner), attr=used):
            return name == me and inner == attr and used in _OF_A_LOOP
        case _:
            return False


@dataclass(frozen=True, slots=True)
class Way:
    """How a function is handed to a thread at a place."""

    by: str  #: `loop.run_in_executor` or `asyncio.to_thread`, as written there
    first: tuple[str, ...]  #: the arguments in front of the function
    spellings: tuple[Spelling, ...]


def way_to_thread(module: Module, node: ast.expr) -> Way | str:
    """Return how to hand a function to a thread at a place, or why that cannot be written there."""
    target = module.settings.target
    if (reason := other_loop(module)) is not None:
        return reason
    if module.settings.offload == "to_thread":
        if not target.all_at_least((3, 9)):
            return f'`asyncio.to_thread()` needs Python 3.9, the target range is {target}; `offload = "run_in_executor"` does not'
        thread = module.spell("asyncio", "to_thread", node)
        return _written(module, node, Way(thread.text, (), (thread,)))
    pool = executor(module, node)
    spellings: tuple[Spelling, ...] = (pool,)
    loop = loop_in_reach(module, node)
    if loop is None:
        getter = "get_running_loop" if target.all_at_least((3, 7)) else "get_event_loop"
        get_loop = module.spell("asyncio", getter, node)
        spellings += (get_loop,)
        loop = f"{get_loop.text}()"
    return _written(module, node, Way(f"{loop}.run_in_executor", (pool.text,), spellings))


def _written(module: Module, node: ast.expr, way: Way) -> Way | str:
    for spelling in way.spellings:
        if hides(module, spelling, node):
            return f"`{spelling.text.partition('.')[0]}`, which the new code needs, means something else here"
    return way


def executor(module: Module, node: ast.expr) -> Spelling:
    """Return how the executor of the settings is written at a place: `None`, the loop's default one, unless they name one.

    Raises SettingsError where the setting is not of the form ``package.module:name``.
    """
    chosen = module.settings.executor
    if chosen is None:
        return Spelling("None")
    home, _, path = chosen.partition(":")
    if not all(part.isidentifier() for part in [*home.split("."), *path.split(".")]):
        raise SettingsError(f'executor: "{chosen}" names nothing; write package.module:name')
    if module.facts.name == home:
        return Spelling(path)
    name, dot, rest = path.partition(".")
    spelling = module.spell(home, name, node)
    return replace(spelling, text=f"{spelling.text}{dot}{rest}")


def hides(module: Module, spelling: Spelling, node: ast.expr) -> bool:
    """True where the import that a spelling needs would take a name that already means something at ``node``."""
    return spelling.module is not None and module.hidden_name(spelling.module, spelling.member, node) is not None
