"""Runs a whole batch of inline jobs in one go: no claim, one event a job, one message for all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from headrace_agent.executors.inline import VERSION, run_inline
from headrace_agent.runs.job import now
from headrace_agent.transport.jetstream.channel import Links
from headrace_contracts.jobs.fence import fence
from headrace_contracts.jobs.lane import Lane
from headrace_contracts.messages.events import AnyEvent, Completed
from headrace_contracts.messages.work import WorkMessage
from headrace_runtime.jetstream.delivered import Delivered
from headrace_runtime.tracing import TRACEPARENT


class InlineRunner:
    """Its jobs end before the next line of the event loop; only their outcomes take time."""

    def __init__(self, models: frozenset[str], links: Links) -> None:
        self.models = models
        self._links = links
        meta = {"agent": links.agent, "processing_time_ms": 0, "model_version": VERSION}
        self._meta = msgspec.Raw(msgspec.json.encode(meta))

    def run(self, lane: Lane, pairs: Sequence[tuple[Delivered, WorkMessage]], asked_at: float) -> None:
        """Run ``pairs`` and hand their outcomes to the sender; the messages are acked when it has sent them."""
        links = self._links
        tracing = links.tracing.enabled
        events: list[AnyEvent] = [
            self._traced(lane, delivered, work)
            if tracing
            else self._run_one(
                delivered, work, None if delivered.headers is None else delivered.headers.get(TRACEPARENT)
            )
            for delivered, work in pairs
        ]
        count = len(pairs)
        replies = [delivered.reply for delivered, _ in pairs]
        held = links.leases.hold(replies, asked_at)

        async def done(safe: bool) -> None:
            try:
                if safe and links.leases.sure_of(held):
                    await links.js.ack_many(replies)
            finally:
                links.leases.release(held)
                links.slots.settle(count)

        links.slots.finish(count)
        links.sender.submit(events, done)

    def _run_one(self, delivered: Delivered, work: WorkMessage, trace: str | None) -> Completed:
        started: datetime = now()
        result = run_inline(work.payload)
        return Completed(
            id=work.id,
            fence=fence(work.epoch, delivered.num_delivered),
            trace=trace,
            started_at=started,
            finished_at=now(),
            result=result,
            meta=self._meta,
        )

    def _traced(self, lane: Lane, delivered: Delivered, work: WorkMessage) -> Completed:
        tracing = self._links.tracing
        waited = (now() - work.created_at).total_seconds()
        attributes: dict[str, str | int] = {
            "headrace.job_id": str(work.id),
            "headrace.model": work.model,
            "headrace.lane": str(lane),
            "headrace.attempt": work.attempts + 1,
            "headrace.queue_ms": max(0, round(waited * 1000)),
        }
        parent = tracing.extract((delivered.headers or {}).get(TRACEPARENT))
        with tracing.span("agent.run", attributes, parent):
            return self._run_one(delivered, work, tracing.inject())
