"""One of our own processes: `python -m MODULE`, settings by environment, /readyz on a health port."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from headrace.embedded.ports import LOOPBACK
from headrace.embedded.program import READY, Command, Probe, not_ready

_ANSWER_S = 3.0  # the service itself gives its checks 2 s
_REASON_BYTES = 300


@dataclass(frozen=True, kw_only=True)
class Service:
    """A Python module run as a process. `env` is its whole environment, without the health port."""

    name: str
    module: str
    health_port: int
    work_dir: Path
    env: Mapping[str, str] = field(repr=False)
    args: tuple[str, ...] = ()
    stop_grace_s: float

    @property
    def port(self) -> int:
        return self.health_port

    async def prepare(self) -> None:
        self.work_dir.mkdir(parents=True, exist_ok=True)

    def command(self) -> Command:
        return Command(
            # -P: the working directory is no place to import from
            argv=(sys.executable, "-P", "-m", self.module, *self.args),
            env={**self.env, "HEADRACE_HEALTH_PORT": str(self.health_port), "PYTHONUNBUFFERED": "1"},
            cwd=self.work_dir,
            stop_grace_s=self.stop_grace_s,
        )

    async def probe(self) -> Probe:
        """Ready when /readyz answers 200; another answer's body says why not."""
        try:
            async with asyncio.timeout(_ANSWER_S):
                status, body = await _get(self.health_port, "/readyz")
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            return not_ready(f"no answer on health port {self.health_port}", error)
        return READY if status == 200 else Probe(ready=False, reason=f"/readyz says {status}: {body}")


async def _get(port: int, path: str) -> tuple[int, str]:
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {LOOPBACK}\r\nConnection: close\r\n\r\n".encode())
        parts = (await reader.readline()).split()
        while (await reader.readline()).strip():
            pass  # the header lines
        body = (await reader.read(_REASON_BYTES)).decode(errors="replace").strip()
    finally:
        writer.close()
    return (int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 0), body
