"""On real packages: the patch of the review page is what `fix --only-fixes` writes, whatever somebody chooses."""

from __future__ import annotations

import importlib.util
import random
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "cli"))

from cli_helpers import git  # noqa: E402
from review_browser import aiomend, apply_both, download, fixable, launched, needs_browser, tick  # noqa: E402

PACKAGES = ("bellows==0.5.2", "aioxmpp==0.11.0", "slixmpp==1.4.2", "asyncio-redis==0.14.3", "aiokafka==0.5.2")
SHARES = (0.5, 0.15, 0.85, 0.97, 0.03)  #: of the fixes that a selection chooses


def _corpus() -> ModuleType:
    spec = importlib.util.spec_from_file_location("aiomend_corpus", ROOT / "benchmarks" / "corpus.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["aiomend_corpus"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.corpus
@needs_browser
@pytest.mark.parametrize("requirement", PACKAGES)
def test_the_patch_is_what_fix_writes(requirement: str, tmp_path: Path) -> None:
    """Where the page has no patch for a choice it says so, and has one without the fixes that it names."""
    try:
        folder = _corpus().fetch(requirement)
    except (subprocess.CalledProcessError, StopIteration):
        pytest.skip(f"{requirement} cannot be had: no network, or `unearth` is not installed")
    repository = tmp_path / "repository"
    shutil.copytree(folder, repository)
    git("init", "-q", cwd=repository)
    git("add", "-A", cwd=repository)
    git("-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "-q", "-m", "start", cwd=repository)
    aiomend("review", "--file-timeout", "0", "--output", str(tmp_path / "review.html"), cwd=repository)
    coin = random.Random(requirement)
    with launched() as browser:
        for number, share in enumerate(SHARES):
            page = browser.new_context().new_page()
            page.goto((tmp_path / "review.html").as_uri())
            fixes = fixable(page)
            tick(page, [one for one in fixes if coin.random() < share] or fixes[:1])
            page.click("#patch")
            scratch = tmp_path / str(number)
            if page.locator("#inexact").is_visible():
                patch = download(page, "#inexact button:has-text('Drop')", scratch / "aiomend.patch")
            else:
                patch = download(page, "#patch", scratch / "aiomend.patch")
            selection = download(page, "#selection", scratch / "selection.json")
            patched, fixed = apply_both(repository, patch, selection, scratch)
            assert patched == fixed, (requirement, share)
            page.context.close()
