"""Positions in the stream of changes, and what a watcher may leave unread."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from headrace_api.core.watching import (
    MAX_WAITING,
    MAX_WAITING_BYTES,
    Position,
    Subscription,
    Watched,
    WatchEndedError,
    parse_position,
)
from headrace_contracts.messages.changes import Change, ChangeKind

ACCOUNT, JOB = UUID(int=1), UUID(int=2)


def watched(seq: int, text: str = "", birth: str = "b") -> Watched:
    change = Change(
        kind=ChangeKind.OUTPUT, id=JOB, account_id=ACCOUNT, at=datetime(2026, 1, 1, tzinfo=UTC), text=text
    )
    return Watched(Position(birth, seq), change)


def test_a_position_is_read_as_it_is_written() -> None:
    position = Position("0a1b2c3d4e", 2**40, 7)
    assert parse_position(str(position)) == position


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "a",
        "a-1",
        "a-1-",
        "a-1-x",
        "a--1",
        "a-1-1-1",
        "a-\u0661-1",
        "é x-1-1",
        "a-" + "1" * 70 + "-1",
    ],
)
def test_other_text_is_no_position(text: str) -> None:
    assert parse_position(text) is None


async def test_what_was_read_already_is_not_taken_again() -> None:
    subscription = Subscription(ACCOUNT, None)
    subscription.live_after(Position("b", 5))
    for seq in (4, 5, 6):
        assert subscription.offer(watched(seq))
    assert subscription.offer(watched(1, birth="another"))
    found = [await subscription.next(0.1) for _ in range(3)]
    assert [each.position.seq if each else None for each in found] == [6, 1, None]


@pytest.mark.parametrize(("text", "most"), [("", MAX_WAITING), ("x" * 100_000, MAX_WAITING_BYTES // 100_000)])
async def test_who_does_not_read_is_dropped(text: str, most: int) -> None:
    subscription = Subscription(ACCOUNT, JOB)
    taken = 0
    while subscription.offer(watched(taken + 1, text)):
        taken += 1
    assert most * 0.9 <= taken <= most
    with pytest.raises(WatchEndedError) as ended:
        await subscription.next()
    assert ended.value.lagged


async def test_reading_makes_room() -> None:
    subscription = Subscription(ACCOUNT, None)
    for seq in range(1, 3 * MAX_WAITING):
        assert subscription.offer(watched(seq, "x" * 1000))
        found = await subscription.next()
        assert found is not None
        assert found.position.seq == seq


def test_a_job_narrows_an_account() -> None:
    change = watched(1).change
    assert Subscription(ACCOUNT, None).wants(change)
    assert Subscription(ACCOUNT, JOB).wants(change)
    assert not Subscription(ACCOUNT, UUID(int=9)).wants(change)
    assert not Subscription(UUID(int=9), None).wants(change)
