"""The calls that stop the event loop, and whether a call as written does. The data is ``blocking.toml``."""

from __future__ import annotations

import ast
import enum
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Literal, TypeVar

from aiomend.facts.catalog import FOLDER
from aiomend.settings import SettingsError, Version

Kind = Literal["executor", "async_api", "await", "redesign"]
Duration = Literal["always", "sometimes", "brief", "cpu"]
Returns = Literal["value", "context_manager", "iterator", "stateful"]
Affinity = Literal["same_thread", "creator_thread", "owner_thread", "main_thread", "not_concurrent"]
Test = Literal["equals", "at_most", "is", "flag", "address", "written", "all", "state"]
State = Literal[
    "receiver-nonblocking", "descriptor-nonblocking", "in-memory", "already-done",
    "unbounded", "cached", "body-read", "small-input",
]  # fmt: skip

Resolve = Callable[[ast.expr], str | None]  #: the qualified name of an expression, None where it is unknown
_Value = TypeVar("_Value")


class Blocks(enum.Enum):
    """What one written call does to the loop."""

    ALWAYS = "always"
    NEVER = "never"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Condition:
    """When a call does not block; ``blocking.toml`` says what each test means."""

    test: Test
    value: bool | int | str | tuple[str, ...]  #: a constant, the names of ``is`` and ``flag``, or a State
    arg: str | None = None  #: None for arguments that are positional only
    position: int | None = None  #: 0-based, without self; None for arguments that are keyword only
    parts: tuple[Condition, ...] = ()  #: of ``all``


@dataclass(frozen=True, slots=True)
class BlockingCall:
    """A callable of the catalogue: ``pkg.mod.func``, ``pkg.Class.method`` or a constructor ``pkg.Class``."""

    name: str
    category: str
    kind: Kind = "executor"
    replacement: str | None = None  #: the awaitable API; for the kind ``executor`` a library worth a look
    drop_in: bool = False  #: the replacement takes the same arguments and gives the same result, once awaited
    fallback: str | None = None  #: ``executor`` where that is a safe second choice
    blocks: Duration = "always"
    returns: Returns = "value"
    affinity: Affinity | None = None
    executor_unsafe: bool = False  #: moving this one call to some pool thread breaks it
    min_python: Version | None = None  #: the first version that has it
    max_python: Version | None = None  #: the last version that has it
    conditions: tuple[Condition, ...] = ()  #: it does not block where one of them holds
    note: str | None = None
    package: str | None = None  #: the distribution that it comes with; None for the standard library
    checked: Literal["import", "docs"] = "import"  #: how the name was confirmed
    sources: tuple[str, ...] = ()  #: who names it as blocking


Lookup = Callable[[str], BlockingCall | None]


@dataclass(frozen=True, slots=True)
class _Catalogue:
    """The data as read."""

    entries: Mapping[str, BlockingCall]
    methods: frozenset[str]  #: the entries that are methods of a class
    classes: frozenset[str]
    aliases: Mapping[str, str]
    bases: Mapping[str, str]
    results: Mapping[str, str]


@cache
def _catalogue() -> _Catalogue:
    data = tomllib.loads((FOLDER / "blocking.toml").read_text("utf-8"))
    entries: dict[str, BlockingCall] = {}
    for family in ("module", "class", "object"):
        for owner, table in data[family].items():
            shared = table.pop("*", {})
            for last, fields in table.items():
                name = f"{owner}.{last}"
                entries[name] = _entry(name, shared | fields, data["notes"])
    return _Catalogue(
        entries=MappingProxyType(entries),
        methods=frozenset(f"{owner}.{last}" for owner, table in data["class"].items() for last in table),
        classes=frozenset({*data["class"], *data["bases"], *data["results"].values()}),
        aliases=data["aliases"],
        bases=data["bases"],
        results=data["results"],
    )


def _entry(name: str, fields: dict[str, Any], notes: Mapping[str, str]) -> BlockingCall:
    shared_note = fields.pop("see", None)
    if shared_note is not None:
        fields.setdefault("note", notes[shared_note])
    for bound in ("min_python", "max_python"):
        if bound in fields:
            major, minor = fields[bound].split(".")
            fields[bound] = (int(major), int(minor))
    if "sources" in fields:
        fields["sources"] = tuple(fields["sources"])
    fields["conditions"] = tuple(_condition(given) for given in fields.pop("nonblocking", ()))
    return BlockingCall(name, **fields)


def _condition(given: Mapping[str, Any]) -> Condition:
    tests = {key: value for key, value in given.items() if key not in ("arg", "position")}
    [(test, value)] = tests.items()
    if test == "all":
        return Condition("all", True, parts=tuple(_condition(part) for part in value))
    if isinstance(value, list):
        value = tuple(value)
    return Condition(test, value, given.get("arg"), given.get("position"))  # type: ignore[arg-type]


def entries() -> Mapping[str, BlockingCall]:
    """Return every entry of the catalogue under its canonical name."""
    return _catalogue().entries


def canonical(name: str) -> str:
    """Return the catalogue's spelling of ``name``: ``requests.get`` for ``requests.api.get``."""
    aliases = _catalogue().aliases
    head, tail = name, ""
    while head:
        if head in aliases:
            return aliases[head] + tail
        head, dot, last = head.rpartition(".")
        tail = dot + last + tail
    return name


def lookup(name: str) -> BlockingCall | None:
    """Return the entry of a qualified name, found by its aliases and by the bases of library classes too."""
    return _inherited(_catalogue().entries, canonical(name))


def _inherited(table: Mapping[str, _Value], name: str) -> _Value | None:
    bases = _catalogue().bases
    owner, _, last = name.rpartition(".")
    while name not in table:
        if owner not in bases:
            return None
        owner = bases[owner]
        name = f"{owner}.{last}"
    return table[name]


def class_of_result(name: str) -> str | None:
    """Return the class, by its canonical name, of the object that ``name`` returns when called.

    Known for every constructor and factory of objects with catalogued methods, and for the steps towards them
    (``Connection.cursor``). ``open`` counts as the text file that it returns by default.
    """
    known = canonical(name)
    if known in _catalogue().classes:
        return known
    return _inherited(_catalogue().results, known)


@cache
def keeps_to_its_thread(cls: str) -> bool:
    """True for a class whose methods only the thread may call that made the object."""
    known = canonical(cls)
    own = {name for name in _catalogue().methods if name.rpartition(".")[0] == known}
    return any(_catalogue().entries[name].affinity == "creator_thread" for name in own)


@cache
def class_names() -> frozenset[str]:
    """Return the classes that have catalogued methods, also inherited ones, or lead to objects that have."""
    return _catalogue().classes


@cache
def method_names() -> frozenset[str]:
    """Return the bare names of all catalogued methods."""
    return frozenset(name.rpartition(".")[2] for name in _catalogue().methods)


@cache
def last_names(pairs: tuple[tuple[str, str], ...] = ()) -> frozenset[str]:
    """Return the last part of every name that an entry, or one of the user's ``pairs``, can be called by."""
    known = _catalogue()
    by_alias = (alias for alias, name in known.aliases.items() if name in known.entries)
    of_user = (name for name, _ in pairs)
    return frozenset(name.rpartition(".")[2] for name in (*known.entries, *by_alias, *of_user))


_USER_KINDS = {
    "executor": "always blocks, runs in an executor instead",
    "manual": "always blocks, is only reported",
    "none": "never blocks",
}


@cache
def extended(pairs: tuple[tuple[str, str], ...]) -> Lookup:
    """Return a lookup where the user's (qualified name, kind) pairs come first; raises SettingsError."""
    own: dict[str, BlockingCall | None] = {}
    for name, kind in pairs:
        _refuse_odd_pair(name, kind)
        known = canonical(name)
        match kind:
            case "executor":
                own[known] = BlockingCall(known, "configured")
            case "manual":
                own[known] = BlockingCall(known, "configured", kind="redesign")
            case "none":
                own[known] = None

    def find(name: str) -> BlockingCall | None:
        known = canonical(name)
        if known in own:
            return own[known]
        entry = lookup(known)
        return own.get(entry.name, entry) if entry else None

    return find


def _refuse_odd_pair(name: str, kind: str) -> None:
    if kind not in _USER_KINDS:
        kinds = ", ".join(f'"{known}" ({meaning})' for known, meaning in _USER_KINDS.items())
        raise SettingsError(f'blocking-calls: {name} = "{kind}" is no kind; write one of {kinds}')
    known = canonical(name)
    if "." not in known or not all(part.isidentifier() for part in known.split(".")):
        raise SettingsError(
            f'blocking-calls: "{name}" is no qualified name; write package.function or package.Class.method'
        )


def verdict(entry: BlockingCall, call: ast.Call, resolve: Resolve) -> Blocks:
    """Return whether ``call``, a call of ``entry``, blocks with the arguments that are written.

    ALWAYS needs every condition of the entry to be provably false, NEVER one that is provably true. An entry
    that blocks sometimes and does not say when is UNKNOWN.
    """
    match _any(_holds(condition, call, resolve) for condition in entry.conditions):
        case True:
            return Blocks.NEVER
        case None:
            return Blocks.UNKNOWN
        case _:
            silent = entry.blocks == "sometimes" and not entry.conditions
            return Blocks.UNKNOWN if silent else Blocks.ALWAYS


def _any(values: Iterable[bool | None]) -> bool | None:
    """The three-valued or: None where only unknown values could make it true."""
    seen = set(values)
    return True if True in seen else None if None in seen else False


def _holds(condition: Condition, call: ast.Call, resolve: Resolve) -> bool | None:
    if condition.test == "state":
        return None  # nothing that is written tells
    if condition.test == "all":
        refuted = _any(_negated(_holds(part, call, resolve)) for part in condition.parts)
        return _negated(refuted)
    written, expression = _argument(condition, call)
    if condition.test == "written":
        return None if written is None else written == condition.value
    if expression is None:
        # hidden behind a star, or left out: the default value blocks, or a `written` condition says otherwise
        return None if written is None else False
    return _compares(condition, expression, resolve)


def _negated(value: bool | None) -> bool | None:
    return None if value is None else not value


def _argument(condition: Condition, call: ast.Call) -> tuple[bool | None, ast.expr | None]:
    """Whether the argument is written (None: a star may bring it), and its expression."""
    for keyword in call.keywords:
        if keyword.arg is not None and keyword.arg == condition.arg:
            return True, keyword.value
    if condition.position is not None:
        if any(isinstance(given, ast.Starred) for given in call.args[: condition.position + 1]):
            return None, None
        if condition.position < len(call.args):
            return True, call.args[condition.position]
    hidden = condition.arg is not None and any(keyword.arg is None for keyword in call.keywords)
    return (None if hidden else False), None


def _compares(condition: Condition, expression: ast.expr, resolve: Resolve) -> bool | None:
    value = condition.value
    if isinstance(value, tuple):
        return _is_named(expression, value, resolve, bits=condition.test == "flag")
    if condition.test == "address":
        return _is_address(expression)
    try:
        literal = ast.literal_eval(expression)
    except (ValueError, TypeError):
        return None  # computed at run time
    if condition.test == "at_most":
        return isinstance(literal, int | float) and literal <= float(value)
    return bool(literal) == value if isinstance(value, bool) else bool(literal == value)


def _is_named(expression: ast.expr, names: tuple[str, ...], resolve: Resolve, *, bits: bool) -> bool | None:
    match expression:
        case ast.Constant(value=None):
            return "None" in names
        case ast.Constant(value=value) if names == ("None",) or (bits and value == 0):
            return False
        case ast.BinOp(left=left, op=ast.BitOr(), right=right) if bits:
            return _any(_is_named(side, names, resolve, bits=bits) for side in (left, right))
    found = resolve(expression)
    if found is None:
        return None
    found = canonical(found)
    owner, _, last = found.rpartition(".")
    # another constant of the same module is another value; whatever else has a name may hold any
    sibling = last.isupper() and any(owner == name.rpartition(".")[0] for name in names)
    return True if found in names else False if sibling else None


def _is_address(expression: ast.expr) -> bool:
    """An expression that is not a literal counts as a host name: that is what programs pass around."""
    match expression:
        case ast.Constant(value=None | ""):
            return True
        case ast.Constant(value=str(text)):
            from ipaddress import ip_address

            try:
                ip_address(text)
            except ValueError:
                return False
            return True
    return False
