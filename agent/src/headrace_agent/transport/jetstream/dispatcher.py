"""Questions to the dispatcher, by request and reply on core NATS."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from nats.aio.client import Client
from nats.errors import Error as NatsError

from headrace_contracts.messages.codec import Message, UndecodableError, decode, encode

R = TypeVar("R", bound=msgspec.Struct)


class DispatcherAwayError(Exception):
    """No dispatcher gave an answer that can be read."""


class DispatcherClient:
    """Asks whichever dispatcher answers."""

    def __init__(self, nc: Client) -> None:
        self._nc = nc

    async def ask(self, subject: str, request: Message, reply: type[R], *, timeout_s: float) -> R:
        """Raises DispatcherAwayError."""
        if not self._nc.is_connected:
            raise DispatcherAwayError("not connected to NATS")
        try:
            answer = await self._nc.request(subject, encode(request), timeout=timeout_s)
            return decode(answer.data, reply)
        except (NatsError, UndecodableError) as error:
            raise DispatcherAwayError(f"{subject}: {str(error) or type(error).__name__}") from error

    async def tell(self, subject: str, message: Message) -> None:
        """Send without waiting for an answer; lost when the connection is away."""
        if self._nc.is_connected:
            await self._nc.publish(subject, encode(message))
            await self._nc.flush()
