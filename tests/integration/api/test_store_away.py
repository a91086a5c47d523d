"""What goes on, and what does not, while S3 is away."""

from __future__ import annotations

from pathlib import Path

import aiohttp
from tests.support.servers import RealServer, S3Access, create_bucket
from tests.support.service_process import service, service_env

from headrace.embedded.s3 import S3Server


async def test_jobs_without_files_are_taken_and_those_with_files_hear_503(
    own_s3: RealServer[S3Server], nats_url: str, record_url: str, tmp_path: Path
) -> None:
    bucket: S3Access = await create_bucket(own_s3)
    png = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + bytes(32)
    with service("headrace_api", service_env(nats_url, record_url, bucket), tmp_path / "api.log") as api:
        await own_s3.kill()
        assert api.ready()
        url = f"{api.api_url}/radiance/airunner/submit"
        async with aiohttp.ClientSession() as session:
            async with session.post(url, json={"model": "noop"}) as answer:
                assert answer.status == 201
            form = aiohttp.FormData()
            form.add_field("model", "image-classification")
            form.add_field("file", png, filename="a.png", content_type="image/png")
            async with session.post(url, data=form) as answer:
                assert answer.status == 503
                assert (await answer.json())["error"]["code"] == "SERVICE_UNAVAILABLE"
                assert int(answer.headers["Retry-After"]) >= 1
            await own_s3.start()
            form = aiohttp.FormData()
            form.add_field("model", "image-classification")
            form.add_field("file", png, filename="a.png", content_type="image/png")
            async with session.post(url, data=form) as answer:
                assert answer.status == 201, await answer.text()
