"""The one way in: workspaces -> engine -> one Report, with paths as the user sees them (``preparing`` makes workspaces)."""

from __future__ import annotations

import functools
import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from aiomend.report import FileResult, Report, Skip
from aiomend.settings import Settings, TargetRange
from aiomend_cli import notes
from aiomend_cli.discover import Found, Tree
from aiomend_cli.effective import Effective
from aiomend_cli.limits import Limits
from aiomend_cli.rule_places import announcing

if TYPE_CHECKING:
    from typing import Protocol

    from aiomend.facts.oracle import Oracle
    from aiomend.model import Finding, TextEdit
    from aiomend.rules import Rule
    from aiomend.sharing import Crew, Memory
    from aiomend_cli.executors import Opening
    from aiomend_cli.installed import Installed
    from aiomend_cli.isolation import Task
    from aiomend_cli.narrowing import Narrowing
    from aiomend_cli.tested import Tested
    from aiomend_cli.trace.evidence import Evidence
    from aiomend_cli.typeserver import TypeServer
    from aiomend_cli.writer import Written

    class Engine(Protocol):
        """What the runner needs of ``aiomend.engine.Project``."""

        def run(
            self,
            paths: Collection[str] | None = None,
            *,
            accept: Accept | None = None,
            progress: Progress | None = None,
            watch: Watch | None = None,
        ) -> Report: ...


Accept = Callable[["Finding"], bool]
Scope = Callable[["Workspace", "Finding"], bool]  #: of findings with paths relative to the workspace's root
Progress = Callable[[str, int, int], None]
Watch = Callable[[str | None], None]

#: Bytes of a project that are looked at in this process; what is more is screened in the engine's, once.
GLANCE = 2_000_000

UNNAMED = "stdin.py"


def engine(
    tree: Tree,
    settings: Callable[[str], Settings],
    library: Installed | None,
    oracle: Oracle | None,
    *,
    opaque: Collection[str],
    rules: Mapping[str, type[Rule]],
    crew: Crew | None = None,
    memory: Memory | None = None,
) -> Engine:
    """Return the library's project for ``tree``; imported here, since most commands never need it."""
    from aiomend.engine import Project

    return Project(tree, settings, library=library, oracle=oracle, opaque=opaque, rules=rules, crew=crew, memory=memory)


def rule_files(given: Collection[str | Path]) -> tuple[Path, ...]:
    """Return what ``--rules`` names as absolute paths."""
    return tuple(Path(os.path.abspath(file)) for file in given)  # noqa: PTH100


def known_rules(files: tuple[Path, ...] = ()) -> dict[str, str]:
    """Return the name of every rule by its code: aiomend's own, those of packages and those of ``files``."""
    if only_own(files):
        from aiomend.listed import LISTED

        return {rule.code: rule.name for rule in LISTED}
    from aiomend_cli.rule_packages import known

    return {code: rule.name for code, rule in known(files).rules.items()}


def at_a_glance(workspace: Workspace) -> Report | None:
    """Return the report on a small project where nothing is to be found; None where the engine has to look."""
    if workspace.types or not only_own(workspace.rule_files):
        return None  # nobody knows yet whether the type checker can be asked, or what others' rules look for
    from aiomend.glance import glance

    return glance(workspace.found.tree, workspace.settings, workspace.found.chosen, most=GLANCE)


def only_own(files: tuple[Path, ...]) -> bool:
    """True where all rules are aiomend's own: no file of rules is named, and no package of rules installed."""
    return not files and not announcing()


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Workspace:
    """One project, ready to run: its tree, the files that were meant, and what governs each."""

    found: Found
    settings: Effective
    cwd: Path
    library: Installed | None = None  #: the packages that the project is installed with
    types: bool = False  #: whether a type checker is asked, too
    limits: Limits = field(default_factory=Limits)  #: for each file
    rule_files: tuple[Path, ...] = ()  #: that ``--rules`` names
    evidence: Evidence | None = None  #: what its program was seen to do
    cached: bool = True  #: whether reports of earlier runs may be used, and this one kept
    jobs: int | None = None  #: processes that share the work; None: as many as there are processors
    executor: Opening | None = None  #: what shares it instead
    is_trial: bool = False  #: it stands for files as they were before tests began to run on others

    @property
    def rules(self) -> Mapping[str, type[Rule]]:
        """Every rule by its code; a process of its own loads those of packages and files again."""
        from aiomend_cli.rule_packages import known

        return known(self.rule_files).rules

    @property
    def root(self) -> Path:
        return self.found.tree.root

    def run(self, accept: Accept | None = None, progress: Progress | None = None) -> Report:
        """Return the report on the chosen files, with paths relative to the project's root."""
        report = at_a_glance(self) if self.evidence is None else None
        if report is None:
            if accept is None and self.cached:
                from aiomend_cli import cache

                report = cache.report(self, lambda: self._looked_at(None, progress))
            else:
                report = self._looked_at(accept, progress)
        unfinished = half_written(self)
        files = sorted((*report.files, *self.found.skipped), key=lambda file: file.path)
        report = replace(report, files=tuple(files), notes=(*self.found.notes, *unfinished, *report.notes))
        return report if self.evidence is None else self.evidence.told(report)

    def _looked_at(self, accept: Accept | None, progress: Progress | None) -> Report:
        from aiomend_cli import isolation

        return isolation.run(self, accept, progress)

    def work(self, task: Task, accept: Accept | None, progress: Progress | None, watch: Watch) -> Report:
        """Return the engine's report: the part that runs in a process of its own."""
        from aiomend_cli.cache.memory import Memory
        from aiomend_cli.crews import crew_of
        from aiomend_cli.forks import Forks

        chosen = [path for path in self.found.chosen if path not in task.opaque]
        tree = replace(self.found.tree, lost=task.lost)
        with self._type_server() as oracle, crew_of(self) as crew:
            asked = oracle if self.evidence is None else self.evidence.witness(oracle)
            kept = Memory.of(self.root) if self.cached else None
            opaque, rules = task.opaque, self.rules
            project = engine(
                tree, self.settings, self.library, asked, opaque=opaque, rules=rules, crew=crew, memory=kept
            )
            watch = crew.unwatched(watch) if isinstance(crew, Forks) else watch
            report = project.run(chosen, accept=accept, progress=progress, watch=watch)
        trouble = (oracle.trouble,) if oracle is not None and oracle.trouble is not None else ()
        return replace(report, notes=(*report.notes, *trouble))

    def _type_server(self) -> AbstractContextManager[TypeServer | None]:
        """Return what is asked for types; it raises UserError where that is wanted and not installed."""
        if not self.types:
            return nullcontext()
        from aiomend_cli.typeserver import type_server

        tree, chosen = self.found.tree, self.found.chosen
        packages = self.library.folders if self.library is not None else ()
        return type_server(tree.root, tree.files, packages, self.settings(chosen[0] if chosen else "").target)

    def accepts(self, finding: Finding) -> bool:
        """Return True where the user wants the fix of ``finding``: safe, or unsafe and its rule accepted
        for every file that it changes."""
        from aiomend.model import Safety

        if self.evidence is not None and self.evidence.only and not self.evidence.of(finding):
            return False
        match finding.safety:
            case Safety.SAFE:
                return True
            case Safety.UNSAFE:
                return all(finding.code in self.settings(path).unsafe for path in finding.paths)
        return False

    def shown(self, path: str) -> str:
        """Return ``path`` as seen from the working directory; stdin without a name is ``<stdin>``."""
        if self.found.tree.files == (UNNAMED,) and self.found.tree.overlay:
            return "<stdin>"
        way = _way(self.cwd, self.root)
        if way is not None and path:
            return way + path
        return os.path.relpath(self.root / path, self.cwd).replace(os.sep, "/")

    def inside(self, shown: str) -> str | None:
        """Return the path that is ``shown`` so, as seen from the root; None for one outside of it."""
        whole = Path(os.path.normpath(self.cwd / shown))
        return whole.relative_to(self.root).as_posix() if whole.is_relative_to(self.root) else None


@functools.lru_cache(maxsize=64)
def _way(cwd: Path, root: Path) -> str | None:
    """Return what stands in front of each path below ``root`` as seen from ``cwd``; None from inside of ``root``, where that depends."""
    if root == cwd:
        return ""
    return None if cwd.is_relative_to(root) else f"{os.path.relpath(root, cwd).replace(os.sep, '/')}/"


def half_written(workspace: Workspace) -> tuple[str, ...]:
    """Return what is to be said of the files that an earlier run left half written, or was trying."""
    said: tuple[str, ...] = ()
    root, repository = workspace.root, workspace.found.tree.repository
    if os.path.lexists(notes.place(root, repository)):
        from aiomend_cli import unfinished

        said += unfinished.notes(workspace)
    if not workspace.is_trial and os.path.lexists(notes.trial(root, repository)):
        from aiomend_cli.guarded import journal

        said += journal.notes(workspace)
    return said


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Run:
    """The workspaces of one command, their reports joined, and what governed them."""

    workspaces: tuple[Workspace, ...]
    report: Report  #: paths relative to the working directory
    targets: tuple[TargetRange, ...]  #: that of most files first
    unwritten: tuple[Written, ...] = ()  #: changed files that could not be written, paths as in the report
    half_written: tuple[Finding, ...] = ()  #: those whose fix needs files that were written and such that were not
    half_before: tuple[str, ...] = ()  #: sentences on what an earlier run left half written
    chosen: frozenset[str] | None = None  #: the ids of the fixes that a person chose, where one did
    missing: frozenset[str] = frozenset()  #: chosen ids that are no fix of this run
    tested: Tested | None = None  #: what the project's tests said of its fixes, where they were asked
    narrowings: tuple[Narrowing, ...] = ()  #: what left findings out of the report

    @property
    def rules(self) -> Mapping[str, type[Rule]]:
        """Every rule by its code, those that the options named among them."""
        from aiomend_cli.rule_packages import known

        return known(self.workspaces[0].rule_files if self.workspaces else ()).rules


def run(
    workspaces: tuple[Workspace, ...],
    accept: Callable[[Workspace], Accept] | None = None,
    *,
    watched: bool = True,
) -> Run:
    """Return the joined report of ``workspaces``; ``accept`` makes the admission of fixes for each.

    Where it is ``watched`` and takes long, a progress bar is shown.
    """
    from aiomend_cli.progress import progress_bar

    reports = []
    with progress_bar(watched) as progress:
        for workspace in workspaces:
            reports.append(workspace.run(accept(workspace) if accept else None, progress))
    return joined(workspaces, reports)


def joined(workspaces: tuple[Workspace, ...], reports: list[Report]) -> Run:
    """Return the run that consists of one report for each of ``workspaces``."""
    shown = [_as_shown(report, workspace.shown) for workspace, report in zip(workspaces, reports, strict=True)]
    return Run(workspaces, _joined(shown), _targets(workspaces))


def _targets(workspaces: tuple[Workspace, ...]) -> tuple[TargetRange, ...]:
    counts: Counter[TargetRange] = Counter()
    for workspace in workspaces:
        counts.update(workspace.settings(path).target for path in workspace.found.chosen)
        if not workspace.found.chosen and not counts:
            counts[workspace.settings("").target] = 0
    return tuple(target for target, _ in counts.most_common())


def _joined(reports: list[Report]) -> Report:
    if len(reports) == 1:
        return reports[0]
    counters: Counter[str] = Counter()
    for report in reports:
        counters.update(report.counters)
    return Report(
        findings=tuple(
            sorted((f for r in reports for f in r.findings), key=lambda f: (f.path, f.line, f.column, f.code))
        ),
        files=tuple(sorted((file for r in reports for file in r.files), key=lambda file: file.path)),
        refusals=tuple(refusal for r in reports for refusal in r.refusals),
        checked=sum(r.checked for r in reports),
        notes=tuple(dict.fromkeys(note for r in reports for note in r.notes)),
        counters=dict(counters),
    )


def _moved(found: Finding, to: Callable[[str], str]) -> Finding:
    evidence = tuple(replace(item, path=to(item.path)) for item in found.evidence)
    fix = found.fix
    if fix is not None:
        changes = tuple(replace(change, path=to(change.path)) for change in fix.changes)
        fix = replace(fix, edits=_shown(fix.edits, to), changes=changes)
    return replace(found, path=to(found.path), evidence=evidence, fix=fix)


def _shown(edits: Iterable[TextEdit], to: Callable[[str], str]) -> tuple[TextEdit, ...]:
    return tuple(replace(edit, path=to(edit.path)) for edit in edits)


def places(run: Run) -> dict[str, tuple[Workspace, str]]:
    """Return the workspace of each file of ``run``, new ones included, and its path there, by shown path."""
    found = {w.shown(path): (w, path) for w in run.workspaces for path in w.found.chosen}
    for file in run.report.files:
        if file.created:
            around = [(w, path) for w in run.workspaces if (path := w.inside(file.path)) is not None]
            found[file.path] = max(around, key=lambda place: len(place[0].root.parts))
    return found


def homes(run: Run) -> Callable[[Finding], tuple[Workspace, Finding]]:
    """Return what leads a finding of ``run`` back to its workspace, with paths relative to that one's root."""
    known = places(run)

    def home(finding: Finding) -> tuple[Workspace, Finding]:
        workspace, _ = known[finding.path]
        return workspace, _moved(
            finding, lambda path: known[path][1] if path in known else workspace.inside(path) or path
        )

    return home


def wanted(run: Run) -> Accept:
    """Return what tells whether the user wants the fix of a finding of ``run``: chosen, or admitted by the settings."""
    home, chosen = homes(run), run.chosen

    def is_wanted(finding: Finding) -> bool:
        if chosen is not None:
            return finding.id in chosen
        workspace, own = home(finding)
        return workspace.accepts(own)

    return is_wanted


def _as_shown(report: Report, shown: Callable[[str], str]) -> Report:
    return replace(
        report,
        findings=tuple(_moved(found, shown) for found in report.findings),
        files=tuple(replace(file, path=shown(file.path), edits=_shown(file.edits, shown)) for file in report.files),
        refusals=tuple(replace(refusal, path=shown(refusal.path)) for refusal in report.refusals),
    )


def contents(run: Run) -> Mapping[str, bytes]:
    """Return the original bytes of the files with findings, and of those that their fixes change, by shown path.

    A file that is gone by now, or was not there yet, is missing.
    """
    wanted = {path for finding in run.report.findings for path in finding.paths}
    found = {file.path: file.old for file in run.report.files if file.changed and not file.created}
    for workspace in run.workspaces:
        for path in workspace.found.tree.files:
            shown = workspace.shown(path)
            if shown in wanted and shown not in found:
                try:
                    found[shown] = workspace.found.tree.read(path)
                except OSError:
                    continue  # an excerpt less, and the finding still stands
    return found


def failed(file: FileResult) -> bool:
    """Return True where aiomend itself failed on ``file``."""
    return file.skip in (Skip.FAILED, Skip.GIVEN_UP)


def incomplete(report: Report) -> tuple[FileResult, ...]:
    """Return the skipped files that should have been looked at: all but generated and foreign ones, notebooks and asyncio's own."""
    by_design = (Skip.GENERATED, Skip.NOTEBOOK, Skip.FOREIGN, Skip.ASYNCIO)
    return tuple(file for file in report.files if file.skip is not None and file.skip not in by_design)
