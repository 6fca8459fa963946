"""What a coroutine function without `yield` returns: its decorator waited for what can be awaited of that."""

from __future__ import annotations

import ast

from aiomend.facts.awaitable_classes import is_waited_for
from aiomend.facts.flow import contexts_around, handlers_around
from aiomend.facts.generator_coroutines import (
    Body,
    Delegation,
    calls_generator_lambda,
    names_only_coroutines,
    plain_generators,
)
from aiomend.facts.held_locks import held_lock
from aiomend.facts.own_object import self_name
from aiomend.facts.scopes import FUNCTIONS, FunctionNode, How, called_name
from aiomend.facts.view import Module

#: Modules of the standard library whose functions and objects give data, and never what somebody put into them.
_DATA_MODULES = frozenset(
    {
        "base64",
        "binascii",
        "calendar",
        "codecs",
        "csv",
        "datetime",
        "decimal",
        "email",
        "fnmatch",
        "glob",
        "gzip",
        "hashlib",
    }
    | {"hmac", "html", "io", "json", "locale", "logging", "math", "os", "pathlib", "pickle", "platform", "random", "re"}
    | {"secrets", "shutil", "socket", "sqlite3", "ssl", "string", "struct", "subprocess", "sys", "tempfile", "textwrap"}
    | {"time", "unicodedata", "urllib", "uuid", "xml", "zlib"}
)
_TEXTS = frozenset({"str", "bytes", "repr"})


def read_result(module: Module, function: FunctionNode, value: ast.expr, body: Body) -> None:
    """The decorator waited for what a function without `yield` returns, where that can be waited for."""
    if isinstance(value, ast.IfExp):
        read_result(module, function, value.body, body)
        read_result(module, function, value.orelse, body)
        return
    if isinstance(value, ast.GeneratorExp) or calls_generator_lambda(module, value):
        body.breaks(f"line {value.lineno}: the decorator went through the generator `{module.text(value)}`")
    functions = tuple(plain_generators(module, value))
    kinds = {True} if functions else {is_waited_for(module, one) for one in module.values(value)}
    if kinds == {True} and isinstance(value, ast.Name) and value.id == self_name(function):
        body.breaks(
            f"line {value.lineno}: the decorator awaited `{value.id}` as well; whether that was meant is not known"
        )
    if True not in kinds and _gives_data(module, value):
        return  # it is returned as it is
    if None in kinds and called_name(value) == "run_in_executor":
        kinds = {True}  # nothing but an event loop has such a method
    if kinds == {None} and names_only_coroutines(module, value, function):
        body.doubts.append(f"line {value.lineno}: only its name says that `{module.text(value)}` gives a coroutine")
        kinds = {True}
    match kinds:
        case _ if kinds == {True}:
            _read_place(module, value, body)
            body.results.append(value)
            if functions:
                body.delegations.append(Delegation(value, functions))
        case _ if kinds == {False}:
            pass  # it is returned as it is
        case _ if _is_data_for_callers(module, value):
            text = module.text(value)
            body.doubts.append(f"line {value.lineno}: `{text}` is nothing to be awaited for the callers in the project")
        case _:
            text = module.text(value)
            body.breaks(f"line {value.lineno}: whether `{text}` is to be awaited, as the decorator did, is not known")


def _read_place(module: Module, value: ast.expr, body: Body) -> None:
    """The decorator waited when the function had ended: out of every `try` and `with` that the `return` stands in."""
    start = f"line {value.lineno}: the decorator waited for `{module.phrase(value)}`"
    left = [module.phrase(item.context_expr) for _, item in contexts_around(module.facts, value)]
    doubts = [f"{start} when `{entered}` was left already; `async def` waits inside" for entered in left]
    if any(True for _ in handlers_around(module.facts, value)):
        doubts.append(f"{start} outside of the `try`; in `async def` its handlers see what that raises")
    if _is_before_final(module, value):
        doubts.append(f"{start} when the `finally` had run already; `async def` waits before it")
    if doubts and (lock := held_lock(module, value)) is not None:
        body.breaks(f"{start} without `{module.phrase(lock)}`; `async def` would hold it until that is done")
    body.doubts += doubts


def _is_before_final(module: Module, value: ast.expr) -> bool:
    here: ast.AST = value
    for parent in module.facts.ancestors(value):
        match parent:
            case ast.FunctionDef():
                return False
            case ast.Try(finalbody=[_, *_] as final) | ast.TryStar(finalbody=[_, *_] as final) if here not in final:
                return True
            case _:
                here = parent
    return False


def _is_data_for_callers(module: Module, value: ast.expr) -> bool:
    """True where callers in the project are known, and what they pass is nothing that the decorator would have awaited."""
    passed = module.inference.values_from_callers(module.facts, value)
    return bool(passed) and all(is_waited_for(module, one) is False for one in passed)


def _gives_data(module: Module, value: ast.expr, *, follow: bool = True) -> bool:
    """True for a call that gives data, `json.loads(text)`, `self.buffer.read()`, `"{}".format(x)`, and for a variable that gets
    that or other data."""
    match value:
        case ast.Call(func=ast.Attribute(value=owner)) if _is_text(module, owner):
            return True
        case ast.Name(id="NotImplemented"):
            return True
        case ast.Call(func=func):
            return (module.name_of(func) or "").partition(".")[0] in _DATA_MODULES
        case ast.Name(id=name) if follow and (found := module.facts.scope_at(value).find(name)) is not None:
            if all(one.how is How.OTHER and isinstance(one.node, ast.arg) for one in found[1]):
                return True  # `*args`, `**options`
            made = [one.value if one.how is How.ASSIGN and not one.path else None for one in found[1]]
            is_local = isinstance(found[0].node, FUNCTIONS)
            return is_local and all(one is not None and _is_data(module, one) for one in made)
        case _:
            return False


def _is_data(module: Module, value: ast.expr) -> bool:
    kinds = {is_waited_for(module, one) for one in module.values(value)}
    return kinds == {False} or (True not in kinds and _gives_data(module, value, follow=False))


def _is_text(module: Module, node: ast.expr, *, follow: bool = True) -> bool:
    """True for a `str` or `bytes`, and for what its methods give; variables are followed once."""
    match node:
        case ast.Constant(value=str() | bytes()) | ast.JoinedStr():
            return True
        case ast.BinOp(left=left, op=ast.Add() | ast.Mod()):
            return _is_text(module, left, follow=follow)
        case ast.Call(func=ast.Attribute(value=owner)):
            return _is_text(module, owner, follow=follow)
        case ast.Call(func=func):
            return module.name_of(func) in _TEXTS
        case ast.Name(id=name) if follow and (found := module.facts.scope_at(node).find(name)) is not None:
            made = [one.value if one.how is How.ASSIGN else None for one in found[1]]
            return all(one is not None and _is_text(module, one, follow=False) for one in made)
        case _:
            return False
