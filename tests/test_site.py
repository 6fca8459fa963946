"""The site of the documentation is whole, and asks nothing of other hosts."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("material", reason="mkdocs-material is not installed (pip install -e '.[docs]')")

ROOT = Path(__file__).parents[1]
PARTS = ("docs", "benchmarks", "README.md", "CHANGELOG.md", "LICENSE", "mkdocs.yml")


def build(root: Path, site: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(site)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = build(ROOT, folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("link", ["nowhere.md", "design.md#nowhere", "../benchmarks/nowhere.md"])
def test_a_broken_link_ends_the_build(tmp_path: Path, link: str) -> None:
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, tmp_path / part)
    with (tmp_path / "docs" / "guide.md").open("a") as page:
        page.write(f"\n[broken]({link})\n")
    done = build(tmp_path, tmp_path / "site")
    assert done.returncode != 0
    assert "nowhere" in done.stderr


def test_every_page_is_there(site: Path) -> None:
    pages = {page.relative_to(ROOT / "docs").with_suffix("").as_posix() for page in ROOT.glob("docs/**/*.md")}
    pages |= {"changelog", *(f"benchmarks/{page.stem}" for page in ROOT.glob("benchmarks/*.md"))}
    for page in pages:
        assert (site / page.removesuffix("index") / "index.html").is_file(), page
    assert "aiomend rewrites asyncio code" in (site / "index.html").read_text()


def test_nothing_comes_from_another_host(site: Path) -> None:
    for page in site.rglob("*.html"):
        loaded = re.findall(
            r"""<(?:script|img|link|iframe)\b[^>]*?(?:src|href)=["']?(https?:[^"' >]*)""", page.read_text()
        )
        assert loaded == [], page
    for style in site.rglob("*.css"):
        assert not re.search(r"url\(['\"]?https?:|@import", style.read_text()), style


def test_no_page_of_the_navigation_is_forgotten() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text().partition("\nnav:")[2]
    pages = {page.name for page in ROOT.glob("docs/*.md")} | {
        f"benchmarks/{p.name}" for p in ROOT.glob("benchmarks/*.md")
    }
    assert sorted(page for page in pages if f" {page}\n" not in navigation) == []
