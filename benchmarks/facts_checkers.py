"""Four type checkers on an erased tree: each in a fresh folder, without any dependency, with the one check that counts."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facts_erasure import CACHE, Erased, Package

from aiomend.settings import TargetRange
from aiomend_cli import typeserver
from aiomend_cli.typeserver import TypeServer

#: The versions that the results are of. pyright's package brings its JavaScript by npm at its first start.
PINNED = {"mypy": "2.4.1", "pyright": "1.1.414", "ty": "0.0.107", "pyrefly": "1.4.1"}
LIMIT = 1800  #: seconds for one tool on one package

_TOOLS = CACHE / "checkers" / "bin"
_NOTHING_INSTALLED = CACHE / "empty" / "bin" / "python"
_RESULTS = CACHE / "results.json"


@dataclass(frozen=True, slots=True)
class Reports:
    """What a tool said about unused coroutines, and what it took."""

    places: tuple[tuple[str, int], ...]
    cpu: float
    wall: float
    failed: str = ""  #: why there is no result; "" where there is one


def _mypy(tree: Path, version: str) -> tuple[list[str], dict[str, str]]:
    options = "--check-untyped-defs --ignore-missing-imports --follow-imports=silent --explicit-package-bases"
    environment = "--no-incremental --cache-dir=/dev/null --no-site-packages --config-file= --output=json"
    return ["mypy", *options.split(), *environment.split(), f"--python-version={version}", "."], {}


def _pyright(tree: Path, version: str) -> tuple[list[str], dict[str, str]]:
    settings = {
        "include": ["."],
        "typeCheckingMode": "off",
        "reportUnusedCoroutine": "error",
        "enableTypeIgnoreComments": False,
        "pythonVersion": version,
        "pythonPlatform": "Linux",
    }
    (tree / "pyrightconfig.json").write_text(json.dumps(settings))
    command = ["pyright", "-p", "pyrightconfig.json", "--outputjson", "--pythonpath", str(_NOTHING_INSTALLED)]
    return command, {"PYRIGHT_PYTHON_FORCE_VERSION": PINNED["pyright"], "NODE_OPTIONS": "--max-old-space-size=8000"}


def _ty(tree: Path, version: str) -> tuple[list[str], dict[str, str]]:
    # Its own file keeps it from looking for a project above.
    (tree / "ty.toml").write_text('[environment]\nroot = ["."]\n')
    options = "--exit-zero --no-respect-ignore-files --output-format=gitlab --ignore=all --error=unused-awaitable"
    return ["ty", "check", *options.split(), f"--python={_NOTHING_INSTALLED}", f"--python-version={version}"], {}


def _pyrefly(tree: Path, version: str) -> tuple[list[str], dict[str, str]]:
    settings = (
        'project-includes = ["**/*.py*"]\nproject-excludes = []\nuse-ignore-files = false\nsearch-path = ["."]\n'
        f'python-version = "{version}"\nskip-interpreter-query = true\n'
    )
    (tree / "pyrefly.toml").write_text(settings)
    return ["pyrefly", "check", "--output-format=json", "--only=unused-coroutine", "--summary=none"], {}


_COMMANDS: dict[str, Callable[[Path, str], tuple[list[str], dict[str, str]]]] = {
    "mypy": _mypy,
    "pyright": _pyright,
    "ty": _ty,
    "pyrefly": _pyrefly,
}


def _places(tool: str, output: str) -> list[tuple[str, int]]:
    """Return path and 1-based line of each report; raises ValueError or KeyError where it is no such output."""
    match tool:
        case "mypy":
            messages = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
            blocking = [m for m in messages if m["severity"] == "error" and m["code"] == "syntax"]
            if blocking:
                raise ValueError(f"stopped at {blocking[0]['file']}:{blocking[0]['line']} {blocking[0]['message']}")
            return [(m["file"], m["line"]) for m in messages if m["code"] == "unused-coroutine"]
        case "pyright":
            found = json.loads(output)["generalDiagnostics"]
            return [
                (one["file"], one["range"]["start"]["line"] + 1)
                for one in found
                if one.get("rule") == "reportUnusedCoroutine"
            ]
        case "ty":
            return [
                (one["location"]["path"], one["location"]["positions"]["begin"]["line"])
                for one in json.loads(output)
                if one["check_name"] == "unused-awaitable"
            ]
        case _:
            return [
                (one["path"], one["line"]) for one in json.loads(output)["errors"] if one["name"] == "unused-coroutine"
            ]


def installed() -> None:
    """Install the pinned checkers and an environment with nothing in it, where they are not there yet."""
    if not _NOTHING_INSTALLED.exists():
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", CACHE / "empty"], check=True)
    if not _TOOLS.exists():
        subprocess.run([sys.executable, "-m", "venv", CACHE / "checkers"], check=True)
    shown = subprocess.run([_TOOLS / "python", "-m", "pip", "list", "--format=json"], check=True, capture_output=True)
    there = {one["name"]: one["version"] for one in json.loads(shown.stdout)}
    missing = [f"{name}=={version}" for name, version in PINNED.items() if there.get(name) != version]
    if missing:
        subprocess.run([_TOOLS / "python", "-m", "pip", "install", "--quiet", *missing], check=True)


def check(tool: str, package: Package, erased: Erased) -> Reports:
    """Return what a tool reports, from the cache where the same version saw the same tree."""
    known = cached(tool, package, erased)
    if known is not None:
        return known
    reports = _run(tool, package, erased)
    results = _stored()
    results[_key(tool, package, erased)] = {
        "places": reports.places,
        "cpu": round(reports.cpu, 2),
        "wall": round(reports.wall, 2),
        "failed": reports.failed,
    }
    partial = _RESULTS.with_suffix(".partial")
    partial.write_text(json.dumps(results, indent=0))
    partial.rename(_RESULTS)
    return reports


def cached(tool: str, package: Package, erased: Erased) -> Reports | None:
    """Return what the pinned version of a tool reported of this very tree, None where it was not asked yet."""
    found = _stored().get(_key(tool, package, erased))
    if found is None:
        return None
    places = tuple((str(path), int(line)) for path, line in found["places"])
    return Reports(places, found["cpu"], found["wall"], found["failed"])


def type_server(package: Package, erased: Erased) -> TypeServer:
    """Return pyrefly's type server on a fresh tree, with nothing installed. Raises UserError where pyrefly is missing."""
    tree = CACHE / "trees" / package.group / package.name
    _lay(tree, erased)
    os.environ["PATH"] = f"{_TOOLS}{os.pathsep}{os.environ['PATH']}"
    oldest = (3, 8) if package.group == "legacy" else (3, 12)
    return typeserver.type_server(tree, list(erased.files), [], TargetRange(oldest, (3, 12)))


def _key(tool: str, package: Package, erased: Erased) -> str:
    return f"{tool} {PINNED[tool]} {package.requirement} {erased.digest}"


def _stored() -> dict[str, Any]:
    return json.loads(_RESULTS.read_text()) if _RESULTS.exists() else {}


def _run(tool: str, package: Package, erased: Erased) -> Reports:
    tree = CACHE / "trees" / package.group / package.name
    _lay(tree, erased)
    # `asyncio.coroutine` left with 3.11; the oldest version that all four know still has it.
    command, extra = _COMMANDS[tool](tree, "3.10" if package.group == "legacy" else "3.12")
    environment = {"PATH": f"{_TOOLS}{os.pathsep}{os.environ['PATH']}", "HOME": os.environ.get("HOME", ""), **extra}
    started, before = time.perf_counter(), _children()
    process = subprocess.Popen(
        [str(_TOOLS / command[0]), *command[1:]],
        cwd=tree,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        output, errors = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return Reports((), _children() - before, time.perf_counter() - started, f"not done in {LIMIT} s")
    cpu, wall = _children() - before, time.perf_counter() - started
    try:
        found = _places(tool, output)
    except (ValueError, KeyError) as error:
        return Reports((), cpu, wall, f"{error} {' '.join(errors.split())[:200]}")
    if process.returncode > 1:
        return Reports((), cpu, wall, f"status {process.returncode}: {' '.join((output + errors).split())[:300]}")
    places = {(_relative(path, tree), line) for path, line in found}
    return Reports(tuple(sorted(places)), cpu, wall)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _relative(path: str, tree: Path) -> str:
    whole = Path(path)
    return (whole.relative_to(tree) if whole.is_absolute() else whole).as_posix()


def _lay(tree: Path, erased: Erased) -> None:
    if tree.exists():
        for old in sorted(tree.rglob("*"), reverse=True):
            old.rmdir() if old.is_dir() else old.unlink()
    for path, data in erased.files.items():
        target = tree / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
