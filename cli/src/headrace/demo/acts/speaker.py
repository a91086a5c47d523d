"""HTTP as the plays of the second act speak it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import aiohttp

from headrace.demo.client import ApiError

T = TypeVar("T")
_EVERY_S = 0.5


class Speaker:
    """Speaks to ``base``, an origin with a path. Every method raises ApiError."""

    def __init__(
        self, session: aiohttp.ClientSession, base: str, headers: Mapping[str, str] | None = None
    ) -> None:
        self._session = session
        self._base = base
        self._headers = dict(headers or {})

    def as_(self, **headers: str) -> Speaker:
        """The same with these headers: ``_`` stands for ``-``."""
        more = {name.replace("_", "-"): text for name, text in headers.items()}
        return Speaker(self._session, self._base, {**self._headers, **more})

    async def call(self, method: str, path: str, *, body: Any = None, form: Any = None) -> Any:
        """The JSON of the answer; None for 204."""
        status, content = await self._ask(method, path, body, form)
        if status >= 300:
            raise ApiError(f"{method} {path}: {status}: {content[:400].decode(errors='replace')}")
        return json.loads(content) if content else None

    async def fetch(self, path: str, *, ours: bool = False) -> bytes:
        """A file; ``path`` may be a whole URL, which is sent our headers only if it is ``ours``: a presigned one has
        its credentials in itself.
        """
        status, content = await self._ask("GET", path, None, None, ours=ours)
        if status != 200:
            raise ApiError(f"GET {path}: {status}: {content[:400].decode(errors='replace')}")
        return content

    async def _ask(
        self, method: str, path: str, body: Any, form: Any, *, ours: bool = False
    ) -> tuple[int, bytes]:
        whole = path.startswith("http")
        url = path if whole else f"{self._base}{path}"
        headers = {} if whole and not ours else self._headers
        try:
            while True:
                async with self._session.request(
                    method, url, json=body, data=form, headers=headers
                ) as answer:
                    if answer.status != 429 or form is not None:
                        return answer.status, await answer.read()
                    pause_s = float(answer.headers.get("Retry-After", "1"))
                await asyncio.sleep(pause_s)  # a polite program waits as long as it is told to
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ApiError(f"{method} {path}: {str(error) or type(error).__name__}") from error


async def until(
    look: Callable[[], Awaitable[T]], wanted: Callable[[T], bool], *, within_s: float, what: str
) -> T:
    """Look again and again until it is as wanted. Raises ApiError when that takes too long."""
    end = time.monotonic() + within_s
    while not wanted(value := await look()):
        if time.monotonic() > end:
            raise ApiError(f"{what}: not within {within_s:g} s; last seen: {str(value)[:300]}")
        await asyncio.sleep(_EVERY_S)
    return value
