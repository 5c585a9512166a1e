"""Holds the answers of the API against the schema that describes them."""

from __future__ import annotations

from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator


@cache
def schema() -> dict[str, Any]:
    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return found


def differences(method: str, path: str, answer: Any) -> list[str]:
    """Where the answer's keys are not those that the schema names for this status, each as a path
    into the answer. `path` as the schema writes it: "/api/v1/memes/{uuid}/"."""
    described = schema()["paths"][path][method.lower()]["responses"][str(answer.status_code)]
    if "content" not in described:
        return ["an answer that is described as empty"] if answer.content else []
    wanted = described["content"]["application/json"]["schema"]
    return list(_compare(wanted, answer.json(), at="answer"))


def _compare(wanted: dict[str, Any], found: Any, *, at: str) -> list[str]:
    wanted = _resolved(wanted)
    if found is None:
        return []
    if wanted.get("type") == "array":
        inner = wanted["items"]
        return [wrong for row in found[:3] for wrong in _compare(inner, row, at=f"{at}[]")]
    if "properties" not in wanted:
        return []
    named, sent = set(wanted["properties"]), set(found)
    wrong = [f"{at}.{name} is not in the schema" for name in sorted(sent - named)]
    wrong += [f"{at}.{name} is not in the answer" for name in sorted(named - sent)]
    for name in sorted(named & sent):
        wrong += _compare(wanted["properties"][name], found[name], at=f"{at}.{name}")
    return wrong


def _resolved(wanted: dict[str, Any]) -> dict[str, Any]:
    for inner in wanted.get("allOf", [])[:1]:
        return _resolved(inner)
    if "$ref" in wanted:
        name = wanted["$ref"].rsplit("/", 1)[1]
        return _resolved(schema()["components"]["schemas"][name])
    return wanted
