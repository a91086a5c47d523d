"""``dispatch.pool``: the jobs of a pool do not start for now, or do again (ADR 0024)."""

from __future__ import annotations

import asyncio
import logging

from headrace_contracts.messages.requests import Answer, AnswerReply, PoolRequest
from headrace_dispatcher.pools.recall import Recaller, Released
from headrace_dispatcher.recorder.outcome import clean
from headrace_dispatcher.release.releaser import Releaser
from headrace_dispatcher.store.pools import PoolStore
from headrace_runtime.jetstream.errors import JetStreamError
from headrace_store.postgres import TRANSIENT

log = logging.getLogger(__name__)

_EVERY_S = 1.0
_PUT_OFF: tuple[type[BaseException], ...] = (JetStreamError, *TRANSIENT)


class Pauses:
    """The record says what is paused: releases, claims and starts ask it, so that every dispatcher heeds it at once."""

    def __init__(self, store: PoolStore, waiting: Released, recaller: Recaller, releaser: Releaser) -> None:
        self._store = store
        self._waiting = waiting
        self._recaller = recaller
        self._releaser = releaser

    async def set(self, request: PoolRequest) -> AnswerReply:
        """Pause or resume a pool."""
        if request.paused:
            await self._store.pause(request.pool, clean(request.reason) or "")
            await self._recaller.pools({request.pool})
        else:
            await self._store.resume(request.pool)
            waiting = await self._waiting.heads(released=False)
            self._releaser.ring([lane for lane in waiting if lane.pool == request.pool])
        log.info(
            "pool %s is %s", request.pool, "paused" if request.paused else "resumed",
            extra={"action": "pool.paused", "pool": request.pool, "paused": request.paused},
        )  # fmt: skip
        return AnswerReply(answer=Answer.OK)

    async def run(self) -> None:
        """Recall what came into WORK while its pool was being paused, and what was given back there, for ever.

        Each dispatcher does; they pass over what another one has in hand.
        """
        while True:
            try:
                await self.round()
            except _PUT_OFF as error:
                log.warning(
                    "recall put off: %s",
                    str(error) or type(error).__name__,
                    extra={"action": "recall.put_off"},
                )
            await asyncio.sleep(_EVERY_S)

    async def round(self) -> int:
        """Recall once; returns how many jobs that were."""
        paused = await self._store.paused()
        return await self._recaller.pools(paused) if paused else 0
