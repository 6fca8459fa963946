"""The other API of GitHub, which its own client asks: every query is held against GitHub's schema, and so is each answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fake_github import FakeGitHub
from graphql import GraphQLSchema, build_schema, execute_sync, parse, specified_rules, validate
from graphql.validation import OverlappingFieldsCanBeMergedRule

#: GitHub does not mind that a field of several types may be empty in one of them only.
_RULES = [rule for rule in specified_rules if rule is not OverlappingFieldsCanBeMergedRule]


class GraphQLSide:
    """Answers queries about the pull requests of a forge, and merges them."""

    def __init__(self, forge: FakeGitHub, schema: Path) -> None:
        self.forge = forge
        self.schema: GraphQLSchema = build_schema(schema.read_text("utf-8"), assume_valid=True)
        self.asked: list[str] = []

    def __call__(self, query: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(query["query"])
        root = {"repository": lambda _, **asked: self._repository(), "mergePullRequest": self._merge}
        document = parse(query["query"])
        if wrong := validate(self.schema, document, _RULES):
            return {"data": None, "errors": [error.formatted for error in wrong]}
        done = execute_sync(self.schema, document, root, variable_values=query.get("variables") or {})
        return dict(done.formatted)

    def _repository(self) -> dict[str, Any]:
        def listed(_: Any, states: Any = None, headRefName: str | None = None, **asked: Any) -> dict[str, Any]:  # noqa: N803
            found = [self._pull(one) for one in reversed(self.forge.pulls)]
            return _connection(
                [
                    one
                    for one in found
                    if (not states or one["state"] in states) and headRefName in (None, one["headRefName"])
                ]
            )

        def one(_: Any, number: int) -> dict[str, Any]:
            return self._pull(self.forge.pulls[number - 1])

        return {
            "id": "R_1",
            "name": "chat",
            "owner": {"__typename": "Organization", "id": "O_1", "login": "acme"},
            "pullRequests": listed,
            "pullRequest": one,
            "mergeCommitAllowed": True,
            "deleteBranchOnMerge": False,
        }

    def _pull(self, pull: dict[str, Any]) -> dict[str, Any]:
        head, base = pull["head"]["ref"], pull["base"]["ref"]
        state = "MERGED" if pull["merged_at"] else pull["state"].upper()
        numbers = [
            line.split("\t")[:2] for line in self.forge.git("diff", "--numstat", f"{base}...{head}").splitlines()
        ]
        return {
            "id": f"PR_{pull['number']}",
            "number": pull["number"],
            "title": pull["title"],
            "body": pull["body"],
            "state": state,
            "url": pull["html_url"],
            "headRefName": head,
            "headRefOid": self.forge.sha(head),
            "baseRefName": base,
            "isDraft": pull["draft"],
            "isCrossRepository": False,
            "isInMergeQueue": False,
            "isMergeQueueEnabled": False,
            "mergeStateStatus": "CLEAN",
            "mergeable": "MERGEABLE",
            "maintainerCanModify": False,
            "additions": sum(int(added) for added, _ in numbers),
            "deletions": sum(int(removed) for _, removed in numbers),
            "changedFiles": len(numbers),
            "author": {"__typename": "Bot", "id": "B_1", "login": "aiomend"},
            **{
                name: _connection([])
                for name in ("assignees", "reviewRequests", "reviews", "comments", "projectCards", "projectItems")
            },
            "closed": state != "OPEN",
            "createdAt": pull["created_at"],
            "headRepositoryOwner": {"__typename": "Organization", "id": "O_1", "login": "acme"},
            "headRepository": {"id": "R_1", "name": "chat", "nameWithOwner": "acme/chat"},
            "labels": _connection([{"id": "L", "name": one["name"], "color": "ededed"} for one in pull["labels"]]),
            "commits": _connection([{"commit": self._commit(sha)} for sha in self._shas(base, head)]),
        }

    def _shas(self, base: str, head: str) -> list[str]:
        return self.forge.git("rev-list", "--reverse", f"{base}..{head}").split()

    def _commit(self, sha: str) -> dict[str, Any]:
        author, mail, date, subject, body = self.forge.git("log", "-1", "--format=%an%n%ae%n%aI%n%s%n%b", sha).split(
            "\n", 4
        )
        return {
            "oid": sha,
            "messageHeadline": subject,
            "messageBody": body,
            "committedDate": date,
            "authoredDate": date,
            "authors": _connection([{"name": author, "email": mail}]),
        }

    def _merge(self, _: Any, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 - the schema's word
        number = int(input["pullRequestId"].removeprefix("PR_"))
        self.forge.merge(number)
        return {"clientMutationId": None, "pullRequest": self._pull(self.forge.pulls[number - 1])}


def _connection(nodes: list[dict[str, Any]]) -> dict[str, Any]:
    return {"totalCount": len(nodes), "nodes": nodes, "pageInfo": {"hasNextPage": False, "endCursor": None}}
