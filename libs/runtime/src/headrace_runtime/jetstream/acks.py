"""Answers to a delivered message, one at a time or in bulk.

nats-py wakes its writer once for everything that was published before it runs, so acks in a row cost one write.
What made one-after-another acks slow is a flush, or a confirmed ack, for each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from headrace_runtime.jetstream.inbox import Inbox

ACK: Final = b"+ACK"
NAK: Final = b"-NAK"
IN_PROGRESS: Final = b"+WPI"
TERM: Final = b"+TERM"

_NO_RESPONDERS: Final = "503"


def nak_payload(delay_s: float) -> bytes:
    """The body of a nak that asks for redelivery after ``delay_s`` seconds; 0 means at once (NATS ADR-1)."""
    if delay_s <= 0:
        return NAK
    return NAK + b" " + msgspec.json.encode({"delay": int(delay_s * 1e9)})


async def ack_many(nc: Client, replies: Sequence[str]) -> None:
    """Ack all messages in one write, unconfirmed: what gets lost with the connection is delivered again."""
    for reply in replies:
        await nc.publish(reply, ACK)


async def nak(nc: Client, reply: str, delay_s: float) -> None:
    """Give a message back, to be delivered again after ``delay_s`` seconds."""
    await nc.publish(reply, nak_payload(delay_s))


async def term(nc: Client, reply: str, reason: str = "") -> None:
    """End a message for good without having done it; ``reason`` goes into the server's advisory."""
    await nc.publish(reply, TERM + (b" " + reason.encode() if reason else b""))


class _Confirmations:
    """Counts which of several answers the server confirmed."""

    def __init__(self, count: int) -> None:
        self.confirmed = [False] * count
        self._left = count
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def __call__(self, message: Msg, tail: str) -> None:
        status = message.headers.get("Status") if message.headers else None
        self.confirmed[int(tail)] = status != _NO_RESPONDERS
        self._left -= 1
        if self._left == 0 and not self.done.done():
            self.done.set_result(None)


async def _confirmed(inbox: Inbox, replies: Sequence[str], payload: bytes, timeout_s: float) -> list[bool]:
    if not replies or not inbox.nc.is_connected:
        return [False] * len(replies)
    waiter = _Confirmations(len(replies))
    token, subject = inbox.register(waiter)
    try:
        async with asyncio.timeout(timeout_s):
            for index, reply in enumerate(replies):
                await inbox.nc.publish(reply, payload, reply=f"{subject}.{index}")
            await waiter.done
    except (TimeoutError, NatsError):
        pass  # what was not confirmed stays False
    finally:
        inbox.release(token)
    return waiter.confirmed


async def ack_confirmed(inbox: Inbox, replies: Sequence[str], *, timeout_s: float = 2.0) -> list[bool]:
    """Ack all messages and wait until the server has each ack. False: not known to be acked."""
    return await _confirmed(inbox, replies, ACK, timeout_s)


async def in_progress(inbox: Inbox, reply: str, *, timeout_s: float = 2.0) -> bool:
    """Ask for another ack wait; True once the server has heard it.

    The server does not say whether the message was already delivered to somebody else: a keepalive fences
    nothing, the record does.
    """
    return (await _confirmed(inbox, [reply], IN_PROGRESS, timeout_s))[0]
