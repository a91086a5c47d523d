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
from headrace_contracts.ids import hash_token
from headrace_contracts.jobs.fence import fence
from headrace_contracts.jobs.lane import ANY_PLATFORM, Lane
from headrace_contracts.jobs.priority import Priority
from headrace_contracts.messages.agents import Attempt, Heartbeat, HeartbeatReply, StartReply, StartRequest
from headrace_contracts.messages.codec import decode, encode
from headrace_contracts.messages.events import AnyEvent, Completed, EventBatch
from headrace_contracts.messages.requests import (
    AnswerReply,
    ApproveRequest,
    CancelRequest,
    ClaimedJob,
    ClaimReply,
    ClaimRequest,
    DrainRequest,
    MoveRequest,
    PoolRequest,
    ReportKind,
    ReportRequest,
    ScheduleRequest,
    WorkerRequest,
)
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


class RestAgent:
    """The API's side of the bus, for one REST agent."""

    def __init__(self, js: JetStream, name: str = "rest-1", *, worker: UUID | None = None) -> None:
        self._bus = FakeAgent(js)
        self.name = name
        self._worker = worker
        self._claims = 0

    async def ask_claim(self, **wishes: Any) -> tuple[ClaimReply, str]:
        """One claim; ``wishes`` are fields of ClaimRequest. Returns the reply and the hash of the claim's token."""
        self._claims += 1
        token = hash_token(f"token {id(self)} {self._claims}").hex()
        request = ClaimRequest(
            **{"agent": self.name, "lease_s": 60, "token_hash": token, "worker": self._worker, **wishes}
        )
        return await self._bus.ask(subjects.CLAIM, request, ClaimReply), token

    async def claim(self, **wishes: Any) -> tuple[ClaimedJob | None, str]:
        """One claim; returns the job, if any, and the hash of its token."""
        reply, token = await self.ask_claim(**wishes)
        assert reply.error is None, reply
        return reply.job, token

    async def report(self, job_id: UUID, token: str, kind: ReportKind, **fields: Any) -> AnswerReply:
        """Say something of a claim; ``fields`` are fields of ReportRequest."""
        said = {"result": msgspec.Raw(b'{"a": 1}'), "reason": "why", **fields}
        request = ReportRequest(id=job_id, token_hash=token, kind=kind, **said)
        return await self._bus.ask(subjects.REPORT, request, AnswerReply)

    async def cancel(self, job_id: UUID) -> AnswerReply:
        return await self._bus.ask(subjects.CANCEL, CancelRequest(id=job_id), AnswerReply)

    async def approve(self, job_id: UUID) -> AnswerReply:
        return await self._bus.ask(subjects.APPROVE, ApproveRequest(id=job_id), AnswerReply)

    async def schedule(self, job_id: UUID, **times: Any) -> AnswerReply:
        """``run_at`` and ``publish_at``."""
        return await self._bus.ask(subjects.SCHEDULE, ScheduleRequest(id=job_id, **times), AnswerReply)

    async def move(self, job_id: UUID, priority: Priority) -> AnswerReply:
        return await self._bus.ask(subjects.MOVE, MoveRequest(id=job_id, priority=priority), AnswerReply)

    async def pause(self, pool: str, reason: str = "", *, paused: bool = True) -> AnswerReply:
        """Pause a pool, or resume it."""
        return await self._bus.ask(
            subjects.POOL, PoolRequest(pool=pool, paused=paused, reason=reason), AnswerReply
        )

    async def drain(self, agent: str, reason: str = "", *, drained: bool = True) -> AnswerReply:
        """Drain the agents of a name, or let them take jobs again."""
        return await self._bus.ask(
            subjects.DRAIN, DrainRequest(agent=agent, drained=drained, reason=reason), AnswerReply
        )

    async def alive(self, *, gone: bool = False, reason: str = "") -> AnswerReply:
        """A sign of life of its worker, or its end."""
        assert self._worker is not None
        request = WorkerRequest(worker=self._worker, gone=gone, reason=reason)
        return await self._bus.ask(subjects.WORKER, request, AnswerReply)


async def work_is_empty(js: JetStream) -> bool:
    """No message is in WORK."""
    info = await js.nc.jsm().stream_info("WORK")
    return info.state.messages == 0


def completed(attempt: Attempt, result: bytes = b'{"ok": true}') -> Completed:
    """The outcome of an attempt that went well just now."""
    now = datetime.now(UTC)
    return Completed(
        id=attempt.id, fence=attempt.fence, started_at=now, finished_at=now, result=msgspec.Raw(result)
    )
