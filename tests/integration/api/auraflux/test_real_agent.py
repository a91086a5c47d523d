"""From an upload and from a prompt to a video that plays, with a real agent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.integration.api.auraflux.client import Client
from tests.support.agent_process import AgentProcess, agent_process
from tests.support.clips import decoded, film, tone
from tests.support.site import Site

_OPTIONS = {"resolution": 360, "maxDurationSeconds": 2, "titleCard": True, "titleCardSeconds": 1}


@pytest.fixture
async def agent(site: Site, tmp_path: Path) -> AsyncIterator[AgentProcess]:
    """An agent that makes videos for real."""
    env = {
        "HEADRACE_AGENT_HANDLERS": "headrace_agent.handlers.registry",
        "HEADRACE_AGENT_MODELS": "video-production",
    }
    async with agent_process(tmp_path, nats_url=site.nats_url, slots=1, env=env) as process:
        yield process


async def done(client: Client, job_id: str) -> dict[str, Any]:
    """The result of the job, asked for as the text says: 202 until complete."""
    async with asyncio.timeout(90):
        while True:
            status, body = await client.ask("GET", f"/jobs/{job_id}/result", status=None)
            if status != 202:
                assert status == 200, body
                found: dict[str, Any] = body
                return found
            await asyncio.sleep(2)


async def check(client: Client, result: dict[str, Any], folder: Path) -> float:
    """Play the video and look at the picture; returns how long the video is, in seconds."""
    video, picture = folder / "got.mp4", folder / "got.jpg"
    await asyncio.to_thread(video.write_bytes, await client.download(result["videoUrl"]))
    await asyncio.to_thread(picture.write_bytes, await client.download(result["thumbnailUrl"]))
    with Image.open(picture) as image:
        image.load()
        assert image.size == (1280, 720)
    times = decoded(video).times
    return times[-1] - times[0]


async def test_an_upload_comes_out_as_a_video(client: Client, agent: AgentProcess, tmp_path: Path) -> None:
    source = film(tmp_path / "holiday.mp4", seconds=3.0, sound=tone(3.0, 0.05))
    sent = await client.upload(await asyncio.to_thread(source.read_bytes))
    about = "A holiday at the sea. Boats sail along the coast of the sea."
    job_id = await client.submit(entry="upload", fileId=sent["fileId"], prompt=about, options=_OPTIONS)
    result = await done(client, job_id)
    # At most two seconds in all, the card of one second among them.
    assert 1.5 < await check(client, result, tmp_path) < 2.5
    assert result["title"]
    assert result["description"]
    assert "sea" in result["tags"]
    job = await client.job(job_id)
    assert [portal["status"] for portal in job["portals"]] == [*["complete"] * 4, "skipped"]


async def test_what_is_no_film_inside_fails_with_a_sentence(client: Client, agent: AgentProcess) -> None:
    sent = await client.upload()
    job_id = await client.submit(entry="upload", fileId=sent["fileId"], prompt=None)
    job = await client.reached(job_id, "failed")
    assert job["error"]["message"]
    assert (job["creditsRefunded"], await client.credits()) == (2, 60)
