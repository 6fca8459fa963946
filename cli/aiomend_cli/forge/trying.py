"""``aiomend pr --test`` and ``--verify``: a pull request holds only fixes with which the project's tests are no worse, and
tells what a program was seen to do with them."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from aiomend_cli import runner
from aiomend_cli.forge.proposal import Judged, Project, report_of
from aiomend_cli.forge.sets import FixSet
from aiomend_cli.git import Repository
from aiomend_cli.guarded.asked import tests_of
from aiomend_cli.guarded.bench import Tests
from aiomend_cli.guarded.guard import guarded
from aiomend_cli.other_options import PrOptions
from aiomend_cli.terminal import escape, say
from aiomend_cli.trace.watched import Watched, traced, watched


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


def watched_in(work: Repository, options: PrOptions) -> Watched | None:
    """Return what is watched at the root of ``work``; None where nothing is asked for."""
    if options.verify is None:
        return None
    return watched(options.verify, lambda word: _program(word, Path.cwd().resolve(), work.root))


def judged(project: Project, fix_set: FixSet, tests: Tests | None, program: Watched | None) -> Judged:
    """Return what of ``fix_set`` passes the tests, and what the program does with that; all of it without tests.

    Raises UserError where the tests tell nothing, or the program cannot be run.
    """
    result = _tested(project, fix_set, tests)
    if program is None or not result.fix_set.ids:
        return result
    _tell(project, fix_set, f"watching {program.text}")
    fixed = runner.joined((project.workspace,), [result.report])
    return replace(result, traced=traced(project.workspace, fixed, program))


def _tested(project: Project, fix_set: FixSet, tests: Tests | None) -> Judged:
    report = report_of(project, fix_set)
    if tests is None:
        return Judged(fix_set, report)
    run = guarded(runner.joined((project.workspace,), [report]), tests, lambda line: _tell(project, fix_set, line))
    if run.tested is None or not run.tested.dropped:
        return Judged(fix_set, report, run.tested)
    return Judged(replace(fix_set, ids=run.tested.kept), run.report, run.tested)


def _tell(project: Project, fix_set: FixSet, line: str) -> None:
    if not project.options.quiet:
        say(escape(f"{fix_set.branch}: {line}"))
