"""The tables of asyncio against the interpreters that are installed: names, versions, parameters, who is a coroutine."""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from aiomend.facts.catalog.interfaces import canonical, interfaces
from aiomend.facts.catalog.versions import Lifetime, accepts, lifetime, moved, names, parameters
from aiomend.settings import TargetRange

VERSIONS = [(3, minor) for minor in range(6, 14)]
_RELEASE = re.compile(r"3\.(\d+)\.\d+")

#: Prints what this interpreter's asyncio has: kind, parameters, base classes. It runs on 3.6.
PROBE = r"""
import asyncio, asyncio.base_events, importlib, inspect, json, sys, types, warnings
warnings.simplefilter("ignore")

def is_coroutine(o):
    generator = getattr(getattr(o, "__code__", None), "co_flags", 0) & 0x100
    return bool(inspect.iscoroutinefunction(o) or generator or getattr(o, "_is_coroutine", None))

def parameters(o, bound):
    try:
        found = list(inspect.signature(o).parameters.values())
    except (ValueError, TypeError):
        return None
    stars = {"VAR_POSITIONAL": "*", "VAR_KEYWORD": "**"}
    refused = getattr(asyncio.locks, "mixins", None)  # the loop that 3.10 still lists, and refuses
    marker = getattr(refused, "_marker", found)
    kept = [p for p in found[bound:] if p.default is not marker]
    return [stars.get(p.kind.name, "") + p.name for p in kept]

def tell(name, o):
    if not isinstance(o, type):
        kind = "coroutine" if is_coroutine(o) else "function" if callable(o) else "value"
        out[name] = [kind, parameters(o, 0) if callable(o) else None]
        return
    out[name] = ["class", parameters(o, 0)]
    for attr in dir(o):
        if attr.startswith("_") or hasattr(BaseException, attr) and issubclass(o, BaseException):
            continue
        x = inspect.getattr_static(o, attr)
        f = getattr(x, "__func__", x)
        if isinstance(x, property) or not (callable(f) or inspect.ismethoddescriptor(f)):
            out[name + "." + attr] = ["value", None]
        else:
            out[name + "." + attr] = ["coroutine" if is_coroutine(f) else "function", parameters(f, 1)]

out = {}
for n in dir(asyncio):
    o = getattr(asyncio, n)
    if not n.startswith("_") and not isinstance(o, types.ModuleType):
        if getattr(o, "__module__", "asyncio").split(".")[0] in ("asyncio", "_asyncio", "concurrent"):
            tell("asyncio." + n, o)
tell("asyncio.subprocess.Process", asyncio.subprocess.Process)
if not hasattr(asyncio, "Server"):
    tell("asyncio.Server", asyncio.base_events.Server)
    del out["asyncio.Server"]
# What the loops of CPython have is what their abstract class is known for.
for attr in list(out):
    owner, _, method = attr.rpartition(".")
    if owner == "asyncio.SelectorEventLoop" and out[attr][0] != "value":
        out["asyncio.AbstractEventLoop." + method] = out[attr]

def find(name):
    parts = name.split(".")
    for at in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:at]))
            break
        except ImportError:
            continue
    for part in parts[at:]:
        found = getattr(found, part)
    return found

def state(name, successor):
    try:
        found = find(name)
    except AttributeError:
        return "gone"
    return "same" if successor and found is find(successor) else "there"

out["moved"] = {name: state(name, successor) for name, successor in json.loads(sys.argv[1]).items()}
print(json.dumps(out))
"""


@functools.cache
def _measured(version: tuple[int, int]) -> dict[str, list[Any]]:
    """Return what an interpreter says of its asyncio; skips where that version is not installed."""
    return {name: one for name, one in _asked(version).items() if name != "moved"}


@functools.cache
def _asked(version: tuple[int, int]) -> dict[str, Any]:
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for folder in sorted((root / "versions").glob(f"3.{version[1]}.*")):
        if _RELEASE.fullmatch(folder.name):
            asked = json.dumps({name: one.successor for name, one in moved().items()})
            command = [str(folder / "bin" / "python"), "-c", PROBE, asked]
            done = subprocess.run(command, capture_output=True, timeout=60, check=True)
            found: dict[str, Any] = json.loads(done.stdout)
            return found
    pytest.skip(f"no Python 3.{version[1]} under {root}")


def _has(name: str, version: tuple[int, int]) -> bool:
    owner = name.rpartition(".")[0]
    there = [lifetime(one) for one in (name, owner) if one not in ("asyncio", "asyncio.subprocess", "asyncio.Server")]
    if name == "asyncio.Server":
        there = [lifetime(name)]
    return all(one.covers(TargetRange(version, version)) for one in there)


def _listed(name: str, table: dict[str, str]) -> bool:
    """A method counts where its class, or one that it inherits from, lists it."""
    owner, _, attr = name.rpartition(".")
    if name in table:
        return True
    return any(_listed(f"{base}.{attr}", table) for base in interfaces().bases.get(owner, ()))


every_version = pytest.mark.parametrize("version", VERSIONS, ids="{0[0]}.{0[1]}".format)


@every_version
def test_names_are_there_in_the_versions_that_the_table_says_and_in_no_others(version: tuple[int, int]) -> None:
    measured = _measured(version)
    wrong = [name for name in sorted(names()) if (name in measured) != _has(name, version)]
    assert wrong == []


@every_version
def test_no_public_name_is_missing(version: tuple[int, int]) -> None:
    table = interfaces()
    missing = [
        name
        for name, (kind, _) in sorted(_measured(version).items())
        if kind != "value"
        and canonical(name) == name
        and not (name in table.bases if kind == "class" else _listed(name, table.returns | table.coroutines))
    ]
    assert missing == []


#: In 3.6 these give a future, and the abstract server is written without `async`: the table speaks of 3.7 and later.
_OTHERWISE_IN_3_6 = [
    "asyncio.AbstractEventLoop.getaddrinfo",
    "asyncio.AbstractEventLoop.getnameinfo",
    "asyncio.AbstractEventLoop.sock_accept",
    "asyncio.AbstractEventLoop.sock_recv",
    "asyncio.AbstractEventLoop.sock_sendall",
    "asyncio.AbstractServer.wait_closed",
]


@every_version
def test_a_coroutine_function_is_one_and_nothing_else_is(version: tuple[int, int]) -> None:
    table = interfaces()
    wrong = []
    for name, (kind, _) in sorted(_measured(version).items()):
        if kind not in ("coroutine", "function") or canonical(name) != name:
            continue  # a value, a class, or known by another name
        if _listed(name, table.coroutines) != (kind == "coroutine"):
            wrong.append(name)
    assert wrong == (_OTHERWISE_IN_3_6 if version == (3, 6) else [])


@every_version
def test_parameters_are_accepted_in_the_versions_that_the_table_says(version: tuple[int, int]) -> None:
    target = TargetRange(version, version)
    wrong = []
    for name, (_, given) in sorted(_measured(version).items()):
        known = parameters(name) if canonical(name) == name else None
        if given is None or known is None:
            continue  # C code that does not say, or a value
        says = {one for one, has in known.items() if has.covers(target)}
        if says != set(given):
            wrong.append((name, sorted(says ^ set(given))))
    assert wrong == []


@every_version
def test_names_inside_of_asyncio_are_gone_when_the_table_says_so_and_the_others_are_the_same(
    version: tuple[int, int],
) -> None:
    wrong = []
    for name, state in _asked(version)["moved"].items():
        expected = "gone" if version >= moved()[name].gone else "same" if moved()[name].successor else "there"
        if state != expected and name not in _YOUNGER.get(version, ()):
            wrong.append((name, state, expected))
    assert wrong == []


#: `_get_event_loop` was there in two versions only.
_YOUNGER = {(3, minor): {"asyncio.events._get_event_loop"} for minor in (6, 7, 8, 9)}


def test_what_is_not_listed_has_no_limit_and_a_keyword_of_nobody_is_not_known() -> None:
    assert lifetime("asyncio.sleep") == Lifetime()
    assert accepts("asyncio.sleep", "nothing") is None
    assert parameters("elsewhere.sleep") is None


def test_the_table_is_asked_by_any_spelling_of_a_name() -> None:
    assert lifetime("asyncio.tasks.create_task") == Lifetime((3, 7))
    assert accepts("asyncio.sleep", "loop") == Lifetime(gone=(3, 10))
    assert accepts("asyncio.SelectorEventLoop.create_task", "name") == Lifetime((3, 8))
    assert not lifetime("asyncio.coroutine").covers(TargetRange((3, 8), (3, 11)))
    assert lifetime("asyncio.coroutine").covers(TargetRange((3, 8), (3, 10)))
