"""What MkDocs shows that does not lie under docs/: the README as the first page, the changes, and the measurements.

Their links are written for the checkout; here they are led to the same pages of the site. Links to files that are no pages,
such as the license, become plain text.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
PAGES = {"README.md": "index.md", "CHANGELOG.md": "changelog.md"} | {
    f"benchmarks/{page.name}": f"benchmarks/{page.name}" for page in sorted((ROOT / "benchmarks").glob("*.md"))
}
_LINK = re.compile(r"(?P<image>!?)\[(?P<text>[^\]]*)\]\((?P<to>(?![a-z]+:|#)[^)\s#]+)(?P<anchor>#[^)\s]*)?\)")
_FENCED = re.compile(r"(^```.*?^```)", re.MULTILINE | re.DOTALL)


def on_files(files: Files, config: MkDocsConfig, **_: Any) -> Files:
    """Return the files of the site with the gathered ones."""
    for source, page in PAGES.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text()))
    return files


def on_page_markdown(markdown: str, page: Any, files: Files, **_: Any) -> str:
    """Return a page with links that lead to pages of the site."""
    here = next((source for source, name in PAGES.items() if name == page.file.src_uri), f"docs/{page.file.src_uri}")

    def led(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(here), match["to"]))
        name = PAGES.get(target, target.removeprefix("docs/"))
        if name != target.removeprefix("docs/") or target.startswith("docs/") or target in PAGES:
            to = posixpath.relpath(name, posixpath.dirname(page.file.src_uri) or ".")
            return f"{match['image']}[{match['text']}]({to}{match['anchor'] or ''})"
        return match["text"] if (ROOT / target).exists() else match[0]  # else MkDocs says that it leads nowhere

    parts = _FENCED.split(markdown)
    return "".join(part if number % 2 else _LINK.sub(led, part) for number, part in enumerate(parts))
