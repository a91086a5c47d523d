"""The one form of every error."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from headrace_api.dialects.native.schemas.base import Answer


class FieldProblem(Answer):
    """What is wrong with one field."""

    field: str = Field(description="A path such as `output_config.destination`")
    message: str


class ErrorBody(Answer):
    code: str = Field(description="For programs; it does not change")
    message: str = Field(description="For people")
    details: list[FieldProblem] | dict[str, Any] = Field(
        description="422: one entry a problem. Else what helps to get on, often nothing"
    )


class Error(Answer):
    """What every error looks like."""

    error: ErrorBody
