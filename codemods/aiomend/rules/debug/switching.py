"""What turns a program's debug mode on, and what of it is missing where the program starts."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from aiomend.facts.asyncio_logger import level_calls
from aiomend.facts.debug_options import debug_option, is_flag
from aiomend.facts.imported_names import Spelling
from aiomend.facts.options import is_optional
from aiomend.facts.starts import Start
from aiomend.facts.view import Module

VARIABLE = "PYTHONASYNCIODEBUG"
_CONFIGURES = ("logging.basicConfig", "logging.config.dictConfig", "logging.config.fileConfig")
_SHOWS = frozenset({"default", "always", "error", "once", "module"})


@dataclass(frozen=True, slots=True)
class Switch:
    """``test`` is the expression that turns debug mode on; None where it always is on.

    ``is_on`` where the loop's own debug mode follows it already: the code says so, or asyncio reads it itself.
    """

    test: str | None
    is_on: bool
    needs: tuple[Spelling, ...] = ()


@dataclass(frozen=True, slots=True)
class Missing:
    """The lines that a program lacks for all debug checks, and the names that they use."""

    lines: tuple[str, ...]
    needs: tuple[Spelling, ...]


def switch_of(module: Module, start: Start) -> Switch | None:
    """Return what turns debug mode on at a start; None where the code decides that in a way of its own."""
    found = {switch for value in _written(module, start) if (switch := _read(module, *value)) is not _ABSENT}
    if len(found) > 1:
        return None  # one run so, another one otherwise
    if found:
        return found.pop()
    option = debug_option(module, start)
    if option is not None:
        return Switch(option, is_on=False)
    environ = module.spell("os", "environ", start.first)
    return Switch(f'{environ.text}.get("{VARIABLE}")', is_on=True, needs=(environ,))


_ABSENT = Switch(None, is_on=False)


def _written(module: Module, start: Start) -> Iterator[tuple[ast.Call, ast.expr | None]]:
    """Yield the calls that decide about debug mode, with the value that they give it."""
    for run in start.runs:
        yield run, next((one.value for one in run.keywords if one.arg == "debug"), None)
    for call, attribute in module.method_calls("set_debug"):
        if module.is_loop(attribute.value):
            given = [*call.args, *(one.value for one in call.keywords)]
            yield call, given[0] if given else None


def _read(module: Module, call: ast.Call, value: ast.expr | None) -> Switch | None:
    """Return the switch that a call stands for, ``_ABSENT`` for none, None for one that cannot be used again."""
    match value:
        case None | ast.Constant(value=None):
            return _ABSENT
        case ast.Constant(value=0) if not isinstance(call.func, ast.Attribute) or call.func.attr != "set_debug":
            return _ABSENT  # `asyncio.run(main(), debug=False)`
        case ast.Constant(value=1):
            return Switch(None, is_on=True) if not is_optional(module.facts, call) else _around(module, call)
        case (
            ast.BoolOp(op=ast.Or(), values=[flag, ast.Constant(value=None)])
            | ast.IfExp(test=flag, body=ast.Constant(value=True))
            | ast.Call(func=ast.Name(id="bool"), args=[flag])
        ):
            return Switch(module.text(flag), is_on=True) if is_flag(module, flag) else None
        case flag:
            return Switch(module.text(flag), is_on=True) if is_flag(module, flag) else None


def _around(module: Module, call: ast.Call) -> Switch | None:
    """Return the flag under whose `if` a call stands, and under nothing else."""
    match module.facts.parents[module.facts.statement(call)]:
        case ast.If(test=test, body=body) if module.facts.statement(call) in body and is_flag(module, test):
            return Switch(module.text(test), is_on=True)
        case _:
            return None


def missing(module: Module, start: Start, switch: Switch) -> Missing:
    """Return the lines for the logger and the warnings that a program lacks."""
    lines: list[str] = []
    needs: list[Spelling] = []

    def spelled(package: str, member: str) -> str:
        spelling = module.spell(package, member, start.first)
        needs.append(spelling)
        return spelling.text

    levels = list(level_calls(module))
    has_root = any(_is_debug(level) for level in _root_levels(module))
    is_configured = any(_configures(module))
    if not has_root and not is_configured:
        lines.append(f"{spelled('logging', 'basicConfig')}(level={spelled('logging', 'DEBUG')})")
    if not any(_shows(call) for call in module.calls("warnings.simplefilter", "warnings.filterwarnings")):
        lines.append(f'{spelled("warnings", "simplefilter")}("default", ResourceWarning)')
    has_own = any(_is_debug(one.level) for one in levels)
    if switch.test is None and levels:
        has_own = True  # debug mode and another level, both at all times: somebody wants it so
    if not has_own and (levels or (is_configured and not has_root)):
        logger = f'{spelled("logging", "getLogger")}("asyncio")'
        lines.append(f"{logger}.setLevel({spelled('logging', 'DEBUG')})")
    return Missing(tuple(lines), (*switch.needs, *needs) if lines else ())


def _is_debug(level: ast.expr) -> bool:
    """True for a level that is DEBUG, or is it where somebody asks for it."""
    return any(
        (isinstance(node, (ast.Name, ast.Attribute)) and ast.unparse(node).endswith("DEBUG"))
        or (isinstance(node, ast.Constant) and node.value in (10, "DEBUG"))
        for node in ast.walk(level)
    )


def _root_levels(module: Module) -> Iterator[ast.expr]:
    for call in module.calls("logging.basicConfig"):
        yield from (one.value for one in call.keywords if one.arg == "level")
    for call, attribute in module.method_calls("setLevel"):
        if call.args and _is_root(module, attribute.value):
            yield call.args[0]


def _is_root(module: Module, node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return module.name_of(node.func) == "logging.getLogger" and not node.args and not node.keywords
    home = module.facts.scope_at(node).find(node.id) if isinstance(node, ast.Name) else None
    if home is not None and len(home[1]) == 1 and isinstance(value := home[1][0].value, ast.Call):
        return not home[1][0].path and _is_root(module, value)
    return module.name_of(node) == "logging.root"


def _configures(module: Module) -> Iterator[Module]:
    """Yield the files of the project that give the root logger a handler; this one where nobody can look at all of them."""
    for word in ("basicConfig", "dictConfig", "fileConfig", "addHandler"):
        paths = module.inference.project.files_mentioning(word)
        if paths is None:
            yield module
        for other in (module.beside(path) for path in paths or ()):
            if other is None or other.is_test:
                continue  # it has no part in the program
            if any(other.calls(*_CONFIGURES)) or any(
                _is_root(other, attribute.value) for _, attribute in other.method_calls("addHandler")
            ):
                yield other


def _shows(call: ast.Call) -> bool:
    """True for a filter that lets `ResourceWarning` be seen."""
    action = next((one.value for one in call.keywords if one.arg == "action"), call.args[0] if call.args else None)
    if not isinstance(action, ast.Constant) or action.value not in _SHOWS:
        return False
    names = [node.id for one in (*call.args, *call.keywords) for node in ast.walk(one) if isinstance(node, ast.Name)]
    return not names or bool({"ResourceWarning", "Warning"} & {*names})


def debug_block(module: Module, start: Start) -> ast.If | None:
    """Return the `if` right before a start in which a program turns its debug mode on."""
    block = module.facts.block(start.first)
    at = block.index(start.first)
    match block[at - 1] if at else None:
        case ast.If(orelse=[]) as found if _is_switch(module, start, found):
            return found
        case _:
            return None


def _is_switch(module: Module, start: Start, found: ast.If) -> bool:
    switch = switch_of(module, start)
    return switch is not None and switch.test == module.text(found.test)
