"""Proves the invariant every few seconds and repairs it; so WORK may be lost as a whole and jobs still run."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from headrace_contracts.bus.streams import WORK
from headrace_contracts.messages.agents import Attempt
from headrace_dispatcher.claims.losses import Losses
from headrace_dispatcher.reconcile.compare import Differences, compare
from headrace_dispatcher.reconcile.events import Progress, caught_up, progress
from headrace_dispatcher.release.lanes import LaneConsumers
from headrace_dispatcher.release.releaser import Releaser
from headrace_dispatcher.release.republish import Republisher
from headrace_dispatcher.store.leases import AgentStore, Singletons
from headrace_dispatcher.store.release import ReleaseStore
from headrace_dispatcher.store.rows import InMotion
from headrace_runtime.jetstream.admin import CONSUMER_NOT_FOUND, STREAM_NOT_FOUND, api
from headrace_runtime.jetstream.client import JetStream
from headrace_runtime.jetstream.errors import ApiError, JetStreamUnavailableError
from headrace_runtime.telemetry import Telemetry
from headrace_store.postgres import TRANSIENT

log = logging.getLogger(__name__)

_TURN = 0x4844_0004
_PAGE = 100_000
_FILES_GO_S = 0.5
_PUT_OFF: tuple[type[BaseException], ...] = (JetStreamUnavailableError, *TRANSIENT)


class _State(msgspec.Struct):
    subjects: dict[str, int] = msgspec.field(default_factory=dict)


class _StreamInfo(msgspec.Struct):
    state: _State
    total: int = 0


class Reconciler:
    """What differs in two rounds in a row is repaired; what differs once is on its way."""

    def __init__(
        self,
        js: JetStream,
        store: ReleaseStore,
        singletons: Singletons,
        releaser: Releaser,
        consumers: LaneConsumers,
        agents: AgentStore,
        losses: Losses,
        ensure_streams: Callable[[], Awaitable[None]],
        telemetry: Telemetry,
        *,
        every_s: float,
    ) -> None:
        self._js = js
        self._store = store
        self._singletons = singletons
        self._releaser = releaser
        self._consumers = consumers
        self._agents = agents
        self._losses = losses
        self._ensure_streams = ensure_streams
        self._work = Republisher(js)
        self._repairs = telemetry.metrics.counter("headrace.reconcile.repairs", unit="{repair}")
        self._every_s = every_s
        self._before = Differences()
        self._events_before = Progress(published=0, recorded=0)

    async def run(self) -> None:
        """Compare for ever."""
        while True:
            try:
                async with self._singletons.turn(_TURN) as ours:
                    if ours:
                        await self.round()
            except _PUT_OFF as error:
                log.warning("reconcile put off: %s", error, extra={"action": "reconcile.put_off"})
            await asyncio.sleep(self._every_s)

    async def round(self) -> None:
        """One comparison, and the repairs that it confirms."""
        # The record first: a job that is released in between is in WORK, not yet in the record's answer, and
        # the other way round would look like a loss.
        in_record = await self._store.in_motion()
        in_work = await self._subjects()
        events = await self._events()
        now = compare(in_record, in_work)
        # An outcome may be in EVENTS and not recorded yet, while its message of WORK is acked already.
        if not caught_up(self._events_before, events):
            self._before = now & self._before
            return
        confirmed = now & self._before
        self._before, self._events_before = now, events
        await self._repair(in_record, confirmed)

    async def _repair(self, in_record: Sequence[InMotion], confirmed: Differences) -> None:
        if confirmed.unspoken:
            await self._give_up([Attempt(id=job, fence=fence) for job, fence in sorted(confirmed.unspoken)])
        if confirmed.missing:
            await self._store.put_back(sorted(confirmed.missing))
            lanes = {job.lane for job in in_record if (job.id, job.epoch) in confirmed.missing}
            self._repairs.add(len(confirmed.missing), {"kind": "missing"})
            log.warning(
                "%d released jobs had no message in WORK; they are released again", len(confirmed.missing),
                extra={"action": "reconcile.missing", "count": len(confirmed.missing)},
            )  # fmt: skip
            self._releaser.ring(lanes)
        for subject in sorted(confirmed.leftover):
            await self._work.purge(subject)
        if confirmed.leftover:
            self._repairs.add(len(confirmed.leftover), {"kind": "leftover"})
            log.warning(
                "%d messages in WORK belonged to no job in motion; removed", len(confirmed.leftover),
                extra={"action": "reconcile.leftover", "count": len(confirmed.leftover)},
            )  # fmt: skip

    async def _give_up(self, unspoken: Sequence[Attempt]) -> None:
        """Queue the jobs whose agents live and know nothing of them: their outcomes were lost with EVENTS."""
        forgotten = await self._agents.forgotten(unspoken)
        for attempt in forgotten:
            await self._losses.lost(attempt.id, attempt.fence, "the outcome of the run was lost")
        if forgotten:
            self._repairs.add(len(forgotten), {"kind": "forgotten"})
            log.warning(
                "%d runs had ended without an outcome in EVENTS; their jobs wait again", len(forgotten),
                extra={"action": "reconcile.forgotten", "count": len(forgotten)},
            )  # fmt: skip

    async def _make_again(self) -> None:
        # The server removes the files of a stream after the stream: one that is made meanwhile comes up broken.
        await asyncio.sleep(_FILES_GO_S)
        await self._ensure_streams()

    async def _events(self) -> Progress:
        """How far EVENTS is recorded. A stream or reader that is gone is made again."""
        try:
            return await progress(self._js)
        except ApiError as error:
            if error.code not in {STREAM_NOT_FOUND, CONSUMER_NOT_FOUND}:
                raise
            log.warning("EVENTS is gone; it is made again", extra={"action": "reconcile.stream"})
            await self._make_again()
            return Progress(published=0, recorded=0)

    async def _subjects(self) -> set[str]:
        """The subjects that WORK holds. A stream that is gone is made again, and is empty."""
        found: set[str] = set()
        while True:
            body = {"subjects_filter": "work.>", "offset": len(found)}
            try:
                answer = await api(self._js.nc, f"STREAM.INFO.{WORK.name}", body, what="stream WORK")
            except ApiError as error:
                if error.code != STREAM_NOT_FOUND:
                    raise
                log.warning("stream WORK is gone; it is made again", extra={"action": "reconcile.stream"})
                self._consumers.forget()
                await self._make_again()
                return set()
            page = msgspec.json.decode(answer, type=_StreamInfo)
            found.update(page.state.subjects)
            if len(page.state.subjects) < _PAGE or len(found) >= page.total:
                return found
