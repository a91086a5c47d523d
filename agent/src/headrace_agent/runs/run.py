"""One attempt of a job: input, handler, output, outcome; or the end that somebody else decided."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Final

from headrace_agent.runs.folder import WorkDir
from headrace_agent.runs.job import Job, now
from headrace_agent.runs.outcome import Fault, Result, Stop, StopKind, Times
from headrace_agent.runs.ports import Channel, Executor, LostError, TransferError
from headrace_agent.runs.reporter import Reporter
from headrace_agent.runs.signal import StoppedError, StopSignal
from headrace_contracts.keys import safe_filename
from headrace_contracts.messages.events import FailureCode
from headrace_runtime.logs import job_context
from headrace_runtime.tracing import Span, Tracing

logger = logging.getLogger(__name__)

_LOST: Final = Stop(kind=StopKind.LOST, reason="another attempt holds the job")


class RunState(StrEnum):
    """Where a run stands."""

    FETCHING = "fetching"
    RUNNING = "running"
    #: The result's files are on their way; it can still be stopped.
    UPLOADING = "uploading"
    #: The outcome is on its way; it can't be taken back.
    REPORTING = "reporting"
    ENDED = "ended"


class Run:
    """Runs once; ``stop`` may be called at any time."""

    def __init__(
        self, job: Job, channel: Channel, *, executor: Executor, workdir: WorkDir, tracing: Tracing
    ) -> None:
        self.job = job
        self.state = RunState.FETCHING
        self._channel = channel
        self._executor = executor
        self._workdir = workdir
        self._tracing = tracing
        self._signal = StopSignal()

    def stop(self, stop: Stop) -> None:
        """End the run early. Too late once the outcome is on its way."""
        if self.state not in {RunState.REPORTING, RunState.ENDED}:
            self._signal.set(stop)

    async def execute(self) -> None:
        """Run the job and report how it ended. Never raises for what a job or a network does."""
        job = self.job
        with (
            job_context(str(job.id)),
            self._tracing.span("agent.run", _attributes(job), self._tracing.extract(job.trace)) as span,
        ):
            try:
                await self._execute(span)
            finally:
                self.state = RunState.ENDED

    async def _execute(self, span: Span) -> None:
        started = now()
        try:
            folder = await asyncio.to_thread(self._workdir.run_folder, str(self.job.id))
        except OSError as error:
            fault = Fault(code=FailureCode.CRASH, reason=f"the agent has no room for the run: {error}")
            return await self._report(fault, Times(started=started, finished=now()), span)
        timer = asyncio.get_running_loop().call_later(self.job.timeout_s, self._time_out)
        reporter = Reporter(self._channel)
        try:
            outcome = await self._work(folder, reporter)
            timer.cancel()
            reporter.close()
            times = Times(started=started, finished=now())
            if isinstance(outcome, Result) and self._signal.stop is None:
                self.state = RunState.UPLOADING
                outcome = await self._upload(outcome, times)
            self.state = RunState.REPORTING
            await self._report(outcome, times, span)
        finally:
            timer.cancel()
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _work(self, folder: Path, reporter: Reporter) -> Result | Fault:
        """The input and the handler. What it returns after a stop is not used."""
        source = None
        try:
            if self.job.input is not None:
                source = folder / safe_filename(self.job.input.name, "input")
                await self._signal.race(self._channel.download(source))
            self.state = RunState.RUNNING
            with self._tracing.span("handler.run", {"headrace.model": self.job.model}) as span:
                outcome = await self._executor.run(
                    self.job, source=source, folder=folder, sink=reporter, stop=self._signal
                )
                if isinstance(outcome, Fault):
                    span.fail(outcome.reason)
        except (TransferError, LostError, StoppedError) as error:
            return self._excuse(error)
        return outcome

    async def _upload(self, result: Result, times: Times) -> Result | Fault:
        try:
            await self._signal.race(self._channel.upload(result, times))
        except (TransferError, LostError, StoppedError) as error:
            return self._excuse(error)
        return result

    def _excuse(self, error: TransferError | LostError | StoppedError) -> Fault:
        if isinstance(error, LostError):
            self._signal.set(_LOST)
        return Fault(code=FailureCode.TRANSFER, reason=str(error))

    async def _report(self, outcome: Result | Fault, times: Times, span: Span) -> None:
        stop = self._signal.stop
        if stop is not None and stop.kind is StopKind.TIMEOUT:
            outcome, stop = Fault(code=FailureCode.TIMEOUT, reason=stop.reason), None
        try:
            if stop is not None:
                span.fail(stop.reason)
                logger.info(
                    "ended early: %s",
                    stop.reason,
                    extra={"action": "agent.run.stop", "kind": stop.kind.value},
                )
                await self._channel.abandon(stop)
            elif isinstance(outcome, Fault):
                span.fail(outcome.reason)
                logger.info(
                    "failed: %s",
                    outcome.reason,
                    extra={"action": "agent.run.fail", "code": outcome.code.value},
                )
                await self._channel.fail(outcome, times)
            else:
                logger.info("completed in %d ms", times.elapsed_ms, extra={"action": "agent.run.complete"})
                await self._channel.complete(outcome, times)
        except LostError as error:
            logger.warning("the outcome came too late: %s", error, extra={"action": "agent.run.lost"})
            await self._channel.abandon(_LOST)

    def _time_out(self) -> None:
        reason = f"the run took longer than {self.job.timeout_s:g} s"
        self.stop(Stop(kind=StopKind.TIMEOUT, reason=reason))


MakeRun = Callable[[Job, Channel], Run]


def _attributes(job: Job) -> dict[str, str | int]:
    waited = (now() - job.created_at).total_seconds()
    return {
        "headrace.job_id": str(job.id),
        "headrace.model": job.model,
        "headrace.lane": job.lane,
        "headrace.attempt": job.attempt,
        "headrace.queue_ms": max(0, round(waited * 1000)),
    }
