"""An outcome that is reached after the lease is gone is not told: the process may have been stopped meanwhile."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

import pytest

from headrace_agent.runs.job import Job, now
from headrace_agent.runs.outcome import Fault, Result, Times
from headrace_agent.runs.ports import LostError
from headrace_agent.slots import Slots
from headrace_agent.transport.jetstream.channel import JetStreamChannel, Links
from headrace_agent.transport.jetstream.leases import Leases
from headrace_contracts.limits import ACK_WAIT_S
from headrace_contracts.messages.events import FailureCode
from headrace_runtime.tracing import DISABLED


class Bus:
    """Takes events and acks, and counts them."""

    def __init__(self) -> None:
        self.said: list[Any] = []

    def submit(self, events: list[Any], _done: Any) -> None:
        self.said += events

    def offer(self, event: Any, still: Any) -> None:
        if still():
            self.said.append(event)

    async def ack_many(self, replies: list[str]) -> None:
        self.said += replies


@pytest.fixture
def clock() -> list[float]:
    return [0.0]


@pytest.fixture
def bus() -> Bus:
    return Bus()


@pytest.fixture
async def channel(clock: list[float], bus: Bus) -> JetStreamChannel:
    async def in_progress(_reply: str) -> bool:
        return True

    job = Job(
        id=UUID(int=1),
        fence=1,
        attempt=1,
        model="m",
        payload=b"{}",
        input=None,
        timeout_s=60,
        created_at=now(),
    )
    slots = Slots(1)
    slots.take()
    # The rest of the links is not touched by what is tested here.
    links = Links(
        agent="a",
        js=cast("Any", bus),
        dispatcher=cast("Any", None),
        sender=cast("Any", bus),
        leases=Leases(in_progress, lambda: clock[0]),
        slots=slots,
        http=cast("Any", None),
        tracing=DISABLED,
    )
    return JetStreamChannel(job, "reply", 0.0, links, lambda: None)


TIMES = Times(started=now(), finished=now())


async def test_a_result_that_comes_too_late_is_not_told(
    channel: JetStreamChannel, bus: Bus, clock: list[float]
) -> None:
    # The clock jumped and the loop that ends runs has not had its turn yet.
    clock[0] = ACK_WAIT_S
    with pytest.raises(LostError):
        await channel.complete(Result(data=b"{}"), TIMES)
    with pytest.raises(LostError):
        await channel.fail(Fault(code=FailureCode.HANDLER, reason="why"), TIMES)
    assert bus.said == []
