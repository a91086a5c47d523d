"""The runner with a record and a platform made of memory."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.support.publishing import ID, PLACE, SECRET, AwayError, Memory, runner, staged

from headrace_contracts.messages.codec import encode
from headrace_contracts.messages.outbox import PublishMessage
from headrace_publisher.platforms.platform import Done, Failed, Outcome, Publication, Session, Wait
from headrace_publisher.publish.consume import PublishHandler
from headrace_publisher.publish.instruments import Instruments
from headrace_publisher.publish.policy import Policy, retry_backoff
from headrace_publisher.publish.publish import NO_KEY, Publish, Result
from headrace_runtime.jetstream.delivered import Delivered
from headrace_runtime.jetstream.pump import Ack, Nak, Term
from headrace_runtime.tracing import DISABLED


async def run(publish: Publish) -> Result:
    async def in_progress() -> bool:
        return True

    with DISABLED.span("test") as span:
        return await publish(ID, span=span, in_progress=in_progress)


def soon(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


async def test_steps_are_saved_and_the_end_is_written() -> None:
    memory = Memory()
    publish, platform = runner(memory, Session(data=b"1"), Session(data=b"2"), Done(url="u", remote_id="r"))
    assert await run(publish) is Result.PUBLISHED
    assert memory.log == [("save", b"1"), ("save", b"2"), ("end", "published", "u", "r")]
    assert platform.asked == [(None, False), (b"1", False), (b"2", False)]


async def test_another_attempt_goes_on_with_what_was_saved() -> None:
    memory = Memory()
    publish, _ = runner(memory, Session(data=b"1"), Failed(reason="no", permanent=False))
    assert await run(publish) is Result.RETRIED
    assert memory.log[-1] == ("off", 5, 1, "no")
    publish, platform = runner(memory, Session(data=b"2"), Done(url=None))
    assert await run(publish) is Result.PUBLISHED
    assert platform.asked == [(b"1", True), (b"2", False)]


async def test_failures_in_a_row_are_counted_and_progress_forgives_them() -> None:
    memory = Memory()
    no = Failed(reason="no", permanent=False)
    for outcomes, result, failures in (
        ([no], Result.RETRIED, 1), ([no], Result.RETRIED, 2), ([Session(data=b"1"), no], Result.RETRIED, 1),
        ([Wait(until=soon(5), reason="wait")], Result.WAITS, 0), ([no], Result.RETRIED, 1),
        ([no], Result.RETRIED, 2),
    ):  # fmt: skip
        publish, _ = runner(memory, *outcomes)
        assert await run(publish) is result
        assert memory.notes()["failures"] == failures
    publish, _ = runner(memory, no)
    assert await run(publish) is Result.FAILED
    assert memory.log[-1] == ("end", "failed", "gave up after 3 attempts: no")


async def test_waiting_is_no_attempt_and_has_an_end() -> None:
    memory = Memory()
    publish, _ = runner(memory, Wait(until=soon(600), reason="quota", session=Session(data=b"w")))
    assert await run(publish) is Result.WAITS
    assert memory.log == [("off", 600, 0, "quota")]
    assert memory.notes()["data"] == b"w"
    publish, _ = runner(memory, Wait(until=soon(4000), reason="quota"))
    assert await run(publish) is Result.FAILED
    assert memory.log[-1] == ("end", "failed", "not published within 60 minutes: quota")


async def test_a_permanent_failure_ends_it_at_once_without_the_secret() -> None:
    memory = Memory()
    publish, _ = runner(memory, Failed(reason=f"they said {SECRET}", permanent=True))
    assert await run(publish) is Result.FAILED
    assert memory.log == [("end", "failed", "they said [hidden]")]


async def test_what_a_platform_raises_is_tried_again_and_shows_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    memory = Memory()
    publish, _ = runner(memory, RuntimeError(f"oh {SECRET}"))
    assert await run(publish) is Result.RETRIED
    assert memory.log == [("off", 5, 1, "the step failed inside the publisher (RuntimeError)")]
    assert "RuntimeError" in caplog.text
    assert SECRET not in caplog.text


async def test_who_lost_it_writes_nothing_more() -> None:
    memory = Memory(taken_at=1)
    publish, platform = runner(memory, Session(data=b"1"), Session(data=b"2"), Done(url="u"))
    assert await run(publish) is Result.LOST
    assert memory.log == [("save", b"1")]
    assert len(platform.asked) == 2


async def test_a_step_that_outlives_its_hold_is_broken_off() -> None:
    memory = Memory()

    async def slow(_publication: Publication) -> Outcome:
        memory.mark += timedelta(seconds=99)  # somebody else has it
        await asyncio.Event().wait()
        raise AssertionError("it never ends")

    policy = Policy(attempts=3, retry=retry_backoff(5.0), patience_s=3600.0, lease_s=0.03)
    publish, _ = runner(memory, slow, policy=policy)
    async with asyncio.timeout(5):
        assert await run(publish) is Result.LOST
    assert memory.log == [("keep", 0.03)]


async def test_a_long_step_is_held_and_ends_well() -> None:
    memory = Memory()

    async def slow(_publication: Publication) -> Outcome:
        await memory.kept.acquire()
        await memory.kept.acquire()
        return Done(url="u")

    policy = Policy(attempts=3, retry=retry_backoff(5.0), patience_s=3600.0, lease_s=0.03)
    publish, _ = runner(memory, slow, policy=policy)
    assert await run(publish) is Result.PUBLISHED
    assert memory.log[-1] == ("end", "published", "u", None)


async def test_a_record_that_is_away_for_a_moment_costs_no_step() -> None:
    memory = Memory()

    async def step(_publication: Publication) -> Outcome:
        memory.away = 2
        return Session(data=b"1")

    publish, platform = runner(memory, step, Done(url="u"))
    assert await run(publish) is Result.PUBLISHED
    assert len(platform.asked) == 2


async def test_full_hands_put_it_off_without_an_attempt() -> None:
    memory = Memory()
    publish, platform = runner(memory, Done(url="u"))
    with publish.hands.of("http", PLACE):
        assert await run(publish) is Result.BUSY
    assert memory.log == [("off", 1, 0, None)]
    assert platform.asked == []


async def test_nothing_to_do() -> None:
    for memory in (Memory(state="published"), Memory(job=None)):
        publish, platform = runner(memory)
        assert await run(publish) is Result.STALE
        assert (memory.log, platform.asked) == ([], [])


async def test_without_a_site_key_it_waits() -> None:
    memory = Memory()
    publish, _ = runner(memory, notebook=None, opener=None)
    assert await run(publish) is Result.WAITS
    assert memory.log == [("off", 60, 0, NO_KEY)]


async def test_a_destination_that_today_s_rules_refuse_fails_for_good() -> None:
    memory = Memory(config={"url": "http://127.0.0.1:9/x"})
    publish, _ = runner(memory)
    assert await run(publish) is Result.FAILED
    assert memory.log[0][2].startswith(
        "the destination can't be used: config.url: the URL must begin with https://"
    )


async def test_a_result_that_can_not_be_read_now_is_tried_again() -> None:
    memory = Memory(job=staged(result=None, ref="results/x"))
    publish, _ = runner(memory)
    assert await run(publish) is Result.RETRIED
    assert memory.log == [("off", 5, 1, "the store of the results: results/x 100")]


async def test_what_is_counted() -> None:
    counted: list[tuple[str, Any]] = []

    @dataclass
    class Instrument:
        name: str

        def add(self, amount: float, attributes: Any = None) -> None:
            counted.append((self.name, (amount, attributes)))

        def record(self, amount: float, attributes: Any = None) -> None:
            assert amount >= 0
            counted.append((self.name, attributes))

    made = Instruments(ended=Instrument("ended"), retried=Instrument("retried"), steps=Instrument("step"))
    publish, _ = runner(Memory(), Failed(reason="no", permanent=False), instruments=made)
    await run(publish)
    publish, _ = runner(Memory(), Session(data=b"1"), Done(url="u"), instruments=made)
    await run(publish)
    publish, _ = runner(Memory(), Failed(reason="no", permanent=True), instruments=made)
    await run(publish)
    http = {"platform": "http"}
    assert counted == [
        ("step", http), ("retried", (1, http)), ("step", http), ("step", http),
        ("ended", (1, http | {"state": "published"})), ("step", http), ("ended", (1, http | {"state": "failed"})),
    ]  # fmt: skip


async def test_answers_to_the_stream() -> None:
    async def answer(memory: Memory, data: bytes) -> object:
        publish, _ = runner(memory, Done(url="u"))

        class Kept:
            async def in_progress(self, reply: str) -> bool:
                return bool(reply)

        handler = PublishHandler(
            publish=publish, stream=Kept(), tracing=DISABLED, transient=(AwayError,), away_s=5
        )
        return await handler(Delivered(subject="publish.out.x", data=data, headers=None, reply="$JS.ACK.x"))

    message = encode(PublishMessage(publication_id=ID))
    assert await answer(Memory(), message) == Ack()
    assert await answer(Memory(state="failed"), message) == Ack()
    assert await answer(Memory(away=1), message) == Nak(delay_s=5)
    assert isinstance(await answer(Memory(), b"?"), Term)
