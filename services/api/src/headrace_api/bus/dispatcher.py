"""The dispatcher, asked by request and reply on core NATS."""

from __future__ import annotations

import logging
from typing import TypeVar

import msgspec
from nats.aio.client import Client
from nats.errors import Error as NatsError

from headrace_api.core.errors import UnavailableError
from headrace_contracts.bus.subjects import (
    APPROVE,
    CANCEL,
    CLAIM,
    DRAIN,
    MOVE,
    POOL,
    REPORT,
    SCHEDULE,
    WORKER,
)
from headrace_contracts.messages.codec import UndecodableError, decode, encode
from headrace_contracts.messages.requests import (
    AnswerReply,
    ApproveRequest,
    CancelRequest,
    ClaimReply,
    ClaimRequest,
    DrainRequest,
    MoveRequest,
    PoolRequest,
    ReportRequest,
    ScheduleRequest,
    WorkerRequest,
)

log = logging.getLogger(__name__)

R = TypeVar("R", bound=msgspec.Struct)


class DispatcherClient:
    """Any dispatcher answers. Raises UnavailableError when none does in time."""

    def __init__(self, nc: Client, *, timeout_s: float = 5.0) -> None:
        self._nc = nc
        self._timeout_s = timeout_s

    async def claim(self, request: ClaimRequest) -> ClaimReply:
        return await self._ask(CLAIM, request, ClaimReply)

    async def report(self, request: ReportRequest) -> AnswerReply:
        return await self._ask(REPORT, request, AnswerReply)

    async def cancel(self, request: CancelRequest) -> AnswerReply:
        return await self._ask(CANCEL, request, AnswerReply)

    async def approve(self, request: ApproveRequest) -> AnswerReply:
        return await self._ask(APPROVE, request, AnswerReply)

    async def schedule(self, request: ScheduleRequest) -> AnswerReply:
        return await self._ask(SCHEDULE, request, AnswerReply)

    async def worker(self, request: WorkerRequest) -> AnswerReply:
        return await self._ask(WORKER, request, AnswerReply)

    async def move(self, request: MoveRequest) -> AnswerReply:
        return await self._ask(MOVE, request, AnswerReply)

    async def pool(self, request: PoolRequest) -> AnswerReply:
        return await self._ask(POOL, request, AnswerReply)

    async def drain(self, request: DrainRequest) -> AnswerReply:
        return await self._ask(DRAIN, request, AnswerReply)

    async def _ask(self, subject: str, request: msgspec.Struct, kind: type[R]) -> R:
        if not self._nc.is_connected:
            # Nobody is kept waiting for it, and no dispatcher gets a request later whose asker is gone.
            raise UnavailableError("The dispatcher")
        try:
            message = await self._nc.request(subject, encode(request), timeout=self._timeout_s)
            return decode(message.data, kind)
        except (NatsError, TimeoutError, OSError) as error:
            reason = str(error) or type(error).__name__
            log.warning("%s was not answered: %s", subject, reason, extra={"action": "dispatcher.away"})
            raise UnavailableError("The dispatcher") from error
        except UndecodableError as error:
            log.exception(
                "%s was answered with nonsense", subject, extra={"action": "dispatcher.undecodable"}
            )
            raise UnavailableError("The dispatcher") from error
