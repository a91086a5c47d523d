"""Sends recorded outcomes on their way at once: rows of the record become messages of HOOKS and PUBLISH.

The webhooks and the publisher run the same relays for what is due again later; this one is rung after each commit.
"""

from __future__ import annotations

import asyncio
import logging

from headrace_runtime.jetstream.client import JetStream
from headrace_runtime.jetstream.relay import Relay
from headrace_store.outbox.outbox import take_due_deliveries, take_due_exports
from headrace_store.postgres import TRANSIENT, Pool

log = logging.getLogger(__name__)

#: A row whose message got lost on the way is relayed again after this.
_GRACE_S = 30.0
_SWEEP_S = 2.0


class Outbox:
    """``wake`` after an outcome was committed; a slow sweep makes a lost wake harmless."""

    def __init__(self, pool: Pool, js: JetStream) -> None:
        self._relays = (
            Relay(
                name="webhooks",
                stream=js,
                take=lambda limit: take_due_deliveries(pool, limit=limit, grace_s=_GRACE_S),
                every_s=_SWEEP_S,
            ),
            Relay(
                name="exports",
                stream=js,
                take=lambda limit: take_due_exports(pool, limit=limit, grace_s=_GRACE_S),
                every_s=_SWEEP_S,
            ),
        )
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """There are new rows."""
        self._wake.set()

    async def run(self) -> None:
        """Relay for ever."""
        while True:
            self._wake.clear()
            try:
                full = [await relay.once() >= relay.batch for relay in self._relays]
            except TRANSIENT as error:
                reason = str(error) or type(error).__name__
                log.warning("the record is away: %s", reason, extra={"action": "relay.put_off"})
                full = []
            if not any(full):
                try:
                    async with asyncio.timeout(_SWEEP_S):
                        await self._wake.wait()
                except TimeoutError:
                    continue
