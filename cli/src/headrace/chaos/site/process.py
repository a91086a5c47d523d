"""One process of the stack, kept running; a fault may end it, hold it down or freeze it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Callable

import psutil

from headrace.embedded.exits import wait_for_exit
from headrace.embedded.groups import kill_group, stop_group
from headrace.embedded.log_file import LogFile
from headrace.embedded.program import Program, ProgramFailedError
from headrace.embedded.spawn import spawn

_RESTART_S = 0.5
_POLL_S = 0.05


class Kept:
    """Keeps `program` running from `begin` to `stop`. `died(name, how)` hears of ends that no fault explains."""

    def __init__(self, program: Program, *, log: LogFile, died: Callable[[str, str], None]) -> None:
        self.program = program
        self.log = log
        self._died = died
        self._process: subprocess.Popen[bytes] | None = None
        self._task: asyncio.Task[None] | None = None
        self._up = asyncio.Event()
        self._expected = False
        self._frozen: list[int] = []

    @property
    def name(self) -> str:
        return self.program.name

    def begin(self) -> None:
        self._up.set()
        self._task = asyncio.create_task(self._keep(), name=f"chaos-{self.name}")

    async def ready(self, *, within_s: float = 60.0) -> None:
        """Wait until it answers. Raises ProgramFailedError with the end of its log."""
        deadline = asyncio.get_running_loop().time() + within_s
        while not (probe := await self.program.probe()).ready:
            if asyncio.get_running_loop().time() > deadline:
                raise ProgramFailedError(
                    f"{self.name} is not ready after {within_s:g} s: {probe.reason}\n"
                    f"The end of {self.log.path}:\n{self.log.tail()}"
                )
            await asyncio.sleep(_POLL_S)

    async def take_down(self, how: signal.Signals, *, grace_s: float = 10.0) -> None:
        """End it with this signal and keep it down until `put_up`."""
        self._up.clear()
        process = self._process
        if process is None:
            return
        self._expected = True
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(how)
        if not await wait_for_exit(process, timeout_s=grace_s):
            process.kill()
            await wait_for_exit(process)

    def put_up(self) -> None:
        self._up.set()

    def freeze(self) -> None:
        """SIGSTOP to it and all that it started, as when a machine stands still."""
        process = self._process
        if process is None:
            return
        with contextlib.suppress(psutil.NoSuchProcess):
            self._frozen = [
                process.pid,
                *(each.pid for each in psutil.Process(process.pid).children(recursive=True)),
            ]
        self._signal_frozen(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal_frozen(signal.SIGCONT)
        self._frozen = []

    async def stop(self) -> None:
        """End it for good."""
        self.thaw()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        process, self._process = self._process, None
        if process is not None:
            command = self.program.command()
            await stop_group(process, stop_signal=command.stop_signal, grace_s=command.stop_grace_s)

    async def _keep(self) -> None:
        while True:
            await self._up.wait()
            try:
                await self.program.prepare()
                with self.log.open() as log:
                    self._process = process = spawn(self.program.command(), log)
            except (ProgramFailedError, OSError) as error:
                self._died(self.name, f"could not start: {error}")
            else:
                await wait_for_exit(process)
                self._process = None
                kill_group(process.pid)
                if not self._expected:
                    self._died(self.name, f"ended with status {process.returncode}")
                self._expected = False
            await asyncio.sleep(_RESTART_S)

    def _signal_frozen(self, number: signal.Signals) -> None:
        for pid in self._frozen:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
