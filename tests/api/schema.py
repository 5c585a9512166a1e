"""Holds the answers of the API against the schema that describes them."""

from __future__ import annotations

from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator

TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
}


def described() -> dict[str, Any]:
    """The schema as it is now: also of a use that a test has just added."""
    generator: Any = SchemaGenerator
    found: dict[str, Any] = generator().get_schema(request=None, public=True)
    return found


@cache
def schema() -> dict[str, Any]:
    return described()


def operations(*parts: str) -> set[tuple[str, str]]:
    """Every (method, path) below these parts of the API."""
    return {
        (method.upper(), path)
        for path, methods in schema()["paths"].items()
        if path.removeprefix("/api/v1/").split("/")[0] in parts
        for method in methods
    }


def differences(method: str, path: str, answer: Any) -> list[str]:
    """Where the answer's keys, types and enumerated values are not those that the schema names for
    this status, each as a path into the answer. `path` as the schema writes it:
    "/api/v1/memes/{uuid}/"."""
    responses = schema()["paths"][path][method.lower()]["responses"]
    if str(answer.status_code) not in responses:
        return [f"an answer with status {answer.status_code}"]
    if "content" not in responses[str(answer.status_code)]:
        return ["an answer that is described as empty"] if answer.content else []
    wanted = responses[str(answer.status_code)]["content"]["application/json"]["schema"]
    return _compare(wanted, answer.json(), at="answer")


def _compare(wanted: dict[str, Any], found: Any, *, at: str) -> list[str]:
    while "$ref" in wanted:
        wanted = schema()["components"]["schemas"][wanted["$ref"].rsplit("/", 1)[1]]
    if "oneOf" in wanted:
        tried = [_compare(one, found, at=at) for one in wanted["oneOf"]]
        return [] if [] in tried else tried[0]
    if found is None:
        nullable = wanted.get("nullable") or None in wanted.get("enum", ())
        return [] if nullable else [f"{at} is null"]
    wrong: list[str] = []
    for one in wanted.get("allOf", ()):
        wrong += _compare(one, found, at=at)
    if "enum" in wanted and found not in wanted["enum"]:
        wrong.append(f"{at} is {found!r}, and none of {wanted['enum']}")
    if "type" in wanted and not isinstance(found, TYPES[wanted["type"]]):
        wrong.append(f"{at} is {found!r}, and no {wanted['type']}")
    elif isinstance(found, list):
        for one in found:
            wrong += _compare(wanted["items"], one, at=f"{at}[]")
    elif isinstance(found, dict) and wanted.get("type") == "object":
        wrong += _compare_keys(wanted, found, at=at)
    return wrong


def _compare_keys(wanted: dict[str, Any], found: dict[str, Any], *, at: str) -> list[str]:
    named = wanted.get("properties", {})
    if "additionalProperties" in wanted and not named:
        named = dict.fromkeys(found, wanted["additionalProperties"] or {})
    wrong = [f"{at}.{name} is not in the schema" for name in sorted(set(found) - set(named))]
    wrong += [f"{at}.{name} is not in the answer" for name in sorted(set(named) - set(found))]
    for name in sorted(set(named) & set(found)):
        wrong += _compare(named[name], found[name], at=f"{at}.{name}")
    return wrong
