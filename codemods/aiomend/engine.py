"""One project through the rules: find, rewrite and prove, in bounded rounds, until nothing more is due."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from aiomend import proposals
from aiomend.diff import PlaceMap
from aiomend.facts.environment import Environment, Library
from aiomend.facts.inference import Inference
from aiomend.facts.project import ProjectFacts, Sources
from aiomend.facts.threads import Threads
from aiomend.facts.view import Module
from aiomend.identity import Namer
from aiomend.model import Evidence, FileResult, Finding, FixData, Refusal, Report, Safety, Skip, TextEdit
from aiomend.rewriting import newer
from aiomend.rules import Fix, Rule, registry
from aiomend.rules.suppression import UnusedSuppression
from aiomend.screen import Screen
from aiomend.settings import Settings, SettingsError, TargetRange
from aiomend.source import Source, Unreadable, decode, is_generated, may_be_python2
from aiomend.suppressions import Suppression, Suppressions
from aiomend.suppressions import find as find_suppressions
from aiomend.verify import Refused

__all__ = ["Accept", "Library", "Progress", "Project", "Sources"]

_ROUNDS = 5

Accept = Callable[[Finding], bool]
Progress = Callable[[str, int, int], None]


_Key = tuple[str, int, int]  #: a rule's code, and the first and last offset in the original file


@dataclass(slots=True)
class _File:
    """One selected file during a run."""

    original: Source
    source: Source
    settings: Settings
    rules: list[type[Rule]]
    suppressions: Suppressions
    places: PlaceMap = field(default_factory=PlaceMap)
    used: set[Suppression] = field(default_factory=set)
    findings: dict[_Key, Finding] = field(default_factory=dict)
    last_codes: set[str] = field(default_factory=set)  #: the rules that changed it in the last round


@dataclass(slots=True)
class _Found:
    """A fix of this round with the finding that reports it."""

    fix: Fix
    finding: Finding
    key: _Key


class Project:
    """A set of files that know each other, and the settings that govern each."""

    def __init__(
        self, sources: Sources, settings: Callable[[str], Settings], *, library: Library | None = None
    ) -> None:
        """``library`` finds the modules of installed packages, which tell what the project gets from them."""
        self._sources = sources
        self._settings = settings
        self._environment = Environment(library) if library is not None else None

    def run(
        self,
        paths: Collection[str] | None = None,
        *,
        accept: Accept | None = None,
        progress: Progress | None = None,
    ) -> Report:
        """Return what was found in ``paths`` (default: every file) and what became of them.

        ``accept`` says which fixes are applied; the default takes safe ones, and unsafe ones of the rules that the
        file's settings accept. Facts always come from all files. Nothing is written.
        """
        banned: set[tuple[str, str]] = set()
        notes: list[str] = []
        while True:
            run = _Run(self._sources, self._environment, self._settings, paths, accept, progress, banned)
            unsettled = run.go()
            if not unsettled:
                return run.report(notes)
            banned |= unsettled
            notes += [
                f"{path}: the fixes of {code} did not settle and were dropped" for path, code in sorted(unsettled)
            ]


class _Run:
    """The state of one run."""

    def __init__(
        self,
        sources: Sources,
        environment: Environment | None,
        settings: Callable[[str], Settings],
        paths: Collection[str] | None,
        accept: Accept | None,
        progress: Progress | None,
        banned: set[tuple[str, str]],
    ) -> None:
        self._facts = ProjectFacts(sources)
        self._environment = environment
        self._settings = settings
        self._paths = sorted(self._facts.paths if paths is None else paths)
        self._accept = accept
        self._progress = progress
        self._banned = banned
        self._files: dict[str, _File] = {}
        self._results: list[FileResult] = []
        self._refusals: dict[str, Refusal] = {}
        self._checked = 0

    # ---- rounds ---

    def go(self) -> set[tuple[str, str]]:
        """Run all rounds; return the (path, code) pairs that kept changing, empty where everything settled."""
        self._read()
        for is_legacy in (True, False):
            todo = set(self._files)
            for number in range(_ROUNDS):
                changed = self._round(sorted(todo), is_legacy, number == 0)
                if not changed:
                    break
                todo = {path for path in changed if path in self._files}
            else:
                return {(path, code) for path in todo for code in self._files[path].last_codes}
        self._report_unused_suppressions()
        return set()

    def _read(self) -> None:
        screens: dict[tuple[str, ...], Screen[Rule]] = {}
        for path in self._paths:
            settings = self._settings(path)
            rules = _selected(settings)
            codes = tuple(rule.code for rule in rules)
            if codes not in screens:
                screens[codes] = Screen(rules, self._facts.tree_names)
            self._read_one(path, settings, screens[codes])

    def _read_one(self, path: str, settings: Settings, screen: Screen[Rule]) -> None:
        try:
            data = self._facts.data(path)
        except OSError as error:
            self._results.append(FileResult(path, skip=Skip.UNREADABLE, detail=error.strerror or str(error)))
            return
        self._checked += 1
        rules = screen.candidates(data)
        if not rules and not is_generated(data) and not may_be_python2(data):
            return
        try:
            source = self._facts.source(path)
        except Unreadable as error:
            self._checked -= 1
            self._results.append(_skipped(path, data, error))
            return
        if not rules:
            return  # it only looked odd
        if source.placeholders:
            # Where `async` is a name, no Python after 3.6 runs the file.
            settings = dataclasses.replace(settings, target=TargetRange((3, 6), (3, 6), "`async` is a name in it"))
        self._files[path] = _File(source, source, settings, rules, find_suppressions(source.text))

    # ---- one round ---

    def _round(self, paths: list[str], is_legacy: bool, first: bool) -> set[str]:
        """Find, decide and apply once; return the files that have to be looked at again."""
        inference = Inference(self._facts, self._environment)
        threads = Threads(inference)
        outcomes: dict[str, proposals.Outcome] = {}
        for number, path in enumerate(paths, 1):
            if first and not is_legacy and self._progress is not None:
                self._progress(path, number, len(paths))
            try:
                outcome = self._look_at(path, inference, threads, is_legacy)
            except SettingsError:
                raise  # the user's to mend, once for all files
            except Exception as error:  # one bad file stops nothing; the report names it
                self._fail(path, error)
                continue
            if outcome is not None:
                outcomes[path] = outcome
        self._facts.asked_by = None
        again: set[str] = set()
        for path, outcome in outcomes.items():
            self._files[path].places.add(outcome.edits)
            self._files[path].source = outcome.source
            again |= self._facts.replace(outcome.source)
        return again

    def _look_at(self, path: str, inference: Inference, threads: Threads, is_legacy: bool) -> proposals.Outcome | None:
        """Return one file with its accepted fixes, None where nothing changes."""
        file = self._files[path]
        self._facts.asked_by = path
        facts = self._facts.facts(path)
        if facts is None:
            raise RecursionError("nested too deeply for this interpreter")
        module = Module(facts, inference, threads, file.settings)
        return self._decide(file, module, self._find(file, module, is_legacy))

    def _fail(self, path: str, error: Exception) -> None:
        """Leave a file as it was, whatever earlier rounds made of it."""
        file = self._files.pop(path)
        self._facts.replace(file.original)
        self._checked -= 1
        detail = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        self._results.append(FileResult(path, file.original.data, skip=Skip.FAILED, detail=detail))

    def _find(self, file: _File, module: Module, is_legacy: bool) -> list[_Found]:
        namer = Namer(module.facts)
        found: list[_Found] = []
        for rule in file.rules:
            if (rule.section().number == 0) != is_legacy:
                continue  # legacy rules reach their fixed point first
            for fix in sorted(rule().find(module), key=lambda fix: (fix.node.lineno, fix.node.col_offset)):
                if not self._suppressed(file, module, fix):
                    found.append(self._name(file, module, fix, namer))
        return sorted(found, key=lambda one: (one.fix.node.lineno, one.fix.node.col_offset, one.fix.code))

    def _suppressed(self, file: _File, module: Module, fix: Fix) -> bool:
        statement = module.facts.statement(fix.node)
        lines = {statement.lineno, *range(fix.node.lineno, (fix.node.end_lineno or fix.node.lineno) + 1)}
        if fix.node is statement:
            lines = {statement.lineno, statement.end_lineno or statement.lineno}
        original = {file.original.line_of(file.places.original(module.source.starts[line - 1])) for line in lines}
        match file.suppressions.match(fix.code, original):
            case Suppression() as comment:
                file.used.add(comment)
                return True
            case foreign:
                return bool(foreign)

    def _name(self, file: _File, module: Module, fix: Fix, namer: Namer) -> _Found:
        rule = registry()[fix.code]
        start, end = (file.places.original(offset) for offset in module.source.span(fix.node))
        end = max(start, end)
        line, end_line = file.original.line_of(start), file.original.line_of(end)
        key = _key(file, fix.code, start, end)
        finding = Finding(
            id=namer.id(fix),
            code=fix.code,
            name=rule.name,
            section=rule.section().number,
            impact=fix.impact,
            message=fix.message,
            path=fix.path,
            line=line,
            column=start - file.original.starts[line - 1] + 1,
            end_line=end_line,
            end_column=end - file.original.starts[end_line - 1] + 1,
            safety=fix.safety,
            applied=False,
            reason=fix.reason,
            url=rule.section().url,
            evidence=tuple(self._original_evidence(one) for one in fix.evidence),
        )
        known = file.findings.get(key)
        if known is not None:
            finding = dataclasses.replace(finding, id=known.id)  # seen before: other fixes changed its text
        else:
            file.findings[key] = finding
        return _Found(fix, finding, key)

    def _original_evidence(self, evidence: Evidence) -> Evidence:
        file = self._files.get(evidence.path)
        if file is None or evidence.line > len(file.source.starts):
            return evidence
        offset = file.places.original(file.source.starts[evidence.line - 1])
        return dataclasses.replace(evidence, line=file.original.line_of(offset))

    # ---- deciding ---

    def _decide(self, file: _File, module: Module, found: list[_Found]) -> proposals.Outcome | None:
        candidates: list[_Found] = []
        for one in found:
            if not proposals.is_fixable(one.fix) or one.finding.id in self._refusals:
                continue  # for a person, or its proof failed in an earlier round
            if (file.original.path, one.fix.code) in self._banned:
                self._note(file, one, reason=f"the fixes of {one.fix.code} do not settle in this file")
                continue
            try:
                edits = proposals.sketch(module, one.fix)
            except Refused as refused:
                self._refuse(file, one, refused)
                continue
            data = FixData(one.fix.safety, self._original_edits(file, edits))
            one.finding = dataclasses.replace(one.finding, fix=data)
            if file.findings[one.key].fix is None:
                file.findings[one.key] = one.finding
            candidates.append(one)
        by_fix = {one.fix: one for one in candidates}
        fixes = proposals.compatible([one.fix for one in candidates])
        passing, outcome = self._prove(file, module, fixes, by_fix)
        accepted = [fix for fix in passing if self._accepts(file, by_fix[fix].finding)]
        if accepted != passing:
            accepted, outcome = self._prove(file, module, accepted, by_fix)
        for fix in accepted:
            self._note(file, by_fix[fix], applied=True)
        file.last_codes = {fix.code for fix in accepted}
        return outcome if accepted else None

    def _prove(
        self, file: _File, module: Module, fixes: list[Fix], by_fix: dict[Fix, _Found]
    ) -> tuple[list[Fix], proposals.Outcome | None]:
        if not fixes:
            return [], None
        try:
            return fixes, proposals.apply(module, fixes)
        except Refused:
            kept, fallen, outcome = proposals.culprits(module, fixes)
            for fix, refused in fallen.items():
                self._refuse(file, by_fix[fix], refused)
            return kept, outcome

    def _accepts(self, file: _File, finding: Finding) -> bool:
        if self._accept is not None:
            return self._accept(finding)
        return finding.safety is Safety.SAFE or finding.code in file.settings.unsafe

    def _refuse(self, file: _File, one: _Found, refused: Refused) -> None:
        finding = one.finding
        self._refusals[finding.id] = Refusal(
            finding.id, finding.code, finding.path, finding.line, refused.proof, refused.reason
        )
        self._note(file, one, reason=f"refused: {refused.reason}")

    def _note(self, file: _File, one: _Found, *, applied: bool = False, reason: str | None = None) -> None:
        known = file.findings[one.key]
        fix = known.fix if reason is None else None
        file.findings[one.key] = dataclasses.replace(known, applied=applied, fix=fix, reason=reason or known.reason)

    def _original_edits(self, file: _File, edits: tuple[TextEdit, ...]) -> tuple[TextEdit, ...]:
        place = file.places.original
        return tuple(dataclasses.replace(edit, start=place(edit.start), end=place(edit.end)) for edit in edits)

    # ---- reporting ---

    def _report_unused_suppressions(self) -> None:
        for path, file in self._files.items():
            if UnusedSuppression not in file.rules:
                continue  # not selected
            ran = {rule.code for rule in file.rules}
            everything = ran >= {code for code, rule in registry().items() if not rule.opt_in}
            for comment in file.suppressions.own:
                if comment in file.used or not (comment.codes <= ran if comment.codes else everything):
                    continue  # needed, or some of its rules did not run
                codes = ", ".join(sorted(comment.codes)) or "any rule"
                offset = file.original.starts[comment.line - 1] + comment.column - 1
                file.findings[(UnusedSuppression.code, offset, offset)] = _unused(path, comment, codes)

    def report(self, notes: list[str]) -> Report:
        """Return everything that the run found and did."""
        for path, file in self._files.items():
            if file.source.data != file.original.data:
                self._results.append(FileResult(path, file.original.data, file.source.data, file.original.encoding))
        findings = [finding for file in self._files.values() for finding in file.findings.values()]
        return Report(
            findings=tuple(sorted(findings, key=lambda f: (f.path, f.line, f.column, f.code))),
            files=tuple(sorted(self._results, key=lambda file: file.path)),
            refusals=tuple(sorted(self._refusals.values(), key=lambda r: (r.path, r.line, r.code))),
            checked=self._checked,
            notes=tuple(notes),
            counters={"parsed": self._facts.parsed},
        )


def _selected(settings: Settings) -> list[type[Rule]]:
    return [
        rule
        for code, rule in registry().items()
        if code not in settings.ignore
        and (settings.select.names_in_full(code) if rule.opt_in else code in settings.select)
    ]


def _key(file: _File, code: str, start: int, end: int) -> _Key:
    """Where a finding is kept. After a round of edits its end may have moved: the place of its start says which it is."""
    if (code, start, end) in file.findings or not file.places:
        return code, start, end
    return next((key for key in file.findings if key[:2] == (code, start)), (code, start, end))


def _skipped(path: str, data: bytes, error: Unreadable) -> FileResult:
    if error.skip is Skip.NOT_PYTHON and newer.parses(decode(path, data).text):
        running = f"{sys.version_info.major}.{sys.version_info.minor}"
        detail = f"{error.detail}; it is newer than Python {running}"
        return FileResult(path, data, skip=Skip.NEWER_SYNTAX, detail=detail)
    return FileResult(path, data, skip=error.skip, detail=error.detail)


def _unused(path: str, comment: Suppression, codes: str) -> Finding:
    rule = UnusedSuppression
    return Finding(
        id=f"AIO000-{comment.line}",
        code=rule.code,
        name=rule.name,
        section=0,
        impact=rule.impact,
        message=f"this comment silences nothing: no finding of {codes} here",
        path=path,
        line=comment.line,
        column=comment.column,
        end_line=comment.line,
        end_column=comment.end_column,
        safety=Safety.MANUAL,
        applied=False,
        reason="take the comment out, or correct its codes",
        url=rule.section().url,
    )
