"""Compose programs, fix them, and hold the results to what aiomend promises. `benchmarks/trust.py fuzz` runs this.

Each program: no file fails, the result compiles, all comments are there, a second run changes nothing, `fix` and then
`fix --unsafe` is `fix --unsafe`, git takes the patch and it gives the same bytes; and when both are run, a program without
a trap does the same as before, and one with a trap has lost the complaint about it and found no other.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
import tokenize
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trust_grammar import Composed, compose, planted
from trust_traps import TRAPS

from aiomend import Project, Settings
from aiomend.api import MemorySources
from aiomend.diff import unified
from aiomend.report import FileResult, Report, Skip
from aiomend.settings import EVERYTHING
from aiomend.source import decode

_SAFE = Settings()
_UNSAFE = Settings(unsafe=EVERYTHING)
_BENCH = Path(__file__).with_name("trust_bench.py")


@dataclass(slots=True)
class Tally:
    """What became of some programs."""

    programs: int = 0
    changed: int = 0
    mended: Counter[str] = field(default_factory=Counter)  #: traps that are gone, by name
    left: Counter[str] = field(default_factory=Counter)  #: traps that are reported and were not mended
    broken: list[str] = field(default_factory=list)  #: promises that did not hold, with the program


def batch(seeds: Iterable[int], *, patches: bool = True) -> Tally:
    """Compose two programs for each seed, one with a trap and one without, and return what became of them."""
    programs = [make(seed) for seed in seeds for make in (compose, planted)]
    tally = Tally(len(programs))
    results = [_examined(program.name, program.text.encode(), tally) for program in programs]
    tally.changed = sum(program.text.encode() != new for program, (new, _) in zip(programs, results, strict=True))
    befores = run([program.text for program in programs])
    afters = run([decode(program.name, new).text for program, (new, _) in zip(programs, results, strict=True)])
    for program, (_, report), before, after in zip(programs, results, befores, afters, strict=True):
        tally.broken += _compared(program, report, before, after, tally)
    if patches:
        named = {f"{program.name}.py": program.text.encode() for program in programs}
        tally.broken += patch_errors(named, {name: new for name, (new, _) in zip(named, results, strict=True)})
    return tally


# ---- what holds without running anything ---


def broken_promises(name: str, data: bytes) -> list[str]:
    """Return what does not hold of one file, whatever it is."""
    tally = Tally()
    _examined(name, data, tally)
    return tally.broken


def _examined(name: str, data: bytes, tally: Tally) -> tuple[bytes, Report]:
    """Return the fixed file and the report on it."""
    report = _report(name, data, _UNSAFE)
    new = _result(name, data, report)
    for file in report.files:
        if file.skip is Skip.FAILED:
            tally.broken.append(f"{name}: aiomend failed: {file.detail}")
    tally.broken += [f"{name}: {note}" for note in report.notes]
    tally.broken += [
        f"{name}: refused {one.code} {one.proof}: {one.reason}"
        for one in report.refusals
        if one.proof in {"compile", "shape", "comments", "containment", "signature", "rewrite"}
    ]
    if new != data:
        if (error := compile_error(data)) is not None:
            tally.broken.append(f"{name}: changed, though it did not compile: {error}")
        elif (error := compile_error(new)) is not None:
            tally.broken.append(f"{name}: does not compile any more: {error}")
        if lost := comments(name, data) - comments(name, new):
            tally.broken.append(f"{name}: lost {sorted(lost)}")
        if _result(name, new, _report(name, new, _UNSAFE)) != new:
            tally.broken.append(f"{name}: a second run changes it again")
    safe = _result(name, data, _report(name, data, _SAFE))
    if safe != data and _result(name, safe, _report(name, safe, _UNSAFE)) != new:
        tally.broken.append(f"{name}: fix and then fix --unsafe is not fix --unsafe")
    return new, report


def _report(name: str, data: bytes, settings: Settings) -> Report:
    return Project(MemorySources({f"{name}.py": data}), lambda _: settings).run()


def _result(name: str, data: bytes, report: Report) -> bytes:
    return next((file.new for file in report.changed if file.path == f"{name}.py" and file.new is not None), data)


def compile_error(data: bytes) -> str | None:
    """Return why some code does not compile, None where it does."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(data, "<fuzz>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return f"{type(error).__name__}: {error}"
    return None


def comments(name: str, data: bytes) -> Counter[str]:
    """Return the comments of some code, and how often each stands there; none of code that is no Python."""
    lines = io.StringIO(decode(name, data).text, newline="").readline
    try:
        return Counter(
            token.string.rstrip() for token in tokenize.generate_tokens(lines) if token.type == tokenize.COMMENT
        )
    except (tokenize.TokenError, SyntaxError):
        return Counter()


def patch_errors(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[str]:
    """Return what git has to say against the patch that leads from some files to others."""
    changed = {name for name in before if before[name] != after[name]}
    patch = b"".join(unified(FileResult(name, before[name], after[name]), name) for name in sorted(changed))
    if not patch:
        return []
    with tempfile.TemporaryDirectory() as folder:
        for name in changed:
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(before[name])
        environment = {"PATH": os.environ.get("PATH", ""), "GIT_DIR": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"}
        command = ["git", "-c", "core.autocrlf=false", "apply", "--whitespace=nowarn", "-"]
        done = subprocess.run(command, cwd=folder, input=patch, capture_output=True, env=environment, check=False)
        if done.returncode:
            return [f"git apply: {done.stderr.decode('utf-8', 'replace')[:500]}"]
        return [
            f"{name}: the patch gives something else"
            for name in changed
            if Path(folder, name).read_bytes() != after[name]
        ]


# ---- what holds when they are run ---


def run(texts: Sequence[str]) -> list[dict[str, Any]]:
    """Return what each program does in asyncio's debug mode; raises RuntimeError where the bench breaks."""
    command = [sys.executable, "-X", "dev", str(_BENCH)]
    asked = json.dumps(list(texts))
    done = subprocess.run(command, input=asked, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        raise RuntimeError(f"the bench broke: {done.stderr[-2000:]}")
    outcomes: list[dict[str, Any]] = json.loads(done.stdout)
    return outcomes


def _compared(
    program: Composed, report: Report, before: dict[str, Any], after: dict[str, Any], tally: Tally
) -> list[str]:
    had, has = set(before["complaints"]), set(after["complaints"])
    trap = program.trap
    if trap is None:
        if had:
            return [f"{program.name}: the grammar is wrong, a clean program complains: {sorted(had)}\n{before['err']}"]
        same = before["out"] == after["out"] and before["code"] == after["code"] and not has
        return [] if same else [f"{program.name}: does something else now: {sorted(has)}\n{after['err'][-1500:]}"]
    if trap.complaint not in had:
        return [f"{program.name}: the grammar is wrong, nothing complains of the trap\n{before['err'][-1500:]}"]
    if new := has - had:
        return [f"{program.name}: complains of something new: {sorted(new)}\n{after['err'][-1500:]}"]
    if trap.complaint in has:
        tally.left[trap.name] += 1
        claimed = any(finding.code == trap.code and finding.applied for finding in report.findings)
        return [f"{program.name}: {trap.code} was applied in vain\n{after['err'][-1500:]}"] if claimed else []
    tally.mended[trap.name] += 1
    if has:
        return [f"{program.name}: still complains: {sorted(has)}\n{after['err'][-1500:]}"]
    if lost := Counter(before["out"].splitlines()) - Counter(after["out"].splitlines()):
        return [f"{program.name}: does not print any more: {sorted(lost)}"]
    return []


def main(programs: int, seed: int, size: int = 50) -> Tally:
    """Run a long fuzz and return what became of it; each broken promise is printed when it is seen."""
    total = Tally()
    pairs = (programs + 1) // 2
    for start in range(seed, seed + pairs, size):
        tally = batch(range(start, min(start + size, seed + pairs)))
        total.programs += tally.programs
        total.changed += tally.changed
        total.mended += tally.mended
        total.left += tally.left
        total.broken += tally.broken
        for sentence in tally.broken:
            print(sentence, flush=True)
    for trap in TRAPS:
        print(f"{trap.code} {trap.name}: {total.mended[trap.name]} mended, {total.left[trap.name]} left")
    print(f"{total.programs} programs, {total.changed} changed, {len(total.broken)} promises broken")
    return total


if __name__ == "__main__":
    sys.exit(bool(main(int(sys.argv[1]), int(sys.argv[2])).broken))
