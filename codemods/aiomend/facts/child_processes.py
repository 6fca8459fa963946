"""Child processes of asyncio: which coroutines begin them, and whether the project sees to who waits for them.

Up to Python 3.7 a child's end is told by a signal, which only the main thread gets. A loop of another thread can begin one where
a child watcher is there that is attached to a loop of the main thread: https://docs.python.org/3.7/library/asyncio-policy.html
"""

from __future__ import annotations

import ast

from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.scopes import FUNCTIONS, last_name
from aiomend.facts.thread_users import Site
from aiomend.facts.values import Coroutine, Function
from aiomend.facts.view import Module

_CHILDREN = frozenset({"create_subprocess_exec", "create_subprocess_shell", "subprocess_exec", "subprocess_shell"})
#: Who names one of these sees to the watcher, or has loops that need none.
_CARES = ("get_child_watcher", "set_child_watcher", "attach_loop", "ProactorEventLoop", "uvloop")
_DEPTH = 4  #: coroutines between the thread's loop and the child


def begun_by(module: Module, awaitable: ast.expr) -> tuple[Site, ...]:
    """Return the way from an awaitable to a child process that it begins: calls, the last one of asyncio; empty where there is none."""
    return _begun(module, module.facts, awaitable, _DEPTH)


def _begun(module: Module, facts: ModuleFacts, awaitable: ast.expr, depth: int) -> tuple[Site, ...]:
    if _begins(module, facts, awaitable):
        return (Site(facts, awaitable),)
    values = module.inference.values(facts, awaitable)
    match list(values):
        case [Coroutine(function=Function(node=node) as function)] if depth and isinstance(node, FUNCTIONS):
            for one in own_nodes(node):
                if isinstance(one, ast.Call):
                    way = _begun(module, function.facts, one, depth - 1)
                    if way:
                        return (Site(facts, awaitable), *way)
        case _:
            pass  # nobody knows which coroutine it is
    return ()


def _begins(module: Module, facts: ModuleFacts, node: ast.expr) -> bool:
    if not isinstance(node, ast.Call) or last_name(node.func) not in _CHILDREN:
        return False
    name = module.inference.external_name(facts, node.func)
    return name is not None and name.startswith("asyncio.")


def is_cared_for(module: Module, child: Site) -> bool:
    """True where the project sees to the child watcher, begins children elsewhere too, which may make one, or is too large to say."""
    project = module.inference.project
    if any(project.files_mentioning(name) != () for name in _CARES):
        return True
    for name in _CHILDREN:
        paths = project.files_mentioning(name)
        if paths is None:
            return True
        for path in paths:
            user = project.facts(path)
            uses = [] if user is None else [*user.names.get(name, ()), *user.attributes.get(name, ())]
            if any(not isinstance(child.node, ast.Call) or use is not child.node.func for use in uses):
                return True
    return False
