"""The proofs that every new text passes before anybody sees it."""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate

from aiomend.differing import differing
from aiomend.facts.catalog import versions
from aiomend.facts.module import ModuleFacts
from aiomend.facts.scopes import COMPREHENSIONS, FUNCTIONS
from aiomend.facts.tree import children, walk
from aiomend.model import TextEdit
from aiomend.rewriting.lexemes import lexemes
from aiomend.settings import TargetRange, Version
from aiomend.source import Source

#: What a proof knows of a file as it is serves the next one: fixes are proved one by one, and what passed is where the next
#: round begins.
_noted = lru_cache(maxsize=16)


class Refused(Exception):
    """A proof failed. ``proof`` is its name, the text what a person needs to know."""

    def __init__(self, proof: str, reason: str) -> None:
        super().__init__(proof, reason)
        self.proof = proof
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


def prove(
    before: ModuleFacts,
    after: Source,
    edits: Sequence[TextEdit],
    target: TargetRange,
    new_names: Iterable[str],
    recoloured: Collection[str] = (),
    local_functions: Collection[str] = (),
) -> None:
    """Raise Refused where the new text fails a proof.

    ``new_names`` are the functions and classes that helpers add, ``recoloured`` the dotted names of those that may become coroutine
    functions, ``local_functions`` those of plain functions without parameters that appear inside of others, each once.
    """
    _compiles(before.source, after)
    old, new = differing(before.source, after, edits)
    _fits_target(old.tree, new.tree, target)
    _uses_what_exists((before.tree, old.tree), (after.tree, new.tree), target)
    _keeps_comments(old.code, new.code)
    _is_contained(before, after, after.tree, edits)
    _keeps_signatures(old.tree, new.tree, frozenset(new_names), recoloured, local_functions)
    _is_defined_in_time(old.tree, new.tree, after.tree)


def _compiles(before: Source, after: Source) -> None:
    if (error := _compile_error(before.code)) is not None:
        raise Refused("compile", f"the file does not compile before any change ({error})")
    if (error := _compile_error(after.code)) is not None:
        raise Refused("compile", f"the result would not compile ({error})")


@_noted
def _compile_error(code: str) -> str | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(code, "<aiomend>", "exec", dont_inherit=True)
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}"
    except (ValueError, RecursionError, MemoryError) as error:
        return type(error).__name__
    return None


# ---- target ---


def _fits_target(before: ast.Module, after: ast.Module, target: TargetRange) -> None:
    had, has = _constructs(before), _constructs(after)
    for name, (count, version) in has.items():
        if count > had.get(name, (0, version))[0] and not target.all_at_least(version):
            needed = ".".join(map(str, version))
            raise Refused("target", f"{name} needs Python {needed}, the target range is {target}")


@_noted
def _constructs(tree: ast.Module) -> dict[str, tuple[int, Version]]:
    """Count the constructs that not every version of the oldest target has, with the version that brought each."""
    found: Counter[tuple[str, Version]] = Counter()
    stack: list[tuple[ast.AST, bool, int]] = [(tree, False, 0)]
    while stack:
        node, in_fstring, depth = stack.pop()
        match node:
            case ast.JoinedStr():
                in_fstring = True
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                in_fstring, depth = False, 0
            case ast.NamedExpr():
                found["an assignment expression", (3, 8)] += 1
            case ast.Match():
                found["match", (3, 10)] += 1
            case ast.TryStar():
                found["except*", (3, 11)] += 1
            case ast.Await():
                if in_fstring:
                    found["await in an f-string", (3, 7)] += 1
                if depth > 1:
                    found["await in a nested comprehension", (3, 11)] += 1
            case _:
                pass  # every target has it
        inner = depth + isinstance(node, COMPREHENSIONS)
        stack.extend((child, in_fstring, inner) for child in children(node))
    return {name: (count, version) for (name, version), count in found.items()}


_Version = tuple[ast.Module, ast.Module]  #: a whole file, and the part of it that holds the differences


def _uses_what_exists(before: _Version, after: _Version, target: TargetRange) -> None:
    (old_file, old), (new_file, new) = before, after
    known = _imports(old_file)
    if _imports(old) == _imports(new):
        had, used = _asyncio_names(old, known), _asyncio_names(new, known)
    else:  # names may mean something else anywhere
        had, used = _asyncio_names(old_file, known), _asyncio_names(new_file, _imports(new_file))
    for (name, keyword), count in used.items():
        if count <= had[name, keyword]:
            continue  # not new
        has = versions.accepts(name, keyword) if keyword else versions.lifetime(name)
        if has is not None and not has.covers(target):
            what = f"{keyword}= of {name}()" if keyword else name
            raise Refused("target", f"{what} {has}, the target range is {target}")


@_noted
def _imports(tree: ast.Module) -> tuple[tuple[str, str], ...]:
    """Return the names under which asyncio, or something of it, is imported, with what they stand for."""
    found: list[tuple[str, str]] = []
    for node in walk(tree):
        match node:
            case ast.Import(names=names):
                found += [(one.asname, one.name) for one in names if one.asname and one.name == "asyncio"]
            case ast.ImportFrom(module="asyncio", level=0, names=names):
                found += [(one.asname or one.name, f"asyncio.{one.name}") for one in names]
            case _:
                pass  # brings nothing of asyncio
    return tuple(found)


@_noted
def _asyncio_names(tree: ast.Module, imports: tuple[tuple[str, str], ...]) -> Counter[tuple[str, str]]:
    """Count the names that are taken from asyncio, and the keywords with which they are called ("" without)."""
    known = {"asyncio": "asyncio", **dict(imports)}
    found: Counter[tuple[str, str]] = Counter()

    def name_of(node: ast.expr) -> str | None:
        match node:
            case ast.Attribute(value=ast.Name(id=module), attr=attr) if known.get(module) == "asyncio":
                return f"asyncio.{attr}"
            case ast.Name(id=name):
                return known.get(name)
            case _:
                return None

    for node in walk(tree):
        match node:
            case ast.ImportFrom(module="asyncio", level=0, names=names):
                found.update((f"asyncio.{one.name}", "") for one in names)
            case ast.Attribute() if (name := name_of(node)) is not None:
                found[name, ""] += 1
            case ast.Call(func=func, keywords=keywords) if (name := name_of(func)) is not None:
                found.update((name, one.arg) for one in keywords if one.arg is not None)
            case _:
                pass  # names nothing of asyncio
    return found


# ---- comments ---


def _keeps_comments(before: str, after: str) -> None:
    if "#" not in before:
        return
    lost = _comments(before) - _comments(after)
    if lost:
        raise Refused("comments", f"it would lose a comment: {next(iter(lost))[:60]}")


@_noted
def _comments(code: str) -> Counter[str]:
    if (found := lexemes(code)) is not None:
        return Counter(text.rstrip() for _, text in found if text.startswith("#"))
    try:
        tokens = tokenize.generate_tokens(io.StringIO(code, newline="").readline)
        return Counter(token.string.rstrip() for token in tokens if token.type == tokenize.COMMENT)
    except (tokenize.TokenError, SyntaxError) as error:
        raise Refused("comments", f"the comments cannot be read ({error})") from None


# ---- containment ---

_Span = tuple[int, int]


class _Edited:
    """Places of edits in a text, with what asks for them: many statements of many edits."""

    def __init__(self, spans: Iterable[_Span]) -> None:
        inside = sorted(spans)
        self._begins = [begin for begin, _ in inside]
        self._furthest = list(accumulate((stop for _, stop in inside), max))

    def touch(self, start: int, end: int) -> bool:
        """True where some edit begins before ``end`` and stops behind ``start``."""
        before = bisect_left(self._begins, end)
        return before > 0 and self._furthest[before - 1] > start


def _is_contained(before: ModuleFacts, after: Source, tree: ast.Module, edits: Sequence[TextEdit]) -> None:
    """The trees are alike but for the statements that the edits touch."""
    old: list[_Span] = []
    new: list[_Span] = []
    shift = 0
    for edit in edits:
        # Where a decorator goes and nothing else, what it stood above is edited, not only what is gone.
        is_decorator = not edit.text and before.source.text[edit.start : edit.end].lstrip().startswith("@")
        more = _indentation(before.source.text, edit.end) + 1 if is_decorator else 0
        old.append((edit.start, edit.end + more))
        new.append((edit.start + shift, edit.start + shift + len(edit.text) + more))
        shift += len(edit.text) - (edit.end - edit.start)
    untouched_old = list(_untouched(before.source, before.tree.body, _Edited(old)))
    untouched_new = list(_untouched(after, tree.body, _Edited(new)))
    if len(untouched_old) != len(untouched_new) or not all(map(_is_alike, untouched_old, untouched_new)):
        raise Refused("containment", "it would change code outside the edited statements")


def _indentation(text: str, start: int) -> int:
    """Return how many blanks and tabs stand at a place."""
    end = start
    while text.startswith((" ", "\t"), end):
        end += 1
    return end - start


#: A statement that no edit touches, with its text; or the head of one that some edit touches, as a text alone.
_Untouched = tuple[str, ast.stmt | None]


def _is_alike(one: _Untouched, other: _Untouched) -> bool:
    """True for the same code: what is written alike is read alike."""
    (text, statement), (text_after, statement_after) = one, other
    if statement is None or statement_after is None:
        return statement is statement_after and text == text_after
    return text == text_after or ast.dump(statement) == ast.dump(statement_after)


def _untouched(source: Source, body: Sequence[ast.stmt], edited: _Edited) -> Iterator[_Untouched]:
    for statement in body:
        start, end = source.span(statement)
        start = min([start, *(source.span(one)[0] for one in getattr(statement, "decorator_list", []))])
        if _blocks(statement):  # lines put in behind it may be a block of it, such as a new `finally`
            line = source.line_of(end)
            end = 1 + (source.starts[line] if line < len(source.starts) else len(source.text))
        if not edited.touch(start, end):
            yield source.code[start : source.span(statement)[1]], statement
            continue
        yield from _inside(source, statement, start, edited)


def _inside(source: Source, statement: ast.stmt, start: int, edited: _Edited) -> Iterator[_Untouched]:
    """What is left of a statement that an edit touches: its head where that is untouched, and its blocks."""
    blocks = _blocks(statement)
    if not blocks:
        return
    first = source.span(blocks[0][0])[0]
    if not edited.touch(start, first):
        yield _head(statement), None
    for block in blocks:
        yield from _untouched(source, block, edited)


def _blocks(statement: ast.stmt) -> list[list[ast.stmt]]:
    found = [getattr(statement, "body", [])]
    found += [handler.body for handler in getattr(statement, "handlers", [])]
    found += [case.body for case in getattr(statement, "cases", [])]
    found += [getattr(statement, "orelse", []), getattr(statement, "finalbody", [])]
    return [block for block in found if block]


def _head(statement: ast.stmt) -> str:
    hidden = ("body", "orelse", "handlers", "finalbody", "cases")
    fields = [(name, value) for name, value in ast.iter_fields(statement) if name not in hidden]
    return type(statement).__name__ + repr(
        [(name, [ast.dump(v) if isinstance(v, ast.AST) else v for v in (value if isinstance(value, list) else [value])])
         for name, value in fields]
    )  # fmt: skip


# ---- signatures and colours ---

_NO_PARAMETERS = ast.dump(ast.arguments([], [], None, [], [], None, []))


def _keeps_signatures(
    before: ast.Module,
    after: ast.Module,
    new_names: frozenset[str],
    recoloured: Collection[str],
    local_functions: Collection[str],
) -> None:
    had, has = _signatures(before).copy(), _signatures(after)
    for name, may in Counter(recoloured).items():  # functions of one name may stand in branches of an `if`
        gone = [one for one in (had - has).elements() if one[0] == name and not one[2]]
        made = {one[1] for one in (has - had).elements() if one[0] == name and one[2]}
        for _, args, _ in [one for one in gone if one[1] in made][:may]:
            had[name, args, False] -= 1
            had[name, args, True] += 1
    had.update((name, _NO_PARAMETERS, False) for name in local_functions)
    lost = had - has
    if lost:
        raise Refused("signature", f"it would change the signature or colour of {next(iter(lost))[0]}()")
    gained = [name for name, *_ in (has - had) if name.partition(".")[0] not in new_names]
    if gained:
        raise Refused("signature", f"it would add a function {gained[0]}()")


@_noted
def _signatures(tree: ast.Module) -> Counter[tuple[str, str, bool]]:
    """Count the functions of a file by dotted name, parameters, and whether they are coroutine functions."""
    found: Counter[tuple[str, str, bool]] = Counter()
    stack: list[tuple[ast.AST, str]] = [(tree, "")]
    while stack:
        node, prefix = stack.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            name = f"{prefix}{node.name}"
            if not isinstance(node, ast.ClassDef):
                found[name, ast.dump(node.args), isinstance(node, ast.AsyncFunctionDef)] += 1
            prefix = f"{name}."
        stack += [(child, prefix) for child in children(node)]
    return found


# ---- order ---


def _is_defined_in_time(old: ast.Module, new: ast.Module, after: ast.Module) -> None:
    """No function of the file is used anew by code that runs above its definition; ``old`` and ``new`` are what differs."""
    had = _uses(old)
    defined = {node.name: at for at, node in enumerate(after.body) if isinstance(node, FUNCTIONS)}
    has = _uses(new)
    for name in (name for name in has if name in defined and has[name] > had[name]):
        above = after.body[: defined[name]]
        users = [at for at, statement in enumerate(above) if name in _loads(statement)]
        if users and any(map(_runs, above[users[0] :])):
            raise Refused("order", f"{name}() is defined below the code that would call it; move it up")


@_noted
def _uses(tree: ast.Module) -> Counter[str]:
    return Counter(_loads(tree))


def _loads(tree: ast.AST) -> Iterator[str]:
    """Yield the names that code takes from around it, as often as it does: not what a function calls its parameters."""
    stack: list[tuple[ast.AST, frozenset[str]]] = [(tree, frozenset())]
    while stack:
        node, own = stack.pop()
        match node:
            case ast.Name(id=name, ctx=ast.Load()) if name not in own:
                yield name
            case ast.FunctionDef(args=args) | ast.AsyncFunctionDef(args=args) | ast.Lambda(args=args):
                own |= {one.arg for one in walk(args) if isinstance(one, ast.arg)}
            case _:
                pass  # takes nothing itself
        stack += ((child, own) for child in children(node))


def _runs(statement: ast.stmt) -> bool:
    """True for a statement of the top level that may call what stands above it, or in it."""
    is_definition = isinstance(statement, (*FUNCTIONS, ast.Import, ast.ImportFrom))
    return not is_definition and any(isinstance(node, ast.Call) for node in walk(statement))
