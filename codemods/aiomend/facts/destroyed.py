"""Code of a coroutine that also runs when the coroutine is destroyed, where no loop may be running any more."""

from __future__ import annotations

import ast

from aiomend.facts.module import suspends
from aiomend.facts.scopes import last_name
from aiomend.facts.view import Module

_DESTROYED = frozenset({"BaseException", "GeneratorExit"})


def runs_when_destroyed(module: Module, node: ast.AST) -> str | None:
    """Return the block around a node that runs when a coroutine ends that waits for good; None where no such block is around.

    At the `await` where it stands it gets a GeneratorExit then, which a `finally` and some handlers see.
    """
    here: ast.AST = node
    for parent in module.facts.ancestors(node):
        match parent:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return "`__aexit__()`" if parent.name == "__aexit__" and here in parent.body else None
            case ast.Lambda() | ast.ClassDef():
                return None
            case ast.Try(finalbody=final) | ast.TryStar(finalbody=final) if here in final:
                if any(map(suspends, (*parent.body, *parent.handlers, *parent.orelse))):
                    return "`finally`"
            case ast.Try(body=body, handlers=handlers) if here in handlers and any(map(suspends, body)):
                caught = next(one.type for one in handlers if one is here)
                if _takes_exit(module, caught):
                    return "`except`" if caught is None else f"`except {module.phrase(caught)}`"
            case _:
                pass  # runs in its turn alone
        here = parent
    return None


def _takes_exit(module: Module, caught: ast.expr | None) -> bool:
    match caught:
        case None:
            return True
        case ast.Tuple(elts=parts):
            return any(_takes_exit(module, part) for part in parts)
        case _:
            return last_name(caught) in _DESTROYED
