"""Paths are shown as the user would type them: as seen from the working directory."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiomend_cli import preparing
from aiomend_cli.options import CheckOptions


@pytest.mark.parametrize(
    ("root", "cwd", "path", "shown"),
    [
        pytest.param("project", "project", "sub/a.py", "sub/a.py", id="from the root"),
        pytest.param("project", ".", "sub/a.py", "project/sub/a.py", id="from above"),
        pytest.param("project", "project/other", "sub/a.py", "../sub/a.py", id="from beside it"),
        pytest.param("project", "project/sub", "sub/a.py", "a.py", id="from its own folder"),
        pytest.param("project", "elsewhere", "sub/a.py", "../project/sub/a.py", id="from outside"),
        pytest.param("project", "project", "", ".", id="the root itself"),
        pytest.param("project", ".", "", "project", id="the root itself from above"),
    ],
)
def test_a_path_is_relative_to_the_working_directory(
    tmp_path: Path, root: str, cwd: str, path: str, shown: str
) -> None:
    for folder in ("project/sub", "project/other", "elsewhere"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "project" / "pyproject.toml").touch()
    (tmp_path / "project" / "sub" / "a.py").touch()
    [workspace] = preparing.prepare(CheckOptions(paths=(str(tmp_path / root),)), cwd=tmp_path / cwd)

    assert workspace.shown(path) == shown
