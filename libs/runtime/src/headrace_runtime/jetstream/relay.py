"""Rows of the record onto a stream: a loop that takes what is due and publishes it.

Taking a row makes it due again after a grace, so nothing has to be undone when a publish fails; and a stream with
one message a subject refuses a row that it still holds, so nothing is sent twice.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from headrace_runtime.jetstream.publish import Outgoing, PubAck, PubError
from headrace_runtime.process import Stop

logger = logging.getLogger(__name__)


class Due(Protocol):
    """A row that is due, as a message."""

    @property
    def subject(self) -> str: ...

    @property
    def body(self) -> bytes: ...


class Publisher(Protocol):
    """The part of ``JetStream`` that a relay needs."""

    async def publish_many(
        self, messages: Sequence[Outgoing], *, timeout_s: float = 5.0
    ) -> list[PubAck | PubError]: ...


@dataclass(kw_only=True)
class Relay:
    """Call ``run`` in a background loop, or ``once`` where a bell rings."""

    name: str
    stream: Publisher
    #: Takes at most so many rows from the record.
    take: Callable[[int], Awaitable[Sequence[Due]]]
    every_s: float
    batch: int = 500
    #: What ``take`` raises when the record is away.
    transient: tuple[type[BaseException], ...] = ()

    async def run(self, stop: Stop) -> None:
        """Relay until a graceful stop is asked for."""
        while not stop.graceful.is_set():
            full = False
            try:
                full = await self.once() >= self.batch
            except self.transient as error:
                reason = str(error) or type(error).__name__
                logger.warning(
                    "relay %s: the record is away (%s)",
                    self.name,
                    reason,
                    extra={"action": "relay.record.away"},
                )
            if not full:
                await stop.wait(self.every_s)

    async def once(self) -> int:
        """Relay one batch; returns how many rows were taken."""
        due = await self.take(self.batch)
        if not due:
            return 0
        results = await self.stream.publish_many([(row.subject, row.body, None, None) for row in due])
        failed = [r for r in results if isinstance(r, PubError) and not r.already_there]
        if failed:
            logger.warning(
                "relay %s: %d of %d not published (%s); they are due again after the grace",
                self.name,
                len(failed),
                len(due),
                failed[0].description,
                extra={"action": "relay.publish.failed"},
            )
        return len(due)
