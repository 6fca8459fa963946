"""Tasks that somebody keeps and nobody asks for their exception. What is not known counts as asking."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from aiomend.facts.entries import is_script
from aiomend.facts.flow import is_simple
from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.module_names import is_test_path
from aiomend.facts.properties import is_descriptor
from aiomend.facts.scopes import COMPREHENSIONS, FUNCTIONS, FunctionNode, called_name, last_name
from aiomend.facts.tasks import Fate, Made, made_tasks
from aiomend.facts.uses import attribute_uses
from aiomend.facts.values import Function
from aiomend.facts.view import Module

#: What one can do with a task without learning of its exception.
_LOOKS_AWAY = frozenset({"cancel", "cancelled", "cancelling", "done", "get_name", "set_name", "uncancel"})
_FILLS = frozenset({"add", "append"})
_EMPTIES = frozenset({"discard", "remove"})
_KEEPS_QUIET = _FILLS | _EMPTIES | frozenset({"clear", "copy"})
_COPIES = frozenset({"list", "set", "tuple", "frozenset", "sorted"})
_MAKES = _COPIES | frozenset(
    {"defaultdict", "deque", "dict", "OrderedDict", "WeakKeyDictionary", "WeakSet", "WeakValueDictionary"}
)
_ITERATES = _COPIES | frozenset({"enumerate", "len", "range", "reversed", "zip"})
_BROAD = frozenset({"Exception", "BaseException"})
#: What reports an exception, for good or before it goes on.
_LOGS = frozenset({"critical", "error", "exception", "format_exc", "log", "print_exc", "print_exception", "warning"})
#: Coroutines of asyncio that do nothing but wait: no error of the program comes out of them.
_ONLY_WAIT = frozenset({"asyncio.sleep", "asyncio.Queue.put", "asyncio.Queue.join", "asyncio.Event.wait"})


@dataclass(frozen=True, slots=True, eq=False)
class Unheard:
    """A kept task whose exception nobody asks for. ``after`` is the statement behind which a callback can be added.

    Where it ``is_let_go``, a callback takes it out of what keeps it as soon as it is done.
    """

    made: Made
    holder: str  #: how the code writes what refers to the task
    target: str  #: how the task itself is written behind ``after``
    after: ast.stmt
    is_let_go: bool = False


def unheard_tasks(module: Module) -> Iterator[Unheard]:
    """Yield the tasks of a file that are kept and whose exception no code of the project can see."""
    for unheard in unattended_tasks(module):
        if unheard.made.coroutine is None or consumes_its_own(module, unheard.made.coroutine):
            continue  # nothing comes out of it
        yield unheard


def unattended_tasks(module: Module) -> Iterator[Unheard]:
    """Yield the tasks of a file that are kept and that no code of the project waits for, whatever comes out of them."""
    if waits_for_all(module) is not None:
        return
    for made in made_tasks(module):
        if made.fate is not Fate.HELD or made.coroutine is None:
            continue  # AIO901's, or several in one
        statement = module.facts.parents[made.call]
        match statement:
            case ast.Assign(targets=[ast.Name() as name]):
                found = _in_collection(module, made, statement, name) or _global(module, made, statement, name)
            case (
                ast.Assign(targets=[ast.Attribute() as attribute]) | ast.AnnAssign(target=ast.Attribute() as attribute)
            ):
                found = _on_attribute(module, made, statement, attribute)
            case _:
                found = None  # in somebody's hands
        if found is not None:
            yield found


def waits_for_all(module: Module) -> str | None:
    """Return where the project waits for whatever tasks there are without having cancelled them: `gather(*all_tasks())`."""
    return module.inference.traced(("waits for all", None), lambda: _find_wait_for_all(module))


def _find_wait_for_all(module: Module) -> str | None:
    project = module.inference.project
    handling = project.files_mentioning("set_exception_handler") or ()
    is_heard = any(map(is_test_path, handling))  # then tests notice what is reported before they ask for it
    for path in project.files_mentioning("all_tasks") or ():
        facts = project.facts(path) if is_heard or not is_test_path(path) else None
        if facts is not None and (use := _wait_for_all(facts)) is not None:
            return f"{path}:{use.lineno}"
    return None


def _wait_for_all(facts: ModuleFacts) -> ast.expr | None:
    uses: list[ast.expr] = [*facts.names.get("all_tasks", ()), *facts.attributes.get("all_tasks", ())]
    for use in uses:
        nodes = list(own_nodes(facts.function_at(use) or facts.tree))
        called = {called_name(node) for node in nodes if isinstance(node, ast.Call)}
        is_each = any(isinstance(node, ast.Await) and isinstance(node.value, ast.Name) for node in nodes)
        if (is_each or called & {"gather", "wait"}) and "cancel" not in called:
            return use
    return None


# ---- a name, put into a collection ---


def _in_collection(module: Module, made: Made, statement: ast.Assign, name: ast.Name) -> Unheard | None:
    """`task = …; tasks.add(task); task.add_done_callback(tasks.discard)`, and nothing reads from `tasks`."""
    facts = module.facts
    function = facts.function_at(name)
    if not isinstance(function, FUNCTIONS) or len(facts.scopes[function].bindings.get(name.id, ())) != 1:
        return None  # not a variable of its own, or not only this task
    collection: ast.expr | None = None
    last: ast.stmt | None = None
    is_let_go = False
    for use in _loads(facts, name):
        match facts.parents[use], facts.parents.get(facts.parents[use]):
            case ast.Call(func=ast.Attribute(value=container, attr=attr)), ast.Expr() if attr in _FILLS:
                if collection is not None:
                    return None  # two collections hold it
                collection = container
                last = facts.statement(use)
            case ast.Attribute(attr="add_done_callback"), ast.Call(args=[callback]) as call:
                if not _only_discards(callback):
                    return None  # the callback may ask for the exception
                last = facts.statement(call)
                is_let_go = True
            case ast.Attribute(attr=attr), ast.Call() if attr in _LOOKS_AWAY:
                pass  # learns nothing of the exception
            case _:
                return None  # it is in somebody's hands
    if collection is None or last is None or facts.block(last) is not facts.block(statement):
        return None  # nothing keeps it: AIO901's
    if not _nobody_reads_from(module, collection):
        return None
    return Unheard(made, module.text(collection), name.id, last, is_let_go)


def _loads(facts: ModuleFacts, name: ast.Name) -> list[ast.Name]:
    """Return the reads of the variable that ``name`` binds, in the order of the file."""
    reads = [node for node in facts.mentions_of(name) if not isinstance(node.ctx, ast.Store)]
    return sorted(reads, key=lambda node: (node.lineno, node.col_offset))


def _only_discards(callback: ast.expr) -> bool:
    match callback:
        case ast.Attribute(attr=attr):
            return attr in _EMPTIES
        case ast.Lambda(body=ast.Call(func=ast.Attribute(attr=attr), args=[ast.Name()])):
            return attr in _EMPTIES
        case _:
            return False


def _nobody_reads_from(module: Module, collection: ast.expr) -> bool:
    """True where every use of a collection in the project puts in, takes out, counts or cancels."""
    match collection:
        case ast.Name(id=name):
            if module.facts.scope_at(collection).find(name) is None:
                return False
            home = module.facts.scope_at(collection).find(name)
            if home is None or home[0] is not module.facts.scope or _mentioned_elsewhere(module, name):
                return False  # a variable of a function, which may go anywhere, or an importable one that is imported
            return all(_is_quiet(module.facts, use) for use in module.facts.mentions_of(collection))
        case ast.Attribute(attr=name):
            uses = attribute_uses(module, name)
            return uses is not None and all(_is_quiet(facts, use) for facts, use in uses)
        case _:
            return False


def _is_quiet(facts: ModuleFacts, use: ast.expr) -> bool:
    """True where one use of a collection of tasks gives no task to anybody who could ask for its exception."""
    parent = facts.parents[use]
    if isinstance(getattr(use, "ctx", None), ast.Store):
        return _is_made_there(parent)
    match parent:
        case ast.Attribute(attr=attr):
            return attr in _KEEPS_QUIET
        case ast.Call(func=ast.Name(id="len")):
            return True
        case ast.Call(func=ast.Name(id=name)) if name in _COPIES:
            return _is_quiet(facts, parent)
        case ast.For(target=ast.Name() as each, iter=iterable) if iterable is use:
            return all(_looks_away(facts, one) for one in _loads(facts, each))
        case ast.If(test=test) | ast.While(test=test) if test is use:
            return True
        case ast.UnaryOp(op=ast.Not()):
            return True
        case _:
            return False


def _is_made_there(statement: ast.AST) -> bool:
    """True where what is bound is a new collection that nobody else has, or one that is there gets more."""
    match statement:
        case ast.AugAssign() | ast.AnnAssign(value=None):
            return True
        case ast.Assign(targets=[_], value=value) | ast.AnnAssign(value=ast.expr() as value):
            is_call = isinstance(value, ast.Call) and called_name(value) in _MAKES
            return is_call or isinstance(value, (*COMPREHENSIONS, ast.Constant, ast.Dict, ast.List, ast.Set, ast.Tuple))
        case _:
            return False


def _looks_away(facts: ModuleFacts, use: ast.expr) -> bool:
    """True where one use of a task cannot learn of its exception."""
    match facts.parents[use]:
        case ast.Attribute(attr=attr) as method:
            around = facts.parents[method]
            return attr in _LOOKS_AWAY and isinstance(around, ast.Call) and around.func is method
        case ast.Compare(ops=[ast.Is() | ast.IsNot()], comparators=[ast.Constant(value=None)]):
            return True
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
            return test is use
        case ast.BoolOp(op=ast.And(), values=[*others, _]) if use in others:
            return True  # a task is true, so that it is never what comes out
        case ast.BoolOp() as test:
            return _looks_away(facts, test)
        case ast.UnaryOp(op=ast.Not()) | ast.Delete():
            return True
        case _:
            return False


# ---- an attribute, a global ---


def _on_attribute(module: Module, made: Made, statement: ast.stmt, target: ast.Attribute) -> Unheard | None:
    """`self._task = …`, and every use in the project only cancels it or looks whether it is there."""
    if not target.attr.startswith("_") or not isinstance(target.value, ast.Name):
        return None  # whoever uses the class may ask for it
    if is_descriptor(module, target):
        return None  # what is assigned is not what is read
    uses = attribute_uses(module, target.attr)
    if uses is None or not all(isinstance(use.ctx, ast.Store) or _looks_away(facts, use) for facts, use in uses):
        return None  # somebody may ask for the exception
    text = module.text(target)
    return Unheard(made, text, text, statement)


def _global(module: Module, made: Made, statement: ast.stmt, name: ast.Name) -> Unheard | None:
    """`task = …` at the top of a script, and nothing ever asks for it."""
    facts = module.facts
    home = facts.scope_at(name).find(name.id)
    if home is None or home[0] is not facts.scope or name.id == "_" or _mentioned_elsewhere(module, name.id):
        return None
    if not name.id.startswith("_") and not is_script(module):
        return None  # whoever imports the module may ask for it
    if not all(_looks_away(facts, use) for use in _loads(facts, name)):
        return None  # somebody may ask for the exception
    return Unheard(made, name.id, name.id, statement)


def _mentioned_elsewhere(module: Module, name: str) -> bool:
    """True where another file of the project may use a global of that name."""
    project = module.inference.project
    paths = project.files_mentioning(name)
    if paths is None:
        return True
    for path in paths:
        facts = project.facts(path) if path != module.path else None
        if facts is not None and (
            name in facts.attributes or name in facts.scope.bindings or module.facts.name in facts.stars
        ):
            return True
    return False


# ---- what the task itself does ---


def consumes_its_own(module: Module, coroutine: ast.expr) -> bool:
    """True where a coroutine raises nothing, or handles every exception itself, so that nothing is left to consume."""
    if isinstance(coroutine, ast.Call) and (module.name_of(coroutine.func) in _ONLY_WAIT or _puts(coroutine.func)):
        return True
    callee = module.coroutine_of(coroutine)
    return callee is not None and callee.function is not None and handles_its_own(callee.function)


def handles_its_own(function: Function) -> bool:
    """True where a coroutine function handles every exception itself, as far as its body says."""
    return isinstance(function.node, FUNCTIONS) and (_handles_all(function.node) or _logs_what_it_wraps(function))


def _logs_what_it_wraps(function: Function) -> bool:
    """True for what a decorator puts around a coroutine function if it logs whatever comes out of that."""
    outer = function.facts.function_at(function.node)
    wrapped = {one.arg for one in outer.args.args} if isinstance(outer, FUNCTIONS) else set()
    return any(
        isinstance(node, ast.Try)
        and any(isinstance(one, ast.Await) and called_name(one.value) in wrapped for one in own_nodes(node))
        and any(_catches_all(handler) and _logs(handler) for handler in node.handlers)
        for node in own_nodes(function.node)
    )


def _logs(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(node, ast.Call) and called_name(node) in _LOGS for node in own_nodes(handler))


def _puts(function: ast.expr) -> bool:
    """True for `stream.queue.put`: what is called a queue is one, and its `put()` only waits."""
    return (
        isinstance(function, ast.Attribute) and function.attr == "put" and "queue" in last_name(function.value).lower()
    )


def _handles_all(function: FunctionNode) -> bool:
    """True where whatever a function does stands under `except Exception` or in a loop that is under it."""
    return all(_is_handled(statement) for statement in function.body)


def _is_handled(statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(value=ast.Constant()) | ast.Pass() | ast.Break() | ast.Continue() | ast.Global() | ast.Nonlocal():
            return True
        case ast.Return(value=value):
            return value is None or _waits_for_nothing(value)
        case ast.Assign(value=ast.Constant() | ast.Name() | ast.Attribute()) | ast.Import() | ast.ImportFrom():
            return True
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="debug" | "info" | "warning" | "error" | "exception"))):
            return True  # logging handles its own errors
        case ast.Expr(value=ast.Await(value=ast.Call(func=ast.Attribute(attr="sleep")))):
            return True  # only cancellation comes out of it
        case ast.While(test=test, body=body, orelse=orelse) | ast.If(test=test, body=body, orelse=orelse):
            return _waits_for_nothing(test) and all(map(_is_handled, [*body, *orelse]))
        case ast.For(iter=iterable, body=body, orelse=orelse):
            return _is_plain(iterable) and all(map(_is_handled, [*body, *orelse]))
        case ast.Try(handlers=handlers, orelse=orelse):
            behind = [one for handler in handlers for one in handler.body] + orelse
            return any(map(_is_broad, handlers)) and all(map(_waits_for_nothing, behind))
        case _:
            return False


def _waits_for_nothing(node: ast.AST) -> bool:
    """True where no exception of what is awaited comes out of a part of a coroutine: it only sleeps, or handles them."""
    match node:
        case ast.Await(value=ast.Call(func=func)):
            return last_name(func) == "sleep" or _puts(func)
        case ast.Await() | ast.AsyncFor() | ast.AsyncWith():
            return False
        case ast.Try():
            return _is_handled(node)
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
            return True  # not run here
        case _:
            return all(map(_waits_for_nothing, ast.iter_child_nodes(node)))


def _is_plain(iterable: ast.expr) -> bool:
    """True for what a loop goes through without calling code of the project: a collection, `range()` and its like."""
    match iterable:
        case ast.Call(func=ast.Name(id=name), args=arguments) if name in _ITERATES:
            return all(map(_is_plain, arguments))
        case ast.Call(func=ast.Attribute(value=inner, attr="items" | "keys" | "values" | "copy"), args=[]):
            return is_simple(inner)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="itertools")) | ast.Name(id="count"), args=arguments):
            return all(map(_is_plain, arguments))
        case _:
            return is_simple(iterable)


def _is_broad(handler: ast.ExceptHandler) -> bool:
    return _catches_all(handler) and not any(isinstance(node, ast.Raise) for node in own_nodes(handler))


def _catches_all(handler: ast.ExceptHandler) -> bool:
    names = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(name is None or (isinstance(name, ast.Name) and name.id in _BROAD) for name in names)
