"""The dispatcher's own sweep of orphan files, at once and without the grace that it gives young files."""

from __future__ import annotations

from headrace_dispatcher.housekeeping.orphans import OrphanSweep, Swept
from headrace_dispatcher.store.orphans import OrphanStore
from headrace_store.blobs.s3 import S3Blobs
from headrace_store.postgres import open_pool
from headrace_store.settings import PostgresSettings


async def sweep(url: str, blobs: S3Blobs) -> Swept:
    """Call it when nothing is submitted or run any more. Raises BlobError."""
    pool = await open_pool(PostgresSettings(url=url, pool_max=2), application_name="headrace-chaos")
    try:
        return await OrphanSweep(OrphanStore(pool), blobs, grace_s=0, per_s=1000.0).all()
    finally:
        await pool.close()
