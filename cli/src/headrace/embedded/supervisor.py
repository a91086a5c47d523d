"""The one process that starts the stack in order, keeps it running and stops it in the opposite order."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime

from headrace.embedded.child import Child, Pace
from headrace.embedded.identity import myself
from headrace.embedded.layout import StateDir
from headrace.embedded.log_file import LogFile
from headrace.embedded.one_off import run_one_off
from headrace.embedded.program import Program
from headrace.embedded.reporter import Reporter
from headrace.embedded.stack import Stack
from headrace.embedded.state_file import Phase, StackState, write_state


class Supervisor:
    """Runs one Stack. Make it under the lock of the state folder, in the main thread."""

    def __init__(
        self, stack: Stack, *, state_dir: StateDir, reporter: Reporter, pace: Pace | None = None
    ) -> None:
        self._stack = stack
        self._state_dir = state_dir
        self._reporter = reporter
        self._pace = pace or Pace()
        self._phase = Phase.STARTING
        self._supervisor = myself()
        self._started_at = datetime.now(UTC)
        self._servers: list[Child] = []
        self._services: list[Child] = []
        self._agents: list[Child] = []

    async def run(self, stop: asyncio.Event, *, when_ready: Callable[[], None]) -> None:
        """Start everything, call `when_ready`, keep it running until `stop` is set, stop everything.

        Raises ProgramFailedError when something does not start; everything is stopped then, too.
        """
        try:
            starting = asyncio.create_task(self._start())
            stopped = asyncio.create_task(stop.wait())
            try:
                await asyncio.wait({starting, stopped}, return_when=asyncio.FIRST_COMPLETED)
                if starting.done():
                    starting.result()
                    self._enter(Phase.READY)
                    when_ready()
                    await stopped
            finally:
                for task in (starting, stopped):
                    task.cancel()
                await asyncio.gather(starting, stopped, return_exceptions=True)
        finally:
            await self._stop()

    def kill(self) -> None:
        """The impatient stop: nobody gets a grace period any more."""
        for child in self._children():
            child.kill()

    async def _start(self) -> None:
        self._enter(Phase.STARTING)
        self._begin(self._stack.servers, self._servers)
        await self._all_ready(self._servers)
        for task in self._stack.tasks:
            await run_one_off(task, log=self._log(task.name), reporter=self._reporter)
        self._begin(self._stack.services, self._services)
        self._begin(self._stack.agents, self._agents)
        await self._all_ready([*self._services, *self._agents])

    def _begin(self, programs: tuple[Program, ...], children: list[Child]) -> None:
        for program in programs:
            child = Child(
                program,
                log=self._log(program.name),
                reporter=self._reporter,
                changed=self._write,
                pace=self._pace,
            )
            children.append(child)
            child.begin()

    async def _all_ready(self, children: list[Child]) -> None:
        """Wait for all of them: they take their time side by side. The first that fails ends the wait."""
        waits = [asyncio.create_task(child.first_ready()) for child in children]
        try:
            await asyncio.gather(*waits)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def _stop(self) -> None:
        """First the agents, who report to the services, then these, then what they work with."""
        self._reporter.stopping()
        self._enter(Phase.STOPPING)
        for children in (self._agents, self._services, self._servers):
            await asyncio.gather(*(child.stop() for child in children))
        self._enter(Phase.STOPPED)

    def _children(self) -> tuple[Child, ...]:
        return (*self._servers, *self._services, *self._agents)

    def _enter(self, phase: Phase) -> None:
        self._phase = phase
        self._write()

    def _write(self) -> None:
        state = StackState(
            phase=self._phase,
            supervisor=self._supervisor,
            started_at=self._started_at,
            api_url=self._stack.api_url,
            ports=dict(self._stack.ports),
            processes={child.program.name: child.state for child in self._children()},
        )
        # A full disk must not take the stack down; the next change writes the state again.
        with contextlib.suppress(OSError):
            write_state(self._state_dir.stack_json, state)

    def _log(self, name: str) -> LogFile:
        return LogFile(path=self._state_dir.log(name))
