"""Credits come back once for a job that failed or was cancelled before it ran."""

from __future__ import annotations

from uuid import UUID

from tests.support.dispatching import RestAgent
from tests.support.record import PUBLIC_ACCOUNT, insert, new_job

from headrace_contracts.messages.requests import Answer, ReportKind
from headrace_store.postgres import Pool

PRICE = 2


async def charged(record: Pool) -> UUID:
    """A job that cost something."""
    (job_id,) = await insert(record, [new_job()])
    await record.execute("UPDATE jobs SET credits = $2 WHERE id = $1", job_id, PRICE)
    await record.execute("SELECT move_credits($1, $2, 'charge', $3)", PUBLIC_ACCOUNT, -PRICE, job_id)
    return job_id


async def balance(record: Pool) -> int:
    """What the account has, after a look at its ledger."""
    amount = await record.fetchval("SELECT balance FROM wallets WHERE account_id = $1", PUBLIC_ACCOUNT)
    moved = await record.fetchval("SELECT sum(amount) FROM ledger WHERE account_id = $1", PUBLIC_ACCOUNT)
    assert moved == amount
    assert await record.fetchval("SELECT sum(amount) FROM ledger") == 0
    return int(amount)


async def test_what_comes_back(record: Pool, agent: RestAgent) -> None:
    await record.execute("SELECT move_credits($1, 100, 'grant', NULL)", PUBLIC_ACCOUNT)
    done, failed, waiting, running = [await charged(record) for _ in range(4)]
    assert await balance(record) == 100 - 4 * PRICE

    _, token = await agent.claim(job=done)
    assert (await agent.report(done, token, ReportKind.COMPLETED)).answer is Answer.OK
    assert await balance(record) == 100 - 4 * PRICE

    _, token = await agent.claim(job=failed)
    assert (await agent.report(failed, token, ReportKind.FAILED)).answer is Answer.OK
    assert (await agent.report(failed, token, ReportKind.FAILED)).answer is Answer.INVALID_STATE
    assert await balance(record) == 100 - 3 * PRICE

    assert (await agent.cancel(waiting)).answer is Answer.OK
    assert (await agent.cancel(waiting)).answer is Answer.INVALID_STATE
    assert await balance(record) == 100 - 2 * PRICE

    assert (await agent.claim(job=running))[0] is not None
    assert (await agent.cancel(running)).answer is Answer.OK
    assert await balance(record) == 100 - 2 * PRICE
