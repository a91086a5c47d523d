"""One process under supervision: started, watched, started again when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from headrace.embedded.backoff import deaths_in_a_row, restart_delay_s
from headrace.embedded.exits import wait_for_exit
from headrace.embedded.groups import kill_group, stop_group
from headrace.embedded.identity import identify
from headrace.embedded.log_file import LogFile
from headrace.embedded.program import Program, ProgramFailedError
from headrace.embedded.reporter import Reporter
from headrace.embedded.spawn import spawn
from headrace.embedded.state_file import Health, ProcessState

GIVE_UP_AFTER_DEATHS = 3


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How often a child is probed: quickly until it is ready, slowly afterwards; and how long it may take."""

    starting_s: float = 0.05
    steady_s: float = 5.0
    first_ready_within_s: float = 60.0


class Child:
    """Keeps one program running from `begin` to `stop`. `changed` is called after each change of `state`."""

    def __init__(
        self, program: Program, *, log: LogFile, reporter: Reporter, changed: Callable[[], None], pace: Pace
    ) -> None:
        self.program = program
        self.log = log
        self.state = ProcessState(port=program.port)
        self._reporter = reporter
        self._changed = changed
        self._pace = pace
        self._process: subprocess.Popen[bytes] | None = None
        self._task: asyncio.Task[None] | None = None
        self._first_ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def begin(self) -> None:
        """Start to keep it running."""
        self._reporter.starting(self.program.name)
        self._task = asyncio.create_task(self._keep_running(), name=f"child-{self.program.name}")

    async def first_ready(self) -> None:
        """Wait until it was ready once. Raises ProgramFailedError when it keeps dying or takes too long."""
        done, _ = await asyncio.wait({self._first_ready}, timeout=self._pace.first_ready_within_s)
        if not done:
            raise self._failure(
                f"is not ready after {self._pace.first_ready_within_s:g} s: {self.state.reason}"
            )
        self._first_ready.result()

    async def stop(self) -> None:
        """Stop it for good, with all it started. Safe to call when it does not run."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        process, self._process = self._process, None
        if process is not None:
            command = self.program.command()
            went = await stop_group(process, stop_signal=command.stop_signal, grace_s=command.stop_grace_s)
            if not went:
                self._reporter.note(f"{self.program.name} did not stop in {command.stop_grace_s:g} s: killed")
        self._set(health=Health.STOPPED, identity=None, up_since=None, reason="")

    def kill(self) -> None:
        """The impatient stop: what runs gets SIGKILL now; call `stop` afterwards."""
        if self._process is not None:
            self._process.kill()

    async def _keep_running(self) -> None:
        deaths = 0
        while True:
            began = time.monotonic()
            how = await self._run_once(began)
            deaths = deaths_in_a_row(deaths, up_s=time.monotonic() - began)
            if deaths >= GIVE_UP_AFTER_DEATHS and not self._first_ready.done():
                self._first_ready.set_exception(self._failure(f"{how}, {deaths} times in a row"))
                return
            delay_s = restart_delay_s(deaths)
            self._reporter.died(self.program.name, how=how, restart_in_s=delay_s)
            self._set(health=Health.RESTARTING, reason=how, identity=None, up_since=None)
            await asyncio.sleep(delay_s)
            self._set(restarts=self.state.restarts + 1, health=Health.STARTING)

    async def _run_once(self, began: float) -> str:
        """Run it until it ends; says how it ended."""
        try:
            await self.program.prepare()
            with self.log.open() as log:
                self._process = process = spawn(self.program.command(), log)
        except (ProgramFailedError, OSError) as error:
            return f"could not start: {error}"
        self._set(
            identity=identify(process.pid), up_since=datetime.now(UTC), health=Health.STARTING, reason=""
        )
        await self._watch(process, began)
        self._process = None
        kill_group(process.pid)
        return _how(process.returncode)

    async def _watch(self, process: subprocess.Popen[bytes], began: float) -> None:
        """Probe it until it has ended."""
        was_ready = False
        ended = asyncio.create_task(wait_for_exit(process))
        try:
            while True:
                probe = await self.program.probe()
                if process.poll() is not None:
                    return
                if probe.ready and not was_ready:
                    was_ready = True
                    self._reporter.ready(self.program.name, after_s=time.monotonic() - began)
                health = Health.READY if probe.ready else Health.NOT_READY if was_ready else Health.STARTING
                self._set(health=health, reason=probe.reason)
                if was_ready and not self._first_ready.done():
                    self._first_ready.set_result(None)
                pace_s = self._pace.steady_s if probe.ready else self._pace.starting_s
                if was_ready and not probe.ready:
                    pace_s = min(1.0, self._pace.steady_s)
                done, _ = await asyncio.wait({ended}, timeout=pace_s)
                if done:
                    return
                self.log.rotate()
        finally:
            ended.cancel()

    def _set(self, **changes: object) -> None:
        after = msgspec.structs.replace(self.state, **changes)
        if after != self.state:
            self.state = after
            self._changed()

    def _failure(self, what: str) -> ProgramFailedError:
        return ProgramFailedError(
            f"{self.program.name} {what}\nThe end of {self.log.path}:\n{self.log.tail()}"
        )


def _how(status: int) -> str:
    if status >= 0:
        return f"ended with status {status}"
    try:
        return f"was ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"was ended by signal {-status}"
