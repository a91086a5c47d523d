"""Schemas into words and tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headrace_api.dialects.native.docs.text import anchor, escaped, prose

_BOUNDS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "{} characters or more",
    "maxLength": "{} characters at most",
    "minItems": "{} items or more",
    "maxItems": "{} items at most",
}


def schema_link(schema: Mapping[str, Any]) -> str:
    """A link to a named schema, or what an unnamed one is."""
    return described(schema)


def described(schema: Mapping[str, Any]) -> str:
    """``array of JobSummary``, ``string (date-time) or null``, as HTML."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return f'<a href="#schema-{anchor(name)}">{escaped(name)}</a>'
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            return " or ".join(described(each) for each in schema[word])
    if "const" in schema:
        return f"<code>{escaped(str(schema['const']))}</code>"
    if "enum" in schema:
        return " ".join(f"<code>{escaped(str(each))}</code>" for each in schema["enum"])
    if schema.get("type") == "array":
        return f"array of {described(schema.get('items', {}))}"
    kind = escaped(str(schema.get("type", "any JSON")))
    return f"{kind} ({escaped(schema['format'])})" if "format" in schema else kind


def fields_table(schema: Mapping[str, Any]) -> str:
    """One row a field; for what is no object, what it is."""
    fields = schema.get("properties")
    if not fields:
        return f"<p>{described(schema)}</p>"
    required = set(schema.get("required", ()))
    return f"<table>{''.join(_row(name, part, required=name in required) for name, part in fields.items())}</table>"


def _row(name: str, part: Mapping[str, Any], *, required: bool) -> str:
    notes = [prose(part["description"], inline=True)] if "description" in part else []
    notes += [words.format(part[key]) for key, words in _BOUNDS.items() if key in part]
    if "default" in part and part["default"] not in (None, [], {}):
        notes.append(f"default <code>{escaped(str(part['default']))}</code>")
    kind = described(part) if required else f"{described(part)}, optional"
    return f"<tr><td><code>{escaped(name)}</code></td><td>{kind}</td><td>{'; '.join(notes)}</td></tr>"
