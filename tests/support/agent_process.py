"""The agent as its own process, for tests."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

HANDLERS = "tests.support.agent_handlers"
ROOT = Path(__file__).parents[2]


class AgentProcess:
    """A running ``headrace-agent``; ``log`` is what it wrote."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self.process = process
        self._log = log

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def log(self) -> str:
        return self._log.read_text()

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def ended(self, timeout_s: float = 20.0) -> int:
        """Its exit code."""
        async with asyncio.timeout(timeout_s):
            return await self.process.wait()


@asynccontextmanager
async def agent_process(
    tmp_path: Path,
    *,
    nats_url: str = "nats://127.0.0.1:1",
    slots: int = 2,
    env: Mapping[str, str] | None = None,
    name: str = "agent",
) -> AsyncIterator[AgentProcess]:
    """Start an agent with the handlers of ``agent_handlers``; it is killed at the end if it still runs."""
    log = tmp_path / f"{name}.log"
    settings = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "error::ResourceWarning",
        "HEADRACE_NATS_URL": nats_url,
        "HEADRACE_AGENT_ID": name,
        "HEADRACE_AGENT_SLOTS": str(slots),
        "HEADRACE_AGENT_HANDLERS": HANDLERS,
        "HEADRACE_AGENT_WORK_DIR": str(tmp_path / "work"),
        "HEADRACE_ENABLE_NOOP": "true",
    }
    with log.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "headrace_agent", env=settings | dict(env or {}), stdout=file, stderr=file
        )
    try:
        yield AgentProcess(process, log)
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)
            process.kill()
        await process.wait()
        print(log.read_text())  # noqa: T201 - shown when the test fails


def alive(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
