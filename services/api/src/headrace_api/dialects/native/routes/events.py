"""What happens to jobs, as it happens: server-sent events (WHATWG HTML, «Server-sent events»)."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import msgspec
from aiohttp import web

from headrace_api.core.core import Core
from headrace_api.core.watching import Subscription, WatchEndedError
from headrace_api.dialects.native import ids
from headrace_api.dialects.native.route import Call, Content, Route
from headrace_api.dialects.native.routes.jobs import NOT_FOUND
from headrace_api.dialects.native.settings import NativeSettings
from headrace_api.http.admission import becomes_stream
from headrace_contracts.jobs.state import FINAL
from headrace_contracts.jobs.timing import iso_ms
from headrace_contracts.jobs.view import JobView
from headrace_contracts.messages.changes import Change, ChangeKind
from headrace_contracts.scopes import JOBS_READ

TAG = "Events"
_STREAM = Content(
    mime="text/event-stream",
    schema={"type": "string"},
    description="`event: state`, `progress` or `output`, with JSON as `data` and a position as `id`. Give the last "
    "`id` as `Last-Event-ID` to go on from there; `event: gap` says that the site does not remember so far back.",
)
_BEAT = b": beat\n\n"
_FINAL = frozenset(str(state) for state in FINAL)


class EventRoutes:
    def __init__(self, core: Core, settings: NativeSettings) -> None:
        self._core = core
        self._settings = settings

    async def all(self, call: Call[Any, Any]) -> web.StreamResponse:
        becomes_stream(call.request)
        async with self._core.changes.subscribe(
            call.who.account_id, after=call.request.headers.get("Last-Event-ID")
        ) as subscription:
            return await self._stream(call.request, subscription, first=None)

    async def one(self, call: Call[Any, Any]) -> web.StreamResponse:
        """One job: its state now, then what changes, until it ends."""
        becomes_stream(call.request)
        view = await self._core.jobs.view(ids.read(ids.JOB, call.path("id")), call.who.account_id)
        after = call.request.headers.get("Last-Event-ID")
        async with self._core.changes.subscribe(call.who.account_id, view.id, after) as subscription:
            # Looked at again: what happened before the subscription began is in the record by now.
            view = await self._core.jobs.view(view.id, call.who.account_id)
            return await self._stream(call.request, subscription, first=view)

    async def _stream(
        self, request: web.Request, subscription: Subscription, *, first: JobView | None
    ) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={
                "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",
                "Content-Type": "text/event-stream",
            }
        )
        await response.prepare(request)
        if request.method == "HEAD":
            return response
        try:
            if first is not None:
                await self._write(response, event("state", _standing(first)))
            if first is None or str(first.state) not in _FINAL:
                await self._follow(response, subscription, until_final=first is not None)
            await response.write_eof()
        except ConnectionError:
            pass  # the client has left, which is how a stream ends
        except TimeoutError:
            if request.transport is not None:
                request.transport.abort()  # it does not read
        return response

    async def _follow(
        self, response: web.StreamResponse, subscription: Subscription, *, until_final: bool
    ) -> None:
        told_of_gap = False
        while True:
            try:
                watched = await subscription.next(self._settings.beat_s)
            except WatchEndedError:
                return  # the client comes back with its last id
            if subscription.gap and not told_of_gap:
                told_of_gap = True
                await self._write(response, event("gap", {}))
            if watched is None:
                await self._write(response, _BEAT)
                continue
            change = watched.change
            await self._write(response, event(str(change.kind), _changed(change), watched.id))
            if until_final and change.kind is ChangeKind.STATE and change.state in _FINAL:
                return

    async def _write(self, response: web.StreamResponse, data: bytes) -> None:
        """A client that does not read is cut off, not buffered for."""
        async with asyncio.timeout(self._settings.write_timeout_s):
            await response.write(data)


def event(kind: str, data: dict[str, Any], position: str | None = None) -> bytes:
    """One event of the stream; JSON has no line breaks outside of its texts, and none inside."""
    head = f"event: {kind}\n" if position is None else f"id: {position}\nevent: {kind}\n"
    return head.encode() + b"data: " + msgspec.json.encode(data) + b"\n\n"


def _standing(view: JobView) -> dict[str, Any]:
    """The job as it stands when the stream begins."""
    return {
        "job_id": ids.shown(ids.JOB, view.id),
        "status": str(view.state),
        "attempt": view.attempt,
        "miner_id": view.agent,
        "progress": view.progress,
        "exit_code": view.exit_code,
        "failure": _failure(view.failure_code, view.failure_reason),
        "at": _at(view.finished_at or view.started_at or view.created_at),
    }


def _changed(change: Change) -> dict[str, Any]:
    data: dict[str, Any] = {"job_id": ids.shown(ids.JOB, change.id), "at": _at(change.at)}
    match change.kind:
        case ChangeKind.STATE:
            data |= {
                "status": change.state,
                "attempt": change.attempt,
                "miner_id": change.agent,
                "exit_code": change.exit_code,
                "failure": _failure(change.failure_code, change.failure_reason),
            }
        case ChangeKind.PROGRESS:
            data |= {"progress": change.percent, "message": change.message}
        case ChangeKind.OUTPUT:
            data |= {"stream": change.stream, "text": change.text}
    return data


def _failure(code: str | None, reason: str | None) -> dict[str, Any] | None:
    return None if code is None and not reason else {"code": code, "reason": reason}


def _at(moment: datetime) -> str:
    return iso_ms(moment)


def routes(core: Core, settings: NativeSettings) -> list[Route]:
    events = EventRoutes(core, settings)
    return [
        Route(method="GET", path="/v1/events", handle=events.all, summary="Changes of all jobs, as they happen",
              tag=TAG, scope=JOBS_READ, content=_STREAM),
        Route(method="GET", path="/v1/jobs/{id}/events", handle=events.one, tag=TAG, scope=JOBS_READ,
              summary="Changes of one job until it ends", content=_STREAM, refuses=NOT_FOUND),
    ]  # fmt: skip
