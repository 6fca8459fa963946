"""What keeps a block of a coroutine from running in a thread: things of the event loop, of others, or of one thread."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from aiomend.facts.blocking_calls import named
from aiomend.facts.catalog import blocking
from aiomend.facts.lent import HAND_ON
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import FUNCTIONS, Binding, How, last_name, past_comprehensions
from aiomend.facts.values import Function, Instance, ProjectClass
from aiomend.facts.view import Module

_DEPTH = 3  #: calls from the block; what is further away is for a person
_BUILTIN_TYPES = (str, bytes, bytearray, int, float, list, tuple, dict, set, frozenset)
#: What can be asked of a value of a builtin type, and changes nothing.
_CHANGES = frozenset(
    {
        "add", "append", "clear", "difference_update", "discard", "extend", "insert", "intersection_update", "pop",
        "popitem", "remove", "reverse", "setdefault", "sort", "symmetric_difference_update", "update",
    }
)  # fmt: skip
_ASKS = frozenset(name for cls in _BUILTIN_TYPES for name in dir(cls) if not name.startswith("_")) - _CHANGES
_LOGGERS = frozenset({"log", "_log", "logger", "_logger", "LOG", "LOGGER", "_LOGGER", "logging"})
_WAITS = frozenset({"futures", "queue", "thread"})
_HANDLED = frozenset({"exc_info", "exception", "format_exc", "print_exc"})
_GIVE_TEXTS = frozenset({"copy", "split", "encode", "decode", "format", "join"})
#: Packages that live in an event loop, or in the main thread.
_LOOPERS = ("aio", "async", "discord", "nats", "pyrogram", "telethon", "tkinter", "tornado", "twisted", "websockets")
_CONTEXT = ("contextvars.", "signal.", "threading.local")


def misfit(module: Module, block: ast.With) -> str | None:
    """Return what a block does that must not happen in a thread, or may not; None where all of it is known to be fit."""
    return _Look(module, block).reason(_DEPTH)


class _Look:
    """One look at a block, or at a function that it calls."""

    def __init__(self, module: Module, root: ast.AST, facts: ModuleFacts | None = None) -> None:
        self._module = module
        self._facts = module.facts if facts is None else facts
        self._root = root
        self._inside = set(ast.walk(root))
        self._pending: set[str] = set()

    def reason(self, depth: int, seen: frozenset[ast.AST] = frozenset()) -> str | None:
        for node in ast.walk(self._root):
            reason = self._node(node, depth, seen | {self._root})
            if reason is not None:
                return reason
        return None

    def _text(self, node: ast.expr) -> str:
        return self._facts.source.segment(node)

    def _node(self, node: ast.AST, depth: int, seen: frozenset[ast.AST]) -> str | None:
        match node:
            case ast.Global() | ast.Nonlocal():
                return f"`{node.names[0]}`, which others see, is bound in it"
            case ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del()):
                if not self._is_own(node.value):
                    return (
                        f"`{self._text(node)}` is changed in it: in a thread, other tasks would see it change meanwhile"
                    )
            case ast.withitem(context_expr=entered) if not isinstance(entered, ast.Call) and not self._is_own(entered):
                return f"what entering `{self._text(entered)}` would do in a thread is not known"
            case ast.Raise(exc=None) if not self._in_own_handler(node):
                return "its `raise` passes on an exception that was caught outside of it"
            case ast.Call():
                return self._call(node, depth, seen)
            case _:
                pass  # harmless in itself
        return None

    # ---- calls ---

    def _call(self, call: ast.Call, depth: int, seen: frozenset[ast.AST]) -> str | None:
        func = call.func
        if last_name(func) in _HANDLED and not self._in_own_handler(call) and self._in_handler(call):
            return f"`{self._text(func)}()` asks for an exception that was caught outside of it"
        for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
            if (reason := self._handed(argument, depth, seen)) is not None:
                return reason
        name = self._module.inference.external_name(self._facts, func)
        if name is not None:
            return self._external(call, name)
        values = list(self._module.inference.values(self._facts, func))
        match values, func:
            case [Function() as function], _:
                return self._function(call, function, depth, seen)
            case [ProjectClass(node=cls)], _:
                plain = not cls.bases and not any(
                    isinstance(one, FUNCTIONS) and one.name in ("__init__", "__new__", "__post_init__")
                    for one in cls.body
                )
                is_raised = isinstance(self._facts.parents.get(call), ast.Raise)
                return None if plain or is_raised else self._unknown(func)
            case _, ast.Attribute(value=receiver, attr=attr):
                return self._method(func, receiver, attr)
            case _:
                return self._unknown(func)

    def _unknown(self, func: ast.expr) -> str:
        return f"what `{self._text(func)}()` would do in a thread is not known"

    def _external(self, call: ast.Call, name: str) -> str | None:
        written = self._text(call.func)
        if name.startswith("asyncio."):
            return f"`{written}()` belongs into the thread of the event loop"
        if name.startswith(_CONTEXT):
            return f"`{written}()` means something else in a thread"
        root = name.partition(".")[0]
        if root.startswith(_LOOPERS):
            return self._unknown(call.func)
        lookup = blocking.extended(self._module.settings.blocking_calls)
        entry = named(lookup, name)
        if entry is None:
            return self._uncatalogued(call, name)
        if entry.category in _WAITS or entry.kind in ("await", "redesign"):
            return f"`{written}()` in it waits for something else than this block"
        own = isinstance(call.func, ast.Attribute) and self._is_own(call.func.value)
        made_here = not isinstance(call.func, ast.Attribute) or self._is_module(call.func.value)
        if entry.affinity == "main_thread" or (entry.affinity is not None and not own and not made_here):
            return f"`{written}()` keeps to one thread"
        return None

    def _uncatalogued(self, call: ast.Call, name: str) -> str | None:
        match call.func:
            case ast.Attribute(value=receiver, attr=attr) if not self._is_module(receiver) and not self._is_own(
                receiver
            ):
                if attr in _CHANGES:
                    return f"`{self._text(call.func)}()` changes what other tasks may see"
            case _:
                pass  # a function, or a method of what is the block's own
        if name in ("setattr", "delattr") and not (call.args and self._is_own(call.args[0])):
            return f"`{name}()` changes what other tasks may see"
        return None

    def _function(self, call: ast.Call, function: Function, depth: int, seen: frozenset[ast.AST]) -> str | None:
        if self._module.inference.is_coroutine_function(function):
            return f"`{self._text(call.func)}()` makes a coroutine"
        if function.node in seen:
            return None
        if not depth:
            return self._unknown(call.func)
        inner = _Look(self._module, function.node, function.facts)
        if (reason := inner.reason(depth - 1, seen)) is not None:
            return f"it calls `{self._text(call.func)}()` ({function.facts.path}:{function.node.lineno}): {reason}"
        return None

    def _handed(self, argument: ast.expr, depth: int, seen: frozenset[ast.AST]) -> str | None:
        """A function that is handed on is called, as likely as not."""
        inner = argument.value if isinstance(argument, ast.Starred) else argument
        if not isinstance(inner, (ast.Name, ast.Attribute)):
            return None
        for value in self._module.inference.values(self._facts, inner):
            match value:
                case Instance(cls=cls) if cls.startswith("asyncio."):
                    return f"`{self._text(inner)}` belongs into the thread of the event loop"
                case Function(node=node, facts=facts) if node not in seen:
                    if not depth or _Look(self._module, node, facts).reason(depth - 1, seen) is not None:
                        return f"what `{self._text(inner)}()` would do in a thread is not known"
                case _:
                    pass  # no code of its own
        return None

    def _method(self, func: ast.Attribute, receiver: ast.expr, attr: str) -> str | None:
        if self._is_own(receiver) or last_name(receiver) in _LOGGERS:
            return None
        if attr in _CHANGES:
            return f"`{self._text(func)}()` changes what other tasks may see"
        return None if attr in _ASKS else self._unknown(func)

    # ---- whose it is ---

    def _is_module(self, node: ast.expr) -> bool:
        while isinstance(node, ast.Attribute):
            node = node.value
        if not isinstance(node, ast.Name):
            return False
        home = self._facts.scope_at(node).find(node.id)
        return home is None or all(one.how in (How.IMPORT, How.FROM, How.CLASS, How.DEF) for one in home[1])

    def _is_own(self, node: ast.expr, *, held: bool = False) -> bool:
        """True for a part of what was made in the block, or in the function around it and nowhere given away yet.

        ``held`` asks for what it holds: a new list may hold an object that others have.
        """
        match node:
            case ast.Attribute(value=value) | ast.Starred(value=value):
                return self._is_own(value, held=held)
            case ast.Subscript(value=value):
                return self._is_own(value, held=True)
            case ast.Call(func=func, args=args):
                if isinstance(func, ast.Attribute) and not self._is_module(func):
                    return self._is_own(func.value, held=held) or func.attr in _GIVE_TEXTS
                if held and last_name(func) in HAND_ON and not all(self._is_own(one, held=True) for one in args):
                    return False
                return self._is_module(func)
            case ast.Name(id=name):
                return self._is_own_name(node, name, held)
            case ast.Await() | ast.IfExp() | ast.BoolOp() | ast.NamedExpr():
                return False
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts) | ast.Dict(values=parts) if held:
                return all(self._is_own(part) for part in parts)
            case _:
                return True  # a display, a constant, a comprehension, the result of an operator

    def _is_own_name(self, node: ast.Name, name: str, held: bool) -> bool:
        home = self._facts.scope_at(node).find(name)
        if home is None or name in self._pending:
            return home is not None
        scope, bindings = home
        function = past_comprehensions(scope)
        here = past_comprehensions(self._facts.scope_at(self._root))
        if function is not here and function.node not in self._inside:
            return False
        self._pending.add(name)
        try:
            return all(self._is_own_binding(one, held) for one in bindings)
        finally:
            self._pending.discard(name)

    def _is_own_binding(self, one: Binding, held: bool) -> bool:
        if isinstance(one.node, (ast.ExceptHandler, ast.AugAssign)):
            return True
        match one.how, one.value:
            case How.ANNOTATION, None:
                return True
            case How.CONTEXT, ast.Call() if one.node in self._inside:
                return True
            case ((How.ASSIGN | How.ANNOTATION | How.CONTEXT | How.ITERATION), ast.expr() as value):
                return self._is_own(value, held=held or bool(one.path) or one.how is How.ITERATION)
            case _:
                return False

    # ---- handlers ---

    def _in_own_handler(self, node: ast.AST) -> bool:
        return any(isinstance(one, ast.ExceptHandler) for one in self._ancestors_inside(node))

    def _in_handler(self, node: ast.AST) -> bool:
        for one in self._facts.ancestors(node):
            if isinstance(one, ast.ExceptHandler):
                return True
            if isinstance(one, (*FUNCTIONS, ast.Lambda)):
                return False
        return False

    def _ancestors_inside(self, node: ast.AST) -> Iterator[ast.AST]:
        for one in self._facts.ancestors(node):
            if one is self._root:
                return
            yield one
