"""What makes tasks in a project and may give none of asyncio's: task factories, and what tests put in the place of a function."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.mock_results import TOLD
from aiomend.facts.module import ModuleFacts
from aiomend.facts.module_names import is_test_path
from aiomend.facts.partials import out_of_partial
from aiomend.facts.patched import is_patched
from aiomend.facts.scopes import FunctionNode, last_name
from aiomend.facts.spelling import is_defined
from aiomend.facts.tasks import Made, held_until_done
from aiomend.facts.values import Coroutine, External, Function, Instance
from aiomend.facts.view import Module

_SETTER = "set_task_factory"
_HANDLER = "set_exception_handler"
_MAKER = "create_task"
#: What ends a loop or a program.
_ENDS = frozenset({"stop", "exit", "_exit", "abort", "kill", "cancel", "run_until_complete"})
#: Methods that nothing has but an event loop.
_OF_LOOPS = frozenset({"call_soon", "call_soon_threadsafe", "call_later", "run_until_complete", "run_forever"})
_OWN = frozenset({"asyncio.Task", "asyncio.eager_task_factory", "asyncio.create_eager_task_factory"})


def doubt_of_task(module: Module, made: Made) -> str | None:
    """Return why what a call makes may be no new task of asyncio's, which can tell of its exception; None where nothing says so."""
    call = made.call
    if (factory := _own_factory(module)) is not None:
        return f"{factory} sets a task factory, and what it makes may have no `add_done_callback`"
    maker = module.text(call.func).rpartition(".")[2]  # as it is written: `async` has a stand-in in the tree
    if is_patched(module, maker):
        return f"something in the project is put in the place of `{maker}`, and what that gives may have no `add_done_callback`"
    if (told := module.inference.traced(("told mocks", maker), lambda: next(_told(module, maker), None))) is not None:
        return f"{told} tells a mock what `{maker}()` gives, and that may have no `add_done_callback`"
    if (handler := _handler_that_ends(module)) is not None:
        return f"{handler} sets an exception handler that may end the program, or the loop, where it was told at the end before"
    if (maker_of_none := _makes_none(module, call)) is not None:
        return f"{maker_of_none} is a `create_task()` of the project that gives nothing, and may be what is called here"
    if made.coroutine is not None and _may_be_future(module, call, made.coroutine):
        return f"`{module.text(made.coroutine)}` may be a future already, whose exception others handle"
    return None


def _told(module: Module, maker: str) -> Iterator[str]:
    """Yield where tests say what a method of a mock gives: `loop.create_task.side_effect = …`, `Mock(create_task=…)`."""
    for path in module.inference.project.files_mentioning(maker) or ():
        facts = module.inference.project.facts(path) if is_test_path(path) else None
        if facts is None:
            continue  # no test, or nobody knows what is in it
        for use in facts.attributes.get(maker, ()):
            match facts.parents[use]:
                case ast.Attribute(attr=attr, ctx=ast.Store()) if attr in TOLD:
                    yield f"{path}:{use.lineno}"
                case _:
                    pass  # it is called, or looked at
        for text, nodes in facts.texts.items():
            if text in {f"{maker}.{told}" for told in TOLD}:
                yield f"{path}:{nodes[0].lineno}"
        for call in facts.calls:
            if any(keyword.arg == maker for keyword in call.keywords):
                yield f"{path}:{call.lineno}"


def _handler_that_ends(module: Module) -> str | None:
    """Return the place that gives a loop an exception handler which stops it, leaves or raises, or of which nothing is known."""
    return module.inference.traced(("handler that ends", None), lambda: _find_handler_that_ends(module))


def _find_handler_that_ends(module: Module) -> str | None:
    for user, call in _given_to_loops(module, _HANDLER):
        given = call.args[0]
        if isinstance(given, ast.Constant):
            continue  # the loop's own, which logs
        function = user.function_of(out_of_partial(user.inference, user.facts, given))
        if function is None or any(_ends(node) for node in ast.walk(function.node)):
            return f"{user.path}:{call.lineno}"
    return None


def _ends(node: ast.AST) -> bool:
    return isinstance(node, ast.Raise) or (isinstance(node, ast.Call) and last_name(node.func) in _ENDS)


def _makes_none(module: Module, call: ast.Call) -> str | None:
    """Return the method `create_task()` of a class of the project, perhaps a test's loop, that returns nothing and may run here."""
    is_asyncios = (module.name_of(call.func) or "").startswith("asyncio.")  # then the loop that runs makes the task
    makers = module.inference.traced(("makes none", None), lambda: tuple(_makers_of_none(module)))
    return next((place for place, is_loop in makers if is_loop or not is_asyncios), None)


def _makers_of_none(module: Module) -> Iterator[tuple[str, bool]]:
    """Yield the places of such methods, and whether their classes are loops by what else they have or inherit."""
    for path in module.inference.project.files_spelling(is_defined, _MAKER) or ():
        facts = module.inference.project.facts(path)
        for one in facts.functions if facts is not None else ():
            if facts is not None and one.name == _MAKER and _gives_nothing(facts, one):
                owner = facts.class_of(one)
                is_loop = owner is not None and bool(owner.bases or facts.scopes[owner].bindings.keys() & _OF_LOOPS)
                yield f"{path}:{one.lineno}", is_loop


def _gives_nothing(facts: ModuleFacts, function: FunctionNode) -> bool:
    """True for a method that is no coroutine function, returns no value and is more than a promise."""
    is_plain = isinstance(function, ast.FunctionDef) and not facts.is_generator(function)
    is_promise = any(isinstance(one, ast.Raise) for one in function.body)
    gives = any(one.value for one in facts.returns(function))
    return is_plain and facts.class_of(function) is not None and not is_promise and not gives


def _may_be_future(module: Module, call: ast.Call, given: ast.expr) -> bool:
    """True for what `ensure_future()` may hand back as it is: nothing says that it is a coroutine."""
    if module.facts.original_name(call.func) in ("create_task", "Task"):
        return False  # they take coroutines alone
    values = module.inference.values_from_callers(module.facts, given)
    return not values or not all(isinstance(value, Coroutine) for value in values)


def factory_keeps_tasks(module: Module) -> bool:
    """True where the project, and not only a test of it, sets a task factory that holds each task until it is done."""
    return any(
        isinstance(value, Function) and bool(held_until_done(value.node))
        for user, call in _set_factories(module)
        if not user.is_test
        for value in user.values(call.args[0])
    )


def _own_factory(module: Module) -> str | None:
    """Return the place that gives a loop a factory whose results are not known to be tasks; None where none does."""
    for user, call in _set_factories(module):
        if not _makes_tasks(user, call.args[0]):
            return f"{user.path}:{call.lineno}"
    return None


def _set_factories(module: Module) -> Iterator[tuple[Module, ast.Call]]:
    """Yield the calls of the project that give a loop a task factory."""
    return _given_to_loops(module, _SETTER)


def _given_to_loops(module: Module, setter: str) -> Iterator[tuple[Module, ast.Call]]:
    for path in module.inference.project.files_mentioning(setter) or ():
        user = module.beside(path)
        for use in user.facts.attributes.get(setter, ()) if user is not None else ():
            call = user.facts.parents.get(use) if user is not None else None
            if user is not None and isinstance(call, ast.Call) and call.func is use and len(call.args) == 1:
                yield user, call


def _makes_tasks(user: Module, factory: ast.expr) -> bool:
    if isinstance(factory, ast.Constant) and factory.value is None:
        return True  # the loop's own tasks
    if isinstance(factory, ast.Call):
        return user.name_of(factory.func) in _OWN
    values = user.values(factory)
    return bool(values) and all(_is_telling(user, value) for value in values)


def _is_telling(user: Module, value: object) -> bool:
    match value:
        case External(name=name):
            return name in _OWN
        case Function():
            results = user.inference.results(frozenset({value}))
            return bool(results) and all(isinstance(one, Instance) and one.cls == "asyncio.Task" for one in results)
        case _:
            return False
