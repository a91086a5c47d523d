"""Sends recorded outcomes on their way: rows of the record become messages of HOOKS and PUBLISH."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from headrace_runtime.jetstream.client import JetStream
from headrace_runtime.jetstream.publish import PubError
from headrace_store.outbox.outbox import DueDelivery, DueExport, take_due_deliveries, take_due_exports
from headrace_store.postgres import TRANSIENT, Pool

log = logging.getLogger(__name__)

_AT_ONCE = 500
#: A row whose message got lost on the way is relayed again after this.
_GRACE_S = 30.0
_SWEEP_S = 2.0


class Relay:
    """``wake`` after an outcome was committed; a slow sweep makes a lost wake harmless."""

    def __init__(self, pool: Pool, js: JetStream) -> None:
        self._pool = pool
        self._js = js
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """There are new rows."""
        self._wake.set()

    async def run(self) -> None:
        """Relay for ever."""
        while True:
            self._wake.clear()
            try:
                busy = await self._round()
            except TRANSIENT as error:
                log.warning("relay put off: %s", error, extra={"action": "relay.put_off"})
                busy = False
            if not busy:
                try:
                    async with asyncio.timeout(_SWEEP_S):
                        await self._wake.wait()
                except TimeoutError:
                    continue

    async def _round(self) -> bool:
        """True when there may be more."""
        deliveries = await take_due_deliveries(self._pool, limit=_AT_ONCE, grace_s=_GRACE_S)
        exports = await take_due_exports(self._pool, limit=_AT_ONCE, grace_s=_GRACE_S)
        await self._send([*deliveries, *exports])
        return len(deliveries) == _AT_ONCE or len(exports) == _AT_ONCE

    async def _send(self, due: Sequence[DueDelivery | DueExport]) -> None:
        if not due:
            return
        results = await self._js.publish_many([(row.subject, row.body, None, None) for row in due])
        failed = [r for r in results if isinstance(r, PubError) and not r.already_there]
        if failed:
            log.warning(
                "%d of %d rows were not relayed (%s); they are tried again", len(failed), len(due),
                failed[0].description, extra={"action": "relay.refused"},
            )  # fmt: skip
