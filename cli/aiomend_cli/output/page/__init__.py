"""A review as one HTML file: no network, no code but its own, and all that is foreign is data."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from importlib.resources import files
from typing import Any

from jinja2 import Environment

from aiomend_cli.output.page.data import Index, Review, file_data, index_of
from aiomend_cli.terminal import escape
from aiomend_cli.tested import TRACED, Traced

#: Each stands below those that it imports from; together they are one module.
MODULES = ("store", "patch", "selection", "diff", "cards", "tree", "filters", "keys", "main")

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./\w+\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=function|const|let|class|async)", re.MULTILINE)


def page(review: Review) -> str:
    """Return the HTML of a review."""
    index = Index(review)
    script, style = _script(), _asset("page.css")
    template = Environment(autoescape=True).from_string(_asset("page.html.j2"))
    return template.render(
        title=review.title.encode("utf-8", "backslashreplace").decode(),
        policy=_policy(script, style),
        script=script,
        style=style,
        traced=_shown(review.traced),
        columns=TRACED,
        index=as_json(index_of(review, index)),
        files=[as_json(file_data(path, review, index)) for path in index.paths],
    )


def _shown(traced: Traced | None) -> Traced | None:
    """Return what a program did with its control characters spelled out; the template escapes what would be markup."""
    if traced is None:
        return None
    rows = tuple(tuple(map(escape, row)) for row in traced.rows)
    return Traced(escape(traced.command), rows, tuple(map(escape, traced.said)))


def as_json(data: Any) -> str:
    """Return JSON that ends no script element and begins no comment, whatever it says."""
    text = json.dumps(data, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _asset(name: str) -> str:
    return (files(__package__) / "assets" / name).read_text("utf-8")


def _script() -> str:
    """Return the modules as one: without the lines that tie them together."""
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", _asset(f"{name}.js"))) for name in MODULES)


def _policy(script: str, style: str) -> str:
    """Return the Content-Security-Policy: the page's own script and style, and nothing else of any kind."""
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src '{_digest(script)}'",
            f"style-src '{_digest(style)}'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
        ]
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
