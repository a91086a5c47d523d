"""The connection to NATS: waits for the server at start, reconnects for ever, never raises from a callback."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import urlsplit

from nats.aio.client import Client
from nats.errors import AuthorizationError
from nats.errors import Error as NatsError

from headrace_runtime.retry import Backoff
from headrace_runtime.settings import NatsSettings

logger = logging.getLogger(__name__)

Hook = Callable[[], Awaitable[None] | None]

_CONNECT_TIMEOUT_S: Final = 3
_RECONNECT_WAIT_S: Final = 0.5
_PING_INTERVAL_S: Final = 10
_FLUSH_TIMEOUT_S: Final = 10.0
START_BACKOFF: Final = Backoff(first_s=0.1, factor=1.7, most_s=5.0)


class ReconnectingClient(Client):
    """nats-py's client, which also reconnects after an error that the server announced.

    nats-py ends a connection for good on nearly every ``-ERR`` (slow consumer, too many connections, expired
    or changed login while the operator rolls it over). A service must outlive these; so such an error is
    treated like a lost connection. What is not permitted on one subject is only reported, as before.
    """

    async def _process_err(self, err_msg: str) -> None:
        text = err_msg.strip("'\r\n ")
        error = AuthorizationError() if "authorization" in text.lower() else NatsError(f"nats: {text}")
        self._err = error
        await self._error_cb(error)
        if not text.lower().startswith("permissions violation"):
            await self._process_op_err(error)


class Reports:
    """Tells each kind of connection error once, until the connection is there again."""

    def __init__(self, name: str, where: str) -> None:
        self._name = name
        self._where = where
        self._seen: set[str] = set()
        #: False while the first connection is made: then one line says what is waited for.
        self.connected = False

    async def error(self, error: Exception) -> None:
        kind = f"{type(error).__name__}: {error}"
        if not self.connected:
            if not self._seen:
                logger.warning(
                    "waiting for NATS at %s (%s)", self._where, kind, extra={"action": "nats.wait"}
                )
        elif kind not in self._seen:
            logger.warning("NATS connection %s: %s", self._name, kind, extra={"action": "nats.error"})
        self._seen.add(kind)

    def clear(self) -> None:
        self._seen.clear()


def _guarded(hook: Hook | None, name: str) -> Callable[[], Awaitable[None]]:
    """Make a hook that can't harm the client: nats-py's reconnect task would die of its exception."""

    async def call() -> None:
        if hook is None:
            return
        try:
            result = hook()
            if inspect.isawaitable(result):
                await result
        except Exception:
            logger.exception("the %s hook failed", name, extra={"action": "nats.hook.error"})

    return call


def shown(url: str) -> str:
    """The addresses in ``url`` without their logins, for logs."""
    parts = [urlsplit(part.strip() if "://" in part else f"nats://{part.strip()}") for part in url.split(",")]
    return ",".join(f"{part.scheme}://{part.netloc.rpartition('@')[2]}" for part in parts)


def options(settings: NatsSettings, name: str) -> dict[str, Any]:
    """The keyword arguments of nats-py's ``connect`` that do not depend on callbacks."""
    chosen: dict[str, Any] = {
        "servers": [part.strip() for part in settings.nats_url.split(",")],
        "name": name,
        "max_reconnect_attempts": -1,
        "reconnect_time_wait": _RECONNECT_WAIT_S,
        "connect_timeout": _CONNECT_TIMEOUT_S,
        "ping_interval": _PING_INTERVAL_S,
        "max_outstanding_pings": 2,
        "pending_size": settings.nats_pending_bytes,
        "flush_timeout": _FLUSH_TIMEOUT_S,
    }
    if settings.nats_user is not None and settings.nats_password is not None:
        chosen["user"] = settings.nats_user
        chosen["password"] = settings.nats_password.get_secret_value()
    if settings.nats_token is not None:
        chosen["token"] = settings.nats_token.get_secret_value()
    if settings.nats_creds is not None:
        chosen["user_credentials"] = settings.nats_creds.get_secret_value()
    return chosen


async def connect(
    settings: NatsSettings,
    name: str,
    *,
    on_disconnect: Hook | None = None,
    on_reconnect: Hook | None = None,
) -> Client:
    """Connect under ``name``, waiting as long as it takes; cancel the call to give up.

    After that the client reconnects for ever by itself. Hooks may be plain or async functions; what they raise
    is logged. While disconnected, publishes wait in a buffer of ``nats_pending_bytes``; beyond it they raise
    ``nats.errors.OutboundBufferLimitError``.
    """
    disconnected, reconnected = _guarded(on_disconnect, "disconnect"), _guarded(on_reconnect, "reconnect")
    where = shown(settings.nats_url)
    reports = Reports(name, where)

    async def on_lost() -> None:
        if not client.is_closed:
            logger.warning("lost NATS at %s, reconnecting", where, extra={"action": "nats.disconnect"})
        await disconnected()

    async def on_back() -> None:
        reports.clear()
        logger.info("NATS at %s is back", where, extra={"action": "nats.reconnect"})
        await reconnected()

    attempt = 0
    while True:
        client = ReconnectingClient()
        try:
            async with asyncio.timeout(_CONNECT_TIMEOUT_S):
                await client.connect(
                    **options(settings, name) | {"allow_reconnect": False},
                    error_cb=reports.error,
                    disconnected_cb=on_lost,
                    reconnected_cb=on_back,
                )
        except (OSError, NatsError, TimeoutError) as error:
            await reports.error(client.last_error or error)
            await client.close()
            await asyncio.sleep(START_BACKOFF.delay_s(attempt))
            attempt += 1
        else:
            client.options["allow_reconnect"] = True
            reports.connected = True
            reports.clear()
            logger.info("connected to NATS at %s", where, extra={"action": "nats.connect"})
            return client


async def settled(nc: Client) -> None:
    """Wait until the server has read all that was written to it so far, such as subscriptions.

    nats-py sends the ping of a flush ahead of what waits to be written, so the first one answers too early.
    """
    await nc.flush()
    await nc.flush()
