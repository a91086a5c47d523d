"""Deletes what the record keeps for a while only: used keys, old windows, ended sessions, expired files."""

from __future__ import annotations

import asyncio
import logging

from headrace_dispatcher.store.housekeeping import HousekeepingStore
from headrace_dispatcher.store.leases import Singletons
from headrace_store.postgres import TRANSIENT

log = logging.getLogger(__name__)

_TURN = 0x4844_0005
_EVERY_S = 60.0
_AT_ONCE = 5000
_HOUR_S = 3600.0

#: What is deleted, and at which age in seconds. A session counts from the moment after which it can't be refreshed.
AGES_S: dict[str, float] = {
    "idempotency_keys": 24 * _HOUR_S,
    "rate_windows": 2 * _HOUR_S,
    "sessions": 0.0,
    "login_failures": 24 * _HOUR_S,
    "lane_turns": 24 * _HOUR_S,
    # Counted from their expiry. Their bytes go with the sweep of orphan files, unless a job has them as input.
    "files": 7 * 24 * _HOUR_S,
}


class Cleaner:
    """One round a minute, by one dispatcher for all."""

    def __init__(self, store: HousekeepingStore, singletons: Singletons) -> None:
        self._store = store
        self._singletons = singletons

    async def run(self) -> None:
        """Clean for ever."""
        while True:
            try:
                async with self._singletons.turn(_TURN) as ours:
                    if ours:
                        await self.round()
            except TRANSIENT as error:
                log.warning(
                    "housekeeping put off: %s", str(error) or type(error).__name__,
                    extra={"action": "housekeeping.put_off"},
                )  # fmt: skip
            await asyncio.sleep(_EVERY_S)

    async def round(self) -> dict[str, int]:
        """Delete all that is old; returns how many rows of each kind."""
        deleted = {}
        for kind, age_s in AGES_S.items():
            count = last = await self._store.delete(kind, older_than_s=age_s, limit=_AT_ONCE)
            while last == _AT_ONCE:
                last = await self._store.delete(kind, older_than_s=age_s, limit=_AT_ONCE)
                count += last
            deleted[kind] = count
        if any(deleted.values()):
            log.info("old rows deleted", extra={"action": "housekeeping.deleted", **deleted})
        return deleted
