"""The check of a payload, in the words of seed 002 (``INVALID_PAYLOAD``, ``details``).

All problems are found at once. The words are made from pydantic's findings and the field's schema, so that a
new field of a model needs no code here.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from headrace_contracts.catalogue.model import Model
from headrace_contracts.catalogue.schema import fields_of, payload_schema, type_words

__all__ = ["payload_schema", "validate_payload"]

_SURROGATE = re.compile("[\ud800-\udfff]")
_TOO_DEEP = "Payload is nested too deeply"

_RANGE_ERRORS = {"greater_than", "greater_than_equal", "less_than", "less_than_equal"}
_LENGTH_ERRORS = {"string_too_short", "string_too_long", "too_short", "too_long"}


def validate_payload(model: Model, payload: object) -> list[str]:
    """Every problem of ``payload`` as one sentence each, empty when there is none.

    ``payload`` is what the JSON parser of the request gave. Raises nothing for bad input.
    """
    if not isinstance(payload, dict):
        return ["Payload must be a JSON object"]
    unfit = dict(_unfit_fields(payload))
    try:
        # As JSON, because that is what the agent validates: a list is a tuple there, and dates are text.
        fit = {k: v for k, v in payload.items() if k not in unfit} if unfit else payload
        model.payload.model_validate_json(json.dumps(fit))
    except ValidationError as error:
        found = error.errors(include_url=False)
    except RecursionError:
        return [_TOO_DEEP]
    else:
        return list(unfit.values())
    fields = fields_of(model)
    problems = list(unfit.values())
    problems += [_sentence(e, fields) for e in found if not e["loc"] or e["loc"][0] not in unfit]
    return list(dict.fromkeys(problems))


def _unfit_fields(payload: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Fields holding what JSON or the record (Postgres) has no form for: NaN, lone surrogates, U+0000."""
    for name, value in payload.items():
        if problem := _unfit_text(name):
            yield name, f"Unknown field: {name.encode('ascii', 'backslashreplace').decode()} ({problem})"
            continue
        stack: list[Any] = [value]
        while stack:
            item = stack.pop()
            if isinstance(item, dict):
                stack += [*item.keys(), *item.values()]
            elif isinstance(item, list):
                stack += item
            elif isinstance(item, float) and not math.isfinite(item):
                yield name, f"Field '{name}' must be a finite number"
                break
            elif isinstance(item, str) and (problem := _unfit_text(item)):
                yield name, f"Field '{name}' {problem}"
                break


def _unfit_text(text: str) -> str | None:
    if "\0" in text:
        return "must not contain the character U+0000"
    if not text.isascii() and _SURROGATE.search(text):
        return "must be valid Unicode text"
    return None


def _sentence(error: ErrorDetails, fields: Mapping[str, dict[str, Any]]) -> str:
    kind, loc = error["type"], error["loc"]
    if kind == "json_invalid":
        return _TOO_DEEP
    if not loc:
        return str(error.get("ctx", {}).get("error", error["msg"]))
    part = _part(fields.get(str(loc[0]), {}), loc)
    where = _where(loc, union="anyOf" in fields.get(str(loc[0]), {}))
    if kind == "missing":
        return f"Missing required field: {where}"
    if kind == "extra_forbidden":
        return f"Unknown field: {where}"
    return f"Field '{where}' {_problem(error, part)}"


def _problem(error: ErrorDetails, part: Mapping[str, Any]) -> str:
    kind, value, ctx = error["type"], error["input"], error.get("ctx", {})
    if kind in _RANGE_ERRORS:
        return _range(part, ctx)
    if kind in _LENGTH_ERRORS:
        return _length(part, unit="characters" if kind.startswith("string") else "items")
    if "enum" in part or kind in {"literal_error", "enum"}:
        choices = part.get("enum") or [ctx.get("expected", "one of the documented values")]
        return f"must be one of: {', '.join(str(choice) for choice in choices)}"
    if kind == "multiple_of":
        return f"must be a multiple of {_number(ctx['multiple_of'])}"
    if kind == "string_pattern_mismatch":
        return f"must match the pattern {ctx['pattern']}"
    if kind in {"int_type", "int_from_float"} and isinstance(value, float):
        return "must be a whole number"
    words = type_words(dict(part))
    if kind.endswith(("_type", "_parsing")) and words:
        return "must be " + " or ".join(f"{'an' if word[0] in 'ao' else 'a'} {word}" for word in words)
    if kind == "value_error":
        return f"is not valid: {ctx.get('error', error['msg'])}"
    return f"is not valid: {error['msg']}"


def _range(part: Mapping[str, Any], ctx: Mapping[str, Any]) -> str:
    low = part.get("minimum", part.get("exclusiveMinimum"))
    high = part.get("maximum", part.get("exclusiveMaximum"))
    if low is not None and high is not None:
        words = f"must be between {_number(low)} and {_number(high)}"
        return words + (f" and not {_number(low)}" if "exclusiveMinimum" in part else "")
    if "ge" in ctx or "le" in ctx:
        return (
            f"must be at least {_number(ctx['ge'])}"
            if "ge" in ctx
            else f"must be at most {_number(ctx['le'])}"
        )
    return (
        f"must be more than {_number(ctx['gt'])}"
        if "gt" in ctx
        else f"must be less than {_number(ctx['lt'])}"
    )


def _length(part: Mapping[str, Any], *, unit: str) -> str:
    low, high = (
        (part.get("minLength"), part.get("maxLength"))
        if unit == "characters"
        else (part.get("minItems"), part.get("maxItems"))
    )
    if low and high:
        return f"must have between {low} and {high} {unit}"
    if low:
        return "must not be empty" if low == 1 else f"must have at least {low} {unit}"
    return f"must have at most {high} {unit}"


def _part(part: dict[str, Any], loc: tuple[int | str, ...]) -> dict[str, Any]:
    """The schema at ``loc``, where the path leads through lists only; else that of the field."""
    for step in loc[1:]:
        if isinstance(step, int) and "items" in part:
            part = part["items"]
        elif isinstance(part.get("additionalProperties"), dict):
            part = part["additionalProperties"]
    return part


def _where(loc: tuple[int | str, ...], *, union: bool) -> str:
    """``labels[0]``, ``vars.x``. Steps that pydantic adds to tell the branches of a union apart are left out."""
    where = str(loc[0])
    for step in loc[1:]:
        if isinstance(step, int):
            where += f"[{step}]"
        elif not union:
            where += f".{step}"
    return where


def _number(value: float) -> str:
    return f"{value:g}" if abs(value) < 1e6 else str(int(value))
