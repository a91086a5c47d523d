"""A dispatcher for tests of the agent: releases jobs, answers its requests and keeps what it says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import aioboto3
import msgspec
from aiobotocore.config import AioConfig
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from tests.support.servers import S3Access

from headrace_contracts.bus import streams, subjects
from headrace_contracts.ids import new_id
from headrace_contracts.jobs.lane import Lane
from headrace_contracts.jobs.priority import Priority
from headrace_contracts.messages import agents
from headrace_contracts.messages.bells import LanesBell
from headrace_contracts.messages.codec import decode, encode
from headrace_contracts.messages.events import AnyEvent, Completed, EventBatch, Failed, HandedBack
from headrace_contracts.messages.work import InputRef, WorkMessage
from headrace_runtime.jetstream.client import JetStream
from headrace_runtime.jetstream.errors import JetStreamError
from headrace_runtime.jetstream.publish import PubAck
from headrace_runtime.nats import settled

E = TypeVar("E")
OUTCOMES = (Completed, Failed, HandedBack)


async def until(condition: Callable[[], Any], *, timeout_s: float = 20.0) -> Any:
    """Wait until ``condition()`` is true; returns what it returned."""
    async with asyncio.timeout(timeout_s):
        while not (value := condition()):  # noqa: ASYNC110 - looks at other processes
            await asyncio.sleep(0.02)
    return value


async def presigned(s3: S3Access, operation: str, **parameters: str) -> str:
    """A URL that is valid for a minute."""
    session = aioboto3.Session(
        aws_access_key_id=s3.access_key, aws_secret_access_key=s3.secret_key, region_name=s3.region
    )
    config = AioConfig(signature_version="s3v4", s3={"addressing_style": "path"})
    async with session.client("s3", endpoint_url=s3.endpoint_url, config=config) as client:
        url: str = await client.generate_presigned_url(
            operation, Params={"Bucket": s3.bucket, **parameters}, ExpiresIn=60
        )
    return url


class SmallDispatcher:
    """Use ``small_dispatcher``. A test may change ``verdict`` and ``answering``."""

    def __init__(self, js: JetStream, s3: S3Access | None) -> None:
        self.js = js
        self._s3 = s3
        self.events: list[AnyEvent] = []
        self.batches: list[EventBatch] = []
        self.started: list[agents.Attempt] = []
        self.start_requests: list[agents.StartRequest] = []
        self.heartbeats: list[agents.Heartbeat] = []
        self.goodbyes: list[agents.Goodbye] = []
        self.stop_by_heartbeat: list[agents.Attempt] = []
        self.inputs: dict[UUID, str] = {}
        self.verdict = agents.Verdict.GO
        self.answering = True

    async def open(self) -> None:
        for stream in (streams.WORK, streams.EVENTS):
            await self.js.ensure_stream(stream)
        for subject, handler in (
            (subjects.START, self._on_start),
            (subjects.UPLOAD, self._on_upload),
            (subjects.HEARTBEAT, self._on_heartbeat),
            (subjects.GOODBYE, self._on_goodbye),
        ):
            await self.js.nc.subscribe(subject, cb=handler)
        await settled(self.js.nc)

    async def add(
        self,
        model: str,
        payload: object = None,
        *,
        priority: Priority = Priority.NORMAL,
        platform: str = "any",
        timeout_s: float = 60.0,
        source: tuple[InputRef, str] | None = None,
        bell: bool = True,
    ) -> UUID:
        """Release one job and ring its bell; returns its id. ``source`` is the input and its URL."""
        lane = Lane(platform, model, priority)
        await self.js.ensure_consumer(streams.lane_consumer(lane))
        work = WorkMessage(
            id=new_id(),
            epoch=1,
            model=model,
            payload=msgspec.Raw(msgspec.json.encode(payload or {})),
            input=source[0] if source else None,
            created_at=datetime.now(UTC),
            timeout_s=timeout_s,
        )
        if source:
            self.inputs[work.id] = source[1]
        [ack] = await self.js.publish_many([(lane.subject(work.id), encode(work), None, None)])
        assert isinstance(ack, PubAck), ack
        if bell:
            await self.ring({lane.consumer: 1})
        return work.id

    async def ring(self, ready: dict[str, int]) -> None:
        await self.js.nc.publish(subjects.BELL_LANES, encode(LanesBell(ready=ready)))

    async def stop(self, instance: str, attempt: agents.Attempt, reason: str = "cancelled") -> None:
        message = agents.Stop(id=attempt.id, fence=attempt.fence, reason=reason)
        await self.js.nc.publish(subjects.stop(instance), encode(message))

    def of(self, job: UUID, kind: type[E]) -> list[E]:
        return [event for event in self.events if event.id == job and isinstance(event, kind)]

    async def outcome(self, job: UUID, *, timeout_s: float = 20.0) -> Completed | Failed | HandedBack:
        """The first outcome that is told of ``job``."""

        def found() -> Any:
            return next((e for e in self.events if e.id == job and isinstance(e, OUTCOMES)), None)

        outcome: Completed | Failed | HandedBack = await until(found, timeout_s=timeout_s)
        return outcome

    async def running(self, job: UUID) -> agents.Attempt:
        """The attempt of ``job``, once it was started."""
        return await until(lambda: next((a for a in self.started if a.id == job), None))  # type: ignore[no-any-return] # found by the line

    async def waiting(self) -> int:
        """Messages in WORK, delivered or not."""
        info = await self.js.nc.jsm().stream_info("WORK")
        return info.state.messages

    async def empty(self, *, timeout_s: float = 10.0) -> None:
        """Wait until every message of WORK is acked."""
        async with asyncio.timeout(timeout_s):
            while await self.waiting():  # noqa: ASYNC110 - looks at another process
                await asyncio.sleep(0.02)

    async def _on_start(self, message: Msg) -> None:
        request = decode(message.data, agents.StartRequest)
        self.start_requests.append(request)
        if not self.answering:
            return
        started = []
        for attempt in request.jobs:
            if self.verdict is agents.Verdict.GO:
                self.started.append(attempt)
            number = sum(a.id == attempt.id for a in self.started)
            started.append(
                agents.Started(
                    id=attempt.id,
                    fence=attempt.fence,
                    verdict=self.verdict,
                    attempt=number,
                    input_url=self.inputs.get(attempt.id),
                )
            )
        await message.respond(encode(agents.StartReply(jobs=started)))

    async def _on_upload(self, message: Msg) -> None:
        request = decode(message.data, agents.UploadRequest)
        key = f"results/{request.id}/{request.filename}"
        assert self._s3 is not None
        url = await presigned(self._s3, "put_object", Key=key, ContentType=request.mime)
        await message.respond(encode(agents.UploadReply(url=url, key=key)))

    async def _on_heartbeat(self, message: Msg) -> None:
        self.heartbeats.append(decode(message.data, agents.Heartbeat))
        await message.respond(encode(agents.HeartbeatReply(stop=self.stop_by_heartbeat)))

    async def _on_goodbye(self, message: Msg) -> None:
        self.goodbyes.append(decode(message.data, agents.Goodbye))

    async def record(self) -> None:
        """Keep all events, as a recorder would: from the stream, also after the server was away."""
        while True:
            try:
                await self.js.ensure_consumer(streams.RECORDER)
                for delivered in await self.js.fetch(streams.RECORDER, 256, expires_s=2):
                    batch = decode(delivered.data, EventBatch)
                    self.batches.append(batch)
                    self.events += batch.events
                    await self.js.ack_many([delivered.reply])
            except (JetStreamError, NatsError):
                await asyncio.sleep(0.05)


@asynccontextmanager
async def small_dispatcher(js: JetStream, s3: S3Access | None = None) -> AsyncIterator[SmallDispatcher]:
    """One that answers until the block ends."""
    dispatcher = SmallDispatcher(js, s3)
    await dispatcher.open()
    recorder = asyncio.create_task(dispatcher.record())
    try:
        yield dispatcher
    finally:
        recorder.cancel()
        await asyncio.gather(recorder, return_exceptions=True)
