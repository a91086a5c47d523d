"""What happens to a batch that was just fetched: decode, run at once or ask to start."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import msgspec
from nats.errors import Error as NatsError

from headrace_agent.identity import Identity
from headrace_agent.runs.active import ActiveRuns
from headrace_agent.runs.job import Job, JobInput
from headrace_agent.runs.outcome import Stop, StopKind
from headrace_agent.runs.run import MakeRun
from headrace_agent.transport.jetstream.channel import JetStreamChannel, Links
from headrace_agent.transport.jetstream.dispatcher import DispatcherAwayError
from headrace_agent.transport.jetstream.inline import InlineRunner
from headrace_contracts.bus import subjects
from headrace_contracts.jobs.fence import fence
from headrace_contracts.jobs.lane import Lane
from headrace_contracts.messages.agents import Attempt, Started, StartReply, StartRequest, Verdict
from headrace_contracts.messages.codec import UndecodableError, decode
from headrace_contracts.messages.work import WorkMessage
from headrace_runtime.jetstream.delivered import Delivered
from headrace_runtime.tracing import TRACEPARENT

logger = logging.getLogger(__name__)

#: Not the period of the keep-alives: a message shall not be given back in the moment in which it is kept.
_START_TIMEOUT_S: Final = 4.0
#: Stops that came before their run started here are remembered, up to this many.
_EARLY_STOPS: Final = 1000

Pair = tuple[Delivered, WorkMessage]


class Intake:
    """Takes batches from the puller, which has taken their slots."""

    def __init__(
        self,
        identity: Identity,
        links: Links,
        *,
        inline: InlineRunner,
        runs: ActiveRuns,
        make_run: MakeRun,
    ) -> None:
        self._identity = identity
        self._links = links
        self._inline = inline
        self._runs = runs
        self._make_run = make_run
        self._starting: set[asyncio.Task[None]] = set()
        self._early_stops: OrderedDict[tuple[UUID, int], str] = OrderedDict()

    async def take(self, lane: Lane, batch: Sequence[Delivered], asked_at: float) -> None:
        """Start everything in ``batch``, which was asked for at ``asked_at`` of the lease clock."""
        inline: list[Pair] = []
        others: list[Pair] = []
        for delivered in batch:
            try:
                work = decode(delivered.data, WorkMessage)
            except UndecodableError as error:
                await self._refuse(delivered, error)
                continue
            (inline if work.model in self._inline.models else others).append((delivered, work))
        if inline:
            self._inline.run(lane, inline, asked_at)
        if others:
            task = asyncio.create_task(self._start(lane, others, asked_at))
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)

    def stop(self, job_id: UUID, number: int, reason: str) -> None:
        """The record has the attempt as final."""
        if not self._runs.stop(job_id, number, Stop(kind=StopKind.CANCELLED, reason=reason)):
            self._early_stops[job_id, number] = reason
            while len(self._early_stops) > _EARLY_STOPS:
                self._early_stops.popitem(last=False)

    async def idle(self) -> None:
        """Wait until nothing waits for its start."""
        while self._starting:
            await asyncio.wait(self._starting)

    async def _refuse(self, delivered: Delivered, error: UndecodableError) -> None:
        # The dispatcher's reconciliation finds that the job has no message any more and decides about it.
        logger.error(
            "a message of WORK can't be read: %s",
            error,
            extra={"action": "agent.undecodable", "subject": delivered.subject},
        )
        self._links.slots.drop()
        with contextlib.suppress(NatsError):
            await self._links.js.term(delivered.reply, "undecodable")

    async def _start(self, lane: Lane, pairs: list[Pair], asked_at: float) -> None:
        held = self._links.leases.hold([delivered.reply for delivered, _ in pairs], asked_at)
        attempts = [
            Attempt(id=work.id, fence=fence(work.epoch, delivered.num_delivered)) for delivered, work in pairs
        ]
        verdicts = await self._ask(attempts)
        since = held.confirmed_at
        self._links.leases.release(held)
        for (delivered, work), attempt in zip(pairs, attempts, strict=True):
            said = verdicts.get((attempt.id, attempt.fence))
            if said is not None and said.verdict is Verdict.GO and not held.lost:
                self._go(_job(lane, delivered, work, said), delivered.reply, since)
                continue
            self._links.slots.drop()
            if not held.lost:
                # What can't be sent now comes back after the ack wait.
                with contextlib.suppress(NatsError):
                    await self._let_go(delivered.reply, drop=said is not None)

    async def _let_go(self, reply: str, *, drop: bool) -> None:
        if drop:
            await self._links.js.ack_many([reply])
        else:
            delay_s = 1.0 + random.random()  # noqa: S311 - spreads load, guards nothing
            await self._links.js.nak(reply, delay_s)

    async def _ask(self, attempts: list[Attempt]) -> Mapping[tuple[UUID, int], Started]:
        request = StartRequest(agent=self._identity.agent, instance=self._identity.instance, jobs=attempts)
        try:
            reply = await self._links.dispatcher.ask(
                subjects.START, request, StartReply, timeout_s=_START_TIMEOUT_S
            )
        except DispatcherAwayError as error:
            problem: str | None = str(error)
        else:
            problem = reply.error
        if problem is not None:
            logger.warning(
                "%d jobs are handed back, nobody could start them: %s",
                len(attempts),
                problem,
                extra={"action": "agent.start.error"},
            )
            return {}
        return {(started.id, started.fence): started for started in reply.jobs}

    def _go(self, job: Job, reply: str, since: float) -> None:
        def lost() -> None:
            reason = "the lease of the message could not be kept"
            self._runs.stop(job.id, job.fence, Stop(kind=StopKind.LOST, reason=reason))

        channel = JetStreamChannel(job, reply, since, self._links, lost)
        self._runs.start(self._make_run(job, channel), channel.close)
        early = self._early_stops.pop((job.id, job.fence), None)
        if early is not None:
            self._runs.stop(job.id, job.fence, Stop(kind=StopKind.CANCELLED, reason=early))


def _job(lane: Lane, delivered: Delivered, work: WorkMessage, started: Started) -> Job:
    source = None
    if work.input is not None and started.input_url is not None:
        source = JobInput(source=started.input_url, mime=work.input.mime, name=work.input.name)
    return Job(
        id=work.id,
        fence=started.fence,
        attempt=started.attempt,
        model=work.model,
        payload=bytes(msgspec.Raw(work.payload)),
        input=source,
        timeout_s=work.timeout_s,
        created_at=work.created_at,
        lane=str(lane),
        trace=(delivered.headers or {}).get(TRACEPARENT),
    )
