"""Events on their way: batches, retries, what is thrown away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import pytest

from headrace_agent.transport.jetstream import sender as module
from headrace_agent.transport.jetstream.sender import MOST_BYTES, MOST_EVENTS, EventSender
from headrace_contracts.messages.codec import decode
from headrace_contracts.messages.events import AnyEvent, EventBatch, Output, Progressed
from headrace_runtime.jetstream.publish import Outgoing, PubAck, PubError, PubErrorKind

JOB = UUID(int=1)
ACK = PubAck(stream="EVENTS", seq=1)


class FakePublisher:
    """Answers when the test lets it."""

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []
        self.answers: asyncio.Queue[PubAck | PubError] = asyncio.Queue()

    async def publish_many(
        self,
        messages: Sequence[Outgoing],
        *,
        timeout_s: float = 5.0,  # noqa: ARG002 - the port's signature
    ) -> list[PubAck | PubError]:
        self.sent += messages
        return [await self.answers.get()]

    def events(self, index: int) -> list[AnyEvent]:
        return decode(self.sent[index][1], EventBatch).events


def event(number: int) -> Progressed:
    return Progressed(id=JOB, fence=1, percent=float(number))


def always() -> bool:
    return True


@pytest.fixture
def publisher() -> FakePublisher:
    return FakePublisher()


@pytest.fixture
async def sender(publisher: FakePublisher) -> AsyncIterator[EventSender]:
    sender = EventSender(publisher, agent="a", instance="i")
    task = asyncio.create_task(sender.run())
    await asyncio.sleep(0)
    yield sender
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def settle(publisher: FakePublisher, sent: int) -> None:
    async with asyncio.timeout(5):
        while len(publisher.sent) < sent:  # noqa: ASYNC110 - looks at a fake
            await asyncio.sleep(0)


async def test_what_comes_while_one_is_under_way_makes_up_the_next(
    sender: EventSender, publisher: FakePublisher
) -> None:
    done: list[tuple[int, bool]] = []

    async def told(number: int, safe: bool) -> None:
        done.append((number, safe))

    for number in range(4):
        sender.submit([event(number)], lambda safe, number=number: told(number, safe))  # type: ignore[misc] # mypy: default of a lambda
        if number == 0:
            await settle(publisher, 1)
    assert done == []
    publisher.answers.put_nowait(ACK)
    await settle(publisher, 2)
    assert done == [(0, True)]
    publisher.answers.put_nowait(ACK)
    assert await sender.settled(5)
    assert [number for number, _ in done] == [0, 1, 2, 3]
    assert publisher.events(0) == [event(0)]
    assert publisher.events(1) == [event(1), event(2), event(3)]
    assert publisher.sent[0][0] == "events.i"


async def test_batches_are_bounded_by_count_and_by_size(
    sender: EventSender, publisher: FakePublisher
) -> None:
    big = Output(id=JOB, fence=1, seq=0, text="x" * (MOST_BYTES // 3))
    for _ in range(MOST_EVENTS + 1):
        sender.offer(event(1), always)
    for _ in range(4):
        sender.offer(big, always)
    for _ in range(5):
        publisher.answers.put_nowait(ACK)
    assert await sender.settled(5)
    assert len(publisher.events(0)) == MOST_EVENTS
    assert all(len(data) < MOST_BYTES + 1000 for _, data, _, _ in publisher.sent)
    assert sum(len(publisher.events(n)) for n in range(len(publisher.sent))) == MOST_EVENTS + 5


async def test_the_same_message_is_sent_until_it_is_stored(
    sender: EventSender, publisher: FakePublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = asyncio.sleep
    monkeypatch.setattr("asyncio.sleep", lambda _seconds: real(0))
    safe: list[bool] = []

    async def done(value: bool) -> None:
        safe.append(value)

    sender.submit([event(1)], done)
    for kind in (PubErrorKind.UNAVAILABLE, PubErrorKind.TIMEOUT, PubErrorKind.STORAGE_FULL):
        publisher.answers.put_nowait(PubError(kind=kind, description="no"))
    publisher.answers.put_nowait(ACK)
    assert await sender.settled(5)
    assert safe == [True]
    # The same id, so that the stream keeps one of them.
    assert len({message[3] for message in publisher.sent}) == 1
    assert len(publisher.sent) == 4


async def test_progress_is_thrown_away_when_too_much_waits_and_outcomes_are_not(
    sender: EventSender, publisher: FakePublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_WAITING_BYTES", 300)
    taken = sum(sender.offer(event(number), always) for number in range(50))
    assert 0 < taken < 50
    done = asyncio.Event()

    async def told(_safe: bool) -> None:
        done.set()

    sender.submit([event(99)], told)
    for _ in range(3):
        publisher.answers.put_nowait(ACK)
    assert await sender.settled(5)
    assert done.is_set()


async def test_what_waits_is_not_sent_once_its_attempt_may_not_speak(
    sender: EventSender, publisher: FakePublisher
) -> None:
    current = True
    sender.offer(event(1), lambda: current)
    await settle(publisher, 1)
    sender.offer(event(2), lambda: current)
    done: list[bool] = []

    async def told(safe: bool) -> None:
        done.append(safe)

    sender.submit([event(3)], told)
    # The connection is away, and meanwhile the lease of the first two runs out.
    publisher.answers.put_nowait(PubError(kind=PubErrorKind.UNAVAILABLE, description="away"))
    current = False
    assert not sender.offer(event(4), lambda: current)
    await settle(publisher, 2)
    publisher.answers.put_nowait(ACK)
    assert await sender.settled(5)
    assert [publisher.events(n) for n in range(2)] == [[event(1)], [event(3)]]
    assert done == [True]
