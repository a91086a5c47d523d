"""``dispatch.claim``: REST agents claim through the dispatcher, from the same consumers as all other agents."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar
from uuid import UUID

from headrace_contracts.jobs.fence import fence
from headrace_contracts.jobs.lane import Lane
from headrace_contracts.jobs.state import JobState
from headrace_contracts.messages.agents import Attempt
from headrace_contracts.messages.codec import UndecodableError, decode
from headrace_contracts.messages.requests import ClaimedJob, ClaimReply, ClaimRequest
from headrace_contracts.messages.work import WorkMessage
from headrace_dispatcher.changes.feed import Watchers
from headrace_dispatcher.claims.admission import Admission
from headrace_dispatcher.claims.choose import order
from headrace_dispatcher.claims.lane_pull import LanePull
from headrace_dispatcher.claims.one import OneClaim
from headrace_dispatcher.leases.rest import RestPresence
from headrace_dispatcher.recorder.batch import GroupCommit
from headrace_dispatcher.recorder.decide import StartDecision
from headrace_dispatcher.release.releaser import JUST_S, Releaser
from headrace_dispatcher.store.attempts import AttemptStore, Claim
from headrace_dispatcher.store.release import ReleaseStore
from headrace_dispatcher.store.rows import Held
from headrace_runtime.jetstream.client import JetStream
from headrace_runtime.jetstream.delivered import Delivered

log = logging.getLogger(__name__)

T = TypeVar("T")

#: A claim that keeps finding messages of jobs that are over gives up after so many.
_TRIES = 50
_MAX_BATCH = 256
_SETTLE_S = 0.3


class Fresh(Generic[T]):
    """Shares one query among callers, but never an answer that is older than the caller's question."""

    def __init__(self, query: Callable[[], Awaitable[T]]) -> None:
        self._query = query
        self._following: asyncio.Task[T] | None = None
        self._running: asyncio.Task[T] | None = None

    async def get(self) -> T:
        """The answer of a query that starts after this call."""
        if self._following is None:
            self._following = asyncio.create_task(self._run(self._running), name="fresh query")
        return await asyncio.shield(self._following)

    async def _run(self, before: asyncio.Task[T] | None) -> T:
        if before is not None:
            await asyncio.wait([before])
        self._running, self._following = self._following, None
        return await self._query()


class ClaimService:
    """Finds the most urgent, then oldest job that an agent may run, and holds its message under a lease."""

    def __init__(
        self,
        js: JetStream,
        store: ReleaseStore,
        attempts: AttemptStore,
        admission: Admission,
        releaser: Releaser,
        presence: RestPresence,
        one: OneClaim,
        watchers: Watchers,
    ) -> None:
        self._js = js
        self._attempts = attempts
        self._one = one
        self._watchers = watchers
        self._presence = presence
        self._admission = admission
        self._releaser = releaser
        self._look = Fresh(store.look)
        self._pull = LanePull(js)
        self._claims = GroupCommit(self._write, max_batch=_MAX_BATCH)

    async def claim(self, request: ClaimRequest) -> ClaimReply:
        """One job, or none; the one that the request names, if it names one."""
        if request.job is not None:
            return await self._one.claim(request.job, request)
        look = await self._look.get()
        drained = request.agent in look.drained
        await self._presence.note(request, draining=drained)
        if drained:
            return ClaimReply()
        heads: dict[Lane, UUID] = {**look.unreleased, **look.released}
        for lane in order(heads, request):
            job = await self._from(lane, request)
            if job is not None:
                return ClaimReply(job=job)
        # What waited in the record may have been released by somebody else while we looked, and what is in WORK may
        # have been published so lately that its consumer could not hand it out yet.
        wanted = (await self._look.get()).released if heads else {}
        for lane in order(wanted, request):
            job = await self._from(lane, request, wait_s=_SETTLE_S)
            if job is not None:
                return ClaimReply(job=job)
        return ClaimReply()

    async def _from(
        self, lane: Lane, request: ClaimRequest, *, wait_s: float | None = None
    ) -> ClaimedJob | None:
        for _ in range(_TRIES):
            message = await self._fetch(lane, wait_s)
            if message is None:
                return None
            try:
                work = decode(message.data, WorkMessage)
            except UndecodableError as error:
                log.error("WORK: %s", error, extra={"action": "work.undecodable"})  # noqa: TRY400 -- no trace helps
                await self._js.term(message.reply, "undecodable")
                continue
            job = await self._hold(lane, message, work, request)
            if job is not None:
                return job
        return None

    async def _fetch(self, lane: Lane, wait_s: float | None) -> Delivered | None:
        """The lane's next message, first making room for it from the record."""
        self._releaser.asked_for(lane)
        message = await self._pull.one(lane, wait_s)
        if message is None and await self._releaser.release(lane, at_once=True):
            # The stream confirms a message a moment before its consumer can hand it out.
            message = await self._pull.one(lane, _SETTLE_S)
        elif message is None and self._releaser.just_released(lane):
            # Nor shall a job of a less urgent lane go first because the bell has released this one a moment ago.
            message = await self._pull.one(lane, JUST_S)
        return message

    async def _hold(
        self, lane: Lane, message: Delivered, work: WorkMessage, request: ClaimRequest
    ) -> ClaimedJob | None:
        attempt = Attempt(id=work.id, fence=fence(work.epoch, message.num_delivered))
        try:
            number = await self._claim(attempt, message, request)
            if number is None:
                decision = await self._admission.decide(attempt, None)
                number = (
                    await self._claim(attempt, message, request) if decision is StartDecision.GO else None
                )
        except BaseException:
            await self._js.nak(message.reply, 0)
            raise
        if number is None:
            await self._js.ack_many([message.reply])
            return None
        self._releaser.freed([lane])
        return ClaimedJob(
            id=work.id,
            fence=attempt.fence,
            model=work.model,
            priority=int(lane.priority),
            attempt=number,
            payload=work.payload,
            input=work.input,
            timeout_s=work.timeout_s,
            created_at=work.created_at,
        )

    async def _claim(self, attempt: Attempt, message: Delivered, request: ClaimRequest) -> int | None:
        claim = Claim(
            attempt=attempt,
            state=JobState.RUNNING if request.start else JobState.CLAIMED,
            agent=request.agent,
            claim_hash=bytes.fromhex(request.token_hash),
            ack_subject=message.reply,
            lease_s=request.lease_s,
            worker=request.worker,
        )
        held = (await self._claims.put([claim]))[0]
        return None if held is None else held.attempt

    async def _write(self, claims: Sequence[Claim]) -> Sequence[Held | None]:
        held = await self._attempts.claim(claims)
        self._watchers.tell(found.change for found in held if found is not None)
        return held
