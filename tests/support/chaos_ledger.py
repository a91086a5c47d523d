"""A made-up ledger of a chaos run in which every promise was kept, to be broken in one place at a time."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from headrace.chaos.checker.evidence import Evidence
from headrace.chaos.load.ask import AURAFLUX, NATIVE, RADIANCE, Ask
from headrace.chaos.load.work import expected_result, model_of, result_file_of, table_of
from headrace.chaos.notes.entries import Answered, Asked, Called, Heard, Ran
from headrace.chaos.record.digest import digest_of, digest_of_bytes
from headrace.chaos.record.rows import AttemptRow, DeliveryRow, JobRow, LedgerRow, Move, Snapshot

ACCOUNT, ENDPOINT = UUID(int=900), UUID(int=901)
START = 1_000_000.0


def job_id(n: int) -> UUID:
    return UUID(int=n)


def delivery_id(n: int) -> UUID:
    return UUID(int=10_000 + n)


def _ask(n: int, work: str, dialect: str = NATIVE, *, size: int = 10, cancel: bool = False) -> Ask:
    return Ask(
        n=n,
        dialect=dialect,
        work=work,
        priority="normal",
        size=size,
        ms=0,
        keyed=True,
        webhook=True,
        run_in_s=5.0 if work == "later" else None,
        cancel_after_s=0.5 if cancel else None,
    )


#: One of each: the number says which job the tests break.
NOOP, TEXT, FILE, FAIL, CRASH, PRINT, FILM, LATER, CANCELLED = range(1, 10)
ASKS = (
    _ask(NOOP, "noop"),
    _ask(TEXT, "text", RADIANCE),
    _ask(FILE, "file", RADIANCE, size=500),
    _ask(FAIL, "fail"),
    _ask(CRASH, "crash"),
    _ask(PRINT, "print", size=3),
    _ask(FILM, "film", AURAFLUX),
    _ask(LATER, "later"),
    _ask(CANCELLED, "text", cancel=True),
)
_STATES = {FAIL: "failed", CANCELLED: "cancelled"}


def good() -> Evidence:
    """No rule finds anything in it."""
    return Evidence(
        record=_record(),
        asked=[Asked(ask=ask, at=START) for ask in ASKS],
        answers=[Answered(n=ask.n, at=START, status=201, job_id=str(job_id(ask.n))) for ask in ASKS],
        cancels=[Called(n=CANCELLED, job_id=str(job_id(CANCELLED)), at=START + 1, status=200)],
        runs=[run for ask in ASKS for run in _runs(ask)],
        heard=[
            Heard(
                webhook_id=str(delivery_id(ask.n)),
                ids=[job_id(ask.n).hex],
                genuine=True,
                answer=200,
                at=START + 12,
            )
            for ask in ASKS
        ],
    )


def with_job(evidence: Evidence, n: int, **changes: object) -> Evidence:
    """The same, with one job's row changed."""
    jobs = tuple(replace(job, **changes) if job.n == n else job for job in evidence.record.jobs)  # type: ignore[arg-type]  # the tests name fields of the row
    return with_record(evidence, jobs=jobs)


def with_record(evidence: Evidence, **changes: object) -> Evidence:
    return replace(evidence, record=replace(evidence.record, **changes))  # type: ignore[arg-type]  # as above


def _record() -> Snapshot:
    return Snapshot(
        read_at=START + 100,
        jobs=tuple(_job(ask) for ask in ASKS),
        attempts=(AttemptRow(job_id=job_id(CRASH), number=1, fence=(1 << 20) + 1, outcome="crash"),),
        moves=tuple(move for ask in ASKS for move in _moves(ask)),
        deliveries=tuple(
            DeliveryRow(
                id=delivery_id(ask.n),
                job_id=job_id(ask.n),
                endpoint_id=ENDPOINT,
                event=f"job.{_STATES.get(ask.n, 'completed')}",
                state="delivered",
            )
            for ask in ASKS
        ),
        exports={job_id(TEXT): "exported"},
        ledger=(*_move_of_credits(1, "grant", 100, None), *_move_of_credits(2, "charge", -1, job_id(FILM))),
        wallets={ACCOUNT: 99},
        keys={f"chaos-{ask.n}": (job_id(ask.n),) for ask in ASKS},
        output={job_id(PRINT): "".join(f"job {PRINT} line {number}\n" for number in range(3))},
        blobs=frozenset({"uploads/3/table.csv", "results/3/loud.csv", "results/2/result.json"}),
    )


def _job(ask: Ask) -> JobRow:
    state = _STATES.get(ask.n, "completed")
    done = state == "completed"
    table = table_of(ask.n, ask.size)
    keys = {FILE: {"uploads/3/table.csv", "results/3/loud.csv"}, TEXT: {"results/2/result.json"}}
    return JobRow(
        id=job_id(ask.n),
        n=ask.n,
        account_id=ACCOUNT,
        dialect=ask.dialect,
        model=model_of(ask),
        state=state,
        attempt=2 if ask.n == CRASH else 1,
        max_attempts=3,
        fence=_fence(ask.n),
        created_at=START,
        started_at=START + 6,
        finished_at=START + 10,
        result=digest_of(expected_result(ask)) if done else None,
        file=digest_of_bytes(result_file_of(table)) if ask.work == "file" else None,
        failure_code="handler" if ask.n == FAIL else None,
        failure_reason=f"asked to fail: {ask.n}" if ask.n == FAIL else None,
        credits=1 if ask.n == FILM else 0,
        keys=frozenset(keys.get(ask.n, set())),
    )


def _fence(n: int) -> int:
    return ((2 if n == CRASH else 1) << 20) + 1


def _moves(ask: Ask) -> list[Move]:
    steps = (
        ("queued", "running", 0, _fence(ask.n)),
        ("running", _STATES.get(ask.n, "completed"), _fence(ask.n), _fence(ask.n)),
    )
    return [
        Move(
            job_id=job_id(ask.n),
            at=START + 6,
            from_state=one,
            to_state=two,
            from_fence=before,
            to_fence=after,
        )
        for one, two, before, after in steps
    ]


def _runs(ask: Ask) -> list[Ran]:
    if ask.work == "noop":
        return []
    numbers = {CRASH: [(1, "start"), (2, "start"), (2, "end")]}.get(ask.n, [(1, "start"), (1, "end")])
    return [
        Ran(
            what=what,
            n=ask.n,
            job_id=str(job_id(ask.n)),
            attempt=number,
            agent="agent-1",
            pid=1,
            at=START + 6,
        )
        for number, what in numbers
    ]


def _move_of_credits(move: int, kind: str, amount: int, job: UUID | None) -> tuple[LedgerRow, LedgerRow]:
    move_id = UUID(int=800 + move)
    return (
        LedgerRow(move_id=move_id, account_id=ACCOUNT, amount=amount, kind=kind, job_id=job),
        LedgerRow(move_id=move_id, account_id=None, amount=-amount, kind=kind, job_id=job),
    )
