"""AIO004: all_tasks() and current_task() of the class Task."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.current_loop import loop_at
from aiomend.facts.module import Colour
from aiomend.facts.patched import is_patched
from aiomend.facts.scopes import How
from aiomend.facts.task_sets import Matter, finished_matter
from aiomend.facts.values import NONE
from aiomend.facts.version_branches import is_version_branch
from aiomend.facts.view import Module
from aiomend.model import Impact, Safety
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Edit, Need, Replace
from aiomend.rules.rule import Fix, Rule, imports_of

_METHODS = ("all_tasks", "current_task")


class TaskClassMethod(Rule):
    """Ask asyncio for the tasks, not its class `Task`.

    `asyncio.Task.all_tasks()` and `asyncio.Task.current_task()` are gone in Python 3.9. The functions `asyncio.all_tasks()`
    and `asyncio.current_task()`, there since 3.7, take their place, with two differences: they look at the running loop,
    so that a plain function has to say which one it means, and `all_tasks()` leaves out the tasks that are finished.

    Before:

    ```python
    import asyncio

    async def shut_down():
        me = asyncio.Task.current_task()
        for task in asyncio.Task.all_tasks():
            if task is not me:
                task.cancel()
    ```

    After:

    ```python
    import asyncio

    async def shut_down():
        me = asyncio.current_task()
        for task in asyncio.all_tasks():
            if task is not me:
                task.cancel()
    ```

    Fix safety: safe where finished tasks cannot matter: those that are left over are cancelled, sorted out by `done()`, or
    waited for whatever becomes of them. Unsafe where the tasks go somewhere else. Where the code asks what became of a
    task, or counts them, it is for a person: the new function never gives a finished one.

    Silent when the target range ends below 3.9, and under a test of the version.
    """

    code = "AIO004"
    name = "task-class-method"
    safety = Safety.SAFE
    impact = Impact.BUG
    triggers = frozenset(_METHODS)
    context = frozenset({"Task"})

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the uses of the class's methods."""
        target = module.settings.target
        if not target.reaches((3, 9)):
            return  # every version has them
        for method in _METHODS:
            for node in module.facts.attributes.get(method, ()):
                if module.name_of(node.value) != "asyncio.Task" or is_version_branch(module.facts, node):
                    continue  # something else, or meant for old versions
                if not isinstance(node.ctx, ast.Load):
                    continue  # replaced by somebody
                yield self._fix(module, node, method)

    def _fix(self, module: Module, node: ast.Attribute, method: str) -> Fix:
        written = module.phrase(node)
        message = f"`{written}()` is gone in Python 3.9; `asyncio.{method}()` takes its place"
        if not module.settings.target.all_at_least((3, 7)):
            return self.manual(module, node, message, "Python 3.6 has nothing else: choose by the version")
        if is_patched(module, method):
            return self.manual(module, node, message, f"something in the project is put in the place of `{method}`")
        call = module.facts.parents[node]
        if not isinstance(call, ast.Call) or call.func is not node:
            return self.manual(module, node, message, "it is handed on, and may be called where no loop runs")
        matter = finished_matter(module, call) if method == "all_tasks" else Matter.NOT
        if matter is Matter.INSPECTED:
            reason = "finished tasks matter here, and the new function does not give them: keep the tasks in a set of your own"
            return self.manual(module, call, message, reason)
        doubt = "finished tasks are not among them any more" if matter is Matter.UNKNOWN else None
        may_be_none = any(_may_be_none(module, argument) for argument in _loops(call))
        if may_be_none and module.colour_at(call) is Colour.SYNC:
            doubt = "without a loop the new function wants a running one"
        edit, needs = _edit(module, call, method)
        level = Safety.SAFE if doubt is None else Safety.UNSAFE
        return self.fix(module, call, message, edit, safety=level, needs=needs, reason=doubt)


def _loops(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def _may_be_none(module: Module, argument: ast.expr) -> bool:
    """True where None is among what is known of a loop, as the default of a parameter too."""
    if module.values(argument) & NONE:
        return True
    found = module.facts.scope_at(argument).find(argument.id) if isinstance(argument, ast.Name) else None
    defaults = [one.value for one in found[1] if one.how is How.PARAMETER] if found is not None else []
    return any(isinstance(one, ast.Constant) and one.value is None for one in defaults)


def _edit(module: Module, call: ast.Call, method: str) -> tuple[Edit, tuple[Need, ...]]:
    """Return what writes the new function, with the loop as its argument where none need run there, and its imports."""
    spelling = module.spell("asyncio", method, call)
    needs = imports_of(spelling)
    if _loops(call) or module.colour_at(call) is not Colour.SYNC:
        return Replace(call, lambda node: syntax.renamed(node, spelling.text)), needs
    loop = loop_at(module, call)
    if loop is None:
        getter = module.spell("asyncio", "get_event_loop", call)
        loop, needs = f"{getter.text}()", (*needs, *imports_of(getter))
    text = f"{spelling.text}({loop})"
    return Replace(call, lambda _: syntax.expression(text)), needs
