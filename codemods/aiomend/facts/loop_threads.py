"""Event loops that a thread of their own runs, and the code beside that thread which uses them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiomend.facts.callers import position_behind
from aiomend.facts.flow import between
from aiomend.facts.module import ModuleFacts, own_nodes
from aiomend.facts.own_object import own_class
from aiomend.facts.quiet import RUNS
from aiomend.facts.scopes import FUNCTIONS, Binding, FunctionNode, How, last_name
from aiomend.facts.thread_entries import entry_at, given_to, is_thread_run
from aiomend.facts.thread_tests import knows_its_thread
from aiomend.facts.values import External, Function, ProjectClass, ProjectInstance

if TYPE_CHECKING:
    from aiomend.facts.inference import Inference

_DEPTH = 3
_SELF = ""  #: the object itself, where its class is a thread

Beginning = ast.Call | ast.FunctionDef  #: what makes a thread, or the `run` of its class
Thing = tuple[object, str]  #: a variable by its scope and name, or an attribute of `self` by its class and name


@dataclass(frozen=True, slots=True, eq=False)
class LoopThread:
    """A thread that runs an event loop which others have a name for."""

    made: Beginning
    thread: Thing | None  #: what the thread, or the future of a pool, is called
    loops: frozenset[Thing]
    is_started: bool  #: right where it is made


def loop_thread_beside(inference: Inference, facts: ModuleFacts, call: ast.Call) -> LoopThread | None:
    """Return the thread that runs the loop which a call is for, where the call is certainly made in another thread.

    So it is behind the start of that thread, and before a `join()` of it, in one function or at a module's own level; and in a
    function of the file that such code alone calls.
    """
    loop = _loop_of(call)
    thing = _thing(facts, loop) if loop is not None else None
    if thing is None or knows_its_thread(facts, call):
        return None
    running = (one for one in _loop_threads(inference, facts) if thing in one.loops)
    return next((one for one in running if _is_beside(inference, facts, one, call, 0)), None)


def has_its_own_thread(inference: Inference, facts: ModuleFacts, call: ast.Call) -> bool:
    """True for a call that names a loop which a thread of its own runs, also `client.loop`, but where it has yet to begin."""
    loop = _loop_of(call)
    if loop is None:
        return False
    if (thing := _thing(facts, loop)) is not None:
        around = facts.function_at(call) or facts.tree
        begins = (_events(facts, one, around)[0] for one in _loop_threads(inference, facts) if thing in one.loops)
        return any(all(start.lineno < call.lineno for start in starts) for starts in begins)
    if not isinstance(loop, ast.Attribute):
        return False
    owners = (value.cls for value in inference.values(facts, loop.value) if isinstance(value, ProjectInstance))
    kin = (one for cls in owners for one in inference.classes.mro(cls))
    return any((one.node, loop.attr) in thread.loops for one in kin for thread in _loop_threads(inference, one.facts))


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
            case ast.Call(func=ast.Attribute(value=owner, attr="start" | "join" | "result" as method)):
                if thread.thread is None or not _is(facts, owner, thread.thread):
                    continue  # of something else
                (starts if method == "start" else joins).append(facts.statement(node))
            case _:
                pass  # has to do with no thread
    if thread.is_started and (facts.function_at(thread.made) or facts.tree) is around:
        starts.append(facts.statement(thread.made))
    return starts, joins


# ---- which threads run a loop ---


def _loop_threads(inference: Inference, facts: ModuleFacts) -> Sequence[LoopThread]:
    """Return the threads of a file that run a loop, where nothing else in the file runs it."""
    if RUNS.isdisjoint(facts.attributes):
        return ()
    return inference.traced(("loop threads", facts), lambda: _find_loop_threads(inference, facts))


def _find_loop_threads(inference: Inference, facts: ModuleFacts) -> Sequence[LoopThread]:
    made: dict[Beginning, set[Thing]] = {}
    elsewhere: set[Thing] = set()  # what is run in whatever thread that is
    for use in (one for name in RUNS for one in facts.attributes.get(name, ())):
        entries = _begun_with(inference, facts, use)
        for place, loop in entries:
            if (thing := _thing(facts, loop)) is not None:
                made.setdefault(place, set()).add(thing)
        if not entries and (thing := _thing(facts, use.value)) is not None:
            elsewhere.add(thing)
    found = (_thread(inference, facts, place, loops) for place, loops in made.items() if not loops & elsewhere)
    return [one for one in found if one is not None]


def _begun_with(inference: Inference, facts: ModuleFacts, use: ast.Attribute) -> list[tuple[Beginning, ast.expr]]:
    """Return what has other threads run a loop by one use of its method, each with the loop as it is called there."""
    call = facts.parents[use]
    if not isinstance(call, ast.Call) or call.func is not use:
        place = _entry(inference, facts, use)
        return [(place, use.value)] if place is not None else []
    function = facts.function_at(call)
    match function:
        case ast.Lambda():
            references: list[ast.expr] = [function]
        case ast.FunctionDef() if is_thread_run(inference, facts, function):
            return [(function, use.value)]
        case ast.FunctionDef(decorator_list=[]):
            references = [*_references(inference, facts, function)]
        case _:
            return []  # in the thread of the file itself, or in a loop
    found = [(_entry(inference, facts, one), _as_given(facts, use.value, function, one)) for one in references]
    sure: list[tuple[Beginning, ast.expr]] = [
        (place, loop) for place, loop in found if place is not None and loop is not None
    ]
    return sure if len(sure) == len(references) else []  # it is run in other ways, too


def _entry(inference: Inference, facts: ModuleFacts, reference: ast.expr) -> ast.Call | None:
    """Return the call that certainly has another thread begin with a function."""
    entry = entry_at(inference, facts, reference)
    return entry.place if entry is not None and entry.is_sure and isinstance(entry.place, ast.Call) else None


def _references(inference: Inference, facts: ModuleFacts, function: ast.FunctionDef) -> Iterator[ast.expr]:
    """Yield what may stand for a function in its file."""
    for one in (*facts.names.get(function.name, ()), *facts.attributes.get(function.name, ())):
        if not isinstance(one.ctx, ast.Load):
            continue  # it binds the name
        functions = [value.node for value in inference.values(facts, one) if isinstance(value, Function)]
        if not functions or function in functions:
            yield one


def _as_given(
    facts: ModuleFacts, loop: ast.expr, function: ast.FunctionDef | ast.Lambda, reference: ast.expr
) -> ast.expr | None:
    """Return a loop as the thread is given it, where it is a parameter of its function; None where nobody can say."""
    found = facts.scope_at(loop).find(loop.id) if isinstance(loop, ast.Name) else None
    match found:
        case (home, [Binding(how=How.PARAMETER) as binding]) if home.node is function:
            pass
        case _:
            return loop  # another one's variable, or no variable
    if isinstance(function, ast.Lambda) or (at := position_behind(facts, function, binding, reference)) is None:
        return None
    given = given_to(facts, reference)
    return given[at] if at < len(given) else None


def _thread(inference: Inference, facts: ModuleFacts, place: Beginning, loops: set[Thing]) -> LoopThread | None:
    if isinstance(place, ast.FunctionDef):
        cls = facts.class_of(place)
        return LoopThread(place, (cls, _SELF), frozenset(loops), is_started=False) if cls is not None else None
    parent = facts.parents[place]
    name: ast.expr | None = None
    match parent:
        case ast.NamedExpr(target=ast.expr() as name):
            parent = facts.parents[parent]
        case ast.Assign(targets=[name]) | ast.AnnAssign(target=name):
            pass
        case _:
            pass  # it has no name here
    is_started = not _waits_for_start(inference, facts, place) or getattr(parent, "attr", "") == "start"
    return LoopThread(place, _thing(facts, name) if name is not None else None, frozenset(loops), is_started)


def _waits_for_start(inference: Inference, facts: ModuleFacts, call: ast.Call) -> bool:
    """False for what runs a function at once, as a pool does; True for the making of a Thread."""
    return any(
        isinstance(value, ProjectClass) or (isinstance(value, External) and value.name.startswith("threading."))
        for value in inference.values(facts, call.func)
    )


# ---- what is called how ---


def _thing(facts: ModuleFacts, node: ast.expr) -> Thing | None:
    """Return the variable that a name is, or the attribute that `self.name` is; None for whatever else."""
    match node:
        case ast.Name(id=name) if (found := facts.scope_at(node).find(name)) is not None:
            if any(one.how is How.PARAMETER for one in found[1]):
                return None  # whatever it is given
            return found[0], name
        case ast.Attribute(value=owner, attr=name) if (cls := own_class(facts, owner)) is not None:
            return cls, name
        case _:
            return None


def _is(facts: ModuleFacts, node: ast.expr, thing: Thing) -> bool:
    return own_class(facts, node) is thing[0] if thing[1] == _SELF else _thing(facts, node) == thing
