"""Cuts what the tests need out of GitHub's own description of its API, as npm's package @octokit/openapi has it.

npm pack @octokit/openapi && tar xzf octokit-openapi-*.tgz
python tests/cli/forge/openapi/cut.py package/generated/api.github.com.json package/package.json
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

REPOSITORY = "/repos/{owner}/{repo}"
WANTED = {
    "/meta": ["get"],
    f"{REPOSITORY}": ["get"],
    f"{REPOSITORY}/pulls": ["get", "post"],
    f"{REPOSITORY}/pulls/{{pull_number}}": ["get", "patch"],
    f"{REPOSITORY}/pulls/{{pull_number}}/merge": ["put"],
    f"{REPOSITORY}/pulls/{{pull_number}}/requested_reviewers": ["post"],
    f"{REPOSITORY}/pulls/{{pull_number}}/files": ["get"],
    f"{REPOSITORY}/pulls/{{pull_number}}/comments": ["get"],
    f"{REPOSITORY}/pulls/{{pull_number}}/reviews": ["post"],
    f"{REPOSITORY}/pulls/comments/{{comment_id}}": ["delete"],
    f"{REPOSITORY}/forks": ["get", "post"],
    f"{REPOSITORY}/commits/{{ref}}/check-runs": ["get"],
    f"{REPOSITORY}/commits/{{ref}}/status": ["get"],
    f"{REPOSITORY}/issues/{{issue_number}}": ["get"],
    f"{REPOSITORY}/issues/{{issue_number}}/comments": ["get", "post"],
    f"{REPOSITORY}/issues/{{issue_number}}/labels": ["get", "post"],
}
#: Words for people, which make it ten times as long.
_PROSE = {"description", "example", "examples", "externalDocs", "summary", "tags", "title", "x-github"}


def cut(whole: dict[str, Any], origin: str) -> dict[str, Any]:
    """Return the wanted operations of ``whole``, and all that they refer to."""
    paths = {path: {verb: _plain(whole["paths"][path][verb]) for verb in verbs} for path, verbs in WANTED.items()}
    components: dict[str, dict[str, Any]] = {}
    todo = list(_references(paths))
    while todo:
        _, _, kind, name = todo.pop().split("/")
        if name not in components.setdefault(kind, {}):
            components[kind][name] = _plain(whole["components"][kind][name])
            todo += _references(components[kind][name])
    return {
        "openapi": whole["openapi"],
        "info": {"title": "GitHub REST API, a slice", "version": whole["info"]["version"], "x-origin": origin},
        "paths": paths,
        "components": {kind: dict(sorted(found.items())) for kind, found in sorted(components.items())},
    }


def _plain(value: Any, inside_names: bool = False) -> Any:
    """Return ``value`` without prose; where the keys are ``inside_names`` they are the API's, and stay."""
    match value:
        case dict():
            return {
                key: _plain(inner, key in ("properties", "headers", "content", "responses"))
                for key, inner in value.items()
                if inside_names or key not in _PROSE
            }
        case list():
            return [_plain(inner) for inner in value]
    return value


def _references(value: Any) -> Iterator[str]:
    match value:
        case {"$ref": str(reference)}:
            yield reference
        case dict():
            for inner in value.values():
                yield from _references(inner)
        case list():
            for inner in value:
                yield from _references(inner)


def main() -> None:
    source, package = (json.loads(Path(name).read_text("utf-8")) for name in sys.argv[1:])
    origin = f"{package['name']} {package['version']}, {Path(sys.argv[1]).name}"
    text = json.dumps(cut(source, origin), indent=1, sort_keys=True) + "\n"
    (Path(__file__).parent / "github.json").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
