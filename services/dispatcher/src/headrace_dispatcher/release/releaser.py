"""Moves queued jobs from the record to WORK, lane by lane, as far as each lane's window has room."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from uuid import UUID

from headrace_contracts.bus import subjects
from headrace_contracts.jobs.lane import Lane
from headrace_contracts.messages.bells import LanesBell
from headrace_contracts.messages.codec import encode
from headrace_dispatcher.release.lanes import LaneConsumers
from headrace_dispatcher.release.republish import Republisher
from headrace_dispatcher.release.spans import release_span
from headrace_dispatcher.release.window import WindowRule, serving, window
from headrace_dispatcher.release.work import message_of
from headrace_dispatcher.store.release import ReleaseStore
from headrace_dispatcher.store.rows import TakenJob
from headrace_runtime.jetstream.client import JetStream
from headrace_runtime.jetstream.errors import JetStreamError
from headrace_runtime.jetstream.publish import PubAck, PubError
from headrace_runtime.telemetry import Telemetry
from headrace_store.postgres import TRANSIENT

log = logging.getLogger(__name__)

#: A lane with a backlog and a full window is looked at again after this, unless something rings first.
_FULL_AGAIN_S = 0.25
#: A lane that is being emptied is refilled in portions: not asked about more often than this.
_REFILL_S = 0.02
_FAILED_AGAIN_S = 0.5
#: Somebody serves a lane for so long after an agent over REST has asked for its jobs.
_WANTED_S = 60.0
#: It may take so long until a message that was published can be fetched.
JUST_S = 0.3
_PUT_OFF: tuple[type[BaseException], ...] = (JetStreamError, *TRANSIENT)


class _LaneState:
    """What this dispatcher believes of a lane."""

    __slots__ = ("asked_at", "backlog", "lock", "ready", "sent_at", "wanted_at")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        #: At most this many messages are ready: counted up by releases, corrected by asking the consumer.
        self.ready = 0
        #: When the consumer was asked, on the loop's clock.
        self.asked_at = 0.0
        self.backlog = False
        #: When a job of it was last published.
        self.sent_at = -JUST_S
        #: When an agent over REST last asked for a job of it.
        self.wanted_at = -_WANTED_S


class Releaser:
    """One a dispatcher. ``ring`` says that a lane may have work; ``run`` does it, most urgent lanes first."""

    def __init__(
        self,
        store: ReleaseStore,
        js: JetStream,
        consumers: LaneConsumers,
        rule: WindowRule,
        telemetry: Telemetry,
    ) -> None:
        self._store = store
        self._js = js
        self._consumers = consumers
        self._rule = rule
        self._telemetry = telemetry
        self._republisher = Republisher(js)
        self._lanes: dict[Lane, _LaneState] = {}
        self._slots: Mapping[tuple[str, str], int] = {}
        self._rung: set[Lane] = set()
        self._bell = asyncio.Event()

    def ring(self, lanes: Iterable[Lane]) -> None:
        """These lanes may have something to release."""
        self._rung.update(lanes)
        if self._rung:
            self._bell.set()

    def freed(self, lanes: Iterable[Lane]) -> None:
        """Jobs of these lanes have left WORK: there may be room again."""
        self.ring(lane for lane in lanes if (state := self._lanes.get(lane)) and state.backlog)

    def asked_for(self, lane: Lane) -> None:
        """An agent over REST wants a job of this lane."""
        self._lanes.setdefault(lane, _LaneState()).wanted_at = asyncio.get_running_loop().time()

    def just_released(self, lane: Lane) -> bool:
        """Whether a job of the lane was published so lately that its consumer may not hand it out yet."""
        state = self._lanes.get(lane)
        return state is not None and asyncio.get_running_loop().time() - state.sent_at < JUST_S

    def set_slots(self, slots: Mapping[tuple[str, str], int]) -> None:
        """What is online now, for the windows."""
        self._slots = slots

    async def run(self) -> None:
        """Serve bells for ever."""
        while True:
            await self._bell.wait()
            self._bell.clear()
            rung, self._rung = self._rung, set()
            ordered = sorted(rung, key=lambda lane: (-lane.priority, lane))
            await asyncio.gather(*(self._release_safely(lane) for lane in ordered))

    async def _release_safely(self, lane: Lane) -> None:
        try:
            again = None
            released = await self.release(lane)
            state = self._lanes[lane]
            if state.backlog:
                fresh = asyncio.get_running_loop().time() - state.asked_at < _REFILL_S
                again = _REFILL_S if released or fresh else _FULL_AGAIN_S
        except _PUT_OFF as error:
            log.warning(
                "lane %s: release put off: %s",
                lane,
                error,
                extra={"action": "release.put_off", "lane": str(lane)},
            )
            again = _FAILED_AGAIN_S
        if again is not None:
            asyncio.get_running_loop().call_later(again, self.ring, (lane,))

    async def release(self, lane: Lane, *, at_once: bool = False) -> int:
        """Fill the lane's window from the record; returns how many jobs were released.

        A lane with a backlog is refilled in portions, unless ``at_once`` says that somebody waits for it.
        Raises JetStreamError, or what asyncpg raises; then nothing stays half released.
        """
        state = self._lanes.setdefault(lane, _LaneState())
        async with state.lock:
            size = window(self._rule, lane, self._slots)
            now = asyncio.get_running_loop().time()
            if state.ready * 2 > size and (at_once or now - state.asked_at >= _REFILL_S):
                state.ready = await self._consumers.ready(lane)
                state.asked_at = now
            room = size - state.ready
            if room <= 0 or (state.backlog and not at_once and room * 4 < size):
                state.backlog = True
                return 0
            await self._consumers.ensure(lane)
            # What nobody would run shall not use up what an account may have in motion.
            served = serving(lane, self._slots) > 0 or now - state.wanted_at < _WANTED_S
            taken = await self._store.take(lane, room, limited=served)
            jobs, state.backlog = taken.jobs, taken.more
            if not jobs:
                return 0
            # Rung first: the agents' pulls are on their way while the messages are being stored.
            await self._js.nc.publish(
                subjects.BELL_LANES, encode(LanesBell(ready={lane.consumer: len(jobs)}))
            )
            sent = await self._publish(lane, jobs)
            state.ready += sent
            state.sent_at = asyncio.get_running_loop().time()
            return sent

    async def _publish(self, lane: Lane, jobs: list[TakenJob]) -> int:
        messages = []
        for job in jobs:
            with release_span(self._telemetry, lane, job) as trace:
                messages.append(message_of(lane, job, trace))
        results = await self._js.publish_many(messages)
        failed: list[tuple[UUID, int]] = []
        sent = 0
        for job, message, result in zip(jobs, messages, results, strict=True):
            done: PubAck | PubError = result
            if isinstance(done, PubError) and done.already_there:
                done = await self._republisher.settle(message, job.epoch)
            if isinstance(done, PubError):
                failed.append((job.id, job.epoch))
                self._consumers.forget(lane)
                log.warning(
                    "job %s was not released: %s", job.id, done.description,
                    extra={"action": "release.refused", "job_id": str(job.id), "lane": str(lane)},
                )  # fmt: skip
            else:
                sent += 1
        if failed:
            await self._store.put_back(failed)
            raise JetStreamError(f"{len(failed)} of {len(jobs)} messages did not reach WORK")
        return sent
