"""One attempt: POST the exact bytes, wait for the status, look at the beginning of the answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import aiohttp

from headrace_contracts.addresses import check_url
from headrace_runtime.guard import refused
from headrace_runtime.retry import parse_retry_after
from headrace_webhooks.outcome import Outcome, SendError

READ_BYTES: Final = 64 * 1024
HEAD_CHARS: Final = 2048
#: The status has decided by then; a receiver that dribbles its body must not hold a slot.
_BODY_S: Final = 3.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Sender:
    """Sends with a guarded session (``headrace_runtime.guard.open_session``)."""

    session: aiohttp.ClientSession
    timeout_s: float
    allow_http: bool
    allow_loopback: bool

    async def send(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Outcome:
        """POST ``body`` to ``url``. Whatever the receiver does is an Outcome; nothing is raised for it."""
        # The rules may have become stricter since the URL was taken.
        wrong = check_url(url, allow_http=self.allow_http, allow_loopback=self.allow_loopback)
        if wrong is not None:
            return Outcome(error=SendError.REFUSED_URL, duration_ms=0)
        began = time.monotonic()
        status: int | None = None
        try:
            async with (
                asyncio.timeout(self.timeout_s),
                self.session.post(url, data=body, headers=headers, allow_redirects=False) as response,
            ):
                status = response.status
                head = await _read_head(response)
                retry_after_s = parse_retry_after(response.headers.get("Retry-After"), now=datetime.now(UTC))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # ValueError: a URL or an answer that aiohttp itself will not take. TimeoutError is an OSError.
            if status is not None:
                return Outcome(status=status, duration_ms=_ms_since(began))
            return Outcome(error=classify(error), duration_ms=_ms_since(began))
        return Outcome(
            status=status, duration_ms=_ms_since(began), response_head=head, retry_after_s=retry_after_s
        )


def classify(error: BaseException) -> SendError:
    """The kind of a failure without an answer."""
    if isinstance(error, TimeoutError):
        return SendError.TIMEOUT
    if refused(error):
        return SendError.REFUSED_ADDRESS
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return SendError.DNS
    if isinstance(error, aiohttp.ClientSSLError):
        return SendError.TLS
    if isinstance(error, aiohttp.InvalidURL):
        return SendError.REFUSED_URL
    if isinstance(error, aiohttp.ClientResponseError | ValueError):
        return SendError.PROTOCOL
    return SendError.CONNECTION


async def _read_head(response: aiohttp.ClientResponse) -> str | None:
    """The beginning of the body; at most 64 KiB are read, and the connection is dropped if there is more.

    A redirect's body is not kept: it says more of where it led than the customer may learn through us.
    """
    data = bytearray()
    try:
        async with asyncio.timeout(_BODY_S):
            while len(data) < READ_BYTES:
                chunk = await response.content.read(READ_BYTES - len(data))
                if not chunk:
                    break
                data += chunk
    except (aiohttp.ClientError, OSError):
        response.close()  # the status stands; the rest of the body is not worth waiting for
    if not response.content.at_eof():
        response.close()
    if 300 <= response.status < 400 or not data:
        return None
    return clean_head(bytes(data))


def clean_head(data: bytes) -> str:
    """Text that Postgres takes: at most 2048 characters, no NUL."""
    return data[: 4 * HEAD_CHARS].decode("utf-8", "replace").replace("\x00", "\ufffd")[:HEAD_CHARS]


def _ms_since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
