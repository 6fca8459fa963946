"""Which folders are read for what a project says of itself: those with a file that could say it, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiomend_cli import configured, projectfiles, style, target


@pytest.mark.parametrize("name", ["a.py", "setup.cfg.bak", "pyproject.toml.orig", "PKG-INFO.txt", "dist-info"])
def test_other_files_tell_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()

    assert not projectfiles.may_tell(tmp_path)


def test_an_empty_folder_tells_nothing(tmp_path: Path) -> None:
    assert not projectfiles.may_tell(tmp_path)


def test_a_folder_that_cannot_be_listed_may_tell_something(tmp_path: Path) -> None:
    assert projectfiles.may_tell(tmp_path / "missing")


@pytest.mark.parametrize(
    "name",
    ["aiomend.toml", "setup.py", "tox.ini", ".flake8", "PyProject.toml", "PKG-INFO", "a-1.0.dist-info", "a.egg-info"],
)
def test_its_files_tell_of_a_project(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.py").touch()
    (tmp_path / name).touch()

    assert projectfiles.may_tell(tmp_path)


def test_every_file_that_is_read_is_one_that_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = set[str]()

    def nothing(path: Path, **_: bool) -> dict[str, object]:
        names.add(path.name)
        return {}

    readers = [(configured, "toml"), (style, "toml"), (style, "ini")]
    readers += [(target, "toml"), (target, "ini"), (target, "_setup_arguments")]
    with monkeypatch.context() as patch:
        for module, reader in readers:
            patch.setattr(module, reader, nothing)
        assert configured.governing(tmp_path, tmp_path) is None
        style.style_of(tmp_path, tmp_path)
        target.target_of(tmp_path, tmp_path)

    assert {name.casefold() for name in names} | {"pkg-info"} == projectfiles.TELLING
