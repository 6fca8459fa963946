"""``aiomend pr --test``: a pull request holds only fixes with which the project's tests are no worse."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from aiomend.model import Report
from aiomend_cli import runner
from aiomend_cli.forge.proposal import Project, report_of
from aiomend_cli.forge.sets import FixSet
from aiomend_cli.git import Repository
from aiomend_cli.guarded.asked import tests_of
from aiomend_cli.guarded.bench import Tests
from aiomend_cli.guarded.guard import guarded
from aiomend_cli.options import PrOptions
from aiomend_cli.terminal import escape, say
from aiomend_cli.tested import Tested


def tests_in(work: Repository, origin: Repository, options: PrOptions) -> Tests | None:
    """Return the tests that run in ``work``, in the folder that is the user's working directory in ``origin``.

    What they import comes from there, also where the user's environment has the project installed in place. Raises
    UserError for options that make no sense; None where no tests are asked for.
    """
    here = Path.cwd().resolve()
    tests = tests_of(options, work.root / here.relative_to(origin.root))
    if tests is None:
        return None
    variables = {"PYTHONPATH": _path(work, tests.command.variables.get("PYTHONPATH") or os.environ.get("PYTHONPATH"))}
    words = (_program(tests.command.words[0], here, tests.cwd), *tests.command.words[1:])
    command = replace(tests.command, words=words, variables={**tests.command.variables, **variables})
    return replace(tests, command=command)


def _path(work: Repository, given: str | None) -> str:
    sources = [str(folder) for folder in (work.root / "src", work.root) if folder.is_dir()]
    return os.pathsep.join([*sources, *([given] if given else [])])


def _program(word: str, here: Path, there: Path) -> str:
    """Return the program that the user means by a path, such as ``.venv/bin/pytest``, which git does not keep."""
    if "/" in word and not (there / word).exists() and (here / word).exists():
        return str(here / word)
    return word


def tried(project: Project, fix_set: FixSet, tests: Tests | None) -> tuple[FixSet, Report, Tested | None]:
    """Return what of ``fix_set`` passes the tests, the run with that, and what they said; all of it without tests.

    Raises UserError where the tests tell nothing.
    """
    report = report_of(project, fix_set)
    if tests is None:
        return fix_set, report, None

    def tell(line: str) -> None:
        if not project.options.quiet:
            say(escape(f"{fix_set.branch}: {line}"))

    run = guarded(runner.joined((project.workspace,), [report]), tests, tell)
    if run.tested is None or not run.tested.dropped:
        return fix_set, report, run.tested
    return replace(fix_set, ids=run.tested.kept), run.report, run.tested
