"""Code that runs on some versions of Python only, because a test or a handler says so."""

from __future__ import annotations

import ast

from aiomend.facts.flow import leaves
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import FUNCTIONS, last_name

#: What code names that asks for the version.
_ASKS = frozenset({"version_info", "hexversion", "python_version", "python_version_tuple"})
#: Errors by which a version shows that it lacks a name or a parameter.
_LACKS = frozenset({"AttributeError", "ImportError", "ModuleNotFoundError", "NameError", "TypeError"})
#: What has more in a newer version, and the same on every platform.
_GROWS = frozenset({"asyncio", "inspect", "types", "Task", "loop"})


def is_version_branch(facts: ModuleFacts, node: ast.AST) -> bool:
    """True where a node runs only on some versions: under a test of the version or of what asyncio has, or as a fallback.

    Such code knows which version it is for, and what is gone elsewhere; so does what a function does that is defined there.
    """
    here, is_later = node, False
    for parent in facts.ancestors(node):
        match parent:
            case ast.If(test=test) | ast.IfExp(test=test) if here is not test and asks_version(facts, test):
                return True
            case ast.BoolOp(values=[first, *_]) if here is not first and asks_version(facts, first):
                return True
            case ast.Try(body=body, handlers=handlers) if here in handlers or (here in body and not is_later):
                lacking = [handler for handler in handlers if _is_lacking(handler)]
                if lacking and _is_short(parent) and not (here in body and _is_of_result(facts, node, lacking)):
                    return True  # a longer one may fail for anything
            case _:
                pass  # says nothing of versions
        if isinstance(here, ast.stmt) and not is_later and _left_before(facts, here):
            return True
        is_later = is_later or isinstance(parent, (*FUNCTIONS, ast.Lambda))
        here = parent
    return False


def _is_of_result(facts: ModuleFacts, node: ast.AST, lacking: list[ast.ExceptHandler]) -> bool:
    """True where the attribute that handlers expect to be lacking is one of what a call gives: `current_task().context`."""
    call = facts.parents[node]
    if not isinstance(call, ast.Call) or call.func is not node or not isinstance(facts.parents[call], ast.Attribute):
        return False
    return not any(
        isinstance(one, ast.Name) and one.id == "asyncio" for handler in lacking for one in ast.walk(handler)
    )


def _left_before(facts: ModuleFacts, statement: ast.stmt) -> bool:
    """True behind `if sys.version_info >= …: return`."""
    if isinstance(facts.parents.get(statement), ast.Module):
        return False  # that is what the whole file asks for
    block = facts.block(statement)
    earlier = block[: block.index(statement)]
    return any(isinstance(one, ast.If) and asks_version(facts, one.test) and leaves(one.body) for one in earlier)


def is_for_python2(facts: ModuleFacts) -> bool:
    """True for a file that asks for trollius, asyncio's backport, and holds nothing yet that Python 2 cannot read."""
    newer = (ast.YieldFrom, ast.AsyncFunctionDef, ast.JoinedStr, ast.AnnAssign, ast.Nonlocal)
    return "trollius" in facts.imported_roots and not any(facts.nodes(kind) for kind in newer)


def asks_version(facts: ModuleFacts, test: ast.expr) -> bool:
    """True where a test comes out by the version of Python, or by what asyncio, inspect or types has there."""
    for node in ast.walk(test):
        match node:
            case ast.Attribute(attr=name) | ast.Name(id=name) if name in _ASKS:
                return True
            case ast.Name(id=name) if _is_flag(facts, node):
                return True
            case ast.Call(func=ast.Name(id="hasattr" | "getattr"), args=[owner, ast.Constant(value=str()), *_]):
                return last_name(owner) in _GROWS
            case ast.Attribute(attr=name) | ast.Name(id=name) if name.upper().startswith(("PY3", "PYTHON3", "PY_3")):
                return True
            case _:
                pass  # asks something else
    return False


def _is_flag(facts: ModuleFacts, node: ast.Name) -> bool:
    """True for a name of the file that was given the outcome of a test of the version."""
    found = facts.scope_at(node).find(node.id)
    values = [binding.value for binding in found[1] if binding.value is not None] if found is not None else []
    return any(
        isinstance(inner, ast.Attribute) and inner.attr in _ASKS for value in values for inner in ast.walk(value)
    )


def _is_lacking(handler: ast.ExceptHandler) -> bool:
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is not None and last_name(kind) in _LACKS for kind in types)


def _is_short(attempt: ast.Try) -> bool:
    """True for a `try` that holds one attempt and no more: in a longer one the error may come from anything."""
    return len(attempt.body) == 1 and not isinstance(attempt.body[0], (ast.For, ast.While, ast.With, ast.AsyncWith))
