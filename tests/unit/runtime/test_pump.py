"""The pump on a stream made of memory."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from headrace_contracts.bus.definitions import ConsumerDefinition
from headrace_runtime.jetstream.delivered import Delivered
from headrace_runtime.jetstream.errors import ConsumerGone, JetStreamUnavailableError
from headrace_runtime.jetstream.pump import HAND_OVER_S, Ack, Answer, Handler, Nak, Pump, Term
from headrace_runtime.process import Stop

CONSUMER = ConsumerDefinition(stream="S", name="c")


@dataclass
class Memory:
    """A stream: what waits, what was asked for, and the answers by subject."""

    waiting: list[str] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    errors: list[Exception] = field(default_factory=list)
    restored: int = 0

    async def fetch(
        self, consumer: ConsumerDefinition, batch: int, *, expires_s: float | None
    ) -> list[Delivered]:
        assert consumer is CONSUMER
        assert expires_s
        self.batches.append(batch)
        if self.errors:
            raise self.errors.pop(0)
        if not self.waiting:
            await asyncio.Event().wait()
        taken, self.waiting = self.waiting[:batch], self.waiting[batch:]
        return [
            Delivered(subject=name, data=b"", headers=None, reply=f"$JS.ACK.S.c.3.1.1.1.{name}")
            for name in taken
        ]

    async def ack_many(self, replies: Sequence[str]) -> None:
        for reply in replies:
            self.answers[reply.rsplit(".", 1)[1]] = "ack"

    async def nak(self, reply: str, delay_s: float) -> None:
        self.answers[reply.rsplit(".", 1)[1]] = f"nak {delay_s:g}"

    async def term(self, reply: str, reason: str = "") -> None:
        self.answers[reply.rsplit(".", 1)[1]] = f"term {reason}"

    async def restore(self) -> None:
        self.restored += 1


def pump(memory: Memory, handler: Handler, *, hands: int = 2, drain_s: float = 5) -> Pump:
    return Pump(
        stream=memory,
        consumer=CONSUMER,
        handler=handler,
        restore=memory.restore,
        hands=hands,
        drain_s=drain_s,
    )


async def run_until_answered(memory: Memory, handler: Handler, count: int) -> None:
    stop = Stop()
    running = asyncio.create_task(pump(memory, handler).run(stop))
    async with asyncio.timeout(5):
        while len(memory.answers) < count:  # noqa: ASYNC110 -- a list of plain values tells nobody
            await asyncio.sleep(0.001)
        stop.request("enough")
        await running


async def test_every_answer_gets_through() -> None:
    async def handler(message: Delivered) -> Answer:
        answers: dict[str, Answer] = {"1": Ack(), "2": Nak(delay_s=7), "3": Term(reason="nonsense")}
        return answers[message.subject]

    memory = Memory(waiting=["1", "2", "3"])
    await run_until_answered(memory, handler, 3)
    assert memory.answers == {"1": "ack", "2": "nak 7", "3": "term nonsense"}


async def test_a_handler_that_raises_gets_its_message_again_later() -> None:
    async def handler(message: Delivered) -> Answer:
        raise ValueError(message.subject)

    memory = Memory(waiting=["1"])
    await run_until_answered(memory, handler, 1)
    delay = float(memory.answers["1"].removeprefix("nak "))
    assert 8 * 0.8 <= delay <= 8  # the third delivery


async def test_it_fetches_only_what_it_has_hands_for() -> None:
    under_way = most = 0

    async def handler(_message: Delivered) -> Answer:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.001)
        under_way -= 1
        return Ack()

    memory = Memory(waiting=[str(number) for number in range(20)])
    await run_until_answered(memory, handler, 20)
    assert most == 2
    assert max(memory.batches) == 2


async def test_a_stop_waits_for_what_is_under_way_and_gives_back_the_rest() -> None:
    async def handler(message: Delivered) -> Answer:
        await asyncio.sleep(0.05 if message.subject == "quick" else 60)
        return Ack()

    memory, stop = Memory(waiting=["quick", "slow", "later"]), Stop()
    running = asyncio.create_task(pump(memory, handler, drain_s=0.2).run(stop))
    await asyncio.sleep(0.01)
    stop.request("over")
    async with asyncio.timeout(5):
        await running
    assert memory.answers == {"quick": "ack", "slow": f"nak {HAND_OVER_S:g}"}
    assert memory.waiting == ["later"]


async def test_a_lost_consumer_is_made_again_and_an_absent_server_waited_for() -> None:
    async def handler(_message: Delivered) -> Answer:
        return Ack()

    errors: list[Exception] = [ConsumerGone("S", "c", "deleted"), JetStreamUnavailableError("away")]
    memory = Memory(waiting=["1"], errors=errors)
    await run_until_answered(memory, handler, 1)
    assert (memory.restored, memory.answers) == (1, {"1": "ack"})
