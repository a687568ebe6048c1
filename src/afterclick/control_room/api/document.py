"""The document of the interface for programs: OpenAPI 3.1 at `/openapi.json`, from the routes themselves."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from afterclick.control_room.api.kit import Interface, Route

_PROBLEM: Final[dict[str, Any]] = {
    "title": "Problem",
    "description": "What cannot be done, and why (RFC 9457).",
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
    "required": ["type", "title", "status", "detail"],
}
_ALWAYS: Final = (400, 401, 403, 413, 421, 422, 429)
_CHANGING: Final = (409, 412, 415)
_SAYS: Final = {
    400: "The request cannot be read.",
    401: "Nobody: send a token.",
    403: "Whoever asks may not do that.",
    404: "There is no such thing.",
    409: "Not as things stand.",
    412: "It has changed since it was read (`If-Match`).",
    413: "The body is too large.",
    415: "The body is no JSON.",
    421: "The office is not served under that name.",
    422: "The request has another shape, or names something impossible.",
    429: "Too often; see `Retry-After`.",
}
_ABOUT: Final = """\
Everything that people can do on the pages, for programs. Amounts are minor units with an ISO 4217 currency, instants end in
`_ms` and are milliseconds since 1970 UTC. Lists go on with the `cursor` that the page before gave as `next`. Where a route names
`Idempotency-Key`, a request with one is done once. What cannot be done is a problem of RFC 9457."""


def describe(app: FastAPI, interfaces: Sequence[Interface]) -> None:
    """Serve the document of these resources, beside what the application's other routes say of themselves."""
    made: dict[str, Any] = {}

    def document() -> dict[str, Any]:
        if not made:
            made.update(_document(app, [route for one in interfaces for route in one.routes]))
        return made

    app.openapi = document  # the way that FastAPI documents for documents of one's own


def _document(app: FastAPI, routes: Sequence[Route]) -> dict[str, Any]:
    document = get_openapi(title=app.title, version="1", openapi_version="3.1.0", description=_ABOUT, routes=app.routes)
    shapes = list(dict.fromkeys(shape for route in routes for shape in (route.gives, route.takes) if shape is not None))
    references, components = msgspec.json.schema_components(shapes, ref_template="#/components/schemas/{name}")
    named = dict(zip(shapes, references, strict=True))
    for route in routes:
        _fill(document["paths"][route.path][route.method.lower()], route, named)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas |= components | {"Problem": _PROBLEM}
    document["components"]["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "A token of /me or /people."}
    }
    return document


def _fill(operation: dict[str, Any], route: Route, named: dict[Any, dict[str, Any]]) -> None:
    """What the framework cannot know: bodies, answers, headers and who may ask."""
    changes = route.method != "GET"
    operation["security"] = [{"token": []}]
    given: dict[str, Any] = {
        "description": "Done." if changes else "Found.",
        "content": {kind: {"schema": named[route.gives] if route.gives is not None else {}} for kind in route.media},
        "headers": {"ETag": {"schema": {"type": "string"}, "description": "Changes with the content."}},
    }
    operation["responses"] = {str(route.status): given}
    if not changes:
        operation["responses"]["304"] = {"description": "Not changed since `If-None-Match`."}
    parameters = operation.setdefault("parameters", [])
    headers = (("If-Match", "Idempotency-Key") if route.keyed else ()) if changes else ("If-None-Match",)
    parameters += [{"name": name, "in": "header", "schema": {"type": "string", "maxLength": 200}} for name in headers]
    if route.takes is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": named[route.takes]}}}
    for status in sorted({*_ALWAYS, *(_CHANGING if changes else ()), *route.refuses}):
        operation["responses"][str(status)] = problem(status)


def problem(status: int) -> dict[str, Any]:
    """How a refusal is documented."""
    return {
        "description": _SAYS.get(status, HTTPStatus(status).phrase),
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
