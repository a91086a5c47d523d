"""The inline executor: models that cost less than the way to another process. Only ``noop``."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from headrace_agent.runs.job import Job
from headrace_agent.runs.outcome import Fault, Result
from headrace_agent.runs.ports import Executor, Sink
from headrace_agent.runs.signal import StopSignal

NOOP: Final = "noop"
#: The models that it runs.
MODELS: Final = frozenset({NOOP})
VERSION: Final = "noop"

_FIRST: Final = b'{"ok":true,"echo":'


def run_inline(payload: msgspec.Raw | bytes) -> msgspec.Raw:
    """The JSON result of ``noop``: what it was given. ``payload`` is JSON."""
    return msgspec.Raw(_FIRST + bytes(payload) + b"}")


class InlineFirst:
    """The ``runs.ports.Executor`` that runs inline models itself and gives the others on."""

    def __init__(self, others: Executor) -> None:
        self._others = others

    async def run(
        self, job: Job, *, source: Path | None, folder: Path, sink: Sink, stop: StopSignal
    ) -> Result | Fault:
        if job.model in MODELS:
            return Result(data=bytes(run_inline(job.payload)), version=VERSION)
        return await self._others.run(job, source=source, folder=folder, sink=sink, stop=stop)
