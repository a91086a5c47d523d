"""Payloads are refused in the words of seed 002, all problems at once."""

from __future__ import annotations

import json
from typing import Annotated, Literal

import pytest
from pydantic import Field

from headrace_contracts.catalogue.model import Model, Payload
from headrace_contracts.catalogue.registry import CATALOGUE
from headrace_contracts.catalogue.validation import validate_payload


class Everything(Payload):
    prompt: str = Field(min_length=1, max_length=10)
    temperature: float = Field(default=1.0, ge=0, le=2)
    count: int = Field(default=1, ge=1)
    step: int = Field(default=8, multiple_of=8)
    part: float | None = Field(default=None, gt=0, le=1)
    quick: bool = False
    mode: Literal["fast", "good"] = "fast"
    tags: list[Annotated[str, Field(max_length=3)]] = Field(default=[], max_length=2)
    weights: dict[str, float] = Field(default={})
    voice: int | str = "amy"
    code: str = Field(default="a", pattern="^[a-z]$")


MODEL = Model(id="everything", name="", description="", requires_file=False, payload=Everything)


def test_the_seed_s_own_example_word_for_word() -> None:
    assert validate_payload(MODEL, {"temperature": "hot"}) == [
        "Missing required field: prompt",
        "Field 'temperature' must be a number",
    ]


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("prompt", 3, "Field 'prompt' must be a string"),
        ("prompt", None, "Field 'prompt' must be a string"),
        ("prompt", "", "Field 'prompt' must have between 1 and 10 characters"),
        ("prompt", "x" * 11, "Field 'prompt' must have between 1 and 10 characters"),
        ("prompt", "a\0b", "Field 'prompt' must not contain the character U+0000"),
        ("prompt", "\ud800", "Field 'prompt' must be valid Unicode text"),
        ("temperature", True, "Field 'temperature' must be a number"),
        ("temperature", 2.5, "Field 'temperature' must be between 0 and 2"),
        ("temperature", float("nan"), "Field 'temperature' must be a finite number"),
        ("temperature", float("-inf"), "Field 'temperature' must be a finite number"),
        ("count", "5", "Field 'count' must be a number"),
        ("count", 1.5, "Field 'count' must be a whole number"),
        ("count", False, "Field 'count' must be a number"),
        ("count", 0, "Field 'count' must be at least 1"),
        ("step", 9, "Field 'step' must be a multiple of 8"),
        ("part", 0, "Field 'part' must be between 0 and 1 and not 0"),
        ("part", [], "Field 'part' must be a number"),
        ("quick", 1, "Field 'quick' must be a boolean"),
        ("mode", "slow", "Field 'mode' must be one of: fast, good"),
        ("mode", 7, "Field 'mode' must be one of: fast, good"),
        ("tags", "abc", "Field 'tags' must be an array"),
        ("tags", ["a", 2], "Field 'tags[1]' must be a string"),
        ("tags", ["abcd"], "Field 'tags[0]' must have at most 3 characters"),
        ("tags", ["a", "b", "c"], "Field 'tags' must have at most 2 items"),
        ("weights", [], "Field 'weights' must be an object"),
        ("weights", {"a": "b"}, "Field 'weights.a' must be a number"),
        ("weights", {"a": float("inf")}, "Field 'weights' must be a finite number"),
        ("voice", [], "Field 'voice' must be a number or a string"),
        ("code", "ab", "Field 'code' must match the pattern ^[a-z]$"),
        ("foo", 1, "Unknown field: foo"),
        ("f\0o", 1, "Unknown field: f\0o (must not contain the character U+0000)"),
    ],
)
def test_one_problem_gives_one_sentence(field: str, value: object, problem: str) -> None:
    assert validate_payload(MODEL, {"prompt": "hi", field: value}) == [problem]


def test_all_problems_come_at_once() -> None:
    problems = validate_payload(MODEL, {"quick": "no", "count": -1, "temperature": float("nan"), "foo": {}})
    assert sorted(problems) == [
        "Field 'count' must be at least 1",
        "Field 'quick' must be a boolean",
        "Field 'temperature' must be a finite number",
        "Missing required field: prompt",
        "Unknown field: foo",
    ]


@pytest.mark.parametrize("payload", [None, [], "text", 3, True])
def test_a_payload_is_an_object(payload: object) -> None:
    assert validate_payload(MODEL, payload) == ["Payload must be a JSON object"]


@pytest.mark.parametrize("depth", [300, 50_000])
def test_deep_nesting_is_refused_and_not_followed(depth: int) -> None:
    nested: object = 1
    for _ in range(depth):
        nested = [nested]
    assert validate_payload(CATALOGUE["noop"], {"a": nested}) == ["Payload is nested too deeply"]


def test_whole_numbers_of_any_size_are_compared_and_not_converted() -> None:
    assert validate_payload(CATALOGUE["image-classification"], {"top_k": 10**400}) == [
        "Field 'top_k' must be between 1 and 1000"
    ]


def test_a_good_payload_has_no_problems() -> None:
    assert validate_payload(MODEL, {"prompt": "hi", "temperature": 1, "part": None, "voice": 3}) == []


def test_noop_takes_any_fields_up_to_its_limit() -> None:
    noop = CATALOGUE["noop"]
    limit = 64 * 1024
    fits = {"a": "x" * (limit - len('{"a":""}'))}
    assert len(json.dumps(fits, separators=(",", ":"))) == limit
    assert validate_payload(noop, fits) == []
    assert validate_payload(noop, {"a": fits["a"] + "x"}) == [
        f"Payload must be at most {limit} bytes, not {limit + 1}"
    ]
