"""What is not the project's own is left alone, and nothing that a scanned repository brings is run or believed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_helpers import commit_all, git
from typer.testing import Result

pytestmark = pytest.mark.trust

Run = Callable[..., Result]
Start = Callable[..., "subprocess.Popen[bytes]"]
SAFE, FIXED = "future.set_result(1)\n", "guarded(1)\n"


def put(*paths: str, text: str = SAFE) -> None:
    for path in map(Path, paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def fixed(*paths: str) -> list[bool]:
    return [Path(path).read_text() == FIXED for path in paths]


# ---- other people's code ---


@pytest.mark.parametrize("place", ["vendor", "pkg/_vendor", "third_party/lib", "node_modules/tool", "site-packages/x"])
def test_vendored_code_is_left_alone_and_counted(repo: Path, aiomend: Run, place: str) -> None:
    put("a.py", f"{place}/b.py", f"{place}/c.py")
    commit_all()
    out = aiomend("fix").stdout
    assert fixed("a.py", f"{place}/b.py", f"{place}/c.py") == [True, False, False]
    assert "2 vendored or installed code of others (name them to have them looked at)" in out


def test_vendored_code_is_still_known(repo: Path) -> None:
    from aiomend_cli.discover import discover

    put("a.py", "vendor/b.py")
    [found] = discover(["."], Path.cwd())
    assert (found.chosen, found.tree.files) == (("a.py",), ("a.py", "vendor/b.py"))


@pytest.mark.parametrize("named", ["vendor", "vendor/b.py", "vendor/inner"])
def test_vendored_code_that_is_named_is_looked_at(repo: Path, aiomend: Run, named: str) -> None:
    put("a.py", "vendor/b.py", "vendor/inner/b.py")
    commit_all()
    aiomend("fix", named)
    assert fixed("a.py") == [False]
    assert any(fixed("vendor/b.py", "vendor/inner/b.py"))


def test_a_module_that_is_called_vendor_is_the_projects(project: Path, aiomend: Run) -> None:
    put("vendor.py")
    aiomend("fix")
    assert fixed("vendor.py") == [True]


def test_a_virtual_environment_is_left_alone_though_git_knows_it(repo: Path, aiomend: Run) -> None:
    put("a.py", "env/lib/b.py")
    put("env/pyvenv.cfg", text="")
    commit_all()
    out = aiomend("fix").stdout
    assert fixed("a.py", "env/lib/b.py") == [True, False]
    assert "1 vendored or installed code of others" in out


def test_folders_that_are_not_entered_are_named(project: Path, aiomend: Run) -> None:
    put("a.py", ".venv/lib/b.py", "env/lib/c.py", "build/d.py", "node_modules/e.py", ".git2/f.py")
    put(".venv/pyvenv.cfg", "env/pyvenv.cfg", text="")
    out = aiomend("fix").stdout
    assert fixed("a.py", ".venv/lib/b.py", "env/lib/c.py", "build/d.py", "node_modules/e.py") == [True, *[False] * 4]
    assert (
        "note: not entered, being installed, built or a repository of its own: .venv, build, env, node_modules" in out
    )


def test_a_repository_within_the_repository_is_named_and_not_entered(repo: Path, aiomend: Run) -> None:
    put("a.py", "inner/b.py")
    git("init", "-q", "inner")
    git("add", "a.py")
    out = aiomend("fix", "--allow-dirty").stdout
    assert fixed("a.py", "inner/b.py") == [True, False]
    assert "a repository of its own: inner" in out
    aiomend("fix", "--allow-dirty", "inner")
    assert fixed("inner/b.py") == [True]


def test_vendored_code_does_not_make_the_work_incomplete(repo: Path, aiomend: Run) -> None:
    put("vendor/b.py")
    commit_all()
    assert aiomend("fix", "--strict").exit_code == 0


# ---- programs that a repository brings ---


@pytest.fixture
def trapped(repo: Path) -> Path:
    """A repository whose configuration runs a program wherever git lets it; the program leaves a file."""
    program = repo.parent / "program"
    ran = repo.parent / "ran"
    program.write_text(f"#!/bin/sh\necho $0 $* >> {ran}\ncat\n")
    program.chmod(0o755)
    put("a.py", "b.py", text=SAFE + "time.sleep(1)\n")
    Path(".gitattributes").write_text("*.py filter=trap diff=trap\n")
    commit_all()
    for hook in ("pre-commit", "commit-msg", "post-commit", "post-index-change", "fsmonitor-watchman", "pre-auto-gc"):
        place = Path(".git/hooks") / hook
        place.parent.mkdir(exist_ok=True)
        place.write_text(program.read_text())
        place.chmod(0o755)
    for key in (  # noqa: SIM905
        "core.fsmonitor core.pager core.editor core.sshCommand core.askPass diff.external diff.trap.command "
        "diff.trap.textconv filter.trap.clean filter.trap.smudge filter.trap.process credential.helper pager.diff "
        "sequence.editor gpg.program uploadpack.packObjectsHook"
    ).split():
        git("config", key, str(program))
    git("config", "filter.trap.required", "true")
    git("config", "remote.origin.url", f"ext::{program} %S")
    git("config", "remote.origin.promisor", "true")
    git("config", "extensions.partialClone", "origin")
    os.utime("b.py", (1, 1))  # so that git has to look into it
    return ran


@pytest.mark.parametrize(
    "command", [("check",), ("diff",), ("fix",), ("fix", "--unsafe"), ("check", "--since", "HEAD")]
)
def test_no_program_of_the_repository_is_run(trapped: Path, aiomend: Run, command: tuple[str, ...]) -> None:
    assert aiomend(*command).exit_code in (0, 1)
    assert not trapped.exists(), trapped.read_text()


def test_a_commit_that_would_run_one_is_refused(trapped: Path, aiomend: Run) -> None:
    result = aiomend("fix", "--commit")
    assert result.exit_code == 2
    assert "git would run the filter 'trap' on a.py, and aiomend runs no programs of a repository" in result.stderr
    assert Path("a.py").read_text() == SAFE + "time.sleep(1)\n"
    assert not trapped.exists(), trapped.read_text()


def test_the_trap_would_have_been_sprung(trapped: Path) -> None:
    subprocess.run(["git", "diff"], capture_output=True, check=False)
    assert trapped.exists()


def test_a_work_tree_that_the_configuration_has_elsewhere_is_not_followed(repo: Path, aiomend: Run) -> None:
    elsewhere = repo.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "b.py").write_text(SAFE)
    put("a.py")
    commit_all()
    git("config", "core.worktree", str(elsewhere))
    result = aiomend("fix")
    assert (result.exit_code, (elsewhere / "b.py").read_text(), fixed("a.py")) == (2, SAFE, [False])
    assert "git" in result.stderr


MODULES = (
    "typing",
    "asyncio",
    "libcst",
    "black",
    "tomllib",
    "sitecustomize",
    "usercustomize",
    "conftest",
    "setup",
    "rich",
)


@pytest.mark.parametrize(
    ("modules", "command"),
    [
        (MODULES, ["-P", "-c", "from aiomend_cli.app import main; main()"]),  # `-c` alone imports from there by itself
        (MODULES, ["-m", "aiomend_cli"]),
        ((*MODULES, "importlib"), ["-P", "-m", "aiomend_cli"]),  # which `-m` alone imports before any code of ours
    ],
    ids=lambda value: value[-2] if isinstance(value, list) else value[-1],
)
def test_no_code_of_the_scanned_repository_is_imported(
    project: Path, modules: tuple[str, ...], command: list[str]
) -> None:
    for name in modules:
        put(f"{name}.py", text=f"open({str(project.parent / 'ran')!r}, 'w').write({name!r})\n")
    put("a.py", text="import asyncio\nimport time\n\n\nasync def poll():\n    time.sleep(1)\n")
    paths = [one for one in sys.path if Path(one).is_absolute() and "aiomend" not in Path(one).name]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run(
        [sys.executable, *command, "fix", "--unsafe", "a.py"],
        env=environment, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert not (project.parent / "ran").exists(), (project.parent / "ran").read_text()


# ---- what is shown ---

HOSTILE = "\x1b[2J\x07\u202e\u2066\x9b31m"
NAME = f"evil{HOSTILE}.py"


def _hostile(text: str) -> list[str]:
    return sorted({repr(one) for one in text if unicodedata.category(one) in ("Cc", "Cf") and one not in "\n\t"})


@pytest.mark.parametrize("output", ["text", "json", "sarif", "github", "markdown"])
def test_nothing_commands_the_terminal(project: Path, aiomend: Run, output: str) -> None:
    put(NAME, text=f"future.set_result('{HOSTILE}')  # {HOSTILE}\n")
    put("second.py", text=f"# @generated {HOSTILE}\n")
    result = aiomend("check", "--output-format", output)
    assert "evil" in result.stdout
    assert _hostile(result.stdout + result.stderr) == []


def test_a_name_in_a_patch_is_written_as_git_writes_it(repo: Path, aiomend: Run) -> None:
    put(NAME)
    commit_all()
    head = aiomend("diff").stdout.split("@@")[0]
    assert _hostile(head) == []
    assert r"\033[2J\a\342\200\256" in head
    Path("a.patch").write_bytes(aiomend("diff").stdout_bytes)
    git("apply", "a.patch")
    assert fixed(NAME) == [True]


def test_what_fix_says_commands_nothing_either(project: Path, aiomend: Run) -> None:
    put(NAME)
    put(f"x{NAME}", text="CRASH")
    result = aiomend("fix")
    assert _hostile(result.stdout + result.stderr) == []
    data = json.loads(aiomend("check", "--output-format", "json").stdout)
    assert data["files"][0]["path"] == f"x{NAME}"  # the data is exact
