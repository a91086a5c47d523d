"""A production through a real agent, NATS and S3: video and thumbnail arrive, and the portals are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from PIL import Image
from tests.support.agent_process import AgentProcess, agent_process
from tests.support.clips import decoded, film, tone
from tests.support.servers import S3Access, s3_client
from tests.support.small_dispatcher import SmallDispatcher, presigned, small_dispatcher

from headrace_contracts.catalogue.video_production import PORTALS
from headrace_contracts.messages.events import Completed, Failed, FailureCode, Progressed
from headrace_contracts.messages.work import InputRef
from headrace_runtime.jetstream.client import JetStream


@pytest.fixture
async def dispatcher(js: JetStream, bucket: S3Access) -> AsyncIterator[SmallDispatcher]:
    async with small_dispatcher(js, bucket) as dispatcher:
        yield dispatcher


@pytest.fixture
async def agent(dispatcher: SmallDispatcher, nats_url: str, tmp_path: Path) -> AsyncIterator[AgentProcess]:
    env = {
        "HEADRACE_AGENT_HANDLERS": "headrace_agent.handlers.registry",
        "HEADRACE_AGENT_MODELS": "video-production",
    }
    async with agent_process(tmp_path, nats_url=nats_url, slots=1, env=env) as agent:
        yield agent


async def given(bucket: S3Access, path: Path) -> tuple[InputRef, str]:
    """Store an upload; returns it with its presigned URL."""
    key, body = f"uploads/1/{path.name}", await asyncio.to_thread(path.read_bytes)
    async with s3_client(bucket) as client:
        await client.put_object(Bucket=bucket.bucket, Key=key, Body=body)
    url = await presigned(bucket, "get_object", Key=key)
    return InputRef(key=key, mime="video/mp4", name=path.name, size=len(body)), url


async def fetched(bucket: S3Access, key: str, target: Path) -> Path:
    async with s3_client(bucket) as client:
        answer = await client.get_object(Bucket=bucket.bucket, Key=key)
        await asyncio.to_thread(target.write_bytes, await answer["Body"].read())
    return target


async def test_two_files_arrive_and_the_portals_are_told_in_order(
    dispatcher: SmallDispatcher, agent: AgentProcess, bucket: S3Access, tmp_path: Path
) -> None:
    source = await given(bucket, film(tmp_path / "holiday.mp4", seconds=2.0, sound=tone(2.0, 0.05)))
    payload = {"entry": "upload", "resolution": 360, "tags": ["sea"]}
    job = await dispatcher.add("video-production", payload, source=source)
    event = await dispatcher.outcome(job, timeout_s=60)
    assert isinstance(event, Completed), event
    assert event.file is not None
    assert (event.file.name, event.file.mime) == ("video.mp4", "video/mp4")
    [extra] = event.extra_files
    assert (extra.name, extra.mime) == ("thumbnail.jpg", "image/jpeg")
    video = await fetched(bucket, event.file.key, tmp_path / "got.mp4")
    assert video.stat().st_size == event.file.size
    assert len(decoded(video).times) == 50
    with Image.open(await fetched(bucket, extra.key, tmp_path / "got.jpg")) as picture:
        picture.load()
        assert picture.size == (1280, 720)
    assert isinstance(event.result, msgspec.Raw)
    result = msgspec.json.decode(event.result)
    assert (result["title"], result["tags"]) == ("Holiday", ["sea"])
    assert result["video"]["size_bytes"] == event.file.size
    told = [progress.message.partition(":")[0] for progress in dispatcher.of(job, Progressed)]
    assert set(told) <= set(PORTALS)
    assert told == sorted(told)
    assert told[0] == PORTALS[0]


async def test_what_is_no_video_fails_with_a_sentence(
    dispatcher: SmallDispatcher, agent: AgentProcess, bucket: S3Access, tmp_path: Path
) -> None:
    path = tmp_path / "letter.mp4"
    path.write_text("Dear reader, " * 100)
    job = await dispatcher.add("video-production", {"entry": "upload"}, source=await given(bucket, path))
    event = await dispatcher.outcome(job, timeout_s=60)
    assert isinstance(event, Failed)
    assert event.code is FailureCode.HANDLER
    assert event.reason.startswith("the file is not a video/mp4 video, or it is damaged")


async def test_over_rest_the_model_is_not_announced_and_the_log_says_why(tmp_path: Path) -> None:
    env = {
        "HEADRACE_AGENT_HANDLERS": "headrace_agent.handlers.registry",
        "HEADRACE_AGENT_MODELS": "video-production",
        "HEADRACE_AGENT_TRANSPORT": "rest",
    }
    async with agent_process(tmp_path, env=env) as agent:
        assert await agent.ended() != 0
        assert "'video-production', which can't be run here: gives several result files" in agent.log
