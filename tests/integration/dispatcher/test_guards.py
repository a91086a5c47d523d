"""The SQL guards and the table of legal moves say the same."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.support.record import insert, new_job, row

from headrace_contracts.jobs.state import JobState, may_move
from headrace_contracts.messages.agents import Attempt
from headrace_dispatcher.recorder.outcome import Outcome
from headrace_dispatcher.store.attempts import AttemptStore, Claim
from headrace_dispatcher.store.outcomes import OutcomeStore
from headrace_dispatcher.store.release import ReleaseStore
from headrace_store.postgres import Pool

S = JobState


async def put_in(record: Pool, state: JobState) -> tuple[AttemptStore, Attempt]:
    """A job in ``state`` with fence 5, and an attempt with a newer one."""
    (job_id,) = await insert(record, [new_job()])
    await record.execute("UPDATE jobs SET state = $2, fence = 5, run_at = now() WHERE id = $1", job_id, state)
    return AttemptStore(record), Attempt(id=job_id, fence=6)


@pytest.mark.parametrize("state", list(JobState))
async def test_every_move_that_the_sql_makes_is_legal(record: Pool, state: JobState) -> None:
    store, newer = await put_in(record, state)
    await store.start([newer], "a", "a")
    assert await moved(record, newer, state)
    store, newer = await put_in(record, state)
    claim = Claim(attempt=newer, state=S.CLAIMED, agent="a", claim_hash=b"x", ack_subject="s", lease_s=1)
    await store.claim([claim])
    assert await moved(record, newer, state)
    store, newer = await put_in(record, state)
    await store.begin(newer.id, 5)
    assert await moved(record, newer, state)
    for fence in (5, 6):
        for target in (S.COMPLETED, S.FAILED):
            store, newer = await put_in(record, state)
            now = datetime.now(UTC)
            await OutcomeStore(record).finish(
                [
                    Outcome(
                        id=newer.id, fence=fence, state=target, agent="a", instance="a",
                        started_at=now, finished_at=now,
                    )
                ]
            )  # fmt: skip
            assert await moved(record, newer, state)
    store, newer = await put_in(record, state)
    await ReleaseStore(record).due(10)
    assert await moved(record, newer, state)


async def moved(record: Pool, attempt: Attempt, before: JobState) -> bool:
    """True when the job stayed where it was or made a legal move."""
    after = JobState((await row(record, attempt.id))["state"])
    return after is before or may_move(before, after)
