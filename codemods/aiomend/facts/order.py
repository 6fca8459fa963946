"""Tasks that were meant to run one after the other: groups of them, and what says that an order was meant.

This decides who owns a dangling task: a group with a sign of order has to be chained, every other task has to be kept.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from aiomend.facts.endings import Ending, Endings, is_short
from aiomend.facts.flow import loops_around
from aiomend.facts.held_locks import held_lock
from aiomend.facts.module import Colour, own_nodes, suspends
from aiomend.facts.places import Touched, touched_by, touched_here
from aiomend.facts.scopes import FUNCTIONS, FunctionNode
from aiomend.facts.tasks import Made, made_tasks
from aiomend.facts.values import Coroutine
from aiomend.facts.view import Module
from aiomend.model import Evidence

#: The stages of a life cycle, in order. A name belongs to the stage of its first word that is here.
_STAGES: tuple[frozenset[str], ...] = (
    frozenset({"open", "create", "connect", "login", "mkdir"}),
    frozenset({"write", "send", "upload", "fill", "insert", "append"}),
    frozenset({"close", "disconnect", "logout", "shutdown", "finish"}),
)

_JOINS = frozenset({"a", "all", "and", "do", "in", "it", "of", "on", "the", "to"})


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """Tasks of one block, in order, that a coroutine starts and never waits for, although an order was meant.

    ``sign`` is a phrase that names the sign of order, ``doubt`` why they cannot be chained without a person, "" where they can.
    """

    tasks: tuple[Made, ...]
    sign: str
    evidence: tuple[Evidence, ...]
    doubt: str = ""


def chains(module: Module) -> list[Chain]:
    """Return the groups of a file's tasks that have to be chained; every task is in one group at most."""
    if module.is_test:
        return []  # tests start tasks side by side on purpose, to see what happens then
    endings = Endings(module)
    found = [_judged(module, endings, group) for group in _groups(module)]
    return [chain for chain in found if chain is not None]


def chained_calls(module: Module) -> frozenset[ast.Call]:
    """Return the calls whose tasks have to be chained."""
    return frozenset(task.call for chain in chains(module) for task in chain.tasks)


# ---- groups ---


def _groups(module: Module) -> Iterator[list[Made]]:
    """Yield the dangling tasks that stand in one block with no wait between them but a fixed sleep."""
    facts = module.facts
    by_block: dict[int, list[Made]] = {}
    for task in made_tasks(module):
        if not task.fate.dangles or task.coroutine is None:
            continue  # somebody holds it, or it is a `gather`
        statement = facts.statement(task.call)
        if getattr(statement, "value", None) is not task.call or module.colour_at(task.call) is Colour.SYNC:
            continue  # part of a larger expression, or nothing to wait with
        if any(loops_around(facts, task.call)):
            continue  # waiting for each in a loop would put the rounds in a row
        by_block.setdefault(id(facts.block(statement)), []).append(task)
    for tasks in by_block.values():
        yield from _split(module, tasks)


def _split(module: Module, tasks: list[Made]) -> Iterator[list[Made]]:
    block = module.facts.block(module.facts.statement(tasks[0].call))
    group: list[Made] = []
    start = 0
    for task in tasks:
        here = block.index(module.facts.statement(task.call))
        if group and not _waits_only_by_sleep(module, _nodes_of(*block[start:here])):
            yield group
            group = []
        group.append(task)
        start = here
    yield group


def _waits_only_by_sleep(module: Module, nodes: Iterable[ast.AST]) -> bool:
    """True where the only suspension points among some nodes are fixed sleeps, and none of them in a loop that polls."""
    for node in nodes:
        match node:
            case ast.Await(value=value) | ast.YieldFrom(value=value):
                if not (isinstance(value, ast.Call) and _is_pause(module, value)):
                    return False
            case ast.While() if suspends(node):
                return False
            case ast.Yield() | ast.AsyncFor() | ast.AsyncWith() | ast.comprehension(is_async=1):
                return False
            case _:
                pass  # suspends nothing
    return True


def _is_pause(module: Module, call: ast.Call) -> bool:
    return module.name_of(call.func) == "asyncio.sleep" and is_short(call)


def _nodes_of(*statements: ast.stmt) -> Iterator[ast.AST]:
    return own_nodes(ast.Module(body=list(statements), type_ignores=[]))


# ---- judgement ---


def _judged(module: Module, endings: Endings, tasks: list[Made]) -> Chain | None:
    callees = [task.callee(module) for task in tasks]
    functions = [callee.function.node for callee in callees if callee is not None and callee.function is not None]
    if len(set(functions)) < len(functions):
        return None  # one function started several times: workers side by side
    doubt = ""
    for task, callee in zip(tasks, callees, strict=True):
        if callee is None or callee.function is None:
            doubt = doubt or f"nothing is known of `{_shown(module, task)}`"
            continue  # it may still be the sign of the others that counts
        verdict = endings.of(callee.function)
        if verdict.ending is Ending.ENDLESS:
            return None  # background work by design
        if verdict.ending is Ending.UNKNOWN:
            doubt = doubt or f"`{_shown(module, task)}` may never end: {verdict.reason}"
    signs = _signs(module, tasks, callees)
    if not signs:
        if not (module.settings.chain_without_evidence and not doubt and len(tasks) > 1):
            return None  # nothing says that an order was meant
        signs = [("the configuration wants them in order (chain-without-evidence)", ())]
    if len(tasks) == 1:
        doubt = doubt or "one task alone may be meant to run beside the rest"
    if any(isinstance(module.facts.parents[task.call], ast.AnnAssign) for task in tasks):
        doubt = doubt or "a name is annotated as that of a task, and would hold a result"
    if (lock := held_lock(module, tasks[0].call)) is not None:
        doubt = f"`{module.text(lock)}` is held, and a second taker would block the loop"
    phrases = [sign for sign, _ in signs]
    places = tuple(place for _, group in signs for place in group)
    return Chain(tuple(tasks), ", and ".join(phrases), places, doubt)


_Sign = tuple[str, tuple[Evidence, ...]]


def _signs(module: Module, tasks: list[Made], callees: list[Coroutine | None]) -> list[_Sign]:
    function = module.function_at(tasks[0].call)
    assert isinstance(function, FUNCTIONS)
    signs: list[_Sign | None] = []
    if len(tasks) > 1 and all(_is_a_step(callee) for callee in callees):
        signs.append(_sign_of_the_end(module, function, tasks))
    signs.append(_sign_of_data(module, function, tasks, callees))
    if len(tasks) > 1:
        signs.append(_sign_of_names(module, tasks))
    return [sign for sign in signs if sign is not None]


def _is_a_step(callee: Coroutine | None) -> bool:
    """True for a known coroutine that does not do its work again and again with waits between."""
    if callee is None or callee.function is None:
        return False
    loops = (node for node in own_nodes(callee.function.node) if isinstance(node, (ast.For, ast.While)))
    return not any(suspends(loop) for loop in loops)


def _sign_of_the_end(module: Module, function: FunctionNode, tasks: list[Made]) -> _Sign | None:
    """(a) The coroutine stops the loop, or is the main program and returns, with no wait but a fixed sleep."""
    start, last = tasks[0].call.lineno, tasks[-1].call.lineno
    after = [node for node in own_nodes(function) if _line(node) >= start]
    if not _waits_only_by_sleep(module, after):
        return None  # it waits for something, perhaps for the tasks
    for node in after:
        match node:
            case ast.Call(func=ast.Attribute(value=receiver, attr="stop")) if node.lineno > last:
                if module.is_loop(receiver):
                    note = f"`{module.text(node)}` stops the loop whether they are done or not"
                    return f"`{function.name}()` stops the loop without waiting for them", (_at(module, node, note),)
            case _:
                pass  # stops nothing
    runs = module.inference.traced(("runs", module.facts), lambda: list(_runs(module)))
    for index, (run, main) in enumerate(runs):
        if main is function and index == len(runs) - 1:
            note = f"the program runs `{function.name}()` and nothing after it"
            return f"the program ends when `{function.name}()` returns", (_at(module, run, note),)
    return None


def _line(node: ast.AST) -> int:
    """Return the line of a node; a clause of a comprehension, which has none, is where what it goes through is."""
    return node.iter.lineno if isinstance(node, ast.comprehension) else int(getattr(node, "lineno", 0))


def _runs(module: Module) -> Iterator[tuple[ast.Call, ast.AST | None]]:
    """Yield the calls that run a loop, each with the coroutine function that it runs to its end."""
    for call in module.facts.calls:
        runs = module.name_of(call.func) == "asyncio.run"
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("run_until_complete", "run_forever"):
            runs = True
        if not runs:
            continue  # runs no loop
        main = module.coroutine_of(call.args[0]) if call.args else None
        yield call, main.function.node if main is not None and main.function is not None else None


def _sign_of_data(
    module: Module, function: FunctionNode, tasks: list[Made], callees: list[Coroutine | None]
) -> _Sign | None:
    """(b) A later task, or later code, reads what an earlier task writes."""
    touched = [_touched(task, callee) for task, callee in zip(tasks, callees, strict=True)]
    for index, (earlier, callee) in enumerate(zip(touched, callees, strict=True)):
        if earlier is None or callee is None or callee.function is None:
            continue  # what it writes is not known
        path = callee.function.facts.path
        for later, other in zip(touched[index + 1 :], callees[index + 1 :], strict=True):
            if later is None or other is None or other.function is None:
                continue  # what it reads is not known
            if not _is_a_step(other):
                continue  # it looks again and again while the other one writes
            if earlier.reads.keys() & later.writes.keys():
                continue  # each uses what the other makes: no order is plain
            for place in earlier.late_writes.keys() & later.reads.keys():
                if place in later.writes:
                    continue  # both write it: they share it, neither waits for the other
                write, read = earlier.late_writes[place], later.reads[place]
                names = _name_of(callee), _name_of(other)
                return f"`{names[1]}()` reads `{place.text}`, which `{names[0]}()` writes", (
                    Evidence(path, write.lineno, f"`{names[0]}()` writes `{place.text}` here"),
                    Evidence(other.function.facts.path, read.lineno, f"`{names[1]}()` reads it here"),
                )
        found = _read_later(module, function, tasks[index], earlier)
        if found is not None:
            text, write, read = found
            return f"later code reads `{text}`, which `{_name_of(callee)}()` writes", (
                Evidence(path, write.lineno, f"`{_name_of(callee)}()` writes `{text}` here"),
                _at(module, read, "it is read here"),
            )
    return None


def _touched(task: Made, callee: Coroutine | None) -> Touched | None:
    if callee is None or callee.function is None or not isinstance(task.coroutine, ast.Call):
        return None
    node = callee.function.node
    return touched_by(callee.function.facts, node, task.coroutine) if isinstance(node, FUNCTIONS) else None


def _read_later(
    module: Module, function: FunctionNode, task: Made, earlier: Touched
) -> tuple[str, ast.expr, ast.expr] | None:
    """Return the place, the write and the read where the block goes on to read what the task writes."""
    block = module.facts.block(module.facts.statement(task.call))
    start = block.index(module.facts.statement(task.call))
    own = [touched_here(module.facts, statement, function) for statement in function.body]
    written = {place for one in own for place in one.writes}
    for statement in block[start + 1 :]:
        if not _waits_only_by_sleep(module, _nodes_of(statement)):
            return None  # it waits for something, perhaps for the task
        here = touched_here(module.facts, statement, function)
        for place in earlier.writes.keys() & here.reads.keys():
            if place not in written:
                return place.text, earlier.writes[place], here.reads[place]
    return None


def _sign_of_names(module: Module, tasks: list[Made]) -> _Sign | None:
    """(c) Names of a life cycle, in its order."""
    stages = [(stage, task) for task in tasks if (stage := _stage(_callee_name(task))) is not None]
    order = [stage for stage, _ in stages]
    if len(set(order)) < 2 or order != sorted(order):
        return None  # one stage only, or no order of a life cycle
    is_closed = order[-1] == len(_STAGES) - 1 and _is_of_one(stages[0][1], stages[-1][1])
    if not is_closed and not all(_is_of_one(first, second) for (_, first), (_, second) in itertools.pairwise(stages)):
        return None  # a door is opened and an alert is sent: steps of two lives
    names = ", ".join(f"`{_callee_name(task)}()`" for _, task in stages)
    return f"{names} are the steps of a life cycle", (
        _at(module, tasks[0].call, "the first step is started here, and nobody waits for it"),
    )


def _is_of_one(first: Made, second: Made) -> bool:
    """True where two steps are about one thing: it is in both names, or named by neither, or given to both, or the object of both."""
    ours, theirs = _subject(_callee_name(first)), _subject(_callee_name(second))
    match first.coroutine, second.coroutine:
        case ast.Call(func=one, args=given), ast.Call(func=other, args=others):
            pass
        case _:
            return False
    if ours & theirs or {ast.dump(it) for it in given if not isinstance(it, ast.Constant)} & {*map(ast.dump, others)}:
        return True
    match one, other:
        case ast.Attribute(value=receiver), ast.Attribute(value=same) if ast.dump(receiver) == ast.dump(same):
            is_own = isinstance(receiver, ast.Name) and receiver.id in ("self", "cls")
            return not is_own or not ours or not theirs
        case _:
            return not ours and not theirs


def _subject(name: str) -> set[str]:
    """Return the words of a name but for the step and what only joins words: `{"file"}` of `open_the_file`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_")
    step = next((word for word in words if any(word in stage for stage in _STAGES)), None)
    return {word for word in words if word and word != step and word not in _JOINS}


def _callee_name(task: Made) -> str:
    match task.coroutine:
        case ast.Call(func=ast.Attribute(attr=name)) | ast.Call(func=ast.Name(id=name)):
            return name
        case _:
            return ""


def _stage(name: str) -> int | None:
    for word in re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_"):
        for stage, words in enumerate(_STAGES):
            if word in words:
                return stage
    return None


def _name_of(callee: Coroutine) -> str:
    function = callee.function
    assert function is not None
    return getattr(function.node, "name", "<lambda>")


def _shown(module: Module, task: Made) -> str:
    return module.phrase(task.coroutine if task.coroutine is not None else task.call)


def _at(module: Module, node: ast.expr, note: str) -> Evidence:
    return Evidence(module.path, node.lineno, note)
