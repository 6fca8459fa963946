"""What a change of one file may mean to the others: what stands in the statements that changed, and what is seen of them from outside."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from aiomend.differing import Part, differing
from aiomend.facts.module import suspends
from aiomend.facts.scopes import FUNCTIONS, Scope, bind_statement
from aiomend.facts.tree import children, walk
from aiomend.facts.words import words
from aiomend.model import TextEdit
from aiomend.rewriting.slices import first_line
from aiomend.source import Source, last_line

_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
_SCOPES = (*FUNCTIONS, ast.ClassDef)
_Node = ast.stmt | ast.ExceptHandler | ast.match_case
_Unit = tuple[tuple[str, ...], str]  #: the headers of the classes around, and the text


@dataclass(frozen=True, slots=True)
class Effect:
    """What is different, for those who asked for a name and for those who know the file."""

    words: Set[bytes]  #: of the statements that are there no more, that are new, or that are in another block now
    is_visible: bool  #: whether something in the file is another thing, or gives another one, than before


@dataclass(frozen=True, slots=True)
class _Statement:
    """A simple statement, or the header of another one."""

    scope: tuple[str, ...]  #: the headers of the definitions around
    blocks: tuple[str, ...]  #: … and of what else is around in the innermost of them
    text: str
    bound: frozenset[str]  #: what it gives to names and attributes that others can get at
    is_result: bool  #: what somebody gets who calls or imports depends on it
    suspends: bool = False  #: it is the header of a function with a suspension point


def effect(before: Source, after: Source, edits: Sequence[TextEdit]) -> Effect:
    """Return what ``edits`` mean, which make ``after`` of ``before``.

    What a function does is seen by those alone who ask for a name in it; what it is, whether it has a suspension point, what it
    returns or yields, and what it puts where others find it, by all who come to it. A name that the file did not hold before was
    not found by anybody.
    """
    old, new = differing(before, after, edits)
    units, units_now = _units(before, old), _units(after, new)
    was, now = Counter(_statements(before, units, units_now)), Counter(_statements(after, units_now, units))
    changed = [*(was - now), *(now - was)]
    seen, seen_now = Counter(map(_anywhere, was.elements())), Counter(map(_anywhere, now.elements()))
    known = _words_in(before.text)
    is_visible = any(one.is_result or one.bound for one in seen - seen_now) or any(
        one.is_result or not known.isdisjoint(_words_in(" ".join(one.bound))) for one in seen_now - seen
    )
    return Effect(_words_in("\n".join(one.text for one in changed)), is_visible)


def _words_in(text: str) -> set[bytes]:
    return words(text.encode("utf-8", "replace"))


def _anywhere(statement: _Statement) -> _Statement:
    """Return a statement as it is seen from outside: which block of its function it is in does not show."""
    return replace(statement, blocks=())


def _units(source: Source, part: Part) -> dict[_Unit, list[ast.stmt]]:
    """Return the statements of the top level and of the classes there, by their scope and text; a class stands for its header."""
    units: dict[_Unit, list[ast.stmt]] = {}
    stack: list[tuple[ast.stmt, tuple[str, ...]]] = [(statement, ()) for statement in part.tree.body]
    while stack:
        node, scope = stack.pop()
        if isinstance(node, ast.ClassDef):
            text = _header(source, node)
            stack += [(one, (*scope, text)) for one in node.body]
        else:
            text = _text(source, first_line(node), last_line(node))
        units.setdefault((scope, text), []).append(node)
    return units


def _statements(
    source: Source, units: Mapping[_Unit, Sequence[ast.stmt]], others: Mapping[_Unit, Sequence[ast.stmt]]
) -> Iterator[_Statement]:
    """Yield the statements of those units that the other version has not, or not as often."""
    for (scope, text), nodes in units.items():
        if len(others.get((scope, text), ())) == len(nodes):
            continue  # it is the same before and after
        for node in nodes:
            if isinstance(node, ast.ClassDef):
                yield _Statement(scope, (), text, _names(node), False)
            else:
                yield from _within(source, node, scope)


def _within(source: Source, unit: ast.stmt, scope: tuple[str, ...]) -> Iterator[_Statement]:
    """Yield a statement and those in its blocks."""
    outer = {
        name for node in walk(unit) if isinstance(node, ast.Global | ast.Nonlocal) for name in node.names
    }  # in any function of it: that costs a look too many at most
    stack: list[tuple[_Node, tuple[str, ...], tuple[str, ...], bool]] = [(unit, scope, (), False)]
    while stack:
        node, scope, blocks, is_local = stack.pop()
        text = _header(source, node)
        names = _names(node)
        bound = names if not is_local or isinstance(node, _SCOPES) else frozenset(_reachable(node)) | (names & outer)
        yield _Statement(scope, blocks, text, bound, _is_result(node), _suspends(node))
        if isinstance(node, _SCOPES):
            stack += [(one, (*scope, text), (), isinstance(node, FUNCTIONS)) for one in node.body]
            continue  # that is the only block of theirs
        for field in _BLOCKS:
            for one in getattr(node, field, ()):
                stack.append((one, scope, blocks if _is_elif(node, one) else (*blocks, f"{field} {text}"), is_local))


def _is_elif(node: _Node, inner: _Node) -> bool:
    """True for an `elif`, or what is as good as one; the last of a long chain is no deeper than the first."""
    return isinstance(node, ast.If) and isinstance(inner, ast.If) and node.orelse == [inner]


def _header(source: Source, node: _Node) -> str:
    """Return the lines of a simple statement, or those above the block of another one, without what they are indented by."""
    inner = next((one for field in _BLOCKS for one in getattr(node, field, ())), None)
    first, last = _first_line(node), getattr(node, "lineno", 0)
    last = max(first, last, _first_line(inner) - 1) if inner is not None else getattr(node, "end_lineno", last)
    return _text(source, first, last)


def _text(source: Source, first: int, last: int) -> str:
    return "\n".join(source.line(number).strip() for number in range(first, last + 1))


def _first_line(node: _Node) -> int:
    match node:
        case ast.match_case(pattern=pattern):
            return pattern.lineno
        case ast.ExceptHandler(lineno=line):
            return line
    return first_line(node)


def _header_nodes(node: _Node) -> Iterator[ast.AST]:
    """Yield the nodes of a statement without those of its blocks."""
    for child in children(node):
        if not isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield from walk(child)


def _names(node: _Node) -> frozenset[str]:
    """Return the names and attributes that a statement gives something to, or takes it from."""
    if isinstance(node, _SCOPES):
        return frozenset({node.name})
    scope, deleted = Scope(ast.Module([], []), None, ""), set[str]()
    for one in (node, *_header_nodes(node)):
        bind_statement(scope, one, "")
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Del):
            deleted.add(one.id)
    return frozenset({*scope.bindings, *deleted, *_reachable(node)})


def _reachable(node: _Node) -> Iterator[str]:
    """Yield the attributes that a statement changes, and whose item it changes."""
    for one in _header_nodes(node):
        match one:
            case ast.Attribute(attr=name, ctx=ast.Store() | ast.Del()):
                yield name
            case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), ctx=ast.Store() | ast.Del()):
                yield name


def _is_result(node: _Node) -> bool:
    match node:
        case ast.Return() | ast.ImportFrom(names=[ast.alias(name="*")]):
            return True
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return False
    return any(isinstance(one, ast.Yield | ast.YieldFrom) for one in _header_nodes(node))


def _suspends(node: _Node) -> bool:
    return isinstance(node, FUNCTIONS) and any(map(suspends, node.body))
