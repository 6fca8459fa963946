"""What code does with a coroutine as if it were the result: uses that fail, or that go on with something else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from aiomend.facts.scopes import FUNCTIONS, called_name, last_name
from aiomend.facts.values import Plain, ProjectInstance
from aiomend.facts.view import Module

#: What a coroutine has, `CoroWrapper` of Python 3.6 in debug mode included.
_OWN = re.compile(r"close|send|throw|next|gen|func|(?:cr|gi|ag)_\w+|__\w+__")
#: Functions that want a value, and that do nothing with a coroutine that its owner could want.
_READERS = frozenset(
    {"abs", "all", "any", "bool", "bytearray", "bytes", "chr", "complex", "dict", "divmod", "enumerate", "float"}
    | {
        "format",
        "frozenset",
        "hex",
        "int",
        "len",
        "list",
        "max",
        "min",
        "oct",
        "open",
        "ord",
        "pow",
        "print",
        "range",
        "repr",
    }
    | {"reversed", "round", "set", "sorted", "str", "sum", "tuple", "zip", "json.dumps", "json.loads", "os.fspath"}
    | {f"logging.{level}" for level in ("debug", "info", "warning", "error", "critical", "exception")}
)
_ITERATE = frozenset({"all", "any", "dict", "enumerate", "frozenset", "list", "max", "min", "reversed", "set", "sorted"}
                     | {"sum", "tuple", "zip"})  # fmt: skip
_PRINT = frozenset({"format", "print", "repr", "str"} | {one for one in _READERS if one.startswith("logging.")})
_EXITS = frozenset({"SystemExit", "exit", "quit", "sys.exit"})
#: Functions that look at each element of what they are given.
_READ_ELEMENTS = frozenset({"all", "any", "max", "min", "sorted", "sum"})
#: Methods whose `return` nobody but Python gets. Others may hand a coroutine to somebody who awaits it.
_SPECIAL = frozenset(
    {"__bool__", "__bytes__", "__complex__", "__contains__", "__del__", "__delattr__", "__delete__", "__delitem__"}
    | {"__exit__", "__float__", "__format__", "__hash__", "__index__", "__init__", "__init_subclass__", "__int__"}
    | {"__len__", "__post_init__", "__repr__", "__set__", "__set_name__", "__setattr__", "__setitem__", "__str__"}
)
_LITERALS = (ast.Constant, ast.Dict, ast.JoinedStr, ast.List, ast.Set, ast.Tuple)
#: What the special methods of operators are called after.
_OPERATORS: dict[type[ast.operator], str] = dict(
    zip(
        (
            ast.Add,
            ast.Sub,
            ast.Mult,
            ast.Div,
            ast.FloorDiv,
            ast.Mod,
            ast.Pow,
            ast.MatMult,
            ast.BitAnd,
            ast.BitOr,
            ast.BitXor,
            ast.LShift,
            ast.RShift,
        ),
        ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor", "lshift", "rshift"),
        strict=True,
    )
)
_DEPTH = 6  #: an object with operators of its own is looked for behind so many of them
_OVERLOADED = (ast.BitAnd, ast.BitOr, ast.BitXor, ast.LShift, ast.MatMult, ast.RShift)


@dataclass(frozen=True, slots=True)
class Misuse:
    """A use of a coroutine that takes it for its result. ``says`` goes on after "a coroutine, "."""

    says: str
    fails: bool  #: it raises, whenever it is reached
    lasts: bool = False  #: the result goes on being used behind the expression
    doubt: str = ""  #: why it may be meant, "" where it is not


#: Classes that coroutines are of.
_OF_COROUTINES = frozenset({"Awaitable", "Coroutine", "CoroutineType", "Generator", "GeneratorType", "object"})
_TRUTH = Misuse("which is always true", fails=False)


def misuse(module: Module, node: ast.expr, *, native: bool) -> Misuse | None:
    """Return how the place around ``node``, a coroutine, takes it for its result; None where it may know what it gets.

    One that is not ``native`` is a generator, which can be driven by hand.
    """
    parent = module.facts.parents[node]
    match parent:
        case ast.Attribute(attr=attr):
            return None if _OWN.fullmatch(attr) else Misuse(f"which has no attribute `{attr}`", fails=True, lasts=True)
        case ast.Subscript(value=value) if value is node:
            return Misuse("which has no items", fails=True, lasts=True)
        case ast.Call(func=func) if func is node:
            return Misuse("which cannot be called", fails=True, lasts=True)
        case ast.Call():
            return _argument(module, node, parent, native)
        case ast.BinOp() | ast.AugAssign() | ast.UnaryOp(op=ast.UAdd() | ast.USub() | ast.Invert()):
            return _operand(module, node, parent)
        case ast.Tuple() | ast.Dict() if _is_filled_in(module.facts.parents[parent], parent):
            return Misuse("of which the text is only `<coroutine object …>`", fails=False)
        case ast.Compare():
            return _compared(node, parent)
        case ast.FormattedValue():
            return Misuse("of which the text is only `<coroutine object …>`", fails=False)
        case ast.Raise():
            return Misuse("which is no exception", fails=True)
        case ast.Match(cases=cases) if any(_is_met(case.pattern) for case in cases):
            return None  # a case takes the coroutine itself
        case ast.Match():
            return Misuse("which matches none of the results it could have", fails=False)
        case ast.ListComp(elt=element) | ast.GeneratorExp(elt=element) if element is node:
            return _element(module, parent)
        case ast.Return():
            return _returned(module, parent)
        case _:
            return _tested(module, node) or _iterated(module, node, parent, native)


def _is_met(pattern: ast.pattern) -> bool:
    """True for a pattern that gives a coroutine a name, or asks for one: `case made:`, `case Awaitable():`."""
    match pattern:
        case ast.MatchAs(pattern=None, name=str()):
            return True
        case ast.MatchAs(pattern=ast.MatchAs(pattern=None), name=str()):
            return True
        case ast.MatchAs(pattern=ast.pattern() as inner):
            return _is_met(inner)
        case ast.MatchOr(patterns=patterns):
            return any(map(_is_met, patterns))
        case ast.MatchClass(cls=cls):
            return last_name(cls) in _OF_COROUTINES
        case _:
            return False  # of something else


def _tested(module: Module, node: ast.expr) -> Misuse | None:
    """A test, or a part of `and`, `or` and conditional expressions that ends in one."""
    parent = module.facts.parents[node]
    match parent:
        case ast.If(test=test) | ast.While(test=test) | ast.Assert(test=test) | ast.IfExp(test=test) if test is node:
            return _TRUTH
        case ast.UnaryOp(op=ast.Not()):
            return _TRUTH
        case ast.comprehension(ifs=tests) if node in tests:
            return _TRUTH
        case ast.match_case(guard=guard) if guard is node:
            return _TRUTH
        case ast.BoolOp(values=[*tests, _]) if node in tests:
            return _chosen(module, node)
        case ast.BoolOp() | ast.IfExp():
            return _tested(module, parent)
        case _:
            return None  # no test


def _chosen(module: Module, node: ast.expr) -> Misuse | None:
    """An operand that decides which one comes out: in a test, or among others that may be coroutines, too."""
    parents = module.facts.parents
    whole: ast.AST = parents[node]
    while isinstance(parents[whole], (ast.BoolOp, ast.IfExp)):
        whole = parents[whole]
    assert isinstance(whole, ast.expr)
    if _tested(module, whole) is not None:
        return _TRUTH
    others = [one for one in _outcomes(whole) if one is not node and one not in ast.walk(node)]
    is_awaited = isinstance(parents[whole], (ast.Await, ast.YieldFrom))
    if not is_awaited and not any(module.coroutine_of(one) is not None for one in others):
        return _TRUTH
    if isinstance(node, ast.BoolOp):
        return None  # `await (test and one() or other())`, as was written before there were conditional expressions
    return replace(_TRUTH, doubt=f"what `{module.phrase(whole)}` comes out as is wanted as a coroutine")


def _outcomes(node: ast.expr) -> Iterator[ast.expr]:
    """Yield what `and`, `or` and conditional expressions may come out as, where all of it is true, as coroutines are."""
    match node:
        case ast.BoolOp(op=ast.And(), values=[*_, last]):
            yield from _outcomes(last)
        case ast.BoolOp(values=values):
            for one in values:
                yield from _outcomes(one)
        case ast.IfExp(body=first, orelse=second):
            yield from _outcomes(first)
            yield from _outcomes(second)
        case _:
            yield node


def _iterated(module: Module, node: ast.expr, parent: ast.AST, native: bool) -> Misuse | None:
    match parent:
        case ast.For(iter=iterable) | ast.comprehension(iter=iterable, is_async=0) if iterable is node:
            return Misuse("which cannot be iterated", fails=True, lasts=True) if native else None
        case ast.AsyncFor(iter=iterable) | ast.comprehension(iter=iterable) if iterable is node:
            return Misuse("which is no asynchronous iterator", fails=True, lasts=True)
        case ast.Starred():
            return Misuse("which cannot be iterated", fails=True) if native else None
        case ast.Assign(targets=targets) if any(isinstance(one, (ast.Tuple, ast.List)) for one in targets):
            return Misuse("which cannot be unpacked", fails=True, lasts=True)
        case ast.withitem() if isinstance(module.facts.parents[parent], ast.AsyncWith):
            return Misuse("which is no asynchronous context manager", fails=True, lasts=True)
        case ast.withitem():
            return Misuse("which is no context manager", fails=True, lasts=True)
        case _:
            return None  # in somebody's hands


def _argument(module: Module, node: ast.expr, call: ast.Call, native: bool) -> Misuse | None:
    match call.func:
        case ast.Attribute(value=ast.Constant(value=str()), attr="format" | "join" as method) if node in call.args:
            if method == "join" and not native:
                return None  # a generator that gives texts
            return Misuse(f"which `{method}()` can do nothing with", fails=method == "join")
        case _:
            name = module.name_of(call.func)
    if name is not None and name.startswith("unittest.") and node in call.args:
        return _asserted(module, call, name.rpartition(".")[2])
    if name in _EXITS and node in call.args:
        return Misuse("which is no exit status: its text is printed, and the status is 1", fails=False)
    if name not in _READERS or node not in call.args:
        return None  # a function that may know what it gets; a keyword of `dict()` and the like keeps it
    if name in _PRINT:
        return Misuse("of which the text is only `<coroutine object …>`", fails=False)
    if name == "bool":
        return _TRUTH
    if name in _ITERATE and not native:
        return None  # a generator can be driven by hand
    return Misuse(f"which `{module.call_phrase(call)}` can do nothing with", fails=True)


def _asserted(module: Module, call: ast.Call, method: str) -> Misuse | None:
    """`self.assertTrue(is_open())`."""
    match method:
        case "assertTrue" | "assertFalse":
            return _TRUTH
        case "assertEqual" | "assertNotEqual" | "assertListEqual" | "assertDictEqual" | "assertIsNone":
            return Misuse("which equals nothing else", fails=False)
        case "assertIn" | "assertNotIn" | "assertGreater" | "assertGreaterEqual" | "assertLess" | "assertLessEqual":
            return Misuse(f"which `{module.call_phrase(call)}` can do nothing with", fails=False)
        case _:
            return None  # it may be asked what it is


def _element(module: Module, comprehension: ast.expr) -> Misuse | None:
    """`any(is_open(door) for door in doors)`."""
    call = module.facts.parents[comprehension]
    if not isinstance(call, ast.Call) or call.args[:1] != [comprehension]:
        return None  # they are collected
    joined = isinstance(call.func, ast.Attribute) and call.func.attr == "join"
    if joined and isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Constant):
        return Misuse("which is no text to join", fails=True)
    name = module.name_of(call.func)
    if name not in _READ_ELEMENTS:
        return None  # somebody may await them
    return _TRUTH if name in ("all", "any") else Misuse(f"which `{name}()` can do nothing with", fails=True)


def _is_filled_in(around: ast.AST, values: ast.AST) -> bool:
    """True for `"%s, %s" % (first, second)`."""
    match around:
        case ast.BinOp(op=ast.Mod(), left=left, right=right):
            return right is values and _is_text(left)
        case _:
            return False


def _operand(module: Module, node: ast.expr, parent: ast.BinOp | ast.AugAssign | ast.UnaryOp) -> Misuse | None:
    match parent:
        case ast.UnaryOp():
            return Misuse("which is no number", fails=True)
        case ast.BinOp(op=op, left=left, right=right):
            other = right if left is node else left
        case ast.AugAssign(op=op, target=other):
            pass  # the target is the other side
    if isinstance(op, ast.Mod) and _is_text(other):
        return Misuse("of which the text is only `<coroutine object …>`", fails=False)
    if (isinstance(op, _OVERLOADED) and _may_take_it(module, other)) or _defines(module, other, op):
        return None  # filters, pipes and the like take what they want
    return Misuse("which has no operators", fails=True)


def _may_take_it(module: Module, other: ast.expr, depth: int = _DEPTH) -> bool:
    """True where the other side of an operator may be an object with operators of its own, or what such an object gave."""
    sides = list(_sides(module, other)) if depth else []
    if sides:
        return any(_may_take_it(module, side, depth - 1) for side in sides)
    return any(value is not Plain.OTHER for value in module.values(other))


def _defines(module: Module, other: ast.expr, op: ast.operator, depth: int = _DEPTH) -> bool:
    """True where the other side is an object of a class of the project with that operator, `+=` too, or what such an object gave."""
    if depth and any(_defines(module, side, op, depth - 1) for side in _sides(module, other)):
        return True
    name = _OPERATORS[type(op)]
    wanted = {f"__{name}__", f"__r{name}__", f"__i{name}__"}
    mro = module.inference.classes.mro
    return any(
        isinstance(value, ProjectInstance)
        and any(not wanted.isdisjoint(one.facts.scopes[one.node].bindings) for one in mro(value.cls))
        for value in module.values(other)
    )


def _sides(module: Module, other: ast.expr) -> Iterator[ast.expr]:
    """Yield both sides of an operator, also of one whose result a name was given."""
    match other:
        case ast.BinOp(left=left, right=right):
            yield from (left, right)
        case ast.Name(id=name) if (found := module.facts.scope_at(other).find(name)) is not None:
            made = (one.value for one in found[1])
            yield from (side for one in made if isinstance(one, ast.BinOp) for side in (one.left, one.right))
        case _:
            pass  # an object as it is


def _compared(node: ast.expr, parent: ast.Compare) -> Misuse | None:
    sides = [parent.left, *parent.comparators]
    at = sides.index(node)
    pairs = [(parent.ops[at - 1], sides[at - 1], False)] if at else []
    pairs += [(parent.ops[at], sides[at + 1], True)] if at < len(parent.ops) else []
    for op, other, is_left in pairs:
        match op:
            case ast.Lt() | ast.LtE() | ast.Gt() | ast.GtE():
                return Misuse("which has no order", fails=True)
            case ast.In() | ast.NotIn() if not is_left:
                return Misuse("which cannot be searched", fails=True)
            case ast.Is() | ast.IsNot() | ast.Eq() | ast.NotEq() if isinstance(other, _LITERALS):
                return Misuse(f"which is never `{ast.unparse(other)}`", fails=False)
            case ast.Is() | ast.IsNot():
                pass  # which of the objects is it: may be asked of a coroutine, too
            case _ if isinstance(node, ast.Call):
                return Misuse("which equals nothing else", fails=False)
            case _:
                pass  # a name that may be compared with another one for the same coroutine
    return None


def _returned(module: Module, statement: ast.Return) -> Misuse | None:
    function = module.facts.function_at(statement)
    if not isinstance(function, FUNCTIONS) or module.facts.class_of(function) is None:
        return None  # its caller gets it
    kinds = {called_name(one) for one in function.decorator_list}
    if function.name in _SPECIAL or kinds & {"setter", "deleter"}:
        what = f"`{function.name}()`" if function.name in _SPECIAL else f"the setter of `{function.name}`"
        return Misuse(f"which {what} returns to nobody who could await it", fails=False)
    return None


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
