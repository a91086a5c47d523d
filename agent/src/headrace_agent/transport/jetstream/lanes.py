"""Which lane to fetch from next. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from headrace_contracts.jobs.lane import Lane

#: The stream confirms a message, and its bell rings, a moment before the consumer can hand it out: a fetch that was
#: rung for waits so long for it, in seconds...
SETTLE_S = 0.01
#: ... and when it finds less than was rung for, another one follows after these times.
LOOK_AGAIN_S: tuple[float, ...] = (0.0, 0.02, 0.05)


class LaneBook:
    """Keeps the bells of the lanes that this agent serves.

    A bell is a hint that a lane has messages. It is taken down when its lane is fetched from, and hung up again by
    a fetch that came back full or by a new ring, also one that comes while the fetch is under way.
    """

    def __init__(self, lanes: Iterable[Lane]) -> None:
        self._lanes: dict[str, Lane] = {lane.consumer: lane for lane in lanes}
        self._ringing: set[Lane] = set()
        #: Lanes whose consumer does not exist: nobody ever released a job there.
        self._unknown: set[Lane] = set()
        #: When each lane was last fetched from, counted in fetches.
        self._served: dict[Lane, int] = {}
        self._fetches = 0
        #: What was rung for and not found yet: messages, and how often we looked again.
        self._owed: dict[Lane, tuple[int, int]] = {}

    @property
    def lanes(self) -> list[Lane]:
        return list(self._lanes.values())

    def ring(self, ready: Mapping[str, int]) -> bool:
        """Consumers with messages, as a bell names them. True when one of them is ours."""
        ours = False
        for consumer, count in ready.items():
            lane = self._lanes.get(consumer)
            if lane is not None and count > 0:
                self._unknown.discard(lane)
                self._ringing.add(lane)
                self._owed[lane] = (self._owed.get(lane, (0, 0))[0] + count, 0)
                ours = True
        return ours

    def ring_again(self, lane: Lane) -> None:
        """The time that ``fetched`` named has passed."""
        self._ringing.add(lane)

    def ring_all(self, *, unknown: bool) -> None:
        """Look everywhere: at start, after a lost connection and now and then, in case that a bell was lost."""
        self._ringing.update(lane for lane in self._lanes.values() if unknown or lane not in self._unknown)

    def next(self) -> Lane | None:
        """The most urgent lane with a bell; among equals the one that was fetched from longest ago."""
        if not self._ringing:
            return None
        return min(self._ringing, key=lambda lane: (-lane.priority, self._served.get(lane, 0), lane.consumer))

    def fetching(self, lane: Lane, free: int) -> tuple[int, float | None]:
        """A fetch from ``lane`` into ``free`` slots begins.

        Returns how many messages to ask for, and how long to wait for one, None = not at all.
        """
        self._fetches += 1
        self._served[lane] = self._fetches
        self._ringing.discard(lane)
        owed, _ = self._owed.get(lane, (0, 0))
        return (min(free, owed), SETTLE_S) if owed else (free, None)

    def fetched(self, lane: Lane, *, asked: int, got: int) -> float | None:
        """A full fetch may have left something. Returns after how many seconds to look again, None = not by itself."""
        owed, looks = self._owed.pop(lane, (0, 0))
        if got >= asked:
            self._ringing.add(lane)
            return None
        if owed <= got or looks >= len(LOOK_AGAIN_S):
            return None
        self._owed[lane] = (owed - got, looks + 1)
        return LOOK_AGAIN_S[looks]

    def gone(self, lane: Lane) -> None:
        """``lane`` has no consumer."""
        self._unknown.add(lane)
