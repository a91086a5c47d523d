"""Inputs and outputs through presigned URLs of a real S3."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from tests.support.agent_process import AgentProcess, agent_process
from tests.support.servers import S3Access, s3_client
from tests.support.small_dispatcher import SmallDispatcher, presigned, small_dispatcher

from headrace_contracts.limits import INLINE_RESULT_BYTES
from headrace_contracts.messages.events import Completed, Failed, FailureCode
from headrace_contracts.messages.work import InputRef
from headrace_runtime.jetstream.client import JetStream


@pytest.fixture
async def dispatcher(js: JetStream, bucket: S3Access) -> AsyncIterator[SmallDispatcher]:
    async with small_dispatcher(js, bucket) as dispatcher:
        yield dispatcher


@pytest.fixture
async def agent(dispatcher: SmallDispatcher, nats_url: str, tmp_path: Path) -> AsyncIterator[AgentProcess]:
    async with agent_process(tmp_path, nats_url=nats_url) as agent:
        yield agent


async def stored(bucket: S3Access, key: str) -> bytes:
    async with s3_client(bucket) as client:
        answer = await client.get_object(Bucket=bucket.bucket, Key=key)
        body: bytes = await answer["Body"].read()
    return body


async def given(bucket: S3Access, body: bytes, name: str = "in.txt") -> tuple[InputRef, str]:
    """Store an input; returns it with its presigned URL."""
    key = f"uploads/1/{name}"
    async with s3_client(bucket) as client:
        await client.put_object(Bucket=bucket.bucket, Key=key, Body=body)
    url = await presigned(bucket, "get_object", Key=key)
    return InputRef(key=key, mime="text/plain", name=name, size=len(body)), url


async def test_the_input_reaches_the_handler_and_its_file_the_store(
    dispatcher: SmallDispatcher, agent: AgentProcess, bucket: S3Access
) -> None:
    body = b"whisper " * 700_000
    event = await dispatcher.outcome(
        await dispatcher.add("shout", source=await given(bucket, body, "in ä+1.txt"))
    )
    assert isinstance(event, Completed), event
    assert isinstance(event.result, msgspec.Raw)
    assert msgspec.json.decode(event.result) == {
        "mime": "text/plain",
        "name": "in ä+1.txt",
        "bytes": len(body),
    }
    assert event.file is not None
    assert (event.file.name, event.file.mime, event.file.size) == ("loud.txt", "text/plain", len(body))
    loud = await stored(bucket, event.file.key)
    assert hashlib.sha256(loud).digest() == hashlib.sha256(body.upper()).digest()


@pytest.mark.parametrize(("extra", "inline"), [(0, True), (1, False)])
async def test_a_result_over_the_limit_goes_to_the_store(
    dispatcher: SmallDispatcher, agent: AgentProcess, bucket: S3Access, extra: int, inline: bool
) -> None:
    length = INLINE_RESULT_BYTES - len('{"big":""}') + extra
    event = await dispatcher.outcome(await dispatcher.add("large", {"number": length}))
    assert isinstance(event, Completed), event
    if inline:
        assert event.result_ref is None
        assert isinstance(event.result, msgspec.Raw)
        data = bytes(event.result)
    else:
        assert event.result is msgspec.UNSET
        assert event.result_ref is not None
        assert event.result_ref.endswith("/.data.json")
        data = await stored(bucket, event.result_ref)
    assert msgspec.json.decode(data) == {"big": "x" * length}


async def test_an_input_that_is_not_there_is_a_failed_transfer(
    dispatcher: SmallDispatcher, agent: AgentProcess, bucket: S3Access
) -> None:
    ref, url = await given(bucket, b"x")
    event = await dispatcher.outcome(
        await dispatcher.add("shout", source=(ref, url.replace("in.txt", "no.txt")))
    )
    assert isinstance(event, Failed)
    assert event.code is FailureCode.TRANSFER
    assert "the input could not be fetched: HTTP 40" in event.reason
    await dispatcher.empty()


async def test_several_files_reach_the_store_and_stand_in_the_event(
    dispatcher: SmallDispatcher, agent: AgentProcess, bucket: S3Access
) -> None:
    event = await dispatcher.outcome(await dispatcher.add("several", {"number": 15, "text": "part ä"}))
    assert isinstance(event, Completed), event
    assert event.file is not None
    assert (event.file.name, event.file.size) == ("main.bin", 100_000)
    names = [f"part ä-{number}.txt" for number in range(15)]
    assert [(file.name, file.mime) for file in event.extra_files] == [(n, "text/plain") for n in names]
    for number, file in enumerate(event.extra_files):
        assert await stored(bucket, file.key) == f"file {number}".encode()
    assert len({file.key for file in (event.file, *event.extra_files)}) == 16


async def test_one_file_too_many_fails_the_job_and_says_why(
    dispatcher: SmallDispatcher, agent: AgentProcess
) -> None:
    event = await dispatcher.outcome(await dispatcher.add("several", {"number": 16}))
    assert isinstance(event, Failed)
    assert "at most 16 result files beside the main one" in event.reason
