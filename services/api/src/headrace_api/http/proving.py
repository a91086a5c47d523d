"""Around every check of a credential: one that is wrong is counted for where it came from."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from headrace_api.core.errors import UnauthorizedError, WrongTokenError
from headrace_api.core.identity.guesses import Guesses
from headrace_api.http.auth import client_address


@asynccontextmanager
async def proving(request: web.BaseRequest, guesses: Guesses, secret: str | None) -> AsyncIterator[None]:
    """``secret`` is what was shown and is looked at inside the block; nothing shown is no guess.

    Raises RateLimitedError in place of what the check raises, once there were too many (``Guesses.failed``).
    """
    try:
        yield
    except (UnauthorizedError, WrongTokenError):
        if secret:
            await guesses.failed(client_address(request, guesses.proxies))
        raise
