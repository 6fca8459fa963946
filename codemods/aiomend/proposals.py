"""Fixes from edits to proved text, one or more files each. Everything that may load LibCST is behind this door."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiomend.facts.scopes import FUNCTIONS
from aiomend.facts.view import Module
from aiomend.model import Safety, TextEdit
from aiomend.rewriting.edits import Helper, Replace, Wrap
from aiomend.rules.rule import Fix, Part
from aiomend.sharing import Crew, T
from aiomend.source import Source
from aiomend.verify import Refused, prove

if TYPE_CHECKING:
    from aiomend.rewriting.splice import MadeSlice, Spliced


_WORK = 50_000  #: a fix takes as long as looking at so many bytes of code


@dataclass(frozen=True, slots=True)
class Outcome:
    """A file with some fixes applied and proved."""

    source: Source
    edits: tuple[TextEdit, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one file: why some of the fixes fell, and what the others made of it."""

    fixes: list[Fix]
    fallen: dict[Fix, Refused]
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class Proved:
    """The fixes that passed in all their files, and those files; why the others fell, and the files that nothing passes."""

    fixes: list[Fix]
    outcomes: dict[str, Outcome]
    fallen: dict[Fix, Refused]
    failures: dict[str, Exception]
    judged: dict[str, Judged]  #: the last that was tried in each file


def compatible(fixes: Sequence[Fix]) -> list[Fix]:
    """Return the fixes that can be applied in one pass, first come first served; the others wait for the next round.

    A fix waits whole, in whichever of its files it is in the way of another. Edits that both of them share are no matter.
    """
    taken: dict[ast.AST, Replace] = {}
    runs: dict[ast.stmt, list[Wrap]] = {}  #: by each statement that they are of
    kept: list[Fix] = []
    for fix in fixes:
        edits = [edit for part in fix.parts for edit in part.edits]
        nodes = [edit for edit in edits if isinstance(edit, Replace)]
        own = [edit for edit in edits if not isinstance(edit, Replace)]
        if any(taken.get(edit.node, edit) != edit for edit in nodes):
            continue  # both want the same place: the later one sees what the first one made of it
        if any(_clash(edit, other) for edit in own for one in edit.statements for other in runs.get(one, ())):
            continue  # likewise
        taken |= {edit.node: edit for edit in nodes}
        for edit in own:
            for one in edit.statements:
                runs.setdefault(one, []).append(edit)
        kept.append(fix)
    return kept


def _clash(first: Wrap, second: Wrap) -> bool:
    """Runs of one block may hold one another unless one is alone, but not overlap, or be the same if not as edits."""
    if first == second:
        return False
    a, b = set(first.statements), set(second.statements)
    return bool(a & b) and (first.alone or second.alone or not (a < b or b < a))


def together(
    modules: Mapping[str, Module],
    fixes: Sequence[Fix],
    crew: Crew | None = None,
    known: Mapping[str, Judged] | None = None,
) -> Proved:
    """Return the fixes that pass every proof in every file that they change, with the files as they make them.

    ``modules`` has each of those files. A fix that falls in one file is taken out of all, and the others go on without. A
    ``crew`` does files at the same time. What is ``known`` of the same fixes in the same modules is not proved again.
    """
    outcomes: dict[str, Outcome] = {}
    fallen: dict[Fix, Refused] = {}
    failures: dict[str, Exception] = {}
    by_path: dict[str, list[Fix]] = {}
    for fix in fixes:
        for path in fix.paths:
            by_path.setdefault(path, []).append(fix)
    standing = {path: by_path[path] for path in modules if path in by_path}
    todo = list(standing)
    judged = {path: one for path, one in (known or {}).items() if one.fixes == standing.get(path)}
    if crew is not None:
        judged |= _judged_by(crew, modules, {path: each for path, each in standing.items() if path not in judged})
    while todo:
        path = todo.pop(0)
        fell: dict[Fix, Refused] = {}
        try:
            if path not in judged or judged[path].fixes != standing[path]:
                judged[path] = _judged(modules[path], standing[path])
            fell = judged[path].fallen
            outcome = judged[path].outcome
            outcomes |= {path: outcome} if outcome is not None else {}
        except Exception as error:  # the file's own: the report names it
            failures[path] = error
            fell = {fix: Refused("failed", f"aiomend failed on {path}") for fix in standing[path]}
        fallen |= {fix: _placed(fix, path, refused) for fix, refused in fell.items()}
        elsewhere = {other for fix in fell for other in fix.paths if other != path}
        for other in (path, *elsewhere):
            standing[other] = [fix for fix in standing[other] if fix not in fell]
            if not standing[other]:
                outcomes.pop(other, None)
        todo = [one for one in standing if standing[one] and (one in todo or one in elsewhere)]
    return Proved([fix for fix in fixes if fix not in fallen], outcomes, fallen, failures, judged)


def _judged(module: Module, fixes: list[Fix]) -> Judged:
    try:
        return Judged(fixes, {}, apply(module, fixes))
    except Refused:
        _, fallen, outcome = culprits(module, fixes)
        return Judged(fixes, fallen, outcome)


def _judged_by(
    crew: Crew, modules: Mapping[str, Module], standing: Mapping[str, list[Fix]]
) -> Iterator[tuple[str, Judged]]:
    """Yield each file with what became of it; one on which that fails is missing, and does so where it is noted."""

    def work(path: str) -> tuple[dict[int, Refused], tuple[str, tuple[TextEdit, ...]] | None] | None:
        try:
            judged = _judged(modules[path], standing[path])
        except Exception:
            return None
        fallen = {number: judged.fallen[fix] for number, fix in enumerate(judged.fixes) if fix in judged.fallen}
        return fallen, (judged.outcome.source.text, judged.outcome.edits) if judged.outcome is not None else None

    for path, data in _shared(crew, standing, work):
        if data is None:
            with contextlib.suppress(Exception):
                yield path, _judged(modules[path], standing[path])
        else:
            fixes, (fallen, made) = standing[path], data
            outcome = Outcome(modules[path].source.with_text(made[0]), made[1]) if made is not None else None
            yield path, Judged(fixes, {fixes[number]: refused for number, refused in fallen.items()}, outcome)


def _shared(
    crew: Crew, fixes: Mapping[str, Sequence[Fix]], work: Callable[[str], T | None]
) -> Iterator[tuple[str, T | None]]:
    """Let a crew work on the fixes of each file."""
    if not fixes:
        return  # and nothing is loaded
    import aiomend.rewriting.splice  # noqa: F401 - loaded once for all of them

    with contextlib.closing(crew.share([(path, _WORK * len(each)) for path, each in fixes.items()], work)) as shared:
        yield from shared


def _placed(fix: Fix, path: str, refused: Refused) -> Refused:
    return refused if path == fix.path else Refused(refused.proof, f"{refused.reason} (in {path})")


def apply(module: Module, fixes: Sequence[Fix]) -> Outcome:
    """Return one file with what all ``fixes`` change in it, proved; raises Refused with the proof that failed."""
    parts = [part for fix in fixes for part in fix.parts if part.path == module.path]
    spliced = _spliced(module, parts)
    after = module.facts.source.with_text(spliced.text)
    recoloured = _recoloured(module, [fix for fix in fixes if fix.rule.recolours])
    inner = [name for part in parts for name in part.local_functions]
    with module.inference.project.working_on(module.path):
        prove(module.facts, after, spliced.edits, module.settings.target, _helper_names(parts), recoloured, inner)
    return Outcome(after, spliced.edits)


def _recoloured(module: Module, fixes: Sequence[Fix]) -> list[str]:
    """Return the dotted names of the functions of one file that fixes make coroutine functions, one for each function."""
    parts = [part for fix in fixes for part in fix.parts if part.path == module.path]
    functions = dict.fromkeys(function for part in parts for function in part.recoloured)
    return [module.facts.scopes[function].qualname for function in functions]


_Sketch = dict[str, tuple[TextEdit, ...]]  #: what one fix alone would change, by file


def sketch(modules: Mapping[str, Module], fix: Fix) -> _Sketch:
    """Return what one fix alone would change, by file; raises Refused where its edits find no place."""
    return {part.path: _spliced(modules[part.path], [part]).edits for part in fix.parts}


def sketches(modules: Mapping[str, Module], fixes: Sequence[Fix], crew: Crew) -> dict[Fix, _Sketch | Refused]:
    """Return `sketch`, or what it raises, for those of some fixes that change no other file than their own.

    What another process made of slices is at hand afterwards where these are proved, as if it had been made here.
    """
    own: dict[str, list[Fix]] = {}
    for fix in fixes:
        if fix.paths == (fix.path,) and fix.path in modules:
            own.setdefault(fix.path, []).append(fix)
    edits = {path: [edit for fix in each for part in fix.parts for edit in part.edits] for path, each in own.items()}

    def work(path: str) -> list[_Sketch | Refused] | None:
        done: list[_Sketch | Refused] = []
        for fix in own[path]:
            try:
                done.append(sketch(modules, fix))
            except Refused as refused:
                done.append(refused)
            except Exception:
                return None  # whoever asks for it will see
        return done

    def elsewhere(path: str) -> tuple[list[_Sketch | Refused], list[MadeSlice]] | None:
        from aiomend.rewriting.splice import made_slices

        done = work(path)
        return (done, made_slices(modules[path].facts, edits[path])) if done is not None else None

    found: dict[Fix, _Sketch | Refused] = {}
    for path, data in _shared(crew, own, elsewhere):
        if data is None:
            found |= zip(own[path], work(path) or (), strict=False)
            continue
        from aiomend.rewriting.splice import take_slices

        done, slices = data
        found |= zip(own[path], done, strict=True)
        take_slices(modules[path].facts, edits[path], slices)
    return found


def _spliced(module: Module, parts: Sequence[Part]) -> Spliced:
    from aiomend.rewriting.splice import Order, SpliceError, splice

    orders = [Order(part.edits, part.needs) for part in parts]
    try:
        with module.inference.project.working_on(module.path):
            return splice(module.facts, orders, module.settings.style, lambda name: not module.is_shared(name))
    except SpliceError as error:
        raise Refused("shape", str(error)) from None
    except UnicodeEncodeError as error:
        encoding = module.source.encoding
        raise Refused("compile", f"{encoding} cannot write the result ({error.reason})") from None


def with_edits(text: str, edits: Sequence[TextEdit]) -> str:
    """Return a text with the edits of a sketch."""
    from aiomend.rewriting.splice import apply as applied

    return applied(text, edits)


def _helper_names(parts: Sequence[Part]) -> set[str]:
    names: set[str] = set()
    for part in parts:
        for need in part.needs:
            if isinstance(need, Helper):
                names |= {
                    node.name for node in ast.parse(need.code).body if isinstance(node, (*FUNCTIONS, ast.ClassDef))
                }
    return names


def culprits(module: Module, fixes: Sequence[Fix]) -> tuple[list[Fix], dict[Fix, Refused], Outcome | None]:
    """Return the largest prefix-greedy set of fixes that passes in one file, why each other one fell, and the result."""
    kept: list[Fix] = []
    fallen: dict[Fix, Refused] = {}
    outcome: Outcome | None = None
    for fix in fixes:
        try:
            outcome = apply(module, [*kept, fix])
            kept.append(fix)
        except Refused as refused:
            fallen[fix] = refused
    return kept, fallen, outcome


def is_fixable(fix: Fix) -> bool:
    """True where a fix has edits that some option would apply."""
    return any(part.edits for part in fix.parts) and fix.safety > Safety.MANUAL
