"""The way back of an attempt that was claimed over REST."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from headrace_agent.runs.outcome import Fault, Result, Stop, StopKind, Times
from headrace_agent.runs.ports import LostError
from headrace_agent.slots import Slots
from headrace_agent.transport.rest.client import ApiAwayError, ApiRefusedError, Claim, RestClient
from headrace_contracts.limits import REASON_CHARS
from headrace_contracts.messages.events import FailureCode
from headrace_runtime.retry import Backoff

logger = logging.getLogger(__name__)

_RETRY: Final = Backoff(first_s=0.5, factor=2.0, most_s=10.0)
#: About ten minutes; a lease lasts thirty by default.
_TRIES: Final = 60


class RestChannel:
    """The ``runs.ports.Channel`` of one claim. Progress and output have no route in this API and stay here."""

    def __init__(self, claim: Claim, agent: str, client: RestClient, slots: Slots) -> None:
        self.claim = claim
        self._agent = agent
        self._client = client
        self._slots = slots
        self._open = True

    async def download(self, target: Path) -> None:
        await self._client.download(self.claim, target)

    def progress(self, percent: float, message: str) -> None:
        """Nobody to tell."""

    def output(self, seq: int, text: str, stream: str) -> None:
        """The operator's log is the only reader."""
        logger.debug("%s %d: %s", stream, seq, text, extra={"action": "agent.output"})

    async def upload(self, result: Result, times: Times) -> None:
        """Files travel with the outcome."""

    async def complete(self, result: Result, times: Times) -> None:
        data = result.data_file.path if result.data_file is not None else result.data or b"{}"
        meta = {
            "agent": self._agent,
            "processing_time_ms": times.elapsed_ms,
            "model_version": result.version,
        }

        async def send() -> None:
            await self._client.complete(self.claim, data=data, file=result.file, meta=meta)

        try:
            await self._settle(send)
        except ApiRefusedError as error:
            await self.fail(_refused(error), times)

    async def fail(self, fault: Fault, times: Times) -> None:  # noqa: ARG002 - the port's signature
        reason = fault.reason.replace("\0", "")[:REASON_CHARS]
        await self._settle(lambda: self._client.fail(self.claim, reason=reason, code=fault.code.value))

    async def abandon(self, stop: Stop) -> None:
        if stop.kind is StopKind.HANDED_BACK:
            with contextlib.suppress(ApiAwayError, ApiRefusedError, LostError):
                await self._client.hand_back(self.claim)
        self.close()

    def close(self) -> None:
        """Let go of the slot, if that has not happened yet."""
        if self._open:
            self._open = False
            self._slots.drop()

    async def _settle(self, send: Callable[[], Awaitable[None]]) -> None:
        for number in range(_TRIES):
            try:
                await send()
            except ApiAwayError as error:
                if number == 0:
                    logger.warning("the outcome waits: %s", error, extra={"action": "agent.outcome.wait"})
                await asyncio.sleep(_RETRY.delay_s(number))
            except LostError:
                if number == 0:
                    raise
                # An earlier try got through and its answer was lost, or the claim has ended: nothing is left to do.
                return self.close()
            else:
                return self.close()
        raise LostError("the API was away for too long")


def _refused(error: ApiRefusedError) -> Fault:
    return Fault(code=FailureCode.TRANSFER, reason=f"the result was refused: {error}")
