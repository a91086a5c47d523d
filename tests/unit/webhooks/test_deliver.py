"""The use case with a record and a receiver made of memory."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from tests.unit.webhooks.test_render import COMPLETED, SENT

from headrace_contracts.messages.codec import encode
from headrace_contracts.messages.outbox import HookMessage
from headrace_runtime.jetstream.delivered import Delivered
from headrace_runtime.jetstream.pump import Ack, Nak, Term
from headrace_runtime.retry import Backoff
from headrace_runtime.tracing import DISABLED
from headrace_webhooks.consume import HookHandler
from headrace_webhooks.deliver import Deliver, Done
from headrace_webhooks.gate import EndpointGate
from headrace_webhooks.outcome import Outcome, SendError
from headrace_webhooks.store.deliveries import Delivery, Verdict

ID, ENDPOINT = UUID(int=7), UUID(int=8)
OK = Outcome(status=200, duration_ms=1)
BAD = Outcome(status=500, duration_ms=1)
DELIVERY = Delivery(
    id=ID, endpoint_id=ENDPOINT, created_at=SENT, state="pending", attempts=0, url="https://myapp.com/webhook",
    secret=None, disabled=False, first_failure_at=None, job=COMPLETED,
)  # fmt: skip


class AwayError(Exception):
    """The record is away."""


@dataclass
class Memory:
    """Record and receiver."""

    delivery: Delivery | None = DELIVERY
    outcome: Outcome = OK
    away: int = 0
    sent: list[Mapping[str, str]] = field(default_factory=list)
    recorded: list[tuple[int, Verdict]] = field(default_factory=list)
    held: list[UUID] = field(default_factory=list)
    off: list[float] = field(default_factory=list)
    go: asyncio.Event | None = None

    async def load(self, delivery_id: UUID) -> Delivery | None:
        assert delivery_id == ID
        return self.delivery

    async def record(
        self, delivery: Delivery, outcome: Outcome, verdict: Verdict, *, number: int, at: datetime
    ) -> bool:
        assert (delivery, outcome) == (self.delivery, self.outcome)
        assert at.tzinfo is UTC
        if self.away:
            self.away -= 1
            raise AwayError
        self.recorded.append((number, verdict))
        return True

    async def hold(self, delivery_id: UUID) -> None:
        self.held.append(delivery_id)

    async def put_off(self, delivery_id: UUID, delay_s: float) -> None:
        assert delivery_id == ID
        self.off.append(delay_s)

    async def send(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Outcome:
        assert url == DELIVERY.url
        assert body
        self.sent.append(headers)
        if self.go is not None:
            await self.go.wait()
        return self.outcome


def deliver(memory: Memory, *, gate: EndpointGate | None = None) -> Deliver:
    return Deliver(
        deliveries=memory, sender=memory, gate=gate or EndpointGate(per_endpoint=1, wait_s=0.01, slow_s=1),
        keys=[b"k" * 24], put_off_s=20, transient=(AwayError,), chance=lambda: 0.5,
        record_backoff=Backoff(first_s=0.001, most_s=0.001),
    )  # fmt: skip


async def run(memory: Memory, attempts: int | None = 0) -> Done:
    with DISABLED.span("test") as span:
        return await deliver(memory)(ID, attempts=attempts, span=span)


async def test_success_ends_it() -> None:
    memory = Memory()
    assert await run(memory) is Done.DELIVERED
    assert memory.recorded == [(1, Verdict(state="delivered"))]
    assert memory.sent[0]["webhook-id"] == str(ID)


async def test_failure_schedules_the_next_attempt() -> None:
    memory = Memory(delivery=replace(DELIVERY, attempts=3), outcome=BAD)
    assert await run(memory, 3) is Done.FAILED
    assert memory.recorded == [(4, Verdict(state="pending", delay_s=600.0))]


async def test_the_last_failure_exhausts_it() -> None:
    memory = Memory(
        delivery=replace(DELIVERY, attempts=9), outcome=Outcome(error=SendError.DNS, duration_ms=1)
    )
    await run(memory, 9)
    assert memory.recorded == [(10, Verdict(state="exhausted"))]


async def test_days_without_success_disable_the_endpoint() -> None:
    memory = Memory(delivery=replace(DELIVERY, first_failure_at=SENT - timedelta(days=9)), outcome=BAD)
    await run(memory)
    ((_, verdict),) = memory.recorded
    assert verdict.state == "held"
    assert verdict.disable is not None


@pytest.mark.parametrize(
    ("delivery", "attempts"),
    [
        (None, 0), (replace(DELIVERY, state="delivered"), 0), (replace(DELIVERY, state="held"), 0),
        (replace(DELIVERY, attempts=2), 1), (replace(DELIVERY, attempts=1), 0),
    ],
)  # fmt: skip
async def test_what_was_done_or_overtaken_sends_nothing(delivery: Delivery | None, attempts: int) -> None:
    memory = Memory(delivery=delivery)
    assert await run(memory, attempts) is Done.STALE
    assert not memory.sent


async def test_a_disabled_endpoint_gets_nothing() -> None:
    memory = Memory(delivery=replace(DELIVERY, disabled=True))
    assert await run(memory) is Done.HELD
    assert (memory.held, memory.sent) == ([ID], [])


async def test_the_same_delivery_twice_at_once_is_sent_once() -> None:
    memory = Memory(go=asyncio.Event())
    use_case = deliver(memory)
    with DISABLED.span("test") as span:
        first = asyncio.create_task(use_case(ID, attempts=0, span=span))
        await asyncio.sleep(0.01)
        assert await use_case(ID, attempts=0, span=span) is Done.STALE
        assert memory.go is not None
        memory.go.set()
        assert await first is Done.DELIVERED
    assert len(memory.sent) == 1


async def test_a_busy_endpoint_puts_it_off_without_an_attempt() -> None:
    gate = EndpointGate(per_endpoint=1, wait_s=0.01, slow_s=1)
    assert await gate.enter(ENDPOINT)
    memory = Memory()
    with DISABLED.span("test") as span:
        assert await deliver(memory, gate=gate)(ID, attempts=0, span=span) is Done.PUT_OFF
    assert (memory.off, memory.sent, memory.recorded) == ([20.0], [], [])


async def test_a_record_that_is_away_for_a_moment_does_not_send_twice() -> None:
    memory = Memory(away=4)
    assert await run(memory) is Done.DELIVERED
    assert (len(memory.sent), len(memory.recorded)) == (1, 1)


async def answer(memory: Memory, data: bytes) -> object:
    handler = HookHandler(deliver=deliver(memory), tracing=DISABLED, transient=(AwayError,), away_s=5)
    return await handler(Delivered(subject="hooks.a.b", data=data, headers=None, reply="$JS.ACK.x"))


async def test_answers_to_the_stream() -> None:
    message = encode(HookMessage(delivery_id=ID, attempts=0))
    assert await answer(Memory(), message) == Ack()
    assert await answer(Memory(outcome=BAD), message) == Ack()
    assert await answer(Memory(away=99), message) == Nak(delay_s=5)
    assert isinstance(await answer(Memory(), b"{}"), Term)
    assert isinstance(await answer(Memory(), b'{"v":99,"delivery_id":"%s"}' % str(ID).encode()), Term)
