"""One project through the rules: find, rewrite and prove, in bounded rounds, until nothing more is due."""

from __future__ import annotations

import ast
import contextlib
import dataclasses
from collections.abc import Callable, Collection, Generator, Mapping

from aiomend.deciding import Accept, Decisions, File, Found
from aiomend.effects import effect
from aiomend.facts.environment import Environment, Library
from aiomend.facts.inference import Inference
from aiomend.facts.oracle import Consultation, Oracle
from aiomend.facts.project import ProjectFacts, Sources, Watch
from aiomend.facts.threads import Threads
from aiomend.facts.values import UNKNOWN
from aiomend.facts.view import Module
from aiomend.files import Files
from aiomend.findings import is_suppressed, named, note_unused_suppressions
from aiomend.homes import Homes
from aiomend.identity import Namer
from aiomend.lookout import Lookout, effective
from aiomend.model import Safety
from aiomend.report import FileResult, Report, Skip
from aiomend.rules import Fix, Rule, registry
from aiomend.settings import Settings, SettingsError
from aiomend.sharing import Crew, Errand, Memory, Sight

__all__ = ["Accept", "Library", "Oracle", "Progress", "Project", "Sources", "Watch"]

_ROUNDS = 10  #: a statement that many rules want takes a round for each of them
_CONSULTATIONS = 2  #: what an answer makes known leads to other questions

#: Is told of each look at a file: its path, which look this is (1-based), and how many are known to be necessary by now.
Progress = Callable[[str, int, int], None]
_Bans = dict[tuple[str, str], str]  #: (path, code) of fixes that are dropped, and the sentence that says so


class Project:
    """A set of files that know each other, and the settings that govern each."""

    def __init__(
        self,
        sources: Sources,
        settings: Callable[[str], Settings],
        *,
        library: Library | None = None,
        oracle: Oracle | None = None,
        opaque: Collection[str] = (),
        rules: Mapping[str, type[Rule]] | None = None,
        crew: Crew | None = None,
        memory: Memory | None = None,
    ) -> None:
        """``library`` finds the modules of installed packages, which tell what the project gets from them; ``oracle`` is
        asked for what is still not known. ``opaque`` files are taken for files that cannot be parsed. ``rules`` are all that
        there are, by code; None stands for aiomend's own. A ``crew`` shares the work, and the report is the same; where an
        ``oracle`` is asked, everything is done here, as its answers are. A ``memory`` spares reading files for their words and names
        that are what they were in an earlier run."""
        self._sources = sources
        self._settings = settings
        self._environment = Environment(library)
        self._oracle = oracle
        self._opaque = opaque
        self._rules = registry() if rules is None else rules
        self._crew = crew if oracle is None else None
        self._memory = memory

    def run(
        self,
        paths: Collection[str] | None = None,
        *,
        accept: Accept | None = None,
        progress: Progress | None = None,
        watch: Watch | None = None,
    ) -> Report:
        """Return what was found in ``paths`` (default: every file) and what became of them.

        ``accept`` says which fixes are applied; the default takes safe ones, and unsafe ones of the rules that the
        file's settings accept. Facts always come from all files. Nothing is written. ``watch`` is told which file is being
        worked on, so that whoever runs the engine in a process of its own knows which one ended it.
        """
        banned: _Bans = {}
        while True:
            known = self._environment, self._oracle
            facts = ProjectFacts(self._sources, watch, self._opaque)
            if self._memory is not None and (data := facts.take_census(self._memory.recall())) is not None:
                self._memory.keep(data)
            run = _Run(facts, known, self._rules, self._settings, paths, accept, progress, set(banned), self._crew)
            more = run.go()
            if not more:
                return run.report(list(banned.values()))
            banned |= dict(sorted(more.items()))


class _Run:
    """The state of one run."""

    def __init__(
        self,
        facts: ProjectFacts,
        known: tuple[Environment | None, Oracle | None],
        rules: Mapping[str, type[Rule]],
        settings: Callable[[str], Settings],
        paths: Collection[str] | None,
        accept: Accept | None,
        progress: Progress | None,
        banned: set[tuple[str, str]],
        crew: Crew | None,
    ) -> None:
        self._facts = facts
        self._crew = crew
        self._environment, oracle = known
        self._consultation = Consultation(oracle, self._facts) if oracle is not None else None
        self._rules = rules
        self._settings = settings
        self._paths = sorted(self._facts.paths if paths is None else paths)
        self._progress = progress
        self._looks = 0  #: at a file by the rules of a phase, so far
        self._due = 0  #: looks that are known to be necessary, those behind us among them
        self._files = Files(facts, rules, settings)
        self._homes = Homes(self._facts, settings, self._paths)
        self._decisions = Decisions(self._files.opened, accept, banned, crew)
        self._project: bytes | None = None  #: as it was at first, for processes elsewhere
        self._known: tuple[int, Inference, Threads] | None = None
        self._revoked: _Bans = {}

    # ---- rounds ---

    def go(self) -> _Bans:
        """Run all rounds; return the fixes without which the run has to start afresh, empty where everything settled."""
        for path in self._paths:
            with self._facts.working_on(path):
                self._files.select(path, is_witnessed=self._is_witnessed(path))
        todo = self._files.paths
        self._facts.expected = todo if self._crew is None else frozenset()
        self._due = sum(self._looks_at(todo, is_legacy) for is_legacy in (True, False))
        for turn in range(_ROUNDS):
            old, bans = self._phase(todo, is_legacy=True, first=turn == 0)
            if bans or (turn and not old):
                break  # it starts afresh, or nothing is new to the other rules
            todo, bans = self._phase(todo | old, is_legacy=False, first=turn == 0)
            if bans or not todo:
                break  # it starts afresh, or nothing is new to the legacy rules
        else:
            return self._unsettled(todo)
        if not bans:
            for path in self._files.with_comments():
                note_unused_suppressions(path, self._files.opened[path], self._rules.values())
        return bans

    def _phase(self, todo: set[str], *, is_legacy: bool, first: bool) -> tuple[set[str], _Bans]:
        """Run the rules of one phase until nothing changes; return the files that have to be looked at again, and bans."""
        touched: set[str] = set()
        for number in range(_ROUNDS):
            changed = self._round(sorted(todo & self._files.paths), is_legacy, first and number == 0)
            if self._revoked:
                return touched, self._revoked
            todo = changed & self._files.paths
            touched |= todo
            if not changed:
                return touched, {}
        return touched, self._unsettled(todo)

    def _unsettled(self, paths: set[str]) -> _Bans:
        return {
            (path, code): f"{path}: the fixes of {code} did not settle and were dropped"
            for path in paths & self._files.opened.keys()
            for code in self._files.opened[path].last_codes
        }

    def _is_witnessed(self, path: str) -> bool:
        return self._consultation is not None and path in self._consultation.witnessed

    # ---- one round ---

    def _round(self, paths: list[str], is_legacy: bool, first: bool) -> set[str]:
        """Find, decide and apply once; return the files that have to be looked at again."""
        if not first:
            self._due += self._looks_at(paths, is_legacy)
        due = [path for path in paths if self._files.is_due(path, is_legacy)]
        if self._consultation is not None:
            self._consult(due, is_legacy, self._consultation)
        lookout = Lookout(self._facts, self._homes, self._settings, self._answers())
        looked: dict[str, tuple[Module, list[Fix]]] = {}
        clean = set(paths) - set(due)
        with contextlib.closing(self._shared(due, lookout, is_legacy)) as shared:
            for path, sight in shared:
                self._tell(path, is_legacy)
                if sight is None or sight.codes:
                    self._look_at(path, looked, lookout, is_legacy, sight)
                else:
                    self._files.can_be_read(path)
                    clean.add(path)
        looked = dict(sorted(looked.items()))
        for path in sorted(self._homes.settle(looked)):
            self._look_at(path, looked, lookout, is_legacy)  # its helpers have another home now
        self._facts.asked_by = None
        modules, found = self._named(looked)
        decided = self._decisions.decide(
            modules, found, lambda path, fix: self._reach(path, fix, lookout), is_legacy, clean
        )
        for path, failure in decided.failures.items():
            self._fail(path, failure)
        # a fix that waited for another one of its files is found anew
        again = {one.fix.path for one in found if not decided.outcomes.keys().isdisjoint(one.fix.paths)}
        for path, outcome in decided.outcomes.items():
            file = self._files.opened[path]
            if path in self._facts.known:
                change = effect(file.source, outcome.source, outcome.edits)
                again |= self._facts.replace(outcome.source, change.words, is_visible=change.is_visible)
            else:
                self._facts.add(path)
                again |= self._facts.replace(outcome.source)
            file.becomes(outcome)
        return again

    def _looks_at(self, paths: Collection[str], is_legacy: bool) -> int:
        return sum(bool(self._files.rules_for(path, is_legacy)) for path in paths)

    def _tell(self, path: str, is_legacy: bool) -> None:
        """Tell whoever follows the progress that ``path`` is next."""
        if self._looks_at([path], is_legacy):
            self._looks += 1
            self._due = max(self._due, self._looks)  # a fix may have brought rules to a file that had none
            if self._progress is not None:
                self._progress(path, self._looks, self._due)

    def _answers(self) -> tuple[Inference, Threads]:
        """Return what answers questions about the project as it is; what was found out holds until something changes."""
        if self._known is None or self._known[0] != self._facts.edition or self._consultation is not None:
            inference = Inference(self._facts, self._environment, self._consultation)
            self._known = self._facts.edition, inference, Threads(inference)
        return self._known[1:]

    def _shared(
        self, paths: list[str], lookout: Lookout, is_legacy: bool
    ) -> Generator[tuple[str, Sight | None], None, None]:
        """Yield the files of a round, those that others looked at with what they saw."""
        if self._crew is None:
            yield from ((path, None) for path in paths)
            return
        self._facts.word_index()  # once for all of them
        sizes = [(path, len(self._facts.content(path))) for path in paths]
        rules = {path: self._files.rules_for(path, is_legacy) for path in paths}
        with contextlib.closing(
            self._crew.share(sizes, lambda path: lookout.sight(path, rules[path]), lambda: self._errand(rules))
        ) as shared:
            for path, sight in shared:
                if sight is not None:
                    self._facts.note(path, sight.consulted, sight.queried)
                yield path, sight

    def _errand(self, rules: Mapping[str, list[type[Rule]]]) -> Errand:
        """Return a look at files as data."""
        from aiomend import errands

        if self._project is None:
            files = ((path, self._at_first(path)) for path in self._facts.sources.paths())
            opaque = self._facts.opaque
            self._project = errands.project(self._facts.sources, files, self._settings, self._paths, opaque)
        changed = [file.source for file in self._files.opened.values() if self._is_changed(file)]
        changes = errands.changes(changed, self._homes.begun, self._settings)
        codes = {path: tuple(rule.code for rule in each) for path, each in rules.items()}
        return Errand(self._project, changes, codes)

    def _at_first(self, path: str) -> bytes:
        """Return the bytes of a file as they were when the run began; none where it cannot be read."""
        opened = self._files.opened.get(path)
        return opened.original.data if opened is not None else self._facts.content(path)

    def _is_changed(self, file: File) -> bool:
        return file.source.data != file.original.data and file.source.path in self._facts.known

    def _look_at(
        self,
        path: str,
        looked: dict[str, tuple[Module, list[Fix]]],
        lookout: Lookout,
        is_legacy: bool,
        sight: Sight | None = None,
    ) -> None:
        """Put what is found in one file into ``looked``; a file that cannot be looked at goes out of the run.

        Where there is a ``sight``, rules that found nothing are not asked again.
        """
        if (file := self._files.open(path)) is None:
            return
        self._facts.asked_by = path
        try:
            with self._facts.working_on(path):
                module = lookout.module(path)
                if module is None:
                    raise RecursionError("nested too deeply for this interpreter")
                looked[path] = module, self._find(file, module, is_legacy, sight)
        except SettingsError:
            raise  # the user's to mend, once for all files
        except Exception as error:  # one bad file stops nothing; the report names it
            looked.pop(path, None)
            self._fail(path, error)

    def _reach(self, path: str, fix: Fix, lookout: Lookout) -> Module | str:
        """Return the module of another file that a fix of several wants to change, or why it is left alone."""
        files = self._files
        if path not in self._paths and path not in files.opened and self._homes.draft(path) is None:
            return "is not among the files that may be changed"
        opened = files.open(path)
        if (left := files.skipped.get(path)) is not None and left.skip is not None:
            return f"is left alone ({left.skip.value})"
        if (module := lookout.module(path)) is None:
            return "cannot be read"
        if opened is None:
            files.join(module.source)  # nothing in it made a rule look
        return module

    def _fail(self, path: str, error: Exception) -> None:
        """Leave a file as it was, whatever earlier rounds made of it, and take back what they made of others with it."""
        original = self._files.opened[path].original
        self._facts.replace(original)
        what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        detail = ", ".join([what, *getattr(error, "__notes__", ())])
        skip = Skip.GIVEN_UP if isinstance(error, RecursionError | MemoryError) else Skip.FAILED
        self._files.leave(FileResult(path, original.data, skip=skip, detail=detail))
        for fix in self._decisions.joint:
            if path in fix.paths:
                note = f"{path}: aiomend failed on it; fixes of {fix.code} that change other files too were dropped"
                self._revoked[path, fix.code] = note

    def _consult(self, paths: list[str], is_legacy: bool, consultation: Consultation) -> None:
        """Let the rules look for nothing but what they cannot know, and put all of it to the oracle at once."""
        for _ in range(_CONSULTATIONS):
            inference = Inference(self._facts, self._environment, consultation)
            threads = Threads(inference)
            for path in paths:
                self._facts.asked_by = path
                try:
                    with self._facts.working_on(path):
                        if (facts := self._facts.facts(path)) is not None:
                            module = Module(facts, inference, threads, effective(self._settings(path), facts.source))
                            for rule in self._files.rules_for(path, is_legacy):
                                list(rule().find(module))
                except Exception:
                    continue  # the round itself will say so
            if not consultation.settle():
                return

    def _undisputed(self, module: Module, fix: Fix) -> Fix:
        """Return the fix, without its edits where it looks at something that the oracle takes for something else."""
        disputed = self._consultation.disputed if self._consultation is not None else {}
        for node in ast.walk(fix.node) if disputed else ():
            if isinstance(node, ast.expr) and node in disputed:
                reason = f"the type checker takes `{module.text(node)}` for {disputed[node]}"
                return dataclasses.replace(fix, safety=Safety.MANUAL, parts=(), reason=reason)
        return self._on_some_runs(fix)

    def _on_some_runs(self, fix: Fix) -> Fix:
        """Return the fix, unsafe where it rests on what was seen in some runs alone."""
        consultation = self._consultation
        if consultation is None or not consultation.is_partial or fix.safety is not Safety.SAFE:
            return fix
        rests = any(isinstance(node, ast.expr) and consultation.answer(node) != UNKNOWN for node in ast.walk(fix.node))
        return dataclasses.replace(fix, safety=Safety.UNSAFE) if rests else fix

    def _find(self, file: File, module: Module, is_legacy: bool, sight: Sight | None) -> list[Fix]:
        found: list[Fix] = []
        for rule in file.rules_for(is_legacy):
            if sight is not None and rule.code not in sight.codes:
                continue  # somebody looked, and it found nothing
            try:
                fixes = sorted(rule().find(module), key=lambda fix: (fix.node.lineno, fix.node.col_offset))
            except Exception as error:
                error.add_note(f"in {rule.code}")
                raise
            found += [self._undisputed(module, fix) for fix in fixes if not is_suppressed(file, module, fix)]
        return found

    def _named(self, looked: dict[str, tuple[Module, list[Fix]]]) -> tuple[dict[str, Module], list[Found]]:
        """Return the files that were looked at, and their fixes with the findings that report them."""
        modules: dict[str, Module] = {}
        found: list[Found] = []
        for path, (module, fixes) in looked.items():
            namer = Namer(module.facts)
            try:
                with self._facts.working_on(path):
                    ours = [named(self._files.opened, module, fix, namer) for fix in fixes]
            except Exception as error:  # as above
                self._fail(path, error)
                continue
            modules[path] = module
            found += sorted(ours, key=lambda one: (one.fix.node.lineno, one.fix.node.col_offset, one.fix.code))
        return modules, found

    # ---- reporting ---

    def report(self, notes: list[str]) -> Report:
        """Return everything that the run found and did."""
        files = list(self._files.skipped.values())
        for path, file in self._files.opened.items():
            if self._is_changed(file):
                old, new, encoding = file.original.data, file.source.data, file.original.encoding
                edits = file.places.edits(path, len(file.original.text))
                files.append(FileResult(path, old, new, encoding, created=file.is_new, edits=edits))
        findings = [finding for file in self._files.opened.values() for finding in file.findings.values()]
        return Report(
            findings=tuple(sorted(findings, key=lambda f: (f.path, f.line, f.column, f.code))),
            files=tuple(sorted(files, key=lambda file: file.path)),
            refusals=tuple(sorted(self._decisions.refusals.values(), key=lambda r: (r.path, r.line, r.code))),
            checked=self._files.checked,
            notes=tuple(notes),
            counters={"parsed": self._facts.parsed},
        )
