"""The dispatcher's decisions on a real record, without a bus: with JetStream away nothing is ever cleared away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

from nats.errors import NoServersError
from tests.support.record import PUBLIC_ACCOUNT, insert, new_job

from headrace_contracts.jobs.lane import ANY_PLATFORM, Lane
from headrace_contracts.jobs.priority import Priority
from headrace_contracts.jobs.state import JobState
from headrace_contracts.messages.agents import Attempt, StartRequest
from headrace_contracts.messages.events import FailureCode
from headrace_contracts.messages.requests import ClaimRequest
from headrace_dispatcher.claims.admission import Admission
from headrace_dispatcher.claims.losses import Losses
from headrace_dispatcher.claims.one import OneClaim
from headrace_dispatcher.claims.report import ReportService
from headrace_dispatcher.claims.start import StartService
from headrace_dispatcher.publishing.approve import ApproveService
from headrace_dispatcher.recorder.decide import StartDecision
from headrace_dispatcher.recorder.outcome import Outcome
from headrace_dispatcher.recorder.writer import OutcomeWriter
from headrace_dispatcher.release.republish import Republisher
from headrace_dispatcher.schedule.times import TimeService
from headrace_dispatcher.store.attempts import AttemptStore, Claim
from headrace_dispatcher.store.leases import LeaseStore
from headrace_dispatcher.store.outcomes import OutcomeStore
from headrace_dispatcher.store.publishing import PublishingStore
from headrace_dispatcher.store.release import ReleaseStore
from headrace_dispatcher.store.reports import ReportStore
from headrace_runtime.jetstream.client import JetStream
from headrace_runtime.telemetry import Telemetry
from headrace_store.postgres import Pool


class _AwayConnection:
    async def publish(self, _subject: str, _data: bytes) -> None:
        """Lost."""

    async def request(self, *_: Any, **__: Any) -> None:
        raise NoServersError


class _AwayJetStream:
    """Acks and naks are lost, questions get no answer."""

    nc = _AwayConnection()

    async def ack_many(self, _replies: Sequence[str]) -> None:
        """Lost."""

    async def nak(self, _reply: str, _delay_s: float) -> None:
        """Lost."""


class _Nobody:
    """Hears all and does nothing: the port ``Aftermath``, and ``Watchers``."""

    def freed(self, lanes: Sequence[Lane]) -> None: ...
    def requeued(self, lanes: Sequence[Lane]) -> None: ...
    def outbox(self) -> None: ...
    def tell(self, changes: Iterable[Any]) -> None:
        list(changes)


class DispatchRoom:
    """All that decides about jobs, put together as the dispatcher does it; every job lies in one lane of its own."""

    def __init__(self, pool: Pool, name: str) -> None:
        js, nobody = cast("JetStream", _AwayJetStream()), cast("Any", _Nobody())
        self.pool = pool
        self.lane = Lane(ANY_PLATFORM, name, Priority.NORMAL)
        attempts, outcomes, leases = AttemptStore(pool), OutcomeStore(pool), LeaseStore(pool)
        self.store, self.reports, self.leases = ReleaseStore(pool), ReportStore(pool), leases
        self.attempts = attempts
        self.writer = OutcomeWriter(outcomes, attempts, js, nobody, Telemetry())
        self.losses = Losses(attempts, outcomes, leases, js, nobody)
        self._admission = Admission(attempts, self.losses)
        self.starts = StartService(attempts, self._admission, cast("Any", None), nobody)
        self.service = ReportService(attempts, self.reports, leases, self.writer, self.losses, nobody)
        self._one = OneClaim(attempts, Republisher(js), nobody)
        self.approvals = ApproveService(PublishingStore(pool), attempts, nobody)
        self.times = TimeService(attempts, Republisher(js), nobody)

    async def submit(
        self, *, price: int, scheduled: bool, staging: bool, attempts: int, retry: str | None, timed: bool
    ) -> UUID:
        """A job of which everything follows that can."""
        job = new_job(
            pool=self.lane.pool,
            max_attempts=attempts,
            export=True,
            webhook_url="http://127.0.0.1:9/hook",
            run_at=datetime.now(UTC) + timedelta(hours=1) if scheduled else None,
        )
        await insert(self.pool, [job])
        await self.pool.execute(
            "UPDATE jobs SET credits = $2, staging = $3, retry = $4, queue_timeout_s = $5,"
            " start_by = now() + make_interval(secs => $5) WHERE id = $1",
            job.id, price, staging, retry, 3600.0 if timed else None,
        )  # fmt: skip
        await self.pool.execute("SELECT move_credits($1, $2, 'charge', $3)", PUBLIC_ACCOUNT, -price, job.id)
        return job.id

    async def start(self, attempt: Attempt) -> None:
        """A JetStream agent asks."""
        instance = f"agent-{attempt.fence}"
        await self.starts.start(StartRequest(agent=instance, instance=instance, jobs=[attempt]))

    async def claim(self, attempt: Attempt, token: str, *, start: bool) -> None:
        """A REST agent gets the message, as ``claims.claim`` does it."""
        claim = Claim(
            attempt=attempt,
            state=JobState.RUNNING if start else JobState.CLAIMED,
            agent="rest",
            claim_hash=bytes.fromhex(token),
            ack_subject=f"ack.{attempt.id}.{attempt.fence}",
            lease_s=60,
        )
        if (await self.attempts.claim([claim]))[0] is None and (
            await self._admission.decide(attempt, None)
        ) is StartDecision.GO:
            await self.attempts.claim([claim])

    async def claim_by_name(self, job_id: UUID, token: str, *, start: bool) -> int | None:
        """The fence of the claim, if it was given."""
        request = ClaimRequest(agent="worker", lease_s=60, token_hash=token, job=job_id, start=start)
        reply = await self._one.claim(job_id, request)
        return None if reply.job is None else reply.job.fence

    async def tell(self, attempt: Attempt, state: JobState, code: FailureCode | None) -> None:
        """An outcome of a JetStream agent is recorded."""
        now = datetime.now(UTC)
        await self.writer.put(
            [
                Outcome(
                    id=attempt.id,
                    fence=attempt.fence,
                    state=state,
                    agent="agent",
                    instance=f"agent-{attempt.fence}",
                    started_at=now,
                    finished_at=now,
                    result=f'{{"by": {attempt.fence}}}' if state is JobState.COMPLETED else None,
                    code=code,
                    reason=None if code is None else "why",
                )
            ]
        )
