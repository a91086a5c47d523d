"""The use case: one delivery from the record to its receiver and back into the record."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from headrace_contracts import signing
from headrace_contracts.jobs.view import JobView
from headrace_runtime.logs import job_context
from headrace_runtime.retry import Backoff
from headrace_runtime.tracing import Span
from headrace_webhooks.disable import reason_to_disable
from headrace_webhooks.gate import EndpointGate
from headrace_webhooks.outcome import Outcome
from headrace_webhooks.render import radiance, trial
from headrace_webhooks.retry import next_delay_s
from headrace_webhooks.store.deliveries import Delivery, Verdict

log = logging.getLogger(__name__)

RECORD_BACKOFF = Backoff(first_s=0.2, factor=2.0, most_s=2.0)
_RECORD_TRIES = 6


class Deliveries(Protocol):
    """The record, as this use case needs it."""

    async def load(self, delivery_id: UUID) -> Delivery | None: ...

    async def record(
        self, delivery: Delivery, outcome: Outcome, verdict: Verdict, *, number: int, at: datetime
    ) -> bool: ...

    async def hold(self, delivery_id: UUID) -> None: ...

    async def put_off(self, delivery_id: UUID, delay_s: float) -> None: ...


class Poster(Protocol):
    """Makes one attempt; never raises for what the receiver does."""

    async def send(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Outcome: ...


class Done(StrEnum):
    """What became of a message of HOOKS that needs no redelivery."""

    DELIVERED = "delivered"
    FAILED = "failed"
    #: The endpoint is disabled; the delivery is kept.
    HELD = "held"
    #: The endpoint is busy; the delivery comes again from the record.
    PUT_OFF = "put_off"
    #: Nothing to do: deleted, done before, or overtaken by a later attempt.
    STALE = "stale"


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(kw_only=True)
class Deliver:
    """Raises what the record raises when it is away (``TRANSIENT``); the message must then be given back."""

    deliveries: Deliveries
    sender: Poster
    gate: EndpointGate
    #: Keys of the site, the newest first.
    keys: Sequence[bytes]
    #: How long a delivery to a busy endpoint is put off, in seconds.
    put_off_s: float
    #: Failures of the record after which recording is tried again.
    transient: tuple[type[BaseException], ...]
    now: Callable[[], datetime] = _now
    chance: Callable[[], float] = random.random
    record_backoff: Backoff = RECORD_BACKOFF
    _under_way: set[UUID] = field(default_factory=set)

    async def __call__(self, delivery_id: UUID, *, attempts: int | None, span: Span) -> Done:
        """Send delivery ``delivery_id`` if it is still to be sent; ``attempts`` as in ``HookMessage``."""
        if delivery_id in self._under_way:
            return Done.STALE
        self._under_way.add(delivery_id)
        try:
            return await self._deliver(delivery_id, attempts, span)
        finally:
            self._under_way.discard(delivery_id)

    async def _deliver(self, delivery_id: UUID, attempts: int | None, span: Span) -> Done:
        delivery = await self.deliveries.load(delivery_id)
        if delivery is None or delivery.state != "pending" or attempts not in (None, delivery.attempts):
            return Done.STALE
        if delivery.job is None:
            return await self._carry_out(delivery, span)
        with job_context(str(delivery.job.id)):
            span.set("headrace.job_id", str(delivery.job.id))
            return await self._carry_out(delivery, span)

    async def _carry_out(self, delivery: Delivery, span: Span) -> Done:
        span.set("headrace.webhook.attempt", delivery.attempts + 1)
        if delivery.disabled:
            await self.deliveries.hold(delivery.id)
            return Done.HELD
        if not await self.gate.enter(delivery.endpoint_id):
            await self.deliveries.put_off(delivery.id, self.put_off_s * (0.5 + self.chance()))
            return Done.PUT_OFF
        try:
            at, outcome = await self._send(delivery)
        finally:
            self.gate.leave(delivery.endpoint_id)
        verdict = self._judge(delivery, outcome)
        await self._record(delivery, outcome, verdict, at)
        _report(delivery, outcome, verdict, span)
        return Done.DELIVERED if outcome.ok else Done.FAILED

    async def _send(self, delivery: Delivery) -> tuple[datetime, Outcome]:
        at = self.now()
        if delivery.job is None:
            body = trial.body(endpoint_id=delivery.endpoint_id, created_at=delivery.created_at)
            headers = dict(radiance.HEADERS)
        else:
            body, headers = render(delivery.job, created_at=delivery.created_at)
        keys = signing.parse_secrets(delivery.secret) if delivery.secret else self.keys
        headers |= signing.headers(
            keys, webhook_id=str(delivery.id), timestamp_s=int(at.timestamp()), body=body
        )
        return at, await self.sender.send(delivery.url, body=body, headers=headers)

    def _judge(self, delivery: Delivery, outcome: Outcome) -> Verdict:
        if outcome.ok:
            return Verdict(state="delivered")
        reason = reason_to_disable(outcome, first_failure_at=delivery.first_failure_at, now=self.now())
        if reason is not None:
            return Verdict(state="held", disable=reason)
        delay_s = next_delay_s(outcome, attempt=delivery.attempts + 1, chance=self.chance())
        return Verdict(state="exhausted" if delay_s is None else "pending", delay_s=delay_s)

    async def _record(self, delivery: Delivery, outcome: Outcome, verdict: Verdict, at: datetime) -> None:
        """The receiver has it: a record that is away for a moment must not make us send it twice."""
        for attempt in range(_RECORD_TRIES):
            try:
                await self.deliveries.record(delivery, outcome, verdict, number=delivery.attempts + 1, at=at)
            except self.transient:
                if attempt == _RECORD_TRIES - 1:
                    raise
                await asyncio.sleep(self.record_backoff.delay_s(attempt))
            else:
                return


def render(job: JobView, *, created_at: datetime) -> tuple[bytes, dict[str, str]]:
    """Body and headers of the webhook for a job that has ended, in the form of its dialect.

    The radiance form is the only one that documents a webhook by URL, so it serves all dialects.
    """
    return radiance.body(job, created_at=created_at), dict(radiance.HEADERS)


def _report(delivery: Delivery, outcome: Outcome, verdict: Verdict, span: Span) -> None:
    extra = {
        "action": "webhook.attempt",
        "delivery_id": str(delivery.id),
        "endpoint_id": str(delivery.endpoint_id),
        "attempt": delivery.attempts + 1,
        "outcome": outcome.summary,
        "duration_ms": outcome.duration_ms,
        "state": verdict.state,
    }
    if outcome.status is not None:
        span.set("http.response.status_code", outcome.status)
    if outcome.ok:
        log.info("webhook delivered", extra=extra)
        return
    span.fail(outcome.summary)
    log.warning("webhook not delivered: %s", outcome.summary, extra=extra | {"retry_in_s": verdict.delay_s})
    if verdict.disable is not None:
        log.warning(
            "webhook endpoint disabled: %s",
            verdict.disable,
            extra={"action": "webhook.endpoint.disabled", "endpoint_id": str(delivery.endpoint_id)},
        )
