"""The blob store on a real S3 server."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import aiohttp
import pytest
from tests.support.servers import S3Access
from yarl import URL

from headrace_store.blobs.errors import BlobNotFoundError, BlobRangeError, BlobUnavailableError
from headrace_store.blobs.s3 import BlobHead, S3Blobs, open_blobs
from headrace_store.blobs.settings import MIN_PART_BYTES, S3Settings


def settings(access: S3Access, **changes: str) -> S3Settings:
    fields = {
        "endpoint_url": access.endpoint_url,
        "access_key": access.access_key,
        "secret_key": access.secret_key,
        "bucket": access.bucket,
        "region": access.region,
    }
    return S3Settings(**{**fields, **changes})  # type: ignore[arg-type] # all of these fields are text


@pytest.fixture
async def blobs(bucket: S3Access) -> AsyncIterator[S3Blobs]:
    async with open_blobs(settings(bucket)) as store:
        yield store


async def test_small_object(blobs: S3Blobs) -> None:
    await blobs.put("a/кот.txt", b"hello", "text/plain")
    assert await blobs.get("a/кот.txt", limit=5) == b"hello"
    assert await blobs.head("a/кот.txt") == BlobHead(size=5, mime="text/plain")
    with pytest.raises(ValueError, match="more than 4"):
        await blobs.get("a/кот.txt", limit=4)


@pytest.mark.parametrize("size", [0, 1, MIN_PART_BYTES, MIN_PART_BYTES + 1, 2 * MIN_PART_BYTES, 12_345_678])
async def test_stream_of_any_size_comes_back(blobs: S3Blobs, size: int) -> None:
    data = os.urandom(size)
    async with blobs.writer("big", "video/mp4") as writer:
        for at in range(0, size, 100_000):
            await writer.write(data[at : at + 100_000])
        assert await writer.finish() == size
    async with blobs.open("big") as stream:
        assert stream.size == size
        assert b"".join([chunk async for chunk in stream.chunks]) == data


async def test_range(blobs: S3Blobs) -> None:
    await blobs.put("digits", b"0123456789", "text/plain")
    async with blobs.open("digits", start=2, end=4) as stream:
        assert (stream.size, [chunk async for chunk in stream.chunks]) == (3, [b"234"])
    async with blobs.open("digits", start=7) as stream:
        assert [chunk async for chunk in stream.chunks] == [b"789"]
    with pytest.raises(BlobRangeError):
        async with blobs.open("digits", start=10):
            pass


@pytest.mark.parametrize("size", [100, MIN_PART_BYTES + 100])
async def test_what_is_not_finished_never_appears(blobs: S3Blobs, size: int) -> None:
    async with blobs.writer("half", "text/plain") as writer:
        await writer.write(bytes(size))
    assert await blobs.head("half") is None


async def test_missing_object(blobs: S3Blobs) -> None:
    assert await blobs.head("nothing") is None
    with pytest.raises(BlobNotFoundError):
        await blobs.get("nothing", limit=1)
    await blobs.delete("nothing")


async def test_deleted_object_is_gone(blobs: S3Blobs) -> None:
    await blobs.put("x", b"x", "text/plain")
    await blobs.delete("x")
    assert await blobs.head("x") is None


async def test_presigned_urls_work_without_credentials(blobs: S3Blobs) -> None:
    put = await blobs.presign_put("in", mime="image/png")
    async with aiohttp.ClientSession() as session:
        headers = {"Content-Type": "image/png"}
        async with session.put(URL(put, encoded=True), data=b"bytes", headers=headers) as answer:
            assert answer.status == 200
        get = await blobs.presign_get("in", filename="a b.png")
        async with session.get(URL(get, encoded=True)) as answer:
            assert await answer.read() == b"bytes"
            assert "a%20b.png" in answer.headers["Content-Disposition"]
        async with session.get(URL(get.replace("/in?", "/other?"), encoded=True)) as answer:
            assert answer.status == 403


async def test_presigned_urls_name_the_public_address(bucket: S3Access) -> None:
    async with open_blobs(settings(bucket, public_endpoint_url="https://files.example.com")) as blobs:
        assert (await blobs.presign_get("in")).startswith(f"https://files.example.com/{bucket.bucket}/in?")
        await blobs.put("in", b"1", "text/plain")


async def test_bucket_is_made_once(bucket: S3Access) -> None:
    async with open_blobs(settings(bucket, bucket=f"{bucket.bucket}-new")) as blobs:
        await blobs.ensure_bucket()
        await blobs.ensure_bucket()
        await blobs.check()
        await blobs.put("x", b"1", "text/plain")


async def test_store_that_is_away(bucket: S3Access) -> None:
    async with open_blobs(settings(bucket, endpoint_url="http://127.0.0.1:9")) as blobs:
        with pytest.raises(BlobUnavailableError):
            await blobs.put("x", b"1", "text/plain")


def test_parts_that_s3_would_refuse() -> None:
    with pytest.raises(ValueError, match="part_bytes"):
        S3Settings(endpoint_url="x", access_key="x", secret_key="x", bucket="x", part_bytes=1024)
