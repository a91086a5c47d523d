"""The way back of an attempt that JetStream delivered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp
import msgspec

from headrace_agent.runs.job import Job
from headrace_agent.runs.outcome import Fault, OutputFile, Result, Stop, StopKind, Times
from headrace_agent.runs.ports import LostError, TransferError
from headrace_agent.slots import Slots
from headrace_agent.transport.bytes import download, put
from headrace_agent.transport.jetstream.dispatcher import DispatcherAwayError, DispatcherClient
from headrace_agent.transport.jetstream.leases import Held, Leases
from headrace_agent.transport.jetstream.sender import EventSender
from headrace_contracts.bus import subjects
from headrace_contracts.limits import REASON_CHARS
from headrace_contracts.messages.agents import UploadReply, UploadRequest
from headrace_contracts.messages.events import Completed, Failed, FileRef, HandedBack, Output, Progressed
from headrace_runtime.jetstream.client import JetStream
from headrace_runtime.tracing import Tracing

_UPLOAD_TRIES: Final = 4
_UPLOAD_TIMEOUT_S: Final = 5.0
_PAUSE_S: Final = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Links:
    """What all channels share."""

    agent: str
    js: JetStream
    dispatcher: DispatcherClient
    sender: EventSender
    leases: Leases
    slots: Slots
    http: aiohttp.ClientSession
    tracing: Tracing


#: A job that was handed back comes again after this: the recorder is to read the event before somebody else starts it,
#: or the attempt would be counted as lost.
_HANDED_BACK_AGAIN_S: Final = 0.3


class JetStreamChannel:
    """The ``runs.ports.Channel`` of one attempt. Holds one message of WORK and one slot until it lets go."""

    def __init__(self, job: Job, reply: str, since: float, links: Links, on_lost: Callable[[], None]) -> None:
        self._job = job
        self._reply = reply
        self._links = links
        self._held: Held = links.leases.hold([reply], since, on_lost)
        self._open = True
        #: Whether the outcome was reached while the lease held: then all that was said before it goes with it.
        self._reached = False
        self._refs: dict[Path, FileRef] = {}

    async def download(self, target: Path) -> None:
        if self._job.input is not None:
            await download(self._links.http, self._job.input.source, target)

    def progress(self, percent: float, message: str) -> None:
        event = Progressed(id=self._job.id, fence=self._job.fence, percent=percent, message=message)
        self._links.sender.offer(event, self._may_speak)

    def output(self, seq: int, text: str, stream: str) -> None:
        event = Output(id=self._job.id, fence=self._job.fence, seq=seq, text=text, stream=stream)
        self._links.sender.offer(event, self._may_speak)

    async def upload(self, result: Result, times: Times) -> None:  # noqa: ARG002 - the port's signature
        for file in (result.data_file, result.file, *result.extra_files):
            if file is not None:
                self._refs[file.path] = await self._store(file)

    async def complete(self, result: Result, times: Times) -> None:
        meta = {
            "agent": self._links.agent,
            "processing_time_ms": times.elapsed_ms,
            "model_version": result.version,
        }
        event = Completed(
            id=self._job.id,
            fence=self._job.fence,
            trace=self._trace(),
            started_at=times.started,
            finished_at=times.finished,
            result=msgspec.UNSET if result.data is None else msgspec.Raw(result.data),
            result_ref=self._refs[result.data_file.path].key if result.data_file else None,
            file=self._refs[result.file.path] if result.file else None,
            extra_files=[self._refs[file.path] for file in result.extra_files],
            meta=msgspec.Raw(msgspec.json.encode(meta)),
        )
        await self._settle(event)

    async def fail(self, fault: Fault, times: Times) -> None:
        event = Failed(
            id=self._job.id,
            fence=self._job.fence,
            trace=self._trace(),
            started_at=times.started,
            finished_at=times.finished,
            reason=fault.reason.replace("\0", "")[:REASON_CHARS],
            code=fault.code,
        )
        await self._settle(event)

    async def abandon(self, stop: Stop) -> None:
        links = self._links
        if stop.kind is StopKind.HANDED_BACK:
            event = HandedBack(
                id=self._job.id, fence=self._job.fence, trace=self._trace(), reason=stop.reason
            )
            await self._sent(event)
            if links.leases.sure_of(self._held):
                await links.js.nak(self._reply, _HANDED_BACK_AGAIN_S)
        elif stop.kind is StopKind.CANCELLED and links.leases.sure_of(self._held):
            await links.js.ack_many([self._reply])
        # LOST: the message is somebody else's, or will be: JetStream delivers it again after the ack wait.
        self.close()

    def close(self) -> None:
        """Let go of the slot and the lease, if that has not happened yet."""
        if self._open:
            self._open = False
            self._links.leases.release(self._held)
            self._links.slots.drop()

    async def _settle(self, event: Completed | Failed) -> None:
        """The outcome is safe first, then the message is acked."""
        links = self._links
        if not links.leases.sure_of(self._held):
            raise LostError("the lease has lapsed")
        self._reached = True
        self._open = False
        links.slots.finish()
        try:
            if await self._sent(event) and links.leases.sure_of(self._held):
                await links.js.ack_many([self._reply])
        finally:
            links.leases.release(self._held)
            links.slots.settle()

    def _may_speak(self) -> bool:
        return self._reached or not self._held.lost

    async def _sent(self, event: Completed | Failed | HandedBack) -> bool:
        safe: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        async def done(value: bool) -> None:
            if not safe.done():
                safe.set_result(value)

        self._links.sender.submit([event], done)
        return await safe

    async def _store(self, file: OutputFile) -> FileRef:
        size = file.path.stat().st_size
        request = UploadRequest(
            id=self._job.id, fence=self._job.fence, filename=file.name, mime=file.mime, size=size
        )
        reply = await self._upload_url(request)
        if reply.url is None:
            raise LostError(reply.error or "the dispatcher gives no place for the result of this attempt")
        await put(self._links.http, reply.url, file.path, mime=file.mime)
        return FileRef(key=reply.key, name=file.name, mime=file.mime, size=size)

    async def _upload_url(self, request: UploadRequest) -> UploadReply:
        reason = ""
        for number in range(_UPLOAD_TRIES):
            if number:
                await asyncio.sleep(_PAUSE_S)
            try:
                reply = await self._links.dispatcher.ask(
                    subjects.UPLOAD, request, UploadReply, timeout_s=_UPLOAD_TIMEOUT_S
                )
            except DispatcherAwayError as error:
                reason = str(error)
                continue
            if reply.error is None:
                return reply
            reason = reply.error
        raise TransferError(f"no place for the result file: {reason}")

    def _trace(self) -> str | None:
        return self._links.tracing.inject() or self._job.trace
