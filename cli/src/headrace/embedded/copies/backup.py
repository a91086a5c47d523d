"""`headrace backup`: record, blobs and secrets of a state folder in one file, while its stack runs or not."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import asyncpg

from headrace.embedded.copies.manifest import BLOBS, FORMAT, RECORD, SECRETS, Manifest
from headrace.embedded.copies.record import record_of
from headrace.embedded.copies.tools import dump
from headrace.embedded.copies.writer import BackupWriter
from headrace.embedded.layout import StateDir
from headrace.embedded.program import ProgramFailedError
from headrace.embedded.s3 import S3Server
from headrace.embedded.secrets_file import load_or_create
from headrace_dispatcher.housekeeping.sweeper import SWEEP_TURN
from headrace_store.copies import jobs_of, objects_of, schema_of
from headrace_store.postgres import Connection

#: What rclone writes parts of uploads to until they are whole.
_PARTIAL = ".rclone_temp_multipart_"


async def back_up(state_dir: StateDir, path: Path, *, system_user: str | None = None) -> Manifest:
    """Write the backup to ``path``, which must not exist yet.

    The record is copied as of one moment. The blobs are copied after it: they are written once, before the record names
    them, so that all that this record names is among them. Those that came since are copied too, and harm nobody.

    Raises ProgramFailedError with the reason and the way out.
    """
    if not (state_dir.data("postgres") / "data").exists():
        raise ProgramFailedError(f"there is no stack in {state_dir.root}: name its folder with --state-dir")
    secrets = load_or_create(state_dir.secrets_json)
    try:
        with (
            BackupWriter(path) as writer,
            tempfile.TemporaryDirectory(dir=path.parent, prefix=".headrace-") as folder,
        ):
            async with (
                record_of(state_dir, secrets, system_user) as server,
                _snapshot(server.url) as (record, snapshot),
            ):
                dumped = Path(folder) / RECORD
                await dump(server, snapshot, dumped)
                schema, jobs, counted_on = (
                    await schema_of(record),
                    await jobs_of(record),
                    await objects_of(record),
                )
                await asyncio.to_thread(_add, writer, state_dir, dumped)
            bucket = f"{BLOBS}{S3Server.bucket}/"
            manifest = Manifest(
                format=FORMAT,
                headrace=version("headrace"),
                made_at=datetime.now(UTC),
                schema=schema,
                jobs=jobs,
                missing=sorted(key for key in counted_on if bucket + key not in writer.entries),
                entries=dict(writer.entries),
            )
            writer.finish(manifest)
    except FileExistsError as error:
        raise ProgramFailedError(f"{error}: a backup replaces no other one, name another file") from error
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise ProgramFailedError(f"no backup was made: {str(error) or type(error).__name__}") from error
    return manifest


@asynccontextmanager
async def _snapshot(url: str) -> AsyncIterator[tuple[Connection, str]]:
    """A look at the record as of now, and its name for others; nothing is swept from the bucket meanwhile."""
    connection = await asyncpg.connect(
        url, timeout=10, server_settings={"application_name": "headrace-backup"}
    )
    try:
        # Before the snapshot: who waits for it must not do so within the transaction.
        await connection.execute("SELECT pg_advisory_lock($1)", SWEEP_TURN)
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            yield connection, await connection.fetchval("SELECT pg_export_snapshot()")
    finally:
        await connection.close(timeout=5)


def _add(writer: BackupWriter, state_dir: StateDir, dumped: Path) -> None:
    writer.add_file(RECORD, dumped)
    writer.add_file(SECRETS, state_dir.secrets_json)
    root = state_dir.data("s3")
    for path in _blobs(root):
        # One that nothing refers to any more may go while we are at it.
        with contextlib.suppress(FileNotFoundError):
            writer.add_file(BLOBS + path.relative_to(root).as_posix(), path)


def _blobs(root: Path) -> Iterator[Path]:
    """Every object of every bucket, in the order of their names."""
    for folder, names, files in os.walk(root):
        names.sort()
        if Path(folder) == root:
            names[:] = [name for name in names if not name.startswith(".")]
            continue
        for name in sorted(files):
            if not name.startswith(_PARTIAL):
                yield Path(folder) / name
