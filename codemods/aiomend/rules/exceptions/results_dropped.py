"""AIO702: exceptions that were collected and then thrown away."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from aiomend.facts.consumers import consumes_its_own, handles_its_own
from aiomend.facts.module import own_nodes
from aiomend.facts.scopes import FUNCTIONS, How
from aiomend.facts.tasks import is_read
from aiomend.facts.values import Coroutine
from aiomend.facts.view import Module
from aiomend.model import Impact, Safety
from aiomend.rules.rule import Fix, Rule

_MAKERS = frozenset({"asyncio.ensure_future", "asyncio.create_task", "asyncio.AbstractEventLoop.create_task"})
_CLEANS_UP = re.compile(
    r"(?:^|_)a?(?:close|cleanup|clean|stop|shutdown|shut|teardown|cancel|disconnect|dispose|exit|finish|kill|terminate|"
    r"unload|abort|quit|end)(?:_|$)"
)
_FILLS = frozenset({"append", "add"})


class ResultsDropped(Rule):
    """Look at what `gather(…, return_exceptions=True)` and `asyncio.wait()` give.

    Neither raises what its coroutines raise: `gather(…, return_exceptions=True)` puts the exceptions among the results,
    and `wait()` leaves them in the tasks. Where nobody looks at them, work that failed looks like work that is done. The
    finding leaves the code as it is.

    Before:

    ```python
    import asyncio

    async def save(row):
        await row.write()

    async def save_all(rows):
        await asyncio.gather(*[save(row) for row in rows], return_exceptions=True)
    ```

    After:

    ```python
    import asyncio

    async def save(row):
        await row.write()

    async def save_all(rows):
        await asyncio.gather(*[save(row) for row in rows], return_exceptions=True)
    ```

    Fix safety: there is no fix. Whether an exception should end the work, be logged or be left alone is for a person to
    say: look at each result, or leave `return_exceptions` out so that the first exception is raised.

    Silent when the results are used; when anybody else may ask the tasks; when what the coroutines do is not known, or all
    of them handle every exception themselves; in code that cleans up or has cancelled something; in tests.
    """

    code = "AIO702"
    name = "results-dropped"
    safety = Safety.MANUAL
    impact = Impact.BUG
    triggers = frozenset({"gather", "wait"})
    whole_words = True
    context = frozenset({"await", "run_until_complete", "yield"})

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the calls of a file whose collected exceptions nobody can see."""
        if module.is_test or module.other_framework:
            return  # tests see what they want to see
        for call in module.calls("asyncio.gather", "asyncio.wait"):
            is_gather = module.name_of(call.func) == "asyncio.gather"
            awaitables = _gathered(call) if is_gather else _waited(call)
            if not awaitables or not _is_thrown_away(module, call, is_gather) or _cleans_up(module, call):
                continue  # it raises, somebody looks, or the errors of the end are not wanted
            if not _raises(module, awaitables, call):
                continue  # others may ask the tasks, or nothing comes out of them
            where = "puts exceptions among results that nobody reads" if is_gather else "leaves exceptions in its tasks"
            yield self.manual(
                module,
                call,
                f"`{module.call_phrase(call)}` {where}, so that work that failed looks like work that is done",
                "whether an exception ends the work, is logged or is ignored is for a person to say",
            )


def _gathered(call: ast.Call) -> list[ast.expr]:
    """Return what is gathered with `return_exceptions=True`, nothing without it."""
    collects = any(
        one.arg == "return_exceptions" and isinstance(one.value, ast.Constant) and one.value.value is True
        for one in call.keywords
    )
    return list(call.args) if collects else []


def _waited(call: ast.Call) -> list[ast.expr]:
    """Return what is waited for to its end; nothing where the rest goes on after the first one."""
    if any(one.arg not in ("loop", "fs") for one in call.keywords) or len(call.args) != 1:
        return []
    return [ast.Starred(value=call.args[0])]


def _is_thrown_away(module: Module, call: ast.Call, is_gather: bool) -> bool:
    waits = _waiting_for(module, call)
    match module.facts.parents[waits] if waits is not None else None:
        case ast.Expr():
            return True
        case ast.Assign(targets=[ast.Name() as name]):
            return _is_local(module, name) and not is_read(module.facts, name)
        case ast.Assign(targets=[ast.Tuple(elts=[ast.Name() as done, ast.Name()])]) if not is_gather:
            return _is_local(module, done) and not is_read(module.facts, done)
        case _:
            return False


def _waiting_for(module: Module, call: ast.Call) -> ast.expr | None:
    """Return what waits for a call and gives what comes of it: `await` here or of its name, a time limit, a run of the loop."""
    facts = module.facts
    match facts.parents[call]:
        case ast.Await() | ast.YieldFrom() as waits:
            return waits
        case ast.Call(func=ast.Attribute(value=loop, attr="run_until_complete"), args=[given]) as run if given is call:
            return run if module.is_loop(loop) else None
        case ast.Call(func=func, args=[given, *_]) as limited if given is call:
            return _waiting_for(module, limited) if module.name_of(func) == "asyncio.wait_for" else None
        case ast.Assign(targets=[ast.Name() as name]) if _is_local(module, name):
            others = [one for one in facts.mentions_of(name) if one is not name]
            user = facts.parents[others[0]] if len(others) == 1 else None
            return user if isinstance(user, (ast.Await, ast.YieldFrom)) else None
        case _:
            return None


def _is_local(module: Module, name: ast.Name) -> bool:
    home = module.facts.scope_at(name).find(name.id)
    return home is not None and isinstance(home[0].node, FUNCTIONS)


def _cleans_up(module: Module, call: ast.Call) -> bool:
    """True in a `finally`, in a handler, and in a function that cancels something or is named after an end."""
    here: ast.AST = call
    for parent in module.facts.ancestors(call):
        match parent:
            case ast.ExceptHandler():
                return True
            case ast.Try(finalbody=final) | ast.TryStar(finalbody=final) if here in final:
                return True
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                return _CLEANS_UP.search(name.lower()) is not None or any(
                    isinstance(node, ast.Attribute) and node.attr in ("cancel", "add_done_callback")
                    for node in own_nodes(parent)
                )
            case ast.Lambda():
                return True
            case _:
                here = parent
    return True


# ---- what is waited for ---


def _raises(module: Module, awaitables: list[ast.expr], call: ast.Call) -> bool:
    """True where the coroutines are all made for this, no one else has them, and an exception may come out of one."""
    found: list[bool | None] = []
    for one in awaitables:
        match one:
            case ast.Starred(value=ast.Call(func=ast.Name(id="map"), args=[function, *_])):
                found.append(_raises_mapped(module, function))
            case ast.Starred(value=several):
                inner = _elements(module, several, call)
                if inner is None:
                    return False  # from somewhere
                found += [_raises_made(module, element) for element in inner]
            case _:
                found.append(_raises_made(module, one))
    known = [outcome for outcome in found if outcome is not None]
    return len(known) == len(found) and any(known)


def _raises_mapped(module: Module, function: ast.expr) -> bool | None:
    called = module.function_of(function)
    if called is None or not module.inference.is_coroutine_function(called):
        return None
    return not handles_its_own(called)


def _raises_made(module: Module, node: ast.expr) -> bool | None:
    """Return whether an exception may come out of a call of a coroutine function of the project; None where it is another thing.

    The call may make a task of it in place.
    """
    if isinstance(node, ast.Call) and node.args and module.name_of(node.func) in _MAKERS:
        node = node.args[0]
    match module.coroutine_of(node):
        case Coroutine(function=function) if function is not None and isinstance(node, ast.Call):
            return not consumes_its_own(module, node)
        case _:
            return None


def _elements(module: Module, several: ast.expr, call: ast.Call) -> list[ast.expr] | None:
    """Return the expressions that give the elements of a collection which is used here alone."""
    match several:
        case ast.List(elts=elements) | ast.Set(elts=elements) | ast.Tuple(elts=elements):
            return None if any(isinstance(one, ast.Starred) for one in elements) else elements
        case ast.ListComp(elt=element) | ast.SetComp(elt=element) | ast.GeneratorExp(elt=element):
            return [element]
        case ast.Name() if _is_local(module, several):
            return _put_in(module, several, call)
        case _:
            return None


def _put_in(module: Module, name: ast.Name, call: ast.Call) -> list[ast.expr] | None:
    """Return what a local variable is filled with, where all its other uses are to fill it or to ask whether it is empty."""
    facts = module.facts
    home = facts.scope_at(name).find(name.id)
    assert home is not None
    found: list[ast.expr] = []
    for binding in home[1]:
        if (
            binding.how is not How.ASSIGN
            or binding.path
            or binding.value is None
            or isinstance(binding.value, ast.Name)
        ):
            return None  # it comes from somewhere
        inner = _elements(module, binding.value, call)
        if inner is None:
            return None
        found += inner
    for use in facts.mentions_of(name):
        if isinstance(use.ctx, ast.Store):
            continue  # seen above
        match facts.parents[use], facts.parents.get(facts.parents[use]):
            case ast.Attribute(attr=attr), ast.Call(args=[element]) if attr in _FILLS:
                found.append(element)
            case (ast.Starred() as parent, ast.Call() as waiting) if waiting is call and parent in call.args:
                pass  # here it is waited for
            case parent, _ if parent is call:
                pass  # likewise
            case (ast.If() | ast.UnaryOp(op=ast.Not()), _):
                pass  # is it empty?
            case _:
                return None  # others may ask the tasks
    return found
