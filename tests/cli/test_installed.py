"""``--python``: where packages are, which of them are typed, and that nothing of the environment runs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from aiomend_cli.errors import UserError
from aiomend_cli.installed import Installed, installed

Run = Callable[..., Result]


def _file(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def _environment(root: Path, version: str = "3.12") -> Path:
    """A virtual environment; its interpreter would end any test that ran it."""
    _file(root / "pyvenv.cfg", f"home = /nowhere/bin\nversion = {version}.0\n")
    for name in ("python", f"python{version}"):
        _file(root / "bin" / name, "#!/bin/sh\nkill $PPID\n").chmod(0o755)
    packages = root / "lib" / f"python{version}" / "site-packages"
    packages.mkdir(parents=True)
    return packages


def _found(library: Installed, module: str, folder: Path) -> str | None:
    path = library.find(module)
    return Path(path).relative_to(folder).as_posix() if path else None


# ---- which packages ---


@pytest.mark.parametrize(
    ("files", "module"),
    [
        pytest.param(["lib/__init__.py"], "lib", id="an untyped package"),
        pytest.param(["lib.py"], "lib", id="a module in one file cannot say that it is typed"),
        pytest.param(["lib/py.typed", "lib/fast.so", "lib/__init__.py"], "lib.fast", id="compiled, without a stub"),
        pytest.param(["lib/py.typed", "lib/__init__.py"], "lib.inner", id="a module that is not there"),
        pytest.param(
            ["lib-stubs/__init__.pyi", "lib/py.typed", "lib/inner.py"], "lib.inner", id="stubs for the whole package"
        ),
        pytest.param(["ns/one/py.typed", "ns/two/__init__.py"], "ns.two", id="the untyped part of a namespace"),
    ],
)
def test_not_read(tmp_path: Path, files: list[str], module: str) -> None:
    for name in files:
        _file(tmp_path / name)
    assert _found(Installed((tmp_path,)), module, tmp_path) is None


@pytest.mark.parametrize(
    ("files", "module", "found"),
    [
        (["lib/__init__.py", "lib/py.typed"], "lib", "lib/__init__.py"),
        (["lib/__init__.py", "lib/py.typed", "lib/a/b.py"], "lib.a.b", "lib/a/b.py"),
        (["lib/__init__.py", "lib/__init__.pyi"], "lib", "lib/__init__.pyi"),
        (["lib/__init__.py", "lib/py.typed", "lib/a.py", "lib/a.pyi"], "lib.a", "lib/a.pyi"),
        (["lib/__init__.py", "lib/fast.pyi", "lib/fast.so"], "lib.fast", "lib/fast.pyi"),
        (["lib/__init__.py", "lib/py.typed", "lib-stubs/__init__.pyi"], "lib", "lib-stubs/__init__.pyi"),
        (["lib.py", "lib.pyi"], "lib", "lib.pyi"),
        (["lib.py", "lib-stubs/__init__.pyi"], "lib", "lib-stubs/__init__.pyi"),
        (["ns/one/__init__.py", "ns/one/py.typed"], "ns.one", "ns/one/__init__.py"),
    ],
)
def test_typed_packages_and_stubs_are_read_stubs_first(
    tmp_path: Path, files: list[str], module: str, found: str
) -> None:
    for name in files:
        _file(tmp_path / name)
    assert _found(Installed((tmp_path,)), module, tmp_path) == found


def test_partial_stubs_leave_the_rest_to_the_package(tmp_path: Path) -> None:
    _file(tmp_path / "lib-stubs" / "__init__.pyi")
    _file(tmp_path / "lib-stubs" / "py.typed", "partial\n")
    _file(tmp_path / "lib" / "py.typed")
    _file(tmp_path / "lib" / "inner.py")
    assert _found(Installed((tmp_path,)), "lib.inner", tmp_path) == "lib/inner.py"


# ---- where ---


def test_an_environment_is_named_by_its_folder_or_its_interpreter(tmp_path: Path) -> None:
    packages = _environment(tmp_path / "env")
    for name in ("env", "env/bin/python", "env/bin/python3.12"):
        assert installed(tmp_path / name, "--python").folders == (packages,)


def test_an_interpreter_that_is_a_link_stands_for_the_environment_that_the_link_is_in(tmp_path: Path) -> None:
    real = _environment(tmp_path / "real")
    own = tmp_path / "env" / "lib" / "python3.12" / "site-packages"
    own.mkdir(parents=True)
    (tmp_path / "env" / "bin").mkdir()
    (tmp_path / "links" / "bin").mkdir(parents=True)
    for folder in ("env", "links"):
        (tmp_path / folder / "bin" / "python").symlink_to(tmp_path / "real" / "bin" / "python3.12")
    assert installed(tmp_path / "env" / "bin" / "python", "--python").folders == (own,)
    assert installed(tmp_path / "links" / "bin" / "python", "--python").folders == (real,)


def test_the_layout_of_windows(tmp_path: Path) -> None:
    packages = tmp_path / "env" / "Lib" / "site-packages"
    packages.mkdir(parents=True)
    interpreter = _file(tmp_path / "env" / "Scripts" / "python.exe")
    assert installed(interpreter, "--python").folders == (packages,)
    assert installed(_file(tmp_path / "env" / "python.exe"), "--python").folders == (packages,)


def test_of_several_versions_the_interpreter_says_which(tmp_path: Path) -> None:
    for minor in (11, 12):
        _file(tmp_path / "lib" / f"python3.{minor}" / "site-packages" / "x.py")
        _file(tmp_path / "bin" / f"python3.{minor}")
    found = installed(tmp_path / "bin" / "python3.11", "--python").folders
    assert found == (tmp_path / "lib" / "python3.11" / "site-packages",)
    with pytest.raises(UserError, match=r"--python: .* holds the packages of python3\.11, python3\.12; name one"):
        installed(tmp_path, "--python")


def test_editable_packages_and_the_system_s_where_they_are_seen(tmp_path: Path) -> None:
    packages = _environment(tmp_path / "env")
    base = _environment(tmp_path / "base")
    source = tmp_path / "work" / "src"
    source.mkdir(parents=True)
    _file(packages / "mine.pth", f"# a comment\nimport os; os.abort()\n{source}\n/not/there\n")
    _file(
        tmp_path / "env" / "pyvenv.cfg",
        f"home = {tmp_path / 'base' / 'bin'}\nversion = 3.12.1\ninclude-system-site-packages = true\n",
    )
    assert installed(tmp_path / "env", "--python").folders == (packages, source, base)


@pytest.mark.parametrize("name", ["nowhere", "empty", "empty/file"])
def test_what_is_no_environment_is_refused(tmp_path: Path, name: str) -> None:
    _file(tmp_path / "empty" / "file")
    with pytest.raises(UserError, match=r"--python: .*it must be a Python interpreter, or the folder of a virtual env"):
        installed(tmp_path / name, "--python")


# ---- on the command line ---


def test_a_wrong_path_ends_with_2_and_names_who_said_it(project: Path, aiomend: Run) -> None:
    _file(project / "a.py")
    result = aiomend("check", "--python", "nowhere")
    assert (result.exit_code, "--python: there is no" in result.stderr) == (2, True)
    _file(project / "aiomend.toml", "python = '.venv'\n")
    result = aiomend("check")
    assert result.exit_code == 2
    assert f"{project / 'aiomend.toml'}: python: there is no {project / '.venv'}" in result.stderr


def test_configurations_that_disagree_ask_for_the_option(project: Path, aiomend: Run) -> None:
    for name in ("one", "two"):
        _environment(project / name / "env")
        _file(project / name / "aiomend.toml", "python = 'env'\n")
        _file(project / name / "a.py")
    _file(project / "setup.cfg")
    result = aiomend("check")
    assert result.exit_code == 2
    assert "name different environments, and a project is read with one: name it with --python" in result.stderr
    assert aiomend("check", "--python", "one/env").exit_code == 0


def test_a_package_is_read_and_neither_run_reported_nor_changed(tmp_path: Path) -> None:
    packages = _environment(tmp_path / "env")
    _file(packages / "lib" / "py.typed")
    text = "raise SystemExit('it was run')\nimport asyncio\nclass Client:\n    async def send(self):\n        send()\n"
    module = _file(packages / "lib" / "__init__.py", text)
    main = _file(
        tmp_path / "project" / "main.py",
        "from lib import Client\n\n\nasync def main():\n    client = Client()\n    client.send()\n",
    )
    command = [sys.executable, "-m", "aiomend_cli", "fix", "--unsafe", "--python", "../env/bin/python", "."]
    done = subprocess.run(command, cwd=main.parent, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "    await client.send()\n" in main.read_text()
    assert module.read_text() == text
