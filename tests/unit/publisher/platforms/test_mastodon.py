"""The text of a status, and what an instance says of its limits."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from headrace_publisher.platforms.mastodon.limits import Limits, limits_of, misfit
from headrace_publisher.platforms.mastodon.status import hashtags, status_text, weight
from headrace_publisher.publish.parcel import Asset, MemorySource, Parcel

DOCUMENT = Asset(name="result.json", mime="application/json", size=2, source=MemorySource(data=b"{}"))


def parcel(title: str, description: str = "", tags: tuple[str, ...] = ()) -> Parcel:
    return Parcel(
        job_id=UUID(int=1), title=title, description=description, tags=tags, alt_text="", main=None, extras=(),
        document=DOCUMENT,
    )  # fmt: skip


def text(*args: Any, characters: int = 60) -> str:
    return status_text(parcel(*args), characters=characters, url_characters=23)


def test_parts_stand_apart_and_the_description_gives_way_first() -> None:
    assert text("Title", "Words.", ("one",)) == "Title\n\nWords.\n\n#one"
    assert text("Title", "w " * 100, ("one",)).startswith("Title\n\nw w w")
    assert text("Title", "w " * 100, ("one",)).endswith("…\n\n#one")
    assert text("t" * 100) == "t" * 59 + "…"
    assert text("t" * 59, "words", ("one",)) == "t" * 59


@pytest.mark.parametrize("characters", [1, 5, 23, 24, 60, 100, 499])
def test_it_never_counts_more_than_the_instance_takes(characters: int) -> None:
    for description in (
        "d" * 600,
        "see http://a.b " * 30,
        f"https://example.com/{'x' * 500}",
        "ü\U0001f3de " * 99,
    ):
        made = text("A title http://c.d", description, ("a", "b c"), characters=characters)
        assert 0 < weight(made, 23) <= characters


def test_links_count_a_length_of_their_own() -> None:
    assert weight("see http://a.b now", 23) == len("see  now") + 23
    assert weight(f"https://a.example/{'x' * 100}", 23) == 23


def test_hashtags_are_words() -> None:
    assert hashtags(("water", "early morning", "C++", "2026", "über-Fluß", "!?", "water")) == [
        "#water", "#EarlyMorning", "#C", "#ÜberFluß",
    ]  # fmt: skip


def test_what_an_instance_does_not_say_is_as_usual() -> None:
    silent: tuple[dict[str, Any], ...] = (
        {}, {"configuration": []}, {"configuration": {"statuses": {"max_characters": "many"}}},
    )  # fmt: skip
    for instance in silent:
        assert limits_of(instance) == Limits()
    media = {"supported_mime_types": ["image/png"], "image_size_limit": 5, "description_limit": True}
    found = limits_of({"configuration": {"statuses": {"max_characters": 5000}, "media_attachments": media}})
    assert found == Limits(characters=5000, mimes=("image/png",), image_bytes=5)


@pytest.mark.parametrize(
    ("mime", "size", "words"),
    [
        ("image/png", 5, None), ("image/png", 6, "at most 5"), ("image/gif", 1, "takes no image/gif"),
        ("text/plain", 1, "takes no text/plain"), ("image/png", 0, "is empty"),
    ],
)  # fmt: skip
def test_what_fits(mime: str, size: int, words: str | None) -> None:
    asset = Asset(name="a", mime=mime, size=size, source=MemorySource(data=b""))
    found = misfit(asset, Limits(mimes=("image/png", "text/plain"), image_bytes=5))
    assert found is None if words is None else words in (found or "")
