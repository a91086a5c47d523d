"""Runs jobs in worker processes, and ends them however they resist."""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from headrace_agent.executors.handler.crash import crash_reason
from headrace_agent.executors.handler.frames import Cancel, Done, FrameError, Progress, Refused, Run
from headrace_agent.executors.handler.pool import WorkerPool
from headrace_agent.executors.handler.process import WorkerProcess
from headrace_agent.runs.job import Job
from headrace_agent.runs.outcome import Fault, OutputFile, Result, StopKind
from headrace_agent.runs.ports import Sink
from headrace_agent.runs.signal import StoppedError, StopSignal
from headrace_contracts.keys import safe_filename
from headrace_contracts.messages.events import FailureCode

#: How long a run may take to end by itself, and then after SIGTERM, in seconds: 5 s in all (promise 6), and less
#: where somebody waits for the machine or the lease runs out.
GRACE_S: Final[Mapping[StopKind, tuple[float, float]]] = MappingProxyType(
    {
        StopKind.CANCELLED: (1.5, 1.0),
        StopKind.TIMEOUT: (1.5, 1.0),
        StopKind.HANDED_BACK: (0.3, 0.2),
        StopKind.LOST: (0.0, 0.0),
    }
)
_DEAD_S: Final = 1.0


class HandlerExecutor:
    """The ``runs.ports.Executor`` of the catalogue's handlers."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool

    async def run(
        self, job: Job, *, source: Path | None, folder: Path, sink: Sink, stop: StopSignal
    ) -> Result | Fault:
        try:
            worker = await self._pool.take(job.model)
        except OSError as error:
            return Fault(code=FailureCode.CRASH, reason=f"no worker process could be started: {error}")
        reusable = False
        try:
            worker.attach(sink.output)
            await worker.send(_request(job, source, folder))
            answering = asyncio.ensure_future(self._answer(worker, sink))
            try:
                answer = await stop.race(asyncio.shield(answering))
            except StoppedError:
                await self._end(job, worker, stop, answering)
            finally:
                if not answering.done():
                    answering.cancel()
                await asyncio.gather(answering, return_exceptions=True)
            # A handler that ended when it was asked to has left its process in order.
            reusable = not answering.cancelled() and isinstance(answering.result(), Done | Refused)
            if stop.stop is not None:
                return Fault(code=FailureCode.CRASH, reason=stop.stop.reason)
            return await self._judge(answer, worker)
        finally:
            worker.detach()
            self._pool.give_back(worker, reusable=reusable and worker.alive)

    async def _answer(self, worker: WorkerProcess, sink: Sink) -> Done | Refused | None:
        """The end of the run; None when the process died or talks nonsense."""
        try:
            while isinstance(message := await worker.receive(), Progress):
                sink.progress(message.percent, message.message)
        except FrameError:
            message = None
        worker.drain()
        if isinstance(message, Done | Refused):
            worker.rss_bytes = message.rss_bytes
            return message
        return None

    async def _end(
        self,
        job: Job,
        worker: WorkerProcess,
        stop: StopSignal,
        answering: asyncio.Future[Done | Refused | None],
    ) -> None:
        """Ask, then SIGTERM, then SIGKILL: to the handler and to all that it has started."""
        kind = stop.stop.kind if stop.stop else StopKind.CANCELLED
        ask_s, term_s = GRACE_S[kind]
        if ask_s:
            await worker.send(Cancel(job_id=str(job.id)))
            await asyncio.wait({answering}, timeout=ask_s)
            if answering.done() and answering.result() is not None and await worker.alone():
                return
            worker.terminate()
            await worker.wait(term_s)
        await worker.end(_DEAD_S)

    async def _judge(self, answer: Done | Refused | None, worker: WorkerProcess) -> Result | Fault:
        if isinstance(answer, Done):
            return _result(answer)
        if isinstance(answer, Refused):
            return Fault(
                code=FailureCode.CRASH if answer.crash else FailureCode.HANDLER, reason=answer.reason
            )
        if not await worker.wait(_DEAD_S):
            await worker.end(_DEAD_S)
        worker.drain()
        tail = worker.stderr.tail() or worker.stdout.tail()
        return Fault(code=FailureCode.CRASH, reason=crash_reason(worker.returncode, tail))


def _request(job: Job, source: Path | None, folder: Path) -> Run:
    return Run(
        job_id=str(job.id),
        attempt=job.attempt,
        model=job.model,
        payload=job.payload,
        folder=str(folder),
        input_path=str(source) if source else None,
        input_mime=job.input.mime if job.input else "",
        input_name=job.input.name if job.input else "",
    )


def _result(done: Done) -> Result:
    file = data_file = None
    if done.file_path is not None:
        file = _file(Path(done.file_path))
    if done.data_path is not None:
        path = Path(done.data_path)
        data_file = OutputFile(path=path, name=path.name, mime="application/json")
    return Result(
        data=done.data,
        data_file=data_file,
        file=file,
        extra_files=tuple(_file(Path(path)) for path in done.extra_paths),
        version=done.version,
    )


def _file(path: Path) -> OutputFile:
    mime = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return OutputFile(path=path, name=safe_filename(path.name, "output"), mime=mime)
