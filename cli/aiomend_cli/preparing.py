"""From options to workspaces: which projects are meant, what governs each, and what stdin stands for."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from aiomend_cli import discover, runner
from aiomend_cli.discover import Found, Tree
from aiomend_cli.effective import Effective, Overrides
from aiomend_cli.errors import UserError
from aiomend_cli.forms import is_address
from aiomend_cli.options import Options
from aiomend_cli.runner import UNNAMED, Workspace

if TYPE_CHECKING:
    from aiomend_cli.installed import Installed
    from aiomend_cli.trace.evidence import Evidence
    from aiomend_cli.trace.log import Trace

STDIN = "-"


def standard_input(options: Options) -> bytes | None:
    """Return what stdin holds where ``-`` is the path, else None.

    Raises UserError where ``-`` stands among other paths.
    """
    if STDIN not in options.paths:
        if options.stdin_filename is not None:
            raise UserError("--stdin-filename names what stdin holds: use it with the path `-`")
        return None
    if len(options.paths) > 1:
        raise UserError("`-` is stdin and cannot stand among other paths")
    return sys.stdin.buffer.read()


def prepare(
    options: Options, stdin: bytes | None = None, *, cwd: Path | None = None, origin: Path | None = None
) -> tuple[Workspace, ...]:
    """Return the projects that ``options`` speak of; raises UserError or SettingsError for wrong options.

    ``stdin`` is the content of the file that ``-`` stands for, ``cwd`` what paths are relative to (default: the working
    directory). Where the project is a copy, ``origin`` is what it was taken from: environments of packages are there.
    """
    cwd = cwd or Path.cwd()
    files = runner.rule_files(options.rules)
    known = runner.known_rules(files)
    overrides = Overrides.parse(options, known, cwd)
    founds = [_from_stdin(options, stdin, cwd)] if stdin is not None else discover.discover(options.paths, cwd)
    trace = _trace(options)
    workspaces = []
    for found in founds:
        settings = Effective(found.tree.root, cwd, overrides, known)
        kept = discover.without(found, settings.excluded)
        for path in kept.chosen:
            settings(path)  # a wrong configuration stops the run before it starts
        workspace = Workspace(
            kept,
            settings,
            cwd,
            _library(settings, kept, origin),
            settings.types(kept.chosen),
            settings.limits(kept.chosen),
            files,
            _evidence(trace, origin or found.tree.root, options),
            cached=not options.no_cache,
            jobs=options.jobs,
        )
        workspaces.append(workspace)
    if options.executor is not None and is_address(options.executor):
        from aiomend_cli import clusters

        return clusters.shared(workspaces, options.executor)
    return tuple(workspaces)


def _trace(options: Options) -> Trace | None:
    if options.evidence is None:
        if options.only_evidence:
            raise UserError("--only-evidence needs --evidence FILE, which says what was seen")
        return None
    from aiomend_cli.trace.log import read

    return read(options.evidence)


def _evidence(trace: Trace | None, root: Path, options: Options) -> Evidence | None:
    if trace is None:
        return None
    from aiomend_cli.trace.evidence import Evidence

    return Evidence(trace, root, options.only_evidence)


def _library(settings: Effective, found: Found, origin: Path | None) -> Installed | None:
    named = settings.environment(found.chosen)
    if named is None:
        return None
    from aiomend_cli.installed import installed

    python, who = named
    if origin is not None and python.is_relative_to(found.tree.root) and not python.exists():
        python = origin / python.relative_to(found.tree.root)
    return installed(python, who)


def _from_stdin(options: Options, content: bytes, cwd: Path) -> Found:
    name = options.stdin_filename
    if name is None:
        # nothing says where this code belongs, so it stands alone
        tree = Tree(cwd, (UNNAMED,), None, {UNNAMED: content})
        return Found(tree, (UNNAMED,), explicit=frozenset({UNNAMED}))
    whole = Path(os.path.realpath(cwd / name))
    if not whole.parent.is_dir():
        raise UserError(f"--stdin-filename {name}: there is no folder {whole.parent}")
    [found] = discover.discover([str(whole.parent)], cwd)
    if whole.is_dir():
        raise UserError(f"--stdin-filename {name}: that is a folder")
    return discover.with_stdin(found, whole.relative_to(found.tree.root).as_posix(), content)
