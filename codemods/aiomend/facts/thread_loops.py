"""The event loop that code in another thread can hand its work to."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from aiomend.facts.flow import is_simple
from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.module_names import is_test_path
from aiomend.facts.offload import NEW, is_bound_to
from aiomend.facts.own_object import self_name
from aiomend.facts.quiet import RUNS
from aiomend.facts.scopes import FUNCTIONS, Binding, How, Scope, last_name
from aiomend.facts.self_attributes import self_attributes
from aiomend.facts.thread_users import Site
from aiomend.facts.values import NONE, ProjectClass, ProjectInstance
from aiomend.facts.view import Module

_LOOP = "asyncio.AbstractEventLoop"
_NAME = re.compile(r"(?:^|_)(?:event_?)?loop$")
NO_CURRENT_LOOP = "a thread has no current event loop, and asking for it raises: give the thread the loop that runs"
#: What these give in another thread is not the loop that runs elsewhere: they raise there.
_CURRENT = frozenset({"asyncio.get_event_loop", "asyncio.get_running_loop"})


def loop_for_thread(module: Module, node: ast.expr) -> str | None:
    """Return how the loop is called at a place in another thread: a name in reach, `self.loop`, or another attribute there.

    What the thread's own function gets as its current loop is none. None where nothing is known to be the loop.
    """
    for name in _names(module, node):
        return name
    for name in _own_attributes(module, node):
        return name
    for name in _other_attributes(module, node):
        return name
    return None


def is_current(module: Module, loop: ast.expr) -> bool:
    """True where an expression is the current loop of the thread, which has none: `asyncio.get_event_loop()`."""
    match loop:
        case ast.Call(func=func):
            return module.name_of(func) in _CURRENT
        case ast.Name(id=name) if (home := module.facts.scope_at(loop).find(name)) is not None:
            if home[0].node is not module.facts.function_at(loop):
                return False
            return any(isinstance(one.value, ast.Call) and is_current(module, one.value) for one in home[1])
        case _:
            return False


def _names(module: Module, node: ast.expr) -> Iterator[str]:
    scope: Scope | None = module.facts.scope_at(node)
    start = module.facts.scope_at(node)
    while scope is not None:
        for name, bindings in () if scope.is_class else scope.bindings.items():
            home = start.find(name)
            if home is None or home[0] is not scope:
                continue  # an inner name hides it
            real = [one for one in bindings if not _is_empty(one)]
            if real and all(_is_loop(module, scope, name, one, node) for one in real):
                yield name
        scope = scope.parent


def _is_empty(binding: Binding) -> bool:
    value = binding.value
    if binding.how is How.ANNOTATION and value is None:
        return True
    return binding.how in (How.ASSIGN, How.ANNOTATION) and isinstance(value, ast.Constant) and value.value is None


def _is_loop(module: Module, scope: Scope, name: str, binding: Binding, node: ast.expr) -> bool:
    is_own = scope.node is module.facts.function_at(node)
    match binding.how, binding.value:
        case How.PARAMETER, _ if isinstance(binding.node, ast.arg):
            if binding.annotation is not None:
                promised = module.inference.annotated(module.facts, binding.annotation, None)
                return module.inference.is_instance(promised, _LOOP) is True
            return _NAME.search(name) is not None and _passed(module, scope, name) is not False
        case ((How.ASSIGN | How.ANNOTATION), ast.Call() as value):
            if is_own and (is_current(module, value) or not _is_above(binding, node)):
                return False
            return module.is_instance(value, _LOOP) is True
        case ((How.ASSIGN | How.ANNOTATION), (ast.Name() | ast.Attribute()) as value):
            return module.is_loop(value) and (not is_own or _is_above(binding, node))
        case _:
            return False


def _passed(module: Module, scope: Scope, name: str) -> bool | None:
    """Return whether the project passes a loop as a parameter; None where nobody knows."""
    uses = (one for one in ast.walk(scope.node) if isinstance(one, ast.Name) and one.id == name)
    use = next(uses, None)
    if use is None:
        return None
    return module.inference.is_instance(module.inference.values_from_callers(module.facts, use), _LOOP)


def _is_above(binding: Binding, node: ast.expr) -> bool:
    return getattr(binding.node, "lineno", 0) < node.lineno


def _own_attributes(module: Module, node: ast.expr) -> Iterator[str]:
    """Yield `self.loop` and its like: attributes that the class around sets to a loop."""
    facts = module.facts
    for method in module.enclosing_functions(node):
        owner = facts.class_of(method)
        me = self_name(method)
        if owner is None or me is None:
            continue  # a function in a method
        home = facts.scope_at(node).find(me)
        if home is None or home[0].node is not method or len(home[1]) != 1:
            return  # the name means something else here
        cls = ProjectClass(facts, owner)
        for attr in sorted(_stored(module, cls), key=lambda name: (name not in ("loop", "_loop"), name)):
            values = module.inference.classes.attribute(ProjectInstance(cls), attr)
            known = module.inference.is_instance(values, _LOOP)
            if values - NONE and (known or (known is None and _NAME.search(attr) is not None)):
                yield f"{me}.{attr}"
        return


def _stored(module: Module, cls: ProjectClass) -> set[str]:
    """The attributes that a class, or one of its bases in the project, sets on its instances."""
    return {
        node.attr
        for one in module.inference.classes.mro(cls)
        for node in ast.walk(one.node)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    }


def _other_attributes(module: Module, node: ast.expr) -> Iterator[str]:
    """Yield `client.loop` where the function around uses that as a loop already."""
    function = module.facts.function_at(node)
    if not isinstance(function, FUNCTIONS):
        return
    for one in own_nodes(function):
        match one:
            case ast.Attribute(value=loop) if isinstance(loop, ast.Attribute) and is_simple(loop):
                if module.is_loop(loop) and one.attr.startswith(("call_", "create_", "run_", "is_", "add_")):
                    yield module.text(loop)
            case _:
                pass  # uses no loop


def runs_in_own_thread(module: Module, node: ast.expr, loop: str) -> bool:
    """True where the class around has a thread run a loop of its own, called so: who asks it for something may be in another one."""
    _, _, attr = loop.partition(".")
    around = (module.facts.class_of(method) for method in module.enclosing_functions(node))
    owner = next((ProjectClass(module.facts, cls) for cls in around if cls is not None), None)
    if owner is None or not is_bound_to(module, owner, attr, NEW):
        return False
    for cls in module.inference.classes.mro(owner):
        for use in self_attributes(cls.facts, cls.node).uses.get(attr, ()):
            match cls.facts.parents[use]:
                case ast.Attribute(attr=run) as runs if run in RUNS:
                    call = cls.facts.parents[runs]
                    if not isinstance(call, ast.Call) or call.func is not runs:
                        return True  # handed to a thread
                    if module.threads.account(cls.facts, cls.facts.function_at(use)).chain:
                        return True
                case _:
                    pass  # no run
    return False


def is_surely_loop(module: Module, loop: ast.expr) -> bool:
    """True for a known event loop, and for what is called one in a file that imports asyncio or uvloop."""
    if module.is_instance(loop, _LOOP) is True:
        return True
    return module.is_loop(loop) and bool(module.facts.imported_roots & {"asyncio", "uvloop"})


def loop_in_thread(module: Module) -> Site | str | None:
    """Return a place of the project that runs an event loop in a thread of its own, or why nobody can say; None where there is none."""
    project = module.inference.project
    for name in (*sorted(RUNS), "asyncio run"):
        paths = project.files_mentioning(name)
        if paths is None:
            return "the project is too large to say whether one of its threads runs an event loop"
        for path in paths:
            user = project.facts(path) if not is_test_path(path) else None
            if user is None:
                continue  # it cannot be read, or runs beside the program
            for call in user.calls:
                if _runs(module, user, call) and module.threads.account(user, user.function_at(call)).chain:
                    return Site(user, call)
    return None


def _runs(module: Module, facts: ModuleFacts, call: ast.Call) -> bool:
    if isinstance(call.func, ast.Attribute) and call.func.attr in RUNS:
        return True
    return last_name(call.func) == "run" and module.inference.external_name(facts, call.func) == "asyncio.run"
