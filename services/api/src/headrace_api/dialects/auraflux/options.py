"""The options of jobs and templates: camelCase on the wire, the model's own names in the record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from headrace_api.core.errors import PayloadError, Problem, ValidationError
from headrace_api.core.submit import checked_payload
from headrace_api.dialects.auraflux.schemas import OPTION_NAMES, JobOptions
from headrace_api.dialects.auraflux.validation import checked
from headrace_contracts.catalogue.video_production import MODEL

_WIRE_NAMES = {wire: name for name, wire in OPTION_NAMES.items()}


def read_options(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """What ``given`` sets, under the model's names. Raises ValidationError with every problem."""
    if not given:
        return {}
    checked(JobOptions, dict(given), prefix="options.")
    return {_WIRE_NAMES[name]: value for name, value in given.items()}


def show_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """As ``read_options`` took them in."""
    return {OPTION_NAMES.get(name, name): value for name, value in options.items()}


def payload_of(entry: Literal["upload", "prompt"], prompt: str | None, options: Mapping[str, Any]) -> str:
    """The model's payload as JSON text. Raises ValidationError for what only shows in the whole."""
    payload: dict[str, Any] = {**options, "entry": entry}
    if prompt is not None:
        payload["prompt"] = prompt
    try:
        return checked_payload(MODEL, payload)
    except PayloadError as error:
        raise ValidationError([Problem(_field_of(each), each) for each in error.problems]) from None


def check_options(options: Mapping[str, Any]) -> None:
    """Raises ValidationError for options that no job could have."""
    payload_of("prompt", "-", options)


def _field_of(sentence: str) -> str:
    """The field that a sentence of the catalogue's check names."""
    name = sentence.partition("'")[2].partition("'")[0] if sentence.startswith("Field '") else ""
    name = name.partition("[")[0].partition(".")[0]
    if name in OPTION_NAMES:
        return f"options.{OPTION_NAMES[name]}"
    return "prompt" if name == "prompt" or "prompt" in sentence else "options"
