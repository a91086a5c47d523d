"""The schemas and headers that operations point at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from headrace_api.dialects.native.route import Route
from headrace_api.dialects.native.schemas.base import Nothing
from headrace_api.dialects.native.schemas.errors import Error

_REF = "#/components/schemas/{model}"

Mode = Literal["validation", "serialization"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Components:
    schemas: dict[str, Any]
    headers: dict[str, Any]
    queries: Mapping[type[BaseModel], dict[str, Any]]
    #: What stands in the place of a schema, by it and its use.
    refs: Mapping[tuple[type[BaseModel], Mode], dict[str, Any]] = field(repr=False)


def components(routes: Sequence[Route]) -> Components:
    """Every schema of ``routes`` once, under its name."""
    wanted: list[tuple[type[BaseModel], Mode]] = [(Error, "serialization")]
    for route in routes:
        if route.body is not None:
            wanted.append((route.body, "validation"))
        if route.answer is not None:
            wanted.append((route.answer, "serialization"))
    wanted = list(dict.fromkeys(wanted))
    refs, definitions = models_json_schema(wanted, ref_template=_REF)
    schemas = {name: plain(schema) for name, schema in definitions.get("$defs", {}).items()}
    # The fields of a query stand as parameters; only what they point at is kept here.
    queries = {}
    for query in {route.query for route in routes} - {Nothing}:
        schema = plain(query.model_json_schema(ref_template=_REF))
        schemas |= schema.pop("$defs", {})
        queries[query] = schema
    return Components(
        schemas=schemas,
        headers=_headers(),
        queries=queries,
        refs={(model, mode): dict(refs[model, mode]) for model, mode in wanted},
    )


def plain(schema: Any) -> Any:
    """Without the titles that pydantic makes of names: they say nothing new."""
    if isinstance(schema, dict):
        return {
            key: plain(value)
            for key, value in schema.items()
            if not (key == "title" and isinstance(value, str))
        }
    if isinstance(schema, list):
        return [plain(each) for each in schema]
    return schema


def _headers() -> dict[str, Any]:
    whole = {"type": "integer", "minimum": 0}
    found: dict[str, Any] = {}
    for suffix, span in (("", "minute"), ("-Hour", "hour")):
        found[f"X-RateLimit-Limit{suffix}"] = {"schema": whole, "description": f"Requests a {span}"}
        found[f"X-RateLimit-Remaining{suffix}"] = {
            "schema": whole,
            "description": f"What is left of them in this {span}",
        }
        found[f"X-RateLimit-Reset{suffix}"] = {
            "schema": whole,
            "description": f"When the next {span} begins, in Unix time",
        }
    found["Retry-After"] = {"schema": whole, "description": "Seconds to wait"}
    found["Location"] = {"schema": {"type": "string"}, "description": "Path of what was made, or a URL"}
    return found
