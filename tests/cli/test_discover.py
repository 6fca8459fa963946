"""Which files are looked at, and which are left alone with a reason."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from cli_helpers import commit_all, git
from typer.testing import Result

from aiomend.report import Skip
from aiomend_cli.discover import Found, discover

Run = Callable[..., Result]


def put(*names: str, content: str = "") -> None:
    """Create files in the working directory."""
    for name in names:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def found(*paths: str) -> Found:
    """Return the only project around ``paths``."""
    [one] = discover(paths or (".",), Path.cwd())
    return one


def skipped(one: Found) -> dict[str, Skip | None]:
    return {file.path: file.skip for file in one.skipped}


def names_of(runs: Iterable[Found]) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.tree.root.name, one.chosen) for one in runs]


def test_what_git_ignores_is_not_looked_at(repo: Path) -> None:
    put("a.py", "new.py", "out/b.py", "c.txt")
    put(".gitignore", content="out/\n")
    git("add", "a.py")
    assert found().chosen == ("a.py", "new.py")


def test_an_ignored_folder_that_is_named_is_a_project_of_its_own(repo: Path) -> None:
    put("a.py", "out/pkg/b.py", "out/pkg/setup.py")
    put(".gitignore", content="out/\n")
    commit_all()
    one = found("out/pkg")
    assert (one.tree.root, one.chosen, one.tree.repository) == (repo / "out/pkg", ("b.py", "setup.py"), None)


def test_a_module_called_setup_begins_no_project(project: Path) -> None:
    put("setup.py", "pkg/__init__.py", "pkg/setup.py", "pkg/a.py")
    assert found("pkg").tree.root == project


def test_a_file_that_is_deleted_and_still_in_the_index(repo: Path) -> None:
    put("a.py", "b.py")
    commit_all()
    Path("b.py").unlink()
    assert found().chosen == ("a.py",)


def test_paths_choose_and_the_whole_project_is_known(repo: Path) -> None:
    put("a.py", "pkg/b.py", "pkg/c.pyi", "pkg2/d.py")
    one = found("pkg")
    assert one.chosen == ("pkg/b.py", "pkg/c.pyi")
    assert one.tree.files == ("a.py", "pkg/b.py", "pkg/c.pyi", "pkg2/d.py")


def test_a_submodule_is_entered_only_when_it_is_named(repo: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    git("init", "-q", cwd=other)
    (other / "inner.py").write_text("")
    git("add", "-A", cwd=other)
    git("commit", "-q", "-m", "start", cwd=other)
    put("a.py")
    git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), "sub")
    commit_all()
    assert found().chosen == ("a.py",)
    assert (found("sub").tree.root, found("sub").chosen) == (repo / "sub", ("inner.py",))


def test_two_repositories_are_two_projects(project: Path) -> None:
    put("one/a.py", "two/b.py")
    for name in ("one", "two"):
        git("init", "-q", cwd=project / name)
    assert names_of(discover(("one", "two"), project)) == [("one", ("a.py",)), ("two", ("b.py",))]


def test_a_hook_of_another_repository_does_not_lead_astray(
    repo: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put("a.py")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert found().chosen == ("a.py",)


def test_a_monitor_that_the_repository_brings_does_not_run(repo: Path) -> None:
    put("a.py")
    put("spy", content="#!/bin/sh\ntouch spied\n")
    Path("spy").chmod(0o755)
    git("config", "core.fsmonitor", str(repo / "spy"))
    git("config", "core.hooksPath", str(repo))
    assert found().chosen == ("a.py",)
    assert not Path("spied").exists()


def test_the_walk_passes_over_what_is_not_the_projects(project: Path) -> None:
    put("setup.py", "pkg/a.py", "pkg/build_tools.py", "build/b.py", "dist/c.py", "node_modules/d.py", ".hidden/e.py")
    put("pkg/__pycache__/f.py", "environment/pyvenv.cfg", "environment/lib/g.py", "x.egg-info/h.py")
    assert found().chosen == ("pkg/a.py", "pkg/build_tools.py", "setup.py")


@pytest.mark.usefixtures("project")
def test_a_folder_that_nobody_may_read_hides_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    put("locked/a.py", "open.py")
    plain = os.scandir

    def scandir(folder: str) -> object:
        if "locked" in str(folder):
            raise PermissionError(folder)
        return plain(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    assert found().chosen == ("open.py",)


def test_a_folder_that_the_walk_passes_over_is_entered_when_named(project: Path) -> None:
    put("setup.py", "build/b.py")
    one = found("build")
    assert (one.tree.root, one.chosen, one.tree.files) == (project, ("build/b.py",), ("build/b.py", "setup.py"))


def test_outside_a_repository_the_project_is_the_folder_of_the_configuration(project: Path) -> None:
    put("top/pyproject.toml", "top/src/a.py", "top/b.py")
    assert (found("top/src").tree.root, found("top/src").chosen) == (project / "top", ("src/a.py",))


def test_without_any_configuration_it_is_what_the_paths_share(project: Path) -> None:
    put("x/one/a.py", "x/two/b.py", "y/c.py")
    one = found("x/one", "x/two/b.py")
    assert (one.tree.root, one.tree.files) == (project / "x", ("one/a.py", "two/b.py"))


def test_a_lone_file_is_a_project_with_what_it_can_import_and_not_with_all_that_lies_below(project: Path) -> None:
    put("home/script.py", "home/beside.py", "home/package/__init__.py", "home/package/inner/__init__.py")
    put("home/package/data/a.py", "home/downloads/b.py", "home/downloads/deep/__init__.py", "home/other/c.py")
    one = found("home/script.py")
    packages = ("package/__init__.py", "package/inner/__init__.py")
    assert (one.tree.root, one.tree.files) == (project / "home", ("beside.py", *packages, "script.py"))


def test_two_files_far_apart_do_not_make_a_project_of_all_between(project: Path) -> None:
    put("one/deep/a.py", "two/deep/b.py", "three/c.py", "d.py")
    one = found("one/deep/a.py", "two/deep/b.py")
    assert (one.tree.root, one.tree.files) == (project, ("one/deep/a.py", "two/deep/b.py"))


def test_notebooks_are_counted(repo: Path) -> None:
    put("a.py", "b.ipynb")
    assert skipped(found()) == {"b.ipynb": Skip.NOTEBOOK}


def test_a_script_counts_when_it_is_named(repo: Path) -> None:
    put("tool", content="#!/usr/bin/env python3\n")
    put("other", content="#!/bin/sh\n")
    assert found().chosen == ()
    assert found("tool").chosen == ("tool",)
    assert skipped(found("other")) == {"other": Skip.NOT_PYTHON}


@pytest.mark.trust
def test_a_link_that_leaves_the_tree_is_not_followed(repo: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x.py").write_text("")
    Path("link.py").symlink_to(outside / "x.py")
    Path("folder").symlink_to(outside)
    put("a.py")
    assert found().chosen == ("a.py",)
    assert skipped(found()) == {"folder": Skip.OUTSIDE, "link.py": Skip.OUTSIDE}


@pytest.mark.trust
@pytest.mark.parametrize("named", ["link.py", "folder", "folder/x.py"])
@pytest.mark.parametrize("in_repository", [True, False])
def test_naming_such_a_link_does_not_make_it_followed(
    project: Path, tmp_path: Path, aiomend: Run, named: str, in_repository: bool
) -> None:
    if in_repository:
        git("init", "-q")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x.py").write_text("future.set_result(1)\n")
    Path("link.py").symlink_to(outside / "x.py")
    Path("folder").symlink_to(outside)
    result = aiomend("fix", "--allow-dirty", named)
    assert (outside / "x.py").read_text() == "future.set_result(1)\n"
    assert "1 a link that leaves the tree" in result.stdout


def test_a_link_inside_the_tree_is_its_target(repo: Path) -> None:
    put("pkg/a.py")
    Path("b.py").symlink_to("pkg/a.py")
    Path("again").symlink_to("pkg")
    assert (found().chosen, found().skipped) == (("pkg/a.py",), ())
    assert found("b.py", "again").chosen == ("pkg/a.py",)


def test_a_working_directory_behind_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.py").write_text("")
    (tmp_path / "link").symlink_to("real")
    monkeypatch.chdir(tmp_path / "real")
    assert found(str(tmp_path / "link")).chosen == ("a.py",)


def test_what_cannot_be_read_is_counted(repo: Path) -> None:
    Path("broken.py").symlink_to("nothing")
    Path(".#lock.py").symlink_to("user@host.1")
    os.mkfifo("pipe.py")
    assert skipped(found()) == {"broken.py": Skip.UNREADABLE}  # git lists no pipes
    assert skipped(found("pipe.py"))["pipe.py"] is Skip.UNREADABLE


def test_excluded_files_are_known_and_not_reported(project: Path, aiomend: Run) -> None:
    put("a.py", "vendored/b.py", "tests/c.py", content="future.set_result(1)\n")
    put("aiomend.toml", content="exclude = ['vendored/', '!vendored/kept.py']\n")
    data = json.loads(aiomend("check", "--exclude", "tests/", "--output-format", "json").stdout)
    assert [finding["path"] for finding in data["findings"]] == ["a.py"]
    assert data["summary"]["notes"] == ["2 files excluded by pattern"]


def test_a_file_named_in_person_is_not_excluded(project: Path, aiomend: Run) -> None:
    put("vendored/b.py", content="future.set_result(1)\n")
    put("aiomend.toml", content="exclude = ['vendored/']\n")
    assert aiomend("check", "vendored/b.py").exit_code == 1
    assert aiomend("check", "vendored").exit_code == 0


def test_a_pattern_of_the_configuration_is_relative_to_it(project: Path, aiomend: Run) -> None:
    put("pkg/gen/a.py", "gen/b.py", content="future.set_result(1)\n")
    put("pyproject.toml")
    put("pkg/aiomend.toml", content="exclude = ['/gen/']\n")
    data = json.loads(aiomend("check", "--output-format", "json").stdout)
    assert [finding["path"] for finding in data["findings"]] == ["gen/b.py"]


def test_a_broken_repository_is_read_and_not_written(project: Path, aiomend: Run) -> None:
    put("a.py", content="future.set_result(1)\n")
    Path(".git").write_text("gitdir: nowhere\n")
    assert aiomend("check").exit_code == 1
    result = aiomend("fix")
    assert result.exit_code == 2
    assert "--allow-dirty" in result.stderr
    assert Path("a.py").read_text() == "future.set_result(1)\n"
    assert aiomend("fix", "--allow-dirty").exit_code == 0


@pytest.mark.parametrize(
    "name", ["with space.py", "quo\"te's.py", "new\nline.py", "-dash.py", "*.py", "ü.py", "\udcff.py"]
)
def test_any_file_name(repo: Path, aiomend: Run, name: str) -> None:
    put(name, "plain.py", content="future.set_result(1)\n")
    commit_all()
    assert aiomend("fix").exit_code == 0
    assert Path(name).read_text() == "guarded(1)\n"
    assert git("diff", "--name-only", "-z").split("\0")[:-1] == sorted([name, "plain.py"], key=os.fsencode)


def test_paths_are_shown_as_seen_from_the_working_directory(
    repo: Path, aiomend: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("pkg/a.py", "b.py", content="future.set_result(1)\n")
    monkeypatch.chdir(repo / "pkg")
    data = json.loads(aiomend("check", "a.py", "..", "--output-format", "json").stdout)
    assert [finding["path"] for finding in data["findings"]] == ["../b.py", "a.py"]
    assert [finding["fix"]["edits"][0]["path"] for finding in data["findings"]] == ["../b.py", "a.py"]
