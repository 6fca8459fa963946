"""AIO102: debug mode that a program turns on for everybody who runs it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from aiomend.facts.options import is_in_function_about, is_optional
from aiomend.facts.view import Module
from aiomend.model import Impact, Safety
from aiomend.rewriting import removal, syntax
from aiomend.rewriting.edits import Replace, Wrap
from aiomend.rules.rule import Fix, Rule
from aiomend.source import last_line

VARIABLE = "PYTHONASYNCIODEBUG"
_RUNS = ("asyncio.run", "asyncio.Runner")
_NOT_SHIPPED = re.compile(r"(?:^|/)(?:examples?|samples?|demos?|docs?|benchmarks?)/")
_ON = "asyncio's debug mode on for everybody who runs this"


class DebugLeftOn(Rule):
    """Leave asyncio's debug mode to who wants it.

    Debug mode checks every call into the loop, keeps a stack trace for every task, future and callback, and logs slow
    callbacks: a help while a program is written, and a burden on everybody who runs it. `PYTHONASYNCIODEBUG=1` and
    `python -X dev` turn it on from outside, whenever it is wanted.

    Before:

    ```python
    import asyncio

    async def main():
        print("working")

    asyncio.run(main(), debug=True)
    ```

    After:

    ```python
    import asyncio

    async def main():
        print("working")

    asyncio.run(main())
    ```

    A statement that does nothing else is taken out: `loop.set_debug(True)`, `os.environ["PYTHONASYNCIODEBUG"] = "1"`. Any
    text but the empty one turns debug mode on there, `"0"` too.

    Fix safety: safe. The loop does the same, and checks and reports less. A comment at the statement may speak of it, and
    a block may hold nothing else: such places are left to a person.

    Silent when the switch is behind an option, a flag, `__debug__` or the environment, or in a function about debugging;
    when its value is not written there; in tests, examples and benchmarks. The rule runs only when it is selected by its
    code or name, and never together with AIO101, which turns debug mode on.
    """

    code = "AIO102"
    name = "debug-left-on"
    safety = Safety.SAFE
    impact = Impact.SLOW
    triggers = frozenset({"set_debug", "debug", VARIABLE})
    context = frozenset({"asyncio", "set_debug", VARIABLE})
    opt_in = True

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the places of a file that turn debug mode on unasked."""
        if module.is_test or _NOT_SHIPPED.search(module.path):
            return  # it does not ship
        for call in module.calls(*_RUNS):
            debug = next((one.value for one in call.keywords if one.arg == "debug"), None)
            if debug is None or not _is_on(debug) or _is_asked_for(module, call):
                continue  # off, or somebody's choice
            message = f"`{module.text(call.func)}(…, debug=True)` turns {_ON}"
            if "#" in module.text(call):
                yield self.manual(module, call, message, "a comment in the call may speak of it")
                continue
            yield self.fix(module, call, message, Replace(call, lambda node: syntax.without_keyword(node, "debug")))
        for place, statement in _switches(module):
            if _is_asked_for(module, place):
                continue  # somebody's choice
            message = f"`{module.phrase(statement)}` turns {_ON}"
            reason = _why_it_stays(module, statement)
            if reason is not None:
                yield self.manual(module, place, message, reason)
                continue
            yield self.fix(module, place, message, _removal(module, statement))


def _is_asked_for(module: Module, node: ast.expr) -> bool:
    return is_optional(module.facts, node) or is_in_function_about(module.facts, node, "debug")


def _is_on(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value in (True, 1)


def _is_text(node: ast.expr) -> bool:
    """True for a text that turns debug mode on: any but the empty one."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value != ""


def _switches(module: Module) -> Iterator[tuple[ast.expr, ast.stmt]]:
    """Yield the statements that turn debug mode on and do nothing else, each with its expression."""
    for call, attribute in module.method_calls("set_debug"):
        values = [*call.args, *(one.value for one in call.keywords)]
        if len(values) == 1 and _is_on(values[0]) and module.is_loop(attribute.value):
            yield from _whole(module, call)
    for call in module.calls("os.environ.setdefault", "os.putenv"):
        if len(call.args) == 2 and _is_variable(call.args[0]) and _is_text(call.args[1]):
            yield from _whole(module, call)
    for node in module.facts.attributes.get("environ", []) + module.facts.names.get("environ", []):
        item = module.facts.parents[node]
        match item, module.facts.parents.get(item):
            case ast.Subscript(slice=key), ast.Assign(targets=[target], value=value) as statement if target is item:
                if _is_variable(key) and _is_text(value) and module.name_of(node) == "os.environ":
                    yield item, statement
            case _:
                pass  # read, or another variable


def _is_variable(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == VARIABLE


def _whole(module: Module, call: ast.Call) -> Iterator[tuple[ast.expr, ast.stmt]]:
    statement = module.facts.parents[call]
    if isinstance(statement, ast.Expr):
        yield call, statement


def _why_it_stays(module: Module, statement: ast.stmt) -> str | None:
    """Return why a statement cannot be taken out without a person; None where it can."""
    source = module.source
    block = module.facts.block(statement)
    if len(block) == 1:
        return "nothing else is in its block"
    lines = range(statement.lineno, last_line(statement) + 1)
    above = source.line(statement.lineno - 1).lstrip() if statement.lineno > 1 else ""
    if above.startswith("#") or any("#" in source.line(line) for line in lines):
        return "the comment at it may speak of it"
    if sum(module.text(statement) in module.text(one) for one in _beside(module, statement)) > 1:
        return "the same is written beside it"
    return None


def _beside(module: Module, statement: ast.stmt) -> tuple[ast.stmt, ...]:
    """Return a statement with the one before it, or behind it where it is the first of its block."""
    block = module.facts.block(statement)
    at = block.index(statement)
    return tuple(block[at - 1 : at + 1]) if at else tuple(block[:2])


def _removal(module: Module, statement: ast.stmt) -> Wrap:
    texts, indent = frozenset({module.text(statement)}), module.facts.indent
    return Wrap(_beside(module, statement), lambda body: removal.without(body, texts, indent))
