"""Publishers that are killed or stopped in the middle of an upload, and names that lead inside."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from tests.integration.publisher.conftest import serving
from tests.support.names import Names
from tests.support.platforms.cases import CANARY, WHSEC
from tests.support.platforms.youtube import UNIT, YouTube, youtube
from tests.support.publications import SITE_KEY, Publications
from tests.support.receiver import receiving
from tests.support.servers import S3Access
from tests.support.service_process import service, service_env

CREDENTIALS = {
    "client_id": f"{CANARY}-id",
    "client_secret": f"{CANARY}-secret",
    "refresh_token": f"{CANARY}-token",
}
LARGE = bytes(range(256)) * 12_000 + b"the end"  # 2.9 MiB and a little


@pytest.fixture
async def tube() -> AsyncIterator[YouTube]:
    async with youtube(credentials=CREDENTIALS) as server:
        yield server


async def upload(publications: Publications, tube: YouTube) -> UUID:
    config = {"base_url": tube.url, "token_url": f"{tube.url}/token"}
    job_id = await publications.job(video=LARGE)
    return await publications.add(job_id, await publications.destination("youtube", config, CREDENTIALS))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_an_upload_goes_on_where_it_was_in_another_process(
    nats_url: str, empty_database: str, bucket: S3Access, publications: Publications, tube: YouTube,
    tmp_path: Path, number: signal.Signals,
) -> None:  # fmt: skip
    chunk = 4 * UNIT
    tube.pause_at = chunk + 3 * UNIT
    env = service_env(nats_url, empty_database, bucket) | {
        "HEADRACE_SECRET_KEY": SITE_KEY, "HEADRACE_PUBLISH_CHUNK_BYTES": str(chunk), "HEADRACE_LOG_LEVEL": "DEBUG",
        "HEADRACE_EXPORT_DRAIN_S": "0.5",
    }  # fmt: skip
    publication = await upload(publications, tube)
    log = tmp_path / "publisher.log"
    with service("headrace_publisher", env, log) as first:
        await asyncio.wait_for(tube.paused.wait(), 30)
        first.signal(number)
        await asyncio.to_thread(first.wait)
        row = await publications.row(publication)
        assert row["state"] == "pending"
        sealed = row["session"]
        session = await publications.session(publication)
    # One chunk was confirmed and saved; the second one was cut off in the middle.
    assert b"upload_id" not in sealed
    assert b"upload_id" in session
    tube.resume.set()
    with service("headrace_publisher", env, log):
        # After a kill the message comes again when its ack wait is over.
        row = await publications.ended(publication, "published", timeout_s=60)

    (video,) = tube.videos.values()
    assert bytes(video.data) == LARGE
    assert tube.begun == 1
    # What a chunk lost in the middle of a 256 KiB unit came again, and nothing else.
    assert len(LARGE) <= tube.received <= len(LARGE) + UNIT
    text = log.read_text()
    assert "published" in text
    for secret in (CANARY, SITE_KEY, "upload_id", "ya29."):
        assert secret not in text


@pytest.mark.parametrize(
    ("platform", "config", "secret"),
    [
        ("http", {"url": "https://inside.example:{port}/x"}, {"signing_secret": WHSEC}),
        ("mastodon", {"base_url": "https://inside.example:{port}"}, {"access_token": CANARY}),
        (
            "youtube",
            {"base_url": "https://inside.example:{port}", "token_url": "https://inside.example:{port}/t"},
            CREDENTIALS,
        ),
        (
            "s3",
            {"endpoint_url": "https://inside.example:{port}", "bucket": "some-bucket"},
            {"access_key": "key", "secret_key": CANARY},
        ),
    ],
)
async def test_a_name_that_leads_inside_is_refused_at_the_connection(
    nats_url: str, empty_database: str, bucket: S3Access, publications: Publications,
    platform: str, config: dict[str, str], secret: dict[str, str],
) -> None:  # fmt: skip
    async with receiving() as inside:
        there = {name: text.replace("{port}", str(inside.port)) for name, text in config.items()}
        publication = await publications.add(
            await publications.job(), await publications.destination(platform, there, secret)
        )
        names = Names("127.0.0.1")
        async with serving(nats_url, empty_database, bucket, allow_loopback_webhooks=False, resolver=names):
            row = await publications.ended(publication, "failed")
        assert "an address that can't be reached from here" in row["error"]
        assert names.asked > 0
        assert inside.connections == 0
