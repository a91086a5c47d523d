"""What a pool has before it and who works at it, and what follows from that for one job. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from headrace_contracts.jobs.priority import Priority

#: A run that takes longer than such runs do on average is taken to need this part of the average still.
_OVERDUE_PART = 0.25


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassLoad:
    """What waits in one class of a pool."""

    #: In WORK already.
    released: int = 0
    #: In the record, by account.
    accounts: Mapping[UUID, int] = field(default_factory=dict)

    @property
    def all(self) -> int:
        return self.released + sum(self.accounts.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """A pool at the moment, as one platform sees it."""

    classes: Mapping[Priority, ClassLoad] = field(default_factory=dict)
    #: What the agents on JetStream that are online can run of the pool at once.
    slots: int = 0
    #: Agents over REST that asked for jobs of the pool lately.
    rest: int = 0
    #: Registered workers that may claim from it and were heard of lately.
    workers: int = 0
    #: Jobs of the pool that machines over REST hold.
    holders: int = 0
    #: How long each job that these have in hand runs already, in seconds.
    elapsed_s: Sequence[float] = ()

    @property
    def servers(self) -> int:
        """Jobs that all who serve the pool can run at once. A machine over REST is counted once, whether it asked
        lately, is registered, or has a job in hand.
        """
        return self.slots + max(self.rest, self.workers, self.holders)


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a job stands by its age alone (``JobFacts.older``)."""

    released: bool
    older: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """What a job that waits has before it."""

    #: Jobs that go first; None where its place is not known.
    ahead: int | None
    #: Jobs that all who serve the pool can run at once.
    servers: int
    #: Servers that have nothing to do.
    free: int
    #: None: not known.
    wait_s: float | None


def ahead_of(load: Load, priority: Priority, account_id: UUID, place: Place) -> int:
    """Jobs that go before the one at ``place`` (ADR 0022): all of higher classes; of its own class its account's older
    ones and, as tenants take turns, as many of each other tenant.
    """
    higher = sum(each.all for above, each in load.classes.items() if above > priority)
    if place.released:
        return higher + place.older
    own = load.classes.get(priority, ClassLoad())
    turns = sum(min(jobs, place.older + 1) for other, jobs in own.accounts.items() if other != account_id)
    return higher + own.released + turns + place.older


def wait_of(load: Load, ahead: int, mean_s: float | None) -> float | None:
    """Seconds until a server comes to the job, when each takes the next job as soon as it is free and runs it for
    ``mean_s``. None: nobody serves the pool, or no run is known.
    """
    servers = load.servers
    if servers == 0:
        return None
    if ahead < free_of(load):
        return 0.0
    if mean_s is None:
        return None
    busy = sorted(load.elapsed_s)[:servers]
    left = [0.0] * (servers - len(busy))
    left += sorted(max(mean_s - elapsed, mean_s * _OVERDUE_PART) for elapsed in busy)
    rounds, turn = divmod(ahead, servers)
    return rounds * mean_s + left[turn]


def free_of(load: Load) -> int:
    """Servers without a job. What machines that have gone still hold does not make others busy beyond their number."""
    return max(0, load.servers - len(load.elapsed_s))
