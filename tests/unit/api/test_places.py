"""Which destination ``s3://bucket/path`` means."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from headrace_api.core.destinations import Destination
from headrace_api.core.errors import ValidationError
from headrace_api.core.places import Place, choose, parse_place, place_of

SITE = "headrace"


def destination(name: str, platform: str = "s3", **config: Any) -> Destination:
    return Destination(
        id=UUID(int=abs(hash(name))),
        account_id=UUID(int=1),
        name=name,
        platform=platform,
        config=config,
        has_secret=False,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


ROOT = destination("root", bucket="films", endpoint_url="https://s3.example")
DEEP = destination("deep", bucket="films", prefix="2026/may", endpoint_url="https://s3.example")
OWN = destination("own", prefix="archive")
WEB = destination("web", "http", url="https://example.com/{name}")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("s3://films", Place(bucket="films", path="")),
        ("s3://films/", Place(bucket="films", path="")),
        ("s3://films/a//b/", Place(bucket="films", path="a/b")),
        ("s3://films/a/../b", None),
        ("s3://", None),
        ("s3://UPPER/a", None),
        ("http://films/a", None),
        ("local", None),
    ],
)
def test_addresses_are_read(text: str, place: Place | None) -> None:
    assert parse_place(text) == place


def test_the_sites_own_store_has_a_folder_for_what_is_published() -> None:
    assert place_of(OWN, site_bucket=SITE) == Place(bucket=SITE, path="published/archive")
    assert place_of(destination("bare"), site_bucket=SITE) == Place(bucket=SITE, path="published")
    assert place_of(WEB, site_bucket=SITE) is None


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("s3://films", "root"),
        ("s3://films/2026", "root"),
        ("s3://films/2026/may", "deep"),
        ("s3://films/2026/may/day", "deep"),
        ("s3://films/2026/mayday", "root"),
        ("s3://headrace/published/archive/x", "own"),
    ],
)
def test_the_longest_prefix_that_holds_the_path_wins(wanted: str, name: str) -> None:
    assert choose(wanted, [WEB, ROOT, DEEP, OWN], site_bucket=SITE, field="f").name == name


@pytest.mark.parametrize("wanted", ["s3://other/x", "s3://headrace/uploads", "s3://headrace"])
def test_a_place_that_no_destination_holds_names_those_that_there_are(wanted: str) -> None:
    with pytest.raises(ValidationError) as caught:
        choose(wanted, [WEB, DEEP, OWN], site_bucket=SITE, field="output_config.destination")
    (problem,) = caught.value.problems
    assert problem.field == "output_config.destination"
    assert "deep (s3://films/2026/may)" in problem.message
    assert "own (s3://headrace/published/archive)" in problem.message
    assert "web" not in problem.message
