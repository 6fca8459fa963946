"""Every use of one function in the project: its calls, and what keeps them from being all."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import Binding, FunctionNode, How
from aiomend.facts.values import NONE, Function, Plain
from aiomend.facts.view import Module

#: Words of code that reaches modules by a text.
_DYNAMIC = re.compile(rb"\b(?:import_module|__import__|sys\.modules|globals\(\)|vars\()")


@dataclass(slots=True)
class Uses:
    """The calls of a function, and why there may be others, or other uses; None where these are all."""

    calls: list[tuple[Module, ast.Call]] = field(default_factory=list)
    reason: str | None = None
    handed: list[tuple[Module, ast.Name | ast.Attribute]] = field(default_factory=list)  #: where it is a value
    is_lost: bool = False  #: there are reasons besides those places

    def breaks(self, reason: str | None) -> None:
        """Note a reason; the first one stays."""
        self.reason = self.reason or reason
        self.is_lost = self.is_lost or reason is not None


def uses_of(module: Module, function: FunctionNode) -> Uses:
    """Return every use of a function of ``module`` in the project."""
    return module.inference.traced(("uses", function), lambda: _uses_of(module, function))


def _uses_of(module: Module, function: FunctionNode) -> Uses:
    found = Uses()
    name = function.name
    paths = module.inference.project.files_mentioning(name)
    if paths is None:
        return Uses(reason=f"too many files mention `{name}`: not all of its callers can be known", is_lost=True)
    if len(module.facts.scope_at(function).bindings.get(name, ())) != 1:
        found.breaks(f"`{name}` is bound more than once")
    word = re.compile(rb"\b%s\b" % re.escape(name).encode())
    for path in paths:
        if word.search(module.inference.project.data(path)) is None:
            continue  # a part of longer words
        user = module.beside(path)
        if user is None:
            found.breaks(f"{path} mentions `{name}` and is generated, or cannot be read")
            continue  # nothing more to learn there
        found.breaks(_by_text(user, module, function))
        found.breaks(_by_other_name(user, module, function))
        for node in [*user.facts.names.get(name, ()), *user.facts.attributes.get(name, ())]:
            _note(found, user, node, module, function)
    found.calls.sort(key=lambda one: (one[0].path, one[1].lineno, one[1].col_offset))
    return found


def _note(found: Uses, user: Module, node: ast.Name | ast.Attribute, home: Module, function: FunctionNode) -> None:
    reached = reaches(user, node, home, function)
    place = f"{user.path}:{node.lineno}"
    if reached is False:
        return  # another thing of that name
    if reached is None:
        found.breaks(f"{place}: `{user.text(node)}` may be `{function.name}()`, or something else")
        return  # whether it has to wait cannot be said
    call = user.facts.parents[node]
    if not isinstance(node.ctx, ast.Load):
        found.breaks(f"{place}: `{function.name}` is replaced")
    elif isinstance(call, ast.Call) and call.func is node:
        found.calls.append((user, call))
    else:
        found.handed.append((user, node))
        found.reason = found.reason or (
            f"{place}: `{function.name}` is handed on as a value, and whoever calls it would have to await"
        )


def reaches(user: Module, node: ast.Name | ast.Attribute, home: Module, function: FunctionNode) -> bool | None:
    """Return whether a name or attribute is the function; None where nobody can say."""
    values = user.values(node) - NONE
    functions = {value.node for value in values if isinstance(value, Function)}
    if function in functions:
        return True if len(values) == 1 else None
    if Plain.UNKNOWN not in values:
        return False
    match node:
        case ast.Name(id=name):
            bound = user.facts.scope_at(node).find(name)
            return None if bound is not None and any(_is_or_brings(one, home, function) for one in bound[1]) else False
        case ast.Attribute(value=receiver):
            if home.facts.class_of(function) is not None:
                return None  # an object of which nothing is known has such a method
            if home.facts.scope_at(function) is not home.facts.scope:
                return False  # a function in a function is no attribute of anything
            return None if _may_be_module(user, receiver, home) else False


def _is_or_brings(binding: Binding, home: Module, function: FunctionNode) -> bool:
    if binding.node is function:
        return True
    return binding.how is How.FROM and (binding.target, binding.member) == (home.facts.name, function.name)


def _may_be_module(user: Module, receiver: ast.expr, home: Module) -> bool:
    """True where an expression of unknown value may be the module that the function is in."""
    if _DYNAMIC.search(user.source.data):
        return True
    if not isinstance(receiver, ast.Name) or (bound := user.facts.scope_at(receiver).find(receiver.id)) is None:
        return False
    last = home.facts.name.rpartition(".")[2]
    return any(
        one.how in (How.IMPORT, How.FROM) and last in (one.member, one.target.rpartition(".")[2]) for one in bound[1]
    )


def _by_other_name(user: Module, home: Module, function: FunctionNode) -> str | None:
    """Return where the function is imported under another name, which other files may know it by."""
    for name, binding in user.facts.beside(_renamed):
        if _is_or_brings(binding, home, function):
            return f"`{function.name}` goes by the name `{name}` in {user.path}"
    return None


def _renamed(facts: ModuleFacts) -> list[tuple[str, Binding]]:
    """Return the names in a file that imports give to what has another one where it comes from."""
    bound = ((name, one) for scope in facts.scopes.values() for name, found in scope.bindings.items() for one in found)
    return [(name, one) for name, one in bound if one.how is How.FROM and one.member != name]


def _by_text(user: Module, home: Module, function: FunctionNode) -> str | None:
    """Return where a call is given the function's name as a text, or makes up a name that may be this one."""
    name = function.name
    texts, asking = user.facts.beside(_given)
    call, text = texts.get(name, (None, ""))
    if home.facts.class_of(function) is not None:
        for other, asked in asking:
            if call is not None and _place(call) <= _place(other):
                break
            if may_spell(asked, name):
                return f"{user.path}:{other.lineno}: `{user.text(other)}` may be `{name}()`"
    return f"{user.path}:{call.lineno}: the text {text!r} may stand for `{name}()`" if call is not None else None


def _place(call: ast.Call) -> tuple[int, int]:
    return call.lineno, call.col_offset


def _given(facts: ModuleFacts) -> tuple[dict[str, tuple[ast.Call, str]], list[tuple[ast.Call, ast.expr]]]:
    """Return the first call in a file that is given each text, by the last name in it, and what `getattr()` is asked for."""
    texts: dict[str, tuple[ast.Call, str]] = {}
    asking = []
    for call in facts.calls:
        for given in (*call.args, *(keyword.value for keyword in call.keywords)):
            for text in _texts(given):
                texts.setdefault(text.rpartition(".")[2].rpartition(":")[2], (call, text))
        match call:
            case ast.Call(func=ast.Name(id="getattr"), args=[_, asked, *_]):
                asking.append((call, asked))
            case _:
                pass  # asks for no attribute by a text
    return texts, asking


def _texts(node: ast.expr) -> Iterator[str]:
    """Yield the texts that an argument is or holds; not those of calls in it, which are looked at themselves."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts) | ast.Dict(values=parts):
            for part in parts:
                yield from _texts(part)
        case _:
            pass  # no text


def may_spell(node: ast.expr, name: str) -> bool:
    """True where an expression that makes up a text may give ``name``, by what is known of its ends."""
    match node:
        case ast.Constant(value=value):
            return bool(value == name)
        case ast.BinOp(left=ast.Constant(value=str(start)), op=ast.Add()):
            return name.startswith(start)
        case ast.BinOp(op=ast.Add(), right=ast.Constant(value=str(end))):
            return name.endswith(end)
        case ast.BinOp(left=ast.Constant(value=str(form)), op=ast.Mod()):
            return name.startswith(form.partition("%")[0])
        case ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]):
            return name.startswith(start)
        case _:
            return True
