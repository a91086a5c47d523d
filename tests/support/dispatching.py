"""Dispatchers in the test's own process, and the agent's side of the bus played by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from tests.support.servers import S3Access
from tests.support.waiting import until

from headrace_contracts.bus import subjects
from headrace_contracts.bus.streams import lane_consumer
from headrace_contracts.jobs.fence import fence
from headrace_contracts.jobs.lane import ANY_PLATFORM, Lane
from headrace_contracts.jobs.priority import Priority
from headrace_contracts.messages.agents import Attempt, Heartbeat, HeartbeatReply, StartReply, StartRequest
from headrace_contracts.messages.codec import decode, encode
from headrace_contracts.messages.events import AnyEvent, Completed, EventBatch
from headrace_contracts.messages.work import WorkMessage
from headrace_dispatcher.bootstrap import dispatcher
from headrace_dispatcher.settings import DispatcherSettings
from headrace_runtime.jetstream.client import JetStream
from headrace_runtime.jetstream.delivered import Delivered
from headrace_runtime.jetstream.errors import ConsumerGone
from headrace_runtime.jetstream.publish import PubAck
from headrace_runtime.telemetry import Telemetry

M = TypeVar("M", bound=msgspec.Struct)

TEXT = Lane(ANY_PLATFORM, "text-generation", Priority.NORMAL)


def dispatcher_settings(
    nats_url: str, record_url: str, bucket: S3Access, **changes: Any
) -> DispatcherSettings:
    """Settings of a dispatcher on the test's servers, with short rounds."""
    fields: dict[str, Any] = {
        "nats_url": nats_url,
        "postgres_url": record_url,
        "s3_endpoint_url": bucket.endpoint_url,
        "s3_access_key": bucket.access_key,
        "s3_secret_key": bucket.secret_key,
        "s3_bucket": bucket.bucket,
        "reconcile_s": 0.3,
    }
    return DispatcherSettings(**{**fields, **changes})


@asynccontextmanager
async def running_dispatcher(settings: DispatcherSettings) -> AsyncIterator[None]:
    """A dispatcher around a block."""
    async with dispatcher(settings, Telemetry()):
        yield


class FakeAgent:
    """A JetStream agent that does on the bus exactly what a test tells it to."""

    def __init__(self, js: JetStream, name: str = "agent-1") -> None:
        self.js = js
        self.name = name
        self.instance = f"{name}-run"

    async def ask(self, subject: str, message: msgspec.Struct, kind: type[M]) -> M:
        answer = await self.js.nc.request(subject, encode(message), timeout=5)
        return decode(answer.data, kind)

    async def fetch(self, lane: Lane = TEXT, *, timeout_s: float = 15) -> tuple[Delivered, WorkMessage]:
        """The lane's next message."""

        async def one() -> Delivered | None:
            try:
                got = await self.js.fetch(lane_consumer(lane), 1, expires_s=0.2)
            except ConsumerGone:
                return None
            return got[0] if got else None

        message = await until(one, timeout_s=timeout_s, what=f"a message in {lane}")
        return message, decode(message.data, WorkMessage)

    @staticmethod
    def attempt(message: Delivered, work: WorkMessage) -> Attempt:
        return Attempt(id=work.id, fence=fence(work.epoch, message.num_delivered))

    async def start(self, *attempts: Attempt) -> StartReply:
        request = StartRequest(agent=self.name, instance=self.instance, jobs=list(attempts))
        return await self.ask(subjects.START, request, StartReply)

    async def heartbeat(self, *running: Attempt, slots: int = 4) -> HeartbeatReply:
        beat = Heartbeat(
            agent=self.name,
            instance=self.instance,
            platform="linux-amd64",
            pools=["text-generation"],
            models=["text-generation"],
            slots=slots,
            running=list(running),
            started_at=datetime.now(UTC),
        )
        return await self.ask(subjects.HEARTBEAT, beat, HeartbeatReply)

    async def tell(self, *events: AnyEvent) -> None:
        """Publish events and wait until EVENTS has them."""
        batch = EventBatch(agent=self.name, instance=self.instance, events=list(events))
        results = await self.js.publish_many([(subjects.events(self.instance), encode(batch), None, None)])
        assert isinstance(results[0], PubAck), results

    async def run_one(self, lane: Lane = TEXT, result: bytes = b'{"ok": true}') -> UUID:
        """Fetch, start, complete and ack one job; returns its id."""
        message, work = await self.fetch(lane)
        attempt = self.attempt(message, work)
        reply = await self.start(attempt)
        assert reply.jobs[0].verdict == "go", reply
        await self.tell(completed(attempt, result))
        await self.js.ack_many([message.reply])
        return work.id


def completed(attempt: Attempt, result: bytes = b'{"ok": true}') -> Completed:
    """The outcome of an attempt that went well just now."""
    now = datetime.now(UTC)
    return Completed(
        id=attempt.id, fence=attempt.fence, started_at=now, finished_at=now, result=msgspec.Raw(result)
    )
