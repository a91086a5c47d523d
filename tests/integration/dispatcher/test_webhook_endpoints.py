"""Which endpoints hear of the end of a job."""

from __future__ import annotations

from uuid import UUID

from tests.support.dispatching import RestAgent
from tests.support.record import PUBLIC_ACCOUNT, insert, new_job

from headrace_contracts.ids import new_id
from headrace_contracts.messages.requests import ReportKind
from headrace_store.postgres import Pool

URL = "http://127.0.0.1:9/named"


async def endpoint(record: Pool, name: str, *, account: UUID = PUBLIC_ACCOUNT, **columns: object) -> UUID:
    """An endpoint that was made by hand."""
    found = new_id()
    await record.execute(
        "INSERT INTO webhook_endpoints (id, account_id, url, description, subscribed) VALUES ($1, $2, $3, $4, true)",
        found, account, columns.pop("url", f"http://127.0.0.1:9/{name}"), name,
    )  # fmt: skip
    for column, value in columns.items():
        await record.execute(f"UPDATE webhook_endpoints SET {column} = $2 WHERE id = $1", found, value)  # noqa: S608 -- columns of our own
    return found


async def heard(record: Pool, job_id: UUID) -> dict[str, str]:
    """The event that each endpoint hears of the job, by its description or address."""
    rows = await record.fetch(
        "SELECT e.description, e.url, d.event FROM webhook_deliveries d"
        " JOIN webhook_endpoints e ON e.id = d.endpoint_id WHERE d.job_id = $1",
        job_id,
    )
    found = {row["description"] or row["url"]: row["event"] for row in rows}
    assert len(found) == len(rows)
    return found


async def end(agent: RestAgent, job_id: UUID, kind: ReportKind) -> None:
    _, token = await agent.claim(job=job_id)
    await agent.report(job_id, token, kind)


async def test_endpoints_of_the_account_hear_of_the_events_that_they_want(
    record: Pool, agent: RestAgent
) -> None:
    stranger = new_id()
    await record.execute("INSERT INTO accounts (id, name) VALUES ($1, 'stranger')", stranger)
    await endpoint(record, "all")
    await endpoint(record, "failures", events=["job.failed", "job.cancelled"])
    await endpoint(record, "successes", events=["job.completed"])
    await endpoint(record, "unsubscribed", subscribed=False)
    await record.execute(
        "UPDATE webhook_endpoints SET deleted_at = now() WHERE id = $1", await endpoint(record, "deleted")
    )
    await endpoint(record, "strangers", account=stranger)
    done, failed, cancelled, named = await insert(
        record, [new_job(), new_job(), new_job(), new_job(webhook_url=URL)]
    )
    await end(agent, done, ReportKind.COMPLETED)
    await end(agent, failed, ReportKind.FAILED)
    await agent.cancel(cancelled)
    await end(agent, named, ReportKind.COMPLETED)
    assert await heard(record, done) == {"all": "job.completed", "successes": "job.completed"}
    assert await heard(record, failed) == {"all": "job.failed", "failures": "job.failed"}
    assert await heard(record, cancelled) == {"all": "job.cancelled", "failures": "job.cancelled"}
    assert await heard(record, named) == {
        "all": "job.completed",
        "successes": "job.completed",
        URL: "job.completed",
    }


async def test_an_endpoint_whose_address_the_job_names_hears_of_it_once(
    record: Pool, agent: RestAgent
) -> None:
    await endpoint(record, "ours", url=URL)
    first, second = await insert(record, [new_job(webhook_url=URL), new_job(webhook_url=URL)])
    await end(agent, first, ReportKind.COMPLETED)
    await agent.cancel(second)
    assert await heard(record, first) == {"ours": "job.completed"}
    assert await heard(record, second) == {"ours": "job.cancelled"}


async def test_a_staged_job_is_heard_of_when_it_is_over(record: Pool, agent: RestAgent) -> None:
    await endpoint(record, "all")
    (job_id,) = await insert(record, [new_job(webhook_url=URL)])
    await record.execute("UPDATE jobs SET staging = true WHERE id = $1", job_id)
    await end(agent, job_id, ReportKind.COMPLETED)
    assert await heard(record, job_id) == {}
    await agent.approve(job_id)
    assert await heard(record, job_id) == {"all": "job.completed", URL: "job.completed"}
