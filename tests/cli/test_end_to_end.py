"""The whole way, with the real engine and real rules: from files on disk to a diff that git applies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli_helpers import commit_all, git
from typer.testing import CliRunner

from aiomend_cli.app import app

BLOCKING = "import asyncio\nimport time\n\n\nasync def poll():\n    time.sleep(1)\n"
AWAITING = BLOCKING.replace("time.sleep", "await asyncio.sleep").replace("import time\n", "")


def aiomend(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run the installed command line."""
    command = [sys.executable, "-m", "aiomend_cli", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, timeout=120, check=False)


def test_clean_code(repo: Path) -> None:
    Path("a.py").write_text(AWAITING)
    assert aiomend("check").returncode == 0
    done = aiomend("diff", "--unsafe")
    assert (done.returncode, done.stdout) == (0, b"")


def test_an_unsafe_fix_needs_a_word(repo: Path) -> None:
    Path("a.py").write_text(BLOCKING)
    commit_all()
    assert aiomend("check").returncode == 1
    assert aiomend("diff").returncode == 0
    done = aiomend("fix")
    assert (done.returncode, Path("a.py").read_text()) == (0, BLOCKING)
    assert done.stdout.splitlines()[-1] == b"0 fixes in 0 files; 1 left: 1 unsafe (use --unsafe)."


@pytest.mark.parametrize("arguments", [["--unsafe"], ["--unsafe-rules", "AIO4"], ["--unsafe-rules", "blocking-sleep"]])
def test_fix_writes_what_diff_shows(repo: Path, arguments: list[str]) -> None:
    Path("a.py").write_text(BLOCKING)
    commit_all()
    patch = aiomend("diff", *arguments).stdout
    assert aiomend("fix", *arguments).returncode == 0
    assert Path("a.py").read_text() == AWAITING
    git("checkout", "-q", "a.py")
    Path("p.diff").write_bytes(patch)
    git("apply", "p.diff")
    assert Path("a.py").read_text() == AWAITING
    assert aiomend("diff", *arguments).stdout == b""


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("crlf.py", BLOCKING.replace("\n", "\r\n").encode(), AWAITING.replace("\n", "\r\n").encode()),
        ("bom.py", b"\xef\xbb\xbf" + BLOCKING.encode(), b"\xef\xbb\xbf" + AWAITING.encode()),
        ("end.py", BLOCKING.rstrip().encode(), AWAITING.rstrip().encode()),
        (
            "latin.py",
            b"# coding: latin-1\n# \xe9\n" + BLOCKING.encode(),
            b"# coding: latin-1\n# \xe9\n" + AWAITING.encode(),
        ),
        ("with space.py", BLOCKING.encode(), AWAITING.encode()),
        ('quo"te.py', BLOCKING.encode(), AWAITING.encode()),
        ("new\nline.py", BLOCKING.encode(), AWAITING.encode()),
        ("ü.py", BLOCKING.encode(), AWAITING.encode()),
        ("\udcff.py", BLOCKING.encode(), AWAITING.encode()),
    ],
    ids=lambda value: value.encode("unicode_escape", "surrogatepass").decode() if isinstance(value, str) else "",
)
def test_every_diff_applies(repo: Path, name: str, before: bytes, after: bytes) -> None:
    git("config", "core.autocrlf", "false")
    Path(name).write_bytes(before)
    Path(name).chmod(0o755)
    commit_all()
    Path("p.diff").write_bytes(aiomend("diff", "--unsafe").stdout)
    git("apply", "p.diff")
    assert Path(name).read_bytes() == after
    git("checkout", "-q", ".")
    assert aiomend("fix", "--unsafe").returncode == 0
    assert Path(name).read_bytes() == after
    assert Path(name).stat().st_mode & 0o777 == 0o755


def test_a_patch_from_a_folder_applies_there(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("pkg").mkdir()
    Path("pkg/a.py").write_text(BLOCKING)
    commit_all()
    monkeypatch.chdir(repo / "pkg")
    Path("p.diff").write_bytes(aiomend("diff", "--unsafe", "a.py").stdout)
    git("apply", "p.diff")
    assert Path("a.py").read_text() == AWAITING


def test_a_patch_that_leaves_the_folder_says_where_it_applies(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("pkg").mkdir()
    Path("a.py").write_text(BLOCKING)
    commit_all()
    monkeypatch.chdir(repo / "pkg")
    done = aiomend("diff", "--unsafe", "..")
    assert b"--- a/a.py\n" in done.stdout
    assert f"relative to {repo}".encode() in done.stderr


def test_the_edits_of_the_json_report_are_the_fix(repo: Path) -> None:
    Path("a.py").write_text(f"# 変数\n{BLOCKING}", encoding="utf-8")
    data = json.loads(aiomend("check", "--unsafe", "--output-format", "json").stdout)
    [finding] = data["findings"]
    assert (finding["code"], finding["applied"], finding["safety"]) == ("AIO401", True, "unsafe")
    text = Path("a.py").read_text(encoding="utf-8")
    for edit in sorted(finding["fix"]["edits"], key=lambda edit: -edit["start"]):
        text = text[: edit["start"]] + edit["text"] + text[edit["end"] :]
    assert text == f"# 変数\n{AWAITING}"


def test_stdin_to_stdout(project: Path) -> None:
    done = aiomend("fix", "--unsafe", "-", stdin=BLOCKING.encode())
    assert (done.returncode, done.stdout) == (0, AWAITING.encode())


def test_one_bad_file_stops_nothing(repo: Path) -> None:
    Path("a.py").write_bytes(b"# coding: nonsense\nimport time\nasync def f():\n    time.sleep(1)\n")
    Path("b.py").write_text("import time\nasync def f(:\n    time.sleep(1)\n")
    Path("c.py").write_text("import time\nasync def f():\n    print 'x'\n    time.sleep(1)\n")
    Path("d.py").write_text(BLOCKING)
    Path("e.py").symlink_to("nothing")
    Path("f.ipynb").write_text("{}")
    commit_all()
    data = json.loads(aiomend("fix", "--unsafe", "--output-format", "json").stdout)
    assert {file["path"]: file["kind"] for file in data["skipped"]} == {
        "a.py": "encoding",
        "b.py": "not-python",
        "c.py": "python2",
        "e.py": "unreadable",
        "f.ipynb": "notebook",
    }
    assert Path("d.py").read_text() == AWAITING


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(project: Path) -> None:
    Path("a.py").write_text(BLOCKING)
    Path("a.py").chmod(0)
    assert b"1 unreadable" in aiomend("check").stdout


def test_rules_and_explain(project: Path) -> None:
    listed = aiomend("rules").stdout.decode()
    assert "4 Handle blocking functions correctly\n" in listed
    assert "AIO401" in listed
    [rule] = [
        rule for rule in json.loads(aiomend("rules", "--output-format", "json").stdout) if rule["code"] == "AIO401"
    ]
    assert (rule["name"], rule["section"], rule["safety"], rule["opt_in"]) == ("blocking-sleep", 4, "unsafe", False)
    for given in ("AIO401", "aio401", "blocking-sleep"):
        assert aiomend("explain", given).stdout.startswith(b"# AIO401 blocking-sleep\n")
    wrong = aiomend("explain", "AIO410")
    assert (wrong.returncode, wrong.stdout) == (2, b"")
    assert b"no rule 'AIO410'; did you mean AIO40" in wrong.stderr


def test_commits_with_the_real_rules(repo: Path) -> None:
    Path("a.py").write_text(BLOCKING)
    commit_all()
    assert aiomend("fix", "--unsafe", "--commit").returncode == 0
    assert git("log", "-1", "--format=%s") == "AIO401 blocking-sleep: 1 fix in 1 file\n"
    assert git("show", "HEAD:a.py") == AWAITING


BELL = "import asyncio\n\n\nasync def ring():\n    await asyncio.sleep(0)\n\n\ndef strike():\n    ring()\n"
TOLL = "import bell\n\n\nasync def toll():\n    bell.strike()\n"
CHAIN = ("fix", "--select", "AIO604", "--unsafe")


def test_a_fix_of_two_files_is_held_back_where_one_of_them_is_dirty(repo: Path) -> None:
    Path("bell.py").write_text(BELL)
    Path("toll.py").write_text("")
    commit_all()
    Path("toll.py").write_text(TOLL)
    done = aiomend(*CHAIN)
    assert (Path("bell.py").read_text(), Path("toll.py").read_text()) == (BELL, TOLL)
    assert b"toll.py: 1 fix held back" in done.stdout
    aiomend(*CHAIN, "--allow-dirty")
    assert Path("bell.py").read_text() == BELL.replace("def strike", "async def strike").replace(
        "    ring()", "    await ring()"
    )
    assert Path("toll.py").read_text() == TOLL.replace("bell.strike()", "await bell.strike()")


@pytest.mark.trust
def test_a_fix_that_is_half_written_is_named_with_the_command_that_finishes_it(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("bell.py").write_text(BELL)
    Path("toll.py").write_text(TOLL)
    commit_all()
    rename = os.replace

    def fails(old: str, new: str, **folders: int) -> None:
        if new == "toll.py":
            raise OSError(5, "Input/output error")
        rename(old, new, **folders)

    with monkeypatch.context() as broken:
        broken.setattr(os, "replace", fails)
        done = CliRunner().invoke(app, CHAIN)
    assert done.exit_code == 2
    assert "bell.py:9: AIO604 is half written: only to bell.py" in done.stderr
    assert "`aiomend fix --select AIO604 --unsafe` finishes it" in done.stderr
    done = CliRunner().invoke(app, CHAIN)
    assert done.exit_code == 0
    assert "finished what an earlier run had begun: toll.py" in done.stdout
    assert Path("toll.py").read_text() == TOLL.replace("bell.strike()", "await bell.strike()")
