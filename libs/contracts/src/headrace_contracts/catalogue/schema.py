"""The documented form of a payload's schema (seed 002, ``payloadSchema`` of ``GET /airunner/models``)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from headrace_contracts.catalogue.model import Model

#: The seed's words for JSON types: a whole number is a ``number`` too.
TYPE_WORDS = {
    "integer": "number",
    "number": "number",
    "string": "string",
    "boolean": "boolean",
    "array": "array",
    "object": "object",
}

#: Keywords of JSON Schema that are shown as they are.
_SHOWN = (
    "default",
    "enum",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
)


@lru_cache(maxsize=64)
def fields_of(model: Model) -> dict[str, dict[str, Any]]:
    """The JSON Schema of each payload field: references resolved, ``null`` branches left out.

    A field of several types keeps them under ``anyOf``. The result is shared: do not change it.
    """
    schema = model.json_schema()
    definitions = schema.get("$defs", {})
    return {name: _plain(part, definitions) for name, part in schema.get("properties", {}).items()}


@lru_cache(maxsize=64)
def payload_schema(model: Model) -> dict[str, dict[str, Any]]:
    """``{"top_k": {"type": "number", "required": false, "description": ..., "minimum": 1, ...}, ...}``.

    The result is shared: do not change it.
    """
    required = set(model.json_schema().get("required", ()))
    return {name: _documented(part, required=name in required) for name, part in fields_of(model).items()}


def type_words(part: dict[str, Any]) -> list[str]:
    """The seed's type words that a field takes, without repeats."""
    branches = part.get("anyOf", [part])
    words = [TYPE_WORDS[branch["type"]] for branch in branches if branch.get("type") in TYPE_WORDS]
    return list(dict.fromkeys(words))


def _documented(part: dict[str, Any], *, required: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "type": "|".join(type_words(part)) or "object",
        "required": required,
        "description": part.get("description", ""),
    }
    if "const" in part:
        shown["enum"] = [part["const"]]
    shown.update({key: part[key] for key in _SHOWN if part.get(key) is not None})
    if "items" in part:
        shown["items"] = {
            "type": "|".join(type_words(part["items"])) or "object",
            **{key: part["items"][key] for key in _SHOWN if key in part["items"]},
        }
    return shown


def _plain(part: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    part = {key: value for key, value in part.items() if key != "title"}
    if "$ref" in part:
        target = definitions[part.pop("$ref").removeprefix("#/$defs/")]
        part = {**_plain(target, definitions), **part}
    if "items" in part:
        part["items"] = _plain(part["items"], definitions)
    if "anyOf" in part:
        branches = [_plain(b, definitions) for b in part.pop("anyOf") if b.get("type") != "null"]
        # The field's own description and default say more than those of a branch.
        part = {**branches[0], **part} if len(branches) == 1 else {**part, "anyOf": branches}
    return part
