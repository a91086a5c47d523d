"""What is told of changes: in order, many in a message, never more than a message holds."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from nats.errors import OutboundBufferLimitError

from headrace_contracts.bus.subjects import CHANGES
from headrace_contracts.ids import new_id
from headrace_contracts.messages.changes import Change, ChangeKind, Changes
from headrace_contracts.messages.codec import decode
from headrace_dispatcher.changes.feed import ChangeFeed, messages
from headrace_dispatcher.changes.rows import PART_CHARS, said

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Bus:
    """Keeps what is published, or refuses it."""

    def __init__(self) -> None:
        self.sent: list[Changes] = []
        self.away = False
        self.news = asyncio.Event()

    async def publish(self, subject: str, payload: bytes = b"") -> None:
        assert subject == CHANGES
        if self.away:
            raise OutboundBufferLimitError
        self.sent.append(decode(payload, Changes))
        self.news.set()


def change(state: str = "running", **fields: Any) -> Change:
    return Change(kind=ChangeKind.STATE, id=new_id(), account_id=new_id(), at=NOW, state=state, **fields)


async def test_changes_of_several_commits_are_one_message() -> None:
    bus = Bus()
    feed = ChangeFeed(bus)
    told = [change() for _ in range(5)]
    task = asyncio.create_task(feed.run())
    feed.tell(told[:2])
    feed.tell(told[2:])
    feed.tell([])
    async with asyncio.timeout(5):
        await bus.news.wait()
    task.cancel()
    assert [sent.changes for sent in bus.sent] == [told]


async def test_while_nats_is_away_changes_are_lost_and_nobody_waits(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bus = Bus()
    feed = ChangeFeed(bus)
    bus.away = True
    for _ in range(3):
        feed.tell([change()])
        await feed.flush()
    bus.away = False
    last = change("completed")
    feed.tell([last])
    await feed.flush()
    assert [sent.changes for sent in bus.sent] == [[last]]
    assert len(caplog.records) == 1  # once, not for each


def test_what_is_too_large_for_a_message_becomes_several() -> None:
    told = [change(failure_reason="\x01" * 4000) for _ in range(100)]
    parts = messages(told)
    assert len(parts) > 1
    assert max(map(len, parts)) <= 1024 * 1024
    assert [c for part in parts for c in decode(part, Changes).changes] == told


def test_output_is_told_in_parts_that_a_message_holds() -> None:
    text = "\x02" * (2 * PART_CHARS + 5)
    parts = list(
        said(job_id=new_id(), account_id=new_id(), attempt=1, agent="a", stream="stderr", text=text, at=NOW)
    )
    assert [len(part.text) for part in parts] == [PART_CHARS, PART_CHARS, 5]
    assert "".join(part.text for part in parts) == text
    assert max(map(len, messages(parts))) <= 1024 * 1024
