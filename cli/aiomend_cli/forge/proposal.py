"""From a checked-out base to the pull requests that are wanted: what is run, committed and said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from aiomend.model import Finding, Safety
from aiomend.report import Report
from aiomend_cli.commit import plan
from aiomend_cli.forge.body import Contents, body, title
from aiomend_cli.forge.branch import Manner, commits, with_ignored_revisions
from aiomend_cli.forge.message import message
from aiomend_cli.forge.owners import owners
from aiomend_cli.forge.policy import Wanted
from aiomend_cli.forge.sets import FixSet, fix_sets, part_of
from aiomend_cli.forge.settings import PullRequests, SplitBy
from aiomend_cli.git import Repository
from aiomend_cli.other_options import PrOptions
from aiomend_cli.retyped import command_line
from aiomend_cli.runner import Accept, Workspace
from aiomend_cli.selection import requirements, to_json
from aiomend_cli.tested import Tested, Traced

_IDS = 100  #: that commands in a body may name


@dataclass(frozen=True, slots=True)
class Base:
    branch: str
    sha: str
    web: str | None  #: where its repository is on the web


@dataclass(frozen=True, slots=True)
class Project:
    """The fixes of one base, sorted into sets, and what is needed to propose them."""

    workspace: Workspace
    settings: PullRequests
    options: PrOptions  #: with paths relative to the repository's root
    base: Base
    everything: Report  #: the run with all fixes that are accepted
    safe: Report  #: that with the safe ones alone
    sets: tuple[FixSet, ...]
    owner: Callable[[str], str]

    def in_scope(self, name: str) -> bool:
        """Return True where this run would have found the fixes of the set with that name."""
        if self.options.paths != (".",):
            return False
        level, _, rest = name.partition("-")
        settings = self.workspace.settings("")
        first = rest.partition("-")[0].upper()
        code = first if first in self.workspace.settings.known else None
        if code is not None and (code not in settings.select or code in settings.ignore):
            return False
        return level == Safety.SAFE.label or code is None or code in settings.unsafe


def project(workspace: Workspace, settings: PullRequests, options: PrOptions, base: Base, run: Report) -> Project:
    """Return the sets of ``run``, which has all fixes that are accepted."""
    unsafe = [one for one in run.findings if one.applied and one.safety is not Safety.SAFE]
    safe = workspace.run(_only(Safety.SAFE)) if unsafe else run
    owner = owners(workspace.root) if settings.split_by is SplitBy.OWNER else _nobody
    requires = {**requirements(safe), **requirements(run)}
    sets = fix_sets([*safe.findings, *unsafe], requires, settings.split_by, owner, settings.max_files)
    return Project(workspace, settings, options, base, run, safe, tuple(sets), owner)


def _nobody(path: str) -> str:
    return ""


def _only(safety: Safety) -> Accept:
    return lambda finding: finding.safety is safety


@dataclass(frozen=True, slots=True)
class Judged:
    """What of a set goes in, and what is known of it."""

    fix_set: FixSet
    report: Report  #: the run with its fixes
    tested: Tested | None = None  #: what the project's tests said of them
    traced: Traced | None = None  #: what a program was seen to do with them


def report_of(project: Project, fix_set: FixSet) -> Report:
    """Return the run with the fixes of ``fix_set`` alone."""
    return project.safe if _is_all_safe(project, fix_set) else project.workspace.run(_accept(fix_set))


def _is_all_safe(project: Project, fix_set: FixSet) -> bool:
    return fix_set.ids == {one.id for one in project.safe.findings if one.applied}


def _accept(fix_set: FixSet) -> Accept:
    return lambda finding: finding.id in fix_set.ids


def wanted(project: Project, judged: Judged, repository: Repository, manner: Manner) -> Wanted | None:
    """Return the pull request for what was ``judged``, its commits made in ``repository``; None where nothing comes of it."""
    fix_set, report = judged.fix_set, judged.report
    settings, base = project.settings, project.base
    whole = _is_all_safe(project, fix_set)
    steps = plan(project.workspace, _accept(fix_set), whole=report)
    if not steps:
        return None
    what = {code: rule.summary() for code, rule in project.workspace.rules.items()}
    texts = [(step, message(step, what.get(step.code, ""), report.findings, settings.message)) for step in steps]
    made = commits(repository, base.sha, texts, manner)
    if settings.blame_ignore_revs:
        made = with_ignored_revisions(repository, base.sha, made, manner)
    contents = Contents(
        fix_set,
        report,
        what,
        base.branch,
        base.sha,
        base.web,
        str(project.workspace.settings("").target),
        tuple(_commands(project, fix_set, whole)),
        tuple(one for one in report.findings if one.safety is Safety.MANUAL and _belongs(project, fix_set, one)),
        judged.tested,
        judged.traced,
    )
    return Wanted(
        fix_set,
        base.branch,
        tuple(made),
        title(fix_set, report),
        body(contents),
        settings.draft and fix_set.safety is not Safety.SAFE,
        settings.labels,
        settings.reviewers,
        None if judged.traced is None else body(replace(contents, traced=replace(judged.traced, rows=(), said=()))),
    )


def _belongs(project: Project, fix_set: FixSet, finding: Finding) -> bool:
    if fix_set.rule is not None and finding.code != fix_set.rule:
        return False
    return (part_of(finding.path, project.settings.split_by, project.owner) or None) == fix_set.part


def _commands(project: Project, fix_set: FixSet, whole: bool) -> list[str]:
    """Return what a person types to get the same."""
    options = project.options
    shown = replace(
        options,
        unsafe=False,  # these are chosen one by one, or safe
        unsafe_rules=(),
        python=None if options.python is None or options.python.is_absolute() else options.python,
        config=None if options.config is None or options.config.is_absolute() else options.config,
    )
    switch = f"git switch -c again {project.base.sha[:12]}"
    unsafe = any(one.applied and one.safety is not Safety.SAFE for one in project.everything.findings)
    if whole and not unsafe:
        return [switch, f"aiomend fix --commit{command_line(shown)}"]
    if len(fix_set.ids) > _IDS:
        return [
            switch,
            f"aiomend pr --dry-run{command_line(replace(shown, unsafe=options.unsafe, unsafe_rules=options.unsafe_rules))}",
        ]
    chosen = str(to_json(fix_set.ids)).replace("'", '"')
    return [
        switch,
        f"echo '{chosen}' >fixes.json",
        f"aiomend fix --commit --only-fixes fixes.json{command_line(shown)}",
    ]


def merged(settings: PullRequests, options: PrOptions) -> PullRequests:
    """Return what the project says, under what the options say."""
    changes: Mapping[str, object] = {
        name: value
        for name, value in (
            ("split_by", options.split_by),
            ("labels", options.label or None),
            ("reviewers", options.reviewer or None),
        )
        if value is not None
    }
    return replace(settings, **changes)  # type: ignore[arg-type]
