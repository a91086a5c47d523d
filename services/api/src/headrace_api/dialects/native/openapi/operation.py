"""One operation: its parameters, its body, and every answer that it can give."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from headrace_api.dialects.native.openapi.components import Components
from headrace_api.dialects.native.route import Content, Route
from headrace_api.dialects.native.schemas.base import Nothing
from headrace_api.dialects.native.schemas.errors import Error

_NAMES = re.compile(r"\{(\w+)\}")
_RATES = tuple(
    f"X-RateLimit-{word}{suffix}" for suffix in ("", "-Hour") for word in ("Limit", "Remaining", "Reset")
)

#: What each path parameter is.
_PATH = {
    "name": ("Its name", {"type": "string", "minLength": 1, "maxLength": 100}),
    "id": ("Its id", {"type": "string", "minLength": 1, "maxLength": 100}),
    "delivery_id": ("Id of the delivery", {"type": "string", "minLength": 1, "maxLength": 100}),
}


def operation(route: Route, parts: Components) -> dict[str, Any]:
    """The operation object of ``route``."""
    found: dict[str, Any] = {
        "operationId": operation_id(route),
        "summary": route.summary,
        "tags": [route.tag],
    }
    lines = [route.description] if route.description else []
    if route.scope is not None:
        lines.append(f"Needs the scope `{route.scope}`.")
    if lines:
        found["description"] = " ".join(lines)
    parameters = [*_path_parameters(route), *_query_parameters(route, parts), *_header_parameters(route)]
    if parameters:
        found["parameters"] = parameters
    if route.body is not None:
        content: dict[str, Any] = {"application/json": {"schema": parts.refs[route.body, "validation"]}}
        if route.also_body is not None:
            content[route.also_body.mime] = {"schema": dict(route.also_body.schema)}
        found["requestBody"] = {"required": True, "content": content}
    found["responses"] = _responses(route, parts)
    return found


def links_of(route: Route, routes: Sequence[Route]) -> dict[str, Any]:
    """Where the id of what ``route`` makes can be used, by operation."""
    if route.made is None:
        return {}
    below = f"{route.path.removesuffix('/{id}/retry')}/{{id}}"
    return {
        operation_id(each): {
            "operationId": operation_id(each),
            "parameters": {"id": f"$response.body#/{route.made}"},
        }
        for each in routes
        if each.path == below or each.path.startswith(f"{below}/")
        if len(_NAMES.findall(each.path)) == 1
    }


def operation_id(route: Route) -> str:
    words = re.findall(r"[a-z]+", route.path.removeprefix("/v1"))
    return "_".join([route.method.lower(), *words])


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _PATH[name][0],
            "schema": _PATH[name][1],
        }
        for name in _NAMES.findall(route.path)
    ]


def _query_parameters(route: Route, parts: Components) -> list[dict[str, Any]]:
    if route.query is Nothing:
        return []
    schema = parts.queries[route.query]
    found = []
    for field, part in schema["properties"].items():
        shown = {key: value for key, value in part.items() if key != "description"}
        branches = [each for each in shown.get("anyOf", []) if each != {"type": "null"}]
        if len(branches) == 1:  # absent is how a query says null
            shown = {**branches[0], **{k: v for k, v in shown.items() if k not in {"anyOf", "default"}}}
        parameter = {
            "name": field,
            "in": "query",
            "required": field in schema.get("required", []),
            "schema": shown,
        }
        if "description" in part:
            parameter["description"] = part["description"]
        found.append(parameter)
    return found


def _header_parameters(route: Route) -> list[dict[str, Any]]:
    if not route.idempotent:
        return []
    return [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "The same key and body give the same answer for 24 hours",
            "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
        }
    ]


def _responses(route: Route, parts: Components) -> dict[str, Any]:
    found: dict[int, dict[str, Any]] = {route.status: _success(route, parts)}
    for status, meaning in route.also.items():
        found[status] = {**_success(route, parts), "description": meaning}
        if status in {301, 302, 303, 307, 308}:
            found[status].pop("content", None)
    for status, meaning in _refusals(route).items():
        found[status] = {
            "description": meaning,
            "content": {"application/json": {"schema": parts.refs[Error, "serialization"]}},
        }
    for status, response in found.items():
        names = [name for name in _headers_of(status) if name in parts.headers]
        if names:
            response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    return {str(status): found[status] for status in sorted(found)}


def _success(route: Route, parts: Components) -> dict[str, Any]:
    if route.content is not None:
        return _described(route.content)
    if route.answer is None:
        return {"description": "Done"}
    schema = parts.refs[route.answer, "serialization"]
    return {"description": "Done", "content": {"application/json": {"schema": schema}}}


def _described(content: Content) -> dict[str, Any]:
    return {"description": content.description, "content": {content.mime: {"schema": dict(content.schema)}}}


def _refusals(route: Route) -> dict[int, str]:
    """What this operation may answer instead, and why."""
    found = {
        400: "The address can't be read",
        401: "No key, or one that opens nothing",
        422: "It does not validate: `details` has one entry a problem",
        429: "Too many requests: `Retry-After`",
        500: "A fault of ours",
        503: "A part of the site is away: `Retry-After`",
    }
    if route.scope is not None:
        found[403] = f"The key lacks the scope `{route.scope}`"
    if route.body is not None:
        found |= {
            400: "The body is no JSON, or the address can't be read",
            408: "The body did not arrive in time",
            413: "The body is too large",
            415: "The body has another Content-Type",
        }
    if route.idempotent:
        found[400] = "The body is no JSON, or the address or the Idempotency-Key can't be read"
        found[409] = "The Idempotency-Key was used with another body"
    for status, meaning in route.refuses.items():
        found[status] = f"{meaning}. {found[status]}" if status == 409 and status in found else meaning
    return found


def _headers_of(status: int) -> tuple[str, ...]:
    names = _RATES if status < 400 or status == 429 else ()
    if status in {201, 302}:
        names = (*names, "Location")
    return (*names, "Retry-After") if status in {429, 503} else names
