"""The option with which a program asks for its own debug mode, as it can be read where the program starts."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from aiomend.facts.flow import is_simple
from aiomend.facts.options import is_debug_flag, name_parts
from aiomend.facts.scopes import FUNCTIONS, How, Scope
from aiomend.facts.starts import Start, before

if TYPE_CHECKING:
    from aiomend.facts.view import Module

_READS = ("os.environ.get", "os.getenv")
_SWITCHES = frozenset({"store_true", "count", "argparse.BooleanOptionalAction"})


def debug_option(module: Module, start: Start) -> str | None:
    """Return the expression that says, at a start, whether the user asked for debugging; None where the program has none."""
    found = (*_parameters(module, start), *_tests(module, start), *_parsed(module, start), *_flags(module, start))
    return next(iter(found), None)


def is_flag(module: Module, node: ast.expr) -> bool:
    """True for a flag of the program that can be read a second time: a name, `args.debug`, a look at the environment."""
    if not is_debug_flag(node):
        return False
    return module.name_of(node.func) in _READS if isinstance(node, ast.Call) else is_simple(node)


def _parameters(module: Module, start: Start) -> Iterator[str]:
    """Parameters of the program, such as a command of click or typer has."""
    function = start.function
    if function is None:
        return
    for name, bindings in start.scope.bindings.items():
        if "debug" not in name_parts(name) or len(bindings) != 1 or bindings[0].how is not How.PARAMETER:
            continue  # about something else, or bound again
        given, annotation = bindings[0].value, bindings[0].annotation
        is_switch = isinstance(given, ast.Constant) and given.value in (True, False, None)
        if (
            is_switch
            or (isinstance(annotation, ast.Name) and annotation.id == "bool")
            or _is_option(module, start, name)
        ):
            yield name


def _is_option(module: Module, start: Start, name: str) -> bool:
    """True where a decorator such as `@click.option("--debug", is_flag=True)` fills a parameter."""
    option = "--" + name.replace("_", "-")
    for decorator in start.function.decorator_list if start.function is not None else ():
        if not isinstance(decorator, ast.Call):
            continue  # takes no options
        texts = [one.value for one in decorator.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        is_switch = any(one.arg == "is_flag" for one in decorator.keywords)
        if any(text.startswith(f"{option}/") or (is_switch and text in (option, name)) for text in texts):
            return True
    return False


def _tests(module: Module, start: Start) -> Iterator[str]:
    """Flags that the program has already asked about."""
    for statement in before(module.facts, start.first):
        if isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
            continue  # runs at another time
        for node in ast.walk(statement):
            if not isinstance(node, (ast.If, ast.IfExp)):
                continue  # tests nothing
            test = node.test.operand if isinstance(node.test, ast.UnaryOp) else node.test
            if is_flag(module, test) and _is_steady(start.scope, test):
                yield module.text(test)


def _is_steady(scope: Scope, node: ast.expr) -> bool:
    """True where each name in an expression is bound once, and means the same at the start."""
    names = [inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)]
    homes = [scope.find(name) for name in names]
    return all(home is not None and len(home[1]) == 1 for home in homes)


def _parsed(module: Module, start: Start) -> Iterator[str]:
    """Options of `argparse`, where the program has parsed them into a name."""
    for name, bindings in start.scope.bindings.items():
        match bindings:
            case [only] if only.how is How.ASSIGN and not only.path and isinstance(only.node, ast.stmt):
                if only.node not in before(module.facts, start.first):
                    continue  # bound later, or on some paths only
                for option in _options(module, only.value):
                    yield f"{name}.{option}"
            case _:
                pass  # bound again, or otherwise


def _options(module: Module, value: ast.expr | None) -> Iterator[str]:
    """Yield the debug switches among what `parser.parse_args()`, or a function that returns it, gives."""
    match value:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=parser), attr="parse_args")):
            home = module.facts.scope_at(value).find(parser)
            if home is not None:
                yield from _added(module, home[0], parser)
        case ast.Call(func=func) if (function := module.function_of(func)) and function.facts is module.facts:
            returned = module.facts.returns(function.node)
            if len(returned) == 1 and not (isinstance(returned[0].value, ast.Call) and returned[0].value is value):
                yield from _options(module, returned[0].value)
        case _:
            pass  # nothing that is known


def _added(module: Module, home: Scope, parser: str) -> Iterator[str]:
    for call, attribute in module.method_calls("add_argument"):
        found = module.facts.scope_at(call).find(parser)
        if (
            not isinstance(attribute.value, ast.Name)
            or attribute.value.id != parser
            or not found
            or found[0] is not home
        ):
            continue  # another parser's
        keywords = {one.arg: one.value for one in call.keywords}
        action = keywords.get("action")
        kind = action.value if isinstance(action, ast.Constant) else module.name_of(action) if action else None
        texts = [one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        long = next((text for text in texts if text.startswith("--")), "")
        given = keywords.get("dest")
        name = given.value if isinstance(given, ast.Constant) else long[2:].replace("-", "_")
        if kind in _SWITCHES and isinstance(name, str) and "debug" in name_parts(name):
            yield name


def _flags(module: Module, start: Start) -> Iterator[str]:
    """Flags at the module's own level: constants, and what the environment or the command line says."""
    for name, bindings in module.facts.scope.bindings.items():
        if "debug" not in name_parts(name) or len(bindings) != 1 or start.scope.find(name) is None:
            continue  # about something else, or bound again
        match bindings[0].how, bindings[0].node, bindings[0].value:
            case ((How.ASSIGN | How.ANNOTATION), ast.stmt() as statement, ast.expr() as value) if _is_flag_value(
                module, value
            ):
                at_top = statement in module.tree.body
                earlier = start.function is not None or statement in before(module.facts, start.first)
                home = start.scope.find(name)
                if at_top and earlier and home is not None and home[0] is module.facts.scope:
                    yield name
            case _:
                pass  # a function, an import, a value of another kind


def _is_flag_value(module: Module, value: ast.expr) -> bool:
    match value:
        case ast.Constant(value=bool()):
            return True
        case ast.Call(func=ast.Name(id="bool"), args=[inner]):
            return _is_flag_value(module, inner)
        case ast.Call(func=func):
            return module.name_of(func) in _READS
        case ast.Compare(left=ast.Constant(), ops=[ast.In()], comparators=[where]):
            return module.name_of(where) in ("sys.argv", "os.environ")
        case ast.Compare(left=inner, comparators=[ast.Constant()]):
            return _is_flag_value(module, inner)
        case _:
            return False
