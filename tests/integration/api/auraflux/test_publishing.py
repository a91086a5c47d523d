"""The fifth portal: approval, times, and what each platform said. The publisher's side is written into the record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.integration.api.auraflux.client import Client
from tests.integration.api.auraflux.studio import Studio
from tests.support.destinations import add_destination
from tests.support.site import Site

from headrace_contracts.jobs.timing import iso_ms
from headrace_store.postgres import Pool

_PLATFORMS = ["archive", "mirror"]


@pytest.fixture
async def platforms(client: Client, site: Site) -> list[str]:
    """Two destinations of the account."""
    for name in _PLATFORMS:
        await add_destination(site.record_url, client.account.id, name)
    return _PLATFORMS


async def end(
    pool: Pool, job_id: str, name: str, *, url: str | None = None, error: str | None = None
) -> None:
    """What the publisher records at the end of a publication."""
    done = await pool.fetchval(
        """UPDATE publications p SET state = $3, url = $4, error = $5, attempts = attempts + 1,
            next_attempt_at = NULL, finished_at = now()
        FROM destinations d WHERE d.id = p.destination_id AND p.job_id = $1 AND d.name = $2 AND p.state = 'pending'
        RETURNING p.id""",
        UUID(job_id), name, "published" if error is None else "failed", url, error,
    )  # fmt: skip
    assert done is not None


async def publications(pool: Pool, job_id: str) -> list[tuple[str, datetime | None]]:
    rows = await pool.fetch("SELECT state, next_attempt_at FROM publications WHERE job_id = $1", UUID(job_id))
    return [(row["state"], row["next_attempt_at"]) for row in rows]


def platform_words(job: dict[str, Any]) -> dict[str, str]:
    return {each["platform"]: each["status"] for each in job["platforms"]}


async def test_staged_approved_published(
    client: Client, studio: Studio, pool: Pool, platforms: list[str]
) -> None:
    job_id = await client.submit(staging=True, platforms=platforms)
    assert platform_words(await client.job(job_id)) == {"archive": "pending", "mirror": "pending"}
    await studio.produce(job_id)
    await client.reached(job_id, "staged")
    assert {state for state, _ in await publications(pool, job_id)} == {"held"}
    await client.ask("GET", f"/jobs/{job_id}/result", status=202)
    approved = await client.ask("POST", f"/jobs/{job_id}/approve-publish")
    assert approved["status"] == "running"
    assert {state for state, _ in await publications(pool, job_id)} == {"pending"}
    assert [job["jobId"] for job in (await client.ask("GET", "/jobs?status=running"))["jobs"]] == [job_id]
    await end(pool, job_id, "archive", url="https://archive.example/rivers")
    job = await client.job(job_id)
    assert (job["status"], platform_words(job)) == ("running", {"archive": "published", "mirror": "pending"})
    await end(pool, job_id, "mirror", error="the disk is full")
    job = await client.reached(job_id, "published")
    assert job["portals"][4] == {"number": 5, "name": "publish", "status": "complete"}
    expected = [
        {
            "platform": "archive",
            "status": "published",
            "url": "https://archive.example/rivers",
            "error": None,
        },
        {"platform": "mirror", "status": "failed", "url": None, "error": "the disk is full"},
    ]
    assert job["platforms"] == expected
    result = await client.ask("GET", f"/jobs/{job_id}/result")
    assert (result["status"], result["publishResults"]) == ("published", expected)
    assert (await client.ask("GET", "/jobs?status=published"))["total"] == 1
    assert (await client.ask("GET", "/jobs?status=complete"))["total"] == 0
    await client.ask("DELETE", f"/jobs/{job_id}", status=409)
    await client.ask("PATCH", f"/jobs/{job_id}/schedule", status=409, json={"publishAt": None})
    assert await client.credits() == 57


async def test_when_no_platform_took_it_the_job_failed_with_all_reasons(
    client: Client, studio: Studio, pool: Pool, platforms: list[str]
) -> None:
    job_id = await client.submit(platforms=platforms)
    await studio.produce(job_id)
    await client.produced(job_id)
    await end(pool, job_id, "archive", error="the bucket is gone")
    await end(pool, job_id, "mirror", error="the disk is full")
    job = await client.reached(job_id, "failed")
    assert job["error"] == {
        "code": "publish",
        "message": "archive: the bucket is gone; mirror: the disk is full",
    }
    assert [portal["status"] for portal in job["portals"]] == [*["complete"] * 4, "failed"]
    refused = await client.ask("GET", f"/jobs/{job_id}/result", status=409)
    assert "the bucket is gone" in refused["error"]["message"]
    assert (job["creditsRefunded"], await client.credits()) == (3, 60)


async def test_a_time_holds_the_publishing_and_can_be_moved(
    client: Client, studio: Studio, pool: Pool, platforms: list[str]
) -> None:
    later = datetime.now(UTC) + timedelta(days=2)
    job_id = await client.submit(platforms=["archive"], publishAt=later.isoformat())
    await studio.produce(job_id)
    job = await client.produced(job_id)
    assert (job["publishAt"], job["portals"][4]["status"]) == (iso_ms(later), "pending")
    await client.ask("GET", f"/jobs/{job_id}/result", status=202)
    assert await publications(pool, job_id) == [("pending", later)]

    sooner = datetime.now(UTC) + timedelta(days=1)
    moved = await client.ask(
        "PATCH", f"/jobs/{job_id}/schedule", json={"publishAt": sooner.isoformat().replace("+00:00", "Z")}
    )
    assert moved["publishAt"] == iso_ms(sooner)
    assert await publications(pool, job_id) == [("pending", sooner)]

    nulled = await client.ask("PATCH", f"/jobs/{job_id}/schedule", json={"publishAt": None})
    assert (nulled["publishAt"], nulled["portals"][4]["status"]) == (None, "running")
    ((_, due),) = await publications(pool, job_id)
    assert due is not None
    assert due - datetime.now(UTC) < timedelta(minutes=2)  # the relay may have taken it on by now
    await end(pool, job_id, "archive", url="https://archive.example/1")
    assert (await client.reached(job_id, "published"))["publishAt"] is None


async def test_a_past_time_publishes_at_once(
    client: Client, studio: Studio, pool: Pool, platforms: list[str]
) -> None:
    job_id = await client.submit(platforms=["archive"], publishAt="2001-01-01T00:00:00Z")
    await studio.produce(job_id)
    job = await client.produced(job_id)
    assert (job["publishAt"], job["portals"][4]["status"]) == ("2001-01-01T00:00:00.000Z", "running")
    ((state, due),) = await publications(pool, job_id)
    assert state == "pending"
    assert due is not None
    assert due - datetime.now(UTC) < timedelta(minutes=2)
    await end(pool, job_id, "archive", url="https://archive.example/1")
    await client.reached(job_id, "published")


async def test_a_time_does_not_stand_for_an_approval(
    client: Client, studio: Studio, pool: Pool, platforms: list[str]
) -> None:
    job_id = await client.submit(staging=True, platforms=["archive"], publishAt="2001-01-01T00:00:00Z")
    await studio.produce(job_id)
    await client.reached(job_id, "staged")
    later = datetime.now(UTC) + timedelta(days=1)
    await client.ask("PATCH", f"/jobs/{job_id}/schedule", json={"publishAt": later.isoformat()})
    assert await publications(pool, job_id) == [("held", None)]
    await client.ask("POST", f"/jobs/{job_id}/approve-publish")
    assert await publications(pool, job_id) == [("pending", later)]
    await client.ask("DELETE", f"/jobs/{job_id}")
    job = await client.job(job_id)
    assert (job["status"], platform_words(job)) == ("cancelled", {"archive": "cancelled"})
