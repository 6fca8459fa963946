"""Who shares the work of one run: copies of the engine, processes of its own kind where it cannot be copied, or a cluster."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator

from aiomend.sharing import Crew
from aiomend_cli.forks import Forks, may_fork, processors
from aiomend_cli.runner import Workspace, only_own
from aiomend_cli.terminal import escape, say


def why_here(workspace: Workspace) -> str | None:
    """Return what keeps the work of a run in this process and its copies; None where any process can do it."""
    if not only_own(workspace.rule_files):
        return "rules of others, whose code does not travel"
    if workspace.library is not None:
        return "packages of an environment (python), which may be others elsewhere"
    if workspace.types:
        return "a type checker (types), whose answers come in one process"
    if workspace.evidence is not None:
        return "evidence, which is asked in one process"
    return None


@contextlib.contextmanager
def crew_of(workspace: Workspace) -> Iterator[Crew | None]:
    """Yield who shares the work of a run, None where nobody does; at the end, what went wrong is told on stderr."""
    jobs = workspace.jobs or processors()
    if workspace.executor is None and may_fork():
        yield Forks(jobs, workspace.limits.seconds)
        return
    from aiomend_cli import executors

    is_pool = workspace.executor is None
    if is_pool and (jobs == 1 or why_here(workspace) or len(workspace.found.tree.files) <= executors.FILES):
        yield None
        return
    opening = workspace.executor or functools.partial(executors.pool, jobs, workspace.limits.megabytes)
    with opening() as executor:
        team = executors.Team(executor)
        yield team
    if team.trouble is not None:
        went_on = "the work was done without it" if team.is_lost else "that part was done without it"
        say(f"aiomend: {'--jobs' if is_pool else '--executor'}: {escape(team.trouble)}; {went_on}")
