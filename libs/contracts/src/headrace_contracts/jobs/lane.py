"""A lane: the queue that one kind of machine pulls from, in one class of urgency (DESIGN «Lanes»)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from headrace_contracts.jobs.priority import URGENT_FIRST, WORDS, Priority

#: Platform of a job that runs on every machine of its pool (ADR 0004).
ANY_PLATFORM = "any"
LINUX_AMD64 = "linux-amd64"
LINUX_ARM64 = "linux-arm64"
#: Platforms that an agent can have.
PLATFORMS: tuple[str, ...] = (LINUX_AMD64, LINUX_ARM64)

#: A pool's name is one token of a NATS subject and of a consumer's name.
POOL_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


#: Pools whose name begins so belong to one account: its commands run on its own machines only.
_PRIVATE_PREFIX = "command-"


def private_pool(account_id: UUID) -> str:
    """The pool of an account's commands."""
    return f"{_PRIVATE_PREFIX}{account_id.hex}"


def owner_of(pool: str) -> UUID | None:
    """The account that a private pool belongs to; None for a pool that is open to all."""
    if not is_private(pool):
        return None
    try:
        return UUID(hex=pool.removeprefix(_PRIVATE_PREFIX))
    except ValueError:
        return None


def is_private(pool: str) -> bool:
    """True for the pool of one account: nobody gets its jobs without naming it."""
    return pool.startswith(_PRIVATE_PREFIX)


@dataclass(frozen=True, slots=True, order=True)
class Lane:
    """(platform, pool, priority)."""

    platform: str
    pool: str
    priority: Priority

    @property
    def consumer(self) -> str:
        """The name of the lane's one durable consumer on WORK."""
        return f"{self.platform}_{self.pool}_{self.priority.word}"

    @property
    def subject_filter(self) -> str:
        return f"work.{self.platform}.{self.pool}.{self.priority.word}.*"

    def subject(self, job_id: object) -> str:
        """The subject of one job's message: the id in it lets the stream refuse a second release."""
        return f"work.{self.platform}.{self.pool}.{self.priority.word}.{job_id}"

    def __str__(self) -> str:
        return f"{self.platform}/{self.pool}/{self.priority.word}"


def lane_of_subject(subject: str) -> tuple[Lane, str]:
    """The lane and the job id in a subject of WORK.

    Raises ValueError for any other subject.
    """
    parts = subject.split(".")
    if len(parts) != 5 or parts[0] != "work" or parts[3] not in WORDS:
        raise ValueError(f"not a subject of WORK: {subject!r}")
    return Lane(parts[1], parts[2], WORDS[parts[3]]), parts[4]


def lanes_served(platforms: Iterable[str], pools: Iterable[str]) -> list[Lane]:
    """The lanes that a machine serves, most urgent first; lanes of ANY come with every platform."""
    wanted = [*dict.fromkeys(platforms), ANY_PLATFORM]
    names = list(dict.fromkeys(pools))
    return [
        Lane(platform, pool, priority) for priority in URGENT_FIRST for pool in names for platform in wanted
    ]
