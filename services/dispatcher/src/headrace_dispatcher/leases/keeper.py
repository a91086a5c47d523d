"""Keeps the messages of living REST claims in progress, and gives those of lapsed ones back."""

from __future__ import annotations

import asyncio
import logging

from headrace_contracts.limits import KEEPALIVE_S
from headrace_dispatcher.claims.losses import Losses
from headrace_dispatcher.store.leases import LeaseStore, Singletons
from headrace_runtime.jetstream.acks import IN_PROGRESS
from headrace_runtime.jetstream.client import JetStream
from headrace_runtime.jetstream.errors import JetStreamError
from headrace_store.postgres import TRANSIENT

log = logging.getLogger(__name__)

#: Advisory locks: one dispatcher does the round for all.
_KEEP_TURN = 0x4844_0001
_EXPIRE_TURN = 0x4844_0002
_EXPIRED_AT_ONCE = 200
#: After a round that could not be done. Short of what a lease can wait for.
_AGAIN_S = 1.0
_PUT_OFF: tuple[type[BaseException], ...] = (JetStreamError, *TRANSIENT)


class LeaseKeeper:
    """Two loops; any dispatcher can do either, since the lease row holds the ack subject."""

    def __init__(
        self,
        leases: LeaseStore,
        singletons: Singletons,
        losses: Losses,
        js: JetStream,
        *,
        expire_every_s: float,
    ) -> None:
        self._leases = leases
        self._singletons = singletons
        self._losses = losses
        self._js = js
        self._expire_every_s = expire_every_s

    async def keep(self) -> None:
        """Every third of the ack wait, say for all held messages that they are in progress."""
        while True:
            try:
                await self._keep()
            except _PUT_OFF as error:
                log.warning("leases are kept later: %s", error, extra={"action": "leases.put_off"})
                await asyncio.sleep(_AGAIN_S)
                continue
            await asyncio.sleep(KEEPALIVE_S)

    async def _keep(self) -> None:
        async with self._singletons.turn(_KEEP_TURN) as ours:
            if ours:
                for subject in await self._leases.alive():
                    await self._js.nc.publish(subject, IN_PROGRESS)

    async def expire(self) -> None:
        """End leases whose time is over."""
        while True:
            try:
                ended = await self._expire()
            except _PUT_OFF as error:
                log.warning("leases are ended later: %s", error, extra={"action": "leases.put_off"})
                ended = 0
            if ended < _EXPIRED_AT_ONCE:
                await asyncio.sleep(self._expire_every_s)

    async def _expire(self) -> int:
        async with self._singletons.turn(_EXPIRE_TURN) as ours:
            lapsed = await self._leases.expired(_EXPIRED_AT_ONCE) if ours else []
            for attempt in lapsed:
                await self._losses.lost(attempt.id, attempt.fence, "the claim's lease ran out")
        return len(lapsed)
