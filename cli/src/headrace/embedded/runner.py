"""One embedded server by itself, without the supervisor: for tests and for single-server tools."""

from __future__ import annotations

import asyncio
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar

from headrace.embedded.exits import wait_for_exit
from headrace.embedded.groups import kill_group, stop_group
from headrace.embedded.program import Program, ProgramFailedError
from headrace.embedded.spawn import spawn

_POLL_S = 0.02
_TAIL_BYTES = 2000


class Server(Protocol):
    """A server that can be started, stopped, and started again with its data."""

    @property
    def name(self) -> str: ...

    @property
    def pid(self) -> int | None: ...

    async def start(self, *, timeout_s: float = 30.0) -> None: ...

    async def stop(self) -> None: ...


P = TypeVar("P", bound=Program)


class Runner(Generic[P]):
    """Runs one program. Not tied to an event loop: start in one and stop in another if you like.

    Start it from the main thread: on Linux the server is stopped when the thread that started it ends.
    """

    def __init__(self, program: P, *, log_path: Path) -> None:
        self.program = program
        self._log_path = log_path
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        return self.program.name

    @property
    def pid(self) -> int | None:
        """The process id while it runs, else None."""
        if self._process is None or self._process.poll() is not None:
            return None
        return self._process.pid

    async def start(self, *, timeout_s: float = 30.0) -> None:
        """Prepare, start and wait until it answers.

        Raises ProgramFailedError (with the tail of the log) when it dies or is not ready in `timeout_s` seconds;
        nothing is left running then.
        """
        if self.pid is not None:
            raise ProgramFailedError(f"{self.name} already runs as pid {self.pid}")
        await self.program.prepare()
        self._log_path.parent.mkdir(parents=True, exist_ok=True)
        with self._log_path.open("ab") as log:
            self._process = spawn(self.program.command(), log)
        try:
            await self._wait_until_ready(self._process, timeout_s)
        except BaseException:
            await self.stop()
            raise

    async def _wait_until_ready(self, process: subprocess.Popen[bytes], timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while True:
            if process.poll() is not None:
                raise self._failed(f"ended with status {process.returncode}")
            probe = await self.program.probe()
            if probe.ready:
                return
            if time.monotonic() >= deadline:
                raise self._failed(f"not ready after {timeout_s:g} s ({probe.reason})")
            await asyncio.sleep(_POLL_S)

    async def stop(self) -> None:
        """Ask it to stop, insist after its grace period, and wait until it is gone. Safe to call twice."""
        process, self._process = self._process, None
        if process is None:
            return
        command = self.program.command()
        await stop_group(process, stop_signal=command.stop_signal, grace_s=command.stop_grace_s)

    async def kill(self) -> None:
        """End it as a crash would: SIGKILL, and wait until it is gone."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            await wait_for_exit(process)
            kill_group(process.pid)

    def _failed(self, what: str) -> ProgramFailedError:
        tail = self._log_path.read_bytes()[-_TAIL_BYTES:].decode(errors="replace").strip()
        return ProgramFailedError(f"{self.name} {what}; the end of {self._log_path}:\n{tail}")

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
