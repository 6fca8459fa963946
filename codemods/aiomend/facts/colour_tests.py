"""Where code asks of what colour something is: there it may be either, whatever else is known."""

from __future__ import annotations

import ast

from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import called_name
from aiomend.facts.tree import walk

_TESTS = frozenset({"iscoroutinefunction", "iscoroutine", "isawaitable"})


class ColourTests:
    """The tests of each function, noted once."""

    def __init__(self) -> None:
        self._noted: dict[ast.AST, list[tuple[ast.Call, ast.expr]]] = {}

    def asks(self, facts: ModuleFacts, function: ast.AST, name: str) -> bool:
        """True where a function asks whether a name is a coroutine function, a coroutine or awaitable."""
        return _is_asked_in(facts) and any(
            isinstance(asked, ast.Name) and asked.id == name for _, asked in self._in(function)
        )

    def leave_open(self, facts: ModuleFacts, call: ast.Call) -> bool:
        """True for a call of what the function around asks for its colour, but where a test says that it is a coroutine function."""
        if not _is_asked_in(facts):
            return False
        function = facts.function_at(call)
        if function is None:
            return False
        meant = ast.dump(call.func)
        tests = [test for test, asked in self._in(function) if ast.dump(asked) == meant]
        return bool(tests) and not any(_is_under(facts, call, test) for test in tests)

    def _in(self, function: ast.AST) -> list[tuple[ast.Call, ast.expr]]:
        if function not in self._noted:
            self._noted[function] = [
                (node, asked)
                for node in walk(function)
                if isinstance(node, ast.Call) and called_name(node) in _TESTS
                for asked in node.args
            ]
        return self._noted[function]


def _is_asked_in(facts: ModuleFacts) -> bool:
    return any(name in facts.names or name in facts.attributes for name in _TESTS)


def _is_under(facts: ModuleFacts, call: ast.Call, test: ast.Call) -> bool:
    """True where a call stands in the branch that a test leads to."""
    inner: ast.AST = call
    for outer in facts.ancestors(call):
        match outer:
            case ast.If(test=asked, body=body) if asked is test:
                return inner in body
            case ast.IfExp(test=asked, body=chosen) if asked is test:
                return inner is chosen
            case ast.BoolOp(op=ast.And(), values=[first, *rest]) if first is test:
                return inner in rest
            case _:
                inner = outer
    return False
