"""pg_dump and pg_restore of the embedded Postgres."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from headrace.embedded.postgres import PostgresServer, binaries
from headrace.embedded.program import ProgramFailedError

_SAID_BYTES = 2000


async def dump(server: PostgresServer, snapshot: str, target: Path) -> None:
    """Write the record as of ``snapshot`` (of a transaction that is open) to ``target``.

    Raises ProgramFailedError.
    """
    await _run(
        server,
        "pg_dump",
        *("--format=custom", "--compress=3", "--no-owner", "--no-privileges"),
        *(f"--snapshot={snapshot}", f"--file={target}", f"--dbname={server.database}"),
    )


async def load(server: PostgresServer, source: Path) -> None:
    """Fill an empty database from what ``dump`` wrote, all or nothing. Raises ProgramFailedError."""
    await _run(
        server,
        "pg_restore",
        *("--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"),
        *(f"--dbname={server.database}", str(source)),
    )


async def _run(server: PostgresServer, name: str, *args: str) -> None:
    place = urlsplit(server.url)
    env = {
        "PATH": os.defpath,
        "LC_ALL": "C",
        "PGHOST": place.hostname or "",
        "PGPORT": str(server.port),
        "PGUSER": server.user,
        # Not among the arguments, which everybody on the machine can see.
        "PGPASSWORD": unquote(place.password or ""),
    }
    process = await asyncio.create_subprocess_exec(
        str(binaries() / name),
        *args,
        env=env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        text = said[-_SAID_BYTES:].decode(errors="replace").strip()
        raise ProgramFailedError(f"{name} failed (status {process.returncode}):\n{text}")
