"""Takes jobs that nobody has started out of WORK again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable
from typing import Protocol
from uuid import UUID

from headrace_contracts.jobs.lane import Lane
from headrace_dispatcher.release.republish import Republisher
from headrace_runtime.jetstream.errors import JetStreamError

log = logging.getLogger(__name__)

#: So many messages are taken out at the same time.
_AT_ONCE = 32


class Released(Protocol):
    """The jobs that wait, as the record has them."""

    async def heads(self, *, released: bool) -> dict[Lane, UUID]: ...


class Returns(Protocol):
    """Takes the jobs of a lane back into the record."""

    async def recall(self, lane: Lane) -> list[tuple[UUID, int]]: ...


class Recaller:
    """What it has recalled waits in the record; whoever has fetched its message is turned away by the fence."""

    def __init__(self, waiting: Released, record: Returns, work: Republisher) -> None:
        self._waiting = waiting
        self._record = record
        self._work = work

    async def pools(self, names: Collection[str]) -> int:
        """Recall all of these pools that waits in WORK; returns how many jobs that were."""
        lanes = [lane for lane in await self._waiting.heads(released=True) if lane.pool in names]
        recalled = 0
        for lane in lanes:
            jobs = await self._record.recall(lane)
            await self.take_out((lane, job, epoch) for job, epoch in jobs)
            recalled += len(jobs)
        if recalled:
            log.info(
                "%d jobs recalled from WORK", recalled,
                extra={"action": "work.recalled", "count": recalled, "pools": sorted(names)},
            )  # fmt: skip
        return recalled

    async def take_out(self, jobs: Iterable[tuple[Lane, UUID, int]]) -> None:
        """Take the messages of jobs out of WORK: each with its lane there and the number of its last release.

        Best effort: the reconcile finds the rest.
        """
        room = asyncio.Semaphore(_AT_ONCE)

        async def one(lane: Lane, job: UUID, epoch: int) -> None:
            async with room:
                try:
                    await self._work.purge_older(lane.subject(job), epoch + 1)
                except JetStreamError as error:
                    log.warning(
                        "job %s: its message stays in WORK for now: %s", job, error,
                        extra={"action": "work.purge.put_off", "job_id": str(job)},
                    )  # fmt: skip

        await asyncio.gather(*(one(*job) for job in jobs))
