"""The embedded S3 server: `rclone serve s3` over a folder."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, field
from pathlib import Path

from headrace.embedded.ports import LOOPBACK
from headrace.embedded.program import READY, Command, Probe, find_program, not_ready

_ANSWER_S = 1.0


@dataclass(frozen=True, kw_only=True)
class S3Server:
    """rclone serving `directory`: each sub-folder is a bucket, each file an object; `bucket` is made.

    Uploads are atomic (written to a hidden file, renamed at the end). Parts of a multipart upload must come in
    ascending order, or they are buffered in memory. Metadata of objects, the content type too, is kept in
    memory only: after a restart the type follows from the key's extension.
    """

    directory: Path
    port: int
    access_key: str
    secret_key: str = field(repr=False)
    bucket: str = "headrace"
    region: str = "us-east-1"
    name: str = "s3"

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    async def prepare(self) -> None:
        (self.directory / self.bucket).mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o700)

    def command(self) -> Command:
        return Command(
            argv=(
                str(find_program("rclone")),
                "serve",
                "s3",
                "--addr",
                f"{LOOPBACK}:{self.port}",
                "--config",
                os.devnull,
                # Everything is written through this server, so a look at the folder is never out of date.
                "--dir-cache-time",
                "1h",
                "--no-modtime",
                str(self.directory.absolute()),
            ),
            # By environment, so that the keys are not in the list of processes; the quotes are rclone's CSV.
            env={
                "PATH": os.defpath,
                "HOME": str(self.directory.absolute()),
                "RCLONE_AUTH_KEY": f'"{self.access_key},{self.secret_key}"',
            },
            cwd=self.directory,
            stop_grace_s=2.5,
        )

    async def probe(self) -> Probe:
        """Ready when it answers HTTP and refuses a request without a signature."""
        try:
            async with asyncio.timeout(_ANSWER_S):
                reader, writer = await asyncio.open_connection(LOOPBACK, self.port)
                try:
                    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    status = await reader.readline()
                finally:
                    writer.close()
        except (OSError, TimeoutError) as error:
            return not_ready(f"no answer from S3 on port {self.port}", error)
        # Without a signature S3 says 403 and rclone 400; anything else is not our server.
        if status.split()[1:2] not in ([b"400"], [b"403"]):
            return Probe(ready=False, reason=f"S3 answered {status.decode(errors='replace').strip()!r}")
        return READY
