"""The WebSocket ``/api/jobs/stream``: what happens to the caller's jobs, as it is recorded."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from typing import Any, Final
from uuid import UUID

import msgspec
from aiohttp import WSCloseCode, web

from headrace_api.core.core import Core
from headrace_api.core.errors import CoreError, OverloadedError, UnauthorizedError
from headrace_api.core.watching import Subscription, WatchEndedError
from headrace_api.dialects.jobserver.guards import ACCOUNT, user_token
from headrace_api.dialects.jobserver.ids import job_of
from headrace_api.dialects.jobserver.messages import ended_message, message_of
from headrace_api.dialects.jobserver.settings import JobserverSettings
from headrace_api.http.admission import becomes_stream
from headrace_contracts.jobs.view import JobView
from headrace_runtime.tasks import cancelled

log = logging.getLogger(__name__)

_PING_S: Final = 20.0
#: A client has nothing to say here.
_MAX_INCOMING_BYTES: Final = 4096
_REMEMBERED: Final = 10_000


class StreamRoute:
    """Any replica serves it: all read the same stream of changes."""

    def __init__(self, core: Core, settings: JobserverSettings) -> None:
        self._core = core
        self._settings = settings
        self._open = 0

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """``GET /api/jobs/stream``; ``?jobId=`` narrows it, ``?after=`` goes on after an ``eventId``."""
        if self._open >= self._settings.max_sockets:
            raise OverloadedError(retry_after_s=5)
        becomes_stream(request)
        self._open += 1
        try:
            return await self._serve(request)
        finally:
            self._open -= 1

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        account_id, text = request[ACCOUNT], request.query.get("jobId")
        job_id = None if not text else (await self._core.jobs.view(job_of(text), account_id)).id
        # Frames are small and many: to compress them would cost each socket a window of its own.
        socket = web.WebSocketResponse(
            heartbeat=_PING_S, max_msg_size=_MAX_INCOMING_BYTES, compress=False, timeout=5.0
        )
        if not socket.can_prepare(request).ok:
            raise web.HTTPBadRequest(reason="This is a WebSocket: ask for an upgrade")
        async with self._core.changes.subscribe(account_id, job_id, request.query.get("after")) as changes:
            # Read after the subscription began: an end is either seen here or comes as a change.
            view = None if job_id is None else await self._core.jobs.view(job_id, account_id)
            await socket.prepare(request)
            await self._run(request, socket, changes, view)
        return socket

    async def _run(
        self,
        request: web.Request,
        socket: web.WebSocketResponse,
        changes: Subscription,
        view: JobView | None,
    ) -> None:
        sender = _Sender(socket, self._settings.write_timeout_s)
        token = user_token(request) or request.query.get("token")
        tasks = [
            asyncio.create_task(_listen(socket), name="socket-listen"),
            asyncio.create_task(sender.run(changes, view), name="socket-send"),
            asyncio.create_task(self._while_logged_in(token), name="socket-session"),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            why = next((task for task in tasks[1:] if task.done()), None)
        finally:
            await cancelled(*tasks)
        code, reason = (WSCloseCode.OK, "") if why is None or why.cancelled() else _closing(why)
        try:
            # A close frame would wait behind what the client does not read.
            async with asyncio.timeout(0 if sender.stuck else self._settings.write_timeout_s):
                await socket.close(code=code, message=reason.encode())
        except TimeoutError:
            if request.transport is not None:
                request.transport.abort()

    async def _while_logged_in(self, token: str | None) -> None:
        """Raises UnauthorizedError soon after the session has ended."""
        while True:
            await asyncio.sleep(self._settings.session_check_s)
            try:
                await self._core.identity.session(token)
            except UnauthorizedError:
                raise
            except CoreError as error:
                # A record that is away for a moment ends nobody's session.
                log.warning("a session was not looked at: %s", error, extra={"action": "socket.session"})


class _Sender:
    """Writes messages; notes which jobs have ended, since changes may be told in another order."""

    def __init__(self, socket: web.WebSocketResponse, write_timeout_s: float) -> None:
        self._socket = socket
        self._write_timeout_s = write_timeout_s
        self._ended: OrderedDict[UUID, None] = OrderedDict()
        #: The client does not take what is written.
        self.stuck = False

    async def run(self, changes: Subscription, view: JobView | None) -> None:
        """Until the subscription ends; raises WatchEndedError then, and ConnectionError when the client is gone."""
        if view is not None and view.final:
            self._ended[view.id] = None
            await self._send(ended_message(view))
        async for watched in changes:
            change = watched.change
            message = message_of(change, ended=change.id in self._ended)
            if message is None:
                continue
            if message["type"] == "job.completed":
                self._ended[change.id] = None
                if len(self._ended) > _REMEMBERED:
                    self._ended.popitem(last=False)
            await self._send({**message, "eventId": watched.id})

    async def _send(self, message: dict[str, Any]) -> None:
        try:
            async with asyncio.timeout(self._write_timeout_s):
                await self._socket.send_str(msgspec.json.encode(message).decode())
        except TimeoutError:
            self.stuck = True
            log.warning("a client does not read its stream", extra={"action": "socket.stuck"})
            raise ConnectionError("the client does not read") from None


async def _listen(socket: web.WebSocketResponse) -> None:
    """Until the client closes; what it says is not asked for."""
    async for _ in socket:
        pass


def _closing(task: asyncio.Task[None]) -> tuple[int, str]:
    """Code and reason of the close frame."""
    error = task.exception()
    if isinstance(error, UnauthorizedError):
        return WSCloseCode.POLICY_VIOLATION, "the session has ended"
    if isinstance(error, WatchEndedError):
        return (
            (WSCloseCode.TRY_AGAIN_LATER, "this client did not keep up; come back with ?after=<eventId>")
            if error.lagged
            else (WSCloseCode.GOING_AWAY, "the server ends; connect again")
        )
    if error is not None and not isinstance(error, ConnectionError):
        log.error("a stream failed", exc_info=error, extra={"action": "socket.failed"})
        return WSCloseCode.INTERNAL_ERROR, "internal error"
    return WSCloseCode.OK, ""
