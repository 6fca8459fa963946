"""Which fixes of a round go in: those that are wanted, that may change all their files, and that pass every proof."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from aiomend import proposals
from aiomend.facts.view import Module
from aiomend.model import Finding, FixData, Refusal, Safety, TextChange, TextEdit
from aiomend.requirements import Applied
from aiomend.rules import Fix, Rule
from aiomend.screen import Screen
from aiomend.settings import Settings
from aiomend.sharing import Crew
from aiomend.source import Source
from aiomend.suppressions import Suppression, Suppressions
from aiomend.verify import Refused
from aiomend.way_back import PlaceMap

Accept = Callable[[Finding], bool]
#: The module of a file that a fix wants to change, or why this run leaves the file alone ("which …").
Reach = Callable[[str, Fix], Module | str]
Key = tuple[str, int, int]  #: a rule's code, and the first and last offset in the original file


@dataclass(slots=True)
class File:
    """One selected file during a run."""

    original: Source
    source: Source
    settings: Settings
    rules: list[type[Rule]]
    screen: Screen[type[Rule]]
    suppressions: Suppressions
    places: PlaceMap = field(default_factory=PlaceMap)
    used: set[Suppression] = field(default_factory=set)
    findings: dict[Key, Finding] = field(default_factory=dict)
    last_codes: set[str] = field(default_factory=set)  #: the rules that changed it in the last round
    is_new: bool = False  #: it is made in this run, and ``original`` is empty

    def rules_for(self, is_legacy: bool) -> list[type[Rule]]:
        """Return the legacy rules, which reach their fixed point first, or the others."""
        return [rule for rule in self.rules if (rule.section().number == 0) == is_legacy]

    def created(self) -> File:
        """Return it as a file that is not there yet: all of it is put in place of nothing."""
        path, text = self.source.path, self.source.text
        self.places.add((TextEdit(path, 0, 0, text),), "")
        return dataclasses.replace(self, original=dataclasses.replace(self.source, data=b"", text=""), is_new=True)

    def becomes(self, outcome: proposals.Outcome) -> None:
        """Take over what the fixes of a round made of the file; more rules than before may care for it then."""
        self.places.add(outcome.edits, self.source.text)
        self.source = outcome.source
        self.rules = list(
            dict.fromkeys([*self.rules, *self.screen.candidates(outcome.source.path, outcome.source.data)])
        )


@dataclass(slots=True)
class Found:
    """A fix of this round with the finding that reports it."""

    fix: Fix
    finding: Finding
    key: Key


class Decisions:
    """What was decided in one run, and why not otherwise; it writes that down in the findings."""

    def __init__(
        self, files: dict[str, File], accept: Accept | None, banned: set[tuple[str, str]], crew: Crew | None
    ) -> None:
        self._files = files
        self._accept = accept
        self._banned = banned
        self._crew = crew
        self._sketches: dict[Fix, dict[str, tuple[TextEdit, ...]] | Refused] = {}  #: that the crew made in this round
        self._applied = Applied()
        self._looked: set[tuple[str, bool]] = set()  #: the files that the legacy rules, or the others, saw before
        self.refusals: dict[str, Refusal] = {}
        self.joint: set[Fix] = set()  #: the fixes that went in and change several files

    def decide(
        self, modules: dict[str, Module], found: Sequence[Found], reach: Reach, is_legacy: bool, clean: Collection[str]
    ) -> proposals.Proved:
        """Return the fixes of a round that go in, proved together.

        ``modules`` are the files that were looked at, but for ``clean`` ones, which others looked at and found nothing in.

        Those that want a place which another one wants wait for the next round.
        """
        looked = {(path, is_legacy) for path in (*modules, *clean)}
        modules = dict(modules)
        if self._crew is not None:
            fixes = [one.fix for one in found if self._may_go_in(one)]
            self._sketches = proposals.sketches(modules, fixes, self._crew)
        candidates, failures = [], dict[str, Exception]()
        for one in found:
            try:
                if self._is_candidate(one, modules, reach, (one.fix.path, is_legacy) in self._looked):
                    candidates.append(one)
            except Exception as error:  # one bad file stops nothing; the report names it
                failures[one.fix.path] = error
        # a fix that will not be applied must not keep another one from its place
        candidates.sort(key=lambda one: not self._accepts(one))
        by_fix = {one.fix: one for one in candidates if failures.keys().isdisjoint((one.fix.path, *one.fix.paths))}
        result = self._prove(modules, proposals.compatible(list(by_fix)), by_fix)
        accepted = [fix for fix in result.fixes if self._accepts(by_fix[fix])]
        if accepted != result.fixes:
            failures |= result.failures
            result = self._prove(modules, accepted, by_fix, result.judged)
        for fix in result.fixes:
            self._note(by_fix[fix], applied=True)
        for file in self._files.values():
            file.last_codes = set()
        for fix in result.fixes:
            for path in fix.paths:
                self._files[path].last_codes.add(fix.code)
        self._looked |= looked
        self._applied.add([self._files[fix.path].findings[by_fix[fix].key] for fix in result.fixes])
        self.joint |= {fix for fix in result.fixes if len(fix.parts) > 1}
        return dataclasses.replace(result, failures=failures | result.failures)

    def _is_candidate(self, one: Found, modules: dict[str, Module], reach: Reach, seen: bool) -> bool:
        """True for a fix that could be applied; what its files need is in ``modules`` then."""
        fix, file = one.fix, self._files[one.fix.path]
        if not self._may_go_in(one):
            return False
        for path in fix.paths:
            if (path, fix.code) in self._banned:
                self._note(one, reason=f"the fixes of {fix.code} do not settle in {_this_or(path, fix)}")
                return False
            module = modules.get(path) or reach(path, fix)
            if not isinstance(module, str) and path != fix.path and fix.code in module.settings.ignore:
                module = f"ignores {fix.code}"
            if isinstance(module, str):
                self._note(one, reason=f"it also needs {path}, which {module}")
                return False
            modules[path] = module
        try:
            sketch = self._sketch(modules, fix)
        except Refused as refused:
            self._refuse(one, refused)
            return False
        edits = tuple(edit for path, part in sketch.items() for edit in self._original_edits(path, part))
        one.finding = dataclasses.replace(one.finding, fix=FixData(fix.safety, edits))
        if file.findings[one.key].fix is None:
            earlier = file.findings[one.key]
            needed = self._applied.needed(self._files, modules[fix.path], fix, one.finding, earlier, seen)
            requires = tuple(sorted(needed))
            # what others wrote before may have taken or brought the imports and helpers that it needs
            is_late = any(len(part) > 1 and self._files[path].places for path, part in sketch.items())
            told = sketch if requires or is_late else {}
            changes = tuple(self._change(path, part) for path, part in told.items())
            one.finding = dataclasses.replace(one.finding, fix=FixData(fix.safety, edits, requires, changes))
            file.findings[one.key] = one.finding
        return True

    def _may_go_in(self, one: Found) -> bool:
        """False for a fix that is for a person, whose proof failed in an earlier round, or that passed there and is not wanted."""
        return (
            proposals.is_fixable(one.fix) and one.finding.id not in self.refusals and not self._is_known_unwanted(one)
        )

    def _is_known_unwanted(self, one: Found) -> bool:
        """True where an earlier round has told what the fix changes, and nobody wants that."""
        fix = self._files[one.fix.path].findings[one.key].fix
        if fix is None or not self._files.keys() >= {*one.fix.paths}:
            return False
        return not self._accepts(dataclasses.replace(one, finding=dataclasses.replace(one.finding, fix=fix)))

    def _sketch(self, modules: dict[str, Module], fix: Fix) -> dict[str, tuple[TextEdit, ...]]:
        match self._sketches.get(fix):
            case None:
                return proposals.sketch(modules, fix)
            case Refused() as refused:
                raise refused
            case sketch:
                return sketch

    def _prove(
        self,
        modules: dict[str, Module],
        fixes: Sequence[Fix],
        by_fix: dict[Fix, Found],
        known: Mapping[str, proposals.Judged] | None = None,
    ) -> proposals.Proved:
        result = proposals.together(modules, fixes, self._crew, known)
        for fix, refused in result.fallen.items():
            if fix.path not in result.failures:
                self._refuse(by_fix[fix], refused)
        return result

    def _accepts(self, one: Found) -> bool:
        if self._accept is not None:
            return self._accept(one.finding)
        settings = [self._files[path].settings for path in one.fix.paths]
        return one.finding.safety is Safety.SAFE or all(one.finding.code in each.unsafe for each in settings)

    def _refuse(self, one: Found, refused: Refused) -> None:
        finding = one.finding
        self.refusals[finding.id] = Refusal(
            finding.id, finding.code, finding.path, finding.line, refused.proof, refused.reason
        )
        self._note(one, reason=f"refused: {refused.reason}")

    def _note(self, one: Found, *, applied: bool = False, reason: str | None = None) -> None:
        findings = self._files[one.fix.path].findings
        known = findings[one.key]
        fix = known.fix if reason is None else None
        findings[one.key] = dataclasses.replace(known, applied=applied, fix=fix, reason=reason or known.reason)

    def _change(self, path: str, edits: tuple[TextEdit, ...]) -> TextChange:
        """Return what the edits of a sketch do to a file as it is now."""
        file = self._files[path]
        is_there = not file.is_new or path in self._applied.edits
        return TextChange(path, file.source.text if is_there else "", proposals.with_edits(file.source.text, edits))

    def _original_edits(self, path: str, edits: tuple[TextEdit, ...]) -> tuple[TextEdit, ...]:
        file = self._files[path]
        if file.is_new:
            return (TextEdit(path, 0, 0, proposals.with_edits(file.source.text, edits)),)  # it comes as a whole
        place = file.places.original
        return tuple(dataclasses.replace(edit, start=place(edit.start), end=place(edit.end)) for edit in edits)


def _this_or(path: str, fix: Fix) -> str:
    return "this file" if path == fix.path else path
