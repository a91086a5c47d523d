"""What a record may never show, whatever was done to its jobs and in which order."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tests.support.record import PUBLIC_ACCOUNT

from headrace_contracts.jobs.state import FINAL, HELD, JobState, may_move
from headrace_store.postgres import Pool

_INSTALL = """
CREATE TABLE test_moves (id bigserial, job_id uuid, old_state text, new_state text, old_fence bigint, new_fence bigint);
CREATE FUNCTION test_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO test_moves (job_id, old_state, new_state, old_fence, new_fence)
    VALUES (NEW.id, OLD.state, NEW.state, OLD.fence, NEW.fence);
    RETURN NULL;
END $$;
CREATE TRIGGER test_note AFTER UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION test_note();
"""

_LOOK = """
SELECT j.*,
    ARRAY(SELECT event FROM webhook_deliveries d WHERE d.job_id = j.id) AS hooks,
    (SELECT count(*) FROM exports e WHERE e.job_id = j.id) AS exports,
    (SELECT count(*) FROM dead_letters b WHERE b.job_id = j.id) AS buried,
    (SELECT count(*) FROM attempts a WHERE a.job_id = j.id AND a.outcome <> 'handed_back') AS counted,
    (SELECT count(*) FROM attempts a WHERE a.job_id = j.id AND a.fence = j.fence) AS current_past,
    (SELECT COALESCE(sum(amount), 0) FROM ledger l WHERE l.job_id = j.id AND l.account_id IS NOT NULL) AS paid,
    (SELECT l.fence FROM leases l WHERE l.job_id = j.id) AS leased
FROM jobs j WHERE j.id = ANY ($1)
"""
_MONEY = """
SELECT (SELECT balance FROM wallets WHERE account_id = $1) AS balance,
    (SELECT sum(amount) FROM ledger WHERE account_id = $1) AS booked,
    (SELECT sum(amount) FROM ledger) AS total
"""
#: What belongs to a job's neighbours, or to what follows from its end.
_LOOKED_UP = ("hooks", "exports", "buried", "counted", "current_past", "paid", "leased")


class JobAudit:
    """Install it once in a record; make one for each set of jobs. Raises AssertionError for what may not be."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._ended: dict[UUID, dict[str, Any]] = {}

    @staticmethod
    async def install(pool: Pool) -> None:
        """Note every change of a job from now on."""
        await pool.execute(_INSTALL)

    async def check(self, jobs: list[UUID]) -> set[tuple[JobState, JobState]]:
        """Look at all that was done since the last time; returns the moves."""
        moves = set()
        for move in await self._pool.fetch("DELETE FROM test_moves RETURNING *"):
            old, new = JobState(move["old_state"]), JobState(move["new_state"])
            assert old is new or may_move(old, new), f"{old} became {new}"
            if old is not new:
                moves.add((old, new))
            assert move["new_fence"] >= move["old_fence"], "the fence fell"
        for row in await self._pool.fetch(_LOOK, jobs):
            self._check(dict(row))
        (money,) = await self._pool.fetch(_MONEY, PUBLIC_ACCOUNT)
        assert money["balance"] == money["booked"]
        assert money["total"] == 0
        return moves

    def _check(self, job: dict[str, Any]) -> None:
        state = JobState(job["state"])
        self._end(job, state)
        self._attempts(job, state)
        self._money(job, state)
        self._lease(job, state)

    def _end(self, job: dict[str, Any], state: JobState) -> None:
        columns = {name: value for name, value in job.items() if name not in _LOOKED_UP}
        if state in FINAL:
            assert self._ended.setdefault(job["id"], columns) == columns, "a final job changed"
        else:
            assert job["id"] not in self._ended, "a final job is open again"
        assert job["hooks"] == ([f"job.{state}"] if state in FINAL else []), job["hooks"]
        assert job["exports"] == (1 if state is JobState.COMPLETED else 0)
        assert job["buried"] == (1 if state is JobState.FAILED else 0)
        assert (job["finished_at"] is not None) == (state in FINAL)
        if job["result"] is not None:
            assert state in {JobState.STAGED, JobState.COMPLETED, JobState.CANCELLED}

    def _attempts(self, job: dict[str, Any], state: JobState) -> None:
        # The outcome of one that was too short to be started is heard even if it was one too many (ADR 0003).
        assert 0 <= job["attempt"] <= job["max_attempts"] + (1 if state in FINAL | {JobState.STAGED} else 0)
        running = job["attempt"] - job["counted"]
        if state in HELD | {JobState.STAGED, JobState.COMPLETED}:
            assert running == 1, f"{job['attempt']} attempts, {job['counted']} of them are over"
            assert job["current_past"] == 0, "the current attempt is among those that are over"
        elif state in FINAL:
            assert running in {0, 1}
        else:
            assert running == 0, f"{job['attempt']} attempts, {job['counted']} of them are over"

    def _money(self, job: dict[str, Any], state: JobState) -> None:
        back = state is JobState.FAILED or (state is JobState.CANCELLED and job["started_at"] is None)
        assert job["paid"] == (0 if back else -job["credits"])

    def _lease(self, job: dict[str, Any], state: JobState) -> None:
        over_rest = state in HELD and job["claim_hash"] is not None
        assert job["leased"] == (job["fence"] if over_rest else None), "a lease that is not the holder's"
