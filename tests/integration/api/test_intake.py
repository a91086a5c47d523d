"""Archives in hand: places on disk, and who gets them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.support.servers import S3Access
from tests.unit.api.archives import samples

from headrace_api.core.archives.intake import ArchiveIntake, IntakeSettings
from headrace_api.core.archives.limits import ArchiveLimits
from headrace_api.core.errors import BadRequestError, OverloadedError, TooLargeError
from headrace_api.core.uploads import Uploads, UploadSettings
from headrace_contracts.catalogue.project import ZIP
from headrace_store.blobs.s3 import S3Blobs, open_blobs
from headrace_store.blobs.settings import S3Settings


@pytest.fixture
async def blobs(bucket: S3Access) -> AsyncIterator[S3Blobs]:
    settings = S3Settings(
        endpoint_url=bucket.endpoint_url,
        access_key=bucket.access_key,
        secret_key=bucket.secret_key,
        bucket=bucket.bucket,
        region=bucket.region,
    )
    async with open_blobs(settings) as found:
        yield found


@pytest.fixture
def intake(blobs: S3Blobs) -> ArchiveIntake:
    """Two places, one of them for strangers, and no patience."""
    settings = IntakeSettings(
        max_bytes=100_000, limits=ArchiveLimits(), slots=1, stranger_slots=1, slot_wait_s=0.05
    )
    return ArchiveIntake(settings, Uploads(blobs, UploadSettings(max_file_bytes=1000)))


async def _chunks(data: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(data), 7):
        yield data[at : at + 7]


async def test_archive_is_stored_as_it_came(intake: ArchiveIntake, blobs: S3Blobs) -> None:
    """Also one that is larger than other files may be."""
    data = samples.zipped({"data": bytes(range(256)) * 200}, method=0)
    async with intake.arrival() as arrival:
        received = [arrival.received]
        await arrival.receive(_chunks(data), filename="../my project.zip", known=True)
        assert [*received, arrival.received] == [False, True]
        assert await arrival.check() == ZIP
        source, _ = await arrival.store("uploads/x", ZIP)
    assert (source.name, source.mime, source.size) == ("my project.zip", ZIP, len(data))
    assert await blobs.get("uploads/x", limit=1_000_000) == data


async def test_strangers_keep_only_each_other_out(intake: ArchiveIntake) -> None:
    data = samples.zipped()
    async with intake.arrival() as first, intake.arrival() as second, intake.arrival() as third:
        await first.receive(_chunks(data), filename=None, known=False)
        with pytest.raises(OverloadedError):
            await second.receive(_chunks(data), filename=None, known=False)
        await third.receive(_chunks(data), filename=None, known=True)
    async with intake.arrival() as again:
        await again.receive(_chunks(data), filename=None, known=False)


async def test_place_is_free_again_after_every_end(intake: ArchiveIntake) -> None:
    for _ in range(3):
        with pytest.raises(TooLargeError):
            async with intake.arrival() as arrival:
                await arrival.receive(_chunks(bytes(100_001)), filename=None, known=True)
        async with intake.arrival() as arrival:
            await arrival.receive(_chunks(b"text"), filename=None, known=True)
            with pytest.raises(BadRequestError, match="no ZIP or tar"):
                await arrival.check()

    async def hangs() -> AsyncIterator[bytes]:
        yield b"a"
        await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1), intake.arrival() as arrival:
            await arrival.receive(hangs(), filename=None, known=True)
    async with intake.arrival() as arrival:
        await arrival.receive(_chunks(samples.zipped()), filename=None, known=True)


async def test_one_file_only(intake: ArchiveIntake) -> None:
    async with intake.arrival() as arrival:
        await arrival.receive(_chunks(samples.zipped()), filename=None, known=True)
        with pytest.raises(BadRequestError, match="one file only"):
            await arrival.receive(_chunks(samples.zipped()), filename=None, known=True)
