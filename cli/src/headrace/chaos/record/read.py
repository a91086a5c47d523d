"""Reads the record and the bucket of a run that has come to its end."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from headrace.chaos.load.work import number_of
from headrace.chaos.record.digest import digest_of, digest_of_bytes
from headrace.chaos.record.rows import AttemptRow, DeliveryRow, JobRow, LedgerRow, Move, Snapshot
from headrace_contracts.keys import result_json_key
from headrace_store.blobs.errors import BlobError
from headrace_store.blobs.s3 import S3Blobs
from headrace_store.queries import load

_SQL = load("headrace.chaos.record", "record.sql")
_MOST_BYTES = 64 * 1024 * 1024
_PORTION = 500


async def install_audit(url: str) -> None:
    """Have every change of a job's state noted, in the migrated record at `url`."""
    connection = await asyncpg.connect(url, ssl=False)
    try:
        await connection.execute(_SQL["install_audit"])
    finally:
        await connection.close()


async def unfinished(url: str) -> dict[str, int]:
    """How many jobs, webhooks and exports have not come to their end."""
    connection = await asyncpg.connect(url, ssl=False, timeout=5)
    try:
        return dict(await connection.fetchrow(_SQL["unfinished"]) or {})
    finally:
        await connection.close()


async def read_snapshot(url: str, blobs: S3Blobs) -> Snapshot:
    """Everything, in one transaction that sees one state."""
    connection = await asyncpg.connect(url, ssl=False)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            exports = {row["job_id"]: row["state"] for row in await connection.fetch(_SQL["exports"])}
            rows = connection.cursor(_SQL["jobs"], prefetch=_PORTION)
            jobs = tuple([await _job(row, blobs, exports) async for row in rows])
            return Snapshot(
                read_at=time.time(),
                jobs=jobs,
                attempts=tuple(
                    AttemptRow(
                        job_id=row["job_id"],
                        number=row["number"],
                        fence=row["fence"],
                        outcome=row["outcome"],
                    )
                    for row in await connection.fetch(_SQL["attempts"])
                ),
                moves=tuple(
                    Move(
                        job_id=row["job_id"],
                        at=row["at"].timestamp(),
                        from_state=row["from_state"],
                        to_state=row["to_state"],
                        from_fence=row["from_fence"],
                        to_fence=row["to_fence"],
                    )
                    for row in await connection.fetch(_SQL["moves"])
                ),
                deliveries=tuple(
                    DeliveryRow(**dict(row)) for row in await connection.fetch(_SQL["deliveries"])
                ),
                exports=exports,
                ledger=tuple(
                    LedgerRow(**{name: row[name] for name in LedgerRow.__slots__})
                    for row in await connection.fetch(_SQL["ledger"])
                ),
                wallets={
                    row["account_id"]: row["balance"] for row in await connection.fetch(_SQL["wallets"])
                },
                keys={row["key"]: tuple(row["job_ids"]) for row in await connection.fetch(_SQL["keys"])},
                output=await _output(connection),
                blobs=await _all_keys(blobs),
            )
    finally:
        await connection.close()


async def _job(row: asyncpg.Record, blobs: S3Blobs, exports: dict[UUID, str]) -> JobRow:
    result, file = row["result"], None
    digest = None if result is None else digest_of(json.loads(result))
    if row["result_ref"] is not None:
        content = await _bytes(blobs, row["result_ref"])
        digest = None if content is None else digest_of(json.loads(content))
    if row["file_key"] is not None:
        content = await _bytes(blobs, row["file_key"])
        file = None if content is None else digest_of_bytes(content)
    named = (row["result_ref"], row["file_key"], row["input_key"])
    exported = (result_json_key(row["id"]),) if exports.get(row["id"]) == "exported" else ()
    return JobRow(
        id=row["id"],
        n=number_of(row["model"], row["payload"]),
        account_id=row["account_id"],
        dialect=row["dialect"],
        model=row["model"],
        state=row["state"],
        attempt=row["attempt"],
        max_attempts=row["max_attempts"],
        fence=row["fence"],
        created_at=row["created_at"].timestamp(),
        run_at=_seconds(row["run_at"]),
        started_at=_seconds(row["started_at"]),
        finished_at=_seconds(row["finished_at"]),
        result=digest,
        file=file,
        failure_code=row["failure_code"],
        failure_reason=row["failure_reason"],
        credits=row["credits"],
        keys=frozenset([*(key for key in named if key is not None), *exported]),
    )


async def _output(connection: Any) -> dict[UUID, str]:
    """What each completed job wrote in all its attempts, in order; long pieces that lie in S3 are left out."""
    pieces: defaultdict[UUID, list[str]] = defaultdict(list)
    for row in await connection.fetch(_SQL["output"]):
        pieces[row["job_id"]].append(row["text"])
    return {job_id: "".join(texts) for job_id, texts in pieces.items()}


async def _bytes(blobs: S3Blobs, key: str) -> bytes | None:
    try:
        return await blobs.get(key, limit=_MOST_BYTES)
    except BlobError:
        return None


async def _all_keys(blobs: S3Blobs) -> frozenset[str]:
    keys: set[str] = set()
    after, more = "", True
    while more:
        page = await blobs.page("", after=after)
        keys |= {entry.key for entry in page.entries}
        more, after = page.more and bool(page.entries), page.entries[-1].key if page.entries else ""
    return frozenset(keys)


def _seconds(at: datetime | None) -> float | None:
    return None if at is None else at.timestamp()
