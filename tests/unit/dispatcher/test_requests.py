"""The lines of requests, without NATS: who is worked on, who waits, who is told that it is too much."""

from __future__ import annotations

import asyncio
from typing import Any
from unittest.mock import AsyncMock, MagicMock

import msgspec
import pytest
from nats.aio.msg import Msg

from headrace_contracts.messages.codec import encode
from headrace_dispatcher import requests
from headrace_dispatcher.requests import RequestServer


class Ask(msgspec.Struct):
    n: int


class Reply(msgspec.Struct):
    n: int = 0
    error: str | None = None


class FakeNats:
    """Hands messages to the callback of their subject, as the reader of nats-py does: one after the other."""

    is_closed = False

    def __init__(self) -> None:
        self.callbacks: dict[str, Any] = {}
        self.limits: dict[str, Any] = {}
        self.replies: list[Reply] = []
        self.publish = AsyncMock(side_effect=self._keep)

    async def subscribe(self, subject: str, *, queue: str, cb: Any, **limits: int) -> MagicMock:  # noqa: ARG002 - as nats-py
        self.callbacks[subject], self.limits[subject] = cb, limits
        return MagicMock(unsubscribe=AsyncMock())

    async def _keep(self, _subject: str, data: bytes) -> None:
        self.replies.append(msgspec.json.decode(data, type=Reply, strict=False))

    async def deliver(self, subject: str, n: int) -> None:
        message = MagicMock(spec=Msg, subject=subject, data=encode(Ask(n=n)), reply="inbox")
        async with asyncio.timeout(1):  # the reader never stands still
            await self.callbacks[subject](message)


@pytest.fixture
def nats(monkeypatch: pytest.MonkeyPatch) -> FakeNats:
    monkeypatch.setattr(requests, "_AT_ONCE", 2)
    monkeypatch.setattr(requests, "_IN_LINE", 3)
    monkeypatch.setattr(requests, "_PATIENCE_S", 0.05)
    return FakeNats()


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_full_line_is_answered_at_once_and_another_subject_does_not_notice(nats: FakeNats) -> None:
    gate, worked = asyncio.Event(), list[int]()

    async def slow(ask: Ask) -> Reply:
        worked.append(ask.n)
        await gate.wait()
        return Reply(n=ask.n)

    async def quick(ask: Ask) -> Reply:
        return Reply(n=ask.n)

    server = RequestServer(nats)  # type: ignore[arg-type] # the part of it that is used
    await server.serve("claim", Ask, slow, lambda why: Reply(error=why))
    await server.serve("beat", Ask, quick, None)
    for n in range(2):
        await nats.deliver("claim", n)
        await settled()
    for n in range(2, 7):
        await nats.deliver("claim", n)
    assert worked == [0, 1]
    assert [reply.error for reply in nats.replies] == ["too many requests are waiting"] * 2
    await nats.deliver("beat", 100)
    await settled()
    assert nats.replies[-1].n == 100
    gate.set()
    await server.stop()
    assert sorted(reply.n for reply in nats.replies if reply.error is None) == [0, 1, 2, 3, 4, 100]
    assert nats.limits["claim"]["pending_msgs_limit"] > 0


async def test_who_stands_in_the_line_for_too_long_is_refused_and_not_worked_for(nats: FakeNats) -> None:
    gate, worked = asyncio.Event(), list[int]()

    async def slow(ask: Ask) -> Reply:
        worked.append(ask.n)
        await gate.wait()
        return Reply(n=ask.n)

    server = RequestServer(nats)  # type: ignore[arg-type] # the part of it that is used
    await server.serve("claim", Ask, slow, lambda why: Reply(error=why))
    for n in range(4):
        await nats.deliver("claim", n)
    async with asyncio.timeout(5):
        while len(nats.replies) < 2:  # noqa: ASYNC110 - the replies come from a fake
            await asyncio.sleep(0.01)
    assert [reply.error for reply in nats.replies] == ["too many requests are waiting"] * 2
    gate.set()
    await server.stop()
    assert worked == [0, 1]
