"""Takes the picture of the review page, of the sample that ships with aiomend: ``python docs/page_picture.py``.

It needs Chromium and the extra ``dev``. Run it when the page looks different.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
WIDTH, HEIGHT = 1240, 800
PICTURE = ROOT / "docs" / "pictures" / "review.png"


def main() -> int:
    """Write the picture; return 0, or 2 where there is no browser."""
    from playwright.sync_api import sync_playwright

    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        print("no Chromium on the PATH", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "chat"
        shutil.copytree(ROOT / "examples" / "chat", folder)
        subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
        subprocess.run([sys.executable, "-m", "aiomend_cli", "review", "--quiet"], cwd=folder, check=True)
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
            page = chromium.new_page(viewport={"width": WIDTH, "height": HEIGHT})
            page.goto((folder / "review.html").as_uri())
            page.locator(".card").first.wait_for()
            page.screenshot(path=PICTURE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
