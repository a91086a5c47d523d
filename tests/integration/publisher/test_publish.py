"""Publications from the record to their platforms, by the service as it runs."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from nats.aio.client import Client
from tests.integration.publisher.conftest import serving
from tests.support.platforms.cases import CANARY, WHSEC
from tests.support.platforms.inbox import Inbox, inbox
from tests.support.platforms.parcels import PICTURE, VIDEO
from tests.support.platforms.youtube import YouTube, youtube
from tests.support.publications import Publications
from tests.support.receiver import receiving
from tests.support.servers import S3Access, s3_client
from tests.support.waiting import until

from headrace.demo.mastodon import Mastodon, mastodon

YOUTUBE = {
    "client_id": f"{CANARY}-id",
    "client_secret": f"{CANARY}-secret",
    "refresh_token": f"{CANARY}-token",
}
HTTP = {"signing_secret": WHSEC, "authorization": f"Bearer {CANARY}"}


@pytest.fixture
async def post() -> AsyncIterator[Mastodon]:
    async with mastodon(CANARY) as server:
        yield server


@pytest.fixture
async def tube() -> AsyncIterator[YouTube]:
    async with youtube(credentials=YOUTUBE) as server:
        yield server


@pytest.fixture
async def box() -> AsyncIterator[Inbox]:
    async with inbox(WHSEC, f"Bearer {CANARY}") as server:
        yield server


async def test_one_job_to_four_platforms(
    nats_url: str, empty_database: str, bucket: S3Access, publications: Publications,
    post: Mastodon, tube: YouTube, box: Inbox, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level(logging.INFO)
    job_id = await publications.job()
    made = {
        "s3": await publications.destination("s3", {"prefix": "films"}),
        "http": await publications.destination(
            "http", {"url": f"{box.url}/{{job_id}}/{{name}}", "signature": "hmac", "method": "POST"}, HTTP
        ),
        "mastodon": await publications.destination(
            "mastodon", {"base_url": post.url}, {"access_token": CANARY}
        ),
        "youtube": await publications.destination(
            "youtube",
            {"base_url": tube.url, "token_url": f"{tube.url}/token", "publish_after_s": 3600},
            YOUTUBE,
        ),
    }
    ids = {name: await publications.add(job_id, destination) for name, destination in made.items()}
    async with serving(nats_url, empty_database, bucket):
        rows = {name: await publications.ended(each, "published") for name, each in ids.items()}

    for row in rows.values():
        assert (row["session"], row["next_attempt_at"], row["error"]) == (None, None, None)
        assert row["attempts"] == 1
        assert row["finished_at"] is not None
    assert rows["s3"]["url"] == f"s3://{bucket.bucket}/published/films/{job_id}/film.mp4"
    async with s3_client(bucket) as s3:
        listed = await s3.list_objects_v2(Bucket=bucket.bucket, Prefix="published/")
        assert {entry["Key"].rpartition("/")[2] for entry in listed["Contents"]} == {
            "film.mp4", "thumbnail.png", "result.json",
        }  # fmt: skip
        answer = await s3.get_object(Bucket=bucket.bucket, Key=f"published/films/{job_id}/result.json")
        assert json.loads(await answer["Body"].read())["result"]["title"] == "A river at dawn"

    sent = {arrival.path.rpartition("/")[2]: arrival for arrival in box.arrivals}
    assert sent["film.mp4"].body == VIDEO
    assert sent["thumbnail.png"].body == PICTURE
    assert sent["film.mp4"].headers["x-headrace-job-id"] == str(job_id)
    assert rows["http"]["url"] == f"{box.url}/{job_id}/film.mp4?v=1"

    status = post.statuses[0]
    assert status.text == "A river at dawn\n\nWater, and a bridge.\n\n#water #earlyMorning".replace(
        "early", "Early"
    )
    assert (status.media[0].data, status.media[0].description) == (VIDEO, "A bridge over a river")
    assert status.media[0].thumbnail == PICTURE
    assert (rows["mastodon"]["url"], rows["mastodon"]["remote_id"]) == (status.url, status.id)

    ((video_id, video),) = tube.videos.items()
    assert bytes(video.data) == VIDEO
    assert video.resource["snippet"]["title"] == "A river at dawn"
    assert video.resource["snippet"]["tags"] == ["water", "early morning"]
    assert video.resource["status"]["privacyStatus"] == "private"
    ahead = datetime.fromisoformat(video.resource["status"]["publishAt"]) - datetime.now(UTC)
    assert timedelta(minutes=50) < ahead <= timedelta(hours=1)
    assert tube.thumbnails[video_id] == ("image/png", PICTURE)
    assert rows["youtube"]["url"] == f"https://www.youtube.com/watch?v={video_id}"

    state = await publications.pool.fetchval("SELECT state FROM jobs WHERE id = $1", job_id)
    assert state == "staged"  # the dispatcher settles it
    for secret in (CANARY, WHSEC, *tube.tokens):
        assert secret not in caplog.text


async def test_a_platform_that_hangs_holds_nobody(
    nats_url: str, empty_database: str, bucket: S3Access, publications: Publications, post: Mastodon
) -> None:
    async with receiving() as hole, AsyncExitStack() as stack:
        http = await publications.destination("http", {"url": hole.url("/hang")}, HTTP)
        stuck = [await publications.add(await publications.job(), http) for _ in range(12)]
        await stack.enter_async_context(serving(nats_url, empty_database, bucket, publish_concurrency=2))
        await until(_that(lambda: hole.connections >= 1))
        there = await publications.destination("mastodon", {"base_url": post.url}, {"access_token": CANARY})
        ids = [await publications.add(await publications.job(), there) for _ in range(3)]
        for each in ids:
            await publications.ended(each, "published")
        for each in stuck:
            assert (await publications.row(each))["state"] == "pending"
        assert hole.connections == 1  # half of the hands, for one destination


async def test_a_platform_that_is_away_is_tried_so_often_and_then_named(
    nats_url: str, empty_database: str, bucket: S3Access, publications: Publications, box: Inbox
) -> None:
    async with receiving() as gone:
        url = gone.url("/")
    job_id = await publications.job()
    lost = await publications.add(job_id, await publications.destination("http", {"url": url}, HTTP))
    fine = await publications.add(
        job_id, await publications.destination("http", {"url": f"{box.url}/one"}, HTTP | {})
    )
    async with serving(nats_url, empty_database, bucket, publish_attempts=3):
        row = await publications.ended(lost, "failed")
        await publications.ended(fine, "published")
    assert row["attempts"] == 3
    assert row["error"].startswith("gave up after 3 attempts: send film.mp4: the connection failed")
    assert [arrival.path for arrival in box.arrivals] == ["/one"]  # only the main file without {name}


async def test_a_limit_is_waited_for_and_shown(
    nats_url: str, empty_database: str, bucket: S3Access, publications: Publications, post: Mastodon
) -> None:
    post.allowance, post.reset_s = 1, 4.0
    there = await publications.destination("mastodon", {"base_url": post.url}, {"access_token": CANARY})
    publication = await publications.add(await publications.job(), there)
    async with serving(nats_url, empty_database, bucket):
        row = await publications.told(publication, "Too many requests")
        assert (row["state"], row["attempts"]) == ("pending", 0)
        assert row["next_attempt_at"] > datetime.now(UTC) + timedelta(seconds=1)
        assert post.media == {}
        post.allowance = None
        await publications.ended(publication, "published")


async def test_one_that_is_cancelled_on_its_way_ends_there(
    nats_url: str, empty_database: str, bucket: S3Access, publications: Publications, tube: YouTube
) -> None:
    tube.pause_at = 400_000
    config = {"base_url": tube.url, "token_url": f"{tube.url}/token"}
    publication = await publications.add(
        await publications.job(), await publications.destination("youtube", config, YOUTUBE)
    )
    settings: dict[str, Any] = {"publish_chunk_bytes": 262144, "publish_lease_s": 1.5}
    async with serving(nats_url, empty_database, bucket, **settings):
        await tube.paused.wait()
        await publications.pool.execute(
            "UPDATE publications SET state = 'cancelled', next_attempt_at = NULL WHERE id = $1", publication
        )
        # The hold is renewed three times a lease; the upload is broken off when it can't be.
        await until(_that(lambda: not any(upload.video_id for upload in tube.uploads.values())))
        tube.resume.set()
        await publications.ended(publication, "cancelled")
    assert tube.videos == {}
    assert (await publications.row(publication))["url"] is None


async def test_one_that_was_moved_while_its_message_was_under_way_waits_for_its_time(
    nats_url: str, empty_database: str, bucket: S3Access, publications: Publications, box: Inbox
) -> None:
    there = await publications.destination("http", {"url": f"{box.url}/one"}, HTTP)
    at = datetime.now(UTC) + timedelta(seconds=3)
    publication = await publications.add(await publications.job(publish_at=at), there)
    async with serving(nats_url, empty_database, bucket):
        await publications.ended(publication, "published")
    assert at <= datetime.now(UTC) < at + timedelta(seconds=5)


async def test_a_lost_message_is_sent_again(
    nats_url: str, empty_database: str, bucket: S3Access, publications: Publications, box: Inbox, nc: Client
) -> None:
    async with receiving() as gone:
        pass
    there = await publications.destination("http", {"url": gone.url("/")}, HTTP)
    publication = await publications.add(await publications.job(), there)
    async with serving(nats_url, empty_database, bucket, publish_retry_s=2.0):
        await publications.told(publication, "connection failed")
        await nc.jsm().delete_stream("PUBLISH")
        config = json.dumps({"url": f"{box.url}/one"})
        await publications.pool.execute("UPDATE destinations SET config = $1 WHERE id = $2", config, there)
        await publications.ended(publication, "published")
    assert len(box.arrivals) == 1


async def test_without_the_key_it_waits_and_with_a_wrong_one_it_fails(
    nats_url: str, empty_database: str, bucket: S3Access, publications: Publications, box: Inbox
) -> None:
    there = await publications.destination("http", {"url": f"{box.url}/one"}, HTTP)
    publication = await publications.add(await publications.job(), there)
    async with serving(nats_url, empty_database, bucket, secret_key=None):
        row = await publications.told(publication, "HEADRACE_SECRET_KEY is not set")
    assert (row["state"], row["attempts"]) == ("pending", 0)
    await publications.pool.execute("UPDATE publications SET next_attempt_at = now()")
    async with serving(nats_url, empty_database, bucket, secret_key="w" * 40, publish_attempts=2):
        row = await publications.ended(publication, "failed")
    assert "does not open with HEADRACE_SECRET_KEY" in row["error"]
    assert box.arrivals == []


async def test_a_result_that_is_gone_fails_with_the_reason(
    nats_url: str, empty_database: str, bucket: S3Access, publications: Publications, box: Inbox
) -> None:
    job_id = await publications.job()
    async with s3_client(bucket) as s3:
        await s3.delete_object(Bucket=bucket.bucket, Key=f"results/{job_id}/film.mp4")
    ids = [
        await publications.add(job_id, await publications.destination(platform, config, secret))
        for platform, config, secret in (
            ("http", {"url": f"{box.url}/one"}, HTTP),
            ("s3", {"prefix": "films"}, None),
        )
    ]
    async with serving(nats_url, empty_database, bucket):
        for each in ids:
            row = await publications.ended(each, "failed")
            assert row["error"] == "a file of the result is not in the store any more"


@pytest.mark.parametrize(
    ("open_buckets", "state", "words"),
    [(None, "failed", "HEADRACE_PUBLISH_BUCKETS"), ("x, {}", "published", "")],
)
async def test_other_buckets_of_the_site_are_open_when_named(
    nats_url: str, empty_database: str, bucket: S3Access, publications: Publications,
    open_buckets: str | None, state: str, words: str,
) -> None:  # fmt: skip
    other = f"t-{UUID(int=7).hex}-{bucket.bucket[-8:]}"
    async with s3_client(bucket) as s3:
        await s3.create_bucket(Bucket=other)
    there = await publications.destination("s3", {"bucket": other})
    job_id = await publications.job()
    publication = await publications.add(job_id, there)
    buckets = open_buckets and open_buckets.format(other)
    async with serving(nats_url, empty_database, bucket, publish_buckets=buckets):
        row = await publications.ended(publication, state)
    assert words in (row["error"] or "")
    assert row["url"] == (f"s3://{other}/{job_id}/film.mp4" if state == "published" else None)


def _that(condition: Any) -> Any:
    async def ask() -> bool:
        return bool(condition())

    return ask
