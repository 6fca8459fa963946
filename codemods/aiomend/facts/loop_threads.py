"""Event loops that a thread of their own runs, and the code beside that thread which uses them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiomend.facts.flow import between
from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.quiet import RUNS
from aiomend.facts.scopes import FUNCTIONS, FunctionNode, How, last_name
from aiomend.facts.thread_tests import knows_its_thread
from aiomend.facts.values import ProjectInstance

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference

_DEPTH = 3
_SELF = ""  #: the object itself, where its class is a thread

Thing = tuple[object, str]  #: a variable by its scope and name, or an attribute of `self` by its class and name


@dataclass(frozen=True, slots=True, eq=False)
class LoopThread:
    """A thread that runs an event loop which others have a name for."""

    made: ast.Call | ast.FunctionDef  #: what makes the thread, or the ``run`` of its class
    thread: Thing | None  #: what the thread is called
    loops: frozenset[Thing]
    is_started: bool  #: right where it is made


def loop_thread_beside(inference: Inference, facts: ModuleFacts, call: ast.Call) -> LoopThread | None:
    """Return the thread that runs the loop which a call is for, where the call is certainly made in another thread.

    So it is behind the start of that thread, and before a `join()` of it, in one function or at a module's own level; and in a
    function of the file that such code alone calls.
    """
    threads = facts.beside(_loop_threads)
    loop = _loop_of(call) if threads else None
    thing = _thing(facts, loop) if loop is not None else None
    if thing is None or knows_its_thread(facts, call):
        return None
    for thread in threads:
        if thing in thread.loops and _is_beside(inference, facts, thread, call, 0):
            return thread
    return None


def has_its_own_thread(inference: Inference, facts: ModuleFacts, call: ast.Call) -> bool:
    """True for a call that names a loop which a thread of its own runs, also `client.loop`, but where it has yet to begin."""
    loop = _loop_of(call)
    if loop is None:
        return False
    if (thing := _thing(facts, loop)) is not None:
        around = facts.function_at(call) or facts.tree
        begins = (_events(facts, one, around)[0] for one in facts.beside(_loop_threads) if thing in one.loops)
        return any(all(start.lineno < call.lineno for start in starts) for starts in begins)
    if not isinstance(loop, ast.Attribute):
        return False
    owners = (value.cls for value in inference.values(facts, loop.value) if isinstance(value, ProjectInstance))
    kin = (one for cls in owners for one in inference.classes.mro(cls))
    return any((one.node, loop.attr) in thread.loops for one in kin for thread in one.facts.beside(_loop_threads))


def _loop_of(call: ast.Call) -> ast.expr | None:
    """Return the loop that a call names: as its object, or by keyword."""
    named = next((one.value for one in call.keywords if one.arg == "loop"), None)
    if named is None and isinstance(call.func, ast.Attribute):
        return call.func.value
    return named


def _is_beside(inference: Inference, facts: ModuleFacts, thread: LoopThread, call: ast.Call, depth: int) -> bool:
    function = facts.function_at(call)
    if isinstance(function, (ast.Lambda, ast.AsyncFunctionDef)) or depth > _DEPTH:
        return False  # it runs later, or in a loop
    if function is not None and (facts.is_generator(function) or function is thread.made):
        return False  # its body may run anywhere, or is the thread's own
    here = facts.statement(call)
    starts, joins = _events(facts, thread, function or facts.tree)
    if any(here.lineno < one.lineno for one in starts):
        return False  # the thread has yet to begin
    if any(one.lineno < here.lineno for one in joins):
        return False  # it has ended
    if any(between(facts, one, here) is not None for one in starts):
        return True
    if any(_is_sure_to_follow(facts, thread, here, one) for one in joins):
        return True  # no thread waits for its own end
    return function is not None and _is_called_beside(inference, facts, thread, function, depth)


def _is_sure_to_follow(facts: ModuleFacts, thread: LoopThread, here: ast.stmt, join: ast.stmt) -> bool:
    """True where control comes from ``here`` to a `join()`, whatever the code asks but whether there is such a thread."""
    last: ast.AST = join
    while isinstance(parent := facts.parents[last], ast.If) and last in parent.body:
        if not _asks_only_for(facts, parent.test, thread):
            break
        last = parent
    assert isinstance(last, ast.stmt)
    block = facts.block(last)
    first: ast.AST = here
    while first not in block:
        if (above := facts.parents.get(first)) is None or isinstance(above, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
            return False
        first = above
    middle = block[block.index(first) + 1 : block.index(last)]
    return first is not last and not any(isinstance(node, ast.Return) for one in middle for node in ast.walk(one))


def _asks_only_for(facts: ModuleFacts, test: ast.expr, thread: LoopThread) -> bool:
    """True for `self._thread is not None and self._thread.is_alive()`."""
    match test:
        case ast.BoolOp(values=parts):
            return all(_asks_only_for(facts, one, thread) for one in parts)
        case ast.Compare(left=asked, ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]):
            return _asks_only_for(facts, asked, thread)
        case ast.Call(func=ast.Attribute(value=asked, attr="is_alive"), args=[]) | asked:
            return thread.thread is not None and _is(facts, asked, thread.thread)


def _is_called_beside(
    inference: Inference, facts: ModuleFacts, thread: LoopThread, function: FunctionNode, depth: int
) -> bool:
    """True where all that uses a function of the file is calls from beside the thread."""
    paths = inference.project.files_mentioning(function.name)
    if paths is None or set(paths) - {facts.path} or facts.scope_at(function) is not facts.scope:
        return False  # others may call it
    if function.decorator_list or function.name in facts.texts:
        return False
    calls = [facts.parents[use] for use in facts.names.get(function.name, ()) if isinstance(use.ctx, ast.Load)]
    return bool(calls) and all(
        isinstance(one, ast.Call)
        and last_name(one.func) == function.name
        and _is_beside(inference, facts, thread, one, depth + 1)
        for one in calls
    )


def _events(facts: ModuleFacts, thread: LoopThread, around: ast.AST) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """Return the statements of a function, or of a module's own level, that start the thread, and that wait for its end."""
    starts: list[ast.stmt] = []
    joins: list[ast.stmt] = []
    for node in own_nodes(around):
        match node:
            case ast.Call(func=ast.Attribute(value=owner, attr="start" | "join" as method)):
                if thread.thread is None or not _is(facts, owner, thread.thread):
                    continue  # of something else
                (starts if method == "start" else joins).append(facts.statement(node))
            case _:
                pass  # has to do with no thread
    if thread.is_started and (facts.function_at(thread.made) or facts.tree) is around:
        starts.append(facts.statement(thread.made))
    return starts, joins


# ---- which threads run a loop ---


def _loop_threads(facts: ModuleFacts) -> Sequence[LoopThread]:
    """Return the threads of a file that run a loop, where nothing else in the file runs it."""
    if "threading" not in facts.imported_roots or not RUNS & facts.attributes.keys():
        return ()
    found = [*_made_threads(facts), *_thread_classes(facts)]
    own = {node for _, runs in found for node in runs}
    others = {
        _thing(facts, use.value) for name in RUNS for use in facts.attributes.get(name, ()) if use not in own
    }  # they run it in whatever thread they are
    return [one for one, _ in found if not one.loops & others]


def _made_threads(facts: ModuleFacts) -> Iterator[tuple[LoopThread, Sequence[ast.Attribute]]]:
    for call in facts.calls:
        if last_name(call.func) != "Thread":
            continue  # no thread
        options = {one.arg: one.value for one in call.keywords}
        target = options.get("target", call.args[1] if len(call.args) > 1 else None)
        given = options.get("args")
        runs, loops = _run_by(facts, target, given.elts if isinstance(given, (ast.Tuple, ast.List)) else [])
        if not loops:
            continue  # it runs something else
        thread, is_started = None, False
        match facts.parents[call]:
            case ast.Assign(targets=[made]) | ast.AnnAssign(target=made):
                thread = _thing(facts, made)
            case ast.Attribute(attr="start"):
                is_started = True
            case _:
                pass  # it goes elsewhere
        yield LoopThread(call, thread, frozenset(loops), is_started), runs


def _thread_classes(facts: ModuleFacts) -> Iterator[tuple[LoopThread, Sequence[ast.Attribute]]]:
    for cls in facts.nodes(ast.ClassDef):
        if not any(last_name(base) == "Thread" for base in cls.bases):
            continue  # its objects are no threads, as far as the file says
        run = next((one for one in cls.body if isinstance(one, ast.FunctionDef) and one.name == "run"), None)
        runs = _runs(run) if run is not None else []
        loops = {thing for one in runs if (thing := _thing(facts, one.value)) is not None}
        if run is not None and loops:
            yield LoopThread(run, (cls, _SELF), frozenset(loops), is_started=False), runs


def _run_by(
    facts: ModuleFacts, target: ast.expr | None, given: Sequence[ast.expr]
) -> tuple[list[ast.Attribute], set[Thing]]:
    """Return where a thread that begins with ``target`` runs a loop, and which ones."""
    parameters: list[str] = []
    match target:
        case ast.Attribute(attr=attr) if attr in RUNS:
            runs = [target]
        case ast.Lambda(body=body):
            runs = _runs(body)
        case ast.Name() | ast.Attribute() if (function := _function(facts, target)) is not None:
            runs = _runs(function)
            positional = [*function.args.posonlyargs, *function.args.args]
            parameters = [one.arg for one in positional][isinstance(target, ast.Attribute) :]
        case _:
            return [], set()
    found: set[Thing] = set()
    for one in runs:
        loop = one.value
        if isinstance(loop, ast.Name) and loop.id in parameters:
            at = parameters.index(loop.id)
            if at >= len(given):
                continue  # nobody can say what it is given
            loop = given[at]
        if (thing := _thing(facts, loop)) is not None:
            found.add(thing)
    return runs, found


def _runs(node: ast.AST) -> list[ast.Attribute]:
    """Return where code runs a loop: `loop.run_forever` of a call."""
    nodes = own_nodes(node) if isinstance(node, FUNCTIONS) else ast.walk(node)
    functions = [one.func for one in nodes if isinstance(one, ast.Call)]
    return [one for one in functions if isinstance(one, ast.Attribute) and one.attr in RUNS]


def _function(facts: ModuleFacts, target: ast.Name | ast.Attribute) -> ast.FunctionDef | None:
    """Return the plain function of the file that a name, or a method that `self.name`, certainly is."""
    match target:
        case ast.Name(id=name):
            found = facts.scope_at(target).find(name)
            nodes = [one.node for one in found[1]] if found is not None else []
        case ast.Attribute(value=ast.Name(), attr=name):
            owner = _thing(facts, target)
            cls = owner[0] if owner is not None else None
            nodes = (
                [one for one in cls.body if isinstance(one, FUNCTIONS) and one.name == name]
                if isinstance(cls, ast.ClassDef)
                else []
            )
        case _:
            return None
    match nodes:
        case [ast.FunctionDef(decorator_list=[]) as function]:
            return function
        case _:
            return None


# ---- what is called how ---


def _thing(facts: ModuleFacts, node: ast.expr) -> Thing | None:
    """Return the variable that a name is, or the attribute that `self.name` is; None for whatever else."""
    match node:
        case ast.Name(id=name) if (found := facts.scope_at(node).find(name)) is not None:
            if any(one.how is How.PARAMETER for one in found[1]):
                return None  # whatever it is given
            return found[0], name
        case ast.Attribute(value=ast.Name() as owner, attr=name) if (cls := _own_class(facts, owner)) is not None:
            return cls, name
        case _:
            return None


def _own_class(facts: ModuleFacts, node: ast.Name) -> ast.ClassDef | None:
    """Return the class whose object `self` is, in a method or in a function inside of one."""
    found = facts.scope_at(node).find(node.id)
    method = found[0].node if found is not None else None
    if not isinstance(method, FUNCTIONS):
        return None
    positional = [*method.args.posonlyargs, *method.args.args]
    return facts.class_of(method) if positional and positional[0].arg == node.id else None


def _is(facts: ModuleFacts, node: ast.expr, thing: Thing) -> bool:
    if thing[1] == _SELF:
        return isinstance(node, ast.Name) and _own_class(facts, node) is thing[0]
    return _thing(facts, node) == thing
