"""A review page in a browser, for tests: what a person does there, and what git and aiomend make of it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from cli_helpers import git

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_MISSING = (
    "playwright is not installed: pip install -e '.[dev]'"
    if find_spec("playwright") is None
    else "no Chromium on the PATH (Debian: apt-get install chromium)"
    if BROWSER is None
    else ""
)
needs_browser = pytest.mark.skipif(bool(_MISSING), reason=_MISSING)


@contextlib.contextmanager
def launched() -> Iterator[Any]:
    """A browser without a window, for as long as the block."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield browser
        browser.close()


def aiomend(*arguments: str, cwd: Path) -> str:
    """Run the command line in a folder and return what it says on stderr."""
    here = os.pathsep.join(path for path in sys.path if path and Path(path).is_absolute())
    done = subprocess.run(
        [sys.executable, "-m", "aiomend_cli", *arguments],
        cwd=cwd, capture_output=True, timeout=600, check=True, env=os.environ | {"PYTHONPATH": here},
    )  # fmt: skip
    return done.stderr.decode()


def index(page: Any) -> Any:
    """Return the data that a page begins with."""
    return json.loads(page.locator("#index").text_content())


def download(page: Any, button: str, target: Path) -> Path:
    """Press a button and keep what comes."""
    with page.expect_download() as waiting:
        page.click(button)
    waiting.value.save_as(target)
    return target


def tree(folder: Path) -> dict[str, bytes]:
    """Return all files but git's own."""
    return {
        os.fsdecode(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.parts
    }


def fixable(page: Any) -> list[int]:
    """Return the numbers of the findings that have a fix."""
    return [number for number, fix in enumerate(index(page)["fixes"]) if fix["fixable"]]


def tick(page: Any, numbers: Iterable[int]) -> None:
    """Choose these fixes, and what they build on."""
    page.click("#none")
    for number in numbers:
        page.evaluate("number => { location.hash = '#fix-' + number }", number)
        box = page.locator(f"#box-{number}")
        box.wait_for(state="attached")
        box.evaluate("box => box.checked || box.click()")


def apply_both(
    repository: Path, patch: Path, selection: Path, scratch: Path
) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Return the files of a repository after a patch, and after ``fix`` with a selection."""
    for name in ("patched", "fixed"):
        git("clone", "-q", str(repository), str(scratch / name))
    git("apply", "--check", str(patch), cwd=scratch / "patched")
    git("apply", str(patch), cwd=scratch / "patched")
    aiomend("fix", "--file-timeout", "0", "--only-fixes", str(selection), cwd=scratch / "fixed")
    return tree(scratch / "patched"), tree(scratch / "fixed")
