"""What comes of jobs: results, retries, schedules, approval, attempts, pages."""

from __future__ import annotations

from tests.contract.native.conftest import Native

TEXT = {"model": "text-generation", "input": "x"}


async def test_a_result_file_is_streamed_in_parts_or_by_its_own_url(native: Native) -> None:
    job = await native.job(**TEXT)
    await native.finish(job, file=b"0123456789")
    seen = await native.made("GET", f"/v1/jobs/{job}")
    assert seen["result_file"]["size"] == 10
    assert seen["miner_id"] == "miner-7"
    whole = await native.ask("GET", f"/v1/jobs/{job}/download")
    assert (whole.status, whole.data) == (200, b"0123456789")
    assert whole.headers["X-RateLimit-Limit"] == "60"
    part = await native.ask("GET", f"/v1/jobs/{job}/download", headers={"Range": "bytes=2-4"})
    assert (part.status, part.data) == (206, b"234")
    outside = await native.ask("GET", f"/v1/jobs/{job}/download", headers={"Range": "bytes=99-"})
    assert (outside.status, outside.headers["Content-Range"]) == (416, "bytes */10")
    redirect = await native.ask("GET", f"/v1/jobs/{job}/download?redirect=true")
    assert redirect.status == 302
    async with native.session.get(redirect.headers["Location"]) as stored:
        assert await stored.read() == b"0123456789"
    missing = await native.ask("GET", f"/v1/jobs/{job}/download?file=other.bin")
    assert (missing.status, missing.code) == (404, "no_file")


async def test_only_a_job_that_has_ended_is_retried(native: Native) -> None:
    job = await native.job(**TEXT, priority="high", timeout_seconds=77)
    early = await native.ask("POST", f"/v1/jobs/{job}/retry")
    assert (early.status, early.code) == (409, "invalid_state")
    await native.made("DELETE", f"/v1/jobs/{job}")
    again = await native.ask("POST", f"/v1/jobs/{job}/retry", headers={"Idempotency-Key": "r"})
    assert again.status == 201
    assert again.body["retry_of"] == job
    assert again.body["priority"] == "high"
    seen = await native.made("GET", f"/v1/jobs/{again.body['job_id']}")
    assert (seen["retry_of"], seen["timeout_seconds"], seen["status"]) == (job, 77, "queued")
    repeated = await native.ask("POST", f"/v1/jobs/{job}/retry", headers={"Idempotency-Key": "r"})
    assert repeated.body == again.body


async def test_a_time_is_set_moved_and_taken_away(native: Native) -> None:
    job = await native.job(run_at="2031-01-01T10:00:00+02:00")
    seen = await native.made("GET", f"/v1/jobs/{job}")
    assert (seen["status"], seen["run_at"]) == ("scheduled", "2031-01-01T08:00:00.000Z")
    path = f"/v1/jobs/{job}/schedule"
    moved = await native.made("PATCH", path, json={"run_at": "2032-01-01T00:00:00Z"})
    assert moved["run_at"] == "2032-01-01T00:00:00.000Z"
    same = await native.made("PATCH", path, json={})
    assert same["run_at"] == "2032-01-01T00:00:00.000Z"
    free = await native.made("PATCH", path, json={"run_at": None})
    assert (free["run_at"], free["status"]) == (None, "queued")
    await native.made("DELETE", f"/v1/jobs/{job}")
    late = await native.ask("PATCH", path, json={"run_at": "2032-01-01T00:00:00Z"})
    assert (late.status, late.code) == (409, "invalid_state")


async def test_a_staged_job_shows_its_result_and_waits_for_an_approval(native: Native) -> None:
    job = await native.job(**TEXT, staging=True)
    early = await native.ask("POST", f"/v1/jobs/{job}/approve")
    assert early.status == 409
    await native.finish(job)
    staged = await native.made("GET", f"/v1/jobs/{job}")
    assert (staged["status"], staged["awaits_approval"]) == ("staged", True)
    assert staged["result"] == {"text": "done"}
    assert (await native.ask("GET", f"/v1/jobs/{job}/download")).body == {"text": "done"}
    approved = await native.made("POST", f"/v1/jobs/{job}/approve")
    assert (approved["status"], approved["awaits_approval"]) == ("completed", False)
    assert approved["approved_at"] is not None


async def test_destinations_of_a_job_are_shown_with_how_far_they_are(native: Native) -> None:
    await native.made(
        "POST", "/v1/destinations", json={"name": "arch", "platform": "s3", "config": {"prefix": "arch"}}
    )
    place = f"s3://{native.site.bucket.bucket}/published/arch/here"
    job = await native.job(output_config={"destination": place}, publish_at="2031-01-01T00:00:00Z")
    seen = await native.made("GET", f"/v1/jobs/{job}")
    assert [(each["destination"], each["status"]) for each in seen["publications"]] == [("arch", "held")]
    cleared = await native.made("PATCH", f"/v1/jobs/{job}/schedule", json={"publish_at": None})
    assert cleared["publish_at"] is None


async def test_attempts_and_logs_of_a_job(native: Native) -> None:
    job = await native.job(**TEXT)
    assert await native.made("GET", f"/v1/jobs/{job}/attempts") == {"attempts": []}
    await native.finish(job)
    (attempt,) = (await native.made("GET", f"/v1/jobs/{job}/attempts"))["attempts"]
    assert (attempt["number"], attempt["miner_id"], attempt["outcome"]) == (1, "miner-7", "completed")
    logs = await native.made("GET", f"/v1/jobs/{job}/logs?stream=stderr&after=3&limit=5")
    assert logs == {"lines": [], "has_more": False, "next_after": 3}


async def test_pages_follow_one_another_without_gaps_and_repeats(native: Native) -> None:
    made = [await native.job() for _ in range(5)]
    first = await native.made("GET", "/v1/jobs?limit=2")
    assert (first["total"], first["has_more"]) == (5, True)
    late = await native.job()  # does not move the pages that follow
    seen = [job["job_id"] for job in first["jobs"]]
    cursor = first["next_cursor"]
    while cursor is not None:
        page = await native.made("GET", f"/v1/jobs?limit=2&cursor={cursor}")
        seen += [job["job_id"] for job in page["jobs"]]
        cursor = page["next_cursor"]
    assert seen == made[::-1]
    assert late not in seen
    two = await native.made("GET", "/v1/jobs?status=queued&status=running&model=noop")
    assert two["total"] == 6
    for query in ("limit=0", "limit=101", "limit=x", "cursor=x", "status=odd", "colour=red"):
        assert (await native.ask("GET", f"/v1/jobs?{query}")).status == 422, query


async def test_history_takes_days_that_are_in_order(native: Native) -> None:
    wrong = await native.ask("GET", "/v1/jobs/history?from=2026-02-01&to=2026-01-01")
    assert "to" in wrong.problems
    assert "from" in (await native.ask("GET", "/v1/jobs/history?to=2026-01-01")).problems
    assert (await native.ask("GET", "/v1/jobs/history?from=2026-13-01&to=2026-01-01")).status == 422


async def test_an_estimate_is_made_of_what_was_recorded(native: Native) -> None:
    # The site looks at recorded run times every few seconds: a finished job is known of after a while.
    from tests.support.waiting import until

    job = await native.job(**TEXT)
    await native.finish(job)

    async def estimated() -> float | None:
        made = await native.made("POST", "/v1/jobs", json={"model": "text-generation", "input": "y"})
        await native.made("DELETE", f"/v1/jobs/{made['job_id']}")
        seconds: float | None = made["estimated_time_seconds"]
        return seconds

    seconds = await until(estimated, lambda found: found is not None, every_s=0.7)
    assert seconds is not None
    assert 0 <= seconds < 60
