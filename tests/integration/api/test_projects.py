"""Projects stream to the disk and on to S3: memory stays where it was, what is refused leaves nothing behind."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
from tests.support.memory import MIB, peak_bytes
from tests.support.record import pool_of
from tests.support.servers import S3Access, s3_client
from tests.support.service_process import ServiceProcess, service

from headrace_store.accounts.accounts import Accounts

_LIMIT = 64 * MIB


@pytest.fixture
def small_api(api_env: dict[str, str], tmp_path: Path) -> Iterator[ServiceProcess]:
    """An API with room for one archive of 64 MiB at a time."""
    env = {
        **api_env,
        "HEADRACE_MAX_PROJECT_BYTES": str(_LIMIT),
        "HEADRACE_PROJECT_SLOTS": "1",
    }
    with service("headrace_api", env, tmp_path / "api.log") as process:
        yield process


async def _user_id(record_url: str) -> str:
    async with pool_of(record_url) as pool:
        return str((await Accounts(pool).create("user", "operate")).user_ref)


def _archive(size: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("data.bin", os.urandom(size))
    return out.getvalue()


async def _pieces(data: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(data), MIB):
        yield data[at : at + MIB]


async def _upload(url: str, user_id: str, data: bytes) -> tuple[int, dict[str, str]]:
    form = aiohttp.FormData()
    form.add_field("user_id", user_id)
    form.add_field("file", _pieces(data), filename="project.zip")
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/auralis/api/upload", data=form) as answer,
    ):
        return answer.status, await answer.json()


async def test_project_is_not_held_in_memory(
    small_api: ServiceProcess, bucket: S3Access, record_url: str
) -> None:
    user_id = await _user_id(record_url)
    assert (await _upload(small_api.api_url, user_id, _archive(1000)))[0] == 200
    before = peak_bytes(small_api.pid)
    data = _archive(48 * MIB)
    status, body = await _upload(small_api.api_url, user_id, data)
    assert status == 200, body
    grown = peak_bytes(small_api.pid) - before
    assert grown < 20 * MIB, f"{grown / MIB:.1f} MiB"
    where = body["input_url"].removeprefix(f"s3://{bucket.bucket}/")
    async with s3_client(bucket) as client:
        stored = await client.get_object(Bucket=bucket.bucket, Key=where)
        assert await stored["Body"].read() == data


async def test_what_is_refused_leaves_nothing_behind(
    small_api: ServiceProcess, bucket: S3Access, record_url: str
) -> None:
    user_id = await _user_id(record_url)
    status, body = await _upload(small_api.api_url, user_id, _archive(2 * MIB)[:-40])
    assert status == 400, body
    status, body = await _upload(small_api.api_url, user_id, _archive(_LIMIT))
    assert status == 413, body
    async with s3_client(bucket) as client:
        assert (await client.list_objects_v2(Bucket=bucket.bucket)).get("Contents", []) == []
    # The one place is free again.
    assert (await _upload(small_api.api_url, user_id, _archive(1000)))[0] == 200


async def test_disk_that_is_away_is_told(api_env: dict[str, str], record_url: str, tmp_path: Path) -> None:
    env = {**api_env, "HEADRACE_PROJECT_DIR": str(tmp_path / "nowhere")}
    user_id = await _user_id(record_url)
    with service("headrace_api", env, tmp_path / "api.log") as api:
        status, body = await _upload(api.api_url, user_id, _archive(1000))
    assert status == 503
    assert body["message"] == "The disk for archives is not available at the moment; try again shortly"
