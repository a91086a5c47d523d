"""The states of a job and the legal moves between them (DESIGN «Jobs»).

The table is data: the code asks it, and the SQL guards in ``headrace_store`` are tested against it.
"""

from __future__ import annotations

from enum import StrEnum


class JobState(StrEnum):
    """Where a job stands."""

    #: Waits for its time (``run_at``).
    SCHEDULED = "scheduled"
    #: Waits for an agent: unreleased in the record, or one message in WORK.
    QUEUED = "queued"
    #: An agent holds it and has not started yet.
    CLAIMED = "claimed"
    #: An agent runs it.
    RUNNING = "running"
    #: Done, and waits for an approval before it is published.
    STAGED = "staged"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


S = JobState

#: From each state, the states that may follow. An attempt that is lost or handed back leads back to QUEUED.
MOVES: dict[JobState, frozenset[JobState]] = {
    S.SCHEDULED: frozenset({S.QUEUED, S.CANCELLED, S.FAILED}),
    # COMPLETED straight from QUEUED: the one outcome event of a job too short to be claimed first (ADR 0003).
    S.QUEUED: frozenset({S.SCHEDULED, S.CLAIMED, S.RUNNING, S.STAGED, S.COMPLETED, S.FAILED, S.CANCELLED}),
    S.CLAIMED: frozenset({S.QUEUED, S.CLAIMED, S.RUNNING, S.STAGED, S.COMPLETED, S.FAILED, S.CANCELLED}),
    S.RUNNING: frozenset({S.QUEUED, S.CLAIMED, S.RUNNING, S.STAGED, S.COMPLETED, S.FAILED, S.CANCELLED}),
    S.STAGED: frozenset({S.COMPLETED, S.FAILED, S.CANCELLED}),
    S.COMPLETED: frozenset(),
    S.FAILED: frozenset(),
    S.CANCELLED: frozenset(),
}

FINAL: frozenset[JobState] = frozenset(state for state, following in MOVES.items() if not following)
OPEN: frozenset[JobState] = frozenset(MOVES) - FINAL
#: States in which an agent holds the job.
HELD: frozenset[JobState] = frozenset({S.CLAIMED, S.RUNNING})


def may_move(source: JobState, target: JobState) -> bool:
    """True when ``source`` → ``target`` is a legal move."""
    return target in MOVES[source]


def sources_of(target: JobState) -> frozenset[JobState]:
    """The states from which ``target`` may be reached: the guard of the UPDATE that sets it."""
    return frozenset(source for source, following in MOVES.items() if target in following)
