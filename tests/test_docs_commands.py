"""What the pages tell people to type works: all blocks of `sh` of a page, one after the other, in one folder."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGES = [page for page in sorted((ROOT / "docs").glob("*.md")) if BLOCK.search(page.read_text())]
#: A command that found something ends with 1, which is no error.
FRAME = """
set -euo pipefail
aiomend() { local code=0; %s -m aiomend_cli "$@" || code=$?; [[ $code -lt 2 ]]; }
python3() { %s "$@"; }
%s
"""


def _writing_rules(folder: Path) -> None:
    shutil.copytree(ROOT / "examples" / "rule_package", folder, dirs_exist_ok=True)


PREPARED = {"writing-rules": _writing_rules}


def test_every_page_with_commands_is_tried() -> None:
    assert [page.stem for page in PAGES] == sorted(PREPARED)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_commands_of_a_page_work(page: Path, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    PREPARED[page.stem](folder)
    script = FRAME % (sys.executable, sys.executable, "\n".join(BLOCK.findall(page.read_text())))
    home = {name: str(tmp_path) for name in ("HOME", "XDG_CONFIG_HOME")}
    git = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "Ada", "GIT_COMMITTER_NAME": "Ada"}
    git |= {"GIT_AUTHOR_EMAIL": "ada@example.com", "GIT_COMMITTER_EMAIL": "ada@example.com"}
    paths = os.pathsep.join([str(ROOT / "codemods"), str(ROOT / "cli")])
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=os.environ | home | git | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
