"""What all schemas share: strict bodies, plain answers, times and ids."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)

from headrace_contracts.jobs.timing import iso_ms

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_WHOLE = re.compile(r"-?\d{1,18}")
_LAST_YEAR = 2999


class Body(BaseModel):
    """A request's body: unknown fields are refused, and numbers are not guessed from text."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


def example(body: dict[str, Any]) -> ConfigDict:
    """A body as one would write it, for the document."""
    return ConfigDict(json_schema_extra={"examples": [body]})


class Query(BaseModel):
    """What follows the question mark: always text, so that numbers are read from it."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, hide_input_in_errors=True)


class Nothing(Query):
    """No query parameters."""


class Answer(BaseModel):
    """An answer: every field is always there, null where there is nothing to say."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)


def _moment(value: object) -> datetime:
    """RFC 3339, and nothing that a lenient parser takes beside it."""
    if not isinstance(value, str) or not _RFC3339.fullmatch(value):
        raise ValueError("must be a time with a zone, such as 2026-02-13T10:00:00Z")
    try:
        moment = datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("must be a time that the calendar has, in UTC too") from None
    if moment.year > _LAST_YEAR:
        raise ValueError(f"must not lie after the year {_LAST_YEAR}")
    return moment


def _plain_date(value: object) -> object:
    if isinstance(value, str) and not _DATE.fullmatch(value):
        raise ValueError("must be a date such as 2026-01-31")
    return value


def _early(value: date) -> date:
    if value.year > _LAST_YEAR:
        raise ValueError(f"must not lie after the year {_LAST_YEAR}")
    return value


def _whole(value: object) -> object:
    if isinstance(value, str) and not _WHOLE.fullmatch(value):
        raise ValueError("must be a whole number")
    return value


def _yes_or_no(value: object) -> object:
    if isinstance(value, str):
        if value not in {"true", "false"}:
            raise ValueError("must be true or false")
        return value == "true"
    return value


def _no_nul(value: str) -> str:
    if "\0" in value:
        raise ValueError("must not contain the character U+0000")
    return value


#: A time that a client gives, in UTC.
Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-02-13T10:00:00Z"]}),
]
#: A day that a client gives; days are those of UTC.
Day = Annotated[
    date,
    BeforeValidator(_plain_date),
    AfterValidator(_early),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-01-31"]}),
]
#: A time in an answer.
Time = Annotated[
    datetime,
    PlainSerializer(iso_ms, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Text = Annotated[str, AfterValidator(_no_nul)]
#: In a query.
Whole = Annotated[int, BeforeValidator(_whole)]
Flag = Annotated[bool, BeforeValidator(_yes_or_no), WithJsonSchema({"type": "boolean"})]
Limit = Annotated[Whole, Field(ge=1, le=100, description="How many at most")]
Cursor = Annotated[
    Text | None,
    Field(max_length=100, description="`next_cursor` of the answer before: the page after that one"),
]


def word(*words: str) -> WithJsonSchema:
    """For text of an answer that is one of these words."""
    return WithJsonSchema({"type": "string", "enum": list(words)})


#: Any JSON value.
Json = Annotated[Any, WithJsonSchema({"description": "Any JSON value"})]
