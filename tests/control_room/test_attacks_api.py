"""Attacks on the interface for programs: hostile text in every text of every body."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

from tests.control_room.hostile import HOSTILE, LINE, Besieged, besieged
from tests.control_room.test_attacks import TABLES, sound

Schema = Mapping[str, Any]
GROWING: Final = {"people", "blocks", "subscriptions", "api_tokens", "policy_versions", "tasks"}
"""What these requests may add to, where hostile text is a name that somebody may choose."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, shared_url: str) -> Iterator[Besieged]:
    with besieged(tmp_path_factory.mktemp("besieged"), shared_url) as made:
        yield made


def filled(schema: Schema, whole: Schema, text: str) -> Any:
    """A body of this shape in which every free text is `text`, cut to what the shape lets be."""
    if "$ref" in schema:
        return filled(whole["components"]["schemas"][schema["$ref"].rpartition("/")[2]], whole, text)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if chosen := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
        return filled(chosen[0], whole, text)
    kind = schema.get("type")
    if kind == "object":
        given = {name: filled(one, whole, text) for name, one in schema.get("properties", {}).items()}
        return given or {text[:20]: text}
    if kind == "array":
        return [filled(schema.get("items", {}), whole, text)]
    if kind in ("integer", "number"):
        return schema.get("minimum", 1)
    return {"boolean": True, "null": None}.get(str(kind), text[: schema.get("maxLength", len(text))])


def bodies(whole: Schema, text: str) -> Iterator[tuple[str, Any]]:
    """Every path that takes a body of JSON, with such a body."""
    for path, methods in whole["paths"].items():
        shape = methods.get("post", {}).get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        if shape is not None and path.startswith("/api/"):
            yield path, filled(shape, whole, text)


def test_every_text_in_a_body_is_taken_for_text(site: Besieged) -> None:
    before = {table: site.rows(f"SELECT COUNT(*) FROM {table}") for table in TABLES if table not in GROWING}
    whole = site.browser().get("/openapi.json").json()
    answered: dict[int, int] = {}
    for text in (LINE, HOSTILE, "9" * 30, "\0", "' OR '1'='1"):
        for path, body in bodies(whole, text):
            answer = site.browser().post(site.known(path), json=body)
            sound(answer, f"POST {path} {text[:20]!r}")
            answered[answer.status_code] = answered.get(answer.status_code, 0) + 1
    assert before == {table: site.rows(f"SELECT COUNT(*) FROM {table}") for table in before}
    assert sum(answered.values()) > 250
    assert answered.get(401, 0) == 0, "nobody was asked who may do nothing"
    assert sum(count for status, count in answered.items() if status < 300) > 20, "almost all was refused, so little was tried"
