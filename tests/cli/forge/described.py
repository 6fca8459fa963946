"""GitHub's own description of its API: what it says of a request and of an answer, and answers made after it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from openapi_schema_validator import OAS30Validator
from referencing import Registry
from referencing.jsonschema import DRAFT4

_NAME = "urn:github"
_WHOLE = json.loads((Path(__file__).parent / "openapi" / "github.json").read_text("utf-8"))
_REGISTRY: Registry[Any] = Registry().with_resource(_NAME, DRAFT4.create_resource(_WHOLE))


@dataclass(frozen=True)
class Operation:
    """One operation of the API, found by its verb and path."""

    pattern: str
    verb: str
    arguments: Mapping[str, str]

    @property
    def _said(self) -> dict[str, Any]:
        found: dict[str, Any] = _WHOLE["paths"][self.pattern][self.verb]
        return found

    def wrong_request(self, query: str, body: Any) -> Iterator[str]:
        """Yield what the description does not allow of a request."""
        known = {one["name"] for one in map(_resolved, self._said.get("parameters", []))}
        for name, value in parse_qsl(query):
            if name not in known:
                yield f"unknown parameter {name}={value}"
        if "requestBody" not in self._said:
            if body is not None:
                yield "a body where none is described"
            return
        if self.pattern.endswith("/labels") and isinstance(body, list):
            body = {"labels": body}  # which the words of the description allow, and its schema does not
        at = ("paths", self.pattern, self.verb, "requestBody", "content", "application/json", "schema")
        yield from _wrong(body, *at)
        schema = self._said["requestBody"]["content"]["application/json"]["schema"]
        if isinstance(body, dict):
            described = {
                key
                for one in (schema, *schema.get("oneOf", []), *schema.get("anyOf", []))
                for key in one.get("properties", {})
            }
            yield from (f"unknown key {key}" for key in body.keys() - described)

    def wrong_answer(self, status: int, body: Any) -> Iterator[str]:
        """Yield what the description does not allow of an answer; what it does not mention has to be an error."""
        answers = self._said["responses"]
        if str(status) not in answers:
            if status < 400:
                yield f"status {status} is not described"
            yield from _wrong(body, "components", "schemas", "basic-error")
        elif "content" not in answers[str(status)] and "$ref" not in answers[str(status)]:
            yield from ["a body where none is described"] if body is not None else []
        elif "$ref" in (answer := answers[str(status)]):
            yield from _wrong(body, *answer["$ref"].split("/")[1:], "content", "application/json", "schema")
        else:
            at = ("paths", self.pattern, self.verb, "responses", str(status), "content", "application/json", "schema")
            yield from _wrong(body, *at)


def operation(verb: str, path: str) -> Operation | None:
    """Return the operation that a request is for, None where the description has none."""
    for pattern, verbs in _WHOLE["paths"].items():
        found = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern), path)
        if found and verb.lower() in verbs:
            return Operation(pattern, verb.lower(), found.groupdict())
    return None


def _wrong(value: Any, *at: str) -> Iterator[str]:
    pointer = "/".join(part.replace("~", "~0").replace("/", "~1") for part in at)
    validator = OAS30Validator({"$ref": f"{_NAME}#/{pointer}"}, registry=_REGISTRY)
    for error in validator.iter_errors(value):
        yield f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"


def _resolved(value: dict[str, Any]) -> dict[str, Any]:
    found: Any = value
    while "$ref" in found:
        reference, found = found["$ref"], _WHOLE
        for part in reference.split("/")[1:]:
            found = found[part]
    return dict(found)


# ---- answers ---


def example(name: str, /, **values: Any) -> dict[str, Any]:
    """Return the least that the schema ``name`` allows, with ``values`` in the place of its own."""
    made = _made(_WHOLE["components"]["schemas"][name])
    assert isinstance(made, dict)
    return made | values


def _made(schema: dict[str, Any]) -> Any:
    schema = _resolved(schema)
    for word in ("oneOf", "anyOf"):
        if word in schema and "properties" not in schema:
            return _made(schema[word][0])
    if "allOf" in schema:
        return {key: value for one in schema["allOf"] for key, value in _made(one).items()}
    if schema.get("nullable"):
        return None
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "array":
            return [_made(schema["items"])] * schema.get("minItems", 0)
        case "string":
            return {"uri": "https://example.com/x", "date-time": "2024-01-01T00:00:00Z"}.get(
                schema.get("format", ""), "x"
            )
        case "integer" | "number":
            return 1
        case "boolean":
            return False
    required = schema.get("required", [])
    return {key: _made(inner) for key, inner in schema.get("properties", {}).items() if key in required}
