"""The relay between a record and a stream made of memory, and waiting for what is not there yet."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from headrace_runtime.jetstream.publish import Outgoing, PubAck, PubError, PubErrorKind
from headrace_runtime.jetstream.relay import Relay
from headrace_runtime.process import Stop
from headrace_runtime.retry import Backoff
from headrace_runtime.waiting import patiently


class AwayError(Exception):
    """The record is away."""


@dataclass(frozen=True)
class Row:
    """Something due."""

    subject: str
    body: bytes = b"x"


@dataclass
class Memory:
    """What is due, what was published, and how the stream answers by subject."""

    due: list[Row] = field(default_factory=list)
    published: list[str] = field(default_factory=list)
    refusals: dict[str, PubErrorKind] = field(default_factory=dict)
    away: int = 0

    async def take(self, limit: int) -> list[Row]:
        if self.away:
            self.away -= 1
            raise AwayError
        taken, self.due = self.due[:limit], self.due[limit:]
        return taken

    async def publish_many(
        self, messages: Sequence[Outgoing], *, timeout_s: float = 5.0
    ) -> list[PubAck | PubError]:
        assert timeout_s > 0
        self.published += [subject for subject, _, _, _ in messages]
        return [
            PubError(kind=self.refusals[subject], description="no")
            if subject in self.refusals
            else PubAck(stream="S", seq=1)
            for subject, _, _, _ in messages
        ]


def relay(memory: Memory, *, every_s: float = 0.001) -> Relay:
    return Relay(
        name="test", stream=memory, take=memory.take, every_s=every_s, batch=2, transient=(AwayError,)
    )


async def test_a_backlog_goes_without_pauses_and_an_absent_record_is_waited_for() -> None:
    memory, stop = Memory(due=[Row(str(number)) for number in range(7)], away=1), Stop()
    running = asyncio.create_task(relay(memory).run(stop))
    async with asyncio.timeout(5):
        while len(memory.published) < 7:  # noqa: ASYNC110 -- a list of plain values tells nobody
            await asyncio.sleep(0.001)
        stop.request("over")
        await running
    assert memory.published == [str(number) for number in range(7)]


async def test_only_what_is_not_there_already_is_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    memory = Memory(due=[Row("a"), Row("b")], refusals={"a": PubErrorKind.ALREADY_THERE})
    with caplog.at_level(logging.WARNING):
        assert await relay(memory).once() == 2
        assert caplog.text == ""
        memory.due, memory.refusals = [Row("c")], {"c": PubErrorKind.STORAGE_FULL}
        assert await relay(memory).once() == 1
    assert "1 of 1 not published" in caplog.text


async def test_patience_ends_with_success_or_another_error() -> None:
    calls = 0

    async def make() -> int:
        nonlocal calls
        calls += 1
        if calls < 4:
            raise AwayError
        return calls

    quick = Backoff(first_s=0.001, most_s=0.001)
    assert await patiently("it", make, transient=(AwayError,), backoff=quick) == 4
    calls = 0
    with pytest.raises(AwayError):
        await patiently("it", make, transient=(OSError,), backoff=quick)
