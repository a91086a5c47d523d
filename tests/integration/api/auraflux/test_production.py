"""A job on its way through the portals, up to the files that come out."""

from __future__ import annotations

from datetime import datetime

import pytest
from tests.integration.api.auraflux.client import MP4, Client
from tests.integration.api.auraflux.studio import PICTURE, VIDEO, Studio
from tests.support.record import insert, new_job

from headrace_store.postgres import Pool


def words(job: dict[str, list[dict[str, str]]]) -> list[str]:
    return [portal["status"] for portal in job["portals"]]


async def test_portals_follow_the_agents_reports(client: Client, studio: Studio) -> None:
    job_id = await client.submit()
    assert words(await client.job(job_id)) == ["pending"] * 4 + ["skipped"]
    take = await studio.take(job_id)
    await client.reached(job_id, "running")
    for number, percent, message in (
        (1, 1.0, "1 intake: reading the prompt"),
        (2, 9.26, "2 analyse: planning 3 scenes"),
        (3, 40.0, "3 produce: scene 2 of 3"),
        (4, 95.0, "4 copy: writing"),
    ):
        await take.progress(percent, message)
        job = await client.reached(job_id, message, field="progressMessage")
        assert job["progress"] == round(percent, 1)
        assert words(job) == [*["complete"] * (number - 1), "running", *["pending"] * (4 - number), "skipped"]
    await take.complete()
    job = await client.reached(job_id, "complete")
    assert words(job) == [*["complete"] * 4, "skipped"]
    assert (job["progress"], job["progressMessage"]) == (100.0, None)


async def test_a_complete_job_gives_a_video_a_picture_and_copy(client: Client, studio: Studio) -> None:
    job_id = await client.submit()
    await studio.produce(job_id)
    job = await client.reached(job_id, "complete")
    assert await client.download(job["outputUrl"]) == VIDEO
    assert await client.download(job["thumbnailUrl"]) == PICTURE
    result = await client.ask("GET", f"/jobs/{job_id}/result")
    assert await client.download(result["videoUrl"]) == VIDEO
    assert await client.download(result["thumbnailUrl"]) == PICTURE
    assert (result["title"], result["description"], result["tags"]) == (
        "Rivers",
        "How rivers run.",
        ["river"],
    )
    assert result["publishResults"] == []
    (listed,) = (await client.ask("GET", "/jobs?status=complete"))["jobs"]
    assert await client.download(listed["outputUrl"]) == VIDEO
    assert await client.credits() == 59


async def test_a_staged_job_shows_its_video_for_the_review_only(client: Client, studio: Studio) -> None:
    job_id = await client.submit(staging=True)
    await studio.produce(job_id)
    job = await client.reached(job_id, "staged")
    assert (job["outputUrl"], job["thumbnailUrl"]) == (None, None)
    assert await client.download(job["previewUrl"]) == VIDEO
    (listed,) = (await client.ask("GET", "/jobs?status=staged"))["jobs"]
    assert (listed["jobId"], listed["outputUrl"]) == (job_id, None)
    approved = await client.ask("POST", f"/jobs/{job_id}/approve-publish")
    assert (approved["status"], approved["previewUrl"]) == ("complete", None)
    assert (await client.ask("GET", "/jobs?status=staged"))["total"] == 0


async def test_the_upload_is_the_jobs_input(client: Client, studio: Studio, pool: Pool) -> None:
    sent = await client.upload()
    assert datetime.fromisoformat(sent["expiresAt"]).tzinfo is not None
    job_id = await client.submit(entry="upload", fileId=sent["fileId"], prompt=None)
    take = await studio.take(job_id)
    row = await pool.fetchrow(
        "SELECT input_key, input_size, input_mime FROM jobs WHERE id = $1", take.work.id
    )
    assert row is not None
    assert row["input_key"].startswith(f"files/{sent['fileId']}/")
    assert (row["input_size"], row["input_mime"]) == (len(MP4), "video/mp4")
    await take.complete()
    await client.reached(job_id, "complete")
    # A file may have more than one job.
    again = await client.submit(entry="upload", fileId=sent["fileId"], options={"aspect": "9:16"})
    await studio.produce(again)
    await client.reached(again, "complete")
    assert await client.credits() == 56


async def test_a_failed_production_is_told_and_paid_back(client: Client, studio: Studio) -> None:
    job_id = await client.submit(platforms=[])
    take = await studio.take(job_id)
    await take.progress(20, "2 analyse: looking")
    await client.reached(job_id, "2 analyse: looking", field="progressMessage")
    await take.fail("there is no picture in this film")
    job = await client.reached(job_id, "failed")
    assert words(job) == ["complete", "failed", *["skipped"] * 3]
    assert job["error"] == {"code": "handler", "message": "there is no picture in this film"}
    assert (job["creditsRefunded"], await client.credits()) == (1, 60)


async def test_who_waits_without_an_agent_is_told_why(client: Client) -> None:
    job_id = await client.submit()
    job = await client.job(job_id)
    assert job["waitingReason"]["code"] == "NO_AGENT_FOR_LANE"
    await client.ask("DELETE", f"/jobs/{job_id}")


@pytest.mark.parametrize("model", ["text-generation", "command"])
async def test_other_work_of_the_account_is_none_of_this_api(model: str, client: Client, pool: Pool) -> None:
    (job_id,) = await insert(pool, [new_job(account_id=client.account.id, model=model, dialect="native")])
    await client.ask("GET", f"/jobs/{job_id}", status=404)
    await client.ask("GET", f"/jobs/{job_id}/result", status=404)
    await client.ask("DELETE", f"/jobs/{job_id}", status=404)
    assert (await client.ask("GET", "/jobs"))["total"] == 0


async def test_a_production_of_another_dialect_is_shown(client: Client, pool: Pool) -> None:
    job = new_job(
        account_id=client.account.id,
        model="video-production",
        pool="video-production",
        dialect="native",
        payload='{"entry": "prompt", "prompt": "x"}',
    )
    await insert(pool, [job])
    shown = await client.job(str(job.id))
    assert (shown["status"], shown["creditsCharged"]) == ("queued", 0)
    await client.ask("DELETE", f"/jobs/{job.id}")
