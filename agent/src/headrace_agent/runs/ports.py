"""What a run needs from the rest of the agent."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from headrace_agent.runs.job import Job
from headrace_agent.runs.outcome import Fault, Result, Stop, Times
from headrace_agent.runs.signal import StopSignal


class TransferError(Exception):
    """An input or output could not be moved; the message says what and why."""


class LostError(Exception):
    """The dispatcher or the API says that this attempt is no longer the current one."""


class Sink(Protocol):
    """Takes what a run says while it runs."""

    def progress(self, percent: float, message: str) -> None: ...

    def output(self, data: bytes, stream: str) -> None:
        """Raw bytes that the handler wrote to ``stream`` (stdout or stderr)."""


class Executor(Protocol):
    """Runs a job's model."""

    async def run(
        self, job: Job, *, source: Path | None, folder: Path, sink: Sink, stop: StopSignal
    ) -> Result | Fault:
        """Run it to its end.

        Once ``stop`` is set it ends within 5 s, with nothing left running; what it returns then is not used.
        ``source`` is the input on disk, ``folder`` is private to this run.
        """


class Channel(Protocol):
    """The way back of one attempt: to the dispatcher, or to the API."""

    async def download(self, target: Path) -> None:
        """Write the job's input to ``target``; raises TransferError or LostError."""

    def progress(self, percent: float, message: str) -> None: ...

    def output(self, seq: int, text: str, stream: str) -> None: ...

    async def upload(self, result: Result, times: Times) -> None:
        """Bring the result's files to where they belong; raises TransferError or LostError."""

    async def complete(self, result: Result, times: Times) -> None:
        """Report the outcome and let go of the job once it is safe; raises LostError."""

    async def fail(self, fault: Fault, times: Times) -> None:
        """Report the failure and let go of the job once it is safe; raises LostError."""

    async def abandon(self, stop: Stop) -> None:
        """Let go of the job without an outcome, as ``stop.kind`` asks."""
