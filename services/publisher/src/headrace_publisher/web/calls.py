"""One call at a time to a platform, through the address guard."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import aiohttp

from headrace_contracts.destinations import check_target
from headrace_publisher.platforms.platform import Failed, StepEnd
from headrace_publisher.web.answer import Answer, judge
from headrace_publisher.web.feed import Feed
from headrace_runtime.guard import refused

#: More of an answer is not read.
_ANSWER_BYTES: Final = 1024 * 1024
_CALL_S: Final = 30.0
#: A slower upload is given up, and goes on where it was in another attempt.
_LEAST_BYTES_PER_S: Final = 32 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Calls:
    """Calls over a guarded session (``headrace_runtime.guard.open_session``)."""

    session: aiohttp.ClientSession
    allow_loopback: bool

    async def call(
        self,
        what: str,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | Feed | None = None,
    ) -> Answer:
        """Any answer, whatever its status; redirects are not followed. ``what`` is for the texts of failures.

        Raises StepEnd when there is no answer, or the address may not be reached. No text shows the URL, which may
        be a capability itself.
        """
        wrong = check_target(url, allow_loopback=self.allow_loopback)
        if wrong is not None:
            raise StepEnd(Failed(reason=f"{what}: {wrong}", permanent=True))
        size = body.size if isinstance(body, Feed) else len(body or b"")
        sent = dict(headers)
        if body is not None:
            sent["Content-Length"] = str(size)
        try:
            async with (
                asyncio.timeout(_CALL_S + size / _LEAST_BYTES_PER_S),
                self.session.request(method, url, headers=sent, data=body, allow_redirects=False) as response,
            ):
                data = await _read(response)
                return Answer(status=response.status, headers=response.headers.copy(), body=data)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # ValueError: an answer that aiohttp itself will not take. TimeoutError is an OSError.
            if isinstance(body, Feed) and body.error is not None:
                raise body.error from None
            raise StepEnd(_no_answer(what, error)) from None

    async def expect(
        self,
        what: str,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | Feed | None = None,
    ) -> Answer:
        """As ``call``, for a call that has to succeed. Raises StepEnd for any status but 2xx."""
        answer = await self.call(what, method, url, headers=headers, body=body)
        if not answer.ok:
            raise StepEnd(judge(what, answer, now=datetime.now(UTC)))
        return answer


async def _read(response: aiohttp.ClientResponse) -> bytes:
    data = bytearray()
    while len(data) < _ANSWER_BYTES:
        chunk = await response.content.read(_ANSWER_BYTES - len(data))
        if not chunk:
            return bytes(data)
        data += chunk
    response.close()
    return bytes(data)


def _no_answer(what: str, error: BaseException) -> Failed:
    if refused(error):
        return Failed(
            reason=f"{what}: the name leads to an address that can't be reached from here", permanent=True
        )
    if isinstance(error, TimeoutError):
        return Failed(reason=f"{what}: no answer in time", permanent=False)
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return Failed(reason=f"{what}: the name of the server is not known", permanent=False, unsent=True)
    if isinstance(error, aiohttp.ClientSSLError):
        return Failed(
            reason=f"{what}: no TLS connection ({type(error).__name__})", permanent=False, unsent=True
        )
    if isinstance(error, aiohttp.ClientResponseError | ValueError):
        return Failed(reason=f"{what}: the answer is not HTTP as it should be", permanent=False)
    unsent = isinstance(error, aiohttp.ClientConnectorError)
    return Failed(
        reason=f"{what}: the connection failed ({type(error).__name__})", permanent=False, unsent=unsent
    )
