"""From pydantic's findings to the core's: which field, what is wrong, what would be right."""

from __future__ import annotations

from typing import Any, TypeVar

import pydantic
from pydantic import BaseModel
from pydantic_core import ErrorDetails

from headrace_api.core.errors import Problem, ValidationError

M = TypeVar("M", bound=BaseModel)

_SHOWN_CHARS = 100


def checked(kind: type[M], value: object, *, prefix: str = "") -> M:
    """``value`` as a ``kind``. Raises ValidationError with every problem; ``prefix`` goes before each field's name."""
    try:
        return kind.model_validate(value)
    except pydantic.ValidationError as error:
        raise ValidationError(problems_of(kind, error, prefix=prefix)) from None


def problems_of(kind: type[BaseModel], error: pydantic.ValidationError, *, prefix: str = "") -> list[Problem]:
    """One a finding; those of a union's branches are told once."""
    found = [Problem(_path(each, prefix), _sentence(kind, each)) for each in error.errors(include_url=False)]
    return list(dict.fromkeys(found))


def _path(each: ErrorDetails, prefix: str) -> str:
    """``tags[2]`` of ``("tags", 2)``; names of a union's branches are no part of it."""
    path = ""
    for index, part in enumerate(each["loc"]):
        if isinstance(part, int):
            path += f"[{part}]"
        elif index == 0:
            path += part[:_SHOWN_CHARS]
    return f"{prefix}{path}" or "body"


def _sentence(kind: type[BaseModel], each: ErrorDetails) -> str:
    context: dict[str, Any] = each.get("ctx", {})
    match each["type"]:
        case "missing":
            return "is required"
        case "extra_forbidden":
            return f"is not known here; known are {', '.join(_names(kind))}"
        case "value_error":
            return str(context["error"])
        case "literal_error" | "enum":
            return f"must be {context['expected']}"
        case "model_type" | "model_attributes_type" | "dict_type":
            return "must be a JSON object"
        case _:
            _, _, rest = each["msg"].partition(" should ")
            return f"must {rest}" if rest else each["msg"]


def _names(kind: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in kind.model_fields.items()]
