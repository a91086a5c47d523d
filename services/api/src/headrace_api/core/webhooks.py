"""Is this URL one that may be called when a job ends? Asked at submit, and by the sender again at every call."""

from __future__ import annotations

import asyncio
import socket
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from headrace_api.core.errors import BadRequestError
from headrace_contracts.addresses import check_url, refusal

#: Addresses of a host name; empty when it has none (yet).
Resolve = Callable[[str], Awaitable[list[str]]]

_CACHE_S = 60.0
_CACHE_HOSTS = 1000


class WebhookGuard:
    """Refuses what is no URL, or leads into the site."""

    def __init__(
        self, resolve: Resolve, *, allow_loopback: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._resolve = resolve
        self._allow_loopback = allow_loopback
        self._clock = clock
        self._cache: OrderedDict[str, tuple[float, str | None]] = OrderedDict()

    async def check(self, url: str | None, *, field: str = "webhook_url") -> str | None:
        """The URL, None for an empty one. Raises BadRequestError that says what is wrong with ``field``."""
        if not url:
            return None
        problem = check_url(url, allow_http=True, allow_loopback=self._allow_loopback)
        if problem is None:
            problem = await self._address_problem(urlsplit(url).hostname or "")
        if problem is not None:
            raise BadRequestError(f"Field '{field}' is not valid: {problem}")
        return url

    async def _address_problem(self, host: str) -> str | None:
        cached = self._cache.get(host)
        if cached is not None and cached[0] > self._clock():
            return cached[1]
        # A name without an address is let through: it may get one, and the sender looks again.
        refused = any(
            refusal(address, allow_loopback=self._allow_loopback) is not None
            for address in await self._resolve(host)
        )
        # Not where it leads: what the site's own DNS knows is not for clients to read.
        problem = f"{host} leads to an address that can't be reached from here" if refused else None
        self._cache[host] = (self._clock() + _CACHE_S, problem)
        while len(self._cache) > _CACHE_HOSTS:
            self._cache.popitem(last=False)
        return problem


class SystemResolver:
    """The machine's own resolver, a few names at a time; a slow answer counts as none."""

    def __init__(self, *, timeout_s: float = 1.0, threads: int = 4) -> None:
        self._timeout_s = timeout_s
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="resolve")
        self._free = threads

    async def __call__(self, host: str) -> list[str]:
        if self._free <= 0:
            return []
        self._free -= 1
        loop = asyncio.get_running_loop()
        answer = loop.run_in_executor(self._pool, _addresses, host)
        answer.add_done_callback(self._done)
        try:
            async with asyncio.timeout(self._timeout_s):
                return await asyncio.shield(answer)
        except TimeoutError:
            return []

    def _done(self, _answer: object) -> None:
        self._free += 1

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


def _addresses(host: str) -> list[str]:
    try:
        return [str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        return []
