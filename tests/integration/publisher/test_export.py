"""Results in S3 as documented, also when S3, NATS or the message were away."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from nats.aio.client import Client
from tests.integration.publisher.conftest import serving
from tests.support.outcomes import Outcomes
from tests.support.servers import RealServer, S3Access, create_bucket, s3_client
from tests.support.waiting import until

from headrace.embedded.s3 import S3Server
from headrace_store.postgres import Pool

DOCUMENTED = {
    "finished_at": "2025-10-27T10:16:12.345Z",
    "agent": "compute-node-01",
    "model": "image-classification",
    "payload": {"top_k": 5, "threshold": 0.5},
    "upload_key": "uploads/x/cat.jpg",
    "result": {"predictions": [{"label": "cat", "confidence": 0.95}]},
    "output": {
        "type": "file",
        "file_key": "results/x/output.jpg",
        "filename": "output.jpg",
        "content_type": "image/jpeg",
    },
    "meta": {"processing_time_ms": 2450, "model_version": "v2.1"},
}
COLUMNS: dict[str, Any] = {
    "input_key": "uploads/x/cat.jpg", "input_mime": "image/jpeg", "input_name": "cat.jpg", "input_size": 9,
    "file_key": "results/x/output.jpg", "file_name": "output.jpg", "file_mime": "image/jpeg", "file_size": 9,
    "result_meta": '{"processing_time_ms": 2450, "model_version": "v2.1"}',
}  # fmt: skip


async def export_of(pool: Pool, job_id: UUID, state: str, *, timeout_s: float = 20.0) -> Any:
    return await until(
        lambda: pool.fetchrow("SELECT * FROM exports WHERE job_id = $1", job_id),
        lambda row: row is not None and row["state"] == state,
        timeout_s=timeout_s,
    )


async def tried(pool: Pool, job_id: UUID) -> Any:
    """The row after its first attempt."""
    return await until(
        lambda: pool.fetchrow("SELECT * FROM exports WHERE job_id = $1", job_id),
        lambda row: row is not None and row["attempts"] >= 1,
    )


async def objects(bucket: S3Access) -> dict[str, bytes]:
    async with s3_client(bucket) as s3:
        listed = await s3.list_objects_v2(Bucket=bucket.bucket)
        found = {}
        for entry in listed.get("Contents", []):
            answer = await s3.get_object(Bucket=bucket.bucket, Key=entry["Key"])
            found[entry["Key"]] = await answer["Body"].read()
        return found


async def test_the_document_is_as_documented(
    nats_url: str, empty_database: str, bucket: S3Access, outcomes: Outcomes, pool: Pool
) -> None:
    job_id = await outcomes.job(**COLUMNS)
    await outcomes.export(job_id)
    async with serving(nats_url, empty_database, bucket):
        row = await export_of(pool, job_id, "exported")
    assert (row["attempts"], row["next_attempt_at"], row["error"]) == (1, None, None)
    found = await objects(bucket)
    assert list(found) == [f"results/{job_id}/result.json"]
    document = json.loads(found[f"results/{job_id}/result.json"])
    assert document == {"id": str(job_id), **DOCUMENTED}
    assert list(document) == ["id", *DOCUMENTED]


async def test_a_large_result_comes_from_s3(
    nats_url: str, empty_database: str, bucket: S3Access, outcomes: Outcomes, pool: Pool
) -> None:
    big = json.dumps({"words": ["w" * 100] * 5000}).encode()
    async with s3_client(bucket) as s3:
        await s3.put_object(Bucket=bucket.bucket, Key="results/x/.data.json", Body=big)
    job_id = await outcomes.job(result=None, result_ref="results/x/.data.json")
    lost_id = await outcomes.job(result=None, result_ref="results/y/.data.json")
    for each in (job_id, lost_id):
        await outcomes.export(each)
    async with serving(nats_url, empty_database, bucket):
        await export_of(pool, job_id, "exported")
        lost = await export_of(pool, lost_id, "failed")
    document = json.loads((await objects(bucket))[f"results/{job_id}/result.json"])
    assert document["result"] == json.loads(big)
    assert "results/y/.data.json is not there" in lost["error"]


async def test_it_is_written_once(
    nats_url: str, empty_database: str, bucket: S3Access, outcomes: Outcomes, pool: Pool
) -> None:
    """A second export of the same result, as after a lost ack, leaves the object alone."""
    job_id = await outcomes.job()
    await outcomes.export(job_id)
    key = f"results/{job_id}/result.json"
    async with serving(nats_url, empty_database, bucket), s3_client(bucket) as s3:
        await export_of(pool, job_id, "exported")
        before = (await s3.head_object(Bucket=bucket.bucket, Key=key))["LastModified"]
        await pool.execute("UPDATE exports SET state = 'pending', next_attempt_at = now()")
        row = await export_of(pool, job_id, "exported")
        assert row["attempts"] == 2
        assert (await s3.head_object(Bucket=bucket.bucket, Key=key))["LastModified"] == before


async def test_s3_away_keeps_exports_until_it_returns(
    nats_url: str, empty_database: str, own_s3: RealServer[S3Server], outcomes: Outcomes, pool: Pool
) -> None:
    bucket = await create_bucket(own_s3)
    await own_s3.stop()
    jobs = [await outcomes.job() for _ in range(5)]
    for job_id in jobs:
        await outcomes.export(job_id)
    async with serving(nats_url, empty_database, bucket):
        for job_id in jobs:
            row = await tried(pool, job_id)
            assert row["state"] == "pending"
            assert row["error"]
        await own_s3.start()
        for job_id in jobs:
            row = await export_of(pool, job_id, "exported", timeout_s=30)
            assert row["error"] is None
    assert set(await objects(bucket)) == {f"results/{job_id}/result.json" for job_id in jobs}


async def test_restarted_in_the_middle_and_the_streams_wiped(
    nats_url: str,
    empty_database: str,
    own_s3: RealServer[S3Server],
    outcomes: Outcomes,
    pool: Pool,
    nc: Client,
) -> None:
    bucket = await create_bucket(own_s3)
    await own_s3.stop()
    job_id = await outcomes.job()
    await outcomes.export(job_id)
    async with serving(nats_url, empty_database, bucket):
        await tried(pool, job_id)
    await nc.jsm().delete_stream("PUBLISH")
    await own_s3.start()
    async with serving(nats_url, empty_database, bucket):
        await export_of(pool, job_id, "exported", timeout_s=30)
    assert set(await objects(bucket)) == {f"results/{job_id}/result.json"}


async def test_a_wrong_key_is_told_and_mended(
    nats_url: str, empty_database: str, bucket: S3Access, outcomes: Outcomes, pool: Pool
) -> None:
    job_id = await outcomes.job()
    await outcomes.export(job_id)
    async with serving(nats_url, empty_database, bucket, s3_secret_key="wrong"):
        row = await tried(pool, job_id)
    assert row["state"] == "pending"
    await pool.execute("UPDATE exports SET next_attempt_at = now()")
    async with serving(nats_url, empty_database, bucket):
        await export_of(pool, job_id, "exported")
