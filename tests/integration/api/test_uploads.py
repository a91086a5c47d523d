"""Uploads stream: memory stays where it was, what is refused leaves nothing behind."""

from __future__ import annotations

import io
import json
import os
from base64 import b64encode
from collections.abc import AsyncIterator

import aiohttp
from tests.support.memory import MIB, peak_bytes
from tests.support.raw_http import RawConnection, form_head, form_tail
from tests.support.servers import S3Access, s3_client
from tests.support.service_process import ServiceProcess

LIMIT = 50 * MIB
AVI = b"RIFF\x00\x00\x00\x03AVI LIST"


async def keys(bucket: S3Access) -> list[str]:
    """All objects in the bucket."""
    async with s3_client(bucket) as client:
        return [
            item["Key"] for item in (await client.list_objects_v2(Bucket=bucket.bucket)).get("Contents", [])
        ]


async def video(size: int) -> AsyncIterator[bytes]:
    """A video of ``size`` bytes, by its head."""
    block = os.urandom(MIB)
    yield AVI
    left = size - len(AVI)
    while left > 0:
        yield block[:left]
        left -= MIB


async def submit_video(url: str, size: int) -> tuple[int, dict[str, object]]:
    form = aiohttp.FormData()
    form.add_field("model", "video-analysis")
    form.add_field("file", video(size), filename="clip.avi", content_type="video/x-msvideo")
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/radiance/airunner/submit", data=form) as answer,
    ):
        return answer.status, await answer.json()


async def test_50_mb_upload_raises_memory_by_less_than_16_mb(api: ServiceProcess, bucket: S3Access) -> None:
    assert (await submit_video(api.api_url, 1000))[0] == 201  # what is loaded once is loaded now
    before = peak_bytes(api.pid)
    status, body = await submit_video(api.api_url, LIMIT)
    assert status == 201, body
    grown = peak_bytes(api.pid) - before
    assert grown < 16 * MIB, f"{grown / MIB:.1f} MiB"
    async with s3_client(bucket) as client:
        result = body["result"]
        assert isinstance(result, dict)
        head = await client.head_object(Bucket=bucket.bucket, Key=result["upload_key"])
    assert head["ContentLength"] == LIMIT


async def test_one_byte_over_the_limit_is_refused_and_not_stored(
    api: ServiceProcess, bucket: S3Access
) -> None:
    status, body = await submit_video(api.api_url, LIMIT + 1)
    assert status == 413
    assert body["error"] == {"code": "FILE_TOO_LARGE", "message": "Max 52428800 bytes"}
    assert await keys(bucket) == []


async def test_announced_excess_is_refused_before_it_is_read(api: ServiceProcess) -> None:
    head = form_head("video-analysis", "clip.avi", "video/x-msvideo")
    async with RawConnection.open(api.api_port) as connection:
        await connection.send_head("POST", "/radiance/airunner/submit", content_length=LIMIT * 20)
        await connection.send(head + AVI)
        answer = await connection.answer()
        assert answer.status == 413
        assert answer.headers["connection"] == "close"
        assert json.loads(answer.body)["error"]["code"] == "FILE_TOO_LARGE"
        assert await connection.closed_by_peer()


async def test_body_that_stops_half_way_leaves_nothing(api: ServiceProcess, bucket: S3Access) -> None:
    head = form_head("video-analysis", "clip.avi", "video/x-msvideo") + AVI + os.urandom(12 * MIB)
    async with RawConnection.open(api.api_port) as connection:
        await connection.send_head("POST", "/radiance/airunner/submit", content_length=len(head) + MIB)
        await connection.send(head)
    # A request that comes later is answered: by then the broken one is cleaned up or still goes.
    status, body = await submit_video(api.api_url, 1000)
    assert status == 201
    result = body["result"]
    assert isinstance(result, dict)
    assert await keys(bucket) == [result["upload_key"]]


async def test_file_after_refused_fields_is_not_kept(api: ServiceProcess, bucket: S3Access) -> None:
    form = aiohttp.FormData()
    form.add_field("file", video(7 * MIB), filename="clip.avi", content_type="video/x-msvideo")
    form.add_field("model", "no-such-model")
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{api.api_url}/radiance/airunner/submit", data=form) as answer,
    ):
        assert answer.status == 400
        assert (await answer.json())["error"]["code"] == "INVALID_MODEL"
    assert await keys(bucket) == []


async def test_batch_with_large_files_keeps_memory_bounded(api: ServiceProcess) -> None:
    assert (await submit_video(api.api_url, 1000))[0] == 201
    file = "data:video/x-msvideo;base64," + b64encode(AVI + os.urandom(30 * MIB)).decode()
    job = {"model": "video-analysis", "file_base64": file, "filename": "a.avi"}
    body = json.dumps({"jobs": [job, job, {"model": "nothing"}]}).encode()
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{api.api_url}/radiance/airunner/submit/batch",
            data=io.BytesIO(body),
            headers={"Content-Type": "application/json"},
        ) as answer,
    ):
        assert answer.status == 200, await answer.text()
        result = (await answer.json())["result"]
    assert (result["submitted"], result["failed"]) == (2, 1)


async def test_file_names_are_made_harmless(api: ServiceProcess) -> None:
    for name, kept in {
        "../../etc/passwd": "passwd",
        "C:\\\\temp\\\\cat.png": "cat.png",
        "a\tb.png": "a_b.png",
        "кот🐈.png": "кот🐈.png",
        "..": "file",
        "": "file",
    }.items():
        status, key = await _upload_named(api, name.encode())
        assert status == 201, name
        assert key.rsplit("/", 1)[1] == kept
        assert key.count("/") == 2


async def test_file_name_with_control_characters_is_malformed(api: ServiceProcess, bucket: S3Access) -> None:
    for name in (b"a\x07.png", b"a\x00.png", b"a\x7f.png"):
        assert (await _upload_named(api, name))[0] == 400
    assert await keys(bucket) == []


async def test_file_name_of_4_kb_of_unicode_is_cut(api: ServiceProcess) -> None:
    status, key = await _upload_named(api, "猫".encode() * 4096 + b".png")
    assert status == 201
    name = key.rsplit("/", 1)[1]
    assert len(name.encode()) <= 200
    assert name.endswith(".png")


async def _upload_named(api: ServiceProcess, name: bytes) -> tuple[int, str]:
    png = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + bytes(32)
    body = form_head("image-classification", name, "image/png") + png + form_tail()
    async with RawConnection.open(api.api_port) as connection:
        await connection.send_head("POST", "/radiance/airunner/submit", content_length=len(body))
        await connection.send(body)
        answer = await connection.answer()
    return answer.status, json.loads(answer.body).get("result", {}).get("upload_key", "")
