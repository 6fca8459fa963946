"""What becomes of a generator that a call makes, or of the function itself: run as a coroutine, gone through, handed on."""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterator
from dataclasses import dataclass

from aiomend.facts.catalog.interfaces import canonical
from aiomend.facts.module import Colour
from aiomend.facts.scopes import COMPREHENSIONS, FUNCTIONS, FunctionNode, called_name, last_name
from aiomend.facts.values import NONE, Function, ProjectClass
from aiomend.facts.view import Module

_DEPTH = 5  #: hands that a generator goes through, one after the other
#: What runs the coroutine that it is given, alone or in a list.
_RUNNERS = frozenset(
    {
        "asyncio.as_completed",
        "asyncio.create_task",
        "asyncio.ensure_future",
        "asyncio.gather",
        "asyncio.run",
        "asyncio.run_coroutine_threadsafe",
        "asyncio.shield",
        "asyncio.wait",
        "asyncio.wait_for",
        "asyncio.Task",
        "asyncio.AbstractEventLoop.create_task",
        "asyncio.AbstractEventLoop.run_until_complete",
        "asyncio.TaskGroup.create_task",
    }
)
#: Names that nothing else bears.
RUNNING_NAMES = frozenset({"create_task", "ensure_future", "run_coroutine_threadsafe", "run_until_complete"})
#: What runs the coroutine that the function makes which it is given.
_TAKES_FUNCTIONS = frozenset(
    {
        "asyncio.coroutine",
        "asyncio.start_server",
        "asyncio.start_unix_server",
        "aiohttp.test_utils.unittest_run_loop",
    }
)
_ROUTES = frozenset(
    {"add_delete", "add_get", "add_head", "add_patch", "add_post", "add_put", "add_route", "add_view"}
)  #: of an aiohttp router
ITERATES = frozenset(
    {
        *("all", "any", "dict", "enumerate", "filter", "frozenset", "iter", "list", "map", "max", "min", "next"),
        *("reversed", "set", "sorted", "sum", "tuple", "zip", "collections.deque", "collections.OrderedDict"),
        *("itertools.chain", "itertools.chain.from_iterable", "itertools.islice", "itertools.takewhile"),
        *("inspect.isgenerator", "inspect.getgeneratorstate"),
    }
)
ASKS = frozenset(
    {
        *("asyncio.iscoroutine", "asyncio.iscoroutinefunction", "inspect.isawaitable", "inspect.iscoroutine"),
        *("inspect.iscoroutinefunction", "inspect.signature", "inspect.getdoc", "functools.wraps", "callable"),
        *("getattr", "hasattr", "functools.update_wrapper", "id", "repr", "str", "print", "bool"),
    }
)
_ONLY_GENERATORS = frozenset({"__next__", "gi_frame", "gi_running", "gi_code", "gi_yieldfrom"})
_ALIKE = frozenset({"send", "throw", "close"})  #: methods that coroutines have as well


class Verdict(enum.Enum):
    """What one use says of a generator."""

    RUN = "it is run as a coroutine"
    STEPPED = "somebody goes through it, or steps it by hand"
    DELEGATED = "another plain generator goes through it"
    HANDED_BACK = "a function returns it"
    SAME = "a function returns the function that makes it"
    STAYS = "it is said to be a generator, and to stay one"
    UNKNOWN = "nobody can say what becomes of it"


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """One use. ``function`` is the generator that delegates to it, or the function that returns it."""

    verdict: Verdict
    module: Module
    node: ast.AST
    note: str
    function: FunctionNode | None = None

    @property
    def line(self) -> int:
        return int(getattr(self.node, "lineno", 1))


def fates(module: Module, made: ast.expr, depth: int = 0) -> Iterator[Use]:
    """Yield what becomes of the generator that an expression of ``module`` makes."""
    parent = module.facts.parents[made]
    match parent:
        case ast.YieldFrom():
            yield _delegated(module, parent)
        case ast.Await():
            yield Use(Verdict.RUN, module, parent, f"{_around(module, parent)} awaits it")
        case ast.Call() if parent.func is not made:
            yield from _given(module, parent, made, depth)
        case ast.keyword():
            call = module.facts.parents[parent]
            if isinstance(call, ast.Call):
                yield from _given(module, call, parent, depth)
        case ast.For(iter=iterable) if iterable is made:
            yield Use(Verdict.STEPPED, module, made, "a `for` loop goes through it")
        case ast.comprehension(iter=iterable, is_async=0) if iterable is made:
            yield Use(Verdict.STEPPED, module, made, "a comprehension goes through it")
        case ast.Starred() if _is_display(made):
            yield from fates(module, parent, depth)  # the star goes through the list, not through what it holds
        case ast.Starred():
            yield Use(Verdict.STEPPED, module, made, "a star goes through it")
        case ast.List() | ast.Tuple() | ast.Set() | ast.IfExp() | ast.BoolOp() | ast.NamedExpr():
            yield from fates(module, parent, depth)
        case ast.ListComp(elt=element) | ast.SetComp(elt=element) | ast.GeneratorExp(elt=element) if element is made:
            yield from fates(module, parent, depth)
        case ast.Attribute(attr=attr):
            if attr not in _ALIKE:
                verdict = Verdict.STEPPED if attr in _ONLY_GENERATORS else Verdict.UNKNOWN
                yield Use(verdict, module, parent, f"`.{attr}` is asked for")
        case ast.Return() | ast.Lambda():
            function = module.facts.function_at(made)
            named = function if isinstance(function, FUNCTIONS) else None
            verdict = Verdict.UNKNOWN if named is None else Verdict.HANDED_BACK
            yield Use(verdict, module, made, f"{_around(module, made)} returns it", named)
        case ast.Assign(targets=[ast.Name() as name]) if depth < _DEPTH:
            for read in _reads(module, name):
                yield from _in_container_or_not(module, made, read, depth)
        case ast.Assign(targets=[ast.Tuple() | ast.List()]) if not _is_display(made):
            yield Use(Verdict.STEPPED, module, made, "it is unpacked")
        case ast.Assign(targets=[ast.Attribute(attr=name)]) if depth < _DEPTH and _attribute_reads(module, name):
            for kept in _attribute_reads(module, name):
                yield from fates(module, kept, depth + 1)
        case ast.Expr() | ast.Compare():
            pass  # it never runs, or is only looked at
        case _:
            yield Use(Verdict.UNKNOWN, module, made, "nobody can say what becomes of it here")


def _in_container_or_not(module: Module, made: ast.expr, read: ast.Name, depth: int) -> Iterator[Use]:
    """What becomes of a variable; a list of generators may be gone through, since that runs none of them."""
    parent = module.facts.parents[read]
    where = parent if _is_display(made) and isinstance(parent, ast.Starred) else read
    for use in fates(module, where, depth + 1):
        if not (_is_display(made) and use.verdict is Verdict.STEPPED):
            yield use


def _is_display(made: ast.expr) -> bool:
    return isinstance(made, (ast.List, ast.Tuple, ast.Set, *COMPREHENSIONS))


def _delegated(module: Module, node: ast.YieldFrom) -> Use:
    function = module.facts.function_at(node)
    name = _around(module, node)
    if module.colour_at(node) is Colour.YIELD_FROM:
        verdict = Verdict.UNKNOWN if is_low_level(module, function) else Verdict.RUN
        return Use(verdict, module, node, f"{name}, a coroutine function, waits for it")
    if not isinstance(function, ast.FunctionDef):
        return Use(Verdict.UNKNOWN, module, node, f"{name} goes through it")
    if function.name.startswith("__") and function.name.endswith("__"):
        return Use(Verdict.STEPPED, module, node, f"{name} is called by the language, and goes through it")
    return Use(Verdict.DELEGATED, module, node, f"{name} goes through it", function)


def is_low_level(module: Module, function: ast.AST | None) -> bool:
    """True for a generator under `@types.coroutine`, which may hand out anything to whoever runs it."""
    return isinstance(function, ast.FunctionDef) and any(
        module.name_of(one) == "types.coroutine" for one in function.decorator_list
    )


def _given(module: Module, call: ast.Call, given: ast.AST, depth: int) -> Iterator[Use]:
    """What becomes of a generator that a call is given."""
    text = module.phrase(call.func)
    if is_runner(module, call):
        yield Use(Verdict.RUN, module, call, f"`{text}()` runs it")
        return
    name = name_of_callee(module, call.func)
    if name in ITERATES or (name == "" and called_name(call.func) == "join"):
        yield Use(Verdict.STEPPED, module, call, f"`{text}()` goes through it")
        return
    if name not in ASKS:
        yield from _in_hands_of(module, call, given, depth, is_reference=False)


def is_runner(module: Module, call: ast.Call) -> bool:
    """True for a call that runs the coroutines among its arguments."""
    if (name := name_of_callee(module, call.func)) in _RUNNERS:
        return True
    is_own = name != "" and module.name_of(call.func) is None  # what a function of the project does is looked at
    return not is_own and called_name(call.func) in RUNNING_NAMES and not module.other_framework


def name_of_callee(module: Module, func: ast.expr) -> str:
    """Return the canonical name of what is called, the project's own functions included; empty where it is not known."""
    if (name := module.name_of(func)) is not None:
        return name
    names = set()
    for value in module.values(func) - NONE:
        match value:
            case Function(facts=facts, node=node) if isinstance(node, FUNCTIONS):
                names.add(canonical(f"{facts.name}.{facts.scopes[node].qualname}"))
            case ProjectClass(facts=facts, node=node):
                names.add(canonical(f"{facts.name}.{facts.scopes[node].qualname}"))
            case _:
                return ""
    return names.pop() if len(names) == 1 else ""


def _in_hands_of(module: Module, call: ast.Call, given: ast.AST, depth: int, *, is_reference: bool) -> Iterator[Use]:
    """What the functions of the project do with an argument of a call."""
    unknown = Use(Verdict.UNKNOWN, module, call, f"`{module.call_phrase(call)}` is given it")
    callees = list(module.values(call.func) - NONE)
    parameters = [_parameter(module, call, given, one) for one in callees]
    if not callees or depth >= _DEPTH or any(one is None for one in parameters):
        yield unknown
        return
    for found in parameters:
        assert found is not None
        yield from parameter_fates(*found, depth=depth + 1, is_reference=is_reference)


def _parameter(
    module: Module, call: ast.Call, given: ast.AST, callee: object
) -> tuple[Module, ast.FunctionDef | ast.AsyncFunctionDef, ast.arg] | None:
    """Return the parameter of a function of the project that takes an argument."""
    match callee:
        case Function(node=node) as function if isinstance(node, FUNCTIONS):
            pass
        case ProjectClass():
            found = list(module.inference.classes.attribute(callee, "__init__"))
            if len(found) != 1 or not isinstance(found[0], Function) or not isinstance(found[0].node, FUNCTIONS):
                return None
            function, node = found[0], found[0].node
        case _:
            return None
    home = module.beside(function.facts.path)
    if home is None or function.facts.name.partition(".")[0] == "asyncio":
        return None  # where the project is asyncio, what its functions do with coroutines is known by their names
    if isinstance(given, ast.keyword):
        every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        named = [one for one in every if one.arg == given.arg]
        return (home, node, named[0]) if named else None
    if given not in call.args or any(isinstance(one, ast.Starred) for one in call.args):
        return None
    index = call.args.index(given) + module.inference.callers.bound_first(function.facts, node, module.facts, call)
    positional = [*node.args.posonlyargs, *node.args.args]
    return (home, node, positional[index]) if index < len(positional) else None


def parameter_fates(
    module: Module, function: FunctionNode, parameter: ast.arg, *, depth: int = 0, is_reference: bool
) -> Iterator[Use]:
    """Yield what a function of ``module`` does with what a parameter is given: a generator, or one that makes them."""
    for node in module.facts.mentions(parameter.arg).get(module.facts.scopes[function], ()):
        if isinstance(node.ctx, ast.Load):
            if is_reference:
                yield from reference_fates(module, node, depth)
            else:
                yield from fates(module, node, depth)


def reference_fates(module: Module, reference: ast.expr, depth: int = 0) -> Iterator[Use]:
    """Yield what becomes of the generators that a function makes, from one place that names the function."""
    parent = module.facts.parents[reference]
    match parent:
        case ast.Call() if parent.func is reference:
            yield from fates(module, parent, depth)
        case ast.Call():
            yield from _function_given(module, parent, reference, depth)
        case ast.keyword():
            call = module.facts.parents[parent]
            if isinstance(call, ast.Call):
                yield from _function_given(module, call, parent, depth)
        case ast.Assign(targets=[ast.Name() as name]) if depth < _DEPTH:
            for read in _reads(module, name):
                yield from reference_fates(module, read, depth + 1)
        case ast.Assign(targets=[ast.Attribute(attr=name)]) if depth < _DEPTH and _attribute_reads(module, name):
            for kept in _attribute_reads(module, name):
                yield from reference_fates(module, kept, depth + 1)
        case ast.Attribute() | ast.Compare() | ast.Expr() | ast.BoolOp() | ast.UnaryOp() | ast.If() | ast.Assert():
            pass  # it is looked at
        case ast.Return():
            function = module.facts.function_at(reference)
            named = function if isinstance(function, FUNCTIONS) else None
            yield Use(Verdict.SAME, module, reference, f"{_around(module, reference)} returns the function", named)
        case _:
            yield Use(Verdict.UNKNOWN, module, reference, "the function is handed on")


def is_stepped(module: Module, reference: ast.expr) -> bool:
    """True where a function is called to go through what it makes at once, as the place itself shows: `for one in f():`."""
    parents = module.facts.parents
    made = parents[reference]
    if not isinstance(made, ast.Call) or made.func is not reference:
        return False
    match parents[made]:
        case ast.For(iter=iterable) | ast.comprehension(iter=iterable):
            return iterable is made
        case ast.Call(func=func, args=given):
            return made in given and module.name_of(func) in ITERATES
        case _:
            return False


def _function_given(module: Module, call: ast.Call, given: ast.AST, depth: int) -> Iterator[Use]:
    text = module.phrase(call.func)
    name = name_of_callee(module, call.func)
    if name == "types.coroutine":
        yield Use(Verdict.STAYS, module, call, f"`{text}()` wants a generator that stays one")
    elif name == "asyncio.coroutine" and not _is_for_generators(module, call):
        return
    elif name == "asyncio.coroutine" and _is_one_case(module, call, given):
        yield Use(
            Verdict.UNKNOWN, module, call, f"`{text}()` runs what it makes in one case, and in another it does not"
        )
    elif name in _TAKES_FUNCTIONS or _is_route(module, call):
        yield Use(Verdict.RUN, module, call, f"`{text}()` runs what it makes")
    elif name == "functools.partial" and depth < _DEPTH:
        yield from reference_fates(module, call, depth + 1)
    elif name == "inspect.isgeneratorfunction":
        if not _asks_for_coroutines(module, call):
            yield Use(Verdict.STEPPED, module, call, f"{_around(module, call)} asks whether it is a generator function")
    elif name not in ASKS:
        yield from _in_hands_of(module, call, given, depth, is_reference=True)


def _is_one_case(module: Module, call: ast.Call, given: ast.AST) -> bool:
    """True under a test of something else than the function, which was not made for that case alone: it stays one otherwise."""
    for outer in module.facts.ancestors(call):
        if isinstance(outer, FUNCTIONS):
            break
        if isinstance(outer, ast.If):
            asked = {called_name(one.func) for one in ast.walk(outer.test) if isinstance(one, ast.Call)}
            made = [one for one in ast.walk(outer) if isinstance(one, FUNCTIONS) and one.name == last_name(given)]
            return not (made or asked & {"iscoroutinefunction", "isgeneratorfunction"})
    return False


def _is_for_generators(module: Module, node: ast.AST) -> bool:
    """False in the branch that code keeps for coroutine functions, by asking whether something is one."""
    inner: ast.AST = node
    for outer in module.facts.ancestors(node):
        if isinstance(outer, FUNCTIONS):
            break
        if isinstance(outer, ast.If) and inner is not outer.test:
            test, wanted = outer.test, inner in outer.body
            if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
                test, wanted = test.operand, not wanted
            if wanted and isinstance(test, ast.Call) and called_name(test.func) == "iscoroutinefunction":
                return False
        inner = outer
    return True


def _is_route(module: Module, call: ast.Call) -> bool:
    return "aiohttp" in module.facts.imported_roots and called_name(call.func) in _ROUTES


def _asks_for_coroutines(module: Module, call: ast.Call) -> bool:
    """True where the function around a question for generator functions asks for coroutine functions, too."""
    function = module.facts.function_at(call)
    return function is not None and any(
        isinstance(one, ast.Call) and called_name(one.func) in ("iscoroutinefunction", "iscoroutine")
        for one in ast.walk(function)
    )


def _reads(module: Module, name: ast.Name) -> list[ast.Name]:
    """Return the reads of the variable that ``name`` binds."""
    return [node for node in module.facts.mentions_of(name) if isinstance(node.ctx, ast.Load)]


def _attribute_reads(module: Module, name: str) -> list[ast.Attribute]:
    """Return the reads of an attribute of that name in the file."""
    return [use for use in module.facts.attributes.get(name, ()) if isinstance(use.ctx, ast.Load)]


def _around(module: Module, node: ast.AST) -> str:
    function = module.facts.function_at(node)
    if isinstance(function, FUNCTIONS):
        return f"`{function.name}()`"
    return "a lambda" if function is not None else "the program"
