"""The status words of this dialect over the states of the core. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from headrace_contracts.jobs.state import JobState
from headrace_contracts.jobs.view import JobView


class Status(StrEnum):
    """Seed 001, «Get job status», and dialects.md."""

    QUEUED = "queued"
    #: An agent works on it, or it is being published, or waits for its ``publishAt``.
    RUNNING = "running"
    #: Waits for an approval.
    STAGED = "staged"
    #: Done, without anything to publish.
    COMPLETE = "complete"
    PUBLISHED = "published"
    FAILED = "failed"
    CANCELLED = "cancelled"


FINAL = frozenset({Status.COMPLETE, Status.PUBLISHED, Status.FAILED, Status.CANCELLED})
DONE = frozenset({Status.COMPLETE, Status.PUBLISHED})

_WAITING = frozenset({JobState.SCHEDULED, JobState.QUEUED, JobState.CLAIMED})


def status_of(view: JobView) -> Status:
    """Where the job stands."""
    if view.state in _WAITING:
        return Status.QUEUED
    match view.state:
        case JobState.STAGED:
            return Status.STAGED if view.awaits_approval else Status.RUNNING
        case JobState.COMPLETED:
            return Status.PUBLISHED if view.publishes else Status.COMPLETE
        case JobState.FAILED:
            return Status.FAILED
        case JobState.CANCELLED:
            return Status.CANCELLED
        case _:
            return Status.RUNNING


@dataclass(frozen=True, kw_only=True, slots=True)
class Filter:
    """Fields of a ``JobQuery``."""

    states: tuple[JobState, ...] | None = None
    publishes: bool | None = None
    approved: bool | None = None


#: The jobs that ``?status=`` names: exactly those for which ``status_of`` says so.
FILTERS: Mapping[Status, Filter] = MappingProxyType(
    {
        Status.QUEUED: Filter(states=tuple(sorted(_WAITING))),
        Status.RUNNING: Filter(states=(JobState.RUNNING, JobState.STAGED), approved=True),
        Status.STAGED: Filter(states=(JobState.STAGED,), approved=False),
        Status.COMPLETE: Filter(states=(JobState.COMPLETED,), publishes=False),
        Status.PUBLISHED: Filter(states=(JobState.COMPLETED,), publishes=True),
        Status.FAILED: Filter(states=(JobState.FAILED,)),
        Status.CANCELLED: Filter(states=(JobState.CANCELLED,)),
    }
)
