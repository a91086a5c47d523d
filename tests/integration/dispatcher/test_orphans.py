"""The sweep of orphan files: what is referred to stays, of each kind; what is not goes, and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from tests.support.record import PUBLIC_ACCOUNT, insert, new_job
from tests.support.servers import S3Access

from headrace_contracts.ids import new_id
from headrace_contracts.keys import PREFIXES
from headrace_dispatcher.housekeeping.orphans import OrphanSweep
from headrace_dispatcher.housekeeping.sweeper import SWEEP_TURN, Sweeper
from headrace_dispatcher.store.leases import Singletons
from headrace_dispatcher.store.orphans import SQL, OrphanStore
from headrace_runtime.telemetry import Telemetry
from headrace_store.blobs.s3 import S3Blobs, open_blobs
from headrace_store.blobs.settings import S3Settings
from headrace_store.postgres import Pool


@pytest.fixture
async def blobs(bucket: S3Access) -> AsyncIterator[S3Blobs]:
    access = S3Settings(
        endpoint_url=bucket.endpoint_url,
        access_key=bucket.access_key,
        secret_key=bucket.secret_key,
        bucket=bucket.bucket,
        region=bucket.region,
    )
    async with open_blobs(access) as store:
        yield store


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """Keys by what they are."""

    stay: dict[str, str]
    go: dict[str, str]


async def job(record: Pool, state: str = "completed", input_key: str | None = None) -> UUID:
    """A job in ``state``, by the shortest way."""
    made = new_job(input_key=input_key)
    await insert(record, [made])
    await record.execute("UPDATE jobs SET state = $2, fence = 1 WHERE id = $1", made.id, state)
    return made.id


async def file(record: Pool, key: str, *, expires: str = "1 day", deleted: str | None = None) -> None:
    await record.execute(
        "INSERT INTO files (id, account_id, key, name, mime, size, expires_at, deleted_at)"
        " VALUES ($1, $2, $3, 'f', 'text/plain', 1, now() + $4::text::interval, now() - $5::text::interval)",
        UUID(key.split("/")[1]), PUBLIC_ACCOUNT, key, expires, deleted,
    )  # fmt: skip


async def filled(record: Pool, blobs: S3Blobs) -> Bucket:
    """One object of each kind that is referred to, and one of each kind that is not."""
    done, failed, runs = await job(record), await job(record, "failed"), await job(record, "running")
    ghost = new_id()
    stay = {
        "result file": f"results/{done}/attempt-2/film.mp4",
        "large JSON result": f"results/{done}/.data.json",
        "second result file": f"results/{done}/attempt-2/poster.jpg",
        "output": f"results/{done}/output/attempt-1/0011-stdout.txt",
        "export": f"results/{done}/result.json",
        "result of a run whose outcome is on its way": f"results/{runs}/film.mp4",
        "input": f"uploads/{new_id()}/in.wav",
        "input of a job that waits": f"uploads/{runs}/in.wav",
        "handed in while it runs": f"results/{runs}/aa11/out.zip",
        "file of a client": f"files/{new_id()}/a.txt",
        "announced file": f"files/{new_id()}/incoming/a.txt",
        "expired file that a job reads": f"files/{new_id()}/b.txt",
        "publication to the site's own store": "published/archive/a/film.mp4",
        "somebody else's": "results/not-an-id/film.mp4",
        "somebody else's, at the top": "film.mp4",
    }
    await record.execute(
        "UPDATE jobs SET file_key = $2, result_ref = $3, extra_files = $4 WHERE id = $1",
        done, stay["result file"], stay["large JSON result"],
        f'[{{"key": "x"}}, {{"key": "{stay["second result file"]}"}}]',
    )  # fmt: skip
    await record.execute(
        "INSERT INTO job_output (job_id, fence, seq, stream, text, ref) VALUES ($1, 1, 0, 'stdout', '', $2)",
        done, stay["output"],
    )  # fmt: skip
    await record.execute(
        "INSERT INTO exports (job_id, created_at, state) VALUES ($1, now(), 'exported')", done
    )
    await job(record, input_key=stay["input"])
    await job(record, input_key=stay["expired file that a job reads"])
    await file(record, stay["file of a client"])
    await file(record, stay["announced file"])
    await file(record, stay["expired file that a job reads"], expires="-2 days")
    go = {
        "result of an attempt that lost": f"results/{done}/film.mp4",
        "handed in to a job that failed": f"results/{failed}/out.zip",
        "output that nothing names": f"results/{done}/output/attempt-1/0022-stdout.txt",
        "export of a job that is gone": f"results/{ghost}/result.json",
        "export of a job without one": f"results/{failed}/result.json",
        "upload whose job was never stored": f"uploads/{ghost}/in ü&+.wav",
        "second upload of a job": f"uploads/{done}/in.wav",
        "expired file": f"files/{new_id()}/c.txt",
        "deleted file": f"files/{new_id()}/d.txt",
        "file that was never noted": f"files/{ghost}/e.txt",
        "file that was set aside meanwhile": f"files/{stay['file of a client'].split('/')[1]}/incoming/a.txt",
    }
    await file(record, go["expired file"], expires="-2 days")
    await file(record, go["deleted file"], deleted="2 days")
    for key in (*stay.values(), *go.values()):
        await blobs.put(key, b"12345", "text/plain")
    return Bucket(stay=stay, go=go)


async def keys(blobs: S3Blobs) -> set[str]:
    return {entry.key for entry in (await blobs.page("")).entries}


async def test_what_nothing_refers_to_goes_and_all_else_stays(record: Pool, blobs: S3Blobs) -> None:
    bucket = await filled(record, blobs)
    looked = await OrphanSweep(OrphanStore(record), blobs, grace_s=0, dry=True).all()
    assert {entry.key for entry in looked.orphans} == set(bucket.go.values())
    assert await keys(blobs) == {*bucket.stay.values(), *bucket.go.values()}

    swept = await OrphanSweep(OrphanStore(record), blobs, grace_s=0).all()
    left = await keys(blobs)
    assert {name for name, key in bucket.stay.items() if key not in left} == set()
    assert {name for name, key in bucket.go.items() if key in left} == set()
    assert (len(swept.orphans), swept.size) == (len(bucket.go), 5 * len(bucket.go))
    assert (await OrphanSweep(OrphanStore(record), blobs, grace_s=0).all()).orphans == ()


async def test_young_objects_and_files_in_use_are_left_alone(record: Pool, blobs: S3Blobs) -> None:
    just_expired, just_deleted = f"files/{new_id()}/a", f"files/{new_id()}/b"
    await file(record, just_expired, expires="-30 minutes")
    await file(record, just_deleted, deleted="30 minutes")
    for key in (young := f"uploads/{new_id()}/a", just_expired, just_deleted):
        await blobs.put(key, b"1", "text/plain")
    assert (await OrphanSweep(OrphanStore(record), blobs, grace_s=3600).all()).orphans == ()
    # The same when the objects are old: a submit may have found the files just before they expired.
    owners = {key: UUID(key.split("/")[1]) for key in (young, just_expired, just_deleted)}
    assert await OrphanStore(record).orphans(owners, grace_s=3600) == {young}


async def test_a_destination_below_a_folder_of_ours_keeps_what_it_got(record: Pool, blobs: S3Blobs) -> None:
    done = await job(record)
    await record.execute(
        "INSERT INTO destinations (id, account_id, name, platform, config)"
        " VALUES ($1, $1, 'archive', 's3', '{\"prefix\": \"results\"}')",
        PUBLIC_ACCOUNT,
    )
    await record.execute(
        "INSERT INTO publications (id, job_id, destination_id, state) VALUES ($1, $1, $2, 'published')",
        done, PUBLIC_ACCOUNT,
    )  # fmt: skip
    await blobs.put(key := f"results/{done}/published.mp4", b"1", "video/mp4")
    assert (await OrphanSweep(OrphanStore(record), blobs, grace_s=0).all()).orphans == ()
    assert key in await keys(blobs)


async def test_an_upload_in_parts_that_was_left_behind_is_given_up(
    blobs: S3Blobs, record: Pool, bucket: S3Access
) -> None:
    writers = [blobs.writer(key, "x/y") for key in (f"uploads/{new_id()}/big", "published/big")]
    for writer in writers:
        await writer.write(b"x" * (5 * 1024 * 1024 + 1))
    assert (await OrphanSweep(OrphanStore(record), blobs, grace_s=3600).all()).unfinished == ()
    assert len((await OrphanSweep(OrphanStore(record), blobs, grace_s=0).all()).unfinished) == 1
    assert [upload.key for upload in await blobs.unfinished("")] == ["published/big"]
    for writer in writers:
        await writer.abort()


async def test_any_dispatcher_goes_on_where_the_last_one_was(record: Pool, blobs: S3Blobs) -> None:
    """Page after page with the place in the record; then not again before its time, nor during a backup."""
    for _ in range(8):
        await blobs.put(f"files/{new_id()}/a", b"1", "text/plain")

    def sweeper() -> Sweeper:
        store = OrphanStore(record)
        sweep = OrphanSweep(store, blobs, grace_s=0, per_s=10_000, page=5)
        return Sweeper(store, sweep, Singletons(record), Telemetry(), every_s=3600)

    async with record.acquire() as backup:
        await backup.execute("SELECT pg_advisory_lock($1)", SWEEP_TURN)
        assert not await sweeper().turn()
        await backup.execute("SELECT pg_advisory_unlock($1)", SWEEP_TURN)
    assert await sweeper().turn()
    assert len(await keys(blobs)) == 3
    turns = 0
    while await sweeper().turn():
        turns += 1
    assert (turns, await keys(blobs)) == (len(PREFIXES), set())
    await record.execute("UPDATE sweeps SET finished_at = $1", datetime.now(UTC) - timedelta(hours=2))
    assert await sweeper().turn()


async def test_references_are_found_by_indexes(record: Pool) -> None:
    """Whatever the size of the tables."""
    plan = await record.fetch(f"EXPLAIN (COSTS OFF) {SQL['orphans']}", ["a"], [new_id()], 1.0)
    lines = [line for (line,) in plan]
    assert not [line for line in lines if "Seq Scan" in line and "destinations" not in line], lines
    assert any("jobs_by_input" in line for line in lines), lines
