"""Dead letters as the dispatcher leaves them, without one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tests.support.record import new_job

from headrace_store.jobs.submit import insert_jobs
from headrace_store.postgres import Pool


async def dead_letter(
    record: Pool,
    account_id: UUID,
    *,
    code: str = "crash",
    attempts: int = 2,
    credits: int = 0,
    **fields: Any,
) -> UUID:
    """A job of the account that failed in its last attempt; the attempts before were lost, each wrote a line.

    In one transaction, so that no dispatcher takes it before. ``fields`` are fields of ``NewJob``.
    """
    job = new_job(account_id=account_id, dialect="native", **fields)
    async with record.acquire() as connection, connection.transaction():
        await insert_jobs(connection, [job])
        for number in range(1, attempts + 1):
            await connection.execute(
                "INSERT INTO job_output (job_id, fence, seq, stream, text) VALUES ($1, $2, 0, 'stdout', $3)",
                job.id, number, f"line of attempt {number}\n",
            )  # fmt: skip
            if number < attempts:
                await connection.execute(
                    "INSERT INTO attempts (job_id, fence, number, agent, instance, started_at, ended_at, outcome,"
                    " reason) VALUES ($1, $2, $3, 'agent-1', 'a', now(), now(), 'lost', 'it was lost')",
                    job.id, number, number,
                )  # fmt: skip
        await connection.execute(
            "UPDATE jobs SET state = 'failed', fence = $2, attempt = $5, agent = 'agent-2', started_at = now(),"
            " finished_at = now(), failure_code = $3, failure_reason = 'it is broken', credits = $4 WHERE id = $1",
            job.id, attempts, code, credits, attempts,
        )  # fmt: skip
    return job.id
