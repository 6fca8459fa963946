"""AIO003: `async` and `await` as names."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from aiomend.facts.async_names import AsyncName, async_names, imports_async, is_asyncio
from aiomend.facts.module import ModuleFacts
from aiomend.facts.patched import patched_texts
from aiomend.facts.scopes import How
from aiomend.facts.version_branches import is_version_branch
from aiomend.facts.view import Module
from aiomend.listing import Spot
from aiomend.model import Evidence, Impact, Safety
from aiomend.rewriting import syntax
from aiomend.rewriting.edits import Edit, Replace, Wrap
from aiomend.rules.legacy.fallbacks import collapsed
from aiomend.rules.rule import Fix, Part, Rule

if TYPE_CHECKING:
    import libcst as cst

_NEW = "ensure_future"
_SHOWN = 5  #: places that evidence names


class AsyncAsName(Rule):
    """Call `asyncio.ensure_future()` by a name that Python can still read.

    `async` and `await` became keywords in Python 3.7: a file that uses one of them as a name cannot even be imported there.
    The name that asyncio itself had, `asyncio.async()`, has been `asyncio.ensure_future()` since 3.4.4, and is gone in
    3.7; `getattr(asyncio, "async")` compiles everywhere and fails there.

    Before:

    ```python
    import asyncio

    def start(job):
        return asyncio.async(job())
    ```

    After:

    ```python
    import asyncio

    def start(job):
        return asyncio.ensure_future(job())
    ```

    A test that puts something in its place, `patch("work.asyncio.async")`, follows: all uses of the name and the texts that
    name it are one fix then.

    A choice between both names, by a test of the version or a handler, becomes the new one where nothing else depends on it.

    Fix safety: safe. Both names are one function. Whatever else in the file bears such a name (parameters, keyword
    arguments, attributes, functions, modules) is for a person: it has other users, and needs a new name.

    Silent when nothing in the file is called `async` or `await`, and where `getattr()` has another default
    or stands in a branch for versions that have no other name.
    """

    code = "AIO003"
    name = "async-as-name"
    safety = Safety.SAFE
    impact = Impact.BUG
    triggers = frozenset({"async", "await"})
    spots = (
        Spot(b"async", behind=rb"(?!(?:[ \t\f]|\\\r?\n)+(?:def|for|with)\b)"),
        Spot(
            b"await",
            before=rb"\b(?:def|class|import|as|lambda|global|nonlocal)\s+|[.*]\s*",
            behind=rb"\s*(?:[=),.:\]}\r\n]|$|\bfor\b)",
        ),
    )

    def find(self, module: Module) -> Iterator[Fix]:
        """Yield the uses of asyncio's old name, and what else is called like a keyword."""
        others: list[AsyncName] = []
        handled: set[ast.AST] = set()
        names = list(async_names(module))
        for one in names:
            match one.node:
                case ast.Attribute(value=owner) as node if one.word == "async" and is_asyncio(module, owner):
                    yield self._renamed(module, node, Replace(node, _ensured))
                case ast.alias() if isinstance(one.place, ast.ImportFrom) and imports_async(module, one.place):
                    if one.place not in handled:
                        handled.add(one.place)
                        yield self._imported(module, one.place)
                case ast.Name() as node if _is_from_asyncio(module, node):
                    pass  # goes with its import
                case _:
                    others.append(one)
        yield from self._reported(module, others)
        for call in module.facts.calls:
            if (edit := _got_by_text(module, call)) is not None:
                if collapsed(module, call, "async", _NEW) is None and is_version_branch(module.facts, call):
                    continue  # for versions that have no other name; the others never get here
                if _is_last_resort(module, call):
                    continue  # likewise
                yield self._renamed(module, call, edit)

    def _renamed(self, module: Module, node: ast.expr, edit: Edit) -> Fix:
        message = (
            f"`{' '.join(module.text(node).split())}` is gone in Python 3.7; `asyncio.{_NEW}` is the same function"
        )
        whole = collapsed(module, node, "async", _NEW)
        if whole is None and _is_given_its_new_name(module, node):
            return self.manual(module, node, message, f"`asyncio.{_NEW}` is there by now: take the whole fallback out")
        texts = list(patched_texts(module.inference, "asyncio", "async")) if whole is None else []
        if texts and isinstance(node, ast.Attribute):
            evidence = tuple(
                Evidence(facts.path, text.lineno, "something is put in its place by that name") for facts, text in texts
            )
            return self.joint(module, node, message, _together(module, texts), evidence)
        return self.fix(module, node, message, edit if whole is None else whole)

    def _imported(self, module: Module, statement: ast.ImportFrom) -> Fix:
        line = module.phrase(statement)
        message = f"`{line}` is a syntax error since Python 3.7; `{_NEW}` is the same function"
        stand_in = next(one for one, word in module.source.placeholders if word == "async")
        uses = [name for name in module.facts.names.get(stand_in, ()) if _is_from_asyncio(module, name)]
        is_plain = any(alias.name == stand_in and alias.asname is None for alias in statement.names)
        if is_plain and (reason := _why_not_renamed(module, statement, stand_in, uses)) is not None:
            return self.manual(module, statement, message, reason)
        whole = collapsed(module, statement, "async", _NEW)
        first = whole or Wrap((statement,), lambda body: syntax.with_imported(body, stand_in, _NEW))
        edits = [Replace(use, lambda _: syntax.expression(_NEW)) for use in uses] if is_plain else []
        return self.fix(module, statement, message, first, *edits)

    def _reported(self, module: Module, others: Sequence[AsyncName]) -> Iterator[Fix]:
        """One finding for each thing that is called so, at its first place."""
        ordered = sorted(others, key=lambda one: (one.word, one.kind))
        for (word, kind), group in groupby(ordered, key=lambda one: (one.word, one.kind)):
            first, *rest = sorted(group, key=lambda one: one.line)
            message = (
                f"`{word}` is a keyword since Python 3.7, and the name of {kind} here: no later version reads this file"
            )
            lines = sorted({one.line for one in rest} - {first.line})[:_SHOWN]
            evidence = tuple(Evidence(module.path, line, f"`{word}` is {kind} here too") for line in lines)
            reason = f"give it another name, such as `{word}_`, with everybody who uses it"
            yield self.manual(module, first.place, message, reason, evidence)


def _is_given_its_new_name(module: Module, node: ast.expr) -> bool:
    """True for `asyncio.ensure_future = asyncio.async`."""
    match module.facts.parents[node]:
        case ast.Assign(targets=[ast.Attribute(attr=name)], value=value):
            return name == _NEW and value is node
        case _:
            return False


def _ensured(node: cst.BaseExpression) -> cst.BaseExpression:
    return syntax.with_method(node, _NEW)


def _renamed_text(node: cst.BaseExpression) -> cst.BaseExpression:
    return syntax.with_last_word(node, _NEW)


def _together(module: Module, texts: Sequence[tuple[ModuleFacts, ast.Constant]]) -> tuple[Part, ...]:
    """Return what changes every use of asyncio's old name, and the texts that name it, in all files."""
    edits: dict[ModuleFacts, list[Edit]] = defaultdict(list)
    for facts, text in texts:
        edits[facts].append(Replace(text, _renamed_text))
    for path in module.inference.project.files_mentioning("async") or ():
        home = module.beside(path)
        for one in async_names(home) if home is not None else ():
            match one.node:
                case ast.Attribute(value=owner) as node if home is not None and is_asyncio(home, owner):
                    if one.word == "async" and collapsed(home, node, "async", _NEW) is None:
                        edits[home.facts].append(Replace(node, _ensured))
                case _:
                    pass  # another name
    return tuple(Part(facts, tuple(changes)) for facts, changes in edits.items())


def _is_from_asyncio(module: Module, node: ast.Name) -> bool:
    """True for a name that nothing but `from asyncio import async` binds."""
    found = module.facts.scope_at(node).find(node.id)
    return found is not None and all(
        binding.how is How.FROM
        and isinstance(binding.node, ast.ImportFrom)
        and binding.member == node.id
        and imports_async(module, binding.node)
        for binding in found[1]
    )


def _why_not_renamed(module: Module, statement: ast.ImportFrom, stand_in: str, uses: Sequence[ast.Name]) -> str | None:
    scope = module.facts.scope_at(statement)
    bindings = scope.bindings.get(stand_in, ())
    if any(binding.node is not statement and binding.how is not How.FROM for binding in bindings):
        return "something else in the file is called `async` too"
    for place in (statement, *uses):
        found = module.facts.scope_at(place).find(_NEW)
        if found is not None and any(one.how is not How.FROM or one.target != "asyncio" for one in found[1]):
            return f"`{_NEW}` means something else in the file"
    if module.is_shared("async"):
        return "other files may take `async` from here"
    return None


def _is_last_resort(module: Module, call: ast.Call) -> bool:
    """True for the second of `getattr(asyncio, "ensure_future", None) or getattr(asyncio, "async")`."""
    match module.facts.parents[call]:
        case ast.BoolOp(op=ast.Or(), values=[first, *others]):
            return call in others and _NEW in module.text(first)
        case _:
            return False


def _got_by_text(module: Module, call: ast.Call) -> Edit | None:
    """Return what writes `getattr(asyncio, "async")` as the attribute that it gets on old versions."""
    match call:
        case ast.Call(func=ast.Name(id="getattr"), args=[owner, ast.Constant(value="async"), *default], keywords=[]):
            pass
        case _:
            return None
    if not is_asyncio(module, owner) or module.name_of(call.func) != "getattr":
        return None
    if default and module.name_of(default[0]) != f"asyncio.{_NEW}":
        return None  # what it falls back on is something else, and newer versions have always got that
    text = f"{module.text(owner)}.{_NEW}"
    match module.facts.parents[call]:
        case (
            ast.Call(
                func=ast.Name(id="getattr"), args=[other, ast.Constant(value="ensure_future"), inner], keywords=[]
            ) as around
        ) if inner is call and is_asyncio(module, other):
            return Replace(around, lambda _: syntax.expression(text))
        case _:
            return Replace(call, lambda _: syntax.expression(text))
