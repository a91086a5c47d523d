"""Jobs through both clients, without anybody who runs them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests.integration.cli.client.conftest import Caller
from tests.support.record import pool_of
from tests.support.site import Site, SiteAccount

from headrace.client.errors import ApiError, ConflictError, NotFoundError, WaitTimeoutError

DAY = timedelta(days=1)


async def test_a_text_becomes_a_job(call: Caller) -> None:
    made = await call("submit", "text-generation", "Once", payload={"max_tokens": 5}, priority="high")
    assert made.job_id.startswith("job_")
    assert (made.status, made.model, made.priority, made.pool) == (
        "queued", "text-generation", "high", "text-generation",
    )  # fmt: skip
    job = await call("get", made.job_id)
    assert (job.status, job.attempt, job.max_attempts, job.final) == ("queued", 0, 3, False)
    assert job.created_at == made.created_at
    assert job.waiting_reason.code
    assert job.result is None


async def test_times_go_with_their_zone(call: Caller) -> None:
    at = datetime.now().replace(microsecond=0) + DAY  # noqa: DTZ005 - a naive time is local, as in Python
    made = await call("submit", "noop", run_at=at)
    assert made.status == "scheduled"
    assert (await call("get", made.job_id)).run_at == at.astimezone(UTC)
    later = datetime.now(UTC).replace(microsecond=0) + 2 * DAY
    assert (await call("schedule", made.job_id, run_at=later)).run_at == later
    moved = await call("schedule", made.job_id, run_at=None)
    assert (moved.run_at, moved.status) == (None, "queued")


async def test_a_file_is_uploaded_with_progress_that_adds_up(call: Caller, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"name,score\n" + b"ada,3\n" * 150_000)
    size = path.stat().st_size
    moved: list[tuple[int, int | None]] = []
    made = await call(
        "submit", "data-processing", file=path, on_bytes=lambda done, total: moved.append((done, total))
    )
    assert len(moved) > 2
    assert all(before < after for (before, _), (after, _) in pairwise(moved))
    assert (moved[-1], {total for _, total in moved}) == ((size, size), {size})
    job = await call("get", made.job_id)
    assert (job.input_file.name, job.input_file.mime, job.input_file.size) == ("table.csv", "text/csv", size)

    (listed,) = (await call("files")).files
    assert listed == await call("file", listed.file_id)
    assert (listed.name, listed.size) == ("table.csv", size)
    await call("delete_file", listed.file_id)
    with pytest.raises(NotFoundError):
        await call("file", listed.file_id)


async def test_a_file_that_was_sent_ahead_serves_several_jobs(call: Caller, tmp_path: Path) -> None:
    path = tmp_path / "empty.txt"
    path.write_bytes(b"")
    file_id = await call("upload", path)
    assert (await call("file", file_id)).size == 0
    path.write_text("a,b\n1,2\n")
    file_id = await call("upload", str(path))
    batch = await call("submit_batch", [{"model": "document-analysis", "input": file_id}] * 2)
    assert (batch.submitted, batch.failed) == (2, 0)
    with pytest.raises(ValueError, match="not both"):
        await call("submit", "data-processing", "text", file=path)
    with pytest.raises(FileNotFoundError):
        await call("upload", tmp_path / "none.csv")


async def test_of_a_batch_the_good_is_taken_and_the_rest_is_refused(call: Caller) -> None:
    at = datetime.now(UTC) + DAY
    batch = await call("submit_batch", [{"model": "noop", "run_at": at}, {"model": "none"}])
    assert (batch.submitted, batch.failed) == (1, 1)
    good, bad = batch.jobs
    assert (good.index, good.status, good.error) == (0, "scheduled", None)
    assert (bad.index, bad.job_id, bad.error.code) == (1, None, "validation_error")
    with pytest.raises(ApiError, match=r"jobs\[0\].model") as refusal:
        await call("submit_batch", [{"model": "none"}, {}])
    assert refusal.value.status == 422


async def test_pages_hold_every_job_once(call: Caller) -> None:
    await call("submit_batch", [{"model": "noop"}] * 4 + [{"model": "text-generation", "input": "x"}])
    seen: list[str] = []
    page = await call("jobs", model="noop", limit=3)
    assert (page.total, page.has_more) == (4, True)
    seen += [job.job_id for job in page.jobs]
    page = await call("jobs", model="noop", limit=3, cursor=page.next_cursor)
    assert (page.has_more, page.next_cursor) == (False, None)
    seen += [job.job_id for job in page.jobs]
    assert len(set(seen)) == 4
    assert sorted(seen, reverse=True) == seen, "youngest first"
    both = await call("jobs", model=["noop", "text-generation"], status=["queued", "running"])
    assert both.total == 5
    today = datetime.now(UTC).date()
    assert (await call("history", today, today)).total == 5
    assert (await call("history", date(2020, 1, 1), "2020-12-31")).jobs == []


async def test_a_job_is_cancelled_once_and_repeated_as_a_new_one(call: Caller) -> None:
    made = await call("submit", "noop")
    with pytest.raises(ConflictError):
        await call("retry", made.job_id)
    job = await call("cancel", made.job_id)
    assert (job.status, job.final) == ("cancelled", True)
    assert await call("cancel", made.job_id) == job
    again = await call("retry", made.job_id)
    assert (again.retry_of, again.status) == (made.job_id, "queued")
    assert (await call("get", again.job_id)).retry_of == made.job_id


async def test_waiting_ends_when_its_time_is_over(call: Caller) -> None:
    made = await call("submit", "noop")
    seen: list[Any] = []
    with pytest.raises(WaitTimeoutError, match=r"had not ended after 0\.5 s") as late:
        await call("wait", made.job_id, timeout_s=0.5, on_look=seen.append)
    assert late.value.job.job_id == made.job_id
    assert {job.status for job in seen} == {"queued"}


async def test_one_key_makes_one_job(call: Caller, site: Site, account: SiteAccount, tmp_path: Path) -> None:
    first = await call("submit", "noop", idempotency_key="order-1")
    assert (await call("submit", "noop", idempotency_key="order-1")).job_id == first.job_id
    with pytest.raises(ConflictError) as refusal:
        await call("submit", "noop", payload={"other": 1}, idempotency_key="order-1")
    assert refusal.value.code == "idempotency_conflict"
    async with pool_of(site.record_url) as pool:
        assert await pool.fetchval("SELECT count(*) FROM jobs WHERE account_id = $1", account.id) == 1


async def test_one_key_with_a_file_that_was_sent_ahead_makes_one_job(call: Caller, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,2\n")
    file_id = await call("upload", path)
    first = await call("submit", "data-processing", file_id, idempotency_key="table-1")
    again = await call("submit", "data-processing", file_id, idempotency_key="table-1")
    assert again.job_id == first.job_id
