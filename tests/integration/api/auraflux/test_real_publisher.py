"""The fifth portal with the real publisher: approved, at its time, into folders of the site's own bucket."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.integration.api.auraflux.client import Client
from tests.integration.api.auraflux.studio import PICTURE, VIDEO, Studio
from tests.support.destinations import add_destination
from tests.support.service_process import ServiceProcess, service
from tests.support.site import Site

from headrace_store.blobs.s3 import S3Blobs

#: How late a schedule may fire.
_LATE = timedelta(seconds=2)


@pytest.fixture
def publisher(site: Site, tmp_path: Path) -> Iterator[ServiceProcess]:
    """The publisher of the site."""
    with service("headrace_publisher", site.env, tmp_path / "publisher.log") as process:
        yield process


async def read(blobs: S3Blobs, folder: str, job_id: str, name: str) -> bytes:
    return await blobs.get(f"published/{folder}/{job_id}/{name}", limit=1_000_000)


async def test_approved_and_published_to_two_places(
    client: Client, studio: Studio, site: Site, blobs: S3Blobs, publisher: ServiceProcess
) -> None:
    for name in ("archive", "mirror"):
        await add_destination(site.record_url, client.account.id, name)
    job_id = await client.submit(staging=True, platforms=["archive", "mirror"])
    await studio.produce(job_id)
    await client.reached(job_id, "staged")
    assert await blobs.head(f"published/archive/{job_id}/video.mp4") is None
    await client.ask("POST", f"/jobs/{job_id}/approve-publish")
    await client.reached(job_id, "published")
    result = await client.ask("GET", f"/jobs/{job_id}/result")
    for each, name in zip(result["publishResults"], ("archive", "mirror"), strict=True):
        assert (each["platform"], each["status"], each["error"]) == (name, "published", None)
        assert each["url"].endswith(f"/published/{name}/{job_id}/video.mp4"), each
        assert await read(blobs, name, job_id, "video.mp4") == VIDEO
        assert await read(blobs, name, job_id, "thumbnail.jpg") == PICTURE
    assert await client.download(result["videoUrl"]) == VIDEO


async def test_published_at_its_time_and_not_before(
    client: Client, studio: Studio, site: Site, publisher: ServiceProcess
) -> None:
    await add_destination(site.record_url, client.account.id, "archive")
    job_id = await client.submit(platforms=["archive"], publishAt="2099-01-01T00:00:00Z")
    await studio.produce(job_id)
    await client.produced(job_id)
    at = datetime.now(UTC) + timedelta(seconds=2)
    await client.ask("PATCH", f"/jobs/{job_id}/schedule", json={"publishAt": at.isoformat()})
    done = await client.reached(job_id, "published")
    ended = datetime.fromisoformat(done["completedAt"])
    # The job ends with a look at its publications, which comes once a second.
    assert at <= ended < at + _LATE + timedelta(seconds=1), (at, ended)


async def test_a_place_that_does_not_answer_does_not_hold_the_other(
    client: Client, studio: Studio, site: Site, publisher: ServiceProcess
) -> None:
    await add_destination(site.record_url, client.account.id, "archive")
    await add_destination(
        site.record_url,
        client.account.id,
        "nowhere",
        platform="s3",
        config={"endpoint_url": "https://s3.invalid", "bucket": "films", "prefix": ""},
    )
    job_id = await client.submit(platforms=["archive", "nowhere"])
    await studio.produce(job_id)
    job = await client.reached(job_id, "published")
    words = {each["platform"]: each for each in job["platforms"]}
    assert words["archive"]["status"] == "published"
    assert words["nowhere"]["status"] == "failed"
    assert words["nowhere"]["error"]
