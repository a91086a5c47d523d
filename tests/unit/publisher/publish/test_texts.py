"""Words from results that say little, much, or nonsense."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

from headrace_publisher.publish.texts import cut, texts_of

JOB = UUID(int=5)


def words(result: Any) -> Any:
    data = None if result is None else json.dumps(result).encode()
    return texts_of(data, model="text-generation", job_id=JOB)


@pytest.mark.parametrize(
    "result", [None, [1], {}, {"title": 7, "description": [], "tags": 3}, {"title": "\x00 \n"}]
)
def test_a_job_without_words_is_named_after_its_model_and_id(result: Any) -> None:
    found = words(result)
    assert found.title == found.alt_text == f"text-generation {JOB}"
    assert (found.description, found.tags) == ("", ())


def test_words_are_cleaned() -> None:
    found = words(
        {
            "title": "  a\n\x1b[31mriver\u202e ", "description": "one\r\ntwo\x00", "alt_text": "a bridge",
            "tags": ["#Water", "water ", "#Water", 5, "", "early  morning"],
        }
    )  # fmt: skip
    assert found.title == "a [31mriver"
    assert found.description == "one\ntwo"
    assert found.alt_text == "a bridge"
    assert found.tags == ("Water", "water", "early morning")
    assert words({"tags": "a, b,,c"}).tags == ("a", "b", "c")


def test_nothing_grows_without_end() -> None:
    found = words(
        {"title": "t" * 10_000, "description": "d" * 100_000, "tags": [f"{n}" * 200 for n in range(1000)]}
    )
    assert len(found.title) == 300
    assert len(found.description) == 20_000
    assert len(found.tags) == 50
    assert all(len(tag) <= 100 for tag in found.tags)


def test_broken_json_is_no_words() -> None:
    assert texts_of(b"{", model="m", job_id=JOB).title == f"m {JOB}"


def test_cutting() -> None:
    assert (cut("abc", 3), cut("abcd", 3), cut("ab d", 4), cut("a  d e", 4), cut("abc", 0)) == (
        "abc", "ab…", "ab d", "a…", "",
    )  # fmt: skip
