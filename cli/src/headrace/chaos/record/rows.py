"""Rows of the record as the checker sees them. Times are seconds since the epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

FINAL = frozenset({"completed", "failed", "cancelled"})


@dataclass(frozen=True, kw_only=True, slots=True)
class JobRow:
    """`n`: which job of ours it is, by its payload. `result` and `file`: digests of the JSON result and of the file."""

    id: UUID
    n: int | None
    account_id: UUID
    dialect: str
    model: str
    state: str
    attempt: int
    max_attempts: int
    fence: int
    created_at: float
    run_at: float | None = None
    started_at: float | None = None
    finished_at: float | None = None
    result: str | None = None
    file: str | None = None
    failure_code: str | None = None
    failure_reason: str | None = None
    credits: int = 0
    #: What it has in S3.
    keys: frozenset[str] = frozenset()

    @property
    def final(self) -> bool:
        return self.state in FINAL


@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptRow:
    """An attempt that ended without ending its job."""

    job_id: UUID
    number: int
    fence: int
    outcome: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """A change of a job's state or fence, as the audit noted it."""

    job_id: UUID
    at: float
    from_state: str
    to_state: str
    from_fence: int
    to_fence: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryRow:
    id: UUID
    job_id: UUID
    endpoint_id: UUID
    event: str
    state: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LedgerRow:
    """One side of a move of credits; `account_id` None: the house's."""

    move_id: UUID
    account_id: UUID | None
    amount: int
    kind: str
    job_id: UUID | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """All of it, read after the run. `output`: what completed jobs wrote, by job; `blobs`: all keys in S3."""

    read_at: float
    jobs: tuple[JobRow, ...] = ()
    attempts: tuple[AttemptRow, ...] = ()
    moves: tuple[Move, ...] = ()
    deliveries: tuple[DeliveryRow, ...] = ()
    exports: Mapping[UUID, str]
    ledger: tuple[LedgerRow, ...] = ()
    wallets: Mapping[UUID, int]
    #: Idempotency-Key -> the jobs that it made.
    keys: Mapping[str, tuple[UUID, ...]]
    output: Mapping[UUID, str]
    blobs: frozenset[str] = frozenset()
